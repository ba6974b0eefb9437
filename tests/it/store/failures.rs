//! What an engine may do to the servers on it, and what they make of that. Time passes here: it is the engine's.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use presenced::{
    clock::{Clock as _, SystemClock},
    id::{NodeId, UserId},
    presence::{Audiences, Input, Record, Rules, State, Status},
    store::{
        Document, Effect, Keep, Kind, Outlook, RedisStore, Revision, Store, StoreError, Written,
        redis::Settings,
    },
};

use super::{EVERYTHING, Witness, user};
use crate::support::{
    engine::{RedisCluster, RedisServer, settings, store_on, until},
    figure,
};

/// A node on an engine, by the time that it is.
pub(super) struct Node {
    pub(super) store: RedisStore,
    pub(super) witness: Arc<Witness>,
    name: NodeId,
    pub(super) clock: Arc<SystemClock>,
}

impl Node {
    pub(super) async fn on(urls: Vec<String>) -> Self {
        Self::with(settings(urls)).await
    }

    pub(super) async fn with(settings: Settings) -> Self {
        let clock = Arc::new(SystemClock::start());
        let store = store_on(settings, clock.clone()).await;
        let (witness, name) = Witness::named(&store, clock.now()).await;
        Self { store, witness, name, clock }
    }

    /// Applies an input now.
    pub(super) async fn apply(&self, user: &UserId, input: Input) -> Result<Record, StoreError> {
        let rules = Rules::default();
        let edit = |record: &mut Record| {
            let (micros, before) = (self.clock.micros(), record.clone());
            let now = self.clock.now();
            record.apply(&input, now, &rules);
            let audiences = record.news_since(&before, now, &rules);
            Effect { micros, audiences, keep: Keep::Acknowledged, outlook: Outlook::of(record, now, &rules) }
        };
        self.store.update(user, EVERYTHING, &edit).await
    }

    pub(super) async fn say(&self, user: &UserId, text: &str) -> Result<Record, StoreError> {
        self.apply(user, Input::Status(Status::lasting(text))).await
    }

    /// What a user says, as this node reads it.
    pub(super) async fn said(&self, user: &UserId) -> Result<Option<String>, StoreError> {
        let mut found = None;
        let now = self.clock.now();
        let mut look = |_: usize, record: &Record| {
            found = record.at(now, &Rules::default()).status.map(|text| text.to_string());
        };
        self.store.read(&[user], &mut look).await?;
        Ok(found)
    }

    /// What a user says to themselves, whether they are invisible, and the number of their last change, as this node reads
    /// it.
    pub(super) async fn own(&self, user: &UserId) -> (Option<String>, bool, u64) {
        let mut found = (None, false, 0);
        let now = self.clock.now();
        let mut look = |_: usize, record: &Record| {
            let status = record.own_at(now, &Rules::default()).status.map(|text| text.to_string());
            found = (status, record.is_invisible(), record.version());
        };
        self.store.read(&[user], &mut look).await.expect("it is read");
        found
    }

    /// The number of a user's last change, as this node reads it.
    pub(super) async fn version(&self, user: &UserId) -> u64 {
        self.own(user).await.2
    }

    /// How often this node was told of a user.
    fn told_of(&self, user: &UserId) -> usize {
        self.witness.heard().changes.iter().filter(|(other, ..)| other == user).count()
    }
}

/// How long something takes.
#[expect(clippy::disallowed_methods, reason = "how long an engine is waited for is measured")]
pub(super) async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let begun = Instant::now();
    let done = work.await;
    (done, begun.elapsed())
}

