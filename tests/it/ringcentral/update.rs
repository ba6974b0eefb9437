//! Updating one's own presence: merging, side rules, and what is refused.

use reqwest::Method;
use serde_json::{Value, json};

use super::{OWN, codes, presence_path, read, refused, update};
use crate::support::{ALICE, TestServer};

#[tokio::test]
async fn what_is_left_out_stays() {
    let server = TestServer::start().await.lenient();
    update(&server, "demo-alice", json!({"userStatus": "Busy", "message": "lunch"})).await;
    let after = update(&server, "demo-alice", json!({"dndStatus": "DoNotAcceptAnyCalls"})).await.json();
    assert_eq!((&after["userStatus"], &after["message"]), (&json!("Busy"), &json!("lunch")));
    assert_eq!(after["dndStatus"], "DoNotAcceptAnyCalls");
    assert_eq!(read(&server, "demo-bob", presence_path(1)).await, after, "the answer is what others read");
    for body in [json!({}), json!({"userStatus": null, "message": null, "dndStatus": null})] {
        assert_eq!(update(&server, "demo-alice", body).await.json(), after);
    }
    let empty = server.call(Method::PUT, OWN).token("demo-alice").send().await;
    assert_eq!((empty.status.as_u16(), empty.json()), (200, after), "no body is an empty one");
}

#[tokio::test]
async fn every_field_that_may_be_sent() {
    let server = TestServer::start().await;
    let body = json!({"userStatus": "Offline", "dndStatus": "DoNotAcceptAnyCalls", "message": "m",
        "allowSeeMyPresence": false, "ringOnMonitoredCall": true, "pickUpCallsOnHold": true,
        "callerIdVisibility": "PermittedUsers", "dndStatusPersonal": "TakeAllCalls",
        "acceptCallQueueCalls": true});
    let answer = update(&server, "demo-alice", body.clone()).await.json();
    for (name, value) in body.as_object().expect("an object") {
        assert_eq!(&answer[name], value, "{name}");
    }
    let others = [("callerIdVisibility", "All"), ("callerIdVisibility", "None"), ("userStatus", "Available")];
    for (name, value) in others {
        assert_eq!(update(&server, "demo-alice", json!({name: value})).await.json()[name], value);
    }
}

#[tokio::test]
async fn what_only_the_server_knows_is_ignored() {
    let server = TestServer::start().await.lenient();
    let before = read(&server, "demo-alice", OWN).await;
    let body = json!({"uri": 1, "extension": 2, "presenceStatus": "Busy", "telephonyStatus": [],
        "meetingStatus": "x", "activeCalls": [{}], "totalActiveCalls": "x", "nonsense": {}});
    let answer = update(&server, "demo-alice", body).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, before));
}

#[tokio::test]
async fn a_message_of_75_characters_and_not_one_more() {
    let server = TestServer::start().await;
    let longest = "é".repeat(75);
    assert_eq!(update(&server, "demo-alice", json!({"message": longest})).await.json()["message"], longest);
    let longer = update(&server, "demo-alice", json!({"message": "é".repeat(76)})).await;
    assert_eq!(codes(&longer), refused(400, "InvalidParameter", "CMN-101"));
    assert_eq!(longer.json()["parameterName"], "message");
    let cleared = update(&server, "demo-alice", json!({"message": ""})).await;
    assert_eq!(cleared.json().get("message"), None);
}

#[tokio::test]
async fn values_that_are_not_accepted_change_nothing() {
    let server = TestServer::start().await;
    let before = read(&server, "demo-alice", OWN).await;
    let user_status = json!(["Offline", "Busy", "Available"]);
    let dnd = json!([
        "TakeAllCalls",
        "DoNotAcceptDepartmentCalls",
        "TakeDepartmentCallsOnly",
        "DoNotAcceptAnyCalls"
    ]);
    let cases = [
        ("userStatus", json!("Away"), user_status.clone()),
        ("userStatus", json!("busy"), user_status.clone()),
        ("userStatus", json!(""), user_status.clone()),
        ("userStatus", json!(1), user_status),
        ("dndStatus", json!("DoNotDisturb"), dnd.clone()),
        ("dndStatus", json!("Unknown"), dnd.clone()),
        ("dndStatus", json!({}), dnd),
        ("dndStatusPersonal", json!("Unknown"), json!(["TakeAllCalls", "DoNotAcceptAnyCalls"])),
        ("callerIdVisibility", json!("Nobody"), json!(["All", "None", "PermittedUsers"])),
        ("message", json!(7), Value::Null),
        ("allowSeeMyPresence", json!("true"), Value::Null),
        ("ringOnMonitoredCall", json!(0), Value::Null),
        ("pickUpCallsOnHold", json!([]), Value::Null),
        ("acceptCallQueueCalls", json!("no"), Value::Null),
    ];
    for (name, value, accepted) in cases {
        let mut body = json!({"userStatus": "Busy", "message": "changed", "ringOnMonitoredCall": true});
        body[name] = value.clone();
        let answer = update(&server, "demo-alice", body).await;
        assert_eq!(codes(&answer), refused(400, "InvalidParameter", "CMN-101"), "{name} {value}");
        let problem = answer.json();
        assert_eq!(problem["message"], format!("Parameter [{name}] value is invalid"));
        assert_eq!(problem["parameterName"], name);
        assert_eq!(problem["acceptedValues"], accepted, "{name} {value}");
    }
    assert_eq!(read(&server, "demo-alice", OWN).await, before);
}

