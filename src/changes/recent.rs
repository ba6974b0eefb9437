use std::{
    collections::{BTreeSet, VecDeque},
    sync::atomic::{AtomicU64, Ordering},
};

use parking_lot::Mutex;

use crate::id::UserId;

/// How many changes of a partition are remembered. For a watcher that resumes from further back, every user in the
/// partition may have changed.
const REMEMBERED: usize = 1_024;

/// The latest changes of one partition, in the order in which they were told.
#[derive(Debug, Default)]
pub(super) struct Recent {
    /// The highest number of all. Most who ask are told by it alone that there is nothing new.
    last: AtomicU64,
    latest: Mutex<Latest>,
}

#[derive(Debug, Default)]
struct Latest {
    changes: VecDeque<(u64, UserId)>,
    /// Every change after this number is still remembered.
    complete_after: u64,
}

impl Recent {
    pub(super) fn begin_after(&self, number: u64) {
        self.latest.lock().complete_after = number;
        self.last.store(number, Ordering::Release);
    }

    pub(super) fn len(&self) -> usize {
        self.latest.lock().changes.len()
    }

    pub(super) fn push(&self, number: u64, user: UserId) {
        let mut latest = self.latest.lock();
        if latest.changes.len() == REMEMBERED
            && let Some((forgotten, _)) = latest.changes.pop_front()
        {
            latest.complete_after = latest.complete_after.max(forgotten);
        }
        latest.changes.push_back((number, user));
        self.last.fetch_max(number, Ordering::AcqRel);
    }

    /// Adds the users with a change after `since` and up to `until`, if all of these are remembered.
    pub(super) fn collect_between(&self, since: u64, until: u64, users: &mut BTreeSet<UserId>) -> Option<()> {
        if since >= self.last.load(Ordering::Acquire) {
            return Some(());
        }
        let latest = self.latest.lock();
        if since < latest.complete_after {
            return None;
        }
        let wanted = latest.changes.iter().filter(|(number, _)| (since + 1..=until).contains(number));
        users.extend(wanted.map(|(_, user)| user.clone()));
        Some(())
    }
}
