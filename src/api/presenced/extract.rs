//! What requests carry. It is read before the handler, which refuses what it cannot use: so an operation's
//! refusals are those of its handler.

use std::{convert::Infallible, fmt::Display, str::FromStr};

use axum::{
    extract::{FromRequestParts, Query, RawPathParams, rejection::RawPathParamsRejection},
    http::{Method, request::Parts},
};
use serde::Deserialize;

pub(super) use super::{
    access::AccessError,
    json::{JsonError, of, read_json, read_json_if_any, read_json_within},
};
use super::{
    access::{Bearer, TICKETS},
    error::{BadRequest, ProblemRefusal, TooManyRequests},
};
use crate::{
    app::{self, App},
    audit,
    auth::{self, Accepts, Access, AuthError, Identified},
    directory::{Holder, Scope, Scopes},
    id::{DeviceId, UserId},
    request::RequestInfo,
    service::{Turn, Viewer},
};

/// Who asks, if that is somebody.
pub(super) struct Asker(Result<Identified, AuthError>);

impl FromRequestParts<App> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(app.auth.identify(parts, Accepts::default()).await))
    }
}

impl Asker {
    /// Whoever it is, if that is somebody.
    pub(super) fn identified(self) -> Result<Identified, AuthError> {
        self.0
    }
}

/// Who asks to follow presence, if that is somebody. Besides the header, the token may stand in the query, since
/// browsers set no headers on a stream, and so may a ticket, which is spent then.
pub(super) struct Follower(Result<Bearer, AccessError>);

impl FromRequestParts<App> for Follower {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(Bearer::of_request(parts, app, Accepts { query: true, ..Accepts::default() }).await))
    }
}

impl Follower {
    /// The caller, with the access by which the stream goes on.
    pub(super) fn caller(self) -> Result<(Caller, Access), AccessError> {
        let Bearer { holder, access, .. } = self.0?;
        Ok((Caller::of(holder)?, access))
    }
}

/// Who opens a socket, if that is known by then: a ticket alone may stand in the query.
pub(super) struct SocketOpener(pub(super) Result<Bearer, AccessError>);

impl FromRequestParts<App> for SocketOpener {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(Bearer::of_request(parts, app, Accepts::default()).await))
    }
}

/// The ticket in the query, if there is one.
fn ticket(parts: &Parts) -> Option<Result<String, AuthError>> {
    let query = parts.uri.query()?;
    let mut tickets = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "ticket");
    let (_, ticket) = tickets.next()?;
    Some(tickets.next().map_or(Ok(ticket.into_owned()), |_| Err(AuthError::Ambiguous)))
}

impl Bearer {
    /// Who sent a request, by a token or by a ticket.
    pub(super) async fn of_request(parts: &Parts, app: &App, accepts: Accepts) -> Result<Self, AccessError> {
        let ticket = ticket(parts);
        match (app.auth.identify(parts, accepts).await, ticket) {
            (identified, None) => Ok(Self::of(identified?)?),
            (Err(AuthError::Missing), Some(ticket)) => Self::with(app, &ticket?).await,
            (_, Some(_)) => Err(AuthError::Ambiguous.into()),
        }
    }

    /// Whoever was identified by a token.
    pub(super) fn of(identified: Identified) -> Result<Self, AuthError> {
        Self::new(identified.access(), identified.holder)
    }

    /// Whoever has an access by a token.
    fn new(access: Access, holder: Holder) -> Result<Self, AuthError> {
        let token = access.credential().ok_or(AuthError::NoUser)?.id();
        Ok(Self { holder, token, access })
    }

    /// Whom a ticket stands for, which is spent by that.
    async fn with(app: &App, ticket: &str) -> Result<Self, AccessError> {
        let (access, holder) = app.auth.by_pass(&TICKETS, ticket).await?.ok_or(AccessError::NoTicket)?;
        match app.directory.spend_pass(ticket).await.map_err(AuthError::from)? {
            true => Ok(Self::new(access, holder)?),
            false => Err(AccessError::NoTicket),
        }
    }
}

/// Whoever may ask for presence.
#[derive(Clone, Debug)]
pub enum Caller {
    Admin,
    /// A service token: what its scopes allow, for anybody.
    Service(Scopes),
    /// What the scopes of the token allow, for oneself.
    User(auth::Caller),
}

