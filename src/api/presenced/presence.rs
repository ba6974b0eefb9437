//! Presence as presenced itself tells it: of one user, or of many in a call.

use std::collections::BTreeSet;

use axum::{Json, body::Body, extract::State};

use super::{
    error::{BadRequest, ProblemRefusal, TooLarge},
    extract::{AccessError, Asker, Ids, JsonError, read_json},
    types::{DevicePresence, PresenceQuery, PresenceQueryResult, PresenceState, UserIdOrMe, UserPresence},
};
use crate::{
    api::refusal::refusals,
    app::App,
    id::{RoomId, UserId},
    presence::{Device, Expiry, Presence, State as CoreState, Timestamp},
    service::{ReadError, Seen, Viewer},
    store::StoreError,
};

refusals! {
    /// Why a user's presence is not told.
    pub(super) enum GetPresenceError: ProblemRefusal, from AccessError, ReadError {
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
    pub(super) enum QueryPresenceError: ProblemRefusal, from AccessError, JsonError, StoreError {
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

/// Whom a query asks for.
struct Resolved {
    /// Those named; what is no id as it was named.
    users: Vec<Result<UserId, String>>,
    /// The members of rooms who were not named, in the order of their ids.
    members: Vec<UserId>,
    /// The rooms that the viewer may not see.
    unseen: Vec<String>,
}

impl PresenceQuery {
    fn too_many(most: usize) -> TooLarge {
        ProblemRefusal::larger_than_allowed(format!("rooms: at most {most} users and members in one call"))
    }

    fn check(&self, most: usize) -> Result<(), BadRequest> {
        for (name, list) in [("users", &self.users), ("rooms", &self.rooms)] {
            if list.as_ref().is_some_and(|list| list.len() > most) {
                return Err(ProblemRefusal::invalid(format!("{name}: at most {most} in one call")));
            }
        }
        match (&self.users, &self.rooms) {
            (None, None) => Err(ProblemRefusal::invalid("body: missing field `users`")),
            _ => Ok(()),
        }
    }

    /// Whom to look at.
    fn resolve(&self, app: &App, viewer: Viewer<'_>, most: usize) -> Result<Resolved, TooLarge> {
        let users = self.users.iter().flatten();
        let users: Vec<_> = users.map(|text| text.parse().map_err(|_| text.clone())).collect();
        let (mut count, mut members, mut unseen) = (users.len(), BTreeSet::new(), Vec::new());
        for text in self.rooms.iter().flatten() {
            let room = text.parse().ok().filter(|room: &RoomId| app.service.may_see_room(viewer, room));
            let Some(room) = room else {
                unseen.push(text.clone());
                continue;
            };
            let more = app.directory.members_after(&room, None, most + 1);
            count += more.len();
            if count > most {
                return Err(Self::too_many(most));
            }
            members.extend(more);
        }
        for user in users.iter().flatten() {
            members.remove(user);
        }
        Ok(Resolved { users, members: members.into_iter().collect(), unseen })
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
    State(app): State<App>,
    asker: Asker,
    ids: Ids,
) -> Result<Json<UserPresence>, GetPresenceError> {
    let caller = asker.caller()?;
    let user = ids.user::<GetPresenceError>(&caller)?;
    let seen = app.service.see(caller.viewer()?, &user, app.service.now()).await?;
    Ok(Json(UserPresence::new(&user, seen)))
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
    State(app): State<App>,
    asker: Asker,
    body: Body,
) -> Result<Json<PresenceQueryResult>, QueryPresenceError> {
    let caller = asker.caller()?;
    let viewer = caller.viewer()?;
    let query: PresenceQuery = read_json(&app, body).await?;
    let most = app.config.limits.bulk_users;
    query.check(most)?;
    let Resolved { users, members, unseen } = query.resolve(&app, viewer, most)?;
    let asked: Vec<&UserId> = users.iter().flatten().chain(&members).collect();
    let mut answers = app.service.see_many(viewer, &asked, app.service.now()).await?.into_iter();
    let mut result = PresenceQueryResult { presence: Vec::new(), unavailable: Vec::new() };
    for user in users {
        let seen = user.and_then(|user| {
            let seen = answers.next().and_then(Result::ok);
            seen.map(|seen| UserPresence::new(&user, seen)).ok_or_else(|| String::from(user))
        });
        match seen {
            Ok(presence) => result.presence.push(presence),
            Err(unavailable) => result.unavailable.push(unavailable),
        }
    }
    let members = members.iter().zip(answers);
    result.presence.extend(members.filter_map(|(user, seen)| Some(UserPresence::new(user, seen.ok()?))));
    result.unavailable.extend(unseen);
    Ok(Json(result))
}
