//! The configuration: typed, documented, and checked. `config/default.toml` is compiled in and is both
//! the defaults and their documentation; file, environment and command line override it in this order.

use std::{
    collections::HashMap,
    fs,
    net::SocketAddr,
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

use config::{Environment, File, FileFormat, Map};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{presence::Rules, service::Visibility};

/// The documented defaults, as `presenced config default` prints them.
pub const DEFAULTS: &str = include_str!("config/default.toml");

/// Everything that can be configured.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub presence: Presence,
    pub matrix: Matrix,
    pub limits: Limits,
    pub log: Log,
}

/// Where and what the server serves.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Where to listen, as address and port.
    #[schemars(with = "String", example = "127.0.0.1:8008")]
    pub listen: SocketAddr,
    /// The folder for what the server keeps. It is made if it is missing.
    pub data: PathBuf,
    /// The server name of all users: the part of a user id behind the colon.
    pub name: String,
    /// The address under which clients reach the server; empty: taken from each request.
    pub public_url: String,
    /// The dialects to serve besides presenced's own API.
    pub dialects: Vec<DialectName>,
    /// How long running requests may take to finish after SIGINT or SIGTERM.
    pub shutdown_grace_seconds: u64,
}

/// A dialect that an operator can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DialectName {
    Matrix,
}

impl DialectName {
    /// Every dialect.
    pub const ALL: [Self; 1] = [Self::Matrix];
}

/// The rules that turn what devices say into presence, and who may see it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Presence {
    /// Who may see whom.
    pub visibility: Visibility,
    /// How long after their last activity an online user counts as currently active.
    pub active_window_seconds: u64,
    /// How long a device may be inactive before its "online" becomes "unavailable".
    pub idle_after_seconds: u64,
    /// How long a device counts as there after its last connection ended.
    pub connection_grace_seconds: u64,
    /// How long a state set without a connection holds.
    pub lease_seconds: u64,
    /// The same for a busy state.
    pub busy_lease_seconds: u64,
    /// How many devices may speak for one user at a time.
    #[schemars(range(min = 1))]
    pub devices_per_user: usize,
}

/// What is particular to the Matrix dialect.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// Whether `?access_token=` is accepted beside the Authorization header.
    pub query_token: bool,
    /// Whether the busy state of MSC3026 is accepted, shown and announced.
    pub busy: bool,
}

/// The bounds that keep one client from spoiling it for the others.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The largest request body, in bytes.
    pub body_bytes: usize,
    /// How long a request body may take to arrive.
    #[schemars(range(min = 1))]
    pub body_seconds: u64,
    /// The longest status text, in bytes of UTF-8.
    pub status_bytes: usize,
    /// The largest request head, in bytes.
    #[schemars(range(min = 8192))]
    pub head_bytes: usize,
    /// How long a request head may take to arrive, and an idle connection may stay open.
    #[schemars(range(min = 1))]
    pub head_seconds: u64,
    /// How many connections may be open at a time; more have to wait.
    #[schemars(range(min = 1))]
    pub connections: usize,
    /// How often one user may set presence, on average per second; 0 is no limit.
    #[schemars(range(min = 0.0))]
    pub put_per_second: f64,
    /// How often one user may set presence at once.
    pub put_burst: NonZeroU32,
    /// How long a request may wait for news.
    pub long_poll_seconds: u64,
    /// How many users one bulk read may name.
    #[schemars(range(min = 1, max = 1000))]
    pub bulk_users: usize,
    /// How many items one call of a gateway may report.
    #[schemars(range(min = 1, max = 1000))]
    pub heartbeats_per_call: usize,
    /// The largest request body of such a call, in bytes.
    pub heartbeats_bytes: usize,
    /// How often a change stream shows that it is alive.
    #[schemars(range(min = 1))]
    pub stream_heartbeat_seconds: u64,
    /// How long a change stream pauses after each batch; what changes meanwhile goes out together.
    pub stream_pause_milliseconds: u64,
    /// How long a client may take nothing of what it is sent, before its connection is closed.
    #[schemars(range(min = 1))]
    pub stream_write_seconds: u64,
}

/// What is logged.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// A filter in the syntax of tracing's `EnvFilter`.
    pub filter: String,
}

/// Why a configuration cannot be used; one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("configuration: {file}: {why}")]
    Unreadable { file: String, why: String },
    #[error("configuration: {0}")]
    Unusable(String),
    #[error("configuration: {key}: {why}")]
    Invalid { key: String, why: String },
}

impl ConfigError {
    fn unusable(error: &config::ConfigError) -> Self {
        Self::Unusable(error.to_string())
    }
}

