//! Calls that gateways report, and what is shown of them.

use reqwest::Method;
use serde_json::{Value, json};

use super::{OWN, leg, presence_path, read, report_call, update};
use crate::support::{ALICE, TestServer, minutes, seconds, socket::Socket};

/// A report with everything in it.
fn whole() -> Value {
    json!({"direction": "Outbound", "telephonyStatus": "CallConnected", "startedAt": 1_767_603_600_001_u64,
        "from": "101", "fromName": "Alice", "to": "102", "toName": "Bob", "sessionId": "501",
        "telephonySessionId": "s-501", "partyId": "p-501-1", "onBehalfOf": 2, "queueCall": false,
        "sipData": {"callId": "4a6c", "toTag": "17d4", "fromTag": "8b21", "remoteUri": "sip:102@example.com",
            "localUri": "sip:101@example.com", "rcSessionId": "501"},
        "callInfo": {"primary": {"type": "CallerIdName", "value": "Bob"},
            "additional": {"type": "PhoneNumber", "value": "+16505550100"}},
        "appearanceInfo": {"phoneNumber": "+16505550100", "appearanceNumber": 8}})
}

async fn detailed(server: &TestServer, token: &str) -> Value {
    read(server, token, presence_path(1) + "?detailedTelephonyState=true&totalActiveCalls=true").await
}

