//! A server of one's own for each test: the demo's users on a port of its own, with a clock that stands
//! still until the test moves it. The server holds every exchange against the document of its dialect, whoever the
//! client is, so a test only says what is particular to it.

pub(crate) mod checked;
pub(crate) mod conformance;
pub(crate) mod coverage;
pub(crate) mod engine;
mod faulty;
pub(crate) mod frames;
pub(crate) mod program;
pub(crate) mod receiver;
pub(crate) mod secrets;
mod shared;
pub(crate) mod socket;
mod stream;
pub(crate) mod sync;

use std::{
    io::{self, Write as _},
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

pub(crate) use self::{
    faulty::{FaultyStore, Mood},
    shared::SharedStore,
    stream::EventStream,
};
use presenced::{
    api::{self, Dialect, contract::Ledger},
    app::App,
    clock::ManualClock,
    config::Config,
    demo,
    presence::Timestamp,
    push::Push,
    server::{Listener, Server, metrics},
    store::{EmbeddedStore, Store},
};
use reqwest::{Method, Response, StatusCode, header::HeaderMap};
use serde_json::Value;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

/// Where every test's clock starts: 2026-01-05T09:00:00Z.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_767_603_600_000);

pub(crate) const ALICE: &str = "@alice:example.com";
pub(crate) const BOB: &str = "@bob:example.com";
pub(crate) const CAROL: &str = "@carol:example.com";

pub(crate) struct TestServer {
    site: Site,
    pub app: App,
    clock: Arc<ManualClock>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
    found: Found,
}

/// Whatever answers at an address: a server of ours, or somebody's that keeps a contract of ours.
pub(crate) struct Site {
    pub url: String,
    http: reqwest::Client,
    is_lenient: bool,
}

impl Deref for TestServer {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

/// What the server found, which has to be nothing when the test is over.
struct Found {
    app: App,
    may_be_bugs: AtomicBool,
}

/// A request that is being put together.
pub(crate) struct Call<'a> {
    server: &'a Site,
    method: Method,
    path: String,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
    is_lenient: bool,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

/// The path of a user's status under the current prefix.
pub(crate) fn status_path(user: &str) -> String {
    format!("/_matrix/client/v3/presence/{user}/status")
}

/// A bare connection to a server.
pub(crate) async fn connect(server: &Site) -> TcpStream {
    TcpStream::connect(server.url.trim_start_matches("http://")).await.expect("a connection")
}

/// The demo's configuration, of a server that looks at what it does.
fn config() -> Config {
    let mut config = demo::config(&api::config_reader());
    config.check_contract = true;
    config
}

impl Drop for Found {
    fn drop(&mut self) {
        let ledger = self.app.own::<Ledger>();
        coverage::note(ledger.seen());
        let violations = ledger.violations();
        // What a client may send beside what is documented is said where it is sent.
        let may_be_bugs = self.may_be_bugs.load(Ordering::Relaxed);
        let is_expected =
            |line: &str| !line.contains(": answer: ") || (may_be_bugs && line.contains(" 500: "));
        let wrong: Vec<_> = violations.iter().filter(|line| !is_expected(line)).collect();
        assert!(wrong.is_empty() || thread::panicking(), "not as documented: {wrong:#?}");
    }
}

impl TestServer {
    /// A server as the demo runs it.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same with another configuration.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_on(Box::new(EmbeddedStore::in_memory()), change).await
    }

    /// The same on another store.
    pub(crate) async fn start_on(store: Box<dyn Store>, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = config();
        change(&mut config);
        secrets::watch(&config);
        let clock = Arc::new(ManualClock::at(START));
        let app = App::open(config, store, clock.clone()).await.expect("a store that opens");
        demo::furnish(&app.directory, START).await.expect("an empty directory");
        Self::serve(app, clock).await
    }

    /// The same on another store, with its clock.
    pub(crate) async fn start_at_time(store: Box<dyn Store>, clock: Arc<ManualClock>) -> Self {
        let config = config();
        secrets::watch(&config);
        let app = App::open(config, store, clock.clone()).await.expect("a store that opens");
        demo::furnish(&app.directory, START).await.expect("an empty directory");
        Self::serve(app, clock).await
    }

    /// The same with a dialect more.
    pub(crate) async fn start_speaking(dialect: &'static Dialect) -> Self {
        let clock = Arc::new(ManualClock::at(START));
        let (config, store) = (config(), Box::new(EmbeddedStore::in_memory()));
        secrets::watch(&config);
        let app = App::open(config, store, clock.clone()).await.expect("a store that opens");
        demo::furnish(&app.directory, START).await.expect("an empty directory");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let server = Server::builder().dialect(dialect).build();
        Self::run(server, app, clock, listener.into())
    }

    /// A server that goes on, a minute after the start of the first, with what its store has.
    pub(crate) async fn start_again(store: Box<dyn Store>, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = config();
        change(&mut config);
        secrets::watch(&config);
        let clock = Arc::new(ManualClock::at(START + minutes(1)));
        let app = App::open(config, store, clock.clone()).await.expect("a store that opens");
        Self::serve(app, clock).await
    }

    /// A server as the demo runs it, with another configuration and another listener.
    pub(crate) async fn start_at(listener: Listener, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = config();
        change(&mut config);
        secrets::watch(&config);
        let clock = Arc::new(ManualClock::at(START));
        let store = Box::new(EmbeddedStore::in_memory());
        let app = App::open(config, store, clock.clone()).await.expect("a store that opens");
        demo::furnish(&app.directory, START).await.expect("an empty directory");
        Self::serve_at(app, clock, listener)
    }

    /// Another server on the same store, with the same clock.
    pub(crate) async fn beside(&self, store: Box<dyn Store>) -> Self {
        let app = App::open(config(), store, self.clock.clone()).await;
        let app = app.expect("a store that opens");
        demo::furnish(&app.directory, START).await.expect("there is everything");
        Self::serve(app, self.clock.clone()).await
    }

    async fn serve(app: App, clock: Arc<ManualClock>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Self::serve_at(app, clock, listener.into())
    }

    fn serve_at(app: App, clock: Arc<ManualClock>, listener: Listener) -> Self {
        Self::run(Server::default(), app, clock, listener)
    }

    fn run(server: Server, app: App, clock: Arc<ManualClock>, listener: Listener) -> Self {
        let url = format!("http://{}", listener.addresses().concat());
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async {
            let _dropped = stopped.await;
        };
        let running = tokio::spawn(server.run(listener, app.clone(), shutdown));
        let found = Found { app: app.clone(), may_be_bugs: AtomicBool::new(false) };
        Self { site: Site::at(url), app, clock, stop, running, found }
    }

    /// Stops the server, and waits for its end.
    pub(crate) async fn stop(self) {
        drop((self.stop, self.site));
        self.running.await.expect("a server that ends");
    }

    /// Those who are told without asking.
    pub(crate) fn push(&self) -> &Push {
        Push::of(&self.app)
    }

    /// The figures for operators.
    pub(crate) fn figures(&self) -> String {
        metrics::text(&self.app)
    }

    /// How often the server had its disk write.
    pub(crate) fn commits(&self) -> usize {
        let text = self.app.metrics.text();
        let count = text.lines().find_map(|line| line.strip_prefix("presenced_store_commit_seconds_count "));
        count.expect("a count").parse().expect("a number")
    }

    /// Lets time pass, and watchers be told of what it brought.
    pub(crate) async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.app.tick().await;
    }

    /// The same for two servers with one clock.
    pub(crate) async fn advance_both(&self, other: &Self, by: Duration) {
        self.advance(by).await;
        other.app.tick().await;
    }

    /// Lets time pass before watchers can be told of anything.
    pub(crate) fn advance_untold(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// The same server, of which the test sends what it takes beyond its documents.
    pub(crate) fn lenient(mut self) -> Self {
        self.site.is_lenient = true;
        self
    }

    /// From now on requests may be answered with 500, which no document has.
    pub(crate) fn may_meet_bugs(&self) {
        self.found.may_be_bugs.store(true, Ordering::Relaxed);
    }

    /// Calls presenced's own API as the admin.
    pub(crate) async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let call = self.call(method, format!("/presenced/v1{path}")).token(demo::ADMIN_TOKEN);
        match body {
            Some(body) => call.json(&body).send().await,
            None => call.send().await,
        }
    }
}

