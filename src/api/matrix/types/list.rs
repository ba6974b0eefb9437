//! Wire types: presence lists.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{EventType, PresenceStatus};
use crate::{api::Open, id::UserId};

/// What to change of the caller's presence list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"invite": ["@bob:example.com"], "drop": ["@alice:example.com"]}))]
pub struct PresenceListUpdate {
    /// Users to ask. Empty strings are skipped, and so is the caller.
    #[schema(value_type = Option<Vec<String>>, example = json!(["@bob:example.com"]), nullable = false)]
    pub invite: Vec<UserId>,
    /// Users to take off the list, after that.
    #[schema(value_type = Option<Vec<String>>, example = json!(["@alice:example.com"]), nullable = false)]
    pub drop: Vec<UserId>,
}

/// Somebody on the caller's presence list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"type": "m.presence", "content": {"user_id": "@alice:example.com",
    "presence": "offline", "last_active_ago": 395}}))]
pub struct ListedEvent {
    #[serde(rename = "type")]
    #[schema(value_type = EventType)]
    pub kind: Open<EventType>,
    pub content: ListedPresence,
}

/// A user, and their presence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"user_id": "@alice:example.com", "presence": "offline", "last_active_ago": 395}))]
pub struct ListedPresence {
    /// The user whose presence it is.
    #[schema(example = "@alice:example.com")]
    pub user_id: String,
    #[serde(flatten)]
    pub presence: PresenceStatus,
}
