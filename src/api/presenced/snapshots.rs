//! Views as streams and sockets tell them.

use std::mem;

use super::types::{PresenceSnapshot, UserPresence, UsersGone};
use crate::{id::UserId, presence::Presence};

/// How many users one snapshot has at most.
const MOST: usize = 256;

/// Users who were looked at and are in no snapshot yet: parts of a view may be small, and even empty.
#[derive(Debug, Default)]
pub(super) struct Snapshots(Vec<UserPresence>);

impl Snapshots {
    /// Takes in a part of a view. Returns a snapshot if that many are together, after which another follows.
    pub(super) fn push(&mut self, part: Vec<(UserId, Presence)>) -> Option<PresenceSnapshot> {
        let seen = part.iter().map(|(user, presence)| UserPresence::in_event(user, presence));
        self.0.extend(seen);
        let rest = self.0.split_off(self.0.len().min(MOST));
        if rest.is_empty() {
            return None;
        }
        Some(PresenceSnapshot { users: mem::replace(&mut self.0, rest), more: true })
    }

    /// The last snapshot.
    pub(super) fn finish(&mut self) -> PresenceSnapshot {
        PresenceSnapshot { users: mem::take(&mut self.0), more: false }
    }
}

impl PresenceSnapshot {
    /// The snapshots of a view: at least one, of which the last says so.
    pub(super) fn all(users: &[(UserId, Presence)]) -> impl Iterator<Item = Self> {
        let count = users.len().div_ceil(MOST).max(1);
        (0..count).map(move |index| {
            let part = users.iter().skip(index * MOST).take(MOST);
            let users = part.map(|(user, presence)| UserPresence::in_event(user, presence)).collect();
            Self { users, more: index + 1 < count }
        })
    }
}

impl UsersGone {
    /// Those who are gone, if anybody is.
    pub(super) fn of(users: &[UserId]) -> Option<Self> {
        let ids = || users.iter().map(|user| user.as_str().to_owned()).collect();
        (!users.is_empty()).then(|| Self { users: ids() })
    }
}
