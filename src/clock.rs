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

    /// Moves the clock forward, if it is one that can be moved.
    fn advance(&self, _by: Duration) {}

    /// The same moment in the unit that the core counts in.
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.micros())
    }
}

/// The machine's time. It follows the wall clock forwards, so that a machine that slept is right when it
/// wakes, and never backwards: then the monotonic clock carries it on, and no lease is ended or prolonged
/// by the step.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
    /// The furthest that the wall clock was ahead of the monotonic one, in microseconds.
    ahead: AtomicU64,
}

impl SystemClock {
    /// Starts to read the machine's clocks.
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is handed")]
    pub fn start() -> Self {
        Self { started: Instant::now(), ahead: AtomicU64::new(0) }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is handed")]
    fn micros(&self) -> u64 {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let monotonic = micros(self.started.elapsed());
        let wall = micros(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default());
        let ahead = wall.saturating_sub(monotonic);
        monotonic + ahead.max(self.ahead.fetch_max(ahead, Ordering::Relaxed))
    }

    /// From then on the wall clock is behind, and the monotonic one carries the time on.
    fn advance(&self, by: Duration) {
        self.micros();
        self.ahead.fetch_add(u64::try_from(by.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
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

    fn advance(&self, by: Duration) {
        Self::advance(self, by);
    }
}
