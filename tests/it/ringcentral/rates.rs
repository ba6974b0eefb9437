//! Rate groups: a sliding window per user, app and group, and a penalty.

use presenced::api::ringcentral::config::RingCentral;
use reqwest::Method;
use serde_json::json;

use super::{ACCOUNT, OWN, codes, get, presence_path, refused, update};
use crate::support::{Answer, TestServer, seconds};

/// A server with the limits as they are when nobody changes them.
async fn limited() -> TestServer {
    TestServer::start_with(|config| config.section_mut::<RingCentral>().rate_limits = true).await
}

/// What the headers say: group, limit, remaining and window.
fn told(answer: &Answer) -> [&str; 4] {
    ["group", "limit", "remaining", "window"].map(|name| {
        answer.headers.get(format!("x-rate-limit-{name}")).map_or("", |value| value.to_str().unwrap_or(""))
    })
}

#[tokio::test]
async fn every_operation_has_its_group() {
    let server = limited().await;
    assert_eq!(told(&get(&server, "demo-alice", OWN).send().await), ["light", "50", "49", "60"]);
    assert_eq!(told(&get(&server, "demo-alice", ACCOUNT).send().await), ["heavy", "10", "9", "60"]);
    assert_eq!(told(&update(&server, "demo-alice", json!({})).await), ["medium", "40", "39", "60"]);
    let batch = get(&server, "demo-alice", presence_path("1,2,3")).send().await;
    assert_eq!(told(&batch), ["light", "50", "48", "60"], "a batch is one call");
    let refused = get(&server, "demo-alice", presence_path(9)).send().await;
    assert_eq!((refused.status.as_u16(), told(&refused)), (404, ["light", "50", "47", "60"]));
    let unknown = get(&server, "nonsense", OWN).send().await;
    assert_eq!(told(&unknown), ["", "", "", ""], "nobody is counted who is not known");
}

#[tokio::test]
async fn users_and_apps_are_counted_apart() {
    let server = limited().await;
    for token in ["demo-alice", "demo-alice-2", "demo-bob"] {
        assert_eq!(told(&get(&server, token, OWN).send().await), ["light", "50", "49", "60"], "{token}");
    }
}

#[tokio::test]
async fn one_call_too_many_is_shut_out_for_a_minute() {
    let server = limited().await;
    for call in 1..=10 {
        server.advance(seconds(1)).await;
        assert_eq!(get(&server, "demo-alice", ACCOUNT).send().await.status, 200, "{call}");
    }
    let limited = get(&server, "demo-alice", ACCOUNT).send().await;
    insta::assert_snapshot!(limited.line(), @r#"429 {"errorCode":"CMN-301","message":"Request rate exceeded","errors":[{"errorCode":"CMN-301","message":"Request rate exceeded"}]}"#);
    assert_eq!(limited.header("retry-after"), "60");
    assert_eq!(told(&limited), ["heavy", "10", "0", "60"]);
    assert_eq!(get(&server, "demo-alice", OWN).send().await.status, 200, "other groups go on");
    // A call during the penalty starts it anew.
    server.advance(seconds(59)).await;
    assert_eq!(get(&server, "demo-alice", ACCOUNT).send().await.status, 429);
    server.advance(seconds(59)).await;
    assert_eq!(get(&server, "demo-alice", ACCOUNT).send().await.status, 429);
    server.advance(seconds(60)).await;
    assert_eq!(told(&get(&server, "demo-alice", ACCOUNT).send().await), ["heavy", "10", "9", "60"]);
}

#[tokio::test]
async fn the_window_slides() {
    let server = limited().await;
    for _ in 0..2 {
        for _ in 0..5 {
            assert_eq!(get(&server, "demo-alice", ACCOUNT).send().await.status, 200);
        }
        server.advance(seconds(30)).await;
    }
    // The first five are a minute old, the others are not.
    assert_eq!(told(&get(&server, "demo-alice", ACCOUNT).send().await), ["heavy", "10", "4", "60"]);
}

#[tokio::test]
async fn logins_are_counted_per_app_and_user() {
    let server = limited().await;
    let login = |app: &str, token: &str| {
        let jwt = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        let body = format!("grant_type={jwt}&assertion={token}&client_id={app}");
        server.call(Method::POST, "/restapi/oauth/token").body(body).send()
    };
    for remaining in ["4", "3", "2", "1", "0"] {
        assert_eq!(told(&login("desk", "demo-alice").await), ["auth", "5", remaining, "60"]);
    }
    assert_eq!(codes(&login("desk", "demo-alice").await), refused(429, "CMN-301", "CMN-301"));
    assert_eq!(login("phone", "demo-alice").await.status, 200);
    assert_eq!(login("desk", "demo-bob").await.status, 200);
    let nobody = login("desk", "nonsense").await;
    assert_eq!(
        (nobody.status.as_u16(), told(&nobody)),
        (400, ["", "", "", ""]),
        "nobody is counted who is not known"
    );
}

#[tokio::test]
async fn the_demo_has_no_limits() {
    let server = TestServer::start().await;
    for _ in 0..60 {
        let answer = get(&server, "demo-alice", ACCOUNT).send().await;
        assert_eq!((answer.status.as_u16(), told(&answer)), (200, ["", "", "", ""]));
    }
}

#[tokio::test]
async fn updates_share_the_limit_of_all_dialects() {
    let server = TestServer::start_with(|config| {
        config.limits.put_per_second = 0.1;
        config.limits.put_burst = std::num::NonZeroU32::MIN;
    })
    .await;
    let reader = super::token_with(&server, &["read"]).await;
    for _ in 0..2 {
        assert_eq!(update(&server, &reader, json!({})).await.status, 403, "it takes no turn");
    }
    assert_eq!(update(&server, "demo-alice", json!({})).await.status, 200);
    assert_eq!(update(&server, &reader, json!({})).await.status, 403, "and needs none");
    let limited = update(&server, "demo-alice", json!({})).await;
    assert_eq!(codes(&limited), refused(429, "CMN-301", "CMN-301"));
    assert_eq!(limited.header("retry-after"), "10");
}
