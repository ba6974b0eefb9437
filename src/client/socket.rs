//! presenced's own WebSocket: presence followed and said over one connection.
//!
//! - [`link`]: one connection. [`standing`]: what is to be the case on each.

mod link;
mod standing;

use std::{
    collections::VecDeque,
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::{Stream, stream};
use serde_json::Value;
use tokio::time::{Sleep, sleep};

use self::{
    link::{Ending, Link, Received},
    standing::Standing,
};
use super::{Client, Error, Result, waits::Waits};
use crate::api::presenced::types::{
    ClientFrame, SayActivity, SayPresence, ServerFrame, Unwatch, UseToken, Watch,
};

/// A socket that is to be opened: [`Client::socket`].
#[derive(Clone, Debug)]
#[must_use = "nothing is asked before `open`"]
pub struct Sockets {
    client: Client,
    device: Option<String>,
    /// How long nothing may come.
    silence: Duration,
    waits: Waits,
}

/// What happened on a socket.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SocketNews {
    /// A frame of the server's. Of what was sent, `ack` and `error` have the id.
    Frame(ServerFrame),
    /// A frame of a type that this version does not know, as it came.
    Other(Value),
    /// The connection broke, and is made again: `ready` comes, then what was missed.
    Broken,
    /// The server closed the socket, and opening it again would be of no use: the token is none or has ended (4401), or
    /// something that was sent is not taken.
    Closed { code: u16, reason: String },
}

/// A socket that is signed in. Where the connection breaks, it is made again: what was watched is watched on without a gap,
/// the device says again what it said last, and frames that were not answered are sent again. It ends when its token does,
/// and when the server refuses to open it again.
///
/// It lives while [`Socket::next`] is awaited: what is sent goes out then, and the server's pings are answered. Dropping the
/// future loses nothing.
pub struct Socket {
    asked: Sockets,
    state: State,
    standing: Standing,
    /// What was received and not yet told.
    ready: VecDeque<Result<SocketNews>>,
    /// How many tries there were since something was told.
    tries: u32,
}

/// A connection that is being made.
type Connecting = Pin<Box<dyn Future<Output = Result<(Link, Value)>> + Send>>;

/// How the socket stands with the server. What it waits for is kept in it, so that a future may be dropped at any time.
enum State {
    Connecting(Connecting),
    /// With the time after which too long nothing came.
    Open(Box<Link>, Pin<Box<Sleep>>),
    Ended,
}

impl Client {
    /// Presence followed and said over a WebSocket.
    pub fn socket(&self) -> Sockets {
        Sockets {
            client: self.clone(),
            device: None,
            silence: Duration::from_secs(60),
            waits: Waits::default(),
        }
    }
}

impl Sockets {
    /// The device that speaks, instead of the token's own.
    pub fn device(self, id: impl Into<String>) -> Self {
        Self { device: Some(id.into()), ..self }
    }

    /// How long nothing may come before the connection is given up; a minute unless it is said. The server pings every 20
    /// seconds, unless it is configured otherwise.
    pub fn silence(self, silence: Duration) -> Self {
        Self { silence, ..self }
    }

    /// How long to wait before the first try to connect again, and at most; a second and 30 unless it is said. It is twice as
    /// long from one try to the next, up to a half less at random, and as long as the server asks for within these bounds.
    pub fn waits(self, first: Duration, most: Duration) -> Self {
        Self { waits: Waits { first, most }, ..self }
    }

    /// Opens the socket, and waits until the server is ready. An error at this first time is the caller's to deal with: a
    /// token that is none among them.
    pub async fn open(self) -> Result<Socket> {
        let (link, first) = self.clone().connect().await?;
        let mut socket = Socket {
            asked: self,
            state: State::Ended,
            standing: Standing::default(),
            ready: VecDeque::new(),
            tries: 0,
        };
        socket.opened(link, first);
        Ok(socket)
    }

    async fn connect(self) -> Result<(Link, Value)> {
        Link::open(&self.client, self.device.as_deref()).await
    }
}

/// What is sent. Each has the id by which the server answers it.
impl Socket {
    /// Watches more users, and members of rooms: `snapshot` tells how they are, then `ack` comes.
    pub fn watch(&mut self, watch: Watch) -> String {
        self.standing.send(ClientFrame::Watch(watch))
    }

