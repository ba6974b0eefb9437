//! Streams, a socket and long polls together, while anything may happen: after each step every client knows what a fresh
//! read tells, and was told nothing that made no difference.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ALICE, BOB, CAROL, EventStream, TestServer, frames::Frames, seconds};

const DAVE: &str = "@dave:example.com";
const ERIN: &str = "@erin:example.com";
const USERS: [&str; 5] = [ALICE, BOB, CAROL, DAVE, ERIN];
const ROOMS: [&str; 2] = ["!lobby:example.com", "!other:example.com"];

/// Whom a client asks for.
#[derive(Clone, Debug, Default)]
struct List {
    everyone: bool,
    users: BTreeSet<&'static str>,
    rooms: BTreeSet<&'static str>,
}

/// What a client knows of users.
#[derive(Debug, Default)]
struct Known(BTreeMap<String, Value>);

impl Known {
    fn show(&mut self, user: &Value) {
        self.0.insert(user["userId"].as_str().expect("an id").to_owned(), user.clone());
    }

    fn change(&mut self, user: &Value) {
        let before = self.0.get(user["userId"].as_str().expect("an id"));
        assert_ne!(before, Some(user), "it makes no difference");
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
            _ => {}
        }
    }

    /// Whether alice's status is that mark.
    fn has(&self, mark: &str) -> bool {
        self.0.get(ALICE).is_some_and(|alice| alice["status"] == mark)
    }
}

/// A server on which anything happens, and what is so.
struct World {
    server: TestServer,
    random: Rng,
    members: BTreeMap<&'static str, BTreeSet<&'static str>>,
    marks: u32,
}

impl World {
    async fn start(seed: u64) -> Self {
        let server = TestServer::start_with(|config| config.limits.stream_pause_milliseconds = 0).await;
        for user in [DAVE, ERIN] {
            server.admin(Method::PUT, &format!("/users/{user}"), Some(json!({}))).await;
        }
        let members = [(ROOMS[0], [ALICE, BOB].into()), (ROOMS[1], BTreeSet::new())].into();
        Self { server, random: Rng::with_seed(seed), members, marks: 0 }
    }

    fn any<T: Copy>(&mut self, all: &[T]) -> T {
        *self.random.choice(all).expect("there is one")
    }

    /// Something happens.
    async fn step(&mut self) {
        let other = self.any(&USERS[1..]);
        match self.random.u8(0..10) {
            0..4 => {
                let state = self.any(&["online", "unavailable", "busy", "offline"]);
                let path = format!("/users/{other}/presence");
                self.server.admin(Method::PUT, &path, Some(json!({"state": state}))).await;
            }
            4..6 => {
                let body = json!({"hidden": self.random.bool(), "override": self.any(&["none", "busy", "invisible"])});
                self.server.admin(Method::PUT, &format!("/users/{other}/settings"), Some(body)).await;
            }
            6..9 => {
                let room = self.any(&ROOMS);
                let members: BTreeSet<_> = USERS.into_iter().filter(|_| self.random.bool()).collect();
                let path = format!("/rooms/{room}/members");
                self.server.admin(Method::PUT, &path, Some(json!({"members": members}))).await;
                self.members.insert(room, members);
            }
            _ => self.server.advance(seconds(self.random.u64(1..400))).await,
        }
    }

    /// Says something that every client is told.
    async fn mark(&mut self) -> String {
        self.marks += 1;
        let text = format!("mark {}", self.marks);
        let call = self.server.call(Method::PUT, "/presenced/v1/users/me/presence").token("demo-alice");
        let said = call.json(&json!({"status": {"text": text}})).send().await;
        assert_eq!(said.status, 200, "{}", said.text);
        text
    }

