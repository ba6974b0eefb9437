//! Over a store that refuses writes: who pushes and who reports is told so.

use reqwest::Method;
use serde_json::json;

use crate::support::{ALICE, FaultyStore, TestServer};

#[tokio::test]
async fn streams_and_heartbeats() {
    let store = FaultyStore::default();
    let mood = store.mood.clone();
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    mood.refuse_everything();
    for query in ["", "state=online"] {
        let call = server.call(Method::GET, format!("/presenced/v1/changes?{query}")).token("demo-alice");
        assert_eq!(call.send().await.status, 503, "{query}");
    }
    assert_eq!(server.app.service.watchers(), 0);
    let heartbeats = json!({"heartbeats": [
        {"userId": ALICE, "deviceId": "D", "state": "online"},
        {"userId": "@nobody:example.com", "deviceId": "D", "state": "online"},
    ]});
    let answer = server.admin(Method::POST, "/heartbeats", Some(heartbeats)).await;
    insta::assert_snapshot!(answer.line(), @r#"200 {"results":[{"userId":"@alice:example.com","deviceId":"D","outcome":"unavailable","detail":"the store refuses writes: the disk is full"},{"userId":"@nobody:example.com","deviceId":"D","outcome":"unknown-user","detail":"there is no such user"}]}"#);
}
