//! Logging out: what ends, and what does not.

use presenced::{demo, store::Store};
use reqwest::Method;
use serde_json::json;

use crate::support::{ALICE, Answer, BOB, FaultyStore, START, SharedStore, TestServer};

async fn post(server: &TestServer, token: &str, path: &str) -> Answer {
    server.call(Method::POST, format!("/_matrix/client/{path}")).token(token).send().await
}

async fn whoami(server: &TestServer, token: &str) -> u16 {
    let call = server.call(Method::GET, "/_matrix/client/v3/account/whoami").token(token);
    call.send().await.status.as_u16()
}

#[tokio::test]
async fn a_logout_ends_the_token_alone() {
    for prefix in ["v3", "r0"] {
        let server = TestServer::start().await;
        assert_eq!(post(&server, "demo-alice", &format!("{prefix}/logout")).await.line(), "200 {}");
        let after = server.presence("demo-alice", ALICE).await.line();
        insta::allow_duplicates! {
            insta::assert_snapshot!(after, @r#"401 {"errcode":"M_UNKNOWN_TOKEN","error":"Unrecognised access token","soft_logout":false}"#);
        }
        let again = post(&server, "demo-alice", &format!("{prefix}/logout")).await;
        assert_eq!(again.errcode(), (401, "M_UNKNOWN_TOKEN".to_owned()));
        assert_eq!((whoami(&server, "demo-alice-2").await, whoami(&server, "demo-bob").await), (200, 200));
    }
}

#[tokio::test]
async fn a_logout_everywhere_ends_all_tokens_of_the_user() {
    for prefix in ["v3", "r0"] {
        let server = TestServer::start().await;
        let guest = json!({"deviceId": "G", "guest": true});
        let issued = server.admin(Method::POST, &format!("/users/{ALICE}/tokens"), Some(guest)).await.json();
        let guest = issued["token"].as_str().expect("a token");
        assert_eq!(post(&server, guest, &format!("{prefix}/logout/all")).await.line(), "200 {}");
        for token in ["demo-alice", "demo-alice-2", guest] {
            assert_eq!(whoami(&server, token).await, 401, "{token}");
        }
        assert_eq!(whoami(&server, "demo-bob").await, 200);
    }
}

#[tokio::test]
async fn who_cannot_log_out() {
    let server = TestServer::start().await;
    for path in ["v3/logout", "v3/logout/all"] {
        let call = server.call(Method::POST, format!("/_matrix/client/{path}"));
        assert_eq!(call.send().await.errcode(), (401, "M_MISSING_TOKEN".to_owned()));
        assert_eq!(post(&server, "nonsense", path).await.errcode(), (401, "M_UNKNOWN_TOKEN".to_owned()));
        assert_eq!(post(&server, "demo-admin", path).await.errcode(), (403, "M_FORBIDDEN".to_owned()));
    }
}

#[tokio::test]
async fn a_store_that_refuses_keeps_the_token() {
    let store = FaultyStore::default();
    let mood = store.mood.clone();
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    mood.refuse();
    for path in ["v3/logout", "v3/logout/all"] {
        assert_eq!(post(&server, "demo-bob", path).await.status, 503);
    }
    assert_eq!(whoami(&server, "demo-bob").await, 200);
}

/// Whoever tries a logout on the demo has the token again after its next start.
#[tokio::test]
async fn a_demo_token_comes_back() {
    let store = SharedStore::default();
    let boxed = || -> Box<dyn Store> { Box::new(store.clone()) };
    let server = TestServer::start_on(boxed(), |_| {}).await;
    assert_eq!(post(&server, "demo-alice", "v3/logout").await.status, 200);
    server.admin(Method::DELETE, &format!("/users/{BOB}"), None).await;
    server.stop().await;
    let server = TestServer::start_again(boxed(), |_| {}).await;
    assert_eq!(whoami(&server, "demo-alice").await, 401, "it ended for good");
    demo::furnish(&server.app.directory, START).await.expect("the demo's tokens");
    for (token, status) in
        [("demo-alice", 200), ("demo-alice-2", 200), ("demo-bob", 401), ("demo-carol", 200)]
    {
        assert_eq!(whoami(&server, token).await, status, "{token}");
    }
    assert_eq!(post(&server, "demo-alice", "v3/logout").await.status, 200);
    assert_eq!(whoami(&server, "demo-alice").await, 401);
}
