//! Whom a viewer came to see, and whom they see no more, by moves: joins and ends of memberships, entries of presence
//! lists, and users who come and go.

use std::{collections::BTreeSet, hash::Hash};

use hashbrown::HashMap;

use super::{Service, Viewer, Visibility, WatchList};
use crate::{
    directory::{Move, Standing},
    id::{RoomId, UserId},
};

/// What moves came to for one viewer, of those whom a list asks for.
#[derive(Debug, Default)]
pub(super) struct Moved {
    /// Whom the viewer sees now and did not see before.
    pub(super) met: BTreeSet<UserId>,
    /// Whom the viewer saw before and sees now, and may not have seen in between.
    pub(super) met_again: BTreeSet<UserId>,
    /// Whom the viewer saw before and does not see now.
    pub(super) parted: BTreeSet<UserId>,
    /// Entries of presence lists changed that the viewer has part in.
    pub(super) listed: bool,
}

/// The moves of a span, as far as they tell what was before it.
#[derive(Debug, Default)]
struct Span {
    /// Who was in a room before the span, of those who joined or left within it.
    were_members: HashMap<RoomId, HashMap<UserId, bool>>,
    /// Who had agreed before it to be seen by the viewer, of those whose entry on the viewer's list changed.
    had_agreed: HashMap<UserId, bool>,
    /// Who was there before it, of those who were added or removed.
    were_there: HashMap<UserId, bool>,
    listed: bool,
}

/// A viewer with a list.
struct Look<'a> {
    service: &'a Service,
    viewer: Option<&'a UserId>,
    list: &'a WatchList,
    span: Span,
}

impl Span {
    fn take(&mut self, viewer: Option<&UserId>, one: &Move) {
        match one {
            Move::Join { room, user } => self.note_member(room, user, false),
            Move::Leave { room, user } => self.note_member(room, user, true),
            Move::List { observer, observed, was, .. } if Some(observer) == viewer => {
                self.listed = true;
                note(&mut self.had_agreed, observed, *was == Some(Standing::Accepted));
            }
            Move::List { observed, .. } => self.listed |= Some(observed) == viewer,
            Move::Profile { user, is_new: true, .. } => note(&mut self.were_there, user, false),
            Move::Removal { user, .. } => note(&mut self.were_there, user, true),
            Move::Profile { .. } => {}
        }
    }

    fn note_member(&mut self, room: &RoomId, user: &UserId, was_member: bool) {
        note(self.were_members.entry_ref(room).or_default(), user, was_member);
    }

    fn was_in(&self, room: &RoomId, user: &UserId) -> Option<bool> {
        self.were_members.get(room)?.get(user).copied()
    }
}

/// The first move tells what was before it.
fn note<K: Clone + Eq + Hash>(before: &mut HashMap<K, bool>, key: &K, was: bool) {
    before.entry_ref(key).or_insert(was);
}

impl Service {
    /// What moves after `since` and up to `until` came to for a viewer and those whom a list asks for; none if that is
    /// longer ago than is remembered.
    pub(super) fn moved_between(
        &self,
        viewer: Option<&UserId>,
        list: &WatchList,
        since: u64,
        until: u64,
    ) -> Option<Moved> {
        let mut span = Span::default();
        if !self.changes.moves_between(since, until, |one| span.take(viewer, one)) {
            return None;
        }
        let look = Look { service: self, viewer, list, span };
        let mut moved = Moved { listed: look.span.listed, ..Moved::default() };
        for user in look.candidates() {
            match (look.saw(&user), look.sees(&user)) {
                (false, true) => moved.met.insert(user),
                (true, true) => moved.met_again.insert(user),
                (true, false) => moved.parted.insert(user),
                (false, false) => false,
            };
        }
        Some(moved)
    }

    /// Whether a list asks for a user, with a viewer who may or may not see them.
    pub(super) fn asks_for(&self, viewer: Option<&UserId>, list: &WatchList, user: &UserId) -> bool {
        let may_watch = |room: &RoomId| viewer.is_none_or(|viewer| self.directory.is_member(room, viewer));
        list.everyone
            || list.users.contains(user)
            || list.rooms.iter().any(|room| self.directory.is_member(room, user) && may_watch(room))
    }
}

impl Look<'_> {
    /// Who may be seen otherwise than before.
    fn candidates(&self) -> BTreeSet<UserId> {
        let mut users: BTreeSet<UserId> = self.span.had_agreed.keys().cloned().collect();
        let asked_for = |user: &&UserId| self.list.everyone || self.list.users.contains(*user);
        users.extend(self.span.were_there.keys().filter(asked_for).cloned());
        let by_rooms = self.sees_by_rooms();
        for (room, moved) in &self.span.were_members {
            if !self.list.rooms.contains(room) && !by_rooms {
                continue;
            }
            match self.viewer {
                Some(viewer) if moved.contains_key(viewer) => {
                    users.extend(self.service.directory.members(room));
                }
                Some(viewer) if !self.service.directory.is_member(room, viewer) => continue,
                _ => {}
            }
            users.extend(moved.keys().cloned());
        }
        users
    }

    /// Whether the viewer sees by rooms whom they see.
    fn sees_by_rooms(&self) -> bool {
        self.viewer.is_some() && self.service.visibility == Visibility::Room
    }

    /// Whether the viewer sees a user now, and asks for them.
    fn sees(&self, user: &UserId) -> bool {
        let viewer = self.viewer.map_or(Viewer::Admin, Viewer::User);
        self.service.may_see(viewer, user).is_ok() && self.service.asks_for(self.viewer, self.list, user)
    }

    /// Whether the viewer saw a user before, and asked for them by the same list.
    fn saw(&self, user: &UserId) -> bool {
        self.was_there(user) && self.was_visible(user) && self.asked_for(user)
    }

    /// No client misses a user who is new and was not asked for by name: they are offline.
    fn was_there(&self, user: &UserId) -> bool {
        match self.span.were_there.get(user) {
            Some(was_there) => *was_there || !self.list.users.contains(user),
            None => self.service.directory.knows(user),
        }
    }

    fn was_visible(&self, user: &UserId) -> bool {
        let Some(viewer) = self.viewer.filter(|viewer| *viewer != user && self.sees_by_rooms()) else {
            return true;
        };
        let had_agreed = match self.span.had_agreed.get(user) {
            Some(had_agreed) => self.service.lists && *had_agreed,
            None => self.service.observes(viewer, user),
        };
        let rooms = self.service.directory.rooms_of(viewer);
        let mut rooms = rooms.iter().chain(self.span.were_members.keys());
        had_agreed || rooms.any(|room| self.was_in(room, viewer) && self.was_in(room, user))
    }

    fn asked_for(&self, user: &UserId) -> bool {
        let could_watch = |room: &RoomId| self.viewer.is_none_or(|viewer| self.was_in(room, viewer));
        self.list.everyone
            || self.list.users.contains(user)
            || self.list.rooms.iter().any(|room| self.was_in(room, user) && could_watch(room))
    }

    fn was_in(&self, room: &RoomId, user: &UserId) -> bool {
        self.span.was_in(room, user).unwrap_or_else(|| self.service.directory.is_member(room, user))
    }
}
