//! `expiration`, the end of a presence that version 1.3.0 lets a client choose, and so only under `/v1`.

use reqwest::Method;
use serde_json::json;

use super::{FORM, data, get, outcome, reads};
use crate::support::{Answer, START, TestServer, minutes, seconds};

const OWN: &str = "/v1/users/me/presence";

/// So many seconds after the start, since the Unix epoch.
fn at(seconds: i64) -> i64 {
    i64::try_from(START.as_millis() / 1_000).expect("a moment") + seconds
}

async fn put(server: &TestServer, query: &str) -> Answer {
    server.call(Method::PUT, format!("{OWN}{query}")).token("demo-alice").send().await
}

const DAYS: i64 = 24 * 60 * 60;

/// Sooner and later than the usual quarter of an hour, and at most a week ahead.
#[tokio::test]
async fn it_ends_then() {
    for (asked, lasts) in [
        (60, 60),
        (2 * 60 * 60, 2 * 60 * 60),
        (7 * DAYS, 7 * DAYS),
        (7 * DAYS + 1, 7 * DAYS),
        (10_000 * DAYS, 7 * DAYS),
    ] {
        let server = TestServer::start().await;
        let answer = put(&server, &format!("?presence=away&expiration={}", at(asked))).await;
        assert_eq!(data(&answer)["presence"], "away", "{asked}");
        let lasts = u64::try_from(lasts).expect("it is ahead");
        server.advance(seconds(lasts - 1)).await;
        assert_eq!(reads(&server, "1").await, "away", "{asked}");
        server.advance(seconds(1)).await;
        assert_eq!(reads(&server, "1").await, "offline", "{asked}");
        assert_eq!(data(&get(&server, "demo-bob", "/v1/presence").await), json!([]), "{asked}");
    }
}

#[tokio::test]
async fn it_stands_wherever_a_presence_does() {
    let end = at(3_600);
    let (put, list) = ((Method::PUT, OWN), (Method::GET, "/v1/presence"));
    let on_any_call = format!("?update_presence=x&update_presence_expiration={end}&expiration=1");
    for ((method, path), query, content_type, body) in [
        (&put, "", FORM, format!("presence=x&expiration={end}")),
        (&put, "", "application/json", json!({"presence": "x", "expiration": end}).to_string()),
        (&put, "", "application/json", json!({"presence": "x", "expiration": end.to_string()}).to_string()),
        (&put, "", "text/plain", json!({"presence": "x", "expiration": end}).to_string()),
        (&put, &format!("?expiration={end}"), FORM, "presence=x".to_owned()),
        (&put, &format!("?expiration={end}.5"), "application/json", json!({"presence": "x"}).to_string()),
        (&put, &format!("?presence=x&expiration={end}"), FORM, String::new()),
        // The body's comes first.
        (&put, "?expiration=1", FORM, format!("presence=x&expiration={end}")),
        (&put, &on_any_call, FORM, "presence=body&expiration=1".to_owned()),
        (&list, &on_any_call, FORM, String::new()),
    ] {
        let server = TestServer::start().await.lenient();
        let call = server.call(method.clone(), format!("{path}{query}")).token("demo-alice");
        let answer = call.header("content-type", content_type).body(body.clone()).send().await;
        assert_eq!(answer.status, 200, "{query} {body}");
        server.advance(minutes(59)).await;
        assert_eq!(reads(&server, "1").await, "x", "{query} {body}");
        server.advance(minutes(1) + seconds(1)).await;
        assert_eq!(reads(&server, "1").await, "offline", "{query} {body}");
    }
}

#[tokio::test]
async fn in_the_past_it_is_offline() {
    let server = TestServer::start().await;
    for end in [at(0), at(-1), 0, -5, i64::MIN] {
        put(&server, "?presence=before").await;
        let answer = put(&server, &format!("?presence=x&expiration={end}")).await;
        assert_eq!(data(&answer)["presence"], "offline", "{end}");
        put(&server, "?presence=before").await;
        let path = format!("{OWN}?update_presence=x&update_presence_expiration={end}");
        let answer = get(&server, "demo-alice", &path).await;
        assert_eq!(
            (outcome(&answer), &data(&answer)["presence"]),
            ((200, Some(true)), &json!("offline")),
            "{end}"
        );
    }
    // Offline is so at once, whenever it would have ended.
    put(&server, "?presence=before").await;
    assert_eq!(
        data(&put(&server, &format!("?presence=0&expiration={}", at(60))).await)["presence"],
        "offline"
    );
}

#[tokio::test]
async fn what_is_no_number_is_refused() {
    let server = TestServer::start().await.lenient();
    put(&server, "?presence=before").await;
    insta::assert_snapshot!(put(&server, "?presence=x&expiration=soon").await.line(), @r#"400 {"meta":{"code":400,"error_message":"expiration: has to be a number of seconds since the Unix epoch."}}"#);
    for query in
        ["?presence=x&expiration=", "?expiration", "?expiration=1h", "?expiration=%ff", "?expiration=NaN"]
    {
        assert_eq!(outcome(&put(&server, query).await), (400, None), "{query}");
    }
    for end in [json!("soon"), json!(true), json!([1]), json!({})] {
        let call = server
            .call(Method::PUT, OWN)
            .token("demo-alice")
            .json(&json!({"presence": "x", "expiration": end}));
        assert_eq!(outcome(&call.send().await), (400, None), "{end}");
    }
    let path = "/v1/presence?update_presence=x&update_presence_expiration=soon";
    assert_eq!(outcome(&get(&server, "demo-alice", path).await), (200, Some(false)));
    assert_eq!(reads(&server, "1").await, "before");
    // Nothing is the usual quarter of an hour.
    let call =
        server.call(Method::PUT, OWN).token("demo-alice").json(&json!({"presence": "x", "expiration": null}));
    assert_eq!(data(&call.send().await)["presence"], "x");
}

/// Version 0.9.6 has none, so there it is one of the parameters that are ignored.
#[tokio::test]
async fn v0_ignores_it() {
    let server = TestServer::start().await.lenient();
    for query in ["?presence=x&expiration=1", "?presence=x&expiration=soon"] {
        let call = server.call(Method::PUT, format!("{}{query}", super::OWN)).token("demo-alice");
        assert_eq!(data(&call.send().await)["presence"], "x", "{query}");
    }
    let path = "/v0/presence?update_presence=x&update_presence_expiration=soon";
    assert_eq!(outcome(&get(&server, "demo-alice", path).await), (200, Some(true)));
    server.advance(minutes(15)).await;
    assert_eq!(reads(&server, "1").await, "offline");
}

/// The text is everybody's one status, and ends for all dialects at once.
#[tokio::test]
async fn other_dialects_see_it_end() {
    let server = TestServer::start().await;
    put(&server, &format!("?presence=on%20leave&expiration={}", at(2 * DAYS))).await;
    let path = "/_matrix/client/v3/presence/@alice:example.com/status";
    let seen = async || server.call(Method::GET, path).token("demo-bob").send().await.json();
    server.advance(seconds(2 * 24 * 60 * 60 - 1)).await;
    assert_eq!(seen().await["status_msg"], "on leave");
    server.advance(seconds(1)).await;
    let after = seen().await;
    assert_eq!((&after["presence"], after.get("status_msg")), (&json!("offline"), None));
}
