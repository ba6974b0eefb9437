//! Presence of one and of many, and settings.

use reqwest::Method;
use serde_json::json;

use crate::support::{ALICE, BOB, CAROL, TestServer};

#[tokio::test]
async fn one_user() {
    let server = TestServer::start().await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "online", "status_msg": "I am here."})).await;
    let path = format!("/presenced/v1/users/{ALICE}/presence");
    let seen = server.call(Method::GET, &path).token("demo-bob").send().await;
    insta::assert_snapshot!(seen.line(), @r#"200 {"userId":"@alice:example.com","state":"online","currentlyActive":true,"lastActiveAt":1767603600000,"status":"I am here."}"#);
    let stranger = server.call(Method::GET, &path).token("demo-carol").send().await;
    insta::assert_snapshot!(stranger.line(), @r#"404 {"type":"urn:presenced:problem:not-found","title":"Not Found","status":404,"detail":"there is no such user, or the caller may not see them"}"#);
    let nobody = server.call(Method::GET, path.replace("alice", "nobody")).token("demo-carol").send().await;
    assert_eq!(nobody.text, stranger.text);
}

#[tokio::test]
async fn many_users() {
    let server = TestServer::start().await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    server.set_presence("demo-carol", CAROL, json!({"presence": "online"})).await;
    let query = json!({"users": [CAROL, BOB, ALICE, "@nobody:example.com", BOB]});
    let path = "/presenced/v1/presence/query";
    let seen = server.call(Method::POST, path).token("demo-bob").json(&query).send().await;
    insta::assert_snapshot!(seen.line(), @r#"200 {"presence":[{"userId":"@bob:example.com","state":"offline","currentlyActive":false,"devices":[]},{"userId":"@alice:example.com","state":"online","currentlyActive":true,"lastActiveAt":1767603600000},{"userId":"@bob:example.com","state":"offline","currentlyActive":false,"devices":[]}],"unavailable":["@carol:example.com","@nobody:example.com"]}"#);
    let all = server.admin(Method::POST, "/presence/query", Some(query)).await.json();
    assert_eq!(all["presence"].as_array().map(Vec::len), Some(4));
    assert_eq!(all["unavailable"], json!(["@nobody:example.com"]));
}

#[tokio::test]
async fn a_thousand_users_and_not_one_more() {
    let server = TestServer::start().await;
    let users: Vec<String> = (0..1_000).map(|number| format!("@{number:0>240}:example.com")).collect();
    for user in &users {
        assert_eq!(server.admin(Method::PUT, &format!("/users/{user}"), Some(json!({}))).await.status, 201);
    }
    let seen = server.admin(Method::POST, "/presence/query", Some(json!({"users": users}))).await.json();
    assert_eq!(seen["presence"].as_array().map(Vec::len), Some(1_000));
    let too_many: Vec<&str> = users.iter().map(String::as_str).chain([ALICE]).collect();
    let refused = server.admin(Method::POST, "/presence/query", Some(json!({"users": too_many}))).await;
    insta::assert_snapshot!(refused.line(), @r#"400 {"type":"urn:presenced:problem:invalid","title":"Bad Request","status":400,"detail":"users: at most 1000 in one call"}"#);
}

#[tokio::test]
async fn settings_are_the_users_own() {
    let server = TestServer::start().await;
    let path = format!("/presenced/v1/users/{ALICE}/settings");
    let get = |token: &str| server.call(Method::GET, &path).token(token).send();
    assert_eq!(get("demo-alice").await.line(), r#"200 {"override":"none","hidden":false}"#);
    let put = |token: &str, body| server.call(Method::PUT, &path).token(token).json(&body).send();
    let busy = put("demo-alice", json!({"override": "busy"})).await;
    assert_eq!(busy.line(), r#"200 {"override":"busy","hidden":false}"#);
    assert_eq!(get("demo-admin").await.text, busy.text);
    let presence = server.admin(Method::GET, &format!("/users/{ALICE}/presence"), None).await;
    insta::assert_snapshot!(presence.line(), @r#"200 {"userId":"@alice:example.com","state":"busy","currentlyActive":false,"devices":[]}"#);
    assert_eq!(put("demo-bob", json!({"hidden": true})).await.status, 403);
    assert_eq!(get("demo-bob").await.status, 403);
    assert_eq!(put("demo-alice", json!({"override": "away"})).await.status, 400);
    assert_eq!(put("demo-alice", json!({"unknown": 1})).await.status, 400);
    assert_eq!(get("demo-alice").await.text, busy.text, "nothing was changed");
    assert_eq!(put("demo-alice", json!({})).await.line(), r#"200 {"override":"none","hidden":false}"#);
    let nobody = server.admin(Method::GET, "/users/@nobody:example.com/settings", None).await;
    assert_eq!(nobody.status, 404);
}

#[tokio::test]
async fn hidden_users_are_listed_apart() {
    let server = TestServer::start().await;
    server.admin(Method::PUT, "/users/@alice:example.com/settings", Some(json!({"hidden": true}))).await;
    let query = json!({"users": [ALICE, BOB]});
    let path = "/presenced/v1/presence/query";
    let seen = server.call(Method::POST, path).token("demo-bob").json(&query).send().await;
    assert_eq!(seen.json()["unavailable"], json!([ALICE]));
    let seen = server.call(Method::POST, path).token("demo-alice").json(&query).send().await;
    assert_eq!(seen.json()["unavailable"], json!([]));
}
