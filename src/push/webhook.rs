//! Sending webhooks: requests to addresses that users choose, which is why they go to the public internet
//! alone, and to networks that the operator names.
//!
//! The address that counts is the one that is connected to: names are checked after their resolution,
//! within the connection, so that a name cannot point elsewhere between the check and the request.
//! Redirects are not followed, certificates are verified, and an answer is read up to a bound. Without
//! TLS the whole way lies open, so plain `http` goes only to networks that the operator names. What is said of a
//! failure does not tell whether a name is known here that the internet does not know.

mod address;
mod kept;
mod resolver;

use std::{
    error::Error,
    sync::{Arc, OnceLock},
    time::Duration,
};

use arc_swap::ArcSwap;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{Connect, HttpConnector},
    },
    rt::{TokioExecutor, TokioTimer},
};
use url::{Host, Url};

use self::{
    address::Allowed,
    kept::Kept,
    resolver::{Guard, Refused},
};
use crate::{clock::Clock, config};

/// How much of an answer is read, in bytes.
const ANSWER_BYTES: usize = 16 * 1024;

/// The longest address, in bytes.
const ADDRESS_BYTES: usize = 2_048;

/// How long a connection is kept for the next request.
const IDLE: Duration = Duration::from_secs(60);

/// Sends webhooks within the bounds of the configuration, which may change.
pub struct Webhooks {
    sending: ArcSwap<Sending>,
    clock: Arc<dyn Clock>,
}

/// What sends them, as it is configured.
struct Sending {
    allowed: Allowed,
    timeout: Duration,
    /// Over TLS, and made when it is first needed: it reads the machine's certificates.
    secure: OnceLock<Result<Senders<HttpsConnector<Plain>>, String>>,
    plain: Senders<Plain>,
    kept: Kept,
}

type Plain = HttpConnector<Guard>;
type Sender<C> = Client<C, Full<Bytes>>;

/// One that keeps connections for the next request, and one that does not.
struct Senders<C> {
    keeping: Sender<C>,
    closing: Sender<C>,
}

/// An address that webhooks may be sent to, as far as it tells by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Url);

/// What a receiver answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// How long the body was, in bytes.
    pub body_bytes: usize,
}

/// Why an address is not used, or a request got no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    #[error("the address is not an http or https URL of at most {ADDRESS_BYTES} bytes without a password")]
    NoAddress,
    #[error("the address is in a network that webhooks are not sent to")]
    Refused,
    #[error("only https goes to addresses of the public internet")]
    Insecure,
    /// One for names that are unknown and for names of what is not public.
    #[error("the name in the address leads nowhere that webhooks are sent to")]
    NoName,
    #[error("the certificate was not accepted: {0}")]
    Certificate(String),
    #[error("there was no answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    #[error("the answer has more than {ANSWER_BYTES} bytes")]
    AnswerTooLarge,
    #[error("there was no answer: {0}")]
    Unreachable(String),
}

impl Webhooks {
    /// A sender with this configuration.
    pub fn new(config: &config::Webhooks, clock: Arc<dyn Clock>) -> Self {
        Self { sending: ArcSwap::from_pointee(Sending::new(config, clock.clone())), clock }
    }

    /// Sends by another configuration from now on. Connections that are kept may lead where it allows none.
    pub fn replace(&self, config: &config::Webhooks) {
        self.sending.store(Arc::new(Sending::new(config, self.clock.clone())));
    }

    /// Takes an address, if it is one and does not itself say that it leads where webhooks may not go.
    pub fn address(&self, text: &str) -> Result<Address, WebhookError> {
        self.sending.load().address(text)
    }

    /// Sends a POST request and waits for the answer.
    pub async fn post(
        &self,
        address: &Address,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Answer, WebhookError> {
        self.sending.load_full().post(address, headers, body).await
    }
}

impl Sending {
    /// It keeps no more connections than it may have requests under way.
    fn new(config: &config::Webhooks, clock: Arc<dyn Clock>) -> Self {
        let allowed = Allowed::new(config.allow_networks.clone());
        let timeout = Duration::from_millis(config.timeout_milliseconds);
        Self {
            timeout,
            secure: OnceLock::new(),
            plain: Senders::over(connector(Guard::named_only(allowed.clone()))),
            kept: Kept::new(config.concurrent, timeout + IDLE, clock),
            allowed,
        }
    }

    fn address(&self, text: &str) -> Result<Address, WebhookError> {
        let url = Url::parse(text).map_err(|_| WebhookError::NoAddress)?;
        let is_http = matches!(url.scheme(), "http" | "https");
        let is_open = url.username().is_empty() && url.password().is_none();
        if text.len() > ADDRESS_BYTES || !is_http || !is_open {
            return Err(WebhookError::NoAddress);
        }
        let address = Address(url);
        self.check(&address)?;
        Ok(address)
    }

