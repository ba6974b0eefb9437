//! The end of what a token may be used for: by another configuration, by a key that is withdrawn, or where the token is
//! kept. What was opened with it ends at once, as a request with it would be refused.

use presenced::{
    config::{Config, JwtIssuer},
    demo::ADMIN_TOKEN,
    directory::{Holder, NewToken, Scope, Scopes, TokenSecret},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    NOW,
    idp::{Idp, Mood, Pair},
    issuer, key,
    subscriptions::be,
    token, trusting,
};
use crate::support::{
    ALICE, BOB, EventStream, SharedStore, TestServer,
    frames::{Came, Frames},
    minutes,
    receiver::Receiver,
    seconds,
    socket::{Received, Socket},
    sync,
};

/// Ways in which a configuration takes from an issuer's tokens that they may read, and what a request gets then.
const WAYS: [(&str, u16); 6] = [
    ("may write alone", 403),
    ("may do nothing", 403),
    ("is not trusted any more", 401),
    ("is asked for another audience", 401),
    ("signs with another key", 401),
    ("has other users", 401),
];

fn change(way: &str, config: &mut Config) {
    let as_it_is = issuer();
    config.auth.jwt = match way {
        "may write alone" => vec![JwtIssuer { scopes: vec![Scope::Write], ..as_it_is }],
        "may do nothing" => vec![JwtIssuer { scopes: Vec::new(), ..as_it_is }],
        "is not trusted any more" => Vec::new(),
        "is asked for another audience" => vec![JwtIssuer { audience: vec!["other".to_owned()], ..as_it_is }],
        "signs with another key" => {
            vec![JwtIssuer { keys: vec![key(None, "another secret of that issuer")], ..as_it_is }]
        }
        _ => vec![JwtIssuer { user: "@new.{sub}:{server}".to_owned(), create_users: true, ..as_it_is }],
    };
}

fn reload(server: &TestServer, change: impl FnOnce(&mut Config)) {
    let mut config = (*server.app.config).clone();
    change(&mut config);
    server.app.reload(&config);
}

/// A server on which nothing but an end wakes who waits.
async fn start() -> TestServer {
    TestServer::start_with(|config| {
        trusting(config);
        config.limits.stream_heartbeat_seconds = 3_600;
    })
    .await
}

/// A token that holds for an hour.
fn of_an_hour() -> String {
    token(json!({"exp": NOW + 3_600, "presenced": {"device": "WEB"}}))
}

async fn stream(server: &TestServer, token: &str, query: &str) -> EventStream {
    let watchers = server.app.service.watchers();
    let stream = server.call(Method::GET, format!("/presenced/v1/changes{query}")).token(token).open().await;
    server.watched_by(watchers + 1).await;
    stream
}

async fn state(server: &TestServer) -> Value {
    server.presence("demo-bob", ALICE).await.json()["presence"].clone()
}

#[tokio::test]
async fn a_sync_that_waits_is_answered_as_the_next() {
    for (way, status) in WAYS {
        let (server, token) = (start().await, of_an_hour());
        let since = sync::start(&server, &token).await;
        let waiting = server.open_sync(&token, &since, "set_presence=offline").await;
        reload(&server, |config| change(way, config));
        let answer = waiting.answer().await;
        assert_eq!(answer.status, status, "{way}: {}", answer.text);
        if way != "has other users" {
            // There the token is good, and of somebody else.
            assert_eq!(sync::sync(&server, &token, "").await.status, status, "{way}");
        }
    }
}

#[tokio::test]
async fn a_stream_closes() {
    for (way, _) in WAYS {
        let (server, token) = (start().await, of_an_hour());
        let mut stream = stream(&server, &token, "").await;
        reload(&server, |config| change(way, config));
        assert_eq!(stream.told_end().await, "revoked", "{way}");
        assert_eq!(stream.try_event().await, None, "{way}");
    }
}

#[tokio::test]
async fn a_socket_closes() {
    for (way, _) in WAYS {
        let (server, token) = (start().await, of_an_hour());
        let mut frames = Frames::open(&server, &token).await;
        frames.send(json!({"type": "watch", "everyone": true})).await;
        assert_eq!(frames.frame().await["type"], "snapshot");
        reload(&server, |config| change(way, config));
        assert_eq!(frames.next().await, Came::Closed(Some((4401, "revoked".to_owned()))), "{way}");
    }
}

#[tokio::test]
async fn a_socket_of_ringcentral_closes() {
    for (way, _) in WAYS {
        let (server, token) = (start().await, of_an_hour());
        let mut socket = Socket::open(&server, &token).await;
        socket.subscribe(&["/restapi/v1.0/account/~/extension/2/presence"]).await;
        reload(&server, |config| change(way, config));
        let Received::Message(meta, body) = socket.receive().await else { panic!("{way}: no reason") };
        assert_eq!(meta["type"], "Error", "{way}: {meta} {body}");
        assert_eq!(socket.receive().await, Received::Closed, "{way}");
    }
}

