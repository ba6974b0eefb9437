//! What clients ask before they sync.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, TestServer};

async fn get(server: &TestServer, path: &str) -> Answer {
    server.call(Method::GET, format!("/_matrix/client/{path}")).token("demo-alice-2").send().await
}

#[tokio::test]
async fn the_answers_that_clients_need() {
    let server = TestServer::start().await;
    for prefix in ["v3", "r0"] {
        for (path, expected) in [
            (
                "account/whoami",
                json!({"user_id": "@alice:example.com", "device_id": "DEMO2", "is_guest": false}),
            ),
            ("pushrules/", json!({"global": {}})),
            ("capabilities", json!({"capabilities": {"m.change_password": {"enabled": false}}})),
            ("login", json!({"flows": [{"type": "m.login.token"}]})),
            ("joined_rooms", json!({"joined_rooms": ["!lobby:example.com"]})),
        ] {
            let answer = get(&server, &format!("{prefix}/{path}")).await;
            assert_eq!((answer.status.as_u16(), answer.json()), (200, expected), "{prefix}/{path}");
        }
    }
}

#[tokio::test]
async fn a_token_is_needed() {
    let server = TestServer::start().await;
    for path in ["account/whoami", "pushrules/", "capabilities", "sync", "joined_rooms"] {
        let answer = server.call(Method::GET, format!("/_matrix/client/v3/{path}")).send().await;
        assert_eq!(answer.errcode(), (401, "M_MISSING_TOKEN".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn the_rooms_that_one_is_in() {
    let server = TestServer::start().await;
    let joined = |token| server.call(Method::GET, "/_matrix/client/v3/joined_rooms").token(token).send();
    insta::assert_snapshot!(joined("demo-carol").await.line(), @r#"200 {"joined_rooms":[]}"#);
    for room in ["!b:example.com", "!a:example.com"] {
        let members = json!({"members": ["@carol:example.com"]});
        server.admin(Method::PUT, &format!("/rooms/{room}/members"), Some(members)).await;
    }
    insta::assert_snapshot!(joined("demo-carol").await.line(), @r#"200 {"joined_rooms":["!a:example.com","!b:example.com"]}"#);
    assert_eq!(joined("demo-admin").await.errcode(), (403, "M_FORBIDDEN".to_owned()));
}

/// Filters as clients send them: with what is of no use for presence, and with limits that mean "none".
#[tokio::test]
async fn filters_of_all_sorts_are_taken() {
    let server = TestServer::start().await;
    for filter in [
        json!({"presence": {"limit": 0}}),
        json!({"presence": {"limit": -1}}),
        json!({"presence": {"limit": 1.5}}),
        json!({"presence": {"limit": 10, "lazy_load_members": "so-so", "rooms": 7, "unknown": null}}),
        json!({"room": [], "account_data": 1, "event_format": {}, "event_fields": "x", "org.example": null}),
        json!({"room": {"timeline": {"limit": "many"}, "include_leave": 3}}),
    ] {
        let path = "/_matrix/client/v3/user/@alice:example.com/filter";
        let stored = server.call(Method::POST, path).token("demo-alice").json(&filter).send().await;
        assert_eq!(stored.status, 200, "{filter}: {}", stored.text);
        let id = stored.json()["filter_id"].as_str().expect("an id").to_owned();
        // Numbers of ours are integers; a filter's are the client's.
        let read = server.call(Method::GET, format!("{path}/{id}")).token("demo-alice").send_undocumented();
        assert_eq!(read.await.json(), filter);
        let inline: String = form_urlencoded::byte_serialize(filter.to_string().as_bytes()).collect();
        for filter in [id, inline] {
            let path = format!("/_matrix/client/v3/sync?filter={filter}");
            let answer = server.call(Method::GET, path).token("demo-alice").send().await;
            assert_eq!(answer.json()["presence"]["events"][0]["sender"], "@alice:example.com");
        }
    }
}

#[tokio::test]
async fn filters_are_ones_own_and_well_made() {
    let server = TestServer::start().await;
    let post = |user: &str, body: &str| {
        let path = format!("/_matrix/client/v3/user/{user}/filter");
        server.call(Method::POST, path).token("demo-alice").body(body.to_owned()).send()
    };
    let alice = "@alice:example.com";
    for (user, body, status, errcode) in [
        ("@bob:example.com", "{}", 403, "M_FORBIDDEN"),
        ("alice", "{}", 400, "M_INVALID_PARAM"),
        (alice, "{", 400, "M_NOT_JSON"),
        (alice, "[]", 400, "M_BAD_JSON"),
        (alice, r#"{"presence": []}"#, 400, "M_BAD_JSON"),
        (alice, r#"{"presence": {"types": "m.presence"}}"#, 400, "M_BAD_JSON"),
        (alice, r#"{"presence": {"not_senders": [1]}}"#, 400, "M_BAD_JSON"),
        (alice, r#"{"presence": {"limit": "10"}}"#, 400, "M_BAD_JSON"),
        (alice, r#"{"presence": {"limit": null}}"#, 400, "M_BAD_JSON"),
        (alice, &format!(r#"{{"a": "{}"}}"#, "x".repeat(65_536)), 413, "M_TOO_LARGE"),
    ] {
        assert_eq!(post(user, body).await.errcode(), (status, errcode.to_owned()), "{user} {body:.40}");
    }
    let get = |user: &str, id: &str| {
        let path = format!("/_matrix/client/v3/user/{user}/filter/{id}");
        server.call(Method::GET, path).token("demo-alice").send()
    };
    assert_eq!(get(alice, "unknown").await.errcode(), (404, "M_NOT_FOUND".to_owned()));
    assert_eq!(get("@bob:example.com", "e30").await.errcode(), (403, "M_FORBIDDEN".to_owned()));
    assert_eq!(get(alice, "e30").await.line(), "200 {}");
}
