//! What the service has to do with the feed besides watching: tokens, time, and what tests look at.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use tokio::task::coop::consume_budget;

use super::{Service, UpdateError};
use crate::{
    changes::{Topic, Watch},
    id::{DeviceId, NodeId, UserId},
    presence::{Input, Record, Timestamp},
    store::{Effect, Keep, Node, Outlook, PARTITIONS, Revision, StoreError},
};

/// How many transitions are under way at a time: a store may have to ask for each.
const REMINDED_AT_ONCE: usize = 32;

impl Service {
    /// Opens the store: reads what it has, and hears of everything from then on.
    pub async fn open(self: &Arc<Self>) -> Result<(), StoreError> {
        let node: Arc<dyn Node> = self.clone();
        let name = self.store.open(Arc::downgrade(&node)).await?;
        self.directory.loaded()?;
        self.changes.begin_after(self.store.watermark(self.clock.micros()));
        self.node.get_or_init(|| name);
        Ok(())
    }

    /// The name under which this server's connections count.
    pub(super) fn node(&self) -> NodeId {
        self.node.get().copied().unwrap_or(NodeId::LOCAL)
    }

    /// Watches topics, with the eyes of `viewer` or an admin's, for callers that look at what changed themselves.
    pub fn follow(&self, viewer: Option<&UserId>, topics: impl IntoIterator<Item = Topic>) -> Watch {
        self.changes.watch(viewer.cloned(), topics)
    }

    /// Those who may be present, and those who changed after `since`.
    pub async fn present_or_changed(&self, since: Option<u64>) -> Result<Vec<UserId>, StoreError> {
        let mut users = Vec::new();
        for partition in 0..PARTITIONS {
            users.extend(self.store.present(partition).await?);
            if let Some(since) = since {
                users.extend(self.store.changed_after(partition, since).await?);
            }
            consume_budget().await;
        }
        Ok(users)
    }

    /// How many watchers there are.
    pub fn watchers(&self) -> usize {
        self.changes.watches()
    }

    /// How many marks of changes wait for their watchers to look at them.
    pub fn marks(&self) -> usize {
        self.changes.marks()
    }

    /// How many changes are remembered, for watchers who go on from a token.
    pub fn remembered_changes(&self) -> usize {
        self.changes.remembered()
    }

    /// Whether a user's presence is going to turn by itself.
    pub fn has_reminders(&self) -> bool {
        self.store.reminders() > 0
    }

    /// The token that stands for now.
    pub fn token(&self) -> u64 {
        self.changes.token(self.store.watermark(self.clock.micros()))
    }

    /// Whether a token is of this server's feed, and not of the future. Another server of the same store may be ahead for
    /// a moment: this one waits for it.
    pub async fn has_told(&self, token: u64) -> bool {
        if token > self.token() {
            self.store.hear_up_to(token).await;
        }
        token <= self.token()
    }

    /// Lets devices that were logged out end, and tells watchers of the transitions whose time has come. To be
    /// called once in a while: the pauses are how late that is.
    pub async fn tick(&self) {
        for (user, device) in self.directory.take_logged_out() {
            self.log_out(&user, device).await;
        }
        self.end_deserted().await;
        if self.store.was_given_up() {
            self.reattach().await;
        }
        self.tallies.forget_idle(self.clock.now());
        for partition in 0..PARTITIONS {
            let due = stream::iter(self.store.due(partition, self.clock.now()).await);
            due.for_each_concurrent(REMINDED_AT_ONCE, async |user| {
                if let Err(error) = self.remind(&user).await {
                    tracing::warn!(%error, "watchers could not be told of a transition");
                }
                // Millions may be due at once, after a restart.
                consume_budget().await;
            })
            .await;
        }
    }

    /// Lets the connections end that a node held which is no more.
    async fn end_deserted(&self) {
        for (user, node) in self.store.deserted().await {
            // Somebody whom nobody knows any more may be left with connections too.
            let known = self.directory.knows_at(&user).unwrap_or(Revision(u64::MAX));
            if let Err(error) = self.update_at(&user, known, &[Input::EndNode { node }]).await {
                tracing::warn!(%error, "the connections of a node that is gone could not be ended");
            }
            consume_budget().await;
        }
    }

    /// Lets a device end that has no token any more.
    pub async fn log_out(&self, user: &UserId, device: DeviceId) {
        match self.update(user, &[Input::LogOut { device }]).await {
            Ok(_) | Err(UpdateError::UnknownUser) => {}
            Err(error) => tracing::warn!(%error, "the end of a login could not be noted"),
        }
    }

    /// Takes back what a clock said that has been set back since, of all who may be present.
    pub async fn settle(&self) {
        for partition in 0..PARTITIONS {
            for user in self.store.present(partition).await.unwrap_or_default() {
                if let Err(error) = self.settle_user(&user).await {
                    tracing::warn!(%error, "what the clock said before it was set back stays so");
                }
                consume_budget().await;
            }
        }
    }

    async fn settle_user(&self, user: &UserId) -> Result<(), UpdateError> {
        let Some(known) = self.directory.knows_at(user) else { return Ok(()) };
        let edit = |record: &mut Record| {
            let micros = self.clock.micros();
            let now = Timestamp::from_micros(micros);
            let before = record.clone();
            let keep = if record.settle(now, &self.rules) { Keep::Lazily } else { Keep::Derived };
            let audiences = record.news_since(&before, now, &self.rules);
            Effect { micros, audiences, keep, outlook: Outlook::of(record, now, &self.rules) }
        };
        self.store.update(user, known, &edit).await?;
        self.note_in_tallies(user);
        Ok(())
    }

    /// Tells watchers what became of a user without an input.
    async fn remind(&self, user: &UserId) -> Result<(), UpdateError> {
        let Some(known) = self.directory.knows_at(user) else { return Ok(()) };
        let edit = |record: &mut Record| {
            let micros = self.clock.micros();
            let now = Timestamp::from_micros(micros);
            let audiences = record.news_since(record, now, &self.rules);
            Effect { micros, audiences, keep: Keep::Derived, outlook: Outlook::of(record, now, &self.rules) }
        };
        self.store.update(user, known, &edit).await?;
        self.count("time");
        Ok(())
    }
}
