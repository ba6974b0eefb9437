//! Reading everything back when the store is opened.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::{Parts, engine::Engine, key, writer::Last};
use crate::{
    id::UserId,
    presence::{Record, Timestamp},
    store::{DocumentVisit, Effect, Kind, PARTITIONS, StoreError, parse_id},
};

/// What the opening of a store needs to know, and whom it tells how far it is.
pub struct Loading<'a> {
    /// Brings a record over the restart: given the moment at which the server was last known to run.
    pub resume: &'a (dyn Fn(&mut Record, Timestamp) -> Effect + Sync),
    /// Told of each partition that is there.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

/// How far the opening of a store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub partitions: usize,
    pub records: usize,
}

/// The last batch that the engine holds.
pub(super) fn last(engine: &dyn Engine) -> Result<Last, StoreError> {
    let mut last = Last::default();
    let mut look = |_: &[u8], value: &[u8]| {
        last = Last::decode(value).unwrap_or_default();
        false
    };
    engine.scan(key::LAST_BATCH, &mut look).map_err(unreadable)?;
    Ok(last)
}

/// Shows every document of a kind.
pub(super) fn documents(
    engine: &dyn Engine,
    kind: Kind,
    visit: &mut DocumentVisit<'_>,
) -> Result<(), StoreError> {
    let prefix = key::documents(kind);
    let mut result = Ok(());
    let mut look = |key: &[u8], value: &[u8]| {
        result = parse_id(&key[prefix.len()..]).and_then(|id| visit(id, value));
        result.is_ok()
    };
    engine.scan(&prefix, &mut look).map_err(unreadable)?;
    result
}

impl Parts {
    /// Reads all records, some partitions at a time, and returns the highest version.
    pub(super) fn load(&self, last: Last, loading: &Loading<'_>) -> Result<u64, StoreError> {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let (next, done, records) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let work = || {
            let mut highest = 0;
            loop {
                let partition = next.fetch_add(1, Ordering::Relaxed);
                if partition >= PARTITIONS {
                    return Ok(highest);
                }
                highest = highest.max(self.load_partition(partition, last, loading)?);
                let loaded = self.shards[partition].lock().len();
                let records = records.fetch_add(loaded, Ordering::Relaxed) + loaded;
                let partitions = done.fetch_add(1, Ordering::Relaxed) + 1;
                (loading.progress)(Progress { partitions, records });
            }
        };
        thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            let mut highest = 0;
            for thread in threads {
                highest = highest.max(thread.join().expect("loading does not panic")?);
            }
            Ok(highest)
        })
    }

    fn load_partition(&self, partition: usize, last: Last, loading: &Loading<'_>) -> Result<u64, StoreError> {
        let engine = self.engine.as_ref().expect("a store without an engine has nothing to load");
        let prefix = key::records(partition);
        let stopped = Timestamp::from_micros(last.micros);
        let mut shard = self.shards[partition].lock();
        let mut highest = 0;
        let mut result = Ok(());
        let mut take = |key: &[u8], value: &[u8]| {
            let version = parse_id(&key[prefix.len()..]).and_then(|id| {
                let user: UserId = id.parse().map_err(|_| StoreError::bad_key(key))?;
                let mut resume = |record: &mut Record| (loading.resume)(record, stopped);
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
}

pub(super) fn unreadable(error: super::engine::EngineError) -> StoreError {
    StoreError::Unreadable(error.to_string())
}
