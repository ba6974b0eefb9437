//! `GET /_matrix/client/versions`.
//! Source: <https://spec.matrix.org/v1.10/client-server-api/#get_matrixclientversions>

use axum::{Json, extract::State};

use super::{config::Matrix, error::MatrixRefusal, types::SupportedVersions};
use crate::{api::refusal::refusals, app::App};

refusals! {
    /// Why an operation is refused that asks for no token and has nothing to go wrong.
    pub(super) enum OpenError: MatrixRefusal {
        TooLarge,
        Unavailable,
    }
}

/// Tell which versions are served.
///
/// Needs no token. Clients ask this before anything else.
#[utoipa::path(
    get,
    path = "/versions",
    operation_id = "getVersions",
    tag = "Server",
    servers((url = "{protocol}://{hostname}{basePath}", variables(
        ("protocol" = (default = "https", enum_values("http", "https"))),
        ("hostname" = (default = "localhost:8008")),
        ("basePath" = (default = "/_matrix/client")),
    ))),
    responses(
        (status = 200, description = "The versions and features.", body = SupportedVersions,
            examples(("response" = (value = json!({"versions": ["v1.1", "v1.2", "v1.3", "v1.4", "v1.5",
                "v1.6", "v1.7", "v1.8", "v1.9", "v1.10", "v1.11"], "unstable_features": {}}))))),
        OpenError,
    ),
)]
pub(super) async fn get_versions(State(app): State<App>) -> Result<Json<SupportedVersions>, OpenError> {
    let unstable_features = app
        .config
        .section::<Matrix>()
        .busy
        .then(|| ("org.matrix.msc3026.busy_presence".to_owned(), true))
        .into_iter()
        .collect();
    Ok(Json(SupportedVersions {
        versions: (1..=11).map(|minor| format!("v1.{minor}")).collect(),
        unstable_features,
    }))
}
