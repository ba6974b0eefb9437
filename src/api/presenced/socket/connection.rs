//! One connection, from its sign-in to its last frame.

use std::{collections::BTreeSet, fmt::Display, pin::Pin, str::FromStr, time::Duration};

use axum::{
    body::Bytes,
    extract::ws::{Message, WebSocket, close_code},
};
use tokio::time::{Sleep, sleep};

use super::frame::{FrameError, code};
use crate::{
    api::{
        presenced::{
            access::{AccessError, Bearer},
            error::ProblemRefusal,
            extract::{Caller, SocketOpener},
            life::{LifeNews, TokenLife, longest_write},
            snapshots::Snapshots,
            types::{
                ClientFrame, EndReason, PresenceSnapshot, PresenceUpdate, SayPresence, ServerFrame, Unwatch,
                UseToken, UserPresence, UsersGone, Watch,
            },
        },
        sockets::{self, Pings},
    },
    app::App,
    auth::AuthError,
    directory::Scope,
    id::DeviceId,
    limit::{Pace, StreamPermit, TooManyStreams},
    service::{Connection, Speaker, UpdateError, View, WatchList, Watcher},
};

/// How long a client may take to sign in.
const SIGN_IN: Duration = Duration::from_secs(10);

/// How many users one frame has at most.
const MOST_USERS: usize = 256;

/// A socket that is signed in. Dropping it ends the watch and the connection of the device.
struct Session {
    app: App,
    wire: Wire,
    caller: Caller,
    life: TokenLife,
    /// The device that speaks, whatever token continues.
    device: Option<DeviceId>,
    watcher: Watcher,
    /// Whether the device has said something on this socket, which holds while it is open.
    connection: Option<Connection>,
    _permit: StreamPermit,
    pings: Pings,
    /// How fast frames may come.
    pace: Pace,
    /// Runs after something was told: what changes meanwhile goes out together.
    pause: Option<Pin<Box<Sleep>>>,
    /// The resume token that the client has.
    told: u64,
}

/// The socket itself.
struct Wire {
    app: App,
    socket: WebSocket,
}

/// What a session waited for.
enum Event {
    Received(Option<Result<Message, axum::Error>>),
    Changed,
    Paused,
    Life(LifeNews),
    Rang,
}

/// A connection is over.
struct Over;

/// What came of a frame.
type Done = Result<Result<(), FrameError>, Over>;

/// Serves a socket to its end. `device` speaks, unless it is left to the token.
pub(super) async fn open(app: App, socket: WebSocket, opener: SocketOpener, device: Option<DeviceId>) {
    let mut wire = Wire { app: app.clone(), socket };
    let signed_in = match opener.0 {
        Err(AccessError::Auth(AuthError::Missing)) => wire.await_token().await,
        bearer => Ok((bearer, None)),
    };
    let Ok((bearer, id)) = signed_in else { return };
    if let Ok(mut session) = Session::begin(app, wire, bearer, id, device).await {
        while let Ok(()) = session.go_on().await {}
    }
}

impl Wire {
    /// Waits for the first frame, which has to be a token. Says whom that stands for, and the frame's id.
    async fn await_token(&mut self) -> Result<(Result<Bearer, AccessError>, Option<String>), Over> {
        let until = self.app.service.now() + SIGN_IN;
        let app = self.app.clone();
        let text = loop {
            let received = tokio::select! {
                received = self.socket.recv() => received,
                () = app.alarms.until(until) => {
                    return Err(self.end(FrameError::not_signed_in().frame(None), code::TOKEN, "token").await);
                }
                () = app.drained() => return Err(self.close(close_code::AWAY, "stopping").await),
            };
            if let Some(text) = self.text(received).await? {
                break text;
            }
        };
        match ClientFrame::parse(&text) {
            Ok((ClientFrame::Token(UseToken { token }), id)) => {
                let identified = app.auth.known(token.into_bytes()).await;
                Ok((identified.and_then(Bearer::of).map_err(AccessError::from), id))
            }
            Ok((_, id)) => Err(self.end(FrameError::not_signed_in().frame(id), code::TOKEN, "token").await),
            Err(fault) => {
                let Some((id, error)) = FrameError::of_fault(fault) else {
                    return Err(self.close(close_code::INVALID, "no JSON").await);
                };
                Err(self.end(error.frame(id), code::TOKEN, "token").await)
            }
        }
    }

    /// The text of what was received, if it is one.
    async fn text(&mut self, received: Option<Result<Message, axum::Error>>) -> Result<Option<String>, Over> {
        match received {
            Some(Ok(Message::Text(text))) => Ok(Some(text.to_string())),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
            Some(Ok(Message::Binary(_))) => Err(self.close(close_code::UNSUPPORTED, "binary").await),
            Some(Ok(Message::Close(_))) | None => Err(Over),
            Some(Err(error)) => Err(match sockets::fault(error) {
                Some(code) => self.close(code, "").await,
                None => Over,
            }),
        }
    }

