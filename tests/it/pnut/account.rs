//! What clients ask besides presence.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::{APP, data, get, put};
use crate::support::TestServer;

#[tokio::test]
async fn what_a_token_is() {
    let server = TestServer::start().await;
    insta::assert_snapshot!(get(&server, "demo-alice", "/v0/token").await.line(), @r#"200 {"meta":{"code":200},"data":{"app":{"name":"DEMO"},"scopes":["basic","presence","gateway"],"user":{"id":"1","username":"alice","name":"Alice","created_at":"2026-01-05T09:00:00Z"}}}"#);
    insta::assert_snapshot!(get(&server, APP, "/v0/token").await.line(), @r#"200 {"meta":{"code":200},"data":{"app":{"name":"presenced"},"scopes":["basic","presence","gateway"]}}"#);
}

#[tokio::test]
async fn who_somebody_is() {
    let server = TestServer::start().await;
    insta::assert_snapshot!(get(&server, "demo-alice", "/v0/users/@Bob").await.line(), @r#"200 {"meta":{"code":200},"data":{"id":"2","username":"bob","name":"Bob","created_at":"2026-01-05T09:00:00Z"}}"#);
    assert_eq!(data(&get(&server, "demo-alice", "/v0/users/me").await)["id"], "1");
}

#[tokio::test]
async fn when_somebody_was_added() {
    let server = TestServer::start().await;
    server.advance(Duration::from_millis(90_500)).await;
    server.admin(Method::PUT, "/users/@dave:example.com", Some(json!({}))).await;
    server.advance(Duration::from_secs(60)).await;
    server.admin(Method::PUT, "/users/@dave:example.com", Some(json!({"displayName": "Dave"}))).await;
    let dave = data(&get(&server, "demo-alice", "/v0/users/@dave").await);
    let dave = (&dave["name"], &dave["created_at"]);
    assert_eq!(dave, (&json!("Dave"), &json!("2026-01-05T09:01:30Z")), "a new profile is the same user");
}

#[tokio::test]
async fn with_presence() {
    let server = TestServer::start().await.lenient();
    put(&server, "reading").await;
    for (query, presence) in [
        ("?include_presence=1", json!("reading")),
        ("?include_presence=true", json!("reading")),
        ("?include_presence=0", json!(null)),
        ("?include_presence", json!(null)),
        ("", json!(null)),
    ] {
        assert_eq!(
            data(&get(&server, "demo-bob", &format!("/v0/users/1{query}")).await)["presence"],
            presence
        );
        let token = data(&get(&server, "demo-alice", &format!("/v0/token{query}")).await);
        assert_eq!(token["user"]["presence"], presence, "{query}");
    }
    let carol = get(&server, "demo-bob", "/v0/users/3?include_presence=1").await;
    assert_eq!(data(&carol)["presence"], "offline");
}
