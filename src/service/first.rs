//! First pictures: everybody whom a watcher sees, in parts, so that millions need not be held at a time. Nobody
//! who is offline is looked at, save users who were asked for by name.

use std::{collections::BTreeSet, ops::Range, vec};

use super::{Picture, Watcher};
use crate::{
    id::UserId,
    presence::Presence,
    store::{PARTITIONS, StoreError},
};

/// How many users are looked at before others get their turn.
const PART: usize = 256;

/// What is left of a first picture. Goes on by [`Watcher::go_on`].
#[derive(Debug)]
pub struct First {
    token: u64,
    left: Left,
}

#[derive(Debug)]
enum Left {
    /// Users who were named, each to be looked at.
    Named(vec::IntoIter<UserId>),
    /// Users of whom those are looked at who may be present.
    Users(vec::IntoIter<UserId>),
    /// Partitions whose users come next, and those of the last one that were not looked at yet.
    Partitions { of: Whom, next: Range<usize>, users: vec::IntoIter<UserId> },
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
    /// Everything up to this number is in the picture.
    pub fn token(&self) -> u64 {
        self.token
    }
}

impl Watcher {
    /// Begins a picture of everybody who is watched and not offline; offline users are in it if they were
    /// named.
    pub fn first(&mut self) -> First {
        let token = self.begin();
        self.everybody_at(token)
    }

    /// Begins a picture of everybody who is watched, offline or not: for whoever may think of somebody that
    /// they are present.
    pub fn first_of_all(&mut self) -> First {
        let token = self.begin();
        self.first_of(Whom::Changed, token)
    }

    /// The same as [`first`](Self::first), for a token that the watcher has begun with.
    pub(super) fn everybody_at(&self, token: u64) -> First {
        self.first_of(Whom::Present, token)
    }

    fn first_of(&self, of: Whom, token: u64) -> First {
        let in_order = |users: BTreeSet<UserId>| users.into_iter().collect::<Vec<_>>().into_iter();
        let left = match self.watched() {
            Some(users) if self.only.is_some() || of == Whom::Changed => Left::Named(in_order(users)),
            Some(users) => Left::Users(in_order(users)),
            None => Left::Partitions { of, next: 0..PARTITIONS, users: Vec::new().into_iter() },
        };
        First { token, left }
    }

    /// The next part of a first picture, which may be empty; none at its end.
    pub async fn go_on(&mut self, first: &mut First) -> Result<Option<Vec<(UserId, Presence)>>, StoreError> {
        let (users, is_each) = match &mut first.left {
            Left::Named(users) => (take(users), true),
            Left::Users(users) => (take(users), false),
            Left::Partitions { of, next, users } => {
                while users.as_slice().is_empty()
                    && let Some(partition) = next.next()
                {
                    let mut found = match of {
                        Whom::Present => self.service.store.present(partition).await?,
                        Whom::Changed => self.service.store.changed_after(partition, 0).await?,
                    };
                    found.sort_unstable();
                    *users = found.into_iter();
                }
                (take(users), *of == Whom::Changed)
            }
        };
        if users.is_empty() {
            return Ok(None);
        }
        let part = if is_each {
            self.look_at(&users, first.token).await?
        } else {
            self.look_at_present(&users, first.token).await?
        };
        tokio::task::yield_now().await;
        Ok(Some(part))
    }

    /// A first picture as a whole.
    pub async fn everybody(&mut self) -> Result<Picture, StoreError> {
        let mut first = self.first();
        let mut users = Vec::new();
        while let Some(part) = self.go_on(&mut first).await? {
            users.extend(part);
        }
        Ok(Picture { token: first.token, users, listed: true })
    }
}

fn take(users: &mut vec::IntoIter<UserId>) -> Vec<UserId> {
    users.take(PART).collect()
}
