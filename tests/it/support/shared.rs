use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use parking_lot::Mutex;
use presenced::{
    id::UserId,
    presence::Timestamp,
    store::{
        Change, Document, DocumentVisit, EmbeddedStore, Kind, LineVisit, Store, StoreError, Updated, Visit,
        partition,
    },
};

/// A store that outlives the server on it, so that another server can go on.
#[derive(Clone, Default)]
pub(crate) struct SharedStore {
    records: Arc<EmbeddedStore>,
    documents: Arc<Mutex<Documents>>,
}

type Documents = BTreeMap<(Kind, String), Vec<u8>>;

impl SharedStore {
    fn put(&self, documents: Vec<Document>) {
        let mut all = self.documents.lock();
        for Document { kind, id, value } in documents {
            match value {
                Some(value) => drop(all.insert((kind, id), value)),
                None => drop(all.remove(&(kind, id))),
            }
        }
    }
}

#[async_trait]
impl Store for SharedStore {
    async fn read(&self, users: &[&UserId], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.records.read(users, visit).await
    }

    async fn update(
        &self,
        user: &UserId,
        micros: u64,
        change: &mut Change<'_>,
    ) -> Result<Updated, StoreError> {
        self.records.update(user, micros, change).await
    }

    async fn remove(&self, user: &UserId, documents: Vec<Document>) -> Result<(), StoreError> {
        self.put(documents);
        self.records.remove(user, Vec::new()).await
    }

    async fn write(&self, documents: Vec<Document>) -> Result<(), StoreError> {
        self.put(documents);
        Ok(())
    }

    fn documents(&self, kind: Kind, visit: &mut DocumentVisit<'_>) -> Result<(), StoreError> {
        let all = self.documents.lock().clone();
        all.iter().filter(|((of, _), _)| *of == kind).try_for_each(|((_, id), value)| visit(id, value))
    }

    fn users(&self, of: usize, visit: &mut DocumentVisit<'_>) -> Result<(), StoreError> {
        let is_there = |id: &str| id.parse().is_ok_and(|user: UserId| partition(&user) == of);
        self.documents(Kind::User, &mut |id, value| if is_there(id) { visit(id, value) } else { Ok(()) })
    }

    fn export(&self, visit: &mut LineVisit<'_>) -> Result<(), StoreError> {
        self.records.export(visit)
    }

    async fn due(&self, partition: usize, now: Timestamp) -> Vec<UserId> {
        self.records.due(partition, now).await
    }

    fn reminders(&self) -> usize {
        self.records.reminders()
    }

    fn highest_version(&self) -> u64 {
        self.records.highest_version()
    }

    fn health(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
