//! A WebSocket of the RingCentral dialect. What it receives is checked against the document.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use super::{TestServer, conformance};

/// How long a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A socket over a connection of its own, or over what a stream is otherwise.
pub(crate) struct Socket<S = MaybeTlsStream<TcpStream>> {
    stream: WebSocketStream<S>,
    /// The first message: what is said of it, and its body.
    pub details: (Value, Value),
    requests: u32,
}

/// What came last on a socket.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received {
    Message(Value, Value),
    Ping,
    Closed,
}

/// A token for sockets.
pub(crate) async fn socket_token(server: &TestServer, token: &str) -> Value {
    let call = server.call(Method::POST, "/restapi/oauth/wstoken").token(token);
    call.send().await.json()
}

impl Socket {
    /// Opens a socket as the owner of a token.
    pub(crate) async fn open(server: &TestServer, token: &str) -> Self {
        Self::open_with(server, token, "").await
    }

    /// The same with more in the query.
    pub(crate) async fn open_with(server: &TestServer, token: &str, query: &str) -> Self {
        let token = socket_token(server, token).await;
        let (uri, text) = (token["uri"].as_str().expect("a URI"), token["ws_access_token"].as_str());
        let mut socket =
            Self::connect(&format!("{uri}?access_token={}{query}", text.expect("a token"))).await;
        let Received::Message(meta, body) = socket.receive().await else { panic!("no first message") };
        assert_eq!(meta["type"], "ConnectionDetails", "{meta} {body}");
        socket.details = (meta, body);
        socket
    }

    /// Connects to an address, and awaits nothing.
    pub(crate) async fn connect(address: &str) -> Self {
        let (stream, _) = connect_async(address).await.expect("a WebSocket");
        Self::over(stream)
    }

    /// Goes on where a socket was that broke.
    pub(crate) async fn recover(server: &TestServer, token: &str, wsc: &Value) -> Self {
        let query = format!("&wsc={}", wsc["token"].as_str().expect("a token"));
        Self::open_with(server, token, &query).await
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// A socket that is open.
    pub(crate) fn over(stream: WebSocketStream<S>) -> Self {
        Self { stream, details: (Value::Null, Value::Null), requests: 0 }
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        self.send_text(&message.to_string()).await;
    }

    pub(crate) async fn send_text(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.expect("a socket that takes a message");
    }

    /// Sends bytes that need not be a message, nor a part of one.
    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).await.expect("a connection that takes bytes");
    }

    /// Waits for the end. Says which code came with it.
    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("something in time");
            match next {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    /// Sends a request, and waits for its answer: what is said of it, and its body.
    pub(crate) async fn request(&mut self, method: &str, path: &str, body: Value) -> (Value, Value) {
        self.requests += 1;
        let id = format!("request-{}", self.requests);
        let meta = json!({"type": "ClientRequest", "messageId": id, "method": method, "path": path});
        self.send(&json!([meta, body])).await;
        loop {
            if let Received::Message(meta, body) = self.receive().await
                && meta["messageId"] == *id
            {
                assert_eq!(meta["type"], "ClientRequest");
                return (meta, body);
            }
        }
    }

    /// Subscribes to filters. Says what the subscription is.
    pub(crate) async fn subscribe(&mut self, filters: &[&str]) -> Value {
        let wish = json!({"eventFilters": filters, "deliveryMode": {"transportType": "WebSocket"}});
        let (meta, info) = self.request("POST", "/restapi/v1.0/subscription", wish).await;
        assert_eq!(meta["status"], 200, "{info}");
        assert_eq!(meta["headers"]["WSG-SubscriptionId"], info["id"]);
        info
    }

    /// The next that comes.
    pub(crate) async fn receive(&mut self) -> Received {
        let next = tokio::time::timeout(PATIENCE, self.stream.next()).await.expect("something in time");
        match next {
            Some(Ok(Message::Text(text))) => {
                let mut members: Vec<Value> = serde_json::from_str(&text).expect("a JSON array");
                let body = if members.len() > 1 { members.remove(1) } else { Value::Null };
                Received::Message(members.remove(0), body)
            }
            Some(Ok(Message::Ping(_))) => Received::Ping,
            Some(Ok(Message::Close(_)) | Err(_)) | None => Received::Closed,
            Some(Ok(other)) => panic!("{other:?}"),
        }
    }

    /// The next message as it is written.
    pub(crate) async fn text(&mut self) -> String {
        match tokio::time::timeout(PATIENCE, self.stream.next()).await {
            Ok(Some(Ok(Message::Text(text)))) => text.to_string(),
            other => panic!("no text: {other:?}"),
        }
    }

    /// The next message: what is said of it, and its body.
    pub(crate) async fn message(&mut self) -> (Value, Value) {
        loop {
            match self.receive().await {
                Received::Message(meta, body) => return (meta, body),
                Received::Ping => {}
                Received::Closed => panic!("the socket was closed"),
            }
        }
    }

    /// The next notification.
    pub(crate) async fn told(&mut self) -> Value {
        self.told_with_meta().await.1
    }

    /// The next notification, and what is said of it.
    pub(crate) async fn told_with_meta(&mut self) -> (Value, Value) {
        let (meta, notification) = self.message().await;
        assert_eq!(meta["type"], "ServerNotification", "{notification}");
        assert_eq!(conformance::notification_verdict(&notification), Ok(()), "{notification}");
        (meta, notification)
    }

    /// Waits for the end. Says which error was named before it.
    pub(crate) async fn end(&mut self) -> Value {
        let mut error = Value::Null;
        loop {
            match self.receive().await {
                Received::Message(meta, body) if meta["type"] == "Error" => error = body["errorCode"].clone(),
                Received::Closed => return error,
                _ => {}
            }
        }
    }
}
