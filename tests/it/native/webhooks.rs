//! Webhooks of presenced's own API.

mod receivers;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use presenced::clock::Clock as _;
use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};
use sha2::Sha256;

use super::service_token;
use crate::{
    clients,
    support::{
        ALICE, Answer, BOB, CAROL, START, SharedStore, TestServer, minutes,
        receiver::{Hook, Receiver},
        seconds,
    },
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

async fn call(server: &TestServer, method: Method, path: &str, token: &str, body: Value) -> Answer {
    let call = server.call(method, format!("/presenced/v1/webhooks{path}")).token(token);
    if body.is_null() { call.send().await } else { call.json(&body).send().await }
}

/// Makes a webhook about those, and says what it is.
async fn make(server: &TestServer, receiver: &Receiver, token: &str, about: Value) -> Value {
    let mut wish = about;
    wish["url"] = json!(receiver.url);
    wish["secret"] = json!(SECRET);
    let made = call(server, Method::POST, "", token, wish).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()
}

fn id(webhook: &Value) -> String {
    webhook["webhookId"].as_str().expect("an id").to_owned()
}

async fn get(server: &TestServer, webhook: &Value) -> Value {
    call(server, Method::GET, &format!("/{}", id(webhook)), "demo-admin", Value::Null).await.json()
}

async fn set(server: &TestServer, user: &str, state: &str) {
    let path = format!("/users/{user}/presence");
    assert_eq!(server.admin(Method::PUT, &path, Some(json!({"state": state}))).await.status, 200);
}

/// Whom a delivery tells of: who, from which state, to which.
fn told(body: &Value) -> Vec<(String, String, String)> {
    assert_eq!(body["type"], "presence", "{body}");
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let users = body["data"]["users"].as_array().expect("users").iter();
    users.map(|user| (text(&user["userId"]), text(&user["from"]), text(&user["state"]))).collect()
}

fn change(user: &str, from: &str, to: &str) -> (String, String, String) {
    (user.to_owned(), from.to_owned(), to.to_owned())
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers[name].to_str().expect("text")
}

/// How many of a request's signatures are of this secret.
fn signatures_of(hook: &Hook, secret: &str) -> usize {
    let key = BASE64_STANDARD.decode(secret.trim_start_matches("whsec_")).expect("base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
    let (id, at) = (header(&hook.headers, "webhook-id"), header(&hook.headers, "webhook-timestamp"));
    mac.update(format!("{id}.{at}.{}", hook.text).as_bytes());
    let right = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
    header(&hook.headers, "webhook-signature").split(' ').filter(|signature| *signature == right).count()
}

#[tokio::test]
async fn a_change_is_told_and_signed() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    let token = service_token(&server, &["read"]).await;
    set(&server, ALICE, "online").await;
    let made = make(&server, &receiver, &token, json!({})).await;
    assert_eq!((&made["state"], &made["secret"]), (&json!("active"), &json!(SECRET)));
    set(&server, BOB, "online").await;
    let hook = receiver.next().await;
    assert_eq!(header(&hook.headers, "webhook-timestamp"), "1767603600");
    assert_eq!(header(&hook.headers, "content-type"), "application/json");
    assert_eq!(signatures_of(&hook, SECRET), 1);
    let user = json!({"userId": BOB, "state": "online", "currentlyActive": true,
        "lastActiveAt": 1_767_603_600_000_u64, "from": "offline"});
    let body =
        json!({"type": "presence", "timestamp": "2026-01-05T09:00:00.000Z", "data": {"users": [user]}});
    assert_eq!(hook.answer(200), body);
    set(&server, ALICE, "busy").await;
    assert_eq!(told(&receiver.told().await), [change(ALICE, "online", "busy")]);
    server.push().settled().await;
    let shown = get(&server, &made).await;
    assert_eq!(shown["secret"], Value::Null, "it is shown once");
    assert_eq!(shown["attempts"].as_array().map(Vec::len), Some(2));
    assert_eq!(shown["attempts"][0]["status"], 200);
}

#[tokio::test]
async fn while_a_receiver_fails_changes_come_together_and_chain() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    let made = make(&server, &receiver, "demo-admin", json!({"users": [ALICE, BOB]})).await;
    set(&server, BOB, "online").await;
    let first = receiver.next().await;
    let (delivery, text) = (header(&first.headers, "webhook-id").to_owned(), first.text.clone());
    for state in ["unavailable", "busy"] {
        set(&server, BOB, state).await;
    }
    set(&server, CAROL, "online").await;
    first.answer(500);
    server.push().settled().await;
    assert_eq!(get(&server, &made).await["state"], "failing");
    server.advance(seconds(1)).await;
    let again = receiver.next().await;
    assert_eq!((header(&again.headers, "webhook-id"), &again.text), (delivery.as_str(), &text));
    assert_eq!(signatures_of(&again, SECRET), 1, "as of now");
    assert_eq!(told(&again.answer(204)), [change(BOB, "offline", "online")]);
    let next = receiver.next().await;
    assert_ne!(header(&next.headers, "webhook-id"), delivery);
    assert_eq!(told(&next.answer(200)), [change(BOB, "online", "busy")], "and nothing of carol");
    server.push().settled().await;
    assert_eq!(get(&server, &made).await["state"], "active");
}

