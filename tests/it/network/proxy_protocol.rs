//! The PROXY protocol, versions 1 and 2, of trusted proxies.

use presenced::config::Config;

use super::{connect, exchange, one_call_an_address, status, tokenless, trust_this_machine};
use crate::support::TestServer;

fn proxied(config: &mut Config) {
    one_call_an_address(config);
    trust_this_machine(config);
    config.server.proxy_protocol = true;
}

/// A head of version 2 for a client over IPv4.
fn version_2(client: [u8; 4]) -> Vec<u8> {
    let mut head = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c".to_vec();
    head.extend(client);
    head.extend([127, 0, 0, 1, 0x12, 0x67, 0x1f, 0x48]);
    head
}

async fn call(server: &TestServer, head: &[u8], headers: &str) -> String {
    let bytes = [head, tokenless(headers).as_bytes()].concat();
    status(&exchange(connect(server).await, &bytes).await).to_owned()
}

#[tokio::test]
async fn the_client_is_whom_the_proxy_names() {
    let server = TestServer::start_with(proxied).await;
    let one = b"PROXY TCP4 203.0.113.9 127.0.0.1 4711 8008\r\n";
    assert_eq!(call(&server, one, "").await, "401");
    assert_eq!(call(&server, one, "").await, "429");
    assert_eq!(call(&server, &version_2([203, 0, 113, 9]), "").await, "429");
    assert_eq!(call(&server, &version_2([203, 0, 113, 10]), "").await, "401");
    assert_eq!(call(&server, b"PROXY TCP6 2001:db8::1 ::1 4711 8008\r\n", "").await, "401");
    // What that client says of others counts for nothing.
    assert_eq!(call(&server, one, "x-forwarded-for: 192.0.2.1\r\n").await, "429");
    // The proxy for itself, as it asks for its health.
    assert_eq!(call(&server, b"PROXY UNKNOWN\r\n", "").await, "401");
    assert_eq!(call(&server, b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", "").await, "429");
}

#[tokio::test]
async fn a_head_that_is_none_ends_the_connection() {
    let server = TestServer::start_with(proxied).await;
    for head in [
        &b""[..],
        b"PROXY TCP4 203.0.113.9\r\n",
        b"PROXY TCP4 nonsense 127.0.0.1 4711 8008\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x41\x11\0\x0c",
        b"PROXY TCP4 203.0.113.9 127.0.0.1 4711 8008 and more and more and more and more and more and more and more\r\n",
    ] {
        assert_eq!(call(&server, head, "").await, "", "{head:?}");
    }
}

#[tokio::test]
async fn nobody_else_may_speak_it() {
    let server = TestServer::start_with(|config| {
        proxied(config);
        config.server.trusted_proxies.clear();
    })
    .await;
    assert_eq!(call(&server, b"PROXY TCP4 203.0.113.9 127.0.0.1 4711 8008\r\n", "").await, "400");
    assert_eq!(call(&server, b"", "").await, "401");
}
