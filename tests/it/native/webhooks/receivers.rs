//! Receivers that take, fail, hang and say that they are gone, in whatever order.

use std::collections::BTreeMap;

use fastrand::Rng;
use reqwest::Method;
use serde_json::{Value, json};

use super::{call, get, header, id, make, set, told};
use crate::support::{
    ALICE, BOB, CAROL, TestServer, minutes,
    receiver::{Hook, Receiver},
    seconds,
};

const USERS: [&str; 3] = [ALICE, BOB, CAROL];
const LOBBY: &str = "!lobby:example.com";

/// What a receiver makes of what it takes.
struct Reader {
    /// The state of everybody by what was taken so far.
    states: BTreeMap<String, String>,
    /// What did not arrive, and is to come again: its id, and its body.
    unsent: Option<(String, String)>,
}

impl Reader {
    fn new() -> Self {
        let states = USERS.map(|user| (user.to_owned(), "offline".to_owned())).into();
        Self { states, unsent: None }
    }

    /// What comes is what came before and was not taken, or it goes on from what was.
    fn read(&mut self, hook: &Hook) {
        let came = (header(&hook.headers, "webhook-id").to_owned(), hook.text.clone());
        if let Some(unsent) = self.unsent.replace(came.clone()) {
            assert_eq!(came, unsent, "the same again");
        }
        for (user, from, _) in told(&hook.body) {
            assert_eq!(Some(&from), self.states.get(&user), "{user} in {}", hook.text);
        }
    }

    fn take(&mut self, hook: Hook) {
        self.unsent = None;
        for (user, _, to) in told(&hook.answer(200)) {
            self.states.insert(user, to);
        }
    }
}

async fn run(seed: u64) {
    let server = TestServer::start_with(|config| {
        config.webhooks.timeout_milliseconds = 100;
        config.webhooks.attempts = 1_000;
    })
    .await;
    let (mut random, mut receiver, mut reader) =
        (Rng::with_seed(seed), Receiver::start().await, Reader::new());
    let about = [json!({}), json!({"users": USERS}), json!({"users": [CAROL], "rooms": [LOBBY]})];
    let about = about[usize::try_from(seed).expect("few") % about.len()].clone();
    let made = make(&server, &receiver, "demo-admin", about.clone()).await;
    let put = async |receiver: &Receiver| {
        let mut wish = about.clone();
        wish["url"] = json!(receiver.url);
        let answer = call(&server, Method::PUT, &format!("/{}", id(&made)), "demo-admin", wish).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    };
    for _ in 0..30 {
        for _ in 0..random.u8(0..3) {
            let state = ["online", "unavailable", "busy", "offline"][random.usize(0..4)];
            set(&server, USERS[random.usize(0..3)], state).await;
        }
        if random.u8(0..4) == 0 {
            server.advance(seconds(random.u64(1..700))).await;
        }
        // What is under way by now.
        let hook = tokio::select! {
            biased;
            hook = receiver.next() => Some(hook),
            () = server.push().settled() => None,
        };
        let Some(hook) = hook else { continue };
        reader.read(&hook);
        match random.u8(0..10) {
            0..5 => reader.take(hook),
            5..7 => drop(hook.answer(503)),
            // Nothing answers it.
            7 => drop(hook),
            8 => {
                hook.answer(410);
                while get(&server, &made).await["state"] != "disabled" {
                    tokio::task::yield_now().await;
                }
                reader.unsent = None;
                put(&receiver).await;
            }
            _ => {
                hook.answer(500);
                put(&receiver).await;
            }
        }
    }
    put(&receiver).await;
    // From now on all is taken, until there is nothing left.
    loop {
        tokio::select! {
            biased;
            hook = receiver.next() => {
                reader.read(&hook);
                reader.take(hook);
            }
            () = server.push().settled() => {
                let is_active = get(&server, &made).await["state"] == "active";
                if is_active && reader.unsent.is_none() && knows_all(&server, &reader).await {
                    break;
                }
                server.advance(minutes(10)).await;
            }
        }
    }
}

async fn knows_all(server: &TestServer, reader: &Reader) -> bool {
    let read = server.admin(Method::POST, "/presence/query", Some(json!({"users": USERS}))).await.json();
    let users = read["presence"].as_array().expect("users");
    users.iter().all(|user| reader.states[user["userId"].as_str().expect("an id")] == user["state"])
}

#[tokio::test]
async fn states_chain_whatever_a_receiver_does() {
    for seed in 0..12 {
        run(seed).await;
    }
}

#[tokio::test]
async fn many_users_come_in_deliveries_of_a_hundred() {
    let server = TestServer::start().await;
    let names: Vec<String> = (0..250).map(|number| format!("@u{number:03}:example.com")).collect();
    for user in &names {
        server.admin(Method::PUT, &format!("/users/{user}"), Some(json!({}))).await;
    }
    let mut receiver = Receiver::start().await;
    make(&server, &receiver, "demo-admin", json!({})).await;
    set(&server, BOB, "online").await;
    let first = receiver.next().await;
    let items: Vec<Value> = names.iter().map(|user| json!({"userId": user, "state": "online"})).collect();
    server.admin(Method::POST, "/presence/update", Some(json!({"updates": items}))).await;
    first.answer(200);
    let sizes = [receiver.told().await, receiver.told().await, receiver.told().await];
    assert_eq!(sizes.map(|body| told(&body).len()), [100, 100, 50]);
}

