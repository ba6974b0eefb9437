//! Messages on the wire: JSON arrays of two members, of which the first says what the second is.

use axum::extract::ws::{Message, WebSocket, close_code};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::sessions::{MOST, Recovery};
use crate::{
    api::{
        ringcentral::{
            push::time_text,
            types::{ClientMeta, ConnectionDetails, Kind, Meta, WsError, Wsc},
        },
        sockets,
    },
    presence::Timestamp,
};

/// How many requests of one connection are answered at a time; more have to wait.
pub(super) const MOST_REQUESTS: usize = 10;

/// How long a connection may be silent, in seconds.
pub(super) const IDLE: u64 = 1_800;

/// How long a connection may last, in seconds.
pub(super) const LONGEST: u64 = 86_400;

impl WsError {
    pub(super) const IDLE: Self = Self::new("WSG-902", "Idle timeout expired", 408);
    pub(super) const TOO_LONG: Self = Self::new("WSG-903", "Absolute timeout expired", 408);
    pub(super) const INVALID_TOKEN: Self = Self::new("TokenInvalid", "OAuth token is invalid", 401);
    pub(super) const UNAVAILABLE: Self =
        Self::new("CMN-211", "Whose the token is cannot be found out at present", 503);
    pub(super) const TOO_MANY: Self = Self::new("CMN-301", "There are too many connections", 429);
    pub(super) const NO_MESSAGE: Self =
        Self::new("CMN-103", "A message is a JSON array with an object first", 400);

    const fn new(error_code: &'static str, message: &'static str, status: u16) -> Self {
        Self { error_code, message, status }
    }

    /// The message that says so.
    pub(super) fn message(&self) -> Message {
        let meta = Meta { status: Some(self.status), ..Meta::new(Kind::Error) };
        message(&meta, Some(&json(self)))
    }
}

impl Meta {
    /// What is said of a message of the server's own.
    pub(super) fn new(kind: Kind) -> Self {
        let headers = [("RCRequestId".to_owned(), Uuid::new_v4().to_string())].into();
        Self { kind, message_id: Uuid::new_v4().to_string().into(), status: Some(200), headers, wsc: None }
    }
}

/// The message of a body that is text already, JSON or not.
pub(super) fn message(meta: &Meta, body: Option<&str>) -> Message {
    let meta = json(meta);
    let text = match body.filter(|body| !body.is_empty()) {
        Some(body) => format!("[{meta},{body}]"),
        None => format!("[{meta}]"),
    };
    Message::text(text)
}

/// The first message of a connection.
pub(super) fn greeting(now: Timestamp, recovery: Recovery, wsc: Wsc) -> Message {
    let details = ConnectionDetails {
        creation_time: time_text(now),
        max_connections_per_session: MOST,
        recovery_buffer_size: super::sessions::REMEMBERED,
        recovery_timeout: super::sessions::RECOVERY.as_secs(),
        idle_timeout: IDLE,
        absolute_timeout: LONGEST,
        max_active_requests: MOST_REQUESTS,
        recovery_state: match recovery {
            Recovery::NotWanted => None,
            Recovery::From(_) => Some("Successful"),
            Recovery::Failed => Some("Failed"),
        },
    };
    message(&Meta { wsc: Some(wsc), ..Meta::new(Kind::ConnectionDetails) }, Some(&json(&details)))
}

/// What a client sent: what it says of the message, and the body.
pub(super) fn parse(text: &str) -> Option<(ClientMeta, Option<Value>)> {
    let mut members: Vec<Value> = serde_json::from_str(text).ok()?;
    let body = (members.len() > 1).then(|| members.swap_remove(1)).filter(|body| !body.is_null());
    let meta = serde_json::from_value(members.into_iter().next()?).ok()?;
    Some((meta, body))
}

/// Ends a connection that never was one.
pub(super) async fn refuse(mut socket: WebSocket, error: &WsError) {
    if socket.send(error.message()).await.is_ok() {
        // The client may be gone; then there is no one to tell.
        let _closed = socket.send(sockets::close(close_code::POLICY, "")).await;
    }
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("it has a JSON form")
}
