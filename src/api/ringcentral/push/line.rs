//! A subscription in the hands of whoever delivers its notifications.

use std::sync::Arc;

use tokio::sync::watch;

use super::{
    feed::Feed,
    registry::{Entry, Subscription},
};
use crate::app::App;

/// A subscription and its feed, both as they are after all changes so far.
pub(in crate::api::ringcentral) struct Line {
    entry: Arc<Entry>,
    changes: watch::Receiver<Option<Arc<Subscription>>>,
    pub(in crate::api::ringcentral) feed: Feed,
}

/// What a line waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api::ringcentral) enum Happened {
    /// The subscription was changed or has ended.
    Changed,
    /// Something that it watches may have changed.
    Marked,
}

impl Line {
    pub(in crate::api::ringcentral) fn new(entry: Arc<Entry>, feed: Feed) -> Self {
        Self { changes: entry.follow(), entry, feed }
    }

    /// The subscription as it is now, with the feed that belongs to it; none once it has ended.
    pub(in crate::api::ringcentral) fn subscription(&mut self) -> Option<Arc<Subscription>> {
        let subscription = self.changes.borrow_and_update().clone()?;
        if let Some(fresh) = self.entry.take_fresh() {
            let before = std::mem::replace(&mut self.feed, fresh);
            self.feed.take_over(before);
        }
        Some(subscription)
    }

    /// Waits until there may be something to do, and notes what.
    pub(in crate::api::ringcentral) async fn happened(&mut self, app: &App) -> Happened {
        let watch = self.feed.watch();
        tokio::select! {
            // The registry drops an entry only after it has said that it ended.
            _ = self.changes.changed() => Happened::Changed,
            () = watch.happened() => {
                self.feed.note(app, &watch.take(app.service.token()));
                Happened::Marked
            }
        }
    }
}