const MOST: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn what_one_node_does_another_hears_of_soon_and_once() {
    let engine = RedisServer::start().await;
    let (one, other) = (Node::on(vec![engine.url()]).await, Node::on(vec![engine.url()]).await);
    let mut lags = Vec::new();
    for number in 0..100 {
        let who = user(&format!("user{number}"));
        one.say(&who, "here").await.expect("it is taken");
        assert_eq!(one.told_of(&who), 1);
        let ((), lag) = timed(until("the other is told", async || other.told_of(&who) == 1)).await;
        lags.push(lag);
        assert_eq!(other.said(&who).await.expect("it is read").as_deref(), Some("here"));
    }
    lags.sort_unstable();
    figure(&format!("set on one node, told on another: p50 {:?}, p99 {:?}", lags[50], lags[98]));
    assert!(lags[98] < Duration::from_secs(2));
    other.store.settled().await;
    let mut told = BTreeMap::new();
    other.witness.heard().changes.iter().for_each(|(user, ..)| *told.entry(user.clone()).or_insert(0) += 1);
    assert!(told.values().all(|times| *times == 1), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn writes_of_two_nodes_to_one_user_all_count() {
    let engine = RedisServer::start().await;
    let nodes = [Node::on(vec![engine.url()]).await, Node::on(vec![engine.url()]).await];
    let who = user("busy");
    let device = |number: usize| format!("device{number}").parse().expect("a device id");
    let writes = (0..40).map(|number| {
        let input = Input::Claim { device: device(number), state: State::Unavailable };
        nodes[number % 2].apply(&who, input)
    });
    join_all(writes).await.into_iter().for_each(|written| drop(written.expect("it is taken")));
    // Claims that nobody sees are not told to nodes that hold the record: what the engine has counts.
    let fresh = Node::on(vec![engine.url()]).await;
    let mut devices = BTreeSet::new();
    let mut look = |_: usize, record: &Record| {
        let line = serde_json::to_value(record).expect("a record has a JSON form");
        devices
            .extend(line["claims"].as_array().into_iter().flatten().map(|claim| claim["device"].to_string()));
    };
    fresh.store.read(&[&who], &mut look).await.expect("it is read");
    assert_eq!(devices.len(), 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn documents_have_one_order_on_all_nodes() {
    let engine = RedisServer::start().await;
    let (one, other) = (Node::on(vec![engine.url()]).await, Node::on(vec![engine.url()]).await);
    let token = |number: usize| vec![Document::put(Kind::Token, format!("token{number}"), &number)];
    for number in 0..20 {
        let node = [&one, &other][number % 2];
        // Whoever is behind hears of what came between, and tries again.
        until("it is written", async || {
            let known = node.witness.heard().revision;
            let written = node.store.write(token(number), known, node.clock.micros()).await;
            matches!(written.expect("the engine is there"), Written::At(_))
        })
        .await;
    }
    let late = Node::on(vec![engine.url()]).await;
    until("all know the same", async || {
        let (one, other, late) = (one.witness.heard(), other.witness.heard(), late.witness.heard());
        one.documents.len() == 20 && one.documents == other.documents && one.documents == late.documents
    })
    .await;
    // A gap in the log: everything is read anew, and what was removed meanwhile is gone.
    let known = one.witness.heard().revision;
    let gone = vec![Document::removed(Kind::Token, "token3")];
    one.store.write(gone, known, one.clock.micros()).await.expect("it is taken");
    engine.cli(&["xtrim", "presenced:ev:{dir}", "maxlen", "0"]);
    until("all know of it", async || {
        [&one, &other, &late].iter().all(|node| node.witness.heard().documents.len() == 19)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn whoever_catches_up_knows_what_was_written_before() {
    let engine = RedisServer::start().await;
    let (one, other) = (Node::on(vec![engine.url()]).await, Node::on(vec![engine.url()]).await);
    for number in 0..20 {
        let known = one.witness.heard().revision;
        let document = Document::put(Kind::Pass, format!("pass{number}"), &number);
        one.store.write(vec![document], known, one.clock.micros()).await.expect("it is taken");
        let caught_up = join_all((0..20).map(|_| async {
            other.store.catch_up().await.expect("the engine is there");
            other.witness.heard().documents.len()
        }));
        assert_eq!(caught_up.await, vec![number + 1; 20]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn what_passes_leaves_nothing() {
    let engine = RedisServer::start().await;
    let node = Node::on(vec![engine.url()]).await;
    let write = async |documents| {
        let known = node.witness.heard().revision;
        node.store.write(documents, known, node.clock.micros()).await.expect("it is taken");
    };
    write(vec![Document::put(Kind::Pass, "pass", &1), Document::put(Kind::Token, "token", &1)]).await;
    write(vec![Document::removed(Kind::Pass, "pass"), Document::removed(Kind::Token, "token")]).await;
    assert_eq!(node.witness.heard().documents.len(), 0);
    assert_eq!(engine.cli(&["zrange", "presenced:gone:{dir}", "0", "-1"]).trim(), "ttoken");
    assert_eq!(engine.cli(&["exists", "presenced:dc:{dir}:pass"]).trim(), "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn an_engine_that_forgets_scripts_and_connections_is_not_noticed() {
    let engine = RedisServer::start().await;
    let node = Node::on(vec![engine.url()]).await;
    let who = user("alice");
    for number in 0..20 {
        match number % 2 {
            0 => engine.cli(&["script", "flush"]),
            _ => engine.cli(&["client", "kill", "type", "normal"]),
        };
        let text = number.to_string();
        let (said, time) = timed(node.say(&who, &text)).await;
        said.expect("it is taken");
        assert!(time < MOST, "{time:?}");
        assert_eq!(node.said(&who).await.expect("it is read"), Some(text));
    }
    assert_eq!(node.store.health(), Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn an_engine_that_stands_still_is_told_and_comes_back() {
    let engine = RedisServer::start().await;
    let node = Node::on(vec![engine.url()]).await;
    let (known, unknown) = (user("known"), user("unknown"));
    node.say(&known, "here").await.expect("it is taken");
    engine.signal("STOP");
    for _ in 0..3 {
        let (read, time) = timed(node.said(&known)).await;
        assert_eq!(read.expect("it is held").as_deref(), Some("here"));
        assert!(time < MOST, "{time:?}");
        let (read, time) = timed(node.said(&unknown)).await;
        assert!(read.is_err() && time < MOST, "{read:?} {time:?}");
        let (written, time) = timed(node.say(&known, "elsewhere")).await;
        assert!(written.is_err() && time < MOST, "{written:?} {time:?}");
    }
    until("its health is told", async || node.store.health().is_err()).await;
    engine.signal("CONT");
    until("it takes writes again", async || node.say(&known, "back").await.is_ok()).await;
    until("its health is told", async || node.store.health().is_ok()).await;
    assert_eq!(node.said(&known).await.expect("it is read").as_deref(), Some("back"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn an_engine_that_is_busy_for_long_is_waited_for() {
    let engine = RedisServer::start_with(&["--enable-debug-command", "yes"]).await;
    let node = Node::on(vec![engine.url()]).await;
    let who = user("alice");
    for (seconds, is_soon) in [("1", true), ("6", false)] {
        node.say(&who, "here").await.expect("it is taken");
        let mut sleep = engine.begin(&["debug", "sleep", seconds]);
        let mut was_taken = None;
        until("it sleeps", async || {
            let (written, time) = timed(node.say(&who, "there")).await;
            assert!(time < MOST, "{time:?}");
            was_taken = (time > Duration::from_millis(300)).then_some(written.is_ok());
            was_taken.is_some()
        })
        .await;
        assert_eq!(was_taken, Some(is_soon), "{seconds}");
        until("it takes writes again", async || node.say(&who, "back").await.is_ok()).await;
        until("its health is told", async || node.store.health().is_ok()).await;
        sleep.wait().expect("it has woken");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn an_engine_without_memory_refuses_writes_and_is_read() {
    let engine = RedisServer::start().await;
    let node = Node::on(vec![engine.url()]).await;
    let who = user("alice");
    node.say(&who, "here").await.expect("it is taken");
    engine.cli(&["config", "set", "maxmemory", "1"]);
    assert!(matches!(node.say(&who, "more").await, Err(StoreError::Refused(why)) if why.contains("OOM")));
    assert!(node.store.health().is_err());
    assert_eq!(node.said(&who).await.expect("it is read").as_deref(), Some("here"));
    // Watchers are told on: the watermark goes on.
    let before = node.witness.heard().complete;
    until("the watermark goes on", async || node.witness.heard().complete > before).await;
    engine.cli(&["config", "set", "maxmemory", "0"]);
    until("it takes writes again", async || node.say(&who, "more").await.is_ok()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn the_connections_of_a_node_that_is_gone_end_once() {
    let engine = RedisServer::start().await;
    let (gone, left) = (Node::on(vec![engine.url()]).await, Node::on(vec![engine.url()]).await);
    let users: Vec<UserId> = (0..5).map(|number| user(&format!("user{number}"))).collect();
    let device = || "phone".parse().expect("a device id");
    for who in &users {
        let connect = Input::Connect { device: device(), node: gone.name, state: State::Online };
        gone.apply(who, connect).await.expect("it is taken");
    }
    assert_eq!(left.store.deserted().await, []);
    let name = gone.name;
    // It does not say that it goes.
    drop(gone);
    let mut ended = BTreeSet::new();
    until("all connections have ended", async || {
        for (who, node) in left.store.deserted().await {
            assert_eq!(node, name);
            left.apply(&who, Input::EndNode { node }).await.expect("it is taken");
            assert!(ended.insert(who), "it has ended before");
        }
        ended.len() == users.len()
    })
    .await;
    until("the node is forgotten", async || {
        left.store.deserted().await.is_empty() && engine.cli(&["zcard", "presenced:nodes:{dir}"]) == "1"
    })
    .await;
    assert_eq!(engine.cli(&["--scan", "--pattern", "presenced:cn:*"]), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn a_node_that_was_taken_for_gone_is_told_once() {
    let engine = RedisServer::start().await;
    let node = Node::on(vec![engine.url()]).await;
    let listed = engine.cli(&["zrange", "presenced:nodes:{dir}", "0", "-1"]);
    assert!(!node.store.was_given_up());
    assert_eq!(engine.cli(&["zrem", "presenced:nodes:{dir}", &listed]), "1");
    until("it is told", async || node.store.was_given_up()).await;
    assert!(!node.store.was_given_up());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn what_is_to_be_done_once_is_done_by_one_node_and_soon_by_another() {
    let engine = RedisServer::start().await;
    let (one, other) = (Node::on(vec![engine.url()]).await, Node::on(vec![engine.url()]).await);
    let names: Vec<String> = (0..50).map(|number| format!("subscription{number}")).collect();
    let leads = |node: &Node| names.iter().filter(|name| node.store.leads(name)).count();
    until("each is done by one of the two, and both do some", async || {
        let (by_one, by_other) = (leads(&one), leads(&other));
        by_one + by_other == names.len() && by_one.min(by_other) > 5
    })
    .await;
    assert!(names.iter().all(|name| one.store.leads(name) != other.store.leads(name)));
    // It does not say that it goes.
    drop(one);
    let ((), time) = timed(until("all is done by the other", async || leads(&other) == names.len())).await;
    figure(&format!("a node is stood in for after {time:?}"));
    assert!(time < MOST, "{time:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn what_two_nodes_sweep_at_once_happens_once() {
    let engine = RedisServer::start().await;
    let nodes = [Node::on(vec![engine.url()]).await, Node::on(vec![engine.url()]).await];
    let who = user("alice");
    let rules = Rules::default();
    let input = Input::Claim { device: "phone".parse().expect("a device id"), state: State::Online };
    nodes[0].apply(&who, input).await.expect("it is taken");
    // The moment of the turn, whatever the time: both are asked for it.
    let later = nodes[0].clock.now() + Duration::from_secs(61);
    let edit = |record: &mut Record| {
        let audiences = record.news_since(record, later, &rules);
        let outlook = Outlook::of(record, later, &rules);
        Effect { micros: later.as_millis() * 1_000, audiences, keep: Keep::Derived, outlook }
    };
    join_all(nodes.iter().map(|node| node.store.update(&who, EVERYTHING, &edit))).await;
    for node in &nodes {
        until("both are told", async || node.told_of(&who) >= 2).await;
        node.store.settled().await;
    }
    let told: Vec<Vec<(u64, Audiences)>> = nodes
        .iter()
        .map(|node| {
            let heard = node.witness.heard();
            let of_user = heard.changes.iter().filter(|(other, ..)| *other == who);
            of_user.map(|(_, number, audiences)| (*number, *audiences)).collect()
        })
        .collect();
    assert_eq!(told[0], told[1]);
    let of_rooms =
        told[0].iter().filter(|(_, audiences)| audiences.contains(presenced::presence::Audience::Rooms));
    assert_eq!(of_rooms.count(), 2, "that they came, and that they turned: {told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn every_key_has_a_known_shape_and_its_slot() {
    let cluster = RedisCluster::start().await;
    let (one, other) = (Node::on(cluster.urls()).await, Node::on(cluster.urls()).await);
    for number in 0..50 {
        let who = user(&format!("user{number}"));
        let node = [&one, &other][number % 2];
        let input = Input::Connect {
            device: "phone".parse().expect("a device id"),
            node: node.name,
            state: State::Online,
        };
        node.apply(&who, input).await.expect("it is taken");
        node.say(&who, "here").await.expect("it is taken");
        if number % 5 == 0 {
            node.store.remove(&who, Revision(node.clock.micros())).await.expect("it is removed");
        }
    }
    let shape = regex::Regex::new(
        r"^presenced:(u:\{[0-9a-f]+\}:[0-3]|(dl|ev|mt|fl|pr|rm|ls):\{[0-9a-f]+\}|cn:\{[0-9a-f]+\}:[0-9a-f]+|(ev|mt|fl|gone|nodes|about):\{dir\}|dc:\{dir\}:[a-z-]+(:\d+)?)$",
    );
    let shape = shape.expect("a pattern");
    let mut slots: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for master in cluster.masters() {
        for key in master.cli(&["--scan"]).lines() {
            assert!(shape.is_match(key), "{key}");
            let tag = key.split(['{', '}']).nth(1).expect("a tag").to_owned();
            slots.entry(tag).or_default().insert(master.cli(&["cluster", "keyslot", key]));
        }
    }
    for (tag, slots) in slots {
        let slot: u16 = slots.first().expect("a slot").parse().expect("a number");
        assert!(slots.len() == 1 && (tag == "dir" || slot % 64 == 32), "{tag}: {slots:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server, which tests/run installs"]
async fn a_write_that_no_replica_confirms_is_refused() {
    for confirm in [None, Some(1)] {
        let cluster = RedisCluster::start().await;
        let mut settings = settings(cluster.urls());
        settings.confirm = confirm;
        settings.confirm_time = Duration::from_millis(200);
        let node = Node::with(settings).await;
        let who = user("alice");
        node.say(&who, "confirmed").await.expect("it is taken");
        for server in &cluster.servers {
            if server.cli(&["role"]).starts_with("slave") {
                server.signal("STOP");
            }
        }
        let refused = node.say(&who, "unconfirmed").await;
        assert!(
            matches!(&refused, Err(StoreError::Refused(why)) if why.contains("0 of 1 replicas")),
            "{confirm:?}: {refused:?}"
        );
        let unconfirmed = node.store.figures().counted.unconfirmed.expect("a count").get();
        assert_eq!(unconfirmed, 1);
    }
}
