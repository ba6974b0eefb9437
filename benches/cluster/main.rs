//! What the store that servers share costs beside the engine itself: renewals and changes by one node and by two, and the same
//! script sent bare, at the same depth; what a user takes there; how long it takes until another node is told, and until one
//! has started. Starts a `redis-server` of its own, on this machine:
//! `cargo bench --bench cluster`; `cargo bench --bench cluster -- --help` has the options. `engine.rs` has the engine.

#[path = "../common/allocator.rs"]
mod allocator;
mod engine;
#[path = "../common/figures.rs"]
#[expect(dead_code, reason = "each benchmark has use for a part of it")]
mod figures;
#[path = "../common/machine.rs"]
mod machine;
#[path = "../common/quiet.rs"]
mod quiet;

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use clap::Parser;
use futures_util::future::join_all;
use presenced::{
    clock::{Clock as _, SystemClock},
    id::UserId,
    presence::{Audiences, Input, Record, Rules, State, Status},
    store::{
        Document, DocumentRef, Effect, Keep, Kind, Node, Outlook, Progress, RedisStore, Resumed, Revision,
        Store as _, Written, redis::Settings,
    },
};
use redis::aio::MultiplexedConnection;

use self::{
    engine::{Bare, Engine, memory, script_time},
    figures::{Figure, Place, percentile},
};

