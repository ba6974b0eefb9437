//! Push: who wants to be told of whom, and the ways on which they are told, whatever dialect they speak.
//!
//! - [`subscription`]: what is wanted, and how; plain data. [`registry`]: the subscriptions that there are.
//! - [`voice`]: how a dialect says it. It is all that is known of a dialect here.
//! - [`snapshot`]: what one subscription has to be told, each user once and as they are now.
//! - [`tracked`]: a subscription and its snapshot, in the hands of the task that delivers.
//! - [`sender`]: the task that delivers the messages of one subscription to its webhook.
//! - [`webhook`]: requests to addresses that users choose, and where they may go. `turns`: how many of them are
//!   under way.
//!
//! A subscription on a socket is delivered by its dialect, which has the socket, and ends with it.

pub mod registry;
pub mod sender;
pub mod snapshot;
pub mod subscription;
pub mod tracked;
mod turns;
pub mod voice;
pub mod webhook;

use tokio::sync::watch;
use uuid::Uuid;

pub use self::{
    registry::{AdditionError, Attempt, NotThere, Registry},
    snapshot::Snapshot,
    subscription::{Owner, Retiring, Subscription, Suspension, Transport},
    tracked::{Happened, Tracked},
    voice::{Before, Delivery, Interests, Item, Message, Reminder, Request, Verdict, Voice},
};
use self::{
    turns::{Turn, Turns},
    webhook::{Address, Answer, WebhookError, Webhooks},
};
use crate::{
    app::{App, Own, Parts},
    config::Config,
};

/// All that push holds for one server.
pub struct Push {
    pub registry: Registry,
    pub webhooks: Webhooks,
    deliveries: Turns,
    /// Questions have turns of their own: a client that subscribes does not wait for what others are told.
    questions: Turns,
    /// How many deliveries and other works are under way.
    works: watch::Sender<usize>,
    /// How many subscriptions are delivered to webhooks.
    senders: watch::Sender<usize>,
}

/// A piece of work, for as long as it is held.
pub struct Work(watch::Sender<usize>);

impl Own for Push {
    /// Push with the subscriptions of the directory, which are read by [`start`](Self::start).
    fn new(app: &Parts) -> Self {
        let config = &app.config.webhooks;
        Self {
            registry: Registry::new(app.directory.clone()),
            webhooks: Webhooks::new(config, app.clock.clone()),
            deliveries: Turns::new(config.concurrent),
            questions: Turns::new(config.concurrent),
            works: watch::Sender::new(0),
            senders: watch::Sender::new(0),
        }
    }

    /// What is under way ends as it began.
    fn reload(&self, before: &Config, next: &Config) {
        if next.webhooks == before.webhooks {
            return;
        }
        self.webhooks.replace(&next.webhooks);
        for turns in [&self.deliveries, &self.questions] {
            turns.resize(next.webhooks.concurrent);
        }
    }
}

impl Push {
    /// That of a server.
    pub fn of(app: &App) -> &Self {
        app.own()
    }

    /// Takes in the subscriptions that survived, and goes on with them one after the other while requests are
    /// served. To be called once, before they are.
    pub fn start(app: &App, voices: &[&'static dyn Voice]) {
        let kept = Push::of(app).registry.load(voices);
        tokio::spawn(follow(app.clone(), voices.to_vec()));
        if kept.is_empty() {
            return;
        }
        let (app, work) = (app.clone(), Push::of(app).work());
        tokio::spawn(async move {
            tokio::select! {
                () = sender::resume(&app, kept) => {}
                () = app.drained() => {}
            }
            drop(work);
        });
    }

    /// Asks a receiver something before it gets anything, as soon as there is a turn for it. None: the server is
    /// about to stop.
    pub async fn ask(
        app: &App,
        owner: &str,
        address: &Address,
        request: Request,
    ) -> Option<Result<Answer, WebhookError>> {
        let _work = Push::of(app).work();
        let receiver = address.receiver();
        let _turn = unless_draining(app, Push::of(app).questions.take(&receiver, owner)).await?;
        Some(Push::of(app).webhooks.post(address, request.headers, request.body).await)
    }

    /// Waits until something may be delivered. None: the server is about to stop.
    async fn turn(app: &App, owner: &str, address: &Address) -> Option<Turn> {
        let receiver = address.receiver();
        unless_draining(app, Push::of(app).deliveries.take(&receiver, owner)).await
    }

    /// Completes when nothing is being delivered.
    pub async fn settled(&self) {
        none(&self.works).await;
    }

    /// Completes when nothing is delivered any more, after the server was told to stop.
    pub async fn ended(&self) {
        none(&self.senders).await;
    }

    /// Notes that something is under way until what is returned is dropped.
    pub fn work(&self) -> Work {
        Work::begin(&self.works)
    }

    fn sender(&self) -> Work {
        Work::begin(&self.senders)
    }
}

/// Follows what the directory keeps, and delivers what other nodes made.
async fn follow(app: App, voices: Vec<&'static dyn Voice>) {
    while let Some(moved) = unless_draining(&app, app.directory.moved_subscriptions()).await {
        for id in moved.iter().filter_map(|id| Uuid::try_parse(id).ok()) {
            if let Some(entry) = registry::follow(&app, &voices, id).await {
                sender::resume(&app, vec![entry]).await;
            }
        }
    }
}

/// What comes of waiting, unless the server is about to stop.
async fn unless_draining<T>(app: &App, waiting: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = app.drained() => None,
        done = waiting => Some(done),
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
