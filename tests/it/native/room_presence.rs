//! The members of a room as they are, in pages, with how many are in which state; and rooms in queries.

use reqwest::Method;
use serde_json::{Value, json};

use super::service_token;
use crate::support::{ALICE, Answer, BOB, CAROL, TestServer, minutes, seconds};

const LOBBY: &str = "!lobby:example.com";

async fn room(server: &TestServer, token: &str, query: &str) -> Answer {
    server.call(Method::GET, format!("/presenced/v1/rooms/{LOBBY}/presence{query}")).token(token).send().await
}

async fn set(server: &TestServer, user: &str, body: Value) {
    let answer = server.admin(Method::PUT, &format!("/users/{user}/presence"), Some(body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

async fn settings(server: &TestServer, user: &str, body: Value) {
    server.admin(Method::PUT, &format!("/users/{user}/settings"), Some(body)).await;
}

async fn join(server: &TestServer, user: &str) {
    server.admin(Method::PUT, &format!("/users/{user}"), Some(json!({}))).await;
    server.admin(Method::PUT, &format!("/rooms/{LOBBY}/members/{user}"), None).await;
}

/// Whom a page shows with their states, whether there are more, and the counts.
fn page(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let body = answer.json();
    let users = body["users"].as_array().expect("users").iter();
    let shown = users.map(|user| {
        let local = user["userId"].as_str().and_then(|id| id.strip_prefix('@')?.split_once(':'));
        format!("{} {}", local.expect("an id").0, user["state"].as_str().expect("a state"))
    });
    let shown = shown.collect::<Vec<_>>().join(", ");
    let count = |name: &str| body["counts"][name].as_u64().expect("a count");
    let counts = ["online", "busy", "unavailable", "offline"].map(|name| count(name).to_string()).join("/");
    format!("{shown} ({}) {counts}", if body["more"] == true { "more" } else { "all" })
}

#[tokio::test]
async fn members_and_counts() {
    let server = TestServer::start().await;
    set(&server, ALICE, json!({"state": "online", "status": {"text": "here"}})).await;
    insta::assert_snapshot!(room(&server, "demo-bob", "").await.line(), @r#"200 {"users":[{"userId":"@alice:example.com","state":"online","currentlyActive":true,"lastActiveAt":1767603600000,"status":"here"},{"userId":"@bob:example.com","state":"offline","currentlyActive":false,"devices":[]}],"counts":{"online":1,"busy":0,"unavailable":0,"offline":1},"more":false}"#);
    let reading = service_token(&server, &["read"]).await;
    for token in ["demo-alice", "demo-admin", &reading] {
        assert_eq!(page(&room(&server, token, "").await), "alice online, bob offline (all) 1/0/0/1");
    }
}

#[tokio::test]
async fn who_is_not_in_it_learns_nothing() {
    let server = TestServer::start().await;
    set(&server, ALICE, json!({"state": "online"})).await;
    let there = room(&server, "demo-carol", "").await;
    insta::assert_snapshot!(there.line(), @r#"404 {"type":"urn:presenced:problem:not-found","title":"Not Found","status":404,"detail":"there is no such room, or the caller is not in it"}"#);
    for token in ["demo-carol", "demo-alice", "demo-admin"] {
        let nowhere =
            server.call(Method::GET, "/presenced/v1/rooms/!nowhere:example.com/presence").token(token);
        assert_eq!(nowhere.send().await.line(), there.line());
    }
    let writing = service_token(&server, &["write", "gateway"]).await;
    assert_eq!(room(&server, &writing, "").await.status, 403);
    assert_eq!(room(&server, "nonsense", "").await.status, 401);
}

#[tokio::test]
async fn pages_and_states() {
    let server = TestServer::start().await;
    for (number, state) in ["online", "busy", "unavailable", "offline", "busy"].into_iter().enumerate() {
        let user = format!("@user{number}:example.com");
        join(&server, &user).await;
        set(&server, &user, json!({ "state": state })).await;
    }
    for (query, expected) in [
        (
            "",
            "alice offline, bob offline, user0 online, user1 busy, user2 unavailable, user3 offline, user4 busy (all)",
        ),
        ("?limit=2", "alice offline, bob offline (more)"),
        ("?limit=2&after=@bob:example.com", "user0 online, user1 busy (more)"),
        ("?limit=2&after=@user2:example.com", "user3 offline, user4 busy (all)"),
        ("?after=@z", " (all)"),
        ("?state=busy", "user1 busy, user4 busy (all)"),
        ("?state=busy&limit=1", "user1 busy (more)"),
        ("?state=busy&limit=1&after=@user1:example.com", "user4 busy (all)"),
        ("?state=busy&state=online", "user0 online, user1 busy, user4 busy (all)"),
        ("?state=offline&limit=1000", "alice offline, bob offline, user3 offline (all)"),
    ] {
        for token in ["demo-alice", "demo-admin"] {
            assert_eq!(page(&room(&server, token, query).await), format!("{expected} 1/2/1/3"), "{query}");
        }
    }
    for query in ["?limit=0", "?limit=1001", "?limit=x", "?state=away", "?state=", "?limit=1&limit=2", "?x=1"]
    {
        assert_eq!(room(&server, "demo-alice", query).await.status, 400, "{query}");
    }
}

/// Of everybody as others see them, whoever asks.
#[tokio::test]
async fn counts_are_the_same_for_everybody() {
    let server = TestServer::start().await;
    join(&server, CAROL).await;
    for user in [ALICE, BOB, CAROL] {
        set(&server, user, json!({"state": "online"})).await;
    }
    settings(&server, ALICE, json!({"override": "invisible"})).await;
    settings(&server, BOB, json!({"hidden": true})).await;
    for (token, expected) in [
        ("demo-carol", "alice offline, carol online (all) 1/0/0/1"),
        ("demo-alice", "alice online, carol online (all) 1/0/0/1"),
        ("demo-bob", "alice offline, bob online, carol online (all) 1/0/0/1"),
        ("demo-admin", "alice offline, bob online, carol online (all) 1/0/0/1"),
    ] {
        assert_eq!(page(&room(&server, token, "").await), expected, "{token}");
    }
    assert_eq!(
        page(&room(&server, "demo-alice", "?state=online").await),
        "alice online, carol online (all) 1/0/0/1"
    );
    assert_eq!(page(&room(&server, "demo-carol", "?state=online").await), "carol online (all) 1/0/0/1");
    let alice = &room(&server, "demo-admin", "").await.json()["users"][0];
    assert_eq!(alice["devices"], Value::Null, "what her devices say would tell that she is there");
}

#[tokio::test]
async fn counts_follow_what_happens() {
    let server = TestServer::start().await;
    let counts = async || {
        let page = page(&room(&server, "demo-bob", "?limit=1").await);
        page.rsplit(' ').next().expect("counts").to_owned()
    };
    assert_eq!(counts().await, "0/0/0/2");
    set(&server, ALICE, json!({"state": "online", "leaseSeconds": 400})).await;
    assert_eq!(counts().await, "1/0/0/1");
    join(&server, CAROL).await;
    assert_eq!(counts().await, "1/0/0/2");
    // Before any timer has told of it.
    server.advance_untold(minutes(5));
    assert_eq!(counts().await, "0/0/1/2");
    server.advance_untold(seconds(100));
    assert_eq!(counts().await, "0/0/0/3");
    settings(&server, BOB, json!({"override": "busy"})).await;
    assert_eq!(counts().await, "0/1/0/2");
    server.admin(Method::DELETE, &format!("/rooms/{LOBBY}/members/{CAROL}"), None).await;
    assert_eq!(counts().await, "0/1/0/1");
    server.admin(Method::DELETE, &format!("/users/{ALICE}"), None).await;
    assert_eq!(counts().await, "0/1/0/0");
    server.advance(minutes(20)).await;
    assert_eq!(counts().await, "0/1/0/0", "a room that was forgotten is counted anew");
}

#[tokio::test]
async fn rooms_in_a_query() {
    let server = TestServer::start().await;
    join(&server, "@hidden:example.com").await;
    settings(&server, "@hidden:example.com", json!({"hidden": true})).await;
    set(&server, ALICE, json!({"state": "busy"})).await;
    let query = async |token: &str, query: Value| {
        let call = server.call(Method::POST, "/presenced/v1/presence/query").token(token).json(&query);
        let body = call.send().await.json();
        let ids = body["presence"].as_array().expect("users").iter().map(|user| user["userId"].clone());
        (Value::from(ids.collect::<Vec<_>>()), body["unavailable"].clone())
    };
    assert_eq!(query("demo-bob", json!({"rooms": [LOBBY]})).await, (json!([ALICE, BOB]), json!([])));
    let both =
        json!({"users": [CAROL, BOB, "nonsense"], "rooms": [LOBBY, LOBBY, "lobby", "!nowhere:example.com"]});
    let unavailable = json!([CAROL, "nonsense", "lobby", "!nowhere:example.com"]);
    assert_eq!(query("demo-bob", both).await, (json!([BOB, ALICE]), unavailable));
    let stranger = json!({"rooms": [LOBBY, "!nowhere:example.com"]});
    let unavailable = json!([LOBBY, "!nowhere:example.com"]);
    assert_eq!(query("demo-carol", stranger).await, (json!([]), unavailable));
    let named = json!({"users": ["@hidden:example.com"], "rooms": [LOBBY]});
    assert_eq!(query("demo-bob", named).await, (json!([ALICE, BOB]), json!(["@hidden:example.com"])));
    let all = json!([ALICE, BOB, "@hidden:example.com"]);
    assert_eq!(query("demo-admin", json!({"rooms": [LOBBY]})).await, (all, json!([])));
}

#[tokio::test]
async fn a_query_of_too_many() {
    let server = TestServer::start_with(|config| config.limits.bulk_users = 3).await;
    let query = async |query: Value| {
        server.call(Method::POST, "/presenced/v1/presence/query").token("demo-bob").json(&query).send().await
    };
    assert_eq!(query(json!({"users": [ALICE], "rooms": [LOBBY]})).await.status, 200);
    insta::assert_snapshot!(query(json!({"users": [ALICE, BOB], "rooms": [LOBBY]})).await.line(), @r#"413 {"type":"urn:presenced:problem:too-large","title":"Payload Too Large","status":413,"detail":"rooms: at most 3 users and members in one call"}"#);
    assert_eq!(query(json!({"users": [ALICE, BOB, CAROL, ALICE]})).await.status, 400);
    assert_eq!(query(json!({"rooms": ["!a:b", "!a:b", "!a:b", "!a:b"]})).await.status, 400);
    for body in [json!({}), json!({"users": "x"}), json!({"users": [], "more": 1})] {
        assert_eq!(query(body).await.status, 400);
    }
}
