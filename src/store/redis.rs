//! The store that several servers share: a Valkey or Redis, alone or as a cluster.
//!
//! Records, and what is told of them, are in 256 partitions of one hash slot each; documents are one log in a slot of
//! their own. All merging is done here: the engine compares, stores and numbers, by the scripts beside this file.
//!
//! - `keys`: the names of keys. `value`: a record's bytes. `script`, `link`: what is sent, and on which connections.
//! - `records`: reading and writing records. `held`: those that are known here. `log`: the documents. `load`: reading
//!   them at the start.
//! - `feed`: following what happens. `peers`: the nodes that there are. `replicas`: how many have to have what somebody
//!   set. `trouble`: what goes wrong with the engine. [`transfer`]: exports and imports.

mod feed;
mod held;
mod keys;
mod link;
mod load;
mod log;
mod peers;
mod records;
mod replicas;
mod script;
pub mod transfer;
mod trouble;
mod value;

use std::{
    fmt,
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use prometheus_client::metrics::counter::Counter;
use redis::RedisResult;
use tokio::{
    runtime::Handle,
    sync::{Mutex, Notify, watch},
};

use self::{
    feed::{Feed, Those},
    held::Held,
    keys::{FEEDS, Keys},
    link::{Engine, Link, value_of},
    log::Log,
    peers::Peers,
    replicas::Replicas,
    script::{Call, DUE},
    trouble::Trouble,
    value::Nonce,
};
use super::{
    Document, Edit, Figures, LineVisit, Node, PARTITIONS, Revision, Store, StoreError, Visit, Written,
};
use crate::{
    clock::Clock,
    id::{NodeId, UserId},
    metrics::OfStore,
    presence::{Record, Timestamp},
};

/// The format of what the engine has.
const FORMAT: u32 = 1;

/// How long a node may sweep a partition before others may, in milliseconds.
const SWEEP_MILLIS: u64 = 3_000;

/// How many users of a partition are due at once, at most.
const DUE_AT_ONCE: usize = 100;

/// How long one answer may take: after a failover others are asked soon.
const ANSWER: Duration = Duration::from_secs(1);

/// How long a confirmed write may take beside the waiting for replicas.
const CONFIRMING: Duration = Duration::from_millis(500);

/// How many connections there are for writes that are confirmed: each waits for replicas.
const CONFIRMED_LANES: usize = 4;

/// Where the engine is, and how it is used.
#[derive(Clone)]
pub struct Settings {
    pub urls: Vec<String>,
    pub username: String,
    pub password: String,
    /// What all keys begin with, before a colon.
    pub prefix: String,
    /// In how many hashes the records of a partition are. What an engine has already counts.
    pub buckets: u32,
    /// How many replicas have to have what somebody set; none: one, where there is one.
    pub confirm: Option<usize>,
    /// For how long that is waited for.
    pub confirm_time: Duration,
    /// How long the engine may take to answer.
    pub timeout: Duration,
    /// After what time a node counts as gone that is not heard of.
    pub node_lease: Duration,
}

/// Records and documents in an engine that other servers use too. Cheap to clone.
#[derive(Clone)]
pub struct RedisStore(Arc<Shared>);

struct Shared {
    settings: Settings,
    keys: Keys,
    clock: Arc<dyn Clock>,
    /// The name of this node. No other has it, nor will this one after a restart.
    name: NodeId,
    links: Links,
    node: OnceLock<Weak<dyn Node>>,
    feeds: Box<[Feed]>,
    held: Held,
    peers: Peers,
    /// How far the documents were told. Held while the log is asked or written.
    log: Mutex<Log>,
    /// How many looks at the log have begun.
    looks: AtomicU64,
    /// All up to this number was told, or is just being told.
    complete: AtomicU64,
    /// The same, but for what is just being told. Held while that is so.
    told: parking_lot::Mutex<u64>,
    /// The highest number that was heard of or asked for.
    highest: AtomicU64,
    /// Lets the streams be asked at once.
    kick: Arc<Notify>,
    /// How often they were.
    rounds: watch::Sender<u64>,
    replicas: Replicas,
    trouble: Trouble,
    /// Writes that too few replicas confirmed.
    unconfirmed: Counter,
    /// Reads that were answered by what was held.
    stale: Counter,
    nonces: AtomicUsize,
}

struct Links {
    records: Link,
    confirmed: Link,
    feed: Link,
    /// For what may not answer.
    repair: Link,
}

impl RedisStore {
    /// Finds the engine, and sees that what it has is of a format that this version reads.
    pub async fn connect(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let place = settings.urls.iter().map(|url| without_secrets(url)).collect::<Vec<_>>().join(", ");
        let connected = Self::try_connect(settings, clock).await;
        connected.map_err(|error| StoreError::Unreadable(format!("the engine at {place}: {error}")))
    }

    async fn try_connect(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, String> {
        let in_words = |error: redis::RedisError| error.to_string();
        let engine = Engine::find(&settings).await.map_err(in_words)?;
        let link = async |lanes, answer, within| engine.link(lanes, answer, within).await.map_err(in_words);
        let (soon, confirmed) = (settings.timeout.min(ANSWER), settings.confirm_time + CONFIRMING);
        let links = Links {
            records: link(2, soon, settings.timeout).await?,
            confirmed: link(CONFIRMED_LANES, confirmed, settings.timeout.max(confirmed)).await?,
            feed: link(1, soon, soon).await?,
            repair: link(1, soon, soon).await?,
        };
        let buckets = buckets(&links.records, &settings).await?;
        let keys = Keys::new(&settings.prefix, buckets);
        Ok(Self(Arc::new(Shared {
            keys,
            clock,
            name: NodeId(random_name()),
            links,
            node: OnceLock::new(),
            feeds: (0..FEEDS).map(|_| Feed::default()).collect(),
            held: Held::default(),
            peers: Peers::default(),
            log: Mutex::default(),
            looks: AtomicU64::new(0),
            complete: AtomicU64::new(0),
            told: parking_lot::Mutex::default(),
            highest: AtomicU64::new(0),
            kick: Arc::default(),
            rounds: watch::Sender::default(),
            replicas: Replicas::default(),
            trouble: Trouble::default(),
            unconfirmed: Counter::default(),
            stale: Counter::default(),
            nonces: AtomicUsize::new(0),
            settings,
        })))
    }

    /// Completes once this node has heard of all that was done before.
    pub async fn settled(&self) {
        self.0.settled().await;
    }

    /// How many nodes live on the store, as this one knows.
    pub fn living_nodes(&self) -> usize {
        self.0.peers.living()
    }

    /// Whether somebody has written to the store before.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        self.0.is_empty().await.map_err(|error| self.0.refused(&error))
    }
}

/// A URL that may be shown.
fn without_secrets(url: &str) -> String {
    let Ok(mut url) = url::Url::parse(url) else { return "store.urls".to_owned() };
    if url.password().is_some() {
        let _shown = url.set_password(Some("..."));
    }
    url.to_string()
}

/// A name for a node: of 48 bits, since numbers in records are the shorter the smaller they are.
fn random_name() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes[2..]).expect("the system has random numbers");
    u64::from_be_bytes(bytes).max(1)
}

