//! What one connection has under way: requests, down to the last byte of their answers.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use parking_lot::Mutex;
use tokio::time::{Instant, sleep};

use super::handed::{Handed, Waiting};

/// How long after its last request a connection that has to end may take to hand over what it still holds.
const LINGER: Duration = Duration::from_millis(200);

/// Counts requests. Clones count together.
#[derive(Clone, Debug, Default)]
pub(super) struct Doing(Arc<Parts>);

#[derive(Debug, Default)]
struct Parts {
    requests: AtomicUsize,
    /// When the last request ended or its answer was taken.
    idle_since: Mutex<Option<Instant>>,
    /// The client has not taken yet what it was sent.
    is_stuck: AtomicBool,
}

impl Parts {
    #[expect(clippy::disallowed_methods, reason = "how long a connection is idle is measured, not told")]
    fn rest(&self) {
        *self.idle_since.lock() = Some(Instant::now());
    }
}

/// One request. Dropping it ends its being counted.
#[derive(Debug)]
pub(super) struct Guard(Doing);

impl Doing {
    pub(super) fn enter(&self) -> Guard {
        self.0.requests.fetch_add(1, Ordering::Relaxed);
        Guard(self.clone())
    }

    /// Notes whether something waits for the client to take it.
    pub(super) fn stick(&self, is_stuck: bool) {
        self.0.is_stuck.store(is_stuck, Ordering::Relaxed);
        if !is_stuck {
            self.0.rest();
        }
    }

    fn is_idle(&self) -> bool {
        self.0.requests.load(Ordering::Relaxed) == 0 && !self.0.is_stuck.load(Ordering::Relaxed)
    }

    /// Completes once nothing has been under way for so long, from now on. It looks once in a while, so that requests
    /// wake nobody.
    pub(super) async fn idle_for(&self, longest: Duration) {
        let mut left = Some(longest);
        while let Some(pause) = left.filter(|left| !left.is_zero()) {
            sleep(pause).await;
            left = match *self.0.idle_since.lock() {
                _ if !self.is_idle() => Some(longest),
                Some(since) => longest.checked_sub(since.elapsed()),
                // There was no request yet.
                None => None,
            };
        }
    }

    /// Completes once nothing is left to do for clients that are told to go. A request of which only a part came is
    /// nothing: it may never be whole.
    pub(super) async fn done(&self) {
        let mut was_idle = false;
        loop {
            let is_idle = self.is_idle();
            if was_idle && is_idle {
                return;
            }
            was_idle = is_idle;
            sleep(LINGER).await;
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if self.0.0.requests.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.0.rest();
        }
    }
}

/// As much of an answer may wait for its client without being noticed.
const PIECE: usize = 16 * 1024;

/// The body of an answer whose request is under way until it ends.
#[derive(Debug)]
pub(super) struct Guarded {
    body: Body,
    _guard: Guard,
    /// Where the answer waits, if it is one of several on its connection.
    waiting: Option<Waiting>,
    handed: Option<Handed>,
    /// What the body gave and was not handed over yet.
    rest: Bytes,
}

impl Guarded {
    pub(super) fn new(body: Body, guard: Guard, waiting: Option<Waiting>) -> Self {
        let handed = waiting.as_ref().map(Waiting::begin);
        Self { body, _guard: guard, waiting, handed, rest: Bytes::new() }
    }

    /// Hands over the next piece.
    fn piece(&mut self) -> Bytes {
        self.handed = self.waiting.as_ref().map(Waiting::begin);
        let most = if self.waiting.is_some() { PIECE } else { usize::MAX };
        self.rest.split_to(most.min(self.rest.len()))
    }
}

impl HttpBody for Guarded {
    type Data = Bytes;
    type Error = axum::Error;

    /// A client that asks for more has taken what there was.
    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.handed = None;
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) if frame.is_data() => self.rest = frame.into_data().unwrap_or_default(),
                other => return Poll::Ready(other),
            }
        }
        Poll::Ready(Some(Ok(Frame::data(self.piece()))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut with_rest = SizeHint::new();
        with_rest.set_lower(hint.lower() + rest);
        if let Some(upper) = hint.upper() {
            with_rest.set_upper(upper + rest);
        }
        with_rest
    }
}
