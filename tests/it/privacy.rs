//! What a watcher must not learn of whom it may not see: not by an event, not by a count, not by when it is
//! answered, and not by what a refusal says.

mod model;

use futures_util::FutureExt as _;
use presenced::{
    id::UserId,
    presence::{Input, State},
    service::{Viewer, WatchList, Watcher},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    ALICE, Answer, BOB, CAROL, TestServer, seconds,
    sync::{self, news, read, senders, start, sync},
};

const NOBODY: &str = "@nobody:example.com";

fn id(user: &str) -> UserId {
    user.parse().expect("a user id")
}

/// Everything that can happen to a stranger: states, a text, settings, a room, time.
async fn carol_lives(server: &TestServer) {
    for presence in ["online", "unavailable", "online"] {
        server
            .set_presence("demo-carol", CAROL, json!({"presence": presence, "status_msg": "busy day"}))
            .await;
    }
    for settings in [json!({"override": "invisible"}), json!({"hidden": true}), json!({})] {
        server.admin(Method::PUT, &format!("/users/{CAROL}/settings"), Some(settings)).await;
    }
    for members in [json!([CAROL]), json!([])] {
        let path = "/rooms/!elsewhere:example.com/members";
        server.admin(Method::PUT, path, Some(json!({ "members": members }))).await;
    }
    let presence = format!("/users/{CAROL}/presence");
    let said = json!({"state": "busy", "label": "secret", "status": {"text": "x", "expiresInSeconds": 60}});
    server.admin(Method::PUT, &presence, Some(said)).await;
    server.call(Method::POST, "/presenced/v1/activity").token("demo-carol").send().await;
    server.admin(Method::DELETE, &presence, None).await;
    for method in [Method::PUT, Method::DELETE] {
        server.admin(method, &format!("/rooms/!elsewhere:example.com/members/{CAROL}"), None).await;
    }
    sync(server, "demo-carol", "").await;
}

async fn set_lobby(server: &TestServer, members: &[&str]) {
    let set = json!({ "members": members });
    assert_eq!(server.admin(Method::PUT, "/rooms/!lobby:example.com/members", Some(set)).await.status, 200);
}

async fn list(server: &TestServer, body: Value) {
    let path = format!("/_matrix/client/r0/presence/list/{CAROL}");
    assert_eq!(server.call(Method::POST, path).token("demo-carol").json(&body).send().await.status, 200);
}

async fn accept(server: &TestServer) {
    let path = format!("/presenced/v1/users/{ALICE}/observers/{CAROL}");
    assert_eq!(server.call(Method::PUT, path).token("demo-alice").send().await.status, 200);
}

/// Whether the watcher was woken since it last looked.
fn was_woken(watcher: &mut Watcher) -> bool {
    let is_woken = !watcher.is_quiet();
    while watcher.next().now_or_never().is_some() {}
    is_woken
}

#[tokio::test]
async fn a_strangers_life_ends_no_wait() {
    let server = TestServer::start().await;
    let since = start(&server, "demo-alice").await;
    let waiting = server.open_sync("demo-alice", &since, "set_presence=offline").await;
    carol_lives(&server).await;
    assert!(waiting.waits());
    server.set_presence("demo-bob", BOB, json!({"presence": "unavailable"})).await;
    assert_eq!(senders(&waiting.answer().await), [BOB]);
}

#[tokio::test]
async fn a_strangers_life_wakes_nobody() {
    let server = TestServer::start().await;
    let mut watcher = server.app.service.watch(Viewer::User(&id(ALICE)), WatchList::everyone());
    carol_lives(&server).await;
    assert!(!was_woken(&mut watcher), "not even inside");
    server.set_presence("demo-bob", BOB, json!({"presence": "online"})).await;
    assert!(was_woken(&mut watcher));
}

#[tokio::test]
async fn a_strangers_life_leaves_no_trace_in_tokens() {
    let (quiet, lively) = (TestServer::start().await, TestServer::start().await);
    carol_lives(&lively).await;
    for server in [&quiet, &lively] {
        server.advance(seconds(1)).await;
        server.set_presence("demo-bob", BOB, json!({"presence": "online"})).await;
    }
    let answers = [sync(&quiet, "demo-alice", "").await, sync(&lively, "demo-alice", "").await];
    assert_eq!(answers[0].text, answers[1].text);
    let since = start(&quiet, "demo-alice").await;
    carol_lives(&lively).await;
    for server in [&quiet, &lively] {
        server.advance(seconds(1)).await;
    }
    let answers = [start(&quiet, "demo-alice").await, start(&lively, "demo-alice").await];
    assert_eq!(answers[0], answers[1]);
    assert_eq!(news(&lively, "demo-alice", &since).await, []);
}

