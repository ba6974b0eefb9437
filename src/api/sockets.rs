//! What the WebSockets of all dialects share.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocketUpgrade, close_code};
use tungstenite::error::ProtocolError;

use crate::{app::App, presence::Timestamp};

/// How much of a message is read ahead, in bytes: idle connections hold this much.
const READ_BUFFER: usize = 4 * 1024;

/// How long a client may take to answer a ping.
const PONG: Duration = Duration::from_secs(10);

/// An upgrade whose connection holds little while it is idle, and takes no message larger than a body of many items.
pub(crate) fn bounded(upgrade: WebSocketUpgrade, app: &App) -> WebSocketUpgrade {
    let most = app.config.limits.bulk_body_bytes;
    upgrade.read_buffer_size(READ_BUFFER).write_buffer_size(0).max_message_size(most).max_frame_size(most)
}

/// The code by which a client learns what was wrong with what it sent; nothing, if the connection itself broke.
/// Source: RFC 6455, section 7.4.1.
pub(crate) fn fault(error: axum::Error) -> Option<u16> {
    match *error.into_inner().downcast::<tungstenite::Error>().ok()? {
        tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        tungstenite::Error::Protocol(_) => Some(close_code::PROTOCOL),
        tungstenite::Error::Utf8(_) => Some(close_code::INVALID),
        tungstenite::Error::Capacity(_) => Some(close_code::SIZE),
        _ => None,
    }
}

/// The last message of a connection.
pub(crate) fn close(code: u16, reason: &'static str) -> Message {
    Message::Close(Some(CloseFrame { code, reason: reason.into() }))
}

/// When a connection is asked whether it is still there.
pub(crate) struct Pings {
    next: Timestamp,
    /// An answer has to come until then.
    pong: Option<Timestamp>,
}

impl Pings {
    pub(crate) fn begin(app: &App) -> Self {
        Self { next: app.service.now() + pause(app), pong: None }
    }

    /// Notes that something came.
    pub(crate) fn heard(&mut self) {
        self.pong = None;
    }

    /// When there is something to do.
    pub(crate) fn due(&self) -> Timestamp {
        self.pong.map_or(self.next, |pong| pong.min(self.next))
    }

    /// Whether the client is gone.
    pub(crate) fn is_lost(&self, now: Timestamp) -> bool {
        self.pong.is_some_and(|until| until <= now)
    }

    /// Whether to ask now.
    pub(crate) fn ask(&mut self, app: &App) -> bool {
        let now = app.service.now();
        if now < self.next {
            return false;
        }
        self.next = now + pause(app);
        self.pong.get_or_insert(now + PONG);
        true
    }
}

fn pause(app: &App) -> Duration {
    Duration::from_secs(app.config.limits.stream_heartbeat_seconds)
}
