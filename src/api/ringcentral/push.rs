//! How this dialect says what push has to say.
//!
//! - [`filter`]: event filters, the paths by which a subscription says what it is about.
//! - [`voice`]: what the core asks of the dialect. [`interests`]: what filters come to.
//! - [`notification`]: what is told, on the wire.
//! - [`handshake`]: the question whether a receiver wants notifications. [`check`]: whether their owner may be told.
//! - `document`: the document of what webhooks are sent.
//!
//! A subscription of a WebSocket ends with its session; the socket itself is in `socket.rs`.

pub(super) mod check;
mod document;
pub(super) mod filter;
pub(super) mod handshake;
pub(super) mod interests;
pub(super) mod notification;
pub(super) mod refusal;
pub(super) mod voice;

pub(super) use self::document::document;
use crate::presence::Timestamp;

/// A moment as the wire has it: `2026-01-05T09:00:00.000Z`.
pub(super) fn time_text(at: Timestamp) -> String {
    let since_epoch = std::time::Duration::from_millis(at.as_millis());
    humantime::format_rfc3339_millis(std::time::UNIX_EPOCH + since_epoch).to_string()
}
