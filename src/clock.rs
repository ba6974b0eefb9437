//! The one source of time. Everything else is handed a [`Clock`], so tests set the time themselves.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::presence::Timestamp;

/// Tells the time, in microseconds since the Unix epoch.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Microseconds since the Unix epoch. Within a process it goes backwards only after the machine's clock was
    /// set back by more than [`LEAP`].
    fn micros(&self) -> u64;

    /// Moves the clock forward, if it is one that can be moved.
    fn advance(&self, _by: Duration) {}

    /// The same moment in the unit that the core counts in.
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.micros())
    }

    /// Why the time is not certain, if it is not.
    fn doubt(&self) -> Option<String> {
        None
    }
}

/// A wall clock that goes further away from the monotonic one at once has leapt.
pub const LEAP: Duration = Duration::from_secs(60);

/// For so long a leap may be a mistake that is corrected.
pub const DOUBT: Duration = Duration::from_secs(10 * 60);

/// The clocks of a machine.
pub trait Hands: fmt::Debug + Send + Sync {
    /// How long something has been going on that never stops and never leaps.
    fn monotonic(&self) -> Duration;

    /// How long ago the Unix epoch was, as far as the machine knows.
    fn wall(&self) -> Duration;
}

/// The clocks of this machine.
#[derive(Debug)]
pub struct Machine;

impl Hands for Machine {
    /// Goes on while the machine sleeps.
    fn monotonic(&self) -> Duration {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Duration::try_from(now).unwrap_or_default()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else is handed")]
    fn wall(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

/// The machine's time. It follows the wall clock forwards; where that is set back a little, the monotonic clock
/// carries it on, and no lease is ended or prolonged by the step.
///
/// A leap of the wall clock is not followed for a while, so that nothing ends for good by what may be a mistake.
/// If it is taken back meanwhile, nothing has happened; else it is followed then, be it forwards or backwards.
#[derive(Debug)]
pub struct SystemClock<H = Machine> {
    hands: H,
    /// How far the time is ahead of the monotonic clock, in microseconds.
    ahead: AtomicU64,
    /// When the wall clock leapt, by the monotonic one; 0 if it has not.
    leapt: AtomicU64,
    /// By how much it was moved forward, in microseconds: whatever the machine says, that stays.
    advanced: AtomicU64,
}

impl SystemClock {
    /// Starts to read the machine's clocks.
    pub fn start() -> Self {
        Self::over(Machine)
    }
}

impl<H: Hands> SystemClock<H> {
    /// Starts to read these clocks.
    pub fn over(hands: H) -> Self {
        let ahead = micros(hands.wall()).saturating_sub(micros(hands.monotonic()));
        Self { hands, ahead: ahead.into(), leapt: AtomicU64::new(0), advanced: AtomicU64::new(0) }
    }

    /// How far the time is ahead of the monotonic clock while the wall clock says something else by far.
    fn ahead_in_doubt(&self, monotonic: u64, found: u64, ahead: u64) -> u64 {
        let began = self.leapt.compare_exchange(0, monotonic.max(1), Ordering::Relaxed, Ordering::Relaxed);
        let (seconds, is_forward) = (found.abs_diff(ahead) / 1_000_000, found > ahead);
        match began {
            Ok(_) => {
                tracing::warn!(seconds, is_forward, "the machine's clock has leapt; it is not followed yet");
                ahead
            }
            Err(since) if monotonic.saturating_sub(since) < micros(DOUBT) => ahead,
            Err(_) => {
                self.ahead.store(found, Ordering::Relaxed);
                self.leapt.store(0, Ordering::Relaxed);
                tracing::warn!(seconds, is_forward, "the machine's clock is followed from now on");
                found
            }
        }
    }

    /// The machine's time, in microseconds.
    fn found(&self) -> u64 {
        let monotonic = micros(self.hands.monotonic());
        let found = micros(self.hands.wall()).saturating_sub(monotonic);
        let ahead = self.ahead.load(Ordering::Relaxed);
        if found.abs_diff(ahead) > micros(LEAP) {
            return monotonic + self.ahead_in_doubt(monotonic, found, ahead);
        }
        if self.leapt.load(Ordering::Relaxed) != 0 && self.leapt.swap(0, Ordering::Relaxed) != 0 {
            tracing::info!("the machine's clock is back where it was");
        }
        // Nearly every look finds nothing new, and then takes nothing away from other threads.
        let ahead = if found > ahead { self.ahead.fetch_max(found, Ordering::Relaxed) } else { ahead };
        monotonic + found.max(ahead)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl<H: Hands> Clock for SystemClock<H> {
    fn micros(&self) -> u64 {
        self.found() + self.advanced.load(Ordering::Relaxed)
    }

    fn doubt(&self) -> Option<String> {
        // Looks at the clocks, in case no request does.
        let _now = self.found();
        let is_in_doubt = self.leapt.load(Ordering::Relaxed) != 0;
        is_in_doubt.then(|| "the machine's clock has leapt; it is followed within ten minutes".to_owned())
    }

    fn advance(&self, by: Duration) {
        self.advanced.fetch_add(micros(by), Ordering::Relaxed);
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

    /// Sets the clock, which may be set back.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_millis() * 1_000, Ordering::SeqCst);
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
