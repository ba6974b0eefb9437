//! Users who are made when they are first seen.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
};

use futures_util::future::join_all;
use presenced::id::UserId;
use proptest::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};

use super::{statuses, token, welcoming, who};
use crate::{
    store::disk,
    support::{FaultyStore, TestServer},
};

#[tokio::test]
async fn they_have_what_the_token_says_and_no_extension() {
    let server = TestServer::start_with(welcoming).await;
    let dave = token(json!({"sub": "dave", "name": "Dave", "picture": "https://example.com/dave.png"}));
    assert_eq!(statuses(&server, &dave).await, [200, 200, 403, 200]);
    let user = server.admin(Method::GET, "/users/@dave:example.com", None).await;
    insta::assert_snapshot!(user.line(), @r#"200 {"userId":"@dave:example.com","number":4,"displayName":"Dave","avatarUrl":"https://example.com/dave.png"}"#);
    // What the profile lacks is filled, and nothing else.
    let other = token(json!({"sub": "dave", "name": "David", "picture": "https://example.com/other.png"}));
    assert_eq!(statuses(&server, &other).await[3], 200);
    assert_eq!(server.admin(Method::GET, "/users/@dave:example.com", None).await.text, user.text);
    let profile = json!({"account": 1, "extensionNumber": "104"});
    assert_eq!(server.admin(Method::PUT, "/users/@dave:example.com", Some(profile)).await.status, 200);
    assert_eq!(statuses(&server, &dave).await, [200; 4]);
}

#[tokio::test]
async fn what_is_so_already_is_not_written_again() {
    let store = FaultyStore::default();
    let writes = store.writes.clone();
    let server = TestServer::start_on(Box::new(store), welcoming).await;
    let written = async |changes: Value| {
        let before = writes.load(Ordering::SeqCst);
        assert_eq!(statuses(&server, &token(changes)).await[3], 200);
        writes.load(Ordering::SeqCst) - before
    };
    let rooms = |exp: u64| json!({"sub": "dave", "exp": exp, "presenced": {"rooms": ["!a:example.com"]}});
    assert_eq!(written(json!({"sub": "dave"})).await, 1);
    assert_eq!(written(json!({"sub": "dave", "jti": "2"})).await, 0);
    assert_eq!(written(json!({"sub": "dave", "name": "Dave"})).await, 1, "the name was missing");
    assert_eq!(written(json!({"sub": "dave", "name": "David"})).await, 0);
    assert_eq!(written(rooms(super::NOW + 60)).await, 1);
    assert_eq!(written(rooms(super::NOW + 50)).await, 0, "the room holds for longer already");
    assert_eq!(written(json!({"sub": "alice", "name": "Another"})).await, 0);
}

#[tokio::test]
async fn a_removed_user_does_not_come_back_with_an_old_token() {
    let server = TestServer::start_with(welcoming).await;
    let before = token(json!({"sub": "dave"}));
    assert_eq!(statuses(&server, &before).await[3], 200);
    assert_eq!(server.admin(Method::DELETE, "/users/@dave:example.com", None).await.status, 204);
    assert_eq!(statuses(&server, &before).await, [401; 4]);
    server.advance(crate::support::seconds(1)).await;
    assert_eq!(statuses(&server, &token(json!({"sub": "dave", "iat": super::NOW + 1}))).await[3], 200);
}

#[tokio::test]
async fn a_full_disk_is_no_bad_token() {
    let store = FaultyStore::default();
    let mood = store.mood.clone();
    let server = TestServer::start_on(Box::new(store), welcoming).await;
    mood.refuse();
    assert_eq!(statuses(&server, &token(json!({"sub": "dave"}))).await, [503; 4]);
    let ticket = server.call(Method::POST, "/presenced/v1/tickets").token(&token(json!({"sub": "dave"})));
    assert_eq!(ticket.send().await.status, 503);
    assert_eq!(statuses(&server, &token(json!({}))).await, [200; 4]);
    mood.be_well();
    assert_eq!(statuses(&server, &token(json!({"sub": "dave"}))).await, [200, 200, 403, 200]);
}

#[tokio::test]
async fn ten_thousand_at_once_are_made_once_each_and_share_writes() {
    const USERS: usize = 10_000;
    let store = FaultyStore::default();
    let writes = store.writes.clone();
    let server = Arc::new(TestServer::start_on(Box::new(store), welcoming).await);
    let before = writes.load(Ordering::SeqCst);
    // Each comes twice at the same time.
    let tokens: Vec<_> = (0..USERS).map(|i| token(json!({"sub": format!("user{i}")})).into_bytes()).collect();
    let known =
        tokens.iter().flat_map(|token| [token, token]).map(|token| server.app.auth.known(token.clone()));
    for known in join_all(known).await {
        assert!(known.is_ok());
    }
    let written = writes.load(Ordering::SeqCst) - before;
    assert_eq!(server.app.directory.counts().users, USERS + 3);
    // At most 256 changes are written together; the first comes alone.
    assert!((USERS / 256..USERS / 50).contains(&written), "{written} writes");
}

/// The same over HTTP and on a disk, of fewer.
#[tokio::test]
async fn whoever_comes_twice_at_once_is_made_once() {
    const USERS: usize = 200;
    let folder = tempfile::tempdir().expect("a folder");
    let store = disk::over(folder.path()).expect("it opens");
    let server = TestServer::start_on(Box::new(store), welcoming).await;
    let before = server.commits();
    let tokens: Vec<_> = (0..USERS).map(|i| token(json!({"sub": format!("user{i}")}))).collect();
    let asked = tokens.iter().flat_map(|token| [token, token]).map(async |token| {
        let call = server.call(Method::GET, "/presenced/v1/whoami").token(token);
        call.send().await.status.as_u16()
    });
    assert!(join_all(asked).await.iter().all(|status| *status == 200));
    assert_eq!(server.app.directory.counts().users, USERS + 3);
    let shared = server.commits() - before;
    assert!(shared <= USERS / 4, "{shared} fsyncs");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn two_subjects_are_never_one_user(
        subjects in prop::collection::hash_set("[a-cA%:2-5@é /|{}.]{1,5}|[a-c]%3[aA]|.{1,8}", 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let users: HashMap<String, String> = runtime.block_on(async {
            let server = TestServer::start_with(welcoming).await;
            let mut users = HashMap::new();
            for subject in subjects {
                let [.., native] = who(&server, &token(json!({ "sub": subject }))).await;
                assert_eq!(native.status, 200, "{subject:?}");
                let user: Value = native.json()["userId"].clone();
                let user = user.as_str().expect("an id").to_owned();
                assert!(user.parse::<UserId>().is_ok());
                if let Some(other) = users.insert(user.clone(), subject.clone()) {
                    panic!("{subject:?} and {other:?} are {user}");
                }
            }
            users
        });
        for (user, subject) in users {
            let kept = subject.chars().all(|c| c.is_ascii_alphanumeric() || "._=-/+@|".contains(c));
            prop_assert_eq!(user == format!("@{subject}:example.com"), kept);
        }
    }
}
