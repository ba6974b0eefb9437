//! Where records live: the contract that every store keeps, and the partitions that all of them share.
//!
//! A store reads, changes and numbers records; it never decides a state. What it promises:
//!
//! - **One change at a time.** [`Store::update`] runs its function on the latest record, and no other
//!   change of that user happens between that reading and the storing of the result. The function may
//!   be called again if the store has to start over, so it has no effect besides the record.
//! - **All or nothing.** An update that returns an error has changed nothing that anybody can read.
//! - **Acknowledged is kept.** When an update that is to be [kept](Keep) returns, the change is as durable
//!   as the store is, and only then can it be read.
//! - **Numbers go up.** A visible change gets a version above all earlier ones of that user: the time
//!   in microseconds, or one more than the last if that is later.
//! - **Reminders.** An update says when the user's presence turns next by itself; [`Store::due`] gives back
//!   whose moment has come. They only serve to tell watchers: a read is right without them.
//! - A user without a record reads as the empty record; [`Store::remove`] makes a user read so again.
//!
//! Beside records a store keeps [documents](Document): users, tokens, rooms.

mod document;
pub mod embedded;

use std::{
    iter::from_fn,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use async_trait::async_trait;
use parking_lot::Mutex;
use xxhash_rust::xxh3::xxh3_64;

pub use self::{
    document::{Document, Kind, parse, parse_id},
    embedded::EmbeddedStore,
};
use crate::{
    id::UserId,
    presence::{Record, Timestamp},
};

/// How many partitions there are. Fixed for ever: a record's place follows from its user's id alone.
pub const PARTITIONS: usize = 256;

/// The partition of a user: the lowest byte of XXH3-64 of the id.
pub fn partition(user: &UserId) -> usize {
    partition_of(user.as_str())
}

fn partition_of(id: &str) -> usize {
    let hash = xxh3_64(id.as_bytes());
    usize::try_from(hash % PARTITIONS as u64).expect("a partition number is small")
}

/// How far the reading of all partitions is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub partitions: usize,
    /// How many users were in them.
    pub users: usize,
}

/// Is told of the progress, by several threads.
pub type Tell<'a> = dyn Fn(Progress) + Sync + 'a;

/// Reads every partition, several at a time: twice as many as there are processors, since some wait for the
/// disk. `read` says how many users were in one.
pub(crate) fn read_partitions(
    tell: &Tell<'_>,
    read: impl Fn(usize) -> Result<usize, StoreError> + Sync,
) -> Result<(), StoreError> {
    let (next, progress) = (AtomicUsize::new(0), Mutex::new(Progress::default()));
    let take_turns = || {
        let mut turns =
            from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)).filter(|turn| *turn < PARTITIONS));
        turns.try_for_each(|partition| {
            let users = read(partition)?;
            let mut progress = progress.lock();
            progress.partitions += 1;
            progress.users += users;
            tell(*progress);
            Ok(())
        })
    };
    thread::scope(|scope| {
        let count = 2 * thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(take_turns)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("reading does not panic"))
    })
}

/// What a change did to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Whether others can see a difference.
    pub visible: bool,
    pub keep: Keep,
    /// When the user's presence turns next without an input, if ever.
    pub next_change: Option<Timestamp>,
}

/// How well a change has to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Durable before it is acknowledged: somebody set this.
    Acknowledged,
    /// It may be lost with the process within a minute: activity, connections. The next heartbeat repairs
    /// it.
    Lazily,
    /// It follows from what is kept.
    Derived,
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
    /// The data is not there yet.
    #[error("the server is starting and reads its data")]
    Opening,
    /// There is nothing but what is in memory.
    #[error("the server keeps its data in memory alone, so there is nothing to export")]
    NothingKept,
    /// What is stored cannot be read; the text says what and why, for operators.
    #[error("{0}")]
    Unreadable(String),
}

impl StoreError {
    pub(crate) fn bad_key(key: &[u8]) -> Self {
        Self::Unreadable(format!("there is no such key: {:?}", String::from_utf8_lossy(key)))
    }
}

/// Changes a record in place and says what that did.
pub type Change<'a> = dyn FnMut(&mut Record) -> Effect + Send + 'a;

/// Looks at the record of the user at the given index of the question.
pub type Visit<'a> = dyn FnMut(usize, &Record) + Send + 'a;

/// Looks at the id and the value of a document.
pub type DocumentVisit<'a> = dyn FnMut(&str, &[u8]) -> Result<(), StoreError> + Send + 'a;

/// Takes a line of an export, and says whether to go on.
pub type LineVisit<'a> = dyn FnMut(String) -> bool + 'a;

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

    /// Removes a user's record, and writes documents with it: both or neither.
    async fn remove(&self, user: &UserId, documents: Vec<Document>) -> Result<(), StoreError>;

    /// Writes documents, all or none of them. They are durable when this returns.
    async fn write(&self, documents: Vec<Document>) -> Result<(), StoreError>;

    /// Shows every document of a kind other than users', in the order of their ids.
    fn documents(&self, kind: Kind, visit: &mut DocumentVisit<'_>) -> Result<(), StoreError>;

    /// Shows the documents of a partition's users, in the order of their ids. There may be ten million of all,
    /// so several partitions can be read at a time.
    fn users(&self, partition: usize, visit: &mut DocumentVisit<'_>) -> Result<(), StoreError>;

    /// Shows all that is kept as it is at one moment, in the lines of an export, until the visitor says no.
    /// Takes its time.
    fn export(&self, visit: &mut LineVisit<'_>) -> Result<(), StoreError>;

    /// Takes the users of a partition whose moment has come. Each is due no more until its next update.
    async fn due(&self, partition: usize, now: Timestamp) -> Vec<UserId>;

    /// How many users are going to be due.
    fn reminders(&self) -> usize;

    /// The highest version of all records that were there when the store was opened.
    fn highest_version(&self) -> u64;

    /// Whether writes are accepted; if not, why.
    fn health(&self) -> Result<(), StoreError>;

    /// Makes durable what may lag behind. Nothing is written after this.
    async fn close(&self) -> Result<(), StoreError>;
}
