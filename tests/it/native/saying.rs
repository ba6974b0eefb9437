//! Presence as it is set: state, status, labels and leases; ends and activity.

use presenced::{
    id::UserId,
    service::{Viewer, WatchList},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::service_token;
use crate::{
    store::disk,
    support::{ALICE, Answer, BOB, CAROL, START, TestServer, minutes, receiver::Receiver, seconds, sync},
};

fn path(user: &str) -> String {
    format!("/presenced/v1/users/{user}/presence")
}

async fn put(server: &TestServer, token: &str, user: &str, body: Value) -> Answer {
    server.call(Method::PUT, path(user)).token(token).json(&body).send().await
}

async fn get(server: &TestServer, token: &str, user: &str) -> Value {
    let answer = server.call(Method::GET, path(user)).token(token).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

async fn end(server: &TestServer, token: &str, query: &str) -> Answer {
    server.call(Method::DELETE, path(ALICE) + query).token(token).send().await
}

async fn active(server: &TestServer, token: &str, body: Option<Value>) -> Answer {
    let call = server.call(Method::POST, "/presenced/v1/activity").token(token);
    match body {
        Some(body) => call.json(&body).send().await,
        None => call.send().await,
    }
}

/// Alice's state, as bob sees it.
async fn state(server: &TestServer) -> String {
    get(server, "demo-bob", ALICE).await["state"].as_str().expect("a state").to_owned()
}

/// The problem that a refusal is, in short.
fn detail(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["detail"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_state_and_a_status() {
    let server = TestServer::start().await;
    let body = json!({"state": "busy", "status": {"text": "In a meeting", "expiresInSeconds": 1800}, "label": "web",
        "leaseSeconds": 600});
    insta::assert_snapshot!(put(&server, "demo-alice", ALICE, body).await.line(), @r#"200 {"userId":"@alice:example.com","state":"busy","currentlyActive":false,"lastActiveAt":1767603600000,"status":"In a meeting","statusExpiresAt":1767605400000,"devices":[{"deviceId":"DEMO","label":"web","state":"busy","lastActiveAt":1767603600000,"connected":false,"until":1767604200000}]}"#);
    let seen = server.call(Method::GET, path(ALICE)).token("demo-bob").send().await;
    insta::assert_snapshot!(seen.line(), @r#"200 {"userId":"@alice:example.com","state":"busy","currentlyActive":false,"lastActiveAt":1767603600000,"status":"In a meeting","statusExpiresAt":1767605400000}"#);
    server.advance(seconds(600)).await;
    let seen = get(&server, "demo-bob", ALICE).await;
    assert_eq!((&seen["state"], &seen["status"]), (&json!("offline"), &json!("In a meeting")));
    server.advance(seconds(1_200)).await;
    let seen = get(&server, "demo-bob", ALICE).await;
    assert_eq!((&seen["status"], &seen["statusExpiresAt"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn every_state() {
    let server = TestServer::start().await;
    for name in ["online", "unavailable", "busy", "offline"] {
        let answer = put(&server, "demo-alice", ALICE, json!({ "state": name })).await.json();
        assert_eq!(answer["state"], name);
        assert_eq!(state(&server).await, name);
        let devices = answer["devices"].as_array().map(Vec::len);
        assert_eq!(devices, Some(usize::from(name != "offline")));
    }
}

#[tokio::test]
async fn leases() {
    let server = TestServer::start_with(|config| config.presence.lease_seconds = 400).await;
    for (body, lease) in [
        (json!({"state": "unavailable"}), 400),
        (json!({"state": "busy"}), 3_600),
        (json!({"state": "busy", "leaseSeconds": 1}), 1),
        (json!({"state": "unavailable", "leaseSeconds": 86_400}), 86_400),
    ] {
        put(&server, "demo-alice", ALICE, body.clone()).await;
        server.advance(seconds(lease - 1)).await;
        assert_eq!(json!(state(&server).await), body["state"]);
        server.advance(seconds(1)).await;
        assert_eq!(state(&server).await, "offline", "{body}");
    }
}

#[tokio::test]
async fn online_idles_whatever_the_lease() {
    let server = TestServer::start().await;
    put(&server, "demo-alice", ALICE, json!({"state": "online", "leaseSeconds": 86_400})).await;
    server.advance(seconds(299)).await;
    assert_eq!(state(&server).await, "online");
    server.advance(seconds(1)).await;
    assert_eq!(state(&server).await, "unavailable");
    // What the user says themselves is activity, whatever it is.
    put(&server, "demo-alice", ALICE, json!({"status": {"text": "back"}})).await;
    assert_eq!(state(&server).await, "online");
    server.advance(minutes(5)).await;
    for token in ["demo-admin", &service_token(&server, &["write"]).await] {
        put(&server, token, ALICE, json!({"status": {"text": "said of her"}})).await;
        assert_eq!(state(&server).await, "unavailable", "what others say is none");
    }
    put(&server, "demo-alice", ALICE, json!({"state": "online"})).await;
    assert_eq!(state(&server).await, "online");
}

#[tokio::test]
async fn a_status_alone_says_nothing_of_the_device() {
    let server = TestServer::start().await;
    let answer = put(&server, "demo-alice", ALICE, json!({"status": {"text": "away"}})).await.json();
    assert_eq!((&answer["state"], &answer["status"]), (&json!("offline"), &json!("away")));
    assert_eq!(answer["devices"], json!([]));
    put(&server, "demo-alice", ALICE, json!({"state": "unavailable", "leaseSeconds": 60})).await;
    server.advance(seconds(59)).await;
    put(&server, "demo-alice", ALICE, json!({"status": {"text": "still"}})).await;
    server.advance(seconds(1)).await;
    assert_eq!(state(&server).await, "offline", "nor does its lease begin anew");
}

#[tokio::test]
async fn what_is_left_out_stays() {
    let server = TestServer::start().await;
    put(&server, "demo-alice", ALICE, json!({"state": "busy", "status": {"text": "one"}, "label": "web"}))
        .await;
    let answer = put(&server, "demo-alice", ALICE, json!({"state": "online"})).await.json();
    assert_eq!((&answer["status"], &answer["devices"][0]["label"]), (&json!("one"), &json!("web")));
    let answer = put(&server, "demo-alice", ALICE, json!({"status": {"text": "two"}})).await.json();
    assert_eq!((&answer["state"], &answer["status"]), (&json!("online"), &json!("two")));
    for clearing in [json!(null), json!({"text": ""})] {
        put(&server, "demo-alice", ALICE, json!({"status": {"text": "three"}})).await;
        let answer = put(&server, "demo-alice", ALICE, json!({ "status": clearing })).await.json();
        assert_eq!((&answer["state"], &answer["status"]), (&json!("online"), &Value::Null));
    }
}

#[tokio::test]
async fn when_a_status_expires() {
    let server = TestServer::start().await;
    let at = START.as_millis() + 1;
    let answer = put(&server, "demo-alice", ALICE, json!({"status": {"text": "x", "expiresAt": at}})).await;
    assert_eq!(answer.json()["statusExpiresAt"], at);
    let answer =
        put(&server, "demo-alice", ALICE, json!({"status": {"text": "x", "expiresInSeconds": 315_360_000}}));
    assert_eq!(answer.await.json()["statusExpiresAt"], START.as_millis() + 315_360_000_000);
    let answer = put(&server, "demo-alice", ALICE, json!({"status": {"text": "x"}})).await;
    assert_eq!(answer.json()["statusExpiresAt"], Value::Null);
    for (status, why) in [
        (json!({"text": "x", "expiresAt": at, "expiresInSeconds": 1}), "not for one text"),
        (json!({"text": "x", "expiresAt": START.as_millis()}), "a moment to come"),
        (json!({"text": "x", "expiresAt": 0}), "a moment to come"),
        (json!({"text": "x", "expiresInSeconds": 0}), "a moment to come"),
        (json!({"text": "x", "expiresInSeconds": 11 * 365 * 86_400}), "within ten years"),
        (json!({"text": "x", "expiresInSeconds": u64::MAX}), "within ten years"),
        (json!({"text": "x", "expiresAt": u64::MAX}), "within ten years"),
        (json!({"text": "x", "expiresAt": -1}), "body: "),
        (json!({"text": "x", "expiresAt": null}), "body: "),
        (json!({"text": "x", "expires": 1}), "unknown field"),
        (json!({"expiresAt": at}), "missing field"),
        (json!("x"), "body: "),
        (json!(["x", at]), "body: "),
    ] {
        let (code, said) = detail(&put(&server, "demo-alice", ALICE, json!({ "status": status })).await);
        assert!(code == 400 && said.contains(why), "{status}: {code} {said}");
    }
    assert_eq!(get(&server, "demo-bob", ALICE).await["status"], "x", "nothing was changed");
}

/// The end of a text that was set with it, in every dialect, to those who ask and to those who wait.
#[tokio::test]
async fn every_dialect_shows_a_status_while_it_holds_and_tells_its_end() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    let wish = json!({"eventFilters": ["/restapi/v1.0/account/~/extension/1/presence?detailedTelephonyState=true"],
        "deliveryMode": {"transportType": "WebHook", "address": receiver.url}});
    let subscribe = server.call(Method::POST, "/restapi/v1.0/subscription").token("demo-bob").json(&wish);
    assert_eq!(subscribe.send().await.status, 200);
    let mut stream = server.call(Method::GET, "/presenced/v1/changes").token("demo-bob").open().await;
    let since = sync::start(&server, "demo-bob").await;
    let status = json!({"text": "lunch", "expiresInSeconds": 60});
    put(&server, "demo-alice", ALICE, json!({"state": "busy", "status": status})).await;
    let texts = async || {
        let read = async |path: &str| server.call(Method::GET, path).token("demo-bob").send().await.json();
        let matrix = server.presence("demo-bob", ALICE).await.json()["status_msg"].clone();
        let pnut = read("/v0/users/1/presence").await["data"]["presence"].clone();
        let telephone = read("/restapi/v1.0/account/~/extension/1/presence").await["message"].clone();
        [get(&server, "demo-bob", ALICE).await["status"].clone(), matrix, pnut, telephone]
    };
    assert_eq!(texts().await, ["lunch"; 4]);
    let (since, told) =
        sync::read(&sync::sync(&server, "demo-bob", &format!("since={since}&set_presence=offline")).await);
    assert_eq!(told[0].1["status_msg"], "lunch");
    let event = stream.event().await.data;
    assert_eq!(
        (&event["status"], &event["statusExpiresAt"]),
        (&json!("lunch"), &json!(START.as_millis() + 60_000))
    );
    assert_eq!(receiver.next().await.answer(200)["body"]["message"], "lunch");
    server.advance(seconds(59)).await;
    assert_eq!(texts().await, ["lunch"; 4]);
    let waiting = server.open_sync("demo-bob", &since, "set_presence=offline").await;
    server.advance(seconds(1)).await;
    assert_eq!(texts().await, [Value::Null, Value::Null, json!("online"), Value::Null]);
    assert_eq!(sync::read(&waiting.answer().await).1[0].1["status_msg"], Value::Null);
    assert_eq!(stream.event().await.data["status"], Value::Null);
    assert_eq!(receiver.next().await.answer(200)["body"]["message"], Value::Null);
}

/// To put the end of a text off is something that was set. What expires with a lease is put off all the time.
#[tokio::test]
async fn another_end_of_a_text_is_told() {
    let server = TestServer::start().await;
    let mut stream = server.call(Method::GET, "/presenced/v1/changes").token("demo-bob").open().await;
    for after in [60, 120] {
        let status = json!({"text": "lunch", "expiresInSeconds": after});
        put(&server, "demo-alice", ALICE, json!({ "status": status })).await;
        assert_eq!(stream.event().await.data["statusExpiresAt"], START.as_millis() + after * 1_000);
    }
    let lease = server.call(Method::PUT, "/v0/users/me/presence?presence=lunch").token("demo-alice");
    assert_eq!(lease.send().await.status, 200);
    assert_eq!(stream.event().await.data["statusExpiresAt"], Value::Null, "events do not follow leases");
    let seen = get(&server, "demo-bob", ALICE).await;
    assert_eq!(seen["statusExpiresAt"], START.as_millis() + 900_000);
}

#[tokio::test]
async fn a_status_that_is_too_long() {
    let server = TestServer::start().await;
    let text = |length| json!({"state": "busy", "status": {"text": "x".repeat(length)}});
    let refused = put(&server, "demo-alice", ALICE, text(1_025)).await;
    insta::assert_snapshot!(refused.line(), @r#"413 {"type":"urn:presenced:problem:too-large","title":"Payload Too Large","status":413,"detail":"the status has 1025 bytes; at most 1024 are allowed"}"#);
    assert_eq!(state(&server).await, "offline", "nothing was changed");
    assert_eq!(put(&server, "demo-alice", ALICE, text(1_024)).await.status, 200);
}

#[tokio::test]
async fn what_is_refused() {
    let server = TestServer::start().await;
    for (body, why) in [
        (json!({}), "state or status"),
        (json!({"label": "web"}), "state or status"),
        (json!({"deviceId": "D", "leaseSeconds": 5}), "state or status"),
        (json!({"state": "away"}), "unknown variant"),
        (json!({"state": null}), "body: "),
        (json!({"state": "online", "until": 5}), "unknown field"),
        (json!({"state": "online", "leaseSeconds": 0}), "from 1 to 86400"),
        (json!({"state": "online", "leaseSeconds": 86_401}), "from 1 to 86400"),
        (json!({"state": "online", "leaseSeconds": 1.5}), "body: "),
        (json!({"state": "online", "leaseSeconds": -1}), "body: "),
        (json!({"status": null, "leaseSeconds": 5}), "no state"),
        (json!({"state": "online", "deviceId": ""}), "deviceId"),
        (json!({"state": "online", "deviceId": "x".repeat(256)}), "deviceId"),
        (json!({"state": "online", "label": "x".repeat(33)}), "32 characters"),
        (json!({"status": null, "label": "web"}), "label: "),
        (json!([]), "body: "),
    ] {
        let (code, said) = detail(&put(&server, "demo-alice", ALICE, body.clone()).await);
        assert!(code == 400 && said.contains(why), "{body}: {code} {said}");
    }
    let query = server.call(Method::PUT, path(ALICE) + "?state=online").token("demo-alice");
    assert_eq!(detail(&query.json(&json!({"state": "online"})).send().await).0, 400);
    let whole = server.call(Method::PUT, path("alice")).token("demo-admin").json(&json!({"state": "online"}));
    assert_eq!(whole.send().await.status, 400);
    assert_eq!(state(&server).await, "offline", "nothing was changed");
}

#[tokio::test]
async fn labels() {
    let server = TestServer::start().await;
    let label = async |body: Value| {
        put(&server, "demo-alice", ALICE, body).await.json()["devices"][0]["label"].clone()
    };
    let longest = "é".repeat(32);
    assert_eq!(label(json!({"state": "online", "label": longest})).await, json!(longest));
    assert_eq!(label(json!({"status": null, "label": "ios"})).await, "ios", "what the device says is enough");
    assert_eq!(label(json!({"state": "busy"})).await, "ios");
    assert_eq!(label(json!({"state": "busy", "label": ""})).await, Value::Null);
    put(&server, "demo-alice", ALICE, json!({"state": "busy", "label": "web"})).await;
    server.advance(minutes(60)).await;
    let gone = put(&server, "demo-alice", ALICE, json!({"status": {"text": "x"}, "label": "web"})).await;
    assert_eq!(
        detail(&gone),
        (400, "label: the device says nothing that a label could be kept with".to_owned())
    );
    assert_eq!(get(&server, "demo-alice", ALICE).await["status"], Value::Null, "nothing was changed");
    assert_eq!(label(json!({"state": "online"})).await, Value::Null, "it went with the claim");
}

#[tokio::test]
async fn several_devices() {
    let server = TestServer::start().await;
    put(&server, "demo-alice", ALICE, json!({"state": "online", "label": "web"})).await;
    put(&server, "demo-alice-2", ALICE, json!({"state": "unavailable"})).await;
    put(&server, "demo-alice", ALICE, json!({"state": "busy", "deviceId": "PHONE", "label": "ios"})).await;
    put(&server, "demo-admin", ALICE, json!({"state": "online"})).await;
    put(
        &server,
        &service_token(&server, &["write"]).await,
        ALICE,
        json!({"state": "unavailable", "deviceId": "x"}),
    )
    .await;
    let devices = get(&server, "demo-alice", ALICE).await["devices"].clone();
    let named = |device: &Value| format!("{} {} {}", device["deviceId"], device["state"], device["label"]);
    let devices: Vec<String> = devices.as_array().expect("devices").iter().map(named).collect();
    insta::assert_snapshot!(devices.join("\n"), @r#"
    "DEMO" "online" "web"
    "DEMO2" "unavailable" null
    "PHONE" "busy" "ios"
    "api" "online" null
    "x" "unavailable" null
    "#);
    assert_eq!(state(&server).await, "busy");
    assert_eq!(end(&server, "demo-alice", "?deviceId=PHONE").await.line(), "204 ");
    assert_eq!(state(&server).await, "online");
    assert_eq!(end(&server, "demo-alice", "").await.status, 204);
    assert_eq!(state(&server).await, "online", "api says so");
    assert_eq!(end(&server, "demo-admin", "").await.status, 204);
    assert_eq!(state(&server).await, "unavailable");
}

#[tokio::test]
async fn who_sees_devices() {
    let server = TestServer::start().await;
    put(&server, "demo-alice", ALICE, json!({"state": "online", "label": "web"})).await;
    let reading = service_token(&server, &["read"]).await;
    let shows = async |token: &str| {
        let query = json!({"users": [ALICE]});
        let query = server.call(Method::POST, "/presenced/v1/presence/query").token(token).json(&query);
        let query = query.send().await.json()["presence"][0]["devices"].is_array();
        assert_eq!(get(&server, token, ALICE).await["devices"].is_array(), query);
        query
    };
    let tokens = ["demo-alice", "demo-admin", &reading, "demo-bob"];
    for (settings, who) in [
        (json!({}), [true, true, true, false]),
        (json!({"override": "busy"}), [true, true, true, false]),
        (json!({"override": "invisible"}), [true, false, false, false]),
    ] {
        server.admin(Method::PUT, &format!("/users/{ALICE}/settings"), Some(settings)).await;
        for (token, shown) in tokens.iter().zip(who) {
            assert_eq!(shows(token).await, shown, "{token}");
        }
    }
}

/// To set something of an invisible user tells no more of them than to ask.
#[tokio::test]
async fn others_are_shown_invisible_users_as_offline() {
    let server = TestServer::start().await;
    put(&server, "demo-alice", ALICE, json!({"state": "busy", "status": {"text": "before"}})).await;
    server
        .admin(Method::PUT, &format!("/users/{ALICE}/settings"), Some(json!({"override": "invisible"})))
        .await;
    let body = json!({"state": "online", "status": {"text": "after"}});
    let others = put(&server, "demo-admin", ALICE, body.clone()).await.json();
    assert_eq!((&others["state"], &others["status"]), (&json!("offline"), &json!("before")));
    assert_eq!(others, get(&server, "demo-admin", ALICE).await);
    let own = put(&server, "demo-alice", ALICE, body).await.json();
    assert_eq!((&own["state"], &own["status"]), (&json!("online"), &json!("after")));
}

#[tokio::test]
async fn the_states_of_devices_are_those_of_now() {
    let server = TestServer::start().await;
    put(&server, "demo-alice", ALICE, json!({"state": "online"})).await;
    server.advance_untold(minutes(5));
    assert_eq!(get(&server, "demo-alice", ALICE).await["devices"][0]["state"], "unavailable");
    server.advance_untold(minutes(10));
    assert_eq!(get(&server, "demo-alice", ALICE).await["devices"], json!([]));
}

#[tokio::test]
async fn an_end_leaves_the_status() {
    let server = TestServer::start().await;
    put(&server, "demo-alice", ALICE, json!({"state": "busy", "status": {"text": "here"}})).await;
    for _ in 0..2 {
        assert_eq!(end(&server, "demo-alice", "").await.line(), "204 ", "also where there is nothing");
        let seen = get(&server, "demo-bob", ALICE).await;
        assert_eq!((&seen["state"], &seen["status"]), (&json!("offline"), &json!("here")));
    }
    for query in ["?deviceId=", "?device=DEMO", "?deviceId=A&deviceId=B"] {
        assert_eq!(end(&server, "demo-alice", query).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn an_end_holds_until_a_connected_device_says_more() {
    let server = TestServer::start().await;
    let stream =
        server.call(Method::GET, "/presenced/v1/changes?state=online").token("demo-alice").open().await;
    let devices = get(&server, "demo-alice", ALICE).await["devices"].clone();
    assert_eq!(devices[0]["connected"], true);
    assert_eq!(devices[0]["until"], Value::Null);
    end(&server, "demo-alice", "").await;
    server.advance(minutes(1)).await;
    assert_eq!(state(&server).await, "offline");
    active(&server, "demo-alice", None).await;
    assert_eq!(state(&server).await, "online");
    put(&server, "demo-alice", ALICE, json!({"state": "busy", "leaseSeconds": 1})).await;
    server.advance(minutes(60)).await;
    assert_eq!(state(&server).await, "busy", "a connected device keeps its claim");
    drop(stream);
}

#[tokio::test]
async fn activity() {
    let server = TestServer::start().await;
    assert_eq!(active(&server, "demo-alice", None).await.line(), "204 ");
    assert_eq!(state(&server).await, "online", "a device that said nothing is");
    put(
        &server,
        "demo-alice",
        ALICE,
        json!({"state": "online", "status": {"text": "here"}, "leaseSeconds": 360}),
    )
    .await;
    server.advance(seconds(359)).await;
    assert_eq!(state(&server).await, "unavailable");
    active(&server, "demo-alice", Some(json!({}))).await;
    let seen = get(&server, "demo-bob", ALICE).await;
    assert_eq!((&seen["state"], &seen["status"]), (&json!("online"), &json!("here")));
    server.advance(seconds(359)).await;
    assert_eq!(state(&server).await, "unavailable", "the lease began anew");
    server.advance(seconds(1)).await;
    assert_eq!(state(&server).await, "offline", "and was as long as it was");
    for name in ["busy", "unavailable"] {
        put(&server, "demo-alice", ALICE, json!({ "state": name })).await;
        active(&server, "demo-alice", None).await;
        assert_eq!(state(&server).await, name);
    }
    active(&server, "demo-alice", Some(json!({"deviceId": "TAB"}))).await;
    let devices = get(&server, "demo-alice", ALICE).await["devices"].clone();
    assert_eq!((&devices[1]["deviceId"], &devices[1]["state"]), (&json!("TAB"), &json!("online")));
}

#[tokio::test]
async fn activity_that_is_refused() {
    let server = TestServer::start().await;
    for body in [json!({"deviceId": ""}), json!({"device": "D"}), json!({"deviceId": null}), json!([])] {
        assert_eq!(active(&server, "demo-alice", Some(body.clone())).await.status, 400, "{body}");
    }
    let query = server.call(Method::POST, "/presenced/v1/activity?deviceId=D").token("demo-alice");
    assert_eq!(query.send().await.status, 400);
    for token in ["demo-admin", &service_token(&server, &["read", "write", "gateway"]).await] {
        assert_eq!(active(&server, token, None).await.status, 403, "it is no user's");
    }
    assert_eq!(state(&server).await, "offline", "nothing was changed");
}

#[tokio::test]
async fn how_often() {
    let server = TestServer::start_with(|config| config.limits.put_per_second = 1.0).await;
    let busy = || put(&server, "demo-alice", ALICE, json!({"state": "busy"}));
    for _ in 0..9 {
        assert_eq!(busy().await.status, 200);
    }
    assert_eq!(end(&server, "demo-alice", "").await.status, 204);
    let refused = busy().await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "1"));
    assert_eq!(end(&server, "demo-alice", "").await.status, 429);
    let other_door = server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    assert_eq!(other_door.status, 429, "through every door");
    for _ in 0..30 {
        assert_eq!(put(&server, "demo-admin", ALICE, json!({"state": "unavailable"})).await.status, 200);
    }
    server.advance(seconds(1)).await;
    assert_eq!(busy().await.status, 200);
}

/// Activity has a budget of its own, and what is over it has no effect.
#[tokio::test]
async fn too_much_activity_has_no_effect() {
    let server = TestServer::start_with(|config| config.limits.put_per_second = 1.0).await;
    for _ in 0..10 {
        assert_eq!(active(&server, "demo-alice", None).await.status, 204);
    }
    end(&server, "demo-alice", "").await;
    assert_eq!(active(&server, "demo-alice", None).await.status, 204);
    assert_eq!(state(&server).await, "offline");
    server.advance(seconds(1)).await;
    active(&server, "demo-alice", None).await;
    assert_eq!(state(&server).await, "online");
}

#[tokio::test]
async fn who_may_say_something() {
    let server = TestServer::start().await;
    let [reading, writing] =
        [service_token(&server, &["read"]).await, service_token(&server, &["write"]).await];
    let wish = json!({"deviceId": "D", "scopes": ["read"]});
    let issued = server.admin(Method::POST, &format!("/users/{ALICE}/tokens"), Some(wish)).await.json();
    let own_reading = issued["token"].as_str().expect("a token");
    for (token, status) in [
        ("demo-alice", 200),
        ("demo-admin", 200),
        (writing.as_str(), 200),
        (reading.as_str(), 403),
        (own_reading, 403),
        ("demo-bob", 403),
        ("demo-carol", 403),
        ("nonsense", 401),
    ] {
        assert_eq!(put(&server, token, ALICE, json!({"state": "busy"})).await.status, status, "{token}");
        let ended = end(&server, token, "").await.status.as_u16();
        assert_eq!(ended, if status == 200 { 204 } else { status }, "{token}");
    }
    for token in ["demo-admin", &writing] {
        assert_eq!(put(&server, token, "@nobody:example.com", json!({"state": "busy"})).await.status, 404);
        let call = server.call(Method::DELETE, path("@nobody:example.com")).token(token);
        assert_eq!(call.send().await.status, 404);
    }
    let own = put(&server, &writing, CAROL, json!({"state": "busy"})).await.json();
    assert_eq!((&own["state"], &own["devices"][0]["deviceId"]), (&json!("busy"), &json!("api")));
}

#[tokio::test]
async fn settings_by_a_service_token() {
    let server = TestServer::start().await;
    let writing = service_token(&server, &["write"]).await;
    let path = format!("/presenced/v1/users/{ALICE}/settings");
    let set = server.call(Method::PUT, &path).token(&writing).json(&json!({"override": "busy"})).send().await;
    assert_eq!(set.line(), r#"200 {"override":"busy","hidden":false}"#);
    assert_eq!(state(&server).await, "busy");
    let gateway = service_token(&server, &["read", "gateway"]).await;
    let set = server.call(Method::PUT, &path).token(&gateway).json(&json!({})).send().await;
    assert_eq!(set.status, 403);
    let nobodys = path.replace("alice", "nobody");
    let set = server.call(Method::PUT, &nobodys).token(&writing).json(&json!({})).send().await;
    assert_eq!(set.status, 404);
}

/// Nobody is woken by what nobody can see: an activity that shows, and one that does not.
#[tokio::test]
async fn activity_is_news_if_it_shows() {
    let server = TestServer::start().await;
    put(&server, "demo-alice", ALICE, json!({"state": "online"})).await;
    let bob: UserId = BOB.parse().expect("a user id");
    let watcher = server.app.service.watch(Viewer::User(&bob), WatchList::everyone());
    server.advance(seconds(30)).await;
    active(&server, "demo-alice", None).await;
    assert!(watcher.is_quiet());
    server.advance_untold(minutes(5));
    active(&server, "demo-alice", None).await;
    assert!(!watcher.is_quiet());
}

/// A page may say so every minute: nobody waits for the disk for that, and it has nothing to do.
#[tokio::test]
async fn activity_that_nobody_sees_is_not_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = disk::over(folder.path()).expect("it opens");
    let server = TestServer::start_on(Box::new(store), |_| {}).await;
    put(&server, "demo-alice", ALICE, json!({"state": "online", "status": {"text": "here"}})).await;
    let before = server.commits();
    for _ in 0..5 {
        server.advance_untold(seconds(10));
        assert_eq!(active(&server, "demo-alice", None).await.status, 204);
    }
    assert_eq!(server.commits(), before);
    server.advance_untold(minutes(6));
    assert_eq!(state(&server).await, "unavailable");
    active(&server, "demo-alice", None).await;
    assert_eq!(state(&server).await, "online");
    put(&server, "demo-alice", ALICE, json!({"status": {"text": "there"}})).await;
    assert!(server.commits() > before);
}
