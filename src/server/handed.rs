//! Answers that wait until their clients take them, where one connection has several: who takes nothing of one may well
//! take others, and so keep the connection.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use parking_lot::Mutex;

/// How often it is looked within the longest time.
const LOOKS: u32 = 4;

/// The answers of a connection that wait. Clones are of the same connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Waiting(Arc<Mutex<Looks>>);

#[derive(Debug, Default)]
struct Looks {
    made: u32,
    /// How many answers wait since which look.
    since: BTreeMap<u32, usize>,
}

/// A piece of an answer that was handed over. Dropping it says that the client took it, or that it waits no more.
#[derive(Debug)]
pub(super) struct Handed {
    waiting: Waiting,
    since: u32,
}

impl Waiting {
    /// Notes that an answer waits from now on.
    pub(super) fn begin(&self) -> Handed {
        let mut looks = self.0.lock();
        let since = looks.made;
        *looks.since.entry(since).or_default() += 1;
        Handed { waiting: self.clone(), since }
    }

    /// Completes once an answer has waited for so long, or a little longer.
    pub(super) async fn longer_than(&self, longest: Duration) {
        loop {
            tokio::time::sleep(longest / LOOKS).await;
            let mut looks = self.0.lock();
            looks.made += 1;
            if looks.since.first_key_value().is_some_and(|(since, _)| since + LOOKS < looks.made) {
                return;
            }
        }
    }
}

impl Drop for Handed {
    fn drop(&mut self) {
        let mut looks = self.waiting.0.lock();
        if let Some(count) = looks.since.get_mut(&self.since) {
            *count -= 1;
            if *count == 0 {
                looks.since.remove(&self.since);
            }
        }
    }
}
