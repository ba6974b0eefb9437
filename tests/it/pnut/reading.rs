//! Reading one user's presence: whom a path names, and what is told of them.

use presenced::directory::Profile;
use reqwest::Method;
use serde_json::json;

use super::{APP, add_user, data, get, outcome, put, reads};
use crate::support::{ALICE, CAROL, TestServer};

#[tokio::test]
async fn somebody_who_was_never_there() {
    let server = TestServer::start().await;
    insta::assert_snapshot!(get(&server, "demo-bob", "/v0/users/3/presence").await.line(), @r#"200 {"meta":{"code":200},"data":{"id":"3","username":"carol","name":"Carol","presence":"offline"}}"#);
}

#[tokio::test]
async fn whom_a_path_names() {
    let server = TestServer::start().await;
    for (name, number) in
        [("me", "1"), ("1", "1"), ("2", "2"), ("@bob", "2"), ("@BoB", "2"), ("%40bob", "2"), ("@carol", "3")]
    {
        for path in ["/v0/users/ID/presence", "/v1/users/ID/presence", "/v0/presence/ID", "/v1/presence/ID"] {
            let path = path.replace("ID", name);
            assert_eq!(data(&get(&server, "demo-alice", &path).await)["id"], number, "{path}");
        }
    }
    for name in [
        "4",
        "0",
        "-1",
        "+1",
        "1.0",
        "99999999999999999999",
        "bob",
        "Me",
        "@",
        "@nobody",
        "%ff",
        "%00",
        ALICE,
    ] {
        for path in ["/v0/users/ID/presence", "/v0/presence/ID", "/v0/users/ID"] {
            let path = path.replace("ID", name);
            assert_eq!(outcome(&get(&server, "demo-alice", &path).await), (404, None), "{path}");
        }
    }
}

#[tokio::test]
async fn names_with_capitals() {
    let server = TestServer::start().await;
    add_user(&server, "@Dave:example.com", Profile::default()).await;
    for name in ["@Dave", "@dave", "@DAVE"] {
        let answer = get(&server, "demo-bob", &format!("/v0/users/{name}/presence")).await;
        assert_eq!(data(&answer)["username"], "Dave", "{name}");
    }
    // The name as it is written comes first.
    add_user(&server, "@dave:example.com", Profile::default()).await;
    let named = async |name: &str| {
        data(&get(&server, "demo-bob", &format!("/v0/users/{name}/presence")).await)["username"].clone()
    };
    assert_eq!((named("@Dave").await, named("@dave").await), (json!("Dave"), json!("dave")));
    server.admin(Method::DELETE, "/users/@dave:example.com", None).await;
    assert_eq!(named("@dave").await, "Dave");
    server.admin(Method::DELETE, "/users/@Dave:example.com", None).await;
    assert_eq!(get(&server, "demo-bob", "/v0/users/@dave/presence").await.status, 404);
}

/// A decision: names and pictures are told, a name cut to 50 characters.
#[tokio::test]
async fn profiles() {
    let server = TestServer::start().await;
    let profile = Profile {
        number: Some(70_000_000_000),
        display_name: Some("é".repeat(60)),
        avatar_url: Some("https://example.com/dave.png".to_owned()),
        ..Profile::default()
    };
    add_user(&server, "@dave:example.com", profile).await;
    let seen = data(&get(&server, "demo-bob", "/v0/users/@dave/presence").await);
    assert_eq!(
        seen,
        json!({"id": "70000000000", "username": "dave", "name": "é".repeat(50),
            "avatar_image": "https://example.com/dave.png", "presence": "offline"})
    );
    add_user(&server, "@erin:example.com", Profile::default()).await;
    let seen = data(&get(&server, "demo-bob", "/v0/users/@erin/presence").await);
    assert_eq!(seen, json!({"id": "70000000001", "username": "erin", "presence": "offline"}));
}

/// A decision: everybody of the server sees everybody, a common room or not; so do apps.
#[tokio::test]
async fn everybody_sees_everybody() {
    let server = TestServer::start().await;
    put(&server, "reading").await;
    for token in ["demo-bob", "demo-carol", APP] {
        assert_eq!(
            data(&get(&server, token, "/v0/users/1/presence").await)["presence"],
            "reading",
            "{token}"
        );
    }
}

/// A decision: to others somebody hidden reads as somebody who was never there.
#[tokio::test]
async fn somebody_hidden() {
    let server = TestServer::start().await;
    put(&server, "reading").await;
    server.admin(Method::PUT, &format!("/users/{ALICE}/settings"), Some(json!({"hidden": true}))).await;
    insta::assert_snapshot!(get(&server, "demo-bob", "/v0/users/1/presence").await.line(), @r#"200 {"meta":{"code":200},"data":{"id":"1","username":"alice","name":"Alice","presence":"offline"}}"#);
    let own = data(&get(&server, "demo-alice", "/v0/users/me/presence").await);
    assert_eq!((&own["presence"], &own["last_seen_at"]), (&json!("reading"), &json!("2026-01-05T09:00:00Z")));
    let listed = |answer| data(&answer).as_array().expect("a list").len();
    assert_eq!(listed(get(&server, "demo-bob", "/v0/presence").await), 0);
    assert_eq!(listed(get(&server, APP, "/v0/presence").await), 0);
    assert_eq!(listed(get(&server, "demo-alice", "/v0/presence").await), 1, "the truth for oneself");
}

/// What else clients put into a query is ignored.
#[tokio::test]
async fn unknown_parameters() {
    let server = TestServer::start().await;
    put(&server, "reading").await;
    for query in ["?include_html=0&include_user=1", "?0=u&1=n&2=d", "?count=0&since_id=9", "?&&=&=x", "?%zz"]
    {
        let answer = get(&server, "demo-bob", &format!("/v0/presence{query}")).await;
        assert_eq!(data(&answer).as_array().map(Vec::len), Some(1), "{query}");
    }
}

#[tokio::test]
async fn reading_moves_nothing() {
    let server = TestServer::start().await;
    put(&server, "reading").await;
    server.advance(crate::support::seconds(30)).await;
    get(&server, "demo-alice", "/v0/users/me/presence").await;
    get(&server, "demo-alice", "/v0/presence").await;
    assert_eq!(super::last_seen(&server, "1").await.as_deref(), Some("2026-01-05T09:00:00Z"));
    assert_eq!(reads(&server, CAROL.split(':').next().expect("a name")).await, "offline");
}
