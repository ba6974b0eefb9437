//! Where everything is kept: the contract of every store, and the partitions that all of them share.
//!
//! A store reads, changes and numbers records; it never decides a state. What it promises:
//!
//! - **One change at a time.** [`Store::update`] runs its function on the latest record, and no other
//!   change of that user happens between that reading and the storing of the result. The function may
//!   be called again if the store has to start over, so it has no effect besides the record.
//! - **All or nothing.** An update that returns an error has changed nothing that can be read.
//! - **Acknowledged is kept.** When an update that is to be [kept](Keep) returns, the change is as durable
//!   as the store is, and only then can it be read.
//! - **Numbers go up.** A change that a watcher can see gets a number above all earlier ones: the time in
//!   microseconds, or more if that is later.
//! - **The node hears of all.** Every change that a watcher can see, whichever server made it, is told to the
//!   [`Node`] after it can be read and before its maker is answered. The watermark follows: wherever it
//!   stands, all up to it was told.
//! - **Reminders.** An update says when the user's presence turns next by itself; [`Store::due`] shows whose
//!   moment has come until an update supersedes it. They only serve to tell watchers: a read is right
//!   without them.
//! - A user without a record reads as the empty record; [`Store::remove`] makes a user read so again, and
//!   leaves a mark, so that a server that has not heard of it cannot bring the record back.
//!
//! Beside records a store keeps [documents](Document): users, tokens, rooms and more, as one log with a
//! [`Revision`]. A write names the revision that its maker knew, and comes to nothing if another came
//! between; so whatever must be unique, or can be spent once, is decided in one place. Those that
//! [pass](Kind::is_passing) are durable for as long as a server is on the store, and no longer.

pub(crate) mod age;
mod document;
pub mod embedded;
mod node;
mod numbers;
pub mod redis;

use std::{
    iter::from_fn,
    sync::{
        Weak,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use async_trait::async_trait;
use parking_lot::Mutex;
use xxhash_rust::xxh3::xxh3_64;

pub use self::{
    document::{Document, Kind, member_id, parse, parse_id, parse_member_id},
    embedded::EmbeddedStore,
    node::{DocumentRef, Node, Outlook, Progress, Reading, Resumed, Revision},
    numbers::Numbers,
    redis::RedisStore,
};
use crate::{
    id::{NodeId, UserId},
    metrics::OfStore,
    presence::{Audiences, Record, Timestamp},
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

/// Reads every partition, several at a time: twice as many as there are processors, since some wait for the
/// disk. `read` says how many users were in one; `tell` is told how far it is.
pub(crate) fn read_partitions(
    of: Reading,
    tell: &(dyn Fn(Progress) + Sync),
    read: impl Fn(usize) -> Result<usize, StoreError> + Sync,
) -> Result<(), StoreError> {
    let (next, progress) = (AtomicUsize::new(0), Mutex::new(Progress { of, partitions: 0, users: 0 }));
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

/// What an edit did to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// When it happened, in microseconds since the Unix epoch.
    pub micros: u64,
    /// Who can see a difference.
    pub audiences: Audiences,
    pub keep: Keep,
    pub outlook: Outlook,
}

/// How well a change has to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Durable before it is acknowledged: a user set this.
    Acknowledged,
    /// It may be lost with the process within a minute: activity, connections. The next heartbeat repairs
    /// it.
    Lazily,
    /// It is kept with what is kept of the user next, and at the latest when the store is closed: activity that
    /// no watcher sees. Until then it is in memory alone.
    InPassing,
    /// It follows from what is kept.
    Derived,
}

/// What became of a write of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// They are durable, and the node was told of them under this revision.
    At(Revision),
    /// Nothing was written: the log went on, or is about to. The node will be told how.
    Behind,
}

/// What operators want to know of a store.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// How many records there are.
    pub records: usize,
    /// How many writes wait for the disk.
    pub queue: usize,
    /// What goes on being counted.
    pub counted: OfStore,
}

