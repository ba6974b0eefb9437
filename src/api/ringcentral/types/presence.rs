//! Wire types: presence.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{Ref, RefOr, Schema, schema::AnyOfBuilder},
};

use super::{ActiveCallInfo, ErrorResponse, NavigationInfo, PagingInfo};
use crate::api::{
    Open,
    telephony::{CallerIdVisibility, DoNotDisturb, PersonalDnd, TelephonyStatus},
};

/// Somebody's presence, as it is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = "Available")]
pub enum PresenceStatus {
    Offline,
    Busy,
    Available,
}

/// What a user set by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = "Available")]
pub enum UserStatus {
    Offline,
    Busy,
    Available,
}

/// Whether a user is in a meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = "Disconnected")]
pub enum MeetingStatus {
    Connected,
    Disconnected,
}

/// Which calls a user takes.
#[derive(ToSchema)]
#[schema(example = "TakeAllCalls")]
pub enum DndStatus {
    TakeAllCalls,
    DoNotAcceptDepartmentCalls,
    TakeDepartmentCallsOnly,
    DoNotAcceptAnyCalls,
    Unknown,
}

/// Which calls to themselves alone a user takes.
#[derive(ToSchema)]
#[schema(example = "TakeAllCalls")]
pub enum DndStatusPersonal {
    TakeAllCalls,
    DoNotAcceptAnyCalls,
    Unknown,
}

/// Whether a contact centre has the user in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = "NoCall")]
pub enum CxTelephonyStatus {
    NoCall,
    CallConnected,
}

/// An extension that a resource belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExtensionInfo {
    /// Where the extension is.
    #[schema(example = "http://127.0.0.1:8008/restapi/v1.0/account/1/extension/1")]
    pub uri: String,
    /// The extension's id.
    #[schema(value_type = i64, example = 1)]
    pub id: u64,
    /// The short number that people dial.
    #[schema(example = "101")]
    pub extension_number: String,
}

/// An extension's presence. What is not set, or not for the caller to see, is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"uri": "http://127.0.0.1:8008/restapi/v1.0/account/1/extension/1/presence",
    "extension": {"uri": "http://127.0.0.1:8008/restapi/v1.0/account/1/extension/1", "id": 1,
        "extensionNumber": "101"}, "presenceStatus": "Available", "telephonyStatus": "NoCall",
    "userStatus": "Available", "dndStatus": "TakeAllCalls", "meetingStatus": "Disconnected",
    "allowSeeMyPresence": true, "ringOnMonitoredCall": false, "pickUpCallsOnHold": false}))]
pub struct GetPresenceInfo {
    /// Where this resource is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "http://127.0.0.1:8008/restapi/v1.0/account/1/extension/1/presence",
        nullable = false
    )]
    pub uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub extension: Option<ExtensionInfo>,
    /// What all below comes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<PresenceStatus>, nullable = false)]
    pub presence_status: Option<Open<PresenceStatus>>,
    /// How far the user's calls are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TelephonyStatus>, nullable = false)]
    pub telephony_status: Option<Open<TelephonyStatus>>,
    /// What the user set by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<UserStatus>, nullable = false)]
    pub user_status: Option<Open<UserStatus>>,
    /// Which calls the user takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DndStatus>, nullable = false)]
    pub dnd_status: Option<Open<DoNotDisturb>>,
    /// The user's status text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Back at noon", max_length = 75, nullable = false)]
    pub message: Option<String>,
    /// Whether the user is in a meeting.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<MeetingStatus>, nullable = false)]
    pub meeting_status: Option<Open<MeetingStatus>>,
    /// Whether others may see the user's presence. Whom they may not see looks offline, and most is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true, nullable = false)]
    pub allow_see_my_presence: Option<bool>,
    /// Whether the user's telephone rings when a monitored extension's does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = false, nullable = false)]
    pub ring_on_monitored_call: Option<bool>,
    /// Whether the user takes up calls that a monitored extension has on hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = false, nullable = false)]
    pub pick_up_calls_on_hold: Option<bool>,
    /// Who sees with whom the user talks. Permitted are those who share a room with the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<CallerIdVisibility>, nullable = false)]
    pub caller_id_visibility: Option<Open<CallerIdVisibility>>,
    /// Which calls to themselves alone the user takes, in accounts that have this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DndStatusPersonal>, nullable = false)]
    pub dnd_status_personal: Option<Open<PersonalDnd>>,
    /// Whether the user takes calls of queues, in accounts that have this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true, nullable = false)]
    pub accept_call_queue_calls: Option<bool>,
    /// The user's calls, if there are any and they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub active_calls: Option<Vec<ActiveCallInfo>>,
    /// How many calls the user has, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i32>, example = 1, nullable = false)]
    pub total_active_calls: Option<usize>,
    /// How far the user's calls are, those of a contact centre among them; while there are such calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TelephonyStatus>, nullable = false)]
    pub aggregated_telephony_status: Option<Open<TelephonyStatus>>,
    /// Whether a contact centre has the user in a call; while there are such calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<CxTelephonyStatus>, nullable = false)]
    pub cx_telephony_status: Option<Open<CxTelephonyStatus>>,
}

/// An extension's presence as it is updated, and as it is afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"userStatus": "Busy", "message": "lunch"}))]
pub struct PresenceInfoResource {
    #[serde(flatten)]
    #[schema(inline = false)]
    pub info: GetPresenceInfo,
}

/// The presence of an account's extensions, one page of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccountPresenceInfo {
    /// Where this page is.
    #[schema(example = "http://127.0.0.1:8008/restapi/v1.0/account/1/presence?page=1&perPage=100")]
    pub uri: String,
    /// In the order of the extensions' ids.
    pub records: Vec<GetPresenceInfo>,
    pub paging: PagingInfo,
    pub navigation: NavigationInfo,
}

/// One extension's answer, in the form that is all JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchItem {
    /// The extension's id, or what was asked for instead of one.
    #[schema(example = "1")]
    pub resource_id: String,
    /// The status that this extension alone would have been answered with.
    #[schema(example = 200)]
    pub status: u16,
    pub body: BatchBody,
}

/// What an extension alone would have been answered with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum BatchBody {
    // First, since what is an error could be read as a presence, of which no member is required.
    Error(ErrorResponse),
    Presence(Box<GetPresenceInfo>),
}

impl ToSchema for BatchBody {}

// No member of a presence is required, so that what is an error is a presence too: not `oneOf`.
impl PartialSchema for BatchBody {
    fn schema() -> RefOr<Schema> {
        AnyOfBuilder::new()
            .description(Some("What an extension alone would have been answered with."))
            .item(Ref::from_schema_name("GetPresenceInfo"))
            .item(Ref::from_schema_name("ErrorResponse"))
            .examples([json!({"presenceStatus": "Available"})])
            .into()
    }
}
