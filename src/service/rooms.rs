//! The presence of the members of a room, in pages, with how many are in which state.

use super::{Counts, Seen, Service, Viewer};
use crate::{
    id::{RoomId, UserId},
    presence::State,
    store::StoreError,
};

/// Which members to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomQuery {
    /// In one of these states, as the viewer sees it; none: in whichever.
    pub states: Vec<State>,
    /// After this one, in the order of the ids.
    pub after: Option<String>,
    pub limit: usize,
}

/// A page of a room's members, and how many there are of all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomPresence {
    pub users: Vec<(UserId, Seen)>,
    pub counts: Counts,
    /// Whether there are members after these.
    pub more: bool,
}

impl RoomQuery {
    fn takes(&self, state: State) -> bool {
        self.states.is_empty() || self.states.contains(&state)
    }
}

impl Service {
    /// The members of a room as `viewer` sees them; none if there is no such room, or the viewer is not in it. Whom
    /// the viewer does not see is left out, and the counts are the same for all callers.
    pub async fn room(
        &self,
        viewer: Viewer<'_>,
        room: &RoomId,
        query: &RoomQuery,
    ) -> Result<Option<RoomPresence>, StoreError> {
        if !self.may_see_room(viewer, room) {
            return Ok(None);
        }
        let tally = self.tally(room);
        let mut users: Vec<(UserId, Seen)> = Vec::new();
        let mut after = query.after.clone();
        loop {
            // A member may have turned, or left, since the count: then others come after them.
            let counted = self.count_members(room, &tally).await?;
            let (counts, wanted) = (counted.counts(), query.limit + 1 - users.len());
            let fits = |user: &UserId, state: State, is_hidden: bool| match viewer {
                Viewer::User(own) if own == user => true,
                Viewer::User(_) => !is_hidden && query.takes(state),
                Viewer::Admin => query.takes(state),
            };
            let members: Vec<UserId> = counted.after(after.as_deref(), fits).take(wanted).cloned().collect();
            drop(counted);
            let asked: Vec<&UserId> = members.iter().collect();
            let seen = self.see_many(viewer, &asked, self.now()).await?;
            let seen = members.iter().zip(seen).filter_map(|(user, seen)| Some((user.clone(), seen.ok()?)));
            users.extend(seen.filter(|(_, seen)| query.takes(seen.presence.state)));
            if members.len() < wanted || users.len() > query.limit {
                let more = users.len() > query.limit;
                users.truncate(query.limit);
                return Ok(Some(RoomPresence { users, counts, more }));
            }
            after = members.last().map(|user| user.as_str().to_owned());
        }
    }

    /// Whether `viewer` may know who is in a room.
    pub fn may_see_room(&self, viewer: Viewer<'_>, room: &RoomId) -> bool {
        match viewer {
            Viewer::User(user) => self.directory.is_member(room, user),
            Viewer::Admin => self.directory.member_count(room).is_some(),
        }
    }
}
