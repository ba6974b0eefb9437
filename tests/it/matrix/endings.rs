//! Tokens that end: what waits for news with one ends too, and with a device's last one its claim does.

use presenced::{
    config::Config,
    presence::{Input, State},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    ALICE, Answer, BOB, TestServer, minutes, seconds,
    sync::{self, OpenSync},
};

const LOGIN: &str = "/_matrix/client/v3/login";

/// Logs bob in on his phone, and returns his token.
async fn log_in(server: &TestServer) -> String {
    let body = json!({"type": "m.login.token", "token": "demo-bob", "device_id": "PHONE"});
    let answer = server.call(Method::POST, LOGIN).json(&body).send().await;
    answer.json()["access_token"].as_str().expect("a token").to_owned()
}

/// The names of bob's tokens on his phone.
async fn on_phone(server: &TestServer) -> Vec<String> {
    let tokens = server.admin(Method::GET, &format!("/users/{BOB}/tokens"), None).await.json();
    let all = tokens["tokens"].as_array().cloned().unwrap_or_default();
    let phones = all.iter().filter(|token| token["deviceId"] == "PHONE");
    phones.filter_map(|token| token["tokenId"].as_str().map(str::to_owned)).collect()
}

async fn post(server: &TestServer, token: &str, path: &str) -> Answer {
    server.call(Method::POST, format!("/_matrix/client/v3/{path}")).token(token).send().await
}

/// Lets a device say something, without the time that a request takes.
async fn claim(server: &TestServer, user: &str, device: &str, state: State) {
    let claim = Input::Claim { device: device.parse().expect("a device"), state };
    let user = user.parse().expect("a user id");
    server.app.service.update(&user, &[claim]).await.expect("it is set");
}

/// Every way in which the token of bob's phone ends.
const WAYS: [&str; 7] = ["logout", "logout/all", "revoke", "remove", "log in again", "make room", "expire"];

async fn end(server: &TestServer, way: &str, phone: &str) {
    let of_bob = format!("/users/{BOB}");
    match way {
        "logout" | "logout/all" => {
            assert_eq!(post(server, phone, way).await.status, 200);
        }
        "revoke" => {
            for token in on_phone(server).await {
                server.admin(Method::DELETE, &format!("{of_bob}/tokens/{token}"), None).await;
            }
        }
        "remove" => {
            assert_eq!(server.admin(Method::DELETE, &of_bob, None).await.status, 204);
        }
        "log in again" => drop(log_in(server).await),
        "make room" => {
            let body = json!({"type": "m.login.token", "token": "demo-bob"});
            assert_eq!(server.call(Method::POST, LOGIN).json(&body).send().await.status, 200);
        }
        "expire" => server.advance(minutes(10)).await,
        way => panic!("{way}"),
    }
}

fn three_tokens(config: &mut Config) {
    config.limits.tokens_per_user = 3;
    config.presence.lease_seconds = 3_600;
    // Nothing but its token ends a stream in time.
    config.limits.stream_heartbeat_seconds = 3_600;
}

/// A server on which bob's phone has a token that can end in this way.
async fn start(way: &str) -> (TestServer, String) {
    let server = TestServer::start_with(three_tokens).await;
    if way != "expire" {
        let phone = log_in(&server).await;
        return (server, phone);
    }
    let request = json!({"deviceId": "PHONE", "expiresInSeconds": 600});
    let issued = server.admin(Method::POST, &format!("/users/{BOB}/tokens"), Some(request)).await.json();
    (server, issued["token"].as_str().expect("a token").to_owned())
}

#[tokio::test]
async fn a_sync_that_waits_ends_with_its_token() {
    for way in WAYS {
        let (server, phone) = start(way).await;
        let since = sync::start(&server, &phone).await;
        let waiting: OpenSync = server.open_sync(&phone, &since, "set_presence=offline").await;
        end(&server, way, &phone).await;
        // At once: nothing else happens that could wake it.
        let answer = waiting.answer().await;
        assert_eq!(answer.errcode(), (401, "M_UNKNOWN_TOKEN".to_owned()), "{way}");
        assert_eq!(answer.json()["soft_logout"], way == "expire", "{way}");
        assert_eq!(sync::sync(&server, &phone, "").await.status, 401, "{way}");
    }
}

