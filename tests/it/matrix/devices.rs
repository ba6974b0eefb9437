//! Several devices of one user over real HTTP: the two tables of Synapse's multi-device tests, each row with
//! two tokens whose `/sync` stays open while time passes.

use presenced::api::matrix::config::Matrix;
use reqwest::Method;
use serde_json::json;

use crate::support::{
    ALICE, TestServer, minutes, seconds, status_path,
    sync::{OpenSync, start},
};

const BUSY: &str = "org.matrix.msc3026.busy";
const STATES: [&str; 4] = [BUSY, "online", "unavailable", "offline"];

/// News would end a wait, so nothing passes: {"presence": {"types": []}}.
const NO_NEWS: &str = "filter=%7B%22presence%22:%7B%22types%22:%5B%5D%7D%7D";

struct Devices {
    server: TestServer,
    since: String,
}

impl Devices {
    async fn new() -> Self {
        let server = TestServer::start_with(|config| config.section_mut::<Matrix>().busy = true).await;
        let since = start(&server, "demo-alice").await;
        Self { server, since }
    }

    /// A device starts to sync in a state. Busy is set before, since a sync cannot.
    async fn syncs(&self, token: &str, state: &str) -> OpenSync {
        let set_presence = if state == BUSY { "online" } else { state };
        if state == BUSY {
            self.server.set_presence(token, ALICE, json!({"presence": BUSY})).await;
        }
        let query = format!("set_presence={set_presence}&{NO_NEWS}");
        self.server.open_sync(token, &self.since, &query).await
    }

    /// A device's connection breaks, and the server has noticed.
    async fn breaks(&self, open: OpenSync) {
        let watchers = self.server.app.service.watchers();
        drop(open);
        self.server.watched_by(watchers - 1).await;
        // That the connection ended is noted by a task of its own, which runs before another request is read.
        tokio::task::yield_now().await;
    }

    async fn seen(&self) -> String {
        // Busy is in the served document alone, and not in the one that answers are held to.
        let call = self.server.call(Method::GET, status_path(ALICE)).token("demo-bob");
        let answer = call.send_undocumented().await;
        answer.json()["presence"].as_str().expect("a state").to_owned()
    }
}

/// The rows of a table, and those in which a device is busy, which then counts throughout.
fn rows<const N: usize>(without_busy: [[&'static str; N]; 9]) -> Vec<[&'static str; N]> {
    let busy = |one, other| {
        let mut row = [BUSY; N];
        (row[0], row[1]) = (one, other);
        row
    };
    let with_busy = STATES.iter().flat_map(|&state| [busy(BUSY, state), busy(state, BUSY)]);
    without_busy.into_iter().chain(with_busy).collect()
}

#[tokio::test]
async fn devices_that_stay_connected_idle_one_by_one() {
    // Device 1 syncs, device 2 does 2.5 minutes later: seen then, at 5 minutes, and at 7.5.
    let table = rows([
        ["online", "online", "online", "online", "unavailable"],
        ["online", "unavailable", "online", "unavailable", "unavailable"],
        ["online", "offline", "online", "unavailable", "unavailable"],
        ["unavailable", "online", "online", "online", "unavailable"],
        ["unavailable", "unavailable", "unavailable", "unavailable", "unavailable"],
        ["unavailable", "offline", "unavailable", "unavailable", "unavailable"],
        ["offline", "online", "online", "online", "unavailable"],
        ["offline", "unavailable", "unavailable", "unavailable", "unavailable"],
        ["offline", "offline", "offline", "offline", "offline"],
    ]);
    for [one, other, expected @ ..] in table {
        let devices = Devices::new().await;
        let first = devices.syncs("demo-alice", one).await;
        devices.server.advance(seconds(150)).await;
        let second = devices.syncs("demo-alice-2", other).await;
        let mut seen = vec![devices.seen().await];
        for _ in 0..2 {
            devices.server.advance(seconds(150)).await;
            seen.push(devices.seen().await);
        }
        assert_eq!(seen, expected, "{one} and {other}");
        assert!(first.waits() && second.waits(), "{one} and {other}");
    }
}

#[tokio::test]
async fn devices_that_stop_leave_one_by_one() {
    // Both sync; device 1 stops, and 30 s pass; device 2 stops, and the grace passes: seen at first, with
    // device 1 gone, and in the end offline.
    let table = rows([
        ["online", "online", "online", "online"],
        ["online", "unavailable", "online", "unavailable"],
        ["online", "offline", "online", "offline"],
        ["unavailable", "online", "online", "online"],
        ["unavailable", "unavailable", "unavailable", "unavailable"],
        ["unavailable", "offline", "unavailable", "offline"],
        ["offline", "online", "online", "online"],
        ["offline", "unavailable", "unavailable", "unavailable"],
        ["offline", "offline", "offline", "offline"],
    ]);
    for [one, other, both, one_gone] in table {
        let devices = Devices::new().await;
        let first = devices.syncs("demo-alice", one).await;
        let second = devices.syncs("demo-alice-2", other).await;
        assert_eq!(devices.seen().await, both, "{one} and {other}");
        devices.breaks(first).await;
        devices.server.advance(seconds(30)).await;
        assert_eq!(devices.seen().await, one_gone, "{one} gone, {other} there");
        devices.breaks(second).await;
        let grace = if one == BUSY || other == BUSY { minutes(60) } else { seconds(30) };
        devices.server.advance(grace).await;
        assert_eq!(devices.seen().await, "offline", "{one} and {other} gone");
    }
}

#[tokio::test]
async fn offline_on_one_device_leaves_the_other() {
    let devices = Devices::new().await;
    let _open = devices.syncs("demo-alice-2", "online").await;
    devices.server.set_presence("demo-alice", ALICE, json!({"presence": "online"})).await;
    devices.server.set_presence("demo-alice", ALICE, json!({"presence": "offline"})).await;
    assert_eq!(devices.seen().await, "online");
}
