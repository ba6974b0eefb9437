//! Requests of which only a part comes.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{TestServer, connect};

/// Nobody waits so long for what may never come; far less than the grace.
const PATIENCE: Duration = Duration::from_secs(60);

async fn server() -> TestServer {
    TestServer::start_with(|config| {
        config.server.shutdown_grace_seconds = 600;
        config.limits.head_seconds = 600;
    })
    .await
}

#[tokio::test]
async fn half_a_head_is_not_waited_for_at_the_end() {
    let server = server().await;
    let mut held = Vec::new();
    for begun in [
        "GET /healthz HTTP/1.1\r\nhost: x\r\n",
        "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nGET /healthz HTTP/1.1\r\nho",
        "G",
        "",
        "PRI * HTTP/2.0\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        // Settings, and the first half of a request's head.
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0\0\0\u{20}\u{1}\0\0\0\0\u{1}\u{2}",
    ] {
        let mut stream = connect(&server).await;
        stream.write_all(begun.as_bytes()).await.expect("a part of a head");
        if begun.contains("\r\n\r\n") && begun.starts_with("GET") {
            stream.read_exact(&mut [0; 15]).await.expect("an answer to the first");
        }
        held.push(stream);
    }
    // All of them were taken: one more is answered.
    let mut stream = connect(&server).await;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("a request");
    stream.read_exact(&mut [0; 15]).await.expect("an answer");
    tokio::time::timeout(PATIENCE, server.stop()).await.expect("an end long before the grace is over");
    drop(held);
}

/// An answer that the client takes slowly is one that is waited for.
#[tokio::test]
async fn an_answer_is_handed_over_to_its_end() {
    let server = server().await;
    let mut stream = connect(&server).await;
    let head = b"GET /openapi/ringcentral.json HTTP/1.1\r\nhost: x\r\n\r\n";
    stream.write_all(&head.repeat(200)).await.expect("requests");
    let mut first = [0; 15];
    stream.read_exact(&mut first).await.expect("the begin of an answer");
    let address = server.url.trim_start_matches("http://").to_owned();
    let stopping = tokio::spawn(server.stop());
    let mut rest = Vec::new();
    let mut piece = vec![0; 4_096];
    // There is more to send than the network holds when the server ends: from then on it takes no connection.
    while TcpStream::connect(&address).await.is_ok() {
        let read = stream.read(&mut piece).await.expect("more");
        rest.extend(&piece[..read]);
    }
    stream.read_to_end(&mut rest).await.expect("whole answers");
    let text = String::from_utf8_lossy(&rest);
    let (head, _) = text.split_once("\r\n\r\n").expect("a head");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    let length: usize = length.parse().expect("a number");
    // The connection ends where an answer does.
    let last = text.rfind("HTTP/1.1 200 OK").map_or(0, |at| at);
    let (_, body) = text[last..].split_once("\r\n\r\n").expect("a head");
    assert_eq!(body.len(), length);
    stopping.await.expect("a server that ends");
}

async fn impatient() -> TestServer {
    TestServer::start_with(|config| config.limits.head_seconds = 3).await
}

/// Reads until the server closes the connection.
async fn all(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let closed = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut all)).await;
    closed.expect("an end").expect("an orderly one");
    String::from_utf8(all).expect("text")
}

#[tokio::test]
async fn half_a_head_is_given_up() {
    let server = impatient().await;
    for (begun, answers) in [
        ("GET /healthz HTTP/1.1\r\nho", 0),
        ("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nGET /he", 1),
        // Nothing comes after an answer.
        ("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n", 1),
    ] {
        let mut stream = connect(&server).await;
        stream.write_all(begun.as_bytes()).await.expect("a part of a head");
        assert_eq!(all(&mut stream).await.matches("HTTP/1.1 200 OK").count(), answers, "{begun}");
    }
}

/// The time for a head does not run before the answers to those before were taken.
#[tokio::test]
async fn an_answer_may_be_taken_for_longer_than_a_head() {
    const REQUESTS: usize = 50;
    let server = impatient().await;
    let head = b"GET /openapi/ringcentral.json HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut stream = connect(&server).await;
    stream.write_all(&head.repeat(REQUESTS)).await.expect("requests");
    // Who says nothing is given up meanwhile.
    all(&mut connect(&server).await).await;
    assert_eq!(all(&mut stream).await.matches("HTTP/1.1 200 OK").count(), REQUESTS);
}
