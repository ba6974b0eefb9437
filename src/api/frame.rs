//! What every exchange of a dialect has, whatever its routes do.

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt as _;

use super::{
    body,
    cors::{self, Cors},
};
use crate::{
    app::App,
    config::Config,
    metrics::{Operation, Operations},
    openapi,
    request::RequestInfo,
};

/// What a 401 says of how to come in (RFC 6750, section 3).
const NO_TOKEN: HeaderValue = HeaderValue::from_static("Bearer realm=\"presenced\"");
const BAD_TOKEN: HeaderValue =
    HeaderValue::from_static("Bearer realm=\"presenced\", error=\"invalid_token\"");

/// A dialect's share in its frame.
pub(super) struct Frame {
    pub(super) app: App,
    /// The dialect's name, and the paths below which its operations are served.
    pub(super) dialect: &'static str,
    pub(super) bases: &'static [&'static str],
    /// The largest body, in bytes.
    pub(super) body_bytes: fn(&Config) -> usize,
    /// What pages of other origins may do.
    pub(super) cors: Cors,
    /// The dialect's refusal of a body larger than so many bytes.
    pub(super) too_large: fn(usize) -> Response,
    /// The dialect's answer where the server itself failed.
    pub(super) internal_error: fn() -> Response,
    /// The dialect's refusal of a wish for an answer that is not documented.
    pub(super) unanswerable: fn(String) -> Response,
}

impl Frame {
    /// Puts the frame around a dialect's routes.
    pub(super) fn around(self, routes: Router) -> Router {
        self.around_within(routes, |framed| framed)
    }

    /// The same, with a layer of the dialect's own around it.
    pub(super) fn around_within(self, routes: Router, layer: impl FnOnce(Router) -> Router) -> Router {
        let routes = openapi::on_demand(&self.app, self.dialect, self.bases, self.unanswerable, routes);
        let operations = Operations::new(&self.app.metrics, self.dialect, self.bases);
        #[cfg(feature = "contract-check")]
        let (app, dialect, bases) = (self.app.clone(), self.dialect, self.bases);
        let routes = layer(routes.layer(middleware::from_fn_with_state(Arc::new((self, operations)), frame)));
        #[cfg(feature = "contract-check")]
        let routes = openapi::conformance::checked(&app, dialect, bases, routes);
        routes
    }
}

/// Answers preflights without any logic, checks declared body sizes first of all, and puts on every answer what
/// browsers and caches need to know.
async fn frame(State(framed): State<Arc<(Frame, Operations)>>, request: Request, next: Next) -> Response {
    let (frame, operations) = &*framed;
    let (request, leftover) = body::share(request);
    let origin = request.headers().get(header::ORIGIN).cloned();
    let brings_token = brings_token(&request);
    let is_preflight = request.method() == Method::OPTIONS;
    let started = frame.app.clock.micros();
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let operation = operations.find(request.method(), route);
    let mut response = frame.answer(request, next).await;
    frame.count(operation, response.status(), started);
    response = body::close_unless_drained(leftover, response).await;
    let status = response.status();
    let headers = response.headers_mut();
    frame.cors.put_on(headers);
    if frame.app.config.demo {
        cors::show_demo(headers);
    }
    cors::allow(&frame.app.config.server, origin.as_ref(), headers);
    if is_preflight {
        cors::hold(headers);
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, if brings_token { BAD_TOKEN } else { NO_TOKEN });
    }
    if status != StatusCode::NO_CONTENT {
        headers
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store, must-revalidate"));
    }
    response
}

impl Frame {
    /// Counts an answer, and what it refuses.
    fn count(&self, operation: &Operation, status: StatusCode, started: u64) {
        let metrics = &self.app.metrics;
        operation.count(metrics, status, self.app.clock.micros().saturating_sub(started));
        let reason = match status {
            StatusCode::UNAUTHORIZED => "token",
            StatusCode::PAYLOAD_TOO_LARGE => "size",
            StatusCode::TOO_MANY_REQUESTS => "rate",
            StatusCode::SERVICE_UNAVAILABLE => "unavailable",
            StatusCode::INTERNAL_SERVER_ERROR => "bug",
            _ => return,
        };
        metrics.reject(reason);
    }

    async fn answer(&self, request: Request, next: Next) -> Response {
        let body_bytes = (self.body_bytes)(&self.app.config);
        if request.method() == Method::OPTIONS {
            return StatusCode::NO_CONTENT.into_response();
        }
        if body::declares_too_much(request.headers(), body_bytes) {
            return (self.too_large)(body_bytes);
        }
        let info = request.extensions().get::<RequestInfo>().cloned();
        let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        answered.unwrap_or_else(|_| {
            let id = info.as_ref().map(RequestInfo::name);
            tracing::error!(id, "a request met a bug and was answered with 500");
            (self.internal_error)()
        })
    }
}

/// Whether a request has a token, good or not.
fn brings_token(request: &Request) -> bool {
    let in_query = || request.uri().query().is_some_and(|query| query.contains("access_token="));
    request.headers().contains_key(header::AUTHORIZATION) || in_query()
}
