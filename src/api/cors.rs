//! What pages of other origins may do.

use std::mem;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::config::Server;

/// How many header lines an answer usually has, at most.
const USUAL: usize = 12;

/// How long a browser may remember what it was told about a path, in seconds: a day.
const MAX_AGE: HeaderValue = HeaderValue::from_static("86400");

const ALL: HeaderValue = HeaderValue::from_static("*");

/// What pages of other origins may do with a dialect.
#[derive(Clone, Copy, Debug)]
pub struct Cors {
    pub methods: &'static str,
    /// The headers that they may send.
    pub request_headers: &'static str,
    /// The headers that they may read, besides those that every page may.
    pub exposed_headers: &'static str,
}

impl Cors {
    /// What the Matrix specification has ("Web Browser Clients").
    pub const USUAL: Self = Self {
        methods: "GET, HEAD, POST, PUT, DELETE, OPTIONS",
        request_headers: "X-Requested-With, Content-Type, Authorization, Date",
        exposed_headers: "Retry-After",
    };

    /// What says so on every answer.
    pub(crate) fn lines(self) -> Lines {
        Lines(
            [
                (header::ACCESS_CONTROL_ALLOW_METHODS, self.methods),
                (header::ACCESS_CONTROL_ALLOW_HEADERS, self.request_headers),
                (header::ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed_headers),
            ]
            .map(|(name, value)| (name, HeaderValue::from_static(value))),
        )
    }
}

/// The header lines of a dialect's answers, made once.
#[derive(Debug)]
pub(crate) struct Lines([(HeaderName, HeaderValue); 3]);

impl Lines {
    /// Puts them on an answer.
    pub(crate) fn put_on(&self, headers: &mut HeaderMap) {
        // Room for those that other layers add, made once: a map that grows files all again.
        let own = mem::replace(headers, HeaderMap::with_capacity(USUAL));
        headers.extend(own);
        for (name, value) in &self.0 {
            headers.insert(name, value.clone());
        }
    }
}

/// Lets pages ask for answers on demand, and read what is said of them, as they may in a demo.
pub(crate) fn show_demo(headers: &mut HeaderMap) {
    headers.append(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Prefer"));
    let told = HeaderValue::from_static("Contract-Violation, Preference-Applied");
    headers.append(header::ACCESS_CONTROL_EXPOSE_HEADERS, told);
}

/// Lets the pages of every origin read an answer.
pub(crate) fn allow_all(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ALL);
}

/// Lets the pages of an origin read an answer, if the operator allows them to.
pub(crate) fn allow(server: &Server, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
    if allows_all(server) {
        allow_all(headers);
        return;
    }
    depends_on_origin(headers);
    if let Some(origin) = origin.filter(|origin| is_allowed(server, origin)) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
}

/// The same, with what the browser knows of the user.
pub(crate) fn allow_with_credentials(server: &Server, origin: &HeaderValue, headers: &mut HeaderMap) {
    depends_on_origin(headers);
    if is_allowed(server, origin) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
}

/// How long the answer to a preflight holds.
pub(crate) fn hold(headers: &mut HeaderMap) {
    const NAME: HeaderName = header::ACCESS_CONTROL_MAX_AGE;
    headers.insert(NAME, MAX_AGE);
}

fn allows_all(server: &Server) -> bool {
    server.allowed_origins.iter().any(|allowed| allowed == "*")
}

fn is_allowed(server: &Server, origin: &HeaderValue) -> bool {
    server.allowed_origins.iter().any(|allowed| allowed == "*" || origin == allowed.as_str())
}

fn depends_on_origin(headers: &mut HeaderMap) {
    let vary = headers.get_all(header::VARY).iter().any(|value| value == "Origin");
    if !vary {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
}
