//! Which operation a request is, and its figures.

use std::sync::LazyLock;

use axum::http::{Method, StatusCode};
use hashbrown::HashMap;
use parking_lot::RwLock;
use prometheus_client::metrics::{counter::Counter, histogram::Histogram};

use super::{Durations, Metrics, Requests};
use crate::api;

/// The name of what is no operation.
const NONE: &str = "none";

/// The operations of one dialect by their routes.
pub(crate) struct Operations {
    by_route: HashMap<String, Vec<(Method, Operation)>>,
    none: Operation,
}

/// The figures of one operation.
pub(crate) struct Operation {
    dialect: &'static str,
    name: &'static str,
    duration: Histogram,
    /// By status, of which there are few.
    answered: RwLock<Vec<(StatusCode, Counter)>>,
}

/// An operation in a document.
struct Named {
    dialect: &'static str,
    method: Method,
    path: String,
    name: String,
}

/// All operations of all documents.
static NAMED: LazyLock<Vec<Named>> = LazyLock::new(|| {
    let mut named = Vec::new();
    for dialect in api::ALL {
        for (path, item) in (dialect.document)().paths.paths {
            let operations = [
                (Method::GET, item.get),
                (Method::PUT, item.put),
                (Method::POST, item.post),
                (Method::DELETE, item.delete),
            ];
            for (method, operation) in operations {
                let name = operation.and_then(|operation| operation.operation_id);
                let (dialect, path) = (dialect.name, path.clone());
                named.extend(name.map(|name| Named { dialect, method, path, name }));
            }
        }
    }
    named
});

impl Operations {
    /// The operations of a dialect, under each of the paths below which it is served.
    pub(crate) fn new(metrics: &Metrics, dialect: &'static str, bases: &[&str]) -> Self {
        let mut by_route: HashMap<String, Vec<(Method, Operation)>> = HashMap::new();
        for named in NAMED.iter().filter(|named| named.dialect == dialect) {
            for base in bases {
                let operation = Operation::new(metrics, dialect, &named.name);
                let route = by_route.entry(format!("{base}{}", named.path)).or_default();
                route.push((named.method.clone(), operation));
            }
        }
        Self { by_route, none: Operation::new(metrics, dialect, NONE) }
    }

    /// The operation of a method on a route.
    pub(crate) fn find(&self, method: &Method, route: Option<&str>) -> &Operation {
        // Over HTTP/2 a WebSocket is opened with CONNECT.
        let reads = [Method::HEAD, Method::CONNECT].contains(method);
        let method = if reads { &Method::GET } else { method };
        let operations = route.and_then(|route| self.by_route.get(route));
        let found = operations.and_then(|all| all.iter().find(|(known, _)| known == method));
        found.map_or(&self.none, |(_, operation)| operation)
    }
}

impl Operation {
    fn new(metrics: &Metrics, dialect: &'static str, name: &'static str) -> Self {
        let duration = metrics
            .families
            .http_request_duration
            .get_or_create_owned(&Durations { dialect, operation: name });
        Self { dialect, name, duration, answered: RwLock::default() }
    }

    /// Counts an answer.
    pub(crate) fn count(&self, metrics: &Metrics, status: StatusCode, micros: u64) {
        #[expect(clippy::cast_precision_loss, reason = "a duration, which is short")]
        self.duration.observe(micros as f64 / 1e6);
        if let Some((_, counter)) = self.answered.read().iter().find(|(known, _)| *known == status) {
            counter.inc();
            return;
        }
        let labels = Requests { dialect: self.dialect, operation: self.name, status: status.as_u16() };
        let counter = metrics.families.http_requests.get_or_create_owned(&labels);
        counter.inc();
        let mut answered = self.answered.write();
        if !answered.iter().any(|(known, _)| *known == status) {
            answered.push((status, counter));
        }
    }
}
