//! First snapshots: all users whom a watcher sees, in parts, so that millions need not be held at a time. Nobody
//! who is offline is looked at, save users who were asked for by name.

use std::{
    collections::{BTreeSet, VecDeque},
    ops::Range,
    vec,
};

use super::{View, WatchList, Watcher};
use crate::{
    id::UserId,
    presence::Presence,
    store::{PARTITIONS, StoreError},
};

/// How many users are looked at before others get their turn.
const PART: usize = 256;

/// What is left of a first view. Goes on by [`Watcher::go_on`].
#[derive(Debug)]
pub struct First {
    token: u64,
    left: VecDeque<Left>,
}

#[derive(Debug)]
enum Left {
    /// Users each of whom is looked at.
    Each(vec::IntoIter<UserId>),
    /// Users of whom those are looked at who may be present.
    Present(vec::IntoIter<UserId>),
    /// Partitions whose users come next, but for those who were there before, and those of the last one that were not
    /// looked at yet.
    Partitions { of: Whom, next: Range<usize>, users: vec::IntoIter<UserId>, but: BTreeSet<UserId> },
}

/// Which users of a partition are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whom {
    /// Those who may be present.
    Present,
    /// Those who ever changed.
    Changed,
}

impl First {
    /// Everything up to this number is in the view.
    pub fn token(&self) -> u64 {
        self.token
    }
}

impl Watcher {
    /// Begins a snapshot of the users who are watched and not offline; offline users are in it if they were
    /// named.
    pub fn first(&mut self) -> First {
        self.begin();
        self.first_of(&self.list)
    }

    /// Begins a snapshot of all users who are watched, offline or not: for clients that may think of a user that
    /// they are present.
    pub fn first_of_all(&mut self) -> First {
        self.begin();
        self.all_of(&self.list)
    }

    /// The same as [`first`](Self::first), of those who are asked for since a moment ago.
    pub fn first_of(&self, list: &WatchList) -> First {
        let in_order = |users: BTreeSet<UserId>| users.into_iter().collect::<Vec<_>>().into_iter();
        let rest = match self.watched(list) {
            Some(mut users) => {
                users.retain(|user| !list.users.contains(user));
                Left::Present(in_order(users))
            }
            None => Self::partitions(Whom::Present, list.users.clone()),
        };
        First { token: self.token(), left: [Left::Each(in_order(list.users.clone())), rest].into() }
    }

    /// The same as [`first_of_all`](Self::first_of_all), of those who are asked for since a moment ago.
    pub fn all_of(&self, list: &WatchList) -> First {
        let left = match self.watched(list) {
            Some(users) => Left::Each(users.into_iter().collect::<Vec<_>>().into_iter()),
            None => Self::partitions(Whom::Changed, BTreeSet::new()),
        };
        First { token: self.token(), left: [left].into() }
    }

    fn partitions(of: Whom, but: BTreeSet<UserId>) -> Left {
        Left::Partitions { of, next: 0..PARTITIONS, users: Vec::new().into_iter(), but }
    }

    /// The next part of a first view, which may be empty; none at its end.
    pub async fn go_on(&mut self, first: &mut First) -> Result<Option<Vec<(UserId, Presence)>>, StoreError> {
        while let Some(left) = first.left.front_mut() {
            let (users, is_each) = match left {
                Left::Each(users) => (take(users), true),
                Left::Present(users) => (take(users), false),
                Left::Partitions { of, next, users, but } => {
                    while users.as_slice().is_empty()
                        && let Some(partition) = next.next()
                    {
                        let mut found = match of {
                            Whom::Present => self.service.store.present(partition).await?,
                            Whom::Changed => self.service.store.changed_after(partition, 0).await?,
                        };
                        found.retain(|user| !but.contains(user));
                        found.sort_unstable();
                        *users = found.into_iter();
                    }
                    (take(users), *of == Whom::Changed)
                }
            };
            if users.is_empty() {
                first.left.pop_front();
                continue;
            }
            let part = if is_each { self.show(&users).await? } else { self.show_present(&users).await? };
            tokio::task::yield_now().await;
            return Ok(Some(part));
        }
        Ok(None)
    }

    /// A first view as a whole.
    pub async fn all_users(&mut self) -> Result<View, StoreError> {
        let mut first = self.first();
        let mut users = Vec::new();
        while let Some(part) = self.go_on(&mut first).await? {
            users.extend(part);
        }
        Ok(View { token: first.token, users, gone: Vec::new(), listed: true, is_whole: true })
    }
}

fn take(users: &mut vec::IntoIter<UserId>) -> Vec<UserId> {
    users.take(PART).collect()
}
