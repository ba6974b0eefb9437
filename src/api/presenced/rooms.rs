//! `/presenced/v1/rooms`: named sets of users that may see each other, for admins.

use std::collections::BTreeSet;

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    error::{AdminOnly, Failure, Problem},
    extract::{Admin, JsonBody, Paging, RoomPath},
};
use crate::{app::App, directory::DirectoryError, id::UserId};

/// The members of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"members": ["@alice:example.com", "@bob:example.com"]}))]
pub struct Members {
    /// User ids, each once; at most as many as `limits.room_members` of the configuration says.
    #[schema(example = json!(["@alice:example.com", "@bob:example.com"]))]
    pub members: Vec<String>,
}

/// A room in a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomSummary {
    #[schema(example = "!lobby:example.com")]
    pub room_id: String,
    /// How many members the room has.
    #[schema(value_type = i64, example = 2)]
    pub member_count: usize,
}

/// A page of rooms, in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoomPage {
    pub rooms: Vec<RoomSummary>,
    /// Whether there are rooms after these.
    #[schema(example = false)]
    pub more: bool,
}

impl Members {
    fn of(members: BTreeSet<UserId>) -> Self {
        Self { members: members.into_iter().map(String::from).collect() }
    }
}

/// List the rooms.
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
        (status = 400, description = "A parameter is not valid.", body = Problem,
            content_type = "application/problem+json"),
        AdminOnly,
    ),
)]
pub(super) async fn list_rooms(State(app): State<App>, _: Admin, paging: Paging) -> Json<RoomPage> {
    let page = app.directory.rooms(paging.after.as_deref(), paging.limit);
    let rooms = page
        .items
        .into_iter()
        .map(|(room, member_count)| RoomSummary { room_id: room.into(), member_count })
        .collect();
    Json(RoomPage { rooms, more: page.more })
}

/// Get the members of a room.
#[utoipa::path(
    get,
    path = "/presenced/v1/rooms/{roomId}/members",
    operation_id = "getMembers",
    params(("roomId" = String, Path, description = "The room's id.", example = "!lobby:example.com")),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 200, description = "The members, in the order of their ids.", body = Members),
        (status = 400, description = "The id is not valid.", body = Problem,
            content_type = "application/problem+json"),
        (status = 404, description = "There is no such room: nobody is a member.", body = Problem,
            content_type = "application/problem+json"),
        AdminOnly,
    ),
)]
pub(super) async fn get_members(
    State(app): State<App>,
    _: Admin,
    RoomPath(room): RoomPath,
) -> Result<Json<Members>, Failure> {
    let members = app.directory.members(&room);
    if members.is_empty() {
        return Err(Failure::not_found(format!("there is no room {room}")));
    }
    Ok(Json(Members::of(members)))
}

/// Set the members of a room.
///
/// The list replaces the one before. A room comes into being with its first members and ends with an
/// empty list.
#[utoipa::path(
    put,
    path = "/presenced/v1/rooms/{roomId}/members",
    operation_id = "putMembers",
    params(("roomId" = String, Path, description = "The room's id.", example = "!lobby:example.com")),
    request_body(content = Members, description = "The members; they replace those before."),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 200, description = "The members, in the order of their ids.", body = Members),
        (status = 400, description = "The id or the body is not valid, or a member is unknown. Nothing was \
            changed.", body = Problem, content_type = "application/problem+json"),
        AdminOnly,
    ),
)]
pub(super) async fn put_members(
    State(app): State<App>,
    _: Admin,
    RoomPath(room): RoomPath,
    JsonBody(body): JsonBody<Members>,
) -> Result<Json<Members>, Failure> {
    let most = app.config.limits.room_members;
    if body.members.len() > most {
        return Err(Failure::invalid(format!("members: a room may have {most}, no more")));
    }
    let members: BTreeSet<UserId> = body
        .members
        .iter()
        .map(|text| text.parse().map_err(|error| Failure::invalid(format!("members: {text:?}: {error}"))))
        .collect::<Result<_, _>>()?;
    app.directory.set_members(&room, members.clone()).await.map_err(|error| match error {
        DirectoryError::UnknownUser(_) => Failure::invalid(format!("members: {error}")),
        other => other.into(),
    })?;
    Ok(Json(Members::of(members)))
}
