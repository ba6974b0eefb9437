//! The machine's clock, right and wrong, and what becomes of presence with it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use presenced::{
    app::App,
    clock::{Clock as _, Hands, ManualClock, SystemClock},
    config::Config,
    directory::Profile,
    id::UserId,
    presence::{Input, State, Timestamp},
    service::Viewer,
    store::EmbeddedStore,
};

use crate::support::{ALICE, START, minutes, seconds};

/// Clocks that stand still until they are set: the monotonic one and the wall clock.
#[derive(Clone, Debug)]
struct Set(Arc<Mutex<[Duration; 2]>>);

impl Set {
    fn at(monotonic: Duration, wall: Duration) -> Self {
        Self(Arc::new(Mutex::new([monotonic, wall])))
    }

    /// Lets time pass.
    fn pass(&self, by: Duration) {
        self.0.lock().expect("no test has panicked").iter_mut().for_each(|clock| *clock += by);
    }

    /// Sets the wall clock.
    fn set(&self, change: impl FnOnce(Duration) -> Duration) {
        let mut clocks = self.0.lock().expect("no test has panicked");
        clocks[1] = change(clocks[1]);
    }
}

impl Hands for Set {
    fn monotonic(&self) -> Duration {
        self.0.lock().expect("no test has panicked")[0]
    }

    fn wall(&self) -> Duration {
        self.0.lock().expect("no test has panicked")[1]
    }
}

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

fn clock() -> (Set, SystemClock<Set>, impl Fn(&SystemClock<Set>) -> Duration) {
    let start = Duration::from_millis(START.as_millis());
    let hands = Set::at(seconds(5), start);
    let since = move |clock: &SystemClock<Set>| Duration::from_micros(clock.micros()) - start;
    (hands.clone(), SystemClock::over(hands), since)
}

#[test]
fn small_steps_are_followed_forwards_and_carried_over_backwards() {
    let (hands, clock, since) = clock();
    hands.pass(seconds(10));
    hands.set(|wall| wall + seconds(20));
    assert_eq!(since(&clock), seconds(30));
    hands.set(|wall| wall - seconds(20));
    hands.pass(seconds(1));
    assert_eq!((since(&clock), clock.doubt()), (seconds(31), None));
}

#[test]
fn a_leap_that_is_taken_back_has_not_happened() {
    for leap in [|wall| wall + YEAR, |wall| wall - YEAR] {
        let (hands, clock, since) = clock();
        let before = hands.wall();
        hands.set(leap);
        assert_eq!(since(&clock), seconds(0));
        hands.pass(minutes(9));
        assert_eq!(since(&clock), minutes(9));
        assert!(clock.doubt().expect("it has leapt").contains("has leapt"));
        hands.set(|_| before + minutes(9));
        assert_eq!((clock.doubt(), since(&clock)), (None, minutes(9)));
    }
}

#[test]
fn a_leap_that_stays_is_followed_after_ten_minutes_in_both_directions() {
    let (hands, clock, since) = clock();
    hands.set(|wall| wall + YEAR);
    assert_eq!(since(&clock), seconds(0));
    hands.pass(minutes(10));
    assert_eq!((since(&clock), clock.doubt()), (YEAR + minutes(10), None));
    hands.set(|wall| wall - YEAR);
    assert_eq!(since(&clock), YEAR + minutes(10));
    hands.pass(minutes(10));
    assert_eq!((since(&clock), clock.doubt()), (minutes(20), None));
}

#[tokio::test]
async fn a_server_whose_clock_has_leapt_is_not_ready_and_forgets_nobody() {
    let (hands, clock, _) = clock();
    let store = Box::new(EmbeddedStore::in_memory());
    let app = App::open(Config::default(), store, Arc::new(clock)).await.expect("it opens");
    assert_eq!(app.ready(), Ok(()));
    let alice = set_online(&app).await;
    hands.set(|wall| wall + YEAR);
    app.tick().await;
    assert!(app.ready().expect_err("it is not ready").contains("has leapt"));
    assert_eq!(state(&app, &alice).await, State::Online);
    hands.set(|wall| wall - YEAR);
    assert_eq!(app.ready(), Ok(()));
}

#[tokio::test]
async fn what_a_wrong_clock_said_is_taken_back_when_it_is_set_back() {
    let clock = Arc::new(ManualClock::at(START + YEAR));
    let store = Box::new(EmbeddedStore::in_memory());
    let app = App::open(Config::default(), store, clock.clone()).await.expect("it opens");
    app.tick().await;
    let alice = set_online(&app).await;
    clock.set(START);
    app.tick().await;
    assert_eq!(state(&app, &alice).await, State::Online);
    clock.advance(minutes(14));
    assert_eq!(state(&app, &alice).await, State::Unavailable);
    clock.advance(minutes(1));
    assert_eq!(state(&app, &alice).await, State::Offline);
    assert_eq!(app.service.budgets().set.check(&alice), Ok(()), "nobody waits for the year to be over");
}

async fn set_online(app: &App) -> UserId {
    let alice: UserId = ALICE.parse().expect("a user id");
    app.directory.put_user(&alice, Profile::default(), app.service.now()).await.expect("it is taken");
    let claim = Input::Claim { device: "phone".parse().expect("a device id"), state: State::Online };
    app.service.update(&alice, &[claim]).await.expect("it is taken");
    while app.service.budgets().set.check(&alice).is_ok() {}
    alice
}

async fn state(app: &App, user: &UserId) -> State {
    let now: Timestamp = app.service.now();
    app.service.get(Viewer::Admin, user, now).await.expect("a presence").state
}
