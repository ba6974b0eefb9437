//! Reports of gateways.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ALICE, Answer, BOB, TestServer, minutes};

async fn report(server: &TestServer, token: &str, heartbeats: &[Value]) -> Answer {
    let body = json!({"heartbeats": heartbeats});
    server.call(Method::POST, "/presenced/v1/heartbeats").token(token).json(&body).send().await
}

fn heartbeat(user: &str, device: &str, state: &str) -> Value {
    json!({"userId": user, "deviceId": device, "state": state})
}

async fn state(server: &TestServer, user: &str) -> String {
    let answer = server.admin(Method::GET, &format!("/users/{user}/presence"), None).await;
    answer.json()["state"].as_str().expect("a state").to_owned()
}

#[tokio::test]
async fn each_item_stands_for_itself() {
    let server = TestServer::start().await.lenient();
    let heartbeats = [
        heartbeat(ALICE, "DESK", "online"),
        heartbeat("@nobody:example.com", "DESK", "online"),
        heartbeat("alice", "DESK", "online"),
        heartbeat(ALICE, "", "online"),
        heartbeat(ALICE, "DESK", "away"),
        heartbeat(BOB, "DESK", "busy"),
    ];
    let answer = report(&server, "demo-carol", &heartbeats).await;
    assert_eq!(answer.status, 200);
    insta::assert_snapshot!(format!("{:#}", answer.json()), @r#"
    {
      "results": [
        {
          "userId": "@alice:example.com",
          "deviceId": "DESK",
          "outcome": "accepted"
        },
        {
          "userId": "@nobody:example.com",
          "deviceId": "DESK",
          "outcome": "unknown-user",
          "detail": "there is no such user"
        },
        {
          "userId": "alice",
          "deviceId": "DESK",
          "outcome": "invalid",
          "detail": "userId: a user id starts with `@`"
        },
        {
          "userId": "@alice:example.com",
          "deviceId": "",
          "outcome": "invalid",
          "detail": "deviceId: a device id is not empty and has no control characters"
        },
        {
          "userId": "@alice:example.com",
          "deviceId": "DESK",
          "outcome": "invalid",
          "detail": "state: unknown variant `away`, expected one of `offline`, `unavailable`, `online`, `busy`"
        },
        {
          "userId": "@bob:example.com",
          "deviceId": "DESK",
          "outcome": "accepted"
        }
      ]
    }
    "#);
    assert_eq!((state(&server, ALICE).await, state(&server, BOB).await), ("online".into(), "busy".into()));
    server.advance(minutes(15)).await;
    assert_eq!(state(&server, ALICE).await, "offline", "a claim holds for a lease");
}

#[tokio::test]
async fn the_last_of_one_device_counts() {
    let server = TestServer::start().await;
    let heartbeats = [
        heartbeat(ALICE, "DESK", "busy"),
        heartbeat(BOB, "DESK", "online"),
        heartbeat(ALICE, "DESK", "unavailable"),
        heartbeat(ALICE, "PHONE", "offline"),
        heartbeat(BOB, "DESK", "offline"),
    ];
    report(&server, "demo-admin", &heartbeats).await;
    assert_eq!(state(&server, ALICE).await, "unavailable");
    assert_eq!(state(&server, BOB).await, "offline");
}

#[tokio::test]
async fn a_thousand_items_and_not_one_more() {
    let server = TestServer::start().await;
    let user = |number: usize| format!("@{number}{}:example.com", "u".repeat(200));
    for number in 0..1_000 {
        server.admin(Method::PUT, &format!("/users/{}", user(number)), Some(json!({}))).await;
    }
    let mut heartbeats: Vec<Value> =
        (0..1_000).map(|number| heartbeat(&user(number), &"d".repeat(255), "online")).collect();
    let answer = report(&server, "demo-admin", &heartbeats).await.json();
    let results = answer["results"].as_array().expect("results");
    assert_eq!(results.len(), 1_000);
    for (number, result) in results.iter().enumerate() {
        assert_eq!((&result["userId"], &result["outcome"]), (&json!(user(number)), &json!("accepted")));
    }
    heartbeats.push(heartbeat(ALICE, "D", "online"));
    let refused = report(&server, "demo-admin", &heartbeats).await;
    insta::assert_snapshot!(refused.line(), @r#"400 {"type":"urn:presenced:problem:invalid","title":"Bad Request","status":400,"detail":"heartbeats: at most 1000 in one call"}"#);
    assert_eq!(state(&server, ALICE).await, "offline", "nothing was changed");
}

#[tokio::test]
async fn what_is_refused_as_a_whole() {
    let server = TestServer::start().await;
    let bad = [
        json!({}),
        json!([]),
        json!({"heartbeats": [{"userId": ALICE, "deviceId": "D"}]}),
        json!({"heartbeats": [{"userId": ALICE, "deviceId": "D", "state": 1}]}),
        json!({"heartbeats": [{"userId": ALICE, "deviceId": "D", "state": "online", "status": "x"}]}),
        json!({"heartbeats": [], "more": 1}),
    ];
    for body in bad {
        let answer = server.admin(Method::POST, "/heartbeats", Some(body.clone())).await;
        assert_eq!(answer.status, 400, "{body}");
    }
    let call = server.call(Method::POST, "/presenced/v1/heartbeats").token("demo-admin");
    assert_eq!(call.body("x".repeat(1_048_577)).send().await.status, 413);
    assert_eq!(report(&server, "demo-admin", &[]).await.line(), r#"200 {"results":[]}"#);
}

#[tokio::test]
async fn gateways_alone() {
    let server = TestServer::start().await;
    let request = json!({"deviceId": "D", "scopes": ["read", "write"]});
    let issued = server.admin(Method::POST, &format!("/users/{ALICE}/tokens"), Some(request)).await.json();
    let token = issued["token"].as_str().expect("a token");
    let refused = report(&server, token, &[heartbeat(ALICE, "D", "online")]).await;
    insta::assert_snapshot!(refused.line(), @r#"403 {"type":"urn:presenced:problem:forbidden","title":"Forbidden","status":403,"detail":"the token lacks the scope `gateway`"}"#);
    assert_eq!(state(&server, ALICE).await, "offline");
}
