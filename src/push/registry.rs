//! The subscriptions that there are, of all dialects. Those on webhooks survive a restart: the directory keeps them,
//! as documents, and ends them with the login that made them.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    ops::Bound,
    sync::Arc,
};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    Push,
    snapshot::Snapshot,
    subscription::{Owner, Subscription},
    voice::Voice,
    webhook::{Answer, WebhookError},
};
use crate::{
    app::App,
    directory::{Directory, DirectoryError, Origin, Page},
    presence::Timestamp,
    store::{Kind, StoreError, parse},
};

/// How many subscriptions one user of one application may have.
const MOST: usize = 30;

/// How many attempts of each subscription are known.
const ATTEMPTS_KNOWN: usize = 10;

/// How many expired subscriptions are still known as such, of all owners together.
const EXPIRED_KNOWN: usize = 10_000;

/// Why a subscription is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotThere {
    #[error("there is no such subscription")]
    Unknown,
    #[error("the subscription has expired")]
    Expired,
}

/// Why a subscription does not come to be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdditionError {
    #[error("there may be {MOST} subscriptions, no more")]
    TooMany,
    #[error("the login was revoked")]
    LoggedOut,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DirectoryError> for AdditionError {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Store(error) => Self::Store(error),
            _ => Self::LoggedOut,
        }
    }
}

/// A subscription in use: the task that delivers its messages follows its changes.
pub struct Entry {
    pub(super) voice: &'static dyn Voice,
    current: watch::Sender<Option<Arc<Subscription>>>,
    /// Held from the beginning of a change to its end, so that nothing comes between.
    changing: tokio::sync::Mutex<()>,
    /// The snapshot to go on with, after it is about something else.
    fresh: Mutex<Option<Snapshot>>,
    /// What was sent last, the oldest first.
    attempts: Mutex<VecDeque<Attempt>>,
}

/// That something was sent to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub at: Timestamp,
    pub delivery: Uuid,
    /// What the receiver answered; if it did not, why.
    pub answer: Result<u16, String>,
}

impl Attempt {
    /// What came of a request.
    pub fn new(at: Timestamp, delivery: Uuid, answer: &Result<Answer, WebhookError>) -> Self {
        let answer = answer.as_ref().map(|answer| answer.status.as_u16()).map_err(ToString::to_string);
        Self { at, delivery, answer }
    }

    /// Whether the receiver took it.
    pub fn has_succeeded(&self) -> bool {
        self.answer.as_ref().is_ok_and(|status| (200..300).contains(status))
    }
}

impl Entry {
    fn new(voice: &'static dyn Voice, subscription: Subscription) -> Arc<Self> {
        let current = watch::Sender::new(Some(Arc::new(subscription)));
        Arc::new(Self {
            voice,
            current,
            changing: tokio::sync::Mutex::default(),
            fresh: Mutex::default(),
            attempts: Mutex::default(),
        })
    }

    /// The subscription; none once it has ended.
    pub fn get(&self) -> Option<Arc<Subscription>> {
        self.current.borrow().clone()
    }

    /// The subscription now and whenever it changes.
    pub(super) fn follow(&self) -> watch::Receiver<Option<Arc<Subscription>>> {
        self.current.subscribe()
    }

    pub(super) fn note_attempt(&self, attempt: Attempt) {
        let mut attempts = self.attempts.lock();
        if attempts.len() == ATTEMPTS_KNOWN {
            attempts.pop_front();
        }
        attempts.push_back(attempt);
    }

    /// Takes the snapshot to go on with, if there is another.
    pub(super) fn take_fresh(&self) -> Option<Snapshot> {
        self.fresh.lock().take()
    }
}

/// The subscriptions of one server.
pub struct Registry {
    entries: Mutex<Entries>,
    /// Held from the look whether there is room to the end of the addition.
    adding: tokio::sync::Mutex<()>,
    directory: Arc<Directory>,
}

#[derive(Default)]
struct Entries {
    by_id: BTreeMap<Uuid, Arc<Entry>>,
    by_owner: HashMap<Owner, BTreeMap<(Timestamp, Uuid), Arc<Entry>>>,
    expired: HashMap<Uuid, Owner>,
    /// The same, the oldest first.
    expired_in_order: VecDeque<Uuid>,
}

impl Registry {
    pub(super) fn new(directory: Arc<Directory>) -> Self {
        Self { entries: Mutex::default(), adding: tokio::sync::Mutex::default(), directory }
    }

