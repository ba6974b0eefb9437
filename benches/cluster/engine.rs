//! The engine, on this machine, what it says of itself, and the script of a write sent bare.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::Mutex,
    time::Duration,
};

use redis::aio::MultiplexedConnection;

use crate::machine;

/// An engine that ends with this.
pub(super) struct Engine {
    port: u16,
    child: Child,
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

impl Engine {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
        command.args(["--hash-max-listpack-value", "512"]).stdout(Stdio::null());
        let engine = Self { port, child: command.spawn().expect("redis-server runs") };
        while redis::Client::open(engine.url()).expect("a URL").get_connection().is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        engine
    }

    /// The processor time that it has used so far, in microseconds.
    pub(super) fn processor(&self) -> f64 {
        machine::processor_micros(self.child.id())
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(super) async fn connection(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.url()).expect("a URL");
        client.get_multiplexed_async_connection().await.expect("a connection")
    }
}

/// How often scripts ran since the last look, and how long in all, in microseconds.
pub(super) async fn script_time(connection: &mut MultiplexedConnection) -> (f64, f64) {
    let text: String = redis::cmd("INFO").arg("commandstats").query_async(connection).await.expect("figures");
    let line = text.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:")).unwrap_or_default();
    let value = |name: &str| {
        let found = line.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        found.and_then(|value| value.parse().ok()).unwrap_or(0.0)
    };
    let seen = (value("calls"), value("usec"));
    let _: () = redis::cmd("CONFIG").arg("RESETSTAT").query_async(connection).await.expect("it is reset");
    seen
}

/// What the engine's data takes, in bytes.
pub(super) async fn memory(connection: &mut MultiplexedConnection) -> f64 {
    let text: String = redis::cmd("INFO").arg("memory").query_async(connection).await.expect("figures");
    let used = text.lines().find_map(|line| line.strip_prefix("used_memory:")?.trim().parse().ok());
    used.expect("a number")
}

/// The script of a write as a node calls it, by a caller that does nothing else. Nobody else writes these records, so what it
/// was answered last is what there is.
pub(super) struct Bare {
    connection: MultiplexedConnection,
    script: redis::Script,
    /// The revision of each user's record.
    revisions: Vec<Mutex<Vec<u8>>>,
}

impl Bare {
    pub(super) async fn new(engine: &Engine, users: u64) -> Self {
        Self {
            connection: engine.connection().await,
            script: redis::Script::new(include_str!("../../src/store/redis/put.lua")),
            revisions: (0..users).map(|_| Mutex::default()).collect(),
        }
    }

    /// Writes a user's record, which no watcher sees, as a renewal is.
    pub(super) async fn put(&self, number: u64, micros: u64) {
        let partition = number % 256;
        let key = |kind: &str| format!("bare:{kind}:{partition}");
        let mut call = self.script.prepare_invoke();
        call.key(format!("{}:{}", key("u"), number / 256 % 64));
        for kind in ["dl", "ev", "mt", "pr", "rm", "fl"] {
            call.key(key(kind));
        }
        let place = &self.revisions[usize::try_from(number).expect("few users")];
        let known = place.lock().expect("nobody panics here").clone();
        let (body, nonce) = ([0_u8; 40], [0_u8; 4]);
        call.arg(format!("@user{number}:example.com")).arg(known).arg(&body[..]).arg(&nonce[..]);
        // Its deadline moves on, as that of a lease does.
        call.arg(micros / 1_000 + 900_000).arg(0).arg(1).arg(micros).arg(0).arg(0).arg(10_000).arg(0);
        let mut connection = self.connection.clone();
        let answer: (u64, u64, u64) = call.invoke_async(&mut connection).await.expect("it is taken");
        assert_eq!(answer.0, 1, "nobody else writes it");
        *place.lock().expect("nobody panics here") = answer.1.to_be_bytes()[1..].to_vec();
    }
}
