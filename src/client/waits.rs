//! How long to wait before a connection is tried again.

use std::time::Duration;

/// How long to wait before the first try, and at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    pub(super) first: Duration,
    pub(super) most: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), most: Duration::from_secs(30) }
    }
}

impl Waits {
    /// How long after so many tries: twice as long from one to the next, up to a half less at random.
    pub(super) fn after(self, tries: u32) -> Duration {
        jittered(self.first.saturating_mul(2_u32.saturating_pow(tries)).min(self.most))
    }

    /// The same where the first wait is not shorter than that.
    pub(super) fn at_least(self, first: Duration) -> Self {
        Self { first: self.first.max(first), ..self }
    }
}

/// Between half of it and all of it.
fn jittered(wait: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(u32::MAX);
    wait / 2 + (wait / 2).mul_f64(f64::from(random) / f64::from(u32::MAX))
}
