//! The server stub of presence lists: the contract as a trait.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{Router, extract::FromRef};
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AuthenticateError, Caller, Identity, Part, documented, together};
use crate::{
    api::{
        presenced::lists,
        stub::{Credentials, Limits, Stub},
    },
    id::UserId,
};

pub use crate::api::presenced::{
    lists::{GetListError, ObserverError},
    types::{ListEntry, PresenceList, Standing},
};

/// Presence lists as presenced's own API has them, for those who answer for users: the operations of the tag `Presence
/// lists`.
///
/// Whether the token's scopes allow a call, and whether it is for the caller to answer for that user, was looked at before.
/// An operation's error has a variant for each status that the contract documents: there is no way to answer with another.
/// [`ProblemRefusal`](super::ProblemRefusal) makes what is in them.
#[async_trait]
pub trait PresenceLists: Send + Sync + 'static {
    /// Whose token it is. Guests are refused here.
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError>;

    /// Those whom a user invited, and those by whom the user was invited.
    async fn get_presence_list(&self, caller: &Caller, user: &UserId) -> Result<PresenceList, GetListError>;

    /// Lets an observer see a user whom they invited.
    async fn accept_observer(
        &self,
        caller: &Caller,
        user: &UserId,
        observer: &UserId,
    ) -> Result<ListEntry, ObserverError>;

    /// Turns an observer down, before or after having accepted.
    async fn deny_observer(
        &self,
        caller: &Caller,
        user: &UserId,
        observer: &UserId,
    ) -> Result<(), ObserverError>;
}

/// The routes of the contract over a backend. What else is below `/presenced/`, and other methods, are refused as the
/// contract has it.
pub fn routes(backend: Arc<dyn PresenceLists>, limits: Limits) -> Router {
    together([part(backend, limits)], limits).0
}

/// The same to be served [together] with other parts.
pub fn part(backend: Arc<dyn PresenceLists>, limits: Limits) -> Part {
    Part(operations().with_state(Stub { backend, limits }))
}

/// The document of these routes, below the address that it is served at.
pub fn document() -> OpenApi {
    documented(operations())
}

/// The operations, for whatever state there is a backend in.
pub(in crate::api::presenced) fn operations<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Stub<dyn PresenceLists>: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(lists::get_presence_list))
        .routes(routes!(lists::accept_observer, lists::deny_observer))
}
