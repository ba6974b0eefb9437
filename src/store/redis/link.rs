//! Connections to the engine, a single server or a cluster: which of the two it is shows when it is asked.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use parking_lot::RwLock;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, ErrorKind, IntoConnectionInfo as _, Pipeline,
    RedisError, RedisResult, ServerErrorKind, Value,
    aio::{ConnectionLike as _, MultiplexedConnection},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
    cluster_routing::{Route, RoutingInfo, SingleNodeRoutingInfo, SlotAddr},
    io::tcp::TcpSettings,
};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{Settings, script::Call};

/// How long it takes to be let in, at most.
const CONNECTING: Duration = Duration::from_secs(1);

/// How long a new connection to a cluster may take, of which a part may not answer.
const RENEWING: Duration = Duration::from_secs(3);

/// A new connection is given so long to get on.
const SETTLING: Duration = Duration::from_millis(500);

/// Between two attempts to reach an engine that is not ready.
const PAUSE: Duration = Duration::from_millis(50);

/// How often a cluster is asked again, before whoever asks is told that it does not answer. The time is bounded too.
const RETRIES: u32 = 32;

/// How many commands a server of a cluster is sent before it has answered. The library has room for 50 that wait to be sent,
/// and the rest wait for room: to find out where slots have moved to, it has to get past them, and does not meanwhile let
/// them go on.
const UNANSWERED: usize = 32;

/// How many calls go to a single server in one go.
const TOGETHER: usize = 64;

/// Connections for one purpose. Whoever waits on one of them holds up those behind alone.
pub(super) struct Link {
    lanes: Vec<Lane>,
    next: AtomicUsize,
    timeout: Duration,
}

enum Lane {
    Single(Box<Single>),
    Cluster(Arc<Cluster>),
}

/// A connection to a cluster. What it knows of the cluster may be past without that it hears of it, so it is made anew when
/// it does not answer.
struct Cluster {
    client: ClusterClient,
    connection: RwLock<ClusterConnection>,
    is_renewing: AtomicBool,
}

/// A connection to a single server, made anew when it breaks.
struct Single {
    clients: Vec<Client>,
    config: AsyncConnectionConfig,
    connection: Mutex<Connected>,
}

#[derive(Default)]
struct Connected {
    /// Counts the connections that there were.
    generation: usize,
    connection: Option<MultiplexedConnection>,
}

/// What a master says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Master {
    /// What names its history: a replica that takes its place begins another.
    pub(super) history: String,
    /// How many replicas follow it.
    pub(super) replicas: usize,
}

/// How the engine is reached.
pub(super) struct Engine {
    infos: Vec<ConnectionInfo>,
    is_cluster: bool,
}