    /// Whom alice asks for by a list.
    fn asked_for(&self, list: &List) -> BTreeSet<&'static str> {
        let rooms = list.rooms.iter().map(|room| &self.members[room]).filter(|room| room.contains(ALICE));
        let named = list.users.iter().chain(rooms.flatten()).copied();
        if list.everyone { USERS.into() } else { named.collect() }
    }

    /// Who is present of these, as a fresh read by alice tells.
    async fn fresh(&self, users: &BTreeSet<&'static str>) -> BTreeMap<String, Value> {
        let call = self.server.call(Method::POST, "/presenced/v1/presence/query").token("demo-alice");
        let read = call.json(&json!({"users": users})).send().await.json();
        present(read["presence"].as_array().expect("users").iter())
    }

    async fn check(&self, known: &Known, list: &List, who: &str) {
        let asked_for = self.asked_for(list);
        let of_list = known.0.iter().filter(|(user, _)| asked_for.contains(user.as_str()));
        assert_eq!(present(of_list.map(|(_, user)| user)), self.fresh(&asked_for).await, "{who} {list:?}");
    }
}

/// State and status of those who are not offline.
fn present<'a>(users: impl Iterator<Item = &'a Value>) -> BTreeMap<String, Value> {
    let present = users.filter(|user| user["state"] != "offline" || user["userId"] == ALICE);
    present
        .map(|user| {
            (user["userId"].as_str().expect("an id").to_owned(), json!([user["state"], user["status"]]))
        })
        .collect()
}

/// A client with a stream.
struct Stream {
    list: List,
    query: String,
    stream: Option<EventStream>,
    id: Option<String>,
    known: Known,
}

impl Stream {
    fn new(list: List) -> Self {
        let users = list.users.iter().map(|user| format!("users={user}&"));
        let query = users.chain(list.rooms.iter().map(|room| format!("room={room}&"))).collect();
        Self { list, query, stream: None, id: None, known: Known::default() }
    }

    async fn read_to(&mut self, world: &World, mark: &str) {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let last = self.id.as_ref().map(|id| format!("last_event_id={id}")).unwrap_or_default();
                let path = format!("/presenced/v1/changes?snapshot=true&{}{last}", self.query);
                world.server.call(Method::GET, path).token("demo-alice").open().await
            }
        };
        while !self.known.has(mark) {
            let event = stream.event().await;
            self.known.take(&event.name, &event.data);
            self.id = event.id.or(self.id.take());
        }
        self.stream = Some(stream);
    }
}

/// A client with a socket.
#[derive(Default)]
struct Socket {
    list: List,
    frames: Option<Frames>,
    token: String,
    known: Known,
}