    /// Names are checked when they are resolved; an address in figures never is.
    fn check(&self, address: &Address) -> Result<(), WebhookError> {
        let ip = match address.0.host() {
            Some(Host::Ipv4(ip)) => ip.into(),
            Some(Host::Ipv6(ip)) => ip.into(),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(WebhookError::NoAddress),
        };
        match (self.allowed.names(ip), address::is_public(ip), address.is_secure()) {
            (true, ..) | (_, true, true) => Ok(()),
            (false, true, false) => Err(WebhookError::Insecure),
            (false, false, _) => Err(WebhookError::Refused),
        }
    }

    async fn post(
        &self,
        address: &Address,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Answer, WebhookError> {
        // The configuration may have changed since the address was taken.
        self.check(address)?;
        let exchange = self.exchange(address, headers, body);
        tokio::time::timeout(self.timeout, exchange)
            .await
            .unwrap_or_else(|_| Err(WebhookError::Timeout(self.timeout)))
    }

    async fn exchange(
        &self,
        address: &Address,
        headers: HeaderMap,
        body: Vec<u8>,
    ) -> Result<Answer, WebhookError> {
        let mut request = Request::post(address.0.as_str())
            .body(Full::from(body))
            .map_err(|error| WebhookError::Unreachable(error.to_string()))?;
        *request.headers_mut() = headers;
        let keeps = self.kept.keep(&address.0.origin().ascii_serialization());
        let answer = if address.is_secure() {
            self.secure()?.of(keeps).request(request).await
        } else {
            self.plain.of(keeps).request(request).await
        };
        let answer = answer.map_err(|error| why(&error))?;
        let (parts, body) = answer.into_parts();
        Ok(Answer { status: parts.status, headers: parts.headers, body_bytes: drain(body).await? })
    }

    fn secure(&self) -> Result<&Senders<HttpsConnector<Plain>>, WebhookError> {
        let made = self.secure.get_or_init(|| {
            let builder = HttpsConnectorBuilder::new()
                .with_provider_and_platform_verifier(rustls::crypto::ring::default_provider())
                .map_err(|error| error.to_string())?
                .https_only()
                .enable_http1();
            let guard = Guard::public_and_named(self.allowed.clone());
            Ok(Senders::over(builder.wrap_connector(connector(guard))))
        });
        made.as_ref().map_err(|why| WebhookError::Certificate(why.clone()))
    }
}

impl Address {
    /// The address as it is written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whose it is: the receiver that listens there.
    pub fn receiver(&self) -> String {
        let (host, port) = (self.0.host_str().unwrap_or_default(), self.0.port_or_known_default());
        format!("{host}:{}", port.unwrap_or_default())
    }

    fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }
}

fn connector(guard: Guard) -> Plain {
    let mut connector = HttpConnector::new_with_resolver(guard);
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector
}

impl<C: Connect + Clone> Senders<C> {
    fn over(connector: C) -> Self {
        Self { keeping: sender(connector.clone(), 1), closing: sender(connector, 0) }
    }

    fn of(&self, keeps: bool) -> &Sender<C> {
        if keeps { &self.keeping } else { &self.closing }
    }
}

/// A sender that keeps so many connections to each receiver.
fn sender<C: Connect + Clone>(connector: C, kept: usize) -> Sender<C> {
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(kept)
        .http1_max_buf_size(ANSWER_BYTES)
        .build(connector)
}

/// Where an address leads: scheme, host and port, without what may be secret of it.
pub fn origin(address: &str) -> Option<String> {
    Url::parse(address).ok().map(|url| url.origin().ascii_serialization())
}

/// Reads an answer's body and throws it away. Says how long it was.
async fn drain(body: Incoming) -> Result<usize, WebhookError> {
    match Limited::new(body, ANSWER_BYTES).collect().await {
        Ok(body) => Ok(body.to_bytes().len()),
        Err(error) if error.is::<LengthLimitError>() => Err(WebhookError::AnswerTooLarge),
        Err(error) => Err(WebhookError::Unreachable(error.to_string())),
    }
}

/// What stands behind an error of the sender: its last cause, unless one on the way says more.
fn why(error: &(dyn Error + 'static)) -> WebhookError {
    let mut cause = error;
    loop {
        if cause.is::<Refused>() {
            return WebhookError::NoName;
        }
        if let Some(rustls::Error::InvalidCertificate(why)) = cause.downcast_ref() {
            return WebhookError::Certificate(why.to_string());
        }
        // An I/O error shows what it holds as itself, not as its cause.
        let held = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        match held.map(|held| held as &(dyn Error + 'static)).or_else(|| cause.source()) {
            Some(next) => cause = next,
            None => return WebhookError::Unreachable(cause.to_string()),
        }
    }
}
