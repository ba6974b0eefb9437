//! Which operation a request is, and its figures.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use hashbrown::HashMap;
use parking_lot::Mutex;
use prometheus_client::metrics::histogram::Histogram;

use super::Dialect;
use crate::metrics::{AtHand, Durations, Metrics, Requests};

/// The name of what is no operation.
const NONE: &str = "none";

/// The operations of one dialect by their routes.
pub(super) struct Operations {
    by_route: HashMap<String, Vec<(Method, Arc<Operation>)>>,
    none: Arc<Operation>,
}

/// The figures of one operation.
pub(super) struct Operation {
    dialect: &'static str,
    name: &'static str,
    duration: Histogram,
    /// By status, of which there are few.
    answered: AtHand<StatusCode>,
}

/// An operation in a document.
struct Named {
    method: Method,
    path: String,
    name: String,
}

/// The operations of a dialect's document, which is looked at once.
fn named(dialect: &Dialect) -> &'static [Named] {
    static KNOWN: Mutex<Vec<(&str, &[Named])>> = Mutex::new(Vec::new());
    let mut known = KNOWN.lock();
    if let Some((_, named)) = known.iter().find(|(name, _)| *name == dialect.name) {
        return named;
    }
    let mut named = Vec::new();
    for (path, item) in (dialect.document)().paths.paths {
        let operations = [
            (Method::GET, item.get),
            (Method::PUT, item.put),
            (Method::POST, item.post),
            (Method::DELETE, item.delete),
        ];
        for (method, operation) in operations {
            let name = operation.and_then(|operation| operation.operation_id);
            named.extend(name.map(|name| Named { method, path: path.clone(), name }));
        }
    }
    let named: &'static [Named] = named.leak();
    known.push((dialect.name, named));
    named
}

impl Operations {
    /// The operations of a dialect, under each of the paths below which it is served.
    pub(super) fn new(metrics: &Metrics, dialect: &Dialect) -> Self {
        let mut by_route: HashMap<String, Vec<(Method, Arc<Operation>)>> = HashMap::new();
        for named in named(dialect) {
            for base in dialect.bases {
                let operation = Operation::new(metrics, dialect.name, &named.name);
                let route = by_route.entry(format!("{base}{}", named.path)).or_default();
                route.push((named.method.clone(), operation.into()));
            }
        }
        Self { by_route, none: Operation::new(metrics, dialect.name, NONE).into() }
    }

    /// The operation of a method on a route.
    pub(super) fn find(&self, method: &Method, route: Option<&str>) -> Arc<Operation> {
        // Over HTTP/2 a WebSocket is opened with CONNECT.
        let reads = [Method::HEAD, Method::CONNECT].contains(method);
        let method = if reads { &Method::GET } else { method };
        let operations = route.and_then(|route| self.by_route.get(route));
        let found = operations.and_then(|all| all.iter().find(|(known, _)| known == method));
        found.map_or(&self.none, |(_, operation)| operation).clone()
    }
}

impl Operation {
    fn new(metrics: &Metrics, dialect: &'static str, name: &'static str) -> Self {
        let duration = metrics
            .families
            .http_request_duration
            .get_or_create_owned(&Durations { dialect, operation: name });
        Self { dialect, name, duration, answered: AtHand::default() }
    }

    /// Counts an answer.
    pub(super) fn count(&self, metrics: &Metrics, status: StatusCode, micros: u64) {
        #[expect(clippy::cast_precision_loss, reason = "a duration, which is short")]
        self.duration.observe(micros as f64 / 1e6);
        self.answered.count(status, || {
            let labels = Requests { dialect: self.dialect, operation: self.name, status: status.as_u16() };
            metrics.families.http_requests.get_or_create_owned(&labels)
        });
    }
}
