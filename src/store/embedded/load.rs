//! Reading everything back when the store is opened.

use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use super::{Parts, engine::Engine, key, shard::Shard, writer::Last};
use crate::{
    id::UserId,
    presence::{Record, Timestamp},
    store::{DocumentVisit, StoreError, Tell, parse_id, read_partitions},
    table::Size,
};

/// What became of a record over the restart.
#[derive(Clone, Copy, Debug, Default)]
pub struct Resumed {
    /// Whether the record is another one now.
    pub changed: bool,
    /// When the user's presence turns next without an input, if ever.
    pub next_change: Option<Timestamp>,
}

/// What the opening of a store needs to know, and whom it tells how far it is.
pub struct Loading<'a> {
    /// Brings a record over the restart: given the moment at which the server was last known to run.
    pub resume: &'a (dyn Fn(&mut Record, Timestamp) -> Resumed + Sync),
    pub tell: &'a Tell<'a>,
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
        let highest = AtomicU64::new(0);
        // One partition is about as large as another.
        let size = Mutex::new(Size::default());
        read_partitions(loading.tell, |partition| {
            let mut shard = self.shards[partition].lock();
            shard.reserve(*size.lock());
            highest.fetch_max(self.load_partition(partition, &mut shard, last, loading)?, Ordering::Relaxed);
            *size.lock() = shard.size();
            Ok(shard.len())
        })?;
        Ok(highest.into_inner())
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
