//! Webhooks: the question whether a receiver wants them, deliveries, failures, and where they may go.

use std::sync::Arc;

use presenced::config::Config;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt as _, net::TcpListener};
use tokio_rustls::TlsAcceptor;

use super::{codes, read, refused, update};
use crate::support::{
    Answer, CAROL, SharedStore, TestServer,
    receiver::{Receiver, Validation},
    seconds,
};

const PATH: &str = "/restapi/v1.0/subscription";
const BOB: &str = "/restapi/v1.0/account/~/extension/2/presence";
const EVERYBODY: &str = "/restapi/v1.0/account/~/presence";

fn wish(address: &str, filter: &str) -> Value {
    json!({"eventFilters": [filter], "deliveryMode": {"transportType": "WebHook", "address": address}})
}

async fn create(server: &TestServer, wish: &Value) -> Answer {
    server.call(Method::POST, PATH).token("demo-alice").json(wish).send().await
}

/// Subscribes a receiver to a filter. Says where the subscription is.
async fn subscribe(server: &TestServer, receiver: &Receiver, filter: &str) -> String {
    let answer = create(server, &wish(&receiver.url, filter)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    format!("{PATH}/{}", answer.json()["id"].as_str().expect("an id"))
}

async fn set(server: &TestServer, token: &str, status: &str) {
    assert_eq!(update(server, token, json!({"userStatus": status})).await.status, 200);
}

/// Whom a notification is about, and what their presence is.
fn about(notification: &Value) -> (i64, &str) {
    let body = &notification["body"];
    (body["extensionId"].as_i64().expect("an id"), body["presenceStatus"].as_str().expect("a status"))
}

#[tokio::test]
async fn what_a_receiver_gets() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    let mut wish = wish(&receiver.url, &format!("{BOB}?detailedTelephonyState=true"));
    wish["deliveryMode"]["verificationToken"] = json!("hello");
    let info = create(&server, &wish).await.json();
    update(&server, "demo-bob", json!({"userStatus": "Busy", "message": "lunch"})).await;
    let hook = receiver.next().await;
    for (name, value) in [
        ("content-type", "application/json; charset=UTF-8"),
        ("accept", "application/json"),
        ("user-agent", "RingCentral-Webhook/8.3"),
        ("validation-token", "hello"),
        ("verification-token", "hello"),
    ] {
        assert_eq!(hook.headers[name], value);
    }
    let told = hook.answer(200);
    assert_eq!(told["subscriptionId"], info["id"]);
    let text = json!([told["event"], told["timestamp"], told["ownerId"], told["body"]]).to_string();
    insta::assert_snapshot!(text, @r#"["/restapi/v1.0/account/1/extension/2/presence?detailedTelephonyState=true","2026-01-05T09:00:00.000Z","1",{"extensionId":2,"telephonyStatus":"NoCall","sequence":189766800,"presenceStatus":"Busy","userStatus":"Busy","dndStatus":"TakeAllCalls","message":"lunch","meetingStatus":"Disconnected","allowSeeMyPresence":true,"ringOnMonitoredCall":false,"pickUpCallsOnHold":false,"totalActiveCalls":0}]"#);
}

#[tokio::test]
async fn a_receiver_that_does_not_answer_as_it_has_to() {
    let server = TestServer::start_with(|config| config.webhooks.timeout_milliseconds = 200).await;
    let receiver = Receiver::start().await;
    for (how, code) in [
        (Validation::Status(500), "SUB-522"),
        (Validation::Status(201), "SUB-522"),
        (Validation::Status(302), "SUB-522"),
        (Validation::Echo(None), "SUB-525"),
        (Validation::Echo(Some("another")), "SUB-525"),
        (Validation::Long(1_024), "SUB-525"),
        (Validation::Long(100_000), "SUB-525"),
        (Validation::Silent, "SUB-521"),
    ] {
        receiver.validate(how);
        let answer = create(&server, &wish(&receiver.url, BOB)).await;
        assert_eq!(codes(&answer), refused(400, code, code), "{how:?}");
    }
    let closed =
        TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("an address");
    let answer = create(&server, &wish(&format!("http://{closed}/"), BOB)).await;
    assert_eq!(codes(&answer), refused(400, "SUB-521", "SUB-521"));
    assert_eq!(read(&server, "demo-alice", PATH).await["records"], json!([]));
}

#[tokio::test]
async fn where_webhooks_may_not_go() {
    let server = TestServer::start_with(|config| config.webhooks.allow_networks.clear()).await;
    let mut receiver = Receiver::start().await;
    let port = receiver.url.rsplit(':').next().expect("a port").to_owned();
    for host in [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[fe80::1]",
        "[fc00::1]",
        "[fd00::1]",
        "[ff02::1]",
        "[2001:db8::1]",
    ] {
        for scheme in ["http", "https"] {
            let answer = create(&server, &wish(&format!("{scheme}://{host}:{port}"), BOB)).await;
            assert_eq!(codes(&answer), refused(400, "SUB-521", "SUB-521"), "{scheme}://{host}");
        }
    }
    // Over the public internet nothing goes without TLS.
    let answer = create(&server, &wish("http://93.184.216.34/", BOB)).await;
    assert_eq!(codes(&answer), refused(400, "SUB-521", "SUB-521"));
    assert!(answer.text.contains("only https"), "{}", answer.text);
    assert!(receiver.is_quiet());
}

/// Whoever subscribes learns nothing of the names that this machine knows and the internet does not.
#[tokio::test]
async fn names_of_the_inside_and_names_of_nothing_fail_alike() {
    let server = TestServer::start_with(|config| config.webhooks.allow_networks.clear()).await;
    let mut texts = std::collections::BTreeSet::new();
    for scheme in ["http", "https"] {
        // The first is known to every machine, and leads to this one.
        for name in ["localhost", "no-such-name.invalid"] {
            let answer = create(&server, &wish(&format!("{scheme}://{name}:8443/"), BOB)).await;
            assert_eq!(codes(&answer), refused(400, "SUB-521", "SUB-521"), "{scheme}://{name}");
            texts.insert(answer.text);
        }
    }
    let texts: Vec<_> = texts.into_iter().collect();
    assert_eq!(texts.len(), 1, "{texts:#?}");
    assert!(
        texts[0].contains("the name in the address leads nowhere that webhooks are sent to"),
        "{texts:?}"
    );
}

/// What the configuration says of webhooks may change while the server runs.
#[tokio::test]
async fn a_network_that_the_operator_forbids_now_is_shut_at_once() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    let path = subscribe(&server, &receiver, BOB).await;
    set(&server, "demo-bob", "Busy").await;
    receiver.next().await.answer(200);
    let reload = |change: fn(&mut Config)| {
        let mut config = Config::clone(&server.app.config);
        change(&mut config);
        server.app.reload(&config)
    };
    let reloaded = reload(|config| {
        config.webhooks.allow_networks.clear();
        config.webhooks.attempts = 1;
        config.webhooks.concurrent = 1;
    });
    assert_eq!((reloaded.now.len(), reloaded.later.len()), (3, 0));
    set(&server, "demo-bob", "Available").await;
    while read(&server, "demo-alice", path.clone()).await["status"] != "Blacklisted" {
        tokio::task::yield_now().await;
    }
    assert!(receiver.is_quiet());
    let answer = create(&server, &wish(&receiver.url, BOB)).await;
    assert_eq!(codes(&answer), refused(400, "SUB-521", "SUB-521"));
    // And opened again.
    reload(|config| config.webhooks.allow_networks = vec!["127.0.0.1".parse().expect("an address")]);
    assert_eq!(create(&server, &wish(&receiver.url, BOB)).await.status, 200);
}

