use std::{fmt, path::PathBuf, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{
    invalid::{Check, LONGEST_SECONDS, require},
    secret,
};
use crate::store::redis::Settings;

/// How what the server knows is kept: on its own disk, or in an engine that several servers share.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// Where it is kept.
    pub kind: StoreKind,
    /// How far activity times may lag behind on disk. What a user sets never does.
    #[schemars(range(min = 1, max = 3_600))]
    pub activity_lag_seconds: u16,
    /// Writes are refused while less than this is free on the disk, in MiB; 0 leaves it to the disk to
    /// refuse, after which the server has to be restarted.
    #[schemars(range(min = 0, max = 1_u64 << 30))]
    pub reserve_mebibytes: u64,
    /// The servers of the engine, or some of a cluster: `redis://HOST:PORT`, or `rediss://HOST:PORT` for TLS.
    #[schemars(example = ["redis://10.1.2.3:6379", "redis://10.1.2.4:6379"])]
    pub urls: Vec<String>,
    /// Whom the engine knows this server as; empty: its default user.
    pub username: String,
    /// The password for the engine; empty: none.
    pub password: String,
    /// The file that holds the password, instead of the password itself; empty: none.
    pub password_file: PathBuf,
    /// What all keys in the engine begin with.
    pub prefix: String,
    /// In how many hashes the engine keeps the records of each of the 256 partitions; fixed by the first start.
    #[schemars(range(min = 1, max = 65_536))]
    pub buckets: u32,
    /// How many replicas have to have what somebody set before it is acknowledged: `auto`, or a number.
    #[schemars(with = "String", example = &"auto", example = &"1")]
    pub confirm: Confirm,
    /// How long that is waited for.
    #[schemars(range(min = 1, max = 60_000))]
    pub confirm_milliseconds: u64,
    /// How long the engine may take to answer.
    #[schemars(range(min = 100, max = 5_000))]
    pub timeout_milliseconds: u64,
    /// After what time a server counts as gone that the engine has not heard of, and its connections as ended.
    #[schemars(range(min = 4, max = LONGEST_SECONDS))]
    pub node_lease_seconds: u64,
}

/// Where it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// On this machine, by this server alone.
    Embedded,
    /// In a Valkey or Redis, which several servers share.
    Redis,
}

/// How many replicas have to confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// One, where there is one.
    Auto,
    /// So many.
    Replicas(usize),
}

impl fmt::Display for Confirm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Replicas(count) => write!(f, "{count}"),
        }
    }
}

impl Serialize for Confirm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Confirm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let count = text.parse().ok().filter(|count| *count <= 16);
        let unknown =
            || de::Error::invalid_value(de::Unexpected::Str(&text), &"\"auto\", or \"0\" to \"16\"");
        count.map(Self::Replicas).ok_or_else(unknown)
    }
}

impl Store {
    /// Reads the password, if it is kept in a file of its own.
    pub(super) fn read_secrets(&mut self) -> Check {
        let file = Some(self.password_file.as_path()).filter(|file| !file.as_os_str().is_empty());
        secret::read("store.password", &mut self.password, file)
    }

    pub(super) fn check(&self) -> Check {
        let is_named = self.kind == StoreKind::Embedded || !self.urls.is_empty();
        require(is_named, "store.urls", "has to name the engine, since store.kind is \"redis\"")?;
        for (place, url) in self.urls.iter().enumerate() {
            let is_url = url::Url::parse(url).is_ok_and(|url| {
                matches!(url.scheme(), "redis" | "rediss")
                    && url.has_host()
                    && matches!(url.path(), "" | "/" | "/0")
            });
            let why = "has to be redis://HOST:PORT, or rediss://HOST:PORT";
            require(is_url, &format!("store.urls[{place}]"), why)?;
        }
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.:".contains(letter);
        let is_prefix =
            !self.prefix.is_empty() && self.prefix.len() <= 64 && self.prefix.chars().all(is_plain);
        require(is_prefix, "store.prefix", "has to be of 1 to 64 letters, digits, and any of -_.:")
    }

    /// How the engine is used.
    pub fn settings(&self) -> Settings {
        Settings {
            urls: self.urls.clone(),
            username: self.username.clone(),
            password: self.password.clone(),
            prefix: self.prefix.clone(),
            buckets: self.buckets,
            confirm: match self.confirm {
                Confirm::Auto => None,
                Confirm::Replicas(count) => Some(count),
            },
            confirm_time: Duration::from_millis(self.confirm_milliseconds),
            timeout: Duration::from_millis(self.timeout_milliseconds),
            node_lease: Duration::from_secs(self.node_lease_seconds),
        }
    }
}
