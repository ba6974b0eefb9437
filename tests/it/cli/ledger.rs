//! The ledger: a server is killed again and again in the middle of its writes, and whatever it had
//! acknowledged has to be there afterwards.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::{sync::Notify, task::JoinSet};

use super::data;
use crate::support::figure;

/// How often the server is killed, unless PRESENCED_TEST_ROUNDS says otherwise.
const ROUNDS: u64 = 50;

/// How long a restart or a write may take. A store that hangs is as bad as one that forgets.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many users write at a time, each one status after the other.
const WRITERS: usize = 16;

/// A user, and what became of their statuses: they are numbered.
#[derive(Clone, Copy, Debug, Default)]
struct Ledger {
    sent: u64,
    acknowledged: u64,
}

fn status_path(writer: usize) -> String {
    format!("/_matrix/client/v3/presence/@writer{writer}:example.com/status")
}

async fn admin(http: &Client, url: &str, method: Method, path: &str, body: Value) -> Value {
    let call = http.request(method, format!("{url}/presenced/v1{path}")).bearer_auth("demo-admin");
    call.json(&body).send().await.expect("an answer").json().await.expect("JSON")
}

/// Makes the users, and returns a token for each.
async fn enroll(http: &Client, url: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for writer in 0..WRITERS {
        let path = format!("/users/@writer{writer}:example.com");
        admin(http, url, Method::PUT, &path, json!({})).await;
        let token = json!({"deviceId": "LEDGER", "scopes": ["read", "write"]});
        let issued = admin(http, url, Method::POST, &format!("{path}/tokens"), token).await;
        tokens.push(issued["token"].as_str().expect("a token").to_owned());
    }
    tokens
}

/// Writes numbered statuses until the server is gone.
async fn write(
    http: Client,
    url: String,
    (writer, token): (usize, String),
    mut ledger: Ledger,
    (left, enough): (&'static AtomicU64, &'static Notify),
) -> (usize, Ledger) {
    loop {
        ledger.sent += 1;
        let body = json!({"presence": "online", "status_msg": ledger.sent.to_string()});
        let call = http.put(format!("{url}{}", status_path(writer))).bearer_auth(&token).json(&body);
        match call.send().await {
            Ok(answer) => {
                assert_eq!(answer.status(), StatusCode::OK);
                ledger.acknowledged = ledger.sent;
            }
            Err(_) => return (writer, ledger),
        }
        if left.fetch_sub(1, Ordering::SeqCst) == 1 {
            enough.notify_one();
        }
    }
}

async fn shown(http: &Client, url: &str, writer: usize, token: &str) -> u64 {
    let call = http.get(format!("{url}{}", status_path(writer))).bearer_auth(token);
    let answer: Value = call.send().await.expect("an answer").json().await.expect("JSON");
    answer["status_msg"].as_str().map_or(0, |text| text.parse().expect("a number"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a while; tests/run runs it"]
async fn every_acknowledged_change_survives_a_kill() {
    let rounds =
        std::env::var("PRESENCED_TEST_ROUNDS").map_or(ROUNDS, |text| text.parse().expect("a number"));
    let folder = tempfile::tempdir().expect("a folder");
    let http = Client::builder().no_proxy().timeout(PATIENCE).build().expect("a client");
    let (mut ledgers, mut tokens) = ([Ledger::default(); WRITERS], Vec::new());
    for round in 0..rounds {
        let (running, url) = data::start(folder.path());
        if tokens.is_empty() {
            tokens = enroll(&http, &url).await;
        }
        for (writer, ledger) in ledgers.iter_mut().enumerate() {
            let shown = shown(&http, &url, writer, &tokens[writer]).await;
            let expected = ledger.acknowledged..=ledger.sent;
            assert!(expected.contains(&shown), "round {round}: {shown} is not in {expected:?}");
            *ledger = Ledger { sent: shown, acknowledged: shown };
        }
        // The moment of the kill differs from round to round.
        let left: &AtomicU64 = Box::leak(Box::new(AtomicU64::new(20 + round * 37 % 400)));
        let enough: &Notify = Box::leak(Box::default());
        let mut writing = JoinSet::new();
        for (writer, token) in tokens.iter().enumerate() {
            let who = (writer, token.clone());
            writing.spawn(write(http.clone(), url.clone(), who, ledgers[writer], (left, enough)));
        }
        tokio::time::timeout(PATIENCE, enough.notified()).await.expect("the server writes");
        running.end("KILL");
        while let Some(written) = writing.join_next().await {
            let (writer, ledger) = written.expect("a writer that ends");
            ledgers[writer] = ledger;
        }
    }
    let written: u64 = ledgers.iter().map(|ledger| ledger.acknowledged).sum();
    figure(&format!("{rounds} kills, {written} acknowledged changes, none lost"));
}
