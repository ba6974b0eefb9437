//! What a page of a large room costs, with the counts of the whole room: the first one, while nothing changes, and
//! while members change. Time and memory; presenced as it is configured by default, in this process, over real HTTP.

use std::{fs, path::Path, sync::Arc, time::Instant};

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
    figures::{Figure, percentile},
};

const ROOM: &str = "!all:localhost";
const TOKEN: &str = "pd_bench";

/// How many members change between two pages.
const CHANGES: [usize; 4] = [0, 10, 100, 1_000];

pub(super) fn measure(members: usize, options: &Options) -> Vec<Figure> {
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
        let client = Client::new();
        let before = resident_mebibytes();
        let first = page(&client, &url).await;
        let mut figures = vec![figure(format!("first page of a room of {members}"), &[first], before)];
        for changes in CHANGES {
            let mut times = Vec::new();
            for round in 0..options.rounds * 100 {
                change(&app, members, changes, round).await;
                times.push(page(&client, &url).await);
            }
            let what = format!("a page of a room of {members}, {changes} changes before each: p99");
            figures.push(figure(what, &times, before));
        }
        drop(stop);
        running.await.expect("the server ends");
        figures
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

/// How long a page takes, in milliseconds.
#[expect(clippy::disallowed_methods, reason = "a duration is measured, not told")]
async fn page(client: &Client, url: &str) -> f64 {
    let begun = Instant::now();
    let answer = client.get(url).bearer_auth(TOKEN).send().await;
    let body = answer.and_then(Response::error_for_status).expect("the server answers").bytes().await;
    assert!(!body.expect("a whole answer").is_empty());
    begun.elapsed().as_secs_f64() * 1e3
}

fn figure(what: String, times: &[f64], before: f64) -> Figure {
    let beside = format!(
        "p50 {:.2}, max {:.2} ms; {:.1} MiB more than at rest",
        percentile(times, 50),
        percentile(times, 100),
        resident_mebibytes() - before
    );
    Figure::new(what, percentile(times, 99), "ms").beside(beside)
}

/// The resident memory of this process.
fn resident_mebibytes() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("this process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("proc(5)");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("proc(5)") / 1024.0
}
