//! What Synapse's own tests (element-hq/synapse, `tests/handlers/test_presence.py` unless named) assert of
//! presence, each as a test of ours.
//!
//! | Synapse | here |
//! |---|---|
//! | `offline_to_online` | [`coming_online_is_told_and_has_an_end`] |
//! | `online_to_offline` | [`going_offline_is_told_and_is_the_end`] |
//! | `online_to_idle` | [`going_idle_is_told`] |
//! | `online_to_online`, `…_last_active_noop`, `…_last_active` | [`activity_is_told_when_the_window_opens_or_closes`] |
//! | `persisting_presence_updates` | `store.rs`: every store numbers changes upwards |
//! | `over_ratelimit`, `within_ratelimit` | [`a_second_change_by_sync_is_ignored_or_comes_later`] |
//! | `idle_timer` | [`an_online_device_idles`] |
//! | `busy_no_idle` | [`a_busy_device_does_not_idle`] |
//! | `sync_timeout`, `sync_online`, `no_timeout`, `last_active` | [`a_device_is_gone_a_while_after_its_sync`] |
//! | configurable timers (4) | [`every_timer_obeys_its_option`] |
//! | `external_process_timeout` | [`a_silent_gateway_leaves_nobody_online`] |
//! | `goes_offline_by_timeout_status_msg_remain` | [`the_message_outlives_the_timeout`] |
//! | `goes_offline_manually_with(_no)_status_msg`, `status_msg_none` | [`the_message_is_as_the_put_says`] |
//! | `reset_online_with_no_status` | [`online_without_a_message_clears_it`] |
//! | `set_presence_from_syncing_not_set`, `…_is_set` | [`a_sync_sets_presence_only_if_it_says_so`] |
//! | `…_keeps_status`, `…_keeps_busy` | [`a_sync_keeps_the_message_and_busy`] |
//! | `set_presence_from_(non_)syncing_multi_device` | `devices.rs` |
//! | incremental interest (2) | [`roommates_and_oneself_and_no_strangers`] |
//! | `tests/rest/client/test_presence.py`: PUT | [`a_put_applies`] |
//! | : rate limits (2) | [`puts_over_the_rate_make_one_change`] |
//! | `tests/api/test_filtering.py` (2) | [`a_filter_matches_or_does_not`] |
//!
//! How many timers are set is Synapse's own way of doing it; here a user has one reminder, of the next
//! transition, and the tests ask whether there is one.
//!
//! Left out: `remote_ping_timer`, `federation_ping`, `federation_timeout`, the federation queue and joins (6),
//! and `tests/events/test_presence_router.py` (4): there is no federation. `override` and
//! `untracked_does_not_idle`: no presence is pushed from outside. `restored_presence_…`: a record is stored
//! whole, claims included, so no device has to be guessed after a restart. `…_flushed_offline_…` (2), and
//! disabled or untracked in `test_presence.py` (2): presence cannot be switched off. Excluded rooms (4): there
//! is no such option. The worker's throttle (7): there are no workers; that changes, reconnects and PUTs take
//! effect at once is what the other tests show.

use std::num::NonZeroU32;

use presenced::{api::matrix::config::Matrix, config::Config};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    ALICE, BOB, CAROL, TestServer, minutes, seconds, status_path,
    sync::{news, read, senders, start, sync},
};

const BUSY: &str = "org.matrix.msc3026.busy";

async fn puts(server: &TestServer, body: Value) {
    assert_eq!(server.set_presence("demo-alice", ALICE, body).await.line(), "200 {}");
}

/// What bob sees of alice.
async fn seen(server: &TestServer) -> Value {
    let call = server.call(Method::GET, status_path(ALICE)).token("demo-bob");
    // Busy is in the served document alone, and not in the one that answers are held to.
    call.send_undocumented().await.json()
}

async fn state(server: &TestServer) -> Value {
    seen(server).await["presence"].clone()
}

/// What bob is told after a token, as states of alice.
async fn told(server: &TestServer, since: &str) -> Vec<Value> {
    let told = news(server, "demo-bob", since).await;
    told.into_iter().map(|(_, content)| content["presence"].clone()).collect()
}

#[tokio::test]
async fn coming_online_is_told_and_has_an_end() {
    let server = TestServer::start().await;
    let since = start(&server, "demo-bob").await;
    assert!(!server.app.service.has_reminders());
    puts(&server, json!({"presence": "online"})).await;
    assert_eq!(told(&server, &since).await, ["online"]);
    assert!(server.app.service.has_reminders(), "of the window's end, idling, and the lease's end");
}

#[tokio::test]
async fn going_offline_is_told_and_is_the_end() {
    let server = TestServer::start().await;
    puts(&server, json!({"presence": "online"})).await;
    let since = start(&server, "demo-bob").await;
    puts(&server, json!({"presence": "offline"})).await;
    assert_eq!(told(&server, &since).await, ["offline"]);
    assert!(!server.app.service.has_reminders());
}

