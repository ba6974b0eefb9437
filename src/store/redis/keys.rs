//! The names of all keys.

use std::{array, collections::HashMap, sync::LazyLock};

use redis::cluster_routing::Slot;
use xxhash_rust::xxh3::xxh3_64;

use crate::{
    id::{NodeId, UserId},
    store::{Kind, PARTITIONS, partition, partition_of},
};

/// The place of the documents' log among the streams that are followed, behind those of the partitions.
pub(super) const DOCUMENTS: usize = PARTITIONS;

/// How many streams are followed.
pub(super) const FEEDS: usize = PARTITIONS + 1;

/// How far the slots of two partitions that follow on each other lie apart: they are even over any number of masters
/// that divides 256.
const STEP: usize = 64;

/// What stands between the braces of a partition's keys: the first number, as hexadecimal digits, whose slot is in the
/// middle of the partition's.
static TAGS: LazyLock<[String; PARTITIONS]> = LazyLock::new(|| {
    let slots = slots().into_iter().take(PARTITIONS).filter_map(Slot::new);
    let mut wanted: HashMap<Slot, usize> = slots.zip(0..).collect();
    let mut tags = array::from_fn(|_| String::new());
    for tag in (0_u32..).map(|number| format!("{number:x}")) {
        if let Some(partition) = wanted.remove(&Slot::for_key(&tag)) {
            tags[partition] = tag;
        }
        if wanted.is_empty() {
            break;
        }
    }
    tags
});

/// The slot of each stream.
pub(super) fn slots() -> Vec<u16> {
    let of_partition =
        |partition: usize| u16::try_from(partition * STEP + STEP / 2).expect("slots are below 16384");
    (0..PARTITIONS).map(of_partition).chain([DOCUMENTS_SLOT]).collect()
}

/// The slot of what stands under `dir`.
const DOCUMENTS_SLOT: u16 = 10_444;

/// Makes the names of keys.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    prefix: String,
    buckets: u64,
}

impl Keys {
    /// Keys that begin with `prefix` and a colon, where the records of a partition are in so many hashes.
    pub(super) fn new(prefix: &str, buckets: u32) -> Self {
        Self { prefix: prefix.to_owned(), buckets: buckets.into() }
    }

    /// The key of something of a stream's.
    fn of(&self, feed: usize, name: &str) -> String {
        let tag = TAGS.get(feed).map_or("dir", String::as_str);
        format!("{}:{name}:{{{tag}}}", self.prefix)
    }

    /// The hash that a user's record is in.
    pub(super) fn bucket_of(&self, user: &UserId) -> String {
        // The lowest byte says the partition.
        let bucket = (xxh3_64(user.as_str().as_bytes()) >> 8) % self.buckets;
        self.bucket(partition(user), bucket)
    }

    fn bucket(&self, partition: usize, bucket: u64) -> String {
        format!("{}:{bucket}", self.of(partition, "u"))
    }

    /// All hashes of a partition.
    pub(super) fn buckets(&self, partition: usize) -> impl Iterator<Item = String> {
        (0..self.buckets).map(move |bucket| self.bucket(partition, bucket))
    }

    /// Users by when they are due.
    pub(super) fn deadlines(&self, feed: usize) -> String {
        self.of(feed, "dl")
    }

    /// The stream of what happened.
    pub(super) fn events(&self, feed: usize) -> String {
        self.of(feed, "ev")
    }

    /// The last number of the stream, and how many records there are.
    pub(super) fn meta(&self, feed: usize) -> String {
        self.of(feed, "mt")
    }

    /// The number up to which all was shown to some node.
    pub(super) fn floor(&self, feed: usize) -> String {
        self.of(feed, "fl")
    }

    /// Who may be present.
    pub(super) fn present(&self, partition: usize) -> String {
        self.of(partition, "pr")
    }

    /// Who was removed, by the revision of the documents that did it.
    pub(super) fn removals(&self, partition: usize) -> String {
        self.of(partition, "rm")
    }

    /// Which node sweeps.
    pub(super) fn sweep(&self, partition: usize) -> String {
        self.of(partition, "ls")
    }

    /// Who is connected to a node.
    pub(super) fn connected(&self, partition: usize, node: NodeId) -> String {
        format!("{}:{:x}", self.of(partition, "cn"), node.0)
    }

    /// What this store is: its format, and how many buckets a partition has.
    pub(super) fn about(&self) -> String {
        self.of(DOCUMENTS, "about")
    }

    /// When each node was heard of.
    pub(super) fn nodes(&self) -> String {
        self.of(DOCUMENTS, "nodes")
    }

    /// Documents that were removed, by the revision.
    pub(super) fn gone(&self) -> String {
        self.of(DOCUMENTS, "gone")
    }

    /// The hash of documents of a kind; those of users are apart by their partition, so that they can be read so.
    pub(super) fn documents(&self, kind: Kind, id: &str) -> String {
        match kind {
            Kind::User => self.users(partition_of(id)),
            kind => format!("{}:{}", self.of(DOCUMENTS, "dc"), kind.name()),
        }
    }

    /// The hash of the users of a partition.
    pub(super) fn users(&self, partition: usize) -> String {
        format!("{}:{}:{partition}", self.of(DOCUMENTS, "dc"), Kind::User.name())
    }
}
