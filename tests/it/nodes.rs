//! Two servers over one store at the same time: whatever is done on one holds on the other, and is told there.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{
    ALICE, Answer, BOB, CAROL, SharedStore, TestServer,
    receiver::Receiver,
    seconds,
    sync::{PATIENT, news, senders, start},
};

/// Two servers as the demo runs them, with one clock.
async fn pair() -> (TestServer, TestServer) {
    let store = SharedStore::default();
    let one = TestServer::start_on(Box::new(store.clone()), |_| {}).await;
    let other = one.beside(Box::new(store)).await;
    (one, other)
}

async fn set(server: &TestServer, status: &str) {
    let body = json!({"presence": "online", "status_msg": status});
    assert_eq!(server.set_presence("demo-bob", BOB, body).await.status, 200);
}

async fn members(server: &TestServer, members: &[&str]) {
    let body = json!({ "members": members });
    let set = server.admin(Method::PUT, "/rooms/!lobby:example.com/members", Some(body)).await;
    assert_eq!(set.status, 200);
}

#[tokio::test]
async fn what_is_set_on_one_is_read_on_the_other() {
    let (one, other) = pair().await;
    set(&one, "at lunch").await;
    assert_eq!(other.presence("demo-alice", BOB).await.json()["status_msg"], "at lunch");
    set(&other, "back").await;
    assert_eq!(one.presence("demo-alice", BOB).await.json()["status_msg"], "back");
}

#[tokio::test]
async fn a_sync_on_one_is_answered_by_a_change_on_the_other() {
    let (one, other) = pair().await;
    let since = start(&one, "demo-alice").await;
    let waiting = one.open_sync("demo-alice", &since, "set_presence=offline").await;
    set(&other, "here").await;
    let answer = waiting.answer().await;
    assert_eq!(senders(&answer), [BOB]);
    // The token is good on the other server too.
    let next = answer.json()["next_batch"].as_str().expect("a token").to_owned();
    assert_eq!(news(&other, "demo-alice", &next).await, []);
    set(&one, "there").await;
    assert_eq!(news(&other, "demo-alice", &next).await.len(), 1);
}

#[tokio::test]
async fn a_stream_on_one_has_what_happens_on_the_other() {
    let (one, other) = pair().await;
    let mut stream = one.call(Method::GET, "/presenced/v1/changes").token("demo-alice").open().await;
    set(&other, "here").await;
    assert_eq!(stream.told().await, (BOB.to_owned(), "online".to_owned()));
    // A transition that no input made is told once, whichever server notices it.
    one.advance_both(&other, seconds(300)).await;
    assert_eq!(stream.told().await, (BOB.to_owned(), "unavailable".to_owned()));
    set(&one, "here again").await;
    assert_eq!(stream.told().await, (BOB.to_owned(), "online".to_owned()));
}

#[tokio::test]
async fn a_webhook_of_one_is_told_of_a_change_on_the_other() {
    let (one, other) = pair().await;
    let mut receiver = Receiver::start().await;
    let filter = "/restapi/v1.0/account/~/extension/2/presence";
    let delivery = json!({"transportType": "WebHook", "address": receiver.url});
    let wish = json!({"eventFilters": [filter], "deliveryMode": delivery});
    let made = one.call(Method::POST, "/restapi/v1.0/subscription").token("demo-alice").json(&wish).send();
    assert_eq!(made.await.status, 200);
    let own = "/restapi/v1.0/account/~/extension/~/presence";
    let busy = json!({"userStatus": "Busy"});
    other.call(Method::PUT, own).token("demo-bob").json(&busy).send().await;
    assert_eq!(receiver.told().await["body"]["userStatus"], "Busy");
}

#[tokio::test]
async fn a_token_of_one_works_on_the_other_and_ends_on_both() {
    let (one, other) = pair().await;
    let body = json!({"deviceId": "PHONE", "scopes": ["read", "write"]});
    let made = one.admin(Method::POST, &format!("/users/{ALICE}/tokens"), Some(body)).await.json();
    let (token, id) =
        (made["token"].as_str().expect("a token"), made["info"]["tokenId"].as_str().expect("an id"));
    for server in [&one, &other] {
        assert_eq!(server.presence(token, BOB).await.status, 200);
    }
    let path = format!("/users/{ALICE}/tokens/{id}");
    assert_eq!(other.admin(Method::DELETE, &path, None).await.status, 204);
    for server in [&one, &other] {
        assert_eq!(server.presence(token, BOB).await.status, 401);
    }
}

#[tokio::test]
async fn a_room_left_on_one_cuts_the_pair_on_both() {
    let (one, other) = pair().await;
    let since = start(&other, "demo-alice").await;
    members(&one, &[ALICE]).await;
    for server in [&one, &other] {
        assert_eq!(server.presence("demo-alice", BOB).await.status, 403);
        assert_eq!(server.presence("demo-bob", ALICE).await.status, 403);
    }
    set(&one, "for nobody").await;
    assert_eq!(news(&other, "demo-alice", &since).await, []);
    // And who comes back is news on both.
    let waiting = other.open_sync("demo-alice", &since, &format!("set_presence=offline&{PATIENT}")).await;
    members(&one, &[ALICE, BOB]).await;
    assert_eq!(senders(&waiting.answer().await), [BOB]);
}

