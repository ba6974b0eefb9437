//! The store that servers share, on an engine of its own.

use std::{fs, sync::Arc};

use presenced::{clock::ManualClock, presence::Timestamp, store::RedisStore};

use super::{concurrent_updates_all_count, conforms};
use crate::support::engine::{RedisCluster, RedisServer, settings, store_on};

/// A store whose numbers begin at nothing, as the suite wants them.
async fn store(urls: Vec<String>) -> Arc<RedisStore> {
    Arc::new(store_on(settings(urls), Arc::new(ManualClock::at(Timestamp::from_millis(0)))).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn the_store_on_one_redis_conforms() {
    let engine = RedisServer::start().await;
    let store = store(vec![engine.url()]).await;
    conforms(&*store).await;
    concurrent_updates_all_count(store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn the_store_on_a_redis_cluster_conforms() {
    let cluster = RedisCluster::start().await;
    let store = store(cluster.urls()).await;
    conforms(&*store).await;
    concurrent_updates_all_count(store).await;
}

/// From tokio 1.54 a future whose budget is spent keeps what it got of the lock that it waits for. redis 1.8 does not go on
/// with its commands before it has the same lock for itself, to take in that a slot has moved: with many of them under way
/// it never has, and the connection stands still until it is given up.
#[test]
fn the_runtime_is_one_with_which_a_connection_to_a_cluster_goes_on() {
    let lock = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock")).expect("a lock file");
    let version = |name: &str| {
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \"1.")).expect("it is used");
        rest.split('.').next().and_then(|minor| minor.parse::<u32>().ok()).expect("a number")
    };
    assert_eq!(
        version("redis"),
        8,
        "try failover::slots_that_move_while_they_are_written_lose_nothing with it"
    );
    assert!(version("tokio") < 54);
}
