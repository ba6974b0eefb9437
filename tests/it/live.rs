//! The change feed without HTTP, over one server and over two that share a store: whatever happens, a watcher
//! that goes on from its token ends with the picture that a fresh look gives, never sees whom it may not, and
//! is told if and only if its picture changed.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    future::Future as _,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    task::{Context, Wake},
    thread,
    time::Duration,
};

use futures_util::{FutureExt as _, future::join_all};
use presenced::{
    api,
    app::App,
    changes::{Changes, Topic, Watch},
    clock::ManualClock,
    demo,
    directory::Profile,
    id::{DeviceId, NodeId, RoomId, UserId},
    presence::{Audience, Input, Override, Presence, State, Status},
    service::{View, Viewer, WatchList, Watcher},
    store::{EmbeddedStore, Store},
};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::support::{START, SharedStore};

const USERS: [&str; 4] =
    ["@alice:example.com", "@bob:example.com", "@carol:example.com", "@dave:example.com"];
const ROOMS: [&str; 2] = ["!lobby:example.com", "!pair:example.com"];

/// A token that is made while the feed still holds a number is below it, and what has that number may be marked.
#[test]
fn a_move_above_the_token_is_left_for_the_next_look() {
    let changes = Arc::new(Changes::default());
    let watch = changes.watch(None, [Topic::Server]);
    changes.moved(10, Vec::new(), vec![Topic::Server]);
    changes.release(10, |_, _| Vec::new());
    assert!(watch.take(9).moved);
    assert!(!watch.is_quiet());
    assert!(watch.take(10).moved);
    assert!(watch.is_quiet());
}

/// Who is woken has a token that is not below what is marked, and need not look again and again.
#[test]
fn a_watcher_is_woken_once_its_token_has_passed_its_marks() {
    let changes = Arc::new(Changes::default());
    let watch = changes.watch(None, [Topic::Server]);
    let woken = Arc::new(Wakes::default());
    let mut waiting = pin!(watch.happened());
    let waker = woken.clone().into();
    assert!(waiting.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    for number in [10, 11] {
        changes.changed(&user(0), number, Audience::ALL.into_iter().collect());
    }
    changes.release(11, |_, _| {
        assert_eq!(woken.0.load(Ordering::SeqCst), 0);
        vec![Topic::Server]
    });
    assert_eq!(woken.0.load(Ordering::SeqCst), 1);
    assert_eq!(watch.take(changes.token(11)).users, [(user(0), 11)].into());
}

/// Who begins to watch while marks are made is not marked by those, but begins after them.
#[test]
fn a_watch_that_begins_while_marks_are_made_misses_none() {
    let changes = Arc::new(Changes::default());
    let _earlier = changes.watch(None, [Topic::Server]);
    changes.changed(&user(0), 10, Audience::ALL.into_iter().collect());
    changes.changed(&user(1), 11, Audience::ALL.into_iter().collect());
    let (begun, has_begun) = mpsc::channel();
    let (asked, beginning) = (Cell::new(0), Cell::new(None));
    changes.release(11, |_, _| {
        asked.set(asked.get() + 1);
        // The watchers of the first are known when it comes to the second.
        if asked.get() == 2 {
            let (changes, begun) = (changes.clone(), begun.clone());
            beginning.set(Some(thread::spawn(move || {
                let watch = changes.watch(None, [Topic::Server]);
                let token = changes.token(11);
                let _told = begun.send(());
                (watch, token)
            })));
            let _in_time = has_begun.recv_timeout(Duration::from_millis(50));
        }
        vec![Topic::Server]
    });
    let (watch, token) = beginning.into_inner().expect("it begins").join().expect("no panic");
    assert!(token >= 11 || watch.take(11).users.contains_key(&user(0)), "it begins after {token}");
}

/// Many watchers are woken by the runtimes that they wait on, and those that wait on none at once.
#[test]
fn however_many_there_are_each_is_woken_where_it_waits() {
    const ON_EACH: usize = 200;
    let changes = Arc::new(Changes::default());
    let on_none: Vec<_> = (0..ON_EACH).map(|_| changes.watch(None, [Topic::Server])).collect();
    let (begun, has_begun) = mpsc::channel();
    let runtimes: Vec<_> = (0..2)
        .map(|_| {
            let (changes, begun) = (changes.clone(), begun.clone());
            thread::spawn(move || {
                run(async {
                    let watches: Vec<_> =
                        (0..ON_EACH).map(|_| changes.watch(None, [Topic::Server])).collect();
                    begun.send(()).expect("it is waited for");
                    join_all(watches.iter().map(Watch::happened)).await;
                });
            })
        })
        .collect();
    for _ in &runtimes {
        has_begun.recv().expect("both watch");
    }
    changes.changed(&user(0), 10, Audience::ALL.into_iter().collect());
    changes.release(10, |_, _| vec![Topic::Server]);
    for runtime in runtimes {
        runtime.join().expect("each of its watchers is woken");
    }
    assert!(on_none.iter().all(|watch| watch.happened().now_or_never().is_some()));
}

/// Counts how often it is woken.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// Something happens to a user.
    Input(usize, Input),
    /// A room gets other members.
    Members(usize, Vec<usize>),
    /// A user asks another to be seen, or drops them again.
    List { observer: usize, user: usize, drop: bool },
    /// A user answers an observer.
    Answer { user: usize, observer: usize, accept: bool },
    /// Time passes, and watchers are told what it brought.
    Pass(u64),
    /// Time passes, and the next reminder is late.
    PassUntold(u64),
    /// A watcher goes on from its token.
    Look(usize),
    /// A watcher's connection breaks; it goes on from its token on another.
    Reconnect(usize),
}

