//! Whom an extension monitors, and what is told of it.

use reqwest::Method;
use serde_json::{Value, json};

use super::{become_extension, codes, get, read, refused, token_with, update};
use crate::support::{Answer, CAROL, SharedStore, TestServer, socket::Socket};

const LINES: &str = "/restapi/v1.0/account/~/extension/~/presence/line";

async fn put(server: &TestServer, body: Value) -> Answer {
    server.call(Method::PUT, LINES).token("demo-alice").json(&body).leniently().send().await
}

/// The keys, and the extensions on them.
fn keys(lines: &Value) -> Vec<(&str, i64)> {
    let records = lines["records"].as_array().expect("records");
    let key = |record: &'_ Value| record["extension"]["id"].as_i64().expect("an id");
    records.iter().map(|record| (record["id"].as_str().expect("a key"), key(record))).collect()
}

#[tokio::test]
async fn everybody_else_until_it_is_set() {
    let server = TestServer::start().await;
    let lines = read(&server, "demo-alice", LINES).await;
    insta::assert_snapshot!(lines.to_string().replace(&server.url, ""), @r#"{"uri":"/restapi/v1.0/account/1/extension/1/presence/line","records":[{"id":"1","extension":{"uri":"/restapi/v1.0/account/1/extension/2","id":2,"extensionNumber":"102"}},{"id":"2","extension":{"uri":"/restapi/v1.0/account/1/extension/3","id":3,"extensionNumber":"103"}}]}"#);
    assert_eq!(keys(&read(&server, "demo-bob", LINES).await), [("1", 1), ("2", 3)]);
}

/// The two forms that clients send; ids may be numbers, and keys left out.
#[tokio::test]
async fn what_is_set_is_kept() {
    let store = SharedStore::default();
    let server = TestServer::start_on(Box::new(store.clone()), |_| {}).await;
    for (body, expected) in [
        (json!({"records": [{"id": "7", "extension": {"id": "3"}}]}), &[("7", 3)][..]),
        (json!([{"extension": {"id": 2}}, {"extension": {"id": "3"}}]), &[("1", 2), ("2", 3)]),
        (json!({"records": []}), &[]),
        (json!([{"id": 5, "extension": {"id": "3"}, "more": 1}]), &[("5", 3)]),
    ] {
        let answer = put(&server, body.clone()).await;
        assert_eq!(answer.status, 200, "{body} {}", answer.text);
        assert_eq!(keys(&answer.json()), expected, "{body}");
        assert_eq!(read(&server, "demo-alice", LINES).await, answer.json(), "{body}");
    }
    // Another server of the same store, and one that starts later.
    let other = TestServer::start_again(Box::new(store), |_| {}).await;
    assert_eq!(keys(&read(&other, "demo-alice", LINES).await), [("5", 3)]);
    put(&other, json!([{"extension": {"id": "2"}}, {"extension": {"id": "3"}}])).await;
    assert_eq!(keys(&read(&server, "demo-alice", LINES).await), [("1", 2), ("2", 3)]);
    // Who leaves the account is monitored no more.
    assert_eq!(server.admin(Method::DELETE, &format!("/users/{CAROL}"), None).await.status, 204);
    assert_eq!(keys(&read(&server, "demo-alice", LINES).await), [("1", 2)]);
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let server = TestServer::start().await;
    put(&server, json!([{"id": "7", "extension": {"id": "3"}}])).await;
    become_extension(&server, "@far:example.com", json!({"account": 2, "extensionNumber": "1"})).await;
    let many: Vec<Value> = (0..101).map(|_| json!({"extension": {"id": "2"}})).collect();
    for body in [
        json!({}),
        json!("all"),
        json!({"records": {}}),
        json!([{}]),
        json!([{"extension": {}}]),
        json!([{"extension": {"id": "99"}}]),
        json!([{"extension": {"id": "4"}}]),
        json!([{"extension": {"id": "2"}}, {"extension": {"id": "2"}}]),
        json!([{"id": "1", "extension": {"id": "2"}}, {"id": "1", "extension": {"id": "3"}}]),
        json!([{"id": "", "extension": {"id": "2"}}]),
        json!([{"id": "x".repeat(65), "extension": {"id": "2"}}]),
        json!(many),
    ] {
        let answer = put(&server, body.clone()).await;
        assert_eq!(codes(&answer), refused(400, "InvalidParameter", "CMN-101"), "{body}");
        assert_eq!(answer.json()["parameterName"], "records", "{body}");
    }
    assert_eq!(keys(&read(&server, "demo-alice", LINES).await), [("7", 3)]);
    for id in ["2", "3"] {
        let path = format!("/restapi/v1.0/account/~/extension/{id}/presence/line");
        assert_eq!(
            codes(&get(&server, "demo-alice", &path).send().await),
            refused(403, "CMN-404", "CMN-404")
        );
    }
    let reader = token_with(&server, &["read"]).await;
    let by_reader = server.call(Method::PUT, LINES).token(&reader).json(&json!([])).send().await;
    assert_eq!(codes(&by_reader), refused(403, "InsufficientPermissions", "CMN-401"));
}

/// `presence/line/presence` tells of those on the list alone, and `presence/line` of the list.
#[tokio::test]
async fn what_is_told() {
    let server = TestServer::start().await;
    put(&server, json!([{"extension": {"id": "3"}}])).await;
    let mut socket = Socket::open(&server, "demo-alice").await;
    socket.subscribe(&[LINES, &format!("{LINES}/presence")]).await;
    update(&server, "demo-bob", json!({"message": "not on the list"})).await;
    update(&server, "demo-carol", json!({"message": "on the list"})).await;
    let told = socket.told().await;
    assert_eq!(told["event"], "/restapi/v1.0/account/1/extension/1/presence/line/presence");
    assert_eq!((&told["body"]["extensionId"], &told["body"]["message"]), (&json!(3), &json!("on the list")));
    // The list changes, and with it of whom is told.
    put(&server, json!([{"extension": {"id": "2"}}])).await;
    let told = socket.told().await;
    assert_eq!(told["event"], "/restapi/v1.0/account/1/extension/1/presence/line");
    assert_eq!(told["body"]["extension"], json!([{"id": "2"}]));
    put(&server, json!([{"extension": {"id": "2"}}])).await;
    update(&server, "demo-carol", json!({"message": "not any more"})).await;
    update(&server, "demo-bob", json!({"message": "now on the list"})).await;
    let told = socket.told().await;
    assert_eq!(
        (&told["body"]["extensionId"], &told["body"]["message"]),
        (&json!(2), &json!("now on the list"))
    );
}
