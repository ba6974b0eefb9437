//! What requests are called.

use reqwest::Method;

use crate::support::{ALICE, TestServer, status_path};

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
