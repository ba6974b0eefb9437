//! Clients whose network goes: no packet of theirs comes any more, and none says so.

use presenced::demo;
use reqwest::Method;
use socket2::{SockFilter, SockRef};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{ALICE, TestServer, connect};

/// From now on the system throws away whatever comes for a connection, so that nothing is acknowledged.
fn cut_off(stream: &tokio::net::TcpStream) {
    // "Return 0", which is how many bytes of each packet are kept. Source: linux/bpf_common.h.
    let nothing = SockFilter::new(6, 0, 0, 0);
    SockRef::from(stream).attach_filter(&[nothing]).expect("a filter");
}

#[tokio::test]
async fn a_stream_into_nowhere_ends() {
    let server = TestServer::start_with(|config| {
        config.limits.stream_write_seconds = 1;
        config.limits.stream_heartbeat_seconds = 1;
    })
    .await;
    let mut stream = connect(&server).await;
    let path = "/presenced/v1/changes";
    let head = format!(
        "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer demo-alice\r\naccept: text/event-stream\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("a request");
    stream.read_exact(&mut [0; 15]).await.expect("an answer");
    let streams = async || {
        let figures =
            server.call(Method::GET, "/metrics").token(demo::ADMIN_TOKEN).send_undocumented().await.text;
        let line = figures.lines().find(|line| line.starts_with("presenced_watchers{channel=\"sse\"}"));
        line.expect("a figure").rsplit(' ').next().expect("a value").to_owned()
    };
    assert_eq!(streams().await, "1");
    cut_off(&stream);
    while streams().await != "0" {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.presence("demo-alice", ALICE).await.status, 200);
}