#[tokio::test]
async fn a_stream_has_nothing_of_strangers_and_nobodies() {
    let server = TestServer::start().await;
    let open = |query: &str| {
        server.call(Method::GET, format!("/presenced/v1/changes?{query}")).token("demo-alice").open()
    };
    let mut all = open("").await;
    let mut named = open(&format!("users={BOB},{CAROL},{NOBODY},@x:elsewhere.org")).await;
    assert_eq!(named.snapshot().await, [(BOB.to_owned(), "offline".to_owned())]);
    carol_lives(&server).await;
    server.admin(Method::PUT, &format!("/users/{NOBODY}"), Some(json!({}))).await;
    let heartbeat = json!({"heartbeats": [{"userId": NOBODY, "deviceId": "D", "state": "online"}]});
    server.admin(Method::POST, "/heartbeats", Some(heartbeat)).await;
    server.set_presence("demo-bob", BOB, json!({"presence": "online"})).await;
    for stream in [&mut all, &mut named] {
        assert_eq!(stream.told().await, (BOB.to_owned(), "online".to_owned()));
    }
}

#[tokio::test]
async fn who_left_the_room_learns_no_more() {
    let server = TestServer::start().await;
    server.set_presence("demo-bob", BOB, json!({"presence": "online"})).await;
    let since = start(&server, "demo-alice").await;
    let waiting = server.open_sync("demo-alice", &since, "set_presence=offline").await;
    let mut stream = server.call(Method::GET, "/presenced/v1/changes").token("demo-alice").open().await;
    assert_eq!(stream.told().await.0, BOB);
    let mut watcher = server.app.service.watch(Viewer::User(&id(ALICE)), WatchList::everyone());
    set_lobby(&server, &[BOB]).await;
    was_woken(&mut watcher);
    server.set_presence("demo-bob", BOB, json!({"presence": "unavailable"})).await;
    server.advance(seconds(3_600)).await;
    assert!(waiting.waits());
    assert!(!was_woken(&mut watcher));
    let bulk = json!({"users": [BOB]});
    let bulk = server.call(Method::POST, "/presenced/v1/presence/query").token("demo-alice").json(&bulk);
    assert_eq!(bulk.send().await.json(), json!({"presence": [], "unavailable": [BOB]}));
    server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    assert_eq!(stream.told_gone().await, [BOB]);
    assert_eq!(stream.told().await.0, ALICE);
    assert_eq!(senders(&waiting.answer().await), [ALICE]);
}

#[tokio::test]
async fn who_was_dropped_or_denied_learns_no_more() {
    for denied in [false, true] {
        let server = TestServer::start().await;
        list(&server, json!({"invite": [ALICE]})).await;
        accept(&server).await;
        let since = start(&server, "demo-carol").await;
        let waiting = server.open_sync("demo-carol", &since, "set_presence=offline").await;
        let mut watcher = server.app.service.watch(Viewer::User(&id(CAROL)), WatchList::everyone());
        if denied {
            let path = format!("/presenced/v1/users/{ALICE}/observers/{CAROL}");
            server.call(Method::DELETE, path).token("demo-alice").send().await;
        } else {
            list(&server, json!({"drop": [ALICE]})).await;
        }
        was_woken(&mut watcher);
        server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
        assert!(waiting.waits());
        assert!(!was_woken(&mut watcher));
        assert_eq!(server.presence("demo-carol", ALICE).await.status, 403);
    }
}

#[tokio::test]
async fn a_pending_invitation_shows_nothing() {
    let server = TestServer::start().await;
    list(&server, json!({"invite": [ALICE, NOBODY]})).await;
    let since = start(&server, "demo-carol").await;
    let waiting = server.open_sync("demo-carol", &since, "set_presence=offline").await;
    let mut watcher = server.app.service.watch(Viewer::User(&id(CAROL)), WatchList::everyone());
    server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    assert!(waiting.waits());
    assert!(!was_woken(&mut watcher));
    let answers = [ALICE, NOBODY].map(|user| server.presence("demo-carol", user));
    let [invited, nobody] = answers;
    assert_eq!(invited.await.line(), nobody.await.line());
}

