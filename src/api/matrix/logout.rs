//! `POST /logout` and `POST /logout/all`.
//! Source: <https://spec.matrix.org/v1.10/client-server-api/#post_matrixclientv3logout>

use axum::{Json, extract::State};

use super::{
    error::MatrixFailure,
    extract::{Session, Token},
    presence::Empty,
    refusals::WithToken,
};
use crate::app::App;

/// Log out: end the access token.
///
/// Whatever would replace the token ends with it.
#[utoipa::path(
    post,
    path = "/logout",
    operation_id = "logout",
    security(("accessTokenBearer" = []), ("accessToken" = [])),
    tag = "Account",
    responses(
        (status = 200, description = "The token is none any more.", body = Empty,
            examples(("ok" = (value = json!({}))))),
        WithToken,
    ),
)]
pub(super) async fn logout(
    State(app): State<App>,
    Session { caller, token }: Session,
) -> Result<Json<Empty>, MatrixFailure> {
    let token = token.ok_or_else(|| {
        MatrixFailure::forbidden("The token of an application service ends with its registration")
    })?;
    app.directory.revoke_token(&caller.user, &token).await?;
    Ok(Json(Empty {}))
}

/// Log out everywhere: end all of the caller's tokens.
#[utoipa::path(
    post,
    path = "/logout/all",
    operation_id = "logoutAll",
    security(("accessTokenBearer" = []), ("accessToken" = [])),
    tag = "Account",
    responses(
        (status = 200, description = "The caller has no token any more.", body = Empty,
            examples(("ok" = (value = json!({}))))),
        WithToken,
    ),
)]
pub(super) async fn logout_all(
    State(app): State<App>,
    Token(caller): Token,
) -> Result<Json<Empty>, MatrixFailure> {
    app.directory.revoke_tokens(&caller.user).await?;
    Ok(Json(Empty {}))
}