/// Asks both servers for the same at once, and returns how they answered.
async fn at_once<'a>(
    servers: [&'a TestServer; 2],
    ask: impl AsyncFn(&'a TestServer, usize) -> Answer,
) -> Vec<StatusCode> {
    let asked = servers.iter().enumerate().map(|(number, server)| ask(server, number));
    let mut statuses: Vec<_> = join_all(asked).await.into_iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    statuses
}

#[tokio::test]
async fn of_two_claims_of_one_number_one_wins() {
    let (one, other) = pair().await;
    let statuses = at_once([&one, &other], async |server, number| {
        let path = format!("/users/@user{number}:example.com");
        server.admin(Method::PUT, &path, Some(json!({"number": 77}))).await
    });
    assert_eq!(statuses.await, [StatusCode::CREATED, StatusCode::CONFLICT]);
    // Without a number each gets one of their own.
    let statuses = at_once([&one, &other], async |server, number| {
        server.admin(Method::PUT, &format!("/users/@free{number}:example.com"), Some(json!({}))).await
    });
    assert_eq!(statuses.await, [StatusCode::CREATED; 2]);
    let users = one.admin(Method::GET, "/users", None).await.json();
    let users = users["users"].as_array().expect("users");
    let numbers: BTreeSet<u64> = users.iter().filter_map(|user| user["number"].as_u64()).collect();
    assert_eq!(numbers.len(), users.len());
}

#[tokio::test]
async fn of_two_claims_of_one_short_number_one_wins() {
    let (one, other) = pair().await;
    let statuses = at_once([&one, &other], async |server, number| {
        let path = format!("/users/@user{number}:example.com");
        server.admin(Method::PUT, &path, Some(json!({"account": 1, "extensionNumber": "177"}))).await
    });
    assert_eq!(statuses.await, [StatusCode::CREATED, StatusCode::CONFLICT]);
}

/// Sends a form to the token endpoint.
async fn grant(server: &TestServer, fields: &str) -> Answer {
    let call = server.call(Method::POST, "/restapi/oauth/token");
    let call = call.header("authorization", "Basic YXBwOnNlY3JldA==");
    call.header("content-type", "application/x-www-form-urlencoded").body(fields).send().await
}

#[tokio::test]
async fn a_refresh_token_spent_twice_at_once_gives_one_pair_of_tokens() {
    let (one, other) = pair().await;
    let assertion = "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=demo-alice";
    let login = grant(&one, assertion).await.json();
    let spent = login["refresh_token"].as_str().expect("a token");
    let fields = format!("grant_type=refresh_token&refresh_token={spent}");
    let answers = join_all([grant(&one, &fields), grant(&other, &fields)]).await;
    let pair = |answer: &Answer| {
        let answer = answer.json();
        json!([answer["access_token"], answer["refresh_token"]]).to_string()
    };
    let granted: BTreeSet<String> = answers.iter().filter(|answer| answer.status == 200).map(pair).collect();
    assert_eq!(granted.len(), 1, "{granted:?}");
    for server in [&one, &other] {
        let tokens = server.admin(Method::GET, &format!("/users/{ALICE}/tokens"), None).await.json();
        let tokens = tokens["tokens"].as_array().expect("tokens");
        assert_eq!(tokens.iter().filter(|token| token["refresh"] == true).count(), 1);
    }
}

#[tokio::test]
async fn connections_to_both_keep_a_device_there_until_the_last_ends() {
    let (one, other) = pair().await;
    let state =
        async |server: &TestServer| server.presence("demo-bob", ALICE).await.json()["presence"].clone();
    let open = async |server: &TestServer| {
        let path = "/presenced/v1/changes?state=online";
        let mut stream = server.call(Method::GET, path).token("demo-alice").open().await;
        stream.told().await;
        stream
    };
    let (first, second) = (open(&one).await, open(&other).await);
    drop(first);
    one.watched_by(0).await;
    one.advance_both(&other, seconds(60)).await;
    assert_eq!(state(&one).await, "online");
    drop(second);
    other.watched_by(0).await;
    one.advance_both(&other, seconds(31)).await;
    assert_eq!(state(&other).await, "offline");
}

#[tokio::test]
async fn a_user_removed_on_one_is_gone_on_both() {
    let (one, other) = pair().await;
    set(&one, "here").await;
    assert_eq!(other.admin(Method::DELETE, &format!("/users/{BOB}"), None).await.status, 204);
    for server in [&one, &other] {
        assert_eq!(server.presence("demo-alice", BOB).await.status, 403);
        assert_eq!(server.presence("demo-bob", ALICE).await.status, 401);
    }
    // Who comes back under the name begins anew.
    one.admin(Method::PUT, &format!("/users/{BOB}"), Some(json!({}))).await;
    members(&other, &[ALICE, BOB]).await;
    for server in [&one, &other] {
        let bob = server.presence("demo-alice", BOB).await.json();
        assert_eq!((&bob["presence"], bob.get("status_msg")), (&json!("offline"), None));
    }
    assert_eq!(one.presence("demo-carol", CAROL).await.status, 200);
}

#[tokio::test]
async fn a_sync_on_one_ends_with_its_token_on_the_other() {
    let (one, other) = pair().await;
    let since = start(&one, "demo-alice").await;
    let waiting = one.open_sync("demo-alice", &since, "set_presence=offline").await;
    let logout = other.call(Method::POST, "/_matrix/client/v3/logout").token("demo-alice").send().await;
    assert_eq!(logout.line(), "200 {}");
    assert_eq!(waiting.answer().await.errcode(), (401, "M_UNKNOWN_TOKEN".to_owned()));
}

#[tokio::test]
async fn a_filter_that_one_stored_is_known_to_the_other() {
    let (one, other) = pair().await;
    let filter = json!({"presence": {"not_senders": (0..9).map(|n| format!("@u{n}:example.com")).collect::<Vec<_>>()}});
    let path = format!("/_matrix/client/v3/user/{BOB}/filter");
    let stored = one.call(Method::POST, &path).token("demo-bob").json(&filter).send().await.json();
    let path = format!("{path}/{}", stored["filter_id"].as_str().expect("an id"));
    assert_eq!(other.call(Method::GET, path).token("demo-bob").send().await.json(), filter);
}
