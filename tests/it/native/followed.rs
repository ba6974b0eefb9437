//! Streams, sockets and long polls together, while anything may happen: after each step every client knows what a fresh
//! read tells, and was told nothing that made no difference, nor anything of whom it may not see.

mod clients;
mod crowds;

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
};

use fastrand::Rng;
use reqwest::Method;
use serde_json::{Value, json};

use self::clients::{Poll, Socket, Stream};
use crate::support::{ALICE, BOB, CAROL, TestServer, seconds};

const DAVE: &str = "@dave:example.com";
const ERIN: &str = "@erin:example.com";
const USERS: [&str; 5] = [ALICE, BOB, CAROL, DAVE, ERIN];
const ROOMS: [&str; 2] = ["!lobby:example.com", "!other:example.com"];

/// How many steps one case has.
const STEPS: usize = 25;

/// How many cases there are: `PRESENCED_TEST_ROUNDS`.
fn rounds(usual: u64) -> u64 {
    env::var("PRESENCED_TEST_ROUNDS").map_or(usual, |text| text.parse().expect("a number"))
}

/// Who looks: alice, who is in most rooms, carol, who is in few, and the admin, who sees all.
#[derive(Clone, Copy, Debug)]
struct Viewer {
    /// Whose status has the marks: the viewer's own, or for the admin that of somebody.
    user: &'static str,
    tokens: [&'static str; 2],
    is_admin: bool,
}

const VIEWERS: [Viewer; 3] = [
    Viewer { user: ALICE, tokens: ["demo-alice", "demo-alice-2"], is_admin: false },
    Viewer { user: CAROL, tokens: ["demo-carol", "demo-carol"], is_admin: false },
    Viewer { user: ALICE, tokens: ["demo-admin", "demo-admin"], is_admin: true },
];

impl Viewer {
    fn token(&self) -> &'static str {
        self.tokens[0]
    }

    /// Whether the viewer may watch a room with these members.
    fn may_watch(&self, members: &BTreeSet<&'static str>) -> bool {
        self.is_admin || members.contains(self.user)
    }
}

/// Whom a client asks for.
#[derive(Clone, Debug, Default)]
struct List {
    everyone: bool,
    users: BTreeSet<&'static str>,
    rooms: BTreeSet<&'static str>,
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
        let server = TestServer::start_with(|config| {
            config.limits.stream_pause_milliseconds = 0;
            // Time jumps, and nobody is lost by that.
            config.limits.stream_heartbeat_seconds = 10_000_000;
            config.limits.stream_write_seconds = 10_000_000;
        })
        .await;
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
        let other = self.any(&[BOB, DAVE, ERIN]);
        match self.random.u8(0..10) {
            0..4 => {
                let state = self.any(&["online", "unavailable", "busy", "offline"]);
                let path = format!("/users/{other}/presence");
                self.server.admin(Method::PUT, &path, Some(json!({"state": state}))).await;
            }
            4..6 => {
                let over = self.any(&["none", "busy", "invisible"]);
                let body = json!({"hidden": self.random.bool(), "override": over});
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

    /// Has a viewer say something, of which all of their clients are told after all that happened before.
    async fn mark(&mut self, viewer: Viewer) -> String {
        self.marks += 1;
        let text = format!("mark {}", self.marks);
        let path = format!("/presenced/v1/users/{}/presence", viewer.user);
        let call = self.server.call(Method::PUT, path).token(viewer.token());
        // Whoever is not there is in no picture of everybody.
        let said = call.json(&json!({"state": "online", "status": {"text": text}})).send().await;
        assert_eq!(said.status, 200, "{}", said.text);
        text
    }

    /// Whom a viewer asks for by a list.
    fn asked_for(&self, viewer: Viewer, list: &List) -> BTreeSet<&'static str> {
        let rooms = list.rooms.iter().map(|room| &self.members[room]);
        let named = list.users.iter().chain(rooms.filter(|room| viewer.may_watch(room)).flatten());
        if list.everyone { USERS.into() } else { named.copied().collect() }
    }

    /// What a fresh read by a viewer tells of these.
    async fn fresh(&self, viewer: Viewer, users: &BTreeSet<&'static str>) -> Seen {
        let call = self.server.call(Method::POST, "/presenced/v1/presence/query").token(viewer.token());
        let read = call.json(&json!({"users": users})).send().await.json();
        seen(read["presence"].as_array().expect("users").iter())
    }

    /// What a client knows against a fresh read. Whom it does not know and did not ask for by name is offline.
    async fn check(&self, viewer: Viewer, list: &List, known: &BTreeMap<String, Value>, who: &str) {
        let asked_for = self.asked_for(viewer, list);
        let fresh = self.fresh(viewer, &asked_for).await;
        let known =
            seen(known.values().filter(|user| asked_for.contains(user["userId"].as_str().expect("an id"))));
        for (user, shown) in &known {
            assert_eq!(fresh.get(user), Some(shown), "{who} of {}: {user} by {list:?}", viewer.token());
        }
        for (user, there) in &fresh {
            let is_unknown = !known.contains_key(user);
            assert!(
                !is_unknown || there[0] == "offline",
                "{who} of {}: not {user} {there} by {list:?}",
                viewer.token()
            );
        }
    }
}

/// State and status of users.
type Seen = BTreeMap<String, Value>;

fn seen<'a>(users: impl Iterator<Item = &'a Value>) -> Seen {
    users
        .map(|user| {
            (user["userId"].as_str().expect("an id").to_owned(), json!([user["state"], user["status"]]))
        })
        .collect()
}