#[tokio::test]
async fn a_receiver_that_hangs_is_failing_and_comes_back() {
    let server = TestServer::start_with(|config| config.webhooks.timeout_milliseconds = 50).await;
    let mut receiver = Receiver::start().await;
    let made = make(&server, &receiver, "demo-admin", json!({})).await;
    set(&server, BOB, "online").await;
    let _hangs = receiver.next().await;
    server.push().settled().await;
    let shown = get(&server, &made).await;
    assert_eq!(shown["attempts"][0]["error"], "there was no answer within 50 ms");
    server.advance(seconds(1)).await;
    assert_eq!(told(&receiver.told().await), [change(BOB, "offline", "online")]);
}

#[tokio::test]
async fn gone_disables_at_once_and_a_put_enables_again() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    let made = make(&server, &receiver, "demo-admin", json!({})).await;
    set(&server, BOB, "online").await;
    receiver.next().await.answer(410);
    server.push().settled().await;
    assert_eq!(get(&server, &made).await["state"], "disabled");
    set(&server, BOB, "busy").await;
    server.advance(minutes(10)).await;
    assert!(receiver.is_quiet());
    let path = format!("/{}", id(&made));
    let put = call(&server, Method::PUT, &path, "demo-admin", json!({"url": receiver.url})).await;
    assert_eq!(put.status, 200, "{}", put.text);
    assert_eq!(told(&receiver.told().await), [change(BOB, "offline", "busy")]);
}

#[tokio::test]
async fn an_old_secret_signs_beside_the_new_one_for_a_day() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    let made = make(&server, &receiver, "demo-admin", json!({})).await;
    let path = format!("/{}", id(&made));
    let put = json!({"url": receiver.url, "secret": OTHER});
    assert_eq!(call(&server, Method::PUT, &path, "demo-admin", put).await.status, 200);
    set(&server, BOB, "online").await;
    let both = receiver.next().await;
    assert_eq!((signatures_of(&both, SECRET), signatures_of(&both, OTHER)), (1, 1));
    both.answer(200);
    server.push().settled().await;
    server.advance(seconds(86_400)).await;
    set(&server, BOB, "busy").await;
    loop {
        let one = receiver.next().await;
        let is_last = one.text.contains("busy");
        let counts = (signatures_of(&one, SECRET), signatures_of(&one, OTHER));
        one.answer(200);
        if is_last {
            assert_eq!(counts, (0, 1));
            return;
        }
    }
}

#[tokio::test]
async fn it_survives_a_restart_and_ends_with_its_token() {
    let store = SharedStore::default();
    let server = TestServer::start_on(Box::new(store.clone()), |_| {}).await;
    let mut receiver = Receiver::start().await;
    let wish = json!({"name": "backend", "scopes": ["read"], "expiresInSeconds": 3600});
    let issued = server.admin(Method::POST, "/app-tokens", Some(wish)).await.json();
    let token = issued["token"].as_str().expect("a token").to_owned();
    let made = make(&server, &receiver, &token, json!({"users": [BOB]})).await;
    server.stop().await;
    let server = TestServer::start_again(Box::new(store), |_| {}).await;
    presenced::demo::furnish(&server.app.directory, START).await.expect("there is everything");
    assert_eq!(get(&server, &made).await["state"], "active");
    set(&server, BOB, "online").await;
    assert_eq!(told(&receiver.told().await), [change(BOB, "offline", "online")]);
    server.advance(minutes(70)).await;
    assert_eq!(told(&receiver.told().await).len(), 1, "the token's natural end is none of the webhook's");
    let token = issued["info"]["tokenId"].as_str().expect("an id");
    assert_eq!(server.admin(Method::DELETE, &format!("/app-tokens/{token}"), None).await.status, 204);
    let path = format!("/{}", id(&made));
    while call(&server, Method::GET, &path, "demo-admin", Value::Null).await.status != 404 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_receiver_can_be_tried() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    let made = make(&server, &receiver, "demo-admin", json!({})).await;
    let path = format!("/{}/test", id(&made));
    let (attempt, hook) =
        tokio::join!(call(&server, Method::POST, &path, "demo-admin", Value::Null), async {
            let hook = receiver.next().await;
            assert_eq!(signatures_of(&hook, SECRET), 1);
            let delivery = header(&hook.headers, "webhook-id").to_owned();
            (delivery, hook.answer(202))
        });
    let test = json!({"type": "test", "timestamp": "2026-01-05T09:00:00.000Z", "data": {}});
    assert_eq!(hook.1, test);
    let expected = json!({"at": 1_767_603_600_000_u64, "deliveryId": hook.0, "status": 202});
    assert_eq!(attempt.json(), expected);
    assert_eq!(get(&server, &made).await["attempts"], json!([expected]));
}

