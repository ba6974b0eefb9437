//! Reading everything back when the store is opened.

use std::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};

use parking_lot::Mutex;

use super::{
    Parts,
    engine::{Engine, EngineError, Write},
    key,
    log::Log,
    shard::{REMOVALS_KNOWN, Shard},
    writer::Last,
};
use crate::{
    id::UserId,
    presence::{Record, Timestamp},
    store::{
        DocumentRef, Kind, Node, Progress, Reading, Revision, StoreError, parse, parse_id, read_partitions,
    },
    table::Size,
};

/// How many documents are shown at a time, those of users aside.
const SHOWN: usize = 1_000;

/// The last batch that the engine holds.
pub(super) fn last(engine: &dyn Engine) -> Result<Last, StoreError> {
    Ok(value_of(engine, key::LAST_BATCH)?.and_then(|value| Last::decode(&value)).unwrap_or_default())
}

/// The value of a key; none if there is no such key.
fn value_of(engine: &dyn Engine, wanted: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    let mut found = None;
    let mut look = |key: &[u8], value: &[u8]| {
        found = (key == wanted).then(|| value.to_vec());
        false
    };
    engine.scan(wanted, &mut look).map_err(unreadable)?;
    Ok(found)
}

/// Documents of one kind, one behind the other.
struct Shown {
    kind: Kind,
    bytes: Vec<u8>,
    /// Where the ids and the values are.
    places: Vec<(Range<usize>, Range<usize>)>,
}

impl Shown {
    fn new(kind: Kind) -> Self {
        Self { kind, bytes: Vec::new(), places: Vec::new() }
    }

    fn push(&mut self, id: &[u8], value: &[u8]) {
        let start = self.bytes.len();
        let between = start + id.len();
        self.bytes.extend_from_slice(id);
        self.bytes.extend_from_slice(value);
        self.places.push((start..between, between..self.bytes.len()));
    }

    /// Shows what is there to the node, and goes on without it.
    fn show(&mut self, node: &dyn Node, revision: Revision) -> Result<(), StoreError> {
        let document = |(id, value): &(Range<usize>, Range<usize>)| {
            let id = parse_id(&self.bytes[id.clone()])?;
            Ok(DocumentRef { kind: self.kind, id, value: Some(&self.bytes[value.clone()]) })
        };
        let documents: Vec<_> = self.places.iter().map(document).collect::<Result<_, StoreError>>()?;
        node.loaded(revision, &documents);
        self.bytes.clear();
        self.places.clear();
        Ok(())
    }
}

