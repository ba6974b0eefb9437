//! A typed client of everything that presenced serves about presence: its own API whole, and the presence of the
//! Matrix, pnut.io and RingCentral dialects, on the server's own wire types.
//!
//! Clone a [`Client`] as often as you like: clones share their connections.
//!
//! ```
//! use presenced::{
//!     api::presenced::types::{PresenceState, PresenceUpdate, StatusUpdate},
//!     client::{Client, Error},
//! };
//! use std::time::Duration;
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Error> {
//! # let url = presenced::server::demo().await.expect("a demo");
//! let client = Client::new(&url).token("demo-alice").timeout(Duration::from_secs(5));
//! let lunch = StatusUpdate::from("lunch").expires_in(Duration::from_secs(3600));
//! client.me().set_presence(PresenceUpdate::from(PresenceState::Busy).status(lunch)).await?;
//!
//! let seen = client.clone().token("demo-bob").user("@alice:example.com").presence().await?;
//! assert!(seen.state == PresenceState::Busy);
//! assert_eq!(seen.status.as_deref(), Some("lunch"));
//!
//! // A refusal keeps its status, what the server said, and how long to wait.
//! let refused = client.user("@nobody:example.com").presence().await.expect_err("there is nobody");
//! assert_eq!(refused.status().map(|status| status.as_u16()), Some(404));
//! # Ok(())
//! # }
//! ```
//!
//! # Following presence
//!
//! [`Client::changes`] opens a stream that connects again by itself, and goes on where it was:
//!
//! ```
//! use presenced::client::{Change, Client};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), presenced::client::Error> {
//! # let url = presenced::server::demo().await.expect("a demo");
//! # let client = Client::new(&url).token("demo-bob");
//! let mut changes = client.changes().room("!lobby:example.com").open().await?;
//! while let Some(change) = changes.next().await {
//!     match change? {
//!         Change::Snapshot(snapshot) => println!("{} are here", snapshot.users.len()),
//!         Change::Presence(user) => println!("{} is {}", user.user_id, user.state),
//!         Change::Gone(users) => println!("{users:?} may no longer be seen"),
//!         _ => {}
//!     }
//! #   break;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Following and saying over one connection
//!
//! [`Client::socket`] opens a WebSocket, which does both. It connects again by itself too: what was watched is watched on,
//! and the device says again what it said:
//!
//! ```
//! use presenced::{
//!     api::presenced::types::{PresenceState, ServerFrame, Watch},
//!     client::{Client, SocketNews},
//! };
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), presenced::client::Error> {
//! # let url = presenced::server::demo().await.expect("a demo");
//! # let client = Client::new(&url).token("demo-bob");
//! let mut socket = client.socket().open().await?;
//! socket.watch(Watch::default().rooms(["!lobby:example.com"]));
//! let said = socket.say(PresenceState::Online);
//! while let Some(news) = socket.next().await {
//!     match news? {
//!         SocketNews::Frame(ServerFrame::Snapshot { users, .. }) => println!("{} are here", users.len()),
//!         SocketNews::Frame(ServerFrame::Presence { users, .. }) => println!("{} changed", users.len()),
//!         SocketNews::Frame(ServerFrame::Gone { users }) => println!("{users:?} may no longer be seen"),
//!         SocketNews::Frame(ServerFrame::Ack { id }) if id == said => break,
//!         SocketNews::Frame(ServerFrame::Error { detail, .. }) => println!("refused: {detail}"),
//!         _ => {}
//!     }
//! }
//! assert!(client.me().presence().await?.state == PresenceState::Online);
//! # Ok(())
//! # }
//! ```
//!
//! # What a newer server says
//!
//! Answers may have members that this version does not know, which are skipped, and words that it does not know:
//! those are [`Open`](crate::api::Open). Events and frames of types that it does not know are told as they came.
//!
//! # Time, and the end of calls
//!
//! A call takes as long as [`Client::timeout`] says at most, and ends when its future is dropped. Nothing is tried again
//! but by a stream of changes and a socket. What a call that was given up asked for may have been done all the same.
//!
//! # TLS
//!
//! For `https` turn on a TLS feature of reqwest in your own `Cargo.toml`, such as
//! `reqwest = { version = "0.13", features = ["rustls"] }`: it counts for this client too. By itself it speaks `http`,
//! to the server and to no proxy; [`Client::http`] takes a client of reqwest with settings of your own.

mod changes;
mod dialect;
mod error;
pub mod matrix;
mod page;
pub mod pnut;
mod requests;
pub mod ringcentral;
mod room;
mod server;
mod socket;
mod transport;
mod user;
mod waits;
mod webhooks;

use std::{fmt::Display, time::Duration};

pub use self::{
    changes::{Change, ChangeStream, Changes},
    dialect::Told,
    error::{Error, Refusal},
    page::{List, Page},
    room::RoomCalls,
    server::Export,
    socket::{Socket, SocketNews, Sockets},
    transport::Client,
    user::{Settings, UserCalls},
    webhooks::WebhookCalls,
};
pub use reqwest::StatusCode;

use crate::api::presenced::types::{
    Activity, Heartbeat, HeartbeatResult, HeartbeatResults, Heartbeats, PresenceQuery, PresenceQueryResult,
    PresenceUpdateResult, PresenceUpdateResults, PresenceUpdates, RoomPage, UserPage, UserPresenceUpdate,
};

/// What a call comes to.
pub type Result<T> = std::result::Result<T, Error>;

/// presenced's own API. What is about one user is at [`Client::user`], about one room at [`Client::room`].
impl Client {
    /// What is about one user, such as `@alice:example.com`.
    pub fn user(&self, id: impl Display) -> UserCalls<'_> {
        UserCalls::new(self, &id)
    }

    /// What is about the token's own user.
    pub fn me(&self) -> UserCalls<'_> {
        self.user("me")
    }

    /// The users, for admins.
    pub fn users(&self) -> List<'_, UserPage> {
        List::new(self, "users".to_owned())
    }

    /// What is about one room, such as `!lobby:example.com`.
    pub fn room(&self, id: impl Display) -> RoomCalls<'_> {
        RoomCalls::new(self, &id)
    }

    /// The rooms, for admins.
    pub fn rooms(&self) -> List<'_, RoomPage> {
        List::new(self, "rooms".to_owned())
    }

    /// The presence of many users, and of the members of rooms.
    pub async fn query_presence(&self, query: &PresenceQuery) -> Result<PresenceQueryResult> {
        self.post("presence/query").json(query).answer().await
    }

    /// Says something of many users at once, for admins and service tokens; what became of each, in their order.
    pub async fn update_presence(
        &self,
        updates: impl IntoIterator<Item = UserPresenceUpdate>,
    ) -> Result<Vec<PresenceUpdateResult>> {
        let updates = PresenceUpdates { updates: updates.into_iter().collect() };
        let done: PresenceUpdateResults = self.post("presence/update").json(&updates).answer().await?;
        Ok(done.results)
    }

    /// Reports devices of many users, for gateways; what became of each, in their order.
    pub async fn heartbeats(
        &self,
        heartbeats: impl IntoIterator<Item = Heartbeat>,
    ) -> Result<Vec<HeartbeatResult>> {
        let heartbeats = Heartbeats { heartbeats: heartbeats.into_iter().collect() };
        let done: HeartbeatResults = self.post("heartbeats").json(&heartbeats).answer().await?;
        Ok(done.results)
    }

    /// Says that the token's user is active, on that device or on the token's own.
    pub async fn be_active(&self, device: Option<&str>) -> Result<()> {
        let activity = Activity { device_id: device.map(str::to_owned) };
        self.post("activity").json(&activity).done().await
    }

    /// Presence as it changes.
    pub fn changes(&self) -> Changes {
        Changes::new(self)
    }

    /// The Matrix dialect.
    pub fn matrix(&self) -> matrix::Matrix<'_> {
        matrix::Matrix::new(self)
    }

    /// The pnut.io dialect.
    pub fn pnut(&self) -> pnut::Pnut<'_> {
        pnut::Pnut::new(self)
    }

    /// The RingCentral dialect, of the caller's own account.
    pub fn ringcentral(&self) -> ringcentral::RingCentral<'_> {
        ringcentral::RingCentral::new(self)
    }
}

/// How long is waited for an answer, unless something else is said.
const TIMEOUT: Duration = Duration::from_secs(30);
