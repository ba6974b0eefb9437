//! Wire types: tickets.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A secret that stands for a token once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// For the parameter `ticket` of a stream or a socket.
    #[schema(example = "pd_5e1f")]
    pub ticket: String,
    /// Until when it is of use, in milliseconds since the Unix epoch.
    #[schema(value_type = i64, example = 1_767_603_660_000_u64)]
    pub expires_at: u64,
}
