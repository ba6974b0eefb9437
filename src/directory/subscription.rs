//! Subscriptions as they are kept, and the logins with which they end. What they are about is push's.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use hashbrown::HashMap;
use serde::Deserialize;

use super::{Directory, DirectoryError, Entries, Origin, TokenId, fact::Fact};
use crate::id::{DeviceId, UserId};

/// Every subscription that is kept.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    by_id: BTreeMap<String, Kept>,
    /// The ids of those of each user who has one; follows from `by_id`.
    by_owner: HashMap<Option<UserId>, BTreeSet<String>>,
}

#[derive(Debug)]
struct Kept {
    value: Arc<[u8]>,
    /// None: it cannot be read.
    made: Option<Made>,
}

/// Who made a subscription.
#[derive(Debug, Deserialize)]
struct Made {
    /// None: no user.
    #[serde(default)]
    owner: Option<UserId>,
    /// The device of the token that it was made with.
    client: DeviceId,
    /// The login of that token, if it is known.
    #[serde(default)]
    login: Option<TokenId>,
}

impl Subscriptions {
    /// Puts a subscription in the place of the one with that id; none: there is none any more.
    pub(super) fn put(&mut self, id: String, value: Option<Arc<[u8]>>) {
        if let Some(made) = self.by_id.remove(&id).and_then(|kept| kept.made)
            && let Some(own) = self.by_owner.get_mut(&made.owner)
        {
            own.remove(&id);
            if own.is_empty() {
                self.by_owner.remove(&made.owner);
            }
        }
        let Some(value) = value else { return };
        let made: Option<Made> = serde_json::from_slice(&value).ok();
        if let Some(made) = &made {
            self.by_owner.entry(made.owner.clone()).or_default().insert(id.clone());
        }
        self.by_id.insert(id, Kept { value, made });
    }

    pub(super) fn get(&self, id: &str) -> Option<Arc<[u8]>> {
        self.by_id.get(id).map(|kept| kept.value.clone())
    }

    /// The ends of those of a user for which `fits` holds.
    fn ends(&self, owner: Option<&UserId>, fits: impl Fn(&Made) -> bool) -> Vec<Fact> {
        let own = self.by_owner.get(&owner.cloned()).into_iter().flatten();
        let fitting =
            own.filter(|id| self.by_id.get(*id).and_then(|kept| kept.made.as_ref()).is_some_and(&fits));
        fitting.map(|id| Fact::Subscription(id.clone(), None)).collect()
    }
}

impl Entries {
    /// The ends of all subscriptions of a user.
    pub(super) fn subscriptions_of(&self, owner: &UserId) -> Vec<Fact> {
        self.subscriptions.ends(Some(owner), |_| true)
    }

    /// The ends of the subscriptions that end with these tokens of their owner's.
    pub(super) fn subscriptions_with(&self, owner: &UserId, tokens: &[TokenId]) -> Vec<Fact> {
        let tokens: Vec<_> = tokens.iter().filter_map(|id| self.token_named(id)).collect();
        self.subscriptions.ends(Some(owner), |made| {
            tokens.iter().any(|token| match &made.login {
                Some(login) => token.info.login() == login,
                None => token.speaker().is_some_and(|(_, device)| *device == made.client),
            })
        })
    }

    /// The ends of the subscriptions that were made in this login of their owner's.
    pub(super) fn subscriptions_in(&self, owner: &UserId, login: &TokenId) -> Vec<Fact> {
        self.subscriptions.ends(Some(owner), |made| made.login.as_ref() == Some(login))
    }

    /// The ends of the subscriptions that were made with an app's token.
    pub(super) fn subscriptions_of_app(&self, token: &TokenId) -> Vec<Fact> {
        self.subscriptions.ends(None, |made| made.login.as_ref() == Some(token))
    }

    /// Whether what a subscription was made with was not ended: an app's token, if there is one, where it is no user's.
    fn may_subscribe(&self, owner: Option<&UserId>, origin: Option<&Origin>) -> bool {
        match (owner, origin) {
            (Some(user), Some(origin)) => self.has_origin(user, origin),
            (None, Some(Origin::Kept(token))) => self.app_tokens.contains_key(token),
            (None, None) => true,
            (Some(_), None) | (None, Some(Origin::Signed(_))) => false,
        }
    }

    /// Whether a login of the user's was not ended. That a token's time is over is no end.
    fn has_origin(&self, user: &UserId, origin: &Origin) -> bool {
        let login = match origin {
            Origin::Signed(signed) => return self.users.contains(user) && !self.is_ended(signed),
            Origin::Kept(login) => login,
        };
        let tokens = self.tokens_of.get(user).into_iter().flat_map(BTreeMap::values);
        tokens.filter_map(|lookup| self.tokens.get(lookup)).any(|token| token.info.login() == login)
    }
}

impl Directory {
    /// Keeps a subscription of a login that there still is.
    pub async fn keep_subscription(
        self: &Arc<Self>,
        id: String,
        (owner, origin): (Option<UserId>, Option<Origin>),
        value: Arc<[u8]>,
    ) -> Result<(), DirectoryError> {
        self.change(move |entries| match entries.may_subscribe(owner.as_ref(), origin.as_ref()) {
            true => Ok((vec![Fact::Subscription(id.clone(), Some(value.clone()))], ())),
            false => Err(DirectoryError::TokenSpent),
        })
        .await
    }

    /// Keeps a subscription in the place of the one with that id, if there still is one. Says whether there is.
    pub async fn replace_subscription(
        self: &Arc<Self>,
        id: String,
        value: Arc<[u8]>,
    ) -> Result<bool, DirectoryError> {
        self.change(move |entries| {
            let known = entries.subscriptions.get(&id);
            let is_different = known.as_ref().is_some_and(|known| *known != value);
            let fact = is_different.then(|| Fact::Subscription(id.clone(), Some(value.clone())));
            Ok((fact.into_iter().collect(), known.is_some()))
        })
        .await
    }

    /// Keeps a subscription no longer.
    pub async fn drop_subscription(self: &Arc<Self>, id: String) -> Result<(), DirectoryError> {
        self.change(move |entries| {
            let known = entries.subscriptions.get(&id);
            Ok((known.map(|_| Fact::Subscription(id.clone(), None)).into_iter().collect(), ()))
        })
        .await
    }

    /// A subscription, if it is kept.
    pub fn kept_subscription(&self, id: &str) -> Option<Arc<[u8]>> {
        self.entries.read().subscriptions.by_id.get(id).map(|kept| kept.value.clone())
    }

    /// Every subscription that is kept, with its id.
    pub fn subscriptions(&self) -> Vec<(String, Arc<[u8]>)> {
        let entries = self.entries.read();
        entries.subscriptions.by_id.iter().map(|(id, kept)| (id.clone(), kept.value.clone())).collect()
    }
}