impl Engine {
    /// Finds out what there is.
    pub(super) async fn find(settings: &Settings) -> RedisResult<Self> {
        let infos = settings.urls.iter().map(|url| info(url, settings)).collect::<RedisResult<Vec<_>>>()?;
        let mut engine = Self { infos, is_cluster: false };
        let single = engine.single(settings.timeout)?;
        let mut failure = RedisError::from((ErrorKind::InvalidClientConfig, "store.urls names no server"));
        for client in &single.clients {
            let asked = timeout(settings.timeout, about(client, &single.config, "cluster"));
            match asked.await.unwrap_or_else(|_| Err(late())) {
                Ok(text) => {
                    engine.is_cluster = text.contains("cluster_enabled:1");
                    return Ok(engine);
                }
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    fn single(&self, timeout: Duration) -> RedisResult<Single> {
        let clients = self.infos.iter().cloned().map(Client::open).collect::<RedisResult<_>>()?;
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECTING))
            .set_response_timeout(Some(timeout));
        Ok(Single { clients, config, connection: Mutex::default() })
    }

    /// So many connections for one purpose, where one answer may take so long, and all that it takes to get it.
    pub(super) async fn link(&self, lanes: usize, answer: Duration, timeout: Duration) -> RedisResult<Link> {
        let mut link = Link { lanes: Vec::new(), next: AtomicUsize::new(0), timeout };
        for _ in 0..lanes {
            let lane = if self.is_cluster {
                Lane::Cluster(Arc::new(Cluster::connect(self.cluster(answer, timeout)?).await?))
            } else {
                Lane::Single(Box::new(self.single(timeout)?))
            };
            link.lanes.push(lane);
        }
        Ok(link)
    }

    fn cluster(&self, answer: Duration, timeout: Duration) -> RedisResult<ClusterClient> {
        let builder = ClusterClient::builder(self.infos.clone())
            .connection_timeout(CONNECTING)
            .response_timeout(answer)
            .overall_response_timeout(Some(timeout))
            .retries(RETRIES)
            .min_retry_wait(20)
            .max_retry_wait(200)
            .connection_concurrency_limit(UNANSWERED)
            .tcp_settings(TcpSettings::default().set_nodelay(true));
        builder.build()
    }
}

/// How one server is reached.
fn info(url: &str, settings: &Settings) -> RedisResult<ConnectionInfo> {
    let info = url.into_connection_info()?;
    let mut redis = info.redis_settings().clone();
    if !settings.username.is_empty() {
        redis = redis.set_username(&settings.username);
    }
    if !settings.password.is_empty() {
        redis = redis.set_password(&settings.password);
    }
    Ok(info.set_redis_settings(redis).set_tcp_settings(TcpSettings::default().set_nodelay(true)))
}

/// A section of what a server says of itself.
async fn about(client: &Client, config: &AsyncConnectionConfig, section: &str) -> RedisResult<String> {
    let mut connection = Box::pin(client.get_multiplexed_async_connection_with_config(config)).await?;
    redis::cmd("INFO").arg(section).query_async(&mut connection).await
}

fn late() -> RedisError {
    (ErrorKind::Io, "it does not answer in time").into()
}

impl Cluster {
    async fn connect(client: ClusterClient) -> RedisResult<Self> {
        let connection = RwLock::new(client.get_async_connection().await?);
        Ok(Self { client, connection, is_renewing: AtomicBool::new(false) })
    }

    fn connection(&self) -> ClusterConnection {
        self.connection.read().clone()
    }

