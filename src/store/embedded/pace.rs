use std::time::{Duration, Instant};

/// Keeps the pace of work on the disk. It is no moment that a client sees, so the clock has no part in it.
#[derive(Debug)]
pub(super) struct Pace {
    every: Duration,
    last: Option<Instant>,
}

impl Pace {
    pub(super) fn new(every: Duration) -> Self {
        Self { every, last: None }
    }

    /// Whether it is time again; then the next time is counted from now.
    #[expect(clippy::disallowed_methods, reason = "a pace is measured, not told")]
    pub(super) fn is_due(&mut self) -> bool {
        let is_due = self.last.is_none_or(|last| last.elapsed() >= self.every);
        if is_due {
            self.last = Some(Instant::now());
        }
        is_due
    }
}

/// Measures how long the disk takes.
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "a duration is measured, not told")]
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    #[expect(clippy::disallowed_methods, reason = "a duration is measured, not told")]
    pub(super) fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}
