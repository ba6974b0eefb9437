//! Clients, each with what it knows.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};

use super::{List, ROOMS, USERS, Viewer, World};
use crate::support::{
    EventStream,
    frames::{Came, Frames},
    sync::{self, OpenSync},
};

/// What a client knows of users.
#[derive(Debug)]
pub(super) struct Known(pub(super) BTreeMap<String, Value>, Viewer);

impl Known {
    fn of(viewer: Viewer) -> Self {
        Self(BTreeMap::new(), viewer)
    }

    fn show(&mut self, user: &Value) {
        self.0.insert(user["userId"].as_str().expect("an id").to_owned(), user.clone());
    }

    fn change(&mut self, user: &Value) {
        let before = self.0.get(user["userId"].as_str().expect("an id"));
        // An admin is told too of what makes a difference to others alone, such as that a user is hidden.
        assert!(self.1.is_admin || before != Some(user), "it makes no difference: {user}");
        self.show(user);
    }

    /// Takes in a snapshot, an event or a frame of that name.
    fn take(&mut self, name: &str, data: &Value) {
        let users = || data["users"].as_array().expect("users").iter();
        match name {
            "snapshot" => users().for_each(|user| self.show(user)),
            "presence" if data["users"].is_array() => users().for_each(|user| self.change(user)),
            "presence" => self.change(data),
            "gone" => users().for_each(|user| drop(self.0.remove(user.as_str().expect("an id")))),
            "error" | "end" => panic!("{data}"),
            _ => {}
        }
    }

    /// Whether a user's status is that mark.
    fn has(&self, user: &str, mark: &str) -> bool {
        self.0.get(user).is_some_and(|own| own["status"] == mark)
    }
}

/// A client with a stream.
pub(super) struct Stream {
    viewer: Viewer,
    pub(super) list: List,
    pub(super) known: Known,
    query: String,
    opened: Option<EventStream>,
    id: Option<String>,
}

impl Stream {
    pub(super) fn new(viewer: Viewer, list: List) -> Self {
        let users = list.users.iter().map(|user| format!("users={user}&"));
        let query = users.chain(list.rooms.iter().map(|room| format!("room={room}&"))).collect();
        Self { viewer, list, known: Known::of(viewer), query, opened: None, id: None }
    }

    pub(super) fn drop_connection(&mut self) {
        self.opened = None;
    }

    /// Reads until the mark comes, and what came with it, after it connected again if it has to.
    pub(super) async fn read_to(&mut self, world: &World, mark: &str) {
        let mut stream = match self.opened.take() {
            Some(stream) => stream,
            None => self.open(world).await,
        };
        let mut is_whole = true;
        while !is_whole || !self.known.has(self.viewer.user, mark) {
            let event = stream.event().await;
            self.known.take(&event.name, &event.data);
            is_whole = event.id.is_some();
            self.id = event.id.or(self.id.take());
        }
        self.opened = Some(stream);
    }

    async fn open(&self, world: &World) -> EventStream {
        let last = self.id.as_ref().map(|id| format!("last_event_id={id}")).unwrap_or_default();
        let path = format!("/presenced/v1/changes?snapshot=true&{}{last}", self.query);
        world.server.call(Method::GET, path).token(self.viewer.token()).open().await
    }
}

/// A client with a socket.
pub(super) struct Socket {
    viewer: Viewer,
    pub(super) list: List,
    pub(super) known: Known,
    frames: Option<Frames>,
    /// Where it goes on from.
    token: String,
    /// The name of the token that it was opened with, if that can be revoked.
    opened_with: Option<String>,
}

impl Socket {
    pub(super) fn new(viewer: Viewer) -> Self {
        let list = List { users: [viewer.user].into(), ..List::default() };
        Self { viewer, list, known: Known::of(viewer), frames: None, token: String::new(), opened_with: None }
    }

    async fn ask(&mut self, frame: Value) {
        let came = self.frames.as_mut().expect("it is open").ask(frame).await;
        for frame in came {
            self.known.take(frame["type"].as_str().expect("a type"), &frame);
        }
    }

    fn frame(kind: &str, list: &List) -> Value {
        let mut frame = json!({"type": kind, "users": list.users, "rooms": list.rooms});
        if list.everyone {
            frame["everyone"] = json!(true);
        }
        frame
    }

    /// Changes something about it, if it is open.
    pub(super) async fn step(&mut self, world: &mut World) {
        if self.frames.is_none() {
            return;
        }
        let others: Vec<_> = USERS.into_iter().filter(|user| *user != self.viewer.user).collect();
        let change = match world.random.u8(0..3) {
            0 => List { everyone: true, ..List::default() },
            1 => List { users: [world.any(&others)].into(), ..List::default() },
            _ => List { rooms: [world.any(&ROOMS)].into(), ..List::default() },
        };
        match world.random.u8(0..9) {
            0..3 => self.watch(&change).await,
            3..5 => self.unwatch(world, &change).await,
            5 => {
                let token = world.any(&self.viewer.tokens);
                self.ask(json!({"type": "token", "token": token})).await;
                self.opened_with = None;
            }
            6 => self.frames = None,
            7 => self.revoke(world).await,
            _ => {}
        }
    }

