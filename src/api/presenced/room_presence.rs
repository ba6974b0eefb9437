//! `/presenced/v1/rooms/{roomId}/presence`: the members of a room as they are, and how many are in which state.

use axum::{Json, extract::State};
use serde::{
    Deserialize,
    de::{IntoDeserializer, value::Error as ValueError},
};

use super::{
    error::{BadRequest, ProblemRefusal},
    extract::{AccessError, Ids, Page, Parameters, once},
    stub::{AuthenticateError, Known, Presence},
    types::{PresenceState, RoomIdText, RoomPresence, StateCounts},
};
use crate::{
    api::{refusal::refusals, stub::Stub},
    directory::Scope,
    service::{Counts, RoomQuery},
    store::StoreError,
};

refusals! {
    /// Why the presence of a room is not told.
    pub enum RoomPresenceError: ProblemRefusal, from AuthenticateError, AccessError, StoreError {
        /// The id or a parameter is not valid.
        BadRequest => ProblemRefusal::invalid("limit: has to be from 1 to 1000"),
        Unauthorized,
        Forbidden,
        /// There is no such room, or the caller is not in it.
        NotFound => RoomPresence::not_there(),
        TooLarge,
        Unavailable,
    }
}

impl RoomPresence {
    /// There is no such room to the caller: whether there is one nobody else is told.
    pub(super) fn not_there() -> super::error::NotFound {
        ProblemRefusal::not_found("there is no such room, or the caller is not in it")
    }
}

impl From<Counts> for StateCounts {
    fn from(Counts { online, busy, unavailable, offline }: Counts) -> Self {
        Self { online, busy, unavailable, offline }
    }
}

/// What the parameters ask for.
fn read(parameters: Parameters) -> Result<RoomQuery, BadRequest> {
    let (mut states, mut after, mut limit) = (Vec::new(), None, None);
    parameters.each(|name, value| {
        Some(match name {
            "state" => state(&value).map(|state| states.push(state.into())),
            "after" => once(&mut after, name, Ok(value)),
            "limit" => once(&mut limit, name, number(&value)),
            _ => return None,
        })
    })?;
    Ok(RoomQuery { states, after, limit: Page::check_limit(limit.unwrap_or_else(Page::default_limit))? })
}

fn state(name: &str) -> Result<PresenceState, BadRequest> {
    PresenceState::deserialize(name.into_deserializer())
        .map_err(|error: ValueError| ProblemRefusal::invalid(format!("state: {error}")))
}

fn number(text: &str) -> Result<usize, BadRequest> {
    text.parse().map_err(|error| ProblemRefusal::invalid(format!("limit: {error}")))
}

/// Get the presence of a room's members.
///
/// In pages, by the ids of the members, with how many of the whole room are in which state. For members, with a token
/// that has the scope `read`, for admins, and for service tokens with that scope; to everybody else there is no such
/// room.
#[utoipa::path(
    get,
    path = "/presenced/v1/rooms/{roomId}/presence",
    operation_id = "getRoomPresence",
    params(
        ("roomId" = inline(RoomIdText), Path, description = "The room's id.", example = "!lobby:example.com"),
        ("state" = Option<Vec<PresenceState>>, Query, description = "Members in one of these states alone; it may be \
            repeated. All of them if left out.", example = json!(["online", "busy"])),
        ("after" = Option<String>, Query, description = "The last id of the page before.", example = "@a"),
        ("limit" = Option<i32>, Query, description = "How many to list, 1 to 1000; 100 if left out.",
            minimum = 1, maximum = 1000, example = 100),
    ),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The members after `after`, and the counts.", body = RoomPresence),
        RoomPresenceError,
    ),
)]
pub(super) async fn get_room_presence(
    State(stub): State<Stub<dyn Presence>>,
    known: Known,
    ids: Ids,
    parameters: Parameters,
) -> Result<Json<RoomPresence>, RoomPresenceError> {
    let caller = known.caller()?;
    caller.may(Scope::Read)?;
    let room = ids.get("roomId")?;
    let query = read(parameters)?;
    Ok(Json(stub.backend.get_room_presence(&caller, &room, &query).await?))
}
