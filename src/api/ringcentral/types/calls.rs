//! Wire types: calls.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::{
    Open,
    telephony::{CallLabelType, Direction, TelephonyStatus, Termination},
};

/// One leg of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActiveCallInfo {
    /// The leg's id.
    #[schema(example = "c1")]
    pub id: String,
    /// From where the call came.
    #[schema(value_type = Direction)]
    pub direction: Open<Direction>,
    /// Whether it came through a queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = false, nullable = false)]
    pub queue_call: Option<bool>,
    /// The caller's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "101", nullable = false)]
    pub from: Option<String>,
    /// The caller's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Alice", nullable = false)]
    pub from_name: Option<String>,
    /// The called number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "102", nullable = false)]
    pub to: Option<String>,
    /// The name of whoever is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Bob", nullable = false)]
    pub to_name: Option<String>,
    /// How far the call is.
    #[schema(value_type = TelephonyStatus)]
    pub telephony_status: Open<TelephonyStatus>,
    /// The session that all legs of the call share.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "501", nullable = false)]
    pub session_id: Option<String>,
    /// The same in telephony APIs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "s-501", nullable = false)]
    pub telephony_session_id: Option<String>,
    /// The user's party in that session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "p-501-1", nullable = false)]
    pub party_id: Option<String>,
    /// The id of the extension that the call is made for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2", nullable = false)]
    pub on_behalf_of: Option<String>,
    /// How the call ended, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Termination>, nullable = false)]
    pub termination_type: Option<Open<Termination>>,
    /// When the call began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, example = "2026-01-05T09:00:00.000Z", nullable = false)]
    pub start_time: Option<String>,
    /// The SIP dialog, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sip_data: Option<SipData>,
    /// What a telephone shows of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub call_info: Option<CallInfo>,
    /// On which key of a shared line the call is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub appearance_info: Option<AppearanceInfo>,
}

/// The SIP dialog of a leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SipData {
    /// The `Call-ID` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "4a6c", nullable = false)]
    pub call_id: Option<String>,
    /// The tag of the called side.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "17d4", nullable = false)]
    pub to_tag: Option<String>,
    /// The tag of the calling side.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "8b21", nullable = false)]
    pub from_tag: Option<String>,
    /// The other side's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "sip:102@example.com", nullable = false)]
    pub remote_uri: Option<String>,
    /// The user's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "sip:101@example.com", nullable = false)]
    pub local_uri: Option<String>,
    /// The session in the telephone system's own terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "501", nullable = false)]
    pub rc_session_id: Option<String>,
}

/// What a telephone shows of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub primary: Option<CallInfoLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub additional: Option<CallInfoLine>,
}

/// One line of what a telephone shows of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallInfoLine {
    /// What the line is about.
    #[serde(rename = "type")]
    #[schema(value_type = CallLabelType)]
    pub kind: Open<CallLabelType>,
    /// The text of the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "+16505550100", nullable = false)]
    pub value: Option<String>,
}

/// On which key of a shared line a call is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppearanceInfo {
    /// The number of the shared line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "+16505550100", nullable = false)]
    pub phone_number: Option<String>,
    /// The key.
    #[schema(value_type = i32, minimum = 1, maximum = 8, example = 1)]
    pub appearance_number: u8,
}
