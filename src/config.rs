//! The configuration: typed, documented, and checked. `config/default.toml` is compiled in and is both
//! the defaults and their documentation; file, environment and command line override it in this order.

use std::{
    collections::HashMap,
    fmt::Display,
    fs,
    net::SocketAddr,
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

use config::{Environment, File, FileFormat, Map};
use ipnet::IpNet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing_subscriber::EnvFilter;

use crate::{
    auth::{
        appservice::{self, Registration},
        assertion,
    },
    id::{DeviceId, UserId},
    presence::Rules,
    service::Visibility,
};

/// The documented defaults, as `presenced config default` prints them.
pub const DEFAULTS: &str = include_str!("config/default.toml");

/// Everything that can be configured.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub presence: Presence,
    pub store: Store,
    pub matrix: Matrix,
    pub pnut: Pnut,
    pub ringcentral: RingCentral,
    pub webhooks: Webhooks,
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
    Pnut,
    RingCentral,
}

impl DialectName {
    /// Every dialect.
    pub const ALL: [Self; 3] = [Self::Matrix, Self::Pnut, Self::RingCentral];
}

/// The rules that turn what devices say into presence, and who may see it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Presence {
    /// Who may see whom.
    pub visibility: Visibility,
    /// Whether users may ask others to be allowed to see them, by presence lists.
    pub lists: bool,
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
    /// How long a reported leg of a call is believed without another report.
    pub call_lease_seconds: u64,
    /// How long a leg of a call is shown after its end.
    pub ended_call_seconds: u64,
    /// How many legs of calls one user may have at a time.
    #[schemars(range(min = 1))]
    pub calls_per_user: usize,
}

/// How what the server knows is kept on disk.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// How far activity times may lag behind on disk. What somebody sets never does.
    #[schemars(range(min = 1, max = 3600))]
    pub activity_lag_seconds: u16,
    /// Writes are refused while less than this is free on the disk, in MiB; 0 leaves it to the disk to
    /// refuse, after which the server has to be restarted.
    pub reserve_mebibytes: u64,
}

/// What is particular to the Matrix dialect.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// Whether `?access_token=` is accepted beside the Authorization header.
    pub query_token: bool,
    /// Whether the busy state of MSC3026 is accepted, shown and announced.
    pub busy: bool,
    /// The registration files of application services; relative paths are those from the folder of the
    /// configuration file.
    pub appservices: Vec<PathBuf>,
    /// What these files say.
    #[serde(skip)]
    pub registrations: Vec<Registration>,
}

/// What is particular to the pnut.io dialect: how often its clients may call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pnut {
    /// How many GET requests without a valid token one address may make in a window; 0 is no limit.
    pub anonymous_reads: u32,
    /// The length of that window.
    #[schemars(range(min = 1))]
    pub anonymous_reads_seconds: u64,
    /// How many GET requests one token may make in a window; 0 is no limit.
    pub reads: u32,
    /// The length of that window.
    #[schemars(range(min = 1))]
    pub reads_seconds: u64,
    /// How many other requests one token, or one address without, may make in a window; 0 is no limit.
    pub writes: u32,
    /// The length of that window.
    #[schemars(range(min = 1))]
    pub writes_seconds: u64,
    /// How long whoever makes one request more is refused.
    #[schemars(range(min = 1))]
    pub ban_seconds: u64,
}

/// What is particular to the RingCentral dialect.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RingCentral {
    /// Whether the limits below hold and are told in every answer.
    pub rate_limits: bool,
    /// How many calls of the group "light" one user of one app may make in a minute.
    pub light_per_minute: u32,
    /// The same of the group "medium".
    pub medium_per_minute: u32,
    /// The same of the group "heavy".
    pub heavy_per_minute: u32,
    /// The same of the group "auth".
    pub auth_per_minute: u32,
    /// How long whoever called too often has to wait; each call meanwhile starts the time anew.
    pub penalty_seconds: u64,
    /// Whether any application may log in, with the text of a user's token as its assertion; for trying.
    pub open_login: bool,
    /// How long an access token holds that a login gives.
    pub access_token_seconds: u64,
    /// The same of a refresh token.
    pub refresh_token_seconds: u64,
    /// The applications that may log in.
    pub apps: Vec<OAuthApp>,
    /// The keys that assertions of users have to be signed with.
    pub jwt_keys: Vec<JwtKey>,
}

