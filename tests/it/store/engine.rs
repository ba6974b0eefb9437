//! What the embedded store does around its engine: what waits, what is undone, what lags behind.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Deref,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use presenced::{
    app::App,
    clock::ManualClock,
    config::Config,
    directory::{Holder, NewToken, Profile, Scopes, TokenSecret},
    id::{NodeId, RoomId, UserId},
    presence::{Input, Override, Record, Rules, State, Status, Timestamp},
    store::{
        Document, Effect, EmbeddedStore, Keep, Kind, Outlook, Revision, Store, StoreError, Written,
        embedded::engine::{Engine, EngineError, ScanVisit, Write},
        member_id,
    },
};

use super::{EVERYTHING, NOW, Witness, due, status, user};

/// An engine in memory that waits and fails as it is told.
#[derive(Clone, Default)]
pub(super) struct Scripted(Arc<(Mutex<Script>, Condvar)>);

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

    async fn open(&self) -> Opened {
        self.open_at(NOW, 60).await
    }

    /// A store over what the engine holds, at a moment, where activity lags behind by so many seconds.
    async fn open_at(&self, now: Timestamp, lag_seconds: u16) -> Opened {
        let store = Arc::new(EmbeddedStore::over(Box::new(self.clone()), lag_seconds).expect("it opens"));
        let node = Witness::open(&*store, now).await.expect("it opens");
        Opened { store, node }
    }
}

/// A store, and what it tells.
struct Opened {
    store: Arc<EmbeddedStore>,
    node: Arc<Witness>,
}

impl Deref for Opened {
    type Target = Arc<EmbeddedStore>;

