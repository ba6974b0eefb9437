//! Who calls, what they may do, and whom their call is about.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};

use super::{error::Failure, exchange::Exchange};
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
            Holder::App { name } => Self::App { name, scopes: [Scope::Read].into_iter().collect() },
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
    pub(super) fn updater(&self) -> Result<&auth::Caller, Failure> {
        let Self::User(user) = self else { return Err(AuthError::NoUser.into()) };
        if user.guest {
            return Err(AuthError::Guest.into());
        }
        user.require(Scope::Write)?;
        Ok(user)
    }

    /// Refuses whoever may not even read: that takes any scope.
    fn require_reading(&self) -> Result<(), Failure> {
        match self {
            Self::User(user) if user.guest => Err(AuthError::Guest.into()),
            _ if self.scopes() == Scopes::default() => Err(AuthError::MissingScope(Scope::Read).into()),
            _ => Ok(()),
        }
    }
}

impl FromRequestParts<App> for Exchange {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Failure> {
        Ok(parts.extensions.get::<Self>().expect("every route is behind the layer").clone())
    }
}

/// A call of somebody who may read.
pub(super) struct Reader(pub(super) Exchange);

impl FromRequestParts<App> for Reader {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let exchange = Exchange::from_request_parts(parts, app).await?;
        exchange.caller.require_reading()?;
        Ok(Self(exchange))
    }
}

/// A call of a user who may set their presence.
pub(super) struct Updater(pub(super) Exchange, pub(super) auth::Caller);

impl FromRequestParts<App> for Updater {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let exchange = Exchange::from_request_parts(parts, app).await?;
        let user = exchange.caller.updater()?.clone();
        Ok(Self(exchange, user))
    }
}

/// The user whom `{user_id}` of the path names: `me`, `@username` in any letter case, or a number.
pub(super) struct Target(pub(super) User);

impl FromRequestParts<App> for Target {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let Exchange { caller, version, .. } = Exchange::from_request_parts(parts, app).await?;
        let params =
            RawPathParams::from_request_parts(parts, app).await.map_err(|_| Failure::no_such_user())?;
        let text = params.iter().find(|(name, _)| *name == "user_id").map_or("", |(_, value)| value);
        if text == "me" {
            let own = caller.own().ok_or(AuthError::NoUser)?;
            // A user may have been removed since the token was looked at, and the token with them.
            return app.directory.user(own).map(Self).ok_or(AuthError::Unknown.into());
        }
        if version.refuses_ids() && !is_id(text) {
            return Err(Failure::invalid("user_id: has to be `me`, a number, or a name after `@`."));
        }
        named(app, text).map(Self).ok_or_else(Failure::no_such_user)
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
