//! `/presenced/v1/rooms/{roomId}/members/{userId}` and `/presenced/v1/users/{userId}/rooms`: who is in which room, one
//! by one.

use axum::{Json, extract::State, http::StatusCode};

use super::{
    error::ProblemRefusal,
    extract::{AccessError, Ids, Parameters},
    stub::{AuthenticateError, Known, Presence, directory::Directory},
    types::{RoomIdText, UserIdOrMe, UserIdText, UserRooms},
};
use crate::{
    api::{refusal::refusals, stub::Stub},
    directory::{DirectoryError, Scope},
    id::{RoomId, UserId},
    store::StoreError,
};

refusals! {
    /// Why a user was not let into a room. Nothing was changed.
    pub enum AddMemberError: ProblemRefusal, from AuthenticateError, AccessError, DirectoryError {
        /// An id is not valid.
        BadRequest => ProblemRefusal::invalid("roomId: a room id starts with `!`"),
        Unauthorized,
        /// The caller is neither an admin nor a service token with the scope `write`.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotService),
        NotFound => ProblemRefusal::no_user(&"@dave:example.com"),
        /// The room has as many members as `limits.room_members` allows.
        Conflict => ProblemRefusal::conflict(DirectoryError::RoomFull(100_000).to_string()),
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why a user was not taken out of a room. Nothing was changed.
    pub enum RemoveMemberError: ProblemRefusal, from AuthenticateError, AccessError, StoreError {
        /// An id is not valid.
        BadRequest => ProblemRefusal::invalid("roomId: a room id starts with `!`"),
        Unauthorized,
        /// The caller is neither an admin nor a service token with the scope `write`.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotService),
        NotFound => ProblemRefusal::no_user(&"@dave:example.com"),
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why a user's rooms are not told.
    pub enum UserRoomsError: ProblemRefusal, from AuthenticateError, AccessError {
        /// The id is not valid.
        BadRequest => ProblemRefusal::invalid("userId: a user id starts with `@`"),
        Unauthorized,
        Forbidden => ProblemRefusal::forbidden(AccessError::NotOneself),
        NotFound => ProblemRefusal::no_user(&"@dave:example.com"),
        TooLarge,
        Unavailable,
    }
}

/// Let a user into a room.
///
/// A room comes into being with its first member. It is no error if the user is in it. For admins, and for service
/// tokens with the scope `write`.
#[utoipa::path(
    put,
    path = "/presenced/v1/rooms/{roomId}/members/{userId}",
    operation_id = "addMember",
    params(
        ("roomId" = inline(RoomIdText), Path, description = "The room's id.", example = "!lobby:example.com"),
        ("userId" = inline(UserIdText), Path, description = "The user's id.", example = "@alice:example.com"),
    ),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 204, description = "The user is in the room."),
        AddMemberError,
    ),
)]
pub(super) async fn add_member(
    State(stub): State<Stub<dyn Directory>>,
    known: Known<dyn Directory>,
    ids: Ids,
    parameters: Parameters,
) -> Result<StatusCode, AddMemberError> {
    let caller = known.service(Scope::Write)?;
    let (room, user): (RoomId, UserId) = (ids.get("roomId")?, ids.user::<AddMemberError>(&caller)?);
    parameters.none()?;
    stub.backend.add_member(&caller, &room, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Take a user out of a room.
///
/// A room ends with its last member. It is no error if the user is not in it. For admins, and for service tokens with
/// the scope `write`.
#[utoipa::path(
    delete,
    path = "/presenced/v1/rooms/{roomId}/members/{userId}",
    operation_id = "removeMember",
    params(
        ("roomId" = inline(RoomIdText), Path, description = "The room's id.", example = "!lobby:example.com"),
        ("userId" = inline(UserIdText), Path, description = "The user's id.", example = "@alice:example.com"),
    ),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 204, description = "The user is not in the room."),
        RemoveMemberError,
    ),
)]
pub(super) async fn remove_member(
    State(stub): State<Stub<dyn Directory>>,
    known: Known<dyn Directory>,
    ids: Ids,
    parameters: Parameters,
) -> Result<StatusCode, RemoveMemberError> {
    let caller = known.service(Scope::Write)?;
    let (room, user): (RoomId, UserId) = (ids.get("roomId")?, ids.user::<RemoveMemberError>(&caller)?);
    parameters.none()?;
    stub.backend.remove_member(&caller, &room, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Get the rooms of a user.
///
/// For the user, with a token that has the scope `read`, for admins, and for service tokens with that scope.
#[utoipa::path(
    get,
    path = "/presenced/v1/users/{userId}/rooms",
    operation_id = "getUserRooms",
    params(("userId" = inline(UserIdOrMe), Path, description = "The user's id, or `me` for the caller's own.", example = "@alice:example.com")),
    security(("bearer" = [])),
    tag = "Presence",
    responses(
        (status = 200, description = "The rooms, in the order of their ids.", body = UserRooms),
        UserRoomsError,
    ),
)]
pub(super) async fn get_user_rooms(
    State(stub): State<Stub<dyn Presence>>,
    known: Known,
    ids: Ids,
    parameters: Parameters,
) -> Result<Json<UserRooms>, UserRoomsError> {
    let caller = known.caller()?;
    let user = ids.user::<UserRoomsError>(&caller)?;
    caller.may_for(&user, Scope::Read)?;
    parameters.none()?;
    Ok(Json(stub.backend.get_user_rooms(&caller, &user).await?))
}
