//! The one source of time. Everything else is handed a [`Clock`], so tests set the time themselves.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use crate::presence::Timestamp;

/// Tells the time, in microseconds since the Unix epoch.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Microseconds since the Unix epoch. Never goes backwards within a process.
    fn micros(&self) -> u64;

    /// The same moment in the unit that the core counts in.
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.micros())
    }
}

/// The machine's time: the wall clock as it was at the start, carried on by the monotonic clock, so
/// that a step of the wall clock ends no lease.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
    epoch_at_start: Duration,
}

impl SystemClock {
    /// Reads both clocks of the machine once.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is handed")]
    pub fn start() -> Self {
        Self {
            started: Instant::now(),
            epoch_at_start: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is handed")]
    fn micros(&self) -> u64 {
        let elapsed = self.epoch_at_start + self.started.elapsed();
        u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
    }
}

/// A clock that stands still until it is moved; for tests and examples.
#[derive(Debug)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock that stands at `start`.
    pub fn at(start: Timestamp) -> Self {
        Self(AtomicU64::new(start.as_millis() * 1_000))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let micros = u64::try_from(by.as_micros()).expect("a test moves the clock by less than ages");
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn micros(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}
