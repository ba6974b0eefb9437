//! Frames as the server writes them.

use axum::{extract::ws::Message, http::StatusCode};

use crate::api::{
    presenced::{
        error::ProblemRefusal,
        extract::AccessError,
        types::{FrameFault, ServerFrame},
    },
    refusal::{Cause, Refused},
};

/// Codes with which a socket is closed, besides those of RFC 6455.
pub(super) mod code {
    /// The token is none, or has ended.
    pub(in crate::api::presenced::socket) const TOKEN: u16 = 4_401;
    /// The client read too slowly.
    pub(in crate::api::presenced::socket) const SLOW: u16 = 4_408;
    /// There are too many.
    pub(in crate::api::presenced::socket) const TOO_MANY: u16 = 4_429;
}

impl ServerFrame {
    /// The frame as it is sent.
    pub(super) fn message(&self) -> Message {
        Message::text(serde_json::to_string(self).expect("a frame has a JSON form"))
    }
}

/// Why something is not done that a frame asked for.
#[derive(Clone, Debug)]
pub(super) struct FrameError {
    pub(super) status: StatusCode,
    detail: String,
}

impl FrameError {
    /// The frame that says so.
    pub(super) fn frame(self, id: Option<String>) -> ServerFrame {
        let title = self.status.canonical_reason().unwrap_or_default().to_owned();
        ServerFrame::Error { id, status: self.status.as_u16(), title, detail: self.detail }
    }

    /// No user has signed in by the first frame, or in time.
    pub(super) fn not_signed_in() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            detail: "the first frame has to be a token, within ten seconds".to_owned(),
        }
    }
}

impl<const STATUS: u16> From<Refused<ProblemRefusal, STATUS>> for FrameError {
    fn from(refused: Refused<ProblemRefusal, STATUS>) -> Self {
        Self { status: Refused::<ProblemRefusal, STATUS>::status(), detail: refused.0.detail().to_owned() }
    }
}

impl From<AccessError> for FrameError {
    fn from(error: AccessError) -> Self {
        error.refuse()
    }
}

impl FrameError {
    /// What stands behind a failure below the dialect.
    pub(super) fn of<E: Cause<ProblemRefusal, Self>>(cause: E) -> Self {
        cause.refuse()
    }

    /// What is wrong with a frame, with its id; none if it was no JSON.
    pub(super) fn of_fault(fault: FrameFault) -> Option<(Option<String>, Self)> {
        match fault {
            FrameFault::NoJson => None,
            FrameFault::Invalid { id, detail } => Some((id, ProblemRefusal::invalid(detail).into())),
        }
    }
}
