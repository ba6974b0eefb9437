//! Rate limits: how often one user may do one thing.

mod window;

pub use self::window::{Tally, WindowLimit};

use std::{
    fmt,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use governor::{
    Quota, RateLimiter, clock::Clock as GovernorClock, middleware::NoOpMiddleware, nanos::Nanos,
    state::keyed::DefaultKeyedStateStore,
};

use crate::{clock::Clock, id::UserId};

/// After so many checks, users whose bucket is full again are forgotten.
const CHECKS_BETWEEN_CLEANINGS: u32 = 65_536;

/// A bucket per user that refills steadily.
pub struct RateLimit {
    limiter: Option<Limiter>,
    clock: InjectedClock,
    checks: AtomicU32,
}

type Limiter = RateLimiter<UserId, DefaultKeyedStateStore<UserId>, InjectedClock, NoOpMiddleware<Nanos>>;

#[derive(Clone)]
struct InjectedClock(Arc<dyn Clock>);

impl GovernorClock for InjectedClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(Duration::from_micros(self.0.micros()))
    }
}

impl RateLimit {
    /// `per_second` on average and up to `burst` at once; 0 per second is no limit.
    pub fn new(per_second: f64, burst: NonZeroU32, clock: Arc<dyn Clock>) -> Self {
        let clock = InjectedClock(clock);
        let quota = (per_second > 0.0)
            .then(|| Duration::try_from_secs_f64(per_second.recip()).ok())
            .flatten()
            .and_then(Quota::with_period)
            .map(|quota| quota.allow_burst(burst));
        let limiter =
            quota.map(|quota| RateLimiter::new(quota, DefaultKeyedStateStore::default(), clock.clone()));
        Self { limiter, clock, checks: AtomicU32::new(0) }
    }

    /// Takes one from the user's bucket, or says how long to wait for the next.
    pub fn check(&self, user: &UserId) -> Result<(), Duration> {
        let Some(limiter) = &self.limiter else { return Ok(()) };
        if self.checks.fetch_add(1, Ordering::Relaxed) % CHECKS_BETWEEN_CLEANINGS
            == CHECKS_BETWEEN_CLEANINGS - 1
        {
            limiter.retain_recent();
        }
        limiter.check_key(user).map_err(|refusal| refusal.wait_time_from(self.clock.now()))
    }
}

impl fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit").field("limited", &self.limiter.is_some()).finish_non_exhaustive()
    }
}
