//! What documents hold of a user besides what is known of them, their tokens and their rooms.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Standing;
use crate::{
    id::{DeviceId, RoomId, UserId},
    presence::Timestamp,
    store::{Document, Kind, StoreError},
};

/// Whom one user, the observer, asked to be allowed to see, and who of them agreed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceList(pub(super) BTreeMap<UserId, Standing>);

impl PresenceList {
    /// Asks a user, unless that was done before.
    pub fn invite(&mut self, user: &UserId) {
        self.0.entry(user.clone()).or_insert(Standing::Pending);
    }

    /// Notes that a user agreed. Says whether they were asked.
    pub fn accept(&mut self, user: &UserId) -> bool {
        let Some(standing) = self.0.get_mut(user) else { return false };
        *standing = Standing::Accepted;
        true
    }

    /// Ends an entry. Says whether there was one.
    pub fn remove(&mut self, user: &UserId) -> bool {
        self.0.remove(user).is_some()
    }

    /// Who is on the list, in the order of their ids.
    pub fn entries(&self) -> impl Iterator<Item = (&UserId, Standing)> {
        self.0.iter().map(|(user, standing)| (user, *standing))
    }

    /// Who agreed to be seen, in the order of their ids.
    pub fn accepted(&self) -> impl Iterator<Item = &UserId> {
        self.entries().filter(|(_, standing)| *standing == Standing::Accepted).map(|(user, _)| user)
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn standing(&self, user: &UserId) -> Option<Standing> {
        self.0.get(user).copied()
    }

    /// The entries that differ, as they are now.
    pub(super) fn changed_from<'a>(
        &'a self,
        before: &'a Self,
    ) -> impl Iterator<Item = (&'a UserId, Option<Standing>)> {
        let users: BTreeSet<&UserId> = self.0.keys().chain(before.0.keys()).collect();
        let changed = users.into_iter().filter(|user| self.standing(user) != before.standing(user));
        changed.map(|user| (user, self.standing(user)))
    }
}

/// What a user set for their telephone besides presence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desk {
    /// The extensions that the user monitors, in the order of the keys; none until they said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<MonitoredLine>>,
    /// The numbers of the departments whose calls the user does not take at present.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub closed_queues: BTreeSet<u64>,
}

/// An extension that a user monitors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitoredLine {
    /// The key that it is on.
    pub id: String,
    /// The number of the extension's user.
    pub extension: u64,
}

/// A filter as it is kept. What it says is its dialect's.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct StoredFilter {
    /// When it was stored last.
    pub(super) stored: Timestamp,
    pub(super) filter: Arc<RawValue>,
}

impl StoredFilter {
    pub(super) fn document(filter: Option<&Self>, user: &UserId, id: &str) -> Document {
        // No user's id has a space in it.
        let name = format!("{user} {id}");
        match filter {
            Some(filter) => Document::put(Kind::Filter, name, filter),
            None => Document::removed(Kind::Filter, name),
        }
    }

    /// The user and the filter's id in a document's id.
    pub(super) fn parse_id(name: &str) -> Result<(UserId, &str), StoreError> {
        let parsed = name.split_once(' ').and_then(|(user, id)| Some((user.parse().ok()?, id)));
        parsed.ok_or_else(|| StoreError::bad_key(name.as_bytes()))
    }
}

/// A secret that all servers of one store share.
pub(super) type Key = [u8; 32];

/// A signed token that was ended before its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EndedToken {
    pub(super) user: UserId,
    pub(super) device: DeviceId,
    /// When it would have stopped working.
    pub(super) until: Timestamp,
}

/// The rooms that signed tokens put a user into, each until the last of those tokens stops working.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct TokenRooms(pub(super) BTreeMap<RoomId, Timestamp>);

impl TokenRooms {
    pub(super) fn first_end(&self) -> Option<Timestamp> {
        self.0.values().min().copied()
    }
}

/// A pass as it is kept, under its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredPass {
    pub(super) until: Timestamp,
    /// None: it was used, and is of no use any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) unused: Option<Box<Unused>>,
}

/// What is kept of a pass until it is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unused {
    pub(super) kind: String,
    pub(super) owner: String,
    /// Higher than those of the owner's older ones.
    pub(super) number: u64,
    /// What it stands for.
    pub(super) sealed: String,
}
