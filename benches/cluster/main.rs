//! What the store that servers share costs beside the engine itself: renewals and changes by one node and by two, and the same
//! script sent bare, at the same depth; what a user takes there; how long it takes until another node is told, and until one
//! has started. Starts a `redis-server` of its own, on this machine:
//! `cargo bench --bench cluster`; `cargo bench --bench cluster -- --help` has the options.

#[path = "../common/machine.rs"]
mod machine;

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
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
    #[arg(long, default_value_t = 100_000)]
    documents: u64,
    /// How long each measurement takes.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Cargo says this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// An engine that ends with this.
struct Engine {
    port: u16,
    child: Child,
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

impl Engine {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
        command.args(["--hash-max-listpack-value", "512"]).stdout(Stdio::null());
        let engine = Self { port, child: command.spawn().expect("redis-server runs") };
        while redis::Client::open(engine.url()).expect("a URL").get_connection().is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        engine
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    async fn connection(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.url()).expect("a URL");
        client.get_multiplexed_async_connection().await.expect("a connection")
    }
}

/// How often scripts ran since the last look, and how long in all, in microseconds.
async fn script_time(connection: &mut MultiplexedConnection) -> (f64, f64) {
    let text: String = redis::cmd("INFO").arg("commandstats").query_async(connection).await.expect("figures");
    let line = text.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:")).unwrap_or_default();
    let value = |name: &str| {
        let found = line.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        found.and_then(|value| value.parse().ok()).unwrap_or(0.0)
    };
    let seen = (value("calls"), value("usec"));
    let _: () = redis::cmd("CONFIG").arg("RESETSTAT").query_async(connection).await.expect("it is reset");
    seen
}

/// What the engine's data takes, in bytes.
async fn memory(connection: &mut MultiplexedConnection) -> f64 {
    let text: String = redis::cmd("INFO").arg("memory").query_async(connection).await.expect("figures");
    let used = text.lines().find_map(|line| line.strip_prefix("used_memory:")?.trim().parse().ok());
    used.expect("a number")
}

