//! `/presenced/v1/app-tokens`: service tokens, which belong to an application's backend and to no user. Admins keep
//! them.

use axum::{Json, body::Body, extract::State, http::StatusCode};

use super::{
    error::{ProblemRefusal, found},
    extract::{AccessError, Asker, Ids, JsonError, read_json},
    tokens::expiry,
    types::{AppToken, AppTokenList, AppTokenRequest, IssuedAppToken},
};
use crate::{
    api::refusal::refusals,
    app::App,
    directory::{DirectoryError, Holder, NewToken, Scope, TokenId, TokenInfo, TokenSecret},
    presence::Timestamp,
    store::StoreError,
};

refusals! {
    /// Why the tokens of apps are not told.
    pub(super) enum ListAppTokensError: ProblemRefusal, from AccessError {
        Unauthorized,
        /// The caller is not an admin.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotAdmin),
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why a token of an app was not made. Nothing was changed.
    pub(super) enum CreateAppTokenError: ProblemRefusal, from AccessError, JsonError, DirectoryError {
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
    pub(super) enum RevokeAppTokenError: ProblemRefusal, from AccessError, StoreError {
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

/// The longest name of an app, in bytes of UTF-8.
const LONGEST_NAME: usize = 255;

impl AppToken {
    fn of_app(info: TokenInfo) -> Option<Self> {
        let Holder::App { name, scopes } = info.holder else { return None };
        let (scopes, expires_at) =
            (scopes.iter().map(Into::into).collect(), info.expires.map(Timestamp::as_millis));
        Some(Self { token_id: info.id.as_str().to_owned(), name, scopes, expires_at })
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
    State(app): State<App>,
    asker: Asker,
) -> Result<Json<AppTokenList>, ListAppTokensError> {
    asker.admin()?;
    let tokens = app.directory.app_tokens().into_iter().filter_map(AppToken::of_app).collect();
    Ok(Json(AppTokenList { tokens }))
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
    State(app): State<App>,
    asker: Asker,
    body: Body,
) -> Result<(StatusCode, Json<IssuedAppToken>), CreateAppTokenError> {
    asker.admin()?;
    let request: AppTokenRequest = read_json(&app, body).await?;
    if !(1..=LONGEST_NAME).contains(&request.name.len()) {
        let detail = format!("name: has to have from 1 to {LONGEST_NAME} bytes");
        return Err(ProblemRefusal::invalid(detail).into());
    }
    let expires = expiry(&app, request.expires_in_seconds)?;
    let secret = TokenSecret::random();
    let holder =
        Holder::App { name: request.name, scopes: request.scopes.into_iter().map(Scope::from).collect() };
    let info = app.directory.add_token(&secret, NewToken { holder, expires }).await?;
    let info = AppToken::of_app(info).expect("the token was made for an app");
    Ok((StatusCode::CREATED, Json(IssuedAppToken { token: secret.reveal().to_owned(), info })))
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
    State(app): State<App>,
    asker: Asker,
    ids: Ids,
) -> Result<StatusCode, RevokeAppTokenError> {
    asker.admin()?;
    let token = TokenId::from(ids.get::<String>("tokenId")?);
    match found(app.directory.revoke_app_token(&token).await)? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ProblemRefusal::not_found("no app has such a token").into()),
    }
}
