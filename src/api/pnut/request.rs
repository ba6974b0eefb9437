//! What a handler is told of a call, and whom that is about.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};

use super::{
    caller::{Caller, UserRef},
    envelope::Layout,
    error::{BadRequest, NotFound, PnutRefusal},
    types::Meta,
    update::SetPresenceError,
    version::Version,
};
use crate::auth::AuthError;

/// What a handler is told of the call.
#[derive(Clone)]
pub(super) struct Exchange {
    pub(super) caller: Caller,
    /// What became of `update_presence`, if that was tried.
    pub(super) update: Option<Result<(), SetPresenceError>>,
    pub(super) layout: Layout,
    pub(super) version: Version,
}

impl<S: Send + Sync> FromRequestParts<S> for Exchange {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().expect("every route is behind the layer").clone())
    }
}

impl Exchange {
    /// Refuses a caller who may not read.
    pub(super) fn reading(self) -> Result<Self, AuthError> {
        self.caller.require_reading()?;
        Ok(self)
    }

    /// What an answer on success tells about itself.
    pub(super) fn meta(&self) -> Meta {
        Meta::success(self.update.as_ref().map(Result::is_ok))
    }
}

/// The text of `{user_id}` of the path; none if it is no UTF-8.
pub(super) struct Target(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for Target {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let params = RawPathParams::from_request_parts(parts, state).await.ok();
        let mut params = params.iter().flat_map(RawPathParams::iter);
        Ok(Self(params.find(|(name, _)| *name == "user_id").map(|(_, value)| value.to_owned())))
    }
}

impl Target {
    /// How it names a user: `me`, `@username`, or a number.
    pub(super) fn user<E>(&self, exchange: &Exchange) -> Result<UserRef, E>
    where
        E: From<AuthError> + From<BadRequest> + From<NotFound>,
    {
        let text = self.0.as_deref().ok_or_else(PnutRefusal::no_such_user)?;
        if text == "me" {
            exchange.caller.own().ok_or(AuthError::NoUser)?;
            return Ok(UserRef::Me);
        }
        if exchange.version.refuses_ids() && !is_id(text) {
            return Err(PnutRefusal::wrong_id().into());
        }
        let number = || text.parse().ok().filter(|_| is_id(text)).map(UserRef::Number);
        let named = text.strip_prefix('@').map_or_else(number, |name| Some(UserRef::Name(name.to_owned())));
        named.ok_or_else(|| PnutRefusal::no_such_user().into())
    }
}

/// Whether a user may be named so.
fn is_id(text: &str) -> bool {
    text.starts_with('@') || (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
}
