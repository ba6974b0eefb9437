//! What every exchange of a dialect has, whatever its routes do.

use std::{future::ready, panic::AssertUnwindSafe, sync::Arc};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use futures_util::{FutureExt as _, future::Either};

use super::{
    Dialect, body, cors,
    operations::{Operation, Operations},
};
use crate::{app::App, request::RequestInfo};

/// What a 401 says of how to come in (RFC 6750, section 3).
const NO_TOKEN: HeaderValue = HeaderValue::from_static("Bearer realm=\"presenced\"");
const BAD_TOKEN: HeaderValue =
    HeaderValue::from_static("Bearer realm=\"presenced\", error=\"invalid_token\"");

/// What is told now may be different at once.
const NOT_KEPT: HeaderValue = HeaderValue::from_static("no-cache, no-store, must-revalidate");

/// What answers of a dialect need.
struct Frame {
    app: App,
    dialect: &'static Dialect,
    operations: Operations,
    cors: cors::Lines,
}

/// Puts the frame around a dialect's routes.
pub(super) fn around(dialect: &'static Dialect, app: &App, routes: Router) -> Router {
    let operations = Operations::new(&app.metrics, dialect);
    let cors = dialect.cors.lines();
    let frame = Arc::new(Frame { app: app.clone(), dialect, operations, cors });
    routes.layer(middleware::from_fn_with_state(frame, answered))
}

/// Puts the frame around a dialect's routes where they are no part of a server of ours: pages of every origin may call
/// them, and nothing is counted.
pub(super) fn around_alone(dialect: &'static Dialect, body_bytes: usize, routes: Router) -> Router {
    let frame = Arc::new(Alone { dialect, body_bytes, cors: dialect.cors.lines() });
    routes.layer(middleware::from_fn_with_state(frame, answered_alone))
}

/// What answers need where no server of ours gives them.
struct Alone {
    dialect: &'static Dialect,
    body_bytes: usize,
    cors: cors::Lines,
}

fn answered_alone(
    State(frame): State<Arc<Alone>>,
    request: Request,
    next: Next,
) -> impl Future<Output = Response> {
    let (request, leftover) = body::share(request);
    let asked = Asked::of(&request);
    let answering = answer(frame.dialect, frame.body_bytes, request, next);
    let answering = answering.then(|response| body::close_unless_drained(leftover, response));
    answering.map(move |mut response| {
        frame.cors.put_on(response.headers_mut());
        cors::allow_all(response.headers_mut());
        asked.finish(&mut response);
        response
    })
}

fn answered(State(frame): State<Arc<Frame>>, request: Request, next: Next) -> impl Future<Output = Response> {
    let (request, leftover) = body::share(request);
    let asked = Asked::of(&request);
    let origin = request.headers().get(header::ORIGIN).cloned();
    let started = frame.app.clock.micros();
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let operation = frame.operations.find(request.method(), route);
    let body_bytes = (frame.dialect.body_bytes)(&frame.app.config);
    let answering = answer(frame.dialect, body_bytes, request, next);
    let counting = frame.clone();
    let answering = answering.then(move |response| {
        counting.count(&operation, response.status(), started);
        body::close_unless_drained(leftover, response)
    });
    answering.map(move |mut response| {
        let headers = response.headers_mut();
        frame.cors.put_on(headers);
        if frame.app.config.demo {
            cors::show_demo(headers);
        }
        cors::allow(&frame.app.config.server, origin.as_ref(), headers);
        asked.finish(&mut response);
        response
    })
}

/// What of a request its answer depends on, whatever it is.
struct Asked {
    brings_token: bool,
    is_preflight: bool,
}

impl Asked {
    fn of(request: &Request) -> Self {
        Self { brings_token: brings_token(request), is_preflight: request.method() == Method::OPTIONS }
    }

    /// Puts on an answer what browsers and caches need to know, and how to come in on one that says no.
    fn finish(self, response: &mut Response) {
        let status = response.status();
        let headers = response.headers_mut();
        if self.is_preflight {
            cors::hold(headers);
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, if self.brings_token { BAD_TOKEN } else { NO_TOKEN });
        }
        if status != StatusCode::NO_CONTENT {
            headers.insert(header::CACHE_CONTROL, NOT_KEPT);
        }
    }
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
}

/// Answers preflights without any logic, and checks declared body sizes first of all. What can be said at once is: a
/// request that waits takes no more room than its answer needs.
fn answer(
    dialect: &'static Dialect,
    body_bytes: usize,
    request: Request,
    next: Next,
) -> impl Future<Output = Response> {
    let at_once = if request.method() == Method::OPTIONS {
        Some(StatusCode::NO_CONTENT.into_response())
    } else if body::declares_too_much(request.headers(), body_bytes) {
        Some((dialect.refusals.too_large)(body_bytes))
    } else {
        None
    };
    let id = request.extensions().get::<RequestInfo>().map(|info| info.id.clone());
    let answering = match at_once {
        Some(response) => Either::Left(ready(response)),
        None => Either::Right(next.run(request)),
    };
    AssertUnwindSafe(answering).catch_unwind().map(move |answered| {
        answered.unwrap_or_else(|_| {
            let id = id.as_ref().map(|id| id.to_str().unwrap_or_default());
            tracing::error!(id, "a request met a bug and was answered with 500");
            (dialect.refusals.internal)()
        })
    })
}

/// Whether a request has a token, good or not.
fn brings_token(request: &Request) -> bool {
    let in_query = || request.uri().query().is_some_and(|query| query.contains("access_token="));
    request.headers().contains_key(header::AUTHORIZATION) || in_query()
}
