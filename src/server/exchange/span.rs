//! What OpenTelemetry's conventions want to know of a request. Query strings are left out: they may hold tokens.

use axum::http::{HeaderMap, Request};
use opentelemetry::{global, propagation::Extractor, trace::Status};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Goes on with the trace of the client, if it has one.
pub(super) fn begin<B>(span: &Span, request: &Request<B>) {
    let parent =
        global::get_text_map_propagator(|propagator| propagator.extract(&Headers(request.headers())));
    // Without a layer for it there is nothing to go on with.
    let _untraced = span.set_parent(parent);
    span.set_attribute("http.request.method", request.method().to_string());
    span.set_attribute("url.path", request.uri().path().to_owned());
}

/// Tells how it ended.
pub(super) fn end(span: &Span, status: u16) {
    span.set_attribute("http.response.status_code", i64::from(status));
    if status >= 500 {
        span.set_status(Status::error(""));
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}
