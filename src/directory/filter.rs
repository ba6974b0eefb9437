use std::{collections::BTreeMap, sync::Arc};

use hashbrown::HashMap;
use serde_json::value::RawValue;

use super::{Directory, DirectoryError, Entries, fact::Fact, kept::StoredFilter};
use crate::{id::UserId, presence::Timestamp};

/// The filters of each user who stored one, by their ids.
pub(super) type Filters = HashMap<UserId, BTreeMap<String, StoredFilter>>;

impl Directory {
    /// Stores a filter of a user's under an id, or says of one that is there that it was stored now. A user may
    /// have `most`; those that were stored longest ago make room.
    pub async fn put_filter(
        self: &Arc<Self>,
        user: &UserId,
        id: &str,
        filter: Arc<RawValue>,
        most: usize,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        let (user, id) = (user.clone(), id.to_owned());
        self.change(move |entries| {
            if !entries.users.contains(&user) {
                return Err(DirectoryError::UnknownUser(user.clone()));
            }
            let had = entries.filters.get(&user);
            let mut others: Vec<_> = had.into_iter().flatten().filter(|(other, _)| **other != id).collect();
            others.sort_unstable_by_key(|(other, stored)| (stored.stored, *other));
            let newest = others.last().map(|(_, other)| other.stored);
            let known = had.and_then(|had| had.get(&id));
            if known.is_some_and(|known| newest.is_none_or(|newest| known.stored > newest)) {
                return Ok((Vec::new(), ()));
            }
            let gone = others.iter().take((others.len() + 1).saturating_sub(most));
            let gone = gone.map(|(other, _)| Fact::Filter(user.clone(), (*other).clone(), None));
            let stored = StoredFilter { stored: now, filter: filter.clone() };
            Ok((gone.chain([Fact::Filter(user.clone(), id.clone(), Some(stored))]).collect(), ()))
        })
        .await
    }

    /// A filter that a user stored.
    pub fn filter(&self, user: &UserId, id: &str) -> Option<Arc<RawValue>> {
        Some(self.entries.read().filter(user, id)?.filter.clone())
    }
}

impl Entries {
    pub(super) fn filter(&self, user: &UserId, id: &str) -> Option<&StoredFilter> {
        self.filters.get(user)?.get(id)
    }

    pub(super) fn put_filter(&mut self, user: UserId, id: String, filter: Option<StoredFilter>) {
        let filters = self.filters.entry(user.clone()).or_default();
        match filter {
            Some(filter) => filters.insert(id, filter),
            None => filters.remove(&id),
        };
        if filters.is_empty() {
            self.filters.remove(&user);
        }
    }

    /// What has to be so for a user to have no filter.
    pub(super) fn unfiltering(&self, user: &UserId) -> impl Iterator<Item = Fact> {
        let ids = self.filters.get(user).into_iter().flat_map(BTreeMap::keys);
        ids.map(|id| Fact::Filter(user.clone(), id.clone(), None))
    }
}
