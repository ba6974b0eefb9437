//! `/presenced/v1/users/{userId}/presence` as it is set, and `/presenced/v1/activity`: what users say on their devices,
//! and what programs say of them.

use std::time::Duration;

use axum::{Extension, Json, body::Body, extract::State, http::Method, http::StatusCode};

use super::{
    error::ProblemRefusal,
    extract::{AccessError, Caller, Ids, JsonError, Parameters, once, read_json_if_any, read_json_within},
    stub::{AuthenticateError, Known, Presence, Unread, UnreadBody},
    types::{Activity, PresenceUpdate, StatusUpdate, UserIdOrMe, UserPresence},
};
use crate::{
    api::{refusal::refusals, stub::Stub},
    auth::AuthError,
    directory::Scope,
    id::DeviceId,
    presence::{Expiry, LONGEST_LABEL, State as CoreState, Status, Timestamp},
    request::RequestInfo,
    service::{ReadError, SayError, Saying, UpdateError},
    store::StoreError,
};

refusals! {
    /// Why nothing was said of a user. Nothing was changed.
    pub enum PutPresenceError: ProblemRefusal, from AuthenticateError, AccessError, UnreadBody, SayError, ReadError {
        /// The id or the body is not valid, or a device that says nothing is given a label. Nothing was changed.
        BadRequest => ProblemRefusal::invalid("status: it may expire at a moment to come alone"),
        Unauthorized,
        Forbidden => ProblemRefusal::forbidden(AccessError::NotOneself),
        NotFound,
        /// The body or the status is too large. Nothing was changed.
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
}

refusals! {
    /// Why what a device says was not ended. Nothing was changed.
    pub enum DeletePresenceError: ProblemRefusal, from AuthenticateError, AccessError, UpdateError {
        /// An id or a parameter is not valid.
        BadRequest => ProblemRefusal::invalid("userId: a user id starts with `@`"),
        Unauthorized,
        Forbidden => ProblemRefusal::forbidden(AccessError::NotOneself),
        NotFound,
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
}

refusals! {
    /// Why it was not noted that a user is active. Nothing was changed.
    pub enum ActivityError: ProblemRefusal, from AuthenticateError, AccessError, JsonError, StoreError {
        /// The body is not valid.
        BadRequest => ProblemRefusal::invalid("deviceId: a device id is not empty and has no control characters"),
        Unauthorized,
        /// The token is none of a user, or lacks the scope `write`.
        Forbidden => ProblemRefusal::forbidden(AuthError::NoUser),
        TooLarge,
        Unavailable,
    }
}

/// The longest lease that may be asked for, in seconds.
const LONGEST_LEASE: u64 = 86_400;

/// How far ahead a status may expire: ten years, of whatever length.
const FURTHEST: Duration = Duration::from_secs(3_653 * 86_400);

/// The device of those who have none.
const API_DEVICE: &str = "api";

impl Caller {
    /// The device that speaks for the caller, unless another is named.
    pub(super) fn device(&self) -> DeviceId {
        match self {
            Self::User(caller) => caller.device.clone(),
            Self::Admin | Self::Service(_) => api_device(),
        }
    }
}

/// The device of those who have none.
pub(super) fn api_device() -> DeviceId {
    API_DEVICE.parse().expect("it is a device id")
}

/// A device that is named.
pub(super) fn named_device(text: &str) -> Result<DeviceId, String> {
    text.parse().map_err(|error| format!("deviceId: {error}"))
}

impl PresenceUpdate {
    /// What it says at `now`, by that device unless it names another; if it makes no sense, why.
    pub(super) fn read(&self, speaking: DeviceId, now: Timestamp) -> Result<Saying, String> {
        if self.state.is_none() && self.status.is_none() {
            return Err("body: state or status has to be there".to_owned());
        }
        let label = self.label.as_deref();
        if label.is_some_and(|label| label.chars().count() > LONGEST_LABEL) {
            return Err(format!("label: has to have up to {LONGEST_LABEL} characters"));
        }
        let lease = match (self.lease_seconds, self.state) {
            (None, _) => None,
            (Some(_), None) => return Err("leaseSeconds: there is no state to hold for so long".to_owned()),
            (Some(seconds @ 1..=LONGEST_LEASE), Some(_)) => Some(Duration::from_secs(seconds)),
            (Some(_), Some(_)) => return Err(format!("leaseSeconds: has to be from 1 to {LONGEST_LEASE}")),
        };
        let status = self.status.as_ref().map(|status| match status {
            Some(status) => status.read(now),
            None => Ok(None),
        });
        Ok(Saying {
            device: self.device_id.as_deref().map_or(Ok(speaking), named_device)?,
            state: self.state.map(CoreState::from),
            lease,
            label: label.map(|label| (!label.is_empty()).then(|| label.into())),
            status: status.transpose()?,
        })
    }
}

impl StatusUpdate {
    fn read(&self, now: Timestamp) -> Result<Option<Status>, String> {
        let expires = match (self.expires_at, self.expires_in_seconds) {
            (None, None) => None,
            (Some(at), None) => Some(Timestamp::from_millis(at)),
            (None, Some(seconds)) => Some(now + Duration::from_secs(seconds)),
            (Some(_), Some(_)) => {
                return Err("status: expiresAt and expiresInSeconds are not for one text".to_owned());
            }
        };
        if expires.is_some_and(|at| at <= now) {
            return Err("status: it may expire at a moment to come alone".to_owned());
        }
        if expires.is_some_and(|at| at > now + FURTHEST) {
            return Err("status: it may expire within ten years".to_owned());
        }
        let status = Status::lasting(&self.text);
        Ok(status.map(|status| Status { expires: expires.map(Expiry::Set), ..status }))
    }
}

/// Say what a device does, or what the user's status is.
///
/// A state without a connection holds for a lease: a quarter of an hour, a busy one an hour, or what is configured or
/// asked for. `online` turns `unavailable` after some minutes without activity, which each call with a state is, and
/// each of the user's own. A user says this of themselves, with a token that has the scope `write`; admins and service
/// tokens with that scope say it of anybody, and are shown invisible users as offline.
#[utoipa::path(
    put,
    path = "/presenced/v1/users/{userId}/presence",
    operation_id = "putUserPresence",
    params(("userId" = inline(UserIdOrMe), Path, description = "The user's id, or `me` for the caller's own.", example = "@alice:example.com")),
    request_body(content = PresenceUpdate, description = "What is said. What is left out stays as it is."),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The user's presence now, as the user sees it.", body = UserPresence,
            examples(("response" = (value = json!({"userId": "@alice:example.com", "state": "online",
                "currentlyActive": true, "lastActiveAt": 1_767_603_600_000_u64, "status": "Back at noon",
                "statusExpiresAt": 1_767_607_200_000_u64, "devices": [{"deviceId": "DEMO", "label": "web",
                "state": "online", "lastActiveAt": 1_767_603_600_000_u64, "connected": false,
                "until": 1_767_604_500_000_u64}]}))))),
        PutPresenceError,
    ),
)]
pub(super) async fn put_user_presence(
    State(Stub { backend, limits }): State<Stub<dyn Presence>>,
    known: Known,
    ids: Ids,
    parameters: Parameters,
    info: Option<Extension<RequestInfo>>,
    body: Body,
) -> Result<Json<UserPresence>, PutPresenceError> {
    let caller = known.caller()?;
    let user = ids.user::<PutPresenceError>(&caller)?;
    caller.may_for(&user, Scope::Write)?;
    parameters.none()?;
    let update = Unread::new(async move { Ok(read_json_within(limits, body).await?) });
    let presence = backend.put_user_presence(&caller, &user, update).await?;
    caller.note(&Method::PUT, &format!("/presenced/v1/users/{user}/presence"), info.as_deref());
    Ok(Json(presence))
}

