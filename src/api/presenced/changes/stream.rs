use std::{
    collections::{BTreeSet, HashMap},
    convert::Infallible,
    time::Duration,
};

use axum::response::sse::Event;
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use tokio::time::{Interval, MissedTickBehavior};

use super::{PresenceList, Query, UserPresence};
use crate::{
    api::presenced::{
        error::Failure,
        extract::{Caller, Follower},
    },
    app::App,
    auth::{self, AuthError},
    directory::Scope,
    id::UserId,
    limit::StreamPermit,
    presence::State,
    service::{Connection, Picture, ServiceError, Watcher},
};

/// How long clients are asked to wait before they come again, at least and at most. It differs from stream to
/// stream, so that they do not all come at once after a restart.
const RETRY_MILLIS: (u64, u64) = (1_000, 3_000);

/// One client's stream. Dropping it ends the watch and the connection.
pub(super) struct ChangeStream {
    app: App,
    /// Checked again and again: a token that ends takes its streams along.
    token: Vec<u8>,
    watcher: Watcher,
    _permit: StreamPermit,
    _connection: Option<Connection>,
    /// Every change up to this number was sent.
    cursor: u64,
    /// Who was sent as they were after a change above the cursor. That change is still to come, and is no
    /// news then.
    ahead: HashMap<UserId, u64>,
    /// What is sent without waiting.
    first: Option<Vec<Event>>,
    heartbeat: Interval,
}

impl ChangeStream {
    /// Starts a stream that goes on from `since`.
    pub(super) async fn start(
        app: App,
        follower: Follower,
        query: Query,
        since: Option<u64>,
    ) -> Result<Self, Failure> {
        let Follower { caller, token } = follower;
        let permit = app.stream_limit.open(caller.user())?;
        let named = query.users.clone().unwrap_or_default();
        let watcher = app.service.watch(caller.viewer()?, query.users);
        let connection = match query.state {
            Some(state) => Some(connect(&app, &caller, state).await?),
            None => None,
        };
        let heartbeat = every(Duration::from_secs(app.config.limits.stream_heartbeat_seconds));
        let mut stream = Self {
            app,
            token,
            watcher,
            _permit: permit,
            _connection: connection,
            cursor: 0,
            ahead: HashMap::new(),
            first: None,
            heartbeat,
        };
        let picture = stream.first_picture(since, &named).await?;
        let mut first = vec![Event::default().retry(retry())];
        first.extend(stream.take(picture));
        stream.first = Some(first);
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

    async fn first_picture(
        &self,
        since: Option<u64>,
        named: &BTreeSet<UserId>,
    ) -> Result<Picture, ServiceError> {
        match since {
            Some(since) if since <= self.app.service.token() => self.watcher.since(since).await,
            // A token of the future is none of this server's feed, but its client knows of people who may be
            // offline by now.
            Some(_) => self.watcher.everybody().await,
            None => {
                let mut picture = self.watcher.everybody().await?;
                picture
                    .users
                    .retain(|(user, presence)| presence.state != State::Offline || named.contains(user));
                picture.listed = self.watcher.listing().is_some_and(|listing| !listing.is_empty());
                Ok(picture)
            }
        }
    }

    /// What to send next, once there is something; none when the stream has to end.
    async fn batch(&mut self) -> Option<Vec<Event>> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        tokio::time::sleep(Duration::from_millis(self.app.config.limits.stream_pause_milliseconds)).await;
        loop {
            let changed = tokio::select! {
                () = self.app.drained() => return None,
                () = self.watcher.changed() => true,
                // At a pace of its own, which tells nothing of changes that the client may not see.
                _ = self.heartbeat.tick() => false,
            };
            if auth::holder(&self.app.directory, &self.token, self.app.service.now()).is_err() {
                return None;
            }
            if !changed {
                return Some(vec![Event::default().comment("")]);
            }
            // Where the store fails the client comes again, and is told so.
            let picture = self.watcher.since(self.cursor).await.ok()?;
            let events = self.take(picture);
            if !events.is_empty() {
                return Some(events);
            }
        }
    }

    /// Turns a picture into events, and goes on behind it.
    ///
    /// The id stands on the last event alone. On an earlier one it would say that the whole batch was
    /// received, and whoever resumed from it would miss the rest. So a client that loses the connection
    /// within a batch gets that batch again, in whole and up to date.
    fn take(&mut self, mut picture: Picture) -> Vec<Event> {
        picture.users.retain(|(user, presence)| self.ahead.get(user) != Some(&presence.version));
        self.cursor = picture.token;
        self.ahead.retain(|_, version| *version > picture.token);
        let ahead = picture.users.iter().filter(|(_, presence)| presence.version > picture.token);
        self.ahead.extend(ahead.map(|(user, presence)| (user.clone(), presence.version)));
        let listing = self.watcher.listing().filter(|_| picture.listed);
        let list = listing.map(|listing| event("presence-list", &PresenceList::from(listing)));
        let changes = picture
            .users
            .iter()
            .map(|(user, presence)| event("presence", &UserPresence::new(user, presence)));
        let mut events: Vec<Event> = list.into_iter().chain(changes).collect();
        if let Some(last) = events.pop() {
            events.push(last.id(picture.token.to_string()));
        }
        events
    }
}

fn event(name: &str, data: &impl Serialize) -> Event {
    let data = serde_json::to_string(data).expect("presence can be written as JSON");
    Event::default().event(name).data(data)
}

async fn connect(app: &App, caller: &Caller, state: State) -> Result<Connection, Failure> {
    let Caller::User(caller) = caller else { return Err(AuthError::NoUser.into()) };
    caller.require(Scope::Write)?;
    Ok(app.service.connect(&caller.user, &caller.device, state).await?)
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
