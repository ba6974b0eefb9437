//! Where subscriptions survive a restart: in the directory, as documents.

use std::sync::Arc;

use uuid::Uuid;

use super::Subscription;
use crate::{
    directory::{Directory, DirectoryError},
    store::{Kind, StoreError, parse},
};

/// The subscriptions in the directory. What is saved or removed is durable when the call returns.
pub(super) struct Shelf(Arc<Directory>);

impl Shelf {
    pub(super) fn new(directory: Arc<Directory>) -> Self {
        Self(directory)
    }

    /// Keeps a subscription, in the place of the one with the same id.
    pub(super) async fn save(&self, subscription: &Subscription) -> Result<(), StoreError> {
        let value = serde_json::to_vec(subscription).expect("what is kept has a JSON form");
        self.keep(subscription.id, Some(value.into())).await
    }

    /// Keeps a subscription no longer.
    pub(super) async fn remove(&self, id: Uuid) -> Result<(), StoreError> {
        self.keep(id, None).await
    }

    async fn keep(&self, id: Uuid, value: Option<Arc<[u8]>>) -> Result<(), StoreError> {
        match self.0.keep_subscription(id.to_string(), value).await {
            Err(DirectoryError::Store(error)) => Err(error),
            _ => Ok(()),
        }
    }

    /// Every subscription that is kept.
    pub(super) fn load(&self) -> Result<Vec<Subscription>, StoreError> {
        let kept = self.0.subscriptions();
        kept.iter().map(|(id, value)| parse(Kind::Subscription, id, value)).collect()
    }
}
