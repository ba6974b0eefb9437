//! Browsers: preflights, and headers on every answer.

use reqwest::Method;
use serde_json::json;

use crate::support::{ALICE, Answer, TestServer, status_path};

fn assert_cors(answer: &Answer) {
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-methods"), "GET, HEAD, POST, PUT, DELETE, OPTIONS");
    assert_eq!(
        answer.header("access-control-allow-headers"),
        "X-Requested-With, Content-Type, Authorization, Date"
    );
    assert_eq!(answer.header("access-control-expose-headers"), "Retry-After");
}

#[tokio::test]
async fn preflights_need_no_token() {
    let server = TestServer::start().await;
    for path in [status_path(ALICE), status_path("nonsense"), "/_matrix/nowhere".to_owned()] {
        let call = server.call(Method::OPTIONS, path).header("origin", "https://app.example");
        let answer = call.header("access-control-request-method", "PUT").send().await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
        assert_cors(&answer);
    }
}

#[tokio::test]
async fn every_answer_can_be_read_by_pages() {
    let server = TestServer::start().await;
    let answers = [
        server.presence("demo-alice", ALICE).await,
        server.presence("nonsense", ALICE).await,
        server.presence("demo-alice", "nonsense").await,
        server.set_presence("demo-alice", ALICE, json!({})).await,
        server.call(Method::POST, status_path(ALICE)).send().await,
        server.call(Method::GET, "/_matrix/nowhere").send().await,
        server.call(Method::PUT, status_path(ALICE)).body("x".repeat(100_000)).send().await,
        server.call(Method::GET, "/_matrix/client/versions").send().await,
    ];
    for answer in answers {
        assert_cors(&answer);
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "no-cache, no-store, must-revalidate");
    }
}
