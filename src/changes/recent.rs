use std::collections::{BTreeSet, VecDeque};

use crate::id::UserId;

/// How many changes of a partition are remembered. Whoever resumes from further back gets everything.
const REMEMBERED: usize = 1_024;

/// The latest changes of one partition, in the order in which they were published.
#[derive(Debug)]
pub(super) struct Recent {
    changes: VecDeque<(u64, UserId)>,
    /// The highest number of all.
    last: u64,
    /// Every change after this number is still remembered.
    complete_after: u64,
}

impl Recent {
    pub(super) fn from(number: u64) -> Self {
        Self { changes: VecDeque::new(), last: number, complete_after: number }
    }

    pub(super) fn len(&self) -> usize {
        self.changes.len()
    }

    pub(super) fn push(&mut self, number: u64, user: UserId) {
        if self.changes.len() == REMEMBERED
            && let Some((forgotten, _)) = self.changes.pop_front()
        {
            self.complete_after = self.complete_after.max(forgotten);
        }
        self.last = self.last.max(number);
        self.changes.push_back((number, user));
    }

    /// Adds the users with a change after `since` and up to `until`, if all of these are remembered.
    pub(super) fn collect_between(&self, since: u64, until: u64, users: &mut BTreeSet<UserId>) -> Option<()> {
        if since >= self.last {
            return Some(());
        }
        if since < self.complete_after {
            return None;
        }
        let wanted = self.changes.iter().filter(|(number, _)| (since + 1..=until).contains(number));
        users.extend(wanted.map(|(_, user)| user.clone()));
        Some(())
    }
}
