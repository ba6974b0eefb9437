use std::{convert::Infallible, time::Duration};

use axum::body::Bytes;
use futures_util::{Stream, stream};
use tokio::time::{Instant, Interval, MissedTickBehavior, sleep_until};

use super::{ChangesError, Query, events::Events};
use crate::{
    api::presenced::{
        error::ProblemRefusal,
        extract::Caller,
        life::{LifeNews, TokenLife, longest_write},
        snapshots::Snapshots,
        types::{
            EndReason, PresenceList, PresenceSnapshot, StreamEnd, TokenExpiring, UserPresence, UsersGone,
        },
    },
    app::App,
    auth::Access,
    id::UserId,
    limit::StreamPermit,
    metrics::Watching,
    presence::{Presence, Timestamp},
    service::{Connection, First, UpdateError, View, Watcher},
    store::StoreError,
};

/// How long clients are asked to wait before they come again, at least and at most. It differs from stream to
/// stream, so that they do not all come at once after a restart.
const RETRY_MILLIS: (u64, u64) = (1_000, 3_000);

/// One client's stream. Dropping it ends the watch and the connection.
pub(super) struct ChangeStream {
    app: App,
    life: TokenLife,
    watcher: Watcher,
    _permit: StreamPermit,
    _watching: Watching,
    _connection: Option<Connection>,
    /// Whether users who are there at the start are told by snapshots, and not one by one.
    has_snapshots: bool,
    /// What is left of the first view.
    first: Option<First>,
    /// What is in it so far, of a stream with snapshots.
    snapshots: Snapshots,
    /// What is sent without waiting. The last event of the first view waits, for the id if there is none after it.
    ready: Events,
    /// When the client was given what it was given last.
    given_at: Option<Timestamp>,
    /// Until when what changes is left to go out together, after something was told.
    pause_until: Option<Instant>,
    is_over: bool,
    heartbeat: Interval,
}

/// What a stream waited for.
enum Happened {
    /// Nothing: the first view goes on.
    Begun,
    Changed,
    Life(LifeNews),
    Quiet,
}

impl ChangeStream {
    /// Starts a stream that goes on from `since`.
    pub(super) async fn start(
        app: App,
        permit: StreamPermit,
        caller: &Caller,
        access: Access,
        query: Query,
        since: Option<u64>,
    ) -> Result<Self, ChangesError> {
        let has_snapshots = query.snapshot;
        let connection = connect(&app, caller, &query).await?;
        let watcher = app.service.watch(caller.viewer()?, query.list);
        let watching = app.metrics.watch("sse");
        let heartbeat = every(Duration::from_secs(app.config.limits.stream_heartbeat_seconds));
        let mut stream = Self {
            life: TokenLife::begin(&app, access),
            app,
            watcher,
            _permit: permit,
            _watching: watching,
            _connection: connection,
            has_snapshots,
            first: None,
            snapshots: Snapshots::default(),
            ready: Events::default(),
            given_at: None,
            pause_until: None,
            is_over: false,
            heartbeat,
        };
        stream.ready.retry(retry());
        stream.begin(since).await?;
        Ok(stream)
    }

    /// The stream as bytes, of which each piece has whole events.
    pub(super) fn bytes(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        stream::unfold(self, |mut stream| async move {
            let batch = stream.batch().await?;
            Some((Ok(batch), stream))
        })
    }

    /// Begins with what the client does not know yet. Whether the store reads shows before the answer begins.
    async fn begin(&mut self, since: Option<u64>) -> Result<(), StoreError> {
        let (first, knows_of_lists) = match since {
            Some(since) if self.app.service.has_told(since).await => {
                let view = self.watcher.since(since).await?;
                self.push_view(&view);
                return Ok(());
            }
            // A token of the future is none of this server's feed, but its client knows of people who may be
            // offline by now.
            Some(_) => (self.watcher.first_of_all(), true),
            None => (self.watcher.first(), false),
        };
        let listing = self.watcher.listing().filter(|listing| knows_of_lists || !listing.is_empty());
        if let Some(listing) = listing {
            self.ready.push("presence-list", &PresenceList::from(listing));
        }
        self.first = Some(first);
        self.go_on().await
    }

    /// Makes the next part of the first view ready. Its last event waits for the id, if it is the last of
    /// all.
    async fn go_on(&mut self) -> Result<(), StoreError> {
        let Some(mut first) = self.first.take() else { return Ok(()) };
        match self.watcher.go_on(&mut first).await? {
            Some(part) => {
                if self.has_snapshots {
                    if let Some(full) = self.snapshots.push(part) {
                        self.ready.push("snapshot", &full);
                    }
                } else {
                    self.push_presence(&part);
                }
                self.first = Some(first);
            }
            None => {
                if self.has_snapshots {
                    self.ready.push("snapshot", &self.snapshots.finish());
                }
                self.ready.identify_last(first.token());
            }
        }
        Ok(())
    }

