use std::{collections::VecDeque, convert::Infallible, mem, time::Duration};

use axum::response::sse::Event;
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use tokio::time::{Interval, MissedTickBehavior};

use super::{ChangesError, Query};
use crate::{
    api::presenced::{
        error::ProblemRefusal,
        extract::Caller,
        life::{TokenLife, TokenNews, longest_write},
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
    /// The event that is sent next, with the id if there is none after it.
    last: Option<Event>,
    /// What is sent without waiting.
    ready: VecDeque<Event>,
    /// When the client was given what it was given last.
    given_at: Option<Timestamp>,
    is_over: bool,
    heartbeat: Interval,
}

/// What a stream waited for.
enum Happened {
    Changed,
    Token(TokenNews),
    Stopping,
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
            last: None,
            ready: [Event::default().retry(retry())].into(),
            given_at: None,
            is_over: false,
            heartbeat,
        };
        stream.begin(since).await?;
        Ok(stream)
    }

    /// The stream as events.
    pub(super) fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        let batches = stream::unfold(self, |mut stream| async move {
            let batch = stream.batch().await?;
            Some((stream::iter(batch.into_iter().map(Ok)), stream))
        });
        batches.flatten()
    }

    /// Begins with what the client does not know yet. Whether the store reads shows before the answer begins.
    async fn begin(&mut self, since: Option<u64>) -> Result<(), StoreError> {
        let (first, knows_of_lists) = match since {
            Some(since) if self.app.service.has_told(since).await => {
                let view = self.watcher.since(since).await?;
                let events = self.events_of(&view);
                self.ready.extend(events);
                return Ok(());
            }
            // A token of the future is none of this server's feed, but its client knows of people who may be
            // offline by now.
            Some(_) => (self.watcher.first_of_all(), true),
            None => (self.watcher.first(), false),
        };
        let listing = self.watcher.listing().filter(|listing| knows_of_lists || !listing.is_empty());
        self.last = listing.map(|listing| event("presence-list", &PresenceList::from(listing)));
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
                    let full = self.snapshots.push(part);
                    self.queue(full.into_iter().map(|snapshot| event("snapshot", &snapshot)));
                } else {
                    self.queue(part.iter().map(|(user, presence)| presence_event(user, presence)));
                }
                self.first = Some(first);
            }
            None => {
                if self.has_snapshots {
                    let rest = self.snapshots.finish();
                    self.queue([event("snapshot", &rest)]);
                }
                self.ready.extend(self.last.take().map(|last| last.id(first.token().to_string())));
            }
        }
        Ok(())
    }

    /// Sends these after those before, of which the last waits.
    fn queue(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            self.ready.extend(self.last.replace(event));
        }
    }

    /// What to send next, once there is something; none when the stream is over.
    async fn batch(&mut self) -> Option<Vec<Event>> {
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

    async fn next_batch(&mut self) -> Option<Vec<Event>> {
        loop {
            if !self.ready.is_empty() {
                return Some(mem::take(&mut self.ready).into());
            }
            if self.first.is_none() {
                break;
            }
            if let Err(reason) = self.life.check(&self.app).await {
                return Some(self.end(reason));
            }
            // Where the store fails the client comes again, and is told so.
            self.go_on().await.ok()?;
        }
        tokio::time::sleep(Duration::from_millis(self.app.config.limits.stream_pause_milliseconds)).await;
        let happened = self.happened().await;
        // Nothing is told any more once the token has ended.
        if let Err(reason) = self.life.check(&self.app).await {
            return Some(self.end(reason));
        }
        Some(match happened {
            Happened::Changed => {
                let view = self.watcher.look().await.ok()?;
                // Perhaps no user looks different to this client.
                if !view.is_news() {
                    return Some(Vec::new());
                }
                self.events_of(&view)
            }
            Happened::Token(TokenNews::Expires(at)) => {
                vec![event("expiring", &TokenExpiring { expires_at: at.as_millis() })]
            }
            Happened::Token(TokenNews::Ended(reason)) => self.end(reason),
            Happened::Stopping => self.end(EndReason::Stopping),
            Happened::Quiet => vec![Event::default().comment("")],
        })
    }

    async fn happened(&mut self) -> Happened {
        tokio::select! {
            biased;
            () = self.app.drained() => Happened::Stopping,
            news = self.life.next(&self.app) => Happened::Token(news),
            () = self.watcher.happened() => Happened::Changed,
            // At a pace of its own, which tells nothing of changes that the client may not see.
            _ = self.heartbeat.tick() => Happened::Quiet,
        }
    }

    /// The last event.
    fn end(&mut self, reason: EndReason) -> Vec<Event> {
        self.is_over = true;
        vec![event("end", &StreamEnd { reason: reason.into() })]
    }

    /// A view as events.
    ///
    /// The id stands on the last event alone. On an earlier one it would say that the whole batch was
    /// received, and a client that resumed from it would miss the rest. So a client that loses the connection
    /// within a batch gets that batch again, in whole and up to date.
    fn events_of(&self, view: &View) -> Vec<Event> {
        let listing = self.watcher.listing().filter(|_| view.listed);
        let list = listing.map(|listing| event("presence-list", &PresenceList::from(listing)));
        let gone = UsersGone::of(&view.gone).map(|gone| event("gone", &gone));
        let mut events: Vec<Event> = list.into_iter().chain(gone).collect();
        if view.is_whole && self.has_snapshots {
            events.extend(PresenceSnapshot::all(&view.users).map(|snapshot| event("snapshot", &snapshot)));
        } else {
            events.extend(view.users.iter().map(|(user, presence)| presence_event(user, presence)));
        }
        if let Some(last) = events.pop() {
            events.push(last.id(view.token.to_string()));
        }
        events
    }
}

fn presence_event(user: &UserId, presence: &Presence) -> Event {
    event("presence", &UserPresence::in_event(user, presence))
}

fn event(name: &str, data: &impl Serialize) -> Event {
    let data = serde_json::to_string(data).expect("presence can be written as JSON");
    Event::default().event(name).data(data)
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
