//! What the log says, in both forms.

use reqwest::Client;
use serde_json::{Value, json};

use super::{running::Running, serve::url};

const DEMO: [&str; 4] = ["serve", "--demo", "--listen", "127.0.0.1:0"];

/// Lines without what differs from run to run.
fn plain(log: &str, address: &str) -> String {
    let lines = log.lines().map(|line| {
        let (_time, rest) = line.split_once(' ').unwrap_or_default();
        rest.trim_start().replace(address, "ADDRESS").replace(env!("CARGO_PKG_VERSION"), "VERSION") + "\n"
    });
    lines.collect()
}

/// Does a little of everything, and returns the address.
async fn use_it(url: &str) {
    let admin = |call: reqwest::RequestBuilder| call.bearer_auth("demo-admin").header("x-request-id", "mine");
    let put = Client::new().put(format!("{url}/presenced/v1/users/@dave:example.com")).json(&json!({}));
    assert_eq!(admin(put).send().await.expect("an answer").status(), 201);
    let read = Client::new().get(format!("{url}/presenced/v1/users"));
    assert_eq!(admin(read).send().await.expect("an answer").status(), 200);
    let hide = Client::new().put(format!("{url}/presenced/v1/users/@alice:example.com/settings"));
    assert_eq!(admin(hide.json(&json!({"hidden": false}))).send().await.expect("an answer").status(), 200);
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let login = Client::new().post(format!("{url}/restapi/oauth/token")).basic_auth("desk", Some("s3cret"));
    let login =
        login.header("content-type", "application/x-www-form-urlencoded").header("traceparent", trace);
    let login = login.header("x-request-id", "mine");
    let form = "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=demo-alice";
    assert_eq!(login.body(form).send().await.expect("an answer").status(), 200);
    for (token, status) in [("demo-bob", 200), ("demo-nobody", 403)] {
        let login =
            Client::new().post(format!("{url}/_matrix/client/v3/login")).header("x-request-id", "mine");
        let login = login.json(&json!({"type": "m.login.token", "token": token}));
        assert_eq!(login.send().await.expect("an answer").status(), status);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_for_each_thing_that_operators_look_for() {
    // As many connections as every machine has files for.
    let environment = [("PRESENCED_SERVER_LISTEN", "127.0.0.1:1"), ("PRESENCED_LIMITS__CONNECTIONS", "500")];
    let mut running = Running::start_with(&DEMO, &environment);
    let url = url(&running.greeting());
    use_it(&url).await;
    let (code, log) = running.end("TERM");
    assert_eq!(code, Some(0));
    insta::assert_snapshot!(plain(&log, url.trim_start_matches("http://")), @r#"
    INFO presenced::cli::serve: presenced version="VERSION"
    INFO presenced::cli::serve: configuration: no file; defaults, environment and command line hold
    WARN presenced::cli::serve: PRESENCED_SERVER_LISTEN is not read; did you mean PRESENCED_SERVER__LISTEN?
    INFO presenced::cli::serve: dialects names="matrix pnut ringcentral presenced"
    INFO presenced::cli::serve: limits connections=500 connections_per_address=1000 streams=40000 streams_per_user=100 body_bytes=65536 put_per_second=0.0 put_burst=10
    INFO presenced::cli::serve: listening address=ADDRESS tls=false
    INFO presenced::cli::serve: read users=0 tokens=0 rooms=0 records=0
    INFO presenced::audit: admin action method=PUT path="/presenced/v1/users/@dave:example.com" status=201 peer="127.0.0.1" token="cce7a2cf1ae04598" request="mine"
    INFO presenced::audit: admin action method=PUT path="/presenced/v1/users/@alice:example.com/settings" status=200 peer="127.0.0.1" request="mine"
    INFO presenced::audit: login dialect="ringcentral" user=@alice:example.com app="desk" peer="127.0.0.1" request="mine" trace="4bf92f3577b34da6a3ce929d0e0e4736"
    INFO presenced::audit: login dialect="matrix" user=@bob:example.com app="DEMO" peer="127.0.0.1" request="mine"
    INFO presenced::audit: login refused dialect="matrix" app="" why="the access token is unknown or was revoked" peer="127.0.0.1" request="mine"
    INFO presenced::server: stopping
    INFO presenced::server: stopped
    "#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_as_json() {
    let environment = [("PRESENCED_LOG__FORMAT", "json"), ("PRESENCED_LOG__FILTER", "presenced=debug")];
    let mut running = Running::start_with(&DEMO, &environment);
    let url = url(&running.greeting());
    use_it(&url).await;
    let (_, log) = running.end("TERM");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let line = |message: &str| lines.iter().find(|line| line["message"] == message).expect("a line");
    assert_eq!(line("stopped")["level"], "INFO");
    let login = line("login");
    assert_eq!(login["trace"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!((&login["user"], &login["app"]), (&json!("@alice:example.com"), &json!("desk")));
    let answered = line("answered");
    assert_eq!((&answered["method"], &answered["status"]), (&json!("PUT"), &json!(201)));
    assert_eq!((&answered["peer"], &answered["span"]["id"]), (&json!("127.0.0.1"), &json!("mine")));
    assert!(answered["micros"].as_u64().is_some_and(|micros| micros > 0), "{answered}");
}

/// Whom a proxy speaks for is the peer, if the proxy is trusted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_peer_is_the_client_behind_a_trusted_proxy() {
    for (trusted, peer) in [("127.0.0.1", "203.0.113.9"), ("192.0.2.1", "127.0.0.1")] {
        let environment =
            [("PRESENCED_SERVER__TRUSTED_PROXIES", trusted), ("PRESENCED_LOG__FILTER", "presenced=debug")];
        let mut running = Running::start_with(&DEMO, &environment);
        let url = url(&running.greeting());
        let login = Client::new().post(format!("{url}/_matrix/client/v3/login"));
        let login = login.header("x-forwarded-for", "198.51.100.7, 203.0.113.9");
        let login = login.json(&json!({"type": "m.login.token", "token": "demo-bob"}));
        assert_eq!(login.send().await.expect("an answer").status(), 200);
        for line in ["login dialect", "answered"] {
            let line = running.line_with(line);
            assert!(line.replace('"', "").contains(&format!("peer={peer}")), "{line}");
        }
        assert_eq!(running.end("TERM").0, Some(0));
    }
}
