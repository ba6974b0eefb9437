//! What the server stubs of all dialects share: how the credentials and the body of a request reach a backend, and what
//! stands around the routes.

use std::{convert::Infallible, fmt, ops::Deref, pin::Pin, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, Uri, request::Parts},
};

use super::{Dialect, frame};
use crate::{
    auth::{self, AuthError},
    config,
};

/// Bounds on what the routes of a stub take. The default is that of presenced's own server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest request body, in bytes.
    pub body_bytes: usize,
    /// How long a request body may take to arrive.
    pub body_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body_bytes: 65_536, body_time: Duration::from_secs(30) }
    }
}

impl Limits {
    /// Those of a server of ours, where a body has at most so many bytes.
    pub(super) fn of(limits: &config::Limits, body_bytes: usize) -> Self {
        Self { body_bytes, body_time: Duration::from_secs(limits.body_seconds) }
    }
}

/// What a request brings to show who asks.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The access token.
    pub token: String,
    /// The user for whom an application service says that it speaks, where a contract has that.
    pub on_behalf_of: Option<String>,
}

impl Credentials {
    /// Reads them. A token that is no text is no caller's.
    pub(super) fn of(headers: &HeaderMap, uri: &Uri, in_query: bool) -> Result<Self, AuthError> {
        let token = auth::token(headers, uri.query(), in_query)?;
        let token = String::from_utf8(token).map_err(|_| AuthError::Unknown)?;
        Ok(Self { token, on_behalf_of: None })
    }

    /// The same with the user for whom an application service speaks.
    pub(super) fn of_any(parts: &Parts, in_query: bool) -> Result<Self, AuthError> {
        let on_behalf_of = auth::user_named(parts.uri.query()).map(Into::into);
        Ok(Self { on_behalf_of, ..Self::of(&parts.headers, &parts.uri, in_query)? })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("on_behalf_of", &self.on_behalf_of).finish_non_exhaustive()
    }
}

/// Who asks: whom the backend found them to be, and by which credentials, for one that has to show them to others.
#[derive(Clone, Debug)]
pub struct Caller<I> {
    pub identity: I,
    pub credentials: Credentials,
}

impl<I> Deref for Caller<I> {
    type Target = I;

    fn deref(&self) -> &I {
        &self.identity
    }
}

/// How a backend lets callers in, whatever else its contract has.
pub(super) trait Knows: Send + Sync + 'static {
    type Identity: Send;
    type Refused: Send;

    /// Who sent a request.
    fn know(
        &self,
        parts: &Parts,
    ) -> impl Future<Output = Result<Caller<Self::Identity>, Self::Refused>> + Send;
}

/// Who asks, as a backend knows them.
pub(super) struct Known<B: Knows + ?Sized>(Result<Caller<B::Identity>, B::Refused>);

impl<B: Knows + ?Sized> Known<B> {
    /// The caller, if they are let in.
    pub(super) fn caller(self) -> Result<Caller<B::Identity>, B::Refused> {
        self.0
    }
}

impl<S: Send + Sync, B: Knows + ?Sized> FromRequestParts<S> for Known<B>
where
    Stub<B>: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let stub = Stub::<B>::from_ref(state);
        Ok(Self(stub.backend.know(parts).await))
    }
}

/// What a request's body says, which is not read before the backend asks for it: so what can be refused without it, as
/// one user too many or a call too soon, is refused before.
pub struct Unread<T, E>(Pin<Box<dyn Future<Output = Result<T, E>> + Send>>);

impl<T, E> Unread<T, E> {
    /// What is read so.
    pub fn new(reading: impl Future<Output = Result<T, E>> + Send + 'static) -> Self {
        Self(Box::pin(reading))
    }

    /// Reads it; the error is a refusal of the operation.
    pub async fn read(self) -> Result<T, E> {
        self.0.await
    }
}

impl<T, E> fmt::Debug for Unread<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unread").finish_non_exhaustive()
    }
}

/// What the handlers of a contract are given: a backend, and the bounds.
pub(crate) struct Stub<B: ?Sized> {
    pub(super) backend: Arc<B>,
    pub(super) limits: Limits,
}

impl<B: ?Sized> Clone for Stub<B> {
    fn clone(&self) -> Self {
        Self { backend: self.backend.clone(), limits: self.limits }
    }
}

/// A dialect's routes with all that every exchange has, where they are no part of a server of ours. A declared body of
/// more bytes than `body_bytes` is refused before all else.
pub(super) fn framed(dialect: &'static Dialect, body_bytes: usize, routes: Router) -> Router {
    frame::around_alone(dialect, body_bytes, routes)
}
