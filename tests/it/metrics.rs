//! `/metrics`: who may read it, what it has, and what dashboards and alerts make of it.

mod prometheus;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use presenced::{demo, server::Listener};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::support::{
    ALICE, BOB, START, TestServer, connect, receiver::Receiver, socket::Socket, status_path, sync,
};

async fn scrape(server: &TestServer) -> String {
    let call = server.call(Method::GET, "/metrics").token(demo::ADMIN_TOKEN);
    // As Prometheus asks.
    let call =
        call.header("accept", "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5");
    let answer = call.send_undocumented().await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    answer.text
}

/// The value of a sample, without what is behind the point; 0, if it is not there.
fn value(text: &str, sample: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    let whole = line.map(|value| value.split('.').next().unwrap_or_default());
    whole.map_or(0, |value| value.parse().expect("a number"))
}

#[tokio::test]
async fn it_is_for_admins_unless_it_has_a_listener_of_its_own() {
    let server = TestServer::start().await;
    let call = || server.call(Method::GET, "/metrics");
    let none = call().send_undocumented().await;
    assert_eq!((none.status.as_u16(), none.header("www-authenticate")), (401, "Bearer realm=\"presenced\""));
    for token in ["nonsense", "demo-alice"] {
        let other = call().token(token).send_undocumented().await;
        let challenge = "Bearer realm=\"presenced\", error=\"invalid_token\"";
        assert_eq!((other.status.as_u16(), other.header("www-authenticate")), (401, challenge), "{token}");
    }
    assert_eq!(call().token(demo::ADMIN_TOKEN).send_undocumented().await.status, 200);

    let free = || async { TcpListener::bind("127.0.0.1:0").await.expect("a free port") };
    let own = free().await;
    let address = own.local_addr().expect("an address").to_string();
    let listener = Listener::from(free().await).with_metrics(Some(own.into()));
    let server = TestServer::start_at(listener, |config| config.metrics.listen = address.clone()).await;
    let call = server.call(Method::GET, "/metrics").token(demo::ADMIN_TOKEN);
    assert_eq!(call.send_undocumented().await.status, 404);
    let open = reqwest::get(format!("http://{address}/metrics")).await.expect("an answer");
    assert_eq!(open.status(), 200);
    assert!(open.text().await.expect("text").contains("presenced_build_info"));
    assert_eq!(reqwest::get(format!("http://{address}/healthz")).await.expect("an answer").status(), 404);
}

