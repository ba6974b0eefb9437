//! Browsers: preflights, and headers on every answer.

use reqwest::Method;

use super::{OWN, get, put_call};
use crate::support::{Answer, TestServer};

fn assert_cors(answer: &Answer) {
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-methods"), "GET, PUT");
    assert_eq!(answer.header("access-control-allow-headers"), "authorization, content-type, x-pretty-json");
    assert_eq!(
        answer.header("access-control-expose-headers"),
        "X-API-Version, X-OAuth-Scopes, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After"
    );
}

#[tokio::test]
async fn preflights_need_no_token() {
    let server = TestServer::start().await;
    for path in [OWN, "/v0/presence", "/v1/nowhere"] {
        let call = server.call(Method::OPTIONS, path).header("origin", "https://app.example");
        let answer = call.header("access-control-request-method", "PUT").send().await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
        assert_cors(&answer);
    }
}

#[tokio::test]
async fn every_answer_can_be_read_by_pages() {
    let server = TestServer::start().await;
    for answer in [
        get(&server, "demo-alice", "/v0/presence").await,
        get(&server, "nonsense", "/v0/presence").await,
        get(&server, "demo-alice", "/v0/nowhere").await,
        put_call(&server, "").send().await,
        server.call(Method::DELETE, OWN).token("demo-alice").send().await,
    ] {
        assert_cors(&answer);
    }
}