    async fn watch(&mut self, more: &List) {
        self.list.everyone |= more.everyone;
        self.list.users.extend(&more.users);
        self.list.rooms.extend(&more.rooms);
        self.ask(Self::frame("watch", more)).await;
    }

    async fn unwatch(&mut self, world: &World, fewer: &List) {
        self.list.everyone &= !fewer.everyone;
        self.list.users.retain(|user| !fewer.users.contains(user));
        self.list.rooms.retain(|room| !fewer.rooms.contains(room));
        self.ask(Self::frame("unwatch", fewer)).await;
        let asked_for = world.asked_for(self.viewer, &self.list);
        self.known.0.retain(|user, _| asked_for.contains(user.as_str()));
    }

    /// Ends the token that it has, and with it the socket.
    async fn revoke(&mut self, world: &World) {
        let (Some(token), Some(frames)) = (self.opened_with.take(), &mut self.frames) else { return };
        let path = format!("/users/{}/tokens/{token}", self.viewer.user);
        assert_eq!(world.server.admin(Method::DELETE, &path, None).await.status, 204);
        loop {
            match frames.next().await {
                Came::Frame(frame) => self.known.take(frame["type"].as_str().expect("a type"), &frame),
                Came::Closed(close) => {
                    assert_eq!(close, Some((4401, "revoked".to_owned())));
                    break;
                }
            }
        }
        self.token.clone_from(&frames.token);
        self.frames = None;
    }

    /// Reads until the mark comes, after it connected again if it has to.
    pub(super) async fn read_to(&mut self, world: &World, mark: &str) {
        if self.frames.is_none() {
            self.open(world).await;
        }
        while !self.known.has(self.viewer.user, mark) {
            let frame = self.frames.as_mut().expect("it is open").frame().await;
            self.known.take(frame["type"].as_str().expect("a type"), &frame);
        }
        self.token.clone_from(&self.frames.as_ref().expect("it is open").token);
    }

    /// Opens it: a user's with a token of its own, which can be revoked.
    async fn open(&mut self, world: &World) {
        let token = if self.viewer.is_admin {
            self.viewer.token().to_owned()
        } else {
            let path = format!("/users/{}/tokens", self.viewer.user);
            let issued =
                world.server.admin(Method::POST, &path, Some(json!({"deviceId": "SOCKET"}))).await.json();
            self.opened_with = issued["info"]["tokenId"].as_str().map(str::to_owned);
            issued["token"].as_str().expect("a token").to_owned()
        };
        self.frames = Some(Frames::open(&world.server, &token).await);
        let mut watch = Self::frame("watch", &self.list);
        if !self.token.is_empty() {
            watch["since"] = json!(self.token);
        }
        self.ask(watch).await;
    }
}

/// A client that polls.
pub(super) struct Poll {
    viewer: Viewer,
    open: Option<OpenSync>,
    states: BTreeMap<String, Value>,
    status: Value,
}

impl Poll {
    pub(super) fn new(viewer: Viewer) -> Self {
        Self { viewer, open: None, states: BTreeMap::new(), status: Value::Null }
    }

    /// Polls until the mark comes. Then the next poll waits.
    pub(super) async fn read_to(&mut self, world: &World, mark: &str) {
        while self.status != mark {
            let answer = match self.open.take() {
                Some(open) => open.answer().await,
                None => sync::sync(&world.server, self.viewer.token(), "set_presence=offline").await,
            };
            let (next, told) = sync::read(&answer);
            for (user, content) in told {
                if user == self.viewer.user {
                    self.status = content["status_msg"].clone();
                }
                self.states.insert(user, content["presence"].clone());
            }
            self.open = Some(world.server.begin_sync(self.viewer.token(), &next, "set_presence=offline"));
        }
    }

    /// What it was told against a fresh read. That somebody is out of sight Matrix does not tell.
    pub(super) async fn check(&self, world: &World, who: &str) {
        let everybody: BTreeSet<_> = USERS.into();
        for (user, fresh) in world.fresh(self.viewer, &everybody).await {
            // Matrix knows no busy here.
            let state = if fresh[0] == "busy" { json!("unavailable") } else { fresh[0].clone() };
            let known = self.states.get(&user).cloned().unwrap_or(json!("offline"));
            assert_eq!(known, state, "{who}, of {user}");
        }
    }
}
