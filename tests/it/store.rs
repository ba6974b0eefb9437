//! The conformance suite of the store's contract. Every store runs all of it.

pub(crate) mod damage;
pub(crate) mod disk;
mod engine;
mod failover;
mod failures;
mod havoc;
mod redis;
mod samples;
mod several;
mod transfer;
mod witness;

use std::{collections::HashSet, sync::Arc, time::Duration};

use presenced::{
    id::UserId,
    presence::{Input, Record, Rules, State, Status, Timestamp},
    store::{
        Document, Effect, EmbeddedStore, Keep, Kind, Outlook, PARTITIONS, Revision, Store, StoreError,
        Written, member_id, partition,
    },
};

pub(crate) use self::witness::Witness;
use crate::support::{SharedStore, engine::until};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_000_000);

/// What a node knows that has heard of everything.
pub(crate) const EVERYTHING: Revision = Revision(u64::MAX);

/// In the year 2096, in microseconds.
const FAR: u64 = 4_000_000_000_000_000;

pub(crate) fn user(name: &str) -> UserId {
    format!("@{name}:example.com").parse().expect("a user id")
}

/// Applies an input at `NOW`, which is numbered as if it happened at `micros`.
pub(crate) async fn apply(
    store: &dyn Store,
    user: &UserId,
    input: Input,
    (micros, keep): (u64, Keep),
) -> Result<Record, StoreError> {
    let rules = Rules::default();
    let edit = |record: &mut Record| {
        let before = record.clone();
        record.apply(&input, NOW, &rules);
        let audiences = record.news_since(&before, NOW, &rules);
        Effect { micros, audiences, keep, outlook: Outlook::of(record, NOW, &rules) }
    };
    store.update(user, EVERYTHING, &edit).await
}

pub(crate) async fn set_status(store: &dyn Store, user: &UserId, text: &str, micros: u64) -> Record {
    let input = Input::Status(Status::lasting(text));
    apply(store, user, input, (micros, Keep::Acknowledged)).await.expect("the store takes it")
}

fn claim(state: State) -> Input {
    Input::Claim { device: "phone".parse().expect("a device id"), state }
}

pub(crate) async fn status(store: &dyn Store, user: &UserId) -> Option<String> {
    let mut found = None;
    let mut look = |_: usize, record: &Record| {
        found = record.at(NOW, &Rules::default()).status.map(|text| text.to_string());
    };
    store.read(&[user], &mut look).await.expect("the store reads");
    found
}

/// The users who are due.
pub(crate) async fn due(store: &dyn Store, now: Timestamp) -> Vec<UserId> {
    let mut due = Vec::new();
    for partition in 0..PARTITIONS {
        due.extend(store.due(partition, now).await);
    }
    due
}

async fn conforms(store: &dyn Store) {
    let node = Witness::open(store, NOW).await.expect("it opens");
    unknown_users_read_as_empty(store).await;
    updates_are_read_back(store).await;
    versions_go_up(store).await;
    many_are_read_once_each(store).await;
    records_of_all_sizes_take_each_others_place(store).await;
    whoever_is_present_is_known(store).await;
    whoever_changed_is_known(store).await;
    whoever_is_due_stays_so_until_an_update(store).await;
    changes_are_told_before_they_are_acknowledged(store, &node).await;
    documents_are_one_log(store, &node).await;
    removed_users_read_as_empty_and_stay_so(store).await;
    assert_eq!(store.health(), Ok(()));
}

async fn unknown_users_read_as_empty(store: &dyn Store) {
    let mut found = None;
    let mut look = |_: usize, record: &Record| found = Some(record.clone());
    store.read(&[&user("unknown")], &mut look).await.expect("the store reads");
    assert_eq!(found, Some(Record::default()));
}

async fn updates_are_read_back(store: &dyn Store) {
    let (alice, bob) = (user("alice"), user("bob"));
    set_status(store, &alice, "one", 10).await;
    set_status(store, &alice, "two", 20).await;
    assert_eq!(status(store, &alice).await.as_deref(), Some("two"));
    assert_eq!(status(store, &bob).await, None);
}

async fn versions_go_up(store: &dyn Store) {
    let carol = user("carol");
    let first = set_status(store, &carol, "one", 1_000).await;
    assert_eq!(first.version(), 1_000);
    let renewed = set_status(store, &carol, "one", 2_000).await;
    assert_eq!(renewed.version(), 1_000, "nobody can see a difference");
    let earlier = set_status(store, &carol, "two", 500).await;
    assert_eq!(earlier.version(), 1_001, "the time went back, the version did not");
}

