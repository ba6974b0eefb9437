//! `/sync`: who is told what, when, and how often.

use std::{num::NonZeroU32, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    ALICE, BOB, CAROL, TestServer, minutes, seconds,
    sync::{PATIENT, read, senders, sync},
};

async fn set(server: &TestServer, token: &str, body: Value) {
    let user = if token.starts_with("demo-alice") { ALICE } else { BOB };
    assert_eq!(server.set_presence(token, user, body).await.status, 200);
}

#[tokio::test]
async fn the_measured_sequence() {
    let server = TestServer::start().await;
    let first = sync(&server, "demo-alice", "").await;
    let (start, told) = read(&first);
    let own = json!({"presence": "online", "last_active_ago": 0, "currently_active": true});
    assert_eq!(told, [(ALICE.to_owned(), own)], "one's own, and not the offline bob's");

    let nothing = sync(&server, "demo-alice", &format!("since={start}")).await;
    assert_eq!(nothing.json(), json!({"next_batch": start}));

    set(&server, "demo-bob", json!({"presence": "unavailable", "status_msg": "brb"})).await;
    let brb = sync(&server, "demo-alice", &format!("since={start}")).await;
    let (second, told) = read(&brb);
    assert_eq!(told, [(BOB.to_owned(), json!({"presence": "unavailable", "status_msg": "brb"}))]);
    assert_ne!(second, start);
    let again = sync(&server, "demo-alice", &format!("since={start}")).await;
    assert_eq!(read(&again).1, told, "a token can be used again");

    let nothing = sync(&server, "demo-alice", &format!("since={second}")).await;
    assert_eq!(nothing.json(), json!({"next_batch": second}));

    let full = sync(&server, "demo-alice", &format!("since={second}&full_state=true")).await;
    assert_eq!(senders(&full), [ALICE, BOB]);

    set(&server, "demo-bob", json!({"presence": "offline"})).await;
    let gone = sync(&server, "demo-alice", &format!("since={second}")).await;
    assert_eq!(read(&gone).1, [(BOB.to_owned(), json!({"presence": "offline"}))]);
    assert_eq!(senders(&sync(&server, "demo-alice", "").await), [ALICE], "offline shows incrementally alone");
}

#[tokio::test]
async fn both_prefixes_and_no_others() {
    let server = TestServer::start().await;
    for (prefix, status) in [("v3", 200), ("r0", 200), ("unstable", 404), ("api/v1", 404)] {
        let path = format!("/_matrix/client/{prefix}/sync");
        assert_eq!(
            server.call(Method::GET, path).token("demo-alice").send().await.status,
            status,
            "{prefix}"
        );
    }
}

#[tokio::test]
async fn a_change_ends_the_wait() {
    let server = TestServer::start().await;
    let (start, _) = read(&sync(&server, "demo-alice", "").await);
    let query = format!("since={start}&{PATIENT}");
    let waiting = sync(&server, "demo-alice", &query);
    let change = async {
        server.watched_by(1).await;
        set(&server, "demo-bob", json!({"presence": "online"})).await;
    };
    let (woken, ()) = tokio::join!(waiting, change);
    assert_eq!(senders(&woken), [BOB]);
    assert_eq!(server.app.service.watchers(), 0, "an ended wait leaves nothing behind");
}

#[tokio::test]
async fn a_wait_without_news_keeps_the_token() {
    let server = TestServer::start().await;
    let (start, _) = read(&sync(&server, "demo-alice", "").await);
    // Carol shares no room with alice, so alice's wait is none the wiser.
    let query = format!("since={start}&timeout=50");
    let waiting = sync(&server, "demo-alice", &query);
    let change = server.set_presence("demo-carol", CAROL, json!({"presence": "online"}));
    let (waited, _) = tokio::join!(waiting, change);
    assert_eq!(waited.json(), json!({"next_batch": start}));
}

#[tokio::test]
async fn a_connection_counts_while_it_lasts() {
    let server = TestServer::start().await;
    let (start, _) = read(&sync(&server, "demo-alice", "set_presence=unavailable").await);
    assert_eq!(server.presence("demo-bob", ALICE).await.json()["presence"], "unavailable");
    server.advance(seconds(29)).await;
    let query = format!("since={start}&set_presence=offline");
    sync(&server, "demo-alice", &query).await;
    server.advance(seconds(1)).await;
    assert_eq!(server.presence("demo-bob", ALICE).await.json()["presence"], "offline");
}