/// Nothing that happens after the end is told, however close it comes.
#[tokio::test]
async fn no_news_with_a_token_that_ended() {
    for way in WAYS {
        let (server, phone) = start(way).await;
        let since = sync::start(&server, &phone).await;
        let waiting = server.open_sync(&phone, &since, "set_presence=offline").await;
        end(&server, way, &phone).await;
        claim(&server, ALICE, "DEMO", State::Online).await;
        assert_eq!(waiting.answer().await.status, 401, "{way}");
    }
}

#[tokio::test]
async fn a_stream_of_changes_closes_with_its_token() {
    for way in WAYS {
        let (server, phone) = start(way).await;
        let watchers = server.app.service.watchers();
        let mut stream = server.call(Method::GET, "/presenced/v1/changes").token(&phone).open().await;
        server.watched_by(watchers + 1).await;
        end(&server, way, &phone).await;
        let last = stream.event().await;
        let reason = if way == "expire" { "expired" } else { "revoked" };
        assert_eq!((last.name.as_str(), &last.data["reason"]), ("end", &json!(reason)), "{way}");
        assert_eq!(stream.try_event().await, None, "{way}");
    }
}

async fn state(server: &TestServer) -> Value {
    server.presence("demo-alice", BOB).await.json()["presence"].clone()
}

/// What a device said does not outlive its login by more than the grace, though it holds for an hour.
#[tokio::test]
async fn a_claim_ends_with_the_last_token_of_its_device() {
    for way in ["logout", "logout/all", "revoke", "make room"] {
        let (server, phone) = start(way).await;
        server.set_presence(&phone, BOB, json!({"presence": "online"})).await;
        end(&server, way, &phone).await;
        server.advance(seconds(0)).await;
        assert_eq!(state(&server).await, "online", "{way}: the grace begins");
        server.advance(seconds(29)).await;
        assert_eq!(state(&server).await, "online", "{way}");
        server.advance(seconds(1)).await;
        assert_eq!(state(&server).await, "offline", "{way}");
    }
}

#[tokio::test]
async fn a_claim_stays_while_its_device_has_a_token() {
    let (server, phone) = start("log in again").await;
    server.set_presence(&phone, BOB, json!({"presence": "online"})).await;
    // The new login is on the same device.
    end(&server, "log in again", &phone).await;
    server.advance(minutes(20)).await;
    assert_eq!(state(&server).await, "unavailable");
    // Another device's end has nothing to do with it.
    post(&server, "demo-bob-2", "logout").await;
    server.advance(minutes(1)).await;
    assert_eq!(state(&server).await, "unavailable");
}

#[tokio::test]
async fn a_refresh_token_keeps_a_claim() {
    let server = TestServer::start().await;
    let form = "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=demo-bob&client_id=app";
    let call = server.call(Method::POST, "/restapi/oauth/token");
    let login =
        call.header("content-type", "application/x-www-form-urlencoded").body(form).send().await.json();
    let token = login["access_token"].as_str().expect("a token");
    server.set_presence(token, BOB, json!({"presence": "online"})).await;
    let refreshed = format!(
        "grant_type=refresh_token&client_id=app&refresh_token={}",
        login["refresh_token"].as_str().expect("a token")
    );
    let call = server.call(Method::POST, "/restapi/oauth/token");
    let call = call.header("content-type", "application/x-www-form-urlencoded").body(refreshed);
    let next = call.send().await.json();
    server.advance(minutes(2)).await;
    assert_eq!(state(&server).await, "online", "the login goes on");
    // Logging out ends both of its tokens.
    let token = next["access_token"].as_str().expect("a token");
    assert_eq!(post(&server, token, "logout").await.status, 200);
    server.advance(seconds(0)).await;
    server.advance(seconds(30)).await;
    assert_eq!(state(&server).await, "offline");
}

/// A busy claim holds for an hour after its connection ends, but not after its login does.
#[tokio::test]
async fn a_busy_device_that_syncs_is_gone_after_the_grace() {
    let server = TestServer::start().await;
    let phone = log_in(&server).await;
    claim(&server, BOB, "PHONE", State::Busy).await;
    let since = sync::start(&server, &phone).await;
    let waiting = server.open_sync(&phone, &since, "").await;
    assert_eq!(post(&server, &phone, "logout").await.status, 200);
    assert_eq!(waiting.answer().await.status, 401);
    server.advance(seconds(0)).await;
    // As Matrix shows busy where that is off.
    assert_eq!(state(&server).await, "unavailable");
    server.advance(seconds(30)).await;
    assert_eq!(state(&server).await, "offline");
}
