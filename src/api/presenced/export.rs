//! `/presenced/v1/export`: everything that the server keeps, for admins.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use super::{
    error::ProblemRefusal,
    extract::AccessError,
    stub::{AuthenticateError, Known, server::Server},
};
use crate::{
    api::{
        refusal::{Refusal as _, refusals},
        stub::Stub,
    },
    store::StoreError,
};

refusals! {
    /// Why nothing is exported.
    pub enum ExportError: ProblemRefusal, from AuthenticateError {
        Unauthorized,
        /// The caller is not an admin.
        Forbidden => ProblemRefusal::forbidden(AccessError::NotAdmin),
        /// The server keeps its data in memory alone.
        Conflict => ProblemRefusal::nothing_kept(),
        TooLarge,
        /// The server starts, or its data cannot be read.
        Unavailable => ProblemRefusal::unavailable(&StoreError::Opening),
    }
}

impl From<StoreError> for ExportError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NothingKept => ProblemRefusal::nothing_kept().into(),
            error => ProblemRefusal::unavailable(&error).into(),
        }
    }
}

/// Export everything.
///
/// Users, rooms, presence lists, token hashes and records, as they are at one moment, while the server
/// runs: JSON Lines, as `presenced import` takes them. The first line names the format; the last one has
/// the kind `end` and says how many lines came before it. Without that line a part is missing.
#[utoipa::path(
    get,
    path = "/presenced/v1/export",
    operation_id = "exportData",
    security(("bearer" = [])),
    tag = "Server",
    responses(
        (status = 200, description = "The lines.", body = String, content_type = "application/x-ndjson",
            example = "{\"kind\":\"presenced\",\"format\":2}\n{\"kind\":\"end\",\"lines\":1}\n"),
        ExportError,
    ),
)]
pub(super) async fn export_data(
    State(stub): State<Stub<dyn Server>>,
    known: Known<dyn Server>,
) -> Result<Response, ExportError> {
    let caller = known.admin()?;
    let lines = stub.backend.export_data(&caller).await?;
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    Ok(([kind], Body::from_stream(lines)).into_response())
}
