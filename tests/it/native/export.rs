//! `/presenced/v1/export`: everything that the server keeps.

use reqwest::Method;
use serde_json::json;

use crate::{
    store::disk,
    support::{ALICE, CAROL, TestServer, snapshots},
};

#[tokio::test]
async fn everything_in_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = disk::over(folder.path()).expect("it opens");
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    let body = json!({"presence": "unavailable", "status_msg": "at lunch"});
    server.set_presence("demo-alice", ALICE, body).await;
    let settings = json!({"override": "invisible", "hidden": true});
    server.admin(Method::PUT, &format!("/users/{CAROL}/settings"), Some(settings)).await;
    let export = server.admin(Method::GET, "/export", None).await;
    assert_eq!(export.header("content-type"), "application/x-ndjson");
    snapshots().bind(|| insta::assert_snapshot!("export", export.text));
    for token in ["demo-alice", "demo-admin", "demo-carol"] {
        assert!(!export.text.contains(token), "a secret is in the export");
    }
}

#[tokio::test]
async fn a_server_that_keeps_nothing_has_nothing_to_export() {
    let server = TestServer::start().await;
    let refused = server.admin(Method::GET, "/export", None).await;
    insta::assert_snapshot!(refused.line(), @r#"409 {"type":"urn:presenced:problem:nothing-kept","title":"Conflict","status":409,"detail":"the server keeps its data in memory alone, so there is nothing to export"}"#);
    let refused = server.call(Method::GET, "/presenced/v1/export").token("demo-alice").send().await;
    assert_eq!(refused.status, 403);
}
