//! Sessions: what a client had subscribed to on a socket, and what it may have missed. A session outlives a broken
//! connection for a while, so that another can go on with it.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use uuid::Uuid;

use crate::{
    api::ringcentral::{Own, push::voice::RingCentralVoice},
    app::App,
    directory::{Origin, TokenSecret},
    push::{AdditionError, Item, Owner, Push, Snapshot, Subscription, Tracked},
};

/// How many sessions one user of one application may have.
pub(super) const MOST: usize = 50;

/// How many of the latest notifications are remembered, to tell them again.
pub(super) const REMEMBERED: usize = 100;

/// How long a session waits for another connection.
pub(super) const RECOVERY: Duration = Duration::from_secs(180);

/// One session, whose connections come one after the other.
pub(in crate::api::ringcentral) struct Session {
    /// What recovery tokens of this session begin with.
    id: String,
    owner: Owner,
    /// Held by the connection that has the session.
    pub(super) state: Arc<tokio::sync::Mutex<State>>,
    /// Counts connections: one that is not the latest has to let go.
    turn: watch::Sender<u64>,
    is_attached: AtomicBool,
    /// A new subscription, on its way to the connection.
    fresh: Mutex<Option<Tracked>>,
    pub(super) refreshed: Notify,
    subscription: Mutex<Option<Uuid>>,
}

/// Marks a request that came over a socket.
#[derive(Clone)]
pub(in crate::api::ringcentral) struct OnSocket {
    /// The login of the token that opened the socket.
    pub(in crate::api::ringcentral) login: Origin,
    pub(in crate::api::ringcentral) session: Arc<Session>,
}

/// What the connection of a session works with.
#[derive(Default)]
pub(super) struct State {
    pub(super) tracked: Option<Tracked>,
    /// The number of the latest notification.
    pub(super) sequence: u64,
    /// The latest notifications by number.
    sent: VecDeque<(u64, Option<Item>)>,
}

/// A session that a connection may have, and how it came to it.
pub(super) struct Opened {
    pub(super) session: Arc<Session>,
    pub(super) recovery: Recovery,
}

/// Whether a session goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recovery {
    NotWanted,
    /// From the notification after this number.
    From(u64),
    Failed,
}

#[derive(Default)]
pub(in crate::api::ringcentral) struct Sessions(Mutex<HashMap<Owner, Vec<Arc<Session>>>>);

impl Sessions {
    /// A session for a connection: the one of the recovery token, if there still is, or else a new one. None if the
    /// owner has too many.
    pub(super) fn open(&self, owner: &Owner, recovery_token: Option<&str>) -> Option<Opened> {
        let mut sessions = self.0.lock();
        let own = sessions.entry(owner.clone()).or_default();
        let known = recovery_token.and_then(|token| {
            let (id, sequence) = token.rsplit_once('.')?;
            let session = own.iter().find(|session| session.id == id)?;
            Some((session.clone(), sequence.parse().ok()?))
        });
        if let Some((session, sequence)) = known {
            return Some(Opened { session, recovery: Recovery::From(sequence) });
        }
        if own.len() >= MOST {
            return None;
        }
        let session = Session::new(owner.clone());
        own.push(session.clone());
        let recovery = if recovery_token.is_some() { Recovery::Failed } else { Recovery::NotWanted };
        Some(Opened { session, recovery })
    }

    /// Forgets a session.
    fn remove(&self, session: &Session) {
        let mut sessions = self.0.lock();
        if let Some(own) = sessions.get_mut(&session.owner) {
            own.retain(|other| other.id != session.id);
            if own.is_empty() {
                sessions.remove(&session.owner);
            }
        }
    }

    /// How many sessions are without a connection.
    pub(in crate::api::ringcentral) fn count_detached(&self) -> usize {
        let sessions = self.0.lock();
        sessions.values().flatten().filter(|session| !session.is_attached.load(Ordering::SeqCst)).count()
    }

    /// The owner's sessions without a connection.
    fn detached(&self, owner: &Owner) -> Vec<Arc<Session>> {
        let sessions = self.0.lock();
        let own = sessions.get(owner).into_iter().flatten();
        own.filter(|session| !session.is_attached.load(Ordering::SeqCst)).cloned().collect()
    }
}

