//! The server stub of Matrix presence lists: the contract as a trait.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{Router, extract::FromRef, http::request::Parts};
use utoipa::openapi::OpenApi;
use utoipa_axum::routes;

use super::{AuthenticateError, Caller, Identity, Part, Unread, served, together};
use crate::api::{
    matrix::{Routes, SYNC_PREFIXES, documented, list},
    stub::{Credentials, Knows, Limits, Stub},
};

pub use crate::api::matrix::{
    list::{GetListError, ModifyListError},
    types::{EventType, ListedEvent, ListedPresence, PresenceListUpdate},
};

/// Presence lists as the Matrix client-server API had them up to r0.4, for those who answer for users.
/// Source: <https://matrix.org/docs/spec/client_server/r0.4.0.html>
///
/// An operation's error has a variant for each status that the contract documents: there is no way to answer with
/// another. [`MatrixRefusal`](super::MatrixRefusal) makes what is in them.
#[async_trait]
pub trait PresenceLists: Send + Sync + 'static {
    /// Whose token it is. Guests are refused here.
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError>;

    /// The presence of those on a user's list who let the user see them, in the order of their ids. `user` begins with `@`
    /// and has a `:`; another than the caller is to be refused.
    async fn get_presence_list(&self, caller: &Caller, user: &str) -> Result<Vec<ListedEvent>, GetListError>;

    /// Invites users to be seen, and drops others. To be refused in this order: another user than the caller, a call too
    /// many, and then what is in the body.
    async fn modify_presence_list(
        &self,
        caller: &Caller,
        user: &str,
        update: Unread<PresenceListUpdate>,
    ) -> Result<(), ModifyListError>;

    /// Whether a token may stand in the query, as the contract has it.
    fn takes_query_token(&self) -> bool {
        true
    }
}

impl Knows for dyn PresenceLists {
    type Identity = Identity;
    type Refused = AuthenticateError;

    async fn know(&self, parts: &Parts) -> Result<Caller, AuthenticateError> {
        let credentials = Credentials::of_any(parts, self.takes_query_token())?;
        let identity = self.authenticate(&credentials).await?;
        Ok(Caller { identity, credentials })
    }
}

/// The routes of the contract over a backend, under `v3` and `r0`. What else is below `/_matrix/`, and other methods, are
/// refused as the contract has it.
pub fn routes(backend: Arc<dyn PresenceLists>, limits: Limits) -> Router {
    together([part(backend, limits)], limits).0
}

/// The same to be served [together] with other parts.
pub fn part(backend: Arc<dyn PresenceLists>, limits: Limits) -> Part {
    Part::new(&SYNC_PREFIXES, operations(), Stub { backend, limits }, operations())
}

/// The document of these routes, below the address that it is served at.
pub fn document() -> OpenApi {
    served(
        documented(operations(), false),
        "Presence lists as the Matrix client-server API had them up to r0.4.",
    )
}

/// The operations, for whatever state there is a backend in.
pub(in crate::api::matrix) fn operations<S>() -> Routes<S>
where
    S: Clone + Send + Sync + 'static,
    Stub<dyn PresenceLists>: FromRef<S>,
{
    vec![routes!(list::get_presence_list, list::modify_presence_list)]
}
