//! How many members of a room are in which state: always what a walk over the room would find, whatever happened
//! since it was counted last.

use std::{sync::Arc, time::Duration};

use presenced::{
    app::App,
    clock::{Clock as _, ManualClock},
    config::Config,
    directory::Profile,
    id::{RoomId, UserId},
    presence::{Input, Override, State, Timestamp},
    service::{Counts, ReadError, RoomPresence, RoomQuery, Viewer},
    store::EmbeddedStore,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::{
    presence::{active, claim, connect, device, disconnect, end, say},
    support::{START, SharedStore},
};

const USERS: usize = 6;

/// Something that happens to a room or its members.
#[derive(Clone, Debug)]
enum Event {
    Input(usize, Input),
    Join(usize),
    Leave(usize),
    Remove(usize),
    /// Time passes, and whoever watches is told of it or not.
    Wait(u64, bool),
    /// The clock is set back.
    Back(u64),
    Count,
}

fn user(number: usize) -> UserId {
    format!("@user{number}:example.com").parse().expect("a user id")
}

fn room() -> RoomId {
    "!room:example.com".parse().expect("a room id")
}

fn input() -> impl Strategy<Value = Input> {
    let name = || select(vec!["phone", "desk"]);
    let state = || select(vec![State::Offline, State::Unavailable, State::Online, State::Busy]);
    let lease = option::of(select(vec![1, 30, 400]).prop_map(Duration::from_secs));
    let overridden = select(vec![Override::None, Override::Busy, Override::Invisible { since: START }]);
    prop_oneof![
        3 => (name(), state()).prop_map(|(name, state)| claim(name, state)),
        3 => (name(), state(), lease).prop_map(|(name, state, lease)| say(name, state, lease)),
        2 => (name(), state()).prop_map(|(name, state)| connect(name, state)),
        2 => name().prop_map(disconnect),
        1 => name().prop_map(end),
        1 => name().prop_map(active),
        1 => name().prop_map(|name| Input::LogOut { device: device(name) }),
        1 => overridden.prop_map(Input::Override),
        1 => any::<bool>().prop_map(Input::Hidden),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let wait = || select(vec![1, 999, 1_000, 29_999, 30_000, 60_000, 299_999, 300_000, 900_000, 3_600_000]);
    prop_oneof![
        8 => (0..USERS, input()).prop_map(|(user, input)| Event::Input(user, input)),
        2 => (0..USERS).prop_map(Event::Join),
        1 => (0..USERS).prop_map(Event::Leave),
        1 => (0..USERS).prop_map(Event::Remove),
        4 => (wait(), any::<bool>()).prop_map(|(wait, is_told)| Event::Wait(wait, is_told)),
        1 => wait().prop_map(Event::Back),
        4 => Just(Event::Count),
    ]
}

/// Servers on one store, with one clock.
struct World {
    clock: Arc<ManualClock>,
    apps: Vec<App>,
}

impl World {
    async fn new() -> Self {
        Self::on(vec![Box::new(EmbeddedStore::in_memory())]).await
    }

    async fn on(stores: Vec<Box<dyn presenced::store::Store>>) -> Self {
        let clock = Arc::new(ManualClock::at(START));
        let mut apps = Vec::new();
        for store in stores {
            apps.push(App::open(Config::default(), store, clock.clone()).await.expect("it opens"));
        }
        let world = Self { clock, apps };
        for number in 0..USERS {
            world.add(number).await;
        }
        world
    }

    async fn add(&self, number: usize) {
        let directory = &self.apps[0].directory;
        directory.put_user(&user(number), Profile::default(), START).await.expect("it is added");
        directory.join(&room(), &user(number), 100).await.expect("it joins");
    }

    async fn happen(&self, event: &Event) {
        let (app, other) = (&self.apps[0], self.apps.last().expect("a server"));
        match event {
            Event::Input(number, input) => {
                drop(app.service.update(&user(*number), std::slice::from_ref(input)).await);
            }
            Event::Join(number) => self.add(*number).await,
            Event::Leave(number) => drop(app.directory.leave(&room(), &user(*number)).await),
            Event::Remove(number) => drop(app.service.remove_user(&user(*number)).await),
            Event::Wait(millis, is_told) => {
                self.clock.advance(Duration::from_millis(*millis));
                if *is_told {
                    app.tick().await;
                }
            }
            Event::Back(millis) => {
                self.clock.set(Timestamp::from_millis(self.clock.now().as_millis() - millis));
                app.tick().await;
            }
            Event::Count => drop(page(other, 1).await),
        }
    }

    /// How many there are in each state, by a walk over the room.
    async fn walk(&self) -> Counts {
        let app = &self.apps[0];
        let mut counts = Counts::default();
        for member in app.directory.members(&room()) {
            let answer = app.service.get(Viewer::Admin, &member, app.service.now()).await;
            let hidden = app.service.settings(&member).await.is_ok_and(|settings| settings.hidden);
            match answer {
                Err(ReadError::UnknownUser) => panic!("a member is a user"),
                Ok(presence) if !hidden => {
                    *match presence.state {
                        State::Online => &mut counts.online,
                        State::Busy => &mut counts.busy,
                        State::Unavailable => &mut counts.unavailable,
                        State::Offline => &mut counts.offline,
                    } += 1;
                }
                _ => {}
            }
        }
        counts
    }
}

async fn page(app: &App, limit: usize) -> Option<RoomPresence> {
    let query = RoomQuery { states: Vec::new(), after: None, limit };
    app.service.room(Viewer::Admin, &room(), &query).await.expect("the store reads")
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counts_are_those_of_a_walk(events in vec(event(), 1..60)) {
        runtime().block_on(async {
            let world = World::new().await;
            for event in &events {
                world.happen(event).await;
                if matches!(event, Event::Count) {
                    let counts = page(&world.apps[0], 1).await.map(|page| page.counts).unwrap_or_default();
                    prop_assert_eq!(counts, world.walk().await);
                }
            }
            let counts = page(&world.apps[0], 1).await.map(|page| page.counts).unwrap_or_default();
            prop_assert_eq!(counts, world.walk().await);
            Ok(())
        })?;
    }

    /// A page with states has those in these states, as one with all of them shows them, and each once.
    #[test]
    fn pages_are_parts_of_the_whole(
        events in vec(event(), 1..40),
        states in vec(select(vec![State::Offline, State::Unavailable, State::Online, State::Busy]), 0..3),
        limit in 1_usize..4,
        own in option::of(0..USERS),
    ) {
        runtime().block_on(async {
            let world = World::new().await;
            for event in &events {
                world.happen(event).await;
            }
            let app = &world.apps[0];
            let own = own.map(user).filter(|own| app.directory.is_member(&room(), own));
            let viewer = own.as_ref().map_or(Viewer::Admin, Viewer::User);
            let mut expected = Vec::new();
            for member in app.directory.members(&room()) {
                if let Ok(presence) = app.service.get(viewer, &member, app.service.now()).await
                    && (states.is_empty() || states.contains(&presence.state))
                {
                    expected.push((member, presence));
                }
            }
            let (mut shown, mut after) = (Vec::new(), None);
            loop {
                let query = RoomQuery { states: states.clone(), after, limit };
                let page = app.service.room(viewer, &room(), &query).await.expect("the store reads");
                let Some(page) = page else { break };
                prop_assert!(page.users.len() <= limit);
                after = page.users.last().map(|(user, _)| user.as_str().to_owned());
                shown.extend(page.users.into_iter().map(|(user, seen)| (user, seen.presence)));
                if !page.more {
                    break;
                }
            }
            prop_assert_eq!(shown, expected);
            Ok(())
        })?;
    }
}

/// What one server is told, the other one counts.
#[tokio::test]
async fn another_server_counts_too() {
    let store = SharedStore::default();
    let world = World::on(vec![Box::new(store.clone()), Box::new(store)]).await;
    let there = async || page(&world.apps[1], 1).await.expect("a room").counts;
    assert_eq!(there().await, Counts { offline: USERS, ..Counts::default() });
    world.happen(&Event::Input(0, claim("phone", State::Busy))).await;
    world.happen(&Event::Leave(1)).await;
    assert_eq!(there().await, Counts { busy: 1, offline: USERS - 2, ..Counts::default() });
    world.happen(&Event::Wait(3_600_000, false)).await;
    assert_eq!(there().await, Counts { offline: USERS - 1, ..Counts::default() });
}