impl Session {
    fn new(owner: Owner) -> Arc<Self> {
        Arc::new(Self {
            id: TokenSecret::random().reveal().to_owned(),
            owner,
            state: Arc::default(),
            turn: watch::Sender::new(0),
            is_attached: AtomicBool::new(true),
            fresh: Mutex::default(),
            refreshed: Notify::new(),
            subscription: Mutex::default(),
        })
    }

    /// The token by which another connection goes on behind the notification of this number.
    pub(super) fn recovery_token(&self, sequence: u64) -> String {
        format!("{}.{sequence}", self.id)
    }

    /// Gives the session to another connection. Says which turn that is.
    pub(super) fn begin_turn(&self) -> u64 {
        let mut begun = 0;
        self.turn.send_modify(|turn| {
            *turn += 1;
            begun = *turn;
            self.is_attached.store(true, Ordering::SeqCst);
        });
        begun
    }

    /// Completes when another connection has the session.
    pub(super) async fn superseded(&self, turn: u64) {
        let mut turns = self.turn.subscribe();
        let _superseded = turns.wait_for(|now| *now != turn).await;
    }

    /// Adds a subscription. The session's one before ends.
    pub(in crate::api::ringcentral) async fn subscribe(
        &self,
        app: &App,
        subscription: Subscription,
        snapshot: Snapshot,
        login: Origin,
    ) -> Result<(), AdditionError> {
        let before = self.subscription.lock().take();
        if let Some(before) = before {
            Push::of(app).registry.remove(before).await?;
        }
        if Push::of(app).registry.room(&self.owner) == 0 {
            // Sessions whose client may not come back make room.
            for session in app.own::<Own>().sessions.detached(&self.owner) {
                session.end(app).await;
            }
        }
        let id = subscription.id;
        let entry = Push::of(app).registry.add(&RingCentralVoice, subscription, Some(login)).await?;
        *self.subscription.lock() = Some(id);
        *self.fresh.lock() = Some(Tracked::new(entry, snapshot));
        self.refreshed.notify_one();
        Ok(())
    }

    /// Takes the new subscription, if there is one.
    pub(super) fn take_fresh(&self) -> Option<Tracked> {
        self.fresh.lock().take()
    }

    /// Waits for another connection, and ends the session if none comes.
    pub(super) fn detach(self: Arc<Self>, app: &App, turn: u64) {
        self.turn.send_if_modified(|now| {
            if *now == turn {
                self.is_attached.store(false, Ordering::SeqCst);
            }
            false
        });
        let app = app.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = app.alarms.until(app.service.now() + RECOVERY) => self.end(&app).await,
                () = self.superseded(turn) => {}
                () = app.drained() => {}
            }
        });
    }

    /// Ends the session and its subscription.
    pub(super) async fn end(&self, app: &App) {
        app.own::<Own>().sessions.remove(self);
        let subscription = self.subscription.lock().take();
        if let Some(id) = subscription {
            // A subscription on a socket is not kept, so nothing can fail.
            let _removed = Push::of(app).registry.remove(id).await;
        }
    }
}

impl State {
    /// Numbers a notification, and remembers what it was about.
    pub(super) fn number(&mut self, item: Option<Item>) -> u64 {
        self.sequence += 1;
        if self.sent.len() == REMEMBERED {
            self.sent.pop_front();
        }
        self.sent.push_back((self.sequence, item));
        self.sequence
    }

    /// Notes that nothing after this number was received. Fails if that is not remembered any more.
    pub(super) fn go_back_to(&mut self, received: u64) -> Option<()> {
        let first = self.sent.front().map_or(self.sequence + 1, |(number, _)| *number);
        if received > self.sequence || received + 1 < first {
            return None;
        }
        let lost = self.sent.drain(..).filter(|(number, _)| *number > received);
        let lost: Vec<Item> = lost.filter_map(|(_, item)| item).collect();
        if let Some(tracked) = &mut self.tracked {
            for item in lost {
                tracked.snapshot.doubt(item);
            }
        }
        Some(())
    }
}
