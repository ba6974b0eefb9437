//! What clients see when the store refuses, and when a request meets a bug.

use presenced::id::UserId;
use reqwest::Method;
use serde_json::json;

use crate::support::{ALICE, BOB, FaultyStore, Mood, TestServer, status_path};

const RINGCENTRAL: &str = "/restapi/v1.0/account/~/extension/~/presence";

async fn start() -> (TestServer, Mood) {
    let store = FaultyStore::default();
    let mood = store.mood.clone();
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "online", "status_msg": "before"})).await;
    (server, mood)
}

#[tokio::test]
async fn a_store_that_refuses_writes() {
    let (server, mood) = start().await;
    let before = server.presence("demo-bob", ALICE).await.line();
    mood.refuse();
    let put = server.set_presence("demo-alice", ALICE, json!({"presence": "offline"})).await;
    insta::assert_snapshot!(put.line(), @r#"503 {"errcode":"M_UNKNOWN","error":"the store refuses writes: the disk is full"}"#);
    let settings = format!("/users/{ALICE}/settings");
    let put = server.admin(Method::PUT, &settings, Some(json!({"hidden": true}))).await;
    insta::assert_snapshot!(put.line(), @r#"503 {"type":"urn:presenced:problem:store-unavailable","title":"Service Unavailable","status":503,"detail":"the store refuses writes: the disk is full"}"#);
    assert_eq!(server.admin(Method::DELETE, &format!("/users/{BOB}"), None).await.status, 503);
    let call = server.call(Method::PUT, RINGCENTRAL).token("demo-alice").json(&json!({"userStatus": "Busy"}));
    insta::assert_snapshot!(call.send().await.line(), @r#"503 {"errorCode":"CMN-211","message":"the store refuses writes: the disk is full","errors":[{"errorCode":"CMN-211","message":"the store refuses writes: the disk is full"}]}"#);
    let ready = server.call(Method::GET, "/readyz").send().await;
    insta::assert_snapshot!(ready.line(), @r#"503 {"type":"urn:presenced:problem:not-ready","title":"Service Unavailable","status":503,"detail":"the store refuses writes: the disk is full"}"#);
    assert_eq!(server.call(Method::GET, "/healthz").send().await.status, 200);
    let pnut = |method| server.call(method, "/v0/users/me/presence?presence=x").token("demo-alice");
    insta::assert_snapshot!(pnut(Method::PUT).send().await.line(), @r#"503 {"meta":{"code":503,"error_message":"the store refuses writes: the disk is full"}}"#);
    let call = |method| server.call(method, "/v0/users/me/presence?update_presence=x").token("demo-alice");
    insta::assert_snapshot!(call(Method::GET).send().await.line(), @r#"200 {"meta":{"code":200,"updated_presence":false},"data":{"id":"1","username":"alice","name":"Alice","presence":"before","last_seen_at":"2026-01-05T09:00:00Z"}}"#);
    insta::assert_snapshot!(call(Method::PUT).send().await.line(), @r#"503 {"meta":{"code":503,"updated_presence":false,"error_message":"the store refuses writes: the disk is full"}}"#);
    // Reads go on, nothing was changed, and it goes on once the cause is gone.
    assert_eq!(server.presence("demo-bob", ALICE).await.line(), before);
    mood.be_well();
    assert_eq!(server.call(Method::GET, "/readyz").send().await.status, 200);
    assert_eq!(server.set_presence("demo-alice", ALICE, json!({"presence": "offline"})).await.status, 200);
}

#[tokio::test]
async fn a_request_that_meets_a_bug_is_answered() {
    let (server, mood) = start().await;
    server.may_meet_bugs();
    mood.panic();
    let put = server.call(Method::PUT, status_path(ALICE)).token("demo-alice");
    let answer = put.json(&json!({"presence": "offline"})).send_undocumented().await;
    insta::assert_snapshot!(answer.line(), @r#"500 {"errcode":"M_UNKNOWN","error":"Internal server error"}"#);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let call = server.call(Method::PUT, format!("/presenced/v1/users/{ALICE}/settings")).token("demo-admin");
    let answer = call.json(&json!({})).send_undocumented().await;
    insta::assert_snapshot!(answer.line(), @r#"500 {"type":"urn:presenced:problem:internal-error","title":"Internal Server Error","status":500,"detail":"internal server error"}"#);
    let call = server.call(Method::PUT, RINGCENTRAL).token("demo-alice").json(&json!({"userStatus": "Busy"}));
    let answer = call.send_undocumented().await;
    insta::assert_snapshot!(answer.line(), @r#"500 {"errorCode":"CMN-203","message":"Internal Server Error","errors":[{"errorCode":"CMN-203","message":"Internal Server Error"}]}"#);
    for query in ["presence=x", "update_presence=x"] {
        let call = server.call(Method::PUT, format!("/v0/users/me/presence?{query}")).token("demo-alice");
        let answer = call.send_undocumented().await;
        assert_eq!(answer.line(), r#"500 {"meta":{"code":500,"error_message":"Internal Server Error"}}"#);
        assert_eq!(answer.header("x-api-version"), "0.9.6");
    }
    mood.be_well();
    assert_eq!(server.presence("demo-bob", ALICE).await.json()["status_msg"], "before");
}

#[tokio::test]
async fn a_user_that_is_removed_in_the_middle_of_an_update_leaves_nothing_behind() {
    let store = FaultyStore::default();
    let meanwhile = store.meanwhile.clone();
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    let directory = server.app.directory.clone();
    *meanwhile.lock().expect("nobody panics here") = Some(Box::new(move || {
        let directory = directory.clone();
        Box::pin(async move {
            let alice: UserId = ALICE.parse().expect("a user id");
            assert!(directory.remove_user(&alice).await.expect("the store removes"));
        })
    }));
    let put =
        server.set_presence("demo-alice", ALICE, json!({"presence": "online", "status_msg": "late"})).await;
    assert_eq!(put.errcode(), (401, "M_UNKNOWN_TOKEN".to_owned()));
    server.admin(Method::PUT, &format!("/users/{ALICE}"), Some(json!({}))).await;
    let presence = server.admin(Method::GET, &format!("/users/{ALICE}/presence"), None).await;
    assert_eq!(presence.json()["state"], "offline");
    assert_eq!(presence.json().get("status"), None);
}
