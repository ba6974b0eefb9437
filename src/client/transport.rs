//! How calls go to the server, and how their answers are read.

use std::{fmt, sync::Arc, time::Duration};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode};
use reqwest::{Method, RequestBuilder, Response};
use serde::{Serialize, de::DeserializeOwned};

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
        let late = |_| Error::TimedOut { server: server.to_string() };
        tokio::time::timeout(timeout, begin).await.map_err(late)?
    }

    async fn whole(self) -> Result<Vec<u8>> {
        let Self { request, server, dialect, timeout } = self;
        let unanswered = |error| Error::unanswered(&server, error);
        let response = request.timeout(timeout).send().await.map_err(unanswered)?;
        let response = succeeded(response, &server, dialect).await?;
        Ok(response.bytes().await.map_err(unanswered)?.into())
    }
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
