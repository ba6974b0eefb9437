//! Holds what a server sends and accepts against its documents, while it does.

use std::{
    collections::BTreeSet,
    future::ready,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method, StatusCode, request},
    middleware::{self, Next},
    response::Response,
};
use futures_util::stream;
use http_body_util::BodyExt as _;
use hyper::body::{Frame, SizeHint};
use parking_lot::Mutex;

use super::{
    Dialect,
    documents::{self, Lazy},
    faults::OnDemand,
};
use crate::{
    app::{App, Own, Parts},
    metrics::Violations,
    openapi::conformance::{Contract, EVENTS, Exchange, Operation, Part, VIOLATION, Violation, media_type},
};

/// How many violations one answer tells of.
const MOST_LINES: usize = 8;

/// How long a line may be, in bytes.
const LONGEST_LINE: usize = 500;

/// How many violations are remembered.
const MOST_REMEMBERED: usize = 100;

/// What an operation of no document is called.
const NONE: &str = "none";

/// A documented answer that was given: dialect, operation and status.
pub type Seen = (&'static str, String, u16);

/// What was found in the exchanges of one server.
#[derive(Default)]
pub struct Ledger(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    exchanges: u64,
    contracts: Vec<Arc<Lazy<Contract>>>,
    seen: BTreeSet<Seen>,
    count: usize,
    violations: Vec<String>,
}

impl Own for Ledger {
    fn new(_: &Parts) -> Self {
        Self::default()
    }
}

impl Ledger {
    /// The documented answers that were given, but for those that were asked for by name.
    pub fn seen(&self) -> BTreeSet<Seen> {
        self.0.lock().seen.clone()
    }

    /// The first violations, each with its operation.
    pub fn violations(&self) -> Vec<String> {
        self.0.lock().violations.clone()
    }

    /// Says in the log what was found.
    pub(crate) fn tell(&self) {
        let Entries { exchanges, ref contracts, ref seen, count, .. } = *self.0.lock();
        let documented: usize = contracts.iter().map(|contract| contract.documented()).sum();
        tracing::info!(
            exchanges,
            violations = count,
            answers_seen = seen.len(),
            answers_documented = documented,
            "contract"
        );
    }
}

/// A dialect whose exchanges are held against its document.
struct Check {
    app: App,
    dialect: &'static Dialect,
    contract: Arc<Lazy<Contract>>,
}

/// Holds what a dialect's routes answer against its document, if this server is to.
pub(super) fn checked(app: &App, dialect: &'static Dialect, routes: Router) -> Router {
    if !app.config.check_contract {
        return routes;
    }
    let document = documents::served(app, dialect);
    let contract = Arc::new(documents::lazy(move || Contract::of(document.clone())));
    app.own::<Ledger>().0.lock().contracts.push(contract.clone());
    let check = Check { app: app.clone(), dialect, contract };
    routes.layer(middleware::from_fn_with_state(Arc::new(check), hold))
}

async fn hold(State(check): State<Arc<Check>>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let heard = Arc::new(Mutex::new(Heard { bytes: Vec::new(), is_whole: body.is_end_stream() }));
    let body = if body.is_end_stream() { body } else { Body::new(Overheard { body, heard: heard.clone() }) };
    let asked = head.clone();
    let response = next.run(Request::from_parts(head, body)).await;
    let heard = std::mem::take(&mut *heard.lock());
    check.answered(&asked, heard, response).await
}

impl Check {
    async fn answered(self: Arc<Self>, asked: &request::Parts, heard: Heard, response: Response) -> Response {
        let (mut head, body) = response.into_parts();
        // A body of unknown length is a stream, which is not waited for.
        let is_stream = body.size_hint().exact().is_none();
        let (body, answer) = if is_stream { (body, None) } else { whole(body).await };
        let route = asked.extensions.get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
        let on_demand = head.extensions.get::<OnDemand>();
        // Whatever the operation is, a wish that cannot be granted is refused.
        let is_refused = on_demand == Some(&OnDemand::Refused);
        let operation = self.operation(&asked.method, route).filter(|_| !is_refused);
        let exchange = Exchange {
            method: &asked.method,
            uri: &asked.uri,
            headers: &asked.headers,
            body: heard.is_whole.then_some(heard.bytes.as_slice()),
            status: head.status,
            answer_headers: &head.headers,
            answer: answer.as_deref(),
            is_on_demand: on_demand.is_some(),
        };
        let violations = self.contract.check(operation, &exchange);
        let name = operation.map_or(NONE, |operation| operation.name);
        self.enter(name, head.status, on_demand.is_none() && operation.is_some(), &violations);
        if self.app.config.demo {
            let lines = violations.iter().take(MOST_LINES).filter_map(line);
            head.headers.extend(lines.map(|line| (VIOLATION, line)));
        }
        let is_events = is_stream && media_type(&head.headers) == EVENTS;
        let body = if is_events {
            let (method, route) = (asked.method.clone(), route.to_owned());
            Body::new(Events { body, check: self, method, route, unread: Vec::new() })
        } else {
            body
        };
        Response::from_parts(head, body)
    }

    fn operation<'a>(&'a self, method: &Method, route: &'a str) -> Option<Operation<'a>> {
        let paths = self.dialect.bases.iter().filter_map(|base| route.strip_prefix(base));
        // Where a dialect takes a slash at the end, the path is the same.
        let forms = |path: &'a str| [Some(path), path.strip_suffix('/')].into_iter().flatten();
        paths.flat_map(forms).find_map(|path| self.contract.operation(method, path, route))
    }

    /// Notes an exchange, and tells of what is wrong with it.
    fn enter(&self, operation: &str, status: StatusCode, is_seen: bool, violations: &[Violation]) {
        for Violation { part, what } in violations {
            let (dialect, part, status) = (self.dialect.name, part.name(), status.as_u16());
            tracing::warn!(dialect, operation, status, part, what, "not as documented");
            let labels = Violations { dialect, operation: operation.to_owned(), part };
            self.app.metrics.families.contract_violations.get_or_create(&labels).inc();
        }
        let entries = &mut *self.app.own::<Ledger>().0.lock();
        entries.exchanges += 1;
        if is_seen && !violations.iter().any(|violation| violation.part == Part::Answer) {
            entries.seen.insert((self.dialect.name, operation.to_owned(), status.as_u16()));
        }
        entries.count += violations.len();
        let room = MOST_REMEMBERED.saturating_sub(entries.violations.len());
        let told = violations
            .iter()
            .map(|it| format!("{} {operation} {}: {it}", self.dialect.name, status.as_u16()));
        entries.violations.extend(told.take(room));
    }
}

/// A body as it was, and its bytes.
async fn whole(body: Body) -> (Body, Option<Bytes>) {
    match body.collect().await.map(http_body_util::Collected::to_bytes) {
        Ok(bytes) => (Body::from(bytes.clone()), Some(bytes)),
        Err(error) => (Body::from_stream(stream::once(ready(Err::<Bytes, _>(error)))), None),
    }
}

/// A violation as a header's value.
fn line(violation: &Violation) -> Option<HeaderValue> {
    let text = violation.to_string();
    let visible = text.chars().map(|it| if it == ' ' || it.is_ascii_graphic() { it } else { '?' });
    HeaderValue::try_from(visible.take(LONGEST_LINE).collect::<String>()).ok()
}

/// What was read of a request's body.
#[derive(Debug, Default)]
struct Heard {
    bytes: Vec<u8>,
    is_whole: bool,
}

/// A body of which is kept what is read.
struct Overheard {
    body: Body,
    heard: Arc<Mutex<Heard>>,
}

impl HttpBody for Overheard {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        let mut heard = self.heard.lock();
        match &polled {
            Poll::Ready(Some(Ok(frame))) => heard.bytes.extend(frame.data_ref().into_iter().flatten()),
            Poll::Ready(None) => heard.is_whole = true,
            Poll::Ready(Some(Err(_))) | Poll::Pending => {}
        }
        heard.is_whole |= self.body.is_end_stream();
        drop(heard);
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A stream of events that are looked at as they go by.
struct Events {
    body: Body,
    check: Arc<Check>,
    method: Method,
    route: String,
    unread: Vec<u8>,
}

impl Events {
    /// Looks at the events that have come to their end.
    fn look(&mut self) {
        let mut begin = 0;
        while let Some(length) = self.unread[begin..].windows(2).position(|two| two == b"\n\n") {
            let end = begin + length + 2;
            let block = String::from_utf8_lossy(&self.unread[begin..end]);
            begin = end;
            let Some(operation) = self.check.operation(&self.method, &self.route) else { continue };
            let violations = self.check.contract.check_event(operation, &block);
            self.check.enter(operation.name, StatusCode::OK, false, &violations);
        }
        self.unread.drain(..begin);
    }
}

impl HttpBody for Events {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            self.unread.extend(frame.data_ref().into_iter().flatten());
            self.look();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
