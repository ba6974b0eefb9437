//! Two servers over one store at the same time: whatever is done on one holds on the other, and is told there.

use std::{
    any::Any,
    collections::BTreeSet,
    sync::{
        Arc, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::future::join_all;
use presenced::{
    clock::ManualClock,
    id::NodeId,
    store::{RedisStore, redis::Settings},
};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{
    ALICE, Answer, BOB, CAROL, START, SharedStore, TestServer,
    engine::{RedisCluster, RedisServer, settings, store_on},
    frames::Frames,
    receiver::Receiver,
    seconds,
    socket::{Socket, socket_token},
    sync::{PATIENT, news, senders, start},
};

/// Two servers as the demo runs them, with one clock, over one store.
struct Pair {
    one: TestServer,
    other: TestServer,
    /// The servers' stores, where they are on an engine, and what holds that.
    engine: Option<([RedisStore; 2], Box<dyn Any + Send + Sync>)>,
}

/// The cluster that tests which run at the same time share, each with keys of its own.
static CLUSTER: tokio::sync::Mutex<Weak<RedisCluster>> = tokio::sync::Mutex::const_new(Weak::new());

/// How many of them there were.
static PREFIXES: AtomicUsize = AtomicUsize::new(0);

impl Pair {
    async fn in_memory() -> Self {
        let store = SharedStore::default();
        let one = TestServer::start_on(Box::new(store.clone()), |_| {}).await;
        let other = one.beside(Box::new(store)).await;
        Self { one, other, engine: None }
    }

    async fn on_redis() -> Self {
        let engine = RedisServer::start().await;
        let settings = settings(vec![engine.url()]);
        Self::on_engine(settings, Box::new(engine)).await
    }

    async fn on_cluster() -> Self {
        let cluster = {
            let mut shared = CLUSTER.lock().await;
            match shared.upgrade() {
                Some(cluster) => cluster,
                None => {
                    let cluster = Arc::new(RedisCluster::start().await);
                    *shared = Arc::downgrade(&cluster);
                    cluster
                }
            }
        };
        let mut settings = settings(cluster.urls());
        settings.prefix = format!("pair{}", PREFIXES.fetch_add(1, Ordering::Relaxed));
        Self::on_engine(settings, Box::new(cluster)).await
    }

    async fn on_engine(settings: Settings, engine: Box<dyn Any + Send + Sync>) -> Self {
        let clock = Arc::new(ManualClock::at(START));
        let first = store_on(settings.clone(), clock.clone()).await;
        let second = store_on(settings, clock.clone()).await;
        let one = TestServer::start_at_time(Box::new(first.clone()), clock).await;
        let other = one.beside(Box::new(second.clone())).await;
        Self { one, other, engine: Some(([first, second], engine)) }
    }

    /// Completes when both have heard of what was done on the other one.
    async fn settle(&self) {
        if let Some((stores, _)) = &self.engine {
            join_all(stores.iter().map(RedisStore::settled)).await;
        }
    }
}

/// Each of these is so on a store in memory, and on an engine.
macro_rules! on_every_store {
    ($($name:ident),+ $(,)?) => {
        mod in_memory {
            $(
                #[tokio::test]
                async fn $name() {
                    super::$name(super::Pair::in_memory().await).await;
                }
            )+
        }

        mod on_redis {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                #[ignore = "needs redis-server, which tests/run installs"]
                async fn $name() {
                    super::$name(super::Pair::on_redis().await).await;
                }
            )+
        }

        mod on_cluster {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                #[ignore = "needs redis-server, which tests/run installs"]
                async fn $name() {
                    super::$name(super::Pair::on_cluster().await).await;
                }
            )+
        }
    };
}

