//! Wire types: the directory.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    ids::{departments, members},
    members::there,
};
use crate::api::{
    Open,
    telephony::{ExtensionStatus, ExtensionType},
};

/// What an admin says of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"number": 1, "displayName": "Alice", "account": 1, "extensionNumber": "101"}))]
pub struct UserProfile {
    /// The number that dialects with numeric ids use. Left out: the next free one, or the one the user
    /// has.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(value_type = Option<i64>, minimum = 1, example = 1, nullable = false)]
    pub number: Option<u64>,
    /// The name that people are shown.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "Alice", nullable = false)]
    pub display_name: Option<String>,
    /// Where the user's picture is.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "https://example.com/alice.png", nullable = false)]
    pub avatar_url: Option<String>,
    /// The user's mail address.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(max_length = 254, example = "alice@example.com", nullable = false)]
    pub email: Option<String>,
    /// The telephone account. Needs `extensionNumber`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(value_type = Option<i64>, minimum = 1, example = 1, nullable = false)]
    pub account: Option<u64>,
    /// The short number in the telephone account. Needs `account`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "101", nullable = false)]
    pub extension_number: Option<String>,
    /// What the extension is for; `User` if left out. Needs `account`, as do those below.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(nullable = false)]
    pub extension_type: Option<ExtensionType>,
    /// Whether the extension is in use; `Enabled` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(nullable = false)]
    pub extension_status: Option<ExtensionStatus>,
    /// Whether the extension takes calls of a department; no if left out.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = true, nullable = false)]
    pub in_department: Option<bool>,
    /// Whether the extension may turn calls away; yes if left out.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = true, nullable = false)]
    pub has_dnd: Option<bool>,
    /// Whether the user may act for others of the telephone account; no if left out.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = false, nullable = false)]
    pub account_admin: Option<bool>,
    /// The numbers of the departments (extensions of the type `Department`) whose calls the user takes.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(schema_with = departments)]
    pub departments: Option<Vec<u64>>,
}

/// A user of the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The user's canonical id.
    #[schema(example = "@alice:example.com")]
    pub user_id: String,
    /// The number that dialects with numeric ids use.
    #[schema(value_type = i64, example = 1)]
    pub number: u64,
    /// The name that people are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Alice", nullable = false)]
    pub display_name: Option<String>,
    /// Where the user's picture is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://example.com/alice.png", nullable = false)]
    pub avatar_url: Option<String>,
    /// The user's mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "alice@example.com", nullable = false)]
    pub email: Option<String>,
    /// The telephone account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, example = 1, nullable = false)]
    pub account: Option<u64>,
    /// The short number in the telephone account.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "101", nullable = false)]
    pub extension_number: Option<String>,
    /// What the extension is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ExtensionType>, nullable = false)]
    pub extension_type: Option<Open<ExtensionType>>,
    /// Whether the extension is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ExtensionStatus>, nullable = false)]
    pub extension_status: Option<Open<ExtensionStatus>>,
    /// Whether the extension takes calls of a department.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = false, nullable = false)]
    pub in_department: Option<bool>,
    /// Whether the extension may turn calls away.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true, nullable = false)]
    pub has_dnd: Option<bool>,
    /// Whether the user may act for others of the telephone account; absent if not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true, nullable = false)]
    pub account_admin: Option<bool>,
    /// The numbers of the departments whose calls the user takes; absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<i64>>, example = json!([4]), nullable = false)]
    pub departments: Option<Vec<u64>>,
}

/// A page of users, in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserPage {
    pub users: Vec<User>,
    /// Whether there are users after these.
    #[schema(example = false)]
    pub more: bool,
}

/// The members of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"members": ["@alice:example.com", "@bob:example.com"]}))]
pub struct Members {
    /// User ids, each once; at most as many as `limits.room_members` of the configuration says.
    #[schema(schema_with = members)]
    pub members: Vec<String>,
}

/// The rooms of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserRooms {
    /// Room ids, in their order.
    #[schema(example = json!(["!lobby:example.com"]))]
    pub rooms: Vec<String>,
}

/// A room in a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomSummary {
    #[schema(example = "!lobby:example.com")]
    pub room_id: String,
    /// How many members the room has.
    #[schema(value_type = i64, example = 2)]
    pub member_count: usize,
}

/// A page of rooms, in the order of their ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoomPage {
    pub rooms: Vec<RoomSummary>,
    /// Whether there are rooms after these.
    #[schema(example = false)]
    pub more: bool,
}
