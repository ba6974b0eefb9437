//! Of which server the users in a data folder are.

use std::collections::HashMap;

use lsm_tree::ValueType;

use super::{fault::Fault, journal::Batch, tree::Tree};
use crate::{id::UserId, store::embedded::key};

/// The users of other servers than one, as they were written: whether each is there, and since which sequence number.
pub(super) struct Strangers<'a> {
    server: &'a str,
    found: HashMap<Vec<u8>, (u64, bool)>,
}

impl<'a> Strangers<'a> {
    pub(super) fn to(server: &'a str) -> Self {
        Self { server, found: HashMap::new() }
    }

    fn is_one(&self, key: &[u8]) -> bool {
        key::user(key).is_some_and(|user| user.server_name() != self.server)
    }

    fn note(&mut self, key: &[u8], sequence: u64, is_there: bool) {
        if self.is_one(key) {
            let found = self.found.entry(key.to_vec()).or_default();
            if sequence >= found.0 {
                *found = (sequence, is_there);
            }
        }
    }

    /// Takes in a batch of a journal.
    pub(super) fn follow(&mut self, batch: &Batch) {
        for (key, is_there) in &batch.users {
            self.note(key, batch.sequence, *is_there);
        }
    }

    /// One who is there, if there is any, in the tables too.
    pub(super) fn first<'t>(
        mut self,
        trees: impl Iterator<Item = &'t Tree> + Clone,
    ) -> Result<Option<UserId>, Fault> {
        // The users of a folder are of one server, so that one of each table tells. Whether they are still there has to be
        // known of strangers alone.
        let mut are_strangers = !self.found.is_empty();
        for tree in trees.clone() {
            tree.visit(key::ALL_USERS, &mut |value| {
                are_strangers |= self.is_one(&value.key.user_key);
                false
            })?;
        }
        if are_strangers {
            for tree in trees {
                tree.visit(key::ALL_USERS, &mut |value| {
                    let is_there = value.key.value_type == ValueType::Value;
                    self.note(&value.key.user_key, value.key.seqno, is_there);
                    true
                })?;
            }
        }
        let there = self.found.iter().filter(|(_, (_, is_there))| *is_there);
        Ok(there.filter_map(|(key, _)| key::user(key)).min())
    }
}
