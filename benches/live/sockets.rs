//! Frames by which users say that they are active, against a bare server that reads and acknowledges the same.

use std::{sync::Arc, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_tungstenite::{accept_async, tungstenite::Message};

use crate::{
    Options,
    client::{Client, Tally},
    server::Server,
    table::Row,
};

/// How many sockets send at a time, each its next frame once the one before is acknowledged.
const SENDERS: usize = 64;

const TOKENS: [&str; 3] = ["demo-alice", "demo-bob", "demo-carol"];

const ACTIVITY: &str = r#"{"type":"activity","id":"1"}"#;
const ACK: &str = r#"{"type":"ack","id":"1"}"#;

/// How many frames a second are acknowledged.
pub(crate) async fn measure(options: &Options) -> [Row; 3] {
    let bare = rate(options, &Server::start_bare()).await;
    let ours = rate(options, &Server::start(None)).await;
    let what = format!("activity frames on {SENDERS} sockets");
    [
        Row::new(format!("{what}: bare server"), bare, "/s", None),
        Row::new(what.clone(), ours, "/s", None),
        Row::new(format!("{what}: bare server's rate against it"), bare / ours, "x", Some(1.43)),
    ]
}

async fn rate(options: &Options, server: &Server) -> f64 {
    let tally = Arc::new(Tally::default());
    let mut sending = JoinSet::new();
    for number in 0..SENDERS {
        let mut client = Client::connect(server.address, number).await;
        client.upgrade("/presenced/v1/socket", TOKENS[number % TOKENS.len()]).await;
        // It is greeted.
        client.frame().await;
        let tally = tally.clone();
        sending.spawn(async move {
            loop {
                client.send_text(ACTIVITY).await;
                client.frame().await;
                tally.add();
            }
        });
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = tally.count();
    tokio::time::sleep(Duration::from_secs(options.seconds.into())).await;
    let count = u32::try_from(tally.count() - before).expect("fewer than 4 billion");
    f64::from(count) / f64::from(options.seconds)
}

/// A server that greets, and acknowledges every frame.
pub(crate) async fn serve_bare() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    println!("http://{}", listener.local_addr().expect("it listens"));
    loop {
        let (stream, _) = listener.accept().await.expect("connections");
        stream.set_nodelay(true).expect("the connection is open");
        tokio::spawn(async move {
            let mut socket = accept_async(stream).await.expect("a handshake");
            let mut is_sent = socket.send(Message::text(r#"{"type":"ready"}"#)).await.is_ok();
            while is_sent && let Some(Ok(frame)) = socket.next().await {
                let frame: serde_json::Value =
                    serde_json::from_slice(&frame.into_data()).expect("a frame in JSON");
                assert_eq!(frame["type"], "activity");
                is_sent = socket.send(Message::text(ACK)).await.is_ok();
            }
        });
    }
}
