//! What is refused, with which status and code, in which order; and that a refusal changes nothing: on our server, and on
//! others that keep the contract.

use reqwest::Method;
use serde_json::json;

use super::keepers::{Keeper, of_every_keeper};
use crate::support::{ALICE, Answer, BOB, CAROL, Site, status_path};

/// A PUT of alice's own status with this body.
async fn put(server: &Site, body: impl Into<Vec<u8>>) -> Answer {
    server.call(Method::PUT, status_path(ALICE)).token("demo-alice").body(body).send().await
}

async fn bodies_that_are_refused(server: &Keeper) {
    server.set_presence("demo-alice", ALICE, json!({"presence": "online", "status_msg": "before"})).await;
    let before = server.presence("demo-bob", ALICE).await.json();
    let deep = "[".repeat(10_000);
    let rows: [(&[u8], u16, &str); 32] = [
        (b"", 400, "M_NOT_JSON"),
        (b"online", 400, "M_NOT_JSON"),
        (b"{", 400, "M_NOT_JSON"),
        (b"{'presence': 'online'}", 400, "M_NOT_JSON"),
        (b"presence=online", 400, "M_NOT_JSON"),
        (b"{\"presence\": \"online\"} and more", 400, "M_NOT_JSON"),
        (b"\xff\xfe", 400, "M_NOT_JSON"),
        (b"{\"presence\": \"online\", \"status_msg\": \"\xff\"}", 400, "M_NOT_JSON"),
        (b"{\"presence\": \"online\", \"status_msg\": \"\\ud800\"}", 400, "M_NOT_JSON"),
        (deep.as_bytes(), 400, "M_NOT_JSON"),
        (b"[]", 400, "M_BAD_JSON"),
        (b"[{\"presence\": \"online\"}]", 400, "M_BAD_JSON"),
        (b"\"online\"", 400, "M_BAD_JSON"),
        (b"null", 400, "M_BAD_JSON"),
        (b"1", 400, "M_BAD_JSON"),
        (b"true", 400, "M_BAD_JSON"),
        (b"{}", 400, "M_BAD_JSON"),
        (b"{\"status_msg\": \"no presence\"}", 400, "M_BAD_JSON"),
        (b"{\"presence\": \"away\"}", 400, "M_BAD_JSON"),
        (b"{\"presence\": \"\"}", 400, "M_BAD_JSON"),
        (b"{\"presence\": \"Online\"}", 400, "M_BAD_JSON"),
        (b"{\"presence\": 1}", 400, "M_BAD_JSON"),
        (b"{\"presence\": null}", 400, "M_BAD_JSON"),
        (b"{\"presence\": [\"online\"]}", 400, "M_BAD_JSON"),
        (b"{\"presence\": \"busy\"}", 400, "M_BAD_JSON"),
        (b"{\"presence\": \"free_for_chat\"}", 400, "M_BAD_JSON"),
        (b"{\"presence\": \"org.matrix.msc3026.busy\"}", 400, "M_BAD_JSON"),
        (b"{\"presence\": \"offline\", \"status_msg\": null}", 400, "M_BAD_JSON"),
        (b"{\"presence\": \"offline\", \"status_msg\": 1}", 400, "M_BAD_JSON"),
        (b"{\"presence\": \"offline\", \"status_msg\": [\"a\"]}", 400, "M_BAD_JSON"),
        (b"{\"presence\": \"offline\", \"status_msg\": {}}", 400, "M_BAD_JSON"),
        (b"{\"presence\": \"offline\", \"presence\": \"away\"}", 400, "M_BAD_JSON"),
    ];
    for (body, status, errcode) in rows {
        let answer = put(server, body).await;
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]);
        assert_eq!(answer.errcode(), (status, errcode.to_owned()), "{shown}");
    }
    let after = server.presence("demo-bob", ALICE).await.json();
    for member in ["presence", "status_msg", "currently_active"] {
        assert_eq!(after[member], before[member], "{member}");
    }
}

