//! Presence as presenced itself tells it: of one user, or of many in a call.

use axum::{Json, body::Body, extract::State};

use super::{
    error::{ProblemRefusal, TooLarge},
    extract::{AccessError, Ids, JsonError, read_json_within},
    stub::{AuthenticateError, Known, Presence as Backend},
    types::{DevicePresence, PresenceQuery, PresenceQueryResult, PresenceState, UserIdOrMe, UserPresence},
};
use crate::{
    api::{refusal::refusals, stub::Stub},
    directory::Scope,
    id::UserId,
    presence::{Device, Expiry, Presence, State as CoreState, Timestamp},
    service::{ReadError, Seen},
    store::StoreError,
};

refusals! {
    /// Why a user's presence is not told.
    pub enum GetPresenceError: ProblemRefusal, from AuthenticateError, AccessError, ReadError {
        /// The id is not valid.
        BadRequest => ProblemRefusal::invalid("userId: a user id starts with `@`"),
        Unauthorized,
        Forbidden,
        /// There is no such user, or the caller may not see them.
        NotFound => ProblemRefusal::not_found("there is no such user, or the caller may not see them"),
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why the presence of users is not told.
    pub enum QueryPresenceError: ProblemRefusal, from AuthenticateError, AccessError, JsonError, StoreError {
        /// The body is not valid, or names too many users or rooms.
        BadRequest => ProblemRefusal::invalid("users: at most 1000 in one call"),
        Unauthorized,
        Forbidden,
        /// The body is too large, or the users and the members of the rooms are more than may be asked for in one
        /// call.
        TooLarge => PresenceQuery::too_many(1_000),
        Unavailable,
    }
}

impl PresenceQuery {
    pub(super) fn too_many(most: usize) -> TooLarge {
        ProblemRefusal::larger_than_allowed(format!("rooms: at most {most} users and members in one call"))
    }
}

impl From<CoreState> for PresenceState {
    fn from(state: CoreState) -> Self {
        match state {
            CoreState::Offline => Self::Offline,
            CoreState::Unavailable => Self::Unavailable,
            CoreState::Online => Self::Online,
            CoreState::Busy => Self::Busy,
        }
    }
}

impl From<PresenceState> for CoreState {
    fn from(state: PresenceState) -> Self {
        match state {
            PresenceState::Offline => Self::Offline,
            PresenceState::Unavailable => Self::Unavailable,
            PresenceState::Online => Self::Online,
            PresenceState::Busy => Self::Busy,
        }
    }
}

impl UserPresence {
    /// In an answer.
    pub(super) fn new(user: &UserId, seen: Seen) -> Self {
        let devices = seen.devices.map(|devices| devices.into_iter().map(DevicePresence::from).collect());
        let expires = seen.presence.status_expires.map(Expiry::at);
        Self { devices, ..Self::told(user, &seen.presence, expires) }
    }

    /// In an event: without what changes by renewals that are no news.
    pub(super) fn in_event(user: &UserId, presence: &Presence) -> Self {
        Self::told(user, presence, presence.status_expiry_set())
    }

    fn told(user: &UserId, presence: &Presence, expires: Option<Timestamp>) -> Self {
        Self {
            user_id: user.as_str().to_owned(),
            state: PresenceState::from(presence.state).into(),
            currently_active: presence.currently_active,
            last_active_at: presence.last_active.map(Timestamp::as_millis),
            status: presence.status.as_deref().map(str::to_owned),
            status_expires_at: expires.map(Timestamp::as_millis),
            devices: None,
        }
    }
}

impl From<Device> for DevicePresence {
    fn from(device: Device) -> Self {
        Self {
            device_id: device.id.into(),
            label: device.label.map(String::from),
            state: PresenceState::from(device.state).into(),
            last_active_at: Some(device.last_active.as_millis()),
            connected: device.connected,
            until: device.until.map(Timestamp::as_millis),
        }
    }
}

/// Get one user's presence.
///
/// Of oneself the truth; of others what they let see: an invisible user looks offline, and of a hidden one there is
/// nothing to see.
#[utoipa::path(
    get,
    path = "/presenced/v1/users/{userId}/presence",
    operation_id = "getUserPresence",
    params(("userId" = inline(UserIdOrMe), Path, description = "The user's id, or `me` for the caller's own.", example = "@alice:example.com")),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The user's presence.", body = UserPresence,
            examples(("response" = (value = json!({"userId": "@alice:example.com", "state": "online",
                "currentlyActive": true, "lastActiveAt": 1_767_603_600_000_u64, "status": "Back at noon",
                "statusExpiresAt": 1_767_607_200_000_u64, "devices": [{"deviceId": "DEMO", "label": "web",
                "state": "online", "lastActiveAt": 1_767_603_600_000_u64, "connected": false,
                "until": 1_767_604_500_000_u64}]}))))),
        GetPresenceError,
    ),
)]
pub(super) async fn get_user_presence(
    State(stub): State<Stub<dyn Backend>>,
    known: Known,
    ids: Ids,
) -> Result<Json<UserPresence>, GetPresenceError> {
    let caller = known.caller()?;
    let user = ids.user::<GetPresenceError>(&caller)?;
    caller.may(Scope::Read)?;
    Ok(Json(stub.backend.get_user_presence(&caller, &user).await?))
}

/// Get the presence of many users.
///
/// Of users, of the members of rooms that the caller is in, or of both. Whom the caller may not see is listed apart,
/// without telling why, if they were named.
#[utoipa::path(
    post,
    path = "/presenced/v1/presence/query",
    operation_id = "queryPresence",
    request_body(content = PresenceQuery, description = "Whose presence to tell."),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The presence of those that the caller may see.",
            body = PresenceQueryResult),
        QueryPresenceError,
    ),
)]
pub(super) async fn query_presence(
    State(Stub { backend, limits }): State<Stub<dyn Backend>>,
    known: Known,
    body: Body,
) -> Result<Json<PresenceQueryResult>, QueryPresenceError> {
    let caller = known.caller()?;
    caller.may(Scope::Read)?;
    let query = read_json_within(limits, body).await?;
    Ok(Json(backend.query_presence(&caller, query).await?))
}
