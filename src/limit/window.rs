use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;

use crate::clock::Clock;

/// After so many checks, keys that have not called for a window are forgotten.
const CHECKS_BETWEEN_CLEANINGS: u32 = 16_384;

/// How many calls within a sliding window, for each key. Whoever calls more often is shut out until a
/// penalty is over, and every call meanwhile starts the penalty anew.
pub struct WindowLimit {
    window: Duration,
    /// In microseconds.
    penalty: AtomicU64,
    clock: Arc<dyn Clock>,
    callers: Mutex<Callers>,
}

#[derive(Default)]
struct Callers {
    checks: u32,
    by_key: HashMap<String, Calls>,
}

/// When one key called, in microseconds since the Unix epoch.
#[derive(Default)]
struct Calls {
    recent: VecDeque<u64>,
    shut_out_until: u64,
}

/// Where a key stands after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    pub limit: u32,
    pub remaining: u32,
    pub window: Duration,
    /// The call is one too many; when the next may be made.
    pub retry_after: Option<Duration>,
}

impl WindowLimit {
    /// A limit over a sliding `window`.
    pub fn new(window: Duration, penalty: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { window, penalty: micros(penalty).into(), clock, callers: Mutex::default() }
    }

    /// Shuts out for so long from now on.
    pub fn replace_penalty(&self, penalty: Duration) {
        self.penalty.store(micros(penalty), Ordering::Relaxed);
    }

    /// Counts a call of a key that may make `limit` of them.
    pub fn check(&self, key: String, limit: u32) -> Tally {
        let now = self.clock.micros();
        let (window, penalty) = (micros(self.window), self.penalty.load(Ordering::Relaxed));
        let mut callers = self.callers.lock();
        callers.forget_idle(now, window);
        let calls = callers.by_key.entry(key).or_default();
        calls.forget_before(now, window);
        let is_too_many = now < calls.shut_out_until || calls.recent.len() >= limit as usize;
        if is_too_many {
            calls.shut_out_until = now + penalty;
        } else {
            calls.recent.push_back(now);
        }
        let made = u32::try_from(calls.recent.len()).unwrap_or(u32::MAX);
        Tally {
            limit,
            remaining: if is_too_many { 0 } else { limit.saturating_sub(made) },
            window: self.window,
            retry_after: is_too_many.then_some(Duration::from_micros(penalty)),
        }
    }
}

impl Callers {
    fn forget_idle(&mut self, now: u64, window: u64) {
        self.checks = self.checks.wrapping_add(1);
        if self.checks.is_multiple_of(CHECKS_BETWEEN_CLEANINGS) {
            self.by_key.retain(|_, calls| {
                calls.forget_before(now, window);
                !calls.recent.is_empty() || now < calls.shut_out_until
            });
        }
    }
}

impl Calls {
    fn forget_before(&mut self, now: u64, window: u64) {
        while self.recent.front().is_some_and(|&call| call + window <= now) {
            self.recent.pop_front();
        }
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

impl fmt::Debug for WindowLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WindowLimit").field("window", &self.window).finish_non_exhaustive()
    }
}
