//! What lets a caller in, and why it may not do so.

use crate::{
    auth::{Access, AuthError},
    directory::{Holder, TokenId},
};

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

/// Whom a ticket stands for.
#[derive(Clone, Debug)]
pub(super) struct Bearer {
    pub(super) holder: Holder,
    /// The token's name.
    pub(super) token: TokenId,
    pub(super) access: Access,
}
