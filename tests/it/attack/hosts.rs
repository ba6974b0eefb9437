//! Requests that do not say which host they are for, or say it twice.

use axum::{
    body::Body,
    http::{Request, Version},
};
use hyper::client::conn::http2::handshake;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{TestServer, connect};

/// Sends a request with these headers, and returns all that comes back.
async fn answer(server: &TestServer, version: &str, headers: &str) -> String {
    let mut stream = connect(server).await;
    let request = format!("GET /healthz HTTP/{version}\r\n{headers}connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("a request that is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

#[tokio::test]
async fn a_request_has_one_host() {
    let server = TestServer::start().await;
    for headers in [
        "",
        "host: a\r\nhost: a\r\n",
        "host: a\r\nhost: b\r\n",
        "host:\r\n",
        "host: a b\r\n",
        "host: a/b\r\n",
        "host: user@a\r\n",
        "host: a:port\r\n",
        "host: a:80:80\r\n",
        "host: a:99999\r\n",
        "host: http://a\r\n",
        "host: [::1\r\n",
        "host: :80\r\n",
    ] {
        let answer = answer(&server, "1.1", headers).await;
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{headers:?} {answer}");
        assert!(answer.contains("connection: close\r\n"), "{headers:?} {answer}");
        assert!(
            answer.ends_with("\r\n\r\nA request has one Host header, with the name of a host.\n"),
            "{answer}"
        );
    }
    for headers in ["a", "a:80", "a.example.com.", "127.0.0.1:8008", "[::1]", "[::1]:8008", "a_b", "a:"] {
        let answer = answer(&server, "1.1", &format!("host: {headers}\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{headers:?} {answer}");
    }
    let old = answer(&server, "1.0", "").await;
    assert!(old.starts_with("HTTP/1.0 200 OK\r\n"), "{old}");
}

/// A target that has a host goes before the header, as proxies send it.
#[tokio::test]
async fn the_host_of_a_target_counts() {
    let server = TestServer::start().await;
    let url = async |target: &str, host: &str| {
        let mut stream = connect(&server).await;
        let request = format!("GET {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("a request that is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        answer
    };
    let answer = url("http://one.example/openapi/", "other.example").await;
    assert!(answer.contains("\"http://one.example/openapi/matrix.json\""), "{answer}");
    let answer = url("http://user@one.example/openapi/", "one.example").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

/// HTTP/2 has no need of the header; where there is one it says the same.
#[tokio::test]
async fn over_http2_there_is_one_host_too() {
    let server = TestServer::start().await;
    for (host, status) in [("asked.example", 200), ("Asked.EXAMPLE", 200), ("other.example", 400)] {
        let stream = TokioIo::new(connect(&server).await);
        let (mut sender, connection) = handshake(TokioExecutor::new(), stream).await.expect("HTTP/2");
        let _connection = tokio::spawn(connection);
        let request = Request::get("http://asked.example/healthz").version(Version::HTTP_2);
        let request = request.header("host", host).body(Body::empty()).expect("a request");
        assert_eq!(sender.send_request(request).await.expect("an answer").status(), status, "{host}");
    }
}
