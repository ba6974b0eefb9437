//! The WebSocket.

use std::time::Duration;

use serde_json::{Value, json};

use presenced::api::ringcentral::detached_sessions;

use crate::support::{
    TestServer, minutes, seconds,
    socket::{Socket, socket_token},
};
use reqwest::Method;

const BOB: &str = "/restapi/v1.0/account/~/extension/2/presence";
const EVERYBODY: &str = "/restapi/v1.0/account/~/presence";

async fn set(server: &TestServer, token: &str, body: Value) {
    let path = "/restapi/v1.0/account/~/extension/~/presence";
    let set = server.call(Method::PUT, path).token(token).json(&body).send().await;
    assert_eq!(set.status, 200, "{}", set.text);
}

fn status(notification: &Value) -> (i64, &str) {
    let body = &notification["body"];
    (body["extensionId"].as_i64().expect("an id"), body["presenceStatus"].as_str().expect("a status"))
}

#[tokio::test]
async fn the_first_message_says_what_holds() {
    let server = TestServer::start().await;
    let socket = Socket::open(&server, "demo-alice").await;
    let (meta, body) = &socket.details;
    assert_eq!(meta["status"], 200);
    assert_eq!(meta["wsc"]["sequence"], 0);
    insta::assert_snapshot!(body, @r#"{"creationTime":"2026-01-05T09:00:00.000Z","maxConnectionsPerSession":50,"recoveryBufferSize":100,"recoveryTimeout":180,"idleTimeout":1800,"absoluteTimeout":86400,"maxActiveRequests":10}"#);
}

#[tokio::test]
async fn somebody_elses_change_is_told() {
    let server = TestServer::start().await;
    let mut socket = Socket::open(&server, "demo-alice").await;
    let info = socket.subscribe(&[BOB]).await;
    assert_eq!(info["eventFilters"], json!(["/restapi/v1.0/account/1/extension/2/presence"]));
    set(&server, "demo-bob", json!({"userStatus": "Busy", "message": "lunch"})).await;
    let (meta, told) = socket.told_with_meta().await;
    assert_eq!(meta["headers"]["WSG-SubscriptionId"], info["id"]);
    assert_eq!(meta["wsc"]["sequence"], 1);
    assert_eq!(told["subscriptionId"], info["id"]);
    assert_eq!(
        (&told["event"], &told["ownerId"]),
        (&json!("/restapi/v1.0/account/1/extension/2/presence"), &json!("1"))
    );
    assert_eq!(told["timestamp"], "2026-01-05T09:00:00.000Z");
    insta::assert_snapshot!(told["body"], @r#"{"extensionId":2,"telephonyStatus":"NoCall","sequence":189766800,"presenceStatus":"Busy","userStatus":"Busy","dndStatus":"TakeAllCalls","message":"lunch","meetingStatus":"Disconnected","allowSeeMyPresence":true,"ringOnMonitoredCall":false,"pickUpCallsOnHold":false}"#);
}

#[tokio::test]
async fn other_filters_hold_from_the_answer_on() {
    let server = TestServer::start().await;
    let mut socket = Socket::open(&server, "demo-alice").await;
    let info = socket.subscribe(&[BOB]).await;
    set(&server, "demo-bob", json!({"userStatus": "Busy"})).await;
    assert_eq!(status(&socket.told().await), (2, "Busy"));
    let path = format!("/restapi/v1.0/subscription/{}", info["id"].as_str().expect("an id"));
    let (meta, _) = socket.request("PUT", &path, json!({"eventFilters": [EVERYBODY]})).await;
    assert_eq!(meta["status"], 200);
    set(&server, "demo-bob", json!({"userStatus": "Available"})).await;
    assert_eq!(status(&socket.told().await), (2, "Available"));
    set(&server, "demo-carol", json!({"userStatus": "Offline"})).await;
    assert_eq!(status(&socket.told().await), (3, "Offline"));
}

#[tokio::test]
async fn requests_are_answered_by_the_same_routes() {
    let server = TestServer::start().await;
    let mut socket = Socket::open(&server, "demo-alice").await;
    let (meta, own) =
        socket.request("get", "/restapi/v1.0/account/~/extension/~/presence", Value::Null).await;
    assert_eq!((&meta["status"], &own["extension"]["id"]), (&json!(200), &json!(1)));
    assert_eq!(own["uri"], format!("{}/restapi/v1.0/account/1/extension/1/presence", server.url));
    let (meta, put) =
        socket.request("PUT", "/restapi/v1.0/account/~/extension/~/presence", json!({"message": "hi"})).await;
    assert_eq!((&meta["status"], &put["message"]), (&json!(200), &json!("hi")));
    let (meta, error) =
        socket.request("GET", "/restapi/v1.0/account/~/extension/99/presence", Value::Null).await;
    assert_eq!((&meta["status"], &error["errorCode"]), (&json!(404), &json!("CMN-102")));
    for path in ["/restapi/v1.0/nothing", "/restapi/v1.0/ws", "nothing", "/_matrix/client/versions"] {
        let (meta, _) = socket.request("GET", path, Value::Null).await;
        assert_eq!(meta["status"], 404, "{path}");
    }
    socket
        .send(&json!([{"type": "ClientRequest", "messageId": 7, "method": "GET",
            "path": "/restapi/v1.0/account/~/presence", "query": {"perPage": 1, "page": 2}}]))
        .await;
    let (meta, page) = socket.message().await;
    assert_eq!((&meta["messageId"], &page["paging"]["page"]), (&json!(7), &json!(2)));
}

#[tokio::test]
async fn a_batch_is_told_as_the_clients_read_it() {
    let server = TestServer::start().await;
    let mut socket = Socket::open(&server, "demo-alice").await;
    socket
        .send(&json!([{"type": "ClientRequest", "messageId": "m", "method": "GET",
            "path": "/restapi/v1.0/account/~/extension/1,2/presence"}]))
        .await;
    let text = socket.text().await;
    let (meta, body) = text.split_once(",--Boundary").expect("a raw body behind the first member");
    let meta: Value = serde_json::from_str(&meta[1..]).expect("JSON");
    assert_eq!((&meta["status"], &meta["messageId"]), (&json!(207), &json!("m")));
    assert!(body.ends_with("--]") || body.ends_with("--\r\n]"), "{body}");
}

#[tokio::test]
async fn a_heartbeat_comes_back() {
    let server = TestServer::start().await;
    let mut socket = Socket::open(&server, "demo-alice").await;
    socket.send(&json!([{"type": "Heartbeat", "messageId": "beat"}])).await;
    let (meta, body) = socket.message().await;
    assert_eq!(
        (&meta["type"], &meta["messageId"], &body),
        (&json!("Heartbeat"), &json!("beat"), &Value::Null)
    );
}

#[tokio::test]
async fn what_is_no_message_ends_the_connection() {
    let server = TestServer::start().await;
    for text in
        ["", "x", "{}", "[]", "[7]", r#"[{"type": "Nothing"}]"#, r#"[{"type": "ServerNotification"}]"#]
    {
        let mut socket = Socket::open(&server, "demo-alice").await;
        socket.send_text(text).await;
        assert_eq!(socket.end().await, "CMN-103", "{text}");
    }
}

#[tokio::test]
async fn a_token_opens_one_socket_and_soon_none() {
    let server = TestServer::start().await;
    let token = socket_token(&server, "demo-alice").await;
    assert_eq!(
        (&token["expires_in"], &token["uri"]),
        (&json!(30), &json!(format!("{}/restapi/v1.0/ws", server.url.replace("http", "ws"))))
    );
    let address = |token: &Value| {
        format!(
            "{}?access_token={}",
            token["uri"].as_str().expect("a URI"),
            token["ws_access_token"].as_str().expect("a token")
        )
    };
    let mut first = Socket::connect(&address(&token)).await;
    assert_eq!(first.message().await.0["type"], "ConnectionDetails");
    // As often as it is wanted, beside the first, but only for half a minute.
    server.advance(seconds(30) - Duration::from_millis(1)).await;
    let mut second = Socket::connect(&address(&token)).await;
    assert_eq!(second.message().await.0["type"], "ConnectionDetails");
    first.subscribe(&[BOB]).await;
    second.subscribe(&[EVERYBODY]).await;
    set(&server, "demo-bob", json!({"userStatus": "Busy"})).await;
    assert_eq!(status(&first.told().await), (2, "Busy"));
    assert_eq!(status(&second.told().await), (2, "Busy"));
    server.advance(Duration::from_millis(1)).await;
    assert_eq!(Socket::connect(&address(&token)).await.end().await, "TokenInvalid", "in time");
    let uri = token["uri"].as_str().expect("a URI");
    assert_eq!(Socket::connect(uri).await.end().await, "TokenInvalid", "at all");
    assert_eq!(
        Socket::connect(&format!("{uri}?access_token=demo-alice")).await.end().await,
        "TokenInvalid",
        "its own kind"
    );
}

/// Of as many as one may have sockets the oldest makes room, and nobody else's does.
#[tokio::test]
async fn whoever_asks_for_many_tokens_has_the_latest() {
    let server = TestServer::start().await;
    let address = async |token: &str| {
        let token = socket_token(&server, token).await;
        let (uri, text) = (token["uri"].as_str().expect("a URI"), token["ws_access_token"].as_str());
        format!("{uri}?access_token={}", text.expect("a token"))
    };
    let (bobs, first, second) =
        (address("demo-bob").await, address("demo-alice").await, address("demo-alice").await);
    for _ in 0..49 {
        address("demo-alice").await;
    }
    assert_eq!(Socket::connect(&first).await.end().await, "TokenInvalid");
    for address in [bobs, second] {
        assert_eq!(Socket::connect(&address).await.message().await.0["type"], "ConnectionDetails");
    }
}

#[tokio::test]
async fn it_has_to_be_a_socket() {
    let server = TestServer::start().await;
    let answer = server.call(Method::GET, "/restapi/v1.0/ws").send().await;
    assert_eq!((answer.status.as_u16(), answer.header("upgrade")), (426, "websocket"));
}

#[tokio::test]
async fn a_revoked_token_ends_its_sockets() {
    let server = TestServer::start().await;
    let made = server
        .admin(Method::POST, "/users/@alice:example.com/tokens", Some(json!({"deviceId": "D"})))
        .await
        .json();
    let (text, id) =
        (made["token"].as_str().expect("a token"), made["info"]["tokenId"].as_str().expect("an id"));
    let mut socket = Socket::open(&server, text).await;
    socket.subscribe(&[BOB]).await;
    let path = format!("/users/@alice:example.com/tokens/{id}");
    assert_eq!(server.admin(Method::DELETE, &path, None).await.status, 204);
    set(&server, "demo-bob", json!({"userStatus": "Busy"})).await;
    assert_eq!(socket.end().await, "TokenInvalid");
}

#[tokio::test]
async fn one_subscription_and_a_new_one_replaces_it() {
    let server = TestServer::start().await;
    let mut socket = Socket::open(&server, "demo-alice").await;
    let first = socket.subscribe(&[BOB]).await;
    let second = socket.subscribe(&["/restapi/v1.0/account/~/extension/3/presence"]).await;
    let list = super::read(&server, "demo-alice", "/restapi/v1.0/subscription").await;
    assert_eq!(list["records"], json!([second]));
    assert_ne!(first["id"], second["id"]);
    set(&server, "demo-bob", json!({"userStatus": "Busy"})).await;
    set(&server, "demo-carol", json!({"userStatus": "Busy"})).await;
    assert_eq!(status(&socket.told().await), (3, "Busy"));
    let path = format!("/restapi/v1.0/subscription/{}", second["id"].as_str().expect("an id"));
    let (meta, _) = socket.request("DELETE", &path, Value::Null).await;
    assert_eq!(meta["status"], 204);
    set(&server, "demo-carol", json!({"userStatus": "Available"})).await;
    let third = socket.subscribe(&[BOB]).await;
    set(&server, "demo-bob", json!({"userStatus": "Available"})).await;
    assert_eq!(socket.told().await["subscriptionId"], third["id"]);
}

#[tokio::test]
async fn whoever_is_silent_or_stays_too_long_is_told_so() {
    let server = TestServer::start_with(|config| config.limits.stream_heartbeat_seconds = 100_000).await;
    let mut idle = Socket::open(&server, "demo-alice").await;
    server.advance(minutes(29)).await;
    let mut busy = Socket::open(&server, "demo-alice").await;
    server.advance(minutes(1)).await;
    assert_eq!(idle.end().await, "WSG-902");
    for _ in 0..(24 * 60 - 2) / 20 {
        busy.send(&json!([{"type": "Heartbeat", "messageId": "beat"}])).await;
        assert_eq!(busy.message().await.0["type"], "Heartbeat");
        server.advance(minutes(20)).await;
    }
    busy.send(&json!([{"type": "Heartbeat", "messageId": "beat"}])).await;
    assert_eq!(busy.message().await.0["type"], "Heartbeat");
    server.advance(minutes(20)).await;
    assert_eq!(busy.end().await, "WSG-903");
}

#[tokio::test]
async fn a_ping_that_nobody_answers_ends_the_connection() {
    let server = TestServer::start().await;
    // Whoever reads nothing answers nothing.
    let mut deaf = Socket::open(&server, "demo-alice").await;
    while detached_sessions(&server.app) < 1 {
        server.advance(seconds(10)).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(deaf.end().await, Value::Null);
}

#[tokio::test]
async fn a_broken_connection_is_gone_on_with() {
    let server = TestServer::start().await;
    let mut socket = Socket::open(&server, "demo-alice").await;
    let info = socket.subscribe(&[EVERYBODY]).await;
    set(&server, "demo-bob", json!({"userStatus": "Busy"})).await;
    let (meta, _) = socket.told_with_meta().await;
    let wsc = meta["wsc"].clone();
    // This is sent, and the client does not see it any more.
    set(&server, "demo-carol", json!({"userStatus": "Busy"})).await;
    drop(socket.told().await);
    drop(socket);
    set(&server, "demo-bob", json!({"userStatus": "Offline"})).await;
    let mut socket = Socket::recover(&server, "demo-alice", &wsc).await;
    assert_eq!(socket.details.1["recoveryState"], "Successful");
    let mut told = [socket.told().await, socket.told().await];
    told.sort_by_key(|told| told["body"]["extensionId"].as_i64());
    assert_eq!(told.each_ref().map(status), [(2, "Offline"), (3, "Busy")]);
    assert!(told.iter().all(|told| told["subscriptionId"] == info["id"]));
    set(&server, "demo-bob", json!({"userStatus": "Available"})).await;
    let (meta, told) = socket.told_with_meta().await;
    assert_eq!((status(&told), &meta["wsc"]["sequence"]), ((2, "Available"), &json!(5)));
}

#[tokio::test]
async fn a_second_connection_takes_the_session_from_the_first() {
    let server = TestServer::start().await;
    let mut first = Socket::open(&server, "demo-alice").await;
    first.subscribe(&[BOB]).await;
    let wsc = first.details.0["wsc"].clone();
    let mut second = Socket::recover(&server, "demo-alice", &wsc).await;
    assert_eq!(second.details.1["recoveryState"], "Successful");
    assert_eq!(first.end().await, Value::Null);
    set(&server, "demo-bob", json!({"userStatus": "Busy"})).await;
    assert_eq!(status(&second.told().await), (2, "Busy"));
}

#[tokio::test]
async fn a_session_waits_three_minutes_and_for_its_owner_alone() {
    let server = TestServer::start().await;
    let mut socket = Socket::open(&server, "demo-alice").await;
    socket.subscribe(&[BOB]).await;
    let wsc = socket.details.0["wsc"].clone();
    for token in ["demo-bob", "demo-alice-2"] {
        let other = Socket::recover(&server, token, &wsc).await;
        assert_eq!(other.details.1["recoveryState"], "Failed", "{token}");
    }
    drop(socket);
    while detached_sessions(&server.app) < 3 {
        tokio::task::yield_now().await;
    }
    server.advance(seconds(180)).await;
    while super::read(&server, "demo-alice", "/restapi/v1.0/subscription").await["records"] != json!([]) {}
    let late = Socket::recover(&server, "demo-alice", &wsc).await;
    assert_eq!(late.details.1["recoveryState"], "Failed");
    let nonsense = Socket::recover(&server, "demo-alice", &json!({"token": "nothing"})).await;
    assert_eq!(nonsense.details.1["recoveryState"], "Failed");
}

#[tokio::test]
async fn sockets_end_when_the_server_stops() {
    let server = TestServer::start().await;
    let mut socket = Socket::open(&server, "demo-alice").await;
    socket.subscribe(&[BOB]).await;
    server.stop().await;
    assert_eq!(socket.end().await, Value::Null);
}

#[tokio::test]
async fn there_is_a_bound_on_sessions() {
    let server = TestServer::start().await;
    let mut sockets = Vec::new();
    for _ in 0..50 {
        sockets.push(Socket::open(&server, "demo-alice").await);
    }
    let token = socket_token(&server, "demo-alice").await;
    let address = format!(
        "{}?access_token={}",
        token["uri"].as_str().expect("a URI"),
        token["ws_access_token"].as_str().expect("a token")
    );
    assert_eq!(Socket::connect(&address).await.end().await, "CMN-301");
    Socket::open(&server, "demo-bob").await;
}
