//! The subscriptions that there are.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use uuid::Uuid;

use super::{
    feed::Feed,
    filter::{Interests, Subscriber},
    shelf::Shelf,
};
use crate::{
    api::ringcentral::error::RestFailure,
    id::{DeviceId, UserId},
    presence::Timestamp,
    store::StoreError,
};

/// How many subscriptions one user of one application may have.
const MOST: usize = 30;

/// How many expired subscriptions of one user of one application are still known as such.
const EXPIRED_KNOWN: usize = 30;

/// A wish to be told of changes. Plain data, which the store keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::api::ringcentral) struct Subscription {
    pub id: Uuid,
    pub owner: UserId,
    /// The application that it was made with, as the device of its token.
    pub client: DeviceId,
    /// The owner's telephone account when it was made; it ends when the owner leaves the account.
    pub account: u64,
    /// The owner's extension.
    pub extension: u64,
    /// Event filters, with `~` resolved.
    pub filters: Vec<String>,
    pub delivery: Delivery,
    pub created: Timestamp,
    pub expires: Timestamp,
    /// From one renewal to the end.
    pub lifetime_seconds: u64,
    pub blacklisted: Option<Blacklisted>,
    /// Every change up to this number of the feed was delivered.
    pub delivered: u64,
}

/// The way on which notifications go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::api::ringcentral) enum Delivery {
    /// Requests to an address, with a token by which the receiver knows them.
    WebHook { address: String, verification_token: Option<String> },
    /// The socket of one session, with which the subscription ends. It is not kept.
    WebSocket,
}

/// Nothing more is sent: the receiver failed too often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::api::ringcentral) struct Blacklisted {
    pub at: Timestamp,
    /// What the last failure was.
    pub reason: String,
}

impl Subscription {
    /// Whose filters they are.
    pub(in crate::api::ringcentral) fn subscriber(&self) -> Subscriber {
        Subscriber { account: self.account, extension: self.extension }
    }

    /// What it is about.
    pub(in crate::api::ringcentral) fn interests(&self) -> Interests {
        Interests::parse(&self.filters, self.subscriber()).unwrap_or_default()
    }

    /// Starts its lifetime anew, and whatever stood against it is forgotten.
    pub(in crate::api::ringcentral) fn renew(&mut self, now: Timestamp) {
        self.expires = now + Duration::from_secs(self.lifetime_seconds);
        self.blacklisted = None;
    }

    fn is_kept(&self) -> bool {
        matches!(self.delivery, Delivery::WebHook { .. })
    }
}

/// A subscription in use: whoever delivers its notifications follows its changes.
pub(in crate::api::ringcentral) struct Entry {
    current: watch::Sender<Option<Arc<Subscription>>>,
    /// The feed to go on with, after the filters were changed.
    fresh: Mutex<Option<Feed>>,
}

impl Entry {
    fn new(subscription: Subscription) -> Arc<Self> {
        let current = watch::Sender::new(Some(Arc::new(subscription)));
        Arc::new(Self { current, fresh: Mutex::default() })
    }

    /// The subscription; none once it has ended.
    pub(in crate::api::ringcentral) fn get(&self) -> Option<Arc<Subscription>> {
        self.current.borrow().clone()
    }

    /// The subscription now and whenever it changes.
    pub(in crate::api::ringcentral) fn follow(&self) -> watch::Receiver<Option<Arc<Subscription>>> {
        self.current.subscribe()
    }

    /// Takes the feed to go on with, if there is another.
    pub(in crate::api::ringcentral) fn take_fresh(&self) -> Option<Feed> {
        self.fresh.lock().take()
    }
}

/// A user of an application.
pub(in crate::api::ringcentral) type Owner = (UserId, DeviceId);

pub(in crate::api::ringcentral) struct Registry {
    entries: Mutex<Entries>,
    /// Held from the check of a change to its end, so that nothing comes between.
    changing: tokio::sync::Mutex<()>,
    shelf: Shelf,
}

#[derive(Default)]
struct Entries {
    by_id: HashMap<Uuid, Arc<Entry>>,
    by_owner: HashMap<Owner, BTreeMap<(Timestamp, Uuid), Arc<Entry>>>,
    expired: HashMap<Owner, VecDeque<Uuid>>,
}

impl Registry {
    pub(super) fn new(shelf: Shelf) -> Self {
        Self { entries: Mutex::default(), changing: tokio::sync::Mutex::default(), shelf }
    }

    /// Takes in what the store has.
    pub(super) fn load(&self) -> Result<Vec<Arc<Entry>>, StoreError> {
        let subscriptions = self.shelf.load()?;
        let mut entries = self.entries.lock();
        Ok(subscriptions.into_iter().map(|subscription| entries.insert(subscription)).collect())
    }

