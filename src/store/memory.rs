use std::collections::HashMap;

use async_trait::async_trait;
use crossbeam_utils::CachePadded;
use parking_lot::Mutex;

use super::{Change, PARTITIONS, Store, StoreError, Updated, Visit, partition};
use crate::{id::UserId, presence::Record};

/// Keeps records in the process's memory and nowhere else: they end with it.
#[derive(Debug)]
pub struct MemoryStore {
    // A lock is held for about a microsecond and never across an await, so a blocking mutex is right.
    shards: Box<[CachePadded<Mutex<Shard>>]>,
}

type Shard = HashMap<UserId, Record>;

impl Default for MemoryStore {
    fn default() -> Self {
        Self { shards: (0..PARTITIONS).map(|_| CachePadded::default()).collect() }
    }
}

impl MemoryStore {
    fn shard(&self, user: &UserId) -> &Mutex<Shard> {
        &self.shards[partition(user)]
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn read(&self, users: &[&UserId], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let empty = Record::default();
        for (index, user) in users.iter().enumerate() {
            visit(index, self.shard(user).lock().get(*user).unwrap_or(&empty));
        }
        Ok(())
    }

    async fn update(
        &self,
        user: &UserId,
        micros: u64,
        change: &mut Change<'_>,
    ) -> Result<Updated, StoreError> {
        let mut shard = self.shard(user).lock();
        let record = shard.entry(user.clone()).or_default();
        let visible = change(record);
        let version = if visible { record.number_change(micros) } else { record.version() };
        Ok(Updated { version, visible })
    }

    async fn remove(&self, user: &UserId) -> Result<(), StoreError> {
        self.shard(user).lock().remove(user);
        Ok(())
    }

    fn health(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
