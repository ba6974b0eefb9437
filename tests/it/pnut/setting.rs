//! Which values a PUT takes, and where it finds them.

use reqwest::Method;
use serde_json::json;

use super::{FORM, OWN, data, outcome, put, put_call, reads};
use crate::support::{TestServer, seconds};

#[tokio::test]
async fn the_answer_is_the_updated_object() {
    let server = TestServer::start().await;
    insta::assert_snapshot!(put(&server, "on the train").await.line(), @r#"200 {"meta":{"code":200},"data":{"id":"1","username":"alice","name":"Alice","presence":"on the train","last_seen_at":"2026-01-05T09:00:00Z"}}"#);
    assert_eq!(reads(&server, "1").await, "on the train");
}

#[tokio::test]
async fn values() {
    let server = TestServer::start().await;
    let longest = "é".repeat(100);
    for (value, reading) in [
        ("reading", "reading"),
        // Online, which drops the text before.
        ("1", "online"),
        ("reading", "reading"),
        ("", "online"),
        ("offline", "offline"),
        ("reading", "reading"),
        ("0", "offline"),
        ("reading", "reading"),
        // The word for it, which is no text.
        ("online", "online"),
        // The match is exact.
        ("Online", "Online"),
        ("Offline", "Offline"),
        (" offline ", " offline "),
        ("00", "00"),
        ("true", "true"),
        ("a+b&c=d", "a+b&c=d"),
        (longest.as_str(), longest.as_str()),
    ] {
        assert_eq!(data(&put(&server, value).await)["presence"], reading, "{value:?}");
        assert_eq!(reads(&server, "1").await, reading, "{value:?}");
    }
}

/// A decision: characters are Unicode scalar values, and one too many is a 400 that changes nothing.
#[tokio::test]
async fn a_hundred_characters() {
    let server = TestServer::start().await;
    // One family is 7 scalar values, 25 bytes, 11 UTF-16 units and 1 grapheme.
    let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}";
    let longest = family.repeat(14) + "ab";
    assert_eq!(data(&put(&server, &longest).await)["presence"], longest.as_str());
    server.advance(seconds(5)).await;
    insta::assert_snapshot!(put(&server, &(longest.clone() + "c")).await.line(), @r#"400 {"meta":{"code":400,"error_message":"presence: has 101 characters; at most 100 are allowed."}}"#);
    let after = data(&super::get(&server, "demo-bob", "/v0/users/1/presence").await);
    assert_eq!(after["presence"], longest.as_str());
    assert_eq!(after["last_seen_at"], "2026-01-05T09:00:00Z");
}

#[tokio::test]
async fn bodies_that_are_taken() {
    let server = TestServer::start().await.lenient();
    let rows: [(Option<&str>, &str, &[u8], &str); 31] = [
        // pnut's own example, Peanut, PnutKit.
        (Some(FORM), "", b"presence=a%20b+c", "a b c"),
        (Some("application/x-www-form-urlencoded; charset=utf-8"), "", b"presence=caf%C3%A9", "café"),
        (Some(FORM), "", b"other=1&presence=first&presence=last", "last"),
        (Some(FORM), "", b"presence", "online"),
        (Some(FORM), "", b"presence=", "online"),
        (Some(FORM), "", b"presence=100%&x=%zz", "100%"),
        // pnut-butter, pnutpy with `data=`.
        (Some("application/json"), "", br#"{"presence": "json"}"#, "json"),
        (Some("Application/JSON; charset=utf-8"), "", br#"{"presence": "typed"}"#, "typed"),
        (Some("application/json"), "", br#"{"presence": 0}"#, "offline"),
        (Some("application/json"), "", br#"{"presence": 1}"#, "online"),
        (Some("application/json"), "", br#"{"presence": 42}"#, "42"),
        (Some("application/json"), "", br#"{"presence": null}"#, "online"),
        (Some("application/json"), "", br#"{"presence": "a", "presence": "b", "more": []}"#, "b"),
        (Some("application/json"), "", b"{}", "online"),
        // pnutpy's normal call, and pnut-ruby's.
        (None, "?presence=in%20the+query", b"", "in the query"),
        (Some("application/json"), "?presence=ruby", b"", "ruby"),
        (None, "?presence=a&presence=b", b"", "b"),
        (None, "?presence", b"", "online"),
        // ex_pnut.
        (Some("application/octet-stream"), "", b"presence=keep well", "keep well"),
        (None, "", b"presence=untyped", "untyped"),
        (Some("text/plain"), "", b"presence=plain", "plain"),
        // `curl -d` says that it sends form data. A JSON object is one whatever it is said to be.
        (Some(FORM), "", br#"{"presence": "from curl"}"#, "from curl"),
        (Some(FORM), "", b" {\"presence\": \"x=1&presence=y\"}\n", "x=1&presence=y"),
        (Some("application/octet-stream"), "", br#"{"presence": 0}"#, "offline"),
        (None, "?presence=query", br#"{"presence": "untyped"}"#, "untyped"),
        (Some("text/plain"), "?presence=query", b"{}", "query"),
        (Some(FORM), "", b"{=1&presence=a form after all", "a form after all"),
        (Some(FORM), "", b"other=1", "online"),
        // The body comes before the query, and the query before the default.
        (Some(FORM), "?presence=query", b"presence=body", "body"),
        (Some("application/json"), "?presence=query", b"{}", "query"),
        (Some(FORM), "?presence=query", b"other=1", "query"),
    ];
    for (content_type, query, body, reading) in rows {
        put(&server, "before").await;
        let call = put_call(&server, query).body(body);
        let call = content_type.into_iter().fold(call, |call, value| call.header("content-type", value));
        let shown = String::from_utf8_lossy(body);
        assert_eq!(data(&call.send().await)["presence"], reading, "{content_type:?} {query} {shown}");
    }
    // pnut-butter's updatePresence(): nothing at all.
    put(&server, "before").await;
    assert_eq!(data(&put_call(&server, "").send().await)["presence"], "online");
}

#[tokio::test]
async fn bodies_that_are_refused() {
    let server = TestServer::start().await;
    put(&server, "before").await;
    let before = super::get(&server, "demo-bob", "/v0/users/1/presence").await.line();
    server.advance(seconds(5)).await;
    let json = "application/json";
    let long = format!("{{\"presence\": \"{}\"}}", "x".repeat(101));
    let rows: [(&str, &str, &[u8]); 17] = [
        (json, "", b"{"),
        (json, "", b"presence=x"),
        (json, "", b"\"x\""),
        (json, "", b"[]"),
        (json, "", b"null"),
        (json, "", b"1"),
        (json, "", br#"{"presence": true}"#),
        (json, "", br#"{"presence": ["x"]}"#),
        (json, "", br#"{"presence": {}}"#),
        (json, "", b"{\"presence\": \"\xff\"}"),
        (json, "", br#"{"presence": "\ud800"}"#),
        (json, "", long.as_bytes()),
        // What is meant to be JSON is not taken for a form without a presence.
        (FORM, "", br#"{"presence": "x""#),
        ("text/plain", "", br#"{"presence": "x",}"#),
        (FORM, "", br#"{"presence": true}"#),
        (FORM, "", b"presence=%ff"),
        (FORM, "?presence=%ff", b""),
    ];
    for (content_type, query, body) in rows {
        let answer = put_call(&server, query).header("content-type", content_type).body(body).send().await;
        let shown = String::from_utf8_lossy(body);
        assert_eq!(outcome(&answer), (400, None), "{content_type} {query} {shown}");
    }
    assert_eq!(super::get(&server, "demo-bob", "/v0/users/1/presence").await.line(), before);
}

/// `online` is the state, not a text, however it is set.
#[tokio::test]
async fn online_is_no_text() {
    let server = TestServer::start().await;
    let put = |path: &str| server.call(Method::PUT, path.to_owned()).token("demo-alice");
    for call in [
        put(OWN).header("content-type", FORM).body("presence=online"),
        put(OWN).json(&json!({"presence": "online"})),
        put(&format!("{OWN}?presence=online")),
        put(&format!("{OWN}?update_presence=online")),
        server.call(Method::GET, "/v1/presence?update_presence=online").token("demo-alice"),
    ] {
        super::put(&server, "a text before").await;
        assert_eq!(call.send().await.status, 200);
        let path = "/_matrix/client/v3/presence/@alice:example.com/status";
        let seen = server.call(Method::GET, path).token("demo-bob").send().await.json();
        assert_eq!((&seen["presence"], seen.get("status_msg")), (&json!("online"), None));
    }
}

#[tokio::test]
async fn a_body_that_is_too_large() {
    let server = TestServer::start().await;
    put(&server, "before").await;
    let body = "x".repeat(65_537);
    let answer = put_call(&server, "").body(body.clone()).send().await;
    insta::assert_snapshot!(answer.line(), @r#"413 {"meta":{"code":413,"error_message":"The request body is larger than the 65536 bytes allowed."}}"#);
    assert_eq!(reads(&server, "1").await, "before");
    // An override makes the body irrelevant, and so does a GET.
    let answer = put_call(&server, "?update_presence=after").body(body.clone()).leniently().send().await;
    assert_eq!(outcome(&answer), (200, Some(true)));
    let call = server.call(Method::GET, OWN).token("demo-alice").body(body);
    assert_eq!(data(&call.send().await)["presence"], "after");
}

#[tokio::test]
async fn a_text_that_is_longer_in_bytes_than_this_server_takes() {
    let server = TestServer::start_with(|config| config.limits.status_bytes = 10).await;
    insta::assert_snapshot!(put(&server, "eleven char").await.line(), @r#"400 {"meta":{"code":400,"error_message":"presence: the status has 11 bytes; at most 10 are allowed"}}"#);
}

#[tokio::test]
async fn names_of_oneself() {
    let server = TestServer::start().await;
    for (number, name) in ["me", "1", "@alice", "@ALICE", "%40alice"].into_iter().enumerate() {
        let path = format!("/v0/users/{name}/presence?presence={number}x");
        let answer = server.call(Method::PUT, path).token("demo-alice").send().await;
        assert_eq!(data(&answer)["presence"], json!(format!("{number}x")), "{name}");
    }
}

/// What the document says of a call is what the server takes: no more, no less.
#[tokio::test]
async fn the_document_says_what_is_taken() {
    let server = TestServer::start().await;
    let document = server.call(Method::GET, "/openapi/pnut.json").send_undocumented().await.json();
    let paths = document["paths"].as_object().expect("paths");
    let operations = || paths.values().flat_map(|item| item.as_object().expect("operations").values());
    let on_any_call =
        operations().flat_map(|operation| operation["parameters"].as_array().expect("parameters"));
    let on_any_call: Vec<_> =
        on_any_call.filter(|parameter| parameter["name"] == "update_presence").collect();
    assert_eq!(on_any_call.len(), operations().count());
    // A text that is too long is not applied, and the call is answered all the same.
    assert!(
        on_any_call.iter().all(|parameter| parameter["schema"] == json!({"type": "string"})),
        "{on_any_call:?}"
    );
    // The value of a PUT may be in the query, or nowhere, but never too long.
    let put = &document["paths"]["/users/{user_id}/presence"]["put"];
    assert_eq!(put["requestBody"].get("required").unwrap_or(&json!(false)), &json!(false));
    let presence =
        put["parameters"].as_array().expect("parameters").iter().find(|it| it["name"] == "presence");
    assert_eq!(presence.expect("it is there")["schema"]["maxLength"], 100);
    assert_eq!(
        document["components"]["schemas"]["PresenceUpdate"]["properties"]["presence"]["maxLength"],
        100
    );
}
