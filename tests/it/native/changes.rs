//! The stream of changes.

use std::collections::BTreeSet;

use presenced::{
    id::UserId,
    presence::{Input, State, Status},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpSocket};

use crate::support::{ALICE, Answer, BOB, CAROL, EventStream, TestServer, minutes, seconds};

const PATH: &str = "/presenced/v1/changes";

async fn open(server: &TestServer, token: &str, query: &str) -> EventStream {
    server.call(Method::GET, format!("{PATH}?{query}")).token(token).open().await
}

async fn resume(server: &TestServer, token: &str, id: &str) -> EventStream {
    server.call(Method::GET, PATH).token(token).header("last-event-id", id).open().await
}

async fn set(server: &TestServer, user: &str, state: &str) {
    let token = format!("demo-{}", &user[1..user.find(':').expect("a user id")]);
    assert_eq!(server.set_presence(&token, user, json!({"presence": state})).await.status, 200);
}

async fn set_room(server: &TestServer, members: &[&str]) {
    let path = "/rooms/!lobby:example.com/members";
    let set = server.admin(Method::PUT, path, Some(json!({"members": members}))).await;
    assert_eq!(set.status, 200);
}

fn told(user: &str, state: &str) -> (String, String) {
    (user.to_owned(), state.to_owned())
}

