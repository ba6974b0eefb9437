//! What is known of a request beside its text: who sent it, and by which names it is found again.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::{Extensions, HeaderName, HeaderValue};

/// The header by which a request is found in the logs of all who had to do with it.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header that says which trace a request belongs to. Source: W3C, Trace Context.
pub const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// How a client calls the server: scheme, host and the path before ours. Whoever reads them may believe them.
pub const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
pub const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
pub const PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

tokio::task_local! {
    static TRACE: TraceParent;
}

/// Works as part of a trace.
pub async fn traced<T>(trace: TraceParent, work: impl Future<Output = T>) -> T {
    TRACE.scope(trace, work).await
}

/// The trace that the present work is part of, if it is part of one.
pub fn current_trace() -> Option<TraceParent> {
    TRACE.try_with(Clone::clone).ok()
}

/// Stands among a request's extensions.
#[derive(Clone, Debug)]
pub struct RequestInfo {
    /// Who sent it, as far as those tell who are trusted.
    pub client: IpAddr,
    /// What it is called, by the client or by the server.
    pub id: HeaderValue,
    /// The trace that it belongs to, if the client says so.
    pub trace: Option<TraceParent>,
}

impl RequestInfo {
    /// Where a request comes from. Without a connection, as in a test of routes alone, from this machine.
    pub fn client_of(extensions: &Extensions) -> IpAddr {
        extensions.get::<Self>().map_or(Ipv4Addr::LOCALHOST.into(), |info| info.client)
    }

    /// What the request is called, for logs.
    pub fn name(&self) -> &str {
        self.id.to_str().unwrap_or_default()
    }
}

/// A place in a trace, in the form in which it is handed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceParent(HeaderValue);

impl TraceParent {
    /// Takes a header that has the form of version 00, or of a later one that begins so.
    pub fn new(value: &HeaderValue) -> Option<Self> {
        let text = value.to_str().ok()?;
        let mut parts = text.split('-');
        let mut part = |length| {
            let is_hex = |part: &&str| {
                part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            };
            parts.next().filter(is_hex)
        };
        let (version, trace, parent, _flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        let is_set = |id: &str| id.bytes().any(|byte| byte != b'0');
        let is_known = version != "ff" && (version != "00" || text.len() == 55);
        (is_known && is_set(trace) && is_set(parent)).then(|| Self(value.clone()))
    }

    /// The value of the header.
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }

    /// The id of the trace.
    pub fn trace(&self) -> &str {
        self.0.to_str().ok().and_then(|text| text.split('-').nth(1)).unwrap_or_default()
    }
}

/// Whether what a client calls its request can stand in logs and headers.
pub fn is_id(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    (1..=128).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
}

/// Of an IPv6 address the network counts, of which each customer has one.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
        address @ IpAddr::V4(_) => address,
    }
}