/// An application that may log in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OAuthApp {
    /// Its client id.
    pub id: String,
    /// Its client secret; empty: it has none and sends its id alone.
    #[serde(default)]
    pub secret: String,
    /// Where it may have users sent back to after they allowed it to act for them.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
}

/// A key that assertions may be signed with, and what they have to say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JwtKey {
    /// The algorithm, such as RS256, ES256, EdDSA or HS256.
    pub algorithm: String,
    /// The public key in PEM form; for HS256, HS384 and HS512 the secret itself.
    pub key: String,
    /// Who has to have issued the assertion: the claim `iss`.
    pub issuer: String,
    /// For whom it has to be: the claim `aud`.
    pub audience: String,
}

/// Requests to addresses that users choose, to tell them of changes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// Networks that webhooks may be sent to besides the public internet, and without TLS too.
    #[schemars(example = ["127.0.0.1/32"])]
    pub allow_networks: Vec<IpNet>,
    /// How long a receiver may take to answer.
    #[schemars(range(min = 1))]
    pub timeout_milliseconds: u64,
    /// After how many failures in a row a receiver gets nothing more until its owner says so.
    #[schemars(range(min = 1))]
    pub attempts: u32,
    /// How many requests may be under way at a time; more have to wait.
    #[schemars(range(min = 1))]
    pub concurrent: usize,
}

/// The bounds that keep one client from spoiling it for the others.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The largest request body, in bytes.
    pub body_bytes: usize,
    /// The same for presenced's own API, whose calls may name many users.
    pub bulk_body_bytes: usize,
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
    /// How often one user's `/sync` requests may set presence, on average per second; 0 is no limit.
    #[schemars(range(min = 0.0))]
    pub sync_presence_per_second: f64,
    /// How often they may do so at once.
    pub sync_presence_burst: NonZeroU32,
    /// How long a request may wait for news.
    pub long_poll_seconds: u64,
    /// How many tokens one user may have.
    pub tokens_per_user: usize,
    /// How many filters one user may have stored.
    #[schemars(range(min = 1))]
    pub filters_per_user: usize,
    /// How many entries a presence list may have.
    pub list_entries: usize,
    /// How many users one bulk read may name.
    #[schemars(range(min = 1, max = 1000))]
    pub bulk_users: usize,
    /// How many items one call of a gateway may report.
    #[schemars(range(min = 1, max = 1000))]
    pub heartbeats_per_call: usize,
    /// How often a change stream shows that it is alive.
    #[schemars(range(min = 1))]
    pub stream_heartbeat_seconds: u64,
    /// How many streams may be open at a time: change streams and requests that wait for news.
    #[schemars(range(min = 1))]
    pub streams: usize,
    /// How many of them may be one user's.
    #[schemars(range(min = 1))]
    pub streams_per_user: usize,
    /// How many change streams may be opened per second; 0 is no limit.
    pub new_streams_per_second: u32,
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
    /// Environment variables; those of the form `PRESENCED_SECTION__KEY` count.
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

/// The longest time that can be configured: a year.
const LONGEST_SECONDS: u64 = 365 * 24 * 60 * 60;

/// The largest size that can be configured: 1 GiB.
const LARGEST_BYTES: usize = 1 << 30;

fn require(holds: bool, key: &str, why: &str) -> Result<(), ConfigError> {
    let invalid = || ConfigError::Invalid { key: key.to_owned(), why: why.to_owned() };
    holds.then_some(()).ok_or_else(invalid)
}