fn input() -> impl Strategy<Value = Input> {
    let device =
        || select(vec!["phone", "desk"]).prop_map(|name| name.parse::<DeviceId>().expect("a device id"));
    let state = || select(vec![State::Offline, State::Unavailable, State::Online, State::Busy]);
    let connected = || select(vec![State::Unavailable, State::Online]);
    let overridden = select(vec![Override::None, Override::Busy, Override::Invisible { since: START }]);
    prop_oneof![
        4 => (device(), state()).prop_map(|(device, state)| Input::Claim { device, state }),
        3 => (device(), connected()).prop_map(|(device, state)| Input::Connect { device, node: NodeId::LOCAL, state }),
        3 => device().prop_map(|device| Input::Disconnect { device, node: NodeId::LOCAL }),
        2 => "[a-c]{0,1}".prop_map(|text| Input::Status(Status::lasting(&text))),
        1 => overridden.prop_map(Input::Override),
        1 => any::<bool>().prop_map(Input::Hidden),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let user = || 0..USERS.len();
    let time = || select(vec![0, 1, 29_999, 30_000, 60_000, 300_000, 900_000, 3_600_000]);
    prop_oneof![
        6 => (user(), input()).prop_map(|(user, input)| Step::Input(user, input)),
        1 => (0..ROOMS.len(), vec(user(), 0..4)).prop_map(|(room, members)| Step::Members(room, members)),
        2 => (user(), user(), any::<bool>()).prop_map(|(observer, user, drop)| Step::List { observer, user, drop }),
        2 => (user(), user(), prop::bool::weighted(0.8))
            .prop_map(|(user, observer, accept)| Step::Answer { user, observer, accept }),
        2 => time().prop_map(Step::Pass),
        1 => time().prop_map(Step::PassUntold),
        4 => user().prop_map(Step::Look),
        1 => user().prop_map(Step::Reconnect),
    ]
}

/// One watcher per user: the connection, the token that it got last, and what it was shown so far.
struct Follower {
    viewer: UserId,
    watcher: Watcher,
    token: Option<u64>,
    shown: BTreeMap<UserId, Presence>,
}

struct World {
    /// Servers on one store. Each step happens on the next.
    servers: Vec<App>,
    turn: usize,
    clock: Arc<ManualClock>,
    followers: Vec<Follower>,
}

fn user(number: usize) -> UserId {
    USERS[number].parse().expect("a user id")
}

fn room(number: usize) -> RoomId {
    ROOMS[number].parse().expect("a room id")
}

impl World {
    /// One server, as most are.
    async fn new() -> Self {
        Self::over(vec![Box::new(EmbeddedStore::in_memory())]).await
    }

    /// Two servers on one store.
    async fn shared() -> Self {
        let store = SharedStore::default();
        Self::over(vec![Box::new(store.clone()), Box::new(store)]).await
    }

    async fn over(stores: Vec<Box<dyn Store>>) -> Self {
        let clock = Arc::new(ManualClock::at(START));
        let mut servers = Vec::new();
        for store in stores {
            let config = demo::config(&api::config_reader());
            servers.push(App::open(config, store, clock.clone()).await.expect("an empty store opens"));
        }
        demo::furnish(&servers[0].directory, START).await.expect("an empty directory");
        servers[0].directory.put_user(&user(3), Profile::default(), START).await.expect("dave is new");
        let follower = |number| Follower {
            viewer: user(number),
            watcher: servers[number % servers.len()]
                .service
                .watch(Viewer::User(&user(number)), WatchList::everyone()),
            token: None,
            shown: BTreeMap::new(),
        };
        let followers = (0..USERS.len()).map(follower).collect();
        Self { servers, turn: 0, clock, followers }
    }

    /// The server whose turn it is.
    fn server(&mut self) -> App {
        self.turn += 1;
        self.servers[self.turn % self.servers.len()].clone()
    }

    async fn tick(&self) {
        for server in &self.servers {
            server.service.tick().await;
        }
    }

    async fn take(&mut self, step: &Step) {
        let server = self.server();
        match step {
            Step::Input(number, input) => {
                server
                    .service
                    .update(&user(*number), std::slice::from_ref(input))
                    .await
                    .expect("it is taken");
            }
            Step::Members(number, members) => {
                let members: BTreeSet<UserId> = members.iter().map(|member| user(*member)).collect();
                server.directory.set_members(&room(*number), members).await.expect("all are known");
            }
            Step::List { observer, user: other, drop } => {
                let (observer, other) = (user(*observer), [user(*other)]);
                let (invite, drop): (&[UserId], &[UserId]) =
                    if *drop { (&[], &other) } else { (&other, &[]) };
                let turn = server.service.turn(&observer).expect("there is no limit");
                server
                    .service
                    .change_list(turn, invite.to_vec(), drop.to_vec())
                    .await
                    .expect("the observer is known");
            }
            Step::Answer { user: asked, observer, accept: true } => {
                server
                    .service
                    .accept_observer(&user(*asked), &user(*observer))
                    .await
                    .expect("the store takes it");
            }
            Step::Answer { user: asked, observer, accept: false } => {
                server
                    .service
                    .deny_observer(&user(*asked), &user(*observer))
                    .await
                    .expect("the store takes it");
            }
            Step::Pass(millis) => {
                self.clock.advance(Duration::from_millis(*millis));
                self.tick().await;
            }
            Step::PassUntold(millis) => self.clock.advance(Duration::from_millis(*millis)),
            Step::Look(number) => self.look(*number).await,
            Step::Reconnect(number) => {
                let follower = &mut self.followers[*number];
                follower.watcher =
                    server.service.watch(Viewer::User(&follower.viewer), WatchList::everyone());
            }
        }
    }

    async fn look(&mut self, number: usize) {
        let follower = &mut self.followers[number];
        let picture = match follower.token {
            Some(token) => follower.watcher.since(token).await,
            None => follower.watcher.all_users().await,
        };
        let View { token, users, .. } = picture.expect("the store reads");
        assert!(follower.token.is_none_or(|before| before <= token), "tokens only go up");
        for (user, presence) in users {
            let (viewer, directory) = (&follower.viewer, &self.servers[0].directory);
            let may_see =
                user == *viewer || directory.share_room(viewer, &user) || directory.observes(viewer, &user);
            assert!(may_see, "{} was shown {user}", follower.viewer);
            follower.shown.insert(user, presence);
        }
        follower.token = Some(token);
    }

    /// What each follower was shown against a fresh look.
    async fn check(&mut self) {
        // A reminder may be late by a part of a tick, which is over at the next quarter of a second.
        let over = 250 - self.servers[0].service.now().as_millis() % 250;
        self.take(&Step::Pass(over)).await;
        for number in 0..self.followers.len() {
            self.look(number).await;
            let follower = &mut self.followers[number];
            let fresh = follower.watcher.all_users().await.expect("the store reads");
            for (user, presence) in fresh.users {
                let shown = follower.shown.get(&user).unwrap_or_else(|| panic!("{user} was never shown"));
                assert!(
                    shown.looks_like(&presence),
                    "{} of {user}: {shown:?}, not {presence:?}",
                    follower.viewer
                );
            }
            let again =
                follower.watcher.since(follower.token.expect("it looked")).await.expect("the store reads");
            assert!(again.users.is_empty(), "without news there is nothing to tell");
        }
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_watcher_ends_with_the_true_picture(steps in vec(step(), 0..60)) {
        run(async {
            let mut world = World::new().await;
            for step in &steps {
                world.take(step).await;
            }
            world.check().await;
        });
    }

    #[test]
    fn every_watcher_of_either_server_ends_with_the_true_picture(steps in vec(step(), 0..60)) {
        run(async {
            let mut world = World::shared().await;
            for step in &steps {
                world.take(step).await;
            }
            world.check().await;
        });
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_watcher_is_told_if_and_only_if_its_picture_changed(steps in vec(step(), 0..40)) {
        run(async {
            for mut world in [World::new().await, World::shared().await] {
                let mut before = world.pictures().await;
                for step in &steps {
                    // Reminders are in time, and each watcher looks after each step.
                    let step = match step {
                        Step::PassUntold(millis) => &Step::Pass(*millis),
                        Step::Look(_) | Step::Reconnect(_) => continue,
                        step => step,
                    };
                    world.take(step).await;
                    world.take(&Step::Pass(250 - world.servers[0].service.now().as_millis() % 250)).await;
                    let after = world.pictures().await;
                    for number in 0..world.followers.len() {
                        let told = world.told(number);
                        let differing = differences(&before[number], &after[number]);
                        assert_eq!(told, differing, "{} after {step:?}", USERS[number]);
                    }
                    before = after;
                }
            }
        });
    }
}

/// What a viewer sees of whom.
type Seen = BTreeMap<UserId, Presence>;

/// Of whom a viewer sees something else, or something at all for the first time.
fn differences(before: &Seen, after: &Seen) -> BTreeSet<UserId> {
    let window = Duration::from_secs(60);
    let differs = |(user, now): &(&UserId, &Presence)| {
        before.get(*user).is_none_or(|then| {
            !then.looks_like(now) || now.last_active > then.last_active.map(|at| at + window)
        })
    };
    after.iter().filter(differs).map(|(user, _)| user.clone()).collect()
}

impl World {
    /// What each follower would see, asked afresh.
    async fn pictures(&self) -> Vec<Seen> {
        let mut pictures = Vec::new();
        for viewer in 0..USERS.len() {
            let mut seen = Seen::new();
            for other in 0..USERS.len() {
                let (service, now) = (&self.servers[0].service, self.servers[0].service.now());
                if let Ok(presence) = service.get(Viewer::User(&user(viewer)), &user(other), now).await {
                    seen.insert(user(other), presence);
                }
            }
            pictures.push(seen);
        }
        pictures
    }

    /// Of whom a follower is told without waiting.
    fn told(&mut self, number: usize) -> BTreeSet<UserId> {
        let mut told = BTreeSet::new();
        // A wait that does not end at once is given up.
        while let Some(picture) = self.followers[number].watcher.next().now_or_never() {
            told.extend(picture.expect("the store reads").users.into_iter().map(|(user, _)| user));
        }
        told
    }
}

#[test]
fn a_user_who_flips_is_one_piece_of_news() {
    run(async {
        let mut world = World::new().await;
        let watcher = &mut world.followers[0].watcher;
        let start = world.servers[0].service.token();
        let device: DeviceId = "phone".parse().expect("a device id");
        for number in 0..1_000 {
            let state = if number % 2 == 0 { State::Online } else { State::Unavailable };
            let input = Input::Claim { device: device.clone(), state };
            world.servers[0].service.update(&user(1), &[input]).await.expect("it is taken");
        }
        let picture = watcher.since(start).await.expect("the store reads");
        let told: Vec<_> =
            picture.users.iter().map(|(user, presence)| (user.as_str(), presence.state)).collect();
        assert_eq!(told, [(USERS[1], State::Unavailable)]);
    });
}

#[test]
fn two_thousand_watchers_come_and_go_and_leave_nothing() {
    run(async {
        let world = World::new().await;
        let before = world.servers[0].service.watchers();
        for round in 0..3 {
            let mut storm: Vec<Watcher> = (0..2_000)
                .map(|_| world.servers[0].service.watch(Viewer::User(&user(0)), WatchList::everyone()))
                .collect();
            assert_eq!(world.servers[0].service.watchers(), before + 2_000);
            let status = Input::Status(Status::lasting(&round.to_string()));
            world.servers[0].service.update(&user(1), &[status]).await.expect("it is taken");
            for watcher in &mut storm {
                assert_eq!(watcher.next().await.expect("the store reads").users.len(), 1);
            }
        }
        assert_eq!(world.servers[0].service.watchers(), before);
    });
}

#[test]
fn a_late_transition_that_is_undone_is_news_to_who_saw_it() {
    run(async {
        let mut world = World::new().await;
        let claim = |name: &str, state| {
            Step::Input(0, Input::Claim { device: name.parse().expect("a device id"), state })
        };
        // Alice's activity ends before anybody is told of it; carol joins and sees that; then alice's other
        // device makes her active again.
        for step in [
            claim("desk", State::Online),
            Step::PassUntold(60_000),
            Step::Members(0, vec![0, 2]),
            Step::Look(2),
            claim("phone", State::Offline),
        ] {
            world.take(&step).await;
        }
        world.check().await;
    });
}
