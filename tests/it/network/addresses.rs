//! How many connections one address may have.

use presenced::config::Config;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{connect, exchange, status, tokenless, trust_this_machine};
use crate::support::TestServer;

fn two_an_address(config: &mut Config) {
    trust_this_machine(config);
    config.server.proxy_protocol = true;
    config.limits.connections_per_address = 2;
}

/// A connection of a client that has been answered, and stays open.
async fn open(server: &TestServer, client: &str) -> tokio::net::TcpStream {
    let mut stream = connect(server).await;
    let request = format!("PROXY TCP6 {client} ::1 4711 8008\r\nGET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("a request that is sent");
    let mut first = [0; 15];
    stream.read_exact(&mut first).await.expect("an answer");
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    stream
}

async fn call(server: &TestServer, client: &str) -> String {
    let request = format!("PROXY TCP6 {client} ::1 4711 8008\r\n{}", tokenless(""));
    status(&exchange(connect(server).await, request.as_bytes()).await).to_owned()
}

#[tokio::test]
async fn one_more_is_closed_at_once() {
    let server = TestServer::start_with(two_an_address).await;
    let held = [open(&server, "2001:db8::1").await, open(&server, "2001:db8::2").await];
    // The two are of one network.
    assert_eq!(call(&server, "2001:db8::3").await, "");
    assert_eq!(call(&server, "2001:db8:0:1::1").await, "401");
    drop(held);
    // The server notices when it reads.
    while call(&server, "2001:db8::3").await != "401" {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn proxies_and_this_machine_have_no_such_limit() {
    let server = TestServer::start_with(|config| {
        config.limits.connections_per_address = 1;
    })
    .await;
    let held = [connect(&server).await, connect(&server).await];
    assert_eq!(status(&exchange(connect(&server).await, tokenless("").as_bytes()).await), "401");
    drop(held);
}
