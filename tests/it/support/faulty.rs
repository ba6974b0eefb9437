use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU8, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use presenced::{
    id::UserId,
    presence::Timestamp,
    store::{
        Change, Document, DocumentVisit, EmbeddedStore, Kind, LineVisit, Store, StoreError, Updated, Visit,
    },
};

/// A store that does what it is told to, for as long as it is told to.
#[derive(Default)]
pub(crate) struct FaultyStore {
    store: EmbeddedStore,
    pub(crate) mood: Mood,
    /// How many records were read.
    pub(crate) reads: Arc<AtomicUsize>,
    /// What happens in the middle of the next update.
    pub(crate) meanwhile: Arc<Mutex<Option<Meanwhile>>>,
}

type Meanwhile = Box<dyn Fn() -> Work + Send>;
type Work = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// What the store is up to.
#[derive(Clone, Default)]
pub(crate) struct Mood(Arc<AtomicU8>);

const WELL: u8 = 0;
const REFUSING: u8 = 1;
const REFUSING_READS_TOO: u8 = 2;
const PANICKING: u8 = 3;

impl Mood {
    pub(crate) fn be_well(&self) {
        self.0.store(WELL, Ordering::SeqCst);
    }

    pub(crate) fn refuse(&self) {
        self.0.store(REFUSING, Ordering::SeqCst);
    }

    pub(crate) fn refuse_everything(&self) {
        self.0.store(REFUSING_READS_TOO, Ordering::SeqCst);
    }

    pub(crate) fn panic(&self) {
        self.0.store(PANICKING, Ordering::SeqCst);
    }

    fn try_to_write(&self) -> Result<(), StoreError> {
        match self.0.load(Ordering::SeqCst) {
            WELL => Ok(()),
            PANICKING => panic!("a bug"),
            _ => Err(StoreError::Refused("the disk is full".to_owned())),
        }
    }

    fn try_to_read(&self) -> Result<(), StoreError> {
        if self.0.load(Ordering::SeqCst) == REFUSING_READS_TOO { self.try_to_write() } else { Ok(()) }
    }
}

#[async_trait]
impl Store for FaultyStore {
    async fn read(&self, users: &[&UserId], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.mood.try_to_read()?;
        self.reads.fetch_add(users.len(), Ordering::SeqCst);
        self.store.read(users, visit).await
    }

    async fn update(
        &self,
        user: &UserId,
        micros: u64,
        change: &mut Change<'_>,
    ) -> Result<Updated, StoreError> {
        self.mood.try_to_write()?;
        let updated = self.store.update(user, micros, change).await;
        let meanwhile = self.meanwhile.lock().expect("nobody panics here").take();
        if let Some(meanwhile) = meanwhile {
            meanwhile().await;
        }
        updated
    }

    async fn remove(&self, user: &UserId, documents: Vec<Document>) -> Result<(), StoreError> {
        self.mood.try_to_write()?;
        self.store.remove(user, documents).await
    }

    async fn write(&self, documents: Vec<Document>) -> Result<(), StoreError> {
        self.mood.try_to_write()?;
        self.store.write(documents).await
    }

    fn documents(&self, kind: Kind, visit: &mut DocumentVisit<'_>) -> Result<(), StoreError> {
        self.store.documents(kind, visit)
    }

    fn users(&self, partition: usize, visit: &mut DocumentVisit<'_>) -> Result<(), StoreError> {
        self.store.users(partition, visit)
    }

    fn export(&self, visit: &mut LineVisit<'_>) -> Result<(), StoreError> {
        self.store.export(visit)
    }

    async fn due(&self, partition: usize, now: Timestamp) -> Vec<UserId> {
        self.store.due(partition, now).await
    }

    fn reminders(&self) -> usize {
        self.store.reminders()
    }

    fn highest_version(&self) -> u64 {
        self.store.highest_version()
    }

    fn health(&self) -> Result<(), StoreError> {
        self.mood.try_to_write()
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.store.close().await
    }
}
