//! The end of tokens and subscriptions, and who has to hear of it.

use std::{future::pending, mem, pin::Pin, sync::Arc};

use hashbrown::HashMap;
use parking_lot::Mutex;
use tokio::sync::{Notify, futures::OwnedNotified};

use super::{
    Credential, Directory, DirectoryError, Entries, Origin, Scopes, Signed, TokenId, TokenInfo,
    fact::Fact,
    token::{Lookup, StoredToken},
};
use crate::{
    id::{DeviceId, UserId},
    presence::Timestamp,
};

/// Who waits for the end of a token, and which devices have none any more.
#[derive(Debug, Default)]
pub(super) struct Endings {
    waiting: Mutex<HashMap<Cause, Arc<Notify>>>,
    logged_out: Mutex<Vec<(UserId, DeviceId)>>,
    /// Whose sessions were all ended.
    signed_out: Mutex<Vec<UserId>>,
    /// The ids of subscriptions that were written or are kept no longer.
    subscriptions: Mutex<Vec<String>>,
    subscription_moved: Notify,
}

/// With what something ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Cause {
    /// With a token of its own.
    Token(Lookup),
    /// With all sessions of a user.
    User(UserId),
}

/// What has ended.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// Tokens that are kept no longer.
    tokens: Vec<StoredToken>,
    /// Where tokens are filed that stay, and speak otherwise than before.
    changed: Vec<Lookup>,
    /// Tokens that others signed, with whom they spoke for.
    signed: Vec<(Lookup, UserId, DeviceId)>,
    /// Whose sessions have ended, or who are gone.
    users: Vec<UserId>,
}

impl Ends {
    /// Notes what ends with a fact that is about to be applied.
    pub(super) fn note(&mut self, fact: &Fact, entries: &Entries) {
        match fact {
            Fact::NoToken(id) => self.tokens.extend(entries.token_named(id).cloned()),
            Fact::Token(token) => {
                let known = entries.token_named(&token.info.id);
                let is_changed = known.is_some_and(|known| known.info.holder != token.info.holder);
                self.changed.extend(is_changed.then(|| token.lookup()));
            }
            Fact::EndedToken(hash, Some(token)) => {
                self.signed.push((hash.lookup(), token.user.clone(), token.device.clone()));
            }
            Fact::SignOut(user, Some(_)) | Fact::NoUser(user) => self.users.push(user.clone()),
            _ => {}
        }
    }
}

/// What is waited for of a token or a user, whichever server it happens on.
pub struct News<'a>([Option<Place<'a>>; 2]);

impl News<'_> {
    /// Completes at the next from now on.
    pub fn next(&self) -> impl Future<Output = ()> + use<> {
        let [one, other] = self.0.each_ref().map(|place| place.as_ref().map(Place::next));
        let told = async |next: Option<Pin<Box<OwnedNotified>>>| match next {
            Some(next) => next.await,
            None => pending().await,
        };
        async move {
            tokio::select! {
                () = told(one) => {}
                () = told(other) => {}
            }
        }
    }
}

/// A place among those who wait, given up when it is dropped.
struct Place<'a> {
    endings: &'a Endings,
    cause: Cause,
    notify: Arc<Notify>,
}

impl Place<'_> {
    /// Completes at what comes from now on.
    fn next(&self) -> Pin<Box<OwnedNotified>> {
        let mut told = Box::pin(self.notify.clone().notified_owned());
        told.as_mut().enable();
        told
    }
}

