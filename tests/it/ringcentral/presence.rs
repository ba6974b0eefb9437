//! Reading one extension's presence.

use reqwest::Method;
use serde_json::json;

use super::{OWN, get, presence_path, read, update};
use crate::support::{ALICE, TestServer};

#[tokio::test]
async fn what_was_never_set_has_its_defaults() {
    let server = TestServer::start().await;
    let own = get(&server, "demo-alice", OWN).send().await;
    assert_eq!(own.header("content-type"), "application/json; charset=UTF-8");
    insta::assert_snapshot!(own.text.replace(&server.url, "…"), @r#"{"uri":"…/restapi/v1.0/account/1/extension/1/presence","extension":{"uri":"…/restapi/v1.0/account/1/extension/1","id":1,"extensionNumber":"101"},"presenceStatus":"Available","telephonyStatus":"NoCall","userStatus":"Available","dndStatus":"TakeAllCalls","meetingStatus":"Disconnected","allowSeeMyPresence":true,"ringOnMonitoredCall":false,"pickUpCallsOnHold":false}"#);
}

#[tokio::test]
async fn ids_are_written_in_several_ways() {
    let server = TestServer::start().await;
    let own = read(&server, "demo-alice", OWN).await;
    for (account, extension) in [("~", "~"), ("%7E", "%7e"), ("1", "1"), ("~", "1"), ("1", "~")] {
        let path = format!("/restapi/v1.0/account/{account}/extension/{extension}/presence");
        assert_eq!(read(&server, "demo-alice", path).await, own, "{account} {extension}");
    }
    assert_eq!(read(&server, "demo-bob", presence_path(1)).await, own, "everybody in the account sees it");
    assert_eq!(read(&server, "demo-carol", presence_path(1)).await, own, "a room is not needed");
}

#[tokio::test]
async fn the_addresses_are_those_that_the_client_uses() {
    let server =
        TestServer::start_with(|config| config.server.public_url = "https://p.example/".into()).await;
    let own = read(&server, "demo-alice", OWN).await;
    assert_eq!(own["uri"], "https://p.example/restapi/v1.0/account/1/extension/1/presence");
}

#[tokio::test]
async fn flags_in_any_letter_case() {
    let server = TestServer::start().await.lenient();
    for value in ["true", "True", "TRUE", "false", "False"] {
        for name in ["detailedTelephonyState", "sipData", "totalActiveCalls"] {
            let answer = get(&server, "demo-alice", format!("{OWN}?{name}={value}")).send().await;
            assert_eq!(answer.status, 200, "{name}={value}");
        }
    }
    for value in ["", "1", "yes", "truе"] {
        let path = format!("{OWN}?detailedTelephonyState={value}&other=1");
        let answer = get(&server, "demo-alice", path).send().await;
        assert_eq!(answer.status, 400, "{value}");
        assert_eq!(answer.json()["parameterName"], "detailedTelephonyState");
        assert_eq!(answer.json()["acceptedValues"], json!(["true", "false"]));
    }
    let unknown = get(&server, "demo-alice", format!("{OWN}?nonsense=1&page=x&totalActiveCalls=x")).send();
    assert_eq!(unknown.await.status, 200, "what is unknown here is ignored");
}

#[tokio::test]
async fn a_text_of_another_dialect_is_cut_to_75_characters() {
    let server = TestServer::start().await;
    let long = "é".repeat(80);
    server.set_presence("demo-alice", ALICE, json!({"presence": "online", "status_msg": long})).await;
    let seen = read(&server, "demo-bob", presence_path(1)).await;
    assert_eq!(seen["message"], "é".repeat(75));
    assert_eq!(seen["presenceStatus"], "Available", "devices say nothing here");
}

#[tokio::test]
async fn what_is_set_here_counts_in_other_dialects() {
    let server = TestServer::start().await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    update(&server, "demo-alice", json!({"userStatus": "Busy", "message": "lunch"})).await;
    let seen = server.admin(Method::GET, &format!("/users/{ALICE}/presence"), None).await.json();
    assert_eq!((&seen["state"], &seen["status"]), (&json!("busy"), &json!("lunch")));
    update(&server, "demo-alice", json!({"userStatus": "Offline"})).await;
    let settings = server.admin(Method::GET, &format!("/users/{ALICE}/settings"), None).await.json();
    assert_eq!(settings["override"], "invisible");
    let seen = server.presence("demo-bob", ALICE).await.json();
    assert_eq!((&seen["presence"], &seen["status_msg"]), (&json!("offline"), &json!("lunch")));
    update(&server, "demo-alice", json!({"userStatus": "Available"})).await;
    assert_eq!(server.presence("demo-bob", ALICE).await.json()["presence"], "online");
}

#[tokio::test]
async fn a_write_scope_reads_too() {
    let server = TestServer::start().await;
    let request = json!({"deviceId": "D", "scopes": ["write"]});
    let issued = server.admin(Method::POST, &format!("/users/{ALICE}/tokens"), Some(request)).await.json();
    let token = issued["token"].as_str().expect("a token");
    assert_eq!(get(&server, token, OWN).send().await.status, 200);
    assert_eq!(update(&server, token, json!({})).await.status, 200);
}

#[tokio::test]
async fn a_token_in_the_query() {
    let server = TestServer::start().await;
    let path = format!("{OWN}?access_token=demo-alice&detailedTelephonyState=true");
    assert_eq!(server.call(Method::GET, path).send().await.status, 200);
}

#[tokio::test]
async fn pages_of_other_origins_may_ask() {
    let server = TestServer::start().await;
    let preflight = server.call(Method::OPTIONS, OWN).header("origin", "https://app.example").send().await;
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-origin"), "https://app.example");
    assert_eq!(preflight.header("access-control-allow-credentials"), "true");
    let allowed = preflight.header("access-control-allow-headers");
    for name in ["Authorization", "Content-Type", "Accept", "X-User-Agent", "Client-Id"] {
        assert!(allowed.contains(name), "{allowed}");
    }
    let refused = server.call(Method::GET, OWN).header("origin", "https://app.example").send().await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("access-control-allow-origin"), "https://app.example");
    assert!(refused.header("access-control-expose-headers").contains("X-Rate-Limit-Remaining"));
    let same_origin = get(&server, "demo-alice", OWN).send().await;
    assert_eq!(same_origin.header("access-control-allow-credentials"), "");
}
