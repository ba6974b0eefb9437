//! What requests carry. It is read before the handler, which refuses what it cannot use: so an operation's
//! refusals are those of its handler.

use std::{convert::Infallible, fmt::Display, str::FromStr};

use axum::{
    body::Body,
    extract::{FromRequestParts, Query, RawPathParams, rejection::RawPathParamsRejection},
    http::request::Parts,
};
use serde::{Deserialize, de::DeserializeOwned};

use super::error::{BadRequest, ProblemRefusal, TooManyRequests, Unauthorized};
use crate::{
    api::body::{self, BodyError},
    app::App,
    auth::{self, Accepts, AuthError, Identified},
    directory::{Holder, Scope, Scopes, TokenId},
    id::UserId,
    service::{Turn, Viewer},
};

/// Why a caller may not do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AccessError {
    #[error(transparent)]
    Auth(#[from] AuthError),
    #[error("this needs the admin token")]
    NotAdmin,
    #[error("this needs the admin token or a service token")]
    NotService,
    #[error("this is for the user themselves and the admin")]
    NotOneself,
}

/// Who asks, if that is somebody.
pub(super) struct Asker(Result<Identified, AuthError>);

impl FromRequestParts<App> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(app.auth.identify(parts, Accepts::default()).await))
    }
}

impl Asker {
    /// Refuses nobody who has a token.
    pub(super) fn anybody(self) -> Result<(), Unauthorized> {
        self.0.map(|_| ()).map_err(ProblemRefusal::unknown)
    }

    /// Refuses everybody but the admin.
    pub(super) fn admin(self) -> Result<(), AccessError> {
        match self.0?.holder {
            Holder::Admin => Ok(()),
            _ => Err(AccessError::NotAdmin),
        }
    }

    /// Who may report for other users: a token with the scope `gateway`, or the admin token.
    pub(super) fn gateway(self) -> Result<(), AccessError> {
        self.caller()?.may(Scope::Gateway)
    }

    /// Refuses users: what is left are service tokens with `scope`, and the admin.
    pub(super) fn service(self, scope: Scope) -> Result<(), AccessError> {
        match self.caller()? {
            Caller::User(_) => Err(AccessError::NotService),
            caller => caller.may(scope),
        }
    }

    /// Whoever may ask for presence: a user, who is no guest, an application's backend, or the admin.
    pub(super) fn caller(self) -> Result<Caller, AccessError> {
        Ok(Caller::of(self.0?.holder)?)
    }
}

/// Who asks to follow presence, if that is somebody. Besides the header, the token may stand in the query, since
/// browsers set no headers on a stream.
pub(super) struct Follower(Result<Identified, AuthError>);

impl FromRequestParts<App> for Follower {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let accepts = Accepts { query: true, ..Accepts::default() };
        Ok(Self(app.auth.identify(parts, accepts).await))
    }
}

impl Follower {
    /// The caller, with the name of the token: the stream ends with it.
    pub(super) fn caller(self) -> Result<(Caller, TokenId), AccessError> {
        let identified = self.0?;
        let token = identified.token().ok_or(AuthError::NoUser)?;
        Ok((Caller::of(identified.holder)?, token))
    }
}

/// Whoever may ask for presence.
pub(super) enum Caller {
    Admin,
    /// A service token: what its scopes allow, for anybody.
    Service(Scopes),
    /// What the scopes of the token allow, for oneself.
    User(auth::Caller),
}

impl Caller {
    fn of(holder: Holder) -> Result<Self, AuthError> {
        match holder {
            Holder::Admin => Ok(Self::Admin),
            Holder::App { scopes, .. } => Ok(Self::Service(scopes)),
            user => Ok(Self::User(auth::Caller::of(user)?.refuse_guests()?)),
        }
    }

