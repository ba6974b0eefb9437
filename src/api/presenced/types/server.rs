//! Wire types: the server itself.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The server's word that it is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    #[schema(example = "ok")]
    pub status: String,
}

/// How far to move the demo's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"seconds": 900}))]
pub struct Advance {
    /// In seconds.
    #[schema(value_type = i32, minimum = 1, maximum = 31_536_000, example = 900)]
    pub seconds: u64,
}
