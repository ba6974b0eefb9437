use serde::{Deserialize, Serialize};

use super::{Override, Rules, Timestamp};

/// The telephone side of a user: what they set for calls, and the legs of calls that gateways report.
/// Most users have none of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Telephony {
    pub(super) settings: CallSettings,
    pub(super) legs: Vec<Leg>,
}

/// What a user set for calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallSettings {
    pub dnd: DoNotDisturb,
    /// The same for calls to the user alone; unset in accounts without new call handling.
    pub personal_dnd: Option<PersonalDnd>,
    /// Whether calls of queues come through; unset in accounts without new call handling.
    pub accept_queue_calls: Option<bool>,
    pub ring_on_monitored_call: bool,
    pub pick_up_calls_on_hold: bool,
    pub caller_id_visibility: Option<CallerIdVisibility>,
}

/// Which calls a user takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DoNotDisturb {
    #[default]
    TakeAllCalls,
    DoNotAcceptDepartmentCalls,
    TakeDepartmentCallsOnly,
    DoNotAcceptAnyCalls,
}

/// Which calls to themselves alone a user takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PersonalDnd {
    TakeAllCalls,
    DoNotAcceptAnyCalls,
}

/// Who sees with whom a user talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallerIdVisibility {
    All,
    None,
    PermittedUsers,
}

/// A change of [`CallSettings`]: what is left out stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallSettingsChange {
    pub dnd: Option<DoNotDisturb>,
    pub personal_dnd: Option<PersonalDnd>,
    pub accept_queue_calls: Option<bool>,
    pub ring_on_monitored_call: Option<bool>,
    pub pick_up_calls_on_hold: Option<bool>,
    pub caller_id_visibility: Option<CallerIdVisibility>,
}

/// One leg of a call, as a gateway reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The gateway's name for it; the leg that is reported by this name again replaces this one.
    pub id: String,
    pub kind: CallKind,
    pub status: TelephonyStatus,
    pub direction: Direction,
    /// When it began; left out it is the moment of the first report.
    pub started: Option<Timestamp>,
    pub parties: Parties,
    pub details: CallDetails,
}

/// What a leg belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallKind {
    #[default]
    Telephone,
    /// A meeting makes its user a participant and nothing else.
    Meeting,
    /// A contact centre keeps its calls apart from those of the telephone.
    ContactCenter,
}

/// How far a call is. The order is the order of the merge: the highest of a user's legs counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TelephonyStatus {
    /// There is no call, or it has ended.
    #[default]
    NoCall,
    ParkedCall,
    Ringing,
    OnHold,
    CallConnected,
}

/// From where a call came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    Inbound,
    Outbound,
}

/// Who talks with whom, as numbers and as names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parties {
    pub from: Option<String>,
    pub from_name: Option<String>,
    pub to: Option<String>,
    pub to_name: Option<String>,
}

/// What else a gateway may know of a leg. It is kept as it was reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallDetails {
    pub session_id: Option<String>,
    pub telephony_session_id: Option<String>,
    pub party_id: Option<String>,
    /// The number of the user that the call is made for.
    pub on_behalf_of: Option<u64>,
    pub queue_call: Option<bool>,
    /// How the call ended, if it did.
    pub termination: Option<Termination>,
    pub sip: Option<SipData>,
    pub info: Option<CallInfo>,
    pub appearance: Option<Appearance>,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Termination {
    Final,
    /// The party goes on elsewhere, after a transfer for example.
    Intermediate,
}

/// What a telephone shows of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallInfo {
    pub primary: Option<CallLabel>,
    pub additional: Option<CallLabel>,
}

/// One line of what a telephone shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallLabel {
    pub kind: CallLabelType,
    pub value: Option<String>,
}

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallLabelType {
    PhoneNumberLabel,
    PhoneNumber,
    QueueExtension,
    QueueName,
    CallerIdName,
    CallerIdNumber,
    None,
}

/// On which key of a shared line a call is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appearance {
    pub phone_number: Option<String>,
    /// From 1 to 8.
    pub number: u8,
}

