//! What every exchange of a dialect has, whatever its routes do.

use std::panic::AssertUnwindSafe;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt as _;

use super::body;

/// A dialect's share in its frame.
#[derive(Clone)]
pub(super) struct Frame {
    /// The largest body, in bytes.
    pub(super) body_bytes: usize,
    /// What pages of other origins may do.
    pub(super) cors: Cors,
    /// The dialect's refusal of a body larger than so many bytes.
    pub(super) too_large: fn(usize) -> Response,
    /// The dialect's answer where the server itself failed.
    pub(super) internal_error: fn() -> Response,
}

/// What pages of other origins may do with a dialect.
#[derive(Clone, Copy)]
pub(super) struct Cors {
    pub(super) methods: &'static str,
    /// The headers that they may send.
    pub(super) request_headers: &'static str,
    /// The headers that they may read, besides those that every page may.
    pub(super) exposed_headers: &'static str,
}

impl Cors {
    /// What the Matrix specification has ("Web Browser Clients").
    pub(super) const MATRIX: Self = Self {
        methods: "GET, HEAD, POST, PUT, DELETE, OPTIONS",
        request_headers: "X-Requested-With, Content-Type, Authorization, Date",
        exposed_headers: "Retry-After",
    };
}

impl Frame {
    /// Puts the frame around a dialect's routes.
    pub(super) fn around(self, routes: Router) -> Router {
        routes.layer(middleware::from_fn_with_state(self, frame))
    }
}

/// Answers preflights without any logic, checks declared body sizes first of all, and puts CORS headers
/// on every answer.
async fn frame(State(frame): State<Frame>, request: Request, next: Next) -> Response {
    let (request, leftover) = body::share(request);
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else if body::declares_too_much(request.headers(), frame.body_bytes) {
        (frame.too_large)(frame.body_bytes)
    } else {
        let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        answered.unwrap_or_else(|_| {
            tracing::error!("a request met a bug and was answered with 500");
            (frame.internal_error)()
        })
    };
    if let Some(leftover) = leftover
        && !leftover.drain().await
    {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    let is_empty = response.status() == StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    add_cors(headers, frame.cors);
    if !is_empty {
        headers
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, no-store, must-revalidate"));
    }
    response
}

fn add_cors(headers: &mut HeaderMap, cors: Cors) {
    let lines = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, cors.methods),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, cors.request_headers),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, cors.exposed_headers),
    ];
    // Room for one more, for the frame's own.
    headers.reserve(lines.len() + 1);
    for (name, value) in lines {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
