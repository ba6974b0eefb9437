//! `POST /logout` and `POST /logout/all`.
//! Source: <https://spec.matrix.org/v1.10/client-server-api/#post_matrixclientv3logout>

use axum::{Json, extract::State};

use super::{error::MatrixRefusal, extract::Asker, types::Empty};
use crate::{api::refusal::refusals, app::App, auth::AuthError, directory::DirectoryError};

refusals! {
    /// Why tokens were not ended.
    pub(super) enum LogoutError: MatrixRefusal, from AuthError, DirectoryError {
        Unauthorized,
        Forbidden,
        TooLarge,
        Unavailable,
    }
}

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
        LogoutError,
    ),
)]
pub(super) async fn logout(State(app): State<App>, asker: Asker) -> Result<Json<Empty>, LogoutError> {
    let identified = asker.identified()?;
    let token = identified.credential();
    let caller = identified.caller()?;
    let token = token.ok_or_else(|| {
        MatrixRefusal::forbidden("The token of an application service ends with its registration")
    })?;
    app.directory.end(&caller.user, &token).await?;
    Ok(Json(Empty {}))
}

/// Log out everywhere: end all of the caller's tokens.
///
/// Everything that they hold ends at once: requests that wait, streams, sockets and subscriptions. What the devices said
/// ends within `presence.connection_grace_seconds` of the configuration.
#[utoipa::path(
    post,
    path = "/logout/all",
    operation_id = "logoutAll",
    security(("accessTokenBearer" = []), ("accessToken" = [])),
    tag = "Account",
    responses(
        (status = 200, description = "The caller has no token any more.", body = Empty,
            examples(("ok" = (value = json!({}))))),
        LogoutError,
    ),
)]
pub(super) async fn logout_all(State(app): State<App>, asker: Asker) -> Result<Json<Empty>, LogoutError> {
    let caller = asker.anyone()?;
    app.directory.sign_out(&caller.user).await?;
    Ok(Json(Empty {}))
}
