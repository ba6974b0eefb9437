//! One extension's presence: reading it, and updating one's own.

use reqwest::Method;
use serde_json::json;

use crate::support::TestServer;

const OWN: &str = "/restapi/v1.0/account/~/extension/~/presence";

#[tokio::test]
async fn what_was_never_set_has_its_defaults() {
    let server = TestServer::start().await;
    let read = server.call(Method::GET, OWN).token("demo-alice").send().await;
    assert_eq!(read.header("content-type"), "application/json; charset=UTF-8");
    insta::assert_snapshot!(read.text.replace(&server.url, ""), @r#"{"uri":"/restapi/v1.0/account/1/extension/1/presence","extension":{"uri":"/restapi/v1.0/account/1/extension/1","id":1,"extensionNumber":"101"},"presenceStatus":"Available","telephonyStatus":"NoCall","userStatus":"Available","dndStatus":"TakeAllCalls","meetingStatus":"Disconnected","allowSeeMyPresence":true,"ringOnMonitoredCall":false,"pickUpCallsOnHold":false}"#);
}

#[tokio::test]
async fn an_update_is_answered_with_the_whole() {
    let server = TestServer::start().await;
    let update = json!({"userStatus": "Busy", "message": "lunch"});
    let put = server.call(Method::PUT, OWN).token("demo-alice").json(&update).send().await.json();
    assert_eq!((&put["userStatus"], &put["presenceStatus"]), (&json!("Busy"), &json!("Busy")));
    assert_eq!((&put["message"], &put["dndStatus"]), (&json!("lunch"), &json!("TakeAllCalls")));
}