#[tokio::test]
async fn everything_that_is_reported_is_shown() {
    let server = TestServer::start().await;
    assert_eq!(report_call(&server, ALICE, "c1", whole()).await.line(), "204 ");
    let seen = read(&server, "demo-bob", presence_path(1) + "?sipData=true").await;
    insta::assert_snapshot!(seen["activeCalls"], @r#"[{"id":"c1","direction":"Outbound","queueCall":false,"from":"101","fromName":"Alice","to":"102","toName":"Bob","telephonyStatus":"CallConnected","sessionId":"501","telephonySessionId":"s-501","partyId":"p-501-1","onBehalfOf":"2","startTime":"2026-01-05T09:00:00.001Z","sipData":{"callId":"4a6c","toTag":"17d4","fromTag":"8b21","remoteUri":"sip:102@example.com","localUri":"sip:101@example.com","rcSessionId":"501"},"callInfo":{"primary":{"type":"CallerIdName","value":"Bob"},"additional":{"type":"PhoneNumber","value":"+16505550100"}},"appearanceInfo":{"phoneNumber":"+16505550100","appearanceNumber":8}}]"#);
    let without = read(&server, "demo-bob", presence_path(1) + "?detailedTelephonyState=true").await;
    assert_eq!(without["activeCalls"][0].get("sipData"), None, "SIP data only where it is asked for");
    let plain = read(&server, "demo-bob", presence_path(1)).await;
    assert_eq!((plain.get("activeCalls"), plain.get("totalActiveCalls")), (None, None));
    assert_eq!(plain["telephonyStatus"], "CallConnected");
}

#[tokio::test]
async fn a_call_from_its_ringing_to_its_end() {
    let server = TestServer::start().await;
    report_call(&server, ALICE, "c1", leg("Ringing")).await;
    let seen = detailed(&server, "demo-bob").await;
    assert_eq!(seen["activeCalls"][0]["startTime"], "2026-01-05T09:00:00.000Z", "when it was first reported");
    server.advance(seconds(5)).await;
    report_call(&server, ALICE, "c1", leg("CallConnected")).await;
    report_call(&server, ALICE, "c2", leg("OnHold")).await;
    let seen = detailed(&server, "demo-bob").await;
    let ids: Vec<&Value> =
        seen["activeCalls"].as_array().expect("calls").iter().map(|call| &call["id"]).collect();
    assert_eq!(ids, ["c1", "c2"], "in the order of their beginnings");
    assert_eq!(seen["activeCalls"][0]["startTime"], "2026-01-05T09:00:00.000Z", "the beginning stays");
    assert_eq!((&seen["telephonyStatus"], &seen["totalActiveCalls"]), (&json!("CallConnected"), &json!(2)));
    let mut ended = leg("NoCall");
    ended["terminationType"] = json!("final");
    report_call(&server, ALICE, "c1", ended).await;
    let seen = detailed(&server, "demo-bob").await;
    assert_eq!((&seen["telephonyStatus"], &seen["totalActiveCalls"]), (&json!("OnHold"), &json!(1)));
    assert_eq!(seen["activeCalls"][0]["terminationType"], "final");
    for call in ["c1", "c2", "c2", "never"] {
        let gone = server.admin(Method::DELETE, &format!("/users/{ALICE}/calls/{call}"), None).await;
        assert_eq!(gone.line(), "204 ", "{call}");
    }
    let seen = detailed(&server, "demo-bob").await;
    assert_eq!((&seen["telephonyStatus"], &seen["totalActiveCalls"]), (&json!("NoCall"), &json!(0)));
    server.advance(seconds(10)).await;
    let seen = detailed(&server, "demo-bob").await;
    assert_eq!((&seen["telephonyStatus"], seen.get("activeCalls")), (&json!("NoCall"), None));
}

/// The legs that are shown, each with what it says of its end.
fn ends(presence: &Value) -> Vec<(&str, &str, Option<&str>)> {
    let calls = presence["activeCalls"].as_array().into_iter().flatten();
    calls
        .map(|leg| {
            let (id, status) =
                (leg["id"].as_str().expect("an id"), leg["telephonyStatus"].as_str().expect("a status"));
            (id, status, leg["terminationType"].as_str())
        })
        .collect()
}

/// Call loggers wait for the end of a leg: it is told once, and shown for ten seconds.
#[tokio::test]
async fn the_end_of_a_leg_is_told() {
    let server = TestServer::start().await;
    let mut socket = Socket::open(&server, "demo-bob").await;
    socket.subscribe(&["/restapi/v1.0/account/~/extension/1/presence?detailedTelephonyState=true"]).await;
    let delete = async |call: &str| {
        let gone = server.admin(Method::DELETE, &format!("/users/{ALICE}/calls/{call}"), None).await;
        assert_eq!(gone.line(), "204 ");
    };
    for call in ["c1", "c2"] {
        report_call(&server, ALICE, call, leg("CallConnected")).await;
        socket.told().await;
    }
    // A bare DELETE.
    delete("c1").await;
    let told = socket.told().await["body"].clone();
    assert_eq!(ends(&told), [("c1", "NoCall", Some("final")), ("c2", "CallConnected", None)]);
    assert_eq!((&told["telephonyStatus"], &told["totalActiveCalls"]), (&json!("CallConnected"), &json!(1)));
    // One after a report, which says how it ended.
    server.advance(seconds(4)).await;
    let mut transferred = leg("NoCall");
    transferred["terminationType"] = json!("intermediate");
    report_call(&server, ALICE, "c2", transferred.clone()).await;
    let told = socket.told().await["body"].clone();
    assert_eq!(ends(&told), [("c1", "NoCall", Some("final")), ("c2", "NoCall", Some("intermediate"))]);
    assert_eq!((&told["telephonyStatus"], &told["presenceStatus"]), (&json!("NoCall"), &json!("Available")));
    delete("c2").await;
    delete("c1").await;
    report_call(&server, ALICE, "c2", transferred).await;
    // Each leaves reads by itself, ten seconds after its end, whatever was said of it since.
    server.advance(seconds(6)).await;
    assert_eq!(ends(&detailed(&server, "demo-bob").await), [("c2", "NoCall", Some("intermediate"))]);
    server.advance(seconds(4)).await;
    assert_eq!(ends(&detailed(&server, "demo-bob").await), []);
    // Which is no news: the next thing that is told is the next call, without those before.
    report_call(&server, ALICE, "c3", leg("Ringing")).await;
    let told = socket.told().await["body"].clone();
    assert_eq!(ends(&told), [("c3", "Ringing", None)]);
}

#[tokio::test]
async fn how_long_an_end_is_shown_is_configured() {
    let server = TestServer::start_with(|config| config.presence.ended_call_seconds = 60).await;
    report_call(&server, ALICE, "c1", leg("Ringing")).await;
    server.admin(Method::DELETE, &format!("/users/{ALICE}/calls/c1"), None).await;
    server.advance(seconds(59)).await;
    assert_eq!(ends(&detailed(&server, "demo-bob").await), [("c1", "NoCall", Some("final"))]);
    server.advance(seconds(1)).await;
    assert_eq!(ends(&detailed(&server, "demo-bob").await), []);
}

#[tokio::test]
async fn a_leg_that_its_reporter_forgot_ends() {
    let server = TestServer::start().await;
    report_call(&server, ALICE, "c1", leg("CallConnected")).await;
    server.advance(minutes(30)).await;
    report_call(&server, ALICE, "c1", leg("CallConnected")).await;
    server.advance(minutes(60) - seconds(1)).await;
    assert_eq!(read(&server, "demo-bob", presence_path(1)).await["presenceStatus"], "Busy");
    server.advance(seconds(1)).await;
    let seen = detailed(&server, "demo-bob").await;
    assert_eq!((&seen["presenceStatus"], &seen["telephonyStatus"]), (&json!("Available"), &json!("NoCall")));
    assert_eq!(seen.get("activeCalls"), None);
    assert!(!server.app.service.has_reminders(), "nothing is left to happen");
}

#[tokio::test]
async fn meetings_and_contact_centres_are_kept_apart() {
    let server = TestServer::start().await;
    let of_kind = |kind: &str| {
        let mut call = leg("CallConnected");
        call["kind"] = json!(kind);
        call
    };
    report_call(&server, ALICE, "m", of_kind("Meeting")).await;
    let seen = detailed(&server, "demo-bob").await;
    assert_eq!((&seen["meetingStatus"], &seen["presenceStatus"]), (&json!("Connected"), &json!("Busy")));
    assert_eq!((&seen["telephonyStatus"], &seen["totalActiveCalls"]), (&json!("NoCall"), &json!(0)));
    assert_eq!((seen.get("cxTelephonyStatus"), seen.get("aggregatedTelephonyStatus")), (None, None));
    report_call(&server, ALICE, "x", of_kind("ContactCenter")).await;
    let seen = detailed(&server, "demo-bob").await;
    assert_eq!(seen["telephonyStatus"], "NoCall");
    assert_eq!(
        (&seen["cxTelephonyStatus"], &seen["aggregatedTelephonyStatus"]),
        (&json!("CallConnected"), &json!("CallConnected"))
    );
    assert_eq!(seen.get("activeCalls"), None);
}

#[tokio::test]
async fn who_talks_with_whom_is_for_those_who_may_see_it() {
    let server = TestServer::start().await;
    report_call(&server, ALICE, "c1", whole()).await;
    // Bob shares a room with alice, carol does not.
    for (visibility, bob_sees, carol_sees) in
        [("All", true, true), ("PermittedUsers", true, false), ("None", false, false)]
    {
        update(&server, "demo-alice", json!({"callerIdVisibility": visibility})).await;
        for (token, sees) in [("demo-alice", true), ("demo-bob", bob_sees), ("demo-carol", carol_sees)] {
            let seen = read(&server, token, presence_path(1) + "?sipData=true").await;
            let call = &seen["activeCalls"][0];
            for name in ["from", "fromName", "to", "toName", "callInfo"] {
                assert_eq!(call.get(name).is_some(), sees, "{visibility} {token} {name}");
            }
            assert_eq!(call["sipData"].get("remoteUri").is_some(), sees, "{visibility} {token}");
            assert_eq!(call["telephonyStatus"], "CallConnected");
        }
    }
}

#[tokio::test]
async fn reports_that_make_no_sense() {
    let server = TestServer::start().await;
    let with = |name: &str, value: Value| {
        let mut report = whole();
        report[name] = value;
        report
    };
    let bad = [
        json!({}),
        json!([]),
        leg("Talking"),
        with("direction", json!("Sideways")),
        with("nonsense", json!(1)),
        with("startedAt", json!(253_402_300_800_000_u64)),
        with("startedAt", json!(-1)),
        with("onBehalfOf", json!(0)),
        with("terminationType", json!("final")),
        with("appearanceInfo", json!({"appearanceNumber": 9})),
        with("appearanceInfo", json!({"appearanceNumber": 0})),
        with("callInfo", json!({"primary": {"type": "Nonsense"}})),
        with("sipData", json!({"nonsense": 1})),
        with("from", json!("x".repeat(8_200))),
        with("kind", json!("Fax")),
    ];
    for report in bad {
        let answer = report_call(&server, ALICE, "c1", report.clone()).await;
        assert_eq!(answer.status, 400, "{report}");
    }
    assert_eq!(report_call(&server, ALICE, &"c".repeat(256), leg("Ringing")).await.status, 400);
    assert_eq!(report_call(&server, "@nobody:example.com", "c1", leg("Ringing")).await.status, 404);
    assert_eq!(read(&server, "demo-alice", OWN).await["telephonyStatus"], "NoCall");
}

#[tokio::test]
async fn gateways_alone_report_calls() {
    let server = TestServer::start().await;
    let request = json!({"deviceId": "D", "scopes": ["read", "write"]});
    let issued = server.admin(Method::POST, &format!("/users/{ALICE}/tokens"), Some(request)).await.json();
    let token = issued["token"].as_str().expect("a token");
    let path = format!("/presenced/v1/users/{ALICE}/calls/c1");
    for method in [Method::PUT, Method::DELETE] {
        let answer = server.call(method, &path).token(token).json(&leg("Ringing")).send().await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer.line(), @r#"403 {"type":"urn:presenced:problem:forbidden","title":"Forbidden","status":403,"detail":"the token lacks the scope `gateway`"}"#);
        }
    }
    let call = server.call(Method::PUT, &path).token("demo-carol").json(&leg("Ringing"));
    assert_eq!(call.send().await.status, 204, "a gateway reports for anybody");
}

#[tokio::test]
async fn legs_are_bounded() {
    let server = TestServer::start_with(|config| config.presence.calls_per_user = 2).await;
    for call in ["c1", "c2", "c3"] {
        report_call(&server, ALICE, call, leg("Ringing")).await;
        server.advance(seconds(1)).await;
    }
    let seen = detailed(&server, "demo-bob").await;
    let ids: Vec<&Value> =
        seen["activeCalls"].as_array().expect("calls").iter().map(|call| &call["id"]).collect();
    assert_eq!(ids, ["c2", "c3"]);
}
