//! What ends a subscription besides its owner: the end of the login that made it, however it comes; and what does
//! not.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use presenced::{
    api::ringcentral::config::{OAuthApp, RingCentral},
    presence::Timestamp,
    store::{Document, Kind, Revision, Store as _, Written},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{read, update};
use crate::support::{ALICE, START, SharedStore, TestServer, receiver::Receiver, seconds};

const PATH: &str = "/restapi/v1.0/subscription";
const JWT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// What a login gave.
struct Tokens {
    access: String,
    refresh: String,
}

impl Tokens {
    fn of(answer: &Value) -> Self {
        let token = |name: &str| answer[name].as_str().expect("a token").to_owned();
        Self { access: token("access_token"), refresh: token("refresh_token") }
    }
}

async fn post(server: &TestServer, path: &str, fields: &[(&str, &str)]) -> Value {
    let mut form = reqwest::Url::parse("http://x").expect("a URL");
    form.query_pairs_mut().extend_pairs(fields);
    let basic = format!("Basic {}", BASE64_STANDARD.encode("desk:s3cret"));
    let call = server.call(Method::POST, path).header("authorization", basic);
    let call = call.header("content-type", "application/x-www-form-urlencoded");
    let answer = call.body(form.query().unwrap_or_default()).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// Logs alice in through the application `desk`.
async fn log_in(server: &TestServer) -> Tokens {
    let fields = [("grant_type", JWT), ("assertion", "demo-alice")];
    Tokens::of(&post(server, "/restapi/oauth/token", &fields).await)
}

async fn refresh(server: &TestServer, token: &str) -> Tokens {
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
    Tokens::of(&post(server, "/restapi/oauth/token", &fields).await)
}

async fn revoke(server: &TestServer, token: &str) {
    post(server, "/restapi/oauth/revoke", &[("token", token)]).await;
}

/// Subscribes with a token to what bob does, for ten years.
async fn subscribe(server: &TestServer, token: &str, receiver: &Receiver) {
    let wish = json!({"eventFilters": ["/restapi/v1.0/account/~/extension/2/presence"],
        "deliveryMode": {"transportType": "WebHook", "address": receiver.url}, "expiresIn": 315_360_000});
    let answer = server.call(Method::POST, PATH).token(token).json(&wish).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// How many subscriptions the admin is shown.
async fn count(server: &TestServer) -> usize {
    let page = server.admin(Method::GET, "/subscriptions", None).await.json();
    page["subscriptions"].as_array().expect("a list").len()
}

async fn until_none_is_left(server: &TestServer) {
    while count(server).await > 0 {}
}

/// Bob is busy, or is not; nobody hears of it.
async fn nothing_is_told(server: &TestServer, receiver: &mut Receiver) {
    server.push().settled().await;
    server.push().ended().await;
    for status in ["Busy", "Available"] {
        assert_eq!(update(server, "demo-bob", json!({"userStatus": status})).await.status, 200);
    }
    assert!(receiver.is_quiet());
}

async fn token_id(server: &TestServer, refresh: bool) -> String {
    let tokens = server.admin(Method::GET, &format!("/users/{ALICE}/tokens"), None).await.json();
    let mut tokens = tokens["tokens"].as_array().expect("tokens").iter();
    let is_it = |token: &&Value| token["deviceId"] == "desk" && (token["refresh"] == true) == refresh;
    tokens.find(is_it).expect("the login's")["tokenId"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn it_ends_with_its_login_for_good() {
    for how in [
        "revoked",
        "refresh token revoked",
        "logged out",
        "logged out everywhere",
        "token deleted",
        "refresh token deleted",
        "user deleted",
    ] {
        let store = SharedStore::default();
        let server = TestServer::start_on(Box::new(store.clone()), |_| {}).await;
        let mut receiver = Receiver::start().await;
        let tokens = log_in(&server).await;
        subscribe(&server, &tokens.access, &receiver).await;
        assert_eq!(count(&server).await, 1);
        let matrix = async |path: &str| {
            let call = server.call(Method::POST, format!("/_matrix/client/v3/{path}")).token(&tokens.access);
            assert_eq!(call.send().await.status, 200, "{how}");
        };
        let delete = async |path: String| {
            assert_eq!(server.admin(Method::DELETE, &path, None).await.status, 204, "{how}");
        };
        match how {
            "revoked" => revoke(&server, &tokens.access).await,
            "refresh token revoked" => revoke(&server, &tokens.refresh).await,
            "logged out" => matrix("logout").await,
            "logged out everywhere" => matrix("logout/all").await,
            "user deleted" => delete(format!("/users/{ALICE}")).await,
            _ => {
                let id = token_id(&server, how == "refresh token deleted").await;
                delete(format!("/users/{ALICE}/tokens/{id}")).await;
            }
        }
        until_none_is_left(&server).await;
        nothing_is_told(&server, &mut receiver).await;
        server.stop().await;
        let server = TestServer::start_again(Box::new(store), |_| {}).await;
        demo_admin(&server).await;
        assert_eq!(count(&server).await, 0, "{how}");
        nothing_is_told(&server, &mut receiver).await;
    }
}

/// The admin's token comes from elsewhere at each start.
async fn demo_admin(server: &TestServer) {
    let now = server.app.service.now();
    presenced::demo::furnish(&server.app.directory, now).await.expect("there is everything");
}

#[tokio::test]
async fn another_login_ends_nothing() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    let (first, second) = (log_in(&server).await, log_in(&server).await);
    subscribe(&server, &first.access, &receiver).await;
    revoke(&server, &second.access).await;
    let logout = server.call(Method::POST, "/_matrix/client/v3/logout").token("demo-alice");
    assert_eq!(logout.send().await.status, 200);
    update(&server, "demo-bob", json!({"userStatus": "Busy"})).await;
    receiver.told().await;
    assert_eq!(count(&server).await, 1);
}

#[tokio::test]
async fn a_login_stays_the_same_from_one_refresh_to_the_next() {
    let server = TestServer::start().await;
    let receiver = Receiver::start().await;
    let mut tokens = log_in(&server).await;
    subscribe(&server, &tokens.access, &receiver).await;
    for _ in 0..3 {
        server.advance(seconds(3_000)).await;
        tokens = refresh(&server, &tokens.refresh).await;
        assert_eq!(count(&server).await, 1);
    }
    subscribe(&server, &tokens.access, &receiver).await;
    revoke(&server, &tokens.access).await;
    until_none_is_left(&server).await;
}

#[tokio::test]
async fn that_tokens_come_to_their_natural_end_ends_nothing() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    let tokens = log_in(&server).await;
    subscribe(&server, &tokens.access, &receiver).await;
    // Longer than either token lives. The next login sweeps them out.
    server.advance(seconds(30 * 24 * 60 * 60)).await;
    let tokens = log_in(&server).await;
    assert_eq!(read(&server, &tokens.access, PATH).await["records"].as_array().map(Vec::len), Some(1));
    update(&server, "demo-bob", json!({"userStatus": "Busy"})).await;
    receiver.told().await;
}

fn desk() -> OAuthApp {
    OAuthApp {
        id: "desk".to_owned(),
        secret: "s3cret".to_owned(),
        secret_file: None,
        redirect_uris: Vec::new(),
    }
}

#[tokio::test]
async fn it_ends_with_its_application() {
    let store = SharedStore::default();
    let with_desk =
        |config: &mut presenced::config::Config| config.section_mut::<RingCentral>().apps = vec![desk()];
    let server = TestServer::start_on(Box::new(store.clone()), with_desk).await;
    let mut receiver = Receiver::start().await;
    let tokens = log_in(&server).await;
    subscribe(&server, &tokens.access, &receiver).await;
    update(&server, "demo-bob", json!({"userStatus": "Busy"})).await;
    receiver.told().await;

    // The operator takes it out while the server runs.
    let mut config = (*server.app.config).clone();
    config.section_mut::<RingCentral>().apps.clear();
    server.app.reload(&config);
    until_none_is_left(&server).await;
    nothing_is_told(&server, &mut receiver).await;

    // Or between two starts.
    config.section_mut::<RingCentral>().apps.push(desk());
    server.app.reload(&config);
    subscribe(&server, &tokens.access, &receiver).await;
    server.stop().await;
    let server = TestServer::start_again(Box::new(store), |_| {}).await;
    demo_admin(&server).await;
    until_none_is_left(&server).await;
    nothing_is_told(&server, &mut receiver).await;
}

/// As servers kept them that knew of no other dialects, nor of logins.
fn kept(id: &str, address: &str, expires: Timestamp) -> Document {
    let kept = json!({"id": id, "owner": ALICE, "client": "DEMO", "account": 1, "extension": 1,
        "filters": ["/restapi/v1.0/account/1/extension/2/presence"],
        "delivery": {"WebHook": {"address": address, "verification_token": "hello"}},
        "created": START.as_millis(), "expires": expires.as_millis(),
        "lifetime_seconds": 604_800, "blacklisted": null, "delivered": START.as_millis() * 1_000});
    Document::put(Kind::Subscription, id, &kept)
}

#[tokio::test]
async fn what_an_earlier_version_kept_goes_on_and_ends_with_its_device() {
    let store = SharedStore::default();
    let mut receiver = Receiver::start().await;
    let id = "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77";
    let document = kept(id, &receiver.url, START + seconds(604_800));
    let written = store.write(vec![document], Revision::default(), START.as_millis() * 1_000).await;
    assert!(matches!(written, Ok(Written::At(_))), "{written:?}");

    let server = TestServer::start_on(Box::new(store.clone()), |_| {}).await;
    update(&server, "demo-bob", json!({"userStatus": "Busy"})).await;
    let hook = receiver.next().await;
    assert_eq!(hook.headers["verification-token"], "hello");
    let told = hook.answer(200);
    assert_eq!((&told["subscriptionId"], &told["ownerId"]), (&json!(id), &json!("1")));
    // Once changed it is kept as subscriptions are today.
    let path = format!("{PATH}/{id}/renew");
    let renewed = server.call(Method::POST, path).token("demo-alice").send().await;
    assert_eq!(renewed.status, 200, "{}", renewed.text);
    server.stop().await;
    let server = TestServer::start_again(Box::new(store), |_| {}).await;
    demo_admin(&server).await;
    update(&server, "demo-bob", json!({"userStatus": "Available"})).await;
    assert_eq!(receiver.told().await["body"]["presenceStatus"], "Available");

    let other = server.call(Method::POST, "/_matrix/client/v3/logout").token("demo-alice-2");
    assert_eq!(other.send().await.status, 200);
    assert_eq!(count(&server).await, 1);
    let own = server.call(Method::POST, "/_matrix/client/v3/logout").token("demo-alice");
    assert_eq!(own.send().await.status, 200);
    until_none_is_left(&server).await;
    nothing_is_told(&server, &mut receiver).await;
}

/// Of expired subscriptions the latest ten thousand are known as such.
#[tokio::test]
async fn not_all_that_ever_expired_is_remembered() {
    const KNOWN: u32 = 10_000;
    let id = |number: u32| format!("0b9e5a52-63f5-4c6e-8d0c-{number:012}");
    let (early, later) = (START + seconds(120), START + seconds(180));
    let of_early = (0..20).map(|number| kept(&id(number), "http://127.0.0.1:1/", early));
    let documents =
        of_early.chain((20..KNOWN + 20).map(|number| kept(&id(number), "http://127.0.0.1:1/", later)));
    let store = SharedStore::default();
    let written = store.write(documents.collect(), Revision::default(), START.as_millis() * 1_000).await;
    assert!(matches!(written, Ok(Written::At(_))), "{written:?}");
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    let code = async |number: u32| {
        let call = server.call(Method::GET, format!("{PATH}/{}", id(number))).token("demo-alice");
        let answer = call.send().await;
        if answer.status == 200 { String::new() } else { answer.json()["errorCode"].to_string() }
    };
    server.advance(seconds(120)).await;
    for number in 0..20 {
        while code(number).await.is_empty() {}
        assert_eq!(code(number).await, r#""SUB-507""#);
    }
    assert_eq!(code(20).await, "");
    server.advance(seconds(60)).await;
    while code(KNOWN + 19).await.is_empty() {}
    until_none_is_left(&server).await;
    for number in [20, KNOWN / 2, KNOWN + 19] {
        assert_eq!(code(number).await, r#""SUB-507""#, "{number}");
    }
    for number in 0..20 {
        assert_ne!(code(number).await, r#""SUB-507""#, "{number}");
    }
}
