//! Where records live: the contract that every store keeps, and the partitions that all of them share.
//!
//! A store reads, changes and numbers records; it never decides a state. What it promises:
//!
//! - **One change at a time.** [`Store::update`] runs its function on the current record, and no other
//!   change of that user happens between that reading and the storing of the result. The function may
//!   be called again if the store has to start over, so it has no effect besides the record.
//! - **All or nothing.** An update that returns an error has changed nothing that anybody can read.
//! - **Acknowledged is kept.** When an update returns, the change is as durable as the store is.
//! - **Numbers go up.** A visible change gets a version above all earlier ones of that user: the time
//!   in microseconds, or one more than the last if that is later.
//! - A user without a record reads as the empty record; [`Store::remove`] makes a user read so again.

mod memory;

use async_trait::async_trait;
use xxhash_rust::xxh3::xxh3_64;

pub use self::memory::MemoryStore;
use crate::{id::UserId, presence::Record};

/// How many partitions there are. Fixed for ever: a record's place follows from its user's id alone.
pub const PARTITIONS: usize = 256;

/// The partition of a user: the lowest byte of XXH3-64 of the id.
pub fn partition(user: &UserId) -> usize {
    let hash = xxh3_64(user.as_str().as_bytes());
    usize::try_from(hash % PARTITIONS as u64).expect("a partition number is small")
}

/// What became of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Updated {
    /// The record's version afterwards.
    pub version: u64,
    /// Whether others can see a difference.
    pub visible: bool,
}

/// Why a store could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Writes are refused at present; the text says why, for operators.
    #[error("the store refuses writes: {0}")]
    Refused(String),
}

/// Changes a record in place and says whether others can see a difference.
pub type Change<'a> = dyn FnMut(&mut Record) -> bool + Send + 'a;

/// Looks at the record of the user at the given index of the question.
pub type Visit<'a> = dyn FnMut(usize, &Record) + Send + 'a;

/// The contract; the module's text says what it promises.
#[async_trait]
pub trait Store: Send + Sync {
    /// Shows each user's record to `visit` once, in any order.
    async fn read(&self, users: &[&UserId], visit: &mut Visit<'_>) -> Result<(), StoreError>;

    /// Changes one record; a visible change is numbered with `micros`, the time of the change in
    /// microseconds since the Unix epoch.
    async fn update(
        &self,
        user: &UserId,
        micros: u64,
        change: &mut Change<'_>,
    ) -> Result<Updated, StoreError>;

    /// Removes all that is held of a user.
    async fn remove(&self, user: &UserId) -> Result<(), StoreError>;

    /// Whether writes are accepted; if not, why.
    fn health(&self) -> Result<(), StoreError>;
}
