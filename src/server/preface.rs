//! Which version of HTTP a client speaks: who speaks version 2 without TLS begins with a fixed preface.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

/// How a connection of version 2 begins. Source: RFC 9113, section 3.4.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A stream whose first bytes were looked at, and are still to be read.
pub(super) struct Begun<S> {
    stream: S,
    first: [u8; PREFACE.len()],
    /// Which of them are still to be read.
    from: usize,
    to: usize,
}

/// The versions that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HttpVersion {
    One,
    Two,
}

impl<S: AsyncRead + Unpin> Begun<S> {
    /// Reads as much of a stream as it takes to tell, and not a byte of it is lost. Nothing, if it ends before
    /// that.
    pub(super) async fn tell(mut stream: S) -> io::Result<Option<(Self, HttpVersion)>> {
        let mut first = [0; PREFACE.len()];
        let mut read = 0;
        while read < first.len() && first[..read] == PREFACE[..read] {
            match stream.read(&mut first[read..]).await? {
                0 => return Ok(None),
                more => read += more,
            }
        }
        let version = if first == *PREFACE { HttpVersion::Two } else { HttpVersion::One };
        Ok(Some((Self { stream, first, from: 0, to: read }, version)))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Begun<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.from == self.to {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let most = buffer.remaining().min(self.to - self.from);
        let (from, to) = (self.from, self.from + most);
        buffer.put_slice(&self.first[from..to]);
        self.from = to;
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        // What came with them, too: whoever reads a few bytes alone makes room for as much again as they expect.
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Ready(read) => Poll::Ready(read),
            Poll::Pending => Poll::Ready(Ok(())),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Begun<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
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
