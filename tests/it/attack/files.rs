//! Files that the process may have open: connections are bounded by them, and never take those of the store.

use std::fs;

use reqwest::Client;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use tokio::{net::TcpStream, task::JoinSet};

use crate::cli::running::Running;

/// Statuses of a megabyte: sixteen fill what the store keeps in memory, and it has to open files.
const STATUS_BYTES: usize = 1_000_000;
const WRITES: usize = 40;

/// Silent connections need as many files here as there.
fn have_many_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).expect("the limit up to the hard one");
}

fn configuration(folder: &std::path::Path) -> String {
    let file = folder.join("config.toml");
    let text = "[server]\nname = \"example.com\"\n[limits]\nstatus_bytes = 1000000\nbody_bytes = 1100000\n\
                put_per_second = 0\n";
    fs::write(&file, text).expect("a file");
    file.to_str().expect("a path").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_connections_stop_no_writes() {
    have_many_files();
    let folder = tempfile::tempdir().expect("a folder");
    let (file, data) = (configuration(folder.path()), folder.path().join("data"));
    let data = data.to_str().expect("a path");
    let arguments = ["serve", "--config", &file, "--data", data, "--listen", "127.0.0.1:0"];
    let mut running = Running::start_after("ulimit -n 1024", &arguments);
    let line = running.line_with("fewer connections than configured");
    assert!(line.contains("connections=768"), "{line}");
    // For deliveries, for questions, and for connections that are kept; the store has the rest.
    let line = running.line_with("fewer webhooks at a time than configured");
    assert!(line.contains("webhooks=32"), "{line}");
    let url = running.url();
    let admin = fs::read_to_string(folder.path().join("data/admin-token")).expect("a token");
    let http = Client::builder().no_proxy().pool_max_idle_per_host(1).build().expect("a client");
    let user = format!("{url}/presenced/v1/users/@alice:example.com");
    let made = http.put(&user).bearer_auth(admin.trim()).json(&json!({})).send().await.expect("an answer");
    assert_eq!(made.status(), 201);
    let token = http.post(format!("{user}/tokens")).bearer_auth(admin.trim());
    let token = token.json(&json!({"deviceId": "D"})).send().await.expect("an answer");
    let token: serde_json::Value = token.json().await.expect("JSON");
    let token = token["token"].as_str().expect("a token").to_owned();

    let address = url.trim_start_matches("http://").to_owned();
    let mut silent = JoinSet::new();
    for _ in 0..1_100 {
        let address = address.clone();
        silent.spawn(async move {
            // Those for whom there is no room are never taken.
            let held = TcpStream::connect(address).await;
            std::future::pending::<()>().await;
            drop(held);
        });
    }
    while running.open_files() < 768 {
        tokio::task::yield_now().await;
    }
    let write = async |http: &Client, number: usize| {
        let path = format!("{url}/_matrix/client/v3/presence/@alice:example.com/status");
        let text = format!("{number}{}", "x".repeat(STATUS_BYTES - 10));
        let body = json!({"presence": "online", "status_msg": text});
        let answer = http.put(path).bearer_auth(&token).json(&body).send().await.expect("an answer");
        answer.status().as_u16()
    };
    for number in 0..WRITES {
        assert_eq!(write(&http, number).await, 200, "write {number}");
        assert!(running.open_files() < 1_024 - 128, "there are files left");
    }
    // Whoever comes then waits for room, and no longer.
    silent.abort_all();
    let newcomer = Client::builder().no_proxy().build().expect("a client");
    assert_eq!(write(&newcomer, WRITES).await, 200);
    let (code, log) = running.end("TERM");
    assert_eq!(code, Some(0));
    assert!(!log.contains("cannot be accepted"), "{log}");
}

#[test]
fn the_limit_is_raised_as_far_as_it_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("a path");
    let arguments = ["serve", "--data", data, "--listen", "127.0.0.1:0"];
    let mut running = Running::start_after("ulimit -Sn 256 && ulimit -Hn 2048", &arguments);
    let line = running.line_with("fewer connections than configured");
    assert!(line.contains("connections=1792") && line.contains("files=2048"), "{line}");
    running.url();
    assert_eq!(running.end("TERM").0, Some(0));
}

#[test]
fn a_small_limit_is_enough_and_a_smaller_one_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("a path");
    let arguments = ["serve", "--data", data, "--listen", "127.0.0.1:0"];
    let (code, log) = Running::start_after("ulimit -n 127", &arguments).ended();
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(log.trim(), @"presenced: the process may have 127 files open and needs at least 128; raise the limit, with `ulimit -n` or `LimitNOFILE=`");
    let mut running = Running::start_after("ulimit -n 128", &arguments);
    let line = running.line_with("fewer connections than configured");
    assert!(line.contains("connections=96"), "{line}");
    running.url();
    assert_eq!(running.end("TERM").0, Some(0));
}

/// How often it is looked whether nothing more is said.
const LOOKS: u32 = 50;

/// Where there is no file for a connection that came, it is taken once there is one; and it is said once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_cannot_be_taken_are_tried_again_quietly() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("a path");
    let mut running = Running::start(&["serve", "--data", data, "--listen", "127.0.0.1:0"]);
    let url = running.url();
    // Fewer than it has already: nothing more can be opened.
    running.limit_files(3);
    let http = Client::builder().no_proxy().build().expect("a client");
    let waiting = tokio::spawn(http.get(format!("{url}/healthz")).send());
    running.line_with("connections cannot be accepted");
    for _ in 0..LOOKS {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        assert!(!waiting.is_finished(), "it is not taken");
    }
    running.limit_files(1_024);
    let answer = waiting.await.expect("a call").expect("an answer");
    assert_eq!(answer.status(), 200);
    let (code, log) = running.end("TERM");
    assert_eq!(code, Some(0));
    assert_eq!(log.matches("connections cannot be accepted").count(), 1, "{log}");
}