/// A leg's SIP dialog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SipData {
    pub call_id: Option<String>,
    pub to_tag: Option<String>,
    pub from_tag: Option<String>,
    pub remote_uri: Option<String>,
    pub local_uri: Option<String>,
    pub session_id: Option<String>,
}

/// A leg, and until when it is believed without another report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leg {
    pub(super) call: Call,
    pub(super) until: Timestamp,
}

/// The answer of the telephone side: what a user's extension is at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TelephonePresence {
    pub overridden: Override,
    pub settings: CallSettings,
    /// The legs that still hold, in the order of their beginnings.
    pub calls: Vec<Call>,
}

impl Call {
    /// The same leg for the eyes of those who may not see who talks with whom.
    pub fn without_parties(self) -> Self {
        let sip = self.details.sip.map(|sip| SipData { remote_uri: None, local_uri: None, ..sip });
        let details = CallDetails { sip, info: None, ..self.details };
        Self { parties: Parties::default(), details, ..self }
    }
}

impl Leg {
    fn has_ended(&self) -> bool {
        self.call.status == TelephonyStatus::NoCall
    }
}

impl Telephony {
    pub(super) fn set(&mut self, change: CallSettingsChange) {
        let old = self.settings;
        self.settings = CallSettings {
            dnd: change.dnd.unwrap_or(old.dnd),
            personal_dnd: change.personal_dnd.or(old.personal_dnd),
            accept_queue_calls: change.accept_queue_calls.or(old.accept_queue_calls),
            ring_on_monitored_call: change.ring_on_monitored_call.unwrap_or(old.ring_on_monitored_call),
            pick_up_calls_on_hold: change.pick_up_calls_on_hold.unwrap_or(old.pick_up_calls_on_hold),
            caller_id_visibility: change.caller_id_visibility.or(old.caller_id_visibility),
        };
    }

    /// Takes a leg in, or what is new of it; the bound on legs is kept. One that has ended stays for those who wait
    /// for its end, and not for longer if that is reported again.
    pub(super) fn report(&mut self, call: &Call, now: Timestamp, rules: &Rules) {
        let before = self.remove(&call.id);
        let ended = before.as_ref().filter(|leg| leg.has_ended()).map(|leg| leg.until);
        let until = match call.status {
            TelephonyStatus::NoCall => ended.unwrap_or(now + rules.ended_call),
            _ => now + rules.call_lease,
        };
        let known = before.and_then(|leg| leg.call.started);
        if self.legs.len() >= rules.calls_per_user
            && let Some(oldest) = (0..self.legs.len()).min_by_key(|&index| self.legs[index].until)
        {
            self.legs.remove(oldest);
        }
        let started = call.started.or(known).unwrap_or(now);
        let call = Call { started: Some(started), ..call.clone() };
        let place = self.legs.partition_point(|leg| leg.call.started <= call.started);
        self.legs.insert(place, Leg { call, until });
    }

    /// Ends a leg, finally if nothing else was said.
    pub(super) fn end(&mut self, id: &str, now: Timestamp, rules: &Rules) {
        let leg = self.legs.iter_mut().find(|leg| leg.call.id == id && !leg.has_ended());
        if let Some(Leg { call, until }) = leg {
            call.status = TelephonyStatus::NoCall;
            call.details.termination.get_or_insert(Termination::Final);
            *until = now + rules.ended_call;
        }
    }

    fn remove(&mut self, id: &str) -> Option<Leg> {
        let index = self.legs.iter().position(|leg| leg.call.id == id)?;
        Some(self.legs.remove(index))
    }

    pub(super) fn forget_ended(&mut self, now: Timestamp) {
        self.legs.retain(|leg| now < leg.until);
    }

    pub(super) fn live(&self, now: Timestamp) -> impl Iterator<Item = &Call> {
        self.legs.iter().filter(move |leg| now < leg.until).map(|leg| &leg.call)
    }

    /// The first moment after `now` at which a leg ends by itself.
    pub(super) fn next_end(&self, now: Timestamp) -> Option<Timestamp> {
        self.legs.iter().map(|leg| leg.until).filter(|&until| until > now).min()
    }

    /// Whether a record may do without.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
