//! `/presenced/v1/app-tokens`: service tokens, which belong to an application's backend and to no user. Admins keep
//! them.

use axum::{Json, body::Body, extract::State, http::StatusCode};

use super::{
    error::ProblemRefusal,
    extract::{AccessError, Ids, JsonError, read_json_within},
    stub::{AuthenticateError, Known, directory::Directory},
    types::{AppTokenList, AppTokenRequest, IssuedAppToken},
};
use crate::{
    api::{refusal::refusals, stub::Stub},
    directory::DirectoryError,
    store::StoreError,
};

refusals! {
    /// Why the tokens of apps are not told.
    pub enum ListAppTokensError: ProblemRefusal, from AuthenticateError {
        Unauthorized,
        /// The caller is not an admin.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotAdmin),
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why a token of an app was not made. Nothing was changed.
    pub enum CreateAppTokenError: ProblemRefusal, from AuthenticateError, JsonError, DirectoryError {
        /// The body is not valid. Nothing was changed.
        BadRequest => ProblemRefusal::invalid("name: has to have from 1 to 255 bytes"),
        Unauthorized,
        /// The caller is not an admin.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotAdmin),
        /// Apps have as many tokens as are allowed.
        Conflict => ProblemRefusal::conflict(
            "there are 100 tokens of apps, as many as are allowed; revoke one first",
        ),
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why a token of an app was not revoked.
    pub enum RevokeAppTokenError: ProblemRefusal, from AuthenticateError, StoreError {
        /// The id is not valid.
        BadRequest => ProblemRefusal::invalid("the path is not UTF-8"),
        Unauthorized,
        /// The caller is not an admin.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotAdmin),
        /// There is no such token.
        NotFound => ProblemRefusal::not_found("no app has such a token"),
        TooLarge,
        Unavailable,
    }
}

/// List the tokens of apps.
///
/// Not the tokens themselves, of which the server keeps a hash alone, but what they are for.
#[utoipa::path(
    get,
    path = "/presenced/v1/app-tokens",
    operation_id = "listAppTokens",
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 200, description = "The tokens, without their texts.", body = AppTokenList),
        ListAppTokensError,
    ),
)]
pub(super) async fn list_app_tokens(
    State(stub): State<Stub<dyn Directory>>,
    known: Known<dyn Directory>,
) -> Result<Json<AppTokenList>, ListAppTokensError> {
    let caller = known.admin()?;
    Ok(Json(stub.backend.list_app_tokens(&caller).await?))
}

/// Make a token for an app.
///
/// Such a service token belongs to an application's backend and to no user. In presenced's own API `read` reads and
/// follows everybody as an admin does, `write` sets for anybody and keeps rooms, and `gateway` reports devices and
/// calls. The directory and tokens stay the admin's. pnut.io takes it as the token of an app.
#[utoipa::path(
    post,
    path = "/presenced/v1/app-tokens",
    operation_id = "createAppToken",
    request_body(content = AppTokenRequest, description = "The app."),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 201, description = "The token, with its text.", body = IssuedAppToken),
        CreateAppTokenError,
    ),
)]
pub(super) async fn create_app_token(
    State(Stub { backend, limits }): State<Stub<dyn Directory>>,
    known: Known<dyn Directory>,
    body: Body,
) -> Result<(StatusCode, Json<IssuedAppToken>), CreateAppTokenError> {
    let caller = known.admin()?;
    let request: AppTokenRequest = read_json_within(limits, body).await?;
    Ok((StatusCode::CREATED, Json(backend.create_app_token(&caller, request).await?)))
}

/// Revoke a token of an app.
///
/// What it holds ends at once: streams and requests that wait.
#[utoipa::path(
    delete,
    path = "/presenced/v1/app-tokens/{tokenId}",
    operation_id = "revokeAppToken",
    params(("tokenId" = String, Path, description = "The token's name in listings.",
        example = "0f1e2d3c4b5a6978")),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 204, description = "The token opens nothing any more."),
        RevokeAppTokenError,
    ),
)]
pub(super) async fn revoke_app_token(
    State(stub): State<Stub<dyn Directory>>,
    known: Known<dyn Directory>,
    ids: Ids,
) -> Result<StatusCode, RevokeAppTokenError> {
    let caller = known.admin()?;
    stub.backend.revoke_app_token(&caller, &ids.get::<String>("tokenId")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
