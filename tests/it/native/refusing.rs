//! Over a store that refuses writes: who pushes and who reports is told so.

use async_trait::async_trait;
use presenced::{
    id::UserId,
    store::{Change, Store, StoreError, Updated, Visit},
};
use reqwest::Method;
use serde_json::json;

use crate::support::{ALICE, TestServer};

/// Reads nothing and refuses all changes.
struct Refusing;

fn refused() -> StoreError {
    StoreError::Refused("the disk is full".to_owned())
}

#[async_trait]
impl Store for Refusing {
    async fn read(&self, _: &[&UserId], _: &mut Visit<'_>) -> Result<(), StoreError> {
        Err(refused())
    }

    async fn update(&self, _: &UserId, _: u64, _: &mut Change<'_>) -> Result<Updated, StoreError> {
        Err(refused())
    }

    async fn remove(&self, _: &UserId) -> Result<(), StoreError> {
        Err(refused())
    }

    fn health(&self) -> Result<(), StoreError> {
        Err(refused())
    }
}

#[tokio::test]
async fn streams_and_heartbeats() {
    let server = TestServer::start_on(Box::new(Refusing), |_| {}).await;
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
