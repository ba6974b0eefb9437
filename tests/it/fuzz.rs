//! Random requests: of every operation of every document, changed in places, to a server that runs as a process of its
//! own. None is answered with a server error, waits for ever or is answered otherwise than its document says, and the
//! server's memory does not grow with them.
//!
//! `operations` are what the documents have; `random` makes requests of them, the same for the same seed; `talk` sends
//! them, over HTTP and over RingCentral's socket.

mod operations;
mod random;
mod talk;

use std::{
    env,
    time::{Duration, Instant},
};

use self::{operations::operations, random::Requests, talk::Talk};
use crate::{cli::running::Running, support::figure};

/// How many requests there are, unless `PRESENCED_TEST_REQUESTS` says otherwise.
const REQUESTS: u64 = 10_000;

/// What they are made from, unless `PRESENCED_TEST_SEED` says otherwise.
const SEED: u64 = 1;

/// What memory may differ by between half of the requests and all of them. A server that holds itself against its
/// documents makes what it needs for that when it first needs it.
const SLACK: usize = 64 << 20;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// So much that is wrong is shown.
const ENOUGH: usize = 10;

#[expect(clippy::disallowed_methods, reason = "how long it takes is a figure, and decides nothing")]
fn now() -> Instant {
    Instant::now()
}

fn setting(name: &str, usual: u64) -> u64 {
    env::var(name).map_or(usual, |text| text.parse().expect("a number"))
}

/// Nobody waits for news, and what goes wrong is in the log.
const ENVIRONMENT: [(&str, &str); 2] =
    [("PRESENCED_LIMITS__LONG_POLL_SECONDS", "0"), ("PRESENCED_LOG__FILTER", "warn")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn never_a_server_error_and_never_undocumented() {
    let (seed, requests) =
        (setting("PRESENCED_TEST_SEED", SEED), setting("PRESENCED_TEST_REQUESTS", REQUESTS));
    let from = setting("PRESENCED_TEST_FROM", 0);
    let arguments = ["serve", "--demo", "--check-contract", "--listen", "127.0.0.1:0"];
    let mut running = Running::start_with(&arguments, &ENVIRONMENT);
    let url = crate::cli::serve::url(&running.greeting());
    let (operations, mut talk) = (operations(), Talk::with(&url));
    let (mut before, mut wrong, begun) = (None, Vec::new(), now());
    for number in from..requests {
        if number >= from.midpoint(requests) && before.is_none() {
            talk.reset().await;
            before = Some(running.resident_bytes());
        }
        let request = Requests::new(seed, number, &operations).next(talk.heard());
        let said = tokio::time::timeout(PATIENCE, talk.send(number, &request)).await;
        if let Err(why) = said.unwrap_or_else(|_| Err("there was no answer".to_owned())) {
            wrong.push(format!("request {number}: {why}\n\n{request}"));
            if wrong.len() == ENOUGH {
                break;
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\n\nAgain, up to a number: PRESENCED_TEST_SEED={seed} PRESENCED_TEST_REQUESTS=NUMBER+1 cargo test \
         fuzz; one alone: and PRESENCED_TEST_FROM=NUMBER\n\nThe log:\n{}",
        wrong.join("\n\n"),
        running.ended_by_kill(),
    );
    talk.reset().await;
    let (after, took) = (running.resident_bytes(), now().duration_since(begun).as_secs());
    let before = before.unwrap_or(after);
    let figures = format!(
        "{requests} requests from the seed {seed} in {took} s, {} of them over a socket; {} MiB of memory became {} MiB",
        talk.over_sockets(),
        before >> 20,
        after >> 20
    );
    figure(&figures);
    assert!(after < before + SLACK, "{figures}");
    let (code, log) = running.end("TERM");
    assert_eq!(code, Some(0));
    assert!(!log.contains("panicked") && !log.contains("met a bug"), "{log}");
    let is_undocumented = |line: &&str| line.contains("not as documented") && line.contains("answer");
    assert_eq!(log.lines().find(is_undocumented), None);
}
