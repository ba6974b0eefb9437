use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;

use crate::clock::Clock;

/// To whom connections are kept between requests: to so many at a time, since each takes one of the files that the
/// process may have open.
pub(super) struct Kept {
    most: usize,
    /// How long after a request began its connection may still be there.
    longest: Duration,
    clock: Arc<dyn Clock>,
    /// Until when a connection may be there, in microseconds.
    until: Mutex<HashMap<String, u64>>,
}

impl Kept {
    pub(super) fn new(most: usize, longest: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { most, longest, clock, until: Mutex::default() }
    }

    /// Whether the connection of a request that begins now may be kept. It is then taken to be.
    pub(super) fn keep(&self, origin: &str) -> bool {
        let now = self.clock.micros();
        let mut until = self.until.lock();
        if !until.contains_key(origin) && until.len() >= self.most {
            until.retain(|_, until| now < *until);
        }
        let is_kept = until.contains_key(origin) || until.len() < self.most;
        if is_kept {
            let longest = u64::try_from(self.longest.as_micros()).unwrap_or(u64::MAX);
            until.insert(origin.to_owned(), now.saturating_add(longest));
        }
        is_kept
    }
}
