//! A socket of presenced's own API. Every frame that it receives is held to the AsyncAPI document.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _, http::HeaderValue},
};

use super::{TestServer, conformance, secrets};

/// How long a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Frames {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Pings that came.
    pub pings: usize,
    /// The resume token that came last.
    pub token: String,
}

/// What came last on a socket.
#[derive(Debug, PartialEq)]
pub(crate) enum Came {
    Frame(Value),
    /// With this code and reason.
    Closed(Option<(u16, String)>),
}

impl Frames {
    /// Opens a socket with more in the address and a token in the header, or without one.
    pub(crate) async fn connect(server: &TestServer, query: &str, token: Option<&str>) -> Self {
        let (frames, protocol) = Self::connect_speaking(server, query, token, Some("presenced.v1")).await;
        assert_eq!(protocol.as_deref(), Some("presenced.v1"));
        frames
    }

    /// The same in a protocol of the client's choice, or in none. Says which the server takes.
    pub(crate) async fn connect_speaking(
        server: &TestServer,
        query: &str,
        token: Option<&str>,
        protocol: Option<&'static str>,
    ) -> (Self, Option<String>) {
        secrets::note_in(query);
        let url = format!("{}/presenced/v1/socket{query}", server.url.replacen("http", "ws", 1));
        let mut request = url.into_client_request().expect("a request");
        if let Some(protocol) = protocol {
            request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(protocol));
        }
        if let Some(token) = token {
            secrets::note(token);
            let bearer = HeaderValue::try_from(format!("Bearer {token}")).expect("a header");
            request.headers_mut().insert("authorization", bearer);
        }
        let (stream, answer) = connect_async(request).await.expect("a WebSocket");
        let taken = answer.headers().get("sec-websocket-protocol").and_then(|taken| taken.to_str().ok());
        (Self { stream, pings: 0, token: String::new() }, taken.map(str::to_owned))
    }

    /// Opens a socket and is signed in.
    pub(crate) async fn open(server: &TestServer, token: &str) -> Self {
        let mut frames = Self::connect(server, "", Some(token)).await;
        assert_eq!(frames.frame().await["type"], "ready");
        frames
    }

    /// What it runs over.
    pub(crate) fn connection(&self) -> &TcpStream {
        match self.stream.get_ref() {
            MaybeTlsStream::Plain(connection) => connection,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        secrets::note_in(&frame.to_string());
        self.send_message(Message::text(frame.to_string())).await;
    }

    pub(crate) async fn send_message(&mut self, message: Message) {
        self.stream.send(message).await.expect("a socket that takes a message");
    }

    /// The next that comes.
    pub(crate) async fn next(&mut self) -> Came {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("something in time");
            match next {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).expect("JSON");
                    let name = frame["type"].as_str().expect("a type");
                    assert_eq!(conformance::message_verdict("socket", name, &frame), Ok(()), "{frame}");
                    if let Some(token) = frame["token"].as_str() {
                        self.token = token.to_owned();
                    }
                    return Came::Frame(frame);
                }
                Some(Ok(Message::Ping(_))) => self.pings += 1,
                Some(Ok(Message::Close(close))) => {
                    return Came::Closed(close.map(|close| (close.code.into(), close.reason.to_string())));
                }
                Some(Err(_)) | None => return Came::Closed(None),
                Some(Ok(other)) => panic!("{other:?}"),
            }
        }
    }

    /// The next frame.
    pub(crate) async fn frame(&mut self) -> Value {
        match self.next().await {
            Came::Frame(frame) => frame,
            Came::Closed(close) => panic!("closed: {close:?}"),
        }
    }

    /// With what code and reason it is closed, whatever comes before.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            if let Came::Closed(close) = self.next().await {
                return close.expect("a code");
            }
        }
    }

    /// Sends a frame with an id, and returns what comes until its answer, that answer included.
    pub(crate) async fn ask(&mut self, mut frame: Value) -> Vec<Value> {
        frame["id"] = json!("ask");
        self.send(frame).await;
        let mut came = Vec::new();
        loop {
            came.push(self.frame().await);
            if came.last().is_some_and(|frame| frame["id"] == "ask") {
                return came;
            }
        }
    }

    /// Watches, and returns what the snapshots have.
    pub(crate) async fn watch(&mut self, list: Value) -> Vec<(String, String)> {
        let mut frame = list;
        frame["type"] = json!("watch");
        let came = self.ask(frame).await;
        let (last, snapshots) = came.split_last().expect("an answer");
        assert_eq!(last["type"], "ack", "{last}");
        let more = snapshots.iter().map(|snapshot| snapshot["more"] == true);
        assert!(snapshots.iter().all(|frame| frame["type"] == "snapshot"), "{snapshots:?}");
        assert_eq!(more.filter(|more| !more).count(), 1, "{snapshots:?}");
        snapshots.iter().flat_map(told).collect()
    }

    /// Whom the next frame tells of, and their states.
    pub(crate) async fn told(&mut self) -> Vec<(String, String)> {
        let frame = self.frame().await;
        assert_eq!(frame["type"], "presence", "{frame}");
        told(&frame)
    }

    /// Who is gone by the next frame.
    pub(crate) async fn told_gone(&mut self) -> Vec<String> {
        let frame = self.frame().await;
        assert_eq!(frame["type"], "gone", "{frame}");
        serde_json::from_value(frame["users"].clone()).expect("ids")
    }

    /// What is refused: the status, and why.
    pub(crate) async fn refused(&mut self, frame: Value) -> (u64, String) {
        let answer = self.ask(frame).await.pop().expect("an answer");
        assert_eq!(answer["type"], "error", "{answer}");
        let detail = answer["detail"].as_str().expect("text").to_owned();
        (answer["status"].as_u64().expect("a status"), detail)
    }
}

/// Whom a frame has, and their states.
pub(crate) fn told(frame: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let users = frame["users"].as_array().expect("users").iter();
    users.map(|user| (text(&user["userId"]), text(&user["state"]))).collect()
}

impl Frames {
    /// The code with which it was closed; none if the connection was cut.
    pub(crate) async fn closed_or_cut(&mut self) -> Option<u16> {
        loop {
            if let Came::Closed(close) = self.next().await {
                return close.map(|(code, _)| code);
            }
        }
    }
}
