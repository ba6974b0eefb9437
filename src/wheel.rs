//! Reminders of moments at which somebody's presence turns without an input. They only serve to tell
//! watchers: a read is right without them.
//!
//! The wheel is lazy. A deadline that moves later costs one write: its entry stays filed where it was and
//! is filed anew when it comes up. Only a deadline that moves earlier is filed at once; what was filed
//! for it before is known by its tick and ignored.

use std::collections::{BTreeMap, HashMap};

use crossbeam_utils::CachePadded;
use parking_lot::Mutex;

use crate::{
    id::UserId,
    presence::Timestamp,
    store::{PARTITIONS, partition},
};

/// How long a tick is, in milliseconds: how late a reminder may be, besides the pace of its asker.
const TICK_MILLIS: u64 = 250;

/// The reminders of all users, by partition.
pub struct Wheel {
    partitions: Box<[CachePadded<Mutex<Reminders>>]>,
}

#[derive(Debug, Default)]
struct Reminders {
    deadlines: HashMap<UserId, Deadline>,
    filed: BTreeMap<u64, Vec<UserId>>,
}

#[derive(Clone, Copy, Debug)]
struct Deadline {
    at: Timestamp,
    tick: u64,
}

/// The first tick that does not begin before the moment.
fn tick_of(at: Timestamp) -> u64 {
    at.as_millis().div_ceil(TICK_MILLIS)
}

impl Default for Wheel {
    fn default() -> Self {
        Self { partitions: (0..PARTITIONS).map(|_| CachePadded::default()).collect() }
    }
}

impl Wheel {
    /// Sets a user's one reminder, or removes it.
    pub fn set(&self, user: &UserId, at: Option<Timestamp>) {
        let mut reminders = self.partitions[partition(user)].lock();
        match at {
            Some(at) => reminders.set(user, at),
            None => drop(reminders.deadlines.remove(user)),
        }
    }

    /// Takes the users whose moment has come. Each has no reminder until it is set again.
    pub fn due(&self, now: Timestamp) -> Vec<UserId> {
        self.partitions.iter().flat_map(|reminders| reminders.lock().due(now)).collect()
    }

    /// How many users have a reminder.
    pub fn len(&self) -> usize {
        self.partitions.iter().map(|reminders| reminders.lock().deadlines.len()).sum()
    }

    /// Whether nobody has a reminder.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Reminders {
    fn set(&mut self, user: &UserId, at: Timestamp) {
        let tick = tick_of(at);
        if let Some(deadline) = self.deadlines.get_mut(user)
            && deadline.tick <= tick
        {
            deadline.at = at;
            return;
        }
        self.deadlines.insert(user.clone(), Deadline { at, tick });
        self.filed.entry(tick).or_default().push(user.clone());
    }

    fn due(&mut self, now: Timestamp) -> Vec<UserId> {
        let mut due = Vec::new();
        while let Some(filed) =
            self.filed.first_entry().filter(|filed| *filed.key() * TICK_MILLIS <= now.as_millis())
        {
            let (tick, users) = filed.remove_entry();
            for user in users {
                match self.deadlines.get(&user) {
                    Some(deadline) if deadline.tick == tick && deadline.at <= now => {
                        self.deadlines.remove(&user);
                        due.push(user);
                    }
                    Some(deadline) if deadline.tick == tick => {
                        let at = deadline.at;
                        self.deadlines.remove(&user);
                        self.set(&user, at);
                    }
                    // Set anew for an earlier tick, and due or moved since; or removed.
                    _ => {}
                }
            }
        }
        due
    }
}
