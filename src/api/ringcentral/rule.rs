//! The aggregation rule: what an extension's presence comes to. RingCentral publishes no formula; the table
//! in `tests/it/ringcentral/rule.rs` tells for every row whether it is known or our decision.

use super::types::{MeetingStatus, PresenceStatus};
use crate::{
    directory::{Extension, ExtensionStatus},
    presence::{Call, CallKind, CallSettings, DoNotDisturb, Override, PersonalDnd, TelephonyStatus},
};

/// The state of all of a user's calls of one kind: the highest.
pub(super) fn telephony_status(calls: &[Call], kind: CallKind) -> TelephonyStatus {
    let of_kind = calls.iter().filter(|call| call.kind == kind);
    of_kind.map(|call| call.status).max().unwrap_or_default()
}

/// Whether the user takes part in a meeting.
pub(super) fn meeting_status(calls: &[Call]) -> MeetingStatus {
    match telephony_status(calls, CallKind::Meeting) {
        TelephonyStatus::NoCall => MeetingStatus::Disconnected,
        _ => MeetingStatus::Connected,
    }
}

/// The presence that is published, from what the user set and what the calls are. The first that applies:
///
/// 1. an extension that is not in use, or of a type without presence, is Offline;
/// 2. a user who set Offline is Offline, during a call too;
/// 3. a user who set Busy is Busy;
/// 4. a user who accepts no calls at all is Busy;
/// 5. a user who is in a meeting is Busy;
/// 6. a user who is in a call, has one on hold or parked is Busy; a call that rings changes nothing;
/// 7. every other user is Available.
pub(super) fn presence_status(
    extension: &Extension,
    overridden: Override,
    settings: CallSettings,
    calls: &[Call],
) -> PresenceStatus {
    let accepts_no_calls = settings.dnd == DoNotDisturb::DoNotAcceptAnyCalls
        || settings.personal_dnd == Some(PersonalDnd::DoNotAcceptAnyCalls);
    if !extension.kind.has_presence() || extension.status != ExtensionStatus::Enabled {
        return PresenceStatus::Offline;
    }
    match (overridden, telephony_status(calls, CallKind::Telephone)) {
        (Override::Invisible { .. }, _) => PresenceStatus::Offline,
        (Override::Busy, _) => PresenceStatus::Busy,
        _ if accepts_no_calls || meeting_status(calls) == MeetingStatus::Connected => PresenceStatus::Busy,
        (Override::None, TelephonyStatus::NoCall | TelephonyStatus::Ringing) => PresenceStatus::Available,
        (Override::None, _) => PresenceStatus::Busy,
    }
}
