//! What a page of a large room costs, with the counts of the whole room: the first one, while nothing changes, and
//! while members change. Time and memory; presenced as it is configured by default, in this process, over real HTTP.

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use comfy_table::{Table, presets};
use futures_util::future::join_all;
use presenced::{
    app::App,
    clock::SystemClock,
    config::Config,
    directory::{Holder, NewToken, TokenSecret},
    id::RoomId,
    presence::{Input, State},
    server::Server,
    store::Store as _,
};
use reqwest::{Client, Response};
use tokio::{net::TcpListener, sync::oneshot};

use crate::{
    Options,
    data::{self, Folder},
};

const ROOM: &str = "!all:localhost";
const TOKEN: &str = "pd_bench";

/// How many members change between two pages.
const CHANGES: [usize; 4] = [0, 10, 100, 1_000];

/// Measures, and returns the table.
pub(super) fn measure(members: usize, options: &Options) -> String {
    tokio::runtime::Runtime::new().expect("a runtime starts").block_on(async {
        let folder = Folder::new(options.data.as_deref()).unwrap_or_else(|why| panic!("{why}"));
        let app = furnish(members, folder.path()).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let address = listener.local_addr().expect("the listener has an address");
        let (stop, stopped) = oneshot::channel::<()>();
        let end = async {
            let _stopped = stopped.await;
        };
        let running = tokio::spawn(Server::default().run(listener, app.clone(), end));
        let url = format!("http://{address}/presenced/v1/rooms/{ROOM}/presence?limit=100&state=busy");
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL).set_header([
            "changes before each page".to_owned(),
            "pages".to_owned(),
            "ms p50/p99/max".to_owned(),
            format!("resident MiB more than before the first page, {members} members"),
        ]);
        let client = Client::new();
        let before = resident_mebibytes();
        let first = page(&client, &url).await;
        table.add_row(row("the first page", vec![first], before));
        for changes in CHANGES {
            let mut times = Vec::new();
            for round in 0..options.rounds * 100 {
                change(&app, members, changes, round).await;
                times.push(page(&client, &url).await);
            }
            table.add_row(row(&changes.to_string(), times, before));
        }
        drop(stop);
        running.await.expect("the server ends");
        table.to_string()
    })
}

async fn furnish(members: usize, folder: &Path) -> App {
    let (store, clock) = (data::store(data::engine(folder)), SystemClock::start());
    let alone = data::Deaf::open(&store, &clock).await;
    data::fill(&store, members, 1, &clock).await.unwrap_or_else(|why| panic!("{why}"));
    store.close().await.expect("the disk takes it");
    drop((store, alone));
    // It is read as at a start: a store in memory alone keeps no users for later.
    let store = data::store(data::engine(folder));
    let mut config = Config::default();
    config.limits.room_members = members;
    let app = App::open(config, Box::new(store), Arc::new(clock)).await.expect("the documents are whole");
    let room: RoomId = ROOM.parse().expect("a valid room");
    let users = (0..members).map(data::user).collect();
    app.directory.set_members(&room, users).await.expect("the users are known");
    app.directory.admit(&TokenSecret::from(TOKEN), NewToken { holder: Holder::Admin, expires: None });
    app
}

/// Lets so many members change, who are far apart.
async fn change(app: &App, members: usize, changes: usize, round: u64) {
    let state = if round.is_multiple_of(2) { State::Busy } else { State::Online };
    // Those that come together share an fsync.
    let updates = (0..changes).map(async |number| {
        let claim = Input::Claim { device: data::device(), state };
        let user = data::user(number * (members / changes));
        app.service.update(&user, &[claim]).await.map(drop)
    });
    for updated in join_all(updates).await {
        updated.expect("the user is known");
    }
}

/// How long a page takes.
#[expect(clippy::disallowed_methods, reason = "a duration is measured, not told")]
async fn page(client: &Client, url: &str) -> Duration {
    let begun = Instant::now();
    let answer = client.get(url).bearer_auth(TOKEN).send().await;
    let body = answer.and_then(Response::error_for_status).expect("the server answers").bytes().await;
    assert!(!body.expect("a whole answer").is_empty());
    begun.elapsed()
}

fn row(what: &str, mut times: Vec<Duration>, before: f64) -> Vec<String> {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1e3;
    vec![
        what.to_owned(),
        times.len().to_string(),
        format!("{:.2}/{:.2}/{:.2}", at(50), at(99), at(100)),
        format!("{:.1}", resident_mebibytes() - before),
    ]
}

/// The resident memory of this process.
fn resident_mebibytes() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("this process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("proc(5)");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("proc(5)") / 1024.0
}
