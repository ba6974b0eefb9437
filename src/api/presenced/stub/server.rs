//! The server stub of what is of the server itself: the contract as a trait.

use std::{io, pin::Pin, sync::Arc};

use async_trait::async_trait;
use axum::{Router, body::Bytes, extract::FromRef};
use futures_util::Stream;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AuthenticateError, Caller, Identity, Part, documented, together};
use crate::api::{
    presenced::{export, health},
    stub::{Credentials, Limits, Stub},
};

pub use crate::api::presenced::{export::ExportError, health::ReadinessError, types::Health};

/// An export, as it is sent. An error ends it in the middle.
pub type Lines = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// What is of the server itself as presenced's own API has it: the operations of the tag `Server`.
///
/// An operation's error has a variant for each status that the contract documents: there is no way to answer with another.
/// [`ProblemRefusal`](super::ProblemRefusal) makes what is in them.
#[async_trait]
pub trait Server: Send + Sync + 'static {
    /// Whose token it is. Guests are refused here.
    async fn authenticate(&self, credentials: &Credentials) -> Result<Identity, AuthenticateError>;

    /// Everything that is kept, as JSON Lines, for an admin.
    async fn export_data(&self, caller: &Caller) -> Result<Lines, ExportError>;

    /// Whether requests of all kinds are taken. (That the process runs, which is the other question of health, is told by
    /// the routes themselves.)
    async fn get_readiness(&self) -> Result<Health, ReadinessError>;
}

/// The routes of the contract over a backend. What else is below `/presenced/`, and other methods, are refused as the
/// contract has it.
pub fn routes(backend: Arc<dyn Server>, limits: Limits) -> Router {
    together([part(backend, limits)], limits).0
}

/// The same to be served [together] with other parts.
pub fn part(backend: Arc<dyn Server>, limits: Limits) -> Part {
    Part(of_export().merge(of_health()).with_state(Stub { backend, limits }))
}

/// The document of these routes, below the address that it is served at.
pub fn document() -> OpenApi {
    documented(of_export().merge(of_health()))
}

/// All that is kept, for admins.
pub(in crate::api::presenced) fn of_export<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Stub<dyn Server>: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(export::export_data))
}

/// Whether the server is well, for whoever asks.
pub(in crate::api::presenced) fn of_health<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Stub<dyn Server>: FromRef<S>,
{
    OpenApiRouter::new().routes(routes!(health::get_health)).routes(routes!(health::get_readiness))
}
