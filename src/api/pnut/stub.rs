//! The server stub of pnut.io's presence: the contract as a trait.

use std::{net::IpAddr, sync::Arc};

use async_trait::async_trait;
use axum::{Router, extract::FromRef};
use utoipa::openapi::{OpenApi, ServerBuilder};
use utoipa_axum::{router::UtoipaMethodRouter, routes};

use super::{DIALECT, PREFIXES, documented, exchange::Gate, gated, presence};
use crate::api::stub::{self, Credentials, Limits, Stub};

pub use super::{
    caller::{AuthenticateError, Caller, Identity, UserRef},
    error::{
        BadRequest, Forbidden, NotFound, PnutRefusal, TooLarge, TooManyRequests, Unauthorized, Unavailable,
    },
    limit::Allowance,
    presence::{GetPresenceError, ListPresenceError},
    types::UserPresence,
    update::{SetPresenceError, UnreadUpdate, Update},
};

/// What is still to be read of a request.
pub type Unread<T> = stub::Unread<T, UnreadUpdate>;

/// Users, to be written one after the other while the answer is sent.
pub type Listed = Box<dyn ExactSizeIterator<Item = UserPresence> + Send>;

/// A call that is to be counted.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// None: the token is not valid, or there is none.
    pub caller: Option<&'a Caller>,
    /// Whence it comes, where a server of ours tells that; else this machine's own.
    pub address: IpAddr,
    pub writes: bool,
}

/// User presence as pnut.io's API has it, for those who answer for users.
/// Source: <https://github.com/pnut-api/api-spec>, `resources/users/presence.md`.
///
/// Whether the token's scopes allow a call was looked at before. An operation's error has a variant for each status that
/// the contract documents: there is no way to answer with another. [`PnutRefusal`] makes what is in them.
#[async_trait]
pub trait Presence: Send + Sync + 'static {
    /// Whose token it is.
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError>;

    /// Counts a call of whomever. The error is a ban; without a limit there is nothing to say.
    fn count(&self, _call: &Call<'_>) -> Option<Result<Allowance, Allowance>> {
        None
    }

    /// Everybody who is not offline: those first whose presence was set last, those whose was never set at the end, and
    /// higher numbers before lower ones.
    async fn list_presence(&self, caller: &Caller) -> Result<Listed, ListPresenceError>;

    /// One user's presence.
    async fn get_presence(&self, caller: &Caller, user: &UserRef) -> Result<UserPresence, GetPresenceError>;

    /// Sets the presence of the caller, whoever is named, and tells what it is then. Without an update it is set
    /// already, by `update_presence` on the same call. To be refused in this order: another user than the caller, a call
    /// too many, and then what is in the update.
    async fn set_presence(
        &self,
        caller: &Caller,
        user: &UserRef,
        update: Option<Unread<Update>>,
    ) -> Result<UserPresence, SetPresenceError>;
}

/// The routes of the contract over a backend, under `/v0` and `/v1`. What else is below those, and other methods, are
/// refused as the contract has it.
pub fn routes(backend: Arc<dyn Presence>, limits: Limits) -> Router {
    let router = gated(operations::<Stub<dyn Presence>>(), Gate(backend.clone()));
    // Bodies are measured where they are read.
    stub::framed(&DIALECT, usize::MAX, router.with_state(Stub { backend, limits }))
}

/// The document of these routes, below the address that it is served at.
pub fn document() -> OpenApi {
    let mut document = documented(operations());
    let server = ServerBuilder::new().url(PREFIXES[0]).description(Some("This server."));
    document.servers = Some(vec![server.build()]);
    document
}

/// The operations, for whatever state there is a backend in.
pub(super) fn operations<S>() -> Vec<UtoipaMethodRouter<S>>
where
    S: Clone + Send + Sync + 'static,
    Stub<dyn Presence>: FromRef<S>,
{
    vec![
        routes!(presence::list_presence),
        routes!(presence::get_presence, presence::set_presence),
        routes!(presence::get_presence_by_alias),
    ]
}
