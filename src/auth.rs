//! Who is calling: the token of a request, and what it grants.

mod access;
pub(crate) mod admin_token;
pub mod appservice;
pub mod assertion;
pub mod jwt;
mod pass;

use std::{borrow::Cow, sync::Arc};

use axum::http::{HeaderMap, Uri, header, request::Parts};

pub use self::access::Access;
use self::{
    appservice::{AppService, AppServices},
    jwt::{JwtError, Jwts},
};
use crate::{
    clock::Clock,
    config::{Config, Live},
    directory::{Credential, Directory, DirectoryError, Grant, Holder, Scope, Scopes, Signed, TokenId},
    id::{DeviceId, UserId},
    store::StoreError,
};

/// A user behind a request, on one of their devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub user: UserId,
    pub device: DeviceId,
    pub scopes: Scopes,
    /// Guests are known, and may not do everything.
    pub guest: bool,
}

/// Why a request is not let in. Each dialect has its own answer for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    #[error("no access token was sent")]
    Missing,
    #[error("the Authorization header holds no bearer token")]
    Malformed,
    #[error("a token was sent both in the Authorization header and in the query, or several times")]
    Ambiguous,
    #[error("the access token is unknown or was revoked")]
    Unknown,
    /// It was one lately. Most dialects say the same as of unknown ones.
    #[error("the access token is unknown or was revoked")]
    Revoked,
    #[error("the access token has expired")]
    Expired,
    #[error("the access token cannot be used: {0}")]
    Jwt(JwtError),
    #[error("the access token is of nobody who is known here")]
    Stranger,
    /// It is good, and what it says cannot be made so at present.
    #[error("the user of the access token cannot be let in")]
    Unavailable,
    #[error("guests may not use this")]
    Guest,
    #[error("the token belongs to no user")]
    NoUser,
    #[error("the application service has not registered this user")]
    NotRegistered,
    #[error("the token lacks the scope `{}`", .0.name())]
    MissingScope(Scope),
}

impl AuthError {
    /// What [`Self::Unavailable`] is to those who know the store's errors.
    pub fn unavailable() -> StoreError {
        StoreError::Refused(Self::Unavailable.to_string())
    }
}

impl From<StoreError> for AuthError {
    fn from(error: StoreError) -> Self {
        tracing::warn!(%error, "who calls cannot be found out");
        Self::Unavailable
    }
}

impl From<JwtError> for AuthError {
    fn from(error: JwtError) -> Self {
        match error {
            JwtError::Expired => Self::Expired,
            error => Self::Jwt(error),
        }
    }
}

/// The token of a request: `Authorization: Bearer` in any letter case, or the query parameter
/// `access_token` where `allow_query` says so. Both together are ambiguous.
pub(crate) fn token(
    headers: &HeaderMap,
    query: Option<&str>,
    allow_query: bool,
) -> Result<Vec<u8>, AuthError> {
    let mut in_headers = headers.get_all(header::AUTHORIZATION).iter();
    let header = in_headers.next();
    let mut in_query =
        query.filter(|_| allow_query).into_iter().flat_map(|query| named(query, "access_token"));
    let parameter = in_query.next();
    if in_headers.next().is_some() || in_query.next().is_some() {
        return Err(AuthError::Ambiguous);
    }
    let token = match (header, parameter) {
        (Some(_), Some(_)) => return Err(AuthError::Ambiguous),
        (Some(value), None) => bearer(value.as_bytes()).map(<[u8]>::to_vec),
        (None, Some(value)) => Some(value.into_owned().into_bytes()),
        (None, None) => None,
    };
    let lacking = if header.is_some() { AuthError::Malformed } else { AuthError::Missing };
    token.filter(|token| !token.is_empty()).ok_or(lacking)
}

/// The user for whom an application service speaks, by the parameter `user_id`.
pub(crate) fn user_named(query: Option<&str>) -> Option<Cow<'_, str>> {
    named(query?, "user_id").next()
}

