//! Tokens that were found good. A signature costs a hundred times as much as a look at this.

use std::sync::Arc;

use hashbrown::HashMap;
use parking_lot::RwLock;

use crate::{
    directory::{Signed, TokenHash},
    id::{DeviceId, UserId},
    presence::Timestamp,
};

/// How many tokens are remembered.
const MOST: usize = 65_536;

#[derive(Debug, Default)]
pub(super) struct Known(RwLock<HashMap<TokenHash, Entry>>);

#[derive(Debug)]
struct Entry {
    signed: Arc<Signed>,
    /// How many changes there had been when it was found good.
    changes: u64,
}

impl Known {
    /// The token, if it was found good since the last change.
    pub(super) fn find(&self, hash: &TokenHash, changes: u64) -> Option<Arc<Signed>> {
        let entries = self.0.read();
        entries.get(hash).filter(|entry| entry.changes == changes).map(|entry| entry.signed.clone())
    }

    /// Remembers a token.
    pub(super) fn add(&self, signed: Arc<Signed>, changes: u64, now: Timestamp) {
        let mut entries = self.0.write();
        if entries.len() >= MOST {
            entries.retain(|_, entry| entry.changes == changes && now < entry.signed.expires);
        }
        if entries.len() >= MOST {
            // None of them is worth more than another: half make room.
            let mut stays = false;
            entries.retain(|_, _| {
                stays = !stays;
                stays
            });
        }
        entries.insert(signed.hash, Entry { signed, changes });
    }

    /// Forgets a user's tokens, and tells the devices that spoke by them.
    pub(super) fn forget(&self, user: &UserId) -> Vec<DeviceId> {
        let mut entries = self.0.write();
        let gone = entries.extract_if(|_, entry| entry.signed.user == *user);
        gone.map(|(_, entry)| entry.signed.device.clone()).collect()
    }
}
