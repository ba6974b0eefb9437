//! Everybody who is present.

use presenced::{
    directory::Profile,
    id::NodeId,
    presence::{Input, State},
};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use super::{APP, add_user, data, get, put_call};
use crate::support::{TestServer, seconds};

fn names(answer: &crate::support::Answer) -> Vec<String> {
    let list = data(answer);
    let users = list.as_array().expect("a list").iter();
    users.map(|user| user["username"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn nobody() {
    let server = TestServer::start().await;
    insta::assert_snapshot!(get(&server, "demo-alice", "/v0/presence").await.line(), @r#"200 {"meta":{"code":200},"data":[]}"#);
}

/// A decision: those seen last come first, those never seen at the end, higher ids before lower ones; the
/// caller is among them.
#[tokio::test]
async fn the_order() {
    let server = TestServer::start().await;
    for (number, name) in ["dave", "erin", "frank", "grace"].into_iter().enumerate() {
        let profile = Profile { number: Some(10 + number as u64), ..Profile::default() };
        add_user(&server, &format!("@{name}:example.com"), profile).await;
    }
    let device = || "DEMO".parse().expect("a device id");
    let update = async |name: &str, input: Input| {
        let user = format!("@{name}:example.com").parse().expect("a user id");
        server.app.service.update(&user, &[input]).await.expect("the store takes it");
    };
    // Two who are connected and never set anything.
    for name in ["dave", "grace"] {
        update(name, Input::Connect { device: device(), node: NodeId::LOCAL, state: State::Online }).await;
    }
    update("frank", Input::Lease { device: device(), text: None, until: None }).await;
    server.advance(seconds(10)).await;
    update("erin", Input::Lease { device: device(), text: None, until: None }).await;
    // Within one second the time does not count.
    server.advance(std::time::Duration::from_millis(900)).await;
    put_call(&server, "?presence=here").send().await;
    for token in ["demo-alice", "demo-carol", APP] {
        let answer = get(&server, token, "/v0/presence").await;
        assert_eq!(names(&answer), ["erin", "alice", "frank", "grace", "dave"], "{token}");
    }
}

/// The pieces of a chunked answer, as they were sent.
async fn pieces(server: &TestServer, path: &str) -> Vec<Vec<u8>> {
    let address = server.url.strip_prefix("http://").expect("an http address");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let head = format!(
        "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer demo-alice\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("a request that is sent");
    let mut answer = BufReader::new(stream);
    let mut lines = String::new();
    while !lines.ends_with("\r\n\r\n") {
        answer.read_line(&mut lines).await.expect("a head");
    }
    assert!(lines.contains("transfer-encoding: chunked"), "{lines}");
    let mut pieces = Vec::new();
    loop {
        let mut size = String::new();
        answer.read_line(&mut size).await.expect("the size of a piece");
        let size = usize::from_str_radix(size.trim_end(), 16).expect("a size");
        let mut piece = vec![0; size + 2];
        answer.read_exact(&mut piece).await.expect("a whole piece");
        piece.truncate(size);
        if piece.is_empty() {
            return pieces;
        }
        pieces.push(piece);
    }
}

/// The list goes out in pieces while it is written: no answer is held as a whole.
#[tokio::test]
async fn a_hundred_thousand() {
    const USERS: usize = 100_000;
    let server = TestServer::start().await;
    let (device, text) = ("D".parse().expect("a device id"), "reading a rather long book".into());
    let input = [Input::Lease { device, text: Some(text), until: None }];
    for number in 0..USERS {
        let id = format!("@user{number}:example.com").parse().expect("a user id");
        let profile = Profile { display_name: Some(format!("User {number}")), ..Profile::default() };
        server.app.directory.put_user(&id, profile, crate::support::START).await.expect("a free number");
        server.app.service.update(&id, &input).await.expect("the store takes it");
    }
    let pieces = pieces(&server, "/v0/presence").await;
    let largest = pieces.iter().map(Vec::len).max().expect("a piece");
    assert!(largest < 100_000, "a piece of {largest} bytes");
    let text = pieces.concat();
    assert!(text.len() > 10_000_000, "{}", text.len());
    let answer: Value = serde_json::from_slice(&text).expect("JSON");
    let users = answer["data"].as_array().expect("a list");
    assert_eq!(users.len(), USERS);
    let ids: Vec<u64> =
        users.iter().map(|user| user["id"].as_str().expect("an id").parse().expect("digits")).collect();
    assert!(ids.is_sorted_by(|one, next| one > next), "all were set in one second");
}