#[tokio::test]
async fn a_network_that_the_operator_forbids_later_is_shut() {
    let store = SharedStore::default();
    let before = TestServer::start_on(Box::new(store.clone()), |_| {}).await;
    let mut receiver = Receiver::start().await;
    let path = subscribe(&before, &receiver, BOB).await;
    before.stop().await;
    let server = TestServer::start_again(Box::new(store), |config| {
        config.webhooks.allow_networks.clear();
        config.webhooks.attempts = 1;
    })
    .await;
    set(&server, "demo-bob", "Busy").await;
    let shown = loop {
        let shown = read(&server, "demo-alice", path.clone()).await;
        if shown["status"] == "Blacklisted" {
            break shown;
        }
    };
    let reason = &shown["blacklistedData"]["reason"];
    assert_eq!(reason, "the address is in a network that webhooks are not sent to");
    assert!(receiver.is_quiet());
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for() {
    let server = TestServer::start().await;
    let address = untrusted().await;
    let answer = create(&server, &wish(&format!("https://{address}/"), BOB)).await;
    assert_eq!(codes(&answer), refused(400, "SUB-524", "SUB-524"), "{}", answer.text);
}

/// A receiver behind TLS with a certificate of its own making.
async fn untrusted() -> std::net::SocketAddr {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]);
    let made = made.expect("a certificate");
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a certificate with its key");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let _gone = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            }
        }
    });
    address
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    subscribe(&server, &receiver, BOB).await;
    set(&server, "demo-bob", "Busy").await;
    let url = receiver.url.clone();
    let hook = receiver.next().await;
    hook.answer_with(axum::response::IntoResponse::into_response(axum::response::Redirect::temporary(&url)));
    server.push().settled().await;
    assert!(receiver.is_quiet());
    server.advance(seconds(1)).await;
    assert_eq!(about(&receiver.told().await), (2, "Busy"), "it counts as a failure, and is sent again");
}