async fn many_are_read_once_each(store: &dyn Store) {
    let users: Vec<UserId> = (0..500).map(|number| user(&format!("many{number}"))).collect();
    for (user, number) in users.iter().zip(0..) {
        set_status(store, user, &format!("status {number}"), 10 + number).await;
    }
    let asked: Vec<&UserId> = users.iter().collect();
    let mut seen = vec![None; users.len()];
    let mut look = |index: usize, record: &Record| {
        let text = record.at(NOW, &Rules::default()).status.map(|text| text.to_string());
        assert!(seen[index].replace(text).is_none(), "shown twice");
    };
    store.read(&asked, &mut look).await.expect("the store reads");
    for (number, text) in seen.into_iter().enumerate() {
        assert_eq!(text, Some(Some(format!("status {number}"))));
    }
}

async fn records_of_all_sizes_take_each_others_place(store: &dyn Store) {
    const LENGTHS: [usize; 9] = [1, 60, 90, 91, 100, 127, 128, 300, 3_000];
    // Of one partition, so that they share what is kept in one place.
    let all = (0..).map(|number| user(&format!("size{number}")));
    let users: Vec<UserId> = all.filter(|user| partition(user) == 0).take(10).collect();
    for round in 0..40 {
        let text = |number: usize| "x".repeat(LENGTHS[(number * 2 + round * 7) % LENGTHS.len()]);
        for (number, user) in users.iter().enumerate() {
            set_status(store, user, &text(number), 10).await;
        }
        for (number, user) in users.iter().enumerate() {
            assert_eq!(status(store, user).await, Some(text(number)), "{user} in round {round}");
        }
    }
}

async fn whoever_is_present_is_known(store: &dyn Store) {
    let (here, gone) = (user("here"), user("gone"));
    for (user, state) in [(&here, State::Online), (&gone, State::Online), (&gone, State::Offline)] {
        apply(store, user, claim(state), (10, Keep::Acknowledged)).await.expect("the store takes it");
    }
    let present = store.present(partition(&here)).await.expect("the store reads");
    assert!(present.contains(&here));
    let present = store.present(partition(&gone)).await.expect("the store reads");
    assert!(!present.contains(&gone));
    let mut seen = Vec::new();
    let mut look = |index: usize, _: &Record| seen.push(index);
    store.read_present(&[&gone, &here, &user("unknown")], &mut look).await.expect("the store reads");
    assert_eq!(seen, [1]);
}

async fn whoever_changed_is_known(store: &dyn Store) {
    let erin = user("erin");
    let version = set_status(store, &erin, "one", 10_000).await.version();
    let changed = async |number| store.changed_after(partition(&erin), number).await.expect("it reads");
    assert!(changed(version - 1).await.contains(&erin));
    assert!(!changed(version).await.contains(&erin));
}

async fn whoever_is_due_stays_so_until_an_update(store: &dyn Store) {
    let fred = user("fred");
    apply(store, &fred, claim(State::Online), (10, Keep::Acknowledged)).await.expect("the store takes it");
    assert!(!due(store, NOW + Duration::from_secs(59)).await.contains(&fred));
    let later = NOW + Duration::from_secs(61);
    for _ in 0..2 {
        assert!(due(store, later).await.contains(&fred), "it was not superseded yet");
    }
    let edit = |_: &mut Record| Effect {
        micros: 10,
        audiences: [].into_iter().collect(),
        keep: Keep::Derived,
        outlook: Outlook { is_present: false, next_change: None },
    };
    store.update(&fred, EVERYTHING, &edit).await.expect("the store takes it");
    assert!(!due(store, later).await.contains(&fred));
}

async fn changes_are_told_before_they_are_acknowledged(store: &dyn Store, node: &Witness) {
    let gina = user("gina");
    let told =
        |version| node.heard().changes.iter().any(|(user, other, _)| *user == gina && *other == version);
    for keep in [Keep::Acknowledged, Keep::Lazily, Keep::InPassing, Keep::Derived] {
        let text = Input::Status(Status::lasting(&format!("{keep:?}")));
        let record = apply(store, &gina, text, (10, keep)).await.expect("the store takes it");
        assert!(told(record.version()));
        until("all up to it was told", async || node.heard().complete >= record.version()).await;
    }
    let before = node.heard().changes.len();
    let again = Input::Status(Status::lasting(&format!("{:?}", Keep::Derived)));
    apply(store, &gina, again, (10, Keep::Acknowledged)).await.expect("the store takes it");
    assert_eq!(node.heard().changes.len(), before, "nobody can see a difference");
    until("nothing is on its way", async || store.watermark(FAR) >= FAR).await;
    let watermark = store.watermark(FAR);
    let later = set_status(store, &gina, "later", 10).await;
    assert!(later.version() > watermark, "no number of a later change is below");
}