    /// Takes in what the directory keeps. What cannot be read stays there, and brings nothing.
    pub(super) fn load(&self, voices: &[&'static dyn Voice]) -> Vec<Arc<Entry>> {
        let kept = self.directory.subscriptions();
        let mut entries = self.entries.lock();
        let read = kept.iter().filter_map(|(id, value)| match read(voices, id, value) {
            Ok((voice, subscription)) => Some(entries.insert(voice, subscription)),
            Err(error) => {
                tracing::error!(%error, "a subscription cannot be read, and brings nothing");
                None
            }
        });
        read.collect()
    }

    /// How many subscriptions of an owner there are room for.
    pub fn room(&self, owner: &Owner) -> usize {
        MOST.saturating_sub(self.entries.lock().by_owner.get(owner).map_or(0, BTreeMap::len))
    }

    /// Adds a subscription that is made in a login, or by an admin, without one.
    pub async fn add(
        &self,
        voice: &'static dyn Voice,
        subscription: Subscription,
        origin: Option<Origin>,
    ) -> Result<Arc<Entry>, AdditionError> {
        let _turn = self.adding.lock().await;
        if self.room(&subscription.key()) == 0 {
            return Err(AdditionError::TooMany);
        }
        if subscription.is_kept() {
            let id = subscription.id.to_string();
            self.directory
                .keep_subscription(id, (subscription.owner.clone(), origin), json(&subscription))
                .await?;
        }
        Ok(self.entries.lock().insert(voice, subscription))
    }

    /// An owner's subscription.
    pub fn find(&self, owner: &Owner, id: Uuid) -> Result<Arc<Subscription>, NotThere> {
        let entries = self.entries.lock();
        let found = entries.by_id.get(&id).and_then(|entry| entry.get());
        if let Some(subscription) = found.filter(|subscription| subscription.key() == *owner) {
            return Ok(subscription);
        }
        match entries.expired.get(&id) == Some(owner) {
            true => Err(NotThere::Expired),
            false => Err(NotThere::Unknown),
        }
    }

    /// An owner's subscriptions, the oldest first.
    pub fn list(&self, owner: &Owner) -> Vec<Arc<Subscription>> {
        let entries = self.entries.lock();
        let own = entries.by_owner.get(owner).into_iter().flat_map(BTreeMap::values);
        own.filter_map(|entry| entry.get()).collect()
    }

    /// The subscription of that id.
    pub fn get(&self, id: Uuid) -> Option<Arc<Subscription>> {
        self.entry(id)?.get()
    }

    /// What was sent last of a subscription, the oldest first.
    pub fn attempts(&self, id: Uuid) -> Vec<Attempt> {
        self.entry(id).map(|entry| entry.attempts.lock().iter().cloned().collect()).unwrap_or_default()
    }

    /// Notes that something else was sent to a subscription's webhook.
    pub fn note_attempt(&self, id: Uuid, attempt: Attempt) {
        if let Some(entry) = self.entry(id) {
            entry.note_attempt(attempt);
        }
    }

    /// Up to `limit` subscriptions in the order of their ids, from the one after `after` on.
    pub fn page(&self, after: Option<Uuid>, limit: usize) -> Page<Arc<Subscription>> {
        let entries = self.entries.lock();
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let following = entries.by_id.range((after, Bound::Unbounded));
        Page::of(following.filter_map(|(_, entry)| entry.get()), limit)
    }

    /// Changes a subscription, and gives it another snapshot if it is about something else now. None: it has ended
    /// meanwhile.
    pub async fn change(
        &self,
        id: Uuid,
        fresh: Option<Snapshot>,
        change: impl FnOnce(&mut Subscription) + Send,
    ) -> Result<Option<Arc<Subscription>>, StoreError> {
        let Some(entry) = self.entry(id) else { return Ok(None) };
        let _turn = entry.changing.lock().await;
        let Some(current) = entry.get() else { return Ok(None) };
        let mut changed = (*current).clone();
        change(&mut changed);
        if changed.is_kept() && !self.replace(&changed).await? {
            self.forget(&entry, false);
            return Ok(None);
        }
        let changed = Arc::new(changed);
        if fresh.is_some() {
            *entry.fresh.lock() = fresh;
        }
        entry.current.send_replace(Some(changed.clone()));
        Ok(Some(changed))
    }

    /// Ends a subscription. Says whether there was one.
    pub async fn remove(&self, id: Uuid) -> Result<bool, StoreError> {
        self.end(id, false).await
    }

    /// Ends a subscription whose time is over.
    pub(super) async fn expire(&self, id: Uuid) -> Result<(), StoreError> {
        self.end(id, true).await.map(drop)
    }

    async fn end(&self, id: Uuid, has_expired: bool) -> Result<bool, StoreError> {
        let Some(entry) = self.entry(id) else { return Ok(false) };
        let _turn = entry.changing.lock().await;
        let Some(subscription) = entry.get() else { return Ok(false) };
        if subscription.is_kept() {
            let dropped = self.directory.drop_subscription(id.to_string()).await;
            if let Err(DirectoryError::Store(error)) = dropped {
                return Err(error);
            }
        }
        self.forget(&entry, has_expired);
        Ok(true)
    }

    fn entry(&self, id: Uuid) -> Option<Arc<Entry>> {
        self.entries.lock().by_id.get(&id).cloned()
    }

    /// Takes out a subscription that is not kept any more, and tells the task that delivers it.
    fn forget(&self, entry: &Entry, has_expired: bool) {
        if let Some(subscription) = entry.get() {
            self.entries.lock().remove(&subscription, has_expired);
            entry.current.send_replace(None);
        }
    }

    /// Every change goes through here before it is seen. Says whether there is something to change.
    async fn replace(&self, subscription: &Subscription) -> Result<bool, StoreError> {
        let id = subscription.id.to_string();
        match self.directory.replace_subscription(id, json(subscription)).await {
            Err(DirectoryError::Store(error)) => Err(error),
            replaced => Ok(replaced.unwrap_or_default()),
        }
    }
}

/// Takes in what the directory keeps of a subscription: what another node made or changed, or its end, with a login or
/// with its owner. Returns it if it is new here.
pub(super) async fn follow(app: &App, voices: &[&'static dyn Voice], id: Uuid) -> Option<Arc<Entry>> {
    let registry = &Push::of(app).registry;
    // What adds or ends it here says first what came of that.
    drop(registry.adding.lock().await);
    let kept = app.directory.kept_subscription(&id.to_string());
    match (registry.entry(id), kept) {
        (Some(entry), None) => {
            let _turn = entry.changing.lock().await;
            registry.forget(&entry, false);
        }
        (Some(entry), Some(kept)) => follow_change(app, &entry, voices, id, &kept).await,
        (None, Some(kept)) => match read(voices, &id.to_string(), &kept) {
            Ok((voice, subscription)) => return Some(registry.entries.lock().insert(voice, subscription)),
            Err(error) => tracing::error!(%error, "a subscription cannot be read, and brings nothing"),
        },
        (None, None) => {}
    }
    None
}

/// Takes in what another node made of a subscription.
async fn follow_change(app: &App, entry: &Entry, voices: &[&'static dyn Voice], id: Uuid, kept: &[u8]) {
    let _turn = entry.changing.lock().await;
    let Some(current) = entry.get().filter(|current| *json(current) != *kept) else { return };
    let changed = read(voices, &id.to_string(), kept).and_then(|(voice, changed)| {
        let interests = voice.interests(&changed)?;
        Ok((changed, interests))
    });
    let (changed, interests) = match changed {
        Ok(changed) => changed,
        Err(error) => return tracing::error!(%error, %id, "a change of a subscription cannot be read"),
    };
    // That deliveries have come further is no other wish.
    let is_same =
        json(&Subscription { delivered: changed.delivered, ..(*current).clone() }) == json(&changed);
    if !is_same {
        match Snapshot::start(app, &changed, interests, None).await {
            Ok(fresh) => *entry.fresh.lock() = Some(fresh),
            Err(error) => {
                tracing::warn!(%error, %id, "a changed subscription goes on as it was looked at before");
            }
        }
    }
    entry.current.send_replace(Some(Arc::new(changed)));
}

fn json(subscription: &Subscription) -> Arc<[u8]> {
    serde_json::to_vec(subscription).expect("what is kept has a JSON form").into()
}

/// A subscription as it is kept, and its dialect's voice.
fn read(
    voices: &[&'static dyn Voice],
    id: &str,
    value: &[u8],
) -> Result<(&'static dyn Voice, Subscription), StoreError> {
    let kept: Value = parse(Kind::Subscription, id, value)?;
    let unreadable = || StoreError::Unreadable(format!("the subscription {id:?} is of no dialect"));
    if kept.get("dialect").is_none() {
        let upgraded = voices.iter().find_map(|voice| Some((*voice, voice.upgrade(&kept)?)));
        return upgraded.ok_or_else(unreadable);
    }
    let subscription: Subscription = parse(Kind::Subscription, id, value)?;
    let voice = voices.iter().find(|voice| voice.dialect() == subscription.dialect);
    Ok((*voice.ok_or_else(unreadable)?, subscription))
}

impl Entries {
    fn insert(&mut self, voice: &'static dyn Voice, subscription: Subscription) -> Arc<Entry> {
        let (owner, place) = (subscription.key(), (subscription.created, subscription.id));
        let entry = Entry::new(voice, subscription);
        self.by_id.insert(place.1, entry.clone());
        self.by_owner.entry(owner).or_default().insert(place, entry.clone());
        entry
    }

    fn remove(&mut self, subscription: &Subscription, has_expired: bool) {
        let owner = subscription.key();
        self.by_id.remove(&subscription.id);
        if let Some(own) = self.by_owner.get_mut(&owner) {
            own.remove(&(subscription.created, subscription.id));
            if own.is_empty() {
                self.by_owner.remove(&owner);
            }
        }
        if has_expired {
            if self.expired_in_order.len() == EXPIRED_KNOWN
                && let Some(oldest) = self.expired_in_order.pop_front()
            {
                self.expired.remove(&oldest);
            }
            self.expired_in_order.push_back(subscription.id);
            self.expired.insert(subscription.id, owner);
        }
    }
}
