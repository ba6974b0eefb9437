//! What the configuration says of the dialect.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{self, LONGEST_SECONDS, Section};

/// What is particular to the pnut.io dialect: how often its clients may call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pnut {
    /// How many GET requests without a valid token one address may make in a window; 0 is no limit.
    pub anonymous_reads: u32,
    /// The length of that window.
    #[schemars(range(min = 1, max = LONGEST_SECONDS))]
    pub anonymous_reads_seconds: u64,
    /// How many GET requests one token may make in a window; 0 is no limit.
    pub reads: u32,
    /// The length of that window.
    #[schemars(range(min = 1, max = LONGEST_SECONDS))]
    pub reads_seconds: u64,
    /// How many other requests one token, or one address without, may make in a window; 0 is no limit.
    pub writes: u32,
    /// The length of that window.
    #[schemars(range(min = 1, max = LONGEST_SECONDS))]
    pub writes_seconds: u64,
    /// How long a caller who makes one request more is refused.
    #[schemars(range(min = 1, max = LONGEST_SECONDS))]
    pub ban_seconds: u64,
}

impl Section for Pnut {
    const NAME: &'static str = "pnut";
    const DEFAULTS: &'static str = include_str!("config.toml");

    fn defaults() -> &'static Self {
        static DEFAULTS: LazyLock<Pnut> = LazyLock::new(config::parsed);
        &DEFAULTS
    }

    fn be_demo(&mut self) {
        (self.anonymous_reads, self.reads, self.writes) = (0, 0, 0);
    }
}
