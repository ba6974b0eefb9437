//! The directory, without a server: random changes against a plain map, and over a restart; and passes.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use presenced::{
    app::App,
    clock::{Clock as _, ManualClock},
    config::Config,
    directory::{Directory, DirectoryError, PassKind, Profile},
    id::UserId,
    store::{EmbeddedStore, Store},
};
use proptest::prelude::*;

use crate::{store::disk, support::START};

async fn open(store: Box<dyn Store>) -> App {
    let opened = App::open(Config::default(), store, Arc::new(ManualClock::at(START))).await;
    opened.expect("it opens")
}

#[derive(Clone, Debug)]
enum Step {
    Put { user: UserId, number: Option<u64>, name: Option<String> },
    Remove(UserId),
}

fn ids() -> impl Strategy<Value = UserId> {
    // Names that are each other's beginnings, and two servers, so that the order is put to the test.
    let id = (prop::sample::select(vec!["a", "ab", "a-b", "a.b", "b", "B", "zz"]), 0..20_u32, 0..2_u32);
    id.prop_map(|(name, number, server)| {
        format!("@{name}{number}:server{server}").parse().expect("a user id")
    })
}

fn steps() -> impl Strategy<Value = Step> {
    let put = (ids(), prop::option::of(1..100_u64), prop::option::of("[a-zé]{0,8}"));
    prop_oneof![
        3 => put.prop_map(|(user, number, name)| Step::Put { user, number, name }),
        1 => ids().prop_map(Step::Remove),
    ]
}

type Model = BTreeMap<UserId, (u64, Option<String>)>;

async fn take(directory: &Arc<Directory>, model: &mut Model, step: Step) {
    match step {
        Step::Put { user, number, name } => {
            let taken = model.iter().any(|(other, (theirs, _))| Some(*theirs) == number && *other != user);
            let profile = Profile { number, display_name: name.clone(), ..Profile::default() };
            match directory.put_user(&user, profile, START).await {
                Ok((put, is_new)) => {
                    assert!(!taken);
                    let known = model.get(&user).map(|(number, _)| *number);
                    assert_eq!(is_new, known.is_none());
                    assert_eq!(put.number, number.or(known).unwrap_or(put.number));
                    model.insert(user, (put.number, name));
                }
                Err(DirectoryError::NumberTaken { .. }) => assert!(taken),
                Err(error) => panic!("{error}"),
            }
        }
        Step::Remove(user) => {
            let was_there = model.remove(&user).is_some();
            assert_eq!(directory.remove_user(&user).await.expect("the store takes it"), was_there);
        }
    }
}

fn check(directory: &Directory, model: &Model) {
    let shown = |after: Option<&str>, limit| {
        let page = directory.users(after, limit);
        let users: Vec<_> =
            page.items.into_iter().map(|user| (user.id, (user.number, user.display_name))).collect();
        (users, page.more)
    };
    let all: Vec<_> = model.clone().into_iter().collect();
    assert_eq!(shown(None, 1_000), (all.clone(), false));
    for (place, (id, (number, _))) in all.iter().enumerate() {
        let rest: Vec<_> = all[place + 1..].iter().take(2).cloned().collect();
        assert_eq!(shown(Some(id.as_str()), 2), (rest, all.len() > place + 3), "after {id}");
        assert_eq!(directory.user_with_number(*number).map(|user| user.id), Some(id.clone()));
        assert!(directory.knows(id));
    }
}

fn run(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(work);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn random_changes_are_those_of_a_plain_map(steps in prop::collection::vec(steps(), 0..120)) {
        run(async {
            let app = open(Box::new(EmbeddedStore::in_memory())).await;
            let directory = &app.directory;
            let mut model = Model::new();
            for step in steps {
                take(directory, &mut model, step).await;
            }
            check(directory, &model);
        });
    }
}

