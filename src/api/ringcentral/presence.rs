//! An extension's presence: its form on the wire, and how it is made for a viewer.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    calls::{self, ActiveCallInfo},
    extract::Uris,
    rule,
};
use crate::{
    directory::User,
    presence::{CallKind, CallerIdVisibility, DoNotDisturb, Override, PersonalDnd, TelephonyStatus},
    service::{ExtensionPresence, Shown},
};

/// The longest message, in characters.
pub(super) const MESSAGE_CHARACTERS: usize = 75;

/// Somebody's presence, as it is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = "Available")]
pub(super) enum PresenceStatus {
    Offline,
    Busy,
    Available,
}

/// What a user set by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, ToSchema)]
#[schema(example = "Available")]
pub(super) enum UserStatus {
    Offline,
    Busy,
    Available,
}

/// Whether a user is in a meeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = "Disconnected")]
pub(super) enum MeetingStatus {
    Connected,
    Disconnected,
}

/// Which calls a user takes.
#[derive(ToSchema)]
#[schema(example = "TakeAllCalls")]
#[expect(
    dead_code,
    reason = "it stands for the schema; what is sent is a DoNotDisturb, which is never unknown"
)]
pub(super) enum DndStatus {
    TakeAllCalls,
    DoNotAcceptDepartmentCalls,
    TakeDepartmentCallsOnly,
    DoNotAcceptAnyCalls,
    Unknown,
}

/// Which calls to themselves alone a user takes.
#[derive(ToSchema)]
#[schema(example = "TakeAllCalls")]
#[expect(
    dead_code,
    reason = "it stands for the schema; what is sent is a PersonalDnd, which is never unknown"
)]
pub(super) enum DndStatusPersonal {
    TakeAllCalls,
    DoNotAcceptAnyCalls,
    Unknown,
}

/// Whether a contact centre has the user in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = "NoCall")]
pub(super) enum CxTelephonyStatus {
    NoCall,
    CallConnected,
}

/// An extension that a resource belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExtensionInfo {
    /// Where the extension is.
    #[schema(example = "http://127.0.0.1:8008/restapi/v1.0/account/1/extension/1")]
    uri: String,
    /// The extension's id.
    #[schema(value_type = i64, example = 1)]
    id: u64,
    /// The short number that people dial.
    #[schema(example = "101")]
    extension_number: String,
}

/// An extension's presence. What is not set, or not for the caller to see, is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"uri": "http://127.0.0.1:8008/restapi/v1.0/account/1/extension/1/presence",
    "extension": {"uri": "http://127.0.0.1:8008/restapi/v1.0/account/1/extension/1", "id": 1,
        "extensionNumber": "101"}, "presenceStatus": "Available", "telephonyStatus": "NoCall",
    "userStatus": "Available", "dndStatus": "TakeAllCalls", "meetingStatus": "Disconnected",
    "allowSeeMyPresence": true, "ringOnMonitoredCall": false, "pickUpCallsOnHold": false}))]
pub(super) struct GetPresenceInfo {
    /// Where this resource is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        example = "http://127.0.0.1:8008/restapi/v1.0/account/1/extension/1/presence",
        nullable = false
    )]
    pub(super) uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) extension: Option<ExtensionInfo>,
    /// What all below comes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) presence_status: Option<PresenceStatus>,
    /// How far the user's calls are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) telephony_status: Option<TelephonyStatus>,
    /// What the user set by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) user_status: Option<UserStatus>,
    /// Which calls the user takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DndStatus>, nullable = false)]
    pub(super) dnd_status: Option<DoNotDisturb>,
    /// The user's status text.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Back at noon", max_length = 75, nullable = false)]
    pub(super) message: Option<String>,
    /// Whether the user is in a meeting.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) meeting_status: Option<MeetingStatus>,
    /// Whether others may see the user's presence. Whom they may not see looks offline, and most is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true, nullable = false)]
    pub(super) allow_see_my_presence: Option<bool>,
    /// Whether the user's telephone rings when a monitored extension's does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = false, nullable = false)]
    pub(super) ring_on_monitored_call: Option<bool>,
    /// Whether the user takes up calls that a monitored extension has on hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = false, nullable = false)]
    pub(super) pick_up_calls_on_hold: Option<bool>,
    /// Who sees with whom the user talks. Permitted are those who share a room with the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) caller_id_visibility: Option<CallerIdVisibility>,
    /// Which calls to themselves alone the user takes, in accounts that have this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DndStatusPersonal>, nullable = false)]
    pub(super) dnd_status_personal: Option<PersonalDnd>,
    /// Whether the user takes calls of queues, in accounts that have this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true, nullable = false)]
    pub(super) accept_call_queue_calls: Option<bool>,
    /// The user's calls, if there are any and they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) active_calls: Option<Vec<ActiveCallInfo>>,
    /// How many calls the user has, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i32>, example = 1, nullable = false)]
    pub(super) total_active_calls: Option<usize>,
    /// How far the user's calls are, those of a contact centre among them; while there are such calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) aggregated_telephony_status: Option<TelephonyStatus>,
    /// Whether a contact centre has the user in a call; while there are such calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) cx_telephony_status: Option<CxTelephonyStatus>,
}