#[tokio::test]
async fn bodies_that_are_no_objects() {
    let server = TestServer::start().await;
    for body in ["[]", "null", "1", "{", "\"x\"", "{\"message\": \"\\ud800\"}"] {
        let call =
            server.call(Method::PUT, OWN).token("demo-alice").header("content-type", "application/json");
        assert_eq!(codes(&call.body(body).send().await), refused(400, "CMN-103", "CMN-103"), "{body}");
    }
    let call = server.call(Method::PUT, OWN).token("demo-alice").header("content-type", "text/plain");
    assert_eq!(codes(&call.body("{}").send().await), refused(415, "CMN-104", "CMN-104"));
    let call = server.call(Method::PUT, OWN).token("demo-alice");
    let kind = "application/json;charset=utf-8";
    assert_eq!(call.header("content-type", kind).body("{}").send().await.status, 200);
    let call = server.call(Method::PUT, OWN).token("demo-alice").header("content-type", "application/json");
    assert_eq!(codes(&call.body("x".repeat(65_537)).send().await), refused(413, "CMN-104", "CMN-104"));
}

#[tokio::test]
async fn ones_own_extension_alone() {
    let server = TestServer::start().await;
    let put = |path: &str| {
        let call = server.call(Method::PUT, path.to_owned()).token("demo-alice");
        call.json(&json!({"userStatus": "Busy"})).send()
    };
    assert_eq!(put(&presence_path(1)).await.status, 200);
    assert_eq!(codes(&put(&presence_path(2)).await), refused(403, "CMN-404", "CMN-404"));
    for unknown in ["9999", "101", "abc", "01", "+1", "-1", "1.0"] {
        let answer = put(&presence_path(unknown)).await;
        assert_eq!(codes(&answer), refused(404, "CMN-102", "CMN-102"), "{unknown}");
    }
    for list in ["1,2", "1%2C", "~,", "*"] {
        let answer = put(&presence_path(list)).await;
        assert_eq!(codes(&answer), refused(400, "InvalidParameter", "CMN-101"), "{list}");
        assert_eq!(answer.json()["parameterName"], "extensionId");
    }
    let account = put("/restapi/v1.0/account/2/extension/~/presence").await;
    assert_eq!(codes(&account), refused(404, "CMN-102", "CMN-102"));
    assert_eq!(account.json()["parameterName"], "accountId");
}

async fn become_extension(server: &TestServer, more: Value) {
    let mut profile = json!({"account": 1, "extensionNumber": "101"});
    for (name, value) in more.as_object().expect("an object") {
        profile[name] = value.clone();
    }
    let put = server.admin(Method::PUT, &format!("/users/{ALICE}"), Some(profile)).await;
    assert_eq!(put.status, 200, "{}", put.text);
}

#[tokio::test]
async fn department_calls_are_turned_away_in_departments_alone() {
    let server = TestServer::start().await;
    let body = |value: &str| json!({"dndStatus": value});
    for value in ["DoNotAcceptDepartmentCalls", "TakeDepartmentCallsOnly"] {
        let answer = update(&server, "demo-alice", body(value)).await;
        assert_eq!(codes(&answer), refused(400, "InvalidParameter", "CMN-101"), "{value}");
        become_extension(&server, json!({"inDepartment": true})).await;
        assert_eq!(update(&server, "demo-alice", body(value)).await.json()["dndStatus"], value);
        become_extension(&server, json!({})).await;
    }
}

