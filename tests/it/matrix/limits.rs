//! Bounds: sizes and rates. What is over them changes nothing.

use std::{num::NonZeroU32, time::Duration};

use reqwest::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{ALICE, BOB, TestServer, seconds, status_path};

#[tokio::test]
async fn a_status_of_exactly_the_limit() {
    let server = TestServer::start().await;
    let longest = "é".repeat(512);
    let put = server.set_presence("demo-alice", ALICE, json!({"presence": "online", "status_msg": longest}));
    assert_eq!(put.await.line(), "200 {}");
    let before = server.presence("demo-bob", ALICE).await.line();
    server.advance(seconds(1)).await;
    let too_long = longest + "x";
    let put =
        server.set_presence("demo-alice", ALICE, json!({"presence": "offline", "status_msg": too_long}));
    insta::assert_snapshot!(put.await.line(), @r#"413 {"errcode":"M_TOO_LARGE","error":"the status has 1025 bytes; at most 1024 are allowed"}"#);
    let after = server.presence("demo-bob", ALICE).await.line();
    assert_eq!(after, before.replace("\"last_active_ago\":0", "\"last_active_ago\":1000"));
}

#[tokio::test]
async fn a_body_that_declares_too_much() {
    let server = TestServer::start().await;
    let put = server.call(Method::PUT, status_path(ALICE)).token("demo-alice");
    let body = format!(r#"{{"presence": "online"}}{}"#, " ".repeat(65_536));
    insta::assert_snapshot!(put.body(body).send().await.line(), @r#"413 {"errcode":"M_TOO_LARGE","error":"The request body is larger than the 65536 bytes allowed"}"#);
    let put = server.call(Method::PUT, status_path(ALICE)).token("demo-alice");
    let online = r#"{"presence": "online"}"#;
    let body = online.to_owned() + &" ".repeat(65_536 - online.len());
    assert_eq!(put.body(body).send().await.line(), "200 {}");
}

/// Sends text as it is and returns what comes back until the server closes.
async fn raw(server: &TestServer, request: &str) -> String {
    let address = server.url.strip_prefix("http://").expect("an http address");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("a request that is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

#[tokio::test]
async fn a_body_that_grows_too_large_undeclared() {
    let server = TestServer::start_with(|config| config.limits.body_bytes = 100).await;
    let chunk = format!("{:x}\r\n{}\r\n", 150, " ".repeat(150));
    let request = format!(
        "PUT {} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer demo-alice\r\ntransfer-encoding: chunked\r\n\
         connection: close\r\n\r\n{chunk}0\r\n\r\n",
        status_path(ALICE)
    );
    let answer = raw(&server, &request).await;
    assert!(answer.starts_with("HTTP/1.1 413 Payload Too Large\r\n"), "{answer}");
    assert!(answer.contains(r#"{"errcode":"M_TOO_LARGE""#), "{answer}");
}

#[tokio::test]
async fn a_body_that_ends_early_changes_nothing() {
    let server = TestServer::start().await;
    let address = server.url.strip_prefix("http://").expect("an http address");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = format!(
        "PUT {} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer demo-alice\r\ncontent-length: 22\r\n\r\n{{\"presence\"",
        status_path(ALICE)
    );
    stream.write_all(request.as_bytes()).await.expect("a request that is sent");
    stream.shutdown().await.expect("an end");
    let mut answer = String::new();
    let _closed_early = stream.read_to_string(&mut answer).await;
    assert!(answer.is_empty() || answer.contains("M_NOT_JSON"), "{answer}");
    assert_eq!(server.presence("demo-bob", ALICE).await.line(), r#"200 {"presence":"offline"}"#);
}

#[tokio::test]
async fn too_many_puts_of_one_user() {
    let server = TestServer::start_with(|config| {
        config.limits.put_per_second = 0.1;
        config.limits.put_burst = NonZeroU32::new(2).expect("not zero");
    })
    .await;
    let online = json!({"presence": "online"});
    // The devices of a user share one bucket; other users and readers have nothing to do with it.
    assert_eq!(server.set_presence("demo-alice", ALICE, online.clone()).await.status, 200);
    assert_eq!(server.set_presence("demo-alice-2", ALICE, online.clone()).await.status, 200);
    let limited = server.set_presence("demo-alice", ALICE, json!({"presence": "offline"})).await;
    insta::assert_snapshot!(limited.line(), @r#"429 {"errcode":"M_LIMIT_EXCEEDED","error":"Too many requests","retry_after_ms":10000}"#);
    assert_eq!(limited.header("retry-after"), "10");
    assert_eq!(server.presence("demo-bob", ALICE).await.json()["presence"], "online");
    assert_eq!(server.set_presence("demo-bob", BOB, online.clone()).await.status, 200);
    server.advance(Duration::from_millis(9_001)).await;
    let limited = server.set_presence("demo-alice", ALICE, online.clone()).await;
    assert_eq!(limited.json()["retry_after_ms"], 999);
    assert_eq!(limited.header("retry-after"), "1");
    server.advance(Duration::from_millis(999)).await;
    assert_eq!(server.set_presence("demo-alice", ALICE, online).await.status, 200);
}

/// Opens a connection and sends a PUT of alice's up to where the server waits for its body.
async fn up_to_the_body(server: &TestServer) -> TcpStream {
    let address = server.url.strip_prefix("http://").expect("an http address");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let head = format!(
        "PUT {} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer demo-alice\r\ncontent-length: 22\r\n\
         expect: 100-continue\r\nconnection: close\r\n\r\n",
        status_path(ALICE)
    );
    stream.write_all(head.as_bytes()).await.expect("a head that is sent");
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.expect("100 Continue");
    stream
}

#[tokio::test]
async fn a_body_that_does_not_come() {
    let server = TestServer::start().await;
    let mut stream = up_to_the_body(&server).await;
    // From here on time passes as soon as everybody waits.
    tokio::time::pause();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    tokio::time::resume();
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request"), "{answer}");
    assert!(answer.contains(r#""errcode":"M_NOT_JSON""#), "{answer}");
}

#[tokio::test]
async fn a_user_that_is_removed_meanwhile() {
    let server = TestServer::start().await;
    let mut stream = up_to_the_body(&server).await;
    assert_eq!(server.admin(Method::DELETE, &format!("/users/{ALICE}"), None).await.status, 204);
    stream.write_all(br#"{"presence": "online"}"#).await.expect("a body that is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 401 Unauthorized"), "{answer}");
    assert!(answer.contains(r#""errcode":"M_UNKNOWN_TOKEN""#), "{answer}");
}

#[tokio::test]
async fn a_head_that_is_too_large() {
    let server = TestServer::start_with(|config| config.limits.head_bytes = 8_192).await;
    let request = format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "x".repeat(9_000));
    let answer = raw(&server, &request).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test]
async fn a_head_that_does_not_come() {
    let server = TestServer::start().await;
    let address = server.url.strip_prefix("http://").expect("an http address");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost:").await.expect("half a head that is sent");
    tokio::time::pause();
    let mut answer = String::new();
    let closed = stream.read_to_string(&mut answer).await;
    tokio::time::resume();
    assert!(closed.is_err() || answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn a_connection_too_many_waits_for_its_turn() {
    let server = TestServer::start_with(|config| config.limits.connections = 1).await;
    let address = server.url.strip_prefix("http://").expect("an http address");
    let request = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut first = TcpStream::connect(address).await.expect("a connection");
    first.write_all(request).await.expect("a request that is sent");
    let mut begun = [0; 15];
    first.read_exact(&mut begun).await.expect("an answer");
    let mut second = TcpStream::connect(address).await.expect("a connection");
    second.write_all(request).await.expect("a request that is sent");
    for _ in 0..100 {
        tokio::task::yield_now().await;
        assert!(second.try_read(&mut [0]).is_err(), "it has to wait");
    }
    drop(first);
    second.read_exact(&mut begun).await.expect("an answer");
    assert_eq!(&begun, b"HTTP/1.1 200 OK");
}