async fn documents_are_one_log(store: &dyn Store, node: &Witness) {
    let known = node.heard().revision;
    let room = "!room:example.com".parse().expect("a room id");
    let member = Document::put(Kind::Member, member_id(&room, &user("alice")), &1);
    let written = store.write(vec![member.clone()], known, 20).await.expect("the store takes it");
    let Written::At(revision) = written else { panic!("nobody was faster") };
    assert!(revision > known);
    assert_eq!(node.heard().revision, revision);
    let told = node.heard();
    assert_eq!(told.of_kind(Kind::Member), [("!room:example.com @alice:example.com", "1")]);
    let late = store.write(vec![Document::put(Kind::List, "late", &1)], known, 30).await;
    assert_eq!(late, Ok(Written::Behind), "another came between");
    assert_eq!(node.heard().of_kind(Kind::List), []);
    let gone = Document::removed(Kind::Member, member.id);
    store.write(vec![gone], revision, 40).await.expect("the store takes it");
    assert_eq!(node.heard().of_kind(Kind::Member), []);
}

async fn removed_users_read_as_empty_and_stay_so(store: &dyn Store) {
    let dave = user("dave");
    set_status(store, &dave, "here", 10).await;
    store.remove(&dave, Revision(1_000)).await.expect("the store removes");
    assert_eq!(status(store, &dave).await, None);
    store.remove(&dave, Revision(1_000)).await.expect("removing nobody is no error");
    // A server that has not heard of it cannot bring the user back; one that has, with a user who is new, can.
    let edit = |record: &mut Record| {
        record.apply(&Input::Status(Status::lasting("back")), NOW, &Rules::default());
        let keep = Keep::Acknowledged;
        Effect { micros: 10, audiences: [].into_iter().collect(), keep, outlook: Outlook::default() }
    };
    assert_eq!(store.update(&dave, Revision(999), &edit).await, Err(StoreError::Removed));
    assert_eq!(status(store, &dave).await, None);
    store.update(&dave, Revision(1_001), &edit).await.expect("the store takes it");
    assert_eq!(status(store, &dave).await.as_deref(), Some("back"));
}

/// Every task adds one to the same record; none may be lost.
async fn concurrent_updates_all_count(store: Arc<dyn Store>) {
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let device = format!("device{number}").parse().expect("a device id");
                let input = Input::Claim { device, state: State::Unavailable };
                apply(&*store, &user("busy"), input, (1, Keep::Acknowledged)).await.expect("it is taken");
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("a task that ends");
    }
    let mut devices = 0;
    let mut look = |_: usize, record: &Record| {
        let line = serde_json::to_value(record).expect("a record has a JSON form");
        devices = line["claims"].as_array().map_or(0, Vec::len);
    };
    store.read(&[&user("busy")], &mut look).await.expect("the store reads");
    assert_eq!(devices, 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_memory_store_conforms() {
    let store = Arc::new(EmbeddedStore::in_memory());
    conforms(&*store).await;
    concurrent_updates_all_count(store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_on_disk_conforms() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Arc::new(disk::over(folder.path()).expect("it opens"));
    conforms(&*store).await;
    concurrent_updates_all_count(store.clone()).await;
    store.close().await.expect("all is kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_that_servers_share_in_tests_conforms() {
    let store = Arc::new(SharedStore::default());
    conforms(&*store).await;
    concurrent_updates_all_count(store).await;
}

#[test]
fn the_partition_of_a_user_never_changes() {
    let known = ["alice", "bob", "carol", "dave"].map(|name| partition(&user(name)));
    insta::assert_debug_snapshot!(known, @"
    [
        20,
        116,
        159,
        173,
    ]
    ");
    let used: HashSet<usize> = (0..10_000).map(|number| partition(&user(&format!("user{number}")))).collect();
    assert_eq!(used.len(), PARTITIONS);
}
