//! What every answer has.

use std::time::Duration;

use presenced::directory::{Holder, NewToken, Scopes, TokenSecret};
use reqwest::Method;

use super::{OWN, get, get_call, outcome, put, put_call};
use crate::support::{ALICE, Answer, START, TestServer};

/// An answer of every kind.
async fn answers(server: &TestServer) -> Vec<Answer> {
    put(server, "reading").await;
    let expiring = Holder::User {
        user: ALICE.parse().expect("a user id"),
        device: "OLD".parse().expect("a device id"),
        scopes: Scopes::all(),
        guest: false,
    };
    let token = NewToken { holder: expiring, expires: Some(START) };
    server.app.directory.add_token(&TokenSecret::from("expired"), token).await.expect("a free text");
    vec![
        get(server, "demo-bob", "/v0/presence").await,
        get(server, "demo-bob", "/v0/users/1/presence").await,
        get(server, "demo-bob", "/v0/presence/1").await,
        get(server, "demo-bob", "/v0/token").await,
        get(server, "demo-bob", "/v0/users/1").await,
        put_call(server, "").send().await,
        put_call(server, "?presence=%ff").send().await,
        server.call(Method::GET, "/v0/presence").send().await,
        get(server, "expired", "/v0/presence").await,
        server.call(Method::PUT, "/v0/users/2/presence").token("demo-alice").send().await,
        get(server, "demo-bob", "/v0/users/nobody/presence").await,
        get(server, "demo-bob", "/v0").await,
        get(server, "demo-bob", "/v0/").await,
        get(server, "demo-bob", "/v1/posts/streams/me").await,
        server.call(Method::DELETE, OWN).token("demo-alice").send().await,
        put_call(server, "").body("x".repeat(65_537)).send().await,
    ]
}

#[tokio::test]
async fn every_answer_is_an_envelope() {
    let server = TestServer::start().await;
    let answers = answers(&server).await;
    let lines: Vec<String> = answers.iter().map(Answer::line).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    200 {"meta":{"code":200},"data":[{"id":"1","username":"alice","name":"Alice","presence":"reading","last_seen_at":"2026-01-05T09:00:00Z"}]}
    200 {"meta":{"code":200},"data":{"id":"1","username":"alice","name":"Alice","presence":"reading","last_seen_at":"2026-01-05T09:00:00Z"}}
    200 {"meta":{"code":200},"data":{"id":"1","username":"alice","name":"Alice","presence":"reading","last_seen_at":"2026-01-05T09:00:00Z"}}
    200 {"meta":{"code":200},"data":{"app":{"name":"DEMO"},"scopes":["basic","presence","gateway"],"user":{"id":"2","username":"bob","name":"Bob","created_at":"2026-01-05T09:00:00Z"}}}
    200 {"meta":{"code":200},"data":{"id":"1","username":"alice","name":"Alice","created_at":"2026-01-05T09:00:00Z"}}
    200 {"meta":{"code":200},"data":{"id":"1","username":"alice","name":"Alice","presence":"online","last_seen_at":"2026-01-05T09:00:00Z"}}
    400 {"meta":{"code":400,"error_message":"presence: is not UTF-8."}}
    401 {"meta":{"code":401,"error_message":"Access token required."}}
    401 {"meta":{"code":401,"error_message":"The access token has expired."}}
    403 {"meta":{"code":403,"error_message":"Presence can only be set for oneself."}}
    404 {"meta":{"code":404,"error_message":"There is no such user."}}
    404 {"meta":{"code":404,"error_message":"There is no such path."}}
    404 {"meta":{"code":404,"error_message":"There is no such path."}}
    404 {"meta":{"code":404,"error_message":"There is no such path."}}
    405 {"meta":{"code":405,"error_message":"This path does not take this method."}}
    413 {"meta":{"code":413,"error_message":"The request body is larger than the 65536 bytes allowed."}}
    "#);
    for answer in answers {
        outcome(&answer);
        assert_eq!(answer.header("content-type"), "application/json", "{}", answer.line());
        assert!(["0.9.6", "1.3.0"].contains(&answer.header("x-api-version")), "{}", answer.line());
        assert_eq!(answer.headers.contains_key("x-oauth-scopes"), answer.status != 401, "{}", answer.line());
        assert!(!answer.headers.contains_key("x-ratelimit-limit"), "limits are off in the demo");
    }
}