/// End what a device says.
///
/// A device that is connected says nothing then until it says something again. The status stays. It is no error if
/// the device says nothing.
#[utoipa::path(
    delete,
    path = "/presenced/v1/users/{userId}/presence",
    operation_id = "deleteUserPresence",
    params(
        ("userId" = inline(UserIdOrMe), Path, description = "The user's id, or `me` for the caller's own.", example = "@alice:example.com"),
        ("deviceId" = Option<String>, Query, description = "The device; left out: that of the token, and `api` for a \
            token of no user.", example = "DEMO"),
    ),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 204, description = "The device says nothing."),
        DeletePresenceError,
    ),
)]
pub(super) async fn delete_user_presence(
    State(stub): State<Stub<dyn Presence>>,
    known: Known,
    ids: Ids,
    parameters: Parameters,
    info: Option<Extension<RequestInfo>>,
) -> Result<StatusCode, DeletePresenceError> {
    let caller = known.caller()?;
    let user = ids.user::<DeletePresenceError>(&caller)?;
    caller.may_for(&user, Scope::Write)?;
    let mut named = None;
    parameters.each(|name, value| match name {
        "deviceId" => Some(once(&mut named, name, named_device(&value).map_err(ProblemRefusal::invalid))),
        _ => None,
    })?;
    let device = named.unwrap_or_else(|| caller.device());
    stub.backend.delete_user_presence(&caller, &user, &device).await?;
    caller.note(&Method::DELETE, &format!("/presenced/v1/users/{user}/presence"), info.as_deref());
    Ok(StatusCode::NO_CONTENT)
}

/// Say that the user is active on a device.
///
/// For a page to call while its user does something, every minute or so. What the device says holds anew, for as long
/// as it did; a device that says nothing is online; one that said `busy` or `unavailable` stays so. More than
/// `limits.put_per_second` allows are taken, and have no effect.
#[utoipa::path(
    post,
    path = "/presenced/v1/activity",
    operation_id = "postActivity",
    request_body(content = Activity, description = "On which device; it may be left out."),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 204, description = "It is noted, or there were too many."),
        ActivityError,
    ),
)]
pub(super) async fn post_activity(
    State(Stub { backend, limits }): State<Stub<dyn Presence>>,
    known: Known,
    parameters: Parameters,
    body: Body,
) -> Result<StatusCode, ActivityError> {
    let caller = known.caller()?;
    let speaker = caller.speaker()?;
    parameters.none()?;
    let activity = read_json_if_any::<Option<Activity>>(limits, body).await?.unwrap_or_default();
    let named =
        activity.device_id.as_deref().map(named_device).transpose().map_err(ProblemRefusal::invalid)?;
    let device = named.unwrap_or_else(|| speaker.device.clone());
    backend.post_activity(&caller, &device).await?;
    Ok(StatusCode::NO_CONTENT)
}
