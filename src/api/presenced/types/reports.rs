//! Wire types: reports of gateways.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PresenceState, members::there};
use crate::api::{
    Open,
    telephony::{CallKind, CallLabelType, Direction, TelephonyStatus, Termination},
};

/// What is reported in one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"heartbeats": [
    {"userId": "@alice:example.com", "deviceId": "DESK", "state": "online"},
    {"userId": "@nobody:example.com", "deviceId": "DESK", "state": "busy"}]}))]
pub struct Heartbeats {
    /// At most 1,000. Of several for one device the last one counts.
    #[schema(max_items = 1000)]
    pub heartbeats: Vec<Heartbeat>,
}

/// What one device says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Heartbeat {
    #[schema(example = "@alice:example.com")]
    pub user_id: String,
    #[schema(example = "DESK", min_length = 1, max_length = 255)]
    pub device_id: String,
    /// `offline` ends what the device said before; anything else holds for a lease.
    #[schema(value_type = PresenceState)]
    pub state: String,
}

/// What became of each report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"results": [
    {"userId": "@alice:example.com", "deviceId": "DESK", "outcome": "accepted"},
    {"userId": "@nobody:example.com", "deviceId": "DESK", "outcome": "unknown-user",
        "detail": "there is no such user"}]}))]
pub struct HeartbeatResults {
    /// In the order of the reports.
    pub results: Vec<HeartbeatResult>,
}

/// What became of one report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeartbeatResult {
    /// The user as reported.
    #[schema(example = "@alice:example.com")]
    pub user_id: String,
    /// The device as reported.
    #[schema(example = "DESK")]
    pub device_id: String,
    #[schema(value_type = HeartbeatOutcome)]
    pub outcome: Open<HeartbeatOutcome>,
    /// Why the report was not accepted, for people; absent if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "there is no such user", nullable = false)]
    pub detail: Option<String>,
}

/// Whether a report was accepted: `invalid` ones will never be, `unavailable` ones may be later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(example = "accepted")]
pub enum HeartbeatOutcome {
    Accepted,
    UnknownUser,
    Invalid,
    Unavailable,
}

/// One leg of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({"direction": "Outbound", "telephonyStatus": "CallConnected", "from": "101", "to": "102",
    "sessionId": "501"}))]
pub struct CallReport {
    /// What the leg belongs to; the telephone if left out.
    #[serde(default)]
    pub kind: CallKind,
    /// From where the call came.
    pub direction: Direction,
    /// How far the call is; `NoCall` for one that has ended and is shown a while longer.
    pub telephony_status: TelephonyStatus,
    /// When the call began, in milliseconds since the Unix epoch; left out: when it was first reported.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(value_type = Option<i64>, minimum = 0, example = 1_767_603_600_000_u64, nullable = false)]
    pub started_at: Option<u64>,
    /// The caller's number.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "101", nullable = false)]
    pub from: Option<String>,
    /// The caller's name.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "Alice", nullable = false)]
    pub from_name: Option<String>,
    /// The called number.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "102", nullable = false)]
    pub to: Option<String>,
    /// The name of whoever is called.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "Bob", nullable = false)]
    pub to_name: Option<String>,
    /// The session that all legs of the call share.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "501", nullable = false)]
    pub session_id: Option<String>,
    /// The same in telephony APIs.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "s-501", nullable = false)]
    pub telephony_session_id: Option<String>,
    /// The user's party in that session.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "p-501-1", nullable = false)]
    pub party_id: Option<String>,
    /// The number of the user that the call is made for.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(value_type = Option<i64>, minimum = 1, example = 2, nullable = false)]
    pub on_behalf_of: Option<u64>,
    /// Whether the call came through a queue.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = false, nullable = false)]
    pub queue_call: Option<bool>,
    /// How the call ended; for one that has.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(nullable = false)]
    pub termination_type: Option<Termination>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(nullable = false)]
    pub sip_data: Option<SipDialog>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(nullable = false)]
    pub call_info: Option<CallDisplay>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(nullable = false)]
    pub appearance_info: Option<LineAppearance>,
}

/// The SIP dialog of a leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SipDialog {
    /// The `Call-ID` header.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "4a6c", nullable = false)]
    pub call_id: Option<String>,
    /// The tag of the called side.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "17d4", nullable = false)]
    pub to_tag: Option<String>,
    /// The tag of the calling side.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "8b21", nullable = false)]
    pub from_tag: Option<String>,
    /// The other side's address.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "sip:102@example.com", nullable = false)]
    pub remote_uri: Option<String>,
    /// The user's address.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "sip:101@example.com", nullable = false)]
    pub local_uri: Option<String>,
    /// The session in the telephone system's own terms.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "501", nullable = false)]
    pub rc_session_id: Option<String>,
}

/// What a telephone shows of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallDisplay {
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(nullable = false)]
    pub primary: Option<CallDisplayLine>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(nullable = false)]
    pub additional: Option<CallDisplayLine>,
}

/// One line of what a telephone shows of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallDisplayLine {
    /// What the line is about.
    #[serde(rename = "type")]
    pub kind: CallLabelType,
    /// The text of the line.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "+16505550100", nullable = false)]
    pub value: Option<String>,
}

/// On which key of a shared line a call is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LineAppearance {
    /// The number of the shared line.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
    #[schema(example = "+16505550100", nullable = false)]
    pub phone_number: Option<String>,
    /// The key.
    #[schema(value_type = i32, minimum = 1, maximum = 8, example = 1)]
    pub appearance_number: u8,
}
