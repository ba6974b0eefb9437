//! How calls go to the server, and how their answers are read.

use std::{fmt, sync::Arc, time::Duration};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode};
use reqwest::{
    Method, RequestBuilder, Response, StatusCode, Upgraded, Version,
    header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE},
};
use serde::{Serialize, de::DeserializeOwned};
use tokio_tungstenite::tungstenite::handshake::{client::generate_key, derive_accept_key};

use super::{
    Error, Result, TIMEOUT,
    dialect::{Dialect, NATIVE},
};

/// Calls a server, such as `http://127.0.0.1:8008`, with a token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: Arc<str>,
    token: Option<Arc<str>>,
    prefer: Option<Arc<str>>,
    timeout: Duration,
}

/// A call that is being put together.
pub(super) struct Call {
    request: RequestBuilder,
    server: Arc<str>,
    dialect: &'static Dialect,
    timeout: Duration,
}

impl Client {
    /// A client of the server at `url`, without a token.
    pub fn new(url: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().build();
        Self {
            http: http.expect("a client with these settings can be built"),
            url: url.trim_end_matches('/').into(),
            token: None,
            prefer: None,
            timeout: TIMEOUT,
        }
    }

    /// The same client with this token: a user's, a service token, or the admin's.
    pub fn token(self, token: &str) -> Self {
        Self { token: Some(token.into()), ..self }
    }

    /// How long a call may take, its answer included; 30 seconds unless it is said. Of what has no end, such as an
    /// export, it bounds how long is waited for it to begin.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Sends the header `Prefer` with each call: a demo answers `code=429` with its documented example, so that programs
    /// can be tried with any answer.
    pub fn prefer(self, wish: &str) -> Self {
        Self { prefer: Some(wish.into()), ..self }
    }

    /// Goes out by a client of reqwest with settings of your own.
    pub fn http(self, http: reqwest::Client) -> Self {
        Self { http, ..self }
    }

    /// The server's address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What work comes to that has as long as a call.
    pub(super) async fn in_time<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        in_time(self.timeout, &self.url, work).await
    }

    pub(super) fn get(&self, path: impl AsRef<str>) -> Call {
        self.call(&NATIVE, Method::GET, path.as_ref())
    }

    pub(super) fn put(&self, path: impl AsRef<str>) -> Call {
        self.call(&NATIVE, Method::PUT, path.as_ref())
    }

    pub(super) fn post(&self, path: impl AsRef<str>) -> Call {
        self.call(&NATIVE, Method::POST, path.as_ref())
    }

    pub(super) fn delete(&self, path: impl AsRef<str>) -> Call {
        self.call(&NATIVE, Method::DELETE, path.as_ref())
    }

    pub(super) fn call(&self, dialect: &'static Dialect, method: Method, path: &str) -> Call {
        let mut request = self.http.request(method, format!("{}{}{path}", self.url, dialect.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(wish) = &self.prefer {
            request = request.header("prefer", &**wish);
        }
        Call { request, server: self.url.clone(), dialect, timeout: self.timeout }
    }
}

/// Without the token.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("url", &self.url)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl Call {
    pub(super) fn json(self, body: &impl Serialize) -> Self {
        Self { request: self.request.json(body), ..self }
    }

    pub(super) fn query(self, parameters: &impl Serialize) -> Self {
        Self { request: self.request.query(parameters), ..self }
    }

    pub(super) fn header(self, name: &'static str, value: &str) -> Self {
        Self { request: self.request.header(name, value), ..self }
    }

    /// What is answered.
    pub(super) async fn answer<T: DeserializeOwned>(self) -> Result<T> {
        let server = self.server.clone();
        let body = self.whole().await?;
        serde_json::from_slice(&body).map_err(|error| Error::unreadable(&server, error))
    }

    /// That it is done.
    pub(super) async fn done(self) -> Result<()> {
        self.whole().await.map(drop)
    }

    /// An answer that goes on, of which only the beginning has its time.
    pub(super) async fn begun(self) -> Result<Response> {
        let Self { request, server, dialect, timeout } = self;
        let begin = async {
            let response = request.send().await.map_err(|error| Error::unanswered(&server, error))?;
            succeeded(response, &server, dialect).await
        };
        in_time(timeout, &server, begin).await
    }

    /// A connection that is a WebSocket from now on.
    /// Source: RFC 6455, section 4.1.
    pub(super) async fn upgraded(self) -> Result<Upgraded> {
        let Self { request, server, dialect, .. } = self;
        let unanswered = |error| Error::unanswered(&server, error);
        let key = generate_key();
        let request = request
            .version(Version::HTTP_11)
            .header(CONNECTION, "upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, &key);
        let response = request.send().await.map_err(unanswered)?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(Error::refused(&server, dialect, response).await);
        }
        let is_meant = response
            .headers()
            .get(SEC_WEBSOCKET_ACCEPT)
            .is_some_and(|accepted| accepted.as_bytes() == derive_accept_key(key.as_bytes()).as_bytes());
        if !is_meant {
            return Err(Error::Broken { server: server.to_string() });
        }
        response.upgrade().await.map_err(unanswered)
    }

    async fn whole(self) -> Result<Vec<u8>> {
        let Self { request, server, dialect, timeout } = self;
        let unanswered = |error| Error::unanswered(&server, error);
        let response = request.timeout(timeout).send().await.map_err(unanswered)?;
        let response = succeeded(response, &server, dialect).await?;
        Ok(response.bytes().await.map_err(unanswered)?.into())
    }
}

/// What work comes to that has its time.
async fn in_time<T>(timeout: Duration, server: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| Error::TimedOut { server: server.to_owned() };
    tokio::time::timeout(timeout, work).await.map_err(late)?
}

async fn succeeded(response: Response, server: &str, dialect: &Dialect) -> Result<Response> {
    match response.status().is_success() {
        true => Ok(response),
        false => Err(Error::refused(server, dialect, response).await),
    }
}

/// What is encoded in a path segment. The hyphen stands in names of our own, which are matched as they are.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-');

/// One path segment, percent-encoded.
pub(super) fn segment(text: &str) -> PercentEncode<'_> {
    percent_encoding::utf8_percent_encode(text, ENCODED)
}