#[tokio::test]
async fn ten_attempts_are_known_and_too_many_disable() {
    let server = TestServer::start_with(|config| config.webhooks.attempts = 12).await;
    let mut receiver = Receiver::start().await;
    let made = make(&server, &receiver, "demo-admin", json!({})).await;
    set(&server, BOB, "online").await;
    for number in 0..12 {
        receiver.next().await.answer(500 + number);
        server.push().settled().await;
        let shown = get(&server, &made).await;
        assert_eq!(shown["state"], if number < 11 { "failing" } else { "disabled" });
        server.advance(minutes(10)).await;
    }
    assert!(receiver.is_quiet(), "it is disabled");
    let attempts = get(&server, &made).await["attempts"].clone();
    let statuses: Vec<_> =
        attempts.as_array().expect("a list").iter().map(|one| one["status"].clone()).collect();
    assert_eq!(statuses, (502..512).map(Value::from).collect::<Vec<_>>());
}

/// While a receiver fails, a webhook is changed: what was told to it stays the same, and what it is not about any more
/// is not told.
#[tokio::test]
async fn a_changed_one_goes_on() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    let made = make(&server, &receiver, "demo-admin", json!({})).await;
    set(&server, BOB, "online").await;
    let failed = receiver.next().await;
    let delivery = header(&failed.headers, "webhook-id").to_owned();
    failed.answer(500);
    server.push().settled().await;
    set(&server, CAROL, "online").await;
    let put = async |about: Value| {
        let answer = call(&server, Method::PUT, &format!("/{}", id(&made)), "demo-admin", about).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    };
    put(json!({"url": receiver.url, "users": [BOB, CAROL]})).await;
    let again = receiver.next().await;
    assert_eq!(header(&again.headers, "webhook-id"), delivery, "still about that, and at once");
    again.answer(200);
    let next = receiver.next().await;
    assert_eq!(told(&next.body), [(CAROL.to_owned(), "offline".to_owned(), "online".to_owned())]);
    next.answer(500);
    server.push().settled().await;
    put(json!({"url": receiver.url, "users": [BOB]})).await;
    set(&server, BOB, "busy").await;
    let last = receiver.told().await;
    assert_eq!(
        told(&last),
        [(BOB.to_owned(), "online".to_owned(), "busy".to_owned())],
        "and nothing of carol"
    );
}

/// Whoever comes into a room is told of at once. What they were before nobody was told.
#[tokio::test]
async fn members_of_a_room_whoever_joins_later_among_them() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    make(&server, &receiver, "demo-admin", json!({"rooms": [LOBBY]})).await;
    set(&server, CAROL, "busy").await;
    server.admin(Method::PUT, &format!("/rooms/{LOBBY}/members/{CAROL}"), None).await;
    let joined = receiver.told().await;
    assert_eq!(joined["data"]["users"][0]["from"], Value::Null);
    assert_eq!(joined["data"]["users"][0]["state"], "busy");
    set(&server, CAROL, "online").await;
    assert_eq!(told(&receiver.told().await), [(CAROL.to_owned(), "busy".to_owned(), "online".to_owned())]);
    server.admin(Method::DELETE, &format!("/rooms/{LOBBY}/members/{CAROL}"), None).await;
    set(&server, CAROL, "busy").await;
    set(&server, BOB, "online").await;
    assert_eq!(told(&receiver.told().await), [(BOB.to_owned(), "offline".to_owned(), "online".to_owned())]);
    // Who comes back is told of if something is otherwise than it was told last.
    server.admin(Method::PUT, &format!("/rooms/{LOBBY}/members/{CAROL}"), None).await;
    assert_eq!(told(&receiver.told().await), [(CAROL.to_owned(), "online".to_owned(), "busy".to_owned())]);
    server.admin(Method::DELETE, &format!("/rooms/{LOBBY}/members/{CAROL}"), None).await;
    server.admin(Method::PUT, &format!("/rooms/{LOBBY}/members/{CAROL}"), None).await;
    set(&server, ALICE, "online").await;
    assert_eq!(told(&receiver.told().await), [(ALICE.to_owned(), "offline".to_owned(), "online".to_owned())]);
}

/// Admins and webhooks see hidden users as they are, and invisible ones as offline.
#[tokio::test]
async fn they_see_as_admins_do() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    make(&server, &receiver, "demo-admin", json!({"users": [BOB]})).await;
    let settings = async |body: Value| {
        server.admin(Method::PUT, &format!("/users/{BOB}/settings"), Some(body)).await;
    };
    settings(json!({"hidden": true})).await;
    set(&server, BOB, "online").await;
    assert_eq!(told(&receiver.told().await), [(BOB.to_owned(), "offline".to_owned(), "online".to_owned())]);
    settings(json!({"override": "invisible"})).await;
    assert_eq!(told(&receiver.told().await), [(BOB.to_owned(), "online".to_owned(), "offline".to_owned())]);
}

#[tokio::test]
async fn those_of_the_admin_stay_when_the_token_is_another() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    make(&server, &receiver, "demo-admin", json!({})).await;
    set(&server, BOB, "online").await;
    receiver.told().await;
    let token = super::service_token(&server, &["read"]).await;
    make(&server, &receiver, &token, json!({"users": [ALICE]})).await;
    let tokens = server.admin(Method::GET, "/app-tokens", None).await.json();
    let name = tokens["tokens"][0]["tokenId"].as_str().expect("a token").to_owned();
    server.admin(Method::DELETE, &format!("/app-tokens/{name}"), None).await;
    let listed = async || {
        let listed = call(&server, Method::GET, "", "demo-admin", Value::Null).await.json();
        listed["webhooks"].as_array().expect("a list").len()
    };
    while listed().await != 1 {
        tokio::task::yield_now().await;
    }
    set(&server, ALICE, "online").await;
    let told_once = receiver.told().await;
    assert_eq!(told(&told_once), [(ALICE.to_owned(), "offline".to_owned(), "online".to_owned())]);
    server.push().settled().await;
    assert!(receiver.is_quiet(), "the other has ended");
}