#[tokio::test]
async fn a_slow_receiver_gets_the_last_state_of_each() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    subscribe(&server, &receiver, EVERYBODY).await;
    set(&server, "demo-bob", "Busy").await;
    let first = receiver.next().await;
    for status in ["Available", "Busy", "Offline"] {
        set(&server, "demo-bob", status).await;
        set(&server, "demo-carol", status).await;
    }
    assert!(receiver.is_quiet(), "one at a time");
    assert_eq!(about(&first.answer(200)), (2, "Busy"));
    assert_eq!(about(&receiver.told().await), (2, "Offline"));
    assert_eq!(about(&receiver.told().await), (3, "Offline"));
    server.push().settled().await;
    assert!(receiver.is_quiet());
}

#[tokio::test]
async fn what_looks_the_same_is_not_told_again() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    subscribe(&server, &receiver, EVERYBODY).await;
    // Seen by Matrix clients, and not in this dialect.
    server.set_presence("demo-bob", crate::support::BOB, json!({"presence": "online"})).await;
    server.advance(seconds(60)).await;
    set(&server, "demo-carol", "Busy").await;
    assert_eq!(about(&receiver.told().await), (3, "Busy"));
    set(&server, "demo-carol", "Busy").await;
    set(&server, "demo-bob", "Busy").await;
    assert_eq!(about(&receiver.told().await), (2, "Busy"));
}

#[tokio::test]
async fn sequences_go_up_by_extension() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    subscribe(&server, &receiver, BOB).await;
    let mut last = 0;
    for status in ["Busy", "Available", "Offline", "Available"] {
        set(&server, "demo-bob", status).await;
        let told = receiver.told().await;
        let sequence = told["body"]["sequence"].as_i64().expect("a number");
        assert!(last < sequence && sequence <= i64::from(i32::MAX), "{sequence}");
        last = sequence;
    }
}

#[tokio::test]
async fn a_failing_receiver_is_tried_again_after_growing_pauses_and_recovers() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    let path = subscribe(&server, &receiver, BOB).await;
    set(&server, "demo-bob", "Busy").await;
    for (status, pause) in [(500, 1), (404, 2), (301, 4)] {
        receiver.next().await.answer(status);
        server.push().settled().await;
        server.advance(seconds(pause) - std::time::Duration::from_millis(1)).await;
        server.push().settled().await;
        assert!(receiver.is_quiet(), "not before {pause} s are over");
        server.advance(std::time::Duration::from_millis(1)).await;
    }
    // Meanwhile bob went on; what is told is what is the case.
    let hook = receiver.next().await;
    set(&server, "demo-bob", "Offline").await;
    hook.answer(503);
    server.push().settled().await;
    server.advance(seconds(8)).await;
    assert_eq!(about(&receiver.told().await), (2, "Offline"));
    server.push().settled().await;
    assert!(receiver.is_quiet(), "and it is told once");
    assert_eq!(read(&server, "demo-alice", path).await["status"], "Active");
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_given_up_in_time() {
    let server = TestServer::start_with(|config| config.webhooks.timeout_milliseconds = 100).await;
    let mut receiver = Receiver::start().await;
    subscribe(&server, &receiver, BOB).await;
    set(&server, "demo-bob", "Busy").await;
    let _unanswered = receiver.next().await;
    server.push().settled().await;
    server.advance(seconds(1)).await;
    assert_eq!(about(&receiver.told().await), (2, "Busy"));
}

