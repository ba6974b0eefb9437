//! Presence lists of r0: inviting, being accepted, and being dropped.

use std::num::NonZeroU32;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    ALICE, Answer, BOB, CAROL, TestServer, seconds,
    sync::{read, senders, start, sync},
};

const CAROLS: &str = "/_matrix/client/r0/presence/list/@carol:example.com";

async fn get(server: &TestServer) -> Answer {
    server.call(Method::GET, CAROLS).token("demo-carol").send().await
}

async fn post(server: &TestServer, body: Value) -> Answer {
    server.call(Method::POST, CAROLS).token("demo-carol").json(&body).send().await
}

/// The standing of carol among alice's observers, as alice sees it.
async fn standing(server: &TestServer) -> Value {
    let path = format!("/presenced/v1/users/{ALICE}/presence-list");
    let list = server.call(Method::GET, path).token("demo-alice").send().await;
    list.json()["observers"][0]["standing"].clone()
}

async fn answer(server: &TestServer, method: Method, expected: u16) {
    let path = format!("/presenced/v1/users/{ALICE}/observers/{CAROL}");
    assert_eq!(server.call(method, path).token("demo-alice").send().await.status, expected);
}

/// What carol is told after a token, and the token to go on from.
async fn carols(server: &TestServer, since: &str) -> (String, Vec<(String, Value)>) {
    let (next, told) =
        read(&sync(server, "demo-carol", &format!("since={since}&set_presence=offline")).await);
    (next, told.into_iter().map(|(sender, content)| (sender, content["presence"].clone())).collect())
}

#[tokio::test]
async fn from_the_invitation_to_the_drop() {
    let server = TestServer::start().await;
    assert_eq!(get(&server).await.line(), "200 []");
    let start = start(&server, "demo-carol").await;
    assert_eq!(post(&server, json!({"invite": [ALICE]})).await.line(), "200 {}");
    assert_eq!(get(&server).await.line(), "200 []", "nothing before it is accepted");
    assert_eq!(server.presence("demo-carol", ALICE).await.status, 403);
    let (pending, told) = carols(&server, &start).await;
    assert_eq!((pending.as_str(), told), (start.as_str(), vec![]));
    assert_eq!(standing(&server).await, "pending");

    answer(&server, Method::PUT, 200).await;
    assert_eq!(standing(&server).await, "accepted");
    let (seen, told) = carols(&server, &pending).await;
    assert_eq!(told, [(ALICE.to_owned(), json!("offline"))], "as with a join, even who is offline");
    assert_eq!(carols(&server, &seen).await, (seen.clone(), vec![]), "once");
    server.set_presence("demo-alice", ALICE, json!({"presence": "online", "status_msg": "hi"})).await;
    server.advance(seconds(1)).await;
    assert_eq!(server.presence("demo-carol", ALICE).await.json()["presence"], "online");
    assert_eq!(server.presence("demo-alice", CAROL).await.status, 403, "alice sees no more of carol");
    insta::assert_snapshot!(get(&server).await.line(), @r#"200 [{"type":"m.presence","content":{"user_id":"@alice:example.com","presence":"online","last_active_ago":1000,"status_msg":"hi","currently_active":true}}]"#);
    let (seen, told) = carols(&server, &seen).await;
    assert_eq!(told, [(ALICE.to_owned(), json!("online"))]);

    assert_eq!(post(&server, json!({"drop": [ALICE]})).await.line(), "200 {}");
    server.set_presence("demo-alice", ALICE, json!({"presence": "unavailable"})).await;
    assert_eq!(carols(&server, &seen).await, (seen, vec![]));
    assert_eq!(server.presence("demo-carol", ALICE).await.status, 403);
    assert_eq!(get(&server).await.line(), "200 []");
    assert_eq!(standing(&server).await, Value::Null);
    answer(&server, Method::PUT, 404).await;
}

#[tokio::test]
async fn being_denied_before_and_after() {
    let server = TestServer::start().await;
    answer(&server, Method::DELETE, 404).await;
    for accepted in [false, true] {
        post(&server, json!({"invite": [ALICE]})).await;
        if accepted {
            answer(&server, Method::PUT, 200).await;
        }
        answer(&server, Method::DELETE, 204).await;
        assert_eq!(standing(&server).await, Value::Null);
        assert_eq!(server.presence("demo-carol", ALICE).await.status, 403);
    }
}

#[tokio::test]
async fn inviting_again_keeps_what_was_accepted() {
    let server = TestServer::start().await;
    post(&server, json!({"invite": [ALICE, ALICE]})).await;
    answer(&server, Method::PUT, 200).await;
    answer(&server, Method::PUT, 200).await;
    post(&server, json!({"invite": [ALICE]})).await;
    assert_eq!(standing(&server).await, "accepted");
    // Invites come first, then drops.
    post(&server, json!({"drop": [ALICE], "invite": [ALICE, BOB]})).await;
    assert_eq!(standing(&server).await, Value::Null);
}

#[tokio::test]
async fn a_wait_ends_when_one_is_accepted() {
    let server = TestServer::start().await;
    post(&server, json!({"invite": [ALICE]})).await;
    let start = start(&server, "demo-carol").await;
    let waiting = server.open_sync("demo-carol", &start, "set_presence=offline").await;
    answer(&server, Method::PUT, 200).await;
    assert_eq!(senders(&waiting.answer().await), [ALICE]);
}

#[tokio::test]
async fn a_waiting_observer_is_woken_by_a_change() {
    let server = TestServer::start().await;
    post(&server, json!({"invite": [ALICE]})).await;
    answer(&server, Method::PUT, 200).await;
    let start = start(&server, "demo-carol").await;
    let waiting = server.open_sync("demo-carol", &start, "set_presence=offline").await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "unavailable"})).await;
    let (_, told) = read(&waiting.answer().await);
    assert_eq!(told, [(ALICE.to_owned(), json!({"presence": "unavailable"}))]);
}

