//! Where the dialects meet: one user has one presence and one text.

use presenced::{
    id::NodeId,
    presence::{Input, State},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{get, last_seen, put, reads};
use crate::support::{ALICE, TestServer, minutes, seconds};

/// What the Matrix dialect tells bob of alice: her state and status.
async fn in_matrix(server: &TestServer) -> (String, Option<String>) {
    let seen = server.presence("demo-bob", ALICE).await.json();
    let text = |name: &str| seen.get(name).and_then(Value::as_str).map(str::to_owned);
    (text("presence").expect("a state"), text("status_msg"))
}

fn told(state: &str, status: Option<&str>) -> (String, Option<String>) {
    (state.to_owned(), status.map(str::to_owned))
}

async fn update(server: &TestServer, input: Input) {
    server.app.service.update(&ALICE.parse().expect("a user id"), &[input]).await.expect("it is taken");
}

#[tokio::test]
async fn a_text_set_here_is_seen_in_matrix_and_ends_there_too() {
    let server = TestServer::start().await;
    put(&server, "on the train").await;
    assert_eq!(in_matrix(&server).await, told("online", Some("on the train")));
    server.advance(minutes(15) - seconds(1)).await;
    assert_eq!(in_matrix(&server).await, told("unavailable", Some("on the train")));
    server.advance(seconds(1)).await;
    assert_eq!(in_matrix(&server).await, told("offline", None));
    put(&server, "here").await;
    put(&server, "1").await;
    assert_eq!(in_matrix(&server).await, told("online", None));
    put(&server, "here").await;
    put(&server, "0").await;
    assert_eq!(in_matrix(&server).await, told("offline", None));
}

#[tokio::test]
async fn what_matrix_sets_is_seen_here_and_is_an_update() {
    let server = TestServer::start().await;
    let mut seen_at = Vec::new();
    for (state, status, reading) in [
        ("online", "I am here.", "I am here."),
        ("unavailable", "brb", "brb"),
        ("online", "", "online"),
        // Offline is offline, whatever the text says.
        ("offline", "gone", "offline"),
        // A decision: a text that says the opposite is none.
        ("online", "offline", "online"),
    ] {
        server.advance(seconds(10)).await;
        server.set_presence("demo-alice", ALICE, json!({"presence": state, "status_msg": status})).await;
        assert_eq!(reads(&server, "1").await, reading, "{state} {status}");
        seen_at.extend(last_seen(&server, "1").await);
    }
    let seconds: Vec<&str> = seen_at.iter().map(|at| &at[17..]).collect();
    assert_eq!(seconds, ["10Z", "20Z", "30Z", "40Z", "50Z"]);
}

/// A decision: a text of another dialect is cut to 100 characters.
#[tokio::test]
async fn a_text_that_is_too_long_for_here() {
    let server = TestServer::start().await;
    let status = "é".repeat(200);
    server.set_presence("demo-alice", ALICE, json!({"presence": "online", "status_msg": status})).await;
    assert_eq!(reads(&server, "1").await, "é".repeat(100));
    assert_eq!(in_matrix(&server).await.1, Some(status));
}

/// A decision: who is connected elsewhere stays online when the presence ends or runs out.
#[tokio::test]
async fn a_connection_elsewhere() {
    let server = TestServer::start().await;
    let desk = || "DESK".parse().expect("a device id");
    update(&server, Input::Connect { device: desk(), node: NodeId::LOCAL, state: State::Online }).await;
    assert_eq!((reads(&server, "1").await.as_str(), last_seen(&server, "1").await), ("online", None));
    put(&server, "reading").await;
    server.advance(minutes(15) - seconds(1)).await;
    assert_eq!(reads(&server, "1").await, "reading");
    server.advance(seconds(1)).await;
    assert_eq!(reads(&server, "1").await, "online");
    put(&server, "reading").await;
    put(&server, "offline").await;
    assert_eq!(reads(&server, "1").await, "online");
    update(&server, Input::Disconnect { device: desk(), node: NodeId::LOCAL }).await;
    server.advance(seconds(30)).await;
    assert_eq!(reads(&server, "1").await, "offline");
}

/// A sync of the same device that comes and goes does not shorten the 15 minutes.
#[tokio::test]
async fn a_sync_in_between() {
    let server = TestServer::start().await;
    put(&server, "reading").await;
    let sync = server.call(Method::GET, "/_matrix/client/v3/sync").token("demo-alice").send().await;
    assert_eq!(sync.status, 200);
    server.advance(minutes(15) - seconds(1)).await;
    assert_eq!(reads(&server, "1").await, "reading");
    server.advance(seconds(1)).await;
    assert_eq!(reads(&server, "1").await, "offline");
}

#[tokio::test]
async fn offline_ends_what_other_devices_said() {
    let server = TestServer::start().await;
    server.set_presence("demo-alice-2", ALICE, json!({"presence": "online", "status_msg": "desk"})).await;
    put(&server, "offline").await;
    assert_eq!(reads(&server, "1").await, "offline");
    assert_eq!(in_matrix(&server).await, told("offline", None));
}

/// A decision: reports that renew are no updates; one that says something else is.
#[tokio::test]
async fn reports_of_a_gateway() {
    let server = TestServer::start().await;
    let report = async |state: &str| {
        let item = json!({"userId": ALICE, "deviceId": "DESK", "state": state});
        server.admin(Method::POST, "/heartbeats", Some(json!({"heartbeats": [item]}))).await;
        last_seen(&server, "1").await.map(|at| at[14..19].to_owned())
    };
    assert_eq!(report("offline").await, None);
    assert_eq!(report("online").await.as_deref(), Some("00:00"));
    server.advance(minutes(10)).await;
    assert_eq!(report("online").await.as_deref(), Some("00:00"));
    server.advance(minutes(10)).await;
    assert_eq!(reads(&server, "1").await, "online", "renewed");
    assert_eq!(report("busy").await.as_deref(), Some("20:00"));
}

#[tokio::test]
async fn busy_and_invisible() {
    let server = TestServer::start().await;
    let settings = async |body: Value| {
        server.admin(Method::PUT, &format!("/users/{ALICE}/settings"), Some(body)).await;
    };
    settings(json!({"override": "busy"})).await;
    assert_eq!(reads(&server, "1").await, "online");
    put(&server, "reading").await;
    server.advance(seconds(10)).await;
    settings(json!({"override": "invisible"})).await;
    server.advance(seconds(10)).await;
    put(&server, "in secret").await;
    let seen = last_seen(&server, "1").await;
    assert_eq!(
        (reads(&server, "1").await.as_str(), seen.as_deref()),
        ("offline", Some("2026-01-05T09:00:10Z"))
    );
    let own = super::data(&get(&server, "demo-alice", "/v0/presence").await);
    assert_eq!(
        (&own[0]["presence"], &own[0]["last_seen_at"]),
        (&json!("in secret"), &json!("2026-01-05T09:00:20Z"))
    );
}