impl Endings {
    fn place(&self, cause: Cause) -> Place<'_> {
        let notify = self.waiting.lock().entry(cause.clone()).or_default().clone();
        Place { endings: self, cause, notify }
    }

    fn tell(&self, cause: &Cause) {
        if let Some(waiting) = self.waiting.lock().get(cause) {
            waiting.notify_waiters();
        }
    }

    /// Tells those who wait, and notes which devices have no token any more. The entries are as they are after that.
    pub(super) fn end(&self, ends: Ends, entries: &Entries, now: Timestamp) {
        let Ends { tokens, changed, signed, users } = ends;
        for lookup in changed {
            self.tell(&Cause::Token(lookup));
        }
        let kept = tokens.iter().map(|token| (token.lookup(), token.speaker()));
        let signed = signed.iter().map(|(lookup, user, device)| (*lookup, Some((user, device))));
        for (lookup, speaker) in kept.chain(signed) {
            self.tell(&Cause::Token(lookup));
            if let Some((user, device)) = speaker
                && entries.users.contains(user)
                && !entries.has_live_token(user, device, now)
            {
                self.logged_out.lock().push((user.clone(), device.clone()));
            }
        }
        for user in users {
            self.tell(&Cause::User(user.clone()));
            self.signed_out.lock().push(user);
        }
    }
}

impl Endings {
    /// Notes that a subscription was written, or is kept no longer.
    pub(super) fn note_subscription(&self, id: &str) {
        self.subscriptions.lock().push(id.to_owned());
        self.subscription_moved.notify_one();
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut waiting = self.endings.waiting.lock();
        // One is here, one is there.
        if Arc::strong_count(&self.notify) == 2 {
            waiting.remove(&self.cause);
        }
    }
}

impl Directory {
    /// What may be shown of the token of that name.
    pub fn token_named(&self, id: &TokenId) -> Option<TokenInfo> {
        let entries = self.entries.read();
        entries.token_named(id).map(|token| token.info.clone())
    }

    /// What a token that is kept may be used for; none: it was ended. That its time is over is no end yet.
    pub fn scopes_of(&self, id: &TokenId) -> Option<Scopes> {
        self.entries.read().token_named(id).map(|token| token.info.holder.scopes())
    }

    /// Ends a credential of a user's before its time.
    pub async fn end(self: &Arc<Self>, user: &UserId, credential: &Credential) -> Result<(), DirectoryError> {
        match credential {
            Credential::Kept(id) => self.revoke_token(user, id).await.map(drop),
            Credential::Signed(signed) => self.end_signed(signed).await,
        }
    }

    /// The login that a credential belongs to; none: it was ended.
    pub fn origin(&self, credential: &Credential) -> Option<Origin> {
        match credential {
            Credential::Kept(id) => Some(Origin::Kept(self.token_named(id)?.login().clone())),
            Credential::Signed(signed) => Some(Origin::Signed(signed.clone())),
        }
    }

    /// News of a token that is kept: its end, or that it may be used for something else.
    pub fn news_of_token(&self, id: &TokenId) -> News<'_> {
        News([id.lookup().map(Cause::Token), None].map(|cause| Some(self.endings.place(cause?))))
    }

    /// News of a token that another signed: its end, or that of all its user's sessions.
    pub fn news_of_signed(&self, signed: &Signed) -> News<'_> {
        let causes = [Cause::Token(signed.hash.lookup()), Cause::User(signed.user.clone())];
        News(causes.map(|cause| Some(self.endings.place(cause))))
    }

    /// News of a user: the end of all sessions, or that there is no such user any more.
    pub fn news_of_user(&self, user: &UserId) -> News<'_> {
        News([Some(self.endings.place(Cause::User(user.clone()))), None])
    }

    /// Whose sessions were all ended since this was asked last.
    pub fn take_signed_out(&self) -> Vec<UserId> {
        mem::take(&mut *self.endings.signed_out.lock())
    }

    /// The ids of the subscriptions that were written or are kept no longer, wherever that was done, since this was
    /// asked last; completes once there are some.
    pub async fn moved_subscriptions(&self) -> Vec<String> {
        loop {
            let moved = mem::take(&mut *self.endings.subscriptions.lock());
            if !moved.is_empty() {
                return moved;
            }
            self.endings.subscription_moved.notified().await;
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