#[tokio::test]
async fn a_ticket_opens_nothing() {
    for (way, status) in WAYS {
        let (server, token) = (start().await, of_an_hour());
        let made = server.call(Method::POST, "/presenced/v1/tickets").token(&token).send().await.json();
        reload(&server, |config| change(way, config));
        let path = format!("/presenced/v1/changes?ticket={}", made["ticket"].as_str().expect("a ticket"));
        assert_eq!(server.call(Method::GET, path).send().await.status, status, "{way}");
    }
}

/// A webhook lives for years on tokens of minutes, but not when its issuer may not let read any more.
#[tokio::test]
async fn a_webhook_ends_with_what_its_issuer_may() {
    for way in ["may write alone", "is not trusted any more"] {
        for is_running in [true, false] {
            let store = SharedStore::default();
            let server = TestServer::start_on(Box::new(store.clone()), trusting).await;
            let mut receiver = Receiver::start().await;
            let wish = json!({"eventFilters": ["/restapi/v1.0/account/~/extension/2/presence"],
                "deliveryMode": {"transportType": "WebHook", "address": receiver.url}, "expiresIn": 604_800});
            let call = server.call(Method::POST, "/restapi/v1.0/subscription").token(&of_an_hour());
            assert_eq!(call.json(&wish).send().await.status, 200);
            // Another key is no reason.
            reload(&server, |config| change("signs with another key", config));
            be(&server, "Busy").await;
            receiver.told().await;
            let server = if is_running {
                reload(&server, |config| change(way, config));
                server
            } else {
                server.stop().await;
                let server = TestServer::start_again(Box::new(store), |config| change(way, config)).await;
                let now = server.app.service.now();
                presenced::demo::furnish(&server.app.directory, now).await.expect("all is there");
                server
            };
            let count = async || {
                let page = server.admin(Method::GET, "/subscriptions", None).await.json();
                page["subscriptions"].as_array().expect("a list").len()
            };
            while count().await > 0 {}
            be(&server, "Available").await;
            assert!(receiver.is_quiet(), "{way}");
        }
    }
}

#[tokio::test]
async fn what_is_left_goes_on() {
    let (server, token) = (start().await, of_an_hour());
    let mut reading = stream(&server, &token, "").await;
    let mut frames = Frames::open(&server, &token).await;
    let since = sync::start(&server, &token).await;
    let waiting = server.open_sync(&token, &since, "set_presence=offline").await;
    // Another audience besides, another issuer, and a limit.
    reload(&server, |config| {
        config.auth.jwt[0].audience.push("other".to_owned());
        let other = JwtIssuer { issuer: vec!["https://other.example.com".to_owned()], ..issuer() };
        config.auth.jwt.insert(0, other);
        config.limits.status_bytes = 100;
    });
    server.set_presence("demo-bob", BOB, json!({"presence": "online"})).await;
    assert_eq!(reading.told().await, (BOB.to_owned(), "online".to_owned()));
    assert_eq!(sync::senders(&waiting.answer().await), [BOB]);
    frames.send(json!({"type": "activity", "id": "1"})).await;
    assert_eq!(frames.frame().await, json!({"type": "ack", "id": "1"}));
    // What only reads goes on without the other scope.
    let (next, _) = sync::read(&sync::sync(&server, &token, "set_presence=offline").await);
    let waiting = server.open_sync(&token, &next, "set_presence=offline").await;
    reload(&server, |config| config.auth.jwt[1].scopes = vec![Scope::Read]);
    assert_eq!(frames.next().await, Came::Closed(Some((4401, "revoked".to_owned()))));
    server.set_presence("demo-bob", BOB, json!({"presence": "unavailable"})).await;
    assert!(!sync::senders(&waiting.answer().await).is_empty());
    assert_eq!(reading.told().await.0, ALICE, "she says no more on the socket");
    assert_eq!(reading.told().await, (BOB.to_owned(), "unavailable".to_owned()));
}

/// With the scope to set presence ends what a connection says of its device, within the grace.
#[tokio::test]
async fn a_device_that_may_not_speak_any_more_goes_offline() {
    let taken = |config: &mut Config| config.auth.jwt[0].scopes = vec![Scope::Read];
    for how in ["stream", "sync", "socket"] {
        let (server, token) = (start().await, of_an_hour());
        match how {
            "stream" => {
                let mut stream = stream(&server, &token, "?state=online").await;
                reload(&server, taken);
                while stream.try_event().await.is_some() {}
            }
            "sync" => {
                // She is there since the one before, and no news to herself.
                let (since, _) = sync::read(&sync::sync(&server, &token, "").await);
                let waiting = server.open_sync(&token, &since, "").await;
                reload(&server, taken);
                let answer = waiting.answer().await;
                assert_eq!((answer.status.as_u16(), &answer.json()["next_batch"]), (200, &json!(since)));
            }
            _ => {
                let mut frames = Frames::open(&server, &token).await;
                frames.send(json!({"type": "presence", "state": "online", "id": "1"})).await;
                assert_eq!(frames.frame().await["type"], "ack");
                reload(&server, taken);
                assert!(matches!(frames.next().await, Came::Closed(_)));
            }
        }
        server.advance(seconds(0)).await;
        assert_eq!(state(&server).await, "online", "{how}: the grace begins");
        server.advance(minutes(1)).await;
        assert_eq!(state(&server).await, "offline", "{how}");
    }
}