/// Why a store could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Writes are refused at present; the text says why, for operators.
    #[error("the store refuses writes: {0}")]
    Refused(String),
    /// The user was removed, and the server that asked has not heard of it yet.
    #[error("the user was removed")]
    Removed,
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

/// Changes a record in place and says what that did. It may run several times.
pub type Edit<'a> = dyn Fn(&mut Record) -> Effect + Send + Sync + 'a;

/// Looks at the record of the user at the given index of the question.
pub type Visit<'a> = dyn FnMut(usize, &Record) + Send + 'a;

/// Takes a line of an export, and says whether to go on.
pub type LineVisit<'a> = dyn FnMut(String) -> bool + 'a;

/// The contract; the module's text says what it promises.
#[async_trait]
pub trait Store: Send + Sync {
    /// Shows all documents to the node, and tells it of everything from then on. Nothing else is asked of a
    /// store before. Returns the name under which the node's connections count.
    async fn open(&self, node: Weak<dyn Node>) -> Result<NodeId, StoreError>;

    /// Shows each user's record to `visit` once, in any order.
    async fn read(&self, users: &[&UserId], visit: &mut Visit<'_>) -> Result<(), StoreError>;

    /// The same for those alone who may be present: of those who are left out it is known that they are offline.
    async fn read_present(&self, users: &[&UserId], visit: &mut Visit<'_>) -> Result<(), StoreError>;

    /// Who of a partition may be present, in any order.
    async fn present(&self, partition: usize) -> Result<Vec<UserId>, StoreError>;

    /// Who of a partition changed, before whatever eyes, after that number.
    async fn changed_after(&self, partition: usize, number: u64) -> Result<Vec<UserId>, StoreError>;

    /// Changes one record, for a node that follows the log up to `known` and knows the user; returns the
    /// record as it is then.
    async fn update(&self, user: &UserId, known: Revision, edit: &Edit<'_>) -> Result<Record, StoreError>;

    /// Removes the record of a user who was removed by the documents of that revision.
    async fn remove(&self, user: &UserId, removed: Revision) -> Result<(), StoreError>;

    /// Writes documents at `micros`, the time in microseconds since the Unix epoch, all or none of them,
    /// unless the log went on after `known`.
    async fn write(
        &self,
        documents: Vec<Document>,
        known: Revision,
        micros: u64,
    ) -> Result<Written, StoreError>;

    /// Completes once the node was told of all documents that were written before this was asked. The only server on a
    /// store is told of each as it is written.
    async fn catch_up(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Shows all that is kept as it is at one moment, in the lines of an export, until the visitor says no.
    /// Takes its time.
    fn export(&self, visit: &mut LineVisit<'_>) -> Result<(), StoreError>;

    /// The users of a partition whose moment has come. Each is due until an update of theirs.
    async fn due(&self, partition: usize, now: Timestamp) -> Vec<UserId>;

    /// Users who had connections to a node that is no more, each until an update that ends those. This node is the one
    /// to end them.
    async fn deserted(&self) -> Vec<(UserId, NodeId)> {
        Vec::new()
    }

    /// Whether others took this node for gone since that was asked last, and may have ended its connections.
    fn was_given_up(&self) -> bool {
        false
    }

    /// Whether this node is the one to do what has that name, and is to be done once. While nodes come and go several
    /// may be, or none for a few seconds.
    fn leads(&self, _name: &str) -> bool {
        true
    }

    /// How many users are going to be due.
    fn reminders(&self) -> usize;

    /// A number up to which all was told to the node, as of `micros`: no later one is below it.
    fn watermark(&self, micros: u64) -> u64;

    /// Completes once all up to a number was told, which another server of the store told already; or soon, if that does
    /// not come. The only server on a store is never behind another.
    async fn hear_up_to(&self, _number: u64) {}

    /// What operators want to know of it.
    fn figures(&self) -> Figures {
        Figures::default()
    }

    /// Whether writes are accepted; if not, why.
    fn health(&self) -> Result<(), StoreError>;

    /// Makes durable what may lag behind. Nothing is written after this.
    async fn close(&self) -> Result<(), StoreError>;
}
