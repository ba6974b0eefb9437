//! The servers. Each is a child process, so that its processor time can be told from wrk's.

use std::{
    io::{self, BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
};

use clap::ValueEnum as _;
use presenced::{
    app::App,
    clock::{Clock, SystemClock},
    config::Config,
    directory::{Directory, Holder, NewToken, Profile, Scopes, TokenSecret},
    id::{RoomId, UserId},
    presence::{Input, State, Status, Timestamp},
    server,
    store::{EmbeddedStore, Store as _},
};
use tokio::net::TcpListener;
use tracing_subscriber::{
    EnvFilter, Layer as _, fmt, layer::SubscriberExt as _, reload, util::SubscriberInitExt as _,
};

use crate::{Options, Store, data, floor, machine};

/// How many users are active, all in one room.
pub(super) const CALLERS: usize = 1_000;

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Role {
    /// Bare handlers, on a runtime for each core, as presenced serves.
    Floor,
    /// The same as axum serves by itself.
    Axum,
    /// The same as the floor, once the body of a change is on the disk.
    Journal,
    Disk,
    Memory,
}

impl From<Store> for Role {
    fn from(store: Store) -> Self {
        match store {
            Store::Disk => Self::Disk,
            Store::Memory => Self::Memory,
        }
    }
}

/// A server in a child process, which ends with this value or with this process.
pub(super) struct Server {
    pub(super) child: Child,
    pub(super) address: SocketAddr,
    /// How many users are active, and how far apart their numbers are.
    pub(super) callers: usize,
    pub(super) stride: usize,
}

impl Server {
    /// Starts a server. The floor gives the answers of the server at `model`.
    pub(super) fn start(role: Role, options: &Options, data: &Path, model: Option<SocketAddr>) -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        Self::start_by(&program, role, options, data, model)
    }

    /// The same by another build of this program.
    pub(super) fn start_by(
        program: &Path,
        role: Role,
        options: &Options,
        data: &Path,
        model: Option<SocketAddr>,
    ) -> Self {
        let mut command = Command::new(program);
        let role = role.to_possible_value().expect("every role has a name");
        command.args(["--bench", "--role", role.get_name()]);
        command.args(["--users", &options.users.to_string()]).arg("--data").arg(data);
        command.args(model.map(|address| format!("--model={address}")));
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("this program starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("the output is piped");
        BufReader::new(stdout).read_line(&mut line).expect("the server says where it listens");
        let address = line.trim().parse().expect("the server says where it listens");
        Self { child, address, callers: CALLERS, stride: stride(options.users) }
    }

    /// The processor time that the server has used so far, in user and kernel mode.
    pub(super) fn processor_micros(&self) -> f64 {
        machine::processor_micros(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.stdin.take().is_none() {
            // It would not notice.
            let _killed = self.child.kill();
        }
        let _ended = self.child.wait();
    }
}

/// What a child does: says where it listens, and serves until its standard input ends.
pub(super) fn serve(role: Role, options: &Options) {
    tokio::runtime::Runtime::new().expect("a runtime starts").block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("the listener has an address");
        let end = async {
            let read = || io::copy(&mut io::stdin(), &mut io::sink());
            let _end = tokio::task::spawn_blocking(read).await;
        };
        let cores = thread::available_parallelism().expect("the machine says how many cores it has");
        let model = || options.model.expect("the floor is told its model");
        let data = match role {
            Role::Axum => {
                let routes = floor::routes(model(), None).await;
                println!("{address}");
                axum::serve(listener, routes).with_graceful_shutdown(end).await.expect("the floor serves");
                return;
            }
            Role::Floor | Role::Journal => {
                let folder = options.data.as_deref().expect("the floor is told where to write");
                let journal = matches!(role, Role::Journal).then(|| floor::journal(folder).expect("a file"));
                let routes = floor::routes(model(), journal).await;
                println!("{address}");
                tokio::select! {
                    served = floor::serve_on_cores(listener, routes, cores.get()) => served.expect("the floor serves"),
                    () = end => {}
                }
                return;
            }
            Role::Disk => options.data.as_deref(),
            Role::Memory => None,
        };
        log();
        let app = app(options.users, data).await;
        println!("{address}");
        let server = server::Server::builder().threads(cores).expect("threads start").build();
        server.run(listener, app, end).await;
    });
}

