//! Names and pictures of users.

use reqwest::Method;
use serde_json::json;

use crate::support::{ALICE, Answer, BOB, CAROL, TestServer};
use presenced::service::Visibility;

async fn profile(server: &TestServer, token: &str, rest: &str) -> Answer {
    server.call(Method::GET, format!("/_matrix/client/v3/profile/{rest}")).token(token).send().await
}

#[tokio::test]
async fn a_name_and_a_picture() {
    let server = TestServer::start().await;
    insta::assert_snapshot!(profile(&server, "demo-bob", ALICE).await.line(), @r#"200 {"displayname":"Alice"}"#);
    insta::assert_snapshot!(profile(&server, "demo-bob", &format!("{ALICE}/displayname")).await.line(), @r#"200 {"displayname":"Alice"}"#);
    insta::assert_snapshot!(profile(&server, "demo-bob", &format!("{ALICE}/avatar_url")).await.line(), @"200 {}");
    let entry = json!({"avatarUrl": "https://example.com/alice.png"});
    server.admin(Method::PUT, &format!("/users/{ALICE}"), Some(entry)).await;
    insta::assert_snapshot!(profile(&server, "demo-alice", ALICE).await.line(), @r#"200 {"avatar_url":"https://example.com/alice.png"}"#);
    insta::assert_snapshot!(profile(&server, "demo-alice", &format!("{ALICE}/displayname")).await.line(), @"200 {}");
    insta::assert_snapshot!(profile(&server, "demo-alice", &format!("{ALICE}/avatar_url")).await.line(), @r#"200 {"avatar_url":"https://example.com/alice.png"}"#);
    let call = server.call(Method::GET, format!("/_matrix/client/r0/profile/{ALICE}"));
    assert_eq!(call.token("demo-alice").send().await.status, 200);
}

/// Nobody learns who exists: strangers and unknown users are the same.
#[tokio::test]
async fn strangers_are_as_unknown_users() {
    for (visibility, stranger, unknown) in
        [(Visibility::Room, 403, (403, "M_FORBIDDEN")), (Visibility::Server, 200, (404, "M_NOT_FOUND"))]
    {
        let server = TestServer::start_with(|config| config.presence.visibility = visibility).await;
        for field in ["", "/displayname", "/avatar_url"] {
            let of = |user: &str| format!("{user}{field}");
            assert_eq!(profile(&server, "demo-bob", &of(CAROL)).await.status, stranger, "{field}");
            let mut answers = Vec::new();
            for user in ["@nobody:example.com", "@carol:elsewhere.example", "@:example.com"] {
                let answer = profile(&server, "demo-bob", &of(user)).await;
                assert_eq!(answer.errcode(), (unknown.0, unknown.1.to_owned()), "{user}");
                answers.push(answer.line());
            }
            if visibility == Visibility::Room {
                answers.push(profile(&server, "demo-bob", &of(CAROL)).await.line());
            }
            answers.dedup();
            assert_eq!(answers.len(), 1, "{answers:?}");
        }
    }
}

#[tokio::test]
async fn hiding_hides_presence_alone() {
    let server = TestServer::start().await;
    server.admin(Method::PUT, &format!("/users/{BOB}/settings"), Some(json!({"hidden": true}))).await;
    assert_eq!(server.presence("demo-alice", BOB).await.status, 404);
    insta::assert_snapshot!(profile(&server, "demo-alice", BOB).await.line(), @r#"200 {"displayname":"Bob"}"#);
}

#[tokio::test]
async fn who_may_not_ask() {
    let server = TestServer::start().await;
    for field in ["", "/displayname", "/avatar_url"] {
        let path = format!("/_matrix/client/v3/profile/{ALICE}{field}");
        let answer = server.call(Method::GET, path).send().await;
        assert_eq!(answer.errcode(), (401, "M_MISSING_TOKEN".to_owned()));
        let bad = profile(&server, "demo-bob", &format!("alice{field}")).await;
        assert_eq!(bad.errcode(), (400, "M_INVALID_PARAM".to_owned()));
    }
    let request = json!({"deviceId": "W", "scopes": ["write"]});
    let issued = server.admin(Method::POST, &format!("/users/{BOB}/tokens"), Some(request)).await.json();
    let writer = issued["token"].as_str().expect("a token");
    assert_eq!(profile(&server, writer, BOB).await.errcode(), (403, "M_FORBIDDEN".to_owned()));
}
