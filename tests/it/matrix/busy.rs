//! Busy (MSC3026), behind its switch.

use presenced::api::matrix::config::Matrix;
use reqwest::Method;
use serde_json::json;

use crate::support::{ALICE, TestServer, minutes, status_path};

const BUSY: &str = "org.matrix.msc3026.busy";

#[tokio::test]
async fn off_it_shows_as_unavailable_and_is_not_announced() {
    let server = TestServer::start().await;
    server.admin(Method::PUT, "/users/@alice:example.com/settings", Some(json!({"override": "busy"}))).await;
    insta::assert_snapshot!(server.presence("demo-bob", ALICE).await.line(), @r#"200 {"presence":"unavailable"}"#);
    let versions = server.call(Method::GET, "/_matrix/client/versions").send().await;
    assert_eq!(versions.json()["unstable_features"], json!({}));
}

#[tokio::test]
async fn on_it_can_be_set_and_is_announced() {
    let server = TestServer::start_with(|config| config.section_mut::<Matrix>().busy = true).await;
    assert_eq!(server.set_presence("demo-alice", ALICE, json!({"presence": BUSY})).await.line(), "200 {}");
    server.advance(minutes(20)).await;
    // The checked-in document is that of a server without busy, so this answer is not held to it.
    let seen = server.call(Method::GET, status_path(ALICE)).token("demo-bob").send_undocumented().await;
    insta::assert_snapshot!(seen.line(), @r#"200 {"presence":"org.matrix.msc3026.busy","last_active_ago":1200000}"#);
    let versions = server.call(Method::GET, "/_matrix/client/versions").send().await;
    assert_eq!(versions.json()["unstable_features"], json!({"org.matrix.msc3026.busy_presence": true}));
    let refused = server.set_presence("demo-alice", ALICE, json!({"presence": "busy"})).await;
    insta::assert_snapshot!(refused.json()["error"].to_string(), @r#""`presence` is not one of `online`, `offline`, `unavailable`, `org.matrix.msc3026.busy`""#);
}

#[tokio::test]
async fn on_the_served_document_has_the_state() {
    for busy in [false, true] {
        let server = TestServer::start_with(|config| config.section_mut::<Matrix>().busy = busy).await;
        let document = server.call(Method::GET, "/openapi/matrix.json").send_undocumented().await.json();
        let states = document["components"]["schemas"]["PresenceState"]["enum"].to_string();
        assert_eq!(states.contains(BUSY), busy, "{states}");
    }
}