#[tokio::test]
async fn who_fails_too_often_is_blacklisted_until_the_owner_lifts_it() {
    let server = TestServer::start_with(|config| config.webhooks.attempts = 3).await;
    let mut receiver = Receiver::start().await;
    let path = subscribe(&server, &receiver, BOB).await;
    for (round, lift) in [("renew", format!("{path}/renew")), ("update", path.clone())] {
        set(&server, "demo-bob", if round == "renew" { "Busy" } else { "Offline" }).await;
        for _ in 0..3 {
            receiver.next().await.answer(500);
            server.push().settled().await;
            server.advance(seconds(4)).await;
        }
        let shown = read(&server, "demo-alice", path.clone()).await;
        assert_eq!(shown["status"], "Blacklisted", "{round}");
        assert_eq!(shown["blacklistedData"]["reason"], "the receiver answered 500");
        assert!(shown["blacklistedData"]["blacklistedAt"].is_string());
        server.advance(seconds(3_600)).await;
        set(&server, "demo-bob", "Available").await;
        server.push().settled().await;
        assert!(receiver.is_quiet(), "nothing is sent");

        // A receiver that still fails stays where it is.
        let method = if round == "renew" { Method::POST } else { Method::PUT };
        let call = || server.call(method.clone(), lift.clone()).token("demo-alice").send();
        receiver.validate(Validation::Status(500));
        assert_eq!(codes(&call().await), refused(400, "SUB-522", "SUB-522"));
        receiver.validate(Validation::Right);
        let lifted = call().await.json();
        assert_eq!((&lifted["status"], &lifted["blacklistedData"]), (&json!("Active"), &Value::Null));
        set(&server, "demo-bob", "Busy").await;
        assert_eq!(about(&receiver.told().await), (2, "Busy"), "and what it missed is told, as it is now");
        set(&server, "demo-bob", "Available").await;
        receiver.told().await;
    }
}

#[tokio::test]
async fn hidden_users_are_masked() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    subscribe(&server, &receiver, EVERYBODY).await;
    update(&server, "demo-bob", json!({"userStatus": "Busy", "message": "secret"})).await;
    let hook = receiver.next().await;
    // He hides before the next is sent: what is sent then shows nothing of him.
    update(&server, "demo-bob", json!({"message": "more secret", "allowSeeMyPresence": false})).await;
    hook.answer(200);
    let told = receiver.told().await;
    insta::assert_snapshot!(told["body"], @r#"{"extensionId":2,"sequence":189766801,"presenceStatus":"Offline","allowSeeMyPresence":false,"ringOnMonitoredCall":false,"pickUpCallsOnHold":false}"#);
    // What he does unseen is not even told to have happened.
    update(&server, "demo-bob", json!({"userStatus": "Available", "message": "unseen"})).await;
    set(&server, "demo-carol", "Busy").await;
    assert_eq!(about(&receiver.told().await), (3, "Busy"));
}

#[tokio::test]
async fn other_accounts_are_not_told_of() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    subscribe(&server, &receiver, EVERYBODY).await;
    let profile = json!({"account": 2, "extensionNumber": "103"});
    assert_eq!(server.admin(Method::PUT, &format!("/users/{CAROL}"), Some(profile)).await.status, 200);
    set(&server, "demo-carol", "Busy").await;
    set(&server, "demo-bob", "Busy").await;
    assert_eq!(about(&receiver.told().await), (2, "Busy"));
}

