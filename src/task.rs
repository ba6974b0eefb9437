//! Work that is done to its end, whoever waits for it.

use std::{future::poll_fn, panic, task::Poll};

/// Does work to its end, even if whoever waits for it goes away: a client that hangs up in the middle of a
/// change must not leave it half told. Work that has nothing to wait for is done at once.
pub async fn to_the_end<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let mut work = Box::pin(work);
    if let Poll::Ready(result) = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await {
        return result;
    }
    match tokio::spawn(work).await {
        Ok(result) => result,
        Err(error) => panic::resume_unwind(error.into_panic()),
    }
}
