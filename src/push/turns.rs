//! How many requests to webhooks are under way: so many in all, to one receiver and for one owner, so that a
//! receiver that is dead or slow holds up no other.

use std::{
    hash::Hash,
    sync::{Arc, Weak},
};

use hashbrown::HashMap;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::places::{Place, Places};

/// How many may be under way to one receiver.
const TO_ONE_RECEIVER: usize = 4;

/// How many may be under way for one owner.
const FOR_ONE_OWNER: usize = 16;

/// Who may send now.
#[derive(Debug)]
pub(super) struct Turns {
    receivers: Lanes<String>,
    owners: Lanes<String>,
    all: Places,
}

/// Room for one request, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    _receiver: OwnedSemaphorePermit,
    _owner: OwnedSemaphorePermit,
    _all: Place,
}

impl Turns {
    /// Turns, so many of which may be taken at a time.
    pub(super) fn new(most: usize) -> Self {
        Self {
            receivers: Lanes::new(TO_ONE_RECEIVER),
            owners: Lanes::new(FOR_ONE_OWNER),
            all: Places::new(most),
        }
    }

    /// Has there be so many. Those that are taken go on.
    pub(super) fn resize(&self, most: usize) {
        self.all.resize(most);
    }

    /// Waits for a turn. No task holds what others need while they wait for a receiver or for an owner.
    pub(super) async fn take(&self, receiver: &str, owner: &str) -> Turn {
        let receivers = self.receivers.of(receiver.to_owned());
        let owners = self.owners.of(owner.to_owned());
        let (receiver, owner) = loop {
            let receiver = acquire(&receivers).await;
            if let Ok(owner) = owners.clone().try_acquire_owned() {
                break (receiver, owner);
            }
            drop(receiver);
            let owner = acquire(&owners).await;
            if let Ok(receiver) = receivers.clone().try_acquire_owned() {
                break (receiver, owner);
            }
        };
        Turn { _receiver: receiver, _owner: owner, _all: self.all.take().await }
    }
}

async fn acquire(semaphore: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    semaphore.clone().acquire_owned().await.expect("it is never closed")
}

/// Semaphores by name, each for as long as it is used.
#[derive(Debug)]
struct Lanes<K> {
    width: usize,
    by_name: Mutex<HashMap<K, Weak<Semaphore>>>,
}

impl<K: Eq + Hash> Lanes<K> {
    fn new(width: usize) -> Self {
        Self { width, by_name: Mutex::default() }
    }

    fn of(&self, name: K) -> Arc<Semaphore> {
        let mut by_name = self.by_name.lock();
        if let Some(semaphore) = by_name.get(&name).and_then(Weak::upgrade) {
            return semaphore;
        }
        // Before it grows, what is not used any more makes room.
        if by_name.len() == by_name.capacity() {
            by_name.retain(|_, semaphore| semaphore.strong_count() > 0);
        }
        let semaphore = Arc::new(Semaphore::new(self.width));
        by_name.insert(name, Arc::downgrade(&semaphore));
        semaphore
    }
}
