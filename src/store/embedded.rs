//! The store of a server that stands alone: all records in memory, packed closely, and on disk what has to
//! survive.
//!
//! - [`engine`]: what keeps the bytes. [`disk`]: the engine over fjall. Without an engine everything ends
//!   with the process.
//! - `shard`: the memory of one partition. `writer`: the one thread that writes, at its `pace`.
//!   `load`: reading all of it back. [`transfer`]: exports and imports. `key`: the keys. `upgrade`: data of
//!   earlier formats.

pub mod disk;
pub mod engine;
mod key;
mod load;
mod pace;
mod shard;
pub mod transfer;
mod upgrade;
mod writer;

use std::{fmt, sync::Arc, thread, time::Duration};

use async_trait::async_trait;
use crossbeam_utils::CachePadded;
use parking_lot::Mutex;
use tokio::{runtime::Handle, sync::oneshot};

pub use self::load::{Loading, Resumed};
use self::{
    engine::{Engine, Write},
    shard::{Pending, Shard},
    writer::{Job, Last, Queue, Then, Trouble},
};
use super::{
    Change, Document, DocumentVisit, Keep, Kind, LineVisit, PARTITIONS, Store, StoreError, Updated, Visit,
    partition,
};
use crate::{
    id::UserId,
    presence::{Record, Timestamp},
};

/// Records in memory, and on disk if there is an engine.
pub struct EmbeddedStore {
    parts: Arc<Parts>,
    highest_version: u64,
}

struct Parts {
    // A lock is held for about a microsecond and never across an await, so a blocking mutex is right.
    shards: Box<[CachePadded<Mutex<Shard>>]>,
    engine: Option<Box<dyn Engine>>,
    queue: Queue,
    /// The last batch that was written.
    last: Mutex<Last>,
    trouble: Mutex<Trouble>,
    /// How far activity may lag behind on disk.
    lag_seconds: u16,
    /// The runtime of those who wait for the writer, if there is one.
    runtime: Option<Handle>,
}

/// How long closing waits between two looks at whether the writer is done.
const CLOSING: Duration = Duration::from_millis(5);

impl Default for EmbeddedStore {
    fn default() -> Self {
        Self::in_memory()
    }
}

impl EmbeddedStore {
    /// A store that ends with the process.
    pub fn in_memory() -> Self {
        Self { parts: Arc::new(Parts::new(None, Last::default(), 1)), highest_version: 0 }
    }

