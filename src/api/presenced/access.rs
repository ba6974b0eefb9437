//! What lets a caller in, and why it may not do so.

use std::time::Duration;

use crate::{
    auth::{Access, AuthError},
    directory::{Holder, PassKind, TokenId},
};

/// Tickets, which each token has its own of.
pub(super) static TICKETS: PassKind =
    PassKind { name: "ticket", lifetime: Duration::from_secs(60), most: 64 };

/// Why a caller may not do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AccessError {
    #[error(transparent)]
    Auth(#[from] AuthError),
    #[error("the ticket is unknown, was used before, or has expired")]
    NoTicket,
    #[error("this needs the admin token")]
    NotAdmin,
    #[error("this needs the admin token or a service token")]
    NotService,
    #[error("the token is another user's")]
    AnotherUser,
    #[error("this is for the user themselves and the admin")]
    NotOneself,
}

/// Who has a token, or a ticket that stands for one.
#[derive(Clone, Debug)]
pub(super) struct Bearer {
    pub(super) holder: Holder,
    /// The token's name.
    pub(super) token: TokenId,
    pub(super) access: Access,
}
