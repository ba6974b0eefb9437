//! Calls in the form that presence shows them in.

use std::time::{Duration, UNIX_EPOCH};

use serde::Serialize;
use utoipa::ToSchema;

use crate::presence::{
    self, Call, CallKind, CallLabelType, Direction, TelephonyStatus, Termination, Timestamp,
};

/// One leg of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActiveCallInfo {
    /// The leg's id.
    #[schema(example = "c1")]
    id: String,
    /// From where the call came.
    direction: Direction,
    /// Whether it came through a queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = false, nullable = false)]
    queue_call: Option<bool>,
    /// The caller's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "101", nullable = false)]
    from: Option<String>,
    /// The caller's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Alice", nullable = false)]
    from_name: Option<String>,
    /// The called number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "102", nullable = false)]
    to: Option<String>,
    /// The name of whoever is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Bob", nullable = false)]
    to_name: Option<String>,
    /// How far the call is.
    telephony_status: TelephonyStatus,
    /// The session that all legs of the call share.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "501", nullable = false)]
    session_id: Option<String>,
    /// The same in telephony APIs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "s-501", nullable = false)]
    telephony_session_id: Option<String>,
    /// The user's party in that session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "p-501-1", nullable = false)]
    party_id: Option<String>,
    /// The id of the extension that the call is made for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2", nullable = false)]
    on_behalf_of: Option<String>,
    /// How the call ended, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    termination_type: Option<Termination>,
    /// When the call began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime, example = "2026-01-05T09:00:00.000Z", nullable = false)]
    start_time: Option<String>,
    /// The SIP dialog, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sip_data: Option<SipData>,
    /// What a telephone shows of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    call_info: Option<CallInfo>,
    /// On which key of a shared line the call is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    appearance_info: Option<AppearanceInfo>,
}

/// The SIP dialog of a leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SipData {
    /// The `Call-ID` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "4a6c", nullable = false)]
    call_id: Option<String>,
    /// The tag of the called side.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "17d4", nullable = false)]
    to_tag: Option<String>,
    /// The tag of the calling side.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "8b21", nullable = false)]
    from_tag: Option<String>,
    /// The other side's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "sip:102@example.com", nullable = false)]
    remote_uri: Option<String>,
    /// The user's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "sip:101@example.com", nullable = false)]
    local_uri: Option<String>,
    /// The session in the telephone system's own terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "501", nullable = false)]
    rc_session_id: Option<String>,
}

/// What a telephone shows of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct CallInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    primary: Option<CallInfoLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    additional: Option<CallInfoLine>,
}

/// One line of what a telephone shows of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct CallInfoLine {
    /// What the line is about.
    #[serde(rename = "type")]
    kind: CallLabelType,
    /// The text of the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "+16505550100", nullable = false)]
    value: Option<String>,
}

/// On which key of a shared line a call is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AppearanceInfo {
    /// The number of the shared line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "+16505550100", nullable = false)]
    phone_number: Option<String>,
    /// The key.
    #[schema(value_type = i32, minimum = 1, maximum = 8, example = 1)]
    appearance_number: u8,
}

/// The telephone calls among a user's legs, in the order of their beginnings.
pub(super) fn active(calls: &[Call], with_sip: bool) -> Vec<ActiveCallInfo> {
    of_telephone(calls).map(|call| ActiveCallInfo::new(call, with_sip)).collect()
}

/// How many telephone calls have not ended.
pub(super) fn total(calls: &[Call]) -> usize {
    of_telephone(calls).filter(|call| call.status != TelephonyStatus::NoCall).count()
}

fn of_telephone(calls: &[Call]) -> impl Iterator<Item = &Call> {
    calls.iter().filter(|call| call.kind == CallKind::Telephone)
}

/// A moment as this dialect writes it: in UTC, with milliseconds.
pub(super) fn date_time(at: Timestamp) -> String {
    let time = UNIX_EPOCH + Duration::from_millis(at.as_millis());
    humantime::format_rfc3339_millis(time).to_string()
}

impl ActiveCallInfo {
    /// Whether the leg is over, and is shown for those who wait for that.
    pub(super) fn has_ended(&self) -> bool {
        self.telephony_status == TelephonyStatus::NoCall
    }

    fn new(call: &Call, with_sip: bool) -> Self {
        let Call { id, direction, status, started, parties, details, .. } = call.clone();
        Self {
            id,
            direction,
            queue_call: details.queue_call,
            from: parties.from,
            from_name: parties.from_name,
            to: parties.to,
            to_name: parties.to_name,
            telephony_status: status,
            session_id: details.session_id,
            telephony_session_id: details.telephony_session_id,
            party_id: details.party_id,
            on_behalf_of: details.on_behalf_of.map(|number| number.to_string()),
            termination_type: details.termination,
            start_time: started.map(date_time),
            sip_data: details.sip.filter(|_| with_sip).map(SipData::from),
            call_info: details.info.map(CallInfo::from),
            appearance_info: details.appearance.map(AppearanceInfo::from),
        }
    }
}

impl From<presence::SipData> for SipData {
    fn from(sip: presence::SipData) -> Self {
        Self {
            call_id: sip.call_id,
            to_tag: sip.to_tag,
            from_tag: sip.from_tag,
            remote_uri: sip.remote_uri,
            local_uri: sip.local_uri,
            rc_session_id: sip.session_id,
        }
    }
}

impl From<presence::CallInfo> for CallInfo {
    fn from(info: presence::CallInfo) -> Self {
        let line = |label: presence::CallLabel| CallInfoLine { kind: label.kind, value: label.value };
        Self { primary: info.primary.map(line), additional: info.additional.map(line) }
    }
}

impl From<presence::Appearance> for AppearanceInfo {
    fn from(appearance: presence::Appearance) -> Self {
        Self { phone_number: appearance.phone_number, appearance_number: appearance.number }
    }
}