impl Caller {
    pub(super) fn of(holder: Holder) -> Result<Self, AuthError> {
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

    /// Refuses everybody but the admin and the user themselves, whatever their scopes.
    pub(super) fn may_sign_out(&self, user: &UserId) -> Result<(), AccessError> {
        let is_let = matches!(self, Self::Admin) || self.user() == Some(user);
        if is_let { Ok(()) } else { Err(AccessError::NotOneself) }
    }

    /// The user; an admin and a service token are none.
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Self::Admin | Self::Service(_) => None,
            Self::User(caller) => Some(&caller.user),
        }
    }

    /// What the token may be used for; the admin's for everything.
    pub(super) fn scopes(&self) -> Scopes {
        match self {
            Self::Admin => Scopes::all(),
            Self::Service(scopes) => *scopes,
            Self::User(caller) => caller.scopes,
        }
    }

    /// The device of a user's token.
    pub(super) fn own_device(&self) -> Option<DeviceId> {
        match self {
            Self::Admin | Self::Service(_) => None,
            Self::User(caller) => Some(caller.device.clone()),
        }
    }

    /// Whether both are the same user, or of the same kind where they are none.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::User(one), Self::User(other)) => one.user == other.user,
            (Self::Admin, Self::Admin) | (Self::Service(_), Self::Service(_)) => true,
            _ => false,
        }
    }

    /// Whose eyes to read with, if the caller may read.
    pub(super) fn viewer(&self) -> Result<Viewer<'_>, AccessError> {
        self.may(Scope::Read)?;
        Ok(self.eyes())
    }

    /// The caller's eyes, for what the caller has just set.
    pub(super) fn eyes(&self) -> Viewer<'_> {
        self.user().map_or(Viewer::Admin, Viewer::User)
    }

    /// Notes that the caller did something, if that is the admin.
    pub(super) fn note(&self, method: &Method, path: &str, info: Option<&RequestInfo>) {
        if matches!(self, Self::Admin) {
            audit::admin_action(method, path, 200, info);
        }
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
    pub(super) fn turn(&self, app: &app::Parts) -> Result<Option<Turn<'_>>, TooManyRequests> {
        let turn = self.user().map(|user| app.service.turn(user));
        turn.transpose().map_err(ProblemRefusal::too_fast)
    }
}

/// The ids in the path.
pub(super) struct Ids(Result<RawPathParams, RawPathParamsRejection>);

impl<S: Send + Sync> FromRequestParts<S> for Ids {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self(RawPathParams::from_request_parts(parts, state).await))
    }
}

impl Ids {
    /// The user that the path is about: `me` is the caller.
    pub(super) fn user<E>(&self, caller: &Caller) -> Result<UserId, E>
    where
        E: From<BadRequest> + From<AccessError>,
    {
        match self.get::<String>("userId")?.as_str() {
            "me" => caller.user().cloned().ok_or_else(|| AccessError::from(AuthError::NoUser).into()),
            _ => Ok(self.get("userId")?),
        }
    }

    /// The id with that name.
    pub(super) fn get<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, BadRequest> {
        let ids = self.0.as_ref().map_err(|_| ProblemRefusal::invalid("the path is not UTF-8"))?;
        let text = ids.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value);
        text.parse().map_err(|error| ProblemRefusal::invalid(format!("{name}: {error}")))
    }
}

/// The parameters of the query, each of which the operation has to know.
pub(super) struct Parameters(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

impl Parameters {
    /// Refuses all.
    pub(super) fn none(self) -> Result<(), BadRequest> {
        self.each(|_, _| None)
    }

    /// Hands out each with its name. What is not taken is refused.
    pub(super) fn each(
        self,
        mut take: impl FnMut(&str, String) -> Option<Result<(), BadRequest>>,
    ) -> Result<(), BadRequest> {
        self.0.into_iter().try_for_each(|(name, value)| {
            let unknown = || Err(ProblemRefusal::invalid(format!("{name}: there is no such parameter")));
            take(&name, value).unwrap_or_else(unknown)
        })
    }
}

/// Puts what is read into a place, unless something is there already.
pub(super) fn once<T>(
    place: &mut Option<T>,
    name: &str,
    value: Result<T, BadRequest>,
) -> Result<(), BadRequest> {
    match place.replace(value?) {
        None => Ok(()),
        Some(_) => Err(ProblemRefusal::invalid(format!("{name}: is there twice"))),
    }
}

/// Which page of a listing is asked for, if that can be read.
pub(super) struct Paging(Result<Page, BadRequest>);

/// Which page of a listing is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Page {
    /// The last id of the page before.
    pub after: Option<String>,
    /// How many to list, from 1 to 1,000.
    #[serde(default = "Page::default_limit")]
    pub limit: usize,
}

impl Page {
    const MOST: usize = 1_000;

    pub(super) fn default_limit() -> usize {
        100
    }

    /// How many to list.
    pub(super) fn check_limit(limit: usize) -> Result<usize, BadRequest> {
        let is_allowed = (1..=Self::MOST).contains(&limit);
        let refuse = || ProblemRefusal::invalid(format!("limit: has to be from 1 to {}", Self::MOST));
        is_allowed.then_some(limit).ok_or_else(refuse)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Paging {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let page = Query::<Page>::try_from_uri(&parts.uri).map(|Query(page)| page);
        Ok(Self(page.map_err(|error| ProblemRefusal::invalid(error.body_text()))))
    }
}

impl Paging {
    /// The page.
    pub(super) fn page(self) -> Result<Page, BadRequest> {
        let page = self.0?;
        Page::check_limit(page.limit)?;
        Ok(page)
    }
}
