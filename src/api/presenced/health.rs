//! `/healthz` and `/readyz`, for whatever watches the process and routes to it.

use axum::{Json, extract::State};

use super::{error::ProblemRefusal, stub::server::Server, types::Health};
use crate::api::{refusal::refusals, stub::Stub};

refusals! {
    /// Why it is not told whether the process runs.
    pub(super) enum HealthError: ProblemRefusal {
        /// The request declares a body that is too large.
        TooLarge,
    }
}

refusals! {
    /// Why requests should go elsewhere.
    pub enum ReadinessError: ProblemRefusal {
        /// The request declares a body that is too large.
        TooLarge,
        /// Route elsewhere; `detail` says why.
        Unavailable => ProblemRefusal::not_ready("the store refuses writes: the disk is full"),
    }
}

impl Health {
    /// It is well.
    pub fn ok() -> Self {
        Self { status: "ok".to_owned() }
    }
}

/// Tell whether the process runs.
///
/// It says nothing of the store and asks for no token.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "getHealth",
    tag = "Server",
    responses(
        (status = 200, description = "The process runs.", body = Health),
        HealthError,
    ),
)]
pub(super) async fn get_health() -> Result<Json<Health>, HealthError> {
    Ok(Json(Health::ok()))
}

/// Tell whether the server takes requests of all kinds.
///
/// Not while it starts, while its store refuses writes, or while it ends; the answer says why.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "getReadiness",
    tag = "Server",
    responses(
        (status = 200, description = "Reads and writes are served.", body = Health),
        ReadinessError,
    ),
)]
pub(super) async fn get_readiness(
    State(stub): State<Stub<dyn Server>>,
) -> Result<Json<Health>, ReadinessError> {
    Ok(Json(stub.backend.get_readiness().await?))
}
