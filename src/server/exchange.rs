//! What every request goes through, whatever is asked: who sent it and what it is called is noted, and one line
//! about it goes to the log of operators who want to see them all.

#[cfg(feature = "opentelemetry")]
mod span;

use std::{
    convert::Infallible,
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, Version, header},
    response::IntoResponse as _,
    routing::future::RouteFuture,
};
use hyper::body::Incoming;
use tower::Service as _;
use tracing::{Instrument as _, Level, Span};

use super::{
    doing::{Guard, Guarded},
    handed::Waiting,
    listener::Peer,
    proxy,
};
use crate::{
    clock::Clock,
    config::{Config, Live},
    request::{REQUEST_ID, RequestInfo, Trace, is_id, traced},
    store::age,
};

/// The target of the spans of requests, and of the line about each.
pub(crate) const REQUESTS: &str = "presenced::request";

/// Answers requests with a set of routes.
pub(super) struct Exchanges {
    routes: Router,
    config: Arc<Live<Config>>,
    clock: Arc<dyn Clock>,
    ids: Ids,
}

/// What the log needs of a request once it is answered.
struct LogLine {
    method: Method,
    uri: Uri,
    client: IpAddr,
    started: u64,
    span: Span,
}

/// A request that is being answered. Every connection has room for one as long as it is open, so it holds what is needed
/// after the routes and no more, and nothing twice, as an async function would.
pub(super) struct Exchange {
    answering: Answering,
    id: Option<HeaderValue>,
    /// How old the answer may be, as far as that is known.
    age: Option<Duration>,
    counted: Option<(Guard, Option<Waiting>)>,
}

/// How a request is answered.
enum Answering {
    Routed(RouteFuture<Infallible>),
    /// Somebody looks on.
    Observed(Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>),
    Refused(Option<Response<Body>>),
}

impl Future for Exchange {
    type Output = Result<Response<Guarded>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { answering, id, age, counted } = self.get_mut();
        let mut response = ready!(age::noting(age, || match answering {
            Answering::Routed(routed) => Pin::new(routed).poll(context),
            Answering::Observed(observed) => observed.as_mut().poll(context),
            Answering::Refused(refusal) => Poll::Ready(Ok(refusal.take().expect("it is polled once"))),
        }))?;
        if let Some(age) = age {
            response.headers_mut().insert(header::AGE, age.as_secs().into());
        }
        if let Some(id) = id.take() {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        let (guard, waiting) = counted.take().expect("it is polled until it is ready");
        Poll::Ready(Ok(response.map(|body| Guarded::new(body, guard, waiting))))
    }
}

impl Exchanges {
    pub(super) fn new(routes: Router, config: Arc<Live<Config>>, clock: Arc<dyn Clock>) -> Self {
        Self { routes, config, clock, ids: Ids::new() }
    }

    /// The configuration as it is now.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// What the time is, in microseconds.
    pub(super) fn micros(&self) -> u64 {
        self.clock.micros()
    }

    /// Answers one request, which is under way until its answer ends. `waiting` is where answers wait, if their
    /// connection has several.
    pub(super) fn answer(
        self: &Arc<Self>,
        peer: Peer,
        mut request: Request<Incoming>,
        guard: Guard,
        waiting: Option<Waiting>,
    ) -> Exchange {
        let counted = Some((guard, waiting));
        name_host(&mut request);
        if !names_host(&request) {
            return Exchange { answering: Answering::Refused(Some(no_host())), id: None, age: None, counted };
        }
        let headers = request.headers_mut();
        let client = proxy::client(peer, headers, &self.config.server);
        let info = RequestInfo { client, id: self.ids.of(headers), trace: Trace::of(headers) };
        let id = Some(info.id.clone());
        let line = tracing::enabled!(target: REQUESTS, Level::DEBUG).then(|| self.begin(&request, &info));
        let trace = info.trace.clone();
        request.extensions_mut().insert(info);
        let routed = self.routes.clone().call(request);
        let answering = match (&trace, &line) {
            (None, None) => Answering::Routed(routed),
            _ => Answering::Observed(Box::pin(self.clone().observe(routed, trace, line))),
        };
        Exchange { answering, id, age: None, counted }
    }

