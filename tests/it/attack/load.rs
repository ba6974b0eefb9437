//! What attacks cost a server in memory and processor time. Each has a ceiling of about ten times what it is, so that
//! other machines and what else they do are no failure; the figures are printed.

use std::{env, fs, time::Duration};

use axum::{
    body::Body,
    http::{Request, Version},
};
use hyper::client::conn::http2::Builder;
use hyper_util::rt::{TokioExecutor, TokioIo};
use reqwest::Client;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

use crate::{
    cli::{running::Running, serve::url},
    support::figure,
};

/// Addresses that a proxy tells count.
const PROXY: (&str, &str) = ("PRESENCED_SERVER__TRUSTED_PROXIES", "127.0.0.1");
const QUIET: (&str, &str) = ("PRESENCED_LOG__FILTER", "warn");

/// How many times as much there is to bear as usual: `PRESENCED_TEST_LOAD`.
fn times() -> usize {
    env::var("PRESENCED_TEST_LOAD").map_or(1, |text| text.parse().expect("a number"))
}

/// A server, and what it had used when an attack began.
struct Victim {
    running: Running,
    url: String,
    memory: usize,
    time: Duration,
}

impl Victim {
    fn demo(environment: &[(&str, &str)]) -> Self {
        let mut running = Running::start_with(&["serve", "--demo", "--listen", "127.0.0.1:0"], environment);
        let url = url(&running.greeting()).trim_end_matches('/').to_owned();
        Self { running, url, memory: 0, time: Duration::ZERO }
    }

    fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// What comes from now on is measured.
    fn begin(&mut self) {
        self.memory = self.running.resident_bytes();
        self.time = self.running.processor_time();
    }

    /// Tells what `count` things cost since then, and what they may cost at most: KiB and microseconds, each.
    fn check(&self, count: usize, what: &str, most_kib: usize, most_micros: u128) {
        let memory = self.running.resident_bytes().saturating_sub(self.memory);
        let time = self.running.processor_time().saturating_sub(self.time);
        let micros = time.as_micros() / count as u128;
        let kib = memory as f64 / 1_024.0 / count as f64;
        let figures = format!(
            "{count} {what}: {:.1} MiB ({kib:.2} KiB each, at most {most_kib}), {} ms of processor time \
             ({micros} \u{b5}s each, at most {most_micros})",
            memory as f64 / f64::from(1 << 20),
            time.as_millis(),
        );
        figure(&figures);
        // What a server needs to work at all is not each one's.
        assert!(memory < most_kib * 1_024 * count + SLACK, "{figures}");
        assert!(micros <= most_micros, "{figures}");
    }

    fn end(self) {
        assert_eq!(self.running.end("TERM").0, Some(0));
    }
}

/// What memory may differ by from one look to the next.
const SLACK: usize = 16 << 20;

