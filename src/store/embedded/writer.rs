//! The one thread that writes: it takes all that is queued, writes it as one batch with one fsync, and
//! then lets it be read and acknowledged.

use std::{
    collections::HashMap,
    mem,
    panic::{self, AssertUnwindSafe},
    sync::Arc,
    time::Duration,
};

use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

use super::{
    Parts,
    engine::{EngineError, Write},
    key,
    news::News,
    pace::{Pace, Stopwatch},
};
use crate::{
    id::UserId,
    store::{Outlook, PARTITIONS, StoreError},
};

/// How often the writer looks after what may lag behind.
const TICK: Duration = Duration::from_secs(1);

/// So many who wait are told from inside of their runtime.
const CROWD: usize = 8;

/// What waits for the writer.
#[derive(Debug, Default)]
pub(super) struct Queue {
    jobs: Mutex<Jobs>,
    wake: Condvar,
}

#[derive(Debug, Default)]
struct Jobs {
    waiting: Vec<Job>,
    /// The number of the last write that was queued.
    last: u64,
    closing: bool,
    closed: bool,
}

#[derive(Debug)]
pub(super) struct Job {
    pub(super) writes: Vec<Write>,
    pub(super) then: Then,
    /// The time of the change, in microseconds.
    pub(super) micros: u64,
    /// What the node is told once the writes are durable.
    pub(super) news: Option<News>,
    pub(super) done: Option<Waiter>,
}

/// Who waits for a job.
pub(super) type Waiter = oneshot::Sender<Result<(), StoreError>>;

/// What becomes readable once the writes are durable.
#[derive(Debug)]
pub(super) enum Then {
    Nothing,
    Put { user: UserId, packed: Vec<u8>, outlook: Outlook, number: u64 },
    Remove { user: UserId, number: u64 },
}

impl Queue {
    /// Queues the job that `make` makes of the next number, unless the store is closed.
    pub(super) fn push(&self, make: impl FnOnce(u64) -> Job) -> Result<(), StoreError> {
        let mut jobs = self.jobs.lock();
        if jobs.closing {
            return Err(StoreError::Refused("the server is stopping".to_owned()));
        }
        jobs.last += 1;
        let job = make(jobs.last);
        jobs.waiting.push(job);
        drop(jobs);
        self.wake.notify_one();
        Ok(())
    }

    /// Takes all that waits; after a while, nothing. None at the end.
    fn take(&self) -> Option<Vec<Job>> {
        let mut jobs = self.jobs.lock();
        if jobs.waiting.is_empty() {
            if jobs.closing {
                return None;
            }
            self.wake.wait_for(&mut jobs, TICK);
        }
        Some(mem::take(&mut jobs.waiting))
    }

    /// Takes the jobs that are built on writes which failed.
    fn take_built_on(&self, failed: &HashMap<UserId, u64>) -> Vec<Job> {
        let is_doomed = |job: &mut Job| {
            job.then
                .write()
                .is_some_and(|(user, number)| failed.get(user).is_some_and(|last| number <= *last))
        };
        self.jobs.lock().waiting.extract_if(.., is_doomed).collect()
    }

    /// How many writes wait.
    pub(super) fn len(&self) -> usize {
        self.jobs.lock().waiting.len()
    }

    /// Says that nothing more is to be written.
    pub(super) fn close(&self) {
        self.jobs.lock().closing = true;
        self.wake.notify_one();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.jobs.lock().closed
    }
}

/// Writes until the queue is closed, then all that the disk does not know, and ends.
pub(super) fn run(parts: &Arc<Parts>) {
    let mut next = 0;
    // Rounded up, so that a round takes less than the time that may be lost.
    let share = PARTITIONS.div_ceil(usize::from(parts.lag_seconds));
    let mut pace = Pace::new(TICK);
    while let Some(jobs) = parts.queue.take() {
        parts.write(jobs);
        if pace.is_due() {
            let partitions = (next..next + share).map(|partition| partition % PARTITIONS);
            next = (next + share) % PARTITIONS;
            parts.try_again();
            parts.catch_up(partitions);
            parts.rest();
        }
    }
    for shard in &parts.shards {
        shard.lock().lag_all();
    }
    parts.catch_up(0..PARTITIONS);
    parts.rest();
    parts.queue.jobs.lock().closed = true;
}

impl Then {
    /// The user whose record is waiting, and the number of the write.
    fn write(&self) -> Option<(&UserId, u64)> {
        match self {
            Self::Nothing => None,
            Self::Put { user, number, .. } | Self::Remove { user, number } => Some((user, *number)),
        }
    }
}

impl Parts {
    /// After a refusal, finds out whether its cause is gone: no write might come that asks.
    fn try_again(&self) {
        if self.trouble.lock().why_not().is_some() {
            // Whether it went well shows in the store's health.
            let _known = self.commit(Vec::new(), 0);
        }
    }

    fn rest(&self) {
        if let Some(engine) = &self.engine {
            engine.rest();
        }
    }

    /// Writes what lags behind in some partitions.
    fn catch_up(&self, partitions: impl Iterator<Item = usize>) {
        for partition in partitions {
            let lagging = self.shards[partition].lock().take_lagging();
            if lagging.is_empty() {
                continue;
            }
            let write = |(user, packed): &(UserId, Vec<u8>)| Write {
                key: key::record(user),
                value: Some(packed.clone()),
            };
            let writes = lagging.iter().map(write).collect();
            if self.commit(writes, 0).is_err() {
                let mut shard = self.shards[partition].lock();
                for (user, _) in &lagging {
                    shard.mark_lagging(user);
                }
            }
        }
    }

