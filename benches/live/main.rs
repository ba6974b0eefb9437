//! How fast and how cheaply watchers learn of changes. Run it with `cargo bench --bench live`;
//! `cargo bench --bench live -- --help` has the options.
//!
//! `server.rs` has the server, the real binary in a process of its own; `client.rs` the watchers' side of
//! HTTP; `bare.rs` what some of it is compared with; `crowd.rs` many watchers of few users each; `first.rs` first pictures of a large server; `sockets.rs` what
//! users say on sockets. Server and watchers share the machine, so the times have the cost of
//! both sides in them.

#[path = "../common/allocator.rs"]
mod allocator;
mod bare;
mod client;
mod crowd;
#[path = "../common/data.rs"]
mod data;
#[path = "../common/figures.rs"]
#[expect(dead_code, reason = "each benchmark has use for a part of it")]
mod figures;
mod first;
#[path = "../common/machine.rs"]
mod machine;
#[path = "../common/quiet.rs"]
mod quiet;
mod server;
mod sockets;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Parser;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::task::JoinSet;

use self::{
    bare::Bare,
    client::{Client, Tally},
    figures::{Figure, Place, medians, percentile},
    server::Server,
};

#[derive(Parser)]
#[command(name = "cargo bench --bench live --", about = "Measures how watchers learn of changes.")]
struct Options {
    /// How many watchers are idle, if as many files may be open.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
    watchers: u32,
    /// How many changes are timed one by one.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(100..))]
    changes: u32,
    /// How long the steady load lasts.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// How often each thing is measured; the median counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How many watchers watch few users each, if as many files may be open.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(10..))]
    crowd: u32,
    /// How many users there are whose first picture is taken.
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u32).range(100..))]
    users: u32,
    /// A folder for their data, which is kept for the next run; else it is made and goes away.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Measure these alone; everything if none is named.
    #[arg(long, value_enum)]
    only: Vec<Part>,
    #[command(flatten)]
    place: Place,
    /// Be a server that presenced is measured against.
    #[arg(long, hide = true)]
    bare: Option<Bare>,
    /// Cargo says this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// What there is to measure.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Latency,
    Idle,
    Steady,
    Crowd,
    Activity,
    First,
}

/// File descriptors that are not watchers: of the runtime, the store, webhooks, standard streams.
const OTHER_FILES: u32 = 512;

/// How many connections are opened at a time: fewer than the kernel keeps waiting for a server.
const OPENED_AT_ONCE: usize = 64;

const BOB: &str = "/_matrix/client/v3/presence/@bob:example.com/status";
const STREAM: &str = "/presenced/v1/changes?users=@bob:example.com";
const SOCKET: &str = "/presenced/v1/socket";
const SYNC: &str = "/_matrix/client/v3/sync?set_presence=offline&timeout=300000";

fn main() -> ExitCode {
    // `cargo test --benches` runs benchmarks as tests, without this; there is nothing to test here.
    if !std::env::args().any(|argument| argument == "--bench") {
        eprintln!("nothing was measured; for that: cargo bench --bench live");
        return ExitCode::SUCCESS;
    }
    let options = Options::parse();
    let watchers = room_for(options.watchers);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    if let Some(what) = options.bare {
        runtime.block_on(bare::serve(what));
    }
    let measured = quiet::undisturbed(|| Ok(runtime.block_on(measure(&options, watchers))));
    println!("{}", machine::describe());
    if watchers < options.watchers {
        println!("{watchers} idle watchers, not {}: no more files may be open (ulimit -n)", options.watchers);
    }
    machine::end(measured.and_then(|figures| options.place.put(&figures)))
}

/// Lets this process and the servers, which inherit it, have as many files open as so many watchers take, as far as the
/// system lets it, and returns how many watchers there may be.
fn room_for(watchers: u32) -> u32 {
    // A server keeps a fifth of its connections for what is no stream, and files for what is no connection.
    let wanted = u64::from(watchers) * 5 / 4 + u64::from(OTHER_FILES);
    let maximum = getrlimit(Resource::Nofile).maximum;
    let higher = maximum.map(|maximum| maximum.max(wanted));
    if setrlimit(Resource::Nofile, Rlimit { current: higher, maximum: higher }).is_err() {
        let _as_it_was = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    }
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let room = files.saturating_sub(OTHER_FILES.into()) / 5 * 4;
    u32::try_from(room).unwrap_or(u32::MAX).min(watchers)
}

