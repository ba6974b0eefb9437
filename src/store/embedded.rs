//! The store of a server that stands alone: all records in memory, packed closely, and on disk what has to
//! survive.
//!
//! - [`engine`]: what keeps the bytes. [`disk`]: the engine over fjall. Without an engine everything ends
//!   with the process.
//! - `shard`: the memory of one partition. `writer`: the one thread that writes, at its `pace`. `log`: where
//!   the documents stand. `news`: what the node is told.
//!   `load`: reading all of it back. [`transfer`]: exports and imports. `key`: the keys. `upgrade`: data of
//!   earlier formats.

pub mod disk;
pub mod engine;
mod key;
mod load;
mod log;
mod news;
mod pace;
mod shard;
pub mod transfer;
mod upgrade;
mod writer;

use std::{
    fmt, iter,
    sync::{Arc, OnceLock, Weak},
    thread,
    time::Duration,
};

use async_trait::async_trait;
use crossbeam_utils::CachePadded;
use parking_lot::Mutex;
use prometheus_client::metrics::histogram::Histogram;
use tokio::{runtime::Handle, sync::oneshot, task};

use self::{
    engine::{Engine, Write},
    log::Log,
    news::News,
    shard::{Pending, Shard},
    writer::{Job, Last, Queue, Then, Trouble},
};
use super::{
    Document, Edit, Figures, Keep, LineVisit, Node, Numbers, PARTITIONS, Revision, Store, StoreError, Visit,
    Written, partition,
};
use crate::{
    id::{NodeId, UserId},
    metrics::{self, OfStore},
    presence::{Record, Timestamp},
};

/// Records in memory, and on disk if there is an engine.
pub struct EmbeddedStore {
    parts: Arc<Parts>,
}

