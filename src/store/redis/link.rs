//! Connections to the engine, a single server or a cluster: which of the two it is shows when it is asked.

use std::{
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
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
    time::{sleep, timeout},
};

use super::{Settings, script::Call};

/// How long it takes to be let in, at most.
const CONNECTING: Duration = Duration::from_secs(1);

/// Between two attempts to reach an engine that is not ready.
const PAUSE: Duration = Duration::from_millis(50);

/// How often a cluster is asked again, before whoever asks is told that it does not answer. The time is bounded too.
const RETRIES: u32 = 32;

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
    Cluster(ClusterConnection),
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

    /// So many connections for one purpose, where answers may take so long.
    pub(super) async fn link(&self, lanes: usize, timeout: Duration) -> RedisResult<Link> {
        let mut link = Link { lanes: Vec::new(), next: AtomicUsize::new(0), timeout };
        for _ in 0..lanes {
            let lane = if self.is_cluster {
                Lane::Cluster(self.cluster(timeout)?.get_async_connection().await?)
            } else {
                Lane::Single(Box::new(self.single(timeout)?))
            };
            link.lanes.push(lane);
        }
        Ok(link)
    }

    fn cluster(&self, timeout: Duration) -> RedisResult<ClusterClient> {
        let builder = ClusterClient::builder(self.infos.clone())
            .connection_timeout(CONNECTING)
            .response_timeout(timeout)
            .overall_response_timeout(Some(timeout))
            .retries(RETRIES)
            .min_retry_wait(20)
            .max_retry_wait(200)
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
    /// Sends commands about keys of one slot, of which one is named.
    async fn send(&self, key: &str, pipeline: Pipeline) -> RedisResult<Vec<Value>> {
        let lane = self.next.fetch_add(1, Ordering::Relaxed) % self.lanes.len();
        let sent = async {
            match &self.lanes[lane] {
                Lane::Single(single) => single.send(&pipeline).await,
                Lane::Cluster(cluster) => {
                    let route = SingleNodeRoutingInfo::SpecificNode(Route::with_key(key, SlotAddr::Master));
                    let count = pipeline.len();
                    cluster.clone().route_pipeline(pipeline, 0, count, route).await
                }
            }
        };
        // On the heap: with all that a connection may need it is large.
        timeout(self.timeout, Box::pin(sent)).await.unwrap_or_else(|_| Err(late()))
    }

    /// Runs commands about keys of one slot, of which one is named.
    pub(super) async fn run(&self, key: &str, commands: Vec<Cmd>) -> RedisResult<Vec<Value>> {
        let mut pipeline = redis::pipe();
        for command in commands {
            pipeline.add_command(command);
        }
        self.send(key, pipeline).await?.into_iter().map(Value::extract_error).collect()
    }

    /// Calls scripts about keys of one slot, and with `wait` waits for so many replicas to have what they did, for so
    /// long; then the last answer is how many have it.
    pub(super) async fn call(
        &self,
        calls: &[Call],
        wait: Option<(usize, Duration)>,
    ) -> RedisResult<Vec<Value>> {
        let mut by_hash = true;
        loop {
            let mut pipeline = redis::pipe();
            for call in calls {
                pipeline.add_command(call.command(by_hash));
            }
            if let Some((replicas, time)) = wait {
                pipeline.cmd("WAIT").arg(replicas).arg(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
            }
            let values = self.send(calls[0].key(), pipeline).await?;
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

    /// How many replicas the master of each of the keys has.
    pub(super) async fn replicas(&self, slots: &[u16]) -> RedisResult<Vec<usize>> {
        match &self.lanes[0] {
            Lane::Single(_) => {
                let mut command = redis::cmd("INFO");
                command.arg("replication");
                let text: String = value_of(self.run("", vec![command]).await?.pop())?;
                let count =
                    text.lines().find_map(|line| line.strip_prefix("connected_slaves:")?.trim().parse().ok());
                Ok(vec![count.unwrap_or(0); slots.len()])
            }
            Lane::Cluster(cluster) => {
                let mut command = redis::cmd("CLUSTER");
                command.arg("SLOTS");
                let route = RoutingInfo::SingleNode(SingleNodeRoutingInfo::Random);
                let told = cluster.clone().route_command(command, route).await?.extract_error()?;
                let ranges: Vec<Vec<Value>> = value_of(Some(told))?;
                let replicas = |slot: &u16| {
                    let range = ranges.iter().find(|range| match range.as_slice() {
                        [Value::Int(first), Value::Int(last), ..] => {
                            (*first..=*last).contains(&i64::from(*slot))
                        }
                        _ => false,
                    });
                    range.map_or(0, |range| range.len().saturating_sub(3))
                };
                Ok(slots.iter().map(replicas).collect())
            }
        }
    }
}

fn is_unknown_script(value: &Value) -> bool {
    matches!(value, Value::ServerError(error) if error.kind() == Some(ServerErrorKind::NoScript))
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