    /// Watches users and rooms no longer.
    pub fn unwatch(&mut self, unwatch: Unwatch) -> String {
        self.standing.send(ClientFrame::Unwatch(unwatch))
    }

    /// Says what the device does, which holds while the socket is open, what the user's status is, or both.
    pub fn say(&mut self, presence: impl Into<SayPresence>) -> String {
        self.standing.send(ClientFrame::Presence(presence.into()))
    }

    /// Says that the user is active.
    pub fn be_active(&mut self) -> String {
        self.standing.send(ClientFrame::Activity(SayActivity {}))
    }

    /// Continues with another token of the same user.
    pub fn use_token(&mut self, token: impl Into<String>) -> String {
        self.standing.send(ClientFrame::Token(UseToken { token: token.into() }))
    }
}

impl Socket {
    /// What happened next; none when the socket has ended for good. An error is the refusal that ended it, or a frame that
    /// cannot be read, after which it goes on. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Result<SocketNews>> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// The same as a stream, of a socket that has said all that it has to.
    pub fn into_stream(self) -> impl Stream<Item = Result<SocketNews>> + Send {
        stream::unfold(self, async |mut socket| Some((socket.next().await?, socket)))
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<SocketNews>>> {
        loop {
            if let Some(news) = self.ready.pop_front() {
                return Poll::Ready(Some(news));
            }
            match &mut self.state {
                State::Ended => return Poll::Ready(None),
                State::Connecting(attempt) => match ready!(attempt.as_mut().poll(context)) {
                    Ok((link, first)) => self.opened(link, first),
                    Err(error) if error.may_pass() => self.connect_again(error.retry_after()),
                    Err(error) => self.end(Err(error)),
                },
                State::Open(link, silence) => {
                    let received = match link.poll_exchange(&mut self.standing, context) {
                        Poll::Ready(received) => received,
                        Poll::Pending => {
                            ready!(silence.as_mut().poll(context));
                            Received::End(Ending::Broken)
                        }
                    };
                    self.take(received);
                }
            }
        }
    }

    fn opened(&mut self, link: Link, first: Value) {
        self.state = State::Open(Box::new(link), Box::pin(sleep(self.asked.silence)));
        self.standing.begin_again();
        self.told(first);
    }

    fn take(&mut self, received: Received) {
        if let State::Open(_, silence) = &mut self.state {
            *silence = Box::pin(sleep(self.asked.silence));
        }
        match received {
            Received::Nothing => {}
            Received::Text(text) => match serde_json::from_str(&text) {
                Ok(frame) => self.told(frame),
                Err(error) => {
                    self.ready.push_back(Err(Error::unreadable(self.asked.client.url(), error)));
                }
            },
            Received::End(Ending::Broken) => {
                self.ready.push_back(Ok(SocketNews::Broken));
                self.connect_again(None);
            }
            Received::End(Ending::Closed { code, reason }) => {
                self.end(Ok(SocketNews::Closed { code, reason }));
            }
        }
    }

    /// Takes in what a frame says, and tells it.
    fn told(&mut self, frame: Value) {
        self.tries = 0;
        let kind = frame.get("type").and_then(Value::as_str).unwrap_or_default();
        if !ServerFrame::TYPES.contains(&kind) {
            return self.ready.push_back(Ok(SocketNews::Other(frame)));
        }
        match serde_json::from_value(frame) {
            Ok(frame) => {
                if let Some(token) = self.standing.take(&frame) {
                    self.asked.client = self.asked.client.clone().token(&token);
                }
                if !Standing::is_own(&frame) {
                    self.ready.push_back(Ok(SocketNews::Frame(frame)));
                }
            }
            Err(error) => self.ready.push_back(Err(Error::unreadable(self.asked.client.url(), error))),
        }
    }

    fn end(&mut self, last: Result<SocketNews>) {
        self.ready.push_back(last);
        self.state = State::Ended;
    }

    fn connect_again(&mut self, asked: Option<Duration>) {
        let wait = self.asked.waits.after(self.tries).max(asked.unwrap_or_default());
        self.tries += 1;
        let request = self.asked.clone();
        self.state = State::Connecting(Box::pin(async move {
            sleep(wait).await;
            request.connect().await
        }));
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("asked", &self.asked).finish_non_exhaustive()
    }
}