    /// A store over an engine, with all that the engine holds. Activity lags behind on disk by at most
    /// `lag_seconds`, which is not 0.
    pub fn open(
        engine: Box<dyn Engine>,
        lag_seconds: u16,
        loading: &Loading<'_>,
    ) -> Result<Self, StoreError> {
        let last = load::last(&*engine)?;
        let parts = Parts::new(Some(engine), last, lag_seconds);
        let highest_version = parts.load(last, loading)?;
        let parts = Arc::new(parts);
        let writing = parts.clone();
        let writer = thread::Builder::new().name("store-writer".to_owned());
        writer
            .spawn(move || writer::run(&writing))
            .map_err(|error| StoreError::Refused(format!("the writer could not be started: {error}")))?;
        Ok(Self { parts, highest_version })
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.parts.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Drop for EmbeddedStore {
    fn drop(&mut self) {
        self.parts.queue.close();
    }
}

impl Parts {
    fn new(engine: Option<Box<dyn Engine>>, last: Last, lag_seconds: u16) -> Self {
        let shards = (0..PARTITIONS).map(|_| CachePadded::default()).collect();
        let (queue, last, trouble) = (Queue::default(), Mutex::new(last), Mutex::default());
        Self { shards, engine, queue, last, trouble, lag_seconds, runtime: Handle::try_current().ok() }
    }

    fn shard(&self, user: &UserId) -> &Mutex<Shard> {
        &self.shards[partition(user)]
    }

    /// Queues a job; what is returned completes once it is durable.
    fn queue(
        &self,
        writes: Vec<Write>,
        micros: u64,
        then: impl FnOnce(u64) -> Then,
    ) -> Result<Done, StoreError> {
        let (done, is_done) = oneshot::channel();
        self.queue.push(|number| Job { writes, then: then(number), micros, done: Some(done) })?;
        Ok(is_done)
    }

    /// Changes a record. What is returned, if anything, completes once the change is durable.
    fn update(
        &self,
        user: &UserId,
        micros: u64,
        change: &mut Change<'_>,
    ) -> Result<(Updated, Option<Done>), StoreError> {
        let mut shard = self.shard(user).lock();
        let mut record = shard.latest(user);
        let effect = change(&mut record);
        let visible = effect.visible;
        let version = if visible { record.number_change(micros) } else { record.version() };
        let updated = Updated { version, visible };
        let (next_change, packed) = (effect.next_change, record.pack());
        let keep = match effect.keep {
            _ if self.engine.is_none() => Keep::Derived,
            // It builds on what waits for the disk.
            _ if shard.is_pending(user) => Keep::Acknowledged,
            keep => keep,
        };
        let write = |packed: &[u8]| vec![Write { key: key::record(user), value: Some(packed.to_vec()) }];
        match keep {
            Keep::Acknowledged => {
                let mut number = 0;
                let done = self.queue(write(&packed), micros, |next| {
                    number = next;
                    Then::Put { user: user.clone(), packed, next_change, number }
                })?;
                shard.pend(user, Pending { record, number });
                return Ok((updated, Some(done)));
            }
            Keep::Lazily if visible => {
                let writes = write(&packed);
                self.queue.push(|_| Job { writes, then: Then::Nothing, micros, done: None })?;
                shard.put(user, &packed, next_change);
            }
            Keep::Lazily => shard.put_lagging(user, &packed, next_change),
            Keep::Derived => drop(shard.put(user, &packed, next_change)),
        }
        Ok((updated, None))
    }

    fn remove(&self, user: &UserId, documents: Vec<Document>) -> Result<Done, StoreError> {
        let mut shard = self.shard(user).lock();
        let mut writes: Vec<Write> = documents.into_iter().map(Write::from).collect();
        writes.push(Write { key: key::record(user), value: None });
        let mut number = 0;
        let done = self.queue(writes, 0, |next| {
            number = next;
            Then::Remove { user: user.clone(), number }
        })?;
        shard.pend(user, Pending { record: Record::default(), number });
        Ok(done)
    }
}

impl From<Document> for Write {
    fn from(document: Document) -> Self {
        Self { key: key::document(document.kind, &document.id), value: document.value }
    }
}

/// Completes once a write is durable, or has failed.
type Done = oneshot::Receiver<Result<(), StoreError>>;

async fn wait(done: Done) -> Result<(), StoreError> {
    done.await.unwrap_or_else(|_| Err(StoreError::Refused("the writer has ended".to_owned())))
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn read(&self, users: &[&UserId], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        for (index, user) in users.iter().enumerate() {
            let record = self.parts.shard(user).lock().record(user).unwrap_or_default();
            visit(index, &record);
        }
        Ok(())
    }

    async fn update(
        &self,
        user: &UserId,
        micros: u64,
        change: &mut Change<'_>,
    ) -> Result<Updated, StoreError> {
        let (updated, done) = self.parts.update(user, micros, change)?;
        if let Some(done) = done {
            wait(done).await?;
        }
        Ok(updated)
    }

    async fn remove(&self, user: &UserId, documents: Vec<Document>) -> Result<(), StoreError> {
        if self.parts.engine.is_none() {
            self.parts.shard(user).lock().remove(user);
            return Ok(());
        }
        let done = self.parts.remove(user, documents)?;
        wait(done).await
    }

    async fn write(&self, documents: Vec<Document>) -> Result<(), StoreError> {
        if self.parts.engine.is_none() {
            return Ok(());
        }
        let writes = documents.into_iter().map(Write::from).collect();
        wait(self.parts.queue(writes, 0, |_| Then::Nothing)?).await
    }

    fn documents(&self, kind: Kind, visit: &mut DocumentVisit<'_>) -> Result<(), StoreError> {
        let Some(engine) = &self.parts.engine else { return Ok(()) };
        load::documents(&**engine, key::documents(kind), visit)
    }

    fn users(&self, partition: usize, visit: &mut DocumentVisit<'_>) -> Result<(), StoreError> {
        let Some(engine) = &self.parts.engine else { return Ok(()) };
        load::documents(&**engine, key::users(partition), visit)
    }

    fn export(&self, visit: &mut LineVisit<'_>) -> Result<(), StoreError> {
        let engine = self.parts.engine.as_ref().ok_or(StoreError::NothingKept)?;
        transfer::export(&**engine, visit)
    }

    async fn due(&self, partition: usize, now: Timestamp) -> Vec<UserId> {
        self.parts.shards[partition].lock().due(now)
    }

    fn reminders(&self) -> usize {
        self.parts.shards.iter().map(|shard| shard.lock().reminders()).sum()
    }

    fn highest_version(&self) -> u64 {
        self.highest_version
    }

    fn health(&self) -> Result<(), StoreError> {
        let trouble = self.parts.trouble.lock();
        trouble.why_not().map_or(Ok(()), |why| Err(StoreError::Refused(why.clone())))
    }

    async fn close(&self) -> Result<(), StoreError> {
        if self.parts.engine.is_some() {
            self.parts.queue.close();
            while !self.parts.queue.is_closed() {
                tokio::time::sleep(CLOSING).await;
            }
        }
        self.health()
    }
}

impl fmt::Debug for EmbeddedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedStore").field("records", &self.len()).finish_non_exhaustive()
    }
}
