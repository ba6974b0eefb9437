//! An extension's presence: its form on the wire, and how it is made for a viewer.

use super::{
    calls,
    extract::Uris,
    rule,
    types::{CxTelephonyStatus, ExtensionInfo, GetPresenceInfo, PresenceStatus, UserStatus},
};
use crate::{
    directory::User,
    presence::{CallKind, Override, TelephonyStatus},
    service::{ExtensionPresence, Shown},
};

/// The longest message, in characters.
pub(super) const MESSAGE_CHARACTERS: usize = 75;

/// What of an extension's calls is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Detail {
    /// `activeCalls`; implied by `sip`.
    pub calls: bool,
    /// `sipData` in them.
    pub sip: bool,
    /// `totalActiveCalls`.
    pub total: bool,
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
            presence_status: Some(PresenceStatus::Offline.into()),
            telephony_status: None,
            user_status: None,
            dnd_status: None,
            message: None,
            meeting_status: None,
            allow_see_my_presence: Some(!seen.hidden),
            ring_on_monitored_call: Some(settings.ring_on_monitored_call),
            pick_up_calls_on_hold: Some(settings.pick_up_calls_on_hold),
            caller_id_visibility: settings.caller_id_visibility.map(Into::into),
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
        self.meeting_status = Some(rule::meeting_status(&shown.calls).into());
        self.presence_status =
            Some(rule::presence_status(extension, shown.overridden, settings, &shown.calls).into());
        self.dnd_status_personal = settings.personal_dnd.map(Into::into);
        if extension.kind.has_presence() {
            self.telephony_status = Some(telephony.into());
            self.user_status = Some(UserStatus::from(shown.overridden).into());
            self.dnd_status = Some(settings.dnd.into());
            let text = shown.status.as_deref();
            self.message = text.map(|text| text.chars().take(MESSAGE_CHARACTERS).collect());
        }
        self.active_calls = (detail.calls || detail.sip)
            .then(|| calls::active(&shown.calls, detail.sip))
            .filter(|calls| !calls.is_empty());
        self.total_active_calls = detail.total.then(|| calls::total(&shown.calls));
        if shown.calls.iter().any(|call| call.kind == CallKind::ContactCenter) {
            let contact_center = rule::telephony_status(&shown.calls, CallKind::ContactCenter);
            self.aggregated_telephony_status = Some(telephony.max(contact_center).into());
            let status = match contact_center {
                TelephonyStatus::NoCall => CxTelephonyStatus::NoCall,
                _ => CxTelephonyStatus::CallConnected,
            };
            self.cx_telephony_status = Some(status.into());
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
