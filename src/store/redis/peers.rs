//! The nodes on a store: who lives, who is no more, and who does what has to be done once.

use std::{
    collections::BTreeMap,
    sync::Weak,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use redis::RedisResult;
use tokio::time::sleep;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    FORMAT, Shared,
    keys::DOCUMENTS,
    link::{now, value_of},
    script::{Call, LEASE},
};
use crate::{
    id::{NodeId, UserId},
    store::PARTITIONS,
};

/// How often a node says that it lives.
const BEAT: Duration = Duration::from_secs(1);

/// A node that was not heard of for so long, in milliseconds, is stood in for.
const SILENT: u64 = 3_000;

/// A node that came does what another did once that one has heard of it for so long, in milliseconds.
const JOINING: u64 = 2_000;

/// By then all have heard of a node that came, and left to it what is its.
const JOINED: u64 = JOINING + 1_500;

/// How many users of nodes that are no more are told of at once.
const DESERTED: usize = 500;

/// The nodes as they were heard of last.
#[derive(Debug, Default)]
pub(super) struct Peers(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// When the engine was asked last, by its own clock, in milliseconds.
    now: u64,
    /// When each node was heard of.
    heard: BTreeMap<NodeId, u64>,
    /// When this node first heard of each; 0 of those that were there before it.
    came: BTreeMap<NodeId, u64>,
    /// Since when this node is heard without a pause.
    steady: Option<Instant>,
    /// When this node came back after others may have taken it for gone.
    missed: Option<u64>,
    /// The node whose connections are being ended, and how far that is.
    ending: Option<(NodeId, usize)>,
}

impl Peers {
    fn take(&self, own: NodeId, now_there: u64, heard: BTreeMap<NodeId, u64>) {
        let mut state = self.0.lock();
        state.steady.get_or_insert_with(now);
        let is_first = state.came.is_empty();
        let came = |node: NodeId, state: &State| match state.came.get(&node) {
            Some(came) => *came,
            None if is_first && node != own => 0,
            None => now_there,
        };
        state.came = heard.keys().map(|node| (*node, came(*node, &state))).collect();
        (state.now, state.heard) = (now_there, heard);
    }

    /// The engine did not answer: nobody can be heard, which says nothing of who lives.
    fn stumble(&self) {
        self.0.lock().steady = None;
    }

    /// This node was not heard of for long; but for its first moment.
    fn miss(&self, now_there: u64) {
        let mut state = self.0.lock();
        if !state.came.is_empty() {
            state.missed = Some(now_there);
        }
    }

    /// Whether others may have ended the connections of this node since that was asked last, and do so no more.
    pub(super) fn was_missed(&self) -> bool {
        let mut state = self.0.lock();
        let is_over = state.missed.is_some_and(|missed| missed + SILENT < state.now);
        if is_over {
            state.missed = None;
        }
        is_over
    }

    /// Whether a node is the one, of those that live, who does what has this name. One that came a moment ago does nothing
    /// yet, unless it is alone.
    pub(super) fn leads(&self, own: NodeId, name: &[u8]) -> bool {
        let state = self.0.lock();
        let lives = |heard: &u64| heard + SILENT > state.now;
        let is_in = |node: NodeId| {
            let since = if node == own { JOINED } else { JOINING };
            state.came.get(&node).is_some_and(|came| came + since <= state.now)
        };
        let others = state.heard.iter().filter(|(node, heard)| **node != own && lives(heard));
        let mut others = others.map(|(node, _)| *node).filter(|node| is_in(*node)).peekable();
        let is_alone = others.peek().is_none();
        let first = others.max_by_key(|node| rank(*node, name));
        is_alone || is_in(own) && first.is_none_or(|first| rank(first, name) < rank(own, name))
    }

    /// How many nodes live, this one among them.
    pub(super) fn living(&self) -> usize {
        let state = self.0.lock();
        state.heard.values().filter(|heard| *heard + SILENT > state.now).count()
    }

    /// A node that is no more, and whose connections this one is to end.
    fn gone(&self, own: NodeId, lease: Duration) -> Option<NodeId> {
        let (gone, is_steady) = {
            let state = self.0.lock();
            let millis = u64::try_from(lease.as_millis()).unwrap_or(u64::MAX);
            // After an outage all have to be given the time to be heard of.
            let is_steady = state.steady.is_some_and(|since| now().duration_since(since) >= lease);
            let gone = state.heard.iter().find(|(node, heard)| **node != own && **heard + millis < state.now);
            (gone.map(|(node, _)| *node), is_steady)
        };
        gone.filter(|gone| is_steady && self.leads(own, &gone.0.to_be_bytes()))
    }
}

/// The node with the highest rank does it; each name has an order of its own.
fn rank(node: NodeId, name: &[u8]) -> u64 {
    xxh3_64(&[&node.0.to_be_bytes(), name].concat())
}

/// How a node is listed: its name, and the newest format that it reads.
fn member(node: NodeId) -> String {
    format!("{:x}:{FORMAT}", node.0)
}

fn parse_member(text: &str) -> Option<NodeId> {
    let (name, _) = text.split_once(':')?;
    u64::from_str_radix(name, 16).ok().map(NodeId)
}

/// Says that this node lives, and sets right what it holds, until the store is gone.
pub(super) async fn live(store: Weak<Shared>) {
    for partition in (0..PARTITIONS).cycle() {
        sleep(BEAT).await;
        let Some(store) = store.upgrade() else { return };
        if let Err(error) = store.beat().await {
            store.peers.stumble();
            tracing::debug!(%error, "the engine was not told that this node lives");
        }
        // One after the other, so that nothing that is held is wrong for long.
        if let Err(error) = store.repair(partition).await {
            tracing::debug!(%error, partition, "what is held was not compared");
        }
    }
}

