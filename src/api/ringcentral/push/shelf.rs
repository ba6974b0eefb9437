//! Where subscriptions survive a restart: in the store, as documents.

use std::sync::Arc;

use uuid::Uuid;

use super::Subscription;
use crate::store::{Document, Kind, Store, StoreError, parse};

/// The subscriptions in the store. What is saved or removed is durable when the call returns.
pub(super) struct Shelf(Arc<dyn Store>);

impl Shelf {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }

    /// Keeps a subscription, in the place of the one with the same id.
    pub(super) async fn save(&self, subscription: &Subscription) -> Result<(), StoreError> {
        let document = Document::put(Kind::Subscription, subscription.id.to_string(), subscription);
        self.0.write(vec![document]).await
    }

    /// Keeps a subscription no longer.
    pub(super) async fn remove(&self, id: Uuid) -> Result<(), StoreError> {
        self.0.write(vec![Document::removed(Kind::Subscription, id.to_string())]).await
    }

    /// Every subscription that is kept.
    pub(super) fn load(&self) -> Result<Vec<Subscription>, StoreError> {
        let mut subscriptions = Vec::new();
        self.0.documents(Kind::Subscription, &mut |id, value| {
            subscriptions.push(parse(Kind::Subscription, id, value)?);
            Ok(())
        })?;
        Ok(subscriptions)
    }
}