#[derive(Parser)]
#[command(name = "cargo bench --bench cluster --", about = "Measures the store that servers share.")]
struct Options {
    /// How many users there are.
    #[arg(long, default_value_t = 20_000)]
    users: u64,
    /// How many writes are under way at a time.
    #[arg(long, default_value_t = 256)]
    depth: u64,
    /// How many users' documents a node reads at its start.
    #[arg(long, default_value_t = 1_000_000)]
    documents: u64,
    /// How long each measurement takes.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How often each is made; the median counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    #[command(flatten)]
    place: Place,
    /// Cargo says this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A node that remembers the highest number that it was told of, and counts the documents that it was shown.
#[derive(Default)]
struct Told(AtomicU64, AtomicU64);

impl Node for Told {
    fn loaded(&self, _: Revision, documents: &[DocumentRef<'_>]) {
        self.1.fetch_add(documents.len() as u64, Ordering::SeqCst);
    }
    fn documents(&self, _: Revision, _: &[DocumentRef<'_>]) {}
    fn progress(&self, _: Progress) {}
    fn resume(&self, _: &mut Record, _: presenced::presence::Timestamp) -> Resumed {
        Resumed::default()
    }
    fn changed(&self, _: &UserId, number: u64, _: Audiences) {
        // One partition is told after another, so a lower number may come later.
        self.0.fetch_max(number, Ordering::SeqCst);
    }
    fn complete_up_to(&self, _: u64) {}
}

async fn node(engine: &Engine) -> (RedisStore, Arc<Told>, Arc<SystemClock>) {
    let settings = Settings {
        urls: vec![engine.url()],
        username: String::new(),
        password: String::new(),
        prefix: "presenced".to_owned(),
        buckets: 64,
        confirm: Some(0),
        confirm_time: Duration::from_secs(1),
        timeout: Duration::from_secs(3),
        node_lease: Duration::from_secs(10),
    };
    let clock = Arc::new(SystemClock::start());
    let store = RedisStore::connect(settings, clock.clone()).await.expect("the engine is there");
    let told = Arc::new(Told::default());
    let weak: Arc<dyn Node> = told.clone();
    store.open(Arc::downgrade(&weak)).await.expect("it opens");
    (store, told, clock)
}

async fn apply(store: &RedisStore, clock: &SystemClock, user: &UserId, input: &Input, keep: Keep) -> Record {
    let rules = Rules::default();
    let edit = |record: &mut Record| {
        let (micros, before) = (clock.micros(), record.clone());
        let now = clock.now();
        record.apply(input, now, &rules);
        let audiences = record.news_since(&before, now, &rules);
        Effect { micros, audiences, keep, outlook: Outlook::of(record, now, &rules) }
    };
    store.update(user, Revision(u64::MAX), &edit).await.expect("it is taken")
}

fn user(number: u64) -> UserId {
    format!("@user{number}:example.com").parse().expect("a user id")
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}

/// So many at a time, for so long: how many were done in a second.
async fn rate(options: &Options, seconds: u64, work: impl AsyncFn(u64)) -> f64 {
    let (begun, time) = (now(), Duration::from_secs(seconds));
    let done = AtomicU64::new(0);
    let lane = |lane: u64| {
        let (done, work) = (&done, &work);
        async move {
            let mut number = lane;
            while now().duration_since(begun) < time {
                work(number % options.users).await;
                done.fetch_add(1, Ordering::Relaxed);
                number += options.depth;
            }
        }
    };
    join_all((0..options.depth).map(lane)).await;
    precise(done.into_inner()) / now().duration_since(begun).as_secs_f64()
}

/// What writes cost, by the second and each.
struct Cost {
    rate: f64,
    /// Of the engine's processor time, in microseconds.
    engine: f64,
    /// Of that, as it counts the time for scripts itself: one that has to wait for a core goes on counting.
    scripts: f64,
    /// Of this process's, in microseconds.
    own: f64,
    /// Calls of scripts.
    calls: f64,
}

impl Cost {
    /// The median of the rounds, by the rate.
    async fn of(options: &Options, nodes: &Nodes, work: impl AsyncFn(u64)) -> Self {
        let (engine, mut connection) = (&nodes.engine, nodes.connection.clone());
        // What is done first is done for the first time.
        rate(options, 1, &work).await;
        let mut rounds = Vec::new();
        for _ in 0..options.rounds {
            script_time(&mut connection).await;
            let used = || [engine.processor(), machine::processor_micros(std::process::id())];
            let before = used();
            let rate = rate(options, options.seconds, &work).await;
            let writes = rate * Duration::from_secs(options.seconds).as_secs_f64();
            let after = used();
            let [engine, own] = [0, 1].map(|of| (after[of] - before[of]) / writes);
            let (calls, micros) = script_time(&mut connection).await;
            rounds.push(Self { rate, engine, scripts: micros / writes, own, calls: calls / writes });
        }
        rounds.sort_by(|one, other| one.rate.total_cmp(&other.rate));
        rounds.swap_remove(rounds.len() / 2)
    }

    fn figures(&self, what: &str) -> [Figure; 2] {
        let beside = format!(
            "{:.2} us of the engine ({:.2} by its own count of scripts) and {:.1} us of the nodes each",
            self.engine, self.scripts, self.own
        );
        [
            Figure::new(what, self.rate, "/s").beside(beside),
            Figure::new(format!("{what}: round trips each, those of following included"), self.calls, ""),
        ]
    }
}

/// Nodes on one engine, and who writes by them.
struct Nodes {
    engine: Engine,
    connection: MultiplexedConnection,
    stores: [RedisStore; 2],
    told: Arc<Told>,
    clock: Arc<SystemClock>,
    /// What a user with one claim takes there, in bytes, and what one takes who is offline.
    bytes: (f64, f64),
}

impl Nodes {
    /// Lets all users be there with one claim, and as many others who are gone.
    async fn start(options: &Options) -> Self {
        let engine = Engine::start().await;
        let mut connection = engine.connection().await;
        let (one, _, clock) = node(&engine).await;
        let empty = memory(&mut connection).await;
        let fill = async |from: u64, state: State| {
            let claim = Input::Claim { device: "phone".parse().expect("a device id"), state };
            for part in (from..from + options.users).collect::<Vec<_>>().chunks(256) {
                let claims = part.iter().map(|number| {
                    let (one, clock, claim) = (&one, &clock, &claim);
                    async move { apply(one, clock, &user(*number), claim, Keep::Lazily).await }
                });
                join_all(claims).await;
            }
        };
        fill(0, State::Online).await;
        let online = memory(&mut connection).await;
        fill(options.users, State::Offline).await;
        let users = precise(options.users);
        let bytes = ((online - empty) / users, (memory(&mut connection).await - online) / users);
        let (other, told, _) = node(&engine).await;
        Self { engine, connection, stores: [one, other], told, clock, bytes }
    }

    /// The node that a user's writes go to, of so many.
    fn of(&self, number: u64, nodes: usize) -> &RedisStore {
        &self.stores[usize::try_from(number).expect("a small number") % nodes]
    }

    async fn renewals(&self, options: &Options, nodes: usize) -> Cost {
        let renew = Input::Active { device: "phone".parse().expect("a device id") };
        Cost::of(options, self, async |number| {
            apply(self.of(number, nodes), &self.clock, &user(number), &renew, Keep::InPassing).await;
        })
        .await
    }

    async fn changes(&self, options: &Options, nodes: usize) -> Cost {
        let texts = AtomicU64::new(0);
        Cost::of(options, self, async |number| {
            let text = texts.fetch_add(1, Ordering::Relaxed).to_string();
            let input = Input::Status(Status::lasting(&text));
            apply(self.of(number, nodes), &self.clock, &user(number), &input, Keep::Acknowledged).await;
        })
        .await
    }

    /// From when something is set on one node until the other one is told, in milliseconds.
    async fn lags(&self) -> Vec<f64> {
        let mut lags = Vec::new();
        for number in 0..200 {
            let input = Input::Status(Status::lasting(&format!("lag {number}")));
            let begun = now();
            let written =
                apply(&self.stores[0], &self.clock, &user(number), &input, Keep::Acknowledged).await;
            while self.told.0.load(Ordering::SeqCst) < written.version() {
                tokio::time::sleep(Duration::from_micros(200)).await;
            }
            lags.push(now().duration_since(begun).as_secs_f64() * 1e3);
        }
        lags
    }

    /// How long a node takes to read all documents, in seconds, and how many it read.
    async fn start_another(&self, options: &Options) -> (f64, u64) {
        let mut revision = Revision::default();
        for part in (0..options.documents).collect::<Vec<_>>().chunks(1_000) {
            let document = |number: &u64| {
                let (id, name) = (user(*number), format!("User {number}"));
                let value =
                    serde_json::json!({"id": id, "number": number, "display_name": name, "created": 1});
                Document::put(Kind::User, id.as_str(), &value)
            };
            let documents: Vec<_> = part.iter().map(document).collect();
            let written = self.stores[0].write(documents, revision, self.clock.micros()).await;
            let Written::At(at) = written.expect("it is taken") else { panic!("nobody else writes") };
            revision = at;
        }
        let begun = now();
        let (_store, told, _) = node(&self.engine).await;
        (now().duration_since(begun).as_secs_f64(), told.1.load(Ordering::SeqCst))
    }
}

/// A count as it is divided by.
fn precise(count: u64) -> f64 {
    f64::from(u32::try_from(count).expect("they can be counted"))
}

async fn measure(options: &Options) -> Vec<Figure> {
    let nodes = Nodes::start(options).await;
    let mut figures = vec![
        Figure::new("engine's memory of a user with one claim", nodes.bytes.0, "bytes"),
        Figure::new("engine's memory of a user who is gone", nodes.bytes.1, "bytes"),
    ];
    let bare = Bare::new(&nodes.engine, options.users).await;
    let raw = Cost::of(options, &nodes, async |number| {
        bare.put(number, nodes.clock.micros()).await;
    })
    .await;
    figures.extend(raw.figures("the script of a renewal, bare"));
    for count in 1..=nodes.stores.len() {
        let renewals = nodes.renewals(options, count).await;
        figures.extend(renewals.figures(&format!("renewals by {count} nodes")));
        let against = |what: &str| format!("renewals by {count} nodes, against the bare script: {what}");
        let (time, rate) = (renewals.engine / raw.engine, renewals.rate / raw.rate);
        let mut ratios = [
            Figure::new(against("engine's processor time"), time, "x"),
            Figure::new(against("rate"), rate, "x"),
        ];
        if count == 1 {
            let [time, rate] = ratios;
            ratios = [time.at_most(1.15), rate.at_least(0.7)];
        }
        figures.extend(ratios);
        figures.extend(nodes.changes(options, count).await.figures(&format!("changes by {count} nodes")));
    }
    let lags = nodes.lags().await;
    figures.push(Figure::new("set on one node, told on another: p50", percentile(&lags, 50), "ms"));
    figures.push(
        Figure::new("set on one node, told on another: p99", percentile(&lags, 99), "ms").at_most(150.0),
    );
    let (seconds, read) = nodes.start_another(options).await;
    figures.push(Figure::new(format!("a node's start with {read} users"), seconds, "s"));
    figures
}

fn main() -> ExitCode {
    // `cargo test --benches` runs benchmarks as tests, without this; there is nothing to test here.
    if !std::env::args().any(|argument| argument == "--bench") {
        eprintln!("nothing was measured; for that: cargo bench --bench cluster");
        return ExitCode::SUCCESS;
    }
    let options = Options::parse();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let measured = quiet::undisturbed(|| Ok(runtime.block_on(measure(&options))));
    println!("{}", machine::describe());
    println!(
        "load: {} users, {} writes at a time; the median of {} rounds of {} s",
        options.users, options.depth, options.rounds, options.seconds
    );
    machine::end(measured.and_then(|figures| options.place.put(&figures)))
}
