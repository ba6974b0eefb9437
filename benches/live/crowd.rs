//! Many watchers of few users each, on a server on which everybody else changes all the time.

use std::{sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::interval};

use crate::{
    Options, Watcher,
    client::{Client, Tally},
    figures::Figure,
    server::Server,
};

/// Who is watched. Each of them changes once a second.
const WATCHED: usize = 100;

/// How many of them each watcher watches.
const EACH: usize = 20;

/// Who is not watched. Each of them changes once a second too.
const OTHERS: usize = 10_000;

/// How many reports of a second go out together.
const CALLS_PER_SECOND: usize = 20;

/// The processor time of the server for one event that a watcher was told.
pub(crate) async fn measure(options: &Options, most: u32) -> [Figure; 3] {
    let watchers = options.crowd.min(most) as usize;
    let few = per_event(options, watchers / 10).await;
    let many = per_event(options, watchers).await;
    let what = |watchers| format!("{watchers} watchers of {EACH} users, {OTHERS} others change: each event");
    [
        Figure::new(what(watchers / 10), few, "us"),
        Figure::new(what(watchers), many, "us"),
        Figure::new("the same, against a tenth of the watchers".to_owned(), many / few, "x").at_most(1.2),
    ]
}

async fn per_event(options: &Options, watchers: usize) -> f64 {
    let server = Server::start(None);
    let mut gateway = Client::connect(server.address, 0).await;
    for number in 0..WATCHED + OTHERS {
        let path = format!("/presenced/v1/users/{}", user(number));
        gateway.call("PUT", &path, "demo-admin", "{}").await;
    }
    let alone = load(options, &server, &mut gateway).await;
    let tally = Arc::new(Tally::default());
    let mut watching = JoinSet::new();
    for number in 0..watchers {
        let users: Vec<String> = (0..EACH).map(|one| user((number * 7 + one * 5) % WATCHED)).collect();
        let mut client = Client::connect(server.address, number).await;
        let path = format!("/presenced/v1/changes?users={}", users.join(","));
        client.send("GET", &path, "demo-alice", "").await;
        // The first picture is no change.
        client.event().await;
        watching.spawn(Watcher::Stream.watch(client, String::new(), tally.clone()));
    }
    let watched = load(options, &server, &mut gateway).await;
    // What the last changes brought is still on its way.
    tokio::time::sleep(Duration::from_secs(2)).await;
    (watched - alone) / f64::from(u32::try_from(tally.count()).expect("fewer than 4 billion"))
}

/// Lets everybody change once a second, and returns the processor time that the server took for it.
async fn load(options: &Options, server: &Server, gateway: &mut Client) -> f64 {
    let mut ticks = interval(Duration::from_secs(1) / u32::try_from(CALLS_PER_SECOND).expect("few"));
    let before = server.processor_micros();
    for call in 0..options.seconds as usize * CALLS_PER_SECOND {
        ticks.tick().await;
        let state = if (call / CALLS_PER_SECOND).is_multiple_of(2) { "online" } else { "unavailable" };
        let share = |users: usize, first: usize| {
            let size = users / CALLS_PER_SECOND;
            let begin = first + call % CALLS_PER_SECOND * size;
            begin..begin + size
        };
        let reports: Vec<String> = share(WATCHED, 0)
            .chain(share(OTHERS, WATCHED))
            .map(|number| format!(r#"{{"userId":"{}","deviceId":"D","state":"{state}"}}"#, user(number)))
            .collect();
        let body = format!(r#"{{"heartbeats":[{}]}}"#, reports.join(","));
        gateway.call("POST", "/presenced/v1/heartbeats", "demo-admin", &body).await;
    }
    server.processor_micros() - before
}

fn user(number: usize) -> String {
    format!("@user{number}:example.com")
}