on_every_store! {
    what_is_set_on_one_is_read_on_the_other,
    a_sync_on_one_is_answered_by_a_change_on_the_other,
    a_token_ahead_of_both_is_answered_with_everybody,
    a_stream_on_one_has_what_happens_on_the_other,
    a_webhook_of_one_is_told_of_a_change_on_the_other,
    a_token_of_one_works_on_the_other_and_ends_on_both,
    a_room_left_on_one_cuts_the_pair_on_both,
    of_two_claims_of_one_number_one_wins,
    of_two_claims_of_one_short_number_one_wins,
    a_refresh_token_spent_twice_at_once_gives_one_pair_of_tokens,
    connections_to_both_keep_a_device_there_until_the_last_ends,
    a_user_removed_on_one_is_gone_on_both,
    a_sync_on_one_ends_with_its_token_on_the_other,
    a_filter_that_one_stored_is_known_to_the_other,
    a_ticket_of_one_opens_one_stream_on_the_other,
    of_two_uses_of_a_ticket_at_once_one_wins,
    an_owner_has_as_many_tickets_on_both_as_on_one,
    an_authorization_code_of_one_is_exchanged_on_the_other_once,
    a_socket_token_of_one_opens_sockets_on_the_other,
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

async fn what_is_set_on_one_is_read_on_the_other(pair: Pair) {
    let (one, other) = (&pair.one, &pair.other);
    set(one, "at lunch").await;
    pair.settle().await;
    assert_eq!(other.presence("demo-alice", BOB).await.json()["status_msg"], "at lunch");
    set(other, "back").await;
    pair.settle().await;
    assert_eq!(one.presence("demo-alice", BOB).await.json()["status_msg"], "back");
}

async fn a_sync_on_one_is_answered_by_a_change_on_the_other(pair: Pair) {
    let (one, other) = (&pair.one, &pair.other);
    let since = start(one, "demo-alice").await;
    let waiting = one.open_sync("demo-alice", &since, "set_presence=offline").await;
    set(other, "here").await;
    let answer = waiting.answer().await;
    assert_eq!(senders(&answer), [BOB]);
    // The token is good on the other server too, at once.
    let next = answer.json()["next_batch"].as_str().expect("a token").to_owned();
    assert_eq!(news(other, "demo-alice", &next).await, []);
    set(one, "there").await;
    pair.settle().await;
    assert_eq!(news(other, "demo-alice", &next).await.len(), 1);
}

async fn a_token_ahead_of_both_is_answered_with_everybody(pair: Pair) {
    let (one, other) = (&pair.one, &pair.other);
    set(one, "here").await;
    pair.settle().await;
    let token = start(other, "demo-alice").await;
    let number: u64 = token.strip_prefix('p').and_then(|digits| digits.parse().ok()).expect("a number");
    // Half a second: another server might have given it.
    let told = news(other, "demo-alice", &format!("p{}", number + 500_000)).await;
    assert!(told.iter().any(|(sender, _)| sender == BOB), "{told:?}");
}

async fn a_stream_on_one_has_what_happens_on_the_other(pair: Pair) {
    let (one, other) = (&pair.one, &pair.other);
    let mut stream = one.call(Method::GET, "/presenced/v1/changes").token("demo-alice").open().await;
    set(other, "here").await;
    assert_eq!(stream.told().await, (BOB.to_owned(), "online".to_owned()));
    // A transition that no input made is told once, whichever server notices it.
    one.advance_both(other, seconds(300)).await;
    assert_eq!(stream.told().await, (BOB.to_owned(), "unavailable".to_owned()));
    set(one, "here again").await;
    assert_eq!(stream.told().await, (BOB.to_owned(), "online".to_owned()));
}

async fn a_webhook_of_one_is_told_of_a_change_on_the_other(pair: Pair) {
    let (one, other) = (&pair.one, &pair.other);
    let mut receiver = Receiver::start().await;
    let filter = "/restapi/v1.0/account/~/extension/2/presence";
    let delivery = json!({"transportType": "WebHook", "address": receiver.url});
    let wish = json!({"eventFilters": [filter], "deliveryMode": delivery});
    let made = one.call(Method::POST, "/restapi/v1.0/subscription").token("demo-alice").json(&wish).send();
    assert_eq!(made.await.status, 200);
    pair.settle().await;
    let own = "/restapi/v1.0/account/~/extension/~/presence";
    let busy = json!({"userStatus": "Busy"});
    other.call(Method::PUT, own).token("demo-bob").json(&busy).send().await;
    assert_eq!(receiver.told().await["body"]["userStatus"], "Busy");
    // It is told once, by one of the two.
    let available = json!({"userStatus": "Available"});
    other.call(Method::PUT, own).token("demo-bob").json(&available).send().await;
    assert_eq!(receiver.told().await["body"]["userStatus"], "Available");
}

async fn a_token_of_one_works_on_the_other_and_ends_on_both(pair: Pair) {
    let (one, other) = (&pair.one, &pair.other);
    let body = json!({"deviceId": "PHONE", "scopes": ["read", "write"]});
    let made = one.admin(Method::POST, &format!("/users/{ALICE}/tokens"), Some(body)).await.json();
    let (token, id) =
        (made["token"].as_str().expect("a token"), made["info"]["tokenId"].as_str().expect("an id"));
    pair.settle().await;
    for server in [one, other] {
        assert_eq!(server.presence(token, BOB).await.status, 200);
    }
    let path = format!("/users/{ALICE}/tokens/{id}");
    assert_eq!(other.admin(Method::DELETE, &path, None).await.status, 204);
    pair.settle().await;
    for server in [one, other] {
        assert_eq!(server.presence(token, BOB).await.status, 401);
    }
}

async fn a_room_left_on_one_cuts_the_pair_on_both(pair: Pair) {
    let (one, other) = (&pair.one, &pair.other);
    let since = start(other, "demo-alice").await;
    members(one, &[ALICE]).await;
    pair.settle().await;
    for server in [one, other] {
        assert_eq!(server.presence("demo-alice", BOB).await.status, 403);
        assert_eq!(server.presence("demo-bob", ALICE).await.status, 403);
    }
    set(one, "for nobody").await;
    pair.settle().await;
    assert_eq!(news(other, "demo-alice", &since).await, []);
    // And who comes back is news on both.
    let waiting = other.open_sync("demo-alice", &since, &format!("set_presence=offline&{PATIENT}")).await;
    members(one, &[ALICE, BOB]).await;
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

async fn of_two_claims_of_one_number_one_wins(pair: Pair) {
    let (one, other) = (&pair.one, &pair.other);
    let statuses = at_once([one, other], async |server, number| {
        let path = format!("/users/@user{number}:example.com");
        server.admin(Method::PUT, &path, Some(json!({"number": 77}))).await
    });
    assert_eq!(statuses.await, [StatusCode::CREATED, StatusCode::CONFLICT]);
    // Without a number each gets one of their own.
    let statuses = at_once([one, other], async |server, number| {
        server.admin(Method::PUT, &format!("/users/@free{number}:example.com"), Some(json!({}))).await
    });
    assert_eq!(statuses.await, [StatusCode::CREATED; 2]);
    pair.settle().await;
    let users = one.admin(Method::GET, "/users", None).await.json();
    let users = users["users"].as_array().expect("users");
    let numbers: BTreeSet<u64> = users.iter().filter_map(|user| user["number"].as_u64()).collect();
    assert_eq!(numbers.len(), users.len());
}

async fn of_two_claims_of_one_short_number_one_wins(pair: Pair) {
    let (one, other) = (&pair.one, &pair.other);
    let statuses = at_once([one, other], async |server, number| {
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

async fn a_refresh_token_spent_twice_at_once_gives_one_pair_of_tokens(pair: Pair) {
    let (one, other) = (&pair.one, &pair.other);
    let assertion = "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=demo-alice";
    let login = grant(one, assertion).await.json();
    let spent = login["refresh_token"].as_str().expect("a token");
    let fields = format!("grant_type=refresh_token&refresh_token={spent}");
    pair.settle().await;
    let answers = join_all([grant(one, &fields), grant(other, &fields)]).await;
    let granted_by = |answer: &Answer| {
        let answer = answer.json();
        json!([answer["access_token"], answer["refresh_token"]]).to_string()
    };
    let granted: BTreeSet<String> =
        answers.iter().filter(|answer| answer.status == 200).map(granted_by).collect();
    assert_eq!(granted.len(), 1, "{granted:?}");
    pair.settle().await;
    for server in [one, other] {
        let tokens = server.admin(Method::GET, &format!("/users/{ALICE}/tokens"), None).await.json();
        let tokens = tokens["tokens"].as_array().expect("tokens");
        assert_eq!(tokens.iter().filter(|token| token["refresh"] == true).count(), 1);
    }
}

async fn connections_to_both_keep_a_device_there_until_the_last_ends(pair: Pair) {
    let (one, other) = (&pair.one, &pair.other);
    let state =
        async |server: &TestServer| server.presence("demo-bob", ALICE).await.json()["presence"].clone();
    let open = async |server: &TestServer| {
        let path = "/presenced/v1/changes?state=online";
        let mut stream = server.call(Method::GET, path).token("demo-alice").open().await;
        stream.told().await;
        stream
    };
    let (first, second) = (open(one).await, open(other).await);
    drop(first);
    one.watched_by(0).await;
    pair.settle().await;
    one.advance_both(other, seconds(60)).await;
    pair.settle().await;
    assert_eq!(state(one).await, "online");
    drop(second);
    other.watched_by(0).await;
    pair.settle().await;
    one.advance_both(other, seconds(31)).await;
    pair.settle().await;
    assert_eq!(state(other).await, "offline");
}

async fn a_user_removed_on_one_is_gone_on_both(pair: Pair) {
    let (one, other) = (&pair.one, &pair.other);
    set(one, "here").await;
    assert_eq!(other.admin(Method::DELETE, &format!("/users/{BOB}"), None).await.status, 204);
    pair.settle().await;
    for server in [one, other] {
        assert_eq!(server.presence("demo-alice", BOB).await.status, 403);
        assert_eq!(server.presence("demo-bob", ALICE).await.status, 401);
    }
    // Who comes back under the name begins anew.
    one.admin(Method::PUT, &format!("/users/{BOB}"), Some(json!({}))).await;
    pair.settle().await;
    members(other, &[ALICE, BOB]).await;
    pair.settle().await;
    for server in [one, other] {
        let bob = server.presence("demo-alice", BOB).await.json();
        assert_eq!((&bob["presence"], bob.get("status_msg")), (&json!("offline"), None));
    }
    assert_eq!(one.presence("demo-carol", CAROL).await.status, 200);
}

async fn a_sync_on_one_ends_with_its_token_on_the_other(pair: Pair) {
    let (one, other) = (&pair.one, &pair.other);
    let since = start(one, "demo-alice").await;
    let waiting = one.open_sync("demo-alice", &since, "set_presence=offline").await;
    let logout = other.call(Method::POST, "/_matrix/client/v3/logout").token("demo-alice").send().await;
    assert_eq!(logout.line(), "200 {}");
    assert_eq!(waiting.answer().await.errcode(), (401, "M_UNKNOWN_TOKEN".to_owned()));
}

async fn a_filter_that_one_stored_is_known_to_the_other(pair: Pair) {
    let (one, other) = (&pair.one, &pair.other);
    let filter = json!({"presence": {"not_senders": (0..9).map(|n| format!("@u{n}:example.com")).collect::<Vec<_>>()}});
    let path = format!("/_matrix/client/v3/user/{BOB}/filter");
    let stored = one.call(Method::POST, &path).token("demo-bob").json(&filter).send().await.json();
    pair.settle().await;
    let path = format!("{path}/{}", stored["filter_id"].as_str().expect("an id"));
    assert_eq!(other.call(Method::GET, path).token("demo-bob").send().await.json(), filter);
}

async fn ticket(server: &TestServer, token: &str) -> String {
    let made = server.call(Method::POST, "/presenced/v1/tickets").token(token).send().await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()["ticket"].as_str().expect("a ticket").to_owned()
}

fn following_bob(ticket: &str) -> String {
    format!("/presenced/v1/changes?users={BOB}&ticket={ticket}")
}

const NO_TICKET: &str = "the ticket is unknown, was used before, or has expired";

async fn refused(server: &TestServer, ticket: &str) {
    let answer = server.call(Method::GET, following_bob(ticket)).send().await;
    assert_eq!((answer.status.as_u16(), &answer.json()["detail"]), (401, &json!(NO_TICKET)));
}

/// No test of these waits until the other server has heard of what one issued: that one asks.
async fn a_ticket_of_one_opens_one_stream_on_the_other(pair: Pair) {
    let (one, other) = (&pair.one, &pair.other);
    let (early, late) = (ticket(one, "demo-alice").await, ticket(one, "demo-alice").await);
    let mut stream = other.call(Method::GET, following_bob(&early)).open().await;
    assert_eq!(stream.snapshot().await, [(BOB.to_owned(), "offline".to_owned())]);
    for server in [one, other] {
        refused(server, &early).await;
    }
    one.advance_both(other, seconds(60)).await;
    for server in [one, other] {
        refused(server, &late).await;
    }
}

async fn of_two_uses_of_a_ticket_at_once_one_wins(pair: Pair) {
    let (one, other) = (&pair.one, &pair.other);
    for _ in 0..8 {
        let query = format!("?ticket={}", ticket(one, "demo-alice").await);
        let opened = join_all([one, other].map(|server| Frames::connect(server, &query, None))).await;
        let firsts = join_all(opened.into_iter().map(async |mut frames| frames.frame().await)).await;
        let ready = firsts.iter().filter(|frame| frame["type"] == "ready").count();
        let refused = firsts.iter().filter(|frame| frame["detail"] == NO_TICKET).count();
        assert_eq!((ready, refused), (1, 1), "{firsts:?}");
    }
}

async fn an_owner_has_as_many_tickets_on_both_as_on_one(pair: Pair) {
    let servers = [&pair.one, &pair.other];
    let (oldest, next) = (ticket(servers[0], "demo-alice").await, ticket(servers[1], "demo-alice").await);
    for number in 0..63 {
        ticket(servers[number % 2], "demo-alice").await;
    }
    pair.settle().await;
    for server in servers {
        refused(server, &oldest).await;
    }
    drop(servers[0].call(Method::GET, following_bob(&next)).open().await);
}

async fn an_authorization_code_of_one_is_exchanged_on_the_other_once(pair: Pair) {
    let (one, other) = (&pair.one, &pair.other);
    let path = "/restapi/oauth/authorize?response_type=code&client_id=app&login_hint=101\
        &redirect_uri=https://app.example.com/back";
    let code = async || {
        let back = one.call(Method::GET, path).send().await;
        let address = reqwest::Url::parse(back.header("location")).expect("an address");
        let code = address.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
        format!("grant_type=authorization_code&redirect_uri=https://app.example.com/back&code={code}")
    };
    let first = code().await;
    let login = grant(other, &first).await;
    assert_eq!((login.status.as_u16(), &login.json()["owner_id"]), (200, &json!("1")));
    for server in [one, other] {
        assert_eq!(grant(server, &first).await.status, 400);
    }
    let second = code().await;
    let answers = join_all([grant(one, &second), grant(other, &second)]).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
}

async fn a_socket_token_of_one_opens_sockets_on_the_other(pair: Pair) {
    let (one, other) = (&pair.one, &pair.other);
    let token = socket_token(one, "demo-alice").await;
    let token = token["ws_access_token"].as_str().expect("a token");
    let address = |server: &TestServer| {
        let origin = server.url.replacen("http", "ws", 1);
        format!("{origin}/restapi/v1.0/ws?access_token={token}")
    };
    for server in [other, other, one] {
        let (meta, _) = Socket::connect(&address(server)).await.message().await;
        assert_eq!(meta["type"], "ConnectionDetails");
    }
    one.advance_both(other, seconds(30)).await;
    for server in [one, other] {
        assert_eq!(Socket::connect(&address(server)).await.end().await, "TokenInvalid");
    }
}

#[tokio::test]
async fn a_server_that_was_taken_for_gone_tells_its_connections_anew() {
    let store = SharedStore::default();
    let one = TestServer::start_on(Box::new(store.clone()), |_| {}).await;
    let alice = ALICE.parse().expect("a user id");
    let state = async || one.presence("demo-bob", ALICE).await.json()["presence"].clone();
    let open = async || {
        let mut stream =
            one.call(Method::GET, "/presenced/v1/changes?state=online").token("demo-alice").open().await;
        stream.told().await;
        stream
    };
    let (first, second) = (open().await, open().await);
    store.give_up(NodeId(1), &alice, START).await;
    one.advance(seconds(1)).await;
    one.advance(seconds(60)).await;
    assert_eq!(state().await, "online");
    // Each of them counts.
    drop(first);
    one.watched_by(1).await;
    one.advance(seconds(60)).await;
    assert_eq!(state().await, "online");
    drop(second);
    one.watched_by(0).await;
    one.advance(seconds(31)).await;
    assert_eq!(state().await, "offline");
}
