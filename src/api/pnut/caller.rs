//! Who calls, what they may do, and whom their call is about.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};

use super::{
    envelope::Layout,
    error::{BadRequest, NotFound, PnutRefusal},
    types::Meta,
    update::SetPresenceError,
    version::Version,
};
use crate::{
    app::App,
    auth::{self, AuthError},
    directory::{Holder, Scope, Scopes, User},
    id::UserId,
};

/// Whose token a call carries.
#[derive(Clone, Debug)]
pub(super) enum Caller {
    User(auth::Caller),
    /// An app, which speaks for no user; the operator's own token is such a one.
    App {
        name: String,
        scopes: Scopes,
    },
}

impl From<Holder> for Caller {
    fn from(holder: Holder) -> Self {
        match holder {
            Holder::Admin => Self::App { name: "presenced".to_owned(), scopes: Scopes::all() },
            Holder::App { name, scopes } => Self::App { name, scopes },
            Holder::User { user, device, scopes, guest } => {
                Self::User(auth::Caller { user, device, scopes, guest })
            }
            // It opens nothing.
            Holder::Refresh { .. } => Self::App { name: String::new(), scopes: Scopes::default() },
        }
    }
}

impl Caller {
    pub(super) fn scopes(&self) -> Scopes {
        match self {
            Self::User(user) => user.scopes,
            Self::App { scopes, .. } => *scopes,
        }
    }

    /// The caller as a user, if they are one.
    pub(super) fn own(&self) -> Option<&UserId> {
        match self {
            Self::User(user) => Some(&user.user),
            Self::App { .. } => None,
        }
    }

    /// The user who may set their presence with this token.
    pub(super) fn updater(&self) -> Result<&auth::Caller, AuthError> {
        let Self::User(user) = self else { return Err(AuthError::NoUser) };
        if user.guest {
            return Err(AuthError::Guest);
        }
        user.require(Scope::Write)?;
        Ok(user)
    }

    /// Refuses whoever may not even read: that takes any scope.
    pub(super) fn require_reading(&self) -> Result<(), AuthError> {
        match self {
            Self::User(user) if user.guest => Err(AuthError::Guest),
            _ if self.scopes() == Scopes::default() => Err(AuthError::MissingScope(Scope::Read)),
            _ => Ok(()),
        }
    }
}

/// What a handler is told of the call.
#[derive(Clone)]
pub(super) struct Exchange {
    pub(super) caller: Caller,
    /// What became of `update_presence`, if that was tried.
    pub(super) update: Option<Result<(), SetPresenceError>>,
    pub(super) layout: Layout,
    pub(super) version: Version,
}

impl FromRequestParts<App> for Exchange {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().expect("every route is behind the layer").clone())
    }
}

impl Exchange {
    /// Refuses whoever may not read.
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

impl FromRequestParts<App> for Target {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let params = RawPathParams::from_request_parts(parts, app).await.ok();
        let mut params = params.iter().flat_map(RawPathParams::iter);
        Ok(Self(params.find(|(name, _)| *name == "user_id").map(|(_, value)| value.to_owned())))
    }
}

impl Target {
    /// The user whom it names: `me`, `@username` in any letter case, or a number.
    pub(super) fn user<E>(&self, app: &App, exchange: &Exchange) -> Result<User, E>
    where
        E: From<AuthError> + From<BadRequest> + From<NotFound>,
    {
        let text = self.0.as_deref().ok_or_else(PnutRefusal::no_such_user)?;
        if text == "me" {
            let own = exchange.caller.own().ok_or(AuthError::NoUser)?;
            // A user may have been removed since the token was looked at, and the token with them.
            return app.directory.user(own).ok_or(AuthError::Unknown.into());
        }
        if exchange.version.refuses_ids() && !is_id(text) {
            return Err(PnutRefusal::wrong_id().into());
        }
        named(app, text).ok_or_else(|| PnutRefusal::no_such_user().into())
    }
}

/// Whether a user may be named so.
fn is_id(text: &str) -> bool {
    text.starts_with('@') || (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn named(app: &App, text: &str) -> Option<User> {
    match text.strip_prefix('@') {
        Some(name) => app.directory.user_named(name, &app.config.server.name),
        None if is_id(text) => app.directory.user_with_number(text.parse().ok()?),
        None => None,
    }
}