#[tokio::test]
async fn without_the_feature_no_calls_are_turned_away() {
    let server = TestServer::start().await;
    become_extension(&server, json!({"hasDnd": false})).await;
    for name in ["dndStatus", "dndStatusPersonal"] {
        let answer = update(&server, "demo-alice", json!({name: "TakeAllCalls"})).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer.line(), @r#"403 {"errorCode":"BIL-103","message":"Feature [DND] is not available for current account","errors":[{"errorCode":"BIL-103","message":"Feature [DND] is not available for current account"}]}"#);
        }
    }
    assert_eq!(update(&server, "demo-alice", json!({"userStatus": "Busy"})).await.status, 200);
}

/// An admin of the account sets anybody's, by the rules that hold for whom it is.
#[tokio::test]
async fn an_admin_updates_others() {
    let server = TestServer::start().await;
    become_extension(&server, json!({"accountAdmin": true, "hasDnd": false})).await;
    let put = async |id: &str, body: Value| {
        server.call(Method::PUT, presence_path(id)).token("demo-alice").json(&body).send().await
    };
    let body = json!({"userStatus": "Busy", "message": "by alice", "dndStatus": "DoNotAcceptAnyCalls"});
    let set = put("2", body).await.json();
    assert_eq!((&set["extension"]["id"], &set["userStatus"]), (&json!(2), &json!("Busy")));
    assert_eq!(read(&server, "demo-bob", OWN).await["message"], "by alice");
    assert_eq!(read(&server, "demo-alice", OWN).await["userStatus"], "Available", "hers is as it was");
    // Bob has the feature, and alice has not.
    assert_eq!(
        codes(&put("~", json!({"dndStatus": "TakeAllCalls"})).await),
        refused(403, "BIL-103", "BIL-103")
    );
    // It is theirs to set still.
    assert_eq!(update(&server, "demo-bob", json!({"message": "by bob"})).await.json()["message"], "by bob");
    // Not outside the account, not what has no presence, and several at a time neither.
    super::become_extension(&server, "@far:example.com", json!({"account": 2, "extensionNumber": "1"})).await;
    let queue = json!({"account": 1, "extensionNumber": "900", "extensionType": "Department"});
    super::become_extension(&server, "@queue:example.com", queue).await;
    for (id, expected) in [
        ("4", refused(404, "CMN-102", "CMN-102")),
        ("99", refused(404, "CMN-102", "CMN-102")),
        ("5", refused(403, "PRS-106", "PRS-106")),
        ("1,2", refused(400, "InvalidParameter", "CMN-101")),
    ] {
        assert_eq!(codes(&put(id, json!({"message": "x"})).await), expected, "{id}");
    }
    // Nobody else may.
    let by_bob = server.call(Method::PUT, presence_path(1)).token("demo-bob").json(&json!({"message": "x"}));
    assert_eq!(codes(&by_bob.send().await), refused(403, "CMN-404", "CMN-404"));
}

#[tokio::test]
async fn extensions_without_presence_have_none_to_set() {
    let server = TestServer::start().await;
    become_extension(&server, json!({"extensionType": "Department"})).await;
    let answer = update(&server, "demo-alice", json!({"userStatus": "Busy"})).await;
    insta::assert_snapshot!(answer.line(), @r#"403 {"errorCode":"PRS-106","message":"Not allowed update presence for extensions of Department type","errors":[{"errorCode":"PRS-106","message":"Not allowed update presence for extensions of Department type"}]}"#);
    become_extension(&server, json!({"extensionStatus": "Disabled"})).await;
    let answer = update(&server, "demo-alice", json!({"userStatus": "Busy"})).await;
    insta::assert_snapshot!(answer.line(), @r#"403 {"errorCode":"PRS-105","message":"Not allowed update presence for extensions having Disabled state","errors":[{"errorCode":"PRS-105","message":"Not allowed update presence for extensions having Disabled state"}]}"#);
}

#[tokio::test]
async fn a_body_with_a_bad_field_is_refused_whole() {
    let server = TestServer::start().await;
    let before = read(&server, "demo-alice", OWN).await;
    let body =
        json!({"userStatus": "Busy", "allowSeeMyPresence": false, "dndStatus": "TakeDepartmentCallsOnly"});
    assert_eq!(update(&server, "demo-alice", body).await.status, 400);
    assert_eq!(read(&server, "demo-alice", OWN).await, before);
}
