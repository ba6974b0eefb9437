//! `GET /profile/{userId}`: name and picture, as the directory has them.
//! Source: <https://spec.matrix.org/v1.10/client-server-api/#profiles>

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    error::MatrixFailure,
    extract::{Target, Token},
    refusals::{AboutUser, WithToken},
};
use crate::{
    app::App,
    auth::Caller,
    directory::{Scope, User},
    id::UserId,
    service::{ServiceError, Viewer},
};

/// A user's name and picture. What is not known is left out.
#[derive(Serialize, ToSchema)]
pub(super) struct Profile {
    /// The user's display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Alice", nullable = false)]
    displayname: Option<String>,
    /// The address of the user's picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://example.com/alice.png", nullable = false)]
    avatar_url: Option<String>,
}

/// A user's name, if it is known.
#[derive(Serialize, ToSchema)]
pub(super) struct DisplayName {
    /// The user's display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Alice", nullable = false)]
    displayname: Option<String>,
}

/// A user's picture, if there is one.
#[derive(Serialize, ToSchema)]
pub(super) struct AvatarUrl {
    /// The address of the user's picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://example.com/alice.png", nullable = false)]
    avatar_url: Option<String>,
}

/// The directory's entry of the user that the path names, if the caller may see them.
fn user(app: &App, caller: &Caller, target: Option<UserId>) -> Result<User, MatrixFailure> {
    caller.require(Scope::Read)?;
    let user = match target {
        Some(target) => app.service.profile(Viewer::User(&caller.user), &target),
        None => Err(app.service.nobody()),
    };
    user.map_err(|error| match error {
        ServiceError::NotVisible => MatrixFailure::forbidden("You are not allowed to see their profile"),
        ServiceError::UnknownUser => MatrixFailure::not_found("There is no such user"),
        error => error.into(),
    })
}

/// Get a user's name and picture.
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
        AboutUser,
        WithToken,
    ),
)]
pub(super) async fn get_user_profile(
    State(app): State<App>,
    Token(caller): Token,
    Target(target): Target,
) -> Result<Json<Profile>, MatrixFailure> {
    let User { display_name, avatar_url, .. } = user(&app, &caller, target)?;
    Ok(Json(Profile { displayname: display_name, avatar_url }))
}

/// Get a user's name.
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
        AboutUser,
        WithToken,
    ),
)]
pub(super) async fn get_display_name(
    State(app): State<App>,
    Token(caller): Token,
    Target(target): Target,
) -> Result<Json<DisplayName>, MatrixFailure> {
    let User { display_name, .. } = user(&app, &caller, target)?;
    Ok(Json(DisplayName { displayname: display_name }))
}

/// Get the address of a user's picture.
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
        AboutUser,
        WithToken,
    ),
)]
pub(super) async fn get_avatar_url(
    State(app): State<App>,
    Token(caller): Token,
    Target(target): Target,
) -> Result<Json<AvatarUrl>, MatrixFailure> {
    let User { avatar_url, .. } = user(&app, &caller, target)?;
    Ok(Json(AvatarUrl { avatar_url }))
}
