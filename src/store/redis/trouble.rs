//! What goes wrong with the engine, and what is told of it.

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use redis::{ErrorKind, RedisError};

use super::{Shared, feed::Feed, link::now};
use crate::store::{PARTITIONS, StoreError};

/// After an engine that did not answer for a while does so again, clients get this time to be heard of before anybody is
/// told that they are gone.
const RECOVERY: Duration = Duration::from_secs(45);

/// So many seconds without an answer are an outage.
const OUTAGE: u64 = 2;

/// What the engine said against writes is believed for so long.
const BELIEVED: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct Trouble(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// When the engine began to answer again.
    recovered: Option<Instant>,
    /// What it said against writes last.
    refusal: Option<(Instant, String)>,
}

impl Shared {
    /// Refuses at once what would wait for a stream that does not answer.
    pub(super) fn reach(&self, feed: usize) -> Result<(), StoreError> {
        let trouble = self.feeds[feed].trouble();
        trouble.map_or(Ok(()), |why| Err(StoreError::Refused(format!("the engine does not answer: {why}"))))
    }

    /// An error of the engine's, as whoever asked the store is told.
    pub(super) fn refused(&self, error: &RedisError) -> StoreError {
        let why = format!("the engine: {error}");
        if is_about_writes(error) {
            self.trouble.0.lock().refusal = Some((now(), why.clone()));
        }
        StoreError::Refused(why)
    }

    /// What is said of a write that too few replicas have.
    pub(super) fn unconfirmed(&self, have: usize, wanted: usize) -> StoreError {
        self.unconfirmed.inc();
        self.replicas.ask();
        StoreError::Refused(format!(
            "{have} of {wanted} replicas confirmed it in time; it may stand nevertheless"
        ))
    }

    pub(super) fn note_recovery(&self, seconds: u64) {
        if seconds >= OUTAGE {
            let mut state = self.trouble.0.lock();
            let was_noted =
                state.recovered.is_some_and(|recovered| now().duration_since(recovered) < BELIEVED);
            state.recovered = Some(now());
            if !was_noted {
                tracing::warn!(seconds, "the engine answers again");
            }
        }
    }

    /// Whether the engine answers again only since a moment ago.
    pub(super) fn is_recovering(&self) -> bool {
        let state = self.trouble.0.lock();
        state.recovered.is_some_and(|recovered| now().duration_since(recovered) < RECOVERY)
    }

    /// Whether writes are accepted; if not, why.
    pub(super) fn health(&self) -> Result<(), StoreError> {
        let refusal = self.trouble.0.lock().refusal.clone();
        if let Some((_, why)) = refusal.filter(|(at, _)| now().duration_since(*at) < BELIEVED) {
            return Err(StoreError::Refused(why));
        }
        // Where a part answers, its users are served.
        let mut troubles = self.feeds[..PARTITIONS].iter().map(Feed::trouble);
        match troubles.next().flatten() {
            Some(why) if troubles.all(|trouble| trouble.is_some()) => {
                Err(StoreError::Refused(format!("the engine does not answer: {why}")))
            }
            _ => Ok(()),
        }
    }
}

/// Whether an error says that the engine takes no writes at present.
fn is_about_writes(error: &RedisError) -> bool {
    matches!(error.code(), Some("OOM" | "MISCONF" | "NOREPLICAS" | "READONLY"))
        || error.kind() == ErrorKind::AuthenticationFailed
}