#[tokio::test]
async fn going_idle_is_told() {
    let server = TestServer::start().await;
    puts(&server, json!({"presence": "online"})).await;
    let since = start(&server, "demo-bob").await;
    puts(&server, json!({"presence": "unavailable"})).await;
    assert_eq!(told(&server, &since).await, ["unavailable"]);
    assert!(server.app.service.has_reminders(), "of the lease's end");
}

#[tokio::test]
async fn activity_is_told_when_the_window_opens_or_closes() {
    let server = TestServer::start().await;
    puts(&server, json!({"presence": "online"})).await;
    let since = start(&server, "demo-bob").await;
    for _ in 0..3 {
        server.advance(seconds(30)).await;
        puts(&server, json!({"presence": "online"})).await;
        assert_eq!(news(&server, "demo-bob", &since).await, [], "the window never closed");
    }
    server.advance(seconds(60)).await;
    let closed = news(&server, "demo-bob", &since).await;
    assert_eq!(closed[0].1["currently_active"], false);
    let since = start(&server, "demo-bob").await;
    puts(&server, json!({"presence": "online"})).await;
    assert_eq!(news(&server, "demo-bob", &since).await[0].1["currently_active"], true);
}

#[tokio::test]
async fn a_second_change_by_sync_is_ignored_or_comes_later() {
    let server = TestServer::start_with(|config| {
        config.limits.sync_presence_per_second = 0.1;
        config.limits.sync_presence_burst = NonZeroU32::MIN;
    })
    .await;
    sync(&server, "demo-alice", "set_presence=online").await;
    sync(&server, "demo-alice", "set_presence=unavailable").await;
    assert_eq!(state(&server).await, "online");
    server.advance(seconds(29)).await;
    sync(&server, "demo-alice", "set_presence=unavailable").await;
    assert_eq!(state(&server).await, "unavailable");
}

#[tokio::test]
async fn an_online_device_idles() {
    let server = TestServer::start().await;
    puts(&server, json!({"presence": "online", "status_msg": "at the desk"})).await;
    server.advance(minutes(5)).await;
    let idle = seen(&server).await;
    assert_eq!((&idle["presence"], &idle["status_msg"]), (&json!("unavailable"), &json!("at the desk")));
}

#[tokio::test]
async fn a_busy_device_does_not_idle() {
    let server = TestServer::start_with(|config| config.section_mut::<Matrix>().busy = true).await;
    puts(&server, json!({"presence": BUSY, "status_msg": "at the desk"})).await;
    server.advance(minutes(59)).await;
    let busy = seen(&server).await;
    assert_eq!((&busy["presence"], &busy["status_msg"]), (&json!(BUSY), &json!("at the desk")));
}

#[tokio::test]
async fn a_device_is_gone_a_while_after_its_sync() {
    let server = TestServer::start().await;
    let since = start(&server, "demo-alice").await;
    let open = server
        .open_sync(
            "demo-alice",
            &since,
            "set_presence=online&filter=%7B%22presence%22:%7B%22types%22:%5B%5D%7D%7D",
        )
        .await;
    server.advance(minutes(4)).await;
    assert_eq!(state(&server).await, "online", "an open sync stays online");
    drop(open);
    server.watched_by(0).await;
    server.advance(seconds(29)).await;
    let before = seen(&server).await;
    assert_eq!(before["presence"], "online");
    assert_eq!(seen(&server).await, before, "a look changes nothing");
    server.advance(seconds(1)).await;
    let gone = seen(&server).await;
    assert_eq!(gone["presence"], "offline");
    assert_eq!(gone["last_active_ago"], 270_000);
}

#[tokio::test]
async fn every_timer_obeys_its_option() {
    let with = |change: fn(&mut Config)| TestServer::start_with(change);
    let server = with(|config| config.presence.active_window_seconds = 10).await;
    puts(&server, json!({"presence": "online"})).await;
    server.advance(seconds(10)).await;
    assert_eq!(seen(&server).await["currently_active"], false);

    let server = with(|config| config.presence.idle_after_seconds = 70).await;
    puts(&server, json!({"presence": "online"})).await;
    server.advance(seconds(70)).await;
    assert_eq!(state(&server).await, "unavailable");

    let server = with(|config| config.presence.connection_grace_seconds = 3).await;
    sync(&server, "demo-alice", "").await;
    server.advance(seconds(3)).await;
    assert_eq!(state(&server).await, "offline");

    let server = with(|config| config.presence.lease_seconds = 7).await;
    puts(&server, json!({"presence": "online"})).await;
    server.advance(seconds(7)).await;
    assert_eq!(state(&server).await, "offline");
}

#[tokio::test]
async fn a_silent_gateway_leaves_nobody_online() {
    let server = TestServer::start().await;
    let report = json!({"heartbeats": [{"userId": ALICE, "deviceId": "DESK", "state": "online"}]});
    server.admin(Method::POST, "/heartbeats", Some(report)).await;
    assert_eq!(state(&server).await, "online");
    server.advance(minutes(15)).await;
    assert_eq!(state(&server).await, "offline");
}

