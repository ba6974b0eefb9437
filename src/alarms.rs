//! Moments that a task waits for, by the injected clock: a task sleeps until the clock has reached its
//! moment and the server [rings](Alarms::ring). What the pauses between two rings are is how late a task
//! may be.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{clock::Clock, presence::Timestamp};

/// Who sleeps until when.
pub struct Alarms {
    clock: Arc<dyn Clock>,
    sleepers: Mutex<BTreeMap<Key, Arc<Notify>>>,
    ids: AtomicU64,
}

type Key = (Timestamp, u64);

/// A place among the sleepers, given up when it is dropped.
struct Place<'a> {
    alarms: &'a Alarms,
    key: Key,
}

impl Alarms {
    /// Alarms by this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, sleepers: Mutex::default(), ids: AtomicU64::new(0) }
    }

    /// Completes at the first ring that does not come before `at`; at once if that has passed.
    pub async fn until(&self, at: Timestamp) {
        let woken = Arc::new(Notify::new());
        let key = (at, self.ids.fetch_add(1, Ordering::Relaxed));
        let place = {
            // The time is read within the lock, so that no ring falls between the look and the entry.
            let mut sleepers = self.sleepers.lock();
            if self.clock.now() >= at {
                return;
            }
            sleepers.insert(key, woken.clone());
            Place { alarms: self, key }
        };
        woken.notified().await;
        drop(place);
    }

    /// How many tasks sleep.
    pub fn sleepers(&self) -> usize {
        self.sleepers.lock().len()
    }

    /// Wakes the tasks whose moment has come. To be called once in a while.
    pub fn ring(&self) {
        let mut sleepers = self.sleepers.lock();
        let now = self.clock.now();
        while let Some(first) = sleepers.first_entry().filter(|first| first.key().0 <= now) {
            first.remove().notify_one();
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.alarms.sleepers.lock().remove(&self.key);
    }
}

impl fmt::Debug for Alarms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alarms").field("sleepers", &self.sleepers()).finish_non_exhaustive()
    }
}
