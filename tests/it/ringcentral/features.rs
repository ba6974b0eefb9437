//! What an extension's user may do.

use serde_json::{Value, json};

use super::{become_extension, codes, get, read, refused, token_with};
use crate::support::{ALICE, TestServer};

const OWN: &str = "/restapi/v1.0/account/~/extension/~/features";

/// What may be done, by its name.
fn available(features: &Value) -> Vec<&str> {
    let records = features["records"].as_array().expect("records");
    let available = records.iter().filter(|record| record["available"] == true);
    available.map(|record| record["id"].as_str().expect("a name")).collect()
}

const READING: [&str; 4] = ["ReadPresenceStatus", "ReadExtensionInfo", "ReadExtensions", "ReadCompanyInfo"];

const WRITING: [&str; 4] = ["ReadPresenceStatus", "EditPresenceStatus", "EditPresenceSettings", "DND"];

#[tokio::test]
async fn what_the_token_grants() {
    let server = TestServer::start().await;
    let all = read(&server, "demo-alice", OWN).await;
    insta::assert_snapshot!(all, @r#"{"records":[{"id":"ReadPresenceStatus","available":true},{"id":"EditPresenceStatus","available":true},{"id":"EditPresenceSettings","available":true},{"id":"DND","available":true},{"id":"ReadExtensionInfo","available":true},{"id":"ReadExtensions","available":true},{"id":"ReadCompanyInfo","available":true}]}"#);
    for (scopes, names) in [(&["read"][..], &READING[..]), (&["write"], &WRITING), (&[], &[])] {
        let features = read(&server, &token_with(&server, scopes).await, OWN).await;
        assert_eq!(available(&features), names, "{scopes:?}");
        assert_eq!(
            features["records"].as_array().map(Vec::len),
            Some(7),
            "the others are told as not available"
        );
    }
    become_extension(&server, ALICE, json!({"account": 1, "extensionNumber": "101", "hasDnd": false})).await;
    assert!(!available(&read(&server, "demo-alice", OWN).await).contains(&"DND"));
}

#[tokio::test]
async fn some_of_them() {
    let server = TestServer::start().await.lenient();
    let some = read(
        &server,
        "demo-alice",
        format!("{OWN}?featureId=DND&featureId=ReadPresenceStatus&featureId=Fax"),
    )
    .await;
    assert_eq!(available(&some), ["ReadPresenceStatus", "DND"]);
    let reader = token_with(&server, &["read"]).await;
    let available_only = read(&server, &reader, format!("{OWN}?availableOnly=True")).await;
    assert_eq!(available_only["records"].as_array().map(Vec::len), Some(READING.len()));
}

#[tokio::test]
async fn ones_own_alone() {
    let server = TestServer::start().await;
    let path = |account: &str, id: &str| format!("/restapi/v1.0/account/{account}/extension/{id}/features");
    assert_eq!(get(&server, "demo-alice", path("1", "1")).send().await.status, 200);
    for (account, id, expected) in [
        ("~", "2", refused(403, "CMN-404", "CMN-404")),
        ("~", "99", refused(404, "CMN-102", "CMN-102")),
        ("2", "~", refused(404, "CMN-102", "CMN-102")),
    ] {
        let answer = get(&server, "demo-alice", path(account, id)).send_undocumented().await;
        assert_eq!(codes(&answer), expected, "{account} {id}");
    }
    let bad = get(&server, "demo-alice", format!("{OWN}?availableOnly=maybe")).send().await;
    assert_eq!(codes(&bad), refused(400, "InvalidParameter", "CMN-101"));
}
