//! Where subscriptions survive a restart.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use parking_lot::Mutex;
use uuid::Uuid;

use super::Subscription;
use crate::store::StoreError;

/// Keeps subscriptions. What is saved or removed is durable when the call returns.
#[async_trait]
pub trait Shelf: Send + Sync {
    /// Keeps a subscription, in the place of the one with the same id.
    async fn save(&self, subscription: &Subscription) -> Result<(), StoreError>;

    /// Keeps a subscription no longer.
    async fn remove(&self, id: Uuid) -> Result<(), StoreError>;

    /// Every subscription that is kept.
    async fn load(&self) -> Result<Vec<Subscription>, StoreError>;
}

#[async_trait]
impl<T: Shelf + ?Sized> Shelf for Arc<T> {
    async fn save(&self, subscription: &Subscription) -> Result<(), StoreError> {
        (**self).save(subscription).await
    }

    async fn remove(&self, id: Uuid) -> Result<(), StoreError> {
        (**self).remove(id).await
    }

    async fn load(&self) -> Result<Vec<Subscription>, StoreError> {
        (**self).load().await
    }
}

/// Keeps subscriptions in the process's memory and nowhere else.
#[derive(Debug, Default)]
pub struct MemoryShelf(Mutex<BTreeMap<Uuid, Subscription>>);

#[async_trait]
impl Shelf for MemoryShelf {
    async fn save(&self, subscription: &Subscription) -> Result<(), StoreError> {
        self.0.lock().insert(subscription.id, subscription.clone());
        Ok(())
    }

    async fn remove(&self, id: Uuid) -> Result<(), StoreError> {
        self.0.lock().remove(&id);
        Ok(())
    }

    async fn load(&self) -> Result<Vec<Subscription>, StoreError> {
        Ok(self.0.lock().values().cloned().collect())
    }
}
