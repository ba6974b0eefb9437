//! Presence lists: being seen without a shared room, by whom one agreed to.

use std::{collections::BTreeSet, sync::Arc};

use super::{Service, live::Move};
use crate::{
    changes::{Numbered, Topic},
    directory::{DirectoryError, PresenceList, Standing},
    id::UserId,
    task::to_the_end,
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
    /// Asks users to be seen by `observer`, then takes others off that user's list. Both sides are told.
    /// Everybody sees themselves, so there is no entry of one's own.
    pub async fn change_list(
        self: &Arc<Self>,
        observer: &UserId,
        invite: Vec<UserId>,
        drop: Vec<UserId>,
    ) -> Result<(), DirectoryError> {
        let oneself = observer.clone();
        let edit = move |list: &mut PresenceList| {
            for user in invite.iter().filter(|user| **user != oneself) {
                list.invite(user);
            }
            for user in &drop {
                list.remove(user);
            }
        };
        self.edit_list(observer, edit).await
    }

    /// Lets `observer`, who asked for it, see `user`. Says whether they had asked.
    pub async fn accept_observer(
        self: &Arc<Self>,
        user: &UserId,
        observer: &UserId,
    ) -> Result<bool, DirectoryError> {
        let user = user.clone();
        was_known(self.edit_list(observer, move |list| list.accept(&user)).await)
    }

    /// Turns `observer` down, before or after having agreed. Says whether they had asked.
    pub async fn deny_observer(
        self: &Arc<Self>,
        user: &UserId,
        observer: &UserId,
    ) -> Result<bool, DirectoryError> {
        let user = user.clone();
        was_known(self.edit_list(observer, move |list| list.remove(&user)).await)
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

    /// Every entry that a user has part in, as ended.
    pub(super) fn listed_with(&self, user: &UserId) -> Vec<Move> {
        let Listing { observed, observers } = self.listing(user);
        let own = observed.into_iter().map(|(observed, _)| (user.clone(), observed));
        let others = observers.into_iter().map(|(observer, _)| (observer, user.clone()));
        let ended = |(observer, observed)| Move::List { observer, observed, standing: None };
        own.chain(others).map(ended).collect()
    }

    async fn edit_list<T: Send + 'static>(
        self: &Arc<Self>,
        observer: &UserId,
        edit: impl FnOnce(&mut PresenceList) -> T + Send + 'static,
    ) -> Result<T, DirectoryError> {
        let (service, observer) = (self.clone(), observer.clone());
        let work = async move {
            let numbered = service.changes.number(service.clock.micros());
            let (outcome, changed) = service.directory.change_list(&observer, edit).await?;
            let moves: Vec<Move> = changed
                .into_iter()
                .map(|(observed, standing)| Move::List { observer: observer.clone(), observed, standing })
                .collect();
            service.tell_of_lists(numbered, &moves);
            Ok(outcome)
        };
        to_the_end(work).await
    }

    /// Tells both sides of each entry that it changed.
    pub(super) fn tell_of_lists(&self, numbered: Numbered<'_>, moves: &[Move]) {
        let mut concerned = BTreeSet::new();
        let mut remembered = self.moves.lock();
        for entry in moves {
            remembered.push(numbered.get(), entry.clone());
            if let Move::List { observer, observed, .. } = entry {
                concerned.extend([observer.clone(), observed.clone()]);
            }
        }
        drop(remembered);
        let topics: Vec<Topic> = concerned.into_iter().map(Topic::User).collect();
        numbered.publish_move(&topics);
    }
}

/// An observer who does not exist has not asked.
fn was_known(done: Result<bool, DirectoryError>) -> Result<bool, DirectoryError> {
    match done {
        Err(DirectoryError::UnknownUser(_)) => Ok(false),
        done => done,
    }
}
