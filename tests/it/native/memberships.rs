//! Who is in which room, one by one.

use futures_util::{StreamExt as _, stream};
use reqwest::Method;
use serde_json::{Value, json};

use super::service_token;
use crate::support::{ALICE, Answer, BOB, CAROL, TestServer};

const LOBBY: &str = "!lobby:example.com";
const NEW: &str = "!new:example.com";

/// How many come one by one.
const MANY: usize = 500;

fn path(room: &str, user: &str) -> String {
    format!("/presenced/v1/rooms/{room}/members/{user}")
}

async fn put(server: &TestServer, token: &str, room: &str, user: &str) -> Answer {
    server.call(Method::PUT, path(room, user)).token(token).send().await
}

async fn delete(server: &TestServer, token: &str, room: &str, user: &str) -> Answer {
    server.call(Method::DELETE, path(room, user)).token(token).send().await
}

async fn members(server: &TestServer, room: &str) -> Value {
    server.admin(Method::GET, &format!("/rooms/{room}/members"), None).await.json()["members"].clone()
}

#[tokio::test]
async fn in_and_out() {
    let server = TestServer::start().await;
    let writing = service_token(&server, &["write"]).await;
    for token in ["demo-admin", &writing] {
        for _ in 0..2 {
            assert_eq!(put(&server, token, NEW, CAROL).await.line(), "204 ", "it makes the room, once");
        }
        put(&server, token, NEW, ALICE).await;
        assert_eq!(members(&server, NEW).await, json!([ALICE, CAROL]));
        for user in [CAROL, CAROL, BOB, ALICE] {
            assert_eq!(delete(&server, token, NEW, user).await.line(), "204 ");
        }
        assert_eq!(members(&server, NEW).await, Value::Null, "the last one ends it");
        assert_eq!(delete(&server, token, NEW, ALICE).await.line(), "204 ", "there is no such room");
    }
    assert_eq!(members(&server, LOBBY).await, json!([ALICE, BOB]));
}

#[tokio::test]
async fn members_see_each_other_at_once() {
    let server = TestServer::start().await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    let mut stream = server.call(Method::GET, "/presenced/v1/changes").token("demo-carol").open().await;
    put(&server, "demo-admin", LOBBY, CAROL).await;
    assert_eq!(stream.told().await, (ALICE.to_owned(), "online".to_owned()));
    assert_eq!(server.presence("demo-carol", ALICE).await.status, 200);
    delete(&server, "demo-admin", LOBBY, CAROL).await;
    assert_eq!(server.presence("demo-carol", ALICE).await.status, 403);
}

#[tokio::test]
async fn what_is_refused() {
    let server = TestServer::start().await;
    let reading = service_token(&server, &["read", "gateway"]).await;
    for (method, token, status) in [
        (Method::PUT, "demo-alice", 403),
        (Method::DELETE, "demo-alice", 403),
        (Method::PUT, &reading, 403),
        (Method::DELETE, &reading, 403),
        (Method::PUT, "nonsense", 401),
    ] {
        let answer = server.call(method, path(LOBBY, CAROL)).token(token).send().await;
        assert_eq!(answer.status, status, "{token}");
    }
    for method in [Method::PUT, Method::DELETE] {
        let call = async |path: String| server.call(method.clone(), path).token("demo-admin").send().await;
        let nobody = call(path(LOBBY, "@nobody:example.com")).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(nobody.line(), @r#"404 {"type":"urn:presenced:problem:not-found","title":"Not Found","status":404,"detail":"there is no user @nobody:example.com"}"#);
        }
        assert_eq!(call(path("lobby", CAROL)).await.status, 400);
        assert_eq!(call(path(LOBBY, "carol")).await.status, 400);
        assert_eq!(call(path(LOBBY, CAROL) + "?force=true").await.status, 400);
    }
    assert_eq!(members(&server, LOBBY).await, json!([ALICE, BOB]), "nothing was changed");
}

#[tokio::test]
async fn a_room_that_is_full() {
    let server = TestServer::start_with(|config| config.limits.room_members = 2).await;
    insta::assert_snapshot!(put(&server, "demo-admin", LOBBY, CAROL).await.line(), @r#"409 {"type":"urn:presenced:problem:conflict","title":"Conflict","status":409,"detail":"the room has 2 members, as many as are allowed"}"#);
    assert_eq!(put(&server, "demo-admin", LOBBY, ALICE).await.status, 204, "who is in it is in it");
    delete(&server, "demo-admin", LOBBY, BOB).await;
    assert_eq!(put(&server, "demo-admin", LOBBY, CAROL).await.status, 204);
}

#[tokio::test]
async fn the_rooms_of_a_user() {
    let server = TestServer::start().await;
    for room in [NEW, "!a:example.com"] {
        put(&server, "demo-admin", room, ALICE).await;
    }
    let rooms = async |token: &str, user: &str| {
        server.call(Method::GET, format!("/presenced/v1/users/{user}/rooms")).token(token).send().await
    };
    let reading = service_token(&server, &["read"]).await;
    for token in ["demo-alice", "demo-admin", &reading] {
        let expected = format!(r#"200 {{"rooms":["!a:example.com","{LOBBY}","{NEW}"]}}"#);
        assert_eq!(rooms(token, ALICE).await.line(), expected, "{token}");
    }
    assert_eq!(rooms("demo-carol", CAROL).await.line(), r#"200 {"rooms":[]}"#);
    let others = rooms("demo-bob", ALICE).await;
    assert_eq!(others.status, 403, "not even to those in one of them");
    assert_eq!(rooms("demo-bob", "@nobody:example.com").await.text, others.text);
    assert_eq!(rooms(&service_token(&server, &["write"]).await, ALICE).await.status, 403);
    for token in ["demo-admin", &reading] {
        assert_eq!(rooms(token, "@nobody:example.com").await.status, 404);
    }
}

/// Each member is a document of its own, and those that come at once share a write.
#[tokio::test]
async fn many_come_one_by_one() {
    let server = TestServer::start().await;
    let user = |number: usize| format!("@user{number:04}:example.com");
    let each = async |number: usize| {
        server.admin(Method::PUT, &format!("/users/{}", user(number)), Some(json!({}))).await;
        put(&server, "demo-admin", NEW, &user(number)).await.status.as_u16()
    };
    let statuses: Vec<u16> = stream::iter(0..MANY).map(each).buffer_unordered(50).collect().await;
    assert!(statuses.iter().all(|status| *status == 204));
    assert_eq!(members(&server, NEW).await.as_array().map(Vec::len), Some(MANY));
}
