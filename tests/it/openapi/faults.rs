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
                    assert_eq!(call.send_undocumented().await.status, 400);
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
    assert_eq!(rooms("example=nothing".to_owned()).send_undocumented().await.status, 400);
}

#[tokio::test]
async fn what_is_not_documented_is_refused_with_what_is() {
    let server = TestServer::start().await;
    let call =
        |wish: &str| server.call(Method::GET, status_path(ALICE)).header("prefer", wish).send_undocumented();
    insta::assert_snapshot!(call("code=418").await.line(), @"400 Prefer: code=418: getPresence has no such answer; there are 200, 400, 401, 403, 404, 413, 503");
    insta::assert_snapshot!(call("delay=31").await.line(), @"400 Prefer: delay=31: has to be from 0 to 30");
    insta::assert_snapshot!(call("delay=soon").await.line(), @"400 Prefer: delay=soon: has to be from 0 to 30");
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
