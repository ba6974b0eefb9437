//! Frames by which users say that they are active, against a bare server that reads and acknowledges the same.

use std::{sync::Arc, time::Duration};

use tokio::task::JoinSet;

use crate::{
    Options,
    bare::Bare,
    client::{Client, Tally},
    figures::Figure,
    server::Server,
};

/// How many sockets send at a time, each its next frame once the one before is acknowledged.
const SENDERS: usize = 64;

const TOKENS: [&str; 3] = ["demo-alice", "demo-bob", "demo-carol"];

const ACTIVITY: &str = r#"{"type":"activity","id":"1"}"#;
pub(super) const ACK: &str = r#"{"type":"ack","id":"1"}"#;

/// How many frames a second are acknowledged.
pub(crate) async fn measure(options: &Options) -> [Figure; 3] {
    let bare = rate(options, &Server::start_bare(Bare::Sockets)).await;
    let ours = rate(options, &Server::start(None)).await;
    let what = format!("activity frames on {SENDERS} sockets");
    [
        Figure::new(format!("{what}: bare server"), bare, "/s"),
        Figure::new(what.clone(), ours, "/s"),
        Figure::new(format!("{what}: bare server's rate against it"), bare / ours, "x").at_most(1.43),
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