impl Socket {
    async fn ask(&mut self, frame: Value) {
        let came = self.frames.as_mut().expect("it is open").ask(frame).await;
        for frame in came {
            assert_ne!(frame["type"], "error", "{frame}");
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

    /// Changes something about it.
    async fn step(&mut self, world: &mut World) {
        let change = match world.random.u8(0..3) {
            0 => List { everyone: true, ..List::default() },
            1 => List { users: [world.any(&USERS[1..])].into(), ..List::default() },
            _ => List { rooms: [world.any(&ROOMS)].into(), ..List::default() },
        };
        match world.random.u8(0..8) {
            0..3 => {
                self.list.everyone |= change.everyone;
                self.list.users.extend(&change.users);
                self.list.rooms.extend(&change.rooms);
                self.ask(Self::frame("watch", &change)).await;
            }
            3..5 => {
                self.list.everyone &= !change.everyone;
                self.list.users.retain(|user| !change.users.contains(user));
                self.list.rooms.retain(|room| !change.rooms.contains(room));
                self.ask(Self::frame("unwatch", &change)).await;
                let asked_for = world.asked_for(&self.list);
                self.known.0.retain(|user, _| asked_for.contains(user.as_str()));
            }
            5 => {
                let token = world.any(&["demo-alice", "demo-alice-2"]);
                self.ask(json!({"type": "token", "token": token})).await;
            }
            6 => self.frames = None,
            _ => {}
        }
    }

    async fn read_to(&mut self, world: &World, mark: &str) {
        if self.frames.is_none() {
            self.frames = Some(Frames::open(&world.server, "demo-alice").await);
            self.list.users.insert(ALICE);
            let mut watch = Self::frame("watch", &self.list);
            if !self.token.is_empty() {
                watch["since"] = json!(self.token);
            }
            self.ask(watch).await;
        }
        while !self.known.has(mark) {
            let frame = self.frames.as_mut().expect("it is open").frame().await;
            self.known.take(frame["type"].as_str().expect("a type"), &frame);
        }
        self.token = self.frames.as_ref().expect("it is open").token.clone();
    }
}

/// What Matrix tells alice since a token, without waiting.
async fn sync(server: &TestServer, since: &mut Option<String>, known: &mut BTreeMap<String, Value>) {
    let query = since.as_ref().map(|since| format!("since={since}&")).unwrap_or_default();
    let path = format!("/_matrix/client/v3/sync?{query}timeout=0&set_presence=offline");
    let told = server.call(Method::GET, path).token("demo-alice").send().await.json();
    for event in told["presence"]["events"].as_array().into_iter().flatten() {
        let user = event["sender"].as_str().expect("an id").to_owned();
        known.insert(user, event["content"]["presence"].clone());
    }
    *since = Some(told["next_batch"].as_str().expect("a token").to_owned());
}

async fn run(seed: u64) {
    let mut world = World::start(seed).await;
    let everyone = List { everyone: true, ..List::default() };
    let named = List { users: [ALICE, BOB, DAVE].into(), ..List::default() };
    let room = List { users: [ALICE].into(), rooms: ROOMS.into(), ..List::default() };
    let mut streams = [everyone, named, room].map(Stream::new);
    let mut socket = Socket::default();
    let (mut since, mut polled) = (None, BTreeMap::new());
    for step in 0..40 {
        world.step().await;
        if socket.frames.is_some() {
            socket.step(&mut world).await;
        }
        let dropped = world.random.usize(0..9);
        if let Some(stream) = streams.get_mut(dropped) {
            stream.stream = None;
        }
        let mark = world.mark().await;
        for stream in &mut streams {
            stream.read_to(&world, &mark).await;
            world.check(&stream.known, &stream.list, &format!("seed {seed} step {step}: a stream")).await;
        }
        socket.read_to(&world, &mark).await;
        world.check(&socket.known, &socket.list, &format!("seed {seed} step {step}: the socket")).await;
        sync(&world.server, &mut since, &mut polled).await;
        for (user, fresh) in world.fresh(&USERS.into()).await {
            // Matrix knows no busy here.
            let state = if fresh[0] == "busy" { json!("unavailable") } else { fresh[0].clone() };
            let known = polled.get(&user).cloned().unwrap_or(json!("offline"));
            assert_eq!(known, state, "seed {seed} step {step}: a long poll, of {user}");
        }
    }
    drop((streams, socket));
    world.server.watched_by(0).await;
}

#[tokio::test]
async fn every_client_knows_what_a_fresh_read_tells() {
    for seed in 0..6 {
        run(seed).await;
    }
}

/// Sockets that are opened and dropped at any moment leave nothing behind.
#[tokio::test]
async fn everything_comes_back() {
    let server = TestServer::start_with(|config| config.limits.connections_per_address = 0).await;
    let mut random = Rng::with_seed(7);
    let mut open: Vec<Frames> = Vec::new();
    for number in 0..600 {
        let token = ["demo-alice", "demo-bob", "demo-carol", "demo-admin"][number % 4];
        let mut socket = Frames::connect(&server, "", Some(token)).await;
        // Some are gone before they are greeted.
        for step in 0..random.u8(0..4) {
            let frame = match step {
                0 => json!({"type": "watch", "everyone": true}),
                1 => json!({"type": "activity"}),
                _ => json!({"type": "unwatch", "everyone": true}),
            };
            socket.send(frame).await;
        }
        open.push(socket);
        if open.len() > 40 {
            open.swap_remove(random.usize(..open.len()));
        }
    }
    drop(open);
    server.watched_by(0).await;
    assert_eq!((server.app.service.watchers(), server.app.service.marks()), (0, 0));
    for user in ["alice", "bob", "carol"] {
        while own_devices(&server, user).await.iter().any(|device| device["connected"] == true) {
            tokio::task::yield_now().await;
        }
    }
    let mut again = Frames::open(&server, "demo-alice").await;
    again.watch(json!({"users": [BOB]})).await;
}

async fn own_devices(server: &TestServer, user: &str) -> Vec<Value> {
    let own = server.call(Method::GET, "/presenced/v1/users/me/presence").token(&format!("demo-{user}"));
    own.send().await.json()["devices"].as_array().cloned().unwrap_or_default()
}