    /// Writes jobs as one batch. What others queue meanwhile is the next batch.
    fn write(self: &Arc<Self>, mut jobs: Vec<Job>) {
        if jobs.is_empty() {
            return;
        }
        let micros = jobs.iter().map(|job| job.micros).max().unwrap_or_default();
        let writes = jobs.iter_mut().flat_map(|job| mem::take(&mut job.writes)).collect();
        let written = self.commit(writes, micros);
        if written.is_ok() {
            for job in &mut jobs {
                self.show(mem::replace(&mut job.then, Then::Nothing));
            }
        } else {
            let failed = self.forget(&jobs);
            jobs.extend(self.queue.take_built_on(&failed));
        }
        self.tell(jobs, written);
    }

    /// Tells the node, and then those who wait. To wake many one by one from outside of their runtime takes
    /// longer than to have it done inside.
    fn tell(self: &Arc<Self>, jobs: Vec<Job>, written: Result<(), StoreError>) {
        let waiting = jobs.iter().filter(|job| job.done.is_some()).count();
        let parts = self.clone();
        let tell = move || {
            let (news, done): (Vec<_>, Vec<_>) = jobs.into_iter().map(|job| (job.news, job.done)).unzip();
            parts.report(news.into_iter().flatten(), written.is_ok());
            for done in done.into_iter().flatten() {
                // The caller may be gone.
                let _gone = done.send(written.clone());
            }
        };
        match self.runtime.get().filter(|_| waiting >= CROWD) {
            Some(runtime) => drop(runtime.spawn(async move { tell() })),
            None => tell(),
        }
    }

    /// Lets what was written be read.
    fn show(&self, then: Then) {
        let Some((user, number)) = then.write() else { return };
        let mut shard = self.shard(user).lock();
        shard.settle(user, number);
        match &then {
            Then::Put { user, packed, outlook, .. } => shard.put_kept(user, packed, *outlook),
            Then::Remove { user, .. } => shard.remove(user),
            Then::Nothing => {}
        }
    }

    /// Forgets what was not written, and what was built on it. Returns the last number of each user that
    /// this concerns.
    fn forget(&self, jobs: &[Job]) -> HashMap<UserId, u64> {
        let users = jobs.iter().filter_map(|job| job.then.write()).map(|(user, _)| user);
        users.filter_map(|user| Some((user.clone(), self.shard(user).lock().abandon(user)?))).collect()
    }

    /// Writes a batch with its number. After an error that leaves the engine broken, nothing is written
    /// ever again.
    fn commit(&self, mut writes: Vec<Write>, micros: u64) -> Result<(), StoreError> {
        let Some(engine) = &self.engine else { return Ok(()) };
        if let Some(fault) = &self.trouble.lock().fault {
            return Err(StoreError::Refused(fault.clone()));
        }
        // Held while the engine writes, so the writer alone may wait for it.
        let mut last = self.last.lock();
        let next = Last { number: last.number + 1, micros: last.micros.max(micros) };
        writes.push(Write { key: key::LAST_BATCH.to_vec(), value: Some(next.encode()) });
        let stopwatch = Stopwatch::start();
        let written = panic::catch_unwind(AssertUnwindSafe(|| engine.commit(&writes)));
        self.commits.observe(stopwatch.seconds());
        match written.unwrap_or_else(|_| Err(EngineError::Broken("the engine met a bug".to_owned()))) {
            Ok(()) => {
                *last = next;
                self.trouble.lock().end();
                Ok(())
            }
            Err(error) => {
                self.trouble.lock().begin(&error);
                Err(StoreError::Refused(error.to_string()))
            }
        }
    }
}

/// Why writes are refused, if they are.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    /// Why nothing can be written any more.
    fault: Option<String>,
    /// Why the last batch was refused.
    refusal: Option<String>,
}

/// The last batch that was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Last {
    pub(super) number: u64,
    /// The time of the last change, in microseconds.
    pub(super) micros: u64,
}

impl Last {
    pub(super) fn encode(self) -> Vec<u8> {
        [self.number.to_be_bytes(), self.micros.to_be_bytes()].concat()
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (number, micros) = bytes.split_first_chunk()?;
        let micros = micros.try_into().ok()?;
        Some(Self { number: u64::from_be_bytes(*number), micros: u64::from_be_bytes(micros) })
    }
}

impl Trouble {
    fn end(&mut self) {
        if self.refusal.take().is_some() {
            tracing::info!("the store accepts writes again");
        }
    }

    pub(super) fn begin(&mut self, error: &EngineError) {
        let told = match error {
            EngineError::Refused(_) => &mut self.refusal,
            EngineError::Broken(_) => &mut self.fault,
        };
        if told.is_none() {
            tracing::error!(%error, "the store refuses writes");
        }
        *told = Some(error.to_string());
    }

    /// Why writes are refused, if they are.
    pub(super) fn why_not(&self) -> Option<&String> {
        self.fault.as_ref().or(self.refusal.as_ref())
    }
}
