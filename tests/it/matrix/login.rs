//! Logging in: a session of one's own, with a device and a token.

use presenced::store::Store;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ALICE, Answer, BOB, FaultyStore, SharedStore, TestServer, minutes, seconds};

async fn login(server: &TestServer, body: Value) -> Answer {
    server.call(Method::POST, "/_matrix/client/v3/login").json(&body).send().await
}

/// Logs in, and returns the new token.
async fn token(server: &TestServer, from: &str, device: &str) -> String {
    let body = json!({"type": "m.login.token", "token": from, "device_id": device});
    let answer = login(server, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["access_token"].as_str().expect("a token").to_owned()
}

async fn whoami(server: &TestServer, token: &str) -> Answer {
    server.call(Method::GET, "/_matrix/client/v3/account/whoami").token(token).send().await
}

async fn is_good(server: &TestServer, token: &str) -> bool {
    whoami(server, token).await.status == 200
}

/// A token that an admin makes for bob.
async fn issue(server: &TestServer, request: Value) -> String {
    let issued = server.admin(Method::POST, &format!("/users/{BOB}/tokens"), Some(request)).await.json();
    issued["token"].as_str().expect("a token").to_owned()
}

#[tokio::test]
async fn a_login_opens_a_session() {
    for prefix in ["v3", "r0"] {
        let server = TestServer::start().await;
        let body = json!({"type": "m.login.token", "token": "demo-bob", "device_id": "PHONE",
            "initial_device_display_name": "a phone", "identifier": {"type": "m.id.user", "user": BOB}});
        let call = server.call(Method::POST, format!("/_matrix/client/{prefix}/login"));
        let answer = call.json(&body).send().await.json();
        let token = answer["access_token"].as_str().expect("a token");
        assert_ne!(token, "demo-bob");
        assert_eq!(answer, json!({"user_id": BOB, "access_token": token, "device_id": "PHONE"}));
        let expected = json!({"user_id": BOB, "device_id": "PHONE", "is_guest": false});
        assert_eq!(whoami(&server, token).await.json(), expected);
        assert_eq!(whoami(&server, "demo-bob").await.json()["device_id"], "DEMO");
        assert_eq!(server.set_presence(token, BOB, json!({"presence": "online"})).await.status, 200);
    }
}

#[tokio::test]
async fn a_device_that_is_not_named_is_new() {
    let server = TestServer::start().await.lenient();
    let mut devices = Vec::new();
    for device in [json!(null), json!("")] {
        let body = json!({"type": "m.login.token", "token": "demo-bob", "device_id": device});
        let answer = login(&server, body).await.json();
        let device = answer["device_id"].as_str().expect("a device").to_owned();
        assert!(device.len() == 10 && device.bytes().all(|byte| byte.is_ascii_uppercase()), "{device}");
        let token = answer["access_token"].as_str().expect("a token");
        assert_eq!(whoami(&server, token).await.json()["device_id"], *device);
        devices.push(device);
    }
    assert_ne!(devices[0], devices[1]);
}

#[tokio::test]
async fn what_is_refused() {
    let server = TestServer::start().await;
    let refresh = {
        let form = "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=demo-bob&client_id=app";
        let call = server.call(Method::POST, "/restapi/oauth/token");
        let answer = call.header("content-type", "application/x-www-form-urlencoded").body(form).send().await;
        answer.json()["refresh_token"].as_str().expect("a token").to_owned()
    };
    let long = "x".repeat(256);
    for (body, status, errcode) in [
        (json!({"type": "m.login.token", "token": "nonsense"}), 403, "M_FORBIDDEN"),
        (json!({"type": "m.login.token", "token": "demo-admin"}), 403, "M_FORBIDDEN"),
        (json!({"type": "m.login.token", "token": refresh}), 403, "M_FORBIDDEN"),
        (json!({"type": "m.login.password", "user": "bob", "password": "x"}), 400, "M_BAD_JSON"),
        (json!({"type": "m.login.token"}), 400, "M_BAD_JSON"),
        (json!({"type": "m.login.token", "token": "demo-bob", "device_id": 1}), 400, "M_BAD_JSON"),
        (json!({"type": "m.login.token", "token": "demo-bob", "device_id": long}), 400, "M_INVALID_PARAM"),
        (json!({"type": "m.login.token", "token": "demo-bob", "device_id": "\n"}), 400, "M_INVALID_PARAM"),
        (json!([]), 400, "M_BAD_JSON"),
    ] {
        assert_eq!(login(&server, body.clone()).await.errcode(), (status, errcode.to_owned()), "{body}");
    }
    let tokens = server.admin(Method::GET, &format!("/users/{BOB}/tokens"), None).await.json();
    assert_eq!(tokens["tokens"].as_array().map(Vec::len), Some(4), "nothing was made: {tokens}");
}

/// A device has one session: the specification has a login end the earlier one of its device.
#[tokio::test]
async fn a_second_login_ends_the_first_on_its_device() {
    let server = TestServer::start().await;
    let made = issue(&server, json!({"deviceId": "PHONE"})).await;
    let (phone, other) = (token(&server, "demo-bob", "PHONE").await, token(&server, "demo-bob", "PC").await);
    let again = token(&server, "demo-bob", "PHONE").await;
    assert!(!is_good(&server, &phone).await, "the older login has ended");
    // Neither what an admin made for the device, nor the demo's tokens, nor logins on other devices.
    for kept in [&made, &other, &again, "demo-bob", "demo-bob-2"] {
        assert!(is_good(&server, kept).await, "{kept}");
    }
    token(&server, "demo-bob-2", "DEMO").await;
    assert!(is_good(&server, "demo-bob").await);
    // A login may come from the session itself; that one stays then.
    let third = token(&server, &again, "PHONE").await;
    assert!(is_good(&server, &again).await && is_good(&server, &third).await);
    // Other users' devices of that name have nothing to do with it.
    token(&server, "demo-alice", "PC").await;
    assert!(is_good(&server, &other).await);
}

#[tokio::test]
async fn scopes_guest_and_end_are_inherited() {
    let server = TestServer::start().await;
    let request = json!({"deviceId": "R", "scopes": ["read"], "guest": true, "expiresInSeconds": 600});
    let made = issue(&server, request).await;
    server.advance(minutes(4)).await;
    let body = json!({"type": "m.login.token", "token": made, "device_id": "PHONE"});
    let answer = login(&server, body.clone()).await.json();
    assert_eq!(answer["expires_in_ms"], 360_000);
    let session = answer["access_token"].as_str().expect("a token");
    assert_eq!(whoami(&server, session).await.json()["is_guest"], true);
    let tokens = server.admin(Method::GET, &format!("/users/{BOB}/tokens"), None).await.json();
    let of_phone =
        tokens["tokens"].as_array().expect("a list").iter().find(|token| token["deviceId"] == "PHONE");
    let of_phone = of_phone.expect("the session is listed");
    assert_eq!((&of_phone["scopes"], &of_phone["guest"]), (&json!(["read"]), &json!(true)));
    server.advance(minutes(6)).await;
    let ended = whoami(&server, session).await;
    assert_eq!(
        (ended.errcode(), &ended.json()["soft_logout"]),
        ((401, "M_UNKNOWN_TOKEN".to_owned()), &json!(true))
    );
    assert_eq!(login(&server, body).await.errcode(), (403, "M_FORBIDDEN".to_owned()));
}

/// Whoever logs in again and again, on a new device each time, is never refused for it.
#[tokio::test]
async fn the_oldest_login_makes_room() {
    let server = TestServer::start_with(|config| config.limits.tokens_per_user = 4).await;
    let first = token(&server, "demo-bob", "A").await;
    server.advance(seconds(1)).await;
    let second = token(&server, "demo-bob", "B").await;
    server.advance(seconds(1)).await;
    let third = token(&server, "demo-bob", "C").await;
    assert!(!is_good(&server, &first).await, "the oldest made room");
    server.advance(seconds(1)).await;
    // The oldest that it does not come from.
    let fourth = token(&server, &second, "D").await;
    assert!(!is_good(&server, &third).await);
    for kept in ["demo-bob", "demo-bob-2", &second, &fourth] {
        assert!(is_good(&server, kept).await, "{kept}");
    }
    // Tokens that were made otherwise never make room.
    let full = TestServer::start_with(|config| config.limits.tokens_per_user = 2).await;
    let refused = login(&full, json!({"type": "m.login.token", "token": "demo-bob"})).await;
    insta::assert_snapshot!(refused.line(), @r#"403 {"errcode":"M_FORBIDDEN","error":"the user @bob:example.com has 2 tokens, as many as are allowed; revoke one first"}"#);
}

#[tokio::test]
async fn a_session_survives_a_restart_and_a_logout_ends_it_for_good() {
    let store = SharedStore::default();
    let boxed = || -> Box<dyn Store> { Box::new(store.clone()) };
    let server = TestServer::start_on(boxed(), |_| {}).await;
    let (phone, pc) = (token(&server, "demo-alice", "PHONE").await, token(&server, "demo-alice", "PC").await);
    let logout = server.call(Method::POST, "/_matrix/client/v3/logout").token(&phone).send().await;
    assert_eq!(logout.line(), "200 {}");
    server.stop().await;
    let server = TestServer::start_again(boxed(), |_| {}).await;
    assert!(!is_good(&server, &phone).await && is_good(&server, &pc).await);
    // It is still known for a login of that device, and ends with the next.
    let again = token(&server, "demo-alice", "PC").await;
    assert!(!is_good(&server, &pc).await && is_good(&server, &again).await);
    assert_eq!(server.presence(&again, ALICE).await.status, 200);
}

#[tokio::test]
async fn a_store_that_refuses_opens_none() {
    let store = FaultyStore::default();
    let mood = store.mood.clone();
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    let phone = token(&server, "demo-bob", "PHONE").await;
    mood.refuse();
    let body = json!({"type": "m.login.token", "token": "demo-bob", "device_id": "PHONE"});
    assert_eq!(login(&server, body).await.status, 503);
    assert!(is_good(&server, &phone).await, "the earlier session goes on");
}
