//! Every operation where it has to refuse: what it answers then stands in the document, since every answer is
//! checked against it.

use std::{collections::BTreeSet, pin::Pin};

use presenced::id::UserId;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ALICE, Answer, BOB, CAROL, FaultyStore, TestServer, conformance, receiver::Receiver};

/// An operation with what it is asked, which would change something if it were done.
pub(super) type Operation = (&'static str, Method, String, Value);

/// An id that no subscription has.
const NO_SUBSCRIPTION: &str = "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77";

/// All operations. What ends something stands after what needs it.
fn operations(token: &str, app_token: &str, subscription: &str, webhook: &str) -> Vec<Operation> {
    let webhook = format!("/presenced/v1/webhooks/{webhook}");
    let subscriptions = "/presenced/v1/subscriptions".to_owned();
    let user = format!("/presenced/v1/users/{ALICE}");
    let members = "/presenced/v1/rooms/!lobby:example.com/members".to_owned();
    let room = "/presenced/v1/rooms/!lobby:example.com/presence".to_owned();
    let updates = json!({"updates": [{"userId": ALICE, "state": "online"}]});
    let call = json!({"direction": "Inbound", "telephonyStatus": "Ringing"});
    let beat = json!({"heartbeats": [{"userId": ALICE, "deviceId": "D", "state": "online"}]});
    let (get, put, post, delete) = (Method::GET, Method::PUT, Method::POST, Method::DELETE);
    let none = Value::Null;
    vec![
        ("listUsers", get.clone(), "/presenced/v1/users".to_owned(), none.clone()),
        ("getUser", get.clone(), user.clone(), none.clone()),
        ("putUser", put.clone(), user.clone(), json!({"displayName": "Another"})),
        ("listTokens", get.clone(), format!("{user}/tokens"), none.clone()),
        ("createToken", post.clone(), format!("{user}/tokens"), json!({"deviceId": "D"})),
        ("listAppTokens", get.clone(), "/presenced/v1/app-tokens".to_owned(), none.clone()),
        ("createAppToken", post.clone(), "/presenced/v1/app-tokens".to_owned(), json!({"name": "wall"})),
        ("listRooms", get.clone(), "/presenced/v1/rooms".to_owned(), none.clone()),
        ("getMembers", get.clone(), members.clone(), none.clone()),
        ("putMembers", put.clone(), members.clone(), json!({"members": [BOB]})),
        ("addMember", put.clone(), format!("{members}/{CAROL}"), none.clone()),
        ("removeMember", delete.clone(), format!("{members}/{BOB}"), none.clone()),
        ("getUserRooms", get.clone(), format!("{user}/rooms"), none.clone()),
        ("getRoomPresence", get.clone(), room, none.clone()),
        ("getUserPresence", get.clone(), format!("{user}/presence"), none.clone()),
        ("putUserPresence", put.clone(), format!("{user}/presence"), json!({"state": "busy"})),
        ("postActivity", post.clone(), "/presenced/v1/activity".to_owned(), none.clone()),
        ("deleteUserPresence", delete.clone(), format!("{user}/presence"), none.clone()),
        ("updatePresence", post.clone(), "/presenced/v1/presence/update".to_owned(), updates),
        ("queryPresence", post.clone(), "/presenced/v1/presence/query".to_owned(), json!({"users": [ALICE]})),
        ("streamChanges", get.clone(), "/presenced/v1/changes?state=online".to_owned(), none.clone()),
        ("openSocket", get.clone(), "/presenced/v1/socket".to_owned(), none.clone()),
        ("listWebhooks", get.clone(), "/presenced/v1/webhooks".to_owned(), none.clone()),
        (
            "createWebhook",
            post.clone(),
            "/presenced/v1/webhooks".to_owned(),
            json!({"url": "http://127.0.0.1:9/"}),
        ),
        ("getWebhook", get.clone(), webhook.clone(), none.clone()),
        ("putWebhook", put.clone(), webhook.clone(), json!({"url": "http://127.0.0.1:9/"})),
        ("testWebhook", post.clone(), format!("{webhook}/test"), none.clone()),
        ("deleteWebhook", delete.clone(), webhook, none.clone()),
        ("createTicket", post.clone(), "/presenced/v1/tickets".to_owned(), none.clone()),
        ("postHeartbeats", post.clone(), "/presenced/v1/heartbeats".to_owned(), beat),
        ("putCall", put.clone(), format!("{user}/calls/c1"), call),
        ("deleteCall", delete.clone(), format!("{user}/calls/c1"), none.clone()),
        ("getSettings", get.clone(), format!("{user}/settings"), none.clone()),
        ("putSettings", put.clone(), format!("{user}/settings"), json!({"hidden": true})),
        ("exportData", get.clone(), "/presenced/v1/export".to_owned(), none.clone()),
        ("getHealth", get.clone(), "/healthz".to_owned(), none.clone()),
        ("getReadiness", get.clone(), "/readyz".to_owned(), none.clone()),
        ("getPresenceList", get, format!("{user}/presence-list"), none.clone()),
        ("acceptObserver", put, format!("{user}/observers/{BOB}"), none.clone()),
        ("denyObserver", delete.clone(), format!("{user}/observers/{BOB}"), none.clone()),
        ("revokeToken", delete.clone(), format!("{user}/tokens/{token}"), none.clone()),
        ("revokeAppToken", delete.clone(), format!("/presenced/v1/app-tokens/{app_token}"), none.clone()),
        ("listSubscriptions", Method::GET, subscriptions.clone(), none.clone()),
        ("endSubscription", delete.clone(), format!("{subscriptions}/{subscription}"), none.clone()),
        ("whoami", Method::GET, "/presenced/v1/whoami".to_owned(), none.clone()),
        ("rotateAdminToken", Method::POST, "/presenced/v1/admin-token".to_owned(), none.clone()),
        ("endSessions", delete.clone(), format!("{user}/tokens"), none.clone()),
        ("deleteUser", delete, user, none.clone()),
        ("advanceDemo", post.clone(), "/presenced/v1/demo/advance".to_owned(), json!({"seconds": 1})),
        ("resetDemo", post, "/presenced/v1/demo/reset".to_owned(), none),
    ]
}

/// The operations with tokens and an invitation that are there.
pub(super) async fn furnish(server: &TestServer) -> Vec<Operation> {
    let id = |issued: Answer| issued.json()["info"]["tokenId"].as_str().expect("an id").to_owned();
    let path = format!("/users/{ALICE}/tokens");
    let token = server.admin(Method::POST, &path, Some(json!({"deviceId": "OTHER"}))).await;
    let app_token = server.admin(Method::POST, "/app-tokens", Some(json!({"name": "door"}))).await;
    let list = server.call(Method::POST, format!("/_matrix/client/r0/presence/list/{BOB}"));
    let invited = list.token("demo-bob").json(&json!({"invite": [ALICE]})).send().await;
    assert_eq!(invited.status, 200);
    let receiver = Receiver::start().await;
    let wish = json!({"eventFilters": ["/restapi/v1.0/account/~/presence"],
        "deliveryMode": {"transportType": "WebHook", "address": receiver.url}});
    let subscribe = server.call(Method::POST, "/restapi/v1.0/subscription").token("demo-bob").json(&wish);
    let subscription = subscribe.send().await.json()["id"].as_str().expect("an id").to_owned();
    let webhook =
        server.admin(Method::POST, "/webhooks", Some(json!({"url": "http://127.0.0.1:9/one"}))).await;
    let webhook = webhook.json()["webhookId"].as_str().expect("an id").to_owned();
    operations(&id(token), &id(app_token), &subscription, &webhook)
}

/// Sends an operation. A stream and activity have to be a user's, who may speak for a device.
pub(super) async fn ask(server: &TestServer, (id, method, path, body): Operation, token: &str) -> Answer {
    let token = if matches!(id, "streamChanges" | "postActivity") && token == "demo-admin" {
        "demo-alice"
    } else {
        token
    };
    let call = server.call(method, path).token(token);
    if body.is_null() { call.send().await } else { call.json(&body).send().await }
}

/// The answer to each operation in short: its status and what kind of problem it is.
async fn answers(server: &TestServer, operations: &[Operation], token: &str) -> String {
    let mut lines = Vec::new();
    for operation in operations {
        let answer = ask(server, operation.clone(), token).await;
        let kind = match answer.header("content-type") {
            "application/problem+json" => answer.json()["type"].as_str().unwrap_or_default().to_owned(),
            _ => String::new(),
        };
        let kind = kind.trim_start_matches("urn:presenced:problem:");
        lines.push(format!("{} {} {kind}", operation.0, answer.status.as_u16()).trim_end().to_owned());
    }
    lines.join("\n")
}

#[test]
fn these_are_all_operations() {
    let paths = conformance::document("presenced")["paths"].as_object().expect("paths");
    let documented = paths.values().flat_map(|item| item.as_object().expect("operations").values());
    let documented: BTreeSet<_> =
        documented.map(|operation| operation["operationId"].as_str().expect("an id").to_owned()).collect();
    let asked: BTreeSet<_> = operations("t", "t", NO_SUBSCRIPTION, NO_SUBSCRIPTION)
        .into_iter()
        .map(|(id, ..)| id.to_owned())
        .collect();
    assert_eq!(asked, documented);
}

#[tokio::test]
async fn over_a_store_that_refuses_writes() {
    let store = FaultyStore::default();
    let mood = store.mood.clone();
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    let operations = furnish(&server).await;
    let watchers = server.app.service.watchers();
    mood.refuse();
    insta::assert_snapshot!(answers(&server, &operations, "demo-admin").await, @"
    listUsers 200
    getUser 200
    putUser 503 store-unavailable
    listTokens 200
    createToken 503 store-unavailable
    listAppTokens 200
    createAppToken 503 store-unavailable
    listRooms 200
    getMembers 200
    putMembers 503 store-unavailable
    addMember 503 store-unavailable
    removeMember 503 store-unavailable
    getUserRooms 200
    getRoomPresence 200
    getUserPresence 200
    putUserPresence 503 store-unavailable
    postActivity 503 store-unavailable
    deleteUserPresence 503 store-unavailable
    updatePresence 200
    queryPresence 200
    streamChanges 503 store-unavailable
    openSocket 426 upgrade-required
    listWebhooks 200
    createWebhook 503 store-unavailable
    getWebhook 200
    putWebhook 503 store-unavailable
    testWebhook 200
    deleteWebhook 503 store-unavailable
    createTicket 201
    postHeartbeats 200
    putCall 503 store-unavailable
    deleteCall 503 store-unavailable
    getSettings 200
    putSettings 503 store-unavailable
    exportData 409 nothing-kept
    getHealth 200
    getReadiness 503 not-ready
    getPresenceList 200
    acceptObserver 503 store-unavailable
    denyObserver 503 store-unavailable
    revokeToken 503 store-unavailable
    revokeAppToken 503 store-unavailable
    listSubscriptions 200
    endSubscription 503 store-unavailable
    whoami 200
    rotateAdminToken 409 conflict
    endSessions 503 store-unavailable
    deleteUser 503 store-unavailable
    advanceDemo 204
    resetDemo 503 store-unavailable
    ");
    assert_eq!(server.app.service.watchers(), watchers);
    mood.be_well();
    let alice = server.admin(Method::GET, &format!("/users/{ALICE}"), None).await;
    assert_eq!(alice.json()["displayName"], "Alice", "nothing was changed");
}

#[tokio::test]
async fn over_a_store_that_cannot_be_read_either() {
    let store = FaultyStore::default();
    let mood = store.mood.clone();
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    let operations = furnish(&server).await;
    let watchers = server.app.service.watchers();
    mood.refuse_everything();
    insta::assert_snapshot!(answers(&server, &operations, "demo-admin").await, @"
    listUsers 200
    getUser 200
    putUser 503 store-unavailable
    listTokens 200
    createToken 503 store-unavailable
    listAppTokens 200
    createAppToken 503 store-unavailable
    listRooms 200
    getMembers 200
    putMembers 503 store-unavailable
    addMember 503 store-unavailable
    removeMember 503 store-unavailable
    getUserRooms 200
    getRoomPresence 503 store-unavailable
    getUserPresence 503 store-unavailable
    putUserPresence 503 store-unavailable
    postActivity 503 store-unavailable
    deleteUserPresence 503 store-unavailable
    updatePresence 200
    queryPresence 503 store-unavailable
    streamChanges 503 store-unavailable
    openSocket 426 upgrade-required
    listWebhooks 200
    createWebhook 503 store-unavailable
    getWebhook 200
    putWebhook 503 store-unavailable
    testWebhook 200
    deleteWebhook 503 store-unavailable
    createTicket 201
    postHeartbeats 200
    putCall 503 store-unavailable
    deleteCall 503 store-unavailable
    getSettings 503 store-unavailable
    putSettings 503 store-unavailable
    exportData 503 store-unavailable
    getHealth 200
    getReadiness 503 not-ready
    getPresenceList 200
    acceptObserver 503 store-unavailable
    denyObserver 503 store-unavailable
    revokeToken 503 store-unavailable
    revokeAppToken 503 store-unavailable
    listSubscriptions 200
    endSubscription 503 store-unavailable
    whoami 200
    rotateAdminToken 409 conflict
    endSessions 503 store-unavailable
    deleteUser 503 store-unavailable
    advanceDemo 204
    resetDemo 503 store-unavailable
    ");
    let stream = server.call(Method::GET, "/presenced/v1/changes").token("demo-alice").send().await;
    assert_eq!((stream.status.as_u16(), stream.header("retry-after")), (503, "5"));
    assert_eq!(server.app.service.watchers(), watchers);
}

/// What a token lacks is told before anything else about the request is.
#[tokio::test]
async fn tokens_that_do_not_suffice() {
    let server = TestServer::start().await;
    let mut operations = furnish(&server).await;
    // Any token will do for the demo, to know whose it is, for a ticket, and to sign out; a socket tells on itself.
    operations.retain(|(id, ..)| {
        !id.ends_with("Demo") && !matches!(*id, "whoami" | "endSessions" | "createTicket" | "openSocket")
    });
    for (_, method, path, body) in &mut operations {
        *body =
            if *method == Method::PUT || *method == Method::POST { json!("nonsense") } else { Value::Null };
        *path = path.replace(BOB, "@nobody:example.com");
    }
    let issue = async |wish: Value| {
        let path = format!("/users/{ALICE}/tokens");
        let issued = server.admin(Method::POST, &path, Some(wish)).await.json();
        issued["token"].as_str().expect("a token").to_owned()
    };
    let guest = issue(json!({"deviceId": "D", "guest": true})).await;
    let idle = issue(json!({"deviceId": "D", "scopes": []})).await;
    for (token, status) in [("nonsense", 401), (guest.as_str(), 403), (idle.as_str(), 403)] {
        for operation in &operations {
            let expected = if operation.2.ends_with('z') { 200 } else { status };
            let answer = ask(&server, operation.clone(), token).await;
            assert_eq!(answer.status, expected, "{token} {}: {}", operation.0, answer.text);
        }
    }
}

/// Ids that are none in a URL either.
#[tokio::test]
async fn paths_that_are_not_utf8() {
    let server = TestServer::start().await;
    for (id, method, path, body) in operations("t", "t", NO_SUBSCRIPTION, NO_SUBSCRIPTION) {
        let path =
            path.replace(ALICE, "%FF").replace("!lobby:example.com", "%FF").replace("tokens/t", "tokens/%FF");
        if path.contains("%FF") {
            let answer = ask(&server, (id, method, path, body), "demo-admin").await;
            insta::allow_duplicates! {
                insta::assert_snapshot!(answer.line(), @r#"400 {"type":"urn:presenced:problem:invalid","title":"Bad Request","status":400,"detail":"the path is not UTF-8"}"#);
            }
        }
    }
}

#[tokio::test]
async fn the_stream_of_a_user_who_is_removed_meanwhile() {
    let store = FaultyStore::default();
    let meanwhile = store.meanwhile.clone();
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    let directory = server.app.directory.clone();
    *meanwhile.lock().expect("nobody panics here") = Some(Box::new(move || {
        let directory = directory.clone();
        let work: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(async move {
            let alice: UserId = ALICE.parse().expect("a user id");
            assert!(directory.remove_user(&alice).await.expect("the store removes"));
        });
        work
    }));
    let call = server.call(Method::GET, "/presenced/v1/changes?state=online").token("demo-alice");
    insta::assert_snapshot!(call.send().await.line(), @r#"401 {"type":"urn:presenced:problem:unknown-token","title":"Unauthorized","status":401,"detail":"the access token is unknown or was revoked"}"#);
}

#[tokio::test]
async fn who_may_not_speak_spends_no_stream() {
    let server = TestServer::start_with(|config| config.limits.new_streams_per_second = 1).await;
    let wish = json!({"deviceId": "D", "scopes": ["read"]});
    let issued = server.admin(Method::POST, &format!("/users/{ALICE}/tokens"), Some(wish)).await.json();
    let reading = issued["token"].as_str().expect("a token");
    for token in [reading, "demo-admin"] {
        let call = server.call(Method::GET, "/presenced/v1/changes?state=online").token(token);
        assert_eq!(call.send().await.status, 403, "{token}");
    }
    server.call(Method::GET, "/presenced/v1/changes").token(reading).open().await;
}

/// A report that fails in the store is told apart from those that can never be accepted.
#[tokio::test]
async fn heartbeats_are_refused_one_by_one() {
    let store = FaultyStore::default();
    let mood = store.mood.clone();
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    mood.refuse_everything();
    let heartbeats = json!({"heartbeats": [
        {"userId": ALICE, "deviceId": "D", "state": "online"},
        {"userId": "@nobody:example.com", "deviceId": "D", "state": "online"},
    ]});
    let answer = server.admin(Method::POST, "/heartbeats", Some(heartbeats)).await;
    insta::assert_snapshot!(answer.line(), @r#"200 {"results":[{"userId":"@alice:example.com","deviceId":"D","outcome":"unavailable","detail":"the store refuses writes: the disk is full"},{"userId":"@nobody:example.com","deviceId":"D","outcome":"unknown-user","detail":"there is no such user"}]}"#);
}