#[tokio::test]
async fn requests_are_counted_by_operation() {
    let server = TestServer::start().await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    server
        .call(Method::PUT, format!("/_matrix/client/r0/presence/{ALICE}/status"))
        .token("demo-alice")
        .json(&json!({"presence": "online"}))
        .send()
        .await;
    server.presence("demo-bob", ALICE).await;
    server.presence("nonsense", ALICE).await;
    server.call(Method::GET, "/v1/presence").token("demo-bob").send().await;
    server.call(Method::GET, "/restapi/v1.0/account/~/presence").token("demo-bob").send().await;
    server.call(Method::GET, "/presenced/v1/users").token("demo-admin").send().await;
    server.call(Method::GET, "/presenced/v1/nowhere").token("demo-admin").send().await;
    let text = scrape(&server).await;
    for (labels, count) in [
        (r#"dialect="matrix",operation="setPresence",status="200""#, 2),
        (r#"dialect="matrix",operation="getPresence",status="200""#, 1),
        (r#"dialect="matrix",operation="getPresence",status="401""#, 1),
        (r#"dialect="pnut",operation="listPresence",status="200""#, 1),
        (r#"dialect="ringcentral",operation="ReadAccountPresence",status="200""#, 1),
        (r#"dialect="presenced",operation="listUsers",status="200""#, 1),
        (r#"dialect="presenced",operation="none",status="404""#, 1),
    ] {
        let sample = format!("presenced_http_requests_total{{{labels}}}");
        assert_eq!(value(&text, &sample), count, "{sample}\n{text}");
    }
    let sample = r#"presenced_http_request_duration_seconds_count{dialect="matrix",operation="setPresence"}"#;
    assert_eq!(value(&text, sample), 2);
    assert_eq!(value(&text, r#"presenced_rejections_total{reason="token"}"#), 1);
    assert_eq!(value(&text, r#"presenced_changes_total{cause="claim"}"#), 2);
    assert!(value(&text, "presenced_connections") >= 1);
    assert_eq!((value(&text, "presenced_ready"), value(&text, "presenced_rooms")), (1, 1));
}

#[tokio::test]
async fn watchers_users_and_claims_are_counted() {
    let server = TestServer::start().await;
    let stream = server.call(Method::GET, "/presenced/v1/changes").token("demo-bob").open().await;
    let text = scrape(&server).await;
    assert_eq!(value(&text, r#"presenced_watchers{channel="sse"}"#), 1);
    let socket = Socket::open(&server, "demo-bob").await;
    assert_eq!(value(&scrape(&server).await, r#"presenced_watchers{channel="websocket"}"#), 1);
    let since = sync::start(&server, "demo-bob").await;
    let waiting = server.open_sync("demo-bob", &since, "set_presence=offline").await;
    assert_eq!(value(&scrape(&server).await, r#"presenced_watchers{channel="sync"}"#), 1);
    drop((stream, socket, waiting));
    server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    server.set_presence("demo-alice-2", ALICE, json!({"presence": "unavailable"})).await;
    server.set_presence("demo-bob", BOB, json!({"presence": "unavailable"})).await;
    // All are counted in turns.
    let text = loop {
        let text = scrape(&server).await;
        if value(&text, r#"presenced_users{state="online"}"#) > 0 {
            break text;
        }
        tokio::task::yield_now().await;
    };
    let counts = |family: &str| {
        ["offline", "unavailable", "online", "busy"]
            .map(|state| value(&text, &format!("presenced_{family}{{state=\"{state}\"}}")))
    };
    assert_eq!(counts("users"), [1, 1, 1, 0]);
    assert_eq!(counts("claims"), [0, 2, 1, 0]);
    while value(&scrape(&server).await, r#"presenced_watchers{channel="sse"}"#) > 0 {
        tokio::task::yield_now().await;
    }
}

/// No family without a help text, no user in a label, and names as Prometheus wants them.
#[tokio::test]
async fn every_family_is_documented() {
    let server = TestServer::start().await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    let text = scrape(&server).await;
    let word = |line: &str, place: usize| line.split(' ').nth(place).unwrap_or_default().to_owned();
    let helped: BTreeSet<String> =
        text.lines().filter(|line| line.starts_with("# HELP ")).map(|line| word(line, 2)).collect();
    let typed: BTreeMap<String, String> = text
        .lines()
        .filter(|line| line.starts_with("# TYPE "))
        .map(|line| (word(line, 2), word(line, 3)))
        .collect();
    assert_eq!(helped, typed.keys().cloned().collect());
    for line in text.lines().filter(|line| line.starts_with("# HELP ")) {
        assert!(line.split(' ').count() > 3 && line.ends_with('.'), "{line}");
    }
    for family in typed.keys() {
        assert!(
            (family.starts_with("presenced_") || family.starts_with("process_"))
                && family.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase())
        );
    }
    assert!(!text.contains('@') && !text.contains("alice"), "{text}");
    let table: String = typed.iter().map(|(family, kind)| format!("{family} {kind}\n")).collect();
    insta::assert_snapshot!(table, @"
    presenced_build_info gauge
    presenced_changes counter
    presenced_claims gauge
    presenced_connections gauge
    presenced_connections_max gauge
    presenced_counted_timestamp_seconds gauge
    presenced_deliveries counter
    presenced_http_request_duration_seconds histogram
    presenced_http_requests counter
    presenced_ready gauge
    presenced_records gauge
    presenced_rejections counter
    presenced_reloads counter
    presenced_rooms gauge
    presenced_store_commit_seconds histogram
    presenced_store_queue gauge
    presenced_store_stale_reads counter
    presenced_store_unconfirmed counter
    presenced_sweep_lag_seconds gauge
    presenced_tokens gauge
    presenced_users gauge
    presenced_watchers gauge
    presenced_watermark_lag_seconds gauge
    process_cpu_seconds counter
    process_max_fds gauge
    process_open_fds gauge
    process_resident_memory_bytes gauge
    process_start_time_seconds gauge
    ");
    assert!(text.ends_with("# EOF\n"));
}

/// Scrapers that know the older form alone get that.
#[tokio::test]
async fn it_has_the_form_that_is_asked_for() {
    let server = TestServer::start().await;
    let of = |text: &str, start: &str| -> Vec<String> {
        text.lines().filter(|line| line.starts_with(start)).map(str::to_owned).collect()
    };
    let new = scrape(&server).await;
    let call = server.call(Method::GET, "/metrics").token(demo::ADMIN_TOKEN);
    let answer = call.send_undocumented().await;
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(answer.header("vary"), "Accept");
    let old = answer.text;
    assert!(new.ends_with("# EOF\n") && !old.contains("# EOF"));
    assert!(new.contains("# TYPE presenced_deliveries counter\n"));
    assert!(old.contains("# TYPE presenced_deliveries_total counter\n"));
    for line in [
        "presenced_rejections_total{",
        "# TYPE presenced_rooms gauge",
        "presenced_http_request_duration_seconds_bucket{",
    ] {
        assert_eq!(of(&old, line).len(), of(&new, line).len(), "{line}");
        assert!(!of(&old, line).is_empty(), "{line}");
    }
    // A family's type and help stand under the name that its samples have.
    for line in of(&old, "# TYPE ") {
        let name = line.split(' ').nth(2).expect("a name");
        let is_histogram = line.ends_with(" histogram");
        let sample = if is_histogram { format!("{name}_bucket") } else { name.to_owned() };
        let labelled = format!("{sample}{{");
        let shown =
            old.lines().any(|line| line.starts_with(&labelled) || line.starts_with(&format!("{sample} ")));
        assert!(shown || of(&new, &labelled).is_empty(), "{line}");
        assert_eq!(of(&old, &format!("# HELP {name} ")).len(), 1, "{line}");
    }
}

#[tokio::test]
async fn the_process_has_the_names_that_every_exporter_has() {
    let server = TestServer::start().await;
    let text = scrape(&server).await;
    assert!(value(&text, "process_resident_memory_bytes") > 1_000_000);
    assert!(value(&text, "process_open_fds") > 3);
    assert!(value(&text, "process_max_fds") >= value(&text, "process_open_fds"));
    assert_eq!(value(&text, "process_start_time_seconds"), START.as_millis() / 1_000);
    assert!(text.contains("process_cpu_seconds_total "));
    assert_eq!(value(&text, "presenced_connections_max"), 50_000);
}

/// Every reason for which something is refused, by what a client does to be refused so.
#[tokio::test]
async fn refusals_are_counted_by_their_reason() {
    let server = TestServer::start_with(|config| {
        (config.limits.put_per_second, config.limits.put_burst) = (0.001, std::num::NonZeroU32::MIN);
        config.limits.streams = 1;
        config.limits.connections_per_address = 1;
        config.server.trusted_proxies = vec!["127.0.0.1".parse().expect("a network")];
        config.server.proxy_protocol = true;
    });
    let server = server.await;
    let call = async |head: &str, body: &str| {
        let mut stream = connect(&server).await;
        let length = body.len();
        let request = format!(
            "PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\n{head} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             content-length: {length}\r\nauthorization: Bearer demo-alice\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.expect("a request");
        let mut answer = String::new();
        let _closed = stream.read_to_string(&mut answer).await;
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    let put = format!("PUT {}", status_path(ALICE));
    let online = r#"{"presence": "online"}"#;
    assert_eq!(call(&put, online).await, "200");
    assert_eq!(call(&put, online).await, "429");
    assert_eq!(call(&put, &"x".repeat(100_000)).await, "413");
    // One stream takes all the room for streams, and the one connection of its address.
    let mut stream = connect(&server).await;
    let request = "PROXY TCP4 192.0.2.8 192.0.2.1 1 2\r\nGET /presenced/v1/changes HTTP/1.1\r\nhost: x\r\n\
                   authorization: Bearer demo-bob\r\n\r\n";
    stream.write_all(request.as_bytes()).await.expect("a request");
    let mut first = [0; 15];
    stream.read_exact(&mut first).await.expect("an answer");
    assert_eq!(call("GET /presenced/v1/changes", "").await, "503");
    let mut second = connect(&server).await;
    second
        .write_all(b"PROXY TCP4 192.0.2.8 192.0.2.1 1 2\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("a request");
    assert_eq!(second.read_to_end(&mut Vec::new()).await.unwrap_or_default(), 0);
    let text = server.figures();
    for (reason, count) in
        [("rate", 1), ("size", 1), ("unavailable", 1), ("connections", 1), ("token", 0), ("bug", 0)]
    {
        let sample = format!("presenced_rejections_total{{reason=\"{reason}\"}}");
        assert_eq!(value(&text, &sample), count, "{sample}");
    }
}

/// The metrics that an expression names.
fn named(expression: &str) -> Vec<String> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let is_name = |word: &&str| word.starts_with("presenced_") || word.starts_with("process_");
    words.filter(is_name).map(str::to_owned).collect()
}

fn deploy(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)).expect("the file")
}

/// The dashboard's queries.
fn queries() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(&deploy("grafana.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().expect("targets"));
    targets.map(|target| target["expr"].as_str().expect("a query").to_owned()).collect()
}

/// The rules of the alerts.
fn alerts() -> Vec<Value> {
    let alerts: Value = yaml_serde::from_str(&deploy("alerts.yaml")).expect("YAML");
    alerts["groups"][0]["rules"].as_array().expect("rules").clone()
}

/// A server that has been used in every way, so that each family has samples.
async fn used() -> TestServer {
    let server = TestServer::start().await;
    server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    server.presence("nonsense", ALICE).await;
    while value(&scrape(&server).await, "presenced_counted_timestamp_seconds") == 0 {
        tokio::task::yield_now().await;
    }
    server
}

#[tokio::test]
async fn the_dashboard_and_the_alerts_ask_for_what_there_is() {
    let text = scrape(&used().await).await;
    let samples: BTreeSet<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['{', ' ']).next())
        .collect();
    let of_alerts = alerts().into_iter().map(|rule| rule["expr"].as_str().expect("an expression").to_owned());
    let expressions: Vec<String> = queries().into_iter().chain(of_alerts).collect();
    let mut asked = BTreeSet::new();
    for expression in &expressions {
        for name in named(expression) {
            assert!(samples.contains(name.as_str()), "{expression} asks for {name}, which is not there");
            asked.insert(name);
        }
    }
    // What is there is shown, but for the parts of histograms and what only says when.
    let family = |sample: &str| {
        let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| sample.strip_suffix(end));
        base.unwrap_or(sample).to_owned()
    };
    let shown: BTreeSet<String> = asked.iter().map(|name| family(name)).collect();
    let left: Vec<String> =
        samples.iter().map(|sample| family(sample)).filter(|name| !shown.contains(name)).collect();
    assert_eq!(left, ["presenced_counted_timestamp_seconds"]);
}

#[tokio::test]
async fn deliveries_are_counted_by_outcome() {
    let server = TestServer::start().await;
    let mut receiver = Receiver::start().await;
    let wish = json!({
        "eventFilters": ["/restapi/v1.0/account/~/extension/1/presence"],
        "deliveryMode": {"transportType": "WebHook", "address": receiver.url},
    });
    let call = server.call(Method::POST, "/restapi/v1.0/subscription").token("demo-bob").json(&wish);
    assert_eq!(call.send().await.status, 200);
    assert_eq!(value(&scrape(&server).await, r#"presenced_watchers{channel="webhook"}"#), 1);
    let path = "/restapi/v1.0/account/~/extension/~/presence";
    let call = server.call(Method::PUT, path).token("demo-alice").json(&json!({"userStatus": "Busy"}));
    assert_eq!(call.send().await.status, 200);
    receiver.next().await.answer(200);
    while value(&scrape(&server).await, r#"presenced_deliveries_total{outcome="delivered"}"#) < 1 {
        tokio::task::yield_now().await;
    }
}
