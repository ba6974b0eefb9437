use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is particular to the Matrix dialect.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// Whether `?access_token=` is accepted beside the Authorization header.
    pub query_token: bool,
    /// Whether the busy state of MSC3026 is accepted, shown and announced.
    pub busy: bool,
}
