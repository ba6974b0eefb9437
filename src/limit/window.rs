use std::{
    collections::{HashMap, VecDeque},
    fmt,
    hash::{BuildHasher as _, Hash, RandomState},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;

use crate::clock::Clock;

/// How many keys are known at a time. Where more call within a window, all are forgotten: an attacker with so many is not
/// to be held by a limit for each.
const MOST_KEYS: usize = 100_000;

/// How many calls within a sliding window, for each key. A caller that calls more often is shut out until a
/// penalty is over, and every call meanwhile starts the penalty anew.
pub struct WindowLimit {
    window: Duration,
    clock: Arc<dyn Clock>,
    /// Keys are told apart by hashes, so that long ones take no more room than short ones.
    hasher: RandomState,
    callers: Mutex<Callers>,
}

#[derive(Default)]
struct Callers {
    cleaned: u64,
    by_key: HashMap<u64, Calls>,
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
    pub fn new(window: Duration, clock: Arc<dyn Clock>) -> Self {
        let (hasher, callers) = (RandomState::new(), Mutex::default());
        Self { window, clock, hasher, callers }
    }

    /// Counts a call of a key that may make `limit` of them, and is shut out for `penalty` after more.
    pub fn check(&self, key: impl Hash, limit: u32, penalty: Duration) -> Tally {
        let now = self.clock.micros();
        let (window, penalty) = (micros(self.window), micros(penalty));
        let key = self.hasher.hash_one(key);
        let mut callers = self.callers.lock();
        if now >= callers.cleaned + window {
            callers.forget_idle(now, window);
        }
        callers.make_room(key, now, window);
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

    /// For how long a key is still shut out, if it is. Asking is no call.
    pub fn shut_out(&self, key: impl Hash) -> Option<Duration> {
        let callers = self.callers.lock();
        let until = callers.by_key.get(&self.hasher.hash_one(key))?.shut_out_until;
        let left = until.saturating_sub(self.clock.micros());
        (left > 0).then(|| Duration::from_micros(left))
    }
}

impl Callers {
    fn make_room(&mut self, key: u64, now: u64, window: u64) {
        if self.by_key.len() < MOST_KEYS || self.by_key.contains_key(&key) {
            return;
        }
        self.forget_idle(now, window);
        if self.by_key.len() >= MOST_KEYS {
            self.by_key = HashMap::new();
        }
    }

    fn forget_idle(&mut self, now: u64, window: u64) {
        self.cleaned = now;
        self.by_key.retain(|_, calls| {
            calls.forget_before(now, window);
            !calls.recent.is_empty() || now < calls.shut_out_until
        });
        self.by_key.shrink_to_fit();
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
