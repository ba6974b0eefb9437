//! Whom a watcher asks for.

use std::collections::BTreeSet;

use crate::id::{RoomId, UserId};

/// Whom a watcher is to be told of, as far as the viewer may see them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchList {
    /// All users.
    pub everyone: bool,
    /// These, whether they are there or not.
    pub users: BTreeSet<UserId>,
    /// The members of these rooms, if the viewer is in the room or an admin.
    pub rooms: BTreeSet<RoomId>,
}

impl WatchList {
    /// All users whom the viewer may see.
    pub fn everyone() -> Self {
        Self { everyone: true, ..Self::default() }
    }

    /// How many entries it has.
    pub fn len(&self) -> usize {
        usize::from(self.everyone) + self.users.len() + self.rooms.len()
    }

    /// Whether it has no entry.
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
