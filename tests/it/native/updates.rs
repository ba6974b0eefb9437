//! What programs say of many users in a call.

use reqwest::Method;
use serde_json::{Value, json};

use super::service_token;
use crate::support::{ALICE, Answer, BOB, CAROL, FaultyStore, TestServer};

const PATH: &str = "/presenced/v1/presence/update";

async fn update(server: &TestServer, token: &str, updates: Value) -> Answer {
    let body = json!({ "updates": updates });
    server.call(Method::POST, PATH).token(token).json(&body).send().await
}

async fn presence(server: &TestServer, user: &str) -> Value {
    server.admin(Method::GET, &format!("/users/{user}/presence"), None).await.json()
}

#[tokio::test]
async fn each_has_its_own_outcome() {
    let server = TestServer::start().await;
    let updates = json!([
        {"userId": ALICE, "state": "busy", "status": {"text": "In a meeting", "expiresInSeconds": 60}},
        {"userId": BOB, "label": "phone", "status": null},
        {"userId": BOB, "state": "online", "deviceId": "PHONE", "label": "phone", "leaseSeconds": 5},
        {"userId": BOB, "status": {"text": "of the phone"}, "deviceId": "PHONE", "label": "ios"},
        {"userId": CAROL, "state": "away"},
        {"userId": CAROL},
        {"userId": "carol", "state": "busy"},
        {"userId": "@nobody:example.com", "state": "busy"},
        {"userId": CAROL, "status": {"text": "x".repeat(1_025)}},
        {"userId": CAROL, "status": {"text": "x", "expiresAt": 1}},
    ]);
    let (token, body) = (service_token(&server, &["write"]).await, json!({ "updates": updates }));
    let answer = server.call(Method::POST, PATH).token(&token).json(&body).leniently().send().await.json();
    let told = |result: &Value| {
        let text = |name: &str| result[name].as_str().unwrap_or_default().to_owned();
        format!("{} {} {}", text("userId"), text("outcome"), text("detail")).trim_end().to_owned()
    };
    let told: Vec<String> = answer["results"].as_array().expect("results").iter().map(told).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    @alice:example.com accepted
    @bob:example.com invalid the device says nothing that a label could be kept with
    @bob:example.com accepted
    @bob:example.com accepted
    @carol:example.com invalid state: unknown variant `away`, expected one of `offline`, `unavailable`, `online`, `busy`
    @carol:example.com invalid body: state or status has to be there
    carol invalid userId: a user id starts with `@`
    @nobody:example.com unknown-user there is no such user
    @carol:example.com invalid the status has 1025 bytes; at most 1024 are allowed
    @carol:example.com invalid status: it may expire at a moment to come alone
    ");
    let bob = presence(&server, BOB).await;
    assert_eq!((&bob["state"], &bob["status"]), (&json!("online"), &json!("of the phone")));
    assert_eq!(
        (&bob["devices"][0]["deviceId"], &bob["devices"][0]["label"]),
        (&json!("PHONE"), &json!("ios"))
    );
    let alice = presence(&server, ALICE).await;
    assert_eq!((&alice["state"], &alice["devices"][0]["deviceId"]), (&json!("busy"), &json!("api")));
    assert_eq!(presence(&server, CAROL).await["state"], "offline");
}

#[tokio::test]
async fn those_of_one_user_are_taken_in_their_order() {
    let server = TestServer::start().await;
    let states = ["busy", "offline", "online", "unavailable"];
    let updates: Vec<Value> = states.iter().map(|state| json!({"userId": ALICE, "state": state})).collect();
    assert_eq!(update(&server, "demo-admin", json!(updates)).await.status, 200);
    assert_eq!(presence(&server, ALICE).await["state"], "unavailable");
}

#[tokio::test]
async fn a_thousand_and_not_one_more() {
    let server = TestServer::start().await;
    let updates = |count: usize| json!(vec![json!({"userId": ALICE, "status": {"text": "x"}}); count]);
    let answer = update(&server, "demo-admin", updates(1_000)).await.json();
    assert_eq!(answer["results"].as_array().map(Vec::len), Some(1_000));
    insta::assert_snapshot!(update(&server, "demo-admin", updates(1_001)).await.line(), @r#"400 {"type":"urn:presenced:problem:invalid","title":"Bad Request","status":400,"detail":"updates: at most 1000 in one call"}"#);
    assert_eq!(update(&server, "demo-admin", json!([])).await.line(), r#"200 {"results":[]}"#);
}

#[tokio::test]
async fn what_is_refused_as_a_whole() {
    let server = TestServer::start().await;
    for updates in [
        json!({}),
        json!([{"state": "busy"}]),
        json!([{"userId": ALICE, "state": "busy", "more": 1}]),
        json!([{"userId": ALICE, "state": 5}]),
        json!([{"userId": ALICE, "state": null}]),
    ] {
        assert_eq!(update(&server, "demo-admin", updates.clone()).await.status, 400, "{updates}");
    }
    let reading = service_token(&server, &["read", "gateway"]).await;
    for token in [reading.as_str(), "demo-alice"] {
        let refused = update(&server, token, json!([{"userId": ALICE, "state": "busy"}])).await;
        assert_eq!(refused.status, 403, "{token}");
    }
    assert_eq!(presence(&server, ALICE).await["state"], "offline");
}

#[tokio::test]
async fn a_store_that_refuses_some() {
    let store = FaultyStore::default();
    let mood = store.mood.clone();
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    mood.refuse();
    let updates =
        json!([{"userId": ALICE, "state": "busy"}, {"userId": "@nobody:example.com", "status": null}]);
    let answer = update(&server, "demo-admin", updates).await.json();
    let outcomes: Vec<&Value> =
        answer["results"].as_array().expect("results").iter().map(|result| &result["outcome"]).collect();
    assert_eq!(outcomes, ["unavailable", "unknown-user"]);
}