    /// Refuses a caller whose token lacks the scope; the admin's lacks none.
    pub(super) fn may(&self, scope: Scope) -> Result<(), AccessError> {
        match self {
            Self::Admin => Ok(()),
            Self::Service(scopes) => Ok(auth::require(*scopes, scope)?),
            Self::User(caller) => Ok(caller.require(scope)?),
        }
    }

    /// Refuses a caller who may not do something for that user: users may for themselves alone, with `scope`, which
    /// service tokens need too.
    pub(super) fn may_for(&self, user: &UserId, scope: Scope) -> Result<(), AccessError> {
        match self {
            Self::User(caller) if caller.user != *user => Err(AccessError::NotOneself),
            _ => self.may(scope),
        }
    }

    /// The user; an admin and a service token are none.
    pub(super) fn user(&self) -> Option<&UserId> {
        match self {
            Self::Admin | Self::Service(_) => None,
            Self::User(caller) => Some(&caller.user),
        }
    }

    /// Whose eyes to read with, if the caller may read.
    pub(super) fn viewer(&self) -> Result<Viewer<'_>, AccessError> {
        self.may(Scope::Read)?;
        Ok(self.user().map_or(Viewer::Admin, Viewer::User))
    }

    /// Whose device speaks, if the caller has one that may.
    pub(super) fn speaker(&self) -> Result<&auth::Caller, AccessError> {
        match self {
            Self::Admin | Self::Service(_) => Err(AuthError::NoUser.into()),
            Self::User(caller) => {
                caller.require(Scope::Write)?;
                Ok(caller)
            }
        }
    }

    /// The turn of a user who is about to set something of their own; others need none.
    pub(super) fn turn(&self, app: &App) -> Result<Option<Turn<'_>>, TooManyRequests> {
        let turn = self.user().map(|user| app.service.turn(user));
        turn.transpose().map_err(ProblemRefusal::too_fast)
    }
}

/// The ids in the path.
pub(super) struct Ids(Result<RawPathParams, RawPathParamsRejection>);

impl FromRequestParts<App> for Ids {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(RawPathParams::from_request_parts(parts, app).await))
    }
}

impl Ids {
    /// The id with that name.
    pub(super) fn get<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, BadRequest> {
        let ids = self.0.as_ref().map_err(|_| ProblemRefusal::invalid("the path is not UTF-8"))?;
        let text = ids.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value);
        text.parse().map_err(|error| ProblemRefusal::invalid(format!("{name}: {error}")))
    }
}

/// Which page of a listing is asked for, if that can be read.
pub(super) struct Paging(Result<Page, BadRequest>);

/// Which page of a listing: `after` is the last id of the page before.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    pub(super) after: Option<String>,
    #[serde(default = "Page::default_limit")]
    pub(super) limit: usize,
}

impl Page {
    const MOST: usize = 1_000;

    fn default_limit() -> usize {
        100
    }
}

impl FromRequestParts<App> for Paging {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        let page = Query::<Page>::try_from_uri(&parts.uri).map(|Query(page)| page);
        Ok(Self(page.map_err(|error| ProblemRefusal::invalid(error.body_text()))))
    }
}

impl Paging {
    /// The page.
    pub(super) fn page(self) -> Result<Page, BadRequest> {
        let page = self.0?;
        if !(1..=Page::MOST).contains(&page.limit) {
            return Err(ProblemRefusal::invalid(format!("limit: has to be from 1 to {}", Page::MOST)));
        }
        Ok(page)
    }
}

/// Why a body does not say what is needed.
#[derive(Debug)]
pub(super) enum JsonError {
    Unread(BodyError),
    Invalid(serde_json::Error),
}

/// The body, within the limits, read as JSON whatever its content type says.
pub(super) async fn read_json<T: DeserializeOwned>(app: &App, body: Body) -> Result<T, JsonError> {
    let limits = &app.config.limits;
    let read = body::read(body, limits.bulk_body_bytes, limits).await.map_err(JsonError::Unread)?;
    serde_json::from_slice(&read).map_err(JsonError::Invalid)
}
