//! The aggregation rule, row by row, over HTTP.

use reqwest::Method;
use serde_json::{Value, json};

use super::{OWN, leg, presence_path, read, report_call, update};
use crate::support::{ALICE, TestServer, socket::Socket};

/// Where a row comes from.
#[derive(Clone, Copy, Debug)]
enum Source {
    /// The vendor's documentation or a published capture has it.
    Known,
    /// Nobody publishes it: our decision.
    Decided,
}

use Source::{Decided, Known};

/// What is set and what calls there are, and the presence that it comes to.
struct Row {
    source: Source,
    profile: Value,
    update: Value,
    calls: &'static [(&'static str, &'static str)],
    presence: &'static str,
}

const NONE: &[(&str, &str)] = &[];

fn row(
    source: Source,
    update: Value,
    calls: &'static [(&'static str, &'static str)],
    presence: &'static str,
) -> Row {
    Row { source, profile: json!({}), update, calls, presence }
}

fn row_of(source: Source, profile: Value, update: Value, presence: &'static str) -> Row {
    Row { source, profile, update, calls: NONE, presence }
}

fn rows() -> Vec<Row> {
    let all = json!({});
    let offline = json!({"userStatus": "Offline"});
    let busy = json!({"userStatus": "Busy"});
    let no_calls = json!({"dndStatus": "DoNotAcceptAnyCalls"});
    let mut rows = vec![
        row(Known, all.clone(), NONE, "Available"),
        row(Known, all.clone(), &[("Telephone", "CallConnected")], "Busy"),
        row(Known, all.clone(), &[("Telephone", "OnHold")], "Busy"),
        row(Known, all.clone(), &[("Telephone", "Ringing")], "Available"),
        row(Decided, all.clone(), &[("Telephone", "ParkedCall")], "Busy"),
        row(Decided, all.clone(), &[("Telephone", "NoCall")], "Available"),
        row(Decided, all.clone(), &[("Telephone", "Ringing"), ("Telephone", "ParkedCall")], "Available"),
        row(Decided, all.clone(), &[("Meeting", "CallConnected")], "Busy"),
        row(Decided, all.clone(), &[("ContactCenter", "CallConnected")], "Available"),
        row(Decided, offline.clone(), NONE, "Offline"),
        row(Decided, offline.clone(), &[("Telephone", "CallConnected")], "Offline"),
        row(Decided, json!({"userStatus": "Offline", "dndStatus": "DoNotAcceptAnyCalls"}), NONE, "Offline"),
        row(Decided, busy.clone(), NONE, "Busy"),
        row(Decided, busy, &[("Telephone", "Ringing")], "Busy"),
        row(Decided, no_calls, NONE, "Busy"),
        row(Decided, json!({"dndStatusPersonal": "DoNotAcceptAnyCalls"}), NONE, "Busy"),
        row(Decided, json!({"dndStatusPersonal": "TakeAllCalls"}), NONE, "Available"),
    ];
    let in_department = json!({"inDepartment": true});
    for (source, dnd) in [(Known, "DoNotAcceptDepartmentCalls"), (Decided, "TakeDepartmentCallsOnly")] {
        rows.push(row_of(source, in_department.clone(), json!({"dndStatus": dnd}), "Available"));
    }
    for status in ["Disabled", "Frozen", "NotActivated", "Unassigned"] {
        rows.push(row_of(Decided, json!({"extensionStatus": status}), all.clone(), "Offline"));
    }
    for kind in SHOWING {
        rows.push(row_of(Decided, json!({"extensionType": kind}), all.clone(), "Available"));
    }
    rows
}

/// The types that have presence.
const SHOWING: [&str; 14] = [
    "User",
    "DigitalUser",
    "VirtualUser",
    "DelegatedLinesGroup",
    "GroupCallPickup",
    "ProxyAdmin",
    "RoomConnector",
    "Limited",
    "Bot",
    "Site",
    "Room",
    "FlexibleUser",
    "TieLine",
    "Unknown",
];

/// The types that are always offline (the vendor's API reference).
const OFFLINE: [&str; 9] = [
    "Department",
    "Announcement",
    "Voicemail",
    "FaxUser",
    "PagingOnly",
    "SharedLinesGroup",
    "IvrMenu",
    "ApplicationExtension",
    "ParkLocation",
];

