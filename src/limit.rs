//! Limits: how often a caller may do something, and how many streams may be open.

mod window;

pub use self::window::{Tally, WindowLimit};

use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;

use governor::{
    Quota, RateLimiter,
    clock::Clock as GovernorClock,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed, keyed::DefaultKeyedStateStore},
};
use parking_lot::Mutex;

use crate::{clock::Clock, id::UserId};

/// How often keys whose bucket is full again are forgotten, in microseconds.
const CLEANED_EVERY: u64 = 60_000_000;

/// A bucket for each key that refills steadily. What is limited for all callers together has the key `()`.
pub struct RateLimit<K: Hash + Eq + Clone> {
    limiter: ArcSwapOption<Limiter<K>>,
    clock: InjectedClock,
    cleaned: AtomicU64,
}

type Limiter<K> = RateLimiter<K, DefaultKeyedStateStore<K>, InjectedClock, NoOpMiddleware<Nanos>>;

#[derive(Clone)]
struct InjectedClock(Arc<dyn Clock>);

impl fmt::Debug for InjectedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InjectedClock")
    }
}

impl GovernorClock for InjectedClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(Duration::from_micros(self.0.micros()))
    }
}

impl<K: Hash + Eq + Clone> RateLimit<K> {
    /// `per_second` on average and up to `burst` at once; 0 per second is no limit.
    pub fn new(per_second: f64, burst: NonZeroU32, clock: Arc<dyn Clock>) -> Self {
        let clock = InjectedClock(clock);
        let limiter = ArcSwapOption::new(Self::limiter(per_second, burst, &clock));
        Self { limiter, clock, cleaned: AtomicU64::new(0) }
    }

    /// Limits otherwise from now on. All buckets are full again.
    pub fn replace(&self, per_second: f64, burst: NonZeroU32) {
        self.limiter.store(Self::limiter(per_second, burst, &self.clock));
    }

    fn limiter(per_second: f64, burst: NonZeroU32, clock: &InjectedClock) -> Option<Arc<Limiter<K>>> {
        let store = DefaultKeyedStateStore::default();
        quota(per_second, burst).map(|quota| Arc::new(RateLimiter::new(quota, store, clock.clone())))
    }

    /// Takes one from the key's bucket, or says how long to wait for the next.
    pub fn check(&self, key: &K) -> Result<(), Duration> {
        let limiter = self.limiter.load();
        let Some(limiter) = limiter.as_ref() else { return Ok(()) };
        limiter.check_key(key).map_err(|refusal| refusal.wait_time_from(self.clock.now()))
    }

    /// Forgets the keys whose bucket is full again, now and then.
    pub fn clean(&self) {
        let now = self.clock.0.micros();
        if now < self.cleaned.load(Ordering::Relaxed) + CLEANED_EVERY {
            return;
        }
        self.cleaned.store(now, Ordering::Relaxed);
        if let Some(limiter) = self.limiter.load().as_ref() {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

impl<K: Hash + Eq + Clone> fmt::Debug for RateLimit<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit").field("limited", &self.limiter.load().is_some()).finish_non_exhaustive()
    }
}

/// None per second is no quota.
fn quota(per_second: f64, burst: NonZeroU32) -> Option<Quota> {
    let period = (per_second > 0.0).then(|| Duration::try_from_secs_f64(per_second.recip()).ok());
    Some(Quota::with_period(period.flatten()?)?.allow_burst(burst))
}

/// One bucket, of whoever holds it.
#[derive(Debug)]
pub struct Pace(Option<RateLimiter<NotKeyed, InMemoryState, InjectedClock, NoOpMiddleware<Nanos>>>);

impl Pace {
    /// `per_second` on average and up to `burst` at once; 0 per second is no limit.
    pub fn new(per_second: f64, burst: NonZeroU32, clock: Arc<dyn Clock>) -> Self {
        let quota = quota(per_second, burst);
        Self(quota.map(|quota| RateLimiter::direct_with_clock(quota, InjectedClock(clock))))
    }

    /// Takes one from the bucket, if there is one.
    pub fn is_kept(&self) -> bool {
        self.0.as_ref().is_none_or(|limiter| limiter.check().is_ok())
    }
}

/// How many streams may be open at a time: streams of changes, and requests that may wait for news.
#[derive(Debug)]
pub struct StreamLimit {
    most: AtomicUsize,
    most_per_user: AtomicUsize,
    open: Arc<Mutex<OpenStreams>>,
}

#[derive(Debug, Default)]
struct OpenStreams {
    all: usize,
    /// Users without an open stream are not there.
    of_users: HashMap<UserId, usize>,
}

/// One open stream. Dropping it makes room for another.
#[derive(Debug)]
pub struct StreamPermit {
    open: Arc<Mutex<OpenStreams>>,
    user: Option<UserId>,
}

/// Why a stream may not be opened now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooManyStreams {
    #[error("the server has as many streams open as it may")]
    Server,
    #[error("the user has as many streams open as one may")]
    User,
}

impl TooManyStreams {
    /// When to come again. It is unknown when a stream ends; this keeps clients from asking all the time.
    pub const RETRY_AFTER: Duration = Duration::from_secs(5);
}

impl StreamLimit {
    /// At most `most` in all, and `most_per_user` of one user.
    pub fn new(most: usize, most_per_user: usize) -> Self {
        Self { most: most.into(), most_per_user: most_per_user.into(), open: Arc::default() }
    }

    /// Limits otherwise from now on. Streams that are open stay so.
    pub fn replace(&self, most: usize, most_per_user: usize) {
        self.most.store(most, Ordering::Relaxed);
        self.most_per_user.store(most_per_user, Ordering::Relaxed);
    }

    /// Opens a stream of a user; of no user's account, if it is an admin's.
    pub fn open(&self, user: Option<&UserId>) -> Result<StreamPermit, TooManyStreams> {
        let mut open = self.open.lock();
        if open.all >= self.most.load(Ordering::Relaxed) {
            return Err(TooManyStreams::Server);
        }
        if let Some(user) = user {
            let of_user = open.of_users.entry(user.clone()).or_default();
            if *of_user >= self.most_per_user.load(Ordering::Relaxed) {
                return Err(TooManyStreams::User);
            }
            *of_user += 1;
        }
        open.all += 1;
        Ok(StreamPermit { open: self.open.clone(), user: user.cloned() })
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        let mut open = self.open.lock();
        open.all -= 1;
        if let Some(user) = &self.user
            && let Some(of_user) = open.of_users.get_mut(user)
        {
            *of_user -= 1;
            if *of_user == 0 {
                open.of_users.remove(user);
            }
        }
    }
}
