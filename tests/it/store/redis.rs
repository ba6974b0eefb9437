//! The store that servers share, on an engine of its own.

use std::sync::Arc;

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
