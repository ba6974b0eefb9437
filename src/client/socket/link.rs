//! One connection of a socket.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::{Sink as _, Stream as _, StreamExt as _};
use reqwest::{StatusCode, Upgraded};
use serde_json::Value;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, Message, protocol::Role},
};

use super::standing::Standing;
use crate::{
    api::presenced::types::{Problem, ServerFrame},
    client::{Client, Error, Result},
};

/// A connection that is open.
pub(super) struct Link {
    socket: WebSocketStream<Upgraded>,
}

/// What a connection had to say.
pub(super) enum Received {
    Text(String),
    /// The server asked whether the client is there, and is answered.
    Nothing,
    End(Ending),
}

/// How a connection ended.
pub(super) enum Ending {
    /// It may be made again.
    Broken,
    Closed {
        code: u16,
        reason: String,
    },
}

/// Close codes of what would be the same another time: a protocol that is not kept, what is not taken, and a token that is
/// none.
const FOR_GOOD: [u16; 6] = [1002, 1003, 1007, 1008, 1009, 4401];

impl Link {
    /// Connects, and waits for the first frame: that the server is ready, with which anything may be said.
    pub(super) async fn open(client: &Client, device: Option<&str>) -> Result<(Self, Value)> {
        let device = device.map(|device| [("deviceId", device)]);
        let call = client.get("socket").query(&device);
        let begin = async {
            let socket = call.upgraded().await?;
            let socket = WebSocketStream::from_raw_socket(socket, Role::Client, None).await;
            let mut link = Self { socket };
            let first = link.first(client.url()).await?;
            Ok((link, first))
        };
        client.in_time(begin).await
    }

    async fn first(&mut self, server: &str) -> Result<Value> {
        let broken = || Error::Broken { server: server.to_owned() };
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Text(text))) => return accepted(server, &text),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => return Err(broken()),
            }
        }
    }

    /// Sends what is to be sent, and waits for what comes.
    pub(super) fn poll_exchange(
        &mut self,
        standing: &mut Standing,
        context: &mut Context<'_>,
    ) -> Poll<Received> {
        // Where nothing can be sent any more, what is read says why.
        let _sent = self.poll_send(standing, context);
        Pin::new(&mut self.socket).poll_next(context).map(received)
    }

    fn poll_send(
        &mut self,
        standing: &mut Standing,
        context: &mut Context<'_>,
    ) -> Poll<std::result::Result<(), tungstenite::Error>> {
        let mut socket = Pin::new(&mut self.socket);
        while standing.has_more() {
            match socket.as_mut().poll_ready(context) {
                Poll::Ready(Ok(())) => {}
                other => return other,
            }
            if let Some(text) = standing.next() {
                socket.as_mut().start_send(Message::text(text))?;
            }
        }
        socket.poll_flush(context)
    }
}

/// The first frame, unless it says why the client is not let in.
fn accepted(server: &str, text: &str) -> Result<Value> {
    let unreadable = |error| Error::unreadable(server, error);
    let frame: Value = serde_json::from_str(text).map_err(unreadable)?;
    if frame.get("type").and_then(Value::as_str) != Some("error") {
        return Ok(frame);
    }
    match serde_json::from_value(frame).map_err(unreadable)? {
        ServerFrame::Error { status, title, detail, .. } => {
            let problem = Problem { kind: "about:blank".to_owned(), title, status, detail };
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            Err(Error::not_ready(server, status, problem))
        }
        _ => Err(Error::Broken { server: server.to_owned() }),
    }
}

fn received(message: Option<std::result::Result<Message, tungstenite::Error>>) -> Received {
    match message {
        Some(Ok(Message::Text(text))) => Received::Text(text.to_string()),
        Some(Ok(Message::Close(Some(close)))) if FOR_GOOD.contains(&close.code.into()) => {
            Received::End(Ending::Closed { code: close.code.into(), reason: close.reason.to_string() })
        }
        Some(Ok(Message::Close(_)) | Err(_)) | None => Received::End(Ending::Broken),
        Some(Ok(_)) => Received::Nothing,
    }
}
