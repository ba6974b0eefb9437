//! The conformance suite of the store's contract. Every store runs all of it.

pub(crate) mod disk;
mod engine;
mod samples;

use std::collections::HashSet;

use presenced::{
    id::UserId,
    presence::{Input, Record, Rules, State, Status, Timestamp},
    store::{Effect, EmbeddedStore, Keep, PARTITIONS, Store, Updated, partition},
};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_000_000);

pub(crate) fn user(name: &str) -> UserId {
    format!("@{name}:example.com").parse().expect("a user id")
}

pub(crate) async fn set_status(store: &dyn Store, user: &UserId, text: &str, micros: u64) -> Updated {
    let input = Input::Status(Status::lasting(text));
    let mut change = |record: &mut Record| {
        let before = record.clone();
        record.apply(&input, NOW, &Rules::default());
        Effect { visible: *record != before, keep: Keep::Acknowledged, next_change: None }
    };
    store.update(user, micros, &mut change).await.expect("the store takes it")
}

pub(crate) async fn status(store: &dyn Store, user: &UserId) -> Option<String> {
    let mut found = None;
    let mut look = |_: usize, record: &Record| {
        found = record.at(NOW, &Rules::default()).status.map(|text| text.to_string());
    };
    store.read(&[user], &mut look).await.expect("the store reads");
    found
}

async fn conforms(store: &dyn Store) {
    unknown_users_read_as_empty(store).await;
    updates_are_read_back(store).await;
    versions_go_up(store).await;
    many_are_read_once_each(store).await;
    records_of_all_sizes_take_each_others_place(store).await;
    removed_users_read_as_empty(store).await;
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
    assert_eq!(first, Updated { version: 1_000, visible: true });
    let renewed = set_status(store, &carol, "one", 2_000).await;
    assert_eq!(renewed, Updated { version: 1_000, visible: false }, "nobody can see a difference");
    let earlier = set_status(store, &carol, "two", 500).await;
    assert_eq!(earlier.version, 1_001, "the time went back, the version did not");
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

async fn removed_users_read_as_empty(store: &dyn Store) {
    let dave = user("dave");
    set_status(store, &dave, "here", 10).await;
    store.remove(&dave, Vec::new()).await.expect("the store removes");
    assert_eq!(status(store, &dave).await, None);
    store.remove(&dave, Vec::new()).await.expect("removing nobody is no error");
}

/// Every task adds one to the same record; none may be lost.
async fn concurrent_updates_all_count(store: &'static dyn Store) {
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            tokio::spawn(async move {
                let device = format!("device{number}").parse().expect("a device id");
                let input = Input::Claim { device, state: State::Unavailable };
                let mut change = |record: &mut Record| {
                    record.apply(&input, NOW, &Rules::default());
                    Effect { visible: true, keep: Keep::Acknowledged, next_change: None }
                };
                store.update(&user("busy"), 1, &mut change).await.expect("the store takes it").version
            })
        })
        .collect();
    let mut versions = HashSet::new();
    for task in tasks {
        assert!(versions.insert(task.await.expect("a task that ends")), "two changes have one version");
    }
    assert_eq!(versions, (1..=50).collect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_memory_store_conforms() {
    let store: &'static EmbeddedStore = Box::leak(Box::default());
    conforms(store).await;
    concurrent_updates_all_count(store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_on_disk_conforms() {
    let folder = tempfile::tempdir().expect("a folder");
    let store: &'static EmbeddedStore = Box::leak(Box::new(disk::open(folder.path()).expect("it opens")));
    conforms(store).await;
    concurrent_updates_all_count(store).await;
    store.close().await.expect("all is kept");
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