#[tokio::test]
async fn everybody_who_is_there_and_then_changes() {
    let server = TestServer::start().await;
    server.set_presence("demo-bob", BOB, json!({"presence": "online", "status_msg": "hi\nyou"})).await;
    set(&server, CAROL, "online").await;
    let mut stream = open(&server, "demo-alice", "").await;
    let first = stream.event().await;
    insta::assert_snapshot!(first.data, @r#"{"userId":"@bob:example.com","state":"online","currentlyActive":true,"lastActiveAt":1767603600000,"status":"hi\nyou"}"#);
    assert!(first.id.is_some(), "one can resume from the start on");
    set(&server, BOB, "unavailable").await;
    assert_eq!(stream.told().await, told(BOB, "unavailable"));
    set(&server, ALICE, "online").await;
    assert_eq!(stream.told().await, told(ALICE, "online"), "one's own too, and nothing of carol");
    set(&server, BOB, "offline").await;
    assert_eq!(stream.told().await, told(BOB, "offline"));
}

#[tokio::test]
async fn what_time_brings_is_told_too() {
    let server = TestServer::start().await;
    set(&server, BOB, "online").await;
    let mut stream = open(&server, "demo-alice", "").await;
    assert_eq!(stream.event().await.data["currentlyActive"], true);
    server.advance(minutes(1)).await;
    assert_eq!(stream.event().await.data["currentlyActive"], false);
    server.advance(minutes(4)).await;
    assert_eq!(stream.told().await, told(BOB, "unavailable"));
    server.advance(minutes(10)).await;
    assert_eq!(stream.told().await, told(BOB, "offline"));
}

#[tokio::test]
async fn going_on_leaves_no_gap_and_repeats_nothing() {
    let server = TestServer::start().await;
    let mut stream = open(&server, "demo-alice", "").await;
    set(&server, BOB, "online").await;
    let seen = stream.event().await.id.expect("an id");
    drop(stream);

    let mut stream = resume(&server, "demo-alice", &seen).await;
    set(&server, ALICE, "online").await;
    assert_eq!(stream.told().await, told(ALICE, "online"), "and nothing again of bob");
    drop(stream);

    for state in ["unavailable", "online", "offline"] {
        set(&server, BOB, state).await;
    }
    let mut stream = resume(&server, "demo-alice", &seen).await;
    let (alice, bob) = (stream.event().await, stream.event().await);
    assert_eq!((alice.data["userId"].as_str(), alice.id), (Some(ALICE), None), "the batch goes on");
    assert_eq!((bob.data["userId"].as_str(), bob.data["state"].as_str()), (Some(BOB), Some("offline")));
    let seen = bob.id.expect("an id on the last of a batch");
    drop(stream);

    let mut stream = resume(&server, "demo-alice", &seen).await;
    set(&server, BOB, "online").await;
    assert_eq!(stream.told().await, told(BOB, "online"));
}

#[tokio::test]
async fn an_id_of_the_future_is_none_of_ours() {
    let server = TestServer::start().await;
    set(&server, ALICE, "online").await;
    let mut stream = resume(&server, "demo-alice", &u64::MAX.to_string()).await;
    let none = json!({"observed": [], "observers": []});
    assert_eq!(stream.told_list().await, none, "the client may have known of entries");
    assert_eq!(stream.told().await, told(ALICE, "online"));
    assert_eq!(stream.told().await, told(BOB, "offline"), "the client may have known bob online");
}

#[tokio::test]
async fn a_slow_reader_gets_the_last_state() {
    let server = TestServer::start().await;
    let mut stream = open(&server, "demo-alice", "").await;
    let (bob, device): (UserId, _) = (BOB.parse().expect("an id"), "D".parse().expect("a device"));
    for number in 0..1_000 {
        let state = if number % 2 == 0 { State::Unavailable } else { State::Online };
        let flip = Input::Claim { device: Clone::clone(&device), state };
        server.app.service.update(&bob, &[flip]).await.expect("a change");
        tokio::task::yield_now().await;
    }
    server.set_presence("demo-bob", BOB, json!({"presence": "offline", "status_msg": "done"})).await;
    let mut events = vec![stream.event().await.data];
    while events.last().is_none_or(|data| data["status"] != "done") {
        events.push(stream.event().await.data);
    }
    assert_eq!(events.last().map(|data| data["state"].clone()), Some(json!("online")), "of the other device");
    assert!(events.len() < 100, "{} events", events.len());
}

#[tokio::test]
async fn leaving_cuts_and_joining_shows() {
    let server = TestServer::start().await;
    set(&server, CAROL, "unavailable").await;
    let mut stream = open(&server, "demo-alice", "").await;
    set_room(&server, &[ALICE]).await;
    assert_eq!(stream.told_gone().await, [BOB]);
    set(&server, BOB, "online").await;
    set(&server, ALICE, "online").await;
    assert_eq!(stream.told().await, told(ALICE, "online"), "and nothing of bob");
    set_room(&server, &[ALICE, CAROL]).await;
    assert_eq!(stream.told().await, told(CAROL, "unavailable"));
    set(&server, CAROL, "online").await;
    assert_eq!(stream.told().await, told(CAROL, "online"));
    set_room(&server, &[ALICE, BOB]).await;
    assert_eq!(stream.told_gone().await, [CAROL]);
    assert_eq!(stream.told().await, told(BOB, "online"));
    set(&server, CAROL, "offline").await;
    set(&server, BOB, "offline").await;
    assert_eq!(stream.told().await, told(BOB, "offline"), "and nothing of carol");
}

#[tokio::test]
async fn named_users_alone() {
    let server = TestServer::start().await;
    set(&server, ALICE, "online").await;
    set(&server, CAROL, "online").await;
    let query = format!("users={BOB},{CAROL}&users=@nobody:example.com");
    let mut stream = open(&server, "demo-alice", &query).await;
    assert_eq!(stream.snapshot().await, [told(BOB, "offline")], "named, so told though offline");
    set(&server, ALICE, "unavailable").await;
    set(&server, CAROL, "unavailable").await;
    set(&server, BOB, "online").await;
    assert_eq!(stream.told().await, told(BOB, "online"), "and nothing of the others");
    set_room(&server, &[ALICE, BOB, CAROL]).await;
    assert_eq!(stream.told().await, told(CAROL, "unavailable"), "in sight now");
}

#[tokio::test]
async fn hidden_users_are_passed_over() {
    let server = TestServer::start().await;
    let path = format!("/users/{BOB}/settings");
    server.admin(Method::PUT, &path, Some(json!({"hidden": true}))).await;
    let mut stream = open(&server, "demo-alice", &format!("users={ALICE},{BOB}")).await;
    assert_eq!(stream.snapshot().await, [told(ALICE, "offline")]);
    set(&server, BOB, "online").await;
    server.admin(Method::PUT, &path, Some(json!({"hidden": false}))).await;
    assert_eq!(stream.told().await, told(BOB, "online"));
}

#[tokio::test]
async fn everybody_under_server_visibility() {
    let server =
        TestServer::start_with(|config| config.presence.visibility = presenced::service::Visibility::Server)
            .await;
    let mut stream = open(&server, "demo-alice", "").await;
    set(&server, CAROL, "online").await;
    assert_eq!(stream.told().await, told(CAROL, "online"));
}

#[tokio::test]
async fn the_admin_sees_everybody() {
    let server = TestServer::start().await;
    set(&server, CAROL, "online").await;
    let mut stream = open(&server, "demo-admin", "").await;
    assert_eq!(stream.told().await, told(CAROL, "online"));
    for user in [ALICE, BOB] {
        set(&server, user, "online").await;
        assert_eq!(stream.told().await, told(user, "online"));
    }
    server.admin(Method::PUT, "/users/@dave:example.com", Some(json!({}))).await;
    let heartbeat = json!({"userId": "@dave:example.com", "deviceId": "D", "state": "busy"});
    server.admin(Method::POST, "/heartbeats", Some(json!({"heartbeats": [heartbeat]}))).await;
    assert_eq!(stream.told().await, told("@dave:example.com", "busy"), "a user of later");

    let mut named = open(&server, "demo-admin", &format!("users={CAROL}")).await;
    assert_eq!(named.snapshot().await, [told(CAROL, "online")]);
    set(&server, BOB, "offline").await;
    set(&server, CAROL, "offline").await;
    assert_eq!(named.told().await, told(CAROL, "offline"));
}

/// Admins see hidden users as they are, and invisible ones as offline.
#[tokio::test]
async fn the_admin_follows_hidden_users() {
    let server = TestServer::start().await;
    let settings = async |body: Value| {
        server.admin(Method::PUT, &format!("/users/{BOB}/settings"), Some(body)).await;
    };
    set(&server, BOB, "online").await;
    settings(json!({"hidden": true})).await;
    let mut everybody = open(&server, "demo-admin", "snapshot=true").await;
    let mut room = open(&server, "demo-admin", "room=!lobby:example.com").await;
    let mut others = open(&server, "demo-alice", &format!("users={ALICE},{BOB}")).await;
    assert_eq!(everybody.snapshot().await, [told(BOB, "online")]);
    assert!(room.snapshot().await.contains(&told(BOB, "online")));
    assert_eq!(others.snapshot().await, [told(ALICE, "offline")]);
    let changes =
        async |stream: &mut EventStream, state: &str| assert_eq!(stream.told().await, told(BOB, state));
    set(&server, BOB, "unavailable").await;
    changes(&mut everybody, "unavailable").await;
    changes(&mut room, "unavailable").await;
    settings(json!({"hidden": true, "override": "invisible"})).await;
    changes(&mut everybody, "offline").await;
    changes(&mut room, "offline").await;
    set(&server, ALICE, "online").await;
    assert_eq!(others.told().await, told(ALICE, "online"), "and nothing of bob");
}

#[tokio::test]
async fn the_token_may_stand_in_the_query_here_alone() {
    let server = TestServer::start().await;
    set(&server, BOB, "online").await;
    let mut stream = server.call(Method::GET, format!("{PATH}?access_token=demo-alice")).open().await;
    assert_eq!(stream.told().await, told(BOB, "online"));
    let both = server.call(Method::GET, format!("{PATH}?access_token=demo-alice")).token("demo-alice");
    assert_eq!(both.send().await.status, 401);
    for path in ["/presence/query", "/heartbeats"] {
        let call = server.call(Method::POST, format!("/presenced/v1{path}?access_token=demo-admin"));
        assert_eq!(call.json(&json!({})).send().await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn a_quiet_stream_is_alive() {
    let server = TestServer::start_with(|config| config.limits.stream_heartbeat_seconds = 1).await;
    let mut stream = open(&server, "demo-carol", "").await;
    let hint = stream.block().await.expect("a hint");
    let retry: u64 = hint.field("retry").and_then(|retry| retry.parse().ok()).expect("milliseconds");
    assert!((1_000..3_000).contains(&retry), "{retry}");
    for _ in 0..2 {
        let block = stream.block().await.expect("a comment");
        assert!(block.is_comment(), "{block:?}");
    }
    set(&server, CAROL, "online").await;
    assert_eq!(stream.told().await, told(CAROL, "online"));
}

#[tokio::test]
async fn bad_parameters() {
    let server = TestServer::start().await;
    let refused = async |query: &str| {
        let answer = server.call(Method::GET, format!("{PATH}?{query}")).token("demo-alice").send().await;
        assert_eq!(answer.status, 400, "{query}");
        answer.json()["detail"].as_str().expect("text").to_owned()
    };
    insta::assert_snapshot!(refused("users=").await, @r#"users: "": a user id starts with `@`"#);
    insta::assert_snapshot!(refused("users=@bob:example.com,bob").await, @r#"users: "bob": a user id starts with `@`"#);
    insta::assert_snapshot!(refused("state=busy").await, @"state: unknown variant `busy`, expected `unavailable` or `online`");
    insta::assert_snapshot!(refused("room=lobby").await, @r#"room: "lobby": a room id starts with `!`"#);
    insta::assert_snapshot!(refused("snapshot=1").await, @"snapshot: has to be true or false");
    insta::assert_snapshot!(refused("label=web").await, @"label: there is no state to keep it with");
    insta::assert_snapshot!(refused("state=online&label=").await, @"label: has to have from 1 to 32 characters");
    insta::assert_snapshot!(refused("last_event_id=p1").await, @"last_event_id: is not an id that this server gave out");
    insta::assert_snapshot!(refused("snapshot=true&snapshot=true").await, @"snapshot: is there twice");
    insta::assert_snapshot!(refused("rooms=!lobby:example.com").await, @"rooms: there is no such parameter");
    let many: Vec<String> = (0..1_001).map(|number| format!("@{number}:a")).collect();
    insta::assert_snapshot!(refused(&format!("users={}", many.join(","))).await, @"users: at most 1000 in one stream");
    for id in ["p1", "-1", "1 2", "18446744073709551616", "\u{e9}"] {
        let call = server.call(Method::GET, PATH).token("demo-alice").header("last-event-id", id);
        let answer = call.send().await;
        assert_eq!(answer.status, 400, "{id}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer.json()["detail"].as_str().expect("text"), @"Last-Event-ID: is not an id that this server gave out");
        }
    }
    assert_eq!(server.app.service.watchers(), 0);
    // An empty id is none, as the standard has it.
    resume(&server, "demo-alice", "").await;
}

async fn token(server: &TestServer, user: &str, body: Value) -> (String, String) {
    let issued = server.admin(Method::POST, &format!("/users/{user}/tokens"), Some(body)).await.json();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    (text(&issued["token"]), text(&issued["info"]["tokenId"]))
}

#[tokio::test]
async fn scopes() {
    let server = TestServer::start().await;
    let status = async |token: &str, query: &str| {
        let call = server.call(Method::GET, format!("{PATH}?{query}")).token(token);
        call.send().await.status.as_u16()
    };
    let (reader, _) = token(&server, ALICE, json!({"deviceId": "D", "scopes": ["read"]})).await;
    let (writer, _) = token(&server, ALICE, json!({"deviceId": "D", "scopes": ["write"]})).await;
    let (guest, _) = token(&server, ALICE, json!({"deviceId": "D", "guest": true})).await;
    assert_eq!(status(&reader, "state=online").await, 403);
    assert_eq!(status(&writer, "").await, 403);
    assert_eq!(status(&guest, "").await, 403);
    assert_eq!(status("demo-admin", "state=online").await, 403);
    assert_eq!(server.app.service.watchers(), 0);
    open(&server, &reader, "").await;
}

#[tokio::test]
async fn a_stream_can_speak_for_its_device() {
    let server = TestServer::start().await;
    let mut stream = open(&server, "demo-bob", "state=unavailable").await;
    assert_eq!(stream.told().await, told(BOB, "unavailable"));
    server.advance(minutes(60)).await;
    assert_eq!(server.presence("demo-alice", BOB).await.json()["presence"], "unavailable");
    drop(stream);
    server.watched_by(0).await;
    // That the connection ended is noted by a task of its own.
    while !server.app.service.has_reminders() {
        tokio::task::yield_now().await;
    }
    server.advance(seconds(29)).await;
    assert_eq!(server.presence("demo-alice", BOB).await.json()["presence"], "unavailable");
    server.advance(seconds(1)).await;
    assert_eq!(server.presence("demo-alice", BOB).await.json()["presence"], "offline");
}

#[tokio::test]
async fn a_dropped_stream_leaves_nothing_behind() {
    let server = TestServer::start().await;
    let streams = [
        open(&server, "demo-alice", "").await,
        open(&server, "demo-admin", "").await,
        resume(&server, "demo-bob", "1").await,
    ];
    assert_eq!(server.app.service.watchers(), 3);
    drop(streams);
    server.watched_by(0).await;
}

#[tokio::test]
async fn a_stream_ends_with_its_token() {
    let server = TestServer::start().await;
    let (text, id) = token(&server, ALICE, json!({"deviceId": "D"})).await;
    let mut stream = open(&server, &text, "").await;
    assert_eq!(server.admin(Method::DELETE, &format!("/users/{ALICE}/tokens/{id}"), None).await.status, 204);
    set(&server, BOB, "online").await;
    assert_eq!(stream.told_end().await, "revoked");
    server.watched_by(0).await;
}

#[tokio::test]
async fn a_stream_ends_when_the_server_stops() {
    let server = TestServer::start().await;
    let mut stream = open(&server, "demo-alice", "").await;
    server.app.drain();
    assert_eq!(stream.told_end().await, "stopping");
}

#[tokio::test]
async fn a_reader_who_takes_nothing_is_cut() {
    let server = TestServer::start_with(|config| {
        config.limits.stream_write_seconds = 1;
        config.limits.stream_pause_milliseconds = 0;
        config.limits.status_bytes = 100_000;
    })
    .await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    let address = server.url.trim_start_matches("http://").parse().expect("an address");
    let mut reader = socket.connect(address).await.expect("a connection");
    let head = format!("GET {PATH} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer demo-alice\r\n\r\n");
    reader.write_all(head.as_bytes()).await.expect("a request that is sent");
    server.watched_by(1).await;
    let bob: UserId = BOB.parse().expect("an id");
    let mut number = 0;
    while server.app.service.watchers() > 0 {
        let status = Status::lasting(&format!("{number}{}", "x".repeat(90_000)));
        server.app.service.update(&bob, &[Input::Status(status)]).await.expect("a change");
        number += 1;
        tokio::task::yield_now().await;
    }
    drop(reader);
}

#[tokio::test]
async fn pages_may_send_the_last_event_id() {
    let server = TestServer::start().await;
    let answer = server.call(Method::OPTIONS, PATH).header("origin", "https://app.example").send().await;
    let allowed: BTreeSet<&str> = answer.header("access-control-allow-headers").split(", ").collect();
    assert!(allowed.contains("Last-Event-ID") && allowed.contains("Authorization"), "{allowed:?}");
}

async fn refused(server: &TestServer, token: &str) -> Answer {
    server.call(Method::GET, PATH).token(token).send().await
}

#[tokio::test]
async fn open_streams_are_bounded() {
    let server = TestServer::start_with(|config| {
        config.limits.streams = 3;
        config.limits.streams_per_user = 2;
    })
    .await;
    let streams = [open(&server, "demo-alice", "").await, open(&server, "demo-alice-2", "").await];
    let too_many = refused(&server, "demo-alice").await;
    insta::assert_snapshot!(too_many.line(), @r#"429 {"type":"urn:presenced:problem:too-many-streams","title":"Too Many Requests","status":429,"detail":"the user has as many streams open as one may"}"#);
    assert_eq!(too_many.header("retry-after"), "5");
    let admin = open(&server, "demo-admin", "").await;
    let full = refused(&server, "demo-bob").await;
    insta::assert_snapshot!(full.line(), @r#"503 {"type":"urn:presenced:problem:too-many-streams","title":"Service Unavailable","status":503,"detail":"the server has as many streams open as it may"}"#);
    assert_eq!(full.header("retry-after"), "5");
    assert_eq!(server.app.service.watchers(), 3, "a refusal leaves nothing behind");
    drop((streams, admin));
    server.watched_by(0).await;
    open(&server, "demo-alice", "").await;
}

#[tokio::test]
async fn new_streams_are_limited_in_rate() {
    let server = TestServer::start_with(|config| config.limits.new_streams_per_second = 2).await;
    let _streams = [open(&server, "demo-alice", "").await, open(&server, "demo-bob", "").await];
    let too_fast = refused(&server, "demo-carol").await;
    insta::assert_snapshot!(too_fast.line(), @r#"503 {"type":"urn:presenced:problem:too-many-streams","title":"Service Unavailable","status":503,"detail":"the server opens as many streams at present as it may"}"#);
    assert_eq!(too_fast.header("retry-after"), "1");
    server.advance(seconds(1)).await;
    open(&server, "demo-carol", "").await;
}

/// What a stream that names somebody begins with, and how it goes on.
mod followed {
    use super::*;

    #[tokio::test]
    async fn a_room_and_whoever_joins_it() {
        let server = TestServer::start().await;
        for user in [ALICE, BOB, CAROL] {
            set(&server, user, "online").await;
        }
        let mut room = open(&server, "demo-admin", "room=!lobby:example.com&room=!later:example.com").await;
        assert_eq!(room.snapshot().await, [told(ALICE, "online"), told(BOB, "online")]);
        set(&server, CAROL, "unavailable").await;
        set_room(&server, &[BOB, CAROL]).await;
        assert_eq!(room.told_gone().await, [ALICE], "still there, and not in the room");
        assert_eq!(room.told().await, told(CAROL, "unavailable"));
        set(&server, ALICE, "offline").await;
        let later = Some(json!({"members": [ALICE]}));
        server.admin(Method::PUT, "/rooms/!later:example.com/members", later).await;
        assert_eq!(room.told().await, told(ALICE, "offline"), "a room that was made since");
        server.admin(Method::DELETE, &format!("/users/{BOB}"), None).await;
        assert_eq!(room.told_gone().await, [BOB]);
    }

    #[tokio::test]
    async fn a_room_that_the_caller_is_not_in_is_passed_over_until_then() {
        let server = TestServer::start().await;
        set(&server, ALICE, "online").await;
        let mut stream = open(&server, "demo-carol", "room=!lobby:example.com").await;
        assert_eq!(stream.snapshot().await, []);
        set(&server, BOB, "online").await;
        set_room(&server, &[ALICE, BOB, CAROL]).await;
        let met = [stream.told().await, stream.told().await, stream.told().await];
        assert_eq!(met, [told(ALICE, "online"), told(BOB, "online"), told(CAROL, "offline")]);
        set_room(&server, &[ALICE, BOB]).await;
        assert_eq!(stream.told_gone().await, [ALICE, BOB, CAROL], "oneself is not in the room either");
    }

    #[tokio::test]
    async fn everybody_by_snapshots() {
        let server = TestServer::start().await;
        set(&server, BOB, "online").await;
        let mut stream = open(&server, "demo-alice", "snapshot=true").await;
        let first = stream.event().await;
        insta::assert_snapshot!(first.data, @r#"{"users":[{"userId":"@bob:example.com","state":"online","currentlyActive":true,"lastActiveAt":1767603600000}],"more":false}"#);
        assert!(first.id.is_some());
        set(&server, ALICE, "online").await;
        assert_eq!(stream.told().await, told(ALICE, "online"));
        let mut plain = open(&server, "demo-alice", "snapshot=false").await;
        assert_eq!(plain.told().await, told(ALICE, "online"));
    }

    #[tokio::test]
    async fn large_snapshots_come_in_parts() {
        let server = TestServer::start().await;
        let names: Vec<String> = (0..600).map(|number| format!("@u{number:03}:example.com")).collect();
        for chunk in names.chunks(300) {
            for user in chunk {
                server.admin(Method::PUT, &format!("/users/{user}"), Some(json!({}))).await;
            }
            let items: Vec<Value> =
                chunk.iter().map(|user| json!({"userId": user, "state": "online"})).collect();
            server.admin(Method::POST, "/presence/update", Some(json!({"updates": items}))).await;
        }
        let mut stream = open(&server, "demo-admin", "snapshot=true").await;
        let (mut seen, mut parts) = (BTreeSet::new(), 0);
        loop {
            let part = stream.event().await;
            assert_eq!(part.name, "snapshot");
            let users = part.data["users"].as_array().expect("users").clone();
            assert!(users.len() <= 256, "{}", users.len());
            seen.extend(users.iter().map(|user| user["userId"].as_str().expect("an id").to_owned()));
            parts += 1;
            assert_eq!(part.id.is_some(), part.data["more"] == false, "the id stands on the last alone");
            if part.data["more"] == false {
                break;
            }
        }
        assert_eq!((seen.len(), parts), (600, 3));
    }

    #[tokio::test]
    async fn going_on_tells_what_changed_and_who_is_gone() {
        let server = TestServer::start().await;
        set_room(&server, &[ALICE, BOB, CAROL]).await;
        set(&server, BOB, "online").await;
        set(&server, CAROL, "online").await;
        let mut stream = open(&server, "demo-alice", &format!("users={BOB},{CAROL}")).await;
        let seen = stream.event().await.id.expect("an id");
        drop(stream);
        set_room(&server, &[ALICE, BOB]).await;
        set(&server, BOB, "unavailable").await;
        let again = format!("users={BOB},{CAROL}&last_event_id={seen}");
        let mut stream = open(&server, "demo-alice", &again).await;
        assert_eq!(stream.told_gone().await, [CAROL]);
        let bob = stream.event().await;
        assert_eq!((bob.name.as_str(), &bob.data["state"]), ("presence", &json!("unavailable")));
        drop(stream);
        // The header of a reconnect counts more than the address, which is that of before.
        let call = server.call(Method::GET, format!("{PATH}?{again}")).token("demo-alice");
        let mut stream = call.header("last-event-id", bob.id.expect("an id")).open().await;
        set(&server, BOB, "online").await;
        assert_eq!(stream.told().await, told(BOB, "online"), "and nothing of before");
    }

    #[tokio::test]
    async fn whoever_hides_is_gone() {
        let server = TestServer::start().await;
        set(&server, BOB, "online").await;
        let hide = async |hidden: bool| {
            let path = format!("/users/{BOB}/settings");
            server.admin(Method::PUT, &path, Some(json!({"hidden": hidden}))).await;
        };
        let mut named = open(&server, "demo-alice", &format!("users={BOB}")).await;
        let mut everybody = open(&server, "demo-alice", "").await;
        assert_eq!(named.snapshot().await, [told(BOB, "online")]);
        assert_eq!(everybody.told().await, told(BOB, "online"));
        hide(true).await;
        assert_eq!(named.told_gone().await, [BOB]);
        assert_eq!(everybody.told_gone().await, [BOB]);
        set(&server, BOB, "unavailable").await;
        set_room(&server, &[ALICE]).await;
        set_room(&server, &[ALICE, BOB]).await;
        hide(false).await;
        assert_eq!(named.told().await, told(BOB, "unavailable"), "and nothing of what happened meanwhile");
        assert_eq!(everybody.told().await, told(BOB, "unavailable"));
    }

    #[tokio::test]
    async fn a_restart_forgets_who_left_so_it_begins_anew() {
        let store = crate::support::SharedStore::default();
        let server = TestServer::start_on(Box::new(store.clone()), |_| {}).await;
        set(&server, BOB, "online").await;
        let mut stream = open(&server, "demo-alice", "snapshot=true").await;
        let seen = stream.event().await.id.expect("an id");
        drop(stream);
        set_room(&server, &[ALICE]).await;
        server.stop().await;
        let server = TestServer::start_again(Box::new(store), |_| {}).await;
        let again = format!("snapshot=true&last_event_id={seen}");
        let mut stream = open(&server, "demo-alice", &again).await;
        stream.told_list().await;
        assert_eq!(stream.snapshot().await, [], "in place of what was known");
    }
}

/// How a token's life shows.
mod tokens {
    use super::*;

    #[tokio::test]
    async fn its_end_is_announced() {
        let server = TestServer::start().await;
        let (text, _) = token(&server, ALICE, json!({"deviceId": "D", "expiresInSeconds": 600})).await;
        let mut stream = open(&server, &text, "").await;
        server.advance(seconds(539)).await;
        set(&server, BOB, "online").await;
        assert_eq!(stream.told().await, told(BOB, "online"));
        server.advance(seconds(1)).await;
        let warning = stream.event().await;
        assert_eq!((warning.name.as_str(), warning.id.as_deref()), ("expiring", None));
        assert_eq!(warning.data, json!({"expiresAt": 1_767_604_200_000_u64}));
        server.advance(seconds(60)).await;
        assert_eq!(stream.told_end().await, "expired");
        server.watched_by(0).await;
    }

    #[tokio::test]
    async fn at_most_half_of_what_is_left() {
        let server = TestServer::start().await;
        let (text, _) = token(&server, ALICE, json!({"deviceId": "D", "expiresInSeconds": 60})).await;
        let mut stream = open(&server, &text, "").await;
        server.advance(seconds(29)).await;
        set(&server, BOB, "online").await;
        assert_eq!(stream.told().await, told(BOB, "online"));
        server.advance(seconds(1)).await;
        assert_eq!(stream.event().await.name, "expiring");
    }

    #[tokio::test]
    async fn it_takes_effect_when_the_user_is_removed_or_signs_out() {
        let server = TestServer::start().await;
        let mut removed = open(&server, "demo-carol", "").await;
        server.admin(Method::DELETE, &format!("/users/{CAROL}"), None).await;
        assert_eq!(removed.told_end().await, "revoked");
        let mut signed_out = open(&server, "demo-alice", "").await;
        server.admin(Method::DELETE, &format!("/users/{ALICE}/tokens"), None).await;
        assert_eq!(signed_out.told_end().await, "revoked");
    }
}

#[tokio::test]
async fn a_label_for_the_device() {
    let server = TestServer::start().await;
    let _stream = open(&server, "demo-bob", "state=online&label=web").await;
    let own = server.call(Method::GET, format!("/presenced/v1/users/{BOB}/presence")).token("demo-bob");
    let devices = own.send().await.json()["devices"].clone();
    assert_eq!((&devices[0]["label"], &devices[0]["connected"]), (&json!("web"), &json!(true)));
}

/// The clock says how long a client takes: one who read at last is told that it was too late.
#[tokio::test]
async fn a_slow_reader_is_told_so() {
    let server = TestServer::start_with(|config| {
        config.limits.stream_pause_milliseconds = 0;
        config.limits.status_bytes = 1_000_000;
        config.limits.body_bytes = 2_000_000;
    })
    .await;
    let mut stream = open(&server, "demo-alice", "").await;
    let bob: UserId = BOB.parse().expect("an id");
    // More than the connection holds.
    let mut number = 0;
    while !server.app.service.marks() > 0 || number < 30 {
        let status = Status::lasting(&format!("{number}{}", "x".repeat(900_000)));
        server.app.service.update(&bob, &[Input::Status(status)]).await.expect("a change");
        number += 1;
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        if number > 60 {
            break;
        }
    }
    server.advance(seconds(31)).await;
    let mut last = stream.event().await;
    while let Some(event) = stream.try_event().await {
        last = event;
    }
    assert_eq!((last.name.as_str(), &last.data), ("end", &json!({"reason": "slow"})));
}
