//! Lists that are told in pages.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::{Client, Result};
use crate::api::{
    Open,
    presenced::types::{
        PresenceState, RoomPage, RoomPresence, RoomSummary, Subscription, SubscriptionPage, User, UserPage,
        UserPresence,
    },
};

/// A page of a list, in the order of ids.
pub trait Page: DeserializeOwned {
    type Item;

    /// The items, and whether there are others after them.
    fn into_items(self) -> (Vec<Self::Item>, bool);

    /// The item's id.
    fn id(item: &Self::Item) -> &str;
}

/// A list that is to be told: a page of it by [`List::send`], or [`List::all`].
#[derive(Debug)]
#[must_use = "nothing is asked before `send` or `all`"]
pub struct List<'a, P> {
    client: &'a Client,
    path: String,
    query: Vec<(&'static str, String)>,
    page: PhantomData<P>,
}

/// The longest page.
const MOST: usize = 1_000;

impl<'a, P: Page> List<'a, P> {
    pub(super) fn new(client: &'a Client, path: String) -> Self {
        Self { client, path, query: Vec::new(), page: PhantomData }
    }

    /// From the one after this id on.
    pub fn after(self, id: impl Into<String>) -> Self {
        self.with("after", id.into())
    }

    /// How many a page has, from 1 to 1,000; 100 unless it is said.
    pub fn limit(self, limit: usize) -> Self {
        self.with("limit", limit.to_string())
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.query.push((name, value));
        self
    }

    /// A page.
    pub async fn send(self) -> Result<P> {
        self.client.get(&self.path).query(&self.query).answer().await
    }

    /// All of it, page by page.
    pub async fn all(self) -> Result<Vec<P::Item>> {
        let Self { client, path, mut query, .. } = self;
        if !query.iter().any(|(name, _)| *name == "limit") {
            query.push(("limit", MOST.to_string()));
        }
        let mut all = Vec::new();
        loop {
            let page: P = client.get(&path).query(&query).answer().await?;
            let (items, more) = page.into_items();
            all.extend(items);
            let Some(last) = all.last().filter(|_| more) else { return Ok(all) };
            query.retain(|(name, _)| *name != "after");
            query.push(("after", P::id(last).to_owned()));
        }
    }
}

impl List<'_, RoomPresence> {
    /// Members in these states alone.
    pub fn states(mut self, states: impl IntoIterator<Item = PresenceState>) -> Self {
        self.query.extend(states.into_iter().map(|state| ("state", Open::from(state).to_string())));
        self
    }
}

/// What a page's items are, and by which member they are named.
macro_rules! page {
    ($page:ident, $items:ident, $item:ident, $id:ident) => {
        impl Page for $page {
            type Item = $item;

            fn into_items(self) -> (Vec<$item>, bool) {
                (self.$items, self.more)
            }

            fn id(item: &$item) -> &str {
                &item.$id
            }
        }
    };
}

page!(UserPage, users, User, user_id);
page!(RoomPage, rooms, RoomSummary, room_id);
page!(RoomPresence, users, UserPresence, user_id);
page!(SubscriptionPage, subscriptions, Subscription, subscription_id);
