//! A Redis of one's own, alone or as a cluster, on ports of its own; gone after the test.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use presenced::{
    clock::Clock,
    store::{RedisStore, redis::Settings},
};
use tempfile::TempDir;

/// A server, of a cluster or alone.
pub(crate) struct RedisServer {
    pub(crate) port: u16,
    child: Child,
    folder: TempDir,
}

/// Three masters with a replica each.
pub(crate) struct RedisCluster {
    pub(crate) servers: Vec<RedisServer>,
}

/// What a server of a cluster is told besides.
const OF_CLUSTER: [&str; 8] = [
    "--cluster-enabled",
    "yes",
    "--cluster-node-timeout",
    "2000",
    "--cluster-replica-validity-factor",
    "0",
    "--cluster-require-full-coverage",
    "no",
];

/// Completes when something is so that others bring about; fails if that takes too long.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..1_500 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came so: {what}");
}

/// A port that is free, and whose neighbour for the bus of a cluster exists.
pub(crate) fn free_port() -> u16 {
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        if port < 55_000 && TcpListener::bind(("127.0.0.1", port + 10_000)).is_ok() {
            return port;
        }
    }
}

impl RedisServer {
    /// A server alone.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same with other settings.
    pub(crate) async fn start_with(settings: &[&str]) -> Self {
        let (port, folder) = (free_port(), tempfile::tempdir().expect("a folder"));
        let child = spawn(port, &folder, settings);
        let server = Self { port, child, folder };
        server.is_up().await;
        server
    }

    async fn is_up(&self) {
        // One that wants a password says so.
        let answers = async || {
            let answer = self.cli(&["ping"]);
            answer == "PONG" || answer.starts_with("NOAUTH")
        };
        until("the engine answers", answers).await;
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// What the server answers to a command.
    pub(crate) fn cli(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output();
        String::from_utf8_lossy(&output.expect("redis-cli runs").stdout).trim().to_owned()
    }

    /// Sends the server a command, without waiting for the answer.
    pub(crate) fn begin(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::null()).spawn().expect("redis-cli runs")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("redis-cli");
        command.args(["-p", &self.port.to_string()]).args(arguments).stderr(Stdio::null());
        command
    }

    /// Sends the server a signal: `KILL`, `STOP` or `CONT`.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{signal}"), &id]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Starts it anew at its port, after its end.
    pub(crate) async fn restart(&mut self, settings: &[&str]) {
        let _gone = self.child.kill();
        self.child.wait().expect("it ends");
        self.child = spawn(self.port, &self.folder, settings);
        self.is_up().await;
    }
}

fn spawn(port: u16, folder: &TempDir, settings: &[&str]) -> Child {
    let port = port.to_string();
    let mut command = Command::new("redis-server");
    command.args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--dir"]).arg(folder.path());
    command.args(settings).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("redis-server, which tests/run installs")
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

impl RedisCluster {
    pub(crate) async fn start() -> Self {
        let mut servers = Vec::new();
        for _ in 0..6 {
            servers.push(RedisServer::start_with(&OF_CLUSTER).await);
        }
        let addresses: Vec<String> =
            servers.iter().map(|server| format!("127.0.0.1:{}", server.port)).collect();
        let mut create = Command::new("redis-cli");
        create.args(["--cluster", "create"]).args(&addresses);
        create.args(["--cluster-replicas", "1", "--cluster-yes"]).stdout(Stdio::null());
        assert!(create.status().expect("redis-cli runs").success());
        let cluster = Self { servers };
        until("every server knows the cluster", async || {
            cluster.servers.iter().all(|server| server.cli(&["cluster", "info"]).contains("cluster_state:ok"))
        })
        .await;
        cluster.is_whole().await;
        cluster
    }

    /// Completes once every master has a replica that follows it, and every server knows.
    async fn is_whole(&self) {
        until("every replica follows its master, and all know", async || {
            let has_replica =
                |server: &&RedisServer| server.cli(&["info", "replication"]).contains("state=online");
            let knows = |server: &RedisServer| {
                let nodes = server.cli(&["cluster", "nodes"]);
                nodes.matches("slave").count() == 3 && !nodes.contains("fail")
            };
            self.servers.iter().filter(has_replica).count() == 3 && self.servers.iter().all(knows)
        })
        .await;
    }

    /// Starts a server anew that was lost.
    pub(crate) async fn revive(&mut self, place: usize) {
        self.servers[place].restart(&OF_CLUSTER).await;
        self.is_whole().await;
    }

    /// Which of the servers follows the master at a place.
    pub(crate) fn place_of_replica(&self, master: usize) -> usize {
        let id = self.servers[master].cli(&["cluster", "myid"]);
        let follows = |place: &usize| {
            let nodes = self.servers[*place].cli(&["cluster", "nodes"]);
            nodes.lines().any(|line| line.contains("myself,slave") && line.contains(&id))
        };
        (0..self.servers.len()).find(follows).expect("a replica")
    }

    /// Which of the servers are masters now.
    pub(crate) fn places_of_masters(&self) -> Vec<usize> {
        let is_master = |place: &usize| self.servers[*place].cli(&["role"]).starts_with("master");
        (0..self.servers.len()).filter(is_master).collect()
    }

    pub(crate) fn urls(&self) -> Vec<String> {
        self.servers.iter().map(RedisServer::url).collect()
    }

    /// The servers that are masters now.
    pub(crate) fn masters(&self) -> Vec<&RedisServer> {
        self.servers.iter().filter(|server| server.cli(&["role"]).starts_with("master")).collect()
    }
}

/// How tests use an engine.
pub(crate) fn settings(urls: Vec<String>) -> Settings {
    Settings {
        urls,
        username: String::new(),
        password: String::new(),
        prefix: "presenced".to_owned(),
        buckets: 4,
        confirm: None,
        confirm_time: Duration::from_secs(1),
        timeout: Duration::from_secs(3),
        node_lease: Duration::from_secs(4),
    }
}

/// A node's store on an engine.
pub(crate) async fn store_on(settings: Settings, clock: Arc<dyn Clock>) -> RedisStore {
    RedisStore::connect(settings, clock).await.expect("the engine is there")
}
