//! Wire types: what streams and sockets tell of presence.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::UserPresence;
use crate::api::Open;

/// Users as they are: those who are not offline and, offline or not, those who were asked for by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
#[schema(example = json!({"users": [{"userId": "@alice:example.com", "state": "online", "currentlyActive": true}],
    "more": false}))]
pub struct PresenceSnapshot {
    pub users: Vec<UserPresence>,
    /// Whether it goes on with another one.
    #[schema(example = false)]
    pub more: bool,
}

/// Users who may no longer be seen: they left the room, are hidden, or were removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
pub struct UsersGone {
    /// Their ids.
    #[schema(example = json!(["@bob:example.com"]))]
    pub users: Vec<String>,
}

/// The token is about to end, and what was opened with it then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenExpiring {
    /// When, in milliseconds since the Unix epoch.
    #[schema(value_type = i64, example = 1_767_607_200_000_u64)]
    #[schemars(with = "i64")]
    pub expires_at: u64,
}

/// The last event of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
pub struct StreamEnd {
    #[schema(value_type = EndReason)]
    pub reason: Open<EndReason>,
}

/// Why nothing more is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "expired")]
pub enum EndReason {
    /// The token's time is over.
    Expired,
    /// The token was revoked, or its user removed, or it may not be used for this any more.
    Revoked,
    /// The server is about to stop.
    Stopping,
    /// The client took too long to read.
    Slow,
}

impl EndReason {
    /// The reason as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Stopping => "stopping",
            Self::Slow => "slow",
        }
    }
}
