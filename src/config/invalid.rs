//! Values that cannot be used, and what would be.

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
pub(super) const LONGEST_SECONDS: u64 = 365 * 24 * 60 * 60;

impl Invalid {
    pub(super) fn new(key: impl Into<String>, why: impl Into<String>) -> Self {
        Self { key: key.into(), why: why.into() }
    }
}

pub(super) fn require(holds: bool, key: &str, why: &str) -> Check {
    holds.then_some(()).ok_or_else(|| Invalid::new(key, why))
}
