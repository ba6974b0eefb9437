//! What no route takes.

use axum::{
    Router,
    extract::Request,
    handler::Handler as _,
    http::{StatusCode, Uri},
    middleware,
    response::{IntoResponse, Response},
};
use tower::ServiceExt as _;

use crate::api::{Dialect, body};

/// Adds the answer to what none of the routes takes.
///
/// A server address with a slash at its end makes paths that begin with two. Their clients expect a refusal
/// in their dialect's form, and with its headers, without which pages cannot read it. So each dialect
/// refuses them itself.
pub(super) fn refused(routes: Router, served: &[&Dialect]) -> Router {
    let prefixes: Vec<&str> = served.iter().flat_map(|dialect| dialect.prefixes).copied().collect();
    let dialects = routes.clone();
    let refuse = async move |mut request: Request| match nobodys(request.uri(), &prefixes) {
        Some(uri) => {
            *request.uri_mut() = uri;
            dialects.oneshot(request).await.into_response()
        }
        None => not_found(),
    };
    routes.fallback_service(refuse.layer(middleware::from_fn(body::drained)).with_state(()))
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "Not found. What there is: /swagger-ui/\n").into_response()
}

/// What is asked for, as a path under the prefix of the dialect that it would be but for further slashes at its start.
/// Nothing is there: no operation has an empty segment after its prefix.
fn nobodys(uri: &Uri, prefixes: &[&str]) -> Option<Uri> {
    let rest = uri.path().strip_prefix("//")?.trim_start_matches('/');
    let prefix = prefixes.iter().find(|prefix| rest.starts_with(&prefix[1..]))?;
    format!("{prefix}{}", uri.path_and_query()?).parse().ok()
}
