//! `GET /profile/{userId}`: name and picture, as the directory has them.
//! Source: <https://spec.matrix.org/v1.10/client-server-api/#profiles>

use axum::{Json, extract::State};

use super::{
    error::MatrixRefusal,
    extract::{Asker, Target},
    types::{AvatarUrl, DisplayName, Profile},
};
use crate::{
    api::refusal::refusals,
    app::App,
    auth::AuthError,
    directory::{Scope, User},
    service::{ReadError, Viewer},
    store::StoreError,
};

const NOT_VISIBLE: &str = "You are not allowed to see their profile";
const NOBODY: &str = "There is no such user";

refusals! {
    /// Why a user's profile is not told.
    pub(super) enum ProfileError: MatrixRefusal, from AuthError, StoreError {
        /// The user id is not one.
        BadRequest => MatrixRefusal::invalid_param("A user id starts with `@`"),
        Unauthorized,
        /// You are not allowed to see this user's profile.
        Forbidden => MatrixRefusal::forbidden(NOT_VISIBLE),
        /// There is no such user. Where users are seen by sharing a room, unknown users are refused with 403, as
        /// those are who share none.
        NotFound => MatrixRefusal::not_found(NOBODY),
        TooLarge,
        Unavailable,
    }
}

/// The directory's entry of the user that the path names, if the caller may see them.
fn user(app: &App, asker: Asker, target: Target) -> Result<User, ProfileError> {
    let caller = asker.anyone()?;
    let target = target.user()?;
    caller.require(Scope::Read)?;
    let user = match target {
        Some(target) => app.service.profile(Viewer::User(&caller.user), &target),
        None => Err(app.service.nobody()),
    };
    user.map_err(|error| match error {
        ReadError::NotVisible => MatrixRefusal::forbidden(NOT_VISIBLE).into(),
        ReadError::UnknownUser | ReadError::Hidden => MatrixRefusal::not_found(NOBODY).into(),
        ReadError::Store(error) => error.into(),
    })
}

/// Get a user's name and picture.
///
/// What an admin, or the application service that made the user, said of them. What is not known is left out.
#[utoipa::path(
    get,
    path = "/profile/{userId}",
    operation_id = "getUserProfile",
    params(("userId" = String, Path, description = "The user whose profile to get.",
        example = "@alice:example.com")),
    security(("accessTokenBearer" = []), ("accessToken" = [])),
    tag = "Directory",
    responses(
        (status = 200, description = "What is known of the user.", body = Profile,
            examples(("ok" = (value = json!({"displayname": "Alice"}))))),
        ProfileError,
    ),
)]
pub(super) async fn get_user_profile(
    State(app): State<App>,
    asker: Asker,
    target: Target,
) -> Result<Json<Profile>, ProfileError> {
    let User { display_name, avatar_url, .. } = user(&app, asker, target)?;
    Ok(Json(Profile { displayname: display_name, avatar_url }))
}

/// Get a user's name.
///
/// What `/profile/{userId}` has, alone; an empty object if there is none.
#[utoipa::path(
    get,
    path = "/profile/{userId}/displayname",
    operation_id = "getDisplayName",
    params(("userId" = String, Path, description = "The user whose name to get.",
        example = "@alice:example.com")),
    security(("accessTokenBearer" = []), ("accessToken" = [])),
    tag = "Directory",
    responses(
        (status = 200, description = "The name, if it is known.", body = DisplayName,
            examples(("ok" = (value = json!({"displayname": "Alice"}))))),
        ProfileError,
    ),
)]
pub(super) async fn get_display_name(
    State(app): State<App>,
    asker: Asker,
    target: Target,
) -> Result<Json<DisplayName>, ProfileError> {
    let User { display_name, .. } = user(&app, asker, target)?;
    Ok(Json(DisplayName { displayname: display_name }))
}

/// Get the address of a user's picture.
///
/// What `/profile/{userId}` has, alone; an empty object if there is none.
#[utoipa::path(
    get,
    path = "/profile/{userId}/avatar_url",
    operation_id = "getAvatarUrl",
    params(("userId" = String, Path, description = "The user whose picture to get.",
        example = "@alice:example.com")),
    security(("accessTokenBearer" = []), ("accessToken" = [])),
    tag = "Directory",
    responses(
        (status = 200, description = "The address, if there is a picture.", body = AvatarUrl,
            examples(("ok" = (value = json!({"avatar_url": "https://example.com/alice.png"}))))),
        ProfileError,
    ),
)]
pub(super) async fn get_avatar_url(
    State(app): State<App>,
    asker: Asker,
    target: Target,
) -> Result<Json<AvatarUrl>, ProfileError> {
    let User { avatar_url, .. } = user(&app, asker, target)?;
    Ok(Json(AvatarUrl { avatar_url }))
}
