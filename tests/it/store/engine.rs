//! What the embedded store does around its engine: what waits, what is undone, what lags behind.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

use presenced::{
    id::UserId,
    presence::{Input, Record, Rules, State, Status, Timestamp},
    store::{
        Document, Effect, EmbeddedStore, Keep, Kind, PARTITIONS, Store, StoreError, Updated,
        embedded::{
            Loading, Resumed,
            engine::{Engine, EngineError, ScanVisit, Write},
        },
        partition,
    },
};

use super::{NOW, status, user};

/// An engine in memory that waits and fails as it is told.
#[derive(Clone, Default)]
struct Scripted(Arc<(Mutex<Script>, Condvar)>);

#[derive(Default)]
struct Script {
    pairs: BTreeMap<Vec<u8>, Vec<u8>>,
    commits: usize,
    held: bool,
    /// Whether a batch is being written.
    is_writing: bool,
    failure: Option<EngineError>,
}

impl Scripted {
    fn set(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.0.0.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.1.notify_all();
    }

    fn get<T>(&self, look: impl FnOnce(&Script) -> T) -> T {
        look(&self.0.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until something is so; fails if it never is.
    fn wait_until(&self, is_so: impl Fn(&Script) -> bool) {
        let (script, changed) = &*self.0;
        let script = script.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = changed.wait_timeout_while(script, Duration::from_secs(30), |script| !is_so(script));
        assert!(!waited.unwrap_or_else(PoisonError::into_inner).1.timed_out());
    }

    fn open(&self) -> Arc<EmbeddedStore> {
        self.open_at(NOW, 60)
    }

    /// A store over what the engine holds, at a moment, where activity lags behind by so many seconds.
    fn open_at(&self, now: Timestamp, lag_seconds: u16) -> Arc<EmbeddedStore> {
        let rules = Rules::default();
        let resume = |record: &mut Record, stopped| {
            let changed = record.resume(stopped, now, &rules);
            Resumed { changed, next_change: record.next_change(now, &rules) }
        };
        let loading = Loading { resume: &resume, tell: &|_| {} };
        Arc::new(EmbeddedStore::open(Box::new(self.clone()), lag_seconds, &loading).expect("it opens"))
    }
}

impl Engine for Scripted {
    fn commit(&self, batch: &[Write]) -> Result<(), EngineError> {
        let (script, changed) = &*self.0;
        let mut script = script.lock().unwrap_or_else(PoisonError::into_inner);
        script.is_writing = true;
        while script.held {
            script = changed.wait(script).unwrap_or_else(PoisonError::into_inner);
        }
        script.is_writing = false;
        script.commits += 1;
        if let Some(failure) = &script.failure {
            return Err(failure.clone());
        }
        for Write { key, value } in batch {
            match value {
                Some(value) => drop(script.pairs.insert(key.clone(), value.clone())),
                None => drop(script.pairs.remove(key)),
            }
        }
        changed.notify_all();
        Ok(())
    }

    fn scan(&self, prefix: &[u8], visit: &mut ScanVisit<'_>) -> Result<(), EngineError> {
        let pairs = self.get(|script| script.pairs.clone());
        let found = pairs.iter().filter(|(key, _)| key.starts_with(prefix));
        for (key, value) in found {
            if !visit(key, value) {
                break;
            }
        }
        Ok(())
    }
}

async fn apply(
    store: &EmbeddedStore,
    user: &UserId,
    input: Input,
    keep: Keep,
) -> Result<Updated, StoreError> {
    let rules = Rules::default();
    let mut change = |record: &mut Record| {
        let before = record.clone();
        record.apply(&input, NOW, &rules);
        let visible = !record.at(NOW, &rules).looks_like(&before.at(NOW, &rules));
        Effect { visible, keep, next_change: record.next_change(NOW, &rules) }
    };
    store.update(user, NOW.as_millis() * 1_000, &mut change).await
}

fn say(text: &str) -> Input {
    Input::Status(Status::lasting(text))
}

/// Starts a change that has to be kept, and returns once it waits for the engine.
async fn start(
    store: &Arc<EmbeddedStore>,
    user: &UserId,
    text: &str,
) -> tokio::task::JoinHandle<Result<Updated, StoreError>> {
    let (store, user, input) = (store.clone(), user.clone(), say(text));
    let task = tokio::spawn(async move { apply(&store, &user, input, Keep::Acknowledged).await });
    tokio::task::yield_now().await;
    task
}

#[tokio::test]
async fn a_change_can_be_read_once_it_is_durable() {
    let engine = Scripted::default();
    let store = engine.open();
    let alice = user("alice");
    engine.set(|script| script.held = true);
    let first = start(&store, &alice, "first").await;
    let second = start(&store, &alice, "second").await;
    assert_eq!(status(&*store, &alice).await, None, "it is not durable yet");
    engine.set(|script| script.held = false);
    let (first, second) = (first.await.expect("it ends"), second.await.expect("it ends"));
    assert!(first.expect("it is taken").version < second.expect("it is taken").version);
    assert_eq!(status(&*store, &alice).await.as_deref(), Some("second"));
    assert_eq!(status(&*engine.open(), &alice).await.as_deref(), Some("second"), "after a restart");
}

#[tokio::test]
async fn a_disk_that_takes_its_time_holds_up_nobody_else() {
    let engine = Scripted::default();
    let store = engine.open();
    let (alice, bob) = (user("alice"), user("bob"));
    engine.set(|script| script.held = true);
    let waiting = start(&store, &alice, "late").await;
    while !engine.get(|script| script.is_writing) {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.health(), Ok(()));
    assert_eq!(status(&*store, &alice).await, None);
    apply(&store, &bob, say("at once"), Keep::Derived).await.expect("it is taken");
    assert_eq!(status(&*store, &bob).await.as_deref(), Some("at once"));
    engine.set(|script| script.held = false);
    waiting.await.expect("it ends").expect("it is taken");
}

#[tokio::test]
async fn what_is_queued_meanwhile_is_one_batch() {
    let engine = Scripted::default();
    let store = engine.open();
    engine.set(|script| script.held = true);
    let mut changes = vec![start(&store, &user("first"), "x").await];
    for number in 0..50 {
        changes.push(start(&store, &user(&format!("user{number}")), "x").await);
    }
    engine.set(|script| script.held = false);
    for change in changes {
        change.await.expect("it ends").expect("it is taken");
    }
    // The writer may have come for the first before the others were queued.
    assert!(engine.get(|script| script.commits) <= 2);
}

#[tokio::test]
async fn a_refusal_changes_nothing_and_takes_with_it_what_was_built_on_it() {
    let engine = Scripted::default();
    let store = engine.open();
    let (alice, bob) = (user("alice"), user("bob"));
    apply(&store, &alice, say("before"), Keep::Acknowledged).await.expect("it is taken");
    engine.set(|script| {
        script.held = true;
        script.failure = Some(EngineError::Refused("the disk is almost full".to_owned()));
    });
    let refused = start(&store, &bob, "lost").await;
    let built_on = {
        let first = start(&store, &alice, "lost").await;
        [first, start(&store, &alice, "lost too").await]
    };
    engine.set(|script| script.held = false);
    for change in built_on.into_iter().chain([refused]) {
        let error = change.await.expect("it ends").expect_err("it is refused");
        assert_eq!(error, StoreError::Refused("the disk is almost full".to_owned()));
    }
    assert_eq!(status(&*store, &alice).await.as_deref(), Some("before"));
    assert_eq!(status(&*store, &bob).await, None);
    assert_eq!(store.health(), Err(StoreError::Refused("the disk is almost full".to_owned())));
    // It goes on by itself once the cause is gone.
    engine.set(|script| script.failure = None);
    apply(&store, &alice, say("after"), Keep::Acknowledged).await.expect("it is taken");
    assert_eq!(store.health(), Ok(()));
    assert_eq!(status(&*engine.open(), &alice).await.as_deref(), Some("after"));
}

#[tokio::test]
async fn a_broken_engine_is_never_written_to_again() {
    let engine = Scripted::default();
    let store = engine.open();
    let alice = user("alice");
    apply(&store, &alice, say("before"), Keep::Acknowledged).await.expect("it is taken");
    engine.set(|script| script.failure = Some(EngineError::Broken("fsync failed".to_owned())));
    let why = Err(StoreError::Refused("fsync failed; restart the server to open the data anew".to_owned()));
    assert_eq!(apply(&store, &alice, say("lost"), Keep::Acknowledged).await, why);
    engine.set(|script| script.failure = None);
    let commits = engine.get(|script| script.commits);
    assert_eq!(apply(&store, &alice, say("lost"), Keep::Acknowledged).await, why);
    assert_eq!(store.write(vec![Document::put(Kind::User, "x", &1)]).await, why.map(drop));
    assert_eq!(engine.get(|script| script.commits), commits, "a failed fsync is not tried again");
    assert_eq!(status(&*store, &alice).await.as_deref(), Some("before"), "reads go on");
}

#[tokio::test]
async fn activity_reaches_the_disk_when_the_store_is_closed() {
    let engine = Scripted::default();
    let store = engine.open();
    let alice = user("alice");
    let claim = |state| Input::Claim { device: "phone".parse().expect("a device id"), state };
    apply(&store, &alice, claim(State::Online), Keep::Acknowledged).await.expect("it is taken");
    let commits = engine.get(|script| script.commits);
    for _ in 0..100 {
        let renewed = apply(&store, &alice, claim(State::Online), Keep::Lazily).await.expect("it is taken");
        assert!(!renewed.visible);
    }
    assert_eq!(engine.get(|script| script.commits), commits, "a renewal is no write");
    store.close().await.expect("all is kept");
    assert_eq!(engine.get(|script| script.commits), commits + 1);
    let refused = apply(&store, &alice, say("late"), Keep::Acknowledged).await;
    assert_eq!(refused, Err(StoreError::Refused("the server is stopping".to_owned())));
}

#[tokio::test]
async fn activity_reaches_the_disk_in_time_while_the_store_is_open() {
    let engine = Scripted::default();
    let store = engine.open_at(NOW, 1);
    let claim = Input::Claim { device: "phone".parse().expect("a device id"), state: State::Online };
    apply(&store, &user("alice"), claim.clone(), Keep::Acknowledged).await.expect("it is taken");
    let commits = engine.get(|script| script.commits);
    apply(&store, &user("alice"), claim, Keep::Lazily).await.expect("it is taken");
    engine.wait_until(|script| script.commits > commits);
}

#[tokio::test]
async fn whoever_was_connected_has_the_grace_to_come_back() {
    let engine = Scripted::default();
    let store = engine.open();
    let (alice, bob) = (user("alice"), user("bob"));
    let device = || "phone".parse().expect("a device id");
    let connect = Input::Connect { device: device(), state: State::Online };
    apply(&store, &alice, connect, Keep::Lazily).await.expect("it is taken");
    let set = Input::Claim { device: device(), state: State::Online };
    apply(&store, &bob, set, Keep::Acknowledged).await.expect("it is taken");
    store.close().await.expect("all is kept");
    // The server is away for an hour, far beyond every lease.
    let back = NOW + Duration::from_secs(3_600);
    let store = engine.open_at(back, 60);
    let rules = Rules::default();
    for who in [&alice, &bob] {
        let mut found = Vec::new();
        let mut look = |_: usize, record: &Record| {
            let grace = back + rules.connection_grace;
            let before = Timestamp::from_millis(grace.as_millis() - 1);
            found = [back, before, grace].map(|moment| record.at(moment, &rules).state).to_vec();
        };
        store.read(&[who], &mut look).await.expect("the store reads");
        assert_eq!(found, [State::Unavailable, State::Unavailable, State::Offline], "{who}");
    }
    // Watchers are told when the grace is over, and not before.
    assert_eq!(due(&*store, back).await, []);
    assert_eq!(due(&*store, back + rules.connection_grace).await.len(), 2);
}

async fn due(store: &dyn Store, now: Timestamp) -> Vec<UserId> {
    let mut due = Vec::new();
    for partition in 0..PARTITIONS {
        due.extend(store.due(partition, now).await);
    }
    due
}

#[tokio::test]
async fn documents_are_found_again_by_kind() {
    let engine = Scripted::default();
    let store = engine.open();
    let documents = vec![
        Document::put(Kind::Room, "b", &2),
        Document::put(Kind::Room, "a", &1),
        Document::put(Kind::User, "a", &3),
        Document::put(Kind::Room, "gone", &4),
    ];
    store.write(documents).await.expect("it is taken");
    apply(&store, &user("dave"), say("here"), Keep::Acknowledged).await.expect("it is taken");
    let gone = vec![Document::removed(Kind::Room, "gone")];
    store.remove(&user("dave"), gone).await.expect("it is taken");
    let mut found = Vec::new();
    let mut look = |id: &str, value: &[u8]| {
        found.push((id.to_owned(), String::from_utf8_lossy(value).into_owned()));
        Ok(())
    };
    engine.open().documents(Kind::Room, &mut look).expect("they are read");
    assert_eq!(found, [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())]);
    assert_eq!(status(&*engine.open(), &user("dave")).await, None);
}

#[tokio::test]
async fn documents_of_users_are_found_by_partition() {
    let engine = Scripted::default();
    let users = ["alice", "bob", "carol", "dave", "erin"].map(user);
    let documents = users.iter().map(|user| Document::put(Kind::User, user.as_str(), &1)).collect();
    engine.open().write(documents).await.expect("it is taken");
    let store = engine.open();
    let mut found = BTreeSet::new();
    for of in 0..PARTITIONS {
        let mut look = |id: &str, _: &[u8]| {
            let user: UserId = id.parse().expect("a user id");
            assert_eq!(partition(&user), of);
            assert!(found.insert(user), "{id} is shown once");
            Ok(())
        };
        store.users(of, &mut look).expect("they are read");
    }
    assert_eq!(found, BTreeSet::from(users));
}
