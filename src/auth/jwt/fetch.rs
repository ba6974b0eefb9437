//! Gets what issuers publish: from addresses that the operator trusts, within bounds on size and time, and from nowhere
//! that they lead on to.

use std::{error::Error, sync::OnceLock, time::Duration};

use axum::http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

/// The largest set of keys, in bytes.
const MOST_BYTES: usize = 512 * 1_024;

/// The largest head of an answer, in bytes.
const HEAD_BYTES: usize = 64 * 1_024;

type Sender = Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

/// A client that is made when it is first needed: it reads the machine's certificates.
#[derive(Default)]
pub(super) struct Fetcher(OnceLock<Result<Sender, String>>);

impl Fetcher {
    /// What is at an address, or why that is not told.
    pub(super) async fn get(&self, url: &str, timeout: Duration) -> Result<Bytes, String> {
        let sender = self.0.get_or_init(sender).as_ref().map_err(Clone::clone)?;
        let exchange = exchange(sender, url);
        let late = |_| Err(format!("there was no whole answer within {} ms", timeout.as_millis()));
        tokio::time::timeout(timeout, exchange).await.unwrap_or_else(late)
    }
}

fn sender() -> Result<Sender, String> {
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_platform_verifier(rustls::crypto::ring::default_provider())
        .map_err(|error| error.to_string())?
        .https_or_http()
        .enable_http1()
        .build();
    Ok(Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .http1_max_buf_size(HEAD_BYTES)
        .build(connector))
}

async fn exchange(sender: &Sender, url: &str) -> Result<Bytes, String> {
    let request = Request::get(url).header(header::ACCEPT, "application/json").body(Empty::new());
    let request = request.map_err(|error| error.to_string())?;
    let answer = sender.request(request).await.map_err(|error| last_cause(&error))?;
    if answer.status() != StatusCode::OK {
        return Err(format!("the answer is {}", answer.status()));
    }
    let body = Limited::new(answer.into_body(), MOST_BYTES).collect().await;
    body.map(http_body_util::Collected::to_bytes).map_err(|error| last_cause(&*error))
}

fn last_cause(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