async fn measure(options: &Options, watchers: u32) -> Vec<Figure> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let mut figures = Vec::new();
    let is_wanted = |part| options.only.is_empty() || options.only.contains(&part);
    if is_wanted(Part::Latency) {
        eprintln!("changes to a waiting /sync");
        for (what, data) in [("in memory", None), ("on disk, after fsync", Some(folder.path()))] {
            figures.extend(repeated(options, async || latency(options, what, data).await).await);
        }
    }
    if is_wanted(Part::Idle) {
        eprintln!("{watchers} idle streams");
        figures.extend(idle(options, watchers, Watcher::Stream).await);
        eprintln!("{watchers} idle sockets");
        figures.extend(idle(options, watchers, Watcher::Socket).await);
        eprintln!("{watchers} waiting /sync requests");
        figures.extend(idle(options, watchers, Watcher::Sync).await);
    }
    if is_wanted(Part::Steady) {
        eprintln!("1,000 changes/s to 100 watchers each");
        figures.extend(repeated(options, async || steady(options).await).await);
    }
    if is_wanted(Part::Crowd) {
        eprintln!("watchers of few users each");
        figures.extend(repeated(options, async || crowd::measure(options, watchers).await).await);
    }
    if is_wanted(Part::Activity) {
        eprintln!("activity on sockets");
        figures.extend(repeated(options, async || sockets::measure(options).await).await);
    }
    if is_wanted(Part::First) {
        eprintln!("first pictures of {} users", options.users);
        figures.extend(first::measure(options).await.unwrap_or_else(|why| panic!("{why}")));
    }
    figures
}

/// The medians of as many rounds as are asked for.
async fn repeated<const COUNT: usize>(
    options: &Options,
    part: impl AsyncFn() -> [Figure; COUNT],
) -> Vec<Figure> {
    let mut rounds = Vec::new();
    for _ in 0..options.rounds {
        rounds.push(part().await.into());
    }
    medians(rounds)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}

/// Milliseconds since a moment.
fn since(start: Instant) -> f64 {
    now().duration_since(start).as_secs_f64() * 1e3
}