impl Site {
    pub(crate) fn at(url: String) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
        Self { url, http: http.expect("a client"), is_lenient: false }
    }

    pub(crate) fn call(&self, method: Method, path: impl Into<String>) -> Call<'_> {
        Call {
            server: self,
            method,
            path: path.into(),
            headers: Vec::new(),
            body: Vec::new(),
            is_lenient: self.is_lenient,
        }
    }

    /// Reads a user's Matrix presence with a token.
    pub(crate) async fn presence(&self, token: &str, user: &str) -> Answer {
        self.call(Method::GET, status_path(user)).token(token).send().await
    }

    /// Sets a user's Matrix presence with a token of theirs.
    pub(crate) async fn set_presence(&self, token: &str, user: &str, body: Value) -> Answer {
        self.call(Method::PUT, status_path(user)).token(token).json(&body).send().await
    }
}

impl Call<'_> {
    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The server takes more than its document says, and this is of that.
    pub(crate) fn leniently(mut self) -> Self {
        self.is_lenient = true;
        self
    }

    /// Sends the request, which has to be as documented if it is accepted, as the answer has to be.
    pub(crate) async fn send(self) -> Answer {
        let (answer, verdict) = self.send_judged().await;
        if let Err(why) = verdict {
            panic!("{} {}\nis not as documented: {why}", answer.status, answer.text);
        }
        answer
    }

    /// Sends the request, and tells what the documents say against the answer, if anything.
    pub(crate) async fn send_judged(self) -> (Answer, Result<(), String>) {
        let is_lenient = self.is_lenient;
        let (method, path, answer) = self.send_unchecked().await;
        let verdict = conformance::verdict(&method, &answer, is_lenient);
        (answer, verdict.map_err(|why| format!("{method} {path}: {why}")))
    }

    /// The same of what may be a stream without an end, if it was opened: then its status alone is judged.
    pub(crate) async fn send_head_judged(self) -> (StatusCode, Result<(), String>) {
        let (method, is_lenient) = (self.method.clone(), self.is_lenient);
        let (path, response) = self.request().await;
        let status = response.status();
        if status.is_success() {
            return (status, Ok(()));
        }
        let answer = conformance::of_response(response).await;
        let verdict = conformance::verdict(&method, &answer, is_lenient);
        (status, verdict.map_err(|why| format!("{method} {path}: {why}")))
    }

    /// Sends the request to an address that no document is about.
    pub(crate) async fn send_undocumented(self) -> Answer {
        self.send_unchecked().await.2
    }

    /// Opens a stream of events.
    pub(crate) async fn open(self) -> EventStream {
        let (path, response) = self.request().await;
        EventStream::new(&path, response)
    }

    async fn send_unchecked(self) -> (Method, String, Answer) {
        let method = self.method.clone();
        let (path, response) = self.request().await;
        (method, path, conformance::of_response(response).await)
    }

    async fn request(self) -> (String, Response) {
        let url = reqwest::Url::parse(&format!("{}{}", self.server.url, self.path)).expect("a URL");
        // A URL is tidied up before it is sent: what is checked is what the server was asked.
        let path = url.path().to_owned();
        secrets::note_in(url.query().unwrap_or_default());
        secrets::note_in(&String::from_utf8_lossy(&self.body));
        let mut request = self.server.http.request(self.method, url);
        for (name, value) in self.headers {
            secrets::note_in(&String::from_utf8_lossy(&value));
            request = request.header(name, value);
        }
        if !self.body.is_empty() {
            request = request.body(self.body);
        }
        (path, request.send().await.expect("an answer"))
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("JSON, not {:?}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Status and body in one line, for inline snapshots.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.status.as_u16(), self.text)
    }

    /// Status and Matrix error code.
    pub(crate) fn errcode(&self) -> (u16, String) {
        let errcode = self.json()["errcode"].as_str().unwrap_or_default().to_owned();
        (self.status.as_u16(), errcode)
    }
}

/// Shows a figure, of a test that passes too.
pub(crate) fn figure(text: &str) {
    writeln!(io::stderr(), "figure: {text}").expect("standard error");
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// Where file snapshots are kept: in `snapshots/`, by plain names.
pub(crate) fn snapshots() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}
