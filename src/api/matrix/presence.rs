//! `GET` and `PUT /presence/{userId}/status`.
//! Source: <https://spec.matrix.org/v1.10/client-server-api/#presence>

use std::fmt;

use axum::{Json, body::Body, extract::State};
use serde::{
    Deserialize, Deserializer as _,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

use super::{
    error::{BadRequest, MatrixRefusal},
    extract::{AuthenticateError, Target, UnreadBody, read_within},
    stub::{Known, Presence as Backend, Unread},
    types::{Empty, PresenceState, PresenceStatus, PresenceUpdate},
};
use crate::{
    api::{refusal::refusals, stub::Stub},
    auth::AuthError,
    presence::{Presence, State as CoreState, Timestamp},
    service::{ReadError, UpdateError},
};

/// The busy state's name on the wire (MSC3026), while it is unstable.
pub(super) const BUSY: &str = "org.matrix.msc3026.busy";

impl PresenceState {
    pub(super) fn from_name(name: &str, busy: bool) -> Option<Self> {
        match name {
            "online" => Some(Self::Online),
            "offline" => Some(Self::Offline),
            "unavailable" => Some(Self::Unavailable),
            BUSY if busy => Some(Self::Busy),
            _ => None,
        }
    }

    /// How a state shows. Where busy is off, a busy user shows as unavailable.
    fn show(state: CoreState, busy: bool) -> Self {
        match state {
            CoreState::Online => Self::Online,
            CoreState::Offline => Self::Offline,
            CoreState::Busy if busy => Self::Busy,
            CoreState::Busy | CoreState::Unavailable => Self::Unavailable,
        }
    }

    pub(super) fn into_core(self) -> CoreState {
        match self {
            Self::Online => CoreState::Online,
            Self::Offline => CoreState::Offline,
            Self::Unavailable => CoreState::Unavailable,
            Self::Busy => CoreState::Busy,
        }
    }
}

impl PresenceUpdate {
    /// Reads a body as the contract and the real clients mean it: the content type does not matter,
    /// unknown keys are ignored, the last of equal keys counts, null is no string.
    fn parse(body: &[u8], busy: bool) -> Result<Self, BadRequest> {
        let Members { presence, status_msg } = Members::read(body)?;
        let presence = presence.ok_or_else(|| MatrixRefusal::bad_json("`presence` is missing"))?;
        let status_msg = Self::status_msg(status_msg)?;
        let presence = presence
            .as_str()
            .and_then(|name| PresenceState::from_name(name, busy))
            .ok_or_else(|| MatrixRefusal::bad_json(Self::accepted(busy)))?;
        Ok(Self { presence, status_msg })
    }

    fn status_msg(said: Option<Value>) -> Result<Option<String>, BadRequest> {
        match said {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
            Some(_) => Err(MatrixRefusal::bad_json("`status_msg` is not a string")),
        }
    }

    fn accepted(busy: bool) -> String {
        let more = if busy { format!(", `{BUSY}`") } else { String::new() };
        format!("`presence` is not one of `online`, `offline`, `unavailable`{more}")
    }
}

/// The members of a body that count.
#[derive(Default)]
struct Members {
    presence: Option<Value>,
    status_msg: Option<Value>,
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Member {
    Presence,
    StatusMsg,
    #[serde(other)]
    Unknown,
}

impl Members {
    fn read(body: &[u8]) -> Result<Self, BadRequest> {
        let mut json = serde_json::Deserializer::from_slice(body);
        let members = json.deserialize_map(Self::default());
        let error = match members.and_then(|members| json.end().map(|()| members)) {
            Ok(members) => return Ok(members),
            // Anything but an object is said to be none without a look at all of it.
            Err(error) if error.is_data() => serde_json::from_slice::<Value>(body).err(),
            Err(error) => Some(error),
        };
        Err(match error {
            Some(error) => MatrixRefusal::not_json(format!("The body is not JSON: {error}")),
            None => MatrixRefusal::bad_json("The body is not a JSON object"),
        })
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(member) = map.next_key()? {
            let value: Value = map.next_value()?;
            match member {
                Member::Presence => self.presence = Some(value),
                Member::StatusMsg => self.status_msg = Some(value),
                Member::Unknown => {}
            }
        }
        Ok(self)
    }
}

impl PresenceStatus {
    pub(super) fn new(presence: &Presence, now: Timestamp, busy: bool) -> Self {
        Self {
            presence: PresenceState::show(presence.state, busy).into(),
            last_active_ago: presence.last_active.map(|at| now.millis_since(at)),
            status_msg: presence.status.as_deref().map(str::to_owned),
            currently_active: (presence.state == CoreState::Online).then_some(presence.currently_active),
        }
    }
}

pub(super) const OWN_ALONE: &str = "You can only set your own presence";

refusals! {
    /// Why a user's presence is not told.
    pub enum GetPresenceError: MatrixRefusal, from AuthenticateError, AuthError, ReadError {
        /// The user id is not one.
        BadRequest => MatrixRefusal::invalid_param("A user id starts with `@`"),
        Unauthorized,
        /// You are not allowed to see this user's presence status.
        Forbidden => MatrixRefusal::forbidden("You are not allowed to see their presence"),
        /// There is no presence state for this user. This user may not exist or
        /// isn't exposing presence information to you.
        NotFound => MatrixRefusal::not_found("There is no presence state for this user"),
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why a presence was not set. Nothing was changed.
    pub enum SetPresenceError: MatrixRefusal, from AuthenticateError, AuthError, UnreadBody, UpdateError {
        /// The user id or the body is not valid. Nothing was changed.
        BadRequest => MatrixRefusal::bad_json("`presence` is missing"),
        Unauthorized,
        /// The presence of another user cannot be set.
        Forbidden => MatrixRefusal::forbidden(OWN_ALONE),
        /// The body or the status message is too large. Nothing was changed.
        TooLarge,
        TooManyRequests,
        Unavailable,
    }
}

/// Get this user's presence state.
///
/// Get the given user's presence state.
#[utoipa::path(
    get,
    path = "/presence/{userId}/status",
    operation_id = "getPresence",
    params(("userId" = String, Path, description = "The user whose presence state to get.",
        example = "@alice:example.com")),
    security(("accessToken" = []), ("accessTokenBearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The presence state for this user.", body = PresenceStatus,
            examples(("response" = (value = json!({"presence": "unavailable", "last_active_ago": 420_845}))))),
        GetPresenceError,
    ),
)]
pub(super) async fn get_presence(
    State(stub): State<Stub<dyn Backend>>,
    known: Known,
    target: Target,
) -> Result<Json<PresenceStatus>, GetPresenceError> {
    let caller = known.caller()?;
    let user = target.text()?;
    Ok(Json(stub.backend.get_presence(&caller, &user).await?))
}

/// Update this user's presence state.
///
/// This API sets the given user's presence state. When setting the status,
/// the activity time is updated to reflect that activity; the client does
/// not need to specify the `last_active_ago` field. You cannot set the
/// presence state of another user.
#[utoipa::path(
    put,
    path = "/presence/{userId}/status",
    operation_id = "setPresence",
    params(("userId" = String, Path, description = "The user whose presence state to update.",
        example = "@alice:example.com")),
    request_body(content = PresenceUpdate, description = "The updated presence state."),
    security(("accessToken" = []), ("accessTokenBearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The new presence state was set.", body = Empty,
            examples(("response" = (value = json!({}))))),
        SetPresenceError,
    ),
)]
pub(super) async fn set_presence(
    State(Stub { backend, limits }): State<Stub<dyn Backend>>,
    known: Known,
    target: Target,
    body: Body,
) -> Result<Json<Empty>, SetPresenceError> {
    let caller = known.caller()?;
    let user = target.text()?;
    let knows_busy = backend.knows_busy();
    let update = Unread::new(async move {
        let body = read_within(limits, body).await?;
        Ok(PresenceUpdate::parse(&body, knows_busy)?)
    });
    backend.set_presence(&caller, &user, update).await?;
    Ok(Json(Empty {}))
}
