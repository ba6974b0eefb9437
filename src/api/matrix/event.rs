//! The `m.presence` event.
//! Source: <https://spec.matrix.org/v1.10/client-server-api/#mpresence>

use serde::Serialize;
use utoipa::ToSchema;

use super::presence::{PresenceState, PresenceStatus};
use crate::{
    id::UserId,
    presence::{Presence, Timestamp},
};

/// Tells of somebody's presence.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"type": "m.presence", "sender": "@alice:example.com",
    "content": {"presence": "online", "last_active_ago": 2_478_593, "currently_active": false}}))]
pub(super) struct PresenceEvent {
    #[serde(rename = "type")]
    kind: EventType,
    /// The user whose presence it is.
    #[schema(example = "@alice:example.com")]
    sender: String,
    content: PresenceContent,
}

/// What kind of event it is.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = "m.presence")]
enum EventType {
    #[serde(rename = "m.presence")]
    Presence,
}

/// The presence that an event tells of.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"presence": "unavailable", "status_msg": "brb"}))]
struct PresenceContent {
    /// The user's presence.
    presence: PresenceState,
    /// How long ago the user was last active, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, example = 2_478_593, nullable = false)]
    last_active_ago: Option<u64>,
    /// The user's status message, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "brb", nullable = false)]
    status_msg: Option<String>,
    /// Whether the user is currently active.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = false, nullable = false)]
    currently_active: Option<bool>,
}

impl PresenceEvent {
    pub(super) fn new(user: &UserId, presence: &Presence, now: Timestamp, busy: bool) -> Self {
        let PresenceStatus { presence, last_active_ago, status_msg, currently_active } =
            PresenceStatus::new(presence, now, busy);
        Self {
            kind: EventType::Presence,
            sender: user.as_str().to_owned(),
            content: PresenceContent { presence, last_active_ago, status_msg, currently_active },
        }
    }
}