#[tokio::test]
async fn hidden_users_are_not_listed() {
    let server = TestServer::start().await;
    post(&server, json!({"invite": [ALICE]})).await;
    answer(&server, Method::PUT, 200).await;
    let settings = format!("/users/{ALICE}/settings");
    server.admin(Method::PUT, &settings, Some(json!({"hidden": true}))).await;
    assert_eq!(get(&server).await.line(), "200 []");
    server.admin(Method::PUT, &settings, Some(json!({"override": "invisible"}))).await;
    assert_eq!(get(&server).await.json()[0]["content"]["presence"], "offline");
}

#[tokio::test]
async fn who_exists_is_not_told() {
    let server = TestServer::start().await;
    let invited = ["@nobody:example.com", "@alice:elsewhere.org", ALICE];
    let answers = [post(&server, json!({"invite": invited})).await, get(&server).await];
    assert_eq!(answers.map(|answer| answer.line()), ["200 {}", "200 []"]);
    let path = format!("/presenced/v1/users/{CAROL}/presence-list");
    let own = server.call(Method::GET, path).token("demo-carol").send().await.json();
    let standings: Vec<&Value> =
        own["observed"].as_array().expect("entries").iter().map(|entry| &entry["standing"]).collect();
    assert_eq!(standings, ["pending"; 3]);
}

