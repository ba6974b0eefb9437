//! Reading everything back when the store is opened.

use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use super::{Parts, engine::Engine, key, shard::Shard, writer::Last};
use crate::{
    id::UserId,
    presence::{Record, Timestamp},
    store::{DocumentVisit, Effect, StoreError, for_all_partitions, parse_id},
    table::Size,
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

/// Shows the documents whose keys begin so.
pub(super) fn documents(
    engine: &dyn Engine,
    prefix: [u8; key::PREFIX_BYTES],
    visit: &mut DocumentVisit<'_>,
) -> Result<(), StoreError> {
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
        let (done, records) = (AtomicUsize::new(0), AtomicUsize::new(0));
        // One partition is about as large as another.
        let size = Mutex::new(Size::default());
        let highest = for_all_partitions(|partition| {
            let mut shard = self.shards[partition].lock();
            shard.reserve(*size.lock());
            let highest = self.load_partition(partition, &mut shard, last, loading)?;
            shard.shrink();
            *size.lock() = shard.size();
            let records = records.fetch_add(shard.len(), Ordering::Relaxed) + shard.len();
            let partitions = done.fetch_add(1, Ordering::Relaxed) + 1;
            (loading.progress)(Progress { partitions, records });
            Ok(highest)
        })?;
        Ok(highest.into_iter().max().unwrap_or_default())
    }

    fn load_partition(
        &self,
        partition: usize,
        shard: &mut Shard,
        last: Last,
        loading: &Loading<'_>,
    ) -> Result<u64, StoreError> {
        let engine = self.engine.as_ref().expect("a store without an engine has nothing to load");
        let prefix = key::records(partition);
        let stopped = Timestamp::from_micros(last.micros);
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
