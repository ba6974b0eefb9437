//! Clients whose network goes: no packet of theirs comes any more, and none says so.

use presenced::demo;
use reqwest::Method;
use serde_json::json;
use socket2::{SockFilter, SockRef};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{ALICE, TestServer, connect, frames::Frames, seconds};

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

/// Pings find it out, and the user's device is not connected any more.
#[tokio::test]
async fn a_socket_into_nowhere_ends() {
    let server = TestServer::start().await;
    let mut socket = Frames::open(&server, "demo-alice").await;
    socket.ask(json!({"type": "activity"})).await;
    cut_off(socket.connection());
    server.advance(seconds(20)).await;
    while server.app.alarms.sleepers() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.app.service.watchers(), 1, "it was asked, and may yet answer");
    server.advance(seconds(10)).await;
    server.watched_by(0).await;
    let own = async || {
        let own = server.call(Method::GET, "/presenced/v1/users/me/presence").token("demo-alice");
        own.send().await.json()
    };
    while own().await["devices"][0]["connected"] == true {
        tokio::task::yield_now().await;
    }
    server.advance(seconds(30)).await;
    assert_eq!(own().await["state"], "offline");
}

/// The timer of the server's end of a connection; 2 is that of the questions whether the client is still there.
/// Source: Linux, Documentation/networking/proc_net_tcp.rst.
fn timer(server: u16, client: u16) -> Option<String> {
    let table = std::fs::read_to_string("/proc/net/tcp").expect("the connections of this machine");
    let ends = [server, client].map(|port| format!("0100007F:{port:04X}"));
    let mut lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let line = lines.find(|fields| fields[1..3] == ends)?;
    line[5].split(':').next().map(str::to_owned)
}

/// A connection on which nobody says anything is asked now and then: a waiting `/sync`, above all.
#[tokio::test]
async fn silent_clients_are_asked_whether_they_are_there() {
    let server = TestServer::start().await;
    let stream = connect(&server).await;
    let port = |address: std::io::Result<std::net::SocketAddr>| address.expect("an address").port();
    let (here, there) = (port(stream.local_addr()), port(stream.peer_addr()));
    while timer(there, here).as_deref() != Some("02") {
        tokio::task::yield_now().await;
    }
}
