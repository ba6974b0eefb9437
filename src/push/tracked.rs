//! A subscription in the hands of the task that delivers its messages.

use std::{mem, sync::Arc};

use tokio::sync::watch;

use super::{
    registry::{Attempt, Entry},
    snapshot::Snapshot,
    subscription::Subscription,
    voice::Voice,
};
use crate::app::App;

/// A subscription and its snapshot, both as they are after all changes so far.
pub struct Tracked {
    entry: Arc<Entry>,
    changes: watch::Receiver<Option<Arc<Subscription>>>,
    pub snapshot: Snapshot,
}

/// What that task waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The subscription was changed or has ended.
    Changed,
    /// Something that it is about may have changed.
    Marked,
}

impl Tracked {
    /// A subscription of the registry's, with its first snapshot.
    pub fn new(entry: Arc<Entry>, snapshot: Snapshot) -> Self {
        Self { changes: entry.follow(), entry, snapshot }
    }

    /// How its dialect says it.
    pub fn voice(&self) -> &'static dyn Voice {
        self.entry.voice
    }

    /// Notes that something was sent.
    pub(super) fn note_attempt(&self, attempt: Attempt) {
        self.entry.note_attempt(attempt);
    }

    /// The subscription as it is now, with the snapshot that belongs to it; none once it has ended.
    pub fn subscription(&mut self, app: &App) -> Option<Arc<Subscription>> {
        let subscription = self.changes.borrow_and_update().clone()?;
        if let Some(fresh) = self.entry.take_fresh() {
            let before = mem::replace(&mut self.snapshot, fresh);
            self.snapshot.take_over(app, before);
        }
        Some(subscription)
    }

    /// Waits until the subscription is changed or has ended.
    pub async fn changed(&mut self) {
        // The registry drops an entry only after it has said that it ended.
        let _ended = self.changes.changed().await;
    }

    /// Waits until there may be something to do, and notes what.
    pub async fn happened(&mut self, app: &App) -> Happened {
        let watch = self.snapshot.watch();
        tokio::select! {
            _ = self.changes.changed() => Happened::Changed,
            () = watch.happened() => {
                self.snapshot.note(app, &watch.take(app.service.token()));
                Happened::Marked
            }
        }
    }
}
