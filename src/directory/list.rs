use std::sync::{Arc, atomic::Ordering};

use super::{Directory, DirectoryError, Entries, Move, PresenceList, Standing, fact::Fact};
use crate::id::UserId;

impl Directory {
    /// Changes a known user's presence list, all of it or nothing, and returns what `change` did. This is the
    /// only way in which lists change, besides the removal of a user.
    pub async fn change_list<T: Send + 'static>(
        self: &Arc<Self>,
        observer: &UserId,
        change: impl Fn(&mut PresenceList) -> T + Send + 'static,
    ) -> Result<T, DirectoryError> {
        let (observer, most) = (observer.clone(), self.list_entries.load(Ordering::Relaxed));
        self.change(move |entries| {
            if !entries.users.contains(&observer) {
                return Err(DirectoryError::UnknownUser(observer.clone()));
            }
            let before = entries.lists.get(&observer).cloned().unwrap_or_default();
            let mut list = before.clone();
            let outcome = change(&mut list);
            if list.0.len() > most.max(before.0.len()) {
                return Err(DirectoryError::ListTooLong(most));
            }
            let fact = (list != before).then(|| Fact::List(observer.clone(), list));
            Ok((fact.into_iter().collect(), outcome))
        })
        .await
    }

    /// A user's presence list.
    pub fn list(&self, observer: &UserId) -> PresenceList {
        self.entries.read().lists.get(observer).cloned().unwrap_or_default()
    }

    /// Who has a user on their list, in the order of their ids.
    pub fn observers(&self, user: &UserId) -> Vec<(UserId, Standing)> {
        let entries = self.entries.read();
        let observers = entries.observers.get(user).into_iter().flatten();
        let standing = |observer| entries.lists.get(observer)?.standing(user);
        observers.filter_map(|observer| Some((observer.clone(), standing(observer)?))).collect()
    }

    /// Whether a user agreed to be seen by an observer.
    pub fn observes(&self, observer: &UserId, user: &UserId) -> bool {
        let entries = self.entries.read();
        let standing = entries.lists.get(observer).and_then(|list| list.standing(user));
        standing == Some(Standing::Accepted)
    }
}

impl Entries {
    /// Puts a list into the place of the one before. A list without entries is no list.
    pub(super) fn put_list(&mut self, observer: &UserId, list: PresenceList) -> Vec<Move> {
        let before = self.lists.remove(observer).unwrap_or_default();
        for user in before.0.keys() {
            if let Some(observers) = self.observers.get_mut(user) {
                observers.remove(observer);
                if observers.is_empty() {
                    self.observers.remove(user);
                }
            }
        }
        for user in list.0.keys() {
            self.observers.entry(user.clone()).or_default().insert(observer.clone());
        }
        let changed = list.changed_from(&before).map(|(observed, standing)| Move::List {
            observer: observer.clone(),
            observed: observed.clone(),
            was: before.standing(observed),
            standing,
        });
        let moves = changed.collect();
        if !list.0.is_empty() {
            self.lists.insert(observer.clone(), list);
        }
        moves
    }

    /// What has to be so for a user to be on no list, and to have none.
    pub(super) fn unlisting(&self, user: &UserId) -> Vec<Fact> {
        let own = self.lists.get(user).map(|_| Fact::List(user.clone(), PresenceList::default()));
        let others = self.observers.get(user).into_iter().flatten().filter_map(|observer| {
            let mut list = self.lists.get(observer)?.clone();
            list.remove(user);
            Some(Fact::List(observer.clone(), list))
        });
        own.into_iter().chain(others).collect()
    }
}