    async fn send(&mut self, frame: &ServerFrame) -> Result<(), Over> {
        self.write(frame.message()).await
    }

    /// Writes a message. A client that takes nothing for too long loses the connection; one that took too long is told.
    async fn write(&mut self, message: Message) -> Result<(), Over> {
        let latest = self.app.service.now() + longest_write(&self.app);
        self.socket.send(message).await.map_err(|_| Over)?;
        if self.app.service.now() > latest {
            return Err(self.close(code::SLOW, EndReason::Slow.as_str()).await);
        }
        Ok(())
    }

    /// Says why the connection ends, and ends it.
    async fn end(&mut self, frame: ServerFrame, code: u16, reason: &'static str) -> Over {
        match self.send(&frame).await {
            Ok(()) => self.close(code, reason).await,
            Err(over) => over,
        }
    }

    async fn close(&mut self, code: u16, reason: &'static str) -> Over {
        // The client may be gone; then there is nobody to tell.
        let _sent = self.socket.send(sockets::close(code, reason)).await;
        Over
    }
}

impl Session {
    /// Signs in.
    async fn begin(
        app: App,
        mut wire: Wire,
        bearer: Result<Bearer, AccessError>,
        id: Option<String>,
        device: Option<DeviceId>,
    ) -> Result<Self, Over> {
        let entered = bearer.and_then(|bearer| Ok((Caller::of(bearer.holder)?, bearer.access)));
        let (caller, access) = match entered {
            Ok(entered) => entered,
            Err(error) => {
                return Err(wire.end(FrameError::from(error).frame(id), code::TOKEN, "token").await);
            }
        };
        let permit = match app.stream_limit.open(caller.user()) {
            Ok(permit) => permit,
            Err(error) => {
                let frame = FrameError::of::<TooManyStreams>(error).frame(id);
                return Err(wire.end(frame, code::TOO_MANY, "too many").await);
            }
        };
        let watcher = app.service.watch(caller.eyes(), WatchList::default());
        let mut session = Self {
            life: TokenLife::begin(&app, access),
            device: caller.own_device().map(|own| device.unwrap_or(own)),
            told: watcher.token(),
            pings: Pings::begin(&app),
            pace: pace(&app),
            app,
            wire,
            caller,
            watcher,
            connection: None,
            _permit: permit,
            pause: None,
        };
        session.greet(id).await?;
        Ok(session)
    }

    async fn greet(&mut self, id: Option<String>) -> Result<(), Over> {
        let ready = ServerFrame::Ready {
            user_id: self.caller.user().map(ToString::to_string),
            device_id: self.device.as_ref().map(ToString::to_string),
            scopes: self.caller.scopes().iter().map(Into::into).collect(),
            token: self.told.to_string(),
        };
        self.wire.send(&ready).await?;
        self.answer(id, Ok(())).await
    }

    async fn go_on(&mut self) -> Result<(), Over> {
        match self.next().await {
            Event::Received(received) => {
                self.pings.heard();
                match self.wire.text(received).await? {
                    Some(text) => self.receive(&text).await,
                    None => Ok(()),
                }
            }
            Event::Changed => self.look().await,
            Event::Paused => {
                self.pause = None;
                Ok(())
            }
            Event::Life(LifeNews::Expires(at)) => {
                self.wire.send(&ServerFrame::Expiring { expires_at: at.as_millis() }).await
            }
            Event::Life(LifeNews::Ended(reason)) => {
                let code = if reason == EndReason::Stopping { close_code::AWAY } else { code::TOKEN };
                Err(self.wire.close(code, reason.as_str()).await)
            }
            Event::Rang if self.pings.is_lost(self.app.service.now()) => Err(Over),
            Event::Rang if self.pings.ask(&self.app) => self.wire.write(Message::Ping(Bytes::new())).await,
            Event::Rang => Ok(()),
        }
    }

    async fn next(&mut self) -> Event {
        let Self { app, wire, life, watcher, pings, pause, .. } = self;
        let is_pausing = pause.is_some();
        tokio::select! {
            // An end comes before all else, and an answer that has come before the time for it is over.
            biased;
            news = life.next(app) => Event::Life(news),
            () = watcher.happened(), if !is_pausing => Event::Changed,
            () = ended(pause) => Event::Paused,
            received = wire.socket.recv() => Event::Received(received),
            () = app.alarms.until(pings.due()) => Event::Rang,
        }
    }