/// An extension's presence as it is updated, and as it is afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({"userStatus": "Busy", "message": "lunch"}))]
pub(super) struct PresenceInfoResource {
    #[serde(flatten)]
    #[schema(inline = false)]
    pub(super) info: GetPresenceInfo,
}

/// What of an extension's calls is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Detail {
    /// `activeCalls`; implied by `sip`.
    pub(super) calls: bool,
    /// `sipData` in them.
    pub(super) sip: bool,
    /// `totalActiveCalls`.
    pub(super) total: bool,
}

impl From<Override> for UserStatus {
    fn from(overridden: Override) -> Self {
        match overridden {
            Override::None => Self::Available,
            Override::Busy => Self::Busy,
            Override::Invisible { .. } => Self::Offline,
        }
    }
}

impl GetPresenceInfo {
    /// What a viewer is told of a user, who has an extension; `seen` is the service's answer for that viewer.
    pub(super) fn new(uris: &Uris, user: &User, seen: &ExtensionPresence, detail: Detail) -> Self {
        let settings = &seen.settings;
        let mut info = Self {
            uri: Some(uris.presence(user.number)),
            extension: ExtensionInfo::of(uris, user),
            presence_status: Some(PresenceStatus::Offline),
            telephony_status: None,
            user_status: None,
            dnd_status: None,
            message: None,
            meeting_status: None,
            allow_see_my_presence: Some(!seen.hidden),
            ring_on_monitored_call: Some(settings.ring_on_monitored_call),
            pick_up_calls_on_hold: Some(settings.pick_up_calls_on_hold),
            caller_id_visibility: settings.caller_id_visibility,
            dnd_status_personal: None,
            accept_call_queue_calls: settings.accept_queue_calls,
            active_calls: None,
            total_active_calls: None,
            aggregated_telephony_status: None,
            cx_telephony_status: None,
        };
        if let Some(shown) = &seen.shown {
            info.show(user, seen, shown, detail);
        }
        info
    }

    /// Adds what those see from whom the user is not hidden.
    fn show(&mut self, user: &User, seen: &ExtensionPresence, shown: &Shown, detail: Detail) {
        let Some(extension) = &user.extension else { return };
        let settings = seen.settings;
        let telephony = rule::telephony_status(&shown.calls, CallKind::Telephone);
        self.meeting_status = Some(rule::meeting_status(&shown.calls));
        self.presence_status =
            Some(rule::presence_status(extension, shown.overridden, settings, &shown.calls));
        self.dnd_status_personal = settings.personal_dnd;
        if extension.kind.has_presence() {
            self.telephony_status = Some(telephony);
            self.user_status = Some(shown.overridden.into());
            self.dnd_status = Some(settings.dnd);
            let text = shown.status.as_deref();
            self.message = text.map(|text| text.chars().take(MESSAGE_CHARACTERS).collect());
        }
        self.active_calls = (detail.calls || detail.sip)
            .then(|| calls::active(&shown.calls, detail.sip))
            .filter(|calls| !calls.is_empty());
        self.total_active_calls = detail.total.then(|| calls::total(&shown.calls));
        if shown.calls.iter().any(|call| call.kind == CallKind::ContactCenter) {
            let contact_center = rule::telephony_status(&shown.calls, CallKind::ContactCenter);
            self.aggregated_telephony_status = Some(telephony.max(contact_center));
            self.cx_telephony_status = Some(match contact_center {
                TelephonyStatus::NoCall => CxTelephonyStatus::NoCall,
                _ => CxTelephonyStatus::CallConnected,
            });
        }
    }
}

impl ExtensionInfo {
    pub(super) fn of(uris: &Uris, user: &User) -> Option<Self> {
        let extension = user.extension.as_ref()?;
        let uri = uris.extension(user.number);
        Some(Self { uri, id: user.number, extension_number: extension.number.clone() })
    }
}
