//! The end of a token before its time, and of all of a user's.

use presenced::{demo::ADMIN_TOKEN, store::Kind};
use reqwest::Method;
use serde_json::json;

use super::{NOW, statuses, token, trusting};
use crate::support::{
    ALICE, SharedStore, TestServer, minutes, seconds,
    sync::{self, sync},
};

async fn post(server: &TestServer, path: &str, token: &str) -> u16 {
    server.call(Method::POST, path).token(token).send().await.status.as_u16()
}

async fn sign_out(server: &TestServer, whom: &str, token: &str) -> u16 {
    let path = format!("/presenced/v1/users/{whom}/tokens");
    server.call(Method::DELETE, path).token(token).send().await.status.as_u16()
}

#[tokio::test]
async fn logging_out_ends_that_token_alone() {
    let server = TestServer::start_with(trusting).await;
    let (one, other) = (token(json!({"sid": "one"})), token(json!({"sid": "other"})));
    assert_eq!(statuses(&server, &other).await, [200; 4]);
    assert_eq!(post(&server, "/_matrix/client/v3/logout", &one).await, 200);
    assert_eq!(statuses(&server, &one).await, [401; 4]);
    assert_eq!(statuses(&server, &other).await, [200; 4]);
    // And so does RingCentral's way.
    let form = format!("token={other}");
    let call =
        server.call(Method::POST, "/restapi/oauth/revoke").header("authorization", "Basic YXBwOnNlY3JldA==");
    let call = call.header("content-type", "application/x-www-form-urlencoded").body(form);
    assert_eq!(call.send().await.status, 200);
    assert_eq!(statuses(&server, &other).await, [401; 4]);
}

#[tokio::test]
async fn signing_out_everywhere_refuses_what_was_issued_before() {
    let store = SharedStore::default();
    let server = TestServer::start_on(Box::new(store.clone()), trusting).await;
    let exp = NOW + 3_600;
    let old = token(json!({ "exp": exp }));
    let without = token(json!({"exp": exp, "iat": null}));
    let of_bob = token(json!({"exp": exp, "sub": "bob"}));
    assert_eq!(statuses(&server, &without).await, [200; 4]);
    assert_eq!(sign_out(&server, "me", &old).await, 204);
    for token in [&old, &without, "demo-alice", "demo-alice-2"] {
        assert_eq!(statuses(&server, token).await[3], 401, "{token}");
    }
    assert_eq!(statuses(&server, &of_bob).await, [200; 4]);
    assert_eq!(statuses(&server, &token(json!({"exp": exp, "jti": "same second"}))).await, [401; 4]);
    server.advance(seconds(1)).await;
    assert_eq!(statuses(&server, &token(json!({"exp": exp, "iat": NOW + 1}))).await, [200; 4]);
    server.stop().await;
    // It is kept.
    let server = TestServer::start_again(Box::new(store), trusting).await;
    assert_eq!(statuses(&server, &old).await, [401; 4]);
    assert_eq!(post(&server, "/_matrix/client/v3/logout/all", &of_bob).await, 200);
    assert_eq!(statuses(&server, &of_bob).await, [401; 4]);
}

#[tokio::test]
async fn only_admins_and_users_themselves_sign_out() {
    let server = TestServer::start_with(trusting).await;
    assert_eq!(sign_out(&server, ALICE, "demo-bob").await, 403);
    assert_eq!(sign_out(&server, "@dave:example.com", ADMIN_TOKEN).await, 404);
    assert_eq!(sign_out(&server, "me", ADMIN_TOKEN).await, 403);
    let app = server
        .admin(Method::POST, "/app-tokens", Some(json!({"name": "x", "scopes": ["read", "write"]})))
        .await;
    let app = app.json()["token"].as_str().expect("a token").to_owned();
    assert_eq!(sign_out(&server, ALICE, &app).await, 403);
    assert_eq!(sign_out(&server, ALICE, ADMIN_TOKEN).await, 204);
    assert_eq!(statuses(&server, "demo-alice").await, [401; 4]);
}

#[tokio::test]
async fn what_it_opened_ends_at_once() {
    let server = TestServer::start_with(trusting).await;
    for everywhere in [true, false] {
        let token = token(json!({"exp": NOW + 3_600, "iat": NOW + 2 * u64::from(!everywhere), "sid": "web"}));
        let mut stream = server.call(Method::GET, "/presenced/v1/changes").token(&token).open().await;
        let since =
            sync(&server, &token, "").await.json()["next_batch"].as_str().expect("a token").to_owned();
        let query = format!("since={since}&timeout=60000");
        let waiting = sync(&server, &token, &query);
        let ends = async {
            tokio::task::yield_now().await;
            if everywhere {
                assert_eq!(sign_out(&server, ALICE, ADMIN_TOKEN).await, 204);
            } else {
                assert_eq!(post(&server, "/_matrix/client/v3/logout", &token).await, 200);
            }
        };
        let (answer, ()) = tokio::join!(waiting, ends);
        assert_eq!(answer.status, 401);
        while stream.block().await.is_some() {}
        server.advance(seconds(1)).await;
    }
}

#[tokio::test]
async fn its_natural_end_takes_connections_along() {
    let server = TestServer::start_with(trusting).await;
    let token = token(json!({}));
    let mut stream = server.call(Method::GET, "/presenced/v1/changes").token(&token).open().await;
    let since = sync::start(&server, &token).await;
    let waiting = server.open_sync(&token, &since, "set_presence=offline").await;
    server.advance(seconds(89)).await;
    assert!(waiting.waits());
    server.advance(seconds(1)).await;
    while stream.block().await.is_some() {}
    let end = waiting.answer().await;
    assert!(end.status == 401 || sync::senders(&end).is_empty(), "{}", end.text);
}

/// What is known of an ended token is the hash alone, and no longer than that matters.
#[tokio::test]
async fn ended_tokens_are_forgotten_once_they_would_be_over() {
    let store = SharedStore::default();
    let server = TestServer::start_on(Box::new(store.clone()), trusting).await;
    let kept = || store.documents_of(Kind::EndedToken);
    let early = token(json!({"sid": "early"}));
    assert_eq!(post(&server, "/_matrix/client/v3/logout", &early).await, 200);
    assert_eq!(kept().len(), 1);
    assert!(!format!("{:?}", kept()).contains(&early));
    server.advance(seconds(89)).await;
    let later = token(json!({"sid": "later", "exp": NOW + 3_600}));
    assert_eq!(post(&server, "/_matrix/client/v3/logout", &later).await, 200);
    assert_eq!(kept().len(), 2);
    server.advance(seconds(1)).await;
    let last = token(json!({"sid": "last", "exp": NOW + 3_600}));
    assert_eq!(post(&server, "/_matrix/client/v3/logout", &last).await, 200);
    assert_eq!(kept().len(), 2);
    assert_eq!(statuses(&server, &early).await, [401; 4]);
    assert_eq!(statuses(&server, &later).await, [401; 4]);
}

#[tokio::test]
async fn the_devices_go_offline() {
    let server = TestServer::start_with(trusting).await;
    let token = token(json!({"sid": "web", "exp": NOW + 3_600}));
    assert_eq!(server.set_presence(&token, ALICE, json!({"presence": "online"})).await.status, 200);
    assert_eq!(sign_out(&server, "me", &token).await, 204);
    server.advance(seconds(1)).await;
    server.advance(minutes(1)).await;
    let alice = server.presence("demo-bob", ALICE).await.json();
    assert_eq!(alice["presence"], "offline");
}
