//! Who may see whom.

use reqwest::Method;
use serde_json::json;

use crate::support::{ALICE, BOB, CAROL, TestServer};
use presenced::service::Visibility;

#[tokio::test]
async fn a_shared_room_is_needed() {
    let server = TestServer::start().await;
    let answer = server.presence("demo-carol", ALICE).await;
    insta::assert_snapshot!(answer.line(), @r#"403 {"errcode":"M_FORBIDDEN","error":"You are not allowed to see their presence"}"#);
    // Somebody who does not exist answers the same, so nobody learns who exists.
    let nobody = server.presence("demo-carol", "@nobody:example.com").await;
    assert_eq!(nobody.line(), answer.line());
    let room = json!({"members": [ALICE, CAROL]});
    server.admin(Method::PUT, "/rooms/!pair:example.com/members", Some(room)).await;
    assert_eq!(server.presence("demo-carol", ALICE).await.status, 200);
    assert_eq!(server.presence("demo-carol", BOB).await.status, 403);
    server.admin(Method::PUT, "/rooms/!pair:example.com/members", Some(json!({"members": [ALICE]}))).await;
    assert_eq!(server.presence("demo-carol", ALICE).await.status, 403);
    assert_eq!(server.presence("demo-carol", CAROL).await.status, 200);
}

#[tokio::test]
async fn on_an_open_server_unknown_users_are_not_found() {
    let server = TestServer::start_with(|config| config.presence.visibility = Visibility::Server).await;
    assert_eq!(server.presence("demo-carol", ALICE).await.status, 200);
    for nobody in ["@nobody:example.com", "@:example.com"] {
        let answer = server.presence("demo-carol", nobody).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer.line(), @r#"404 {"errcode":"M_NOT_FOUND","error":"There is no presence state for this user"}"#);
        }
    }
}

#[tokio::test]
async fn a_hidden_user_is_not_found_but_sees_themselves() {
    let server = TestServer::start().await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    let path = "/users/@alice:example.com/settings";
    server.admin(Method::PUT, path, Some(json!({"hidden": true}))).await;
    assert_eq!(server.presence("demo-bob", ALICE).await.errcode(), (404, "M_NOT_FOUND".to_owned()));
    assert_eq!(server.presence("demo-carol", ALICE).await.errcode(), (403, "M_FORBIDDEN".to_owned()));
    assert_eq!(server.presence("demo-alice", ALICE).await.json()["presence"], "online");
    server.admin(Method::PUT, path, Some(json!({}))).await;
    assert_eq!(server.presence("demo-bob", ALICE).await.json()["presence"], "online");
}

#[tokio::test]
async fn an_invisible_user_looks_offline_to_others() {
    let server = TestServer::start().await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    let path = "/users/@alice:example.com/settings";
    server.admin(Method::PUT, path, Some(json!({"override": "invisible"}))).await;
    let seen = server.presence("demo-bob", ALICE).await;
    insta::assert_snapshot!(seen.line(), @r#"200 {"presence":"offline","last_active_ago":0}"#);
    assert_eq!(server.presence("demo-alice", ALICE).await.json()["presence"], "online");
}
