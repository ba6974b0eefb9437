//! RingCentral's subscriptions and sockets that somebody opened with such a token.

use presenced::demo::ADMIN_TOKEN;
use reqwest::Method;
use serde_json::json;

use super::{NOW, token, trusting};
use crate::support::{
    ALICE, SharedStore, TestServer,
    receiver::Receiver,
    seconds,
    socket::{Received, Socket},
};

const PATH: &str = "/restapi/v1.0/subscription";
const BOB: &str = "/restapi/v1.0/account/~/extension/2/presence";

/// An hour from now on.
const HOUR: u64 = NOW + 3_600;

async fn subscribe(server: &TestServer, token: &str, receiver: &Receiver) {
    let wish = json!({"eventFilters": [BOB],
        "deliveryMode": {"transportType": "WebHook", "address": receiver.url}, "expiresIn": 604_800});
    let answer = server.call(Method::POST, PATH).token(token).json(&wish).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// How many subscriptions the admin is shown.
async fn count(server: &TestServer) -> usize {
    let page = server.admin(Method::GET, "/subscriptions", None).await.json();
    page["subscriptions"].as_array().expect("a list").len()
}

pub(super) async fn be(server: &TestServer, status: &str) {
    let call = server.call(Method::PUT, "/restapi/v1.0/account/~/extension/~/presence").token("demo-bob");
    assert_eq!(call.json(&json!({ "userStatus": status })).send().await.status, 200);
}

/// Ends a token before its time, in one of the ways there are.
async fn end(server: &TestServer, token: &str, how: &str) {
    let matrix = |path: &str| server.call(Method::POST, format!("/_matrix/client/v3/{path}")).token(token);
    let own = format!("/presenced/v1/users/{ALICE}/tokens");
    let answer = match how {
        "logged out" => matrix("logout").send().await,
        "logged out everywhere" => matrix("logout/all").send().await,
        "sessions ended by oneself" => server.call(Method::DELETE, own).token(token).send().await,
        "sessions ended by the admin" => server.call(Method::DELETE, own).token(ADMIN_TOKEN).send().await,
        "user removed" => server.admin(Method::DELETE, &format!("/users/{ALICE}"), None).await,
        _ => {
            let call = server.call(Method::POST, "/restapi/oauth/revoke");
            let call = call.header("authorization", "Basic YXBwOnNlY3JldA==");
            let call = call.header("content-type", "application/x-www-form-urlencoded");
            call.body(format!("token={token}")).send().await
        }
    };
    assert!(answer.status.is_success(), "{how}: {}", answer.text);
}

const WAYS: [&str; 6] = [
    "revoked",
    "logged out",
    "logged out everywhere",
    "sessions ended by oneself",
    "sessions ended by the admin",
    "user removed",
];

#[tokio::test]
async fn a_webhook_ends_with_its_token_for_good() {
    for how in WAYS {
        let store = SharedStore::default();
        let server = TestServer::start_on(Box::new(store.clone()), trusting).await;
        let mut receiver = Receiver::start().await;
        let token = token(json!({ "exp": HOUR }));
        subscribe(&server, &token, &receiver).await;
        be(&server, "Busy").await;
        receiver.told().await;
        end(&server, &token, how).await;
        while count(&server).await > 0 {}
        server.push().settled().await;
        server.push().ended().await;
        be(&server, "Available").await;
        assert!(receiver.is_quiet(), "{how}");
        server.stop().await;
        let server = TestServer::start_again(Box::new(store), trusting).await;
        presenced::demo::furnish(&server.app.directory, server.app.service.now())
            .await
            .expect("all is there");
        assert_eq!(count(&server).await, 0, "{how}");
    }
}

/// Another device's token ends nothing, nor does it that an issuer's tokens are short.
#[tokio::test]
async fn a_webhook_outlives_the_natural_end_and_other_sessions() {
    let server = TestServer::start_with(trusting).await;
    let mut receiver = Receiver::start().await;
    let (own, other) = (token(json!({"sid": "own"})), token(json!({"sid": "other"})));
    subscribe(&server, &own, &receiver).await;
    end(&server, &other, "logged out").await;
    be(&server, "Busy").await;
    receiver.told().await;
    server.advance(seconds(120)).await;
    be(&server, "Available").await;
    receiver.told().await;
    // Whoever has the device's next token sees it, and ends it with that.
    let next = token(json!({"sid": "own", "iat": NOW + 120, "exp": HOUR}));
    let list = server.call(Method::GET, PATH).token(&next).send().await.json();
    assert_eq!(list["records"].as_array().map(Vec::len), Some(1), "{list}");
    end(&server, &next, "logged out").await;
    while count(&server).await > 0 {}
    assert!(receiver.is_quiet());
}

#[tokio::test]
async fn a_socket_ends_with_its_token_at_once() {
    for how in WAYS {
        let server = TestServer::start_with(trusting).await;
        let token = token(json!({ "exp": HOUR }));
        let mut socket = Socket::open(&server, &token).await;
        socket.subscribe(&[BOB]).await;
        be(&server, "Busy").await;
        socket.told().await;
        end(&server, &token, how).await;
        be(&server, "Available").await;
        assert_eq!(told_before_the_end(&mut socket).await, 0, "{how}");
    }
}

/// Half a minute after what it says, as with everything that it opened.
#[tokio::test]
async fn a_socket_ends_with_its_tokens_time() {
    let server = TestServer::start_with(trusting).await;
    let token = token(json!({}));
    let mut socket = Socket::open(&server, &token).await;
    socket.subscribe(&[BOB]).await;
    server.advance(seconds(89)).await;
    be(&server, "Busy").await;
    socket.told().await;
    server.advance(seconds(1)).await;
    be(&server, "Available").await;
    assert_eq!(told_before_the_end(&mut socket).await, 0);
}

/// How many notifications come until the end.
async fn told_before_the_end(socket: &mut Socket) -> usize {
    let mut told = 0;
    loop {
        match socket.receive().await {
            Received::Message(meta, _) if meta["type"] == "ServerNotification" => told += 1,
            Received::Closed => return told,
            _ => {}
        }
    }
}