/// What overrides a configuration file.
#[derive(Debug, Default)]
pub struct Overrides {
    /// Environment variables; those that start with `PRESENCED_` count.
    pub environment: HashMap<String, String>,
    /// Keys and values from the command line, the strongest of all.
    pub command_line: Vec<(&'static str, String)>,
}

impl Overrides {
    /// The process's environment, and what the command line said.
    pub fn from_process(command_line: Vec<(&'static str, String)>) -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { environment, command_line }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::load(None, Overrides::default()).expect("the compiled-in defaults are valid")
    }
}

/// The text of a file, if it is TOML.
fn read(file: &Path) -> Result<String, ConfigError> {
    let unreadable = |why: String| ConfigError::Unreadable { file: file.display().to_string(), why };
    let text = fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))?;
    toml::from_str::<toml::Table>(&text).map_err(|error| {
        let line = text[..error.span().map_or(0, |span| span.start)].lines().count().max(1);
        unreadable(format!("line {line}: {}", error.message()))
    })?;
    Ok(text)
}

fn environment(variables: HashMap<String, String>) -> Environment {
    let variables: Map<String, String> = variables.into_iter().collect();
    Environment::with_prefix("PRESENCED")
        .prefix_separator("_")
        .separator("__")
        .try_parsing(true)
        .list_separator(",")
        .with_list_parse_key("server.dialects")
        .source(Some(variables))
}

/// The JSON Schema of a configuration file: editors check it while it is written. No key is required,
/// since each has a default.
pub fn schema() -> schemars::Schema {
    let mut schema = schemars::schema_for!(Config);
    schema.remove("required");
    if let Some(sections) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
        for section in sections.values_mut().filter_map(Value::as_object_mut) {
            section.remove("required");
        }
    }
    schema
}

impl Config {
    /// The defaults, overridden by a file if one is named, the environment, and the command line.
    pub fn load(file: Option<&Path>, overrides: Overrides) -> Result<Self, ConfigError> {
        let text = file.map(read).transpose()?.unwrap_or_default();
        let mut builder = config::Config::builder()
            .add_source(File::from_str(DEFAULTS, FileFormat::Toml))
            .add_source(File::from_str(&text, FileFormat::Toml))
            .add_source(environment(overrides.environment));
        for (key, value) in overrides.command_line {
            builder = builder.set_override(key, value).map_err(|error| ConfigError::unusable(&error))?;
        }
        let merged: Value = builder
            .build()
            .and_then(config::Config::try_deserialize)
            .map_err(|error| ConfigError::unusable(&error))?;
        let config: Self = serde_path_to_error::deserialize(merged).map_err(|error| {
            ConfigError::Invalid { key: error.path().to_string(), why: error.inner().to_string() }
        })?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let url = &self.server.public_url;
        let rules = [
            (self.limits.head_bytes >= 8192, "limits.head_bytes", "has to be at least 8192"),
            (self.limits.head_seconds > 0, "limits.head_seconds", "has to be at least 1"),
            (self.limits.body_seconds > 0, "limits.body_seconds", "has to be at least 1"),
            (self.limits.connections > 0, "limits.connections", "has to be at least 1"),
            ((1..=1000).contains(&self.limits.bulk_users), "limits.bulk_users", "has to be from 1 to 1000"),
            (
                (1..=1000).contains(&self.limits.heartbeats_per_call),
                "limits.heartbeats_per_call",
                "has to be from 1 to 1000",
            ),
            (
                self.limits.stream_heartbeat_seconds > 0,
                "limits.stream_heartbeat_seconds",
                "has to be at least 1",
            ),
            (self.limits.stream_write_seconds > 0, "limits.stream_write_seconds", "has to be at least 1"),
            (self.limits.put_per_second >= 0.0, "limits.put_per_second", "has to be 0 or more"),
            (self.presence.devices_per_user > 0, "presence.devices_per_user", "has to be at least 1"),
            (
                self.presence.active_window_seconds < self.presence.idle_after_seconds,
                "presence.idle_after_seconds",
                "has to be more than presence.active_window_seconds",
            ),
            (
                format!("@a:{}", self.server.name).parse::<crate::id::UserId>().is_ok(),
                "server.name",
                "is not a server name",
            ),
            (
                url.is_empty() || url.starts_with("http://") || url.starts_with("https://"),
                "server.public_url",
                "has to be empty or start with http:// or https://",
            ),
        ];
        match rules.into_iter().find(|(holds, ..)| !holds) {
            Some((_, key, why)) => Err(ConfigError::Invalid { key: key.to_owned(), why: why.to_owned() }),
            None => Ok(()),
        }
    }

    /// The same configuration as the demo runs it: every dialect, no rate limits, `example.com`.
    pub fn for_demo(mut self) -> Self {
        self.server.name = "example.com".to_owned();
        self.server.dialects = DialectName::ALL.to_vec();
        self.limits.put_per_second = 0.0;
        self
    }

    /// The core's rules.
    pub fn rules(&self) -> Rules {
        let presence = &self.presence;
        Rules {
            active_window: Duration::from_secs(presence.active_window_seconds),
            idle_after: Duration::from_secs(presence.idle_after_seconds),
            connection_grace: Duration::from_secs(presence.connection_grace_seconds),
            lease: Duration::from_secs(presence.lease_seconds),
            busy_lease: Duration::from_secs(presence.busy_lease_seconds),
            devices_per_user: presence.devices_per_user,
        }
    }
}
