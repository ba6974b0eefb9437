//! The WebSocket.

use serde_json::{Value, json};

use crate::support::{
    TestServer, minutes, seconds,
    socket::{Received, Socket, socket_token},
};
use reqwest::Method;

const BOB: &str = "/restapi/v1.0/account/~/extension/2/presence";
const EVERYBODY: &str = "/restapi/v1.0/account/~/presence";

async fn set(server: &TestServer, token: &str, body: Value) {
    let path = "/restapi/v1.0/account/~/extension/~/presence";
    let set = server.call(Method::PUT, path).token(token).json(&body).send().await;
    assert_eq!(set.status, 200, "{}", set.text);
}

fn status(notification: &Value) -> (i64, &str) {
    let body = &notification["body"];
    (body["extensionId"].as_i64().expect("an id"), body["presenceStatus"].as_str().expect("a status"))
}

#[tokio::test]
async fn the_first_message_says_what_holds() {
    let server = TestServer::start().await;
    let socket = Socket::open(&server, "demo-alice").await;
    let (meta, body) = &socket.details;
    assert_eq!(meta["status"], 200);
    assert_eq!(meta["wsc"]["sequence"], 0);
    insta::assert_snapshot!(body, @r#"{"creationTime":"2026-01-05T09:00:00.000Z","maxConnectionsPerSession":50,"recoveryBufferSize":100,"recoveryTimeout":180,"idleTimeout":1800,"absoluteTimeout":86400,"maxActiveRequests":10}"#);
}

#[tokio::test]
async fn somebody_elses_change_is_told() {
    let server = TestServer::start().await;
    let mut socket = Socket::open(&server, "demo-alice").await;
    let info = socket.subscribe(&[BOB]).await;
    assert_eq!(info["eventFilters"], json!(["/restapi/v1.0/account/1/extension/2/presence"]));
    set(&server, "demo-bob", json!({"userStatus": "Busy", "message": "lunch"})).await;
    let (meta, told) = socket.told_with_meta().await;
    assert_eq!(meta["headers"]["WSG-SubscriptionId"], info["id"]);
    assert_eq!(meta["wsc"]["sequence"], 1);
    assert_eq!(told["subscriptionId"], info["id"]);
    assert_eq!(
        (&told["event"], &told["ownerId"]),
        (&json!("/restapi/v1.0/account/1/extension/2/presence"), &json!("1"))
    );
    assert_eq!(told["timestamp"], "2026-01-05T09:00:00.000Z");
    insta::assert_snapshot!(told["body"], @r#"{"extensionId":2,"telephonyStatus":"NoCall","sequence":1,"presenceStatus":"Busy","userStatus":"Busy","dndStatus":"TakeAllCalls","message":"lunch","meetingStatus":"Disconnected","allowSeeMyPresence":true,"ringOnMonitoredCall":false,"pickUpCallsOnHold":false}"#);
}

#[tokio::test]
async fn other_filters_hold_from_the_answer_on() {
    let server = TestServer::start().await;
    let mut socket = Socket::open(&server, "demo-alice").await;
    let info = socket.subscribe(&[BOB]).await;
    set(&server, "demo-bob", json!({"userStatus": "Busy"})).await;
    assert_eq!(status(&socket.told().await), (2, "Busy"));
    let path = format!("/restapi/v1.0/subscription/{}", info["id"].as_str().expect("an id"));
    let (meta, _) = socket.request("PUT", &path, json!({"eventFilters": [EVERYBODY]})).await;
    assert_eq!(meta["status"], 200);
    set(&server, "demo-bob", json!({"userStatus": "Available"})).await;
    assert_eq!(status(&socket.told().await), (2, "Available"));
    set(&server, "demo-carol", json!({"userStatus": "Offline"})).await;
    assert_eq!(status(&socket.told().await), (3, "Offline"));
}