/// Changes bob's presence; no two changes in a row are the same.
async fn change(client: &mut Client, number: u32) {
    let state = if number.is_multiple_of(2) { "online" } else { "unavailable" };
    let body = format!(r#"{{"presence": "{state}", "status_msg": "{number}"}}"#);
    client.call("PUT", BOB, "demo-bob", &body).await;
}

fn next_batch(answer: &str) -> String {
    let token = answer.split(r#""next_batch":""#).nth(1).and_then(|rest| rest.split('"').next());
    token.expect("a token").to_owned()
}

/// From when a change is sent until a waiting `/sync` has the news.
async fn latency(options: &Options, what: &str, data: Option<&Path>) -> [Figure; 2] {
    let server = Server::start(data);
    let mut bob = Client::connect(server.address, 0).await;
    let mut alice = Client::connect(server.address, 1).await;
    let mut token = next_batch(&alice.call("GET", SYNC, "demo-alice", "").await);
    let mut times = Vec::new();
    for number in 0..options.changes {
        alice.send("GET", &format!("{SYNC}&since={token}"), "demo-alice", "").await;
        // It waits by then.
        tokio::time::sleep(Duration::from_millis(2)).await;
        let start = now();
        let news = async {
            let answer = alice.answer().await;
            (since(start), next_batch(&answer))
        };
        let ((time, next), ()) = tokio::join!(news, change(&mut bob, number));
        times.push(time);
        token = next;
    }
    let figure = |percent| {
        let what = format!("change to a waiting /sync, {what}: p{percent}");
        Figure::new(what, percentile(&times, percent), "ms")
    };
    let late = figure(99);
    [figure(50), if data.is_none() { late.at_most(1.0) } else { late }]
}

/// How a watcher watches.
#[derive(Clone, Copy)]
enum Watcher {
    Stream,
    Socket,
    Sync,
}

impl Watcher {
    fn name(self) -> &'static str {
        match self {
            Self::Stream => "streams",
            Self::Socket => "sockets",
            Self::Sync => "waiting /sync",
        }
    }

    /// Watches until the server ends, and counts what it is told.
    async fn watch(self, mut client: Client, mut token: String, tally: Arc<Tally>) {
        loop {
            match self {
                Self::Stream => client.event().await,
                Self::Socket => drop(client.frame().await),
                Self::Sync => {
                    client.send("GET", &format!("{SYNC}&since={token}"), "demo-alice", "").await;
                    token = next_batch(&client.answer().await);
                }
            }
            tally.add();
        }
    }
}

/// Many watchers who wait: the memory of each, and one change to all of them, against a bare server that wakes as many.
async fn idle(options: &Options, watchers: u32, watcher: Watcher) -> Vec<Figure> {
    let bare = match watcher {
        Watcher::Socket => None,
        Watcher::Stream | Watcher::Sync => {
            Some(wait_and_wake(options, watchers, watcher, &Server::start_bare(Bare::Watchers)).await.1)
        }
    };
    let (each, ours) = wait_and_wake(options, watchers, watcher, &Server::start(None)).await;
    let what = |figure: &str| format!("{watchers} idle {}: {figure}", watcher.name());
    let mut figures = vec![
        Figure::new(what("memory each"), each, "KiB").at_most(15.0),
        Figure::new(what("one change to all"), ours, "ms"),
    ];
    figures.extend(bare.map(|bare| {
        let beside = format!("{bare:.0} ms there");
        Figure::new(what("the same, against a bare server"), ours / bare, "x").beside(beside).at_most(1.5)
    }));
    figures
}

/// How much memory each watcher of a server takes, in KiB, and how long one change to all of them, in milliseconds.
async fn wait_and_wake(options: &Options, watchers: u32, watcher: Watcher, server: &Server) -> (f64, f64) {
    let mut bob = Client::connect(server.address, 0).await;
    change(&mut bob, 1).await;
    let token = next_batch(&bob.call("GET", SYNC, "demo-alice", "").await);
    let tally = Arc::new(Tally::default());
    let mut watching = JoinSet::new();
    let before = server.resident_kib();
    let mut opening = JoinSet::new();
    for number in 0..watchers as usize {
        if opening.len() == OPENED_AT_ONCE {
            watching.spawn(watcher.watch(opened(&mut opening).await, token.clone(), tally.clone()));
        }
        opening.spawn(open(server.address, number, watcher));
    }
    while !opening.is_empty() {
        watching.spawn(watcher.watch(opened(&mut opening).await, token.clone(), tally.clone()));
    }
    // The last of them wait by then.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let each = (server.resident_kib() - before) / f64::from(watchers);
    let mut times = Vec::new();
    for round in 0..options.rounds {
        tally.expect(watchers as usize);
        let start = now();
        tokio::join!(change(&mut bob, round), tally.reached());
        times.push(since(start));
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    (each, percentile(&times, 50))
}

async fn open(server: std::net::SocketAddr, number: usize, watcher: Watcher) -> Client {
    let mut client = Client::connect(server, number).await;
    match watcher {
        Watcher::Stream => {
            client.send("GET", STREAM, "demo-alice", "").await;
            client.event().await;
        }
        Watcher::Socket => {
            client.upgrade(SOCKET, "demo-alice").await;
            client.send_text(r#"{"type":"watch","users":["@bob:example.com"]}"#).await;
            // It is greeted, and has the first picture.
            client.frame().await;
            client.frame().await;
        }
        Watcher::Sync => {}
    }
    client
}

async fn opened(opening: &mut JoinSet<Client>) -> Client {
    opening.join_next().await.expect("some are being opened").expect("it opens")
}

/// A thousand users who each change once a second, seen by a hundred watchers each.
async fn steady(options: &Options) -> [Figure; 3] {
    const USERS: usize = 1_000;
    const WATCHERS: usize = 100;
    const CALLS_PER_SECOND: u32 = 20;
    let server = Server::start(None);
    let mut gateway = Client::connect(server.address, 0).await;
    for number in 0..USERS {
        gateway
            .call("PUT", &format!("/presenced/v1/users/@user{number}:example.com"), "demo-admin", "{}")
            .await;
    }
    let tally = Arc::new(Tally::default());
    let mut watching = JoinSet::new();
    for number in 0..WATCHERS {
        let mut client = Client::connect(server.address, number).await;
        client.send("GET", "/presenced/v1/changes", "demo-alice", "").await;
        watching.spawn(Watcher::Stream.watch(client, String::new(), tally.clone()));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / CALLS_PER_SECOND);
    let (start, processor) = (now(), server.processor_micros());
    let batch = USERS / CALLS_PER_SECOND as usize;
    for call in 0..(options.seconds * CALLS_PER_SECOND) as usize {
        ticks.tick().await;
        let state = if (call * batch / USERS).is_multiple_of(2) { "online" } else { "unavailable" };
        let report =
            |number| format!(r#"{{"userId":"@user{number}:example.com","deviceId":"D","state":"{state}"}}"#);
        let first = call * batch % USERS;
        let reports: Vec<String> = (first..first + batch).map(report).collect();
        let body = format!(r#"{{"heartbeats":[{}]}}"#, reports.join(","));
        gateway.call("POST", "/presenced/v1/heartbeats", "demo-admin", &body).await;
    }
    let seconds = since(start) / 1e3;
    let cores = (server.processor_micros() - processor) / 1e6 / seconds;
    let sent = f64::from(options.seconds * CALLS_PER_SECOND) * f64::from(u32::try_from(batch).expect("few"));
    // What the last changes brought is still on its way.
    let delivered = f64::from(u32::try_from(tally.count()).expect("fewer than 4 billion")) / seconds;
    [
        Figure::new("1,000 changes/s to 100 watchers each: changes".to_owned(), sent / seconds, "/s"),
        Figure::new("1,000 changes/s to 100 watchers each: delivered".to_owned(), delivered, "/s"),
        Figure::new("1,000 changes/s to 100 watchers each: server's processor".to_owned(), cores, "cores"),
    ]
}
