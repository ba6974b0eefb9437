//! Whom a watcher asks for.

use std::collections::BTreeSet;

use super::Watcher;
use crate::id::{RoomId, UserId};

/// Whom a watcher is to be told of, as far as the viewer may see them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchList {
    /// Everybody.
    pub everyone: bool,
    /// These, whether they are there or not.
    pub users: BTreeSet<UserId>,
    /// The members of these rooms, if the viewer is in the room or an admin.
    pub rooms: BTreeSet<RoomId>,
}

impl WatchList {
    /// Everybody whom the viewer may see.
    pub fn everyone() -> Self {
        Self { everyone: true, ..Self::default() }
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        usize::from(self.everyone) + self.users.len() + self.rooms.len()
    }

    /// Whether it names nobody.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Those of its entries that the other list lacks.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self {
            everyone: self.everyone && !other.everyone,
            users: self.users.difference(&other.users).cloned().collect(),
            rooms: self.rooms.difference(&other.rooms).cloned().collect(),
        }
    }

    /// The entries of both.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        Self {
            everyone: self.everyone || other.everyone,
            users: self.users.union(&other.users).cloned().collect(),
            rooms: self.rooms.union(&other.rooms).cloned().collect(),
        }
    }
}

impl Watcher {
    /// Whom the watcher asks for.
    pub fn list(&self) -> &WatchList {
        &self.list
    }

    /// Asks for more users from now on, and says which of the entries are new. What there is to tell of those is for
    /// [`first_of`](Self::first_of) or [`since_of`](Self::since_of), before anything else is asked of the watcher.
    pub fn add(&mut self, more: &WatchList) -> WatchList {
        let added = more.without(&self.list);
        self.ask_for(self.list.with(&added));
        added
    }

    /// Asks for these no longer.
    pub fn remove(&mut self, fewer: &WatchList) {
        self.ask_for(self.list.without(fewer));
    }
}
