//! The keys of the embedded store: one function makes each, so that reader and writer agree.

use crate::{
    id::UserId,
    store::{Kind, partition, partition_of},
};

/// The number of the layout of the data.
pub(super) const FORMAT: &[u8] = b"m/format";

/// The number of the last batch, and the time of the last change.
pub(super) const LAST_BATCH: &[u8] = b"m/last";

/// The revision of the documents.
pub(super) const REVISION: &[u8] = b"m/revision";

/// What keys begin with, before the byte that says the partition or the kind. Users come before records, in
/// exports too.
pub(super) const RECORDS: u8 = b'r';
const USERS: u8 = b'e';
const DOCUMENTS: u8 = b'd';

/// How long the part of a key before the id is.
pub(super) const PREFIX_BYTES: usize = 2;

/// A user's record.
pub(super) fn record(user: &UserId) -> Vec<u8> {
    of(records(partition(user)), user.as_str())
}

/// What the keys of a partition's records begin with.
pub(super) fn records(partition: usize) -> [u8; PREFIX_BYTES] {
    [RECORDS, byte(partition)]
}

/// A document.
pub(super) fn document(kind: Kind, id: &str) -> Vec<u8> {
    match kind {
        Kind::User => of(users(partition_of(id)), id),
        _ => of(documents(kind), id),
    }
}

/// What the keys of the documents of a partition's users begin with.
pub(super) fn users(partition: usize) -> [u8; PREFIX_BYTES] {
    [USERS, byte(partition)]
}

/// What the keys of all users begin with.
pub(super) const ALL_USERS: &[u8] = &[USERS];

/// The user that a document with this key is of; none if it is no such key.
pub(super) fn user(key: &[u8]) -> Option<UserId> {
    let id = key.strip_prefix(ALL_USERS)?.get(1..)?;
    std::str::from_utf8(id).ok()?.parse().ok()
}

/// What the keys of all documents of a kind begin with, other than those of users.
pub(super) fn documents(kind: Kind) -> [u8; PREFIX_BYTES] {
    [DOCUMENTS, kind as u8]
}

/// The kind of the documents whose keys begin so; none if they are not documents.
pub(super) fn kind(prefix: &[u8]) -> Option<Kind> {
    match prefix {
        [USERS, _] => Some(Kind::User),
        _ => Kind::ALL.into_iter().find(|kind| documents(*kind) == prefix),
    }
}

fn of(prefix: [u8; PREFIX_BYTES], id: &str) -> Vec<u8> {
    [&prefix, id.as_bytes()].concat()
}

fn byte(partition: usize) -> u8 {
    u8::try_from(partition).expect("there are 256 partitions")
}