struct Parts {
    // A lock is held for about a microsecond and never across an await, so a blocking mutex is right.
    shards: Box<[CachePadded<Mutex<Shard>>]>,
    engine: Option<Box<dyn Engine>>,
    queue: Queue,
    /// The last batch that was written.
    last: Mutex<Last>,
    trouble: Mutex<Trouble>,
    /// How long batches took to be on the disk.
    commits: Histogram,
    /// How far activity may lag behind on disk.
    lag_seconds: u16,
    numbers: Numbers,
    log: Mutex<Log>,
    node: OnceLock<Weak<dyn Node>>,
    /// The runtime of those who wait for the writer.
    runtime: OnceLock<Handle>,
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
        Self { parts: Arc::new(Parts::new(None, Last::default(), 1)) }
    }

    /// A store over an engine, which is read when the store is [opened](Store::open). Activity lags behind on
    /// disk by at most `lag_seconds`, which is not 0.
    pub fn over(engine: Box<dyn Engine>, lag_seconds: u16) -> Result<Self, StoreError> {
        let last = load::last(&*engine)?;
        Ok(Self { parts: Arc::new(Parts::new(Some(engine), last, lag_seconds)) })
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.parts.shards.iter().map(|shard| shard.lock().len()).sum()
    }

    /// How many places of reminders there are. Those that count for nothing any more are taken out where they are most
    /// of them.
    pub fn places(&self) -> usize {
        self.parts.shards.iter().map(|shard| shard.lock().places()).sum()
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
        Self {
            shards: (0..PARTITIONS).map(|_| CachePadded::default()).collect(),
            engine,
            queue: Queue::default(),
            last: Mutex::new(last),
            trouble: Mutex::default(),
            commits: metrics::of_commits(),
            lag_seconds,
            numbers: Numbers::default(),
            log: Mutex::default(),
            node: OnceLock::new(),
            runtime: OnceLock::new(),
        }
    }

    fn shard(&self, user: &UserId) -> &Mutex<Shard> {
        &self.shards[partition(user)]
    }

    /// Reads everything, and starts to write.
    fn open(self: &Arc<Self>, node: &dyn Node) -> Result<(), StoreError> {
        self.load(node)?;
        let Some(engine) = &self.engine else { return Ok(()) };
        self.look_after(&**engine);
        let writing = self.clone();
        let writer = thread::Builder::new().name("store-writer".to_owned());
        let started = writer.spawn(move || writer::run(&writing)).map(drop);
        started.map_err(|error| StoreError::Refused(format!("the writer could not be started: {error}")))
    }

    /// Finds out whether a write would be taken, even if there are no writes.
    fn look_after(&self, engine: &dyn Engine) {
        if let Err(error) = engine.health() {
            self.trouble.lock().begin(&error);
        }
    }

    /// Queues a job; what is returned completes once it is durable.
    fn queue(
        &self,
        writes: Vec<Write>,
        micros: u64,
        news: Option<News>,
        then: impl FnOnce(u64) -> Then,
    ) -> Result<Done, StoreError> {
        let (done, is_done) = oneshot::channel();
        let number = news.as_ref().map(News::number);
        let queued =
            self.queue.push(|number| Job { writes, then: then(number), micros, news, done: Some(done) });
        if queued.is_err() {
            self.numbers.landed(number);
        }
        queued.map(|()| is_done)
    }

    /// Changes a record. The future to wait for, if there is one, completes once the change is durable; the
    /// news, if there is some, is to be told at once.
    fn update(&self, user: &UserId, known: Revision, edit: &Edit<'_>) -> Result<PendingUpdate, StoreError> {
        let mut shard = self.shard(user).lock();
        if shard.was_removed_after(user, known) {
            return Err(StoreError::Removed);
        }
        let mut record = shard.latest(user);
        let effect = edit(&mut record);
        let news = (!effect.audiences.is_empty()).then(|| {
            let number = self.numbers.take(effect.micros);
            record.number_change(number, effect.audiences);
            News::Change { user: user.clone(), number, audiences: effect.audiences }
        });
        let keep = match effect.keep {
            _ if self.engine.is_none() => Keep::Derived,
            // It builds on what waits for the disk.
            _ if shard.is_pending(user) => Keep::Acknowledged,
            keep => keep,
        };
        let (outlook, micros, packed) = (effect.outlook, effect.micros, record.pack());
        let write = |packed: &[u8]| vec![Write { key: key::record(user), value: Some(packed.to_vec()) }];
        match keep {
            Keep::Acknowledged => {
                let mut number = 0;
                let done = self.queue(write(&packed), micros, news, |next| {
                    number = next;
                    Then::Put { user: user.clone(), packed, outlook, number }
                })?;
                shard.pend(user, Pending { record: record.clone(), number });
                return Ok(PendingUpdate { record, done: Some(done), news: None });
            }
            Keep::Lazily if news.is_some() => {
                // The node is told at once, and no caller waits.
                let (writes, then) = (write(&packed), Then::Nothing);
                let queued = self.queue.push(|_| Job { writes, then, micros, news: None, done: None });
                if let Err(closing) = queued {
                    self.numbers.landed(news.as_ref().map(News::number));
                    return Err(closing);
                }
                shard.put_kept(user, &packed, outlook);
            }
            Keep::Lazily => shard.put_lagging(user, &packed, outlook),
            Keep::InPassing => shard.put_ahead(user, &packed, outlook),
            Keep::Derived => drop(shard.put(user, &packed, outlook)),
        }
        Ok(PendingUpdate { record, done: None, news })
    }

    fn remove(&self, user: &UserId, removed: Revision) -> Result<Option<Done>, StoreError> {
        let mut shard = self.shard(user).lock();
        shard.mark_removed(user, removed);
        if self.engine.is_none() {
            shard.remove(user);
            return Ok(None);
        }
        let writes = vec![Write { key: key::record(user), value: None }];
        let mut number = 0;
        let done = self.queue(writes, 0, None, |next| {
            number = next;
            Then::Remove { user: user.clone(), number }
        })?;
        shard.pend(user, Pending { record: Record::default(), number });
        Ok(Some(done))
    }

    /// Writes documents under the next revision, whose turn it is.
    async fn write_documents(&self, documents: Vec<Document>, micros: u64) -> Result<Revision, StoreError> {
        let revision = Revision(self.numbers.take(micros));
        // No other server takes over what passes.
        let lasting = documents.iter().filter(|document| !document.kind.is_passing());
        let mut writes: Vec<_> = lasting.cloned().map(Write::from).collect();
        let news = News::Documents { revision, documents };
        if self.engine.is_none() || writes.is_empty() {
            self.report(iter::once(news), true);
        } else {
            writes.push(revision.write());
            let queued = self.queue(writes, micros, Some(news), |_| Then::Nothing);
            if queued.is_err() {
                self.log.lock().end(None);
            }
            wait(queued?).await?;
        }
        Ok(revision)
    }
}

