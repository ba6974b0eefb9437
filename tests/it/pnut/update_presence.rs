//! `update_presence` on whatever call: applied once, before the call.

use presenced::directory::Scope;
use reqwest::Method;
use serde_json::json;

use super::{APP, FORM, OWN, add_token, data, get, last_seen, outcome, put, put_call, reads};
use crate::support::{TestServer, minutes, seconds};

/// A decision: the answer shows it already.
#[tokio::test]
async fn it_is_applied_before_the_read() {
    let server = TestServer::start().await;
    insta::assert_snapshot!(get(&server, "demo-alice", "/v0/presence?update_presence=at%20the%20cafe").await.line(), @r#"200 {"meta":{"code":200,"updated_presence":true},"data":[{"id":"1","username":"alice","name":"Alice","presence":"at the cafe","last_seen_at":"2026-01-05T09:00:00Z"}]}"#);
    let own = get(&server, "demo-alice", "/v0/users/me/presence?update_presence=0").await;
    assert_eq!((outcome(&own), &data(&own)["presence"]), ((200, Some(true)), &json!("offline")));
}

#[tokio::test]
async fn on_every_call() {
    let server = TestServer::start().await;
    for path in [
        "/v0/presence",
        "/v1/presence",
        "/v0/users/2/presence",
        "/v0/presence/2",
        "/v0/token",
        "/v0/users/2",
        "/v1/users/@bob",
    ] {
        put(&server, "before").await;
        let answer = get(&server, "demo-alice", &format!("{path}?update_presence=after")).await;
        assert_eq!(outcome(&answer), (200, Some(true)), "{path}");
        assert_eq!(reads(&server, "1").await, "after", "{path}");
        assert_eq!(outcome(&get(&server, "demo-alice", path).await), (200, None), "{path}");
    }
}

#[tokio::test]
async fn values() {
    let server = TestServer::start().await;
    let (longest, long) = ("x".repeat(100), "x".repeat(101));
    for (query, flag, reading) in [
        ("update_presence=a+b%26", true, "a b&"),
        // pnut-butter's `+` goes out raw.
        ("update_presence=at%20the+cafe", true, "at the cafe"),
        ("update_presence=", true, "online"),
        ("update_presence=text", true, "text"),
        ("update_presence", true, "online"),
        ("update_presence=1", true, "online"),
        ("update_presence=0", true, "offline"),
        ("update_presence=offline", true, "offline"),
        ("update_presence=first&update_presence=last", true, "last"),
        ("update%5Fpresence=escaped", true, "escaped"),
        ("update_presence=100%", true, "100%"),
        (&format!("update_presence={longest}"), true, &longest),
        // Not applied; the call goes on.
        (&format!("update_presence={long}"), false, "before"),
        ("update_presence=%ff", false, "before"),
        ("update_presence=good&update_presence=%ff", false, "before"),
    ] {
        put(&server, "before").await;
        let answer = get(&server, "demo-alice", &format!("/v0/users/me/presence?{query}")).await;
        assert_eq!(outcome(&answer), (200, Some(flag)), "{query}");
        assert_eq!(data(&answer)["presence"], reading, "{query}");
    }
}

/// A decision: without the scope, or a user, the flag is false and the call goes on.
#[tokio::test]
async fn tokens_that_may_not() {
    let server = TestServer::start().await;
    add_token(&server, "reader", &[Scope::Read], false).await;
    add_token(&server, "guest", &Scope::ALL, true).await;
    for (token, status) in [("reader", 200), (APP, 200), ("guest", 403)] {
        let answer = get(&server, token, "/v0/presence?update_presence=x").await;
        assert_eq!(outcome(&answer), (status, Some(false)), "{token}");
    }
    assert_eq!(reads(&server, "1").await, "offline");
    assert_eq!(last_seen(&server, "1").await, None);
}

/// A decision: the flag stands on error answers too, once the token is valid.
#[tokio::test]
async fn on_calls_that_are_refused() {
    let server = TestServer::start().await;
    for (method, path, status) in [
        (Method::GET, "/v0/users/99/presence", 404),
        (Method::GET, "/v0/nowhere", 404),
        (Method::GET, "/v0", 404),
        (Method::DELETE, OWN, 405),
        (Method::POST, "/v0/presence", 405),
        // The target is refused, the caller's own update is not.
        (Method::PUT, "/v0/users/2/presence", 403),
        (Method::PUT, "/v0/users/99/presence", 404),
    ] {
        put(&server, "before").await;
        let path = format!("{path}?update_presence=after");
        let answer = server.call(method.clone(), &path).token("demo-alice").send().await;
        assert_eq!(outcome(&answer), (status, Some(true)), "{method} {path}");
        assert_eq!(reads(&server, "1").await, "after", "{method} {path}");
    }
    assert_eq!(reads(&server, "2").await, "offline");
}

#[tokio::test]
async fn without_a_valid_token_it_is_not_tried() {
    let server = TestServer::start().await;
    let call = server.call(Method::GET, "/v0/presence?update_presence=x");
    assert_eq!(outcome(&call.send().await), (401, None));
    assert_eq!(outcome(&get(&server, "nonsense", "/v0/presence?update_presence=x").await), (401, None));
}

#[tokio::test]
async fn it_overrides_a_put() {
    let server = TestServer::start().await;
    let before = server.app.service.token();
    let call = put_call(&server, "?update_presence=override&presence=query");
    let answer = call.header("content-type", FORM).body("presence=body").send().await;
    assert_eq!((outcome(&answer), &data(&answer)["presence"]), ((200, Some(true)), &json!("override")));
    // One update: one change was published.
    assert_eq!(server.app.service.token() - before, 1);
    // A decision: a bad body does not matter any more.
    let call = put_call(&server, "?update_presence=again").header("content-type", "application/json");
    assert_eq!(outcome(&call.body("nonsense").leniently().send().await), (200, Some(true)));
    // A decision: if the override fails, so does the PUT, whatever else it says.
    for value in ["x".repeat(101), "%ff".to_owned()] {
        let call = put_call(&server, &format!("?update_presence={value}&presence=good"));
        assert_eq!(outcome(&call.send().await), (400, Some(false)), "{value}");
    }
    assert_eq!(reads(&server, "1").await, "again");
}

#[tokio::test]
async fn it_starts_a_lease() {
    let server = TestServer::start().await;
    get(&server, "demo-alice", "/v0/token?update_presence=here").await;
    server.advance(minutes(15) - seconds(1)).await;
    assert_eq!(reads(&server, "1").await, "here", "14:59");
    server.advance(seconds(1)).await;
    assert_eq!(reads(&server, "1").await, "offline", "15:00");
}
