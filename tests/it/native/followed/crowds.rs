//! Sockets that come and go, and those that do not read, or say too much.

use fastrand::Rng;
use futures_util::{StreamExt as _, stream};
use reqwest::Method;
use serde_json::{Value, json};

use super::rounds;
use crate::support::{BOB, TestServer, frames::Frames};

/// How many are opened at a time: fewer than the kernel keeps waiting for a server.
const AT_ONCE: usize = 100;

const TOKENS: [&str; 4] = ["demo-alice", "demo-bob", "demo-carol", "demo-admin"];

/// Sockets that are opened and dropped at any moment leave nothing behind: 100 in each round.
#[tokio::test]
async fn everything_comes_back() {
    let server = TestServer::start_with(|config| {
        config.limits.connections_per_address = 0;
        config.limits.streams_per_user = 10_000;
    })
    .await;
    let mut random = Rng::with_seed(7);
    let mut open: Vec<Frames> = Vec::new();
    for _ in 0..rounds(6) {
        let several = stream::iter(0..AT_ONCE).map(|number| one(&server, number, random.u8(0..6)));
        open.extend(several.buffer_unordered(20).collect::<Vec<_>>().await);
        random.shuffle(&mut open);
        open.truncate(AT_ONCE / 2);
    }
    drop(open);
    server.watched_by(0).await;
    assert_eq!((server.app.service.watchers(), server.app.service.marks()), (0, 0));
    for user in ["alice", "bob", "carol"] {
        while own_devices(&server, user).await.iter().any(|device| device["connected"] == true) {
            tokio::task::yield_now().await;
        }
    }
    let mut again = Frames::open(&server, "demo-alice").await;
    again.watch(json!({"users": [BOB]})).await;
}

/// A socket that did so much of what sockets do. Most are gone before they are greeted.
async fn one(server: &TestServer, number: usize, steps: u8) -> Frames {
    let mut socket = Frames::connect(server, "", Some(TOKENS[number % TOKENS.len()])).await;
    for step in 0..steps {
        let frame = match step {
            0 => json!({"type": "watch", "everyone": true}),
            1 => json!({"type": "activity"}),
            2 => json!({"type": "presence", "state": "busy"}),
            _ => json!({"type": "unwatch", "everyone": true}),
        };
        socket.send(frame).await;
    }
    socket
}

async fn own_devices(server: &TestServer, user: &str) -> Vec<Value> {
    let own = server.call(Method::GET, "/presenced/v1/users/me/presence").token(&format!("demo-{user}"));
    own.send().await.json()["devices"].as_array().cloned().unwrap_or_default()
}

/// What a socket says without reading waits on its own connection, and ends with it.
#[tokio::test]
async fn whoever_says_much_and_reads_nothing_is_cut() {
    let server = TestServer::start_with(|config| config.limits.stream_write_seconds = 1).await;
    let socket = Frames::open(&server, "demo-alice").await;
    let frame = masked(r#"{"type":"activity","id":"1"}"#);
    let mut sent = 0;
    while server.app.service.watchers() > 0 {
        match socket.connection().try_write(&frame) {
            Ok(bytes) => sent += bytes,
            Err(_) => tokio::task::yield_now().await,
        }
        // As much as the system keeps for a connection, and no more.
        assert!(sent < 64 << 20, "{sent} bytes were taken");
    }
    Frames::open(&server, "demo-alice").await;
}

/// Frames as fast as they go, of one socket, hold up nobody else, nor what that one is told.
#[tokio::test]
async fn whoever_says_much_holds_up_nobody() {
    let server = TestServer::start_with(|config| config.limits.stream_pause_milliseconds = 0).await;
    let (mut loud, mut quiet) =
        (Frames::open(&server, "demo-alice").await, Frames::open(&server, "demo-carol").await);
    loud.watch(json!({"users": [BOB]})).await;
    for number in 0..20 {
        for _ in 0..200 {
            loud.send(json!({"type": "activity"})).await;
        }
        quiet.watch(json!({"everyone": true})).await;
        quiet.ask(json!({"type": "unwatch", "everyone": true})).await;
        let status = json!({"presence": "online", "status_msg": number.to_string()});
        server.set_presence("demo-bob", BOB, status).await;
        assert_eq!(loud.told().await, [(BOB.to_owned(), "online".to_owned())]);
    }
}

/// A text frame of a client, whose mask of zeros changes nothing.
fn masked(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).ok().filter(|length| *length < 126).expect("a short text");
    [&[0x81, 0x80 | length, 0, 0, 0, 0], text.as_bytes()].concat()
}
