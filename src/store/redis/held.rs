//! The records that this node holds, as the engine had them last: those that were written or read here.

use std::collections::HashMap;

use parking_lot::Mutex;

use super::value::Value;
use crate::{
    id::UserId,
    store::{PARTITIONS, partition},
};

/// How many records of a partition are held at most: half a million in all, of about 200 bytes each.
const MOST: usize = 2_048;

/// The records, by their partitions.
#[derive(Debug)]
pub(super) struct Held(Box<[Mutex<HashMap<UserId, Entry>>]>);

#[derive(Debug)]
struct Entry {
    value: Value,
    /// Whether there was a question since room was made last.
    was_used: bool,
}

impl Default for Held {
    fn default() -> Self {
        Self((0..PARTITIONS).map(|_| Mutex::default()).collect())
    }
}

impl Held {
    /// The record of a user, if it is held.
    pub(super) fn get(&self, user: &UserId) -> Option<Value> {
        let mut entries = self.0[partition(user)].lock();
        let entry = entries.get_mut(user)?;
        entry.was_used = true;
        Some(entry.value.clone())
    }

    /// Takes in what a user's record is, unless a later one is held.
    pub(super) fn put(&self, user: &UserId, value: Value) {
        let mut entries = self.0[partition(user)].lock();
        if entries.get(user).is_some_and(|held| held.value.revision() > value.revision()) {
            return;
        }
        if entries.len() >= MOST && !entries.contains_key(user) {
            entries.retain(|_, entry| std::mem::take(&mut entry.was_used));
            if entries.len() >= MOST {
                entries.clear();
            }
        }
        entries.insert(user.clone(), Entry { value, was_used: true });
    }

    /// Takes in what became of a user, if their record is held.
    pub(super) fn follow(&self, user: &UserId, value: Option<Value>) {
        let mut entries = self.0[partition(user)].lock();
        match (entries.get_mut(user), value) {
            (Some(held), Some(value)) if value.revision() > held.value.revision() => held.value = value,
            (Some(_), None) => drop(entries.remove(user)),
            _ => {}
        }
    }

    /// Drops a user's record.
    pub(super) fn drop(&self, user: &UserId) {
        self.0[partition(user)].lock().remove(user);
    }

    /// Those whose records are held.
    pub(super) fn users(&self, partition: usize) -> Vec<UserId> {
        self.0[partition].lock().keys().cloned().collect()
    }
}
