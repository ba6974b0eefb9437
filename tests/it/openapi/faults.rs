//! Answers on demand: what the header `Prefer` does in the demo, and elsewhere does not.

use presenced::{api, openapi::to_value};
use reqwest::Method;
use serde_json::{Value, json};

use super::lint::{base_path, example_path, operations};
use crate::support::{ALICE, TestServer, conformance, seconds, status_path};

/// Every documented answer can be had, and is as it is documented. No token is sent.
#[tokio::test]
async fn every_documented_answer() {
    let server = TestServer::start().await;
    let mut count = 0;
    for dialect in api::ALL {
        let document = to_value(&(dialect.document)());
        for (path, method, operation) in operations(&document) {
            let url = base_path(&document, operation) + &example_path(path, operation);
            let method: Method = method.to_uppercase().parse().expect("a method");
            for (status, _) in operation["responses"].as_object().expect("answers") {
                let call = server.call(method.clone(), &url).header("prefer", format!("code={status}"));
                if status == "101" {
                    assert_eq!(call.send().await.status, 400);
                    continue;
                }
                let answer = call.send().await;
                assert_eq!(answer.status.as_str(), status, "{method} {url}: {}", answer.line());
                assert_eq!(answer.header("preference-applied"), format!("code={status}"));
                count += 1;
            }
        }
    }
    assert!(count > 300, "{count}");
}

#[tokio::test]
async fn by_status_and_by_name() {
    let server = TestServer::start().await;
    let put = || server.call(Method::PUT, status_path(ALICE)).json(&json!({"presence": "online"}));
    let limited = put().header("prefer", "respond-async, code=\"429\"").send().await;
    assert_eq!((limited.status.as_u16(), limited.header("retry-after")), (429, "1"));
    assert_eq!(limited.json()["errcode"], "M_LIMIT_EXCEEDED");
    assert_eq!(limited.header("access-control-allow-origin"), "*");
    let head = server.call(Method::HEAD, status_path(ALICE)).header("prefer", "code=404").send().await;
    assert_eq!(head.status, 404);
    // What was asked for had no effect, and what asks for nothing is answered as ever.
    assert_eq!(server.presence("demo-alice", ALICE).await.json()["presence"], "offline");
    let other =
        server.call(Method::GET, status_path(ALICE)).token("demo-alice").header("prefer", "return=minimal");
    assert_eq!(other.send().await.json()["presence"], "offline");
    let name = conformance::document("matrix")["paths"]["/joined_rooms"]["get"]["responses"]["401"]["content"]
        ["application/json"]["examples"]
        .as_object()
        .and_then(|examples| examples.keys().next().cloned())
        .expect("an example");
    let rooms =
        |wish: String| server.call(Method::GET, "/_matrix/client/v3/joined_rooms").header("prefer", wish);
    assert_eq!(rooms(format!("code=401, example={name}")).send().await.status, 401);
    assert_eq!(rooms("example=ok".to_owned()).send().await.status, 200);
    assert_eq!(rooms("example=nothing".to_owned()).send().await.status, 400);
}

