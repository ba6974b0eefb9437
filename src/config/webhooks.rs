use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Network;

/// Requests to addresses that users choose, to tell them of changes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// Networks that webhooks may be sent to besides the public internet, and without TLS too.
    #[schemars(with = "Vec<String>", example = ["127.0.0.1/32"])]
    pub allow_networks: Vec<Network>,
    /// How long a receiver may take to answer.
    #[schemars(range(min = 1, max = 60_000))]
    pub timeout_milliseconds: u64,
    /// After how many failures in a row a receiver gets nothing more until its owner says so.
    #[schemars(range(min = 1, max = 1_000))]
    pub attempts: u32,
    /// How many requests may be under way at a time; more have to wait.
    #[schemars(range(min = 1, max = 100_000))]
    pub concurrent: usize,
}