#[tokio::test]
async fn users_are_found_again_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut model = Model::new();
    {
        let app = open(Box::new(disk::over(folder.path()).expect("it opens"))).await;
        let directory = &app.directory;
        for number in 0..200_u64 {
            let user = format!("@user{number}:example.com").parse().expect("a user id");
            let name = (number % 3 == 0).then(|| format!("User {number}"));
            take(directory, &mut model, Step::Put { user, number: None, name }).await;
        }
        let gone = "@user77:example.com".parse().expect("a user id");
        take(directory, &mut model, Step::Remove(gone)).await;
        app.service.close().await.expect("all is kept");
    }
    let app = open(Box::new(disk::over(folder.path()).expect("it opens"))).await;
    check(&app.directory, &model);
}

#[tokio::test]
async fn the_telephones_of_several_users_are_set_together_or_not_at_all() {
    let app = open(Box::new(EmbeddedStore::in_memory())).await;
    let users: Vec<UserId> = ["@a:x", "@b:x"].map(|id| id.parse().expect("a user id")).to_vec();
    for user in &users {
        app.directory.put_user(user, Profile::default(), START).await.expect("it is made");
    }
    let close = |users: Vec<UserId>| {
        app.directory.set_desks(users, |_, desk| {
            desk.closed_queues.insert(7);
        })
    };
    let nobody: UserId = "@nobody:x".parse().expect("a user id");
    let refused = close([users.clone(), vec![nobody]].concat()).await;
    assert!(matches!(refused, Err(DirectoryError::UnknownUser(_))), "{refused:?}");
    assert!(users.iter().all(|user| app.directory.desk(user).closed_queues.is_empty()));
    close(users.clone()).await.expect("all are there");
    assert!(users.iter().all(|user| app.directory.desk(user).closed_queues.contains(&7)));
}

static KEYS: PassKind = PassKind { name: "key", lifetime: Duration::from_secs(60), most: 2 };
static DOORS: PassKind = PassKind { name: "door", ..KEYS };

/// A pass stands for a value, for its kind alone, until it is used or its time is over.
#[tokio::test]
async fn passes() {
    let clock = Arc::new(ManualClock::at(START));
    let app = App::open(Config::default(), Box::new(EmbeddedStore::in_memory()), clock.clone()).await;
    let app = app.expect("it opens");
    let issue = async |owner: &str, value: &str| {
        let (pass, until) = app.directory.issue_pass(&KEYS, owner, &value).await.expect("a pass");
        assert_eq!(until, clock.now() + KEYS.lifetime);
        pass.reveal().to_owned()
    };
    let value = async |kind: &PassKind, pass: &str| -> Option<String> {
        app.directory.pass(kind, pass).await.expect("the store is well")
    };
    let spend = async |pass: &str| app.directory.spend_pass(pass).await.expect("the store is well");
    let (first, other) = (issue("one", "a").await, issue("other", "b").await);
    assert_eq!(value(&KEYS, &first).await.as_deref(), Some("a"));
    assert_eq!(value(&DOORS, &first).await, None, "another kind");
    assert_eq!(value(&KEYS, "pd_0").await, None, "no pass");
    // The oldest of one owner makes room.
    let (second, third) = (issue("one", "c").await, issue("one", "d").await);
    assert_eq!(value(&KEYS, &first).await, None);
    for (pass, expected) in [(&second, "c"), (&third, "d"), (&other, "b")] {
        assert_eq!(value(&KEYS, pass).await.as_deref(), Some(expected));
    }
    assert_eq!(app.directory.unused_passes(&KEYS), 3);
    assert_eq!(app.directory.unused_passes(&DOORS), 0);
    // One that was used leaves its place.
    assert!(spend(&second).await);
    assert!(!spend(&second).await);
    assert_eq!(value(&KEYS, &second).await, None);
    issue("one", "e").await;
    assert_eq!(value(&KEYS, &third).await.as_deref(), Some("d"));
    clock.advance(Duration::from_secs(59));
    assert_eq!(value(&KEYS, &third).await.as_deref(), Some("d"));
    clock.advance(Duration::from_secs(1));
    assert_eq!(value(&KEYS, &third).await, None);
    app.tick().await;
    assert_eq!(app.directory.unused_passes(&KEYS), 0);
    assert!(!spend(&third).await);
}
