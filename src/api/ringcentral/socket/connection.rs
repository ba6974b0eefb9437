//! One connection of a session.

use std::{pin::Pin, sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::ws::{Message, WebSocket, close_code},
    http::HeaderMap,
};
use futures_util::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use tokio::{
    sync::OwnedMutexGuard,
    time::{Sleep, sleep},
};

use super::{
    Routes,
    frame::{self, IDLE, LONGEST, MOST_REQUESTS},
    request,
    sessions::{Opened, Recovery, Session, State},
    token::Opener,
};
use crate::{
    api::{
        ringcentral::{
            extract::SocketCaller,
            types::{Kind, Meta, Notification, WsError, Wsc},
        },
        sockets::{self, Pings},
    },
    app::App,
    presence::Timestamp,
    push::{Happened, Push, Tracked},
};

/// How long nothing follows the first message: clients look for notifications only once they have read it, and lose
/// those that arrive together with it.
const GREETING: Duration = Duration::from_millis(100);

/// A connection, which has its session to itself.
pub(super) struct Connection {
    app: App,
    routes: Routes,
    /// The headers of the request that opened it.
    headers: HeaderMap,
    opener: Opener,
    socket: WebSocket,
    session: Arc<Session>,
    state: OwnedMutexGuard<State>,
    recovery: Recovery,
    turn: u64,
    requests: FuturesUnordered<BoxFuture<'static, (Meta, String)>>,
    times: Times,
    /// Runs after notifications: what changes meanwhile goes out together.
    pause: Option<Pin<Box<Sleep>>>,
}

/// When what is due.
struct Times {
    opened: Timestamp,
    /// The last that was sent or received, pings aside.
    active: Timestamp,
    pings: Pings,
}

/// What a connection waited for.
enum Event {
    Received(Option<Result<Message, axum::Error>>),
    Answered(Meta, String),
    Happened(Happened),
    Refreshed,
    Paused,
    Rang,
    LoggedOut,
    Superseded,
    Stopping,
}

/// A connection is over.
struct Over;

impl Connection {
    /// Takes the session over, as soon as the connection that had it lets go.
    pub(super) async fn new(
        app: App,
        routes: Routes,
        headers: HeaderMap,
        opener: Opener,
        socket: WebSocket,
        Opened { session, mut recovery }: Opened,
    ) -> Self {
        let turn = session.begin_turn();
        let mut state = session.state.clone().lock_owned().await;
        if let Recovery::From(received) = recovery
            && state.go_back_to(received).is_none()
        {
            recovery = Recovery::Failed;
        }
        let now = app.service.now();
        let times = Times { opened: now, active: now, pings: Pings::begin(&app) };
        let requests = FuturesUnordered::new();
        Self {
            app,
            routes,
            headers,
            opener,
            socket,
            session,
            state,
            recovery,
            turn,
            requests,
            times,
            pause: None,
        }
    }

    /// Serves the connection to its end. Its session waits for another.
    pub(super) async fn run(mut self) {
        if self.greet().await.is_ok() {
            while let Ok(()) = self.go_on().await {}
        }
        self.session.detach(&self.app, self.turn);
    }

    async fn greet(&mut self) -> Result<(), Over> {
        let sequence = self.state.sequence;
        let wsc = Wsc { token: self.session.recovery_token(sequence), sequence };
        self.send(frame::greeting(self.now(), self.recovery, wsc)).await?;
        self.pause = Some(Box::pin(sleep(GREETING)));
        Ok(())
    }

    fn now(&self) -> Timestamp {
        self.app.service.now()
    }

    async fn go_on(&mut self) -> Result<(), Over> {
        match self.next().await {
            Event::Received(Some(Ok(message))) => self.receive(message).await,
            Event::Received(Some(Err(error))) => match sockets::fault(error) {
                Some(code) => self.close(code).await,
                None => Err(Over),
            },
            Event::Received(None) | Event::Superseded => Err(Over),
            Event::Answered(meta, body) => self.send(frame::message(&meta, Some(&body))).await,
            Event::Happened(Happened::Marked) | Event::Paused => self.tell().await,
            Event::Happened(Happened::Changed) => self.look_at_subscription().await,
            Event::Refreshed => {
                self.state.tracked = self.session.take_fresh().or(self.state.tracked.take());
                self.tell().await
            }
            Event::Rang => self.watch_the_time().await,
            Event::LoggedOut => self.require_token().await,
            Event::Stopping => self.close(close_code::AWAY).await,
        }
    }

    async fn next(&mut self) -> Event {
        let Self { app, opener, socket, session, state, turn, requests, pause, .. } = self;
        let alarm = self.times.next();
        tokio::select! {
            received = socket.recv(), if requests.len() < MOST_REQUESTS => {
                Event::Received(received)
            }
            Some((meta, body)) = requests.next(), if !requests.is_empty() => Event::Answered(meta, body),
            happened = happened(state.tracked.as_mut(), app), if pause.is_none() => Event::Happened(happened),
            () = session.refreshed.notified() => Event::Refreshed,
            () = ended(pause) => Event::Paused,
            () = app.alarms.until(alarm) => Event::Rang,
            () = opener.ended(app) => Event::LoggedOut,
            () = session.superseded(*turn) => Event::Superseded,
            () = app.drained() => Event::Stopping,
        }
    }

