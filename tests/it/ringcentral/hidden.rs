//! Users who are hidden from others.

use reqwest::Method;
use serde_json::json;

use super::{OWN, leg, presence_path, read, report_call, update};
use crate::support::{ALICE, TestServer};

#[tokio::test]
async fn others_see_a_mask_and_the_owner_the_truth() {
    let server = TestServer::start().await;
    let body = json!({"userStatus": "Busy", "message": "m", "dndStatus": "DoNotAcceptAnyCalls",
        "dndStatusPersonal": "TakeAllCalls", "callerIdVisibility": "All", "ringOnMonitoredCall": true,
        "acceptCallQueueCalls": true});
    update(&server, "demo-alice", body).await;
    let mut call = leg("CallConnected");
    report_call(&server, ALICE, "c1", call.clone()).await;
    call["kind"] = json!("ContactCenter");
    report_call(&server, ALICE, "c2", call).await;
    let before = read(&server, "demo-alice", OWN).await;

    let hidden = update(&server, "demo-alice", json!({"allowSeeMyPresence": false})).await.json();
    let path = presence_path(1) + "?sipData=true&totalActiveCalls=true";
    let seen = read(&server, "demo-bob", path).await;
    insta::assert_snapshot!(seen.to_string().replace(&server.url, "…"), @r#"{"uri":"…/restapi/v1.0/account/1/extension/1/presence","extension":{"uri":"…/restapi/v1.0/account/1/extension/1","id":1,"extensionNumber":"101"},"presenceStatus":"Offline","allowSeeMyPresence":false,"ringOnMonitoredCall":true,"pickUpCallsOnHold":false,"callerIdVisibility":"All","acceptCallQueueCalls":true}"#);
    assert_eq!(read(&server, "demo-alice", presence_path(1)).await, hidden);
    assert_eq!(hidden["presenceStatus"], "Busy");

    update(&server, "demo-alice", json!({"allowSeeMyPresence": true})).await;
    assert_eq!(read(&server, "demo-bob", presence_path(1)).await, before);
}

#[tokio::test]
async fn hidden_here_is_hidden_everywhere() {
    let server = TestServer::start().await;
    update(&server, "demo-alice", json!({"allowSeeMyPresence": false})).await;
    assert_eq!(server.presence("demo-bob", ALICE).await.status, 404);
    let settings = format!("/users/{ALICE}/settings");
    server.admin(Method::PUT, &settings, Some(json!({"hidden": false}))).await;
    assert_eq!(read(&server, "demo-bob", presence_path(1)).await["allowSeeMyPresence"], true);
    server.admin(Method::PUT, &settings, Some(json!({"hidden": true}))).await;
    assert_eq!(read(&server, "demo-bob", presence_path(1)).await["presenceStatus"], "Offline");
}

#[tokio::test]
async fn whoever_is_hidden_sees_others() {
    let server = TestServer::start().await;
    update(&server, "demo-alice", json!({"allowSeeMyPresence": false})).await;
    update(&server, "demo-bob", json!({"userStatus": "Busy"})).await;
    assert_eq!(read(&server, "demo-alice", presence_path(2)).await["presenceStatus"], "Busy");
}
