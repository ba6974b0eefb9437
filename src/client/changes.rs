//! Presence as it changes.

mod events;

use std::{
    collections::VecDeque,
    fmt, mem,
    pin::{Pin, pin},
    time::Duration,
};

use futures_util::{
    Stream,
    future::{Either, select},
    stream,
};
use reqwest::Response;
use tokio::time::{Sleep, sleep};

use self::events::{Event, Reader};
use super::{Client, Error, Result, waits::Waits};
use crate::api::{
    Open,
    presenced::types::{
        ConnectedState, EndReason, PresenceList, PresenceSnapshot, StreamEnd, TokenExpiring, UserPresence,
        UsersGone,
    },
};

/// A stream of changes that is to be opened: [`Client::changes`]. Unless users or rooms are named it is of everybody
/// whom the token may see.
#[derive(Clone, Debug)]
#[must_use = "nothing is asked before `open`"]
pub struct Changes {
    client: Client,
    query: Vec<(&'static str, String)>,
    /// The last id that was seen.
    last: Option<String>,
    /// How long nothing may come.
    silence: Duration,
    waits: Waits,
}

/// What a stream tells.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Users as they are, at the beginning.
    Snapshot(PresenceSnapshot),
    /// A user's presence, as it is now.
    Presence(UserPresence),
    /// What presence lists say of the token's user, as it is now.
    PresenceList(PresenceList),
    /// Users who may no longer be seen.
    Gone(Vec<String>),
    /// The token is about to end.
    Expiring(TokenExpiring),
    /// The server ends the stream. After the end of the token nothing follows; else it is opened again.
    End(Open<EndReason>),
    /// Something that this version does not know.
    Other { event: String, data: String },
}

/// Presence as it changes. Where the connection breaks, it is made again, and what was missed is told, as it is by then;
/// a stream that broke before its first picture was whole begins anew. It ends when its token does, and when the server
/// refuses to open it again.
pub struct ChangeStream {
    asked: Changes,
    reader: Reader,
    link: Link,
    /// What was read and not yet told.
    ready: VecDeque<Result<Change>>,
    /// How many tries there were since something was told.
    tries: u32,
}

/// How the stream stands with the server. What it waits for is kept in it, so that a future may be dropped at any time.
enum Link {
    Connecting(Pin<Box<dyn Future<Output = Result<Response>> + Send>>),
    /// With the time after which too long nothing came.
    Open(Box<Response>, Pin<Box<Sleep>>),
    Ended,
}

impl Changes {
    pub(super) fn new(client: &Client) -> Self {
        Self {
            client: client.clone(),
            query: Vec::new(),
            last: None,
            silence: Duration::from_secs(60),
            waits: Waits::default(),
        }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Tells of these users.
    pub fn users(mut self, users: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.query.extend(users.into_iter().map(|user| ("users", user.into())));
        self
    }

    /// Tells of the members of this room; of several, if it is said again.
    pub fn room(self, room: impl Into<String>) -> Self {
        self.with("room", room)
    }

    /// Begins with snapshots, as a stream of users or rooms does anyway.
    pub fn snapshot(self) -> Self {
        self.with("snapshot", "true")
    }

    /// Says for as long as the stream is open that the token's device is in this state.
    pub fn state(self, state: ConnectedState) -> Self {
        self.with("state", Open::from(state).to_string())
    }

    /// What that device is called.
    pub fn label(self, label: impl Into<String>) -> Self {
        self.with("label", label)
    }

    /// Goes on after what [`ChangeStream::last_event_id`] was.
    pub fn since(self, last_event_id: impl Into<String>) -> Self {
        Self { last: Some(last_event_id.into()), ..self }
    }

    /// How long nothing may come before the connection is given up; a minute unless it is said. The server sends
    /// something every 20 seconds, unless it is configured otherwise.
    pub fn silence(self, silence: Duration) -> Self {
        Self { silence, ..self }
    }

    /// How long to wait before the first try to connect again, and at most; a second and 30 unless it is said. It is twice as
    /// long from one try to the next, up to a half less at random, and as long as the server asks for within these bounds.
    pub fn waits(self, first: Duration, most: Duration) -> Self {
        Self { waits: Waits { first, most }, ..self }
    }

    /// Opens the stream. An error at this first time is the caller's to deal with.
    pub async fn open(self) -> Result<ChangeStream> {
        let response = self.clone().connect().await?;
        Ok(ChangeStream {
            link: self.opened(response),
            asked: self,
            reader: Reader::default(),
            ready: VecDeque::new(),
            tries: 0,
        })
    }

    fn opened(&self, response: Response) -> Link {
        Link::Open(Box::new(response), Box::pin(sleep(self.silence)))
    }

    async fn connect(self) -> Result<Response> {
        let mut call = self.client.get("changes").query(&self.query);
        if let Some(last) = &self.last {
            call = call.header("last-event-id", last);
        }
        call.begun().await
    }
}

impl ChangeStream {
    /// What happened next; none when the stream has ended for good. An error is the refusal that ended it, or an event that
    /// cannot be read, after which the stream goes on. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<Change>> {
        loop {
            if let Some(change) = self.ready.pop_front() {
                return Some(change);
            }
            match &mut self.link {
                Link::Ended => return None,
                Link::Open(response, silence) => {
                    let piece = match select(pin!(response.chunk()), silence).await {
                        Either::Left((piece, _)) => piece.ok().flatten(),
                        Either::Right(_) => None,
                    };
                    match piece {
                        Some(piece) => self.take(&piece),
                        // It ended, it broke, or nothing came for too long.
                        None => self.connect_again(None),
                    }
                }
                Link::Connecting(attempt) => match attempt.await {
                    Ok(response) => self.link = self.asked.opened(response),
                    Err(error) if error.may_pass() => self.connect_again(error.retry_after()),
                    Err(error) => self.end(Err(error)),
                },
            }
        }
    }

