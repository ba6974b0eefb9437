//! How a dialect says what push has to say.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::http::HeaderMap;
use hashbrown::HashSet;
use serde_json::Value;
use uuid::Uuid;

use super::{subscription::Subscription, webhook::Answer};
use crate::{
    app::App,
    changes::{Marks, Topic},
    presence::Timestamp,
    store::StoreError,
};

/// One dialect's way of telling.
pub trait Voice: Send + Sync {
    /// The name of the dialect, as [subscriptions](Subscription::dialect) have it.
    fn dialect(&self) -> &'static str;

    /// Reads a subscription's wish, once for all that follows. Fails if it is none of this dialect.
    fn interests(&self, subscription: &Subscription) -> Result<Arc<dyn Interests>, StoreError>;

    /// Whether a subscription may still be: its application is still let in, and its owner is who they were.
    fn holds(&self, app: &App, subscription: &Subscription) -> bool;

    /// How many messages one delivery has at most.
    fn batch(&self) -> usize {
        1
    }

    /// Whether a delivery that did not arrive is sent again as it was, with what changed meanwhile in those after it;
    /// else it is made anew.
    fn keeps_deliveries(&self) -> bool {
        false
    }

    /// The request by which a delivery goes to a webhook, signed where that is the dialect's way.
    fn request(&self, subscription: &Subscription, delivery: &Delivery, now: Timestamp) -> Request;

    /// What a receiver's answer means.
    fn judge(&self, answer: &Answer) -> Verdict;

    /// A subscription as an earlier version kept it, which did not say of what dialect it is; none if it is not of
    /// this one.
    fn upgrade(&self, kept: &Value) -> Option<Subscription>;
}

/// What a subscription is about, read from its wish.
#[async_trait]
pub trait Interests: fmt::Debug + Send + Sync {
    /// Whose changes may concern it.
    fn topics(&self, app: &App) -> HashSet<Topic>;

    /// Everything whose looks have to be known from the start, or that may have changed after `since`.
    async fn items(&self, app: &App, since: Option<u64>) -> Result<Vec<Item>, StoreError>;

    /// Whether an item is among them.
    fn covers(&self, app: &App, item: Item) -> bool;

    /// What may have to be told after this happened.
    fn touched(&self, app: &App, marks: &Marks) -> Vec<Item>;

    /// What the owner would be told of these items now. Those are missing of which they are told nothing.
    async fn look(&self, app: &App, items: &[Item]) -> Result<Vec<Message>, StoreError>;

    /// When the owner is told that the subscription is about to expire, if so.
    fn reminder(&self, subscription: &Subscription) -> Option<Reminder>;

    /// What they are told then.
    fn remind(&self, subscription: &Subscription, now: Timestamp) -> Message;
}

/// One user in one of the forms that a dialect has for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Item {
    /// The user's number.
    pub user: u64,
    /// The dialect's own number of the form.
    pub form: u8,
}

/// What is told of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// None of what is about the subscription itself.
    pub item: Option<Item>,
    /// The number of the last change that is in it.
    pub version: u64,
    /// Tells by itself whether the owner was told the same before.
    pub hash: u64,
    /// What was told of it before.
    pub before: Before,
    /// What happened to what.
    pub event: String,
    /// What is the case now, as JSON.
    pub body: String,
}

/// What was told of an item before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Before {
    /// Nothing: it was not there, or not to be told of.
    #[default]
    Nothing,
    /// It is not known any more.
    Unknown,
    /// What has this hash.
    Told(u64),
}

/// Messages on their way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: Uuid,
    pub at: Timestamp,
    pub messages: Vec<Message>,
}

/// What is sent to a webhook.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// What a receiver's answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The delivery arrived.
    Delivered,
    /// It did not, and is to be tried again.
    Again,
    /// The receiver wants nothing more until the owner says otherwise.
    Never,
}

/// When a subscription's end is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// How long before the end.
    pub before: Duration,
    /// How often from then on; zero is once.
    pub every: Duration,
}

impl Delivery {
    /// A delivery of these messages.
    pub fn new(at: Timestamp, messages: Vec<Message>) -> Self {
        Self { id: Uuid::new_v4(), at, messages }
    }

    /// The items that it is about.
    pub fn items(&self) -> impl Iterator<Item = (Item, u64)> + '_ {
        self.messages.iter().filter_map(|message| Some((message.item?, message.hash)))
    }
}

impl Reminder {
    /// When it first comes.
    pub fn begins(&self, subscription: &Subscription) -> Timestamp {
        let before = u64::try_from(self.before.as_millis()).unwrap_or(u64::MAX);
        Timestamp::from_millis(subscription.expires.as_millis().saturating_sub(before))
    }
}
