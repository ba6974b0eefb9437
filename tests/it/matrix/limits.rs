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
