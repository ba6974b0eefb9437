//! What a reader sees after what was set, and for how long.

use serde_json::json;

use crate::support::{ALICE, BOB, TestServer, minutes, seconds};

async fn seen(server: &TestServer) -> String {
    server.presence("demo-bob", ALICE).await.line()
}

#[tokio::test]
async fn never_seen() {
    let server = TestServer::start().await;
    insta::assert_snapshot!(seen(&server).await, @r#"200 {"presence":"offline"}"#);
    let own = server.presence("demo-bob", BOB).await;
    insta::assert_snapshot!(own.line(), @r#"200 {"presence":"offline"}"#);
}

#[tokio::test]
async fn online_until_the_lease_ends() {
    let server = TestServer::start().await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "online", "status_msg": "I am here."})).await;
    insta::assert_snapshot!(seen(&server).await, @r#"200 {"presence":"online","last_active_ago":0,"status_msg":"I am here.","currently_active":true}"#);
    server.advance(seconds(59)).await;
    insta::assert_snapshot!(seen(&server).await, @r#"200 {"presence":"online","last_active_ago":59000,"status_msg":"I am here.","currently_active":true}"#);
    server.advance(seconds(1)).await;
    insta::assert_snapshot!(seen(&server).await, @r#"200 {"presence":"online","last_active_ago":60000,"status_msg":"I am here.","currently_active":false}"#);
    server.advance(minutes(4)).await;
    insta::assert_snapshot!(seen(&server).await, @r#"200 {"presence":"unavailable","last_active_ago":300000,"status_msg":"I am here."}"#);
    server.advance(minutes(10)).await;
    insta::assert_snapshot!(seen(&server).await, @r#"200 {"presence":"offline","last_active_ago":900000,"status_msg":"I am here."}"#);
}

#[tokio::test]
async fn unavailable_of_a_new_user_tells_no_activity() {
    let server = TestServer::start().await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "unavailable", "status_msg": "brb"})).await;
    insta::assert_snapshot!(seen(&server).await, @r#"200 {"presence":"unavailable","status_msg":"brb"}"#);
}

#[tokio::test]
async fn each_put_replaces_the_status() {
    let server = TestServer::start().await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "online", "status_msg": "first"})).await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    assert_eq!(server.presence("demo-bob", ALICE).await.json().get("status_msg"), None);
    server.set_presence("demo-alice", ALICE, json!({"presence": "online", "status_msg": "second"})).await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "offline", "status_msg": ""})).await;
    insta::assert_snapshot!(seen(&server).await, @r#"200 {"presence":"offline","last_active_ago":0}"#);
}

#[tokio::test]
async fn two_devices_of_one_user() {
    let server = TestServer::start().await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    server.set_presence("demo-alice-2", ALICE, json!({"presence": "unavailable"})).await;
    assert_eq!(server.presence("demo-bob", ALICE).await.json()["presence"], "online");
    server.set_presence("demo-alice", ALICE, json!({"presence": "offline"})).await;
    assert_eq!(server.presence("demo-bob", ALICE).await.json()["presence"], "unavailable");
    server.set_presence("demo-alice-2", ALICE, json!({"presence": "offline"})).await;
    assert_eq!(server.presence("demo-bob", ALICE).await.json()["presence"], "offline");
}

#[tokio::test]
async fn last_active_ago_outgrows_32_bits() {
    let server = TestServer::start().await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    server.advance(minutes(60 * 24 * 100)).await;
    insta::assert_snapshot!(seen(&server).await, @r#"200 {"presence":"offline","last_active_ago":8640000000}"#);
}
