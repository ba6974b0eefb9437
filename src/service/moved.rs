//! Whom a viewer came to see by moves: joins of rooms and entries of presence lists.

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};

use super::{Service, Visibility};
use crate::{
    directory::{Move, Standing},
    id::{RoomId, UserId},
};

/// What moves came to for one viewer.
#[derive(Debug, Default)]
pub(super) struct Moved {
    /// Whom the viewer sees now and did not see before.
    pub(super) met: BTreeSet<UserId>,
    /// Whom the viewer saw before and sees now, and may not have seen in between.
    pub(super) met_again: BTreeSet<UserId>,
    /// Entries of presence lists changed that the viewer has part in.
    pub(super) listed: bool,
}

/// The moves of a span, as far as they tell who was in which room before it.
#[derive(Debug, Default)]
struct Span {
    /// Who was in a room before the span, of those who joined or left within it.
    were_members: HashMap<RoomId, HashMap<UserId, bool>>,
    /// Who agreed within it to be seen by the viewer.
    agreed: HashSet<UserId>,
    listed: bool,
}

impl Span {
    fn take(&mut self, viewer: &UserId, one: &Move) {
        match one {
            Move::Join { room, user } => self.note(room, user, false),
            Move::Leave { room, user } => self.note(room, user, true),
            Move::List { observer, observed, standing } if observer == viewer => {
                self.listed = true;
                match standing {
                    Some(Standing::Accepted) => self.agreed.insert(observed.clone()),
                    _ => self.agreed.remove(observed),
                };
            }
            Move::List { observed, .. } => self.listed |= observed == viewer,
            Move::Profile { .. } | Move::Removal { .. } => {}
        }
    }

    /// The first move of a user in a room tells what was before it.
    fn note(&mut self, room: &RoomId, user: &UserId, was_member: bool) {
        let users = self.were_members.entry_ref(room).or_default();
        users.entry_ref(user).or_insert(was_member);
    }
}

impl Service {
    /// What moves after `since` and up to `until` came to for a viewer; none if that is longer ago than is
    /// remembered.
    pub(super) fn moved_between(&self, viewer: Option<&UserId>, since: u64, until: u64) -> Option<Moved> {
        // An admin sees everybody all the time.
        let Some(viewer) = viewer else { return Some(Moved::default()) };
        let mut span = Span::default();
        if !self.changes.moves_between(since, until, |one| span.take(viewer, one)) {
            return None;
        }
        let candidates = match self.visibility {
            Visibility::Room => self.met(viewer, &span),
            Visibility::Server => BTreeSet::new(),
        };
        let (met_again, met) = candidates.into_iter().partition(|user| self.was_visible(viewer, user, &span));
        Some(Moved { met, met_again, listed: span.listed })
    }

    /// Whom a viewer may have come to see.
    fn met(&self, viewer: &UserId, span: &Span) -> BTreeSet<UserId> {
        let mut candidates: BTreeSet<UserId> = span.agreed.iter().cloned().collect();
        for (room, users) in &span.were_members {
            if !self.directory.is_member(room, viewer) {
                continue;
            }
            match users.get(viewer) {
                Some(_) => candidates.extend(self.directory.members(room)),
                None => candidates.extend(users.keys().cloned()),
            }
        }
        candidates.remove(viewer);
        candidates
    }

    /// Whether a viewer saw a user before a span of moves.
    fn was_visible(&self, viewer: &UserId, user: &UserId, span: &Span) -> bool {
        let was_in = |room: &RoomId, who: &UserId| {
            let moved = span.were_members.get(room).and_then(|users| users.get(who)).copied();
            moved.unwrap_or_else(|| self.directory.is_member(room, who))
        };
        let agreed_before = self.observes(viewer, user) && !span.agreed.contains(user);
        let rooms = self.directory.rooms_of(viewer);
        let mut rooms = rooms.iter().chain(span.were_members.keys());
        agreed_before || rooms.any(|room| was_in(room, viewer) && was_in(room, user))
    }
}
