//! Passes: secrets that stand for something for a short while, whichever server is asked. Tickets, authorization codes and
//! tokens that open sockets are such. What one stands for is its dialect's, and can be read with the pass alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use hashbrown::HashMap;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Directory, DirectoryError, Entries, TokenHash, TokenSecret,
    fact::Fact,
    kept::{StoredPass, Unused},
    seal,
};
use crate::{presence::Timestamp, store::StoreError};

/// What passes are for.
#[derive(Debug)]
pub struct PassKind {
    /// What it is called in what is kept.
    pub name: &'static str,
    /// How long one is of use.
    pub lifetime: Duration,
    /// How many unused ones an owner may have; of more, the oldest makes room.
    pub most: usize,
}

/// How many passes are forgotten in one write.
const TOGETHER: usize = 1_000;

/// All passes whose time is not over, and some more.
#[derive(Debug, Default)]
pub(super) struct Passes {
    by_hash: HashMap<TokenHash, StoredPass>,
    /// The unused ones by kind and owner, and by number; follows from `by_hash`.
    unused: BTreeMap<(String, String), BTreeMap<u64, TokenHash>>,
    /// Follows from `by_hash`.
    by_end: BTreeSet<(Timestamp, TokenHash)>,
}

impl Passes {
    /// Puts a pass in the place of the one with that hash; none: there is none any more.
    pub(super) fn put(&mut self, hash: TokenHash, pass: Option<StoredPass>) {
        if let Some(before) = self.by_hash.remove(&hash) {
            self.by_end.remove(&(before.until, hash));
            if let Some(unused) = before.unused {
                self.take_out(*unused);
            }
        }
        let Some(pass) = pass else { return };
        self.by_end.insert((pass.until, hash));
        if let Some(Unused { kind, owner, number, .. }) = pass.unused.as_deref() {
            let own = self.unused.entry((kind.clone(), owner.clone())).or_default();
            own.insert(*number, hash);
        }
        self.by_hash.insert(hash, pass);
    }

    fn take_out(&mut self, Unused { kind, owner, number, .. }: Unused) {
        let place = (kind, owner);
        if let Some(own) = self.unused.get_mut(&place) {
            own.remove(&number);
            if own.is_empty() {
                self.unused.remove(&place);
            }
        }
    }

    pub(super) fn get(&self, hash: &TokenHash) -> Option<&StoredPass> {
        self.by_hash.get(hash)
    }

    /// The number of an owner's next pass, and which of the others make room for it.
    fn room(&self, kind: &PassKind, owner: &str) -> (u64, Vec<TokenHash>) {
        let Some(own) = self.unused.get(&(kind.name.to_owned(), owner.to_owned())) else {
            return (0, Vec::new());
        };
        let next = own.last_key_value().map_or(0, |(last, _)| last + 1);
        let oldest = own.values().take((own.len() + 1).saturating_sub(kind.most));
        (next, oldest.copied().collect())
    }

    /// How many of a kind are unused.
    fn count(&self, kind: &PassKind) -> usize {
        let of_kind = self.unused.range((kind.name.to_owned(), String::new())..);
        of_kind.take_while(|((name, _), _)| name == kind.name).map(|(_, own)| own.len()).sum()
    }

    /// The passes whose time is over.
    fn over(&self, now: Timestamp) -> impl Iterator<Item = TokenHash> {
        self.by_end.iter().take_while(move |(end, _)| *end <= now).map(|(_, hash)| *hash)
    }
}

impl Directory {
    /// Makes a pass of an owner's that stands for a value. Says until when.
    pub async fn issue_pass<T: Serialize>(
        self: &Arc<Self>,
        kind: &'static PassKind,
        owner: &str,
        value: &T,
    ) -> Result<(TokenSecret, Timestamp), StoreError> {
        let (secret, until) = (TokenSecret::random(), self.clock.now() + kind.lifetime);
        let (hash, owner) = (TokenHash::of(secret.reveal().as_bytes()), owner.to_owned());
        let sealed = seal::close(secret.reveal(), value);
        self.change_passes(move |entries| {
            let (number, oldest) = entries.passes.room(kind, &owner);
            let gone = oldest.into_iter().map(|hash| Fact::Pass(hash, None));
            let (kind, owner, sealed) = (kind.name.to_owned(), owner.clone(), sealed.clone());
            let unused = Some(Box::new(Unused { kind, owner, number, sealed }));
            (gone.chain([Fact::Pass(hash, Some(StoredPass { until, unused }))]).collect(), ())
        })
        .await?;
        Ok((secret, until))
    }

    /// What an unused pass stands for. One that is not known here may be one that another server has just issued.
    pub async fn pass<T: DeserializeOwned>(
        &self,
        kind: &PassKind,
        secret: &str,
    ) -> Result<Option<T>, StoreError> {
        let hash = TokenHash::of(secret.as_bytes());
        let known = || self.entries.read().passes.get(&hash).cloned();
        let mut pass = known();
        if pass.is_none() {
            self.store.catch_up().await?;
            pass = known();
        }
        let pass = pass.filter(|pass| self.clock.now() < pass.until);
        let unused = pass.and_then(|pass| pass.unused).filter(|unused| unused.kind == kind.name);
        Ok(unused.and_then(|unused| seal::open(secret, &unused.sealed)))
    }

    /// Uses up a pass. Of all who try, on whichever servers, one does so.
    pub async fn spend_pass(self: &Arc<Self>, secret: &str) -> Result<bool, StoreError> {
        let hash = TokenHash::of(secret.as_bytes());
        self.change_passes(move |entries| {
            let unused = entries.passes.get(&hash).filter(|pass| pass.unused.is_some());
            // A removal could escape a server that did not follow for a while: it would take the pass once more.
            let used = unused.map(|pass| StoredPass { until: pass.until, unused: None });
            let is_first = used.is_some();
            (used.map(|used| Fact::Pass(hash, Some(used))).into_iter().collect(), is_first)
        })
        .await
    }

    /// How many passes of a kind were issued and neither used nor forgotten.
    pub fn unused_passes(&self, kind: &PassKind) -> usize {
        self.entries.read().passes.count(kind)
    }

    /// Forgets passes whose time is over. To be called once in a while.
    pub async fn forget_passes(self: &Arc<Self>) {
        loop {
            let now = self.clock.now();
            if self.entries.read().passes.over(now).next().is_none() {
                return;
            }
            let forgotten = self.change_passes(move |entries| {
                let over = entries.passes.over(now).take(TOGETHER);
                (over.map(|hash| Fact::Pass(hash, None)).collect(), ())
            });
            if let Err(error) = forgotten.await {
                tracing::debug!(%error, "passes whose time is over could not be forgotten");
                return;
            }
        }
    }

    /// Makes a change by a plan that refuses nothing.
    async fn change_passes<T: Send + 'static>(
        self: &Arc<Self>,
        plan: impl Fn(&Entries) -> (Vec<Fact>, T) + Send + 'static,
    ) -> Result<T, StoreError> {
        self.change(move |entries| Ok(plan(entries))).await.map_err(|error| match error {
            DirectoryError::Store(error) => error,
            error => StoreError::Refused(error.to_string()),
        })
    }
}
