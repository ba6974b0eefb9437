use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

use super::invalid::{Check, Invalid};

/// What is logged.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// A filter in the syntax of tracing's `EnvFilter`.
    pub filter: String,
    /// Lines for people, or one JSON object a line.
    pub format: LogFormat,
}

/// The form of a line in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

impl Log {
    pub(super) fn check(&self) -> Check {
        EnvFilter::try_new(&self.filter).map(drop).map_err(|error| {
            let why = format!("has to be a filter such as \"info\" or \"presenced=debug\": {error}");
            Invalid::new("log.filter", why)
        })
    }
}
