//! What strangers say is not kept.

use std::{fs, sync::Arc};

use presenced::{clock::ManualClock, limit::WindowLimit};
use reqwest::Client;
use tokio::task::JoinSet;

use crate::{
    cli::running::Running,
    support::{START, minutes, seconds},
};

/// What memory may differ by from one look to the next.
const SLACK: usize = 16 << 20;

const LOGINS: usize = 2_000;

/// Each login comes from another address with a client id that nobody ever made, as long as a form may be.
async fn bad_logins(url: &str, http: &Client, from: usize, to: usize) {
    let mut calls = JoinSet::new();
    for number in from..to {
        let (http, path) = (http.clone(), format!("{url}/restapi/oauth/token"));
        let body = format!("grant_type=x&client_id={number}-{}", "x".repeat(60_000));
        let address = format!("2001:db8:{number:x}::1");
        calls.spawn(async move {
            let call = http.post(path).header("content-type", super::FORM).header("x-forwarded-for", address);
            call.body(body).send().await.expect("an answer").status().as_u16()
        });
        if calls.len() >= 16 {
            assert_eq!(calls.join_next().await.expect("a call").expect("an answer"), 400);
        }
    }
    for status in calls.join_all().await {
        assert_eq!(status, 400);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invented_client_ids_fill_no_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config.toml");
    let text = "[server]\ndialects = [\"ringcentral\"]\ntrusted_proxies = [\"127.0.0.1\"]\n[ringcentral]\n\
                apps = [{ id = \"desk\" }]\n";
    fs::write(&file, text).expect("a file");
    let (file, data) = (file.to_str().expect("a path"), folder.path().join("data"));
    let data = data.to_str().expect("a path");
    let arguments = ["serve", "--config", file, "--data", data, "--listen", "127.0.0.1:0"];
    let mut running =
        Running::start_with(&arguments, &[("PRESENCED_LOG__FILTER", "warn,presenced::cli=info")]);
    let url = running.url();
    let http = Client::builder().no_proxy().build().expect("a client");
    // What a server needs to work at all it has after some of them.
    bad_logins(&url, &http, 0, 300).await;
    let before = running.resident_bytes();
    bad_logins(&url, &http, 300, LOGINS).await;
    let after = running.resident_bytes();
    assert!(after < before + SLACK, "{before} bytes became {after}");
    assert_eq!(running.end("TERM").0, Some(0));
}

#[test]
fn callers_are_forgotten_by_time_and_by_number() {
    let clock = Arc::new(ManualClock::at(START));
    let limit = WindowLimit::new(seconds(60), clock.clone());
    let remaining = |key: usize| limit.check(("x".repeat(1_000), key), 5, seconds(60)).remaining;
    assert_eq!([remaining(0), remaining(0)], [4, 3]);
    // As many as are known at a time stay known.
    for key in 1..100_000 {
        assert_eq!(remaining(key), 4);
    }
    assert_eq!(remaining(0), 2);
    // One more, and nobody is: the room is bounded.
    assert_eq!([remaining(100_000), remaining(0)], [4, 4]);
    clock.advance(minutes(1));
    assert_eq!(remaining(0), 4);
}
