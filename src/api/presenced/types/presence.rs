//! Wire types: presence.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::members::there;
use crate::api::Open;

/// How present somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "online")]
pub enum PresenceState {
    Offline,
    Unavailable,
    Online,
    Busy,
}

/// One user's presence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserPresence {
    /// The user's canonical id.
    #[schema(example = "@alice:example.com")]
    pub user_id: String,
    /// How present the user is.
    #[schema(value_type = PresenceState)]
    pub state: Open<PresenceState>,
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
    /// When the status expires, in milliseconds since the Unix epoch; absent: when somebody changes it. In events it
    /// is there only where it was set with the text, since what expires with a lease is put off by each renewal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, example = 1_767_607_200_000_u64, nullable = false)]
    pub status_expires_at: Option<u64>,
    /// What each of the user's devices says; for the user, and for admins and service tokens unless the user is
    /// invisible. Events have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub devices: Option<Vec<DevicePresence>>,
}

/// What one device says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DevicePresence {
    #[schema(example = "DEMO")]
    pub device_id: String,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "web", nullable = false)]
    pub label: Option<String>,
    /// What it comes to now: `online` without activity is `unavailable` after a while.
    #[schema(value_type = PresenceState)]
    pub state: Open<PresenceState>,
    /// When it was last active, in milliseconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, example = 1_767_603_600_000_u64, nullable = false)]
    pub last_active_at: Option<u64>,
    /// Whether it has a connection.
    #[schema(example = false)]
    pub connected: bool,
    /// Until when it holds, in milliseconds since the Unix epoch; absent: while it is connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, format = Int64, example = 1_767_604_500_000_u64, nullable = false)]
    pub until: Option<u64>,
}

/// Whose presence to tell: users, members of rooms, or both. At least one of the lists has to be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"users": ["@alice:example.com", "@bob:example.com"]}))]
pub struct PresenceQuery {
    /// User ids, at most 1,000.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(max_items = 1000, example = json!(["@alice:example.com", "@bob:example.com"]), nullable = false)]
    pub users: Option<Vec<String>>,
    /// Ids of rooms, whose members are told of behind the users. Users and members may be 1,000 together.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(max_items = 1000, example = json!(["!lobby:example.com"]), nullable = false)]
    pub rooms: Option<Vec<String>>,
}

/// The presence of those that the caller may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
#[schema(example = json!({"presence": [{"userId": "@alice:example.com", "state": "online", "currentlyActive": true,
    "lastActiveAt": 1_767_603_600_000_u64, "status": "Back at noon"}], "unavailable": ["@dave:example.com"]}))]
pub struct PresenceQueryResult {
    /// In the order asked for; then members of rooms that were not named, in the order of their ids.
    pub presence: Vec<UserPresence>,
    /// What was named and cannot be told of: ids that are none, users that are unknown, hidden, or not for the caller
    /// to see, and rooms that the caller is not in.
    #[schema(example = json!(["@dave:example.com"]))]
    pub unavailable: Vec<String>,
}

/// A page of a room's members, in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
#[schema(example = json!({"users": [{"userId": "@alice:example.com", "state": "online", "currentlyActive": true,
    "lastActiveAt": 1_767_603_600_000_u64}], "counts": {"online": 1, "busy": 0, "unavailable": 0, "offline": 1},
    "more": false}))]
pub struct RoomPresence {
    /// The members that the caller may see.
    pub users: Vec<UserPresence>,
    /// Of the whole room, as others see it: hidden members are not counted, and it is the same for every caller.
    pub counts: StateCounts,
    /// Whether there are members after these.
    #[schema(example = false)]
    pub more: bool,
}

/// How many members of a room are in which state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
pub struct StateCounts {
    #[schema(value_type = i64, example = 1)]
    pub online: usize,
    #[schema(value_type = i64, example = 0)]
    pub busy: usize,
    #[schema(value_type = i64, example = 0)]
    pub unavailable: usize,
    #[schema(value_type = i64, example = 1)]
    pub offline: usize,
}

/// What a stream may say of the caller's device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "online")]
pub enum ConnectedState {
    Unavailable,
    Online,
}

/// What the user set by hand for all devices.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[schema(example = "busy")]
pub enum OverrideName {
    #[default]
    None,
    Busy,
    Invisible,
}

/// What a user set for themselves besides state and status.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema,
)]
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
