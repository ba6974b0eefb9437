//! Presence lists: being seen without a shared room, by whom one agreed to.

use super::{Service, Turn};
use crate::{
    directory::{DirectoryError, PresenceList, Standing},
    id::UserId,
};

/// What a user's presence list and those of others say of the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Who is on the user's own list.
    pub observed: Vec<(UserId, Standing)>,
    /// Who has the user on theirs.
    pub observers: Vec<(UserId, Standing)>,
}

impl Listing {
    /// Whether the user has part in no entry.
    pub fn is_empty(&self) -> bool {
        self.observed.is_empty() && self.observers.is_empty()
    }
}

impl Service {
    /// Asks users to be seen by the user who has the turn, then takes others off that user's list. Both sides are told.
    /// Users see themselves, so there is no entry of one's own.
    pub async fn change_list(
        &self,
        turn: Turn<'_>,
        invite: Vec<UserId>,
        drop: Vec<UserId>,
    ) -> Result<(), DirectoryError> {
        let observer = turn.user;
        let oneself = observer.clone();
        let edit = move |list: &mut PresenceList| {
            for user in invite.iter().filter(|user| **user != oneself) {
                list.invite(user);
            }
            for user in &drop {
                list.remove(user);
            }
        };
        self.directory.change_list(observer, edit).await
    }

    /// Lets `observer`, who asked for it, see `user`. Says whether they had asked.
    pub async fn accept_observer(&self, user: &UserId, observer: &UserId) -> Result<bool, DirectoryError> {
        let user = user.clone();
        was_known(self.directory.change_list(observer, move |list| list.accept(&user)).await)
    }

    /// Turns `observer` down, before or after having agreed. Says whether they had asked.
    pub async fn deny_observer(&self, user: &UserId, observer: &UserId) -> Result<bool, DirectoryError> {
        let user = user.clone();
        was_known(self.directory.change_list(observer, move |list| list.remove(&user)).await)
    }

    /// What presence lists say of a user.
    pub fn listing(&self, user: &UserId) -> Listing {
        let list = self.directory.list(user);
        let observed = list.entries().map(|(user, standing)| (user.clone(), standing)).collect();
        Listing { observed, observers: self.directory.observers(user) }
    }

    /// Whether `observer` may see `user` by a presence list.
    pub(super) fn observes(&self, observer: &UserId, user: &UserId) -> bool {
        self.lists && self.directory.observes(observer, user)
    }

    /// Whom `observer` may see by their presence list.
    pub(super) fn observed_by(&self, observer: &UserId) -> Vec<UserId> {
        let list = if self.lists { self.directory.list(observer) } else { PresenceList::default() };
        list.accepted().cloned().collect()
    }
}

/// An observer who does not exist has not asked.
fn was_known(done: Result<bool, DirectoryError>) -> Result<bool, DirectoryError> {
    match done {
        Err(DirectoryError::UnknownUser(_)) => Ok(false),
        done => done,
    }
}
