//! Wire types: presence.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Open;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "online")]
pub enum PresenceState {
    Online,
    Offline,
    Unavailable,
    #[serde(rename = "org.matrix.msc3026.busy")]
    Busy,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"presence": "online", "status_msg": "I am here."}))]
pub struct PresenceUpdate {
    /// The new presence state.
    pub presence: PresenceState,
    /// The status message to attach to this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "I am here.", nullable = false)]
    pub status_msg: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PresenceStatus {
    /// This user's presence.
    #[schema(value_type = PresenceState)]
    pub presence: Open<PresenceState>,
    /// The length of time in milliseconds since an action was performed
    /// by this user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, example = 420_845, nullable = false)]
    pub last_active_ago: Option<u64>,
    /// The state message for this user if one was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Back at noon")]
    pub status_msg: Option<String>,
    /// Whether the user is currently active
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = false, nullable = false)]
    pub currently_active: Option<bool>,
}

impl PresenceStatus {
    /// A state, of which no more is told.
    pub fn of(presence: impl Into<Open<PresenceState>>) -> Self {
        Self { presence: presence.into(), last_active_ago: None, status_msg: None, currently_active: None }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Empty {}

/// Tells of somebody's presence.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema, JsonSchema)]
#[schema(example = json!({"type": "m.presence", "sender": "@alice:example.com",
    "content": {"presence": "online", "last_active_ago": 2_478_593, "currently_active": false}}))]
#[schemars(title = "m.presence")]
pub struct PresenceEvent {
    #[serde(rename = "type")]
    pub kind: EventType,
    /// The user whose presence it is.
    #[schema(example = "@alice:example.com")]
    #[schemars(extend("format" = "mx-user-id"))]
    pub sender: String,
    pub content: PresenceContent,
}

/// What kind of event it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, JsonSchema)]
#[schema(example = "m.presence")]
pub enum EventType {
    #[serde(rename = "m.presence")]
    Presence,
}

/// The presence that an event tells of.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema, JsonSchema)]
#[schema(example = json!({"presence": "unavailable", "status_msg": "brb"}))]
pub struct PresenceContent {
    /// The user's presence.
    #[schema(value_type = PresenceState)]
    pub presence: Open<PresenceState>,
    /// How long ago the user was last active, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, example = 2_478_593, nullable = false)]
    #[schemars(with = "i64")]
    pub last_active_ago: Option<u64>,
    /// The user's status message, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "brb", nullable = false)]
    #[schemars(with = "String")]
    pub status_msg: Option<String>,
    /// Whether the user is currently active.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = false, nullable = false)]
    #[schemars(with = "bool")]
    pub currently_active: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SyncResponse {
    /// What to send as `since` next. It changes exactly when there is news.
    #[schema(example = "p1767603600000000")]
    pub next_batch: String,
    /// The news; left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub presence: Option<PresenceEvents>,
}

/// Presence events, one for each user.
#[derive(Debug, Serialize, ToSchema)]
pub struct PresenceEvents {
    pub events: Vec<PresenceEvent>,
}
