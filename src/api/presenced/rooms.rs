//! `/presenced/v1/rooms`: named sets of users that may see each other, for admins and service tokens.

use std::collections::BTreeSet;

use axum::{Json, body::Body, extract::State};

use super::{
    error::{BadRequest, ListError, ProblemRefusal},
    extract::{AccessError, Ids, JsonError, Paging, read_json_within},
    stub::{AuthenticateError, Known, directory::Directory},
    types::{Members, RoomIdText, RoomPage},
};
use crate::{
    api::{refusal::refusals, stub::Stub},
    directory::Scope,
    id::{RoomId, UserId},
    store::StoreError,
};

refusals! {
    /// Why the members of a room are not told.
    pub enum GetMembersError: ProblemRefusal, from AuthenticateError {
        /// The id is not valid.
        BadRequest => ProblemRefusal::invalid("roomId: a room id starts with `!`"),
        Unauthorized,
        /// The caller is neither an admin nor a service token with the scope `read`.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotService),
        /// There is no such room: nobody is a member.
        NotFound => ProblemRefusal::not_found("there is no room !nowhere:example.com"),
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why the members of a room were not set. Nothing was changed.
    pub enum PutMembersError: ProblemRefusal, from AuthenticateError, JsonError, StoreError {
        /// The id or the body is not valid, or a member is unknown. Nothing was changed.
        BadRequest => ProblemRefusal::invalid("members: there is no user @dave:example.com"),
        Unauthorized,
        /// The caller is neither an admin nor a service token with the scope `write`.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotService),
        TooLarge,
        Unavailable,
    }
}

impl Members {
    pub(super) fn of(members: BTreeSet<UserId>) -> Self {
        Self { members: members.into_iter().map(String::from).collect() }
    }

    /// The members, of whom there may be so many.
    pub(super) fn read(&self, most: usize) -> Result<BTreeSet<UserId>, BadRequest> {
        if self.members.len() > most {
            return Err(ProblemRefusal::invalid(format!("members: a room may have {most}, no more")));
        }
        let parse = |text: &String| {
            text.parse().map_err(|error| ProblemRefusal::invalid(format!("members: {text:?}: {error}")))
        };
        self.members.iter().map(parse).collect()
    }
}

/// List the rooms.
///
/// In pages, each of which begins after the last id of the one before.
#[utoipa::path(
    get,
    path = "/presenced/v1/rooms",
    operation_id = "listRooms",
    params(
        ("after" = Option<String>, Query, description = "The last id of the page before.",
            example = "!a"),
        ("limit" = Option<i32>, Query, description = "How many to list, 1 to 1000; 100 if left out.",
            minimum = 1, maximum = 1000, example = 100),
    ),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 200, description = "The rooms after `after`, in the order of their ids.", body = RoomPage),
        ListError,
    ),
)]
pub(super) async fn list_rooms(
    State(stub): State<Stub<dyn Directory>>,
    known: Known<dyn Directory>,
    paging: Paging,
) -> Result<Json<RoomPage>, ListError> {
    let caller = known.admin()?;
    Ok(Json(stub.backend.list_rooms(&caller, &paging.page()?).await?))
}

/// Get the members of a room.
///
/// For admins, and for service tokens with the scope `read`.
#[utoipa::path(
    get,
    path = "/presenced/v1/rooms/{roomId}/members",
    operation_id = "getMembers",
    params(("roomId" = inline(RoomIdText), Path, description = "The room's id.", example = "!lobby:example.com")),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 200, description = "The members, in the order of their ids.", body = Members),
        GetMembersError,
    ),
)]
pub(super) async fn get_members(
    State(stub): State<Stub<dyn Directory>>,
    known: Known<dyn Directory>,
    ids: Ids,
) -> Result<Json<Members>, GetMembersError> {
    let caller = known.service(Scope::Read)?;
    let room: RoomId = ids.get("roomId")?;
    Ok(Json(stub.backend.get_members(&caller, &room).await?))
}

/// Set the members of a room.
///
/// The list replaces the one before. A room comes into being with its first members and ends with an
/// empty list. For admins, and for service tokens with the scope `write`.
#[utoipa::path(
    put,
    path = "/presenced/v1/rooms/{roomId}/members",
    operation_id = "putMembers",
    params(("roomId" = inline(RoomIdText), Path, description = "The room's id.", example = "!lobby:example.com")),
    request_body(content = Members, description = "The members; they replace those before."),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 200, description = "The members, in the order of their ids.", body = Members),
        PutMembersError,
    ),
)]
pub(super) async fn put_members(
    State(Stub { backend, limits }): State<Stub<dyn Directory>>,
    known: Known<dyn Directory>,
    ids: Ids,
    body: Body,
) -> Result<Json<Members>, PutMembersError> {
    let caller = known.service(Scope::Write)?;
    let room: RoomId = ids.get("roomId")?;
    let members = read_json_within(limits, body).await?;
    Ok(Json(backend.put_members(&caller, &room, members).await?))
}
