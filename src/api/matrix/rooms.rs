//! `GET /joined_rooms`.
//! Source: <https://spec.matrix.org/v1.10/client-server-api/#get_matrixclientv3joined_rooms>

use axum::{Json, extract::State};

use super::{error::MatrixRefusal, extract::Asker, types::JoinedRooms};
use crate::{api::refusal::refusals, app::App, auth::AuthError, directory::Scope};

refusals! {
    /// Why the caller's rooms are not told.
    pub(super) enum JoinedRoomsError: MatrixRefusal, from AuthError {
        Unauthorized,
        Forbidden,
        TooLarge,
        Unavailable,
    }
}

/// Get the rooms that the caller is a member of.
///
/// Whoever shares one of them with the caller can be seen.
#[utoipa::path(
    get,
    path = "/joined_rooms",
    operation_id = "getJoinedRooms",
    security(("accessTokenBearer" = []), ("accessToken" = [])),
    tag = "Directory",
    responses(
        (status = 200, description = "The rooms.", body = JoinedRooms,
            examples(("ok" = (value = json!({"joined_rooms": ["!lobby:example.com"]}))))),
        JoinedRoomsError,
    ),
)]
pub(super) async fn get_joined_rooms(
    State(app): State<App>,
    asker: Asker,
) -> Result<Json<JoinedRooms>, JoinedRoomsError> {
    let caller = asker.anyone()?;
    caller.require(Scope::Read)?;
    let mut joined_rooms = app.directory.rooms_of(&caller.user);
    joined_rooms.sort_unstable();
    Ok(Json(JoinedRooms { joined_rooms }))
}