impl Parts {
    /// Shows all documents to the node and reads all records.
    pub(super) fn load(&self, node: &dyn Node) -> Result<(), StoreError> {
        let Some(engine) = &self.engine else { return Ok(()) };
        let revision = value_of(&**engine, key::REVISION)?.and_then(|value| Revision::decode(&value));
        let revision = revision.unwrap_or_default();
        *self.log.lock() = Log::at(revision);
        show_users(&**engine, node, revision)?;
        for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::User) {
            show_all(&**engine, node, revision, kind)?;
        }
        self.repeat_removals(&**engine)?;
        let last = *self.last.lock();
        let highest = self.load_records(&**engine, node, Timestamp::from_micros(last.micros))?;
        self.numbers.start_after(highest.max(revision.0).max(last.micros));
        Ok(())
    }

    /// Removes the records of users who were removed, in case the server ended between the two. Those who
    /// have come back since are not touched, and marks that no node can need any more are dropped.
    fn repeat_removals(&self, engine: &dyn Engine) -> Result<(), StoreError> {
        let mut removals: Vec<(UserId, Revision)> = Vec::new();
        let prefix = key::documents(Kind::Removal);
        let mut result = Ok(());
        let mut take = |key: &[u8], value: &[u8]| {
            let parsed = parse_id(&key[prefix.len()..]).and_then(|id| {
                let user = id.parse().map_err(|_| StoreError::bad_key(key))?;
                Ok((user, parse(Kind::Removal, id, value)?))
            });
            result = parsed.map(|(user, removed)| removals.push((user, Revision(removed))));
            result.is_ok()
        };
        engine.scan(&prefix, &mut take).map_err(unreadable)?;
        result?;
        let now = self.last.lock().micros;
        let mut writes = Vec::new();
        for (user, removed) in removals {
            self.shard(&user).lock().mark_removed(&user, removed);
            let document = |kind| key::document(kind, user.as_str());
            if value_of(engine, &document(Kind::User))?.is_none() {
                writes.push(Write { key: key::record(&user), value: None });
            }
            if removed.0 + REMOVALS_KNOWN < now {
                writes.push(Write { key: document(Kind::Removal), value: None });
            }
        }
        if writes.is_empty() {
            return Ok(());
        }
        match engine.commit(&writes) {
            // The next start repeats them, and until then no caller asks for users whom the directory does not know.
            Err(EngineError::Refused(_)) => Ok(()),
            committed => committed.map_err(unreadable),
        }
    }

    /// Reads all records, some partitions at a time, and returns the highest version.
    fn load_records(
        &self,
        engine: &dyn Engine,
        node: &dyn Node,
        stopped: Timestamp,
    ) -> Result<u64, StoreError> {
        let highest = AtomicU64::new(0);
        // One partition is about as large as another.
        let size = Mutex::new(Size::default());
        read_partitions(Reading::Records, &|progress: Progress| node.progress(progress), |partition| {
            let mut shard = self.shards[partition].lock();
            shard.reserve(*size.lock());
            let of_partition = load_partition(engine, partition, &mut shard, node, stopped)?;
            highest.fetch_max(of_partition, Ordering::Relaxed);
            *size.lock() = shard.size();
            Ok(shard.len())
        })?;
        Ok(highest.into_inner())
    }
}

/// Shows the users, those of one partition together. There may be ten million of all.
fn show_users(engine: &dyn Engine, node: &dyn Node, revision: Revision) -> Result<(), StoreError> {
    read_partitions(Reading::Users, &|progress: Progress| node.progress(progress), |partition| {
        let prefix = key::users(partition);
        let mut shown = Shown::new(Kind::User);
        let mut take = |key: &[u8], value: &[u8]| {
            shown.push(&key[prefix.len()..], value);
            true
        };
        engine.scan(&prefix, &mut take).map_err(unreadable)?;
        let users = shown.places.len();
        shown.show(node, revision)?;
        Ok(users)
    })
}

fn show_all(engine: &dyn Engine, node: &dyn Node, revision: Revision, kind: Kind) -> Result<(), StoreError> {
    let prefix = key::documents(kind);
    let (mut shown, mut result) = (Shown::new(kind), Ok(()));
    let mut take = |key: &[u8], value: &[u8]| {
        shown.push(&key[prefix.len()..], value);
        if shown.places.len() == SHOWN {
            result = shown.show(node, revision);
        }
        result.is_ok()
    };
    engine.scan(&prefix, &mut take).map_err(unreadable)?;
    result?;
    if shown.places.is_empty() { Ok(()) } else { shown.show(node, revision) }
}

fn load_partition(
    engine: &dyn Engine,
    number: usize,
    shard: &mut Shard,
    node: &dyn Node,
    stopped: Timestamp,
) -> Result<u64, StoreError> {
    let prefix = key::records(number);
    let mut highest = 0;
    let mut result = Ok(());
    let mut take = |key: &[u8], value: &[u8]| {
        let version = parse_id(&key[prefix.len()..]).and_then(|id| {
            let user: UserId = id.parse().map_err(|_| StoreError::bad_key(key))?;
            let mut resume = |record: &mut Record| node.resume(record, stopped);
            shard
                .load(&user, value, &mut resume)
                .map_err(|error| StoreError::Unreadable(format!("the record of {user}: {error}")))
        });
        result = version.map(|version| highest = highest.max(version));
        result.is_ok()
    };
    engine.scan(&prefix, &mut take).map_err(unreadable)?;
    result.map(|()| highest)
}

pub(super) fn unreadable(error: EngineError) -> StoreError {
    StoreError::Unreadable(error.to_string())
}
