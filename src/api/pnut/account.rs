//! What clients ask besides presence: whose token they have, and who a user is.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, State},
    http::request::Parts,
    response::Response,
};

use super::{
    backend::{date, find, show, shown_name},
    caller::Identity,
    error::PnutRefusal,
    exchange::OnEveryCall,
    form,
    request::{Exchange, Target},
    scope_name,
    types::{Token, TokenAnswer, TokenApp, User, UserAnswer},
};
use crate::{
    api::refusal::refusals, app::App, auth::AuthError, directory, service::ReadError, store::StoreError,
};

refusals! {
    /// Why it is not told whose token it is.
    pub(super) enum TokenError: PnutRefusal, from AuthError, StoreError {
        Unauthorized,
        Forbidden,
        TooManyRequests,
        Unavailable,
    }
}

refusals! {
    /// Why a user is not told of.
    pub(super) enum GetUserError: PnutRefusal, from AuthError, ReadError {
        /// Under `/v1`: the id is of the wrong kind.
        BadRequest => PnutRefusal::wrong_id(),
        Unauthorized,
        /// The token has no scope at all, is a guest's, or an app's that asks for `me`.
        Forbidden,
        NotFound,
        TooManyRequests,
        Unavailable,
    }
}

/// Whether users are wanted with their presence: `include_presence` is `1` or `true`.
pub(super) struct WithPresence(bool);

impl FromRequestParts<App> for WithPresence {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        let value = parts.uri.query().and_then(|query| form::last(query.as_bytes(), "include_presence"));
        Ok(Self(value.is_some_and(|value| value == b"1" || value == b"true")))
    }
}

async fn describe(
    app: &App,
    exchange: &Exchange,
    user: directory::User,
    WithPresence(with_presence): WithPresence,
) -> Result<User, ReadError> {
    let presence = if with_presence {
        let seen = app.service.get_openly(exchange.caller.own(), &user.id, app.service.now()).await?;
        Some(show(&seen))
    } else {
        None
    };
    Ok(User {
        id: user.number.to_string(),
        username: user.id.localpart().to_owned(),
        name: shown_name(&user),
        created_at: date(user.created.as_millis() / 1_000),
        presence,
    })
}

/// Tell what the access token is.
///
/// Whose it is, and what for. A token of an app has no user.
#[utoipa::path(
    get,
    path = "/token",
    operation_id = "getToken",
    params(
        ("include_presence" = Option<u8>, Query, description = "1 to have the user's presence told too.",
            example = 1),
        OnEveryCall,
    ),
    security(("bearer" = []), ("accessToken" = [])),
    tag = "Account",
    responses(
        (status = 200, description = "The access token.", body = TokenAnswer,
            examples(("response" = (value = json!({"meta": {"code": 200}, "data": {"app": {"name": "DEMO"},
                "scopes": ["basic", "presence"], "user": {"id": "1", "username": "alice", "name": "Alice",
                "created_at": "2026-01-05T09:00:00Z"}}}))))),
        TokenError,
    ),
)]
pub(super) async fn get_token(
    State(app): State<App>,
    exchange: Exchange,
    with_presence: WithPresence,
) -> Result<Response, TokenError> {
    let exchange = exchange.reading()?;
    let scopes = exchange.caller.scopes().iter().map(|scope| scope_name(scope).to_owned()).collect();
    let (name, user) = match &exchange.caller.identity {
        Identity::User(caller) => {
            // A user may have been removed since the token was looked at, and the token with them.
            let user = app.directory.user(&caller.user).ok_or(AuthError::Unknown)?;
            let user = match describe(&app, &exchange, user, with_presence).await {
                Err(ReadError::Store(error)) => return Err(error.into()),
                user => user.map_err(|_| AuthError::Unknown)?,
            };
            (caller.device.as_str().to_owned(), Some(user))
        }
        Identity::App { name, .. } => (name.clone(), None),
    };
    let data = Token { app: TokenApp { name }, scopes, user };
    Ok(exchange.layout.answer(&TokenAnswer { meta: exchange.meta(), data }))
}

/// Tell who a user is.
///
/// Name and number, as pnut.io has them; presence is not among it.
#[utoipa::path(
    get,
    path = "/users/{user_id}",
    operation_id = "getUser",
    params(
        ("user_id" = String, Path, description = "The user: a number, `@username` in any letter case, or `me`.",
            example = "me"),
        ("include_presence" = Option<u8>, Query, description = "1 to have the user's presence told too.",
            example = 1),
        OnEveryCall,
    ),
    security(("bearer" = []), ("accessToken" = [])),
    tag = "Account",
    responses(
        (status = 200, description = "The user.", body = UserAnswer,
            examples(("response" = (value = json!({"meta": {"code": 200}, "data": {"id": "2",
                "username": "bob", "created_at": "2026-01-05T09:00:00Z", "presence": "offline"}}))))),
        GetUserError,
    ),
)]
pub(super) async fn get_user(
    State(app): State<App>,
    exchange: Exchange,
    target: Target,
    with_presence: WithPresence,
) -> Result<Response, GetUserError> {
    let exchange = exchange.reading()?;
    let user = find::<GetUserError>(&app, &exchange.caller, &target.user::<GetUserError>(&exchange)?)?;
    let data = describe(&app, &exchange, user, with_presence).await?;
    Ok(exchange.layout.answer(&UserAnswer { meta: exchange.meta(), data }))
}