/// How many hashes the records of a partition are in, of an engine that may be new.
async fn buckets(link: &Link, settings: &Settings) -> Result<u32, String> {
    let key = Keys::new(&settings.prefix, settings.buckets).about();
    let set = |field: &str, value: u32| {
        let mut command = redis::cmd("HSETNX");
        command.arg(&key).arg(field).arg(value);
        command
    };
    let mut read = redis::cmd("HMGET");
    read.arg(&key).arg("format").arg("buckets").arg(transfer::IMPORTING);
    let commands = vec![set("format", FORMAT), set("buckets", settings.buckets), read];
    let found = link.run(&key, commands).await.and_then(|mut all| value_of(all.pop()));
    let (format, buckets, importing): (u32, u32, Option<u32>) = found.map_err(|error| error.to_string())?;
    if importing.is_some() {
        let prefix = &settings.prefix;
        return Err(format!(
            "an import was broken off: remove all keys that begin with {prefix:?}, and repeat it"
        ));
    }
    if format > FORMAT {
        return Err(format!("its data has format {format}; this version reads up to {FORMAT}"));
    }
    if buckets != settings.buckets {
        tracing::warn!(buckets, configured = settings.buckets, "the number of buckets is that of the data");
    }
    Ok(buckets)
}

impl Shared {
    fn links(&self) -> &Links {
        &self.links
    }

    /// Something that no other write has.
    fn nonce(&self) -> Nonce {
        let count = self.nonces.fetch_add(1, Ordering::Relaxed);
        let mix = xxhash_rust::xxh3::xxh3_64_with_seed(&count.to_be_bytes(), self.name.0);
        let [a, b, c, d, ..] = mix.to_be_bytes();
        [a, b, c, d]
    }

