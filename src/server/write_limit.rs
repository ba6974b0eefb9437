use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use super::{doing::Doing, listener::Stream, workers::Load};
use crate::{metrics::Watching, places};

/// A connection's place, and its being counted.
pub(super) type Place = (places::Place, Option<Watching>, Option<Load>);

/// A connection that fails once its client has taken nothing of what it is sent for too long.
pub(super) struct WriteLimit {
    stream: Stream,
    longest: Duration,
    /// Runs while the client takes nothing.
    stuck: Option<Pin<Box<Sleep>>>,
    doing: Doing,
    /// The connection's place among all, for as long as it is open, upgraded or not.
    _place: Place,
}

impl WriteLimit {
    pub(super) fn new(stream: Stream, longest: Duration, doing: Doing, place: Place) -> Self {
        Self { stream, longest, stuck: None, doing, _place: place }
    }

    /// The outcome of a write, unless the client has kept it waiting for too long.
    fn limit<T>(&mut self, context: &mut Context<'_>, write: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if write.is_ready() {
            if self.stuck.take().is_some() {
                self.doing.stick(false);
            }
            return write;
        }
        let stuck = self.stuck.get_or_insert_with(|| {
            self.doing.stick(true);
            Box::pin(sleep(self.longest))
        });
        ready!(stuck.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for WriteLimit {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for WriteLimit {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.limit(context, write)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.limit(context, write)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
