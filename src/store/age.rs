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

/// Does a part of what answers a request, and adds to what was noted of it so far.
pub(crate) fn noting<T>(noted: &mut Option<Duration>, work: impl FnOnce() -> T) -> T {
    AGE.sync_scope(Cell::new(*noted), || {
        let done = work();
        *noted = AGE.with(Cell::get);
        done
    })
}