#[tokio::test]
async fn the_message_outlives_the_timeout() {
    let server = TestServer::start().await;
    puts(&server, json!({"presence": "online", "status_msg": "at the desk"})).await;
    server.advance(minutes(15)).await;
    let gone = seen(&server).await;
    assert_eq!((&gone["presence"], &gone["status_msg"]), (&json!("offline"), &json!("at the desk")));
}

#[tokio::test]
async fn the_message_is_as_the_put_says() {
    let server = TestServer::start().await;
    puts(&server, json!({"presence": "online", "status_msg": "at the desk"})).await;
    puts(&server, json!({"presence": "offline", "status_msg": "gone home"})).await;
    assert_eq!(seen(&server).await["status_msg"], "gone home");
    puts(&server, json!({"presence": "offline"})).await;
    assert_eq!(seen(&server).await["status_msg"], Value::Null);
}

#[tokio::test]
async fn online_without_a_message_clears_it() {
    let server = TestServer::start().await;
    puts(&server, json!({"presence": "online", "status_msg": "at the desk"})).await;
    puts(&server, json!({"presence": "online"})).await;
    let cleared = seen(&server).await;
    assert_eq!((&cleared["presence"], &cleared["status_msg"]), (&json!("online"), &Value::Null));
}

#[tokio::test]
async fn a_sync_sets_presence_only_if_it_says_so() {
    let server = TestServer::start().await;
    puts(&server, json!({"presence": "unavailable"})).await;
    sync(&server, "demo-alice", "set_presence=offline").await;
    assert_eq!(state(&server).await, "unavailable");
    sync(&server, "demo-alice", "set_presence=online").await;
    assert_eq!(state(&server).await, "online");
}

#[tokio::test]
async fn a_sync_keeps_the_message_and_busy() {
    let server = TestServer::start_with(|config| config.section_mut::<Matrix>().busy = true).await;
    puts(&server, json!({"presence": "unavailable", "status_msg": "at the desk"})).await;
    sync(&server, "demo-alice", "set_presence=online").await;
    assert_eq!(seen(&server).await["status_msg"], "at the desk");
    puts(&server, json!({"presence": BUSY})).await;
    sync(&server, "demo-alice", "set_presence=online&filter=%7B%22presence%22:%7B%22types%22:%5B%5D%7D%7D")
        .await;
    assert_eq!(state(&server).await, BUSY);
    puts(&server, json!({"presence": "online"})).await;
    assert_eq!(state(&server).await, "online");
}

#[tokio::test]
async fn roommates_and_oneself_and_no_strangers() {
    let server = TestServer::start().await;
    let since = start(&server, "demo-alice").await;
    for (token, user) in [("demo-alice", ALICE), ("demo-bob", BOB), ("demo-carol", CAROL)] {
        server.set_presence(token, user, json!({"presence": "online"})).await;
    }
    let told = news(&server, "demo-alice", &since).await;
    assert_eq!(told.iter().map(|(sender, _)| sender.as_str()).collect::<Vec<_>>(), [ALICE, BOB]);
    assert_eq!(senders(&sync(&server, "demo-alice", "full_state=true").await), [ALICE, BOB]);
}

#[tokio::test]
async fn a_put_applies() {
    let server = TestServer::start().await;
    puts(&server, json!({"presence": "online", "status_msg": "reading"})).await;
    let shown = seen(&server).await;
    assert_eq!((&shown["presence"], &shown["status_msg"]), (&json!("online"), &json!("reading")));
}

#[tokio::test]
async fn puts_over_the_rate_make_one_change() {
    let server = TestServer::start_with(|config| {
        config.limits.put_per_second = 0.1;
        config.limits.put_burst = NonZeroU32::MIN;
    })
    .await;
    let online = json!({"presence": "online", "status_msg": "one"});
    puts(&server, online).await;
    let two = json!({"presence": "online", "status_msg": "two"});
    assert_eq!(server.set_presence("demo-alice", ALICE, two.clone()).await.status, 429);
    assert_eq!(seen(&server).await["status_msg"], "one");
    server.advance(seconds(30)).await;
    puts(&server, two).await;
    assert_eq!(seen(&server).await["status_msg"], "two");
}

#[tokio::test]
async fn a_filter_matches_or_does_not() {
    let server = TestServer::start().await;
    for (kind, expected) in [("m.*", vec![ALICE]), ("m.room.*", vec![])] {
        let filter = json!({"presence": {"types": [kind]}});
        let path = format!("/_matrix/client/v3/user/{ALICE}/filter");
        let stored = server.call(Method::POST, path).token("demo-alice").json(&filter).send().await.json();
        let query = format!("filter={}", stored["filter_id"].as_str().expect("an id"));
        let (_, told) = read(&sync(&server, "demo-alice", &query).await);
        assert_eq!(told.iter().map(|(sender, _)| sender.as_str()).collect::<Vec<_>>(), expected, "{kind}");
    }
}
