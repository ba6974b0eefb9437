//! Storms over HTTP: many watchers that come back at once, and a user who does not stop changing. What the
//! server holds for them is bounded, and afterwards gone.

use futures_util::{StreamExt as _, future::join_all, stream};
use presenced::{
    id::UserId,
    presence::{Input, Status},
};
use reqwest::Method;
use serde_json::json;

use crate::support::{
    ALICE, BOB, EventStream, TestServer, status_path,
    sync::{OpenSync, senders, start},
};

const WATCHERS: usize = 2_000;

/// A server on which one user may have as many streams as a storm takes.
async fn server() -> TestServer {
    TestServer::start_with(|config| {
        config.limits.streams_per_user = WATCHERS;
        // Long, so that however slow the machine is, what changes quickly goes out together.
        config.limits.stream_pause_milliseconds = 500;
    })
    .await
}

/// Opens streams all at once, each going on from the same id.
async fn storm(server: &TestServer, last_id: &str) -> Vec<EventStream> {
    let open = || {
        let call = server.call(Method::GET, "/presenced/v1/changes").token("demo-alice");
        call.header("last-event-id", last_id).open()
    };
    // No more connections at once than the kernel keeps for a listener: others wait for its next try, seconds later.
    stream::iter((0..WATCHERS).map(|_| open())).buffered(500).collect().await
}

async fn set(server: &TestServer, state: &str, status: &str) {
    let body = json!({"presence": state, "status_msg": status});
    let call = server.call(Method::PUT, status_path(BOB)).token("demo-bob").json(&body);
    assert_eq!(call.send_undocumented().await.status, 200);
}

async fn assert_nothing_is_left(server: &TestServer) {
    server.watched_by(0).await;
    assert_eq!(server.app.service.marks(), 0);
    // Every place is free again: another storm would find room.
    let alice: UserId = ALICE.parse().expect("an id");
    let again: Result<Vec<_>, _> =
        (0..WATCHERS).map(|_| server.app.stream_limit.open(Some(&alice))).collect();
    again.expect("room for everybody");
}

#[tokio::test]
async fn two_thousand_streams_reconnect_at_once() {
    let server = server().await;
    let id = server.app.service.token().to_string();
    let remembered = server.app.service.remembered_changes();
    let streams = storm(&server, &id).await;
    assert_eq!(server.app.service.watchers(), WATCHERS);
    drop(streams);
    server.watched_by(0).await;
    // While nobody is there.
    set(&server, "online", "before").await;
    set(&server, "unavailable", "after").await;
    let mut streams = storm(&server, &id).await;
    for stream in &mut streams {
        let data = stream.unchecked_event().await;
        assert!(data.contains(r#""status":"after""#), "the last state, and that alone: {data}");
    }
    assert_eq!(server.app.service.watchers(), WATCHERS);
    drop(streams);
    assert_nothing_is_left(&server).await;
    assert_eq!(server.app.service.remembered_changes(), remembered + 2, "whoever watches");
}

#[tokio::test]
async fn two_thousand_waiting_syncs_are_answered_by_one_change() {
    let server = server().await;
    let since = start(&server, "demo-alice").await;
    let begin = |_| server.begin_sync("demo-alice", &since, "set_presence=offline");
    let open: Vec<OpenSync> = (0..WATCHERS).map(begin).collect();
    server.watched_by(WATCHERS).await;
    set(&server, "online", "").await;
    for one in open {
        assert_eq!(senders(&one.unchecked_answer().await), [BOB]);
    }
    assert_nothing_is_left(&server).await;
}

#[tokio::test]
async fn a_user_who_flips_a_thousand_times() {
    const FLIPS: usize = 1_000;
    const READERS: usize = 20;
    let server = server().await;
    let open =
        || server.call(Method::GET, "/presenced/v1/changes?users=@bob:example.com").token("demo-alice");
    let mut readers = join_all((0..READERS).map(|_| open().open())).await;
    let idle = join_all((0..READERS).map(|_| open().open())).await;
    let flips = async {
        for number in 0..FLIPS {
            let state = if number % 2 == 0 { "online" } else { "unavailable" };
            set(&server, state, &number.to_string()).await;
            assert!(server.app.service.marks() <= 2 * READERS, "one mark for each watcher at most");
        }
    };
    let reading = join_all(readers.iter_mut().map(async |stream| {
        let mut events = 0;
        loop {
            events += 1;
            let data = stream.unchecked_event().await;
            if data.contains(&format!(r#""status":"{}""#, FLIPS - 1)) {
                assert!(data.contains(r#""state":"unavailable""#), "{data}");
                return events;
            }
        }
    }));
    let ((), counts) = tokio::join!(flips, reading);
    assert!(counts.iter().all(|events| *events <= FLIPS / 10), "{counts:?}");
    drop((readers, idle));
    assert_nothing_is_left(&server).await;
}

#[tokio::test]
async fn what_is_remembered_is_bounded() {
    let server = server().await;
    let bob: UserId = BOB.parse().expect("an id");
    for number in 0..3_000 {
        let status = Input::Status(Status::lasting(&number.to_string()));
        server.app.service.update(&bob, &[status]).await.expect("a change");
    }
    // All changes of a user are in one partition, which remembers so many.
    assert_eq!(server.app.service.remembered_changes(), 1_024);
}