    /// Answers as part of the trace and within the span of a request, and logs the line about it.
    async fn observe(
        self: Arc<Self>,
        routed: RouteFuture<Infallible>,
        trace: Option<Trace>,
        line: Option<LogLine>,
    ) -> Result<Response<Body>, Infallible> {
        let span = line.as_ref().map_or_else(Span::none, |line| line.span.clone());
        let answering = routed.instrument(span);
        let response = match trace {
            Some(trace) => traced(trace, answering).await?,
            None => answering.await?,
        };
        if let Some(line) = line {
            self.end(&line, &response);
        }
        Ok(response)
    }

    fn begin(&self, request: &Request<Incoming>, info: &RequestInfo) -> LogLine {
        let trace = info.trace.as_ref().map(Trace::id);
        let span = tracing::debug_span!(target: REQUESTS, "request", id = info.name(), trace);
        #[cfg(feature = "opentelemetry")]
        span::begin(&span, request);
        LogLine {
            method: request.method().clone(),
            uri: request.uri().clone(),
            client: info.client,
            started: self.clock.micros(),
            span,
        }
    }

    /// Logs an exchange, without its query: that may hold a token.
    fn end(&self, line: &LogLine, response: &Response<Body>) {
        let LogLine { method, uri, client: peer, started, span } = line;
        let micros = self.clock.micros().saturating_sub(*started);
        let (path, status) = (uri.path(), response.status().as_u16());
        #[cfg(feature = "opentelemetry")]
        span::end(span, status);
        span.in_scope(|| tracing::debug!(target: REQUESTS, %method, path, status, micros, %peer, "answered"));
    }
}

/// The host of the target, which HTTP/2 has and clients of proxies send, goes before the header. Past this point it
/// stands there.
fn name_host(request: &mut Request<Incoming>) {
    let told = request.headers().get_all(header::HOST).iter().count();
    let is_due = told == usize::from(request.version() != Version::HTTP_2);
    let host = request.uri().authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let Some(host) = host.filter(|_| is_due) {
        request.headers_mut().insert(header::HOST, host);
    }
}

/// Whether it is plain which host a request is for. Source: RFC 9112, section 3.2; RFC 9113, section 8.3.1.
fn names_host(request: &Request<Incoming>) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let is_targets = |host: &HeaderValue| {
        let target = request.uri().authority();
        target.is_none_or(|target| target.as_str().as_bytes().eq_ignore_ascii_case(host.as_bytes()))
    };
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => proxy::is_host(host) && is_targets(host),
        (None, _) => request.version() <= Version::HTTP_10,
        (Some(_), Some(_)) => false,
    }
}

fn no_host() -> Response<Body> {
    let why = "A request has one Host header, with the name of a host.\n";
    let headers = [(header::CONNECTION, "close"), (header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (StatusCode::BAD_REQUEST, headers, why).into_response()
}

/// Names of requests: the client's own, or one that no other process gives.
struct Ids {
    process: u64,
    next: AtomicU64,
}

impl Ids {
    fn new() -> Self {
        Self { process: getrandom::u64().unwrap_or_default(), next: AtomicU64::new(0) }
    }

    fn of(&self, headers: &HeaderMap) -> HeaderValue {
        match headers.get(REQUEST_ID) {
            Some(id) if is_id(id) => id.clone(),
            _ => self.made(),
        }
    }

    fn made(&self) -> HeaderValue {
        let mut text = [b'-'; 33];
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (process, rest) = text.split_at_mut(16);
        for (place, number) in [(process, self.process), (&mut rest[1..], number)] {
            hex::encode_to_slice(number.to_be_bytes(), place).expect("a number has 16 digits");
        }
        HeaderValue::from_bytes(&text).expect("hexadecimal digits make a header value")
    }
}
