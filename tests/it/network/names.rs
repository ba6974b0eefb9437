//! What requests are called.

use reqwest::Method;
use serde_json::json;

use crate::support::{ALICE, TestServer, receiver::Receiver, status_path};

#[tokio::test]
async fn a_request_keeps_its_name_or_gets_one() {
    let server = TestServer::start().await;
    let call = || server.call(Method::GET, status_path(ALICE)).token("demo-alice");
    let named = call().header("x-request-id", "mine-1").send().await;
    assert_eq!(named.header("x-request-id"), "mine-1");
    let (one, other) = (call().send().await, call().send().await);
    let (one, other) = (one.header("x-request-id"), other.header("x-request-id"));
    assert_eq!((one.len(), other.len()), (33, 33));
    assert_ne!(one, other);
    let paths =
        ["/nowhere", "/openapi/matrix.json", "/swagger-ui/", "/healthz", "/v0/presence", "/restapi/x"];
    for path in paths {
        let answer = server.call(Method::GET, path).send_undocumented().await;
        assert_eq!(answer.header("x-request-id").len(), 33, "{path}");
    }
}

#[tokio::test]
async fn what_cannot_stand_in_a_log_is_no_name() {
    let server = TestServer::start().await;
    for name in ["", "two words", &"x".repeat(129), "\u{e9}"] {
        let answer = server.call(Method::GET, "/healthz").header("x-request-id", name).send().await;
        assert_eq!(answer.header("x-request-id").len(), 33, "{name}");
    }
}

/// A change's trace goes on to whoever is told of it; and ends with the next change that has none.
#[tokio::test]
async fn webhooks_are_part_of_the_trace_of_their_cause() {
    let trace = |parent: &str| format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{parent}-01");
    let (asked, changed) = (trace("00f067aa0ba902b7"), trace("b7ad6b7169203331"));
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    let wish = json!({
        "eventFilters": ["/restapi/v1.0/account/~/extension/1/presence"],
        "deliveryMode": {"transportType": "WebHook", "address": receiver.url},
    });
    let call = server.call(Method::POST, "/restapi/v1.0/subscription").token("demo-bob").json(&wish);
    let call = call.header("traceparent", asked.as_str()).header("tracestate", "ours=1");
    assert_eq!(call.header("tracestate", "theirs=x y").send().await.status, 200);
    let told = receiver.question();
    assert_eq!(told["traceparent"], asked.as_str());
    assert_eq!(told["tracestate"], "ours=1,theirs=x y");
    let set = async |status: &str, headers: &[(&'static str, &str)]| {
        let path = "/restapi/v1.0/account/~/extension/~/presence";
        let call = server.call(Method::PUT, path).token("demo-alice").json(&json!({"userStatus": status}));
        let call = headers.iter().fold(call, |call, (name, value)| call.header(name, *value));
        assert_eq!(call.send().await.status, 200);
    };
    let long = "x".repeat(513);
    let (parent, of_ours) = (("traceparent", changed.as_str()), ("tracestate", "ours=1"));
    type Headers<'a> = &'a [(&'static str, &'a str)];
    let rows: [(Headers, Headers); 5] = [
        (&[parent, of_ours], &[parent, of_ours]),
        (&[], &[]),
        (&[("traceparent", "nonsense"), of_ours], &[]),
        (&[parent, ("tracestate", &long)], &[parent]),
        (&[parent], &[parent]),
    ];
    for ((given, expected), status) in rows.into_iter().zip(["Busy", "Available"].into_iter().cycle()) {
        set(status, given).await;
        let hook = receiver.next().await;
        for name in ["traceparent", "tracestate"] {
            let told = hook.headers.get(name).map(|value| value.to_str().expect("text"));
            let wanted = expected.iter().find(|(wanted, _)| *wanted == name).map(|(_, value)| *value);
            assert_eq!(told, wanted, "{name} after {given:?}");
        }
        hook.answer(200);
    }
}
