//! Who is calling: the token of a request, and what it grants.

pub mod appservice;
pub mod assertion;

use axum::http::{HeaderMap, header};

use crate::{
    directory::{Directory, Grant, Holder, Scope, Scopes},
    id::{DeviceId, UserId},
    presence::Timestamp,
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
    #[error("a token was sent both in the Authorization header and in the query, or several times")]
    Ambiguous,
    #[error("the access token is unknown or was revoked")]
    Unknown,
    #[error("the access token has expired")]
    Expired,
    #[error("guests may not use this")]
    Guest,
    #[error("the token belongs to no user")]
    NoUser,
    #[error("the token lacks the scope `{}`", .0.name())]
    MissingScope(Scope),
}

/// The token of a request: `Authorization: Bearer` in any letter case, or the query parameter
/// `access_token` where `allow_query` says so. Both together are ambiguous.
pub fn token(headers: &HeaderMap, query: Option<&str>, allow_query: bool) -> Result<Vec<u8>, AuthError> {
    let mut in_headers = headers.get_all(header::AUTHORIZATION).iter();
    let header = in_headers.next();
    let mut in_query = query
        .filter(|_| allow_query)
        .into_iter()
        .flat_map(|query| form_urlencoded::parse(query.as_bytes()))
        .filter(|(name, _)| name == "access_token");
    let parameter = in_query.next();
    if in_headers.next().is_some() || in_query.next().is_some() {
        return Err(AuthError::Ambiguous);
    }
    let token = match (header, parameter) {
        (Some(_), Some(_)) => return Err(AuthError::Ambiguous),
        (Some(value), None) => bearer(value.as_bytes()).map(<[u8]>::to_vec),
        (None, Some((_, value))) => Some(value.into_owned().into_bytes()),
        (None, None) => None,
    };
    token.filter(|token| !token.is_empty()).ok_or(AuthError::Missing)
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(b"bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

/// Whom the token speaks for now.
pub fn holder(directory: &Directory, token: &[u8], now: Timestamp) -> Result<Holder, AuthError> {
    match directory.grant(token, now) {
        None | Some(Grant { holder: Holder::Refresh { .. }, .. }) => Err(AuthError::Unknown),
        Some(Grant { expired: true, .. }) => Err(AuthError::Expired),
        Some(Grant { holder, .. }) => Ok(holder),
    }
}

/// The user among the holders.
pub fn caller(holder: Holder) -> Result<Caller, AuthError> {
    match holder {
        Holder::Admin | Holder::App { .. } | Holder::Refresh { .. } => Err(AuthError::NoUser),
        Holder::User { user, device, scopes, guest } => Ok(Caller { user, device, scopes, guest }),
    }
}

impl Caller {
    /// The caller, if they are no guest.
    pub fn refuse_guests(self) -> Result<Self, AuthError> {
        if self.guest { Err(AuthError::Guest) } else { Ok(self) }
    }

    /// Whether the caller's token has a scope.
    pub fn require(&self, scope: Scope) -> Result<(), AuthError> {
        self.scopes.contains(scope).then_some(()).ok_or(AuthError::MissingScope(scope))
    }
}