    async fn receive(&mut self, text: &str) -> Result<(), Over> {
        if !self.pace.is_kept() {
            let frame = FrameError::from(ProblemRefusal::too_many_frames()).frame(None);
            return Err(self.wire.end(frame, code::TOO_MANY, "too many").await);
        }
        self.require_token().await?;
        let (frame, id) = match ClientFrame::parse(text) {
            Ok(read) => read,
            Err(fault) => {
                let Some((id, error)) = FrameError::of_fault(fault) else {
                    return Err(self.wire.close(close_code::INVALID, "no JSON").await);
                };
                return self.wire.send(&error.frame(id)).await;
            }
        };
        let done = match frame {
            ClientFrame::Watch(watch) => self.watch(watch).await?,
            ClientFrame::Unwatch(unwatch) => self.unwatch(&unwatch),
            ClientFrame::Presence(presence) => self.say(presence).await,
            ClientFrame::Activity(_) => self.be_active().await,
            ClientFrame::Token(UseToken { token }) => self.continue_with(token).await,
        };
        self.answer(id, done).await
    }

    /// Nothing is told or done any more once the token has ended.
    async fn require_token(&mut self) -> Result<(), Over> {
        match self.life.check(&self.app).await {
            Ok(()) => Ok(()),
            Err(reason) => Err(self.wire.close(code::TOKEN, reason.as_str()).await),
        }
    }

    /// Says what came of a frame. Of one without an id it is said only if it failed.
    async fn answer(&mut self, id: Option<String>, done: Result<(), FrameError>) -> Result<(), Over> {
        match (id, done) {
            (id, Err(error)) => self.wire.send(&error.frame(id)).await,
            (Some(id), Ok(())) => self.wire.send(&ServerFrame::Ack { id }).await,
            (None, Ok(())) => Ok(()),
        }
    }

    /// Watches more, and tells how those are.
    async fn watch(&mut self, watch: Watch) -> Done {
        let read = self.read_watch(&watch);
        let (more, since) = match read {
            Ok(read) => read,
            Err(error) => return Ok(Err(error)),
        };
        // What happened so far comes first, so that what is told of those who are added is the newest.
        self.look().await?;
        let added = self.watcher.add(&more);
        if let Some(since) = since
            && self.app.service.has_told(since).await
        {
            let view = self.watcher.since_of(&added, since).await;
            return match view {
                Ok(view) => self.tell(&view).await.map(Ok),
                Err(error) => self.fail(FrameError::of(error)).await,
            };
        }
        let mut first = match since {
            // A token of the future is none of this server's feed; whoever was present by it may be offline by now.
            Some(_) => self.watcher.all_of(&added),
            None => self.watcher.first_of(&added),
        };
        let mut snapshots = Snapshots::default();
        loop {
            let snapshot = match self.watcher.go_on(&mut first).await {
                Ok(Some(part)) => snapshots.push(part),
                Ok(None) => break,
                Err(error) => return self.fail(FrameError::of(error)).await,
            };
            if let Some(snapshot) = snapshot {
                self.require_token().await?;
                self.send_snapshot(snapshot).await?;
            }
        }
        self.require_token().await?;
        self.send_snapshot(snapshots.finish()).await?;
        Ok(Ok(()))
    }

    /// Ends the socket where the store cannot be read: the client comes again, with what it knows.
    async fn fail(&mut self, error: FrameError) -> Done {
        Err(self.wire.end(error.frame(None), close_code::ERROR, "").await)
    }

    fn read_watch(&self, watch: &Watch) -> Result<(WatchList, Option<u64>), FrameError> {
        self.caller.may(Scope::Read)?;
        let more = self.read_list(&watch.users, &watch.rooms, watch.everyone)?;
        let since = watch.since.as_deref().map(|since| {
            since.parse().map_err(|_| ProblemRefusal::invalid("since: is no token that this server gave out"))
        });
        let most = self.app.config.limits.watch_entries;
        if self.watcher.list().with(&more).len() > most {
            return Err(ProblemRefusal::larger_than_allowed(format!(
                "at most {most} users and rooms may be watched"
            ))
            .into());
        }
        Ok((more, since.transpose()?))
    }

    fn read_list(&self, users: &[String], rooms: &[String], everyone: bool) -> Result<WatchList, FrameError> {
        let most = self.app.config.limits.bulk_users;
        if users.len() + rooms.len() > most {
            let detail = format!("users and rooms: at most {most} in one frame");
            return Err(ProblemRefusal::larger_than_allowed(detail).into());
        }
        if users.is_empty() && rooms.is_empty() && !everyone {
            return Err(ProblemRefusal::invalid("users, rooms or everyone has to be there").into());
        }
        Ok(WatchList { everyone, users: ids("users", users)?, rooms: ids("rooms", rooms)? })
    }

