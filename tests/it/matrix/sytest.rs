//! What Sytest (matrix-org/sytest, `tests/`) asserts of presence, each as a test of ours. Where it reads
//! `/initialSync`, which was removed from the specification, an initial `/sync` is read.
//!
//! | Sytest | here |
//! |---|---|
//! | `10apidoc/20presence.pl` (2) | [`a_message_can_be_read_after_it_was_set`] |
//! | `21presence-events.pl`: initial sync shows oneself | [`a_new_user_sees_themselves`] |
//! | : one's own change returns | [`ones_own_change_returns`] |
//! | : somebody on one's list is told of | [`a_friend_on_the_list_is_told_of`] |
//! | `31sync/05presence.pl` (3) | [`a_filter_for_presence_shows_oneself`], [`set_presence_offline_shows_nothing_of_oneself`], [`the_first_sync_of_another_is_seen`] |
//! | `31sync/03joined.pl` (2) | [`a_join_is_told_once_to_both`] |
//! | `40presence.pl`: sender and members | [`sender_and_member_get_presence_and_activity`] |
//! | : unavailable; from sync | [`unavailable_arrives`], [`presence_is_set_from_sync`] |
//! | : a new user sees themselves | [`a_new_user_sees_themselves`] |
//! | `30rooms/01state`, `02members-local` | [`a_sync_lists_the_members`] |
//! | `30rooms/11leaving` | [`who_departed_sees_nobody`] |
//! | `31sync/08polling.pl` | [`a_filter_keeps_presence_from_ending_the_wait`] |
//! | `80torture/10filters.pl` | [`a_filter_of_the_wrong_shape`] |
//! | `10apidoc/21presence-list.pl` (of 8729b817, before it was removed) | [`the_list_is_empty_then_invited_then_dropped`] |
//!
//! Left out: the remote variants of `40presence.pl`, `50federation/44presence.pl` and
//! `30rooms/03members-remote.pl`, since there is no federation; the forms of `/initialSync` for one room and
//! for all (`10apidoc/03events-initial.pl`, `31room-state.pl`), which the specification no longer has;
//! `30rooms/30history-visibility.pl`, since rooms have no history to peek into.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    ALICE, BOB, CAROL, TestServer, seconds,
    sync::{news, read, senders, start, sync},
};

const PRESENCE_ALONE: &str = "filter=%7B%22presence%22:%7B%22types%22:%5B%22m.presence%22%5D%7D%7D";

async fn set_lobby(server: &TestServer, members: &[&str]) {
    let set = json!({ "members": members });
    let path = "/rooms/!lobby:example.com/members";
    assert_eq!(server.admin(Method::PUT, path, Some(set)).await.status, 200);
}

#[tokio::test]
async fn a_message_can_be_read_after_it_was_set() {
    let server = TestServer::start().await;
    assert!(server.presence("demo-alice", ALICE).await.json()["presence"].is_string());
    let body = json!({"presence": "online", "status_msg": "at the desk"});
    server.set_presence("demo-alice", ALICE, body).await;
    assert_eq!(server.presence("demo-alice", ALICE).await.json()["status_msg"], "at the desk");
}

#[tokio::test]
async fn a_new_user_sees_themselves() {
    let server = TestServer::start().await;
    server.admin(Method::PUT, "/users/@dave:example.com", Some(json!({}))).await;
    let request = json!({"deviceId": "NEW"});
    let issued = server.admin(Method::POST, "/users/@dave:example.com/tokens", Some(request)).await.json();
    let token = issued["token"].as_str().expect("a token");
    let (_, told) = read(&sync(&server, token, "").await);
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].0.as_str(), &told[0].1["presence"]), ("@dave:example.com", &json!("online")));
}

#[tokio::test]
async fn ones_own_change_returns() {
    let server = TestServer::start().await;
    let since = start(&server, "demo-alice").await;
    let body = json!({"presence": "online", "status_msg": "at the desk"});
    server.set_presence("demo-alice", ALICE, body).await;
    let (sender, content) = news(&server, "demo-alice", &since).await.remove(0);
    assert_eq!((sender.as_str(), &content["status_msg"]), (ALICE, &json!("at the desk")));
}

/// Puts alice on carol's list, with alice's consent.
async fn befriend(server: &TestServer) {
    let path = format!("/_matrix/client/r0/presence/list/{CAROL}");
    let invite = json!({"invite": [ALICE]});
    let invited = server.call(Method::POST, path).token("demo-carol").json(&invite).send().await;
    assert_eq!(invited.line(), "200 {}");
    let path = format!("/presenced/v1/users/{ALICE}/observers/{CAROL}");
    assert_eq!(server.call(Method::PUT, path).token("demo-alice").send().await.status, 200);
}

#[tokio::test]
async fn a_friend_on_the_list_is_told_of() {
    let server = TestServer::start().await;
    befriend(&server).await;
    let since = start(&server, "demo-carol").await;
    let body = json!({"presence": "online", "status_msg": "on the train"});
    server.set_presence("demo-alice", ALICE, body).await;
    let (sender, content) = news(&server, "demo-carol", &since).await.remove(0);
    assert_eq!((sender.as_str(), &content["status_msg"]), (ALICE, &json!("on the train")));
}

#[tokio::test]
async fn a_filter_for_presence_shows_oneself() {
    let server = TestServer::start().await;
    let (_, told) = read(&sync(&server, "demo-alice", PRESENCE_ALONE).await);
    assert_eq!((told[0].0.as_str(), &told[0].1["presence"]), (ALICE, &json!("online")));
}