/// The same where a socket goes on with a token that may read alone.
#[tokio::test]
async fn a_socket_that_continues_with_less_says_nothing() {
    let server = start().await;
    let mut frames = Frames::open(&server, &of_an_hour()).await;
    frames.send(json!({"type": "presence", "state": "online", "id": "1"})).await;
    assert_eq!(frames.frame().await["type"], "ack");
    let less = token(json!({"exp": NOW + 3_600, "presenced": {"device": "WEB", "scopes": ["read"]}}));
    frames.send(json!({"type": "token", "token": less, "id": "2"})).await;
    assert_eq!(frames.frame().await, json!({"type": "ack", "id": "2"}));
    server.advance(seconds(0)).await;
    assert_eq!(state(&server).await, "online", "the grace begins");
    server.advance(minutes(1)).await;
    assert_eq!(state(&server).await, "offline");
}

#[tokio::test]
async fn a_key_that_is_withdrawn_takes_along_what_it_opened() {
    let pair = Pair::new("one");
    let idp = Idp::start(Mood::Keys(vec![pair.public()])).await;
    let url = idp.url.clone();
    let server = TestServer::start_with(move |config| {
        config.auth.jwt = vec![JwtIssuer { keys: Vec::new(), jwks_url: Some(url), ..issuer() }];
        config.limits.stream_heartbeat_seconds = 3_600;
    })
    .await;
    let token = pair.token(json!({"exp": NOW + 3_600}));
    let mut stream = stream(&server, &token, "").await;
    let since = sync::start(&server, &token).await;
    let waiting = server.open_sync(&token, &since, "set_presence=offline").await;
    let mut frames = Frames::open(&server, &token).await;
    // Another that comes changes nothing.
    let next = Pair::new("next");
    idp.become_so(Mood::Keys(vec![pair.public(), next.public()]));
    server.advance(minutes(10)).await;
    while server.presence(&next.token(json!({"exp": NOW + 3_600})), BOB).await.status != 200 {
        tokio::task::yield_now().await;
    }
    assert!(waiting.waits());
    idp.become_so(Mood::Keys(vec![next.public()]));
    server.advance(minutes(10)).await;
    assert_eq!(waiting.answer().await.status, 401);
    assert_eq!(stream.told_end().await, "revoked");
    assert!(matches!(frames.next().await, Came::Closed(Some((4401, _)))));
}

/// Puts a token that is kept in the place of what it was.
fn make(server: &TestServer, text: &str, holder: Holder) {
    server.app.directory.admit(&TokenSecret::from(text), NewToken { holder, expires: None });
}

#[tokio::test]
async fn a_kept_token_that_may_do_less() {
    let server = start().await;
    let of_alice = |scopes: &[Scope]| Holder::User {
        user: ALICE.parse().expect("a user id"),
        device: "DEMO".parse().expect("a device"),
        scopes: scopes.iter().copied().collect(),
        guest: false,
    };
    let since = sync::start(&server, "demo-alice").await;
    let waiting = server.open_sync("demo-alice", &since, "set_presence=offline").await;
    let mut own = stream(&server, "demo-alice", "").await;
    // Less of what nothing here needs.
    make(&server, "demo-alice", of_alice(&[Scope::Read, Scope::Write]));
    assert!(waiting.waits());
    make(&server, "demo-alice", of_alice(&[Scope::Write]));
    assert_eq!(waiting.answer().await.status, 403);
    assert_eq!(own.told_end().await, "revoked");
}

#[tokio::test]
async fn a_service_token_that_may_do_less() {
    let server = start().await;
    let body = json!({"name": "desk", "scopes": ["read", "write"]});
    let made = server.admin(Method::POST, "/app-tokens", Some(body)).await.json();
    let token = made["token"].as_str().expect("a token");
    let mut stream = stream(&server, token, "").await;
    let mut frames = Frames::open(&server, token).await;
    let mut receiver = Receiver::start().await;
    let call = server.call(Method::POST, "/presenced/v1/webhooks").token(token);
    let made = call.json(&json!({"url": receiver.url, "users": [BOB]})).send().await;
    assert_eq!(made.status, 201, "{}", made.text);
    let may = |scopes: &[Scope]| Holder::App {
        name: "desk".to_owned(),
        scopes: scopes.iter().copied().collect::<Scopes>(),
    };
    make(&server, token, may(&[Scope::Write]));
    assert_eq!(stream.told_end().await, "revoked");
    assert!(matches!(frames.next().await, Came::Closed(Some((4401, _)))));
    server.set_presence("demo-bob", BOB, json!({"presence": "online"})).await;
    while !server.push().registry.page(None, 1).items.is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(receiver.is_quiet());
}

/// The admin's may everything, until another takes its place.
#[tokio::test]
async fn the_admins_stream_ends_with_the_token() {
    let server = start().await;
    let mut stream = stream(&server, ADMIN_TOKEN, "").await;
    server.app.directory.dismiss(&TokenSecret::from(ADMIN_TOKEN));
    assert_eq!(stream.told_end().await, "revoked");
}