impl Shared {
    /// Says that this node lives, and hears who else does.
    pub(super) async fn beat(&self) -> RedisResult<()> {
        self.lease("stay").await
    }

    /// Says that this node is about to end: others end what is left of its connections at once.
    pub(super) async fn leave(&self) -> RedisResult<()> {
        self.lease("leave").await
    }

    async fn lease(&self, what: &str) -> RedisResult<()> {
        let call = Call::new(&LEASE, vec![self.keys.nodes()]).arg(member(self.name)).arg(what);
        let (now, before, listed): (u64, String, Vec<String>) =
            value_of(Some(self.asked_on(DOCUMENTS).call_one(call).await?))?;
        let lease = u64::try_from(self.settings.node_lease.as_millis()).unwrap_or(u64::MAX);
        // A score is written as a whole number while it is one.
        let is_held = before.parse().is_ok_and(|before: u64| before.saturating_add(lease) >= now);
        if !is_held {
            self.peers.miss(now);
        }
        let pairs = listed.chunks_exact(2);
        let heard = pairs.filter_map(|pair| Some((parse_member(&pair[0])?, pair[1].parse::<f64>().ok()?)));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "moments are whole and positive"
        )]
        self.peers.take(self.name, now, heard.map(|(node, heard)| (node, heard as u64)).collect());
        Ok(())
    }

    /// Users who have connections to a node that is no more. One whose record knows of none is left out.
    pub(super) async fn deserted(&self) -> Vec<(UserId, NodeId)> {
        let Some(gone) = self.peers.gone(self.name, self.settings.node_lease) else { return Vec::new() };
        self.deserted_of(gone).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the connections of a node that is gone could not be read");
            Vec::new()
        })
    }

    async fn deserted_of(&self, gone: NodeId) -> RedisResult<Vec<(UserId, NodeId)>> {
        let mut partition = match self.peers.0.lock().ending {
            Some((node, partition)) if node == gone => partition,
            _ => {
                tracing::warn!(node = format!("{:x}", gone.0), "a node is gone: its connections end");
                0
            }
        };
        let mut deserted = Vec::new();
        while partition < PARTITIONS && deserted.len() < DESERTED {
            let found = self.connected_to(gone, partition).await?;
            // Those who are told of now are looked at again, until none is left.
            if found.is_empty() {
                partition += 1;
            } else {
                deserted.extend(found.into_iter().map(|user| (user, gone)));
                break;
            }
        }
        self.peers.0.lock().ending = (partition < PARTITIONS).then_some((gone, partition));
        if partition == PARTITIONS {
            let mut forget = redis::cmd("ZREM");
            forget.arg(self.keys.nodes()).arg(member(gone));
            self.links().feed.run(&self.keys.nodes(), vec![forget]).await?;
            tracing::info!(
                node = format!("{:x}", gone.0),
                "all connections of the node that is gone have ended"
            );
        }
        Ok(deserted)
    }

    /// Who of a partition is connected to a node. Those of whom that is not so any more are taken out of the set.
    async fn connected_to(&self, node: NodeId, partition: usize) -> RedisResult<Vec<UserId>> {
        let key = self.keys.connected(partition, node);
        let mut read = redis::cmd("SRANDMEMBER");
        read.arg(&key).arg(DESERTED);
        let ids: Vec<String> = value_of(self.links().feed.run(&key, vec![read]).await?.pop())?;
        let mut users = Vec::new();
        let mut stale: Vec<String> = Vec::new();
        for id in ids {
            let value = match id.parse::<UserId>() {
                Ok(user) => self.fetch(&user).await?.map(|value| (user, value)),
                Err(_) => None,
            };
            match value.and_then(|(user, value)| Some((user, value.record().ok()?))) {
                Some((user, record)) if record.nodes().contains(&node) => users.push(user),
                _ => stale.push(id),
            }
        }
        if !stale.is_empty() {
            let mut forget = redis::cmd("SREM");
            forget.arg(&key).arg(&stale);
            self.links().feed.run(&key, vec![forget]).await?;
        }
        Ok(users)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_once_goes_to_a_node_that_came_after_a_while_and_is_done_by_one_at_a_time() {
        let (old, new) = (NodeId(1), NodeId(2));
        let (of_old, of_new) = (Peers::default(), Peers::default());
        let names: Vec<String> = (0..20).map(|number| format!("name{number}")).collect();
        let done = |peers: &Peers, own: NodeId| {
            let led = names.iter().filter(|name| peers.leads(own, name.as_bytes()));
            led.cloned().collect::<Vec<_>>()
        };
        of_old.take(old, 10_000, BTreeMap::from([(old, 10_000)]));
        assert_eq!(done(&of_old, old).len(), names.len(), "it is alone");
        let both = |now| BTreeMap::from([(old, now), (new, now)]);
        of_new.take(new, 20_000, both(20_000));
        // The one that was there hears of the other a beat later, at most.
        for now in (20_900..25_000).step_by(100) {
            of_old.take(old, now, both(now));
            of_new.take(new, now, both(now));
            let (by_old, by_new) = (done(&of_old, old), done(&of_new, new));
            assert!(by_old.iter().all(|name| !by_new.contains(name)), "{now}");
            let all = if (22_900..23_500).contains(&now) { by_old.len() } else { names.len() };
            assert_eq!(by_old.len() + by_new.len(), all, "{now}");
        }
        assert!(!done(&of_new, new).is_empty());
        // One that is gone is stood in for.
        of_new.take(new, 30_000, BTreeMap::from([(old, 30_000 - SILENT), (new, 30_000)]));
        assert_eq!(done(&of_new, new).len(), names.len());
    }
}
