//! How many requests of one connection are under way, down to the last byte of their answers.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::sync::watch;

/// Counts requests. Clones count together.
#[derive(Clone, Debug)]
pub(super) struct InFlight(watch::Sender<usize>);

/// One request. Dropping it ends its being counted.
#[derive(Debug)]
pub(super) struct Guard(watch::Sender<usize>);

impl Default for InFlight {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl InFlight {
    pub(super) fn enter(&self) -> Guard {
        self.0.send_modify(|count| *count += 1);
        Guard(self.0.clone())
    }

    /// Completes once there has been no request for so long.
    pub(super) async fn idle_for(&self, longest: Duration) {
        let mut count = self.0.subscribe();
        loop {
            drop(count.wait_for(|count| *count == 0).await);
            if tokio::time::timeout(longest, count.changed()).await.is_err() {
                return;
            }
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// The body of an answer whose request is under way until it ends.
#[derive(Debug)]
pub(super) struct Guarded {
    body: Body,
    _guard: Guard,
}

impl Guarded {
    pub(super) fn new(body: Body, guard: Guard) -> Self {
        Self { body, _guard: guard }
    }
}

impl HttpBody for Guarded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