    /// Makes the connection anew, while the one that there is goes on with what it can do.
    fn renew(self: &Arc<Self>) {
        if self.is_renewing.swap(true, Ordering::SeqCst) {
            return;
        }
        let cluster = self.clone();
        tokio::spawn(async move {
            match timeout(RENEWING, cluster.client.get_async_connection()).await {
                Ok(Ok(connection)) => *cluster.connection.write() = connection,
                Ok(Err(error)) => tracing::debug!(%error, "no new connection to the cluster"),
                Err(_) => tracing::debug!("no new connection to the cluster in time"),
            }
            sleep(SETTLING).await;
            cluster.is_renewing.store(false, Ordering::SeqCst);
        });
    }
}

impl Single {
    /// The connection, and which one it is.
    async fn connected(&self) -> RedisResult<(usize, MultiplexedConnection)> {
        let mut connected = self.connection.lock().await;
        if let Some(connection) = &connected.connection {
            return Ok((connected.generation, connection.clone()));
        }
        let mut failure = late();
        for client in &self.clients {
            match Box::pin(self.connect(client)).await {
                Ok(connection) => {
                    connected.generation += 1;
                    connected.connection = Some(connection.clone());
                    return Ok((connected.generation, connection));
                }
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// A connection to a server that takes writes.
    async fn connect(&self, client: &Client) -> RedisResult<MultiplexedConnection> {
        let mut connection = client.get_multiplexed_async_connection_with_config(&self.config).await?;
        let role: Vec<Value> = redis::cmd("ROLE").query_async(&mut connection).await?;
        let is_master = matches!(role.first(), Some(Value::BulkString(role)) if role == b"master");
        is_master
            .then_some(connection)
            .ok_or_else(|| (ErrorKind::Server(ServerErrorKind::ReadOnly), "the server is a replica").into())
    }

    async fn forget(&self, generation: usize) {
        let mut connected = self.connection.lock().await;
        if connected.generation == generation {
            connected.connection = None;
        }
    }

    /// Sends commands, until they are answered or time is up.
    async fn send(&self, pipeline: &Pipeline) -> RedisResult<Vec<Value>> {
        loop {
            let answered = match self.connected().await {
                Ok((generation, mut connection)) => {
                    let answered = connection.req_packed_commands(pipeline, 0, pipeline.len()).await;
                    if !is_final(&answered) {
                        self.forget(generation).await;
                    }
                    answered
                }
                Err(error) => Err(error),
            };
            if is_final(&answered) {
                return answered;
            }
            sleep(PAUSE).await;
        }
    }
}

/// Whether asking again makes no difference.
fn is_final(answered: &RedisResult<Vec<Value>>) -> bool {
    match answered {
        Ok(values) => {
            !values.iter().any(|value| matches!(value, Value::ServerError(error) if is_passing(error.kind())))
        }
        Err(error) => {
            !(error.is_io_error() || error.is_connection_dropped() || is_passing_kind(error.kind()))
        }
    }
}

fn is_passing_kind(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Server(kind) if is_passing(Some(kind)))
}

fn is_passing(kind: Option<ServerErrorKind>) -> bool {
    use ServerErrorKind::{BusyLoading, MasterDown, ReadOnly};
    matches!(kind, Some(BusyLoading | MasterDown | ReadOnly))
}

impl Link {
    /// When whoever asks now is told that nobody answered.
    fn end(&self) -> Instant {
        Instant::from_std(now() + self.timeout)
    }

    /// Sends commands about keys of one slot, of which one is named.
    async fn send(&self, key: &str, pipeline: Pipeline, end: Instant) -> RedisResult<Vec<Value>> {
        let lane = self.next.fetch_add(1, Ordering::Relaxed) % self.lanes.len();
        let sent = async {
            match &self.lanes[lane] {
                Lane::Single(single) => single.send(&pipeline).await,
                Lane::Cluster(cluster) => {
                    let route = SingleNodeRoutingInfo::SpecificNode(Route::with_key(key, SlotAddr::Master));
                    let count = pipeline.len();
                    cluster.connection().route_pipeline(pipeline, 0, count, route).await
                }
            }
        };
        // On the heap: with all that a connection may need it is large.
        let answered = timeout_at(end, Box::pin(sent)).await.unwrap_or_else(|_| Err(late()));
        if let (Lane::Cluster(cluster), Err(error)) = (&self.lanes[lane], &answered)
            && !matches!(error.kind(), ErrorKind::Server(_))
        {
            cluster.renew();
        }
        answered
    }

    /// Runs commands about keys of one slot, of which one is named.
    pub(super) async fn run(&self, key: &str, commands: Vec<Cmd>) -> RedisResult<Vec<Value>> {
        let mut pipeline = redis::pipe();
        for command in commands {
            pipeline.add_command(command);
        }
        self.send(key, pipeline, self.end()).await?.into_iter().map(Value::extract_error).collect()
    }

    /// Calls scripts about keys of one slot, and with `wait` waits for so many replicas to have what they did, for so
    /// long; then the last answer is how many have it.
    pub(super) async fn call(
        &self,
        calls: &[Call],
        wait: Option<(usize, Duration)>,
    ) -> RedisResult<Vec<Value>> {
        let (end, mut by_hash) = (self.end(), true);
        loop {
            let mut pipeline = redis::pipe();
            for call in calls {
                pipeline.add_command(call.command(by_hash));
            }
            if let Some((replicas, time)) = wait {
                pipeline.cmd("WAIT").arg(replicas).arg(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
            }
            let values = self.send(calls[0].key(), pipeline, end).await?;
            // What was done nevertheless is known again, and done once.
            if !(by_hash && values.iter().any(is_unknown_script)) {
                return Ok(values);
            }
            by_hash = false;
        }
    }

    /// Calls a script.
    pub(super) async fn call_one(&self, call: Call) -> RedisResult<Value> {
        self.call(&[call], None).await?.pop().unwrap_or_default().extract_error()
    }

    /// Calls scripts about keys of many slots.
    pub(super) async fn call_all(&self, calls: Vec<Call>) -> Vec<RedisResult<Value>> {
        if matches!(self.lanes[0], Lane::Cluster(_)) {
            return join_all(calls.into_iter().map(|call| self.call_one(call))).await;
        }
        let parts = join_all(calls.chunks(TOGETHER).map(|calls| self.call(calls, None))).await;
        let answers =
            parts.into_iter().zip(calls.chunks(TOGETHER)).flat_map(|(answers, calls)| match answers {
                Ok(values) => values.into_iter().map(Value::extract_error).collect(),
                Err(error) => vec![Err(error); calls.len()],
            });
        answers.collect()
    }

    /// What the masters of slots say of themselves, by the slot; one that does not answer is left out.
    pub(super) async fn masters(&self, slots: &[u16]) -> RedisResult<HashMap<u16, Master>> {
        let Lane::Cluster(cluster) = &self.lanes[0] else {
            let mut command = redis::cmd("INFO");
            command.arg("replication");
            let text: String = value_of(self.run("", vec![command]).await?.pop())?;
            let master = Master::of(&text);
            return Ok(slots.iter().filter_map(|slot| Some((*slot, master.clone()?))).collect());
        };
        let mut ask = redis::cmd("CLUSTER");
        ask.arg("SLOTS");
        let anyone = RoutingInfo::SingleNode(SingleNodeRoutingInfo::Random);
        let told = cluster.connection().route_command(ask, anyone).await;
        let ranges: Vec<Vec<Value>> = value_of(Some(told?))?;
        let mut slots_of: BTreeMap<Vec<u8>, Vec<u16>> = BTreeMap::new();
        for (first, last, id) in ranges.iter().filter_map(|range| range_of(range)) {
            slots_of.entry(id).or_default().extend(slots.iter().filter(|slot| (first..=last).contains(slot)));
        }
        let asked = slots_of.iter().map(|(id, slots)| ask_master(cluster, id, slots));
        let said = join_all(asked).await.into_iter().zip(slots_of.values());
        let said = said.filter_map(|(master, slots)| Some((master?, slots)));
        Ok(said.flat_map(|(master, slots)| slots.iter().map(move |slot| (*slot, master.clone()))).collect())
    }
}

/// What the master of some slots says of itself. Where it does not answer, or is not known here, another may.
async fn ask_master(cluster: &Arc<Cluster>, id: &[u8], slots: &[u16]) -> Option<Master> {
    let (mut myself, mut about) = (redis::cmd("CLUSTER"), redis::cmd("INFO"));
    myself.arg("MYID");
    about.arg("replication");
    let mut pipeline = redis::pipe();
    pipeline.add_command(myself).add_command(about);
    let route = SingleNodeRoutingInfo::SpecificNode(Route::new(*slots.first()?, SlotAddr::Master));
    let answers = cluster.connection().route_pipeline(pipeline, 0, 2, route).await;
    let answers: RedisResult<(Vec<u8>, String)> =
        answers.and_then(|answers| value_of(Some(Value::Array(answers))));
    let master = answers.ok().filter(|(asked, _)| asked == id).and_then(|(_, text)| Master::of(&text));
    if master.is_none() {
        cluster.renew();
    }
    master
}

/// The first and the last slot of a range, and the id of its master.
fn range_of(range: &[Value]) -> Option<(u16, u16, Vec<u8>)> {
    let [Value::Int(first), Value::Int(last), Value::Array(master), ..] = range else { return None };
    let Value::BulkString(id) = master.get(2)? else { return None };
    Some((u16::try_from(*first).ok()?, u16::try_from(*last).ok()?, id.clone()))
}

impl Master {
    /// What a server says of itself, if it is a master.
    fn of(text: &str) -> Option<Self> {
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let replicas = text.lines().filter(|line| line.starts_with("slave") && line.contains("state=online"));
        (field("role")?.trim() == "master").then(|| Self {
            history: field("master_replid").unwrap_or_default().to_owned(),
            replicas: replicas.count(),
        })
    }
}

fn is_unknown_script(value: &Value) -> bool {
    matches!(value, Value::ServerError(error) if error.kind() == Some(ServerErrorKind::NoScript))
}

/// The moment by the clock that never leaps.
#[expect(clippy::disallowed_methods, reason = "how long an engine does not answer is measured, not told")]
pub(super) fn now() -> std::time::Instant {
    std::time::Instant::now()
}

/// An answer as what it should be.
pub(super) fn value_of<T: redis::FromRedisValue>(value: Option<Value>) -> RedisResult<T> {
    let value = value.unwrap_or_default().extract_error()?;
    Ok(redis::from_redis_value(value)?)
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("lanes", &self.lanes.len()).finish_non_exhaustive()
    }
}
