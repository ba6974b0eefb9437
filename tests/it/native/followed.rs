//! Sockets that come and go.

use fastrand::Rng;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{BOB, TestServer, frames::Frames};

/// Sockets that are opened and dropped at any moment leave nothing behind.
#[tokio::test]
async fn everything_comes_back() {
    let server = TestServer::start_with(|config| config.limits.connections_per_address = 0).await;
    let mut random = Rng::with_seed(7);
    let mut open: Vec<Frames> = Vec::new();
    for number in 0..600 {
        let token = ["demo-alice", "demo-bob", "demo-carol", "demo-admin"][number % 4];
        let mut socket = Frames::connect(&server, "", Some(token)).await;
        // Some are gone before they are greeted.
        for step in 0..random.u8(0..4) {
            let frame = match step {
                0 => json!({"type": "watch", "everyone": true}),
                1 => json!({"type": "activity"}),
                _ => json!({"type": "unwatch", "everyone": true}),
            };
            socket.send(frame).await;
        }
        open.push(socket);
        if open.len() > 40 {
            open.swap_remove(random.usize(..open.len()));
        }
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

async fn own_devices(server: &TestServer, user: &str) -> Vec<Value> {
    let own = server.call(Method::GET, "/presenced/v1/users/me/presence").token(&format!("demo-{user}"));
    own.send().await.json()["devices"].as_array().cloned().unwrap_or_default()
}
