//! Values that cannot be used, and what would be.

use std::fmt::Display;

/// A value that is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Invalid {
    /// Its key, such as `limits.connections` or `ringcentral.apps[0].id`.
    pub(super) key: String,
    /// What is expected instead.
    pub(super) why: String,
}

pub(super) type Check = Result<(), Invalid>;

/// The longest time that can be configured: a year.
const LONGEST_SECONDS: u64 = 365 * 24 * 60 * 60;

impl Invalid {
    pub(super) fn new(key: impl Into<String>, why: impl Into<String>) -> Self {
        Self { key: key.into(), why: why.into() }
    }
}

pub(super) fn require(holds: bool, key: &str, why: &str) -> Check {
    holds.then_some(()).ok_or_else(|| Invalid::new(key, why))
}

pub(super) fn in_range<T: PartialOrd + Display>(key: &str, value: T, least: T, most: T) -> Check {
    let why = || format!("has to be from {least} to {most}");
    if (&least..=&most).contains(&&value) { Ok(()) } else { Err(Invalid::new(key, why())) }
}

/// Checks a time in seconds: at least `least`, and at most a year.
pub(super) fn seconds(key: &str, value: u64, least: u64) -> Check {
    in_range(key, value, least, LONGEST_SECONDS)
}
