//! Wire types: notifications.

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    ActiveCallInfo, CallQueuePresence, CxTelephonyStatus, DndStatus, DndStatusPersonal,
    ExtensionCallQueuePresenceList, MeetingStatus, PresenceStatus, UserStatus,
};
use crate::api::{
    Open,
    telephony::{DoNotDisturb, PersonalDnd, TelephonyStatus},
};

/// What a subscriber is told, on a WebSocket or by a webhook.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// The notification's own id. One that is sent again because no answer came has another.
    #[schema(value_type = String, format = "uuid", example = "7d4c6a3e-6a43-4d2e-9b93-2b6d6b0d9c11")]
    pub uuid: Uuid,
    /// What changed: the filter's path, with the id of the extension.
    #[schema(example = "/restapi/v1.0/account/1/extension/2/presence?detailedTelephonyState=true")]
    pub event: String,
    /// When it was sent.
    #[schema(format = "date-time", example = "2026-01-05T09:00:01.120Z")]
    pub timestamp: String,
    /// The subscription.
    #[schema(value_type = String, format = "uuid", example = "0b9e5a52-63f5-4c6e-8d0c-3a7f3b0f2a77")]
    pub subscription_id: Uuid,
    /// The id of the subscription's owner.
    #[schema(example = "1")]
    pub owner_id: String,
    #[schema(value_type = Body)]
    pub body: Box<RawValue>,
}

/// What is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = NotificationBody, example = json!({"extensionId": 2, "telephonyStatus": "NoCall", "sequence": 11,
    "presenceStatus": "Busy", "userStatus": "Busy", "dndStatus": "TakeAllCalls", "meetingStatus": "Disconnected",
    "allowSeeMyPresence": true, "ringOnMonitoredCall": false, "pickUpCallsOnHold": false}))]
pub enum Body {
    Presence(Box<PresenceEventBody>),
    Lines(LineEventBody),
    Dnd(DndEventBody),
    Queue(CallQueuePresence),
    QueuesOf(ExtensionCallQueuePresenceList),
    Reminder(ReminderEventBody),
}

/// An extension's presence, as the subscription's owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresenceEventBody {
    /// The extension.
    #[schema(value_type = i64, example = 2)]
    pub extension_id: u64,
    /// How far the user's calls are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TelephonyStatus>, nullable = false)]
    pub telephony_status: Option<Open<TelephonyStatus>>,
    /// The number of the extension's change. It never goes back.
    #[schema(value_type = i32, example = 11)]
    pub sequence: u32,
    /// What all else comes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<PresenceStatus>, nullable = false)]
    pub presence_status: Option<Open<PresenceStatus>>,
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
    /// Which calls to themselves alone the user takes, in accounts that have this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DndStatusPersonal>, nullable = false)]
    pub dnd_status_personal: Option<Open<PersonalDnd>>,
    /// Whether the user takes calls of queues, in accounts that have this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true, nullable = false)]
    pub accept_call_queue_calls: Option<bool>,
    /// The latest of the user's calls, if there are any and the filter asks for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 7, nullable = false)]
    pub active_calls: Option<Vec<ActiveCallInfo>>,
    /// How many calls the user has, if the filter asks for calls.
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

/// That others are monitored than before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineEventBody {
    /// The extensions that are monitored now.
    pub extension: Vec<ChangedLine>,
    /// The number of the latest change of the extension that monitors them. It never goes back.
    #[schema(value_type = i32, example = 11)]
    pub sequence: u32,
}

/// A monitored extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChangedLine {
    /// The extension's id.
    #[schema(example = "2")]
    pub id: String,
}

/// An extension's do-not-disturb state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
// Without more, so that every body is of one kind alone.
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DndEventBody {
    /// The extension.
    #[schema(value_type = i64, example = 2)]
    pub extension_id: u64,
    /// Which calls the user takes, if the subscription's owner may know.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DndStatus>, nullable = false)]
    pub dnd_status: Option<Open<DoNotDisturb>>,
}

/// That the subscription is about to expire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReminderEventBody {
    /// When the subscription expires, unless it is renewed.
    #[schema(format = "date-time", example = "2026-01-12T09:00:00.000Z")]
    pub expiration_time: String,
    /// The same in seconds from now.
    #[schema(value_type = i64, example = 60)]
    pub expires_in: u64,
}