/// Logs as presenced does by default: to standard error, by a filter that can be replaced.
fn log() {
    let (filter, _) = reload::Layer::new(EnvFilter::new(Config::default().log.filter));
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(false).boxed();
    tracing_subscriber::registry().with(filter).with(lines).init();
}

/// The time, a day later. Who was there when the data folder was filled has left since then: only the load is
/// measured, and not that millions leave.
#[derive(Debug)]
struct Tomorrow(SystemClock);

impl Clock for Tomorrow {
    fn micros(&self) -> u64 {
        self.0.micros() + 24 * 60 * 60 * 1_000_000
    }
}

/// presenced as it is configured by default, without a rate limit, with active users who are all online.
async fn app(users: usize, data: Option<&Path>) -> App {
    let mut config = Config::default();
    config.limits.put_per_second = 0.0;
    let clock = SystemClock::start();
    let store = match data {
        Some(folder) => {
            let store = data::store(data::engine(folder));
            let _alone = data::Deaf::open(&store, &clock).await;
            data::fill(&store, users, 1, &clock).await.unwrap_or_else(|why| panic!("{why}"));
            store.close().await.expect("the disk takes it");
            drop(store);
            data::store(data::engine(folder))
        }
        None => {
            let store = EmbeddedStore::in_memory();
            data::fill(&store, users, 1, &clock).await.unwrap_or_else(|why| panic!("{why}"));
            store
        }
    };
    let clock = Arc::new(Tomorrow(clock));
    let app = App::open(config, Box::new(store), clock).await.expect("the documents are whole");
    // All leave at once.
    app.tick().await;
    let callers: Vec<UserId> = (0..CALLERS).map(|caller| data::user(caller * stride(users))).collect();
    for (caller, user) in callers.iter().enumerate() {
        add_caller(&app.directory, caller, user).await;
        let inputs = [
            Input::Claim { device: data::device(), state: State::Online },
            Input::Status(Status::lasting(STATUS)),
        ];
        app.service.update(user, &inputs).await.expect("the user is known");
    }
    let room: RoomId = "!all:localhost".parse().expect("a valid room");
    app.directory.set_members(&room, callers.into_iter().collect()).await.expect("the users are known");
    app
}

/// Gives an active user a token, if an earlier run with the same data has not.
async fn add_caller(directory: &Arc<Directory>, caller: usize, user: &UserId) {
    if !directory.knows(user) {
        directory
            .put_user(user, Profile::default(), Timestamp::from_millis(0))
            .await
            .expect("numbers are free");
    }
    if directory.tokens(user).is_ok_and(|tokens| !tokens.is_empty()) {
        return;
    }
    let holder =
        Holder::User { user: user.clone(), device: data::device(), scopes: Scopes::all(), guest: false };
    directory
        .add_token(&TokenSecret::from(token(caller).as_str()), NewToken { holder, expires: None })
        .await
        .expect("tokens differ");
}

/// How far apart the active ones are among all users.
fn stride(users: usize) -> usize {
    users / CALLERS
}

// The tokens of users and the length of a status, as wrk.lua has them too.
pub(super) const STATUS: &str = "run 0000000000 change 0000000000";

pub(super) fn token(caller: usize) -> String {
    format!("pd_{caller:064x}")
}

pub(super) fn path(user: &str) -> String {
    format!("/_matrix/client/v3/presence/{user}/status")
}

pub(super) fn native_path(user: &str) -> String {
    format!("/presenced/v1/users/{user}/presence")
}

pub(super) const ACTIVITY: &str = "/presenced/v1/activity";
