//! What requests carry. It is read before the handler, which refuses what it cannot use: so an operation's
//! refusals are those of its handler.

use std::convert::Infallible;

use axum::{
    body::Body,
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};

use super::{
    config::Matrix,
    error::{BadRequest, MatrixRefusal, TooLarge},
};
use crate::{
    api::{
        body::{self, BodyError},
        refusal::{Cause, refusals},
        stub::Limits,
    },
    app::App,
    auth::{Accepts, AuthError, Caller, Identified},
    id::UserId,
};

/// Who asks, if that is somebody.
pub(super) struct Asker(Result<Identified, AuthError>);

impl FromRequestParts<App> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(app.auth.identify(parts, accepts(app)).await))
    }
}

/// Whom this dialect lets in.
pub(super) fn accepts(app: &App) -> Accepts {
    Accepts { query: app.config.section::<Matrix>().query_token, app_services: true }
}

impl Asker {
    /// The user behind the request.
    pub(super) fn anyone(self) -> Result<Caller, AuthError> {
        self.0?.caller()
    }

    /// Who it is, with the token's own name.
    pub(super) fn identified(self) -> Result<Identified, AuthError> {
        self.0
    }
}

refusals! {
    /// Why a caller is not let in.
    pub enum AuthenticateError: MatrixRefusal, from AuthError {
        Unauthorized,
        Forbidden,
        Unavailable,
    }
}

refusals! {
    /// Why a body is of no use.
    pub enum UnreadBody: MatrixRefusal, from BodyError {
        BadRequest,
        TooLarge,
    }
}

/// The user that the path is about.
pub(super) struct Target(Result<String, BadRequest>);

impl Target {
    /// The user's id. Refused is what is no user id at all; what only cannot be the id of anybody here is `None`, so
    /// that it answers as an unknown user does.
    pub(super) fn user(self) -> Result<Option<UserId>, BadRequest> {
        Ok(self.0?.parse().ok())
    }

    /// The same as it is written.
    pub(super) fn text(self) -> Result<String, BadRequest> {
        self.0
    }

    fn read(text: &str) -> Result<String, BadRequest> {
        if !text.starts_with('@') {
            return Err(MatrixRefusal::invalid_param("A user id starts with `@`"));
        }
        if !text.contains(':') {
            return Err(MatrixRefusal::invalid_param("A user id has a `:` before the server name"));
        }
        Ok(text.to_owned())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Target {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let params = RawPathParams::from_request_parts(parts, state).await;
        Ok(Self(match &params {
            Ok(params) => {
                Self::read(params.iter().find(|(name, _)| *name == "userId").map_or("", |(_, value)| value))
            }
            Err(_) => Err(MatrixRefusal::invalid_param("The user id is not UTF-8")),
        }))
    }
}

/// The body of a request, within the bounds of a stub.
pub(super) async fn read_within(limits: Limits, body: Body) -> Result<Vec<u8>, UnreadBody> {
    Ok(body::read_within(body, limits.body_bytes, limits.body_time).await?)
}

/// The body of a request, within the limits.
pub(super) async fn read_body<E: From<BadRequest> + From<TooLarge>>(
    app: &App,
    body: Body,
) -> Result<Vec<u8>, E> {
    let limits = &app.config.limits;
    let read = body::read(body, limits.body_bytes, limits).await;
    read.map_err(Cause::<MatrixRefusal, E>::refuse)
}
