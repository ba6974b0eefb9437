//! Push: who wants to be told of whom, and the ways on which they are told.
//!
//! - [`filter`]: event filters, the paths by which a subscription says what it is about.
//! - [`registry`]: the subscriptions that there are; [`shelf`]: where they survive a restart.
//! - [`feed`]: what one subscription has to be told, each user once and as they are now.
//! - [`notification`]: what is told, on the wire.
//! - [`delivery`]: the task that sends the notifications of one subscription to its webhook.
//! - [`handshake`]: the question whether a receiver wants them. [`check`]: whether their owner may be told.
//! - `document`: the document of what webhooks are sent.
//! - `line`: a subscription and its feed, in the hands of whoever delivers.
//!
//! A subscription of a WebSocket ends with its session; the socket itself is in `socket.rs`.

pub(super) mod check;
pub(super) mod delivery;
mod document;
pub(super) mod feed;
pub(super) mod filter;
pub(super) mod handshake;
pub(super) mod line;
pub(super) mod notification;
mod refusal;
pub(super) mod registry;
pub(super) mod shelf;

use std::sync::Arc;

use tokio::sync::watch;

pub(super) use self::{
    document::document,
    registry::{Delivery, Subscription},
};
use self::{registry::Registry, shelf::Shelf};
use super::{
    oauth::codes::Codes,
    socket::{sessions::Sessions, token::SocketTokens},
};
use crate::{
    app::App, config::Config, directory::Directory, presence::Timestamp, store::StoreError, webhook::Webhooks,
};

/// All that push holds for one server, and the codes of logins that are under way.
pub struct Push {
    pub(super) subscriptions: Registry,
    pub(super) webhooks: Webhooks,
    pub(super) tokens: SocketTokens,
    pub(super) sessions: Sessions,
    pub(super) codes: Codes,
    /// How many deliveries and other works are under way.
    works: watch::Sender<usize>,
    /// How many subscriptions are delivered to webhooks.
    couriers: watch::Sender<usize>,
}

/// A piece of work, for as long as it is held.
pub(super) struct Work(watch::Sender<usize>);

impl Push {
    /// Push with the subscriptions of a directory, which are read by [`start`](Self::start).
    pub fn new(config: &Config, directory: Arc<Directory>) -> Self {
        Self {
            subscriptions: Registry::new(Shelf::new(directory)),
            webhooks: Webhooks::new(&config.webhooks),
            tokens: SocketTokens::default(),
            sessions: Sessions::default(),
            codes: Codes::default(),
            works: watch::Sender::new(0),
            couriers: watch::Sender::new(0),
        }
    }

    /// Goes on with the subscriptions that survived. To be called once, before requests are served.
    pub async fn start(app: &App) -> Result<(), StoreError> {
        for entry in app.push.subscriptions.load()? {
            delivery::resume(app, entry).await;
        }
        Ok(())
    }

    /// Completes when nothing is being delivered.
    pub async fn settled(&self) {
        none(&self.works).await;
    }

    /// Completes when nothing is delivered any more, after the server was told to stop.
    pub async fn ended(&self) {
        none(&self.couriers).await;
    }

    /// How many sessions of WebSockets wait for another connection.
    pub fn detached_sessions(&self) -> usize {
        self.sessions.count_detached()
    }

    pub(super) fn work(&self) -> Work {
        Work::begin(&self.works)
    }

    pub(super) fn courier(&self) -> Work {
        Work::begin(&self.couriers)
    }
}

/// Completes when the count is none.
async fn none(count: &watch::Sender<usize>) {
    let mut count = count.subscribe();
    let _none = count.wait_for(|count| *count == 0).await;
}

impl Work {
    fn begin(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|works| *works += 1);
        Self(count.clone())
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.send_modify(|works| *works -= 1);
    }
}

/// A moment as the wire has it: `2026-01-05T09:00:00.000Z`.
pub(super) fn time_text(at: Timestamp) -> String {
    let since_epoch = std::time::Duration::from_millis(at.as_millis());
    humantime::format_rfc3339_millis(std::time::UNIX_EPOCH + since_epoch).to_string()
}
