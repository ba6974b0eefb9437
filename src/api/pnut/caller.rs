//! Who calls, and what they may do.

use super::error::PnutRefusal;
use crate::{
    api::{refusal::refusals, stub},
    auth::{self, AuthError},
    directory::{Holder, Scope, Scopes},
    id::UserId,
};

refusals! {
    /// Why a caller is not let in.
    pub enum AuthenticateError: PnutRefusal, from AuthError {
        Unauthorized,
        Forbidden,
        Unavailable,
    }
}

/// Whose token a call carries, by whose scopes the contract goes: `Write` is its `presence`, and any lets read.
#[derive(Clone, Debug)]
pub enum Identity {
    User(auth::Caller),
    /// An app, which speaks for no user; the operator's own token is such a one.
    App {
        name: String,
        scopes: Scopes,
    },
}

/// Who calls.
pub type Caller = stub::Caller<Identity>;

/// How a call names a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserRef {
    /// The caller, who is a user.
    Me,
    /// By their username, in any letter case.
    Name(String),
    Number(u64),
}

impl From<Holder> for Identity {
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

impl Identity {
    pub(super) fn scopes(&self) -> Scopes {
        match self {
            Self::User(user) => user.scopes,
            Self::App { scopes, .. } => *scopes,
        }
    }

    /// The caller as a user, if they are one.
    pub fn own(&self) -> Option<&UserId> {
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

    /// Refuses a caller who may not even read: that takes any scope.
    pub(super) fn require_reading(&self) -> Result<(), AuthError> {
        match self {
            Self::User(user) if user.guest => Err(AuthError::Guest),
            _ if self.scopes() == Scopes::default() => Err(AuthError::MissingScope(Scope::Read)),
            _ => Ok(()),
        }
    }
}
