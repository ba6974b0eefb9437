//! What a store tells the server on it.

use super::Document;
use crate::{
    id::UserId,
    presence::{Audiences, Record, Rules, Timestamp},
};

/// Up to where the log of documents is followed. Revisions and the numbers of changes are of one kind, so that
/// one token stands for both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revision(pub u64);

/// A server on a store, as the store sees it. It is told of everything that happens in the store, whether it
/// or another server did it, and before the caller is answered.
pub trait Node: Send + Sync {
    /// The store has these documents. All are shown while it is opened: first the users, those of one
    /// partition together and several partitions at a time, then the others.
    fn loaded(&self, revision: Revision, documents: &[DocumentRef<'_>]);

    /// These documents are so from now on. Each write comes whole, in the order of the revisions.
    fn documents(&self, revision: Revision, documents: &[DocumentRef<'_>]);

    /// How far the opening is. Several threads tell.
    fn progress(&self, progress: Progress);

    /// What becomes of a record over a restart of the only server on it, which was last known to run at
    /// `stopped`.
    fn resume(&self, record: &mut Record, stopped: Timestamp) -> Resumed;

    /// A user changed. It can be read from now on.
    fn changed(&self, user: &UserId, version: u64, audiences: Audiences);

    /// All that has a number up to this one was told.
    fn complete_up_to(&self, version: u64);
}

/// A document as it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentRef<'a> {
    pub kind: super::Kind,
    pub id: &'a str,
    /// JSON; none: there is no such document any more.
    pub value: Option<&'a [u8]>,
}

impl<'a> From<&'a Document> for DocumentRef<'a> {
    fn from(document: &'a Document) -> Self {
        Self { kind: document.kind, id: &document.id, value: document.value.as_deref() }
    }
}

/// What became of a record over a restart.
#[derive(Clone, Copy, Debug, Default)]
pub struct Resumed {
    /// Whether the record is another one now.
    pub changed: bool,
    pub outlook: Outlook,
}

/// What a record says of the time to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// Whether the user is there, to themselves at least.
    pub is_present: bool,
    /// When the user's presence turns next without an input, if ever.
    pub next_change: Option<Timestamp>,
}

impl Outlook {
    /// Of a record at `now`.
    pub fn of(record: &Record, now: Timestamp, rules: &Rules) -> Self {
        Self { is_present: record.is_present(now, rules), next_change: record.next_change(now, rules) }
    }
}

/// How far the opening of a store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub of: Reading,
    pub partitions: usize,
    /// How many users were in them.
    pub users: usize,
}

/// What is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Records,
    Users,
}
