//! What is known of a request beside its text: who sent it, and by which names it is found again.

use std::{
    any::Any,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue};

/// The header by which a request is found in the logs of all who had to do with it.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The header that says which trace a request belongs to. Source: W3C, Trace Context.
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// The header with what each tool on the way keeps of a trace. Source: as above.
const TRACE_STATE: HeaderName = HeaderName::from_static("tracestate");

/// How much of it is handed on, in bytes.
const STATE_BYTES: usize = 512;

/// How a client calls the server: scheme, host and the path before ours. Readers may believe them.
pub const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
pub const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
pub const PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

tokio::task_local! {
    static TRACE: Trace;
}

/// Works as part of a trace.
pub async fn traced<T>(trace: Trace, work: impl Future<Output = T>) -> T {
    TRACE.scope(trace, work).await
}

/// The trace that the present work is part of, if it is part of one.
pub fn current_trace() -> Option<Trace> {
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
    pub trace: Option<Trace>,
}

/// Stands among the extensions of a request that opens a socket over a connection which it shares with others. Whoever
/// serves the socket holds it for as long as that lasts: a connection with nothing under way is closed.
#[derive(Clone)]
pub struct Lasting(#[expect(dead_code, reason = "it is there to be dropped")] Arc<dyn Any + Send + Sync>);

impl Lasting {
    /// Holds something.
    pub fn new(held: impl Any + Send + Sync) -> Self {
        Self(Arc::new(held))
    }
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

/// A place in a trace, as it is handed on: the headers of W3C's Trace Context, version 00, or of a later one that
/// begins so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    parent: HeaderValue,
    /// What the client's own tools keep there.
    state: Option<HeaderValue>,
}

impl Trace {
    /// The trace that a request's headers name.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let parent = headers.get(TRACE_PARENT)?;
        let state = || state_in(headers).and_then(|state| HeaderValue::try_from(state).ok());
        is_parent(parent).then(|| Self { parent: parent.clone(), state: state() })
    }

    /// Hands it on with what is sent next.
    pub fn put_on(self, headers: &mut HeaderMap) {
        headers.insert(TRACE_PARENT, self.parent);
        if let Some(state) = self.state {
            headers.insert(TRACE_STATE, state);
        }
    }

    /// The id of the trace.
    pub fn id(&self) -> &str {
        self.parent.to_str().ok().and_then(|text| text.split('-').nth(1)).unwrap_or_default()
    }
}

fn is_parent(value: &HeaderValue) -> bool {
    let Ok(text) = value.to_str() else { return false };
    let mut parts = text.split('-');
    let mut part = |length| {
        let is_hex = |part: &&str| {
            part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        parts.next().filter(is_hex)
    };
    let (Some(version), Some(trace), Some(parent), Some(_flags)) = (part(2), part(32), part(16), part(2))
    else {
        return false;
    };
    let is_set = |id: &str| id.bytes().any(|byte| byte != b'0');
    let is_known = version != "ff" && (version != "00" || text.len() == 55);
    is_known && is_set(trace) && is_set(parent)
}

/// All lines as one list. One that is longer than servers have to hand on is left out, as the specification allows.
fn state_in(headers: &HeaderMap) -> Option<String> {
    let lines: Option<Vec<&str>> =
        headers.get_all(TRACE_STATE).iter().map(|line| line.to_str().ok()).collect();
    let state = lines?.join(",");
    (1..=STATE_BYTES).contains(&state.len()).then_some(state)
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
