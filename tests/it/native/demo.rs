//! The demo as a fixture: its clock moves, and its fixtures come back.

use presenced::demo;
use reqwest::Method;
use serde_json::json;

use crate::support::{ALICE, BOB, TestServer, status_path};

#[tokio::test]
async fn time_passes_and_watchers_are_told_in_order() {
    let server = TestServer::start().await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    let mut changes = server.call(Method::GET, "/presenced/v1/changes").token("demo-bob").open().await;
    let advance = |seconds: u64| {
        let call = server.call(Method::POST, "/presenced/v1/demo/advance").token("demo-carol");
        call.json(&json!({ "seconds": seconds })).send()
    };
    assert_eq!(advance(14 * 60).await.status, 204);
    assert_eq!(server.presence("demo-bob", ALICE).await.json()["presence"], "unavailable");
    // Being told that she is no longer active comes between.
    let mut told = Vec::new();
    while told.last().is_none_or(|state| state != "unavailable") {
        told.push(changes.told().await.1);
    }
    assert!(told[..told.len() - 1].iter().all(|state| state == "online"), "{told:?}");
    assert_eq!(advance(60).await.status, 204);
    assert_eq!(changes.told().await.1, "offline");
    for seconds in [0, 31_536_001] {
        assert_eq!(advance(seconds).await.status, 400);
    }
    assert_eq!(advance(31_536_000).await.status, 204);
}

#[tokio::test]
async fn the_fixtures_come_back() {
    let server = TestServer::start().await;
    server.set_presence("demo-bob", BOB, json!({"presence": "online", "status_msg": "here"})).await;
    server.admin(Method::PUT, "/users/@dave:example.com", Some(json!({}))).await;
    server.admin(Method::DELETE, "/users/@alice:example.com", None).await;
    server.admin(Method::POST, "/app-tokens", Some(json!({"name": "bot"}))).await;
    server.admin(Method::PUT, "/rooms/!den:example.com/members", Some(json!({"members": [BOB]}))).await;
    let reset = || server.call(Method::POST, "/presenced/v1/demo/reset");
    assert_eq!(reset().send().await.status, 401);
    for _ in 0..2 {
        assert_eq!(reset().token("demo-bob").send().await.status, 204);
        let users = server.admin(Method::GET, "/users", None).await.json();
        let ids: Vec<_> =
            users["users"].as_array().expect("users").iter().map(|user| user["userId"].clone()).collect();
        assert_eq!(ids, [ALICE, BOB, "@carol:example.com"]);
        assert_eq!(users["users"][0]["number"], 1);
        let rooms = server.admin(Method::GET, "/rooms", None).await.json();
        assert_eq!(rooms["rooms"], json!([{"roomId": "!lobby:example.com", "memberCount": 2}]));
        assert_eq!(server.admin(Method::GET, "/app-tokens", None).await.json()["tokens"], json!([]));
        assert_eq!(server.presence("demo-alice-2", BOB).await.json(), json!({"presence": "offline"}));
    }
    assert_eq!(reset().token(demo::ADMIN_TOKEN).send().await.status, 204);
}

#[tokio::test]
async fn elsewhere_there_is_none_of_it() {
    let server = TestServer::start_with(|config| config.demo = false).await;
    for path in ["/presenced/v1/demo/reset", "/presenced/v1/demo/advance"] {
        let call = server.call(Method::POST, path).token("demo-alice").json(&json!({"seconds": 60}));
        assert_eq!(call.send().await.status, 404);
    }
    assert_eq!(server.call(Method::GET, status_path(ALICE)).token("demo-alice").send().await.status, 200);
}
