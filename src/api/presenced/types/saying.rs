//! Wire types: what is said of users.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    HeartbeatOutcome, PresenceState,
    members::{there, there_as_object},
};
use crate::api::Open;

/// What is said of a user at once: of a device, of the user's status, or of both. At least one of `state` and
/// `status` has to be there; what is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"state": "online", "status": {"text": "Back at noon", "expiresInSeconds": 3600},
    "label": "web"}))]
pub struct PresenceUpdate {
    /// What the device says; `offline` ends what it said before.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(nullable = false)]
    pub state: Option<PresenceState>,
    /// The user's status; `null`, or an empty text, clears it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there_as_object")]
    #[schema(value_type = Option<StatusUpdate>)]
    pub status: Option<Option<StatusUpdate>>,
    /// The device that speaks; left out: that of the token, and `api` for a token of no user.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "DEMO", pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$", max_length = 255, nullable = false)]
    pub device_id: Option<String>,
    /// What the device is called, in up to 32 characters; none of them: it is called nothing. It is kept with what
    /// the device says, so a device that says nothing has none.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "web", max_length = 32, nullable = false)]
    pub label: Option<String>,
    /// How long `state` holds without a connection; left out: for as long as the server says.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(value_type = Option<i32>, minimum = 1, maximum = 86400, example = 900, nullable = false)]
    pub lease_seconds: Option<u64>,
}

/// A status text, and when it expires, which is never if neither is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object with `text`, or null")]
#[schema(example = json!({"text": "Back at noon", "expiresInSeconds": 3600}))]
pub struct StatusUpdate {
    /// The text; empty: there is none.
    #[schema(example = "Back at noon")]
    pub text: String,
    /// When it expires, in milliseconds since the Unix epoch: a moment to come, within ten years.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(value_type = Option<i64>, minimum = 0, example = 1_767_607_200_000_u64, nullable = false)]
    pub expires_at: Option<u64>,
    /// After how many seconds it expires, instead of `expiresAt`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(value_type = Option<i64>, minimum = 1, example = 3600, nullable = false)]
    pub expires_in_seconds: Option<u64>,
}

/// On which device a user is active.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"deviceId": "DEMO"}))]
pub struct Activity {
    /// The device; left out: that of the token.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "DEMO", pattern = "^[^\\x00-\\x1f\\x7f-\\x9f]+$", max_length = 255, nullable = false)]
    pub device_id: Option<String>,
}

/// What is said of many users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"updates": [
    {"userId": "@alice:example.com", "state": "busy", "leaseSeconds": 600},
    {"userId": "@nobody:example.com", "status": {"text": "Back at noon"}}]}))]
pub struct PresenceUpdates {
    /// At most 1,000. Several of one user are taken in their order.
    #[schema(max_items = 1000)]
    pub updates: Vec<UserPresenceUpdate>,
}

/// What is said of one user of many: as a `PresenceUpdate`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"userId": "@alice:example.com", "state": "busy", "leaseSeconds": 600}))]
pub struct UserPresenceUpdate {
    #[schema(example = "@alice:example.com")]
    pub user_id: String,
    /// What the device says; `offline` ends what it said before.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(value_type = Option<PresenceState>, nullable = false)]
    pub state: Option<String>,
    /// The user's status; `null`, or an empty text, clears it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there_as_object")]
    #[schema(value_type = Option<StatusUpdate>)]
    pub status: Option<Option<StatusUpdate>>,
    /// The device that speaks; left out: `api`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "api", min_length = 1, max_length = 255, nullable = false)]
    pub device_id: Option<String>,
    /// What the device is called.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "web", max_length = 32, nullable = false)]
    pub label: Option<String>,
    /// How long `state` holds without a connection.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(value_type = Option<i32>, minimum = 1, maximum = 86400, example = 900, nullable = false)]
    pub lease_seconds: Option<u64>,
}

/// What became of each update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"results": [
    {"userId": "@alice:example.com", "outcome": "accepted"},
    {"userId": "@nobody:example.com", "outcome": "unknown-user", "detail": "there is no such user"}]}))]
pub struct PresenceUpdateResults {
    /// In the order of the updates.
    pub results: Vec<PresenceUpdateResult>,
}

/// What became of one update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresenceUpdateResult {
    /// The user as named.
    #[schema(example = "@alice:example.com")]
    pub user_id: String,
    #[schema(value_type = HeartbeatOutcome)]
    pub outcome: Open<HeartbeatOutcome>,
    /// Why the update was not accepted, for people; absent if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "there is no such user", nullable = false)]
    pub detail: Option<String>,
}
