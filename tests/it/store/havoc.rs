//! Three nodes on a cluster, of which nodes and servers of the engine are killed at random while users say things at random.
//! With `PRESENCED_TEST_FAILOVERS` there are as many rounds.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    sync::Arc,
    time::Duration,
};

use fastrand::Rng;
use presenced::id::UserId;

use super::{
    failover::takes_writes,
    failures::{Node, timed},
    user,
};
use crate::support::{
    engine::{RedisCluster, until},
    figure,
};

const NODES: usize = 3;
const USERS: usize = 24;

/// How many things are said between two looks.
const EACH: usize = 150;

/// No write may hang for longer.
const MOST: Duration = Duration::from_secs(5);

/// What a user may say: the last that was acknowledged, or what was refused after it, which may stand nevertheless.
struct Said(BTreeSet<Option<String>>);

impl Default for Said {
    fn default() -> Self {
        Self([None].into())
    }
}

impl Said {
    fn note(&mut self, text: String, is_acknowledged: bool) {
        if is_acknowledged {
            self.0.clear();
        }
        self.0.insert(Some(text));
    }
}

/// Lets users say things by any of the nodes, one after the other.
async fn talk(
    random: &mut Rng,
    nodes: &[Arc<Node>],
    model: &mut BTreeMap<UserId, Said>,
    round: usize,
) -> usize {
    let mut refused = 0;
    for step in 0..EACH {
        let (who, text) = (user(&format!("user{}", random.usize(..USERS))), format!("{round}.{step}"));
        let node = random.choice(nodes).expect("a node");
        let (said, time) = timed(node.say(&who, &text)).await;
        assert!(time < MOST, "{time:?}");
        refused += usize::from(said.is_err());
        model.entry(who).or_default().note(text, said.is_ok());
    }
    refused
}

/// All nodes show of each user the same, which is what they said; and were told of it.
async fn agree(nodes: &[Arc<Node>], model: &BTreeMap<UserId, Said>, urls: Vec<String>) {
    let fresh = Node::on(urls).await;
    for (who, said) in model {
        let (shown, _, version) = fresh.own(who).await;
        assert!(said.0.contains(&shown), "{who} says {shown:?}, and should say one of {:?}", said.0);
        for node in nodes {
            until("every node shows the same", async || {
                node.said(who).await.is_ok_and(|there| there == shown)
            })
            .await;
            until("every node was told", async || {
                let heard = node.witness.heard();
                heard.changes.iter().any(|(other, number, _)| other == who && *number >= version)
            })
            .await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn what_three_nodes_say_is_true_whatever_is_killed() {
    let rounds: usize =
        env::var("PRESENCED_TEST_FAILOVERS").map_or(2, |rounds| rounds.parse().expect("a number"));
    let mut random = Rng::with_seed(22);
    let mut cluster = RedisCluster::start().await;
    let mut nodes = Vec::new();
    for _ in 0..NODES {
        nodes.push(Arc::new(Node::on(cluster.urls()).await));
    }
    let (mut model, mut refused, mut said) = (BTreeMap::new(), 0, 0);
    for round in 0..rounds {
        refused += talk(&mut random, &nodes, &mut model, round * 2).await;
        // A node is gone without a word, or a server of the engine, whatever it is; or both.
        let (kills_node, kills_server) = [(true, false), (false, true), (true, true)][random.usize(..3)];
        let lost = random.usize(..cluster.servers.len());
        if kills_server {
            cluster.servers[lost].signal("KILL");
        }
        if kills_node {
            nodes.remove(random.usize(..nodes.len()));
        }
        refused += talk(&mut random, &nodes, &mut model, round * 2 + 1).await;
        if kills_server {
            // It keeps nothing: before another has taken its place, all that the two had would be gone with it.
            takes_writes(&nodes[0]).await;
            cluster.revive(lost).await;
        }
        said += 2 * EACH;
        agree(&nodes, &model, cluster.urls()).await;
        while nodes.len() < NODES {
            nodes.push(Arc::new(Node::on(cluster.urls()).await));
        }
        // Whoever came late was told of what came since.
        for number in 0..USERS {
            let who = user(&format!("user{number}"));
            let text = format!("{round} is over");
            until("writes are taken", async || nodes[0].say(&who, &text).await.is_ok()).await;
            model.entry(who).or_default().note(text, true);
        }
    }
    agree(&nodes, &model, cluster.urls()).await;
    figure(&format!(
        "{rounds} rounds, {said} things said while something was killed: {refused} were refused"
    ));
}
