//! Presence where every user of the server sees every other.

use super::{ReadError, Service};
use crate::{
    directory::User,
    id::UserId,
    presence::{Presence, Record, Timestamp},
    store::StoreError,
};

/// How many users are looked at before others get their turn.
const BATCH: usize = 500;

impl Service {
    /// One user's presence at `now` as others see it, and as it is to the user if that is `own`.
    pub async fn get_openly(
        &self,
        own: Option<&UserId>,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Presence, ReadError> {
        if !self.directory.knows(user) {
            return Err(ReadError::UnknownUser);
        }
        let mut seen = None;
        let mut look = |_: usize, record: &Record| seen = Some(self.look_openly(own, user, record, now));
        self.store.read(&[user], &mut look).await?;
        seen.ok_or(ReadError::UnknownUser)
    }

    /// Shows every user to `visit`, each with their presence at `now` as [`get_openly`](Self::get_openly)
    /// tells it, in the order of their ids.
    pub async fn visit_openly(
        &self,
        own: Option<&UserId>,
        now: Timestamp,
        mut visit: impl FnMut(&User, Presence) + Send,
    ) -> Result<(), StoreError> {
        let mut last: Option<UserId> = None;
        loop {
            let page = self.directory.users(last.as_ref().map(UserId::as_str), BATCH);
            let ids: Vec<&UserId> = page.items.iter().map(|user| &user.id).collect();
            let mut look = |index: usize, record: &Record| {
                visit(&page.items[index], self.look_openly(own, ids[index], record, now));
            };
            self.store.read(&ids, &mut look).await?;
            if !page.more {
                return Ok(());
            }
            last = page.items.last().map(|user| user.id.clone());
            tokio::task::yield_now().await;
        }
    }

    /// A hidden user looks to others like one of whom nothing is known.
    fn look_openly(&self, own: Option<&UserId>, user: &UserId, record: &Record, now: Timestamp) -> Presence {
        match own {
            Some(own) if own == user => record.own_at(now, &self.rules),
            _ if record.is_hidden() => Record::default().at(now, &self.rules),
            _ => record.at(now, &self.rules),
        }
    }
}