    async fn is_empty(&self) -> RedisResult<bool> {
        let calls = (0..FEEDS).map(|feed| {
            let key = self.keys.meta(feed);
            let mut command = redis::cmd("EXISTS");
            command.arg(&key);
            (key, command)
        });
        for (key, command) in calls {
            let exists: usize = value_of(self.links.records.run(&key, vec![command]).await?.pop())?;
            if exists > 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn open(self: &Arc<Self>, node: Weak<dyn Node>) -> Result<NodeId, StoreError> {
        // It is opened once.
        let _first = self.node.set(node);
        let opened = async {
            self.beat().await?;
            self.load().await
        };
        opened.await.map_err(|error| self.refused(&error))?;
        self.repeat_removals().await?;
        self.look_for_replicas().await;
        self.round(Those::Answer).await;
        tokio::spawn(feed::follow(Arc::downgrade(self), Those::Answer));
        tokio::spawn(feed::follow(Arc::downgrade(self), Those::Fail));
        tokio::spawn(peers::live(Arc::downgrade(self)));
        tokio::spawn(replicas::follow(Arc::downgrade(self)));
        Ok(self.name)
    }

    /// Those of a partition who are due, if this node sweeps it.
    async fn due(&self, partition: usize, now: Timestamp) -> RedisResult<Vec<UserId>> {
        let call = Call::new(&DUE, vec![self.keys.sweep(partition), self.keys.deadlines(partition)])
            .arg(self.name.0)
            .arg(now.as_millis())
            .arg(DUE_AT_ONCE)
            .arg(SWEEP_MILLIS);
        let ids: Vec<String> = value_of(Some(self.links.feed.call_one(call).await?))?;
        Ok(ids.iter().filter_map(|id| id.parse().ok()).collect())
    }
}

#[async_trait]
impl Store for RedisStore {
    async fn open(&self, node: Weak<dyn Node>) -> Result<NodeId, StoreError> {
        self.0.open(node).await
    }

    async fn read(&self, users: &[&UserId], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.0.read(users, visit).await
    }

    async fn read_present(&self, users: &[&UserId], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.0.read_present(users, visit).await
    }

    async fn present(&self, partition: usize) -> Result<Vec<UserId>, StoreError> {
        self.0.reach(partition)?;
        self.0.present(partition).await.map_err(|error| self.0.refused(&error))
    }

    async fn changed_after(&self, partition: usize, number: u64) -> Result<Vec<UserId>, StoreError> {
        self.0.reach(partition)?;
        self.0.changed_after(partition, number).await.map_err(|error| self.0.refused(&error))
    }

    async fn update(&self, user: &UserId, known: Revision, edit: &Edit<'_>) -> Result<Record, StoreError> {
        self.0.update(user, known, edit).await
    }

    async fn remove(&self, user: &UserId, removed: Revision) -> Result<(), StoreError> {
        self.0.remove(user, removed).await
    }

    async fn write(
        &self,
        documents: Vec<Document>,
        known: Revision,
        micros: u64,
    ) -> Result<Written, StoreError> {
        self.0.write(documents, known, micros).await
    }

    async fn catch_up(&self) -> Result<(), StoreError> {
        self.0.catch_up().await
    }

    fn export(&self, visit: &mut LineVisit<'_>) -> Result<(), StoreError> {
        // It is asked for where waiting is allowed.
        transfer::export(&self.0, &Handle::current(), visit)
    }

    async fn due(&self, partition: usize, now: Timestamp) -> Vec<UserId> {
        let is_asked =
            self.0.feeds[partition].is_due(now) && !self.0.is_recovering() && self.0.reach(partition).is_ok();
        if !is_asked {
            return Vec::new();
        }
        self.0.due(partition, now).await.unwrap_or_else(|error| {
            tracing::debug!(%error, partition, "it could not be asked who is due");
            Vec::new()
        })
    }

    async fn deserted(&self) -> Vec<(UserId, NodeId)> {
        self.0.deserted().await
    }

    fn was_given_up(&self) -> bool {
        self.0.peers.was_missed()
    }

    fn leads(&self, name: &str) -> bool {
        self.0.peers.leads(self.0.name, name.as_bytes())
    }

    fn reminders(&self) -> usize {
        self.0.feeds[..PARTITIONS].iter().map(|feed| feed.lock().deadlines).sum()
    }

    fn watermark(&self, micros: u64) -> u64 {
        self.0.highest.fetch_max(micros, Ordering::SeqCst);
        self.0.complete.load(Ordering::SeqCst)
    }

    async fn hear_up_to(&self, number: u64) {
        self.0.hear_up_to(number).await;
    }

    fn figures(&self) -> Figures {
        let records = self.0.feeds[..PARTITIONS].iter().map(|feed| feed.lock().records).sum();
        let (unconfirmed, stale) = (Some(self.0.unconfirmed.clone()), Some(self.0.stale.clone()));
        Figures { records, queue: 0, counted: OfStore { commits: None, unconfirmed, stale } }
    }

    fn health(&self) -> Result<(), StoreError> {
        self.0.health()
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.0.leave().await.map_err(|error| self.0.refused(&error))
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("name", &self.0.name).finish_non_exhaustive()
    }
}
