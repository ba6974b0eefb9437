//! Places that are taken and given back, and of which there may be more or fewer at any time.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Semaphore;

/// Some places. Cheap to clone; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Places(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    free: Semaphore,
    number: Mutex<Number>,
}

#[derive(Debug, Default)]
struct Number {
    wanted: usize,
    /// Taken, and not given back when they become free: there were more places before.
    surplus: usize,
}

/// A place that is taken. Dropping it gives it back.
#[derive(Debug)]
pub(crate) struct Place(Places);

impl Places {
    /// So many places.
    pub(crate) fn new(number: usize) -> Self {
        let places = Self(Arc::new(Parts { free: Semaphore::new(0), number: Mutex::default() }));
        places.resize(number);
        places
    }

    /// Has there be so many. If that are fewer than are taken, those stay taken, and no more are until enough of them
    /// were given back.
    pub(crate) fn resize(&self, wanted: usize) {
        let mut number = self.0.number.lock();
        if wanted >= number.wanted {
            let more = wanted - number.wanted;
            let kept = more.min(number.surplus);
            number.surplus -= kept;
            self.0.free.add_permits(more - kept);
        } else {
            let fewer = number.wanted - wanted;
            number.surplus += fewer - self.0.free.forget_permits(fewer);
        }
        number.wanted = wanted;
    }

    /// Takes a place, once there is one.
    pub(crate) async fn take(&self) -> Place {
        self.0.free.acquire().await.expect("it is never closed").forget();
        Place(self.clone())
    }

    /// Completes once all places were given back.
    pub(crate) async fn emptied(&self) {
        let wanted = self.0.number.lock().wanted;
        let _all = self.0.free.acquire_many(u32::try_from(wanted).unwrap_or(u32::MAX)).await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let parts = &self.0.0;
        let mut number = parts.number.lock();
        if number.surplus > 0 {
            number.surplus -= 1;
        } else {
            parts.free.add_permits(1);
        }
    }
}
