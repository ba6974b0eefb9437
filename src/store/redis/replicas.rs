//! How many replicas have to have what somebody set before it is acknowledged: each master is asked how many it has, again
//! and again.

use std::{
    collections::HashMap,
    sync::Weak,
    time::{Duration, Instant},
};

use parking_lot::RwLock;
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use super::{
    Shared,
    keys::{FEEDS, slots},
    link::{Master, now},
};

/// How often masters are asked.
const PACE: Duration = Duration::from_millis(250);

/// Between two questions, however much they are wanted.
const SHORTEST: Duration = Duration::from_millis(20);

/// A master whose replicas go is believed after this time. One that stood still while another took its place sees its
/// replicas go before it knows.
const DOUBT: Duration = Duration::from_secs(5);

/// What is known of the master of each stream.
#[derive(Debug)]
pub(super) struct Replicas {
    masters: RwLock<Vec<Known>>,
    /// Asked for by whoever waited for replicas in vain.
    wanted: Notify,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Known {
    /// None: it was never heard of.
    master: Option<Master>,
    /// Since when it says that it has fewer replicas than are counted.
    fewer: Option<Instant>,
}

impl Default for Replicas {
    fn default() -> Self {
        Self { masters: RwLock::new(vec![Known::default(); FEEDS]), wanted: Notify::new() }
    }
}

impl Known {
    /// Takes in what the master of a stream says.
    fn hear(&mut self, said: &Master, at: Instant) {
        let is_less = |known: &Master| known.history == said.history && known.replicas > said.replicas;
        if self.master.as_ref().is_some_and(is_less) {
            let since = *self.fewer.get_or_insert(at);
            if at.duration_since(since) < DOUBT {
                return;
            }
        }
        *self = Self { master: Some(said.clone()), fewer: None };
    }

    /// A master that says nothing does not say that it has fewer.
    fn miss(&mut self) {
        self.fewer = None;
    }

    /// One, where there may be one.
    fn wanted(&self) -> usize {
        self.master.as_ref().map_or(1, |master| master.replicas.min(1))
    }
}

impl Replicas {
    /// Takes in what masters say, by slots; returns how many streams were and are without a replica.
    fn hear(&self, said: &HashMap<u16, Master>) -> (usize, usize) {
        let without = |masters: &[Known]| masters.iter().filter(|known| known.wanted() == 0).count();
        let at = now();
        let mut masters = self.masters.write();
        let before = without(&masters);
        for (known, slot) in masters.iter_mut().zip(slots()) {
            match said.get(&slot) {
                Some(master) => known.hear(master, at),
                None => known.miss(),
            }
        }
        (before, without(&masters))
    }

    /// Lets masters be asked soon.
    pub(super) fn ask(&self) {
        self.wanted.notify_one();
    }
}

/// Asks masters until the store is gone.
pub(super) async fn follow(store: Weak<Shared>) {
    loop {
        sleep(SHORTEST).await;
        let Some(store) = store.upgrade() else { return };
        let _asked = timeout(PACE, store.replicas.wanted.notified()).await;
        store.look_for_replicas().await;
    }
}

impl Shared {
    /// How many replicas have to confirm a write to a stream, and how long that may take.
    pub(super) fn confirmation(&self, feed: usize) -> Option<(usize, Duration)> {
        let wanted = self.settings.confirm.unwrap_or_else(|| self.replicas.masters.read()[feed].wanted());
        (wanted > 0).then_some((wanted, self.settings.confirm_time))
    }

    /// Finds out how many replicas there are, where that says how many have to confirm.
    pub(super) async fn look_for_replicas(&self) {
        if self.settings.confirm.is_some() {
            return;
        }
        let said = self.links().repair.masters(&slots()).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "the engine was not asked for its replicas");
            HashMap::new()
        });
        let (before, without) = self.replicas.hear(&said);
        if without > before {
            tracing::warn!(
                partitions = without,
                "some of the engine has no replica: what is set there is not confirmed"
            );
        } else if without < before {
            tracing::info!(partitions = without, "replicas are back: what is set is confirmed by them");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{DOUBT, Known, Master, now};

    fn master(history: &str, replicas: usize) -> Master {
        Master { history: history.to_owned(), replicas }
    }

    #[test]
    fn a_master_that_loses_its_replicas_is_not_believed_at_once_and_a_new_one_is() {
        let (mut known, begun) = (Known::default(), now());
        assert_eq!(known.wanted(), 1, "nothing is known");
        known.hear(&master("one", 1), begun);
        known.hear(&master("one", 0), begun);
        assert_eq!(known.wanted(), 1);
        // While it is silent nothing is learnt.
        known.miss();
        known.hear(&master("one", 0), begun + DOUBT);
        assert_eq!(known.wanted(), 1);
        known.hear(&master("one", 0), begun + DOUBT * 2);
        assert_eq!(known.wanted(), 0);
        known.hear(&master("one", 2), begun + DOUBT * 2);
        assert_eq!(known.wanted(), 1);
        known.hear(&master("another", 0), begun + DOUBT * 2 + Duration::from_millis(1));
        assert_eq!(known.wanted(), 0);
    }
}
