//! A cluster that loses servers and moves slots while users are written and watched. With `PRESENCED_TEST_FAILOVERS` masters
//! are lost again and again.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use presenced::{
    clock::Clock as _,
    id::UserId,
    store::{Document, Kind, Store as _, Written},
};
use tokio::task::JoinHandle;

use super::{
    failures::{Node, timed},
    user,
};
use crate::support::{
    engine::{RedisCluster, RedisServer, until},
    figure,
};

/// How many users are written at a time.
const USERS: usize = 40;

/// No write may hang for longer.
const MOST: Duration = Duration::from_secs(5);

/// Numbered texts that are written for users, again and again, and documents, one after the other.
struct Load {
    is_over: Arc<AtomicBool>,
    writers: Vec<JoinHandle<(UserId, usize)>>,
    documents: JoinHandle<BTreeSet<String>>,
}

/// What was acknowledged: the last text of each user, and the ids of documents.
struct Acknowledged {
    texts: BTreeMap<UserId, usize>,
    documents: BTreeSet<String>,
}

/// Writes documents by a node until it is over, and returns which were acknowledged.
async fn write_documents(node: Arc<Node>, is_over: Arc<AtomicBool>) -> BTreeSet<String> {
    let mut acknowledged = BTreeSet::new();
    while !is_over.load(Ordering::SeqCst) {
        let id = format!("token{}", node.clock.micros());
        let known = node.witness.heard().revision;
        let written = node.store.write(vec![Document::put(Kind::Token, &id, &1)], known, node.clock.micros());
        let (written, time) = timed(written).await;
        assert!(time < MOST, "{time:?}");
        if let Ok(Written::At(_)) = written {
            acknowledged.insert(id);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    acknowledged
}

impl Load {
    /// Begins to write by a node.
    fn begin(node: &Arc<Node>) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let writer = |number: usize| {
            let (node, is_over, who) = (node.clone(), is_over.clone(), user(&format!("user{number}")));
            tokio::spawn(async move {
                let mut acknowledged = 0;
                for text in 1.. {
                    if is_over.load(Ordering::SeqCst) {
                        break;
                    }
                    let (said, time) = timed(node.say(&who, &text.to_string())).await;
                    assert!(time < MOST, "{time:?}");
                    match said {
                        Ok(_) => acknowledged = text,
                        Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                    }
                }
                (who, acknowledged)
            })
        };
        let documents = tokio::spawn(write_documents(node.clone(), is_over.clone()));
        Self { writers: (0..USERS).map(writer).collect(), documents, is_over }
    }

    /// Ends the writing, and returns what was acknowledged.
    async fn end(self) -> Acknowledged {
        self.is_over.store(true, Ordering::SeqCst);
        let texts = join_all(self.writers).await.into_iter().map(|writer| writer.expect("it ends"));
        Acknowledged { texts: texts.collect(), documents: self.documents.await.expect("it ends") }
    }
}

/// What a user says, by a node.
async fn said(node: &Node, who: &UserId) -> usize {
    let said = node.said(who).await.expect("it is read").expect("a text");
    said.parse().expect("a number")
}

/// Nothing that was acknowledged is lost; and all nodes know the same, and were told of it.
async fn is_whole(acknowledged: &Acknowledged, nodes: &[&Arc<Node>], urls: Vec<String>) {
    let fresh = Node::on(urls).await;
    let there = fresh.witness.heard().documents;
    assert!(!acknowledged.documents.is_empty());
    for id in &acknowledged.documents {
        assert!(there.contains_key(&(Kind::Token, id.clone())), "{id} was acknowledged, and is not there");
    }
    for node in nodes {
        until("every node knows the same documents", async || node.witness.heard().documents == there).await;
    }
    for (who, text) in &acknowledged.texts {
        let there = said(&fresh, who).await;
        assert!(there >= *text, "{who} says {there}, and {text} was acknowledged");
        assert!(*text > 0, "{who} was never written");
        for node in nodes {
            until("every node knows what the engine has", async || said(node, who).await == there).await;
            let version = fresh.version(who).await;
            until("every node was told", async || {
                let heard = node.witness.heard();
                heard.changes.iter().any(|(other, number, _)| other == who && *number >= version)
            })
            .await;
        }
    }
}

/// Waits until writes are taken everywhere, by writing for others than the load does.
pub(super) async fn takes_writes(node: &Arc<Node>) {
    for number in 0..USERS {
        let who = user(&format!("probe{number}"));
        until("writes are taken", async || node.say(&who, "0").await.is_ok()).await;
    }
}

async fn pair(cluster: &RedisCluster) -> (Arc<Node>, Arc<Node>) {
    (Arc::new(Node::on(cluster.urls()).await), Arc::new(Node::on(cluster.urls()).await))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn masters_are_lost_and_nothing_that_was_acknowledged() {
    let failovers =
        env::var("PRESENCED_TEST_FAILOVERS").map_or(1, |rounds| rounds.parse().expect("a number"));
    let mut cluster = RedisCluster::start().await;
    let (one, other) = pair(&cluster).await;
    let mut outages = Vec::new();
    for round in 0..failovers {
        let load = Load::begin(&one);
        tokio::time::sleep(Duration::from_millis(500)).await;
        let masters: Vec<usize> = cluster.places_of_masters();
        let lost = masters[round % masters.len()];
        cluster.servers[lost].signal("KILL");
        let ((), outage) = timed(takes_writes(&other)).await;
        outages.push(outage);
        tokio::time::sleep(Duration::from_millis(500)).await;
        let acknowledged = load.end().await;
        is_whole(&acknowledged, &[&one, &other], cluster.urls()).await;
        cluster.revive(lost).await;
    }
    outages.sort_unstable();
    figure(&format!("{failovers} failovers: writes were refused for {outages:.1?}"));
    assert!(outages[failovers - 1] < Duration::from_secs(15), "{outages:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn a_master_that_stands_still_and_wakes_as_a_replica_takes_nothing_back() {
    let cluster = RedisCluster::start().await;
    let (one, other) = pair(&cluster).await;
    let load = Load::begin(&one);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let asleep = cluster.places_of_masters()[0];
    cluster.servers[asleep].signal("STOP");
    takes_writes(&other).await;
    cluster.servers[asleep].signal("CONT");
    until("it follows its successor", async || cluster.servers[asleep].cli(&["role"]).starts_with("slave"))
        .await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let acknowledged = load.end().await;
    is_whole(&acknowledged, &[&one, &other], cluster.urls()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn what_a_replica_that_stands_still_did_not_get_was_not_acknowledged() {
    let cluster = RedisCluster::start().await;
    let (one, other) = pair(&cluster).await;
    let load = Load::begin(&one);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let lost = cluster.places_of_masters()[0];
    let behind = cluster.place_of_replica(lost);
    cluster.servers[behind].signal("STOP");
    let unconfirmed = || one.store.figures().counted.unconfirmed.expect("a count").get();
    until("writes are refused", async || unconfirmed() > 0).await;
    cluster.servers[lost].signal("KILL");
    cluster.servers[behind].signal("CONT");
    takes_writes(&other).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let acknowledged = load.end().await;
    figure(&format!("{} writes were refused that no replica confirmed", unconfirmed()));
    is_whole(&acknowledged, &[&one, &other], cluster.urls()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn slots_that_move_while_they_are_written_lose_nothing() {
    let cluster = RedisCluster::start().await;
    let (one, other) = pair(&cluster).await;
    let load = Load::begin(&one);
    let masters = cluster.masters();
    let id = |server: &RedisServer| server.cli(&["cluster", "myid"]);
    let place = format!("127.0.0.1:{}", masters[0].port);
    let (from, to) = (id(masters[0]), id(masters[1]));
    let reshard = move || {
        let mut command = Command::new("redis-cli");
        command.args(["--cluster", "reshard", &place, "--cluster-from", &from, "--cluster-to", &to]);
        command.args(["--cluster-slots", "2000", "--cluster-yes"]).stdout(Stdio::null());
        command.status().expect("redis-cli runs")
    };
    let moved = tokio::task::spawn_blocking(reshard).await.expect("it ends");
    assert!(moved.success());
    tokio::time::sleep(Duration::from_millis(500)).await;
    let acknowledged = load.end().await;
    is_whole(&acknowledged, &[&one, &other], cluster.urls()).await;
}