#[tokio::test]
async fn a_dropped_connection_starts_the_grace() {
    let server = TestServer::start().await;
    let (start, _) = read(&sync(&server, "demo-bob", "set_presence=unavailable").await);
    let query = format!("since={start}&set_presence=unavailable&{PATIENT}");
    {
        let waiting = sync(&server, "demo-bob", &query);
        let lasts = async {
            server.watched_by(1).await;
            server.advance(minutes(60)).await;
            assert_eq!(server.presence("demo-alice", BOB).await.json()["presence"], "unavailable");
        };
        tokio::select! {
            biased;
            () = lasts => {}
            _ = waiting => panic!("it should still wait"),
        }
    }
    server.watched_by(0).await;
    // That the connection ended is noted by a task of its own.
    while !server.app.service.has_reminders() {
        tokio::task::yield_now().await;
    }
    server.advance(seconds(30)).await;
    assert_eq!(server.presence("demo-alice", BOB).await.json()["presence"], "offline");
}

#[tokio::test]
async fn transitions_are_told_without_an_input() {
    let server = TestServer::start().await;
    set(&server, "demo-bob", json!({"presence": "online"})).await;
    let (mut token, _) = read(&sync(&server, "demo-alice", "set_presence=offline").await);
    let expected = [
        (seconds(60), json!({"presence": "online", "last_active_ago": 60_000, "currently_active": false})),
        (minutes(4), json!({"presence": "unavailable", "last_active_ago": 300_000})),
        (minutes(10), json!({"presence": "offline", "last_active_ago": 900_000})),
    ];
    for (wait, content) in expected {
        server.advance(wait - Duration::from_millis(1)).await;
        let early = sync(&server, "demo-alice", &format!("since={token}&set_presence=offline")).await;
        assert_eq!(early.json(), json!({"next_batch": token}), "not before its time");
        server.advance(Duration::from_millis(1)).await;
        let told = sync(&server, "demo-alice", &format!("since={token}&set_presence=offline")).await;
        let (next, events) = read(&told);
        assert_eq!(events, [(BOB.to_owned(), content)]);
        token = next;
    }
}

#[tokio::test]
async fn activity_inside_the_window_is_no_news() {
    let server = TestServer::start().await;
    set(&server, "demo-bob", json!({"presence": "online", "status_msg": "here"})).await;
    let (token, _) = read(&sync(&server, "demo-alice", "set_presence=offline").await);
    for _ in 0..10 {
        server.advance(seconds(50)).await;
        set(&server, "demo-bob", json!({"presence": "online", "status_msg": "here"})).await;
    }
    let nothing = sync(&server, "demo-alice", &format!("since={token}&set_presence=offline")).await;
    assert_eq!(nothing.json(), json!({"next_batch": token}));
}

#[tokio::test]
async fn a_late_reminder_loses_nothing() {
    let server = TestServer::start().await;
    set(&server, "demo-bob", json!({"presence": "online"})).await;
    let (token, _) = read(&sync(&server, "demo-alice", "set_presence=offline").await);
    // Bob idles, and before anybody is told of it another device of his says the same.
    server.advance_untold(minutes(6));
    set(&server, "demo-bob-2", json!({"presence": "unavailable"})).await;
    let told = sync(&server, "demo-alice", &format!("since={token}&set_presence=offline")).await;
    assert_eq!(read(&told).1[0].1["presence"], "unavailable");
}

#[tokio::test]
async fn who_joins_is_seen_once_by_both() {
    let server = TestServer::start().await;
    let (alice, _) = read(&sync(&server, "demo-alice", "set_presence=offline").await);
    let (carol, _) = read(&sync(&server, "demo-carol", "set_presence=offline").await);
    set(&server, "demo-bob", json!({"presence": "online"})).await;
    let (alice, _) = read(&sync(&server, "demo-alice", &format!("since={alice}&set_presence=offline")).await);
    let members = json!({"members": [ALICE, BOB, CAROL]});
    server.admin(Method::PUT, "/rooms/!lobby:example.com/members", Some(members)).await;

    let joiner = sync(&server, "demo-carol", &format!("since={carol}&set_presence=offline")).await;
    let (carol, told) = read(&joiner);
    assert_eq!(told.iter().map(|(sender, _)| sender).collect::<Vec<_>>(), [ALICE, BOB]);
    assert_eq!(told[0].1, json!({"presence": "offline"}), "even who never was online");
    assert_eq!(told[1].1["presence"], "online");
    let member = sync(&server, "demo-alice", &format!("since={alice}&set_presence=offline")).await;
    let (alice, told) = read(&member);
    assert_eq!(told, [(CAROL.to_owned(), json!({"presence": "offline"}))]);
    for (token, since) in [("demo-carol", carol), ("demo-alice", alice)] {
        let next = sync(&server, token, &format!("since={since}&set_presence=offline")).await;
        assert_eq!(next.json(), json!({"next_batch": since}));
    }
}

