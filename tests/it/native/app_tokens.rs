//! Tokens that belong to no user.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ALICE, TestServer, seconds};

async fn create(server: &TestServer, body: Value) -> (u16, Value) {
    let answer = server.admin(Method::POST, "/app-tokens", Some(body)).await;
    (answer.status.as_u16(), answer.json())
}

async fn names(server: &TestServer) -> Vec<String> {
    let list = server.admin(Method::GET, "/app-tokens", None).await.json();
    let tokens = list["tokens"].as_array().expect("a list").iter();
    tokens.map(|token| token["name"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn what_one_opens() {
    let server = TestServer::start().await;
    let (status, issued) = create(&server, json!({"name": "wallboard"})).await;
    assert_eq!((status, &issued["info"]["name"]), (201, &json!("wallboard")));
    let token = issued["token"].as_str().expect("a token");
    let call = async |method, path: &str| {
        let answer = server.call(method, path).token(token).json(&json!({})).send().await;
        answer.status.as_u16()
    };
    // It reads presence where that takes no user.
    assert_eq!(call(Method::GET, "/v0/presence").await, 200);
    assert_eq!(call(Method::GET, "/v0/users/1/presence").await, 200);
    assert_eq!(call(Method::GET, "/v0/users/me/presence").await, 403);
    assert_eq!(call(Method::PUT, "/v0/users/1/presence").await, 403);
    assert_eq!(call(Method::GET, "/presenced/v1/users").await, 403);
    assert_eq!(call(Method::POST, "/presenced/v1/app-tokens").await, 403);
    assert_eq!(server.presence(token, ALICE).await.status, 403);
    let own = server.call(Method::GET, "/v0/token").token(token).send().await;
    insta::assert_snapshot!(own.line(), @r#"200 {"meta":{"code":200},"data":{"app":{"name":"wallboard"},"scopes":["basic"]}}"#);
    assert_eq!(own.header("x-oauth-scopes"), "basic");
}

#[tokio::test]
async fn each_scope_opens_what_it_is_for() {
    let server = TestServer::start().await;
    let calls = [
        ("read", Method::GET, "/users/@carol:example.com/presence", json!(null)),
        ("read", Method::POST, "/presence/query", json!({"users": [ALICE]})),
        ("read", Method::GET, "/changes", json!(null)),
        ("read", Method::GET, "/users/@alice:example.com/settings", json!(null)),
        ("read", Method::GET, "/users/@alice:example.com/presence-list", json!(null)),
        ("read", Method::GET, "/rooms/!lobby:example.com/members", json!(null)),
        ("write", Method::PUT, "/users/@alice:example.com/settings", json!({"override": "busy"})),
        ("write", Method::PUT, "/rooms/!lobby:example.com/members", json!({"members": [ALICE]})),
        ("gateway", Method::POST, "/heartbeats", json!({"heartbeats": []})),
        (
            "gateway",
            Method::PUT,
            "/users/@alice:example.com/calls/1",
            json!({"telephonyStatus": "Ringing", "direction": "Inbound"}),
        ),
        ("gateway", Method::DELETE, "/users/@alice:example.com/calls/1", json!(null)),
        // Those of a user's device, and those of the admin.
        ("none", Method::GET, "/changes?state=online", json!(null)),
        ("none", Method::GET, "/users", json!(null)),
        ("none", Method::GET, "/rooms", json!(null)),
        ("none", Method::GET, "/subscriptions", json!(null)),
        ("none", Method::GET, "/users/@alice:example.com/tokens", json!(null)),
        ("none", Method::POST, "/app-tokens", json!({"name": "more"})),
        ("none", Method::GET, "/export", json!(null)),
    ];
    for scopes in [json!(["read"]), json!(["write"]), json!(["gateway"]), json!(["read", "write", "gateway"])]
    {
        let (status, issued) = create(&server, json!({"name": "backend", "scopes": scopes})).await;
        assert_eq!((status, &issued["info"]["scopes"]), (201, &scopes));
        let token = issued["token"].as_str().expect("a token");
        for (needed, method, path, body) in calls.clone() {
            let call = server.call(method.clone(), format!("/presenced/v1{path}")).token(token);
            let call = if body.is_null() { call } else { call.json(&body) };
            let (status, verdict) = call.send_head_judged().await;
            verdict.expect("as documented");
            let has_it = scopes.as_array().expect("a list").contains(&json!(needed));
            assert_eq!((status != 403, status.is_success()), (has_it, has_it), "{scopes}: {method} {path}");
        }
    }
}

#[tokio::test]
async fn listed_and_revoked() {
    let server = TestServer::start().await;
    assert!(names(&server).await.is_empty());
    let (_, issued) = create(&server, json!({"name": "wallboard"})).await;
    let token = issued["token"].as_str().expect("a token");
    assert_eq!(names(&server).await, ["wallboard"]);
    let path = format!("/app-tokens/{}", issued["info"]["tokenId"].as_str().expect("an id"));
    assert_eq!(server.admin(Method::DELETE, &path, None).await.status, 204);
    assert_eq!(server.admin(Method::DELETE, &path, None).await.status, 404);
    assert!(names(&server).await.is_empty());
    let call = server.call(Method::GET, "/v0/presence").token(token);
    assert_eq!(call.send().await.status, 401);
    // A user's token is none of an app's.
    let path = format!("/users/{ALICE}/tokens");
    let of_alice = server.admin(Method::GET, &path, None).await.json();
    let path = format!("/app-tokens/{}", of_alice["tokens"][0]["tokenId"].as_str().expect("an id"));
    assert_eq!(server.admin(Method::DELETE, &path, None).await.status, 404);
}

#[tokio::test]
async fn one_that_expires() {
    let server = TestServer::start().await;
    let (_, issued) = create(&server, json!({"name": "wallboard", "expiresInSeconds": 60})).await;
    assert_eq!(issued["info"]["expiresAt"], 1_767_603_660_000_u64);
    let read = async || {
        let call = server.call(Method::GET, "/v0/presence").token(issued["token"].as_str().expect("a token"));
        call.send().await.status.as_u16()
    };
    assert_eq!(read().await, 200);
    server.advance(seconds(60)).await;
    assert_eq!(read().await, 401);
}

#[tokio::test]
async fn refusals() {
    let server = TestServer::start_with(|config| config.limits.tokens_per_user = 2).await;
    for body in [
        json!({}),
        json!({"name": ""}),
        json!({"name": "x".repeat(256)}),
        json!({"name": "x", "scopes": ["admin"]}),
        json!({"name": "x", "expiresInSeconds": 0}),
    ] {
        assert_eq!(create(&server, body.clone()).await.0, 400, "{body}");
    }
    for expected in [201, 201, 409] {
        assert_eq!(create(&server, json!({"name": "x"})).await.0, expected);
    }
    let call = server.call(Method::GET, "/presenced/v1/app-tokens").token("demo-alice");
    assert_eq!(call.send().await.status, 403);
}
