//! A store that counts the records that are read, and that can break.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use presenced::{
    id::UserId,
    store::{Change, MemoryStore, Store, StoreError, Updated, Visit},
};

#[derive(Default)]
pub(super) struct CountingStore {
    memory: MemoryStore,
    pub(super) reads: Arc<AtomicUsize>,
    pub(super) is_broken: Arc<AtomicBool>,
}

impl CountingStore {
    fn check(&self) -> Result<(), StoreError> {
        let is_broken = self.is_broken.load(Ordering::SeqCst);
        if is_broken { Err(StoreError::Refused("the disk failed".to_owned())) } else { Ok(()) }
    }
}

#[async_trait]
impl Store for CountingStore {
    async fn read(&self, users: &[&UserId], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.check()?;
        self.reads.fetch_add(users.len(), Ordering::SeqCst);
        self.memory.read(users, visit).await
    }

    async fn update(
        &self,
        user: &UserId,
        micros: u64,
        change: &mut Change<'_>,
    ) -> Result<Updated, StoreError> {
        self.check()?;
        self.memory.update(user, micros, change).await
    }

    async fn remove(&self, user: &UserId) -> Result<(), StoreError> {
        self.check()?;
        self.memory.remove(user).await
    }

    fn health(&self) -> Result<(), StoreError> {
        self.check()
    }
}
