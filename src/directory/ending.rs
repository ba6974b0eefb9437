//! The end of tokens and subscriptions, and who has to hear of it.

use std::{mem, pin::pin, sync::Arc};

use hashbrown::HashMap;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{
    Directory, Entries, TokenId, TokenInfo,
    token::{Lookup, StoredToken},
};
use crate::{
    id::{DeviceId, UserId},
    presence::Timestamp,
};

/// Who waits for the end of a token, and which devices have none any more.
#[derive(Debug, Default)]
pub(super) struct Endings {
    waiting: Mutex<HashMap<Lookup, Arc<Notify>>>,
    logged_out: Mutex<Vec<(UserId, DeviceId)>>,
    /// The ids of subscriptions that are kept no longer.
    subscriptions: Mutex<Vec<String>>,
    subscription_ended: Notify,
}

/// A place among those who wait, given up when it is dropped.
struct Place<'a> {
    endings: &'a Endings,
    lookup: Lookup,
    notify: Arc<Notify>,
}

impl Endings {
    fn place(&self, lookup: Lookup) -> Place<'_> {
        let notify = self.waiting.lock().entry(lookup).or_default().clone();
        Place { endings: self, lookup, notify }
    }

    /// Tells whoever waits, and notes which devices have no token any more. The tokens have been taken out of
    /// the entries.
    pub(super) fn end(&self, ended: &[StoredToken], entries: &Entries, now: Timestamp) {
        for token in ended {
            if let Some(waiting) = self.waiting.lock().get(&token.lookup()) {
                waiting.notify_waiters();
            }
            if let Some((user, device)) = token.speaker()
                && entries.users.contains(user)
                && !entries.has_live_token(user, device, now)
            {
                self.logged_out.lock().push((user.clone(), device.clone()));
            }
        }
    }
}

impl Endings {
    /// Notes that a subscription is kept no longer.
    pub(super) fn end_subscription(&self, id: &str) {
        self.subscriptions.lock().push(id.to_owned());
        self.subscription_ended.notify_one();
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut waiting = self.endings.waiting.lock();
        // One is here, one is there.
        if Arc::strong_count(&self.notify) == 2 {
            waiting.remove(&self.lookup);
        }
    }
}

impl Directory {
    /// What may be shown of the token of that name.
    pub fn token_named(&self, id: &TokenId) -> Option<TokenInfo> {
        let entries = self.entries.read();
        entries.token_named(id).map(|token| token.info.clone())
    }

    /// Completes once there is no token of that name, whoever ended it, on whatever server. That a token's time
    /// is over is no end yet.
    pub async fn ended(&self, id: &TokenId) {
        let Some(lookup) = id.lookup() else { return };
        let place = self.endings.place(lookup);
        let mut told = pin!(place.notify.notified());
        told.as_mut().enable();
        if self.entries.read().token_named(id).is_some() {
            told.await;
        }
    }

    /// The ids of the subscriptions that are kept no longer, whoever ended them, since this was asked last; completes
    /// once there are some.
    pub async fn ended_subscriptions(&self) -> Vec<String> {
        loop {
            let ended = mem::take(&mut *self.endings.subscriptions.lock());
            if !ended.is_empty() {
                return ended;
            }
            self.endings.subscription_ended.notified().await;
        }
    }

    /// The devices that lost their last token since this was asked last.
    pub fn take_logged_out(&self) -> Vec<(UserId, DeviceId)> {
        mem::take(&mut *self.endings.logged_out.lock())
    }
}

impl Entries {
    pub(super) fn token_named(&self, id: &TokenId) -> Option<&StoredToken> {
        id.lookup().and_then(|lookup| self.tokens.get(&lookup))
    }

    /// Whether a user has a token on a device whose time is not over.
    fn has_live_token(&self, user: &UserId, device: &DeviceId, now: Timestamp) -> bool {
        let is_live = |token: &StoredToken| {
            !token.has_expired(now) && token.speaker().is_some_and(|(_, other)| other == device)
        };
        let mut tokens = self.tokens_of.get(user).into_iter().flat_map(|tokens| tokens.values());
        tokens.any(|lookup| self.tokens.get(lookup).is_some_and(is_live))
    }
}