/// A change of a record on its way.
struct PendingUpdate {
    record: Record,
    done: Option<Done>,
    news: Option<News>,
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
    async fn open(&self, node: Weak<dyn Node>) -> Result<NodeId, StoreError> {
        let Some(opening) = node.upgrade() else { return Ok(NodeId::LOCAL) };
        // It is opened once.
        let _first = (self.parts.node.set(node), self.parts.runtime.set(Handle::current()));
        let parts = self.parts.clone();
        let opened = task::spawn_blocking(move || parts.open(&*opening)).await;
        opened.map_err(|_| StoreError::Unreadable("the reading of the data met a bug".to_owned()))??;
        Ok(NodeId::LOCAL)
    }

    async fn read(&self, users: &[&UserId], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        for (index, user) in users.iter().enumerate() {
            let record = self.parts.shard(user).lock().record(user).unwrap_or_default();
            visit(index, &record);
        }
        Ok(())
    }

    async fn read_present(&self, users: &[&UserId], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        for (index, user) in users.iter().enumerate() {
            let record = self.parts.shard(user).lock().present_record(user);
            if let Some(record) = record {
                visit(index, &record);
            }
        }
        Ok(())
    }

    async fn present(&self, partition: usize) -> Result<Vec<UserId>, StoreError> {
        Ok(self.parts.shards[partition].lock().present())
    }

    async fn changed_after(&self, partition: usize, number: u64) -> Result<Vec<UserId>, StoreError> {
        Ok(self.parts.shards[partition].lock().changed_after(number))
    }

    async fn update(&self, user: &UserId, known: Revision, edit: &Edit<'_>) -> Result<Record, StoreError> {
        let PendingUpdate { record, done, news } = self.parts.update(user, known, edit)?;
        self.parts.report(news.into_iter(), true);
        if let Some(done) = done {
            wait(done).await?;
        }
        Ok(record)
    }

    async fn remove(&self, user: &UserId, removed: Revision) -> Result<(), StoreError> {
        match self.parts.remove(user, removed)? {
            Some(done) => wait(done).await,
            None => Ok(()),
        }
    }

    async fn write(
        &self,
        documents: Vec<Document>,
        known: Revision,
        micros: u64,
    ) -> Result<Written, StoreError> {
        if documents.is_empty() {
            // No caller waits for the disk, or learns anything from how long that takes.
            return Ok(Written::At(known));
        }
        if !self.parts.log.lock().begin(known) {
            return Ok(Written::Behind);
        }
        Ok(Written::At(self.parts.write_documents(documents, micros).await?))
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

    fn watermark(&self, micros: u64) -> u64 {
        self.parts.numbers.watermark(micros)
    }

    fn figures(&self) -> Figures {
        Figures {
            records: self.len(),
            queue: self.parts.queue.len(),
            counted: OfStore { commits: Some(self.parts.commits.clone()), ..OfStore::default() },
        }
    }

    fn health(&self) -> Result<(), StoreError> {
        if let Some(engine) = &self.parts.engine {
            self.parts.look_after(&**engine);
        }
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
