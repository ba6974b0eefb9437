use std::sync::{
    Arc, Mutex, Weak,
    atomic::{AtomicU8, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use presenced::{
    id::{NodeId, UserId},
    presence::{Record, Timestamp},
    store::{Document, Edit, EmbeddedStore, LineVisit, Node, Revision, Store, StoreError, Visit, Written},
};

/// A store that does what it is told to, for as long as it is told to.
#[derive(Default)]
pub(crate) struct FaultyStore {
    store: EmbeddedStore,
    pub(crate) mood: Mood,
    /// How many records were read.
    pub(crate) reads: Arc<AtomicUsize>,
    /// How often documents were written.
    pub(crate) writes: Arc<AtomicUsize>,
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
    async fn open(&self, node: Weak<dyn Node>) -> Result<NodeId, StoreError> {
        self.store.open(node).await
    }

    async fn read(&self, users: &[&UserId], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.mood.try_to_read()?;
        self.reads.fetch_add(users.len(), Ordering::SeqCst);
        self.store.read(users, visit).await
    }

    async fn read_present(&self, users: &[&UserId], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.mood.try_to_read()?;
        let mut count = 0;
        let mut look = |index: usize, record: &Record| {
            count += 1;
            visit(index, record);
        };
        self.store.read_present(users, &mut look).await?;
        self.reads.fetch_add(count, Ordering::SeqCst);
        Ok(())
    }

    async fn present(&self, partition: usize) -> Result<Vec<UserId>, StoreError> {
        self.mood.try_to_read()?;
        self.store.present(partition).await
    }

    async fn changed_after(&self, partition: usize, number: u64) -> Result<Vec<UserId>, StoreError> {
        self.mood.try_to_read()?;
        self.store.changed_after(partition, number).await
    }

    async fn update(&self, user: &UserId, known: Revision, edit: &Edit<'_>) -> Result<Record, StoreError> {
        self.mood.try_to_write()?;
        let meanwhile = self.meanwhile.lock().expect("nobody panics here").take();
        if let Some(meanwhile) = meanwhile {
            meanwhile().await;
        }
        self.store.update(user, known, edit).await
    }

    async fn remove(&self, user: &UserId, removed: Revision) -> Result<(), StoreError> {
        self.mood.try_to_write()?;
        self.store.remove(user, removed).await
    }

    async fn write(
        &self,
        documents: Vec<Document>,
        known: Revision,
        micros: u64,
    ) -> Result<Written, StoreError> {
        // What passes needs no disk.
        if documents.iter().any(|document| !document.kind.is_passing()) {
            self.mood.try_to_write()?;
            self.writes.fetch_add(1, Ordering::SeqCst);
        }
        self.store.write(documents, known, micros).await
    }

    fn export(&self, visit: &mut LineVisit<'_>) -> Result<(), StoreError> {
        self.mood.try_to_read()?;
        self.store.export(visit)
    }

    async fn due(&self, partition: usize, now: Timestamp) -> Vec<UserId> {
        self.store.due(partition, now).await
    }

    fn reminders(&self) -> usize {
        self.store.reminders()
    }

    fn watermark(&self, micros: u64) -> u64 {
        self.store.watermark(micros)
    }

    fn health(&self) -> Result<(), StoreError> {
        self.mood.try_to_write()
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.store.close().await
    }
}
