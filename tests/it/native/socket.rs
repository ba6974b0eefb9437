//! The socket.

use presenced::{
    id::UserId,
    presence::{Input, Status},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::service_token;
use crate::support::{
    ALICE, BOB, CAROL, SharedStore, TestServer,
    frames::{Came, Frames},
    minutes, seconds,
};

const LOBBY: &str = "!lobby:example.com";

async fn set(server: &TestServer, user: &str, state: &str) {
    let token = format!("demo-{}", &user[1..user.find(':').expect("a user id")]);
    assert_eq!(server.set_presence(&token, user, json!({"presence": state})).await.status, 200);
}

async fn set_room(server: &TestServer, members: &[&str]) {
    let path = format!("/rooms/{LOBBY}/members");
    assert_eq!(server.admin(Method::PUT, &path, Some(json!({"members": members}))).await.status, 200);
}

async fn own(server: &TestServer, token: &str) -> Value {
    server.call(Method::GET, "/presenced/v1/users/me/presence").token(token).send().await.json()
}

async fn token(server: &TestServer, user: &str, body: Value) -> (String, String) {
    let issued = server.admin(Method::POST, &format!("/users/{user}/tokens"), Some(body)).await.json();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    (text(&issued["token"]), text(&issued["info"]["tokenId"]))
}

fn told(user: &str, state: &str) -> (String, String) {
    (user.to_owned(), state.to_owned())
}

/// Signing in.
mod signing_in {
    use super::*;

    #[tokio::test]
    async fn by_header_ticket_and_first_frame() {
        let server = TestServer::start().await;
        let mut header = Frames::connect(&server, "", Some("demo-alice")).await;
        let ready = header.frame().await;
        let expected = json!({"type": "ready", "userId": ALICE, "deviceId": "DEMO",
            "scopes": ["read", "write", "gateway"], "token": ready["token"]});
        assert_eq!(ready, expected);

        let made = server.call(Method::POST, "/presenced/v1/tickets").token("demo-bob").send().await.json();
        let query = format!("?ticket={}", made["ticket"].as_str().expect("a ticket"));
        let mut ticket = Frames::connect(&server, &query, None).await;
        assert_eq!(ticket.frame().await["userId"], BOB);
        let mut spent = Frames::connect(&server, &query, None).await;
        assert_eq!(spent.frame().await["detail"], "the ticket is unknown, was used before, or has expired");
        assert_eq!(spent.next().await, Came::Closed(Some((4401, "token".to_owned()))));

        let mut frame = Frames::connect(&server, "", None).await;
        frame.send(json!({"type": "token", "token": "demo-admin", "id": "1"})).await;
        let ready = frame.frame().await;
        assert_eq!(
            (&ready["type"], &ready["userId"]),
            (&json!("ready"), &Value::Null),
            "an admin is no user"
        );
        assert_eq!(frame.frame().await, json!({"type": "ack", "id": "1"}));
    }

    #[tokio::test]
    async fn in_its_protocol_and_without_one() {
        let server = TestServer::start().await;
        let (mut plain, taken) = Frames::connect_speaking(&server, "", Some("demo-alice"), None).await;
        assert_eq!((plain.frame().await["type"].as_str(), taken), (Some("ready"), None));
        let several = Some("other, presenced.v1");
        let (mut named, taken) = Frames::connect_speaking(&server, "", Some("demo-alice"), several).await;
        assert_eq!(
            (named.frame().await["type"].as_str(), taken.as_deref()),
            (Some("ready"), Some("presenced.v1"))
        );
    }

    #[tokio::test]
    async fn credentials_that_are_no_good_are_told_after_the_upgrade() {
        let server = TestServer::start().await;
        let (guest, _) = token(&server, ALICE, json!({"deviceId": "D", "guest": true})).await;
        for (text, status) in [("nonsense", 401), (guest.as_str(), 403)] {
            let mut header = Frames::connect(&server, "", Some(text)).await;
            assert_eq!(header.frame().await["status"], status);
            assert_eq!(header.next().await, Came::Closed(Some((4401, "token".to_owned()))));
            let mut frame = Frames::connect(&server, "", None).await;
            frame.send(json!({"type": "token", "token": text})).await;
            assert_eq!(frame.frame().await["status"], status);
            assert_eq!(frame.closed().await.0, 4401);
        }
        assert_eq!(server.app.service.watchers(), 0);
    }

    #[tokio::test]
    async fn within_ten_seconds_and_before_anything_else() {
        let server = TestServer::start().await;
        let mut silent = Frames::connect(&server, "", None).await;
        while server.app.alarms.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
        server.advance(seconds(10)).await;
        assert_eq!(silent.frame().await["status"], 401);
        assert_eq!(silent.closed().await.0, 4401);
        let mut hasty = Frames::connect(&server, "", None).await;
        hasty.send(json!({"type": "watch", "everyone": true})).await;
        assert_eq!(hasty.frame().await["status"], 401);
        assert_eq!(hasty.closed().await.0, 4401);
    }

    #[tokio::test]
    async fn what_is_no_socket() {
        let server = TestServer::start_with(|config| config.limits.new_streams_per_second = 1).await;
        let plain = server.call(Method::GET, "/presenced/v1/socket").token("demo-alice").send().await;
        insta::assert_snapshot!(plain.line(), @r#"426 {"type":"urn:presenced:problem:upgrade-required","title":"Upgrade Required","status":426,"detail":"this path takes WebSockets alone"}"#);
        let more = server.call(Method::GET, "/presenced/v1/socket?users=a").leniently().send().await;
        assert_eq!(more.status, 400);
        let upgrade = async || {
            let call = server.call(Method::GET, "/presenced/v1/socket").header("connection", "upgrade");
            let call = call.header("upgrade", "websocket").header("sec-websocket-version", "13");
            call.header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==").send_head_judged().await
        };
        let (first, second) = (upgrade().await, upgrade().await);
        assert_eq!((first.0.as_u16(), second.0.as_u16(), second.1), (101, 503, Ok(())));
    }

    #[tokio::test]
    async fn too_many() {
        let server = TestServer::start_with(|config| config.limits.streams_per_user = 1).await;
        let _open = Frames::open(&server, "demo-alice").await;
        let mut second = Frames::connect(&server, "", Some("demo-alice")).await;
        assert_eq!(second.frame().await["status"], 429);
        assert_eq!(second.closed().await, (4429, "too many".to_owned()));
        Frames::open(&server, "demo-bob").await;
    }

    #[tokio::test]
    async fn a_flood_of_frames() {
        let server = TestServer::start_with(|config| {
            config.limits.socket_frames_per_second = 2.0;
            config.limits.socket_frames_burst = 3.try_into().expect("not zero");
        })
        .await;
        let mut frames = Frames::open(&server, "demo-alice").await;
        let activity = || json!({"type": "activity"});
        for _ in 0..3 {
            frames.ask(activity()).await;
        }
        server.advance(seconds(1)).await;
        for _ in 0..2 {
            frames.ask(activity()).await;
        }
        frames.send(activity()).await;
        let error = frames.frame().await;
        assert_eq!((&error["type"], &error["status"]), (&json!("error"), &json!(429)));
        assert_eq!(frames.closed().await, (4429, "too many".to_owned()));
        Frames::open(&server, "demo-alice").await.ask(activity()).await;
    }
}

/// Whom one watches.
mod watching {
    use super::*;

    #[tokio::test]
    async fn what_is_watched_changes_at_any_time() {
        let server = TestServer::start().await;
        set(&server, BOB, "online").await;
        let mut socket = Frames::open(&server, "demo-alice").await;
        set(&server, BOB, "unavailable").await;
        assert_eq!(socket.watch(json!({"users": [BOB, CAROL]})).await, [told(BOB, "unavailable")]);
        assert_eq!(socket.watch(json!({"users": [BOB]})).await, [], "it is watched already");
        set(&server, ALICE, "online").await;
        set(&server, BOB, "online").await;
        assert_eq!(socket.told().await, [told(BOB, "online")], "and nothing of whom nobody asked for");
        let mut everybody = socket.watch(json!({"everyone": true})).await;
        everybody.sort();
        assert_eq!(everybody, [told(ALICE, "online"), told(BOB, "online")]);
        set(&server, ALICE, "unavailable").await;
        assert_eq!(socket.told().await, [told(ALICE, "unavailable")]);
        let ended = socket.ask(json!({"type": "unwatch", "everyone": true})).await;
        assert_eq!(ended, [json!({"type": "ack", "id": "ask"})]);
        set(&server, ALICE, "online").await;
        set(&server, BOB, "unavailable").await;
        assert_eq!(socket.told().await, [told(BOB, "unavailable")]);
        socket.ask(json!({"type": "unwatch", "users": [BOB, CAROL]})).await;
        set(&server, BOB, "online").await;
        assert_eq!(socket.watch(json!({"users": [ALICE]})).await, [told(ALICE, "online")]);
    }

    #[tokio::test]
    async fn rooms_and_whoever_joins_them() {
        let server = TestServer::start().await;
        set(&server, CAROL, "online").await;
        let mut socket = Frames::open(&server, "demo-alice").await;
        assert_eq!(socket.watch(json!({"rooms": [LOBBY, "!nowhere:example.com"]})).await, []);
        set_room(&server, &[ALICE, BOB, CAROL]).await;
        assert_eq!(socket.told().await, [told(CAROL, "online")]);
        set_room(&server, &[ALICE, BOB]).await;
        assert_eq!(socket.told_gone().await, [CAROL]);
        set(&server, BOB, "online").await;
        assert_eq!(socket.told().await, [told(BOB, "online")]);
        let path = format!("/users/{BOB}/settings");
        server.admin(Method::PUT, &path, Some(json!({"hidden": true}))).await;
        assert_eq!(socket.told_gone().await, [BOB]);
        server.admin(Method::PUT, &path, Some(json!({"hidden": false}))).await;
        assert_eq!(socket.told().await, [told(BOB, "online")]);
        server.admin(Method::DELETE, &format!("/users/{BOB}"), None).await;
        assert_eq!(socket.told_gone().await, [BOB]);
    }

    #[tokio::test]
    async fn going_on_tells_what_changed_since() {
        let server = TestServer::start().await;
        set_room(&server, &[ALICE, BOB, CAROL]).await;
        set(&server, BOB, "online").await;
        let mut socket = Frames::open(&server, "demo-alice").await;
        socket.watch(json!({"users": [BOB, CAROL]})).await;
        let seen = socket.token.clone();
        drop(socket);
        set_room(&server, &[ALICE, BOB]).await;
        set(&server, BOB, "unavailable").await;
        let mut socket = Frames::open(&server, "demo-alice").await;
        let frame = json!({"type": "watch", "users": [BOB, CAROL], "since": seen});
        let came = socket.ask(frame).await;
        let types: Vec<_> = came.iter().map(|frame| frame["type"].as_str().expect("a type")).collect();
        assert_eq!(types, ["gone", "presence", "ack"]);
        assert_eq!(crate::support::frames::told(&came[1]), [told(BOB, "unavailable")]);
        let seen = socket.token.clone();
        drop(socket);
        let mut socket = Frames::open(&server, "demo-alice").await;
        let came = socket.ask(json!({"type": "watch", "users": [BOB, CAROL], "since": seen})).await;
        assert_eq!(came, [json!({"type": "ack", "id": "ask"})], "nothing happened");
        let future = json!({"users": [BOB], "since": u64::MAX.to_string()});
        let mut other = Frames::open(&server, "demo-alice").await;
        assert_eq!(other.watch(future).await, [told(BOB, "unavailable")]);
    }

    #[tokio::test]
    async fn a_restart_forgets_who_left_so_it_begins_anew() {
        let store = SharedStore::default();
        let server = TestServer::start_on(Box::new(store.clone()), |_| {}).await;
        set_room(&server, &[ALICE, BOB, CAROL]).await;
        set(&server, BOB, "online").await;
        set(&server, CAROL, "online").await;
        let mut socket = Frames::open(&server, "demo-alice").await;
        socket.watch(json!({"everyone": true})).await;
        let seen = socket.token.clone();
        drop(socket);
        set_room(&server, &[ALICE, BOB]).await;
        server.stop().await;
        let server = TestServer::start_again(Box::new(store), |_| {}).await;
        let mut socket = Frames::open(&server, "demo-alice").await;
        let anew = socket.watch(json!({"everyone": true, "since": seen})).await;
        assert_eq!(anew, [told(BOB, "online")], "in place of what was known");
    }

    #[tokio::test]
    async fn large_snapshots_come_in_parts() {
        let server = TestServer::start_with(|config| config.limits.watch_entries = 1_000).await;
        let names: Vec<String> = (0..300).map(|number| format!("@u{number:03}:example.com")).collect();
        for user in &names {
            server.admin(Method::PUT, &format!("/users/{user}"), Some(json!({}))).await;
        }
        let service = service_token(&server, &["read"]).await;
        let mut socket = Frames::open(&server, &service).await;
        let came = socket.ask(json!({"type": "watch", "users": names})).await;
        let sizes: Vec<_> = came.iter().filter_map(|frame| Some(frame["users"].as_array()?.len())).collect();
        assert_eq!(sizes, [256, 44]);
        let more: Vec<String> = (0..701).map(|number| format!("@v{number}:example.com")).collect();
        let (status, why) = socket.refused(json!({"type": "watch", "users": more})).await;
        assert_eq!((status, why.as_str()), (413, "at most 1000 users and rooms may be watched"));
    }

    #[tokio::test]
    async fn bad_frames_are_told_and_the_socket_lives() {
        let server = TestServer::start().await;
        let mut socket = Frames::open(&server, "demo-alice").await;
        let many: Vec<String> = (0..1_001).map(|number| format!("@v{number}:example.com")).collect();
        let rows = [
            (
                json!({"type": "dance"}),
                400,
                "type: has to be one of watch, unwatch, presence, activity, token",
            ),
            (json!({}), 400, "type: has to be one of watch, unwatch, presence, activity, token"),
            (json!({"type": "watch"}), 400, "users, rooms or everyone has to be there"),
            (json!({"type": "watch", "user": [BOB]}), 400, "watch: unknown field `user`"),
            (json!({"type": "watch", "users": ["bob"]}), 400, "users: \"bob\": a user id starts with `@`"),
            (
                json!({"type": "watch", "rooms": ["lobby"]}),
                400,
                "rooms: \"lobby\": a room id starts with `!`",
            ),
            (json!({"type": "watch", "everyone": true, "since": "yesterday"}), 400, "since: is no token"),
            (json!({"type": "watch", "users": many}), 413, "users and rooms: at most 1000 in one frame"),
            (json!({"type": "presence"}), 400, "body: state or status has to be there"),
            (json!({"type": "presence", "state": "asleep"}), 400, "presence: unknown variant `asleep`"),
            (
                json!({"type": "presence", "status": {"text": "x".repeat(1_025)}}),
                413,
                "the status has 1025 bytes",
            ),
            (json!({"type": "activity", "deviceId": "D"}), 400, "activity: unknown field `deviceId`"),
            (
                json!({"type": "token", "token": "nonsense"}),
                401,
                "the access token is unknown or was revoked",
            ),
            (json!({"type": "token", "token": "demo-bob"}), 403, "the token is another user's"),
            (json!({"type": "token", "token": "demo-admin"}), 403, "the token is another user's"),
        ];
        for (frame, status, why) in rows {
            let refused = socket.refused(frame.clone()).await;
            assert!(refused.0 == status && refused.1.starts_with(why), "{frame}: {refused:?}");
        }
        socket.send(json!([1])).await;
        let error = socket.frame().await;
        let expected = json!({"type": "error", "status": 400, "title": "Bad Request",
            "detail": "a frame is a JSON object"});
        assert_eq!(error, expected);
        socket.send(json!({"type": "watch", "id": 7})).await;
        assert_eq!(socket.frame().await["detail"], "id: it is no text");
        assert_eq!(socket.watch(json!({"users": [BOB]})).await, [told(BOB, "offline")]);
    }
}

/// What one says.
mod saying {
    use super::*;

    #[tokio::test]
    async fn nothing_until_something_is_said_and_then_for_as_long_as_it_is_open() {
        let server = TestServer::start().await;
        let mut socket = Frames::open(&server, "demo-bob").await;
        socket.watch(json!({"everyone": true})).await;
        assert_eq!(own(&server, "demo-bob").await["state"], "offline");
        let said = json!({"type": "presence", "state": "online", "status": {"text": "hi"}, "label": "web"});
        let came = socket.ask(said).await;
        assert!(came.iter().any(|frame| frame["type"] == "ack"), "{came:?}");
        let shown = own(&server, "demo-bob").await;
        assert_eq!((&shown["state"], &shown["status"]), (&json!("online"), &json!("hi")));
        let device = json!({"deviceId": "DEMO", "label": "web", "state": "online",
            "lastActiveAt": 1_767_603_600_000_u64, "connected": true});
        assert_eq!(shown["devices"], json!([device]));
        server.advance(minutes(60)).await;
        assert_eq!(own(&server, "demo-bob").await["state"], "unavailable", "idle, and still there");
        drop(socket);
        server.watched_by(0).await;
        while own(&server, "demo-bob").await["devices"][0]["connected"] == true {
            tokio::task::yield_now().await;
        }
        server.advance(seconds(30)).await;
        let shown = own(&server, "demo-bob").await;
        assert_eq!(
            (&shown["state"], &shown["status"]),
            (&json!("offline"), &json!("hi")),
            "the status stays"
        );
    }

    /// Two browsers with the same token.
    #[tokio::test]
    async fn the_device_that_is_named_speaks() {
        let server = TestServer::start().await;
        let open = async |device: &str| {
            let ticket =
                server.call(Method::POST, "/presenced/v1/tickets").token("demo-bob").send().await.json();
            let ticket = ticket["ticket"].as_str().expect("a ticket").to_owned();
            Frames::connect(&server, &format!("?ticket={ticket}&deviceId={device}"), None).await
        };
        let (mut one, mut other) = (open("web-1").await, open("web-2").await);
        for (socket, device, state) in [(&mut one, "web-1", "busy"), (&mut other, "web-2", "unavailable")] {
            let ready = socket.frame().await;
            assert_eq!((&ready["type"], &ready["deviceId"]), (&json!("ready"), &json!(device)));
            socket.ask(json!({"type": "presence", "state": state})).await;
        }
        let devices = own(&server, "demo-bob").await["devices"].clone();
        let states: Vec<_> = devices.as_array().expect("a list").iter().map(|one| &one["state"]).collect();
        assert_eq!(states, ["busy", "unavailable"], "{devices}");
        for refused in ["deviceId=", "deviceId=a&deviceId=b"] {
            let path = format!("/presenced/v1/socket?{refused}");
            assert_eq!(server.call(Method::GET, path).leniently().send().await.status, 400, "{refused}");
        }
    }

    #[tokio::test]
    async fn activity_keeps_what_the_device_said() {
        let server = TestServer::start().await;
        let mut socket = Frames::open(&server, "demo-bob").await;
        socket.ask(json!({"type": "activity"})).await;
        assert_eq!(own(&server, "demo-bob").await["state"], "online");
        server.advance(minutes(6)).await;
        assert_eq!(own(&server, "demo-bob").await["state"], "unavailable");
        socket.ask(json!({"type": "activity"})).await;
        assert_eq!(own(&server, "demo-bob").await["state"], "online");
        socket.ask(json!({"type": "presence", "state": "busy"})).await;
        socket.ask(json!({"type": "activity"})).await;
        assert_eq!(own(&server, "demo-bob").await["state"], "busy");
        socket.ask(json!({"type": "presence", "state": "offline"})).await;
        assert_eq!(own(&server, "demo-bob").await["state"], "offline");
        socket.ask(json!({"type": "activity"})).await;
        assert_eq!(own(&server, "demo-bob").await["state"], "online");
        for _ in 0..100 {
            let came = socket.ask(json!({"type": "activity"})).await;
            assert_eq!(came, [json!({"type": "ack", "id": "ask"})], "too many have no effect");
        }
    }

    #[tokio::test]
    async fn as_often_as_by_the_other_doors() {
        let server = TestServer::start_with(|config| {
            config.limits.put_per_second = 1.0;
            config.limits.put_burst = std::num::NonZeroU32::new(2).expect("2");
        })
        .await;
        let mut socket = Frames::open(&server, "demo-bob").await;
        for state in ["busy", "online"] {
            socket.ask(json!({"type": "presence", "state": state})).await;
        }
        let (status, _) = socket.refused(json!({"type": "presence", "state": "busy"})).await;
        assert_eq!(status, 429);
        assert_eq!(own(&server, "demo-bob").await["state"], "online");
    }

    #[tokio::test]
    async fn tokens_of_no_user_and_without_the_scope_follow_alone() {
        let server = TestServer::start().await;
        let service = service_token(&server, &["read", "write"]).await;
        let (reader, _) = token(&server, ALICE, json!({"deviceId": "D", "scopes": ["read"]})).await;
        for token in [service.as_str(), "demo-admin", &reader] {
            let mut socket = Frames::open(&server, token).await;
            for frame in [json!({"type": "activity"}), json!({"type": "presence", "state": "online"})] {
                assert_eq!(socket.refused(frame).await.0, 403);
            }
            socket.watch(json!({"everyone": true})).await;
        }
        let (writer, _) = token(&server, ALICE, json!({"deviceId": "D", "scopes": ["write"]})).await;
        let mut socket = Frames::open(&server, &writer).await;
        assert_eq!(socket.refused(json!({"type": "watch", "everyone": true})).await.0, 403);
        socket.ask(json!({"type": "activity"})).await;
        assert_eq!(own(&server, "demo-alice").await["state"], "online");
    }
}

/// How it ends, and what goes on.
mod endings {
    use super::*;

    #[tokio::test]
    async fn another_token_continues_and_the_device_stays() {
        let server = TestServer::start().await;
        let (text, _) = token(&server, ALICE, json!({"deviceId": "D", "expiresInSeconds": 600})).await;
        let mut socket = Frames::open(&server, &text).await;
        socket.watch(json!({"users": [BOB]})).await;
        server.advance(seconds(540)).await;
        let warning = json!({"type": "expiring", "expiresAt": 1_767_604_200_000_u64});
        assert_eq!(socket.frame().await, warning);
        let (writer, _) = token(&server, ALICE, json!({"deviceId": "W", "scopes": ["write"]})).await;
        assert_eq!(socket.refused(json!({"type": "token", "token": writer})).await.0, 403);
        socket.ask(json!({"type": "token", "token": "demo-alice"})).await;
        server.advance(seconds(60)).await;
        socket.ask(json!({"type": "presence", "state": "online"})).await;
        let shown = own(&server, "demo-alice").await;
        assert_eq!(shown["devices"][0]["deviceId"], "D", "whatever token continues it");
        set(&server, BOB, "online").await;
        assert_eq!(socket.told().await, [told(BOB, "online")]);
    }

    #[tokio::test]
    async fn with_its_token() {
        let server = TestServer::start().await;
        let (text, id) = token(&server, ALICE, json!({"deviceId": "D"})).await;
        let mut revoked = Frames::open(&server, &text).await;
        let path = format!("/users/{ALICE}/tokens/{id}");
        server.admin(Method::DELETE, &path, None).await;
        assert_eq!(revoked.closed().await, (4401, "revoked".to_owned()));
        let (text, _) = token(&server, ALICE, json!({"deviceId": "D", "expiresInSeconds": 600})).await;
        let mut expired = Frames::open(&server, &text).await;
        server.advance(seconds(540)).await;
        assert_eq!(expired.frame().await["type"], "expiring");
        server.advance(seconds(60)).await;
        assert_eq!(expired.closed().await, (4401, "expired".to_owned()));
        server.watched_by(0).await;
    }

    #[tokio::test]
    async fn when_the_server_stops() {
        let server = TestServer::start().await;
        let mut signed_in = Frames::open(&server, "demo-alice").await;
        let mut not_yet = Frames::connect(&server, "", None).await;
        server.app.drain();
        assert_eq!(signed_in.closed().await, (1001, "stopping".to_owned()));
        assert_eq!(not_yet.closed().await, (1001, "stopping".to_owned()));
    }

    #[tokio::test]
    async fn by_what_is_no_frame() {
        let server = TestServer::start_with(|config| config.limits.bulk_body_bytes = 4_096).await;
        let rows = [
            (Message::binary(vec![1]), 1003),
            (Message::text("nonsense"), 1007),
            (Message::text("x".repeat(5_000)), 1009),
        ];
        for (message, code) in rows {
            let mut socket = Frames::open(&server, "demo-alice").await;
            socket.send_message(message).await;
            assert_eq!(socket.closed().await.0, code);
        }
        server.watched_by(0).await;
    }

    #[tokio::test]
    async fn who_does_not_answer_pings_is_gone() {
        let server = TestServer::start().await;
        let mut socket = Frames::open(&server, "demo-alice").await;
        socket.ask(json!({"type": "activity"})).await;
        // Whoever does not read sends no pong.
        server.advance(seconds(20)).await;
        while server.app.alarms.sleepers() == 0 {
            tokio::task::yield_now().await;
        }
        server.advance(seconds(10)).await;
        server.watched_by(0).await;
        assert_eq!(socket.closed_or_cut().await, None);
        let mut live = Frames::open(&server, "demo-alice").await;
        for _ in 0..3 {
            server.advance(seconds(20)).await;
            live.ask(json!({"type": "activity"})).await;
        }
        assert_eq!(live.pings, 3);
    }

    #[tokio::test]
    async fn a_slow_reader_is_told_so() {
        let server = TestServer::start_with(|config| {
            config.limits.stream_pause_milliseconds = 0;
            config.limits.status_bytes = 30_000_000;
        })
        .await;
        let mut socket = Frames::open(&server, "demo-alice").await;
        socket.watch(json!({"users": [BOB]})).await;
        let bob: UserId = BOB.parse().expect("an id");
        // More than the connection holds.
        let status = Status::lasting(&"x".repeat(12_000_000));
        server.app.service.update(&bob, &[Input::Status(status)]).await.expect("a change");
        while server.app.service.marks() > 0 {
            tokio::task::yield_now().await;
        }
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        server.advance(seconds(31)).await;
        assert_eq!(socket.closed().await, (4408, "slow".to_owned()));
    }
}
