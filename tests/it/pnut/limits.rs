//! Rate limits: so many calls in a window, then a ban.

use std::{num::NonZeroU32, time::Duration};

use presenced::{api::pnut::config::Pnut, config::Section as _};
use reqwest::Method;

use super::{OWN, get, outcome, reads};
use crate::support::{Answer, TestServer, minutes, seconds};

async fn start(change: impl FnOnce(&mut Pnut)) -> TestServer {
    TestServer::start_with(|config| {
        *config.section_mut() = Pnut::defaults().clone();
        change(config.section_mut());
    })
    .await
}

/// Limit, remaining and seconds left.
fn told(answer: &Answer) -> [u64; 3] {
    ["limit", "remaining", "reset"]
        .map(|name| answer.header(&format!("x-ratelimit-{name}")).parse().expect("a number"))
}

fn assert_banned(answer: &Answer, limit: u64, left: u64) {
    assert_eq!(outcome(answer), (429, None));
    assert_eq!(answer.json()["meta"]["retry_in"], left);
    assert_eq!(answer.header("retry-after"), left.to_string());
    assert_eq!(told(answer), [limit, 0, left]);
    assert_eq!(answer.header("x-api-version"), "0.9.6");
}

async fn put(server: &TestServer, token: &str, query: &str) -> Answer {
    server.call(Method::PUT, format!("{OWN}{query}")).token(token).send().await
}

#[tokio::test]
async fn the_defaults_are_those_of_pnut() {
    let server = start(|_| {}).await;
    assert_eq!(told(&get(&server, "demo-alice", "/v0/presence").await), [5000, 4999, 3600]);
    assert_eq!(told(&put(&server, "demo-alice", "").await), [20, 19, 60]);
    let unknown = server.call(Method::GET, "/v0/presence").send().await;
    assert_eq!((outcome(&unknown), told(&unknown)), ((401, None), [40, 39, 60]));
    assert_eq!(told(&get(&server, "nonsense", "/v0/token").await), [40, 38, 60]);
    assert_eq!(Pnut::defaults().ban_seconds, 600);
}

#[tokio::test]
async fn twenty_writes_a_minute() {
    let server = start(|_| {}).await;
    for done in 1..=20 {
        assert_eq!(told(&put(&server, "demo-alice", "?presence=x").await), [20, 20 - done, 60]);
    }
    assert_banned(&put(&server, "demo-alice", "?presence=y").await, 20, 600);
    // Others, other tokens and reads have nothing to do with it.
    assert_eq!(put(&server, "demo-alice-2", "?presence=z").await.status, 200);
    assert_eq!(put(&server, "demo-bob", "").await.status, 200);
    assert_eq!(reads(&server, "1").await, "z");
    // A call during the ban does not prolong it.
    server.advance(Duration::from_millis(599_001)).await;
    assert_banned(&put(&server, "demo-alice", "").await, 20, 1);
    server.advance(Duration::from_millis(999)).await;
    assert_eq!(told(&put(&server, "demo-alice", "").await), [20, 19, 60]);
}

#[tokio::test]
async fn a_window_ends() {
    let server = start(|limits| limits.writes = 2).await;
    put(&server, "demo-alice", "").await;
    server.advance(seconds(50)).await;
    assert_eq!(told(&put(&server, "demo-alice", "").await), [2, 0, 10]);
    server.advance(seconds(10)).await;
    assert_eq!(told(&put(&server, "demo-alice", "").await), [2, 1, 60]);
}

#[tokio::test]
async fn reads_of_a_token() {
    let server = start(|limits| limits.reads = 2).await;
    assert_eq!(told(&get(&server, "demo-alice", "/v0/presence").await), [2, 1, 3600]);
    assert_eq!(told(&get(&server, "demo-alice", "/v1/nowhere").await), [2, 0, 3600]);
    assert_banned(&get(&server, "demo-alice", "/v0/presence").await, 2, 600);
    assert_eq!(get(&server, "demo-bob", "/v0/presence").await.status, 200);
    server.advance(minutes(10)).await;
    assert_eq!(get(&server, "demo-alice", "/v0/presence").await.status, 200);
}

/// A decision: whoever has no valid token is limited by address, and learns of that before the token.
#[tokio::test]
async fn reads_without_a_token() {
    let server = start(|limits| limits.anonymous_reads = 1).await;
    assert_eq!(server.call(Method::GET, "/v0/presence").send().await.status, 401);
    assert_banned(&get(&server, "nonsense", "/v0/presence").await, 1, 600);
    assert_eq!(get(&server, "demo-alice", "/v0/presence").await.status, 200);
}

#[tokio::test]
async fn preflights_are_not_counted() {
    let server = start(|limits| limits.anonymous_reads = 1).await;
    for _ in 0..5 {
        assert_eq!(server.call(Method::OPTIONS, "/v0/presence").send().await.status, 204);
    }
    assert_eq!(server.call(Method::GET, "/v0/presence").send().await.status, 401);
}

/// A decision: `update_presence` is part of its call, and is not tried when that was refused.
#[tokio::test]
async fn update_presence_is_no_write() {
    let server = start(|limits| (limits.reads, limits.writes) = (3, 1)).await;
    for text in ["a", "b", "c"] {
        let answer = get(&server, "demo-alice", &format!("/v0/token?update_presence={text}")).await;
        assert_eq!(outcome(&answer), (200, Some(true)));
    }
    let banned = get(&server, "demo-alice", "/v0/token?update_presence=d").await;
    assert_banned(&banned, 3, 600);
    assert_eq!(put(&server, "demo-alice", "").await.status, 200);
    assert_banned(&put(&server, "demo-alice", "?update_presence=e").await, 1, 600);
    assert_eq!(reads(&server, "1").await, "online");
}

/// Each limit can be off; then nothing is told of it.
#[tokio::test]
async fn zero_is_no_limit() {
    let server = start(|limits| limits.writes = 0).await;
    for _ in 0..50 {
        let answer = put(&server, "demo-alice", "").await;
        assert_eq!(answer.status, 200);
        assert!(!answer.headers.contains_key("x-ratelimit-limit"));
    }
    assert_eq!(told(&get(&server, "demo-alice", "/v0/token").await)[0], 5000);
}

/// The limit that all dialects share holds here too; it bans nobody.
#[tokio::test]
async fn too_many_updates_of_one_user() {
    let server = TestServer::start_with(|config| {
        config.limits.put_per_second = 0.1;
        config.limits.put_burst = NonZeroU32::MIN;
    })
    .await;
    assert_eq!(put(&server, "demo-alice", "?presence=a").await.status, 200);
    let limited = put(&server, "demo-alice-2", "?presence=b").await;
    insta::assert_snapshot!(limited.line(), @r#"429 {"meta":{"code":429,"error_message":"Too many requests.","retry_in":10}}"#);
    assert_eq!(limited.header("retry-after"), "10");
    assert_eq!(reads(&server, "1").await, "a");
    server.advance(seconds(10)).await;
    assert_eq!(put(&server, "demo-alice", "?presence=c").await.status, 200);
}