#[tokio::test]
async fn who_may_have_some_and_which() {
    let server = TestServer::start().await;
    let receiver = Receiver::start().await;
    let (one, other) = (service_token(&server, &["read"]).await, service_token(&server, &["read"]).await);
    let writer = service_token(&server, &["write"]).await;
    let made = make(&server, &receiver, &one, json!({})).await;
    let path = format!("/{}", id(&made));
    let list = async |token: &str| {
        let listed = call(&server, Method::GET, "", token, Value::Null).await.json();
        listed["webhooks"].as_array().expect("a list").len()
    };
    assert_eq!((list(&one).await, list(&other).await, list("demo-admin").await), (1, 0, 1));
    for (token, status) in [("demo-alice", 403), (writer.as_str(), 403), (other.as_str(), 404)] {
        assert_eq!(call(&server, Method::GET, &path, token, Value::Null).await.status, status, "{token}");
        assert_eq!(call(&server, Method::DELETE, &path, token, Value::Null).await.status, status, "{token}");
    }
    let shown = server.admin(Method::GET, "/subscriptions", None).await.json();
    let shown = &shown["subscriptions"][0];
    assert_eq!(
        (&shown["dialect"], &shown["userId"], &shown["expiresAt"]),
        (&json!("presenced"), &json!(""), &json!(253_402_300_799_999_u64))
    );
    for _ in 1..30 {
        make(&server, &receiver, &one, json!({})).await;
    }
    let full = call(&server, Method::POST, "", &one, json!({"url": receiver.url})).await;
    assert_eq!(full.status, 409, "{}", full.text);
    assert_eq!(call(&server, Method::DELETE, &path, &one, Value::Null).await.status, 204);
    assert_eq!(call(&server, Method::DELETE, &path, &one, Value::Null).await.status, 404);
}

#[tokio::test]
async fn what_is_no_webhook() {
    let server = TestServer::start().await;
    let rows = [
        (json!({}), "body: missing field `url`"),
        (json!({"url": "nonsense"}), "url: the address is not an http or https URL"),
        (json!({"url": "http://10.0.0.1/"}), "url: the address is in a network"),
        (json!({"url": "http://127.0.0.1/", "secret": "whsec_AAAA"}), "secret: has to be"),
        (json!({"url": "http://127.0.0.1/", "users": ["bob"]}), "users: \"bob\": a user id starts"),
        (json!({"url": "http://127.0.0.1/", "event": 1}), "body: unknown field `event`"),
    ];
    for (body, why) in rows {
        let refused = call(&server, Method::POST, "", "demo-admin", body.clone()).await;
        let problem = refused.json();
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(refused.status == 400 && detail.starts_with(why), "{body}: {}", refused.text);
    }
    let more = server.call(Method::GET, "/presenced/v1/webhooks?after=a").token("demo-admin").leniently();
    assert_eq!(more.send().await.status, 400);
    assert_eq!(call(&server, Method::GET, "/nonsense", "demo-admin", Value::Null).await.status, 400);
}

/// A delivery of now, as the libraries take none that is older than minutes: its secret, headers and body.
async fn fresh_delivery() -> [String; 3] {
    let server = TestServer::start().await;
    let now = presenced::clock::SystemClock::start().now();
    server.advance(std::time::Duration::from_millis(now.millis_since(START))).await;
    let mut receiver = Receiver::start().await;
    make(&server, &receiver, "demo-admin", json!({})).await;
    set(&server, BOB, "online").await;
    let hook = receiver.next().await;
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers: serde_json::Map<_, _> =
        names.iter().map(|name| ((*name).to_owned(), json!(header(&hook.headers, name)))).collect();
    let delivery = [SECRET.to_owned(), Value::from(headers).to_string(), hook.text.clone()];
    hook.answer(200);
    delivery
}

#[tokio::test]
#[ignore = "needs standardwebhooks of PyPI, which tests/run installs"]
async fn standardwebhooks_in_python() {
    clients::verify_webhook_in_python(&fresh_delivery().await).await;
}

#[tokio::test]
#[ignore = "needs standardwebhooks of npm, which tests/run installs"]
async fn standardwebhooks_in_node() {
    clients::verify_webhook_in_node(&fresh_delivery().await).await;
}