/// Makes alice's extension what the profile says.
async fn become_extension(server: &TestServer, profile: &Value) {
    let mut whole = json!({"account": 1, "extensionNumber": "101"});
    for (name, value) in profile.as_object().expect("an object") {
        whole[name] = value.clone();
    }
    let put = server.admin(Method::PUT, &format!("/users/{ALICE}"), Some(whole)).await;
    assert_eq!(put.status, 200, "{}", put.text);
}

#[tokio::test]
async fn every_row() {
    for row in rows() {
        let server = TestServer::start().await;
        let what = format!("{:?} {} {} {:?}", row.source, row.profile, row.update, row.calls);
        // Whoever is not in use sets nothing any more.
        if row.profile["extensionStatus"].is_null() {
            become_extension(&server, &row.profile).await;
        }
        assert_eq!(update(&server, "demo-alice", row.update).await.status, 200, "{what}");
        become_extension(&server, &row.profile).await;
        for (number, (kind, status)) in row.calls.iter().enumerate() {
            let mut call = leg(status);
            call["kind"] = json!(kind);
            assert_eq!(report_call(&server, ALICE, &format!("c{number}"), call).await.status, 204, "{what}");
        }
        for (token, path) in [("demo-alice", OWN.to_owned()), ("demo-bob", presence_path(1))] {
            let seen = read(&server, token, path).await;
            assert_eq!(seen["presenceStatus"], row.presence, "{what}");
        }
    }
}

/// Of them four members are left out of reads. The rest is as for others: calls, the account's list, and
/// subscriptions, whose events say how far the calls are.
#[tokio::test]
async fn types_without_presence_are_offline_and_have_calls() {
    for kind in OFFLINE {
        let server = TestServer::start().await;
        update(
            &server,
            "demo-alice",
            json!({"userStatus": "Busy", "message": "m", "dndStatusPersonal": "TakeAllCalls"}),
        )
        .await;
        report_call(&server, ALICE, "c", leg("CallConnected")).await;
        become_extension(&server, &json!({"extensionType": kind})).await;
        let mut socket = Socket::open(&server, "demo-bob").await;
        let flags = "?detailedTelephonyState=true";
        socket.subscribe(&[&format!("/restapi/v1.0/account/~/extension/1/presence{flags}")]).await;
        let flags = format!("{flags}&totalActiveCalls=true");
        let one = read(&server, "demo-bob", presence_path(1) + &flags).await;
        let listed =
            read(&server, "demo-bob", format!("{}{flags}", super::ACCOUNT)).await["records"][0].clone();
        assert_eq!(one, listed, "{kind}");
        for name in ["telephonyStatus", "message", "userStatus", "dndStatus"] {
            assert_eq!(one.get(name), None, "{kind} {name}");
        }
        assert_eq!(
            (&one["presenceStatus"], &one["totalActiveCalls"]),
            (&json!("Offline"), &json!(1)),
            "{kind}"
        );
        assert_eq!(one["activeCalls"][0]["telephonyStatus"], "CallConnected", "{kind}");
        assert_eq!(
            (&one["meetingStatus"], &one["dndStatusPersonal"]),
            (&json!("Disconnected"), &json!("TakeAllCalls"))
        );

        report_call(&server, ALICE, "c", leg("OnHold")).await;
        let told = socket.told().await["body"].clone();
        let expected = (&json!("OnHold"), &json!("Offline"), &json!(1));
        assert_eq!(
            (&told["telephonyStatus"], &told["presenceStatus"], &told["totalActiveCalls"]),
            expected,
            "{kind}"
        );
        for name in ["message", "userStatus", "dndStatus"] {
            assert_eq!(told.get(name), None, "{kind} {name}");
        }
    }
}

#[tokio::test]
async fn the_highest_call_is_the_telephony_status() {
    let server = TestServer::start().await;
    let order = ["ParkedCall", "Ringing", "OnHold", "CallConnected"];
    for (number, status) in order.into_iter().enumerate() {
        report_call(&server, ALICE, &format!("c{number}"), leg(status)).await;
        assert_eq!(read(&server, "demo-bob", presence_path(1)).await["telephonyStatus"], status);
    }
    report_call(&server, ALICE, "c9", leg("ParkedCall")).await;
    assert_eq!(read(&server, "demo-bob", presence_path(1)).await["telephonyStatus"], "CallConnected");
}