/// In the form in which its dialect refuses.
#[tokio::test]
async fn what_is_not_documented_is_refused_with_what_is() {
    let server = TestServer::start().await;
    let mut answers = Vec::new();
    for path in [
        &status_path(ALICE),
        "/v0/presence",
        "/restapi/v1.0/account/~/presence",
        "/presenced/v1/users/@alice:example.com/presence",
    ] {
        for wish in ["code=418", "example=nothing", "delay=31", "delay=soon"] {
            answers.push(server.call(Method::GET, path).header("prefer", wish).send().await.line());
        }
    }
    insta::assert_snapshot!(answers.join("\n"), @r#"
    400 {"errcode":"M_INVALID_PARAM","error":"Prefer: code=418: getPresence has no such answer; it has: 200, 400, 401, 403, 404, 413, 503"}
    400 {"errcode":"M_INVALID_PARAM","error":"Prefer: example=nothing: getPresence has no such example; it has: response"}
    400 {"errcode":"M_INVALID_PARAM","error":"Prefer: delay=31: has to be from 0 to 30"}
    400 {"errcode":"M_INVALID_PARAM","error":"Prefer: delay=soon: has to be from 0 to 30"}
    400 {"meta":{"code":400,"error_message":"Prefer: code=418: listPresence has no such answer; it has: 200, 401, 403, 429, 503"}}
    400 {"meta":{"code":400,"error_message":"Prefer: example=nothing: listPresence has no such example; it has: response"}}
    400 {"meta":{"code":400,"error_message":"Prefer: delay=31: has to be from 0 to 30"}}
    400 {"meta":{"code":400,"error_message":"Prefer: delay=soon: has to be from 0 to 30"}}
    400 {"errorCode":"CMN-101","message":"Prefer: code=418: ReadAccountPresence has no such answer; it has: 200, 400, 401, 403, 404, 413, 429, 503","errors":[{"errorCode":"CMN-101","message":"Prefer: code=418: ReadAccountPresence has no such answer; it has: 200, 400, 401, 403, 404, 413, 429, 503"}]}
    400 {"errorCode":"CMN-101","message":"Prefer: example=nothing: ReadAccountPresence has no such example; it has: refused","errors":[{"errorCode":"CMN-101","message":"Prefer: example=nothing: ReadAccountPresence has no such example; it has: refused"}]}
    400 {"errorCode":"CMN-101","message":"Prefer: delay=31: has to be from 0 to 30","errors":[{"errorCode":"CMN-101","message":"Prefer: delay=31: has to be from 0 to 30"}]}
    400 {"errorCode":"CMN-101","message":"Prefer: delay=soon: has to be from 0 to 30","errors":[{"errorCode":"CMN-101","message":"Prefer: delay=soon: has to be from 0 to 30"}]}
    400 {"type":"urn:presenced:problem:invalid","title":"Bad Request","status":400,"detail":"Prefer: code=418: getUserPresence has no such answer; it has: 200, 400, 401, 403, 404, 413, 503"}
    400 {"type":"urn:presenced:problem:invalid","title":"Bad Request","status":400,"detail":"Prefer: example=nothing: getUserPresence has no such example; it has: response"}
    400 {"type":"urn:presenced:problem:invalid","title":"Bad Request","status":400,"detail":"Prefer: delay=31: has to be from 0 to 30"}
    400 {"type":"urn:presenced:problem:invalid","title":"Bad Request","status":400,"detail":"Prefer: delay=soon: has to be from 0 to 30"}
    "#);
}

/// Pages of other origins may ask too, and are told what they got.
#[tokio::test]
async fn pages_may_ask() {
    for (demo, expected) in [(true, vec!["Prefer"]), (false, vec![])] {
        let server = TestServer::start_with(|config| config.demo = demo).await;
        let call = server.call(Method::OPTIONS, status_path(ALICE)).header("origin", "https://page.example");
        let answer = call.header("access-control-request-headers", "prefer").send().await;
        let allowed = answer.headers.get_all("access-control-allow-headers").iter();
        let allowed: Vec<_> = allowed.filter(|line| *line == "Prefer").collect();
        assert_eq!(allowed, expected);
    }
}

/// The wait is by the server's clock.
#[tokio::test]
async fn a_delay() {
    let server = TestServer::start().await;
    let call = server.call(Method::GET, status_path(ALICE)).token("demo-bob").header("prefer", "delay=2");
    let mut call = Box::pin(call.send());
    while server.app.alarms.sleepers() == 0 {
        tokio::select! {
            answer = &mut call => panic!("too early: {}", answer.line()),
            () = tokio::task::yield_now() => {}
        }
    }
    server.advance(seconds(2)).await;
    assert_eq!(call.await.status, 200);
}

#[tokio::test]
async fn elsewhere_nobody_asks_for_answers() {
    let server = TestServer::start_with(|config| config.demo = false).await;
    let call = server
        .call(Method::GET, status_path(ALICE))
        .token("demo-alice")
        .header("prefer", "code=404, delay=9");
    let answer = call.send().await;
    assert_eq!((answer.status.as_u16(), answer.header("preference-applied")), (200, ""));
}

/// It is told in prose, and is no parameter that stubs would carry.
#[test]
fn documents_tell_of_it() {
    for dialect in api::ALL {
        let document: Value = to_value(&(dialect.document)());
        assert!(document["info"]["description"].as_str().expect("text").contains("`Prefer`"));
        assert!(!document["paths"].to_string().contains("\"Prefer\""));
    }
}