    fn deref(&self) -> &Arc<EmbeddedStore> {
        &self.store
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

async fn apply(store: &EmbeddedStore, user: &UserId, input: Input, keep: Keep) -> Result<Record, StoreError> {
    super::apply(store, user, input, (NOW.as_millis() * 1_000, keep)).await
}

fn say(text: &str) -> Input {
    Input::Status(Status::lasting(text))
}

/// Starts a change that has to be kept, and returns once it waits for the engine.
async fn start(
    store: &Arc<EmbeddedStore>,
    user: &UserId,
    text: &str,
) -> tokio::task::JoinHandle<Result<Record, StoreError>> {
    let (store, user, input) = (store.clone(), user.clone(), say(text));
    let task = tokio::spawn(async move { apply(&store, &user, input, Keep::Acknowledged).await });
    tokio::task::yield_now().await;
    task
}

#[tokio::test]
async fn a_change_can_be_read_once_it_is_durable() {
    let engine = Scripted::default();
    let store = engine.open().await;
    let alice = user("alice");
    engine.set(|script| script.held = true);
    let first = start(&store, &alice, "first").await;
    let second = start(&store, &alice, "second").await;
    assert_eq!(status(&**store, &alice).await, None, "it is not durable yet");
    engine.set(|script| script.held = false);
    let (first, second) = (first.await.expect("it ends"), second.await.expect("it ends"));
    assert!(first.expect("it is taken").version() < second.expect("it is taken").version());
    assert_eq!(status(&**store, &alice).await.as_deref(), Some("second"));
    assert_eq!(
        status(&*engine.open().await.store, &alice).await.as_deref(),
        Some("second"),
        "after a restart"
    );
}

#[tokio::test]
async fn a_disk_that_takes_its_time_holds_up_nobody_else() {
    let engine = Scripted::default();
    let store = engine.open().await;
    let (alice, bob) = (user("alice"), user("bob"));
    engine.set(|script| script.held = true);
    let waiting = start(&store, &alice, "late").await;
    while !engine.get(|script| script.is_writing) {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.health(), Ok(()));
    assert_eq!(status(&**store, &alice).await, None);
    apply(&store, &bob, say("at once"), Keep::Derived).await.expect("it is taken");
    assert_eq!(status(&**store, &bob).await.as_deref(), Some("at once"));
    engine.set(|script| script.held = false);
    waiting.await.expect("it ends").expect("it is taken");
}

#[tokio::test]
async fn what_is_queued_meanwhile_is_one_batch() {
    let engine = Scripted::default();
    let store = engine.open().await;
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
    let store = engine.open().await;
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
    assert_eq!(status(&**store, &alice).await.as_deref(), Some("before"));
    assert_eq!(status(&**store, &bob).await, None);
    assert_eq!(store.health(), Err(StoreError::Refused("the disk is almost full".to_owned())));
    // It goes on by itself once the cause is gone.
    engine.set(|script| script.failure = None);
    apply(&store, &alice, say("after"), Keep::Acknowledged).await.expect("it is taken");
    assert_eq!(store.health(), Ok(()));
    assert_eq!(status(&*engine.open().await.store, &alice).await.as_deref(), Some("after"));
}

#[tokio::test]
async fn a_broken_engine_is_never_written_to_again() {
    let engine = Scripted::default();
    let store = engine.open().await;
    let alice = user("alice");
    apply(&store, &alice, say("before"), Keep::Acknowledged).await.expect("it is taken");
    engine.set(|script| script.failure = Some(EngineError::Broken("fsync failed".to_owned())));
    let why = Err(StoreError::Refused("fsync failed; restart the server to open the data anew".to_owned()));
    assert_eq!(apply(&store, &alice, say("lost"), Keep::Acknowledged).await, why);
    engine.set(|script| script.failure = None);
    let commits = engine.get(|script| script.commits);
    assert_eq!(apply(&store, &alice, say("lost"), Keep::Acknowledged).await, why);
    let document = Document::put(Kind::User, "x", &1);
    let written = store.write(vec![document], Revision::default(), 1).await;
    assert_eq!(written, why.map(|_| Written::Behind));
    assert_eq!(engine.get(|script| script.commits), commits, "a failed fsync is not tried again");
    assert_eq!(status(&**store, &alice).await.as_deref(), Some("before"), "reads go on");
}

#[tokio::test]
async fn activity_reaches_the_disk_when_the_store_is_closed() {
    let engine = Scripted::default();
    let store = engine.open().await;
    let alice = user("alice");
    let claim = |state| Input::Claim { device: "phone".parse().expect("a device id"), state };
    apply(&store, &alice, claim(State::Online), Keep::Acknowledged).await.expect("it is taken");
    let commits = engine.get(|script| script.commits);
    for _ in 0..100 {
        apply(&store, &alice, claim(State::Online), Keep::Lazily).await.expect("it is taken");
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
    let store = engine.open_at(NOW, 1).await;
    let claim = Input::Claim { device: "phone".parse().expect("a device id"), state: State::Online };
    apply(&store, &user("alice"), claim.clone(), Keep::Acknowledged).await.expect("it is taken");
    let commits = engine.get(|script| script.commits);
    apply(&store, &user("alice"), claim, Keep::Lazily).await.expect("it is taken");
    engine.wait_until(|script| script.commits > commits);
}

/// Neither soon nor late, but with whatever is written of the user, or at the end.
#[tokio::test]
async fn activity_that_nobody_sees_is_written_in_passing() {
    let engine = Scripted::default();
    let store = engine.open_at(NOW, 1).await;
    let (alice, bob) = (user("alice"), user("bob"));
    let claim = |state| Input::Claim { device: "phone".parse().expect("a device id"), state };
    let active = Input::Active { device: "phone".parse().expect("a device id") };
    let written = || engine.get(|script| script.pairs.clone());
    for who in [&alice, &bob] {
        apply(&store, who, claim(State::Busy), Keep::Acknowledged).await.expect("it is taken");
    }
    let before = written();
    let later = NOW + Duration::from_secs(3_000);
    let edit = |record: &mut Record| {
        record.apply(&active, later, &Rules::default());
        let keep = Keep::InPassing;
        Effect { micros: 1, audiences: [].into_iter().collect(), keep, outlook: Outlook::default() }
    };
    for who in [&alice, &bob] {
        store.update(who, EVERYTHING, &edit).await.expect("it is taken");
    }
    // Two rounds of the writer, after which everything lagging is on the disk.
    for _ in 0..2 {
        let commits = engine.get(|script| script.commits);
        apply(&store, &user("carol"), claim(State::Online), Keep::Lazily).await.expect("it is taken");
        engine.wait_until(|script| script.commits > commits);
    }
    let of_user = |pairs: &BTreeMap<Vec<u8>, Vec<u8>>, name: &str| {
        let mut found = pairs.iter().filter(|(key, _)| String::from_utf8_lossy(key).contains(name));
        found.next().map(|(_, value)| value.clone()).expect("a record")
    };
    for name in ["alice", "bob"] {
        assert_eq!(of_user(&written(), name), of_user(&before, name), "nothing was written");
    }
    let is_there = |name: &str| {
        let record = Record::unpack(&of_user(&written(), name)).expect("a record");
        record.at(NOW + Duration::from_secs(6_000), &Rules::default()).state == State::Busy
    };
    apply(&store, &alice, say("news"), Keep::Acknowledged).await.expect("it is taken");
    assert!(is_there("alice") && !is_there("bob"));
    store.close().await.expect("all is kept");
    assert!(is_there("bob"));
}

#[tokio::test]
async fn whoever_was_connected_has_the_grace_to_come_back() {
    let engine = Scripted::default();
    let store = engine.open().await;
    let (alice, bob) = (user("alice"), user("bob"));
    let device = || "phone".parse().expect("a device id");
    let connect = Input::Connect { device: device(), node: NodeId::LOCAL, state: State::Online };
    apply(&store, &alice, connect, Keep::Lazily).await.expect("it is taken");
    let set = Input::Claim { device: device(), state: State::Online };
    apply(&store, &bob, set, Keep::Acknowledged).await.expect("it is taken");
    store.close().await.expect("all is kept");
    // The server is away for an hour, far beyond every lease.
    let back = NOW + Duration::from_secs(3_600);
    let store = engine.open_at(back, 60).await;
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
    assert_eq!(due(&**store, back).await, []);
    assert_eq!(due(&**store, back + rules.connection_grace).await.len(), 2);
}

#[tokio::test]
async fn what_a_wrong_clock_said_is_taken_back_when_the_store_is_opened() {
    let engine = Scripted::default();
    let wrong = NOW + Duration::from_secs(365 * 24 * 60 * 60);
    let (alice, bob, rules) = (user("alice"), user("bob"), Rules::default());
    let store = engine.open_at(wrong, 60).await;
    let device = || "phone".parse().expect("a device id");
    let claim = Input::Claim { device: device(), state: State::Online };
    // As a client of another dialect does it, for seven days.
    let until = Some(wrong + Duration::from_secs(7 * 24 * 60 * 60));
    let lease = Input::Lease { device: device(), text: None, until };
    for (user, input) in
        [(&alice, claim), (&bob, lease), (&alice, Input::Override(Override::Invisible { since: wrong }))]
    {
        let edit = |record: &mut Record| {
            let before = record.clone();
            record.apply(&input, wrong, &rules);
            let audiences = record.news_since(&before, wrong, &rules);
            let micros = wrong.as_millis() * 1_000;
            Effect {
                micros,
                audiences,
                keep: Keep::Acknowledged,
                outlook: Outlook::of(record, wrong, &rules),
            }
        };
        store.update(user, EVERYTHING, &edit).await.expect("it is taken");
    }
    store.close().await.expect("all is kept");
    // The clock is right again. What was taken back stays so on the disk.
    for _ in 0..2 {
        let store = engine.open_at(NOW, 60).await;
        let mut found = Vec::new();
        let mut look = |_: usize, record: &Record| {
            let state = |moment| record.own_at(moment, &rules).state;
            let moments = [NOW, NOW + rules.busy_lease, NOW + Duration::from_secs(7 * 24 * 60 * 60)];
            found.push(moments.map(state));
            let mut line = serde_json::to_value(record).expect("a record has a JSON form");
            // Numbers of changes never go back.
            line.as_object_mut().expect("an object").remove("version");
            assert!(!line.to_string().contains("31537"), "{line}");
        };
        store.read(&[&alice, &bob], &mut look).await.expect("the store reads");
        let (here, away, gone) = (State::Online, State::Unavailable, State::Offline);
        assert_eq!(found, [[here, gone, gone], [here, away, gone]]);
        store.close().await.expect("all is kept");
    }
}

#[tokio::test]
async fn what_makes_no_difference_is_not_written() {
    let engine = Scripted::default();
    let store = EmbeddedStore::over(Box::new(engine.clone()), 60).expect("it opens");
    let clock = Arc::new(ManualClock::at(NOW));
    let app = App::open(Config::default(), Box::new(store), clock).await.expect("it opens");
    let (alice, bob, carol) = (user("alice"), user("bob"), user("carol"));
    for user in [&alice, &bob] {
        app.directory.put_user(user, Profile::default(), NOW).await.expect("it is taken");
    }
    let room: RoomId = "!all:example.com".parse().expect("a room id");
    let members: BTreeSet<UserId> = [alice.clone(), bob.clone()].into();
    app.directory.set_members(&room, members.clone()).await.expect("all are known");
    let commits = engine.get(|script| script.commits);
    for observer in [&bob, &carol] {
        assert_eq!(app.service.accept_observer(&alice, observer).await, Ok(false));
        assert_eq!(app.service.deny_observer(&alice, observer).await, Ok(false));
    }
    app.directory.set_members(&room, members).await.expect("all are known");
    app.service.remove_user(&carol).await.expect("nobody is removed");
    app.directory.put_user(&alice, Profile::default(), NOW).await.expect("it is taken");
    assert_eq!(engine.get(|script| script.commits), commits);
}

#[tokio::test]
async fn a_write_of_no_documents_is_none() {
    let engine = Scripted::default();
    let store = engine.open().await;
    let known = Revision(7);
    assert_eq!(store.write(Vec::new(), known, 1).await, Ok(Written::At(known)));
    assert_eq!(engine.get(|script| script.commits), 0);
}

#[tokio::test]
async fn documents_are_shown_again_and_go_on_where_they_were() {
    let engine = Scripted::default();
    let room = "!room:example.com".parse().expect("a room id");
    let documents = vec![
        Document::put(Kind::Token, "b", &2),
        Document::put(Kind::User, "@alice:example.com", &3),
        Document::put(Kind::Member, member_id(&room, &user("alice")), &1),
        Document::put(Kind::Token, "gone", &4),
    ];
    let revision = {
        let store = engine.open().await;
        let written = store.write(documents, Revision::default(), 7_000_000).await.expect("it is taken");
        assert_eq!(written, Written::At(Revision(7_000_000)));
        let gone = vec![Document::removed(Kind::Token, "gone")];
        let written = store.write(gone, Revision(7_000_000), 1).await.expect("it is taken");
        assert_eq!(written, Written::At(Revision(7_000_001)));
        Revision(7_000_001)
    };
    let store = engine.open().await;
    let heard = store.node.heard();
    assert_eq!(heard.revision, revision);
    assert_eq!(heard.of_kind(Kind::Token), [("b", "2")]);
    assert_eq!(heard.of_kind(Kind::User), [("@alice:example.com", "3")]);
    assert_eq!(heard.of_kind(Kind::Member), [("!room:example.com @alice:example.com", "1")]);
    assert!(store.watermark(0) >= revision.0, "later numbers are higher");
}

#[tokio::test]
async fn what_passes_is_in_memory_alone() {
    let engine = Scripted::default();
    let pass = |id: &str| Document::put(Kind::Pass, id, &1);
    {
        let store = engine.open().await;
        let together = vec![pass("a"), Document::put(Kind::Token, "b", &2)];
        let written = store.write(together, Revision::default(), 7_000_000).await;
        assert_eq!(written, Ok(Written::At(Revision(7_000_000))));
        let commits = engine.get(|script| script.commits);
        engine.set(|script| script.failure = Some(EngineError::Refused("the disk is full".to_owned())));
        let written = store.write(vec![pass("c")], Revision(7_000_000), 8_000_000).await;
        assert_eq!(written, Ok(Written::At(Revision(8_000_000))));
        assert_eq!(store.write(vec![pass("d")], Revision(7_000_000), 1).await, Ok(Written::Behind));
        assert_eq!(store.node.heard().of_kind(Kind::Pass), [("a", "1"), ("c", "1")]);
        assert_eq!(engine.get(|script| script.commits), commits);
    }
    engine.set(|script| script.failure = None);
    let store = engine.open().await;
    assert_eq!(store.node.heard().of_kind(Kind::Pass), []);
    assert_eq!(store.node.heard().of_kind(Kind::Token), [("b", "2")]);
    assert_eq!(store.node.heard().revision, Revision(7_000_000));
}

#[tokio::test]
async fn nothing_is_told_before_it_is_durable_and_a_refusal_frees_the_watermark() {
    let engine = Scripted::default();
    let store = engine.open().await;
    let before = store.watermark(0);
    engine.set(|script| {
        script.held = true;
        script.failure = Some(EngineError::Refused("the disk is almost full".to_owned()));
    });
    let waiting = start(&store, &user("alice"), "lost").await;
    let document = {
        let store = store.store.clone();
        let document = vec![Document::put(Kind::Token, "lost", &1)];
        tokio::spawn(async move { store.write(document, Revision::default(), 1).await })
    };
    // Others are told of meanwhile, and wait for what is below.
    apply(&store, &user("bob"), say("here"), Keep::Derived).await.expect("it is taken");
    let heard = store.node.heard();
    assert_eq!(heard.changes.iter().map(|change| change.0.clone()).collect::<Vec<_>>(), [user("bob")]);
    assert!(heard.complete < heard.changes[0].1, "a lower number is on its way");
    assert!(store.watermark(u64::MAX / 2) < heard.changes[0].1);
    engine.set(|script| script.held = false);
    waiting.await.expect("it ends").expect_err("it is refused");
    document.await.expect("it ends").expect_err("it is refused");
    let heard = store.node.heard();
    assert!(heard.complete >= heard.changes[0].1 && heard.complete >= before);
    assert_eq!((heard.changes.len(), heard.documents.len()), (1, 0));
    engine.set(|script| script.failure = None);
    let written = store.write(vec![Document::put(Kind::Token, "kept", &1)], Revision::default(), 1).await;
    assert!(matches!(written, Ok(Written::At(_))), "the log is where it was");
}

/// The documents say that the user is gone, and the server ended before the record was removed.
#[tokio::test]
async fn a_removal_that_was_cut_short_is_repeated_when_the_store_is_opened() {
    let engine = Scripted::default();
    let (dave, erin) = (user("dave"), user("erin"));
    {
        let store = engine.open().await;
        for who in [&dave, &erin] {
            apply(&store, who, say("here"), Keep::Acknowledged).await.expect("it is taken");
        }
        // erin has come back since.
        let documents = vec![
            Document::put(Kind::Removal, dave.as_str(), &NOW.as_millis()),
            Document::put(Kind::Removal, erin.as_str(), &NOW.as_millis()),
            Document::put(Kind::User, erin.as_str(), &1),
        ];
        store.write(documents, Revision::default(), 1).await.expect("it is taken");
    }
    let store = engine.open().await;
    assert_eq!(status(&**store, &dave).await, None);
    assert_eq!(status(&**store, &erin).await.as_deref(), Some("here"));
    assert!(
        store.node.heard().documents.keys().any(|(kind, id)| *kind == Kind::Removal && *id == dave.as_str())
    );
    let edit = |_: &mut Record| panic!("it is not asked");
    let known = Revision(NOW.as_millis() - 1);
    assert_eq!(store.update(&dave, known, &edit).await, Err(StoreError::Removed));
}

#[tokio::test]
async fn many_changes_of_the_directory_share_fsyncs() {
    const USERS: usize = 2_000;
    let engine = Scripted::default();
    let store = EmbeddedStore::over(Box::new(engine.clone()), 60).expect("it opens");
    let clock = Arc::new(ManualClock::at(NOW));
    let app = App::open(Config::default(), Box::new(store), clock).await.expect("it opens");
    let room: RoomId = "!all:example.com".parse().expect("a room id");
    let commits = || engine.get(|script| script.commits);
    let put = |number: usize| {
        let directory = app.directory.clone();
        async move { directory.put_user(&user(&format!("user{number}")), Profile::default(), NOW).await }
    };
    let before = commits();
    let made = join_all((0..USERS).map(put)).await;
    let numbers: BTreeSet<u64> = made.into_iter().map(|user| user.expect("it is new").0.number).collect();
    assert_eq!(numbers.len(), USERS, "each has a number of their own");
    assert!(commits() - before <= USERS / 100, "{} fsyncs", commits() - before);
    let before = commits();
    let token = |number: usize| {
        let (directory, device) = (app.directory.clone(), "PHONE".parse().expect("a device id"));
        let user = user(&format!("user{number}"));
        let holder = Holder::User { user, device, scopes: Scopes::all(), guest: false };
        async move { directory.add_token(&TokenSecret::random(), NewToken { holder, expires: None }).await }
    };
    for made in join_all((0..USERS).map(token)).await {
        made.expect("there is room");
    }
    assert!(commits() - before <= USERS / 100, "{} fsyncs", commits() - before);
    // A refusal leaves nothing behind of those that were planned together.
    engine.set(|script| script.failure = Some(EngineError::Refused("the disk is almost full".to_owned())));
    for refused in join_all((USERS..USERS + 100).map(put)).await {
        refused.expect_err("the disk is almost full");
    }
    engine.set(|script| script.failure = None);
    let everybody = || app.directory.users(None, 2 * USERS).items.into_iter().map(|user| user.id);
    assert_eq!(everybody().count(), USERS);
    let next = put(USERS).await.expect("it is new").0.number;
    assert_eq!(next, USERS as u64 + 1, "the numbers go on where they were");
    app.directory.set_members(&room, everybody().collect()).await.expect("all are known");
    assert_eq!(app.directory.members(&room).len(), USERS + 1);
}
