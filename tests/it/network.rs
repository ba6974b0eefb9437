//! Networks: who is at the other end, by what protocol, and how the server is called.

mod activation;
mod addresses;
mod challenges;
mod cors;
mod forwarded;
mod http2;
mod names;
mod origins;
mod proxies;
mod proxy_protocol;
mod room;
pub(crate) mod tls;
mod unix;

use presenced::{
    api::pnut::config::Pnut,
    config::{Config, Section as _},
    server::Listener,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::connect;

/// Trusts the machine that the tests run on.
fn trust_this_machine(config: &mut Config) {
    config.server.trusted_proxies = vec!["127.0.0.1".parse().expect("a network")];
}

/// Lets each address make one call without a token in pnut's dialect: the first is refused with 401 as all are
/// without a token, the second with 429.
fn one_call_an_address(config: &mut Config) {
    *config.section_mut() = Pnut { anonymous_reads: 1, ..Pnut::defaults().clone() };
}

async fn listener() -> Listener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port").into()
}

/// Sends bytes, and returns all that comes back until the server closes the connection.
async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) -> String {
    let _closed_early = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _reset = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

/// A call in pnut's dialect that brings no token, as it is sent.
fn tokenless(headers: &str) -> String {
    format!("GET /v0/presence HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n")
}

/// The status of an answer as it was received; nothing, if there was none.
fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}