/// The values of the parameters of that name. Most queries have none, and show that at a glance.
fn named<'a>(query: &'a str, name: &'static str) -> impl Iterator<Item = Cow<'a, str>> {
    let may_have = query.contains(name) || query.contains('%');
    let query = if may_have { query } else { "" };
    form_urlencoded::parse(query.as_bytes()).filter(move |(other, _)| other == name).map(|(_, value)| value)
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(b"bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

/// The name of the token in a request's headers, whether it is valid or not.
pub(crate) fn token_named(headers: &HeaderMap) -> Option<TokenId> {
    token(headers, None, false).ok().map(|secret| TokenId::of(&secret))
}

/// Tells who sent a request.
pub struct Auth {
    directory: Arc<Directory>,
    clock: Arc<dyn Clock>,
    config: Arc<Live<Config>>,
    /// Tokens that others sign.
    pub jwts: Jwts,
    /// Programs that speak for users of their own.
    pub app_services: AppServices,
}

/// Where a request may carry its token, and whose tokens count.
#[derive(Clone, Copy, Debug, Default)]
pub struct Accepts {
    /// Whether it may stand in the query, as `access_token`.
    pub query: bool,
    /// Whether application services may speak, for the user that the query names as `user_id`.
    pub app_services: bool,
}

/// Whom a request comes from.
pub struct Identified {
    pub holder: Holder,
    /// The token; none of an application service, which stays for as long as it is configured.
    pub secret: Option<Vec<u8>>,
    /// What the token says, if another signed it.
    pub signed: Option<Arc<Signed>>,
}

impl Auth {
    pub fn new(directory: Arc<Directory>, clock: Arc<dyn Clock>, config: Arc<Live<Config>>) -> Self {
        let (jwts, app_services) = (Jwts::new(config.clone(), clock.clone()), AppServices::of(&config));
        Self { directory, clock, config, jwts, app_services }
    }

    /// Whom the request comes from: the one way in, for all dialects. It may have to ask others.
    pub async fn identify(&self, parts: &Parts, accepts: Accepts) -> Result<Identified, AuthError> {
        self.identify_by(&parts.headers, &parts.uri, accepts).await
    }

    /// The same, of a request in hand.
    pub async fn identify_by(
        &self,
        headers: &HeaderMap,
        uri: &Uri,
        accepts: Accepts,
    ) -> Result<Identified, AuthError> {
        let query = uri.query();
        let secret = token(headers, query, accepts.query)?;
        if accepts.app_services {
            return self.identify_by_token(secret, user_named(query).as_deref()).await;
        }
        self.known(secret).await
    }

    /// Whom a token speaks for that may be an application service's: that one speaks for the user who is named, else
    /// for its own.
    pub async fn identify_by_token(
        &self,
        secret: Vec<u8>,
        named: Option<&str>,
    ) -> Result<Identified, AuthError> {
        match self.app_services.with_token(&secret) {
            Some(service) => self.masked(service, named),
            None => self.known(secret).await,
        }
    }

    /// Whom a token speaks for now, whether it is kept here or signed by another.
    pub async fn known(&self, secret: Vec<u8>) -> Result<Identified, AuthError> {
        match self.holder(&secret) {
            Ok(holder) => Ok(Identified { holder, secret: Some(secret), signed: None }),
            Err(AuthError::Unknown) if self.jwts.could_be(&secret) => {
                let signed = self.signed(&secret).await?;
                Ok(Identified { holder: signed.holder(), secret: Some(secret), signed: Some(signed) })
            }
            Err(error) => Err(error),
        }
    }

    /// What a token says that another signed, once it is let in.
    pub async fn signed(&self, secret: &[u8]) -> Result<Arc<Signed>, AuthError> {
        let signed = self.jwts.signed(secret).await?;
        self.let_in(&signed).await?;
        Ok(signed)
    }

    async fn let_in(&self, signed: &Arc<Signed>) -> Result<(), AuthError> {
        let let_in = self.directory.let_in(signed, self.config.limits.token_rooms).await;
        let_in.map_err(|error| match error {
            DirectoryError::UnknownUser(_) => AuthError::Stranger,
            DirectoryError::TokenSpent => AuthError::Revoked,
            error => {
                tracing::warn!(%error, "a user could not be let in");
                AuthError::Unavailable
            }
        })
    }

    /// The application service whose token the request carries; none if it is another caller's.
    pub async fn app_service(
        &self,
        parts: &Parts,
        accepts: Accepts,
    ) -> Result<Option<&AppService>, AuthError> {
        let secret = token(&parts.headers, parts.uri.query(), accepts.query)?;
        match self.app_services.with_token(&secret) {
            Some(service) => Ok(Some(service)),
            None => self.identify(parts, accepts).await.map(|_| None),
        }
    }

    /// Whom a token that is kept here speaks for now.
    pub fn holder(&self, token: &[u8]) -> Result<Holder, AuthError> {
        match self.directory.grant(token, self.clock.now()) {
            None if self.directory.was_revoked(token) => Err(AuthError::Revoked),
            None | Some(Grant { holder: Holder::Refresh { .. }, .. }) => Err(AuthError::Unknown),
            Some(Grant { expired: true, .. }) => Err(AuthError::Expired),
            Some(Grant { holder, .. }) => Ok(holder),
        }
    }

    /// For whom an application service speaks: its own user, or the one who is named.
    fn masked(&self, service: &AppService, named: Option<&str>) -> Result<Identified, AuthError> {
        let user = match named {
            Some(user) => user.parse().ok(),
            None => Some(service.sender.clone()),
        };
        let user = user.filter(|user| service.speaks_for(user, &self.directory));
        let user = user.ok_or(AuthError::NotRegistered)?;
        let scopes = [Scope::Read, Scope::Write].into_iter().collect();
        let holder = Holder::User { user, device: service.device.clone(), scopes, guest: false };
        Ok(Identified { holder, secret: None, signed: None })
    }
}

impl Identified {
    /// The token, for whatever outlives the request.
    pub fn credential(&self) -> Option<Credential> {
        match &self.signed {
            Some(signed) => Some(Credential::Signed(signed.clone())),
            None => self.secret.as_deref().map(TokenId::of).map(Credential::Kept),
        }
    }

    /// The user, if it is one.
    pub fn caller(self) -> Result<Caller, AuthError> {
        Caller::of(self.holder)
    }
}

impl Caller {
    /// A user on a device, who may do everything.
    pub fn new(user: UserId, device: DeviceId) -> Self {
        Self { user, device, scopes: Scopes::all(), guest: false }
    }

    /// The user among the holders.
    pub fn of(holder: Holder) -> Result<Self, AuthError> {
        match holder {
            Holder::Admin | Holder::App { .. } | Holder::Refresh { .. } => Err(AuthError::NoUser),
            Holder::User { user, device, scopes, guest } => Ok(Self { user, device, scopes, guest }),
        }
    }

    /// The caller, if they are no guest.
    pub fn refuse_guests(self) -> Result<Self, AuthError> {
        if self.guest { Err(AuthError::Guest) } else { Ok(self) }
    }

    /// Whether the caller's token has a scope.
    pub fn require(&self, scope: Scope) -> Result<(), AuthError> {
        require(self.scopes, scope)
    }
}

/// Refuses a token whose scopes lack one.
pub fn require(scopes: Scopes, scope: Scope) -> Result<(), AuthError> {
    scopes.contains(scope).then_some(()).ok_or(AuthError::MissingScope(scope))
}
