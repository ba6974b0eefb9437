//! Tokens: where they may stand, and what is said of bad ones.

use presenced::api::matrix::config::Matrix;
use reqwest::Method;
use serde_json::json;

use crate::support::{ALICE, BOB, TestServer, seconds, status_path};

#[tokio::test]
async fn where_a_token_may_stand() {
    let server = TestServer::start().await;
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let call = server.call(Method::GET, status_path(ALICE));
        let answer = call.header("authorization", format!("{scheme} demo-bob")).send().await;
        assert_eq!(answer.status, 200, "{scheme}");
    }
    let path = status_path(ALICE) + "?access_token=demo%2Dbob&other=1";
    assert_eq!(server.call(Method::GET, path).send().await.status, 200);
}

#[tokio::test]
async fn tokens_that_are_missing_or_too_many() {
    let server = TestServer::start().await;
    let path = status_path(ALICE);
    let with_header = |value: &str| server.call(Method::GET, path.clone()).header("authorization", value);
    let calls = [
        server.call(Method::GET, path.clone()),
        server.call(Method::GET, path.clone() + "?access_token="),
        server.call(Method::GET, path.clone() + "?Access_Token=demo-bob"),
        server.call(Method::GET, path.clone() + "?access_token=demo-bob&access_token=demo-bob"),
        server.call(Method::GET, path.clone() + "?access_token=demo-bob").token("demo-bob"),
        with_header("Basic ZGVtbzpib2I="),
        with_header("demo-bob"),
        with_header("Bearer"),
        with_header("Bearer "),
        with_header("Bearerdemo-bob"),
        with_header("Bearer demo-bob").header("authorization", "Bearer demo-bob"),
    ];
    for call in calls {
        let answer = call.send().await;
        assert_eq!(answer.errcode(), (401, "M_MISSING_TOKEN".to_owned()));
        assert_eq!(answer.json().get("soft_logout"), None);
    }
}

#[tokio::test]
async fn a_token_nobody_has() {
    let server = TestServer::start().await;
    for token in ["nonsense", "demo-alic", "demo-alicee", "Demo-alice"] {
        let answer = server.presence(token, ALICE).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer.line(), @r#"401 {"errcode":"M_UNKNOWN_TOKEN","error":"Unrecognised access token","soft_logout":false}"#);
        }
    }
    let answer =
        server.call(Method::GET, status_path(ALICE)).header("authorization", b"Bearer \xff".as_slice());
    assert_eq!(answer.send().await.errcode(), (401, "M_UNKNOWN_TOKEN".to_owned()));
}

#[tokio::test]
async fn a_revoked_token_is_unknown() {
    let server = TestServer::start().await;
    let tokens = server.admin(Method::GET, "/users/@bob:example.com/tokens", None).await.json();
    for token in tokens["tokens"].as_array().expect("a list") {
        let path = format!("/users/{BOB}/tokens/{}", token["tokenId"].as_str().expect("a token id"));
        assert_eq!(server.admin(Method::DELETE, &path, None).await.status, 204);
    }
    let answer = server.presence("demo-bob", ALICE).await;
    assert_eq!(answer.errcode(), (401, "M_UNKNOWN_TOKEN".to_owned()));
    assert_eq!(answer.json()["soft_logout"], false);
}

#[tokio::test]
async fn an_expired_token_may_log_in_again() {
    let server = TestServer::start().await;
    let request = json!({"deviceId": "SHORT", "expiresInSeconds": 60});
    let issued = server.admin(Method::POST, "/users/@bob:example.com/tokens", Some(request)).await.json();
    let token = issued["token"].as_str().expect("a token");
    server.advance(seconds(59)).await;
    assert_eq!(server.presence(token, ALICE).await.status, 200);
    server.advance(seconds(1)).await;
    insta::assert_snapshot!(server.presence(token, ALICE).await.line(), @r#"401 {"errcode":"M_UNKNOWN_TOKEN","error":"The access token has expired","soft_logout":true}"#);
}

#[tokio::test]
async fn guests_and_narrow_tokens() {
    let server = TestServer::start().await;
    let issue = async |request| {
        let issued = server.admin(Method::POST, "/users/@bob:example.com/tokens", Some(request)).await.json();
        issued["token"].as_str().expect("a token").to_owned()
    };
    let guest = issue(json!({"deviceId": "G", "guest": true})).await;
    assert_eq!(server.presence(&guest, BOB).await.errcode(), (403, "M_GUEST_ACCESS_FORBIDDEN".to_owned()));
    let reader = issue(json!({"deviceId": "R", "scopes": ["read"]})).await;
    assert_eq!(server.presence(&reader, BOB).await.status, 200);
    let put = server.set_presence(&reader, BOB, json!({"presence": "online"})).await;
    insta::assert_snapshot!(put.line(), @r#"403 {"errcode":"M_FORBIDDEN","error":"the token lacks the scope `write`"}"#);
    let writer = issue(json!({"deviceId": "W", "scopes": ["write"]})).await;
    assert_eq!(server.set_presence(&writer, BOB, json!({"presence": "online"})).await.status, 200);
    assert_eq!(server.presence(&writer, BOB).await.errcode(), (403, "M_FORBIDDEN".to_owned()));
    let admin = server.presence("demo-admin", BOB).await;
    insta::assert_snapshot!(admin.line(), @r#"403 {"errcode":"M_FORBIDDEN","error":"This access token belongs to no user"}"#);
}

#[tokio::test]
async fn the_query_token_can_be_turned_off() {
    let server = TestServer::start_with(|config| config.section_mut::<Matrix>().query_token = false).await;
    let path = status_path(ALICE) + "?access_token=demo-bob";
    let answer = server.call(Method::GET, path.clone()).send().await;
    assert_eq!(answer.errcode(), (401, "M_MISSING_TOKEN".to_owned()));
    assert_eq!(server.call(Method::GET, path).token("demo-bob").send().await.status, 200);
}