async fn bodies_that_are_taken(server: &Keeper) {
    let rows = [
        (r#"{"presence": "unavailable"}"#, "unavailable", None),
        (r#"{"presence": "online", "status_msg": "here"}"#, "online", Some("here")),
        (r#"{"presence": "online", "status_msg": ""}"#, "online", None),
        (r#"{"presence": "online", "currently_active": false, "extra": null}"#, "online", None),
        (r#"{"presence": "offline", "presence": "online"}"#, "online", None),
        (r#"{"presence": "online", "status_msg": 1, "status_msg": "last"}"#, "online", Some("last")),
        (
            " \n{\"presence\": \"online\", \"status_msg\": \"\u{1f44b} caf\u{e9}\"}\n",
            "online",
            Some("👋 café"),
        ),
        (r#"{"presence": "offline", "status_msg": "gone"}"#, "offline", Some("gone")),
    ];
    for (body, presence, status_msg) in rows {
        assert_eq!(put(server, body).await.line(), "200 {}", "{body}");
        let seen = server.presence("demo-bob", ALICE).await.json();
        assert_eq!(seen["presence"], presence, "{body}");
        assert_eq!(seen.get("status_msg").and_then(|text| text.as_str()), status_msg, "{body}");
    }
}

async fn the_content_type_does_not_matter(server: &Keeper) {
    for content_type in
        ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-8"]
    {
        let call = server.call(Method::PUT, status_path(ALICE)).token("demo-alice");
        let call = if content_type.is_empty() { call } else { call.header("content-type", content_type) };
        assert_eq!(
            call.body(r#"{"presence": "online"}"#).leniently().send().await.line(),
            "200 {}",
            "{content_type}"
        );
    }
}

async fn paths_and_users(server: &Keeper) {
    let rows = [
        // No user ids at all.
        ("", 400, "M_INVALID_PARAM", 400, "M_INVALID_PARAM"),
        ("alice", 400, "M_INVALID_PARAM", 400, "M_INVALID_PARAM"),
        ("alice:example.com", 400, "M_INVALID_PARAM", 400, "M_INVALID_PARAM"),
        ("@alice", 400, "M_INVALID_PARAM", 400, "M_INVALID_PARAM"),
        ("%ff", 400, "M_INVALID_PARAM", 400, "M_INVALID_PARAM"),
        // Nobody that this user may see, or set.
        ("@:example.com", 403, "M_FORBIDDEN", 403, "M_FORBIDDEN"),
        ("@alice:", 403, "M_FORBIDDEN", 403, "M_FORBIDDEN"),
        ("@a%20b:example.com", 403, "M_FORBIDDEN", 403, "M_FORBIDDEN"),
        ("@nobody:example.com", 403, "M_FORBIDDEN", 403, "M_FORBIDDEN"),
        ("@nobody:elsewhere.org", 403, "M_FORBIDDEN", 403, "M_FORBIDDEN"),
        ("@ALICE:example.com", 403, "M_FORBIDDEN", 403, "M_FORBIDDEN"),
        ("%2540alice:example.com", 400, "M_INVALID_PARAM", 400, "M_INVALID_PARAM"),
        (CAROL, 403, "M_FORBIDDEN", 403, "M_FORBIDDEN"),
    ];
    for (user, get_status, get_code, put_status, put_code) in rows {
        let get = server.presence("demo-alice", user).await;
        assert_eq!(get.errcode(), (get_status, get_code.to_owned()), "GET {user:?}");
        let put = server.set_presence("demo-alice", user, json!({"presence": "online"})).await;
        assert_eq!(put.errcode(), (put_status, put_code.to_owned()), "PUT {user:?}");
    }
    let put = server.set_presence("demo-alice", BOB, json!({"presence": "online"})).await;
    assert_eq!(put.errcode(), (403, "M_FORBIDDEN".to_owned()), "seen, but not one's own");
    assert_eq!(server.presence("demo-alice", BOB).await.line(), r#"200 {"presence":"offline"}"#);
}

async fn raw_and_encoded_ids_are_the_same_user(server: &Keeper) {
    server.set_presence("demo-alice", "%40alice%3Aexample.com", json!({"presence": "unavailable"})).await;
    for spelled in [ALICE, "%40alice%3Aexample.com", "%40alice:example.com", "@%61lice:example.com"] {
        let seen = server.presence("demo-bob", spelled).await;
        assert_eq!(seen.json()["presence"], "unavailable", "{spelled}");
    }
}

async fn every_prefix_serves_the_same_user(server: &Keeper) {
    for prefix in ["v3", "r0", "unstable", "api/v1"] {
        let path = format!("/_matrix/client/{prefix}/presence/{ALICE}/status");
        let body = json!({"presence": "online", "status_msg": prefix});
        let put = server.call(Method::PUT, &path).token("demo-alice").json(&body).send().await;
        assert_eq!(put.line(), "200 {}");
        assert_eq!(server.presence("demo-bob", ALICE).await.json()["status_msg"], prefix);
        let get = server.call(Method::GET, &path).token("demo-bob").send().await;
        assert_eq!(get.json()["status_msg"], prefix);
        let head = server.call(Method::HEAD, &path).token("demo-bob").send().await;
        assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
        assert_eq!(head.header("content-type"), "application/json");
    }
}

async fn paths_that_do_not_exist(server: &Keeper) {
    let paths = [
        "/_matrix",
        "/_matrix/",
        "/_matrix/client",
        "/_matrix/client/v3",
        "/_matrix/client/v3/",
        "/_matrix/client/v3/presence",
        "/_matrix/client/v3/presence/@alice:example.com",
        "/_matrix/client/v3/presence/@alice:example.com/",
        "/_matrix/client/v3/presence/@alice:example.com/status/",
        "/_matrix/client/v3/presence/@alice:example.com/status/more",
        "/_matrix/client/unstable/presence/list/@alice:example.com",
        "/_matrix/client/v1/presence/@alice:example.com/status",
        "/_matrix/client/v2/presence/@alice:example.com/status",
        "/_matrix/client/presence/@alice:example.com/status",
        "/_matrix/federation/v1/version",
    ];
    for path in paths {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let answer = server.call(method, path).token("demo-alice").send().await;
            assert_eq!(answer.errcode(), (404, "M_UNRECOGNIZED".to_owned()), "{path}");
        }
    }
}

async fn methods_that_do_not_exist(server: &Keeper) {
    for method in [Method::POST, Method::DELETE, Method::PATCH, Method::TRACE] {
        let answer = server.call(method.clone(), status_path(ALICE)).send().await;
        assert_eq!(answer.errcode(), (405, "M_UNRECOGNIZED".to_owned()), "{method}");
        assert_eq!(answer.header("allow"), "GET,HEAD,PUT");
    }
}

async fn the_order_of_the_checks(server: &Keeper) {
    let too_long = "x".repeat(70_000);
    let long_status = json!({"presence": "nonsense", "status_msg": "x".repeat(2_000)}).to_string();
    let call = |method, path: &str, token: &str| {
        let call = server.call(method, path);
        if token.is_empty() { call } else { call.token(token) }
    };
    // A declared size comes before everything, the path and the method included.
    let answer = call(Method::PUT, "/_matrix/nowhere", "").body(too_long.clone()).send().await;
    assert_eq!(answer.errcode(), (413, "M_TOO_LARGE".to_owned()));
    // The method comes before the token, the token before the user id, the user id before the owner.
    let answer = call(Method::POST, &status_path("alice"), "").send().await;
    assert_eq!(answer.errcode(), (405, "M_UNRECOGNIZED".to_owned()));
    let answer = call(Method::PUT, &status_path("alice"), "").send().await;
    assert_eq!(answer.errcode(), (401, "M_MISSING_TOKEN".to_owned()));
    let answer = call(Method::PUT, &status_path("alice"), "demo-alice").body("{").send().await;
    assert_eq!(answer.errcode(), (400, "M_INVALID_PARAM".to_owned()));
    let answer = call(Method::PUT, &status_path(BOB), "demo-alice").body("{").send().await;
    assert_eq!(answer.errcode(), (403, "M_FORBIDDEN".to_owned()));
    // A bad body costs a token of the bucket; then the limit comes before the body, and after the owner.
    assert_eq!(put(server, long_status.clone()).await.errcode(), (400, "M_BAD_JSON".to_owned()));
    assert_eq!(put(server, "{").await.errcode(), (429, "M_LIMIT_EXCEEDED".to_owned()));
    let answer = call(Method::PUT, &status_path(BOB), "demo-alice").body("{").send().await;
    assert_eq!(answer.errcode(), (403, "M_FORBIDDEN".to_owned()));
}

async fn the_status_type_comes_before_the_presence_value_and_that_before_the_length(server: &Keeper) {
    let answer = put(server, r#"{"presence": "nonsense", "status_msg": 1}"#).await;
    assert_eq!(answer.json()["error"], "`status_msg` is not a string");
    let answer = put(server, r#"{"status_msg": 1}"#).await;
    assert_eq!(answer.json()["error"], "`presence` is missing");
    let long = json!({"presence": "nonsense", "status_msg": "x".repeat(2_000)}).to_string();
    assert_eq!(
        put(server, long).await.json()["error"],
        "`presence` is not one of `online`, `offline`, `unavailable`"
    );
}

async fn tokens_that_are_refused(server: &Keeper) {
    let path = status_path(ALICE);
    let twice = path.clone() + "?access_token=demo-bob";
    let basic = server.call(Method::GET, path.clone()).header("authorization", "Basic ZGVtbzpib2I=");
    for call in
        [server.call(Method::GET, path.clone()), basic, server.call(Method::GET, twice).token("demo-bob")]
    {
        let answer = call.send().await;
        assert_eq!(answer.errcode(), (401, "M_MISSING_TOKEN".to_owned()));
        assert_eq!(answer.json().get("soft_logout"), None);
    }
    for (token, soft_logout) in [("nonsense".to_owned(), false), (server.expired().await, true)] {
        let answer = server.presence(&token, ALICE).await;
        assert_eq!(answer.errcode(), (401, "M_UNKNOWN_TOKEN".to_owned()));
        assert_eq!(answer.json()["soft_logout"], soft_logout, "{token}");
    }
    let answer =
        server.call(Method::GET, path).header("authorization", b"Bearer \xff".as_slice()).send().await;
    assert_eq!(answer.errcode(), (401, "M_UNKNOWN_TOKEN".to_owned()));
    let answer = server.presence(&server.guest().await, BOB).await;
    assert_eq!(answer.errcode(), (403, "M_GUEST_ACCESS_FORBIDDEN".to_owned()));
}

async fn tokens_that_are_taken(server: &Keeper) {
    for scheme in ["Bearer", "bearer", "bEaReR"] {
        let call = server.call(Method::GET, status_path(ALICE));
        assert_eq!(
            call.header("authorization", format!("{scheme} demo-bob")).send().await.status,
            200,
            "{scheme}"
        );
    }
    let in_query = server.call(Method::GET, status_path(ALICE) + "?access_token=demo%2Dbob");
    assert_eq!(in_query.send().await.status, 200);
}

async fn somebody_never_seen_is_offline(server: &Keeper) {
    for user in [ALICE, BOB] {
        assert_eq!(server.presence("demo-alice", user).await.line(), r#"200 {"presence":"offline"}"#);
    }
}

async fn a_hidden_user_is_not_found_but_sees_themselves(server: &Keeper) {
    let (user, token) = server.hidden().await;
    assert_eq!(server.presence("demo-alice", user).await.errcode(), (404, "M_NOT_FOUND".to_owned()));
    assert_eq!(server.presence(token, user).await.json()["presence"], "offline");
}

async fn what_is_too_large_changes_nothing(server: &Keeper) {
    let before = json!({"presence": "online", "status_msg": "é".repeat(512)});
    assert_eq!(server.set_presence("demo-alice", ALICE, before.clone()).await.line(), "200 {}");
    let too_long = json!({"presence": "offline", "status_msg": "é".repeat(512) + "x"}).to_string();
    let too_large = r#"{"presence": "offline"}"#.to_owned() + &" ".repeat(65_536);
    for body in [too_long, too_large] {
        assert_eq!(put(server, body).await.errcode(), (413, "M_TOO_LARGE".to_owned()));
    }
    let after = server.presence("demo-bob", ALICE).await.json();
    assert_eq!(after["presence"], before["presence"]);
    assert_eq!(after["status_msg"], before["status_msg"]);
    assert_eq!(after["currently_active"], true);
}

async fn preflights_and_pages(server: &Keeper) {
    for path in [status_path(ALICE), "/_matrix/nowhere".to_owned()] {
        let call = server.call(Method::OPTIONS, path.clone()).header("origin", "https://app.example");
        let answer = call.header("access-control-request-method", "PUT").send().await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
        let refused = server.call(Method::GET, path).send().await;
        assert_eq!(refused.header("content-type"), "application/json");
        assert_eq!(refused.header("cache-control"), "no-cache, no-store, must-revalidate");
        for answer in [answer, refused] {
            assert_eq!(answer.header("access-control-allow-origin"), "*");
            let methods = answer.header("access-control-allow-methods");
            assert_eq!(methods, "GET, HEAD, POST, PUT, DELETE, OPTIONS");
            let headers = answer.header("access-control-allow-headers");
            assert_eq!(headers, "X-Requested-With, Content-Type, Authorization, Date");
            assert_eq!(answer.header("access-control-expose-headers"), "Retry-After");
        }
    }
}

async fn one_too_many_has_to_wait(server: &Keeper) {
    assert_eq!(put(server, r#"{"presence": "online"}"#).await.line(), "200 {}");
    let answer = put(server, r#"{"presence": "offline"}"#).await;
    assert_eq!(answer.errcode(), (429, "M_LIMIT_EXCEEDED".to_owned()));
    let wait = answer.json()["retry_after_ms"].as_u64().expect("milliseconds");
    assert_eq!(answer.header("retry-after"), wait.div_ceil(1_000).to_string());
    assert_eq!(server.presence("demo-bob", ALICE).await.json()["presence"], "online");
}

of_every_keeper!(
    bodies_that_are_refused,
    bodies_that_are_taken,
    the_content_type_does_not_matter,
    paths_and_users,
    raw_and_encoded_ids_are_the_same_user,
    every_prefix_serves_the_same_user,
    paths_that_do_not_exist,
    methods_that_do_not_exist,
    the_status_type_comes_before_the_presence_value_and_that_before_the_length,
    tokens_that_are_refused,
    tokens_that_are_taken,
    somebody_never_seen_is_offline,
    a_hidden_user_is_not_found_but_sees_themselves,
    what_is_too_large_changes_nothing,
    preflights_and_pages;
    slow: one_too_many_has_to_wait;
    strict: the_order_of_the_checks
);
