//! Reading request bodies, within the limits and in the order that the dialects need: after the checks
//! that do not look at the body.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Frame, SizeHint};
use parking_lot::Mutex;

use crate::config::Limits;

/// Why a body was not read.
#[derive(Debug)]
pub(super) enum BodyError {
    /// It is larger than so many bytes.
    TooLarge { limit: usize },
    /// It ended early or did not arrive in time.
    Incomplete,
}

/// Whether the request says itself that its body is too large.
pub(super) fn declares_too_much(headers: &HeaderMap, most: usize) -> bool {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    declared.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > most as u64)
}

/// The whole body, of at most so many bytes.
pub(super) async fn read(body: Body, most: usize, limits: &Limits) -> Result<Vec<u8>, BodyError> {
    read_within(body, most, Duration::from_secs(limits.body_seconds)).await
}

/// The same, in at most that time.
pub(super) async fn read_within(body: Body, most: usize, time: Duration) -> Result<Vec<u8>, BodyError> {
    let collecting = Limited::new(body, most).collect();
    match tokio::time::timeout(time, collecting).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes().into()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyError::TooLarge { limit: most }),
        Ok(Err(_)) | Err(_) => Err(BodyError::Incomplete),
    }
}

/// How much of a body that no handler read is read and thrown away, so that its connection can go on.
const MOST_DRAINED: usize = 1024 * 1024;

/// How long that may take.
const LONGEST_DRAIN: Duration = Duration::from_secs(1);

/// Lets go of a request's body without losing it: what its handler does not read can still be drained.
/// Nothing is left over of a request without a body.
pub(super) fn share(request: Request) -> (Request, Option<RemainingBody>) {
    if request.body().is_end_stream() {
        return (request, None);
    }
    let waits = request.headers().contains_key(header::EXPECT);
    let (parts, body) = request.into_parts();
    let shared = Shared(Arc::new(Mutex::new(body)));
    let leftover = RemainingBody { body: shared.clone(), waits };
    (Request::from_parts(parts, Body::new(shared)), Some(leftover))
}

/// The layer around routes that read no bodies: theirs are lost to no handler. Within a [frame](super::frame) that is
/// so.
pub(crate) async fn drained(request: Request, next: Next) -> Response {
    let (request, leftover) = share(request);
    let response = next.run(request).await;
    close_unless_drained(leftover, response).await
}

/// Says on an answer that its connection ends, if what is left of the request's body does not come in time.
pub(super) async fn close_unless_drained(
    leftover: Option<RemainingBody>,
    mut response: Response,
) -> Response {
    if let Some(leftover) = leftover
        && !leftover.drain().await
    {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// What may be left of a body after its request was answered.
pub(super) struct RemainingBody {
    body: Shared,
    /// The client sends the body only when it is asked to.
    waits: bool,
}

impl RemainingBody {
    /// Reads the rest of the body, within bounds. Says whether it came to its end: if not, the connection
    /// is of no further use. Closing one on a client that still sends would lose the answer.
    pub(super) async fn drain(self) -> bool {
        if self.body.is_end_stream() {
            return true;
        }
        if self.waits {
            return false;
        }
        let rest = Limited::new(self.body, MOST_DRAINED).collect();
        tokio::time::timeout(LONGEST_DRAIN, rest).await.is_ok_and(|rest| rest.is_ok())
    }
}

/// A body with two holders, of whom one reads at a time.
#[derive(Clone)]
struct Shared(Arc<Mutex<Body>>);

impl HttpBody for Shared {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut *self.0.lock()).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().size_hint()
    }
}
