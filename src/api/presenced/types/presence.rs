//! Wire types: presence.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How present somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "online")]
pub enum PresenceState {
    Offline,
    Unavailable,
    Online,
    Busy,
}

/// One user's presence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserPresence {
    /// The user's canonical id.
    #[schema(example = "@alice:example.com")]
    pub user_id: String,
    /// How present the user is.
    pub state: PresenceState,
    /// Whether the user was active within the last minute or what is configured.
    #[schema(example = true)]
    pub currently_active: bool,
    /// When the user was last active, in milliseconds since the Unix epoch; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, example = 1_767_603_600_000_u64, nullable = false)]
    pub last_active_at: Option<u64>,
    /// The user's status text, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Back at noon", nullable = false)]
    pub status: Option<String>,
}

/// Whose presence to tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"users": ["@alice:example.com", "@bob:example.com"]}))]
pub struct PresenceQuery {
    /// User ids, at most 1,000.
    #[schema(max_items = 1000, example = json!(["@alice:example.com", "@bob:example.com"]))]
    pub users: Vec<String>,
}

/// The presence of those that the caller may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PresenceQueryResult {
    /// In the order asked for.
    pub presence: Vec<UserPresence>,
    /// The users that are unknown, hidden, or not for the caller to see.
    #[schema(example = json!(["@dave:example.com"]))]
    pub unavailable: Vec<String>,
}

/// What a stream may say of the caller's device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "online")]
pub enum ConnectedState {
    Unavailable,
    Online,
}

/// What the user set by hand for all devices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "busy")]
pub enum OverrideName {
    #[default]
    None,
    Busy,
    Invisible,
}

/// What a user set for themselves besides state and status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"override": "busy", "hidden": false}))]
pub struct UserSettings {
    /// `busy` counts whatever the devices say; `invisible` looks offline to others; `none` leaves it to
    /// the devices.
    #[serde(rename = "override")]
    pub overridden: OverrideName,
    /// Whether others are told that there is no presence to see at all.
    #[schema(example = false)]
    pub hidden: bool,
}