/// What carol is answered wherever a user can be named.
async fn answers_about(server: &TestServer, user: &str) -> Vec<String> {
    let get = |path: String| server.call(Method::GET, path).token("demo-carol").send();
    let line = |answer: Answer| answer.line().replace(user, "USER");
    let query = json!({"users": [user]});
    let query = server.call(Method::POST, "/presenced/v1/presence/query").token("demo-carol").json(&query);
    let presence = format!("/presenced/v1/users/{user}/presence");
    let say = json!({"state": "busy"});
    let say = server.call(Method::PUT, &presence).token("demo-carol").json(&say);
    let filter = json!({"presence": {"senders": [user]}}).to_string();
    let filter: String = form_urlencoded::byte_serialize(filter.as_bytes()).collect();
    vec![
        line(server.presence("demo-carol", user).await),
        line(server.set_presence("demo-carol", user, json!({"presence": "online"})).await),
        line(get(format!("/presenced/v1/users/{user}/presence")).await),
        line(get(format!("/presenced/v1/users/{user}/settings")).await),
        line(get(format!("/presenced/v1/users/{user}/rooms")).await),
        line(say.send().await),
        line(server.call(Method::DELETE, presence).token("demo-carol").send().await),
        line(get(format!("/presenced/v1/users/{user}/presence-list")).await),
        line(get(format!("/_matrix/client/r0/presence/list/{user}")).await),
        line(query.send().await),
        line(sync(server, "demo-carol", &format!("filter={filter}&set_presence=offline")).await),
    ]
}

#[tokio::test]
async fn unknown_and_unrelated_users_are_the_same() {
    let server = TestServer::start().await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "online", "status_msg": "secret"})).await;
    server.admin(Method::PUT, &format!("/users/{BOB}/settings"), Some(json!({"hidden": true}))).await;
    let nobody = answers_about(&server, NOBODY).await;
    for stranger in [ALICE, BOB, "@alice:elsewhere.org"] {
        assert_eq!(answers_about(&server, stranger).await, nobody, "{stranger}");
    }
    assert!(nobody.iter().all(|line| !line.contains("secret")));
}

/// What carol is answered wherever a room can be named.
async fn answers_about_room(server: &TestServer, room: &str) -> Vec<String> {
    let path = format!("/presenced/v1/rooms/{room}");
    let call = |method, path: String| server.call(method, path).token("demo-carol");
    let line = |answer: Answer| answer.line().replace(room, "ROOM");
    let query = json!({"rooms": [room], "users": [CAROL]});
    vec![
        line(call(Method::GET, format!("{path}/presence")).send().await),
        line(call(Method::GET, format!("{path}/presence?state=online&after=@a&limit=1")).send().await),
        line(call(Method::GET, format!("{path}/members")).send().await),
        line(call(Method::PUT, format!("{path}/members")).json(&json!({"members": []})).send().await),
        line(call(Method::PUT, format!("{path}/members/{CAROL}")).send().await),
        line(call(Method::DELETE, format!("{path}/members/{ALICE}")).send().await),
        line(call(Method::POST, "/presenced/v1/presence/query".to_owned()).json(&query).send().await),
    ]
}

#[tokio::test]
async fn rooms_counts_devices_and_labels_tell_strangers_nothing() {
    let server = TestServer::start().await;
    let own = "/presenced/v1/rooms/!own:example.com/presence";
    server.admin(Method::PUT, &format!("/rooms/!own:example.com/members/{CAROL}"), None).await;
    let own = async || server.call(Method::GET, own).token("demo-carol").send().await.line();
    let before = own().await;
    for user in [ALICE, BOB] {
        server.admin(Method::PUT, &format!("/rooms/!secret:example.com/members/{user}"), None).await;
        let said = json!({"state": "busy", "label": "secret", "deviceId": "secret", "status": {"text": "x"}});
        server.admin(Method::PUT, &format!("/users/{user}/presence"), Some(said)).await;
    }
    let nowhere = answers_about_room(&server, "!nowhere:example.com").await;
    for room in ["!secret:example.com", "!lobby:example.com"] {
        assert_eq!(answers_about_room(&server, room).await, nowhere, "{room}");
    }
    assert_eq!(own().await, before, "nor do her own rooms count them");
    assert!(nowhere.iter().all(|line| !line.contains("secret")));
    // Who shares a room sees the presence, and nothing of devices.
    let get = |path: &str| server.call(Method::GET, path).token("demo-alice").send();
    let user = get(&format!("/presenced/v1/users/{BOB}/presence")).await;
    assert_eq!(user.json()["state"], "busy");
    assert!(!user.text.contains("secret") && !user.text.contains("devices"));
    let room = get(&format!("/presenced/v1/rooms/!secret:example.com/presence?after={ALICE}")).await;
    assert_eq!(room.json()["users"][0]["userId"], BOB);
    assert!(!room.text.contains("secret") && !room.text.contains("devices"));
}

