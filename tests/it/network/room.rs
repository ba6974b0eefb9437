//! How many connections there may be, and that this can change.

use presenced::config::Config;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{TestServer, connect};

fn resize(server: &TestServer, connections: usize) {
    let mut config = Config::clone(&server.app.config);
    config.limits.connections = connections;
    let reloaded = server.app.reload(&config);
    assert_eq!((reloaded.now, reloaded.later), (vec!["limits.connections".to_owned()], Vec::new()));
}

/// Asks on a connection, without waiting for the answer.
async fn asking(server: &TestServer) -> TcpStream {
    let mut stream = connect(server).await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("a request");
    stream
}

async fn answered(stream: &mut TcpStream) {
    let mut first = [0; 15];
    stream.read_exact(&mut first).await.expect("an answer");
    assert_eq!(&first, b"HTTP/1.1 200 OK");
}

/// How many connections the server has.
fn open(server: &TestServer) -> String {
    let figures = server.figures();
    let line = figures.lines().find(|line| line.starts_with("presenced_connections ")).expect("a figure");
    line.rsplit(' ').next().expect("a value").to_owned()
}

#[tokio::test]
async fn fewer_places_are_taken_back_as_they_become_free() {
    let server = TestServer::start_with(|config| config.limits.connections = 4).await;
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut stream = asking(&server).await;
        answered(&mut stream).await;
        held.push(stream);
    }
    resize(&server, 2);
    let mut waiting = asking(&server).await;
    // Two go, and there are as many as there may be.
    held.truncate(2);
    while open(&server) != "2" {
        tokio::task::yield_now().await;
    }
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
        assert_eq!(open(&server), "2", "nobody takes their places");
    }
    held.pop();
    answered(&mut waiting).await;
    assert_eq!(open(&server), "2");
    resize(&server, 3);
    let mut third = asking(&server).await;
    answered(&mut third).await;
    drop((held, waiting, third));
    server.stop().await;
}
