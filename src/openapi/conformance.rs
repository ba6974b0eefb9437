//! Whether what goes over the wire is what a document promises: every answer, and every request that was accepted.

mod answers;
mod parameters;
mod schemas;

use std::fmt;

use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header};
use serde_json::Value;

pub(crate) use self::answers::EVENTS;
use self::schemas::Schemas;

/// On answers of a demo: what is not as documented, a line each.
pub(crate) const VIOLATION: HeaderName = HeaderName::from_static("contract-violation");

/// A request and its answer.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    pub method: &'a Method,
    pub uri: &'a Uri,
    pub headers: &'a HeaderMap,
    /// The request's body, if all of it is known.
    pub body: Option<&'a [u8]>,
    pub status: StatusCode,
    pub answer_headers: &'a HeaderMap,
    /// The answer's body, if all of it is known.
    pub answer: Option<&'a [u8]>,
    /// Whether the answer was asked for, whatever the request is.
    pub is_on_demand: bool,
}

/// Who did not do what the document says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// A request was accepted that is not as documented.
    Request,
    /// The answer is not as documented.
    Answer,
}

impl Part {
    /// What it is called in the log, in metrics and in headers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Answer => "answer",
        }
    }
}

/// Something that is not as documented. It tells no value of the exchange, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub part: Part,
    pub what: String,
}

impl Violation {
    fn of_request(what: impl Into<String>) -> Self {
        Self { part: Part::Request, what: what.into() }
    }

    fn of_answer(what: impl Into<String>) -> Self {
        Self { part: Part::Answer, what: what.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.part.name(), self.what)
    }
}

/// A document that is held against what goes over the wire.
pub struct Contract {
    /// What the document says of requests.
    requests: Schemas,
    /// What it says of answers, which may have nothing that it does not name.
    answers: Schemas,
}

/// An operation of a document.
#[derive(Clone, Copy, Debug)]
pub struct Operation<'a> {
    /// Its id.
    pub name: &'a str,
    /// Its path as it is served, with parameters in braces.
    template: &'a str,
    /// What the document says of requests.
    requests: &'a Value,
    /// What it says of answers.
    answers: &'a Value,
}

impl Contract {
    /// Holds a document, in OpenAPI 3.1, against what goes over the wire.
    pub fn of(document: Value) -> Self {
        Self { answers: Schemas::closed(document.clone()), requests: Schemas::new(document) }
    }

    /// The operation of a method on a path of the document. `template` is that path with the base below which it is
    /// served.
    pub fn operation<'a>(&'a self, method: &Method, path: &str, template: &'a str) -> Option<Operation<'a>> {
        let method = if *method == Method::HEAD { "get".to_owned() } else { method.as_str().to_lowercase() };
        let requests = self.requests.document["paths"].get(path)?.get(&method)?;
        let answers = self.answers.document["paths"].get(path)?.get(&method)?;
        Some(Operation { name: requests["operationId"].as_str()?, template, requests, answers })
    }

    /// How many answers are documented: pairs of an operation and a status.
    pub fn documented(&self) -> usize {
        operations(&self.answers.document).map(|operation| members(&operation["responses"]).count()).sum()
    }

    /// What is not as documented in an exchange; without an operation, in the refusal of what the document does not
    /// have.
    pub fn check(&self, operation: Option<Operation<'_>>, exchange: &Exchange<'_>) -> Vec<Violation> {
        // A browser asks that of every path; and over HTTP/2 a socket is asked for so, for which OpenAPI has no words.
        if [Method::OPTIONS, Method::CONNECT].contains(exchange.method) {
            return Vec::new();
        }
        let mut violations = Vec::new();
        match operation {
            Some(operation) => {
                if is_accepted(exchange.status) && !exchange.is_on_demand {
                    parameters::check(&self.requests, operation, exchange, &mut violations);
                    self.check_body(operation, exchange, &mut violations);
                }
                self.check_answer(operation, exchange, &mut violations);
            }
            None => self.check_refusal(exchange, &mut violations),
        }
        violations
    }

    /// The body of a request that was accepted.
    fn check_body(&self, operation: Operation<'_>, exchange: &Exchange<'_>, violations: &mut Vec<Violation>) {
        let documented = &operation.requests["requestBody"];
        let (Some(body), false) = (exchange.body, documented.is_null()) else { return };
        // Stubs in Rust send null for none.
        let (is_required, is_null) = (documented["required"] == true, body.trim_ascii() == b"null");
        if body.is_empty() || (is_null && !is_required) {
            if is_required {
                violations.push(Violation::of_request("there is no body"));
            }
            return;
        }
        let named = media_type(exchange.headers);
        // Where nothing is declared, the first is meant.
        let meant = members(&documented["content"])
            .find(|(name, _)| named.is_empty() || name.eq_ignore_ascii_case(named));
        let Some((name, media)) = meant else {
            violations.push(Violation::of_request(format!("the media type {named} is not documented")));
            return;
        };
        let schema = &media["schema"];
        let value = match name.as_str() {
            "application/x-www-form-urlencoded" => Ok(parameters::form(&self.requests, schema, body)),
            name => parsed(name, body),
        };
        let wrong = value.map_or_else(|why| vec![why], |value| self.requests.errors(schema, &value));
        violations.extend(wrong.into_iter().map(|why| Violation::of_request(format!("body{why}"))));
    }
}

/// Whether what was asked is done, so that it has to be as documented. A redirection may tell of a refusal.
fn is_accepted(status: StatusCode) -> bool {
    status.is_success() || status.is_informational()
}

/// The members of an object; none if it is none.
fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> + Clone {
    value.as_object().into_iter().flatten()
}

/// All operations of a document.
fn operations(document: &Value) -> impl Iterator<Item = &Value> + Clone {
    members(&document["paths"]).flat_map(|(_, item)| members(item)).map(|(_, operation)| operation)
}

/// What a body is declared to be.
pub(crate) fn media_type(headers: &HeaderMap) -> &str {
    let declared =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    declared.split(';').next().unwrap_or_default().trim()
}

/// A body as a value: of JSON what it says, of anything else its text.
fn parsed(media_type: &str, body: &[u8]) -> Result<Value, String> {
    if media_type.ends_with("json") && !media_type.ends_with("ndjson") {
        return serde_json::from_slice(body).map_err(|error| format!(" is not JSON: {error}"));
    }
    std::str::from_utf8(body).map(Value::from).map_err(|_| " is no text".to_owned())
}

/// Whether the names of a header are the same.
fn is_header(documented: &str, sent: &HeaderName) -> bool {
    documented.eq_ignore_ascii_case(sent.as_str())
}
