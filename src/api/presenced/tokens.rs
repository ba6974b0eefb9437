//! `/presenced/v1/users/{userId}/tokens`: what lets a device speak for a user, for admins.

use std::time::Duration;

use axum::{Json, body::Body, extract::State, http::StatusCode};

use super::{
    error::{BadRequest, ProblemRefusal, UserError, found},
    extract::{AccessError, Asker, Ids, JsonError, read_json},
    types::{IssuedToken, Token, TokenList, TokenRequest},
};
use crate::{
    api::refusal::refusals,
    app::App,
    directory::{DirectoryError, Holder, NewToken, TokenId, TokenInfo, TokenSecret},
    id::{DeviceId, UserId},
    presence::Timestamp,
    store::StoreError,
};

refusals! {
    /// Why a token was not made. Nothing was changed.
    pub(super) enum CreateTokenError: ProblemRefusal, from AccessError, JsonError, DirectoryError {
        /// The id or the body is not valid. Nothing was changed.
        BadRequest => ProblemRefusal::invalid("deviceId: a device id is not empty"),
        Unauthorized,
        /// The caller is not an admin.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotAdmin),
        NotFound => ProblemRefusal::no_user(&"@dave:example.com"),
        /// The user has as many tokens as are allowed.
        Conflict => ProblemRefusal::conflict(
            "the user @alice:example.com has 100 tokens, as many as are allowed; revoke one first",
        ),
        TooLarge,
        Unavailable,
    }
}

refusals! {
    /// Why a token was not revoked.
    pub(super) enum RevokeTokenError: ProblemRefusal, from AccessError, StoreError {
        /// An id is not valid.
        BadRequest => ProblemRefusal::invalid("userId: a user id starts with `@`"),
        Unauthorized,
        /// The caller is not an admin.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotAdmin),
        /// The user has no such token.
        NotFound => ProblemRefusal::not_found("@alice:example.com has no such token"),
        TooLarge,
        Unavailable,
    }
}

/// The longest time after which a token may expire, in seconds: a hundred years.
const LONGEST_LIFE: u64 = 100 * 365 * 24 * 60 * 60;

impl Token {
    fn of_user(info: TokenInfo) -> Option<Self> {
        let (device, scopes, guest, refresh) = match info.holder {
            Holder::Admin | Holder::App { .. } => return None,
            Holder::User { device, scopes, guest, .. } => (device, scopes, guest, false),
            Holder::Refresh { device, scopes, .. } => (device, scopes, false, true),
        };
        Some(Self {
            token_id: info.id.as_str().to_owned(),
            device_id: device.into(),
            scopes: scopes.iter().collect(),
            guest,
            refresh,
            expires_at: info.expires.map(Timestamp::as_millis),
        })
    }
}

/// List a user's tokens.
#[utoipa::path(
    get,
    path = "/presenced/v1/users/{userId}/tokens",
    operation_id = "listTokens",
    params(("userId" = String, Path, description = "The user's id.", example = "@alice:example.com")),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 200, description = "The tokens, without their texts.", body = TokenList),
        UserError,
    ),
)]
pub(super) async fn list_tokens(
    State(app): State<App>,
    asker: Asker,
    ids: Ids,
) -> Result<Json<TokenList>, UserError> {
    asker.admin()?;
    let user: UserId = ids.get("userId")?;
    let tokens = app.directory.tokens(&user).map_err(|error| match error {
        DirectoryError::Store(error) => error.into(),
        error => UserError::from(ProblemRefusal::not_found(error.to_string())),
    })?;
    Ok(Json(TokenList { tokens: tokens.into_iter().filter_map(Token::of_user).collect() }))
}

/// Make a token for one of a user's devices.
#[utoipa::path(
    post,
    path = "/presenced/v1/users/{userId}/tokens",
    operation_id = "createToken",
    params(("userId" = String, Path, description = "The user's id.", example = "@alice:example.com")),
    request_body(content = TokenRequest, description = "The device, and what the token may be used for."),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 201, description = "The token, with its text.", body = IssuedToken),
        CreateTokenError,
    ),
)]
pub(super) async fn create_token(
    State(app): State<App>,
    asker: Asker,
    ids: Ids,
    body: Body,
) -> Result<(StatusCode, Json<IssuedToken>), CreateTokenError> {
    asker.admin()?;
    let user: UserId = ids.get("userId")?;
    let request: TokenRequest = read_json(&app, body).await?;
    let device: DeviceId =
        request.device_id.parse().map_err(|error| ProblemRefusal::invalid(format!("deviceId: {error}")))?;
    let expires = expiry(&app, request.expires_in_seconds)?;
    let scopes = request.scopes.into_iter().collect();
    let secret = TokenSecret::random();
    let holder = Holder::User { user, device, scopes, guest: request.guest };
    let added = app.directory.add_token(&secret, NewToken { holder, expires }).await;
    let info = added.map_err(|error| match error {
        DirectoryError::UnknownUser(_) => ProblemRefusal::not_found(error.to_string()).into(),
        error => CreateTokenError::from(error),
    })?;
    let info = Token::of_user(info).expect("the token was made for a user");
    Ok((StatusCode::CREATED, Json(IssuedToken { token: secret.reveal().to_owned(), info })))
}

/// When a token stops working that is to live for so many seconds.
pub(super) fn expiry(app: &App, seconds: Option<u64>) -> Result<Option<Timestamp>, BadRequest> {
    if seconds.is_some_and(|seconds| !(1..=LONGEST_LIFE).contains(&seconds)) {
        return Err(ProblemRefusal::invalid(format!("expiresInSeconds: has to be from 1 to {LONGEST_LIFE}")));
    }
    Ok(seconds.map(|seconds| app.service.now() + Duration::from_secs(seconds)))
}

/// Revoke a token.
#[utoipa::path(
    delete,
    path = "/presenced/v1/users/{userId}/tokens/{tokenId}",
    operation_id = "revokeToken",
    params(
        ("userId" = String, Path, description = "The user's id.", example = "@alice:example.com"),
        ("tokenId" = String, Path, description = "The token's name in listings.",
            example = "0f1e2d3c4b5a6978"),
    ),
    security(("bearer" = [])),
    tag = "Directory",
    responses(
        (status = 204, description = "The token opens nothing any more."),
        RevokeTokenError,
    ),
)]
pub(super) async fn revoke_token(
    State(app): State<App>,
    asker: Asker,
    ids: Ids,
) -> Result<StatusCode, RevokeTokenError> {
    asker.admin()?;
    let user: UserId = ids.get("userId")?;
    let token = TokenId::from(ids.get::<String>("tokenId")?);
    match found(app.directory.revoke_token(&user, &token).await)? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(ProblemRefusal::not_found(format!("{user} has no such token")).into()),
    }
}
