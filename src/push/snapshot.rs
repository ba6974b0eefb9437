//! What one subscription has to be told.
//!
//! A snapshot holds marks of items that may have changed, not a queue of events: a slow receiver gets fewer,
//! fresher values, and no more marks than there are items. Each is looked at when it is about to be told, with the
//! owner's eyes, and is told only if it differs from what was told before.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::{
    subscription::Subscription,
    voice::{Before, Delivery, Interests, Item, Message},
};
use crate::{
    app::App,
    changes::{Marks, Watch},
    store::StoreError,
};

/// How many items are looked at in one go.
const GO: usize = 256;

/// What a subscription is about, what may have changed of it, and what was told of it last.
pub struct Snapshot {
    interests: Arc<dyn Interests>,
    watch: Arc<Watch>,
    pending: BTreeSet<Item>,
    /// Hashes of what was told.
    told: HashMap<Item, u64>,
    /// Of which something was told that is not known any more.
    unknown: BTreeSet<Item>,
}

impl Snapshot {
    /// A snapshot from now on. With `since`, the number of a change up to which all was delivered, the users who
    /// changed after that is to be told at once.
    pub async fn start(
        app: &App,
        subscription: &Subscription,
        interests: Arc<dyn Interests>,
        since: Option<u64>,
    ) -> Result<Self, StoreError> {
        let watch = Arc::new(app.service.follow(subscription.owner.as_ref(), interests.topics(app)));
        let (pending, told, unknown) = <_>::default();
        let mut snapshot = Self { interests, watch, pending, told, unknown };
        snapshot.learn(app, since).await?;
        Ok(snapshot)
    }

    /// Takes what all users are now for told, but for those who changed after `since`.
    async fn learn(&mut self, app: &App, since: Option<u64>) -> Result<(), StoreError> {
        for items in self.interests.items(app, since).await?.chunks(GO) {
            for message in self.interests.look(app, items).await? {
                let Some(item) = message.item else { continue };
                match since {
                    Some(since) if message.version > since => {
                        self.pending.insert(item);
                        self.unknown.insert(item);
                    }
                    _ => drop(self.told.insert(item, message.hash)),
                }
            }
            // Requests are served meanwhile.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// What it is about.
    pub fn interests(&self) -> &dyn Interests {
        &*self.interests
    }

    /// Where this snapshot hears of changes. What comes from there is for [`note`](Self::note).
    pub fn watch(&self) -> Arc<Watch> {
        self.watch.clone()
    }

    /// Notes who changed.
    pub fn note(&mut self, app: &App, marks: &Marks) {
        if marks.moved {
            self.watch.set_topics(self.interests.topics(app));
        }
        self.pending.extend(self.interests.touched(app, marks));
    }

    /// Goes on where another snapshot of the same subscription was: what that has told, and what it had still to
    /// tell, holds as far as this one is about it.
    pub fn take_over(&mut self, app: &App, mut other: Self) {
        // What it heard of and did not note yet.
        other.note(app, &other.watch.take(u64::MAX));
        let Self { interests, pending, told, unknown, .. } = self;
        unknown.extend(other.unknown.into_iter().filter(|item| interests.covers(app, *item)));
        for item in other.pending.into_iter().filter(|item| interests.covers(app, *item)) {
            // As it is now it was told to no receiver.
            told.remove(&item);
            pending.insert(item);
        }
        told.extend(other.told.into_iter().filter(|(item, _)| interests.covers(app, *item)));
    }

    /// Whether it is about all that a delivery tells.
    pub fn covers(&self, app: &App, delivery: &Delivery) -> bool {
        delivery.items().all(|(item, _)| self.interests.covers(app, item))
    }

    /// Notes that it is unknown whether this was received.
    pub fn doubt(&mut self, item: Item) {
        self.told.remove(&item);
        self.unknown.insert(item);
        self.pending.insert(item);
    }

    /// The next delivery of at most so many messages, if there is one. Its items are no longer pending; one that
    /// does not arrive is to be [given back](Self::give_back).
    pub async fn next(&mut self, app: &App, most: usize) -> Result<Option<Delivery>, StoreError> {
        let mut messages = Vec::new();
        while messages.len() < most
            && let Some(item) = self.pending.first().copied()
        {
            let seen = self.interests.look(app, &[item]).await;
            let seen = match seen {
                // What was found goes out first.
                Err(_) if !messages.is_empty() => break,
                seen => seen?.pop(),
            };
            self.pending.remove(&item);
            match seen {
                None => drop(self.told.remove(&item)),
                Some(message) if self.told.get(&item) == Some(&message.hash) => {}
                Some(message) => messages.push(Message { before: self.before(item), ..message }),
            }
        }
        Ok((!messages.is_empty()).then(|| Delivery::new(app.service.now(), messages)))
    }

    fn before(&self, item: Item) -> Before {
        match self.told.get(&item) {
            Some(hash) => Before::Told(*hash),
            None if self.unknown.contains(&item) => Before::Unknown,
            None => Before::Nothing,
        }
    }

    /// Notes that a delivery arrived.
    pub fn arrived(&mut self, delivery: &Delivery) {
        self.told.extend(delivery.items());
        for (item, _) in delivery.items() {
            self.unknown.remove(&item);
        }
    }

    /// Notes that a delivery did not arrive, so that what it was about is told later, as it is then.
    pub fn give_back(&mut self, delivery: &Delivery) {
        self.pending.extend(delivery.items().map(|(item, _)| item));
    }

    /// Whether everything that this snapshot knows of was told.
    pub fn is_done(&self) -> bool {
        self.pending.is_empty()
    }
}
