//! `/presenced/v1/app-tokens`: service tokens, which belong to an application's backend and to no user. Admins keep
//! them.

use axum::{Json, body::Body, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    error::{ProblemRefusal, found},
    extract::{AccessError, Asker, Ids, JsonError, read_json},
    tokens::expiry,
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

/// A token of an app to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"name": "wallboard", "scopes": ["read", "write"]}))]
pub struct AppTokenRequest {
    /// What the app is called.
    #[schema(example = "wallboard", min_length = 1, max_length = 255)]
    pub name: String,
    /// What the token may be used for; reading if left out.
    #[serde(default = "AppTokenRequest::default_scopes")]
    #[schema(example = json!(["read", "write"]))]
    pub scopes: Vec<Scope>,
    /// When the token stops working, in seconds from now; never if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 3_153_600_000_u64, example = 86_400, nullable = false)]
    pub expires_in_seconds: Option<u64>,
}

/// What may be shown of an app's token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppToken {
    /// The token's name in listings. It opens nothing.
    #[schema(example = "0f1e2d3c4b5a6978")]
    pub token_id: String,
    /// What the app is called.
    #[schema(example = "wallboard")]
    pub name: String,
    /// What the token may be used for.
    #[schema(example = json!(["read", "write"]))]
    pub scopes: Vec<Scope>,
    /// When the token stops working, in milliseconds since the Unix epoch; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, example = 1_767_603_600_000_u64, nullable = false)]
    pub expires_at: Option<u64>,
}

/// A new token of an app with its text, which is shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IssuedAppToken {
    /// The text to send as `Authorization: Bearer`. The server keeps its hash alone.
    #[schema(example = "pd_5e1f")]
    pub token: String,
    /// What a listing shows of it.
    pub info: AppToken,
}

/// The tokens of all apps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppTokenList {
    pub tokens: Vec<AppToken>,
}

impl AppTokenRequest {
    fn default_scopes() -> Vec<Scope> {
        vec![Scope::Read]
    }
}

impl AppToken {
    fn of_app(info: TokenInfo) -> Option<Self> {
        let Holder::App { name, scopes } = info.holder else { return None };
        let (scopes, expires_at) = (scopes.iter().collect(), info.expires.map(Timestamp::as_millis));
        Some(Self { token_id: info.id.as_str().to_owned(), name, scopes, expires_at })
    }
}

/// List the tokens of apps.
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
    let holder = Holder::App { name: request.name, scopes: request.scopes.into_iter().collect() };
    let info = app.directory.add_token(&secret, NewToken { holder, expires }).await?;
    let info = AppToken::of_app(info).expect("the token was made for an app");
    Ok((StatusCode::CREATED, Json(IssuedAppToken { token: secret.reveal().to_owned(), info })))
}

/// Revoke a token of an app.
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
