use axum::{
    body::Body,
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};

use super::error::MatrixFailure;
use crate::{
    api::body,
    app::App,
    auth::{self, appservice::AppService},
    directory::{Scope, TokenId},
    id::UserId,
};

/// The user behind the request. Refuses missing, unknown and expired tokens and guests.
pub(super) struct Caller(pub(super) auth::Caller);

impl FromRequestParts<App> for Caller {
    type Rejection = MatrixFailure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, MatrixFailure> {
        let Token(caller) = Token::from_request_parts(parts, app).await?;
        Ok(Self(caller.refuse_guests()?))
    }
}

/// The same, but guests are let in.
pub(super) struct Token(pub(super) auth::Caller);

impl FromRequestParts<App> for Token {
    type Rejection = MatrixFailure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, MatrixFailure> {
        let Session { caller, .. } = Session::from_request_parts(parts, app).await?;
        Ok(Self(caller))
    }
}

/// The same, with the token's own name.
pub(super) struct Session {
    pub(super) caller: auth::Caller,
    /// None of an application service, which has no device and stays for as long as it is configured.
    pub(super) token: Option<TokenId>,
}

impl FromRequestParts<App> for Session {
    type Rejection = MatrixFailure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, MatrixFailure> {
        let query = parts.uri.query();
        let secret = auth::token(&parts.headers, query, app.config.matrix.query_token)?;
        if let Some(service) = app.app_services.with_token(&secret) {
            return Ok(Self { caller: masked(service, query, app)?, token: None });
        }
        let holder = auth::holder(&app.directory, &secret, app.service.now())?;
        Ok(Self { caller: auth::caller(holder)?, token: Some(TokenId::of(&secret)) })
    }
}

/// For whom an application service speaks: its own user, or the one that the parameter `user_id` names.
fn masked(service: &AppService, query: Option<&str>, app: &App) -> Result<auth::Caller, MatrixFailure> {
    let mut parameters = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let user = match parameters.find(|(name, _)| name == "user_id") {
        Some((_, user)) => user.parse().ok(),
        None => Some(service.sender.clone()),
    };
    let user = user.filter(|user| service.speaks_for(user, &app.directory));
    let user =
        user.ok_or_else(|| MatrixFailure::forbidden("The application service has not registered this user"))?;
    let scopes = [Scope::Read, Scope::Write].into_iter().collect();
    Ok(auth::Caller { user, device: service.device.clone(), scopes, guest: false })
}

/// The user that the path is about. Refuses what is no user id at all; what only cannot be the id of
/// anybody here is `None`, so that it answers as an unknown user does.
pub(super) struct Target(pub(super) Option<UserId>);

impl FromRequestParts<App> for Target {
    type Rejection = MatrixFailure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, MatrixFailure> {
        let params = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| MatrixFailure::invalid_param("The user id is not UTF-8"))?;
        let text = params.iter().find(|(name, _)| *name == "userId").map_or("", |(_, value)| value);
        if !text.starts_with('@') {
            return Err(MatrixFailure::invalid_param("A user id starts with `@`"));
        }
        if !text.contains(':') {
            return Err(MatrixFailure::invalid_param("A user id has a `:` before the server name"));
        }
        Ok(Self(text.parse().ok()))
    }
}

/// The body of a request, within the limits.
pub(super) async fn read_body(app: &App, body: Body) -> Result<Vec<u8>, MatrixFailure> {
    let limits = &app.config.limits;
    let read = body::read(body, limits.body_bytes, limits).await;
    read.map_err(|error| MatrixFailure::unread_body(&error, limits.body_bytes))
}
