//! What is said of failures below the dialect.

use super::{BadRequest, Forbidden, NotFound, RestRefusal, Unauthorized, Unavailable};
use crate::{
    api::{
        refusal::{Cause, Refusal as _},
        ringcentral::permission::Permission,
    },
    auth::AuthError,
    directory::DirectoryError,
    service::{ReadError, UpdateError},
    store::StoreError,
};

impl<E: From<Unauthorized> + From<Forbidden> + From<Unavailable>> Cause<RestRefusal, E> for AuthError {
    fn refuse(self) -> E {
        match self {
            Self::Missing => RestRefusal::missing_authorization().into(),
            Self::Malformed | Self::Ambiguous => RestRefusal::malformed_authorization().into(),
            Self::Revoked => RestRefusal::revoked_token().into(),
            Self::Unknown | Self::Jwt(_) | Self::Stranger => RestRefusal::unknown_token().into(),
            Self::Unavailable => Self::unavailable().refuse(),
            Self::Expired => RestRefusal::expired_token().into(),
            Self::NoUser | Self::NotRegistered => RestRefusal::no_extension().into(),
            Self::Guest => RestRefusal::user_lacks(Permission::ReadPresence).into(),
            Self::MissingScope(_) => RestRefusal::app_lacks(Permission::ReadPresence).into(),
        }
    }
}

impl<E: From<NotFound> + From<Unavailable>> Cause<RestRefusal, E> for ReadError {
    fn refuse(self) -> E {
        match self {
            Self::UnknownUser | Self::NotVisible | Self::Hidden => {
                RestRefusal::not_found("extensionId").into()
            }
            Self::Store(error) => error.refuse(),
        }
    }
}

impl<E: From<BadRequest> + From<NotFound> + From<Unavailable>> Cause<RestRefusal, E> for UpdateError {
    fn refuse(self) -> E {
        match self {
            Self::UnknownUser => RestRefusal::not_found("extensionId").into(),
            Self::StatusTooLong { .. } => RestRefusal::invalid("message").into(),
            Self::Store(error) => error.refuse(),
        }
    }
}

impl<E: From<NotFound> + From<Unavailable>> Cause<RestRefusal, E> for DirectoryError {
    fn refuse(self) -> E {
        match self {
            Self::Store(error) => error.refuse(),
            // The user was removed at this moment.
            _ => RestRefusal::not_found("extensionId").into(),
        }
    }
}

impl<E: From<Unavailable>> Cause<RestRefusal, E> for StoreError {
    fn refuse(self) -> E {
        RestRefusal::unavailable(&self).into()
    }
}