#[tokio::test]
async fn a_resumed_watcher_is_told_nothing_of_strangers() {
    let server = TestServer::start().await;
    let since = start(&server, "demo-alice").await;
    // More than is remembered of a partition: then everybody is looked through.
    for number in 0..1_100 {
        let state = if number % 2 == 0 { State::Online } else { State::Unavailable };
        let flip = Input::Claim { device: "D".parse().expect("a device"), state };
        server.app.service.update(&id(CAROL), &[flip]).await.expect("a change");
    }
    let (next, told) =
        read(&sync(&server, "demo-alice", &format!("since={since}&set_presence=offline")).await);
    assert_eq!((next, told), (since, vec![]));
}

/// Whom alice is invisible to sees nothing of what she does, by whatever push.
#[tokio::test]
async fn an_invisible_users_life_is_told_to_nobody_else() {
    let server = TestServer::start().await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "online", "status_msg": "before"})).await;
    let settings = json!({"override": "invisible"});
    server.admin(Method::PUT, &format!("/users/{ALICE}/settings"), Some(settings)).await;
    let since = start(&server, "demo-bob").await;
    let mut bob = server.app.service.watch(Viewer::User(&id(BOB)), WatchList::everyone());
    let mut own = server.app.service.watch(Viewer::User(&id(ALICE)), WatchList::everyone());
    let waiting = server.open_sync("demo-bob", &since, "set_presence=offline").await;
    let extension = "/restapi/v1.0/account/~/extension/1/presence";
    let sequences = async || {
        let seen = server.app.service.extension(&id(BOB), &id(ALICE), server.app.service.now()).await;
        let seen = seen.expect("they share an account");
        (seen.version, seen.sequence)
    };
    let before = (sequences().await, server.call(Method::GET, extension).token("demo-bob").send().await.text);
    for (state, status) in [("unavailable", "one"), ("online", "two"), ("offline", "")] {
        server.advance(seconds(90)).await;
        server.set_presence("demo-alice", ALICE, json!({"presence": state, "status_msg": status})).await;
    }
    server.advance(seconds(3_600)).await;
    assert!(waiting.waits());
    assert!(!was_woken(&mut bob), "not even inside");
    assert!(was_woken(&mut own), "she sees it herself");
    let after = (sequences().await, server.call(Method::GET, extension).token("demo-bob").send().await.text);
    assert_eq!(before, after);
    assert_eq!(news(&server, "demo-bob", &since).await, []);
}

/// Calls and what is set for them are the telephone account's business.
#[tokio::test]
async fn calls_are_told_to_nobody_outside_the_account() {
    let server = TestServer::start().await;
    let user = format!("/users/{BOB}");
    server.admin(Method::PUT, &user, Some(json!({"account": 2, "extensionNumber": "202"}))).await;
    let since = start(&server, "demo-bob").await;
    let mut bob = server.app.service.watch(Viewer::User(&id(BOB)), WatchList::everyone());
    let leg = json!({"direction": "Inbound", "telephonyStatus": "CallConnected"});
    server.admin(Method::PUT, &format!("/users/{ALICE}/calls/c1"), Some(leg)).await;
    let own = "/restapi/v1.0/account/~/extension/~/presence";
    let dnd = json!({"dndStatus": "DoNotAcceptAnyCalls"});
    let set = server.call(Method::PUT, own).token("demo-alice").json(&dnd).send().await;
    assert_eq!(set.status, 200);
    server.admin(Method::DELETE, &format!("/users/{ALICE}/calls/c1"), None).await;
    assert!(!was_woken(&mut bob), "not even inside");
    assert_eq!(news(&server, "demo-bob", &since).await, []);
}
