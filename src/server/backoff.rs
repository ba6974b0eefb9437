use std::{io, time::Duration};

/// The first pause, and the longest.
const SHORTEST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_secs(1);

/// Between two log lines lies at least so long, in microseconds.
const BETWEEN_LINES: u64 = 60_000_000;

/// The pauses of a listener that can take no connections: out of file descriptors, most likely, of which others may
/// give some back. They become longer, and the log does not fill with them.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
    told_at: Option<u64>,
}

impl Backoff {
    /// Waits before the next attempt.
    pub(super) async fn pause(&mut self, error: &io::Error, now: u64) {
        // The client has gone meanwhile; the next may be there.
        if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
            return;
        }
        if self.told_at.is_none_or(|told| now >= told.saturating_add(BETWEEN_LINES)) {
            self.told_at = Some(now);
            tracing::warn!(%error, "connections cannot be accepted; this is tried again");
        }
        let pause = SHORTEST.saturating_mul(1 << self.failures.min(7)).min(LONGEST);
        self.failures += 1;
        tokio::time::sleep(pause).await;
    }

    /// A connection came.
    pub(super) fn end(&mut self) {
        self.failures = 0;
    }
}
