//! Memberships by signed tokens: they last as long as a token that names them, and stand beside those that admins keep.

use std::{collections::BTreeSet, sync::Arc};

use hashbrown::HashMap;

use super::{Directory, Entries, Move, Signed, fact::Fact, kept::TokenRooms};
use crate::{
    id::{RoomId, UserId},
    presence::Timestamp,
};

/// The memberships of all users by signed tokens.
#[derive(Debug, Default)]
pub(super) struct TokenMemberships {
    of: HashMap<UserId, OneUsers>,
    /// When the first membership of each user ends; follows from `of`.
    ends: BTreeSet<(Timestamp, UserId)>,
}

#[derive(Debug, Default)]
struct OneUsers {
    rooms: TokenRooms,
    /// Those of the rooms whose member the user is anyhow.
    kept: BTreeSet<RoomId>,
}

/// How many users' memberships end in one write.
const TOGETHER: usize = 1_000;

impl TokenMemberships {
    /// A user's rooms.
    pub(super) fn of(&self, user: &UserId) -> Option<&TokenRooms> {
        self.of.get(user).map(|one| &one.rooms)
    }

    /// A user's rooms once a token is let in, if that makes them different. There may be so many; those that end
    /// first make room.
    pub(super) fn with(&self, signed: &Signed, most: usize, now: Timestamp) -> Option<TokenRooms> {
        let Signed { user, rooms, expires, .. } = signed;
        let before = self.of(user);
        let lasts = |room| before.and_then(|before| before.0.get(room)).is_some_and(|until| until >= expires);
        if rooms.iter().all(lasts) {
            return None;
        }
        let mut after = before.cloned().unwrap_or_default();
        after.0.retain(|_, until| now < *until);
        for room in rooms {
            let until = after.0.entry(room.clone()).or_insert(*expires);
            *until = (*until).max(*expires);
        }
        let others = after.0.iter().filter(|(room, _)| !rooms.contains(*room));
        let mut others: Vec<_> = others.map(|(room, until)| (*until, room.clone())).collect();
        others.sort_unstable();
        for (_, room) in others.iter().take(after.0.len().saturating_sub(most)) {
            after.0.remove(room);
        }
        Some(after)
    }

    /// A user's rooms once a token is ended, if that makes them different: no other token is known that would put the
    /// user there for as long.
    pub(super) fn without(&self, signed: &Signed) -> Option<TokenRooms> {
        let before = self.of(&signed.user)?;
        let mut after = before.clone();
        after.0.retain(|room, until| !signed.rooms.contains(room) || *until != signed.expires);
        (after != *before).then_some(after)
    }

    /// Whose memberships have ended by now, and what is left of them.
    fn ended(&self, now: Timestamp) -> impl Iterator<Item = (UserId, TokenRooms)> {
        let ended = self.ends.iter().take_while(move |(end, _)| *end <= now);
        ended.filter_map(move |(_, user)| {
            let mut left = self.of(user)?.clone();
            left.0.retain(|_, until| now < *until);
            Some((user.clone(), left))
        })
    }

    fn take(&mut self, user: &UserId) -> OneUsers {
        let taken = self.of.remove(user).unwrap_or_default();
        if let Some(end) = taken.rooms.first_end() {
            self.ends.remove(&(end, user.clone()));
        }
        taken
    }

    fn put(&mut self, user: UserId, one: OneUsers) {
        if let Some(end) = one.rooms.first_end() {
            self.ends.insert((end, user.clone()));
            self.of.insert(user, one);
        }
    }

    /// Notes whether a user is a member of a room anyhow. False: no token puts the user there.
    pub(super) fn note(&mut self, room: &RoomId, user: &UserId, is_kept: bool) -> bool {
        let Some(one) = self.of.get_mut(user).filter(|one| one.rooms.0.contains_key(room)) else {
            return false;
        };
        if is_kept {
            one.kept.insert(room.clone());
        } else {
            one.kept.remove(room);
        }
        true
    }

    /// Whether a user who is in a room is so by tokens alone.
    fn is_alone(&self, room: &RoomId, user: &UserId) -> bool {
        self.of.get(user).is_some_and(|one| one.rooms.0.contains_key(room) && !one.kept.contains(room))
    }
}

impl Directory {
    /// Ends the memberships of tokens whose time is over. To be called once in a while.
    pub async fn end_token_rooms(self: &Arc<Self>) {
        loop {
            let now = self.clock.now();
            if self.entries.read().token_rooms.ended(now).next().is_none() {
                return;
            }
            let ended = self.change(move |entries| {
                let ended = entries.token_rooms.ended(now).take(TOGETHER);
                Ok((ended.map(|(user, left)| Fact::TokenRooms(user, left)).collect(), ()))
            });
            if let Err(error) = ended.await {
                tracing::warn!(%error, "memberships of tokens whose time is over could not be ended");
                return;
            }
        }
    }
}

impl Entries {
    /// Whether a user is a member of a room whatever tokens say.
    pub(super) fn is_kept_member(&self, room: &RoomId, user: &UserId) -> bool {
        self.is_member(room, user) && !self.token_rooms.is_alone(room, user)
    }

    /// Puts a user into these rooms by tokens, and into no others.
    pub(super) fn put_token_rooms(&mut self, user: UserId, rooms: TokenRooms) -> Vec<Move> {
        let mut moves = Vec::new();
        let OneUsers { rooms: before, mut kept } = self.token_rooms.take(&user);
        for room in before.0.keys().filter(|room| !rooms.0.contains_key(*room)) {
            if !kept.remove(room) {
                moves.extend(self.leave(room.clone(), user.clone()));
            }
        }
        for room in rooms.0.keys().filter(|room| !before.0.contains_key(*room)) {
            match self.is_member(room, &user) {
                true => drop(kept.insert(room.clone())),
                false => moves.extend(self.join(room.clone(), user.clone())),
            }
        }
        self.token_rooms.put(user, OneUsers { rooms, kept });
        moves
    }
}
