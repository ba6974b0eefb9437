//! How old an answer may be that is read from memory because the engine does not answer.

use std::{cell::Cell, time::Duration};

tokio::task_local! {
    static AGE: Cell<Option<Duration>>;
}

/// Notes that what is read for the present request may be so old.
pub(crate) fn note(age: Duration) {
    // A read that is for no request has no one to tell.
    let _untold = AGE.try_with(|noted| noted.set(noted.get().max(Some(age))));
}

/// Does what answers a request, and says how old the answer may be, if it may be old.
pub(crate) async fn of<T>(answer: impl Future<Output = T>) -> (T, Option<Duration>) {
    AGE.scope(Cell::new(None), async { (answer.await, AGE.with(Cell::get)) }).await
}