#[tokio::test]
async fn the_same_under_v1() {
    let server = TestServer::start().await;
    put(&server, "reading").await;
    for path in
        ["/presence", "/users/1/presence", "/users/9/presence", "/presence/@bob", "/token", "/users/1", "/no"]
    {
        let v0 = get(&server, "demo-bob", &format!("/v0{path}")).await;
        let v1 = get(&server, "demo-bob", &format!("/v1{path}")).await;
        assert_eq!(v0.line(), v1.line(), "{path}");
        assert_eq!((v0.header("x-api-version"), v1.header("x-api-version")), ("0.9.6", "1.3.0"), "{path}");
    }
    // But for an id of the wrong kind, which is a bad one there.
    for path in ["/users/x/presence", "/presence/-1", "/users/x"] {
        let v0 = get(&server, "demo-bob", &format!("/v0{path}")).await;
        let v1 = get(&server, "demo-bob", &format!("/v1{path}")).await;
        assert_eq!((outcome(&v0), outcome(&v1)), ((404, None), (400, None)), "{path}");
    }
    let put = server.call(Method::PUT, "/v1/users/@alice/presence?presence=v1").token("demo-alice");
    assert_eq!(super::data(&put.send().await)["presence"], "v1");
}

#[tokio::test]
async fn answers_are_indented_on_request() {
    let server = TestServer::start().await;
    put(&server, "reading").await;
    for (path, status) in
        [("/v0/presence", 200), ("/v0/users/1/presence", 200), ("/v0/token", 200), ("/v0/nowhere", 404)]
    {
        let plain = get(&server, "demo-alice", path).await;
        assert!(!plain.text.contains('\n'), "{path}");
        for value in ["1", "0", ""] {
            let pretty = get_call(&server, "demo-alice", path).header("x-pretty-json", value).send().await;
            assert_eq!(pretty.status, status, "{path}");
            assert_eq!(pretty.text, format!("{:#}", plain.json()), "{path} {value:?}");
        }
    }
    put_call(&server, "?presence=offline").send().await;
    let empty = get_call(&server, "demo-bob", "/v0/presence").header("x-pretty-json", "1").send().await;
    assert_eq!(empty.text, format!("{:#}", empty.json()));
}

#[tokio::test]
async fn a_method_that_a_path_does_not_take() {
    let server = TestServer::start().await;
    for (method, path, allow) in [
        (Method::POST, "/v0/presence", "GET,HEAD"),
        (Method::PUT, "/v0/presence/me", "GET,HEAD"),
        (Method::DELETE, OWN, "GET,HEAD,PUT"),
        (Method::PATCH, "/v1/token", "GET,HEAD"),
    ] {
        let answer = server.call(method.clone(), path).token("demo-alice").send().await;
        assert_eq!((outcome(&answer), answer.header("allow")), ((405, None), allow), "{method} {path}");
    }
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let server = TestServer::start().await;
    for (path, status) in [("/v0/presence", 200), (OWN, 200), ("/v0/nowhere", 404)] {
        let answer = server.call(Method::HEAD, path).token("demo-alice").send().await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (status, ""), "{path}");
        assert_eq!(answer.header("x-api-version"), "0.9.6", "{path}");
    }
}

/// A dialect that the operator does not name is not there.
#[tokio::test]
async fn it_has_to_be_named() {
    let dialects = presenced::config::Config::default().server.dialects;
    assert_eq!(dialects, ["matrix"]);
    let server = TestServer::start_with(|config| config.server.dialects = dialects).await;
    let answer = server.call(Method::GET, "/v0/presence").token("demo-alice").send_undocumented().await;
    assert_eq!(answer.status, 404);
    assert!(!answer.headers.contains_key("x-api-version"));
}

#[tokio::test]
async fn seconds_are_whole() {
    let server = TestServer::start().await;
    server.advance(Duration::from_millis(1_999)).await;
    let set = put(&server, "reading").await;
    assert_eq!(super::data(&set)["last_seen_at"], "2026-01-05T09:00:01Z");
}
