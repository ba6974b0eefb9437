//! To which traces the latest changes belong, so that deliveries of them later can go on with these.

use std::sync::atomic::{AtomicUsize, Ordering};

use hashbrown::HashMap;
use parking_lot::Mutex;

use super::Service;
use crate::{
    id::UserId,
    request::{self, Trace},
};

/// How many users' traces are remembered. Beyond that all are forgotten: it costs no more than a link.
const MOST: usize = 10_000;

/// The trace of each user's latest change, where that had one.
#[derive(Debug, Default)]
pub(super) struct Traces {
    latest: Mutex<HashMap<UserId, Trace>>,
    /// How many there are: most servers have none, and need no lock to know that.
    count: AtomicUsize,
}

impl Traces {
    /// Notes that the present work changes a user.
    pub(super) fn note(&self, user: &UserId) {
        let trace = request::current_trace();
        if trace.is_none() && self.count.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut latest = self.latest.lock();
        if latest.len() >= MOST {
            latest.clear();
        }
        match trace {
            Some(trace) => drop(latest.insert(user.clone(), trace)),
            None => drop(latest.remove(user)),
        }
        self.count.store(latest.len(), Ordering::Relaxed);
    }
}

impl Service {
    /// The trace that a user's latest change belongs to, if it belongs to one.
    pub fn trace_of(&self, user: &UserId) -> Option<Trace> {
        if self.traces.count.load(Ordering::Relaxed) == 0 {
            return None;
        }
        self.traces.latest.lock().get(user).cloned()
    }
}
