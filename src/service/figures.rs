//! What operators want to know of presence.

use std::time::Duration;

use super::Service;
use crate::{
    id::UserId,
    metrics::By,
    presence::{Record, State},
    store::{Figures, StoreError},
};
use prometheus_client::metrics::counter::Counter;

impl Service {
    /// What operators want to know of the store.
    pub fn store_figures(&self) -> Figures {
        self.store.figures()
    }

    /// Whether this node is the one, of those on the store, to do what has that name and is to be done once.
    pub fn leads(&self, name: &str) -> bool {
        self.store.leads(name)
    }

    /// The counters of changes by their cause.
    pub fn causes(&self) -> By<Counter> {
        self.causes.clone()
    }

    /// How far watchers are behind what was written.
    pub fn watermark_lag(&self) -> Duration {
        let micros = self.clock.micros();
        Duration::from_micros(micros.saturating_sub(self.store.watermark(micros)))
    }

    /// Who of a partition may be present.
    pub async fn present(&self, partition: usize) -> Result<Vec<UserId>, StoreError> {
        self.store.present(partition).await
    }

    /// Shows of each of the users who may be present the state that others see, and those that their live claims
    /// come to.
    pub async fn look_at_claims(
        &self,
        users: &[UserId],
        mut visit: impl FnMut(State, &[State]) + Send,
    ) -> Result<(), StoreError> {
        let asked: Vec<&UserId> = users.iter().collect();
        let now = self.clock.now();
        let mut look = |_: usize, record: &Record| {
            visit(record.at(now, &self.rules).state, &record.claim_states(now, &self.rules));
        };
        self.store.read_present(&asked, &mut look).await
    }

    pub(super) fn count(&self, cause: &'static str) {
        self.counted_causes.count(cause, || self.causes.get_or_create_owned(&[("cause", cause)]));
    }
}