#[tokio::test]
async fn a_join_ends_the_wait() {
    let server = TestServer::start().await;
    let (start, _) = read(&sync(&server, "demo-carol", "").await);
    let query = format!("since={start}&{PATIENT}");
    let waiting = sync(&server, "demo-carol", &query);
    let join = async {
        server.watched_by(1).await;
        let members = json!({"members": [ALICE, CAROL]});
        server.admin(Method::PUT, "/rooms/!pair:example.com/members", Some(members)).await;
    };
    let (woken, ()) = tokio::join!(waiting, join);
    assert_eq!(senders(&woken), [ALICE]);
}

#[tokio::test]
async fn leaving_cuts_the_pair_at_once() {
    let server = TestServer::start().await;
    let (start, _) = read(&sync(&server, "demo-alice", "set_presence=offline").await);
    set(&server, "demo-bob", json!({"presence": "online"})).await;
    let members = json!({"members": [ALICE]});
    server.admin(Method::PUT, "/rooms/!lobby:example.com/members", Some(members)).await;
    let after = sync(&server, "demo-alice", &format!("since={start}&set_presence=offline")).await;
    assert_eq!(after.json(), json!({"next_batch": start}));
}

#[tokio::test]
async fn hidden_and_invisible_users_are_not_told_of() {
    let server = TestServer::start().await;
    set(&server, "demo-bob", json!({"presence": "online"})).await;
    let (start, _) = read(&sync(&server, "demo-alice", "set_presence=offline").await);
    let settings = "/users/@bob:example.com/settings";
    server.admin(Method::PUT, settings, Some(json!({"hidden": true}))).await;
    let hidden = sync(&server, "demo-alice", &format!("since={start}&set_presence=offline")).await;
    assert_eq!(hidden.json(), json!({"next_batch": start}));
    server.admin(Method::PUT, settings, Some(json!({"override": "invisible"}))).await;
    let (next, told) =
        read(&sync(&server, "demo-alice", &format!("since={start}&set_presence=offline")).await);
    assert_eq!(told[0].1["presence"], "offline");
    set(&server, "demo-bob", json!({"presence": "unavailable"})).await;
    let own = sync(&server, "demo-bob", "set_presence=offline").await;
    assert_eq!(read(&own).1[0].1["presence"], "unavailable", "the truth to oneself");
    let others = sync(&server, "demo-alice", &format!("since={next}&set_presence=offline")).await;
    assert!(read(&others).1.iter().all(|(_, content)| content["presence"] == "offline"));
}

#[tokio::test]
async fn filters() {
    let server = TestServer::start().await;
    set(&server, "demo-bob", json!({"presence": "online"})).await;
    let rows = [
        (json!({}), vec![ALICE, BOB]),
        (json!({"presence": {}}), vec![ALICE, BOB]),
        (json!({"presence": {"types": []}}), vec![]),
        (json!({"presence": {"types": ["m.presence"]}}), vec![ALICE, BOB]),
        (json!({"presence": {"types": ["m.*"]}}), vec![ALICE, BOB]),
        (json!({"presence": {"types": ["*"]}}), vec![ALICE, BOB]),
        (json!({"presence": {"types": ["m.typing", "m.p*e*e"]}}), vec![ALICE, BOB]),
        (json!({"presence": {"types": ["m.typing"]}}), vec![]),
        (json!({"presence": {"not_types": ["m.presence"]}}), vec![]),
        (json!({"presence": {"not_types": ["*"]}}), vec![]),
        (json!({"presence": {"not_types": ["*x"]}}), vec![ALICE, BOB]),
        (json!({"presence": {"senders": []}}), vec![]),
        (json!({"presence": {"senders": [BOB]}}), vec![BOB]),
        (json!({"presence": {"not_senders": [BOB]}}), vec![ALICE]),
        (json!({"presence": {"senders": [BOB], "not_senders": [BOB]}}), vec![]),
        (json!({"presence": {"types": ["*"], "not_types": ["m.presence"]}}), vec![]),
        (json!({"presence": {"limit": 1}}), vec![ALICE, BOB]),
    ];
    for (filter, expected) in rows {
        let inline: String = form_urlencoded::byte_serialize(filter.to_string().as_bytes()).collect();
        assert_eq!(
            senders(&sync(&server, "demo-alice", &format!("filter={inline}")).await),
            expected,
            "{filter}"
        );
        let path = format!("/_matrix/client/v3/user/{ALICE}/filter");
        let stored = server.call(Method::POST, &path).token("demo-alice").json(&filter).send().await.json();
        let id = stored["filter_id"].as_str().expect("an id").to_owned();
        assert_eq!(
            senders(&sync(&server, "demo-alice", &format!("filter={id}")).await),
            expected,
            "{filter}"
        );
        let kept = server.call(Method::GET, format!("{path}/{id}")).token("demo-alice").send().await;
        assert_eq!(kept.json(), filter);
    }
}

