//! How long a presence lasts, and what moves `last_seen_at`.

use std::time::Duration;

use super::{get, last_seen, put, reads};
use crate::support::{TestServer, minutes, seconds};

#[tokio::test]
async fn fifteen_minutes() {
    let server = TestServer::start().await;
    put(&server, "reading").await;
    server.advance(minutes(15) - seconds(1)).await;
    assert_eq!(reads(&server, "1").await, "reading", "14:59");
    server.advance(seconds(1)).await;
    assert_eq!(reads(&server, "1").await, "offline", "15:00");
    insta::assert_snapshot!(get(&server, "demo-alice", "/v0/presence").await.line(), @r#"200 {"meta":{"code":200},"data":[]}"#);
    assert_eq!(last_seen(&server, "1").await.as_deref(), Some("2026-01-05T09:00:00Z"), "it outlives the end");
}

#[tokio::test]
async fn setting_again_starts_again() {
    let server = TestServer::start().await;
    put(&server, "reading").await;
    server.advance(minutes(10)).await;
    put(&server, "reading").await;
    assert_eq!(last_seen(&server, "1").await.as_deref(), Some("2026-01-05T09:10:00Z"));
    server.advance(minutes(15) - Duration::from_millis(1)).await;
    assert_eq!(reads(&server, "1").await, "reading");
    server.advance(Duration::from_millis(1)).await;
    assert_eq!(reads(&server, "1").await, "offline");
}

/// A decision: `offline` moves `last_seen_at` too, and sets it if it was never set.
#[tokio::test]
async fn offline_is_an_update() {
    let server = TestServer::start().await;
    assert_eq!(last_seen(&server, "1").await, None);
    put(&server, "offline").await;
    assert_eq!(last_seen(&server, "1").await.as_deref(), Some("2026-01-05T09:00:00Z"));
    server.advance(Duration::from_millis(61_999)).await;
    put(&server, "0").await;
    assert_eq!(last_seen(&server, "1").await.as_deref(), Some("2026-01-05T09:01:01Z"), "whole seconds");
}

#[tokio::test]
async fn the_lease_is_configured() {
    let server = TestServer::start_with(|config| config.presence.lease_seconds = 60).await;
    put(&server, "reading").await;
    server.advance(seconds(59)).await;
    assert_eq!(reads(&server, "1").await, "reading");
    server.advance(seconds(1)).await;
    assert_eq!(reads(&server, "1").await, "offline");
}
