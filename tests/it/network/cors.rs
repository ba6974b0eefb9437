//! Which pages may call the server.

use presenced::config::Config;
use reqwest::Method;

use crate::support::{ALICE, Answer, TestServer, status_path};

const OURS: &str = "https://app.example";

fn ours_alone(config: &mut Config) {
    config.server.allowed_origins = vec![OURS.to_owned()];
}

/// What pages of an origin are told, in every dialect and at the documents.
async fn answers(server: &TestServer, method: &Method, origin: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for path in [
        &status_path(ALICE),
        "/v0/presence",
        "/restapi/v1.0/account/~/presence",
        "/presenced/v1/users",
        "/healthz",
    ] {
        let call = server.call(method.clone(), path).header("origin", origin);
        answers.push(call.header("access-control-request-method", "GET").send_undocumented().await);
    }
    answers
}

#[tokio::test]
async fn others_are_told_nothing() {
    let server = TestServer::start_with(ours_alone).await;
    for method in [Method::GET, Method::OPTIONS] {
        for answer in answers(&server, &method, OURS).await {
            assert_eq!(answer.header("access-control-allow-origin"), OURS);
            assert_eq!(answer.header("vary"), "Origin");
        }
        for origin in ["https://app.example.org", "http://app.example", "null"] {
            for answer in answers(&server, &method, origin).await {
                assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
                assert_eq!(answer.header("access-control-allow-credentials"), "");
                assert_eq!(answer.header("vary"), "Origin");
            }
        }
    }
    let documents =
        server.call(Method::GET, "/openapi/matrix.json").header("origin", "https://app.example.org");
    assert_eq!(documents.send_undocumented().await.header("access-control-allow-origin"), "");
    let documents = server.call(Method::GET, "/openapi/matrix.json").header("origin", OURS);
    assert_eq!(documents.send_undocumented().await.header("access-control-allow-origin"), OURS);
}

#[tokio::test]
async fn by_default_all_may_and_ringcentral_has_credentials() {
    let server = TestServer::start().await;
    let answers = answers(&server, &Method::GET, OURS).await;
    let told: Vec<_> = answers
        .iter()
        .map(|answer| {
            (answer.header("access-control-allow-origin"), answer.header("access-control-allow-credentials"))
        })
        .collect();
    assert_eq!(told, [("*", ""), ("*", ""), (OURS, "true"), ("*", ""), ("*", "")]);
}

#[tokio::test]
async fn preflights_hold_for_a_day() {
    let server = TestServer::start().await;
    for answer in answers(&server, &Method::OPTIONS, OURS).await {
        assert_eq!((answer.status.as_u16(), answer.header("access-control-max-age")), (204, "86400"));
    }
    for answer in answers(&server, &Method::GET, OURS).await {
        assert_eq!(answer.header("access-control-max-age"), "");
    }
}