    /// The same as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<Change>> + Send {
        stream::unfold(self, async |mut stream| Some((stream.next().await?, stream)))
    }

    /// What to begin after, in another stream of the same: [`Changes::since`].
    pub fn last_event_id(&self) -> Option<&str> {
        self.asked.last.as_deref()
    }

    fn take(&mut self, piece: &[u8]) {
        if let Link::Open(_, silence) = &mut self.link {
            *silence = Box::pin(sleep(self.asked.silence));
        }
        for event in self.reader.read(piece) {
            self.tries = 0;
            if event.id.is_some() {
                self.asked.last.clone_from(&event.id);
            }
            match Change::read(event) {
                Ok(Change::End(reason)) => return self.ended(reason),
                told => self
                    .ready
                    .push_back(told.map_err(|error| Error::unreadable(self.asked.client.url(), error))),
            }
        }
    }

    /// The server said why it ends the stream.
    fn ended(&mut self, reason: Open<EndReason>) {
        let is_over = reason == EndReason::Expired || reason == EndReason::Revoked;
        match is_over {
            true => self.end(Ok(Change::End(reason))),
            false => {
                self.ready.push_back(Ok(Change::End(reason)));
                self.connect_again(None);
            }
        }
    }

    fn end(&mut self, last: Result<Change>) {
        self.ready.push_back(last);
        self.link = Link::Ended;
    }

    fn connect_again(&mut self, asked: Option<Duration>) {
        let reader = mem::take(&mut self.reader);
        let waits = self.asked.waits.at_least(reader.retry.unwrap_or_default());
        let wait = waits.after(self.tries).max(asked.unwrap_or_default());
        self.tries += 1;
        let request = self.asked.clone();
        self.link = Link::Connecting(Box::pin(async move {
            sleep(wait).await;
            request.connect().await
        }));
    }
}

impl fmt::Debug for ChangeStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangeStream").field("asked", &self.asked).finish_non_exhaustive()
    }
}

impl Change {
    fn read(Event { name, data, .. }: Event) -> serde_json::Result<Self> {
        Ok(match name.as_str() {
            "snapshot" => Self::Snapshot(serde_json::from_str(&data)?),
            "presence" => Self::Presence(serde_json::from_str(&data)?),
            "presence-list" => Self::PresenceList(serde_json::from_str(&data)?),
            "gone" => Self::Gone(serde_json::from_str::<UsersGone>(&data)?.users),
            "expiring" => Self::Expiring(serde_json::from_str(&data)?),
            "end" => Self::End(serde_json::from_str::<StreamEnd>(&data)?.reason),
            _ => Self::Other { event: name, data },
        })
    }
}