#[tokio::test]
async fn every_form_in_which_a_change_is_told() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    let own = "/restapi/v1.0/account/~/extension/~";
    let mut wish = wish(&receiver.url, BOB);
    wish["eventFilters"] = json!([
        BOB,
        format!("{EVERYBODY}?detailedTelephonyState=true&sipData=true"),
        format!("{own}/presence/line/presence?detailedTelephonyState=true"),
        format!("{own}/favorite/presence"),
        format!("{own}/presence/line"),
        "/restapi/v1.0/account/~/extension/2/presence/dnd",
    ]);
    assert_eq!(create(&server, &wish).await.status, 200);
    update(&server, "demo-bob", json!({"dndStatus": "DoNotAcceptAnyCalls"})).await;
    let mut events = Vec::new();
    for _ in 0..4 {
        let told = receiver.told().await;
        let what = match &told["body"]["presenceStatus"] {
            Value::Null => told["body"].clone(),
            status => status.clone(),
        };
        events.push(format!("{} {what}", told["event"].as_str().expect("an event")));
    }
    insta::assert_snapshot!(events.join("\n"), @r#"
    /restapi/v1.0/account/1/extension/2/presence?detailedTelephonyState=true&sipData=true "Busy"
    /restapi/v1.0/account/1/extension/1/presence/line/presence?detailedTelephonyState=true "Busy"
    /restapi/v1.0/account/1/extension/1/favorite/presence "Busy"
    /restapi/v1.0/account/1/extension/2/presence/dnd {"extensionId":2,"dndStatus":"DoNotAcceptAnyCalls"}
    "#);
    // Whom one monitors is told when that changes.
    let lines = server
        .call(Method::PUT, "/restapi/v1.0/account/~/extension/~/presence/line")
        .token("demo-alice")
        .leniently();
    lines.json(&json!([{"extension": {"id": "2"}}])).send().await;
    let told = receiver.told().await;
    assert_eq!(told["event"], "/restapi/v1.0/account/1/extension/1/presence/line");
    assert_eq!(told["body"]["extension"], json!([{"id": "2"}]));
    // Of oneself one is told by the account's filter alone, and nothing of do-not-disturb has changed.
    set(&server, "demo-alice", "Busy").await;
    assert_eq!(about(&receiver.told().await), (1, "Busy"));
    server.push().settled().await;
    assert!(receiver.is_quiet());
}

#[tokio::test]
async fn subscriptions_survive_a_restart_and_miss_nothing() {
    let store = SharedStore::default();
    let before = TestServer::start_on(Box::new(store.clone()), |_| {}).await;
    let mut receiver = Receiver::start().await;
    let path = subscribe(&before, &receiver, EVERYBODY).await;
    let info = read(&before, "demo-alice", path.clone()).await;
    set(&before, "demo-bob", "Busy").await;
    let first = receiver.told().await;
    before.push().settled().await;
    before.advance(seconds(1)).await;
    // The last change before the end is not taken any more.
    set(&before, "demo-carol", "Offline").await;
    receiver.next().await.answer(500);
    before.push().settled().await;
    before.stop().await;

    let server = TestServer::start_again(Box::new(store), |_| {}).await;
    server.advance_untold(seconds(1));
    assert_eq!(
        about(&receiver.told().await),
        (2, "Busy"),
        "told before, since it was noted how far that went"
    );
    let missed = receiver.told().await;
    assert_eq!(about(&missed), (3, "Offline"));
    assert_eq!(missed["subscriptionId"], first["subscriptionId"]);
    let again = read(&server, "demo-alice", path).await;
    for name in ["id", "eventFilters", "creationTime", "expirationTime", "deliveryMode"] {
        if name != "id" && name != "deliveryMode" {
            assert_eq!(again[name], info[name], "{name}");
        }
    }
    set(&server, "demo-bob", "Available").await;
    let told = receiver.told().await;
    assert_eq!(about(&told), (2, "Available"));
    assert!(told["body"]["sequence"].as_i64() > first["body"]["sequence"].as_i64());
}

#[tokio::test]
async fn an_owner_who_is_removed_is_told_nothing_more() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    subscribe(&server, &receiver, EVERYBODY).await;
    let gone = server.admin(Method::DELETE, &format!("/users/{}", crate::support::ALICE), None).await;
    assert_eq!(gone.status, 204);
    // It ends with its owner, not with the next change.
    server.push().ended().await;
    set(&server, "demo-bob", "Busy").await;
    assert!(receiver.is_quiet());
}