fn in_range<T: PartialOrd + Display>(key: &str, value: T, least: T, most: T) -> Result<(), ConfigError> {
    require((&least..=&most).contains(&&value), key, &format!("has to be from {least} to {most}"))
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
    // Whoever runs the server may have variables of that name for other ends; ours name a section.
    let ours = |key: &str| key.strip_prefix("PRESENCED_").is_some_and(|key| key.contains("__"));
    let variables: Map<String, String> = variables.into_iter().filter(|(key, _)| ours(key)).collect();
    Environment::with_prefix("PRESENCED")
        .prefix_separator("_")
        .separator("__")
        .try_parsing(true)
        .list_separator(",")
        .with_list_parse_key("server.dialects")
        .with_list_parse_key("matrix.appservices")
        .with_list_parse_key("webhooks.allow_networks")
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
        let mut config: Self = serde_path_to_error::deserialize(merged).map_err(|error| {
            ConfigError::Invalid { key: error.path().to_string(), why: error.inner().to_string() }
        })?;
        config.check()?;
        config.read_registrations(file.and_then(Path::parent).unwrap_or(Path::new("")))?;
        Ok(config)
    }

    fn read_registrations(&mut self, folder: &Path) -> Result<(), ConfigError> {
        let read = appservice::read(&self.matrix.appservices, folder, &self.server.name);
        let invalid = |why| ConfigError::Invalid { key: "matrix.appservices".to_owned(), why };
        self.matrix.registrations = read.map_err(invalid)?;
        Ok(())
    }

    fn check(&self) -> Result<(), ConfigError> {
        let (server, presence, pnut, limits) = (&self.server, &self.presence, &self.pnut, &self.limits);
        let seconds = [
            ("server.shutdown_grace_seconds", server.shutdown_grace_seconds, 0),
            ("presence.active_window_seconds", presence.active_window_seconds, 0),
            ("presence.idle_after_seconds", presence.idle_after_seconds, 0),
            ("presence.connection_grace_seconds", presence.connection_grace_seconds, 0),
            ("presence.lease_seconds", presence.lease_seconds, 0),
            ("presence.busy_lease_seconds", presence.busy_lease_seconds, 0),
            ("presence.call_lease_seconds", presence.call_lease_seconds, 1),
            ("presence.ended_call_seconds", presence.ended_call_seconds, 1),
            ("ringcentral.penalty_seconds", self.ringcentral.penalty_seconds, 1),
            ("ringcentral.access_token_seconds", self.ringcentral.access_token_seconds, 60),
            ("ringcentral.refresh_token_seconds", self.ringcentral.refresh_token_seconds, 60),
            ("pnut.anonymous_reads_seconds", pnut.anonymous_reads_seconds, 1),
            ("pnut.reads_seconds", pnut.reads_seconds, 1),
            ("pnut.writes_seconds", pnut.writes_seconds, 1),
            ("pnut.ban_seconds", pnut.ban_seconds, 1),
            ("limits.body_seconds", limits.body_seconds, 1),
            ("limits.head_seconds", limits.head_seconds, 1),
            ("limits.long_poll_seconds", limits.long_poll_seconds, 0),
            ("limits.stream_heartbeat_seconds", limits.stream_heartbeat_seconds, 1),
            ("limits.stream_write_seconds", limits.stream_write_seconds, 1),
        ];
        for (key, value, least) in seconds {
            in_range(key, value, least, LONGEST_SECONDS)?;
        }
        let sizes = [
            ("presence.devices_per_user", presence.devices_per_user, 1, 10_000),
            ("presence.calls_per_user", presence.calls_per_user, 1, 1_000),
            ("limits.body_bytes", limits.body_bytes, 1, LARGEST_BYTES),
            ("limits.bulk_body_bytes", limits.bulk_body_bytes, 1, LARGEST_BYTES),
            ("limits.status_bytes", limits.status_bytes, 0, LARGEST_BYTES),
            ("limits.head_bytes", limits.head_bytes, 8_192, LARGEST_BYTES),
            ("limits.connections", limits.connections, 1, 10_000_000),
            ("limits.tokens_per_user", limits.tokens_per_user, 1, 1_000_000),
            ("limits.filters_per_user", limits.filters_per_user, 1, 10_000),
            ("limits.list_entries", limits.list_entries, 1, 1_000_000),
            ("limits.streams", limits.streams, 1, 10_000_000),
            ("limits.streams_per_user", limits.streams_per_user, 1, 10_000_000),
            ("limits.bulk_users", limits.bulk_users, 1, 1_000),
            ("limits.heartbeats_per_call", limits.heartbeats_per_call, 1, 1_000),
            ("webhooks.concurrent", self.webhooks.concurrent, 1, 100_000),
        ];
        for (key, value, least, most) in sizes {
            in_range(key, value, least, most)?;
        }
        in_range("store.activity_lag_seconds", self.store.activity_lag_seconds, 1, 3_600)?;
        in_range("store.reserve_mebibytes", self.store.reserve_mebibytes, 0, 1 << 30)?;
        let webhooks = &self.webhooks;
        in_range("webhooks.timeout_milliseconds", webhooks.timeout_milliseconds, 1, 60_000)?;
        in_range("webhooks.attempts", webhooks.attempts, 1, 1_000)?;
        self.check_texts()?;
        self.check_logins()?;
        let rates = [
            ("limits.put_per_second", limits.put_per_second),
            ("limits.sync_presence_per_second", limits.sync_presence_per_second),
        ];
        for (key, rate) in rates {
            let is_rate = rate == 0.0 || (0.001..=1_000_000.0).contains(&rate);
            require(is_rate, key, "has to be 0, or from 0.001 to 1000000")?;
        }
        in_range("limits.new_streams_per_second", limits.new_streams_per_second, 0, 1_000_000)?;
        require(
            presence.active_window_seconds < presence.idle_after_seconds,
            "presence.idle_after_seconds",
            "has to be more than presence.active_window_seconds",
        )
    }

    fn check_texts(&self) -> Result<(), ConfigError> {
        let url = &self.server.public_url;
        let is_url = url.is_empty() || url.starts_with("http://") || url.starts_with("https://");
        require(is_url, "server.public_url", "has to be empty or start with http:// or https://")?;
        let is_name = format!("@a:{}", self.server.name).parse::<UserId>().is_ok();
        require(is_name, "server.name", "is not a server name")?;
        EnvFilter::try_new(&self.log.filter)
            .map(drop)
            .map_err(|error| ConfigError::Invalid { key: "log.filter".to_owned(), why: error.to_string() })
    }

    fn check_logins(&self) -> Result<(), ConfigError> {
        for app in &self.ringcentral.apps {
            let is_id = app.id.parse::<DeviceId>().is_ok();
            require(
                is_id,
                "ringcentral.apps",
                "each id has to be of 1 to 255 bytes, without control characters",
            )?;
            let are_uris = app
                .redirect_uris
                .iter()
                .all(|uri| url::Url::parse(uri).is_ok_and(|uri| uri.fragment().is_none()));
            require(
                are_uris,
                "ringcentral.apps",
                "each redirect URI has to be absolute, without a fragment",
            )?;
        }
        for key in &self.ringcentral.jwt_keys {
            assertion::check(key).map_err(|error| ConfigError::Invalid {
                key: "ringcentral.jwt_keys".to_owned(),
                why: error.to_string(),
            })?;
        }
        Ok(())
    }

    /// The same configuration as the demo runs it: every dialect, presence lists, no rate limits,
    /// `example.com`, webhooks to this machine.
    pub fn for_demo(mut self) -> Self {
        self.server.name = "example.com".to_owned();
        self.server.dialects = DialectName::ALL.to_vec();
        self.presence.lists = true;
        self.webhooks.allow_networks =
            ["127.0.0.0/8", "::1/128"].map(|network| network.parse().expect("a network")).into();
        self.limits.put_per_second = 0.0;
        self.ringcentral.rate_limits = false;
        self.ringcentral.open_login = true;
        (self.pnut.anonymous_reads, self.pnut.reads, self.pnut.writes) = (0, 0, 0);
        self.limits.sync_presence_per_second = 0.0;
        self.limits.new_streams_per_second = 0;
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
            call_lease: Duration::from_secs(presence.call_lease_seconds),
            ended_call: Duration::from_secs(presence.ended_call_seconds),
            calls_per_user: presence.calls_per_user,
        }
    }
}
