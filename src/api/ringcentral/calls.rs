//! Calls in the form that presence shows them in.

use std::time::{Duration, UNIX_EPOCH};

use super::types::{ActiveCallInfo, AppearanceInfo, CallInfo, CallInfoLine, SipData};
use crate::{
    api::telephony,
    presence::{self, Call, CallKind, TelephonyStatus, Timestamp},
};

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
        self.telephony_status == telephony::TelephonyStatus::NoCall
    }

    fn new(call: &Call, with_sip: bool) -> Self {
        let Call { id, direction, status, started, parties, details, .. } = call.clone();
        Self {
            id,
            direction: direction.into(),
            queue_call: details.queue_call,
            from: parties.from,
            from_name: parties.from_name,
            to: parties.to,
            to_name: parties.to_name,
            telephony_status: status.into(),
            session_id: details.session_id,
            telephony_session_id: details.telephony_session_id,
            party_id: details.party_id,
            on_behalf_of: details.on_behalf_of.map(|number| number.to_string()),
            termination_type: details.termination.map(Into::into),
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
        let line = |label: presence::CallLabel| CallInfoLine { kind: label.kind.into(), value: label.value };
        Self { primary: info.primary.map(line), additional: info.additional.map(line) }
    }
}

impl From<presence::Appearance> for AppearanceInfo {
    fn from(appearance: presence::Appearance) -> Self {
        Self { phone_number: appearance.phone_number, appearance_number: appearance.number }
    }
}