/// A node that remembers when it was told last, and counts the documents that it was shown.
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
        self.0.store(number, Ordering::SeqCst);
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
async fn rate(options: &Options, work: impl AsyncFn(u64)) -> f64 {
    let (begun, time) = (now(), Duration::from_secs(options.seconds));
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

/// Says how many writes are done in a second, and what each costs.
async fn measure(
    options: &Options,
    connection: &mut MultiplexedConnection,
    what: &str,
    work: impl AsyncFn(u64),
) {
    script_time(connection).await;
    let before = machine::processor_micros(std::process::id());
    let writes = rate(options, work).await;
    let all = writes * Duration::from_secs(options.seconds).as_secs_f64();
    let own = (machine::processor_micros(std::process::id()) - before) / all;
    let (calls, micros) = script_time(connection).await;
    println!(
        "{what}: {writes:.0}/s, {:.2} us of the engine a call, {own:.1} us of the nodes, {:.3} calls a write, those of \
         following included",
        micros / calls,
        calls / all
    );
}

/// Says how long a node takes to read all documents.
async fn start(options: &Options, engine: &Engine, store: &RedisStore, clock: &SystemClock) {
    let mut revision = Revision::default();
    for part in (0..options.documents).collect::<Vec<_>>().chunks(1_000) {
        let document = |number: &u64| {
            let (id, name) = (user(*number), format!("User {number}"));
            let value = serde_json::json!({"id": id, "number": number, "display_name": name, "created": 1});
            Document::put(Kind::User, id.as_str(), &value)
        };
        let documents: Vec<_> = part.iter().map(document).collect();
        let written = store.write(documents, revision, clock.micros()).await.expect("it is taken");
        let Written::At(at) = written else { panic!("nobody else writes") };
        revision = at;
    }
    let begun = now();
    let (_store, told, _) = node(engine).await;
    let read = told.1.load(Ordering::SeqCst);
    println!("a node reads {read} documents at its start in {:?}", now().duration_since(begun));
}

/// A count as it is divided by.
fn precise(count: u64) -> f64 {
    f64::from(u32::try_from(count).expect("they can be counted"))
}

#[tokio::main]
async fn main() {
    let options = Options::parse();
    println!("{}", machine::describe());
    let engine = Engine::start().await;
    let mut connection = engine.connection().await;
    let (store, _told, clock) = node(&engine).await;
    let empty = memory(&mut connection).await;
    let claim = Input::Claim { device: "phone".parse().expect("a device id"), state: State::Online };
    for part in (0..options.users).collect::<Vec<_>>().chunks(256) {
        join_all(part.iter().map(|number| {
            let (store, clock, claim) = (&store, &clock, &claim);
            async move { apply(store, clock, &user(*number), claim, Keep::Lazily).await }
        }))
        .await;
    }
    let taken = memory(&mut connection).await - empty;
    println!("{:.0} bytes of the engine a user with one claim", taken / precise(options.users));

    let (other, told, _) = node(&engine).await;
    let stores = [&store, &other];
    let renew = Input::Active { device: "phone".parse().expect("a device id") };
    for nodes in 1..=stores.len() {
        measure(&options, &mut connection, &format!("renewals by {nodes} nodes"), async |number| {
            let store = stores[usize::try_from(number).expect("a small number") % nodes];
            apply(store, &clock, &user(number), &renew, Keep::InPassing).await;
        })
        .await;
        let texts = AtomicU64::new(0);
        measure(&options, &mut connection, &format!("changes by {nodes} nodes"), async |number| {
            let store = stores[usize::try_from(number).expect("a small number") % nodes];
            let text = texts.fetch_add(1, Ordering::Relaxed).to_string();
            apply(store, &clock, &user(number), &Input::Status(Status::lasting(&text)), Keep::Acknowledged)
                .await;
        })
        .await;
    }

    let mut lags = Vec::new();
    for number in 0..200 {
        let input = Input::Status(Status::lasting(&format!("lag {number}")));
        let begun = now();
        let version = apply(&store, &clock, &user(number), &input, Keep::Acknowledged).await.version();
        while told.0.load(Ordering::SeqCst) < version {
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        lags.push(now().duration_since(begun));
    }
    lags.sort_unstable();
    println!("set on one node, told on another: p50 {:?}, p99 {:?}", lags[100], lags[198]);
    start(&options, &engine, &store, &clock).await;
    drop((store, other));

    let script = redis::Script::new(include_str!("../../src/store/redis/put.lua"));
    let body = vec![0_u8; 40];
    let bare = engine.connection().await;
    let put = async |number: u64| {
        let name = format!("user{number}");
        let partition = number % 256;
        let key = |kind: &str| format!("bare:{kind}:{partition}");
        let mut invocation = script.prepare_invoke();
        invocation.key(format!("{}:{}", key("u"), number / 256 % 64));
        for kind in ["dl", "ev", "mt", "pr", "rm", "fl"] {
            invocation.key(key(kind));
        }
        let mut connection = bare.clone();
        let read: Option<Vec<u8>> = redis::cmd("HGET")
            .arg(format!("{}:{}", key("u"), number / 256 % 64))
            .arg(&name)
            .query_async(&mut connection)
            .await
            .expect("it is read");
        let expected = read.map_or_else(Vec::new, |value| value[..7].to_vec());
        invocation.arg(&name).arg(expected).arg(&body).arg(&[0_u8; 4][..]).arg(1_u64 << 40).arg(0).arg(1);
        invocation.arg(clock.micros()).arg(0).arg(0).arg(10_000).arg(0);
        let _: Vec<redis::Value> = invocation.invoke_async(&mut connection).await.expect("it is taken");
    };
    rate(&Options { seconds: 1, ..Options::parse() }, put).await;
    script_time(&mut connection).await;
    let writes = rate(&options, put).await;
    let (calls, micros) = script_time(&mut connection).await;
    println!(
        "the script bare, after reading the revision: {writes:.0}/s, {:.2} us of the engine a call",
        micros / calls
    );
}
