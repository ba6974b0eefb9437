//! Subscriptions of all users, for admins.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{TestServer, receiver::Receiver, seconds, socket::Socket};

async fn subscribe(server: &TestServer, token: &str, receiver: &Receiver) -> String {
    let address = format!("{}?secret=of-the-receiver", receiver.url);
    let wish = json!({"eventFilters": ["/restapi/v1.0/account/~/presence"],
        "deliveryMode": {"transportType": "WebHook", "address": address, "verificationToken": "hello"}});
    let answer =
        server.call(Method::POST, "/restapi/v1.0/subscription").token(token).json(&wish).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["id"].as_str().expect("an id").to_owned()
}

async fn list(server: &TestServer, query: &str) -> (Vec<Value>, bool) {
    let page = server.admin(Method::GET, &format!("/subscriptions{query}"), None).await.json();
    let all = page["subscriptions"].as_array().expect("a list").clone();
    (all, page["more"].as_bool().expect("a flag"))
}

#[tokio::test]
async fn what_an_admin_is_shown() {
    let server = TestServer::start_with(|config| config.webhooks.attempts = 1).await;
    let mut receiver = Receiver::start().await;
    let id = subscribe(&server, "demo-alice", &receiver).await;
    let (shown, more) = list(&server, "").await;
    let origin = receiver.url.trim_end_matches("/hook");
    let active = json!({"subscriptionId": id, "dialect": "ringcentral", "userId": "@alice:example.com",
        "deviceId": shown[0]["deviceId"], "transport": "webhook", "receiver": origin, "state": "active",
        "createdAt": 1_767_603_600_000_u64, "expiresAt": 1_768_208_400_000_u64});
    assert_eq!((&shown, more), (&vec![active], false));
    let path = "/restapi/v1.0/account/~/extension/~/presence";
    let busy = json!({"userStatus": "Busy"});
    server.call(Method::PUT, path).token("demo-carol").json(&busy).send().await;
    receiver.next().await.answer(500);
    server.push().settled().await;
    let (shown, _) = list(&server, "").await;
    assert_eq!(shown[0]["state"], "suspended");
    assert_eq!(shown[0]["reason"], "the receiver answered 500");
}

#[tokio::test]
async fn in_pages() {
    let server = TestServer::start().await;
    let receiver = Receiver::start().await;
    let mut ids = Vec::new();
    for token in ["demo-alice", "demo-bob", "demo-carol"] {
        ids.push(subscribe(&server, token, &receiver).await);
    }
    ids.sort();
    let (first, more) = list(&server, "?limit=2").await;
    assert_eq!((first[0]["subscriptionId"].as_str(), first.len(), more), (Some(&*ids[0]), 2, true));
    let (second, more) = list(&server, &format!("?limit=2&after={}", ids[1])).await;
    assert_eq!((second[0]["subscriptionId"].as_str(), second.len(), more), (Some(&*ids[2]), 1, false));
    for query in ["?limit=0", "?limit=1001", "?after=nonsense"] {
        let refused = server.admin(Method::GET, &format!("/subscriptions{query}"), None).await;
        assert_eq!(refused.status, 400, "{query}");
    }
}

#[tokio::test]
async fn an_admin_ends_what_is_anybodys() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    let id = subscribe(&server, "demo-alice", &receiver).await;
    let path = format!("/subscriptions/{id}");
    assert_eq!(server.admin(Method::DELETE, &path, None).await.status, 204);
    assert_eq!(server.admin(Method::DELETE, &path, None).await.status, 404);
    assert_eq!(server.admin(Method::DELETE, "/subscriptions/nonsense", None).await.status, 400);
    assert_eq!(list(&server, "").await.0.len(), 0);
    // It is not that its time was over.
    let read = server.call(Method::GET, format!("/restapi/v1.0/subscription/{id}")).token("demo-alice");
    assert_eq!(read.send().await.json()["errorCode"], "CMN-102");
    server.push().ended().await;
    let busy = json!({"userStatus": "Busy"});
    let own = "/restapi/v1.0/account/~/extension/~/presence";
    server.call(Method::PUT, own).token("demo-bob").json(&busy).send().await;
    server.advance(seconds(60)).await;
    assert!(receiver.is_quiet());
}

#[tokio::test]
async fn only_an_admin_may() {
    let server = TestServer::start().await;
    let receiver = Receiver::start().await;
    let id = subscribe(&server, "demo-alice", &receiver).await;
    for (method, path) in [(Method::GET, String::new()), (Method::DELETE, format!("/{id}"))] {
        let call = server.call(method, format!("/presenced/v1/subscriptions{path}")).token("demo-alice");
        assert_eq!(call.send().await.status, 403);
    }
    assert_eq!(list(&server, "").await.0.len(), 1);
}

#[tokio::test]
async fn those_on_sockets_too() {
    let server = TestServer::start().await;
    let mut socket = Socket::open(&server, "demo-alice").await;
    let id = socket.subscribe(&["/restapi/v1.0/account/~/presence"]).await["id"].clone();
    let (shown, _) = list(&server, "").await;
    assert_eq!((&shown[0]["subscriptionId"], &shown[0]["transport"]), (&id, &json!("socket")));
    assert_eq!(shown[0].get("receiver"), None);
    let path = format!("/subscriptions/{}", id.as_str().expect("an id"));
    assert_eq!(server.admin(Method::DELETE, &path, None).await.status, 204);
    // The socket stays open, for another.
    let another = socket.subscribe(&["/restapi/v1.0/account/~/presence"]).await["id"].clone();
    assert_ne!(another, id);
    let busy = json!({"userStatus": "Busy"});
    let own = "/restapi/v1.0/account/~/extension/~/presence";
    server.call(Method::PUT, own).token("demo-bob").json(&busy).send().await;
    assert_eq!(socket.told().await["subscriptionId"], another);
}
