//! Filters that are kept: long ones, over a restart, and not too many of one user.

use reqwest::Method;
use serde_json::{Value, json};

use crate::store::disk;
use crate::support::{ALICE, Answer, BOB, FaultyStore, SharedStore, TestServer, seconds, sync::senders};

/// A filter as bots make it: all of their rooms by name.
fn long(mark: &str) -> Value {
    let rooms: Vec<_> = (0..200).map(|room| format!("!room{room:025}:example.com")).collect();
    json!({"presence": {"not_senders": [BOB]}, "room": {"rooms": rooms}, "mark": mark})
}

async fn post(server: &TestServer, token: &str, user: &str, filter: &Value) -> Answer {
    let path = format!("/_matrix/client/v3/user/{user}/filter");
    server.call(Method::POST, path).token(token).json(filter).send().await
}

/// Stores a filter of alice's, and returns its id.
async fn store(server: &TestServer, filter: &Value) -> String {
    let answer = post(server, "demo-alice", ALICE, filter).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let id = answer.json()["filter_id"].as_str().expect("an id").to_owned();
    assert!(id.len() <= 128, "{id}");
    id
}

async fn get(server: &TestServer, token: &str, user: &str, id: &str) -> Answer {
    let path = format!("/_matrix/client/v3/user/{user}/filter/{id}");
    server.call(Method::GET, path).token(token).send().await
}

async fn is_there(server: &TestServer, id: &str) -> bool {
    get(server, "demo-alice", ALICE, id).await.status == 200
}

async fn sync(server: &TestServer, token: &str, id: &str) -> Answer {
    server.call(Method::GET, format!("/_matrix/client/v3/sync?filter={id}")).token(token).send().await
}

#[tokio::test]
async fn a_long_filter_is_kept_over_a_restart() {
    let shared = SharedStore::default();
    let server = TestServer::start_on(Box::new(shared.clone()), |_| {}).await;
    let filter = long("a");
    assert!(filter.to_string().len() > 8_000);
    let id = store(&server, &filter).await;
    assert_eq!(store(&server, &filter).await, id, "the same filter has the same id");
    assert_ne!(store(&server, &long("b")).await, id);
    server.stop().await;

    let server = TestServer::start_again(Box::new(shared), |_| {}).await;
    assert_eq!(get(&server, "demo-alice", ALICE, &id).await.json(), filter);
    server.set_presence("demo-bob", BOB, json!({"presence": "online"})).await;
    assert_eq!(senders(&sync(&server, "demo-alice", &id).await), [ALICE]);
}

#[tokio::test]
async fn a_long_filter_is_on_disk_and_in_an_export() {
    let folder = tempfile::tempdir().expect("a folder");
    let over = || Box::new(disk::over(folder.path()).expect("it opens"));
    let server = TestServer::start_on(over(), |_| {}).await;
    let id = store(&server, &long("a")).await;
    let export = server.admin(Method::GET, "/export", None).await;
    let name = format!("{ALICE} {id}");
    let lines = export.text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let filter = lines.into_iter().find(|line| line["kind"] == "filter").expect("a line for the filter");
    assert_eq!((&filter["id"], &filter["value"]["filter"]), (&json!(name), &long("a")));
    server.stop().await;
    let server = TestServer::start_again(over(), |_| {}).await;
    assert_eq!(get(&server, "demo-alice", ALICE, &id).await.json(), long("a"));
}

#[tokio::test]
async fn a_short_filter_is_in_its_id_and_a_longer_one_is_not() {
    let server = TestServer::start().await;
    let with = |bytes: usize| json!({"a": "x".repeat(bytes - r#"{"a":""}"#.len())});
    let (short, longer) = (with(96), with(97));
    assert_eq!(store(&server, &short).await.len(), 128);
    let id = store(&server, &longer).await;
    assert_eq!(id.len(), 43);
    assert_eq!(get(&server, "demo-alice", ALICE, &id).await.json(), longer);
}

#[tokio::test]
async fn a_stored_filter_is_ones_own() {
    let server = TestServer::start().await;
    let id = store(&server, &long("a")).await;
    assert_eq!(get(&server, "demo-bob", BOB, &id).await.errcode(), (404, "M_NOT_FOUND".to_owned()));
    assert_eq!(get(&server, "demo-bob", ALICE, &id).await.errcode(), (403, "M_FORBIDDEN".to_owned()));
    assert_eq!(sync(&server, "demo-bob", &id).await.errcode(), (400, "M_INVALID_PARAM".to_owned()));
}

#[tokio::test]
async fn of_too_many_those_go_that_were_stored_longest_ago() {
    let shared = SharedStore::default();
    let few = |config: &mut presenced::config::Config| config.limits.filters_per_user = 3;
    let server = TestServer::start_on(Box::new(shared.clone()), few).await;
    let mut ids = Vec::new();
    for mark in ["a", "b", "c"] {
        ids.push(store(&server, &long(mark)).await);
        server.advance(seconds(1)).await;
    }
    // A client that starts anew stores its filter again: it is the latest then.
    assert_eq!(store(&server, &long("a")).await, ids[0]);
    server.advance(seconds(1)).await;
    let fourth = store(&server, &long("d")).await;
    // Other users' filters have nothing to do with it.
    assert_eq!(post(&server, "demo-bob", BOB, &long("b")).await.status, 200);
    let expect = async |server: &TestServer| {
        for (id, stays) in [(&ids[0], true), (&ids[1], false), (&ids[2], true), (&fourth, true)] {
            assert_eq!(is_there(server, id).await, stays, "{id}");
        }
    };
    expect(&server).await;
    server.stop().await;
    let server = TestServer::start_again(Box::new(shared), few).await;
    expect(&server).await;
}

#[tokio::test]
async fn filters_go_with_their_user() {
    let server = TestServer::start().await;
    let id = store(&server, &long("a")).await;
    server.admin(Method::DELETE, &format!("/users/{ALICE}"), None).await;
    server.admin(Method::PUT, &format!("/users/{ALICE}"), Some(json!({}))).await;
    let request = json!({"deviceId": "NEW"});
    let issued = server.admin(Method::POST, &format!("/users/{ALICE}/tokens"), Some(request)).await.json();
    let token = issued["token"].as_str().expect("a token");
    assert_eq!(get(&server, token, ALICE, &id).await.errcode(), (404, "M_NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn a_store_that_refuses_keeps_what_was_there() {
    let faulty = FaultyStore::default();
    let mood = faulty.mood.clone();
    let server = TestServer::start_on(Box::new(faulty), |_| {}).await;
    let id = store(&server, &long("a")).await;
    mood.refuse();
    assert_eq!(post(&server, "demo-alice", ALICE, &long("b")).await.status, 503);
    assert!(is_there(&server, &id).await);
    assert_eq!(post(&server, "demo-alice", ALICE, &long("a")).await.status, 200, "nothing is written");
    assert_eq!(post(&server, "demo-alice", ALICE, &json!({})).await.status, 200, "it is in its id");
}
