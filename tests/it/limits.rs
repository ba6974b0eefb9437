//! What a user may spend, whichever dialect and operation it is spent by.

use std::num::NonZeroU32;

use presenced::config::Config;
use reqwest::Method;
use serde_json::json;

use crate::support::{ALICE, Answer, TestServer, seconds, status_path};

fn three_at_once(config: &mut Config) {
    config.limits.put_per_second = 1.0;
    config.limits.put_burst = NonZeroU32::new(3).expect("not zero");
}

/// Every way in which a user sets something of their own presence.
async fn set(server: &TestServer, way: &str) -> Answer {
    let call = match way {
        "matrix" => server.call(Method::PUT, status_path(ALICE)).json(&json!({"presence": "online"})),
        "list" => server
            .call(Method::POST, format!("/_matrix/client/r0/presence/list/{ALICE}"))
            .json(&json!({"invite": ["@bob:example.com"]})),
        "pnut" => server.call(Method::PUT, "/v0/users/me/presence").json(&json!({"presence": "here"})),
        "settings" => server
            .call(Method::PUT, format!("/presenced/v1/users/{ALICE}/settings"))
            .json(&json!({"override": "busy"})),
        "accept" => {
            server.call(Method::PUT, format!("/presenced/v1/users/{ALICE}/observers/@carol:example.com"))
        }
        "deny" => {
            server.call(Method::DELETE, format!("/presenced/v1/users/{ALICE}/observers/@carol:example.com"))
        }
        _ => server
            .call(Method::PUT, "/restapi/v1.0/account/~/extension/~/presence")
            .json(&json!({"userStatus": "Busy"})),
    };
    call.token("demo-alice").send().await
}

const WAYS: [&str; 7] = ["matrix", "list", "pnut", "settings", "accept", "deny", "ringcentral"];

#[tokio::test]
async fn all_ways_to_set_presence_spend_one_budget() {
    let server = TestServer::start_with(three_at_once).await;
    for way in WAYS {
        for _ in 0..3 {
            assert_ne!(set(&server, way).await.status, 429, "{way}");
        }
        for other in WAYS {
            let refused = set(&server, other).await;
            assert_eq!(refused.status, 429, "{other} after {way}");
            assert_eq!(refused.header("retry-after"), "1", "{other}");
        }
        server.advance(seconds(3)).await;
    }
}

#[tokio::test]
async fn update_presence_spends_it_too() {
    let server = TestServer::start_with(three_at_once).await;
    let mut updated = Vec::new();
    for number in 0..4 {
        let path = format!("/v0/presence?update_presence=text-{number}");
        let answer = server.call(Method::GET, path).token("demo-alice").send().await;
        assert_eq!(answer.status, 200);
        updated.push(answer.json()["meta"]["updated_presence"].clone());
    }
    assert_eq!(updated, [json!(true), json!(true), json!(true), json!(false)]);
    let own = server.call(Method::GET, "/v0/presence/me").token("demo-alice").send().await;
    assert_eq!(own.json()["data"]["presence"], "text-2");
}

#[tokio::test]
async fn an_admin_and_other_users_have_their_own() {
    let server = TestServer::start_with(three_at_once).await;
    for _ in 0..3 {
        set(&server, "matrix").await;
    }
    let settings = json!({"override": "busy"});
    for _ in 0..5 {
        let path = format!("/users/{ALICE}/settings");
        assert_eq!(server.admin(Method::PUT, &path, Some(settings.clone())).await.status, 200);
    }
    let bob = server.set_presence("demo-bob", "@bob:example.com", json!({"presence": "online"})).await;
    assert_eq!(bob.status, 200);
}

#[tokio::test]
async fn a_read_only_token_spends_nothing() {
    let server = TestServer::start_with(three_at_once).await;
    let reader = json!({"deviceId": "READER", "scopes": ["read"]});
    let made = server.admin(Method::POST, &format!("/users/{ALICE}/tokens"), Some(reader)).await.json();
    let reader = made["token"].as_str().expect("a token").to_owned();
    for _ in 0..5 {
        let put = server.set_presence(&reader, ALICE, json!({"presence": "online"})).await;
        assert_eq!(put.status, 403);
    }
    assert_eq!(set(&server, "matrix").await.status, 200);
}

#[tokio::test]
async fn a_stream_over_the_budget_opens_and_says_nothing() {
    let server = TestServer::start_with(|config| {
        config.limits.sync_presence_per_second = 1.0;
        config.limits.sync_presence_burst = NonZeroU32::MIN;
    })
    .await;
    let open = |state: &str| {
        server.call(Method::GET, format!("/presenced/v1/changes?state={state}")).token("demo-alice").open()
    };
    let _first = open("unavailable").await;
    let _second = open("online").await;
    assert_eq!(server.presence("demo-alice", ALICE).await.json()["presence"], "unavailable");
}

#[tokio::test]
async fn a_user_over_the_own_limit_of_streams_takes_nothing_from_others() {
    let server = TestServer::start_with(|config| {
        config.limits.streams_per_user = 1;
        config.limits.new_streams_per_second = 3;
    })
    .await;
    let path = "/presenced/v1/changes";
    let _open = server.call(Method::GET, path).token("demo-alice").open().await;
    for _ in 0..5 {
        assert_eq!(server.call(Method::GET, path).token("demo-alice").send().await.status, 429);
    }
    let _of_bob = server.call(Method::GET, path).token("demo-bob").open().await;
}