    /// How many subscriptions of an owner there are room for.
    pub(in crate::api::ringcentral) fn room(&self, owner: &Owner) -> usize {
        MOST.saturating_sub(self.entries.lock().by_owner.get(owner).map_or(0, BTreeMap::len))
    }

    /// Adds a subscription.
    pub(in crate::api::ringcentral) async fn add(
        &self,
        subscription: Subscription,
    ) -> Result<Arc<Entry>, RestFailure> {
        let _turn = self.changing.lock().await;
        if self.room(&subscription.key()) == 0 {
            return Err(RestFailure::too_many_subscriptions());
        }
        self.save(&subscription).await?;
        Ok(self.entries.lock().insert(subscription))
    }

    /// An owner's subscription.
    pub(in crate::api::ringcentral) fn find(
        &self,
        owner: &Owner,
        id: &str,
    ) -> Result<Arc<Subscription>, RestFailure> {
        let id = Uuid::try_parse(id).map_err(|_| RestFailure::not_found("subscriptionId"))?;
        let entries = self.entries.lock();
        let found = entries.by_id.get(&id).and_then(|entry| entry.get());
        if let Some(subscription) = found.filter(|subscription| subscription.key() == *owner) {
            return Ok(subscription);
        }
        match entries.expired.get(owner).is_some_and(|expired| expired.contains(&id)) {
            true => Err(RestFailure::subscription_expired()),
            false => Err(RestFailure::not_found("subscriptionId")),
        }
    }

    /// An owner's subscriptions, the oldest first.
    pub(in crate::api::ringcentral) fn list(&self, owner: &Owner) -> Vec<Arc<Subscription>> {
        let entries = self.entries.lock();
        let own = entries.by_owner.get(owner).into_iter().flat_map(BTreeMap::values);
        own.filter_map(|entry| entry.get()).collect()
    }

    /// Changes a subscription, and gives it another feed if its filters are others now. None: it has ended
    /// meanwhile.
    pub(in crate::api::ringcentral) async fn change(
        &self,
        id: Uuid,
        fresh: Option<Feed>,
        change: impl FnOnce(&mut Subscription) + Send,
    ) -> Result<Option<Arc<Subscription>>, StoreError> {
        let _turn = self.changing.lock().await;
        let Some(entry) = self.entries.lock().by_id.get(&id).cloned() else { return Ok(None) };
        let Some(current) = entry.get() else { return Ok(None) };
        let mut changed = (*current).clone();
        change(&mut changed);
        self.save(&changed).await?;
        let changed = Arc::new(changed);
        if fresh.is_some() {
            *entry.fresh.lock() = fresh;
        }
        entry.current.send_replace(Some(changed.clone()));
        Ok(Some(changed))
    }

    /// Ends a subscription.
    pub(in crate::api::ringcentral) async fn remove(&self, id: Uuid) -> Result<(), StoreError> {
        self.end(id, false).await
    }

    /// Ends a subscription whose time is over.
    pub(in crate::api::ringcentral) async fn expire(&self, id: Uuid) -> Result<(), StoreError> {
        self.end(id, true).await
    }

    async fn end(&self, id: Uuid, has_expired: bool) -> Result<(), StoreError> {
        let _turn = self.changing.lock().await;
        let Some(entry) = self.entries.lock().by_id.get(&id).cloned() else { return Ok(()) };
        let Some(subscription) = entry.get() else { return Ok(()) };
        if subscription.is_kept() {
            self.shelf.remove(id).await?;
        }
        self.entries.lock().remove(&subscription, has_expired);
        entry.current.send_replace(None);
        Ok(())
    }

    /// Every change goes through here before it is seen.
    async fn save(&self, subscription: &Subscription) -> Result<(), StoreError> {
        if subscription.is_kept() { self.shelf.save(subscription).await } else { Ok(()) }
    }
}

impl Subscription {
    /// Who may see and change it.
    pub(in crate::api::ringcentral) fn key(&self) -> Owner {
        (self.owner.clone(), self.client.clone())
    }
}

impl Entries {
    fn insert(&mut self, subscription: Subscription) -> Arc<Entry> {
        let (owner, place) = (subscription.key(), (subscription.created, subscription.id));
        let entry = Entry::new(subscription);
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
            let expired = self.expired.entry(owner).or_default();
            if expired.len() == EXPIRED_KNOWN {
                expired.pop_front();
            }
            expired.push_back(subscription.id);
        }
    }
}
