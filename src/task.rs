//! Work that is done to its end, even if its caller goes away.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use tokio::runtime::Handle;

/// Does work to its end, even if the caller that waits for it goes away: a client that hangs up in the middle of a
/// change must not leave it half told. What was not begun by then is not begun.
pub async fn to_the_end<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    Persistent { work: Some(Box::pin(work)), is_begun: false }.await
}

/// Work that goes on as a task of its own when it is dropped in the middle.
struct Persistent<T: Send + 'static> {
    /// None once there is nothing left to do.
    work: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
    is_begun: bool,
}

impl<T: Send + 'static> Future for Persistent<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        self.is_begun = true;
        // Taken out, so that work that panics is not gone on with.
        let mut work = self.work.take().expect("it is not polled after its end");
        let result = work.as_mut().poll(context);
        if result.is_pending() {
            self.work = Some(work);
        }
        result
    }
}

impl<T: Send + 'static> Drop for Persistent<T> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take().filter(|_| self.is_begun)
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(work);
        }
    }
}