/// All clients of a viewer.
struct Clients {
    streams: [Stream; 3],
    socket: Socket,
    /// Matrix knows no admins.
    poll: Option<Poll>,
}

impl Clients {
    fn new(viewer: Viewer) -> Self {
        let everyone = List { everyone: true, ..List::default() };
        let named = List { users: [viewer.user, BOB, DAVE].into(), ..List::default() };
        let rooms = List { users: [viewer.user].into(), rooms: ROOMS.into(), ..List::default() };
        let streams = [everyone, named, rooms].map(|list| Stream::new(viewer, list));
        let poll = (!viewer.is_admin).then(|| Poll::new(viewer));
        Self { streams, socket: Socket::new(viewer), poll }
    }

    /// Has all of them read, and looks at what they know then.
    async fn check(&mut self, world: &mut World, viewer: Viewer, when: &str) {
        let mark = world.mark(viewer).await;
        for stream in &mut self.streams {
            stream.read_to(world, &mark).await;
            world.check(viewer, &stream.list, &stream.known.0, &format!("{when}: a stream")).await;
        }
        self.socket.read_to(world, &mark).await;
        world.check(viewer, &self.socket.list, &self.socket.known.0, &format!("{when}: the socket")).await;
        if let Some(poll) = &mut self.poll {
            poll.read_to(world, &mark).await;
            poll.check(world, &format!("{when}: the long poll of {}", viewer.user)).await;
        }
    }
}

async fn run(seed: u64) {
    let mut world = World::start(seed).await;
    let mut clients = VIEWERS.map(Clients::new);
    for step in 0..STEPS {
        world.step().await;
        for Clients { streams, socket, .. } in &mut clients {
            socket.step(&mut world).await;
            let dropped = world.random.usize(0..2 * streams.len());
            if let Some(stream) = streams.get_mut(dropped) {
                stream.drop_connection();
            }
        }
        for (viewer, clients) in VIEWERS.into_iter().zip(&mut clients) {
            clients.check(&mut world, viewer, &format!("seed {seed} step {step}")).await;
        }
    }
    drop(clients);
    world.server.watched_by(0).await;
}

#[tokio::test]
async fn every_client_knows_what_a_fresh_read_tells() {
    let day: u64 = env::var("PRESENCED_TEST_SEED").map_or(0, |text| text.parse().expect("a number"));
    for seed in 0..rounds(2) {
        run(day + seed).await;
    }
}