    fn unwatch(&mut self, unwatch: &Unwatch) -> Result<(), FrameError> {
        let fewer = self.read_list(&unwatch.users, &unwatch.rooms, unwatch.everyone)?;
        self.watcher.remove(&fewer);
        Ok(())
    }

    /// Says something of the device, or of the user's status.
    async fn say(&mut self, presence: SayPresence) -> Result<(), FrameError> {
        self.caller.speaker()?;
        let device = self.device.clone().ok_or(AccessError::from(AuthError::NoUser))?;
        let saying = PresenceUpdate::from(presence).read(device, self.app.service.now());
        let saying = saying.map_err(ProblemRefusal::invalid)?;
        let turn = self.caller.turn(&self.app)?.ok_or(AccessError::from(AuthError::NoUser))?;
        let service = &self.app.service;
        if self.connection.is_some() {
            service.say(Speaker::User(turn), &saying).await.map_err(FrameError::of)?;
        } else {
            self.connection = service.say_connected(turn, &saying).await.map_err(FrameError::of)?;
        }
        Ok(())
    }

    async fn be_active(&mut self) -> Result<(), FrameError> {
        let user = &self.caller.speaker()?.user;
        let device = self.device.as_ref().ok_or(AccessError::from(AuthError::NoUser))?;
        let service = &self.app.service;
        let done = if self.connection.is_some() {
            service.be_active(user, device).await
        } else {
            service.be_active_connected(user, device).await.map(|connection| self.connection = connection)
        };
        done.map_err(FrameError::of::<UpdateError>)
    }

    /// Continues with another token of the same user.
    async fn continue_with(&mut self, token: String) -> Result<(), FrameError> {
        let identified = self.app.auth.known(token.into_bytes()).await.map_err(AccessError::from)?;
        let Bearer { holder, access, .. } = Bearer::of(identified).map_err(AccessError::from)?;
        let caller = Caller::of(holder).map_err(AccessError::from)?;
        if !caller.is_like(&self.caller) {
            return Err(ProblemRefusal::forbidden(AccessError::AnotherUser).into());
        }
        if !self.watcher.list().is_empty() {
            caller.may(Scope::Read)?;
        }
        if caller.speaker().is_err() {
            // What the device said holds while a socket is open that may say it.
            self.connection = None;
        }
        self.caller = caller;
        self.life = TokenLife::begin(&self.app, access);
        Ok(())
    }

    /// Tells what happened since the last look.
    async fn look(&mut self) -> Result<(), Over> {
        match self.watcher.look().await {
            Ok(view) if view.is_news() => {
                self.require_token().await?;
                self.tell(&view).await?;
                let pause = Duration::from_millis(self.app.config.limits.stream_pause_milliseconds);
                self.pause = Some(Box::pin(sleep(pause)));
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(error) => Err(self.wire.end(FrameError::of(error).frame(None), close_code::ERROR, "").await),
        }
    }

    /// Tells a view. The resume token that goes on after it stands in its last frame alone.
    async fn tell(&mut self, view: &View) -> Result<(), Over> {
        if let Some(UsersGone { users }) = UsersGone::of(&view.gone) {
            self.wire.send(&ServerFrame::Gone { users }).await?;
        }
        if view.is_whole {
            for snapshot in PresenceSnapshot::all(&view.users) {
                self.send_snapshot(snapshot).await?;
            }
            return Ok(());
        }
        let mut parts = view.users.chunks(MOST_USERS).peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                self.told = view.token;
            }
            let users = part.iter().map(|(user, presence)| UserPresence::in_event(user, presence)).collect();
            self.wire.send(&ServerFrame::Presence { users, token: self.told.to_string() }).await?;
        }
        Ok(())
    }

    async fn send_snapshot(
        &mut self,
        PresenceSnapshot { users, more }: PresenceSnapshot,
    ) -> Result<(), Over> {
        if !more {
            self.told = self.watcher.token();
        }
        self.wire.send(&ServerFrame::Snapshot { users, more, token: self.told.to_string() }).await
    }
}

/// How fast frames may come.
fn pace(app: &App) -> Pace {
    let limits = &app.config.limits;
    Pace::new(limits.socket_frames_per_second, limits.socket_frames_burst, app.clock.clone())
}

/// Ids that are named.
fn ids<T: FromStr<Err: Display> + Ord>(name: &str, texts: &[String]) -> Result<BTreeSet<T>, FrameError> {
    let parse = |text: &String| {
        text.parse().map_err(|error| ProblemRefusal::invalid(format!("{name}: {text:?}: {error}")).into())
    };
    texts.iter().map(parse).collect()
}

/// Waits for the end of a pause, for ever if there is none.
async fn ended(pause: &mut Option<Pin<Box<Sleep>>>) {
    match pause {
        Some(pause) => pause.as_mut().await,
        None => std::future::pending().await,
    }
}