/// Makes calls, some at a time, and says which statuses came back.
async fn calls(count: usize, call: impl Fn(usize) -> reqwest::RequestBuilder) -> Vec<u16> {
    let (mut under_way, mut statuses) = (JoinSet::new(), Vec::new());
    for number in 0..count {
        let call = call(number);
        under_way.spawn(async move { call.send().await.expect("an answer").status().as_u16() });
        if under_way.len() >= 16 {
            statuses.push(under_way.join_next().await.expect("a call").expect("an answer"));
        }
    }
    statuses.extend(under_way.join_all().await);
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

fn client() -> Client {
    Client::builder().no_proxy().build().expect("a client")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invented_client_ids() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config.toml");
    let text = "[server]\ndialects = [\"ringcentral\"]\nlisten = \"127.0.0.1:0\"\n[ringcentral]\n\
                apps = [{ id = \"desk\" }]\n";
    fs::write(&file, text).expect("a file");
    let (file, data) = (file.to_str().expect("a path"), folder.path().join("data"));
    let arguments = ["serve", "--config", file, "--data", data.to_str().expect("a path")];
    let filter = ("PRESENCED_LOG__FILTER", "warn,presenced::cli=info");
    let mut running = Running::start_with(&arguments, &[PROXY, filter]);
    let url = running.url();
    let mut victim = Victim { running, url, memory: 0, time: Duration::ZERO };
    let http = client();
    // Each comes from another address with an id that nobody ever made, as long as a form may be.
    let log_in = |number: usize| {
        let call = http.post(format!("{}/restapi/oauth/token", victim.url));
        let call = call.header("content-type", super::FORM);
        let call = call.header("x-forwarded-for", format!("2001:db8:{number:x}::1"));
        call.body(format!("grant_type=x&client_id={number}-{}", "x".repeat(60_000)))
    };
    assert_eq!(calls(300, log_in).await, [400]);
    let (count, from) = (2_000 * times(), 300);
    let (memory, time) = (victim.running.resident_bytes(), victim.running.processor_time());
    assert_eq!(calls(count, |number| log_in(from + number)).await, [400]);
    (victim.memory, victim.time) = (memory, time);
    victim.check(count, "logins with invented client ids", 0, 20_000);
    victim.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_connections() {
    let mut victim = Victim::demo(&[QUIET]);
    victim.begin();
    let (count, mut held) = (1_000 * times().min(10), Vec::new());
    for _ in 0..count {
        let mut stream = TcpStream::connect(victim.address()).await.expect("a connection");
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx: ").await.expect("half a head");
        held.push(stream);
    }
    assert_eq!(calls(1, |_| client().get(format!("{}/healthz", victim.url))).await, [200]);
    victim.check(count, "connections with half a head", 150, 5_000);
    victim.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_over_and_over() {
    let mut victim = Victim::demo(&[QUIET]);
    let http = client();
    let get = |number: usize| {
        let call = http.get(format!("{}/openapi/presenced.json", victim.url));
        // Nothing can be kept for each address by which somebody calls the server.
        call.header("host", format!("host{number}.example"))
    };
    assert_eq!(calls(100, get).await, [200]);
    let (memory, time) = (victim.running.resident_bytes(), victim.running.processor_time());
    let count = 2_000 * times();
    assert_eq!(calls(count, get).await, [200]);
    (victim.memory, victim.time) = (memory, time);
    victim.check(count, "documents under invented hosts", 0, 10_000);
    victim.end();
}

/// Answers that have room for one byte each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_that_nobody_takes() {
    const STREAMS: usize = 100;
    let mut victim = Victim::demo(&[QUIET]);
    victim.begin();
    let connections = 10 * times().min(10);
    let mut held = Vec::new();
    for _ in 0..connections {
        let stream = TokioIo::new(TcpStream::connect(victim.address()).await.expect("a connection"));
        let mut http = Builder::new(TokioExecutor::new());
        let (mut sender, connection) =
            http.initial_stream_window_size(1).handshake(stream).await.expect("HTTP/2");
        tokio::spawn(connection);
        for _ in 0..STREAMS {
            let request = Request::get("http://x/openapi/presenced.json").version(Version::HTTP_2);
            let request = request.body(Body::empty()).expect("a request");
            held.push(sender.send_request(request).await.expect("an answer's head"));
        }
    }
    victim.check(connections * STREAMS, "answers that nobody takes", 40, 20_000);
    victim.end();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_for_sockets_that_nobody_opens() {
    let mut victim = Victim::demo(&[QUIET]);
    let http = client();
    let ask = |_: usize| http.post(format!("{}/restapi/oauth/wstoken", victim.url)).bearer_auth("demo-alice");
    assert_eq!(calls(100, ask).await, [200]);
    let (memory, time) = (victim.running.resident_bytes(), victim.running.processor_time());
    let count = 2_000 * times();
    assert_eq!(calls(count, ask).await, [200]);
    (victim.memory, victim.time) = (memory, time);
    victim.check(count, "tokens for sockets that nobody opens", 0, 20_000);
    victim.end();
}

/// pnut's limits by address, of as many addresses.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_from_many_addresses() {
    let mut victim = Victim::demo(&[QUIET, PROXY, ("PRESENCED_PNUT__ANONYMOUS_READS", "40")]);
    let http = client();
    let get = |number: usize| {
        let call = http.get(format!("{}/v0/presence", victim.url));
        call.header("x-forwarded-for", format!("2001:db8:{:x}:{:x}::1", number >> 16, number & 0xffff))
    };
    assert_eq!(calls(100, get).await, [401]);
    let (memory, time) = (victim.running.resident_bytes(), victim.running.processor_time());
    let count = 2_000 * times();
    assert_eq!(calls(count, get).await, [401]);
    (victim.memory, victim.time) = (memory, time);
    victim.check(count, "callers from as many addresses", 1, 20_000);
    victim.end();
}

/// Sockets whose token is none are closed at once, and leave nothing behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_without_a_token() {
    let mut victim = Victim::demo(&[QUIET]);
    victim.begin();
    let count = 500 * times();
    for _ in 0..count {
        let mut stream = TcpStream::connect(victim.address()).await.expect("a connection");
        let head = "GET /restapi/v1.0/ws?access_token=x HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\n\
                    upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: eHh4eHh4eHh4eHh4eHh4eA==\r\n\r\n";
        stream.write_all(head.as_bytes()).await.expect("a request");
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.expect("an end");
        assert!(all.windows(12).any(|text| text == b"TokenInvalid"), "{}", all.escape_ascii());
    }
    victim.check(count, "sockets without a token", 0, 20_000);
    victim.end();
}
