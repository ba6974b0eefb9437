//! `/healthz` and `/readyz`, for whatever watches the process and routes to it.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::{Failure, Problem};
use crate::app::App;

/// The server's word that it is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(super) struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    pub status: String,
}

impl Health {
    fn ok() -> Json<Self> {
        Json(Self { status: "ok".to_owned() })
    }
}

/// Tell whether the process runs.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "getHealth",
    tag = "Server",
    responses(
        (status = 200, description = "The process runs.", body = Health),
        (status = 413, description = "The request declares a body that is too large.", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn get_health() -> Json<Health> {
    Health::ok()
}

/// Tell whether the server takes requests of all kinds.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "getReadiness",
    tag = "Server",
    responses(
        (status = 200, description = "Reads and writes are served.", body = Health),
        (status = 413, description = "The request declares a body that is too large.", body = Problem,
            content_type = "application/problem+json"),
        (status = 503, description = "Route elsewhere; `detail` says why.", body = Problem,
            content_type = "application/problem+json"),
    ),
)]
pub(super) async fn get_readiness(State(app): State<App>) -> Result<Json<Health>, Failure> {
    app.ready().map(|()| Health::ok()).map_err(Failure::not_ready)
}