    async fn receive(&mut self, message: Message) -> Result<(), Over> {
        self.times.pings.heard();
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => return self.end_with(&WsError::NO_MESSAGE, close_code::UNSUPPORTED).await,
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(Over),
        };
        self.times.active = self.now();
        match frame::parse(&text) {
            Some((meta, _)) if meta.kind == Kind::Heartbeat => {
                let meta = Meta { message_id: meta.message_id, status: None, ..Meta::new(Kind::Heartbeat) };
                self.send(frame::message(&meta, None)).await
            }
            Some((meta, body)) if meta.kind == Kind::ClientRequest => {
                self.require_token().await?;
                let on_socket = self.opener.on_socket(self.session.clone());
                let (routes, headers) = (self.routes.0.clone(), self.headers.clone());
                let caller = SocketCaller(self.opener.caller.clone());
                self.requests.push(Box::pin(request::answer(routes, headers, caller, on_socket, meta, body)));
                Ok(())
            }
            _ => self.end(&WsError::NO_MESSAGE).await,
        }
    }

    /// A token that was revoked takes its connections along.
    async fn require_token(&mut self) -> Result<(), Over> {
        match self.opener.is_valid(&self.app).await {
            true => Ok(()),
            false => {
                let _over = self.end(&WsError::INVALID_TOKEN).await;
                self.session.end(&self.app).await;
                Err(Over)
            }
        }
    }

    /// Lets go of a subscription that has ended.
    async fn look_at_subscription(&mut self) -> Result<(), Over> {
        let app = &self.app;
        if self.state.tracked.as_mut().is_some_and(|tracked| tracked.subscription(app).is_none()) {
            self.state.tracked = None;
        }
        self.tell().await
    }

    /// Sends all that there is to tell.
    async fn tell(&mut self) -> Result<(), Over> {
        self.pause = None;
        while let Some(tracked) = &mut self.state.tracked {
            let Some(subscription) = tracked.subscription(&self.app) else { break };
            let delivery = match tracked.snapshot.next(&self.app, 1).await {
                Ok(Some(delivery)) => delivery,
                Ok(None) => break,
                // Where the store fails the client comes again.
                Err(_) => return self.close(close_code::ERROR).await,
            };
            tracked.snapshot.arrived(&delivery);
            for message in &delivery.messages {
                let number = self.state.number(message.item);
                self.require_token().await?;
                let wsc = Wsc { token: self.session.recovery_token(number), sequence: number };
                let mut meta = Meta { wsc: Some(wsc), ..Meta::new(Kind::ServerNotification) };
                meta.headers.insert("WSG-SubscriptionId".to_owned(), subscription.id.to_string());
                let notification = Notification::new(&subscription, message, delivery.id, delivery.at);
                self.send(frame::message(&meta, Some(&notification.json()))).await?;
            }
            self.times.active = self.now();
            let pause = Duration::from_millis(self.app.config.limits.stream_pause_milliseconds);
            self.pause = Some(Box::pin(sleep(pause)));
        }
        Ok(())
    }

    async fn watch_the_time(&mut self) -> Result<(), Over> {
        let now = self.now();
        self.require_token().await?;
        self.renew(now).await;
        match &mut self.times {
            times if times.ends() <= now => self.end(&WsError::TOO_LONG).await,
            times if times.idles() <= now => self.end(&WsError::IDLE).await,
            times if times.pings.is_lost(now) => Err(Over),
            times => match times.pings.ask(&self.app) {
                true => self.send(Message::Ping(Bytes::new())).await,
                false => Ok(()),
            },
        }
    }

    /// On a socket subscriptions renew themselves, with half of their time over.
    async fn renew(&mut self, now: Timestamp) {
        let app = &self.app;
        let tracked = self.state.tracked.as_mut();
        let Some(subscription) = tracked.and_then(|tracked| tracked.subscription(app)) else { return };
        let left = subscription.expires.millis_since(now) / 1_000;
        if left < subscription.lifetime_seconds / 2 {
            // A subscription on a socket is not kept, so nothing can fail.
            let change = Push::of(&self.app).registry.change(subscription.id, None, |it| it.renew(now));
            let _renewed = change.await;
        }
    }

    /// Says why the connection ends, and ends it.
    async fn end(&mut self, error: &WsError) -> Result<(), Over> {
        self.end_with(error, close_code::POLICY).await
    }

    async fn end_with(&mut self, error: &WsError, code: u16) -> Result<(), Over> {
        self.send(error.message()).await?;
        self.close(code).await
    }

    async fn close(&mut self, code: u16) -> Result<(), Over> {
        self.send(sockets::close(code, "")).await?;
        Err(Over)
    }

    /// Sends a message, unless another connection takes the session meanwhile.
    async fn send(&mut self, message: Message) -> Result<(), Over> {
        tokio::select! {
            sent = self.socket.send(message) => sent.map_err(|_| Over),
            () = self.session.superseded(self.turn) => Err(Over),
        }
    }
}

impl Times {
    fn ends(&self) -> Timestamp {
        self.opened + Duration::from_secs(LONGEST)
    }

    fn idles(&self) -> Timestamp {
        self.active + Duration::from_secs(IDLE)
    }

    fn next(&self) -> Timestamp {
        self.ends().min(self.idles()).min(self.pings.due())
    }
}

/// Waits for a subscription, for ever if there is none.
async fn happened(tracked: Option<&mut Tracked>, app: &App) -> Happened {
    match tracked {
        Some(tracked) => tracked.happened(app).await,
        None => std::future::pending().await,
    }
}

/// Waits for the end of a pause, for ever if there is none.
async fn ended(pause: &mut Option<Pin<Box<Sleep>>>) {
    match pause {
        Some(pause) => pause.as_mut().await,
        None => std::future::pending().await,
    }
}
