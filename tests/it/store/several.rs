//! Three nodes that do at random what users do, and one model of what has to come of it.

use std::collections::BTreeMap;

use presenced::{
    id::UserId,
    presence::{Input, Override, Status},
};

use super::{failures::Node, user};
use crate::support::engine::RedisServer;

/// How many things happen, in rounds.
const ROUNDS: usize = 30;
const EACH: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn three_nodes_and_a_model_agree() {
    let mut random = fastrand::Rng::with_seed(22);
    let engine = RedisServer::start().await;
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Node::on(vec![engine.url()]).await);
    }
    // What each user says, and whether they are invisible.
    let mut model: BTreeMap<UserId, (Option<String>, bool)> = BTreeMap::new();
    for round in 0..ROUNDS {
        for step in 0..EACH {
            let who = user(&format!("user{}", random.usize(..8)));
            let (text, is_invisible) = model.entry(who.clone()).or_default();
            let input = match random.usize(..4) {
                0 => {
                    *is_invisible = random.bool();
                    let since = presenced::presence::Timestamp::from_millis(1);
                    Input::Override(if *is_invisible {
                        Override::Invisible { since }
                    } else {
                        Override::None
                    })
                }
                1 => {
                    *text = None;
                    Input::Status(None)
                }
                _ => {
                    *text = Some(format!("{round}.{step}"));
                    Input::Status(Status::lasting(text.as_deref().unwrap_or_default()))
                }
            };
            // Nobody waits for anybody: each builds on what another did a moment ago.
            random.choice(&nodes).expect("a node").apply(&who, input).await.expect("it is taken");
        }
        for node in &nodes {
            node.store.settled().await;
        }
        for (who, (text, is_invisible)) in &model {
            for node in &nodes {
                let (own, invisible, version) = node.own(who).await;
                assert_eq!(
                    (own.as_ref(), invisible),
                    (text.as_ref(), *is_invisible),
                    "{who} in round {round}"
                );
                let heard = node.witness.heard();
                let told = heard
                    .changes
                    .iter()
                    .filter(|(other, ..)| other == who)
                    .map(|(_, number, _)| *number)
                    .max();
                assert_eq!(told, Some(version).filter(|version| *version > 0), "{who} in round {round}");
                assert!(heard.complete >= version);
            }
        }
    }
    // Nobody was told of anything twice.
    for node in &nodes {
        let heard = node.witness.heard();
        let mut told: Vec<_> = heard.changes.iter().map(|(user, number, _)| (user, number)).collect();
        let all = told.len();
        told.sort_unstable();
        told.dedup();
        assert_eq!(told.len(), all);
    }
}