    /// What to send next, once there is something; none when the stream is over.
    async fn batch(&mut self) -> Option<Bytes> {
        if self.is_over {
            return None;
        }
        let is_late = |at: Timestamp| self.app.service.now() > at + longest_write(&self.app);
        let batch = match self.given_at.is_some_and(is_late) {
            true => self.end(EndReason::Slow),
            false => self.next_batch().await?,
        };
        self.given_at = Some(self.app.service.now());
        Some(batch)
    }

    async fn next_batch(&mut self) -> Option<Bytes> {
        loop {
            if let Some(ready) = self.ready.take_whole() {
                return Some(ready);
            }
            let happened = match self.first {
                Some(_) => Happened::Begun,
                None => self.happened().await,
            };
            // Nothing is told any more once the token has ended.
            if let Err(reason) = self.life.check(&self.app).await {
                return Some(self.end(reason));
            }
            // Where the store fails the client comes again, and is told so. A stream that waits takes no room for this.
            match happened {
                Happened::Begun => Box::pin(self.go_on()).await.ok()?,
                Happened::Changed => Box::pin(self.look()).await.ok()?,
                Happened::Life(LifeNews::Expires(at)) => {
                    self.ready.push("expiring", &TokenExpiring { expires_at: at.as_millis() });
                    self.ready.end_last();
                }
                Happened::Life(LifeNews::Ended(reason)) => return Some(self.end(reason)),
                Happened::Quiet => self.ready.comment(),
            }
        }
    }

    async fn happened(&mut self) -> Happened {
        let happened = tokio::select! {
            biased;
            news = self.life.next(&self.app) => Happened::Life(news),
            () = self.watcher.happened() => Happened::Changed,
            // At a pace of its own, which tells nothing of changes that the client may not see.
            _ = self.heartbeat.tick() => Happened::Quiet,
        };
        if matches!(happened, Happened::Changed)
            && let Some(until) = self.rest_of_pause()
        {
            Box::pin(sleep_until(until)).await;
        }
        happened
    }

    #[expect(clippy::disallowed_methods, reason = "a pause is measured, not told")]
    fn rest_of_pause(&self) -> Option<Instant> {
        self.pause_until.filter(|until| *until > Instant::now())
    }

    /// Makes ready what changed. Perhaps no user looks different to this client.
    #[expect(clippy::disallowed_methods, reason = "a pause is measured, not told")]
    async fn look(&mut self) -> Result<(), StoreError> {
        let pause = Duration::from_millis(self.app.config.limits.stream_pause_milliseconds);
        let view = self.watcher.look().await?;
        if view.is_news() {
            self.push_view(&view);
        }
        self.pause_until = Instant::now().checked_add(pause);
        Ok(())
    }

    /// The last event, after which nothing is sent.
    fn end(&mut self, reason: EndReason) -> Bytes {
        self.is_over = true;
        let mut last = Events::default();
        last.push("end", &StreamEnd { reason: reason.into() });
        last.into_bytes()
    }

    /// Makes ready what a view has.
    ///
    /// The id stands on the last event alone. On an earlier one it would say that the whole batch was
    /// received, and a client that resumed from it would miss the rest. So a client that loses the connection
    /// within a batch gets that batch again, in whole and up to date.
    fn push_view(&mut self, view: &View) {
        if let Some(listing) = self.watcher.listing().filter(|_| view.listed) {
            self.ready.push("presence-list", &PresenceList::from(listing));
        }
        if let Some(gone) = UsersGone::of(&view.gone) {
            self.ready.push("gone", &gone);
        }
        if view.is_whole && self.has_snapshots {
            for snapshot in PresenceSnapshot::all(&view.users) {
                self.ready.push("snapshot", &snapshot);
            }
        } else {
            self.push_presence(&view.users);
        }
        self.ready.identify_last(view.token);
    }

    fn push_presence(&mut self, users: &[(UserId, Presence)]) {
        for (user, presence) in users {
            self.ready.push("presence", &UserPresence::in_event(user, presence));
        }
    }
}

/// Lets the stream speak for the caller's device. If it comes too soon after others it does not, and opens all the
/// same.
async fn connect(app: &App, caller: &Caller, query: &Query) -> Result<Option<Connection>, ChangesError> {
    let Some(state) = query.state else { return Ok(None) };
    let speaker = caller.speaker()?;
    let Some(turn) = app.service.turn_to_connect(&speaker.user) else { return Ok(None) };
    let connected = app.service.connect_called(turn, &speaker.device, state, query.label.clone()).await;
    connected.map(Some).map_err(|error| match error {
        // The user was removed since the token was looked at, and the token with them.
        UpdateError::UnknownUser => ProblemRefusal::no_such_token().into(),
        UpdateError::StatusTooLong { .. } => ProblemRefusal::larger_than_allowed(error.to_string()).into(),
        UpdateError::Store(error) => error.into(),
    })
}

/// Ticks that begin one period from now.
fn every(period: Duration) -> Interval {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.reset();
    ticks
}

fn retry() -> Duration {
    let (least, most) = RETRY_MILLIS;
    let chance = getrandom::u64().unwrap_or_default();
    Duration::from_millis(least + chance % (most - least))
}
