//! Rooms that a token puts its user into, for as long as it holds.

use presenced::config::Config;
use reqwest::Method;
use serde_json::{Value, json};

use super::{NOW, statuses, token, trusting};
use crate::support::{CAROL, SharedStore, TestServer, seconds};

async fn members(server: &TestServer, room: &str) -> Value {
    let answer = server.admin(Method::GET, &format!("/rooms/{room}/members"), None).await;
    if answer.status == 404 { json!(null) } else { answer.json()["members"].clone() }
}

fn of_carol(rooms: Value, exp: u64) -> String {
    token(json!({"sub": "carol", "exp": exp, "presenced": {"rooms": rooms}}))
}

const LOBBY: &str = "!lobby:example.com";

#[tokio::test]
async fn from_first_sight_until_the_end_and_half_a_minute() {
    let server = TestServer::start_with(trusting).await;
    let token = of_carol(json!([LOBBY]), NOW + 60);
    assert_eq!(server.presence("demo-alice", CAROL).await.status, 403);
    assert_eq!(statuses(&server, &token).await[3], 200);
    assert_eq!(members(&server, LOBBY).await, json!(["@alice:example.com", "@bob:example.com", CAROL]));
    assert_eq!(server.presence("demo-alice", CAROL).await.status, 200);
    assert_eq!(server.presence("demo-carol", "@alice:example.com").await.status, 200);
    server.advance(seconds(89)).await;
    assert_eq!(server.presence("demo-alice", CAROL).await.status, 200);
    server.advance(seconds(1)).await;
    assert_eq!(server.presence("demo-alice", CAROL).await.status, 403);
    assert_eq!(members(&server, LOBBY).await, json!(["@alice:example.com", "@bob:example.com"]));
}

#[tokio::test]
async fn those_of_several_tokens_together() {
    let server = TestServer::start_with(|config: &mut Config| {
        trusting(config);
        config.limits.token_rooms = 2;
    })
    .await;
    let (a, b, c) = ("!a:example.com", "!b:example.com", "!c:example.com");
    let here = async || {
        let (a, b, c) = (members(&server, a).await, members(&server, b).await, members(&server, c).await);
        [a, b, c].map(|members| !members.is_null())
    };
    assert_eq!(statuses(&server, &of_carol(json!([a]), NOW + 60)).await[3], 200);
    assert_eq!(statuses(&server, &of_carol(json!([b]), NOW + 120)).await[3], 200);
    assert_eq!(here().await, [true, true, false]);
    // What ends first makes room.
    assert_eq!(statuses(&server, &of_carol(json!([c]), NOW + 90)).await[3], 200);
    assert_eq!(here().await, [false, true, true]);
    assert_eq!(statuses(&server, &of_carol(json!([a, b, c]), NOW + 90)).await, [401; 4]);
    // A later token prolongs what an earlier one said.
    assert_eq!(statuses(&server, &of_carol(json!([c]), NOW + 600)).await[3], 200);
    server.advance(seconds(150)).await;
    assert_eq!(here().await, [false, false, true]);
}

#[tokio::test]
async fn beside_those_that_admins_keep() {
    let server = TestServer::start_with(trusting).await;
    let everybody = json!(["@alice:example.com", "@bob:example.com", CAROL]);
    assert_eq!(statuses(&server, &of_carol(json!([LOBBY]), NOW + 60)).await[3], 200);
    // The admin's list is about the others, until it names her.
    let put = async |members: Value| {
        let path = format!("/rooms/{LOBBY}/members");
        assert_eq!(server.admin(Method::PUT, &path, Some(json!({ "members": members }))).await.status, 200);
    };
    put(json!(["@alice:example.com", "@bob:example.com"])).await;
    assert_eq!(members(&server, LOBBY).await, everybody);
    put(everybody.clone()).await;
    server.advance(seconds(90)).await;
    assert_eq!(members(&server, LOBBY).await, everybody);
    put(json!(["@alice:example.com", "@bob:example.com"])).await;
    assert_eq!(members(&server, LOBBY).await, json!(["@alice:example.com", "@bob:example.com"]));
}

#[tokio::test]
async fn over_a_restart() {
    let store = SharedStore::default();
    let server = TestServer::start_on(Box::new(store.clone()), trusting).await;
    assert_eq!(statuses(&server, &of_carol(json!([LOBBY]), NOW + 120)).await[3], 200);
    server.stop().await;
    let server = TestServer::start_again(Box::new(store), trusting).await;
    assert_eq!(server.presence("demo-alice", CAROL).await.status, 200);
    server.advance(seconds(90)).await;
    assert_eq!(server.presence("demo-alice", CAROL).await.status, 403);
}