#[tokio::test]
async fn one_self_is_no_entry() {
    let server = TestServer::start().await;
    assert_eq!(post(&server, json!({"invite": [CAROL, ""], "drop": [""]})).await.line(), "200 {}");
    let path = format!("/presenced/v1/users/{CAROL}/presence-list");
    let own = server.call(Method::GET, path).token("demo-carol").send().await;
    assert_eq!(own.line(), r#"200 {"observed":[],"observers":[]}"#);
}

#[tokio::test]
async fn bodies_that_change_nothing() {
    let server = TestServer::start().await;
    let rows = [
        (r#"{"invite": ["@alice:example.com", 1]}"#, "M_BAD_JSON"),
        (r#"{"invite": ["@alice:example.com", null]}"#, "M_BAD_JSON"),
        (r#"{"invite": ["@alice:example.com", "bob"]}"#, "M_BAD_JSON"),
        (r#"{"invite": ["@alice:example.com"], "drop": ["@bob"]}"#, "M_BAD_JSON"),
        (r#"{"invite": "@alice:example.com"}"#, "M_BAD_JSON"),
        (r#"{"invite": ["@alice:example.com"], "drop": null}"#, "M_BAD_JSON"),
        (r#"{"invite": {"@alice:example.com": true}}"#, "M_BAD_JSON"),
        (r#"["@alice:example.com"]"#, "M_BAD_JSON"),
        ("null", "M_BAD_JSON"),
        ("", "M_NOT_JSON"),
        (r#"{"invite": ["@alice:example.com"]"#, "M_NOT_JSON"),
    ];
    for (body, errcode) in rows {
        let answer = server.call(Method::POST, CAROLS).token("demo-carol").body(body).send().await;
        assert_eq!(answer.errcode(), (400, errcode.to_owned()), "{body}");
        assert_eq!(standing(&server).await, Value::Null, "{body}");
    }
    assert_eq!(post(&server, json!({})).await.line(), "200 {}");
}

#[tokio::test]
async fn lists_of_others() {
    let server = TestServer::start().await;
    for user in [ALICE, "@nobody:example.com", "@carol:elsewhere.org", "@:example.com", "carol", "@carol"] {
        let path = format!("/_matrix/client/r0/presence/list/{user}");
        for method in [Method::GET, Method::POST] {
            let answer = server.call(method, &path).token("demo-carol").json(&json!({})).send().await;
            assert_eq!(answer.errcode(), (400, "M_INVALID_PARAM".to_owned()), "{user}");
        }
    }
}

#[tokio::test]
async fn tokens_and_scopes() {
    let server = TestServer::start().await;
    let issue = async |request: Value| {
        let issued =
            server.admin(Method::POST, &format!("/users/{CAROL}/tokens"), Some(request)).await.json();
        issued["token"].as_str().expect("a token").to_owned()
    };
    let reader = issue(json!({"deviceId": "R", "scopes": ["read"]})).await;
    let writer = issue(json!({"deviceId": "W", "scopes": ["write"]})).await;
    let guest = issue(json!({"deviceId": "G", "guest": true})).await;
    let rows: [(&str, u16, u16); 4] =
        [(&reader, 200, 403), (&writer, 403, 200), (&guest, 403, 403), ("nonsense", 401, 401)];
    for (token, read, write) in rows {
        for (method, expected) in [(Method::GET, read), (Method::POST, write)] {
            let answer = server.call(method, CAROLS).token(token).json(&json!({})).send().await;
            assert_eq!(answer.status, expected);
        }
    }
    assert_eq!(server.call(Method::GET, CAROLS).send().await.errcode(), (401, "M_MISSING_TOKEN".to_owned()));
}

#[tokio::test]
async fn only_under_v3_and_r0_and_only_where_they_are_on() {
    let on = TestServer::start().await;
    let off = TestServer::start_with(|config| config.presence.lists = false).await;
    let under_v3 = on.call(Method::GET, CAROLS.replace("r0", "v3")).token("demo-carol").send().await;
    assert_eq!(under_v3.status, 200, "the document has one base path");
    let rows = [(&on, "unstable"), (&on, "api/v1"), (&off, "r0"), (&off, "v3")];
    for (server, prefix) in rows {
        let path = CAROLS.replace("r0", prefix);
        for method in [Method::GET, Method::POST] {
            let answer = server.call(method, &path).token("demo-carol").send_undocumented().await;
            assert_eq!(answer.errcode(), (404, "M_UNRECOGNIZED".to_owned()), "{prefix}");
        }
    }
    let document = off.call(Method::GET, "/openapi/matrix.json").send_undocumented().await;
    assert!(!document.text.contains("/presence/list/"));
}

#[tokio::test]
async fn what_was_accepted_does_not_count_where_lists_are_off() {
    let server = TestServer::start_with(|config| config.presence.lists = false).await;
    let (alice, carol) = (ALICE.parse().expect("an id"), CAROL.parse().expect("an id"));
    let accepted = server.app.directory.change_list(&carol, move |list| {
        list.invite(&alice);
        list.accept(&alice)
    });
    assert!(accepted.await.expect("carol is known"));
    assert_eq!(server.presence("demo-carol", ALICE).await.status, 403);
    server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    assert_eq!(senders(&sync(&server, "demo-carol", "set_presence=offline").await), [""; 0]);
}

#[tokio::test]
async fn lists_are_bounded() {
    let server = TestServer::start_with(|config| config.limits.list_entries = 2).await;
    post(&server, json!({"invite": [ALICE]})).await;
    let many = post(&server, json!({"invite": [BOB, "@dave:example.com"]})).await;
    insta::assert_snapshot!(many.line(), @r#"413 {"errcode":"M_TOO_LARGE","error":"a presence list may have 2 entries; drop some first"}"#);
    let one_for_another = json!({"invite": [BOB, "@dave:example.com"], "drop": [ALICE]});
    assert_eq!(post(&server, one_for_another).await.line(), "200 {}");
    let call = server.call(Method::POST, CAROLS).token("demo-carol").body(" ".repeat(65_537));
    assert_eq!(call.send().await.errcode(), (413, "M_TOO_LARGE".to_owned()));
}

#[tokio::test]
async fn changes_are_limited_in_rate() {
    let server = TestServer::start_with(|config| {
        config.limits.put_per_second = 0.1;
        config.limits.put_burst = NonZeroU32::MIN;
    })
    .await;
    assert_eq!(post(&server, json!({})).await.status, 200);
    let limited = post(&server, json!({"invite": [ALICE]})).await;
    assert_eq!(limited.errcode(), (429, "M_LIMIT_EXCEEDED".to_owned()));
    assert_eq!(limited.header("retry-after"), "10");
    assert_eq!(standing(&server).await, Value::Null);
}

#[tokio::test]
async fn a_removed_user_is_on_no_list() {
    let server = TestServer::start().await;
    post(&server, json!({"invite": [ALICE]})).await;
    answer(&server, Method::PUT, 200).await;
    server.admin(Method::DELETE, &format!("/users/{ALICE}"), None).await;
    assert_eq!(get(&server).await.line(), "200 []");
    server.admin(Method::PUT, &format!("/users/{ALICE}"), Some(json!({}))).await;
    assert_eq!(server.presence("demo-carol", ALICE).await.status, 403, "that is somebody else");
    post(&server, json!({"invite": [BOB]})).await;
    server.admin(Method::DELETE, &format!("/users/{CAROL}"), None).await;
    let bobs = server.admin(Method::GET, &format!("/users/{BOB}/presence-list"), None).await;
    assert_eq!(bobs.line(), r#"200 {"observed":[],"observers":[]}"#);
}