#[tokio::test]
async fn set_presence_offline_shows_nothing_of_oneself() {
    let server = TestServer::start().await;
    let query = format!("{PRESENCE_ALONE}&set_presence=offline");
    let (_, told) = read(&sync(&server, "demo-alice", &query).await);
    assert!(told.iter().all(|(sender, content)| sender != ALICE || content["presence"] == "offline"));
}

#[tokio::test]
async fn the_first_sync_of_another_is_seen() {
    let server = TestServer::start().await;
    let since = start(&server, "demo-alice").await;
    sync(&server, "demo-bob", "").await;
    let told = news(&server, "demo-alice", &since).await;
    assert_eq!((told[0].0.as_str(), &told[0].1["presence"]), (BOB, &json!("online")));
}

#[tokio::test]
async fn a_join_is_told_once_to_both() {
    let server = TestServer::start().await;
    set_lobby(&server, &[ALICE]).await;
    for token in ["demo-alice", "demo-bob"] {
        sync(&server, token, "").await;
    }
    let tokens = ["demo-alice", "demo-bob"];
    let before = [start(&server, tokens[0]).await, start(&server, tokens[1]).await];
    set_lobby(&server, &[ALICE, BOB]).await;
    for ((token, since), other) in tokens.into_iter().zip(before).zip([BOB, ALICE]) {
        let query = format!("since={since}&set_presence=offline");
        let (next, told) = read(&sync(&server, token, &query).await);
        let foreign: Vec<&str> = told.iter().map(|(sender, _)| sender.as_str()).collect();
        assert_eq!(foreign, [other], "{token}");
        assert_eq!(news(&server, token, &next).await, [], "{token}");
    }
}

#[tokio::test]
async fn sender_and_member_get_presence_and_activity() {
    let server = TestServer::start().await;
    let since = start(&server, "demo-bob").await;
    let body = json!({"presence": "online", "status_msg": "back"});
    server.set_presence("demo-alice", ALICE, body).await;
    server.advance(seconds(1)).await;
    for token in ["demo-alice", "demo-bob"] {
        let (sender, content) = news(&server, token, &since).await.remove(0);
        assert_eq!((sender.as_str(), &content["presence"]), (ALICE, &json!("online")), "{token}");
        assert_eq!(content["last_active_ago"], 1_000, "{token}");
    }
}

#[tokio::test]
async fn unavailable_arrives() {
    let server = TestServer::start().await;
    let since = start(&server, "demo-bob").await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "unavailable"})).await;
    assert_eq!(news(&server, "demo-bob", &since).await[0].1["presence"], "unavailable");
}

#[tokio::test]
async fn presence_is_set_from_sync() {
    let server = TestServer::start().await;
    let since = start(&server, "demo-bob").await;
    sync(&server, "demo-alice", "set_presence=unavailable").await;
    assert_eq!(news(&server, "demo-bob", &since).await[0].1["presence"], "unavailable");
}

#[tokio::test]
async fn a_sync_lists_the_members() {
    let server = TestServer::start().await;
    sync(&server, "demo-bob", "").await;
    assert_eq!(senders(&sync(&server, "demo-alice", "").await), [ALICE, BOB]);
}

#[tokio::test]
async fn who_departed_sees_nobody() {
    let server = TestServer::start().await;
    sync(&server, "demo-alice", "").await;
    let since = start(&server, "demo-bob").await;
    set_lobby(&server, &[ALICE]).await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "unavailable"})).await;
    assert_eq!(news(&server, "demo-bob", &since).await, []);
    assert_eq!(senders(&sync(&server, "demo-bob", "set_presence=offline").await), [""; 0]);
}

#[tokio::test]
async fn a_filter_keeps_presence_from_ending_the_wait() {
    let server = TestServer::start().await;
    let since = start(&server, "demo-alice").await;
    let filter = "filter=%7B%22presence%22:%7B%22not_types%22:%5B%22m.presence%22%5D%7D%7D";
    let waiting = server.open_sync("demo-alice", &since, &format!("set_presence=offline&{filter}")).await;
    server.set_presence("demo-bob", BOB, json!({"presence": "online"})).await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    assert!(waiting.waits());
    server.app.drain();
    assert_eq!(waiting.answer().await.json(), json!({ "next_batch": since }));
}

#[tokio::test]
async fn a_filter_of_the_wrong_shape() {
    let server = TestServer::start().await;
    let path = format!("/_matrix/client/v3/user/{ALICE}/filter");
    for filter in [json!({"presence": "text"}), json!({"presence": ["m.presence"]}), json!([])] {
        let refused = server.call(Method::POST, &path).token("demo-alice").json(&filter).send().await;
        assert!(refused.status.is_client_error(), "{filter}");
    }
}

#[tokio::test]
async fn the_list_is_empty_then_invited_then_dropped() {
    let server = TestServer::start().await;
    let path = format!("/_matrix/client/r0/presence/list/{CAROL}");
    let list = async || -> Vec<Value> {
        let answer = server.call(Method::GET, &path).token("demo-carol").send().await.json();
        let entries = answer.as_array().expect("an array").iter();
        entries.map(|entry| entry["content"]["user_id"].clone()).collect()
    };
    assert_eq!(list().await, [json!(null); 0]);
    befriend(&server).await;
    assert_eq!(list().await, [json!(ALICE)]);
    let drop = json!({"drop": [ALICE]});
    let dropped = server.call(Method::POST, &path).token("demo-carol").json(&drop).send().await;
    assert_eq!(dropped.line(), "200 {}");
    assert_eq!(list().await, [json!(null); 0]);
}
