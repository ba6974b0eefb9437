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

#[tokio::test]
async fn a_server_address_with_a_slash_at_its_end() {
    let server = TestServer::start().await;
    for path in ["//_matrix/client/versions", "///_matrix/client/v3/sync", "//_matrix/client/v3/login?x=1"] {
        let answer = server.call(Method::GET, path).token("demo-alice").send_undocumented().await;
        assert_eq!(answer.errcode(), (404, "M_UNRECOGNIZED".to_owned()), "{path}");
        assert_cors(&answer);
        assert_eq!(answer.header("content-type"), "application/json");
        let preflight = server.call(Method::OPTIONS, path).send_undocumented().await;
        assert_eq!((preflight.status.as_u16(), preflight.text.as_str()), (204, ""), "{path}");
        assert_cors(&preflight);
    }
}

#[tokio::test]
async fn the_other_dialects_refuse_such_paths_in_their_own_form() {
    let server = TestServer::start().await;
    for (path, member) in [
        ("//v0/presence", "/meta/code"),
        ("//restapi/v1.0/account/~/presence", "/errorCode"),
        ("//presenced/v1/users", "/type"),
    ] {
        let answer = server.call(Method::GET, path).token("demo-alice").send_undocumented().await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        assert!(answer.json().pointer(member).is_some(), "{path}: {}", answer.text);
    }
    let elsewhere = server.call(Method::GET, "//nowhere").send_undocumented().await;
    assert_eq!(elsewhere.line(), "404 Not found. What there is: /swagger-ui/\n");
}
