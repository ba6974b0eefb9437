//! Logins that fail take nothing from those that would not.

use serde_json::json;

use super::{TOKEN, assertion, behind_a_proxy, log_in, send};
use crate::support::{TestServer, seconds};

const STRANGER: &str = "203.0.113.7";
const USER: &str = "198.51.100.1";

#[tokio::test]
async fn bad_logins_of_a_stranger_keep_nobody_else_out() {
    let server = TestServer::start_with(behind_a_proxy).await;
    let mut answers = Vec::new();
    for call in 0..60 {
        let answer = match call % 3 {
            0 => log_in(&server, STRANGER, "nonsense").await,
            1 => send(&server, STRANGER, TOKEN, &[("client_id", "desk"), ("client_secret", "guess")]).await,
            _ => {
                send(&server, STRANGER, "/restapi/oauth/revoke", &[("client_id", "x"), ("token", "x")]).await
            }
        };
        answers.push(answer.status.as_u16());
    }
    assert_eq!(answers[..30], [400; 30]);
    assert_eq!(answers[30..], [429; 30], "guessing has an end");
    assert_eq!(log_in(&server, USER, &assertion(json!({}))).await.status, 200, "the app's users log in");
    // From the stranger's own address even a right login waits: a minute, and no longer.
    let waits = log_in(&server, STRANGER, &assertion(json!({}))).await;
    assert_eq!((waits.status.as_u16(), waits.header("retry-after")), (429, "60"));
    server.advance(seconds(59)).await;
    assert_eq!(log_in(&server, STRANGER, "nonsense").await.status, 429);
    server.advance(seconds(1)).await;
    let later = assertion(json!({"exp": 1_767_604_000}));
    assert_eq!(log_in(&server, STRANGER, &later).await.status, 200, "what was refused did not start it anew");
}

#[tokio::test]
async fn each_user_of_an_app_has_logins_of_their_own() {
    let server = TestServer::start_with(behind_a_proxy).await;
    for _ in 0..5 {
        assert_eq!(log_in(&server, USER, &assertion(json!({}))).await.status, 200);
    }
    let sixth = log_in(&server, USER, &assertion(json!({}))).await;
    assert_eq!((sixth.status.as_u16(), sixth.header("x-rate-limit-group")), (429, "auth"));
    assert_eq!(log_in(&server, USER, &assertion(json!({"sub": "2"}))).await.status, 200);
    let other_app = [
        ("client_id", "desk"),
        ("client_secret", "s3cret"),
        ("grant_type", super::JWT),
        ("assertion", &assertion(json!({}))),
    ];
    assert_eq!(send(&server, USER, TOKEN, &other_app).await.status, 200);
}