#[tokio::test]
async fn what_a_filter_drops_does_not_end_the_wait() {
    let server = TestServer::start().await;
    let (start, _) = read(&sync(&server, "demo-alice", "set_presence=offline").await);
    for filter in [
        "%7B%22presence%22:%7B%22not_types%22:%5B%22m.presence%22%5D%7D%7D",
        "%7B%22presence%22:%7B%22not_senders%22:%5B%22@bob:example.com%22%5D%7D%7D",
    ] {
        let query = format!("since={start}&timeout=50&set_presence=offline&filter={filter}");
        let waiting = sync(&server, "demo-alice", &query);
        let change = set(&server, "demo-bob", json!({"presence": "online"}));
        let (waited, ()) = tokio::join!(waiting, change);
        assert_eq!(waited.json(), json!({"next_batch": start}));
    }
}

#[tokio::test]
async fn parameters_that_are_refused() {
    let server = TestServer::start().await;
    let rows = [
        ("since=", "M_INVALID_PARAM"),
        ("since=nonsense", "M_INVALID_PARAM"),
        ("since=p", "M_INVALID_PARAM"),
        ("since=p-1", "M_INVALID_PARAM"),
        ("since=p99999999999999999999999", "M_INVALID_PARAM"),
        ("timeout=soon", "M_INVALID_PARAM"),
        ("timeout=-1", "M_INVALID_PARAM"),
        ("timeout=1.5", "M_INVALID_PARAM"),
        ("full_state=maybe", "M_INVALID_PARAM"),
        ("set_presence=away", "M_INVALID_PARAM"),
        ("set_presence=busy", "M_INVALID_PARAM"),
        ("set_presence=org.matrix.msc3026.busy", "M_INVALID_PARAM"),
        ("filter=unknown", "M_INVALID_PARAM"),
        ("filter=%7B", "M_NOT_JSON"),
        ("filter=%7B%22presence%22:1%7D", "M_BAD_JSON"),
        ("filter=%7B%22presence%22:%7B%22types%22:1%7D%7D", "M_BAD_JSON"),
        ("filter=%7B%22presence%22:%7B%22senders%22:%5B1%5D%7D%7D", "M_BAD_JSON"),
        ("filter=%7B%22presence%22:%7B%22limit%22:%2210%22%7D%7D", "M_BAD_JSON"),
    ];
    for (query, errcode) in rows {
        let answer = sync(&server, "demo-alice", query).await;
        assert_eq!(answer.errcode(), (400, errcode.to_owned()), "{query}");
    }
    assert_eq!(sync(&server, "nonsense", "").await.errcode(), (401, "M_UNKNOWN_TOKEN".to_owned()));
    assert_eq!(server.presence("demo-bob", ALICE).await.line(), r#"200 {"presence":"offline"}"#);
}

#[tokio::test]
async fn a_token_of_another_server_counts_as_none() {
    let server = TestServer::start().await;
    let answer = sync(&server, "demo-alice", &format!("since=p9999999999999999999&{PATIENT}")).await;
    assert_eq!(senders(&answer), [ALICE], "at once, as without a token");
}

#[tokio::test]
async fn a_token_of_long_ago_misses_nothing() {
    let server = TestServer::start().await;
    let (start, _) = read(&sync(&server, "demo-alice", "set_presence=offline").await);
    for number in 0..1_100 {
        set(&server, "demo-bob", json!({"presence": "online", "status_msg": number.to_string()})).await;
    }
    set(&server, "demo-alice", json!({"presence": "online"})).await;
    let (_, told) = read(&sync(&server, "demo-alice", &format!("since={start}&set_presence=offline")).await);
    assert_eq!(told.len(), 2, "each user once");
    assert_eq!(told[1].1["status_msg"], "1099");
}

#[tokio::test]
async fn guests_and_readers_may_follow() {
    let server = TestServer::start().await;
    let issue = async |request| {
        let issued = server.admin(Method::POST, "/users/@bob:example.com/tokens", Some(request)).await.json();
        issued["token"].as_str().expect("a token").to_owned()
    };
    let guest = issue(json!({"deviceId": "G", "guest": true})).await;
    assert_eq!(senders(&sync(&server, &guest, "").await), [BOB]);
    server.advance(minutes(1)).await;
    let reader = issue(json!({"deviceId": "R", "scopes": ["read"]})).await;
    assert_eq!(sync(&server, &reader, "").await.status, 200);
    assert_eq!(server.presence("demo-alice", BOB).await.json()["presence"], "offline", "it may not write");
    let writer = issue(json!({"deviceId": "W", "scopes": ["write"]})).await;
    assert_eq!(sync(&server, &writer, "").await.errcode(), (403, "M_FORBIDDEN".to_owned()));
}

#[tokio::test]
async fn a_server_that_stops_ends_the_wait() {
    let server = TestServer::start().await;
    let (start, _) = read(&sync(&server, "demo-alice", "").await);
    let query = format!("since={start}&{PATIENT}");
    let waiting = sync(&server, "demo-alice", &query);
    let stop = async {
        server.watched_by(1).await;
        server.app.drain();
    };
    let (ended, ()) = tokio::join!(waiting, stop);
    assert_eq!(ended.json(), json!({"next_batch": start}));
}

#[tokio::test]
async fn presence_said_too_often_is_ignored() {
    let server = TestServer::start_with(|config| {
        config.limits.sync_presence_per_second = 0.1;
        config.limits.sync_presence_burst = NonZeroU32::MIN;
        config.limits.put_per_second = 0.1;
        config.limits.put_burst = NonZeroU32::MIN;
    })
    .await;
    let shown = async || server.presence("demo-bob", ALICE).await.json()["presence"].clone();
    // What says nothing of presence takes nothing from the bucket.
    sync(&server, "demo-alice", "set_presence=offline").await;
    sync(&server, "demo-alice", "set_presence=unavailable").await;
    assert_eq!(shown().await, "unavailable");
    let ignored = sync(&server, "demo-alice-2", "set_presence=online").await;
    assert_eq!((ignored.status.as_u16(), senders(&ignored)), (200, vec![ALICE.to_owned()]));
    assert_eq!(shown().await, "unavailable", "one bucket for all devices");
    sync(&server, "demo-bob", "set_presence=online").await;
    assert_eq!(server.presence("demo-alice", BOB).await.json()["presence"], "online", "another for bob");
    set(&server, "demo-alice", json!({"presence": "online"})).await;
    assert_eq!(shown().await, "online", "and another for PUT");
    set(&server, "demo-bob", json!({"presence": "offline"})).await;
    server.advance(seconds(10)).await;
    sync(&server, "demo-alice", "set_presence=unavailable").await;
    assert_eq!(shown().await, "unavailable");
}

#[tokio::test]
async fn waiting_requests_are_bounded() {
    let server = TestServer::start_with(|config| config.limits.streams_per_user = 1).await;
    let (start, _) = read(&sync(&server, "demo-alice", "set_presence=offline").await);
    let query = format!("since={start}&set_presence=offline&{PATIENT}");
    let waiting = sync(&server, "demo-alice", &query);
    let another = async {
        server.watched_by(1).await;
        let too_many = sync(&server, "demo-alice-2", "set_presence=online").await;
        insta::assert_snapshot!(too_many.line(), @r#"429 {"errcode":"M_LIMIT_EXCEEDED","error":"the user has as many streams open as one may","retry_after_ms":5000}"#);
        assert_eq!(too_many.header("retry-after"), "5");
        set(&server, "demo-bob", json!({"presence": "online"})).await;
    };
    let (woken, ()) = tokio::join!(waiting, another);
    assert_eq!(senders(&woken), [BOB], "and nothing of the refused request");
    assert_eq!(sync(&server, "demo-alice", "").await.status, 200);
}
