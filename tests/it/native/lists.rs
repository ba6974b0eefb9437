//! Presence lists in presenced's own API: who asks to see one, and one's answer.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ALICE, BOB, CAROL, EventStream, TestServer};

async fn list(server: &TestServer, token: &str, body: Value) {
    let user = if token == "demo-carol" { CAROL } else { BOB };
    let path = format!("/_matrix/client/r0/presence/list/{user}");
    assert_eq!(server.call(Method::POST, path).token(token).json(&body).send().await.status, 200);
}

async fn stream(server: &TestServer, token: &str, last_id: &str) -> EventStream {
    let call = server.call(Method::GET, "/presenced/v1/changes").token(token);
    call.header("last-event-id", last_id).open().await
}

#[tokio::test]
async fn a_user_sees_and_answers_invitations() {
    let server = TestServer::start().await;
    let path = format!("/presenced/v1/users/{ALICE}");
    let get = || server.call(Method::GET, format!("{path}/presence-list")).token("demo-alice").send();
    assert_eq!(get().await.line(), r#"200 {"observed":[],"observers":[]}"#);
    list(&server, "demo-carol", json!({"invite": [ALICE]})).await;
    list(&server, "demo-bob", json!({"invite": [ALICE]})).await;
    insta::assert_snapshot!(get().await.line(), @r#"200 {"observed":[],"observers":[{"userId":"@bob:example.com","standing":"pending"},{"userId":"@carol:example.com","standing":"pending"}]}"#);
    let answer = |method, observer: &str| {
        server.call(method, format!("{path}/observers/{observer}")).token("demo-alice").send()
    };
    insta::assert_snapshot!(answer(Method::PUT, CAROL).await.line(), @r#"200 {"userId":"@carol:example.com","standing":"accepted"}"#);
    assert_eq!(answer(Method::DELETE, BOB).await.line(), "204 ");
    insta::assert_snapshot!(get().await.line(), @r#"200 {"observed":[],"observers":[{"userId":"@carol:example.com","standing":"accepted"}]}"#);
    let carols = server.call(Method::GET, format!("/presenced/v1/users/{CAROL}/presence-list"));
    insta::assert_snapshot!(carols.token("demo-carol").send().await.line(), @r#"200 {"observed":[{"userId":"@alice:example.com","standing":"accepted"}],"observers":[]}"#);
    for observer in [BOB, "@nobody:example.com", ALICE] {
        for method in [Method::PUT, Method::DELETE] {
            let none = answer(method, observer).await;
            assert_eq!(none.status, 404);
            assert_eq!(none.json()["detail"], format!("there is no invitation of {observer}"));
        }
    }
    assert_eq!(answer(Method::PUT, "carol").await.json()["detail"], "observerId: a user id starts with `@`");
}

#[tokio::test]
async fn only_the_user_and_the_admin_answer() {
    let server = TestServer::start().await;
    list(&server, "demo-carol", json!({"invite": [ALICE]})).await;
    let issue = async |request: Value| {
        let issued =
            server.admin(Method::POST, &format!("/users/{ALICE}/tokens"), Some(request)).await.json();
        issued["token"].as_str().expect("a token").to_owned()
    };
    let reader = issue(json!({"deviceId": "R", "scopes": ["read"]})).await;
    let writer = issue(json!({"deviceId": "W", "scopes": ["write"]})).await;
    let path = format!("/presenced/v1/users/{ALICE}");
    // The observer cannot answer for the one who was asked.
    let rows: [(&str, u16, u16); 5] = [
        ("demo-carol", 403, 403),
        ("nonsense", 401, 401),
        (&reader, 200, 403),
        (&writer, 403, 200),
        ("demo-admin", 200, 200),
    ];
    for (token, read, write) in rows {
        let get = server.call(Method::GET, format!("{path}/presence-list")).token(token).send();
        assert_eq!(get.await.status, read);
        let put = server.call(Method::PUT, format!("{path}/observers/{CAROL}")).token(token).send();
        assert_eq!(put.await.status, write);
    }
    let unknown = server.admin(Method::GET, "/users/@nobody:example.com/presence-list", None).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn both_sides_are_told_by_their_streams() {
    let server = TestServer::start().await;
    let mut alice = stream(&server, "demo-alice", "").await;
    let mut carol = stream(&server, "demo-carol", "").await;
    let entry = |user: &str, standing: &str| json!([{"userId": user, "standing": standing}]);
    let none = json!({"observed": [], "observers": []});

    list(&server, "demo-carol", json!({"invite": [ALICE]})).await;
    assert_eq!(alice.told_list().await, json!({"observed": [], "observers": entry(CAROL, "pending")}));
    assert_eq!(carol.told_list().await, json!({"observed": entry(ALICE, "pending"), "observers": []}));

    let path = format!("/presenced/v1/users/{ALICE}/observers/{CAROL}");
    server.call(Method::PUT, &path).token("demo-alice").send().await;
    assert_eq!(alice.told_list().await["observers"], entry(CAROL, "accepted"));
    assert_eq!(carol.told_list().await["observed"], entry(ALICE, "accepted"));
    assert_eq!(carol.told().await, (ALICE.to_owned(), "offline".to_owned()), "as with a join");
    server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    assert_eq!(carol.told().await, (ALICE.to_owned(), "online".to_owned()));
    assert_eq!(alice.told().await, (ALICE.to_owned(), "online".to_owned()));

    list(&server, "demo-carol", json!({"drop": [ALICE]})).await;
    assert_eq!(alice.told_list().await, none);
    assert_eq!(carol.told_list().await, none);
    assert_eq!(carol.told_gone().await, [ALICE]);
    server.set_presence("demo-alice", ALICE, json!({"presence": "unavailable"})).await;
    server.set_presence("demo-carol", CAROL, json!({"presence": "online"})).await;
    assert_eq!(carol.told().await, (CAROL.to_owned(), "online".to_owned()), "and nothing more of alice");
}

#[tokio::test]
async fn a_stream_begins_with_the_list_and_goes_on_from_it() {
    let server = TestServer::start().await;
    list(&server, "demo-carol", json!({"invite": [ALICE]})).await;
    let mut alice = stream(&server, "demo-alice", "").await;
    let first = alice.event().await;
    assert_eq!(
        (first.name.as_str(), &first.data["observers"][0]["userId"]),
        ("presence-list", &json!(CAROL))
    );
    let seen = first.id.expect("an id");
    drop(alice);

    let mut alice = stream(&server, "demo-alice", &seen).await;
    server.set_presence("demo-bob", BOB, json!({"presence": "online"})).await;
    assert_eq!(alice.told().await, (BOB.to_owned(), "online".to_owned()), "and not the list again");
    drop(alice);

    list(&server, "demo-carol", json!({"drop": [ALICE]})).await;
    let mut alice = stream(&server, "demo-alice", &seen).await;
    assert_eq!(alice.told_list().await, json!({"observed": [], "observers": []}));
}

#[tokio::test]
async fn the_removal_of_a_user_is_told() {
    let server = TestServer::start().await;
    list(&server, "demo-carol", json!({"invite": [ALICE]})).await;
    let mut alice = stream(&server, "demo-alice", "").await;
    assert_eq!(alice.told_list().await["observers"][0]["userId"], CAROL);
    server.admin(Method::DELETE, &format!("/users/{CAROL}"), None).await;
    assert_eq!(alice.told_list().await, json!({"observed": [], "observers": []}));
}

#[tokio::test]
async fn streams_of_named_users_and_of_admins_are_not_told() {
    let server = TestServer::start().await;
    let open = |token: &'static str, query: &str| {
        server.call(Method::GET, format!("/presenced/v1/changes?{query}")).token(token).open()
    };
    let mut named = open("demo-alice", &format!("users={BOB}")).await;
    let mut admin = open("demo-admin", "").await;
    assert_eq!(named.snapshot().await, [(BOB.to_owned(), "offline".to_owned())]);
    list(&server, "demo-carol", json!({"invite": [ALICE]})).await;
    server.set_presence("demo-bob", BOB, json!({"presence": "online"})).await;
    assert_eq!(named.told().await, (BOB.to_owned(), "online".to_owned()));
    assert_eq!(admin.told().await, (BOB.to_owned(), "online".to_owned()));
}

#[tokio::test]
async fn off_means_that_nothing_is_there() {
    let server = TestServer::start_with(|config| config.presence.lists = false).await;
    let path = format!("/presenced/v1/users/{ALICE}");
    let rows = [
        (Method::GET, format!("{path}/presence-list")),
        (Method::PUT, format!("{path}/observers/{CAROL}")),
        (Method::DELETE, format!("{path}/observers/{CAROL}")),
    ];
    for (method, path) in rows {
        let answer = server.call(method, path).token("demo-alice").send().await;
        assert_eq!(answer.json()["detail"], "there is no such path");
    }
    let document = server.call(Method::GET, "/openapi/presenced.json").send_undocumented().await;
    assert!(!document.text.contains("/observers/"));
}
