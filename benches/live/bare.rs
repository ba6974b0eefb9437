//! Bare servers that do for watchers what presenced does, and know nothing: what waking so many and acknowledging so much
//! costs by itself.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Router,
    extract::{RawQuery, State},
    response::{IntoResponse as _, Response, Sse, sse},
    routing,
};
use futures_util::{SinkExt as _, StreamExt as _, stream};
use tokio::{net::TcpListener, sync::watch};
use tokio_tungstenite::{accept_async, tungstenite::Message};

use crate::sockets::ACK;

/// What there is to be compared with.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Bare {
    /// Frames on WebSockets, which are read and acknowledged.
    Sockets,
    /// Streams and waiting requests, which a PUT wakes.
    Watchers,
}

/// What watchers are told, about as long as what presenced tells them.
const EVENT: &str = r#"{"userId":"@bob:example.com","state":"unavailable","lastActiveAgo":0,"currentlyActive":false,"status":{"text":"0"},"lastUpdate":1700000000000}"#;
const SYNC: &str = r#"{"next_batch":"1700000000000000","presence":{"events":[{"content":{"currently_active":false,"last_active_ago":0,"presence":"unavailable","status_msg":"0"},"sender":"@bob:example.com","type":"m.presence"}]}}"#;

pub(crate) async fn serve(what: Bare) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    println!("http://{}", listener.local_addr().expect("it listens"));
    match what {
        Bare::Sockets => acknowledge(listener).await,
        Bare::Watchers => wake(listener).await,
    }
}

/// Greets, and acknowledges every frame.
async fn acknowledge(listener: TcpListener) {
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

/// How often something changed.
type Changes = Arc<watch::Sender<u64>>;

/// Wakes all who wait at each change.
async fn wake(listener: TcpListener) {
    let routes = Router::new()
        .route(crate::BOB, routing::put(change))
        .route("/presenced/v1/changes", routing::get(events))
        .route("/_matrix/client/v3/sync", routing::get(sync))
        .with_state(Changes::default());
    axum::serve(listener, routes).await.expect("it serves");
}

async fn change(State(changes): State<Changes>) -> &'static str {
    changes.send_modify(|changes| *changes += 1);
    "{}"
}

/// One event at once, and one at each change.
async fn events(State(changes): State<Changes>) -> Response {
    let mut waiting = changes.subscribe();
    waiting.mark_changed();
    let events = stream::unfold(waiting, async |mut waiting| {
        waiting.changed().await.ok()?;
        Some((Ok::<_, Infallible>(sse::Event::default().data(EVENT)), waiting))
    });
    Sse::new(events).into_response()
}

/// Waits for a change, unless it is asked for the first time.
async fn sync(State(changes): State<Changes>, RawQuery(query): RawQuery) -> &'static str {
    if query.is_some_and(|query| query.contains("since=")) {
        let _changed = changes.subscribe().changed().await;
    }
    SYNC
}
