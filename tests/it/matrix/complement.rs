//! What Complement (matrix-org/complement, `tests/`) asserts of presence, each as a test of ours. Every
//! event that any test sees has `type`, `sender`, `content` and `content.presence`, as its `client/sync.go`
//! demands: `support` holds each to the schema of the event.
//!
//! | Complement | here |
//! |---|---|
//! | `csapi/apidoc_presence_test.go`: GET of one's own status | [`ones_own_status_has_presence`] |
//! | : PUT updates my presence | [`a_put_updates_my_presence`] |
//! | : presence can be set from sync | [`presence_can_be_set_from_sync`] |
//! | : changes are reported to local room members | [`changes_are_reported_to_members`] |
//! | : `UNAVAILABLE` is reported to local room members | [`unavailable_is_reported_to_members`] |
//! | `csapi/sync_test.go`: newly joined room | [`a_newly_joined_room_has_its_members_presence`] |
//! | : newly joined members | [`a_newly_joined_member_has_presence`] |
//! | : `TestPresenceSyncDifferentRooms` | [`users_of_different_rooms_are_seen`] |
//! | `csapi/rooms_members_local_test.go` (2) | [`a_newcomer_is_seen_in_initial_and_incremental_syncs`] |
//! | `csapi/invalid_test.go` | [`a_filter_whose_presence_is_no_object`] |
//!
//! Left out: `federation_presence_test.go` (2), since there is no federation; the partial-state joins of
//! MSC3902, which are skipped there too.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    ALICE, BOB, CAROL, TestServer,
    sync::{news, read, senders, start, sync},
};

async fn set_room(server: &TestServer, room: &str, members: &[&str]) {
    let path = format!("/rooms/!{room}:example.com/members");
    assert_eq!(server.admin(Method::PUT, &path, Some(json!({"members": members}))).await.status, 200);
}

async fn puts(server: &TestServer, body: Value) {
    assert_eq!(server.set_presence("demo-alice", ALICE, body).await.line(), "200 {}");
}

#[tokio::test]
async fn ones_own_status_has_presence() {
    let server = TestServer::start().await;
    let own = server.presence("demo-alice", ALICE).await;
    assert_eq!(own.status, 200);
    assert!(own.json()["presence"].is_string());
}

#[tokio::test]
async fn a_put_updates_my_presence() {
    let server = TestServer::start().await;
    puts(&server, json!({"presence": "online", "status_msg": "at the desk"})).await;
    let own = server.presence("demo-alice", ALICE).await.json();
    assert_eq!((&own["presence"], &own["status_msg"]), (&json!("online"), &json!("at the desk")));
}

#[tokio::test]
async fn presence_can_be_set_from_sync() {
    let server = TestServer::start().await;
    let since = start(&server, "demo-bob").await;
    sync(&server, "demo-alice", "set_presence=unavailable").await;
    let told = news(&server, "demo-bob", &since).await;
    assert_eq!((told[0].0.as_str(), &told[0].1["presence"]), (ALICE, &json!("unavailable")));
}

#[tokio::test]
async fn changes_are_reported_to_members() {
    let server = TestServer::start().await;
    let since = start(&server, "demo-bob").await;
    puts(&server, json!({"presence": "online", "status_msg": "in the meeting"})).await;
    let (sender, content) = news(&server, "demo-bob", &since).await.remove(0);
    assert_eq!((sender.as_str(), &content["presence"]), (ALICE, &json!("online")));
    assert_eq!(content["status_msg"], "in the meeting");
}

#[tokio::test]
async fn unavailable_is_reported_to_members() {
    let server = TestServer::start().await;
    let since = start(&server, "demo-bob").await;
    puts(&server, json!({"presence": "unavailable"})).await;
    let told = news(&server, "demo-bob", &since).await;
    assert_eq!(told, [(ALICE.to_owned(), json!({"presence": "unavailable"}))]);
}

#[tokio::test]
async fn a_newly_joined_room_has_its_members_presence() {
    let server = TestServer::start().await;
    puts(&server, json!({"presence": "online"})).await;
    let since = start(&server, "demo-carol").await;
    set_room(&server, "lobby", &[ALICE, BOB, CAROL]).await;
    let told = news(&server, "demo-carol", &since).await;
    let online: Vec<_> = told.iter().filter(|(_, content)| content["presence"] == "online").collect();
    assert_eq!(online.iter().map(|(sender, _)| sender.as_str()).collect::<Vec<_>>(), [ALICE]);
}

#[tokio::test]
async fn a_newly_joined_member_has_presence() {
    let server = TestServer::start().await;
    server.set_presence("demo-carol", CAROL, json!({"presence": "online"})).await;
    let since = start(&server, "demo-alice").await;
    set_room(&server, "lobby", &[ALICE, BOB, CAROL]).await;
    let told = news(&server, "demo-alice", &since).await;
    assert_eq!((told[0].0.as_str(), &told[0].1["presence"]), (CAROL, &json!("online")));
}

#[tokio::test]
async fn users_of_different_rooms_are_seen() {
    let server = TestServer::start().await;
    set_room(&server, "lobby", &[ALICE, BOB]).await;
    set_room(&server, "other", &[ALICE, CAROL]).await;
    let mut since = start(&server, "demo-alice").await;
    sync(&server, "demo-bob", "set_presence=online").await;
    sync(&server, "demo-carol", "set_presence=online").await;
    let mut missing = vec![BOB, CAROL];
    while !missing.is_empty() {
        let query = format!("since={since}&set_presence=offline");
        let (next, told) = read(&sync(&server, "demo-alice", &query).await);
        assert_ne!(next, since, "{missing:?} never came");
        let online = |user: &str| {
            told.iter().any(|(sender, content)| sender == user && content["presence"] == "online")
        };
        missing.retain(|user| !online(user));
        since = next;
    }
}

#[tokio::test]
async fn a_newcomer_is_seen_in_initial_and_incremental_syncs() {
    let server = TestServer::start().await;
    let since = start(&server, "demo-alice").await;
    sync(&server, "demo-carol", "set_presence=online").await;
    set_room(&server, "lobby", &[ALICE, BOB, CAROL]).await;
    let told = news(&server, "demo-alice", &since).await;
    assert_eq!((told[0].0.as_str(), &told[0].1["presence"]), (CAROL, &json!("online")));
    let initial = sync(&server, "demo-alice", "set_presence=offline").await;
    assert_eq!(senders(&initial), [CAROL]);
}

#[tokio::test]
async fn a_filter_whose_presence_is_no_object() {
    let server = TestServer::start().await;
    let path = format!("/_matrix/client/v3/user/{ALICE}/filter");
    for presence in [json!("text"), json!([]), json!(1), Value::Null] {
        let filter = json!({ "presence": presence });
        let refused = server.call(Method::POST, &path).token("demo-alice").json(&filter).send().await;
        assert_eq!(refused.status, 400, "{filter}");
    }
}
