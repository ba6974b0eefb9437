//! The keys of the embedded store: one function makes each, so that reader and writer agree.

use crate::{
    id::UserId,
    store::{Kind, partition},
};

/// The number of the layout of the data.
pub(super) const FORMAT: &[u8] = b"m/format";

/// The number of the last batch, and the time of the last change.
pub(super) const LAST_BATCH: &[u8] = b"m/last";

/// What the keys of all records begin with.
pub(super) const RECORDS: u8 = b'r';

/// How long the part of a key before the id is.
pub(super) const PREFIX_BYTES: usize = 2;

/// A user's record.
pub(super) fn record(user: &UserId) -> Vec<u8> {
    let mut key = records(partition(user)).to_vec();
    key.extend_from_slice(user.as_str().as_bytes());
    key
}

/// What the keys of a partition's records begin with.
pub(super) fn records(partition: usize) -> [u8; PREFIX_BYTES] {
    [RECORDS, u8::try_from(partition).expect("there are 256 partitions")]
}

/// A document.
pub(super) fn document(kind: Kind, id: &str) -> Vec<u8> {
    let mut key = documents(kind).to_vec();
    key.extend_from_slice(id.as_bytes());
    key
}

/// What the keys of all documents of a kind begin with.
pub(super) fn documents(kind: Kind) -> [u8; PREFIX_BYTES] {
    [b'd', kind as u8]
}
