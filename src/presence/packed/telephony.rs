//! The telephone side of a record as bytes. Words are numbers.

use serde::{Deserialize, Serialize};

use super::Unreadable;
use crate::presence::{
    Appearance, Call, CallDetails, CallInfo, CallLabel, CallSettings, Parties, SipData, Telephony, Timestamp,
    coded::Coded, telephony::Leg,
};

#[derive(Deserialize, Serialize)]
pub(super) struct PackedTelephony {
    dnd: u8,
    personal_dnd: Option<u8>,
    accept_queue_calls: Option<bool>,
    ring_on_monitored_call: bool,
    pick_up_calls_on_hold: bool,
    caller_id_visibility: Option<u8>,
    legs: Vec<PackedLeg>,
}

#[derive(Deserialize, Serialize)]
struct PackedLeg {
    id: String,
    kind: u8,
    status: u8,
    direction: u8,
    started: Option<u64>,
    from: Option<String>,
    from_name: Option<String>,
    to: Option<String>,
    to_name: Option<String>,
    details: PackedDetails,
    until: u64,
}

#[derive(Deserialize, Serialize)]
struct PackedDetails {
    session_id: Option<String>,
    telephony_session_id: Option<String>,
    party_id: Option<String>,
    on_behalf_of: Option<u64>,
    queue_call: Option<bool>,
    termination: Option<u8>,
    sip: Option<PackedSip>,
    info: Option<(Option<PackedLabel>, Option<PackedLabel>)>,
    /// The number of the line, and the key.
    appearance: Option<(Option<String>, u8)>,
}

#[derive(Deserialize, Serialize)]
struct PackedSip {
    call_id: Option<String>,
    to_tag: Option<String>,
    from_tag: Option<String>,
    remote_uri: Option<String>,
    local_uri: Option<String>,
    session_id: Option<String>,
}

/// What it is about, and what it says.
type PackedLabel = (u8, Option<String>);

fn word<T: Coded>(number: u8) -> Result<T, Unreadable> {
    T::from_number(number).ok_or(Unreadable::Damaged)
}

impl From<&Telephony> for PackedTelephony {
    fn from(Telephony { settings, legs }: &Telephony) -> Self {
        Self {
            dnd: settings.dnd.number(),
            personal_dnd: settings.personal_dnd.map(Coded::number),
            accept_queue_calls: settings.accept_queue_calls,
            ring_on_monitored_call: settings.ring_on_monitored_call,
            pick_up_calls_on_hold: settings.pick_up_calls_on_hold,
            caller_id_visibility: settings.caller_id_visibility.map(Coded::number),
            legs: legs.iter().map(PackedLeg::from).collect(),
        }
    }
}

impl PackedTelephony {
    pub(super) fn unpack(self) -> Result<Telephony, Unreadable> {
        let settings = CallSettings {
            dnd: word(self.dnd)?,
            personal_dnd: self.personal_dnd.map(word).transpose()?,
            accept_queue_calls: self.accept_queue_calls,
            ring_on_monitored_call: self.ring_on_monitored_call,
            pick_up_calls_on_hold: self.pick_up_calls_on_hold,
            caller_id_visibility: self.caller_id_visibility.map(word).transpose()?,
        };
        let legs = self.legs.into_iter().map(PackedLeg::unpack).collect::<Result<_, _>>()?;
        Ok(Telephony { settings, legs })
    }
}

impl From<&Leg> for PackedLeg {
    fn from(Leg { call, until }: &Leg) -> Self {
        let Parties { from, from_name, to, to_name } = call.parties.clone();
        Self {
            id: call.id.clone(),
            kind: call.kind.number(),
            status: call.status.number(),
            direction: call.direction.number(),
            started: call.started.map(Timestamp::as_millis),
            from,
            from_name,
            to,
            to_name,
            details: PackedDetails::from(call.details.clone()),
            until: until.as_millis(),
        }
    }
}

impl PackedLeg {
    fn unpack(self) -> Result<Leg, Unreadable> {
        let call = Call {
            id: self.id,
            kind: word(self.kind)?,
            status: word(self.status)?,
            direction: word(self.direction)?,
            started: self.started.map(Timestamp::from_millis),
            parties: Parties {
                from: self.from,
                from_name: self.from_name,
                to: self.to,
                to_name: self.to_name,
            },
            details: self.details.unpack()?,
        };
        Ok(Leg { call, until: Timestamp::from_millis(self.until) })
    }
}

impl From<CallDetails> for PackedDetails {
    fn from(details: CallDetails) -> Self {
        let label = |label: CallLabel| (label.kind.number(), label.value);
        let sip = |sip: SipData| PackedSip {
            call_id: sip.call_id,
            to_tag: sip.to_tag,
            from_tag: sip.from_tag,
            remote_uri: sip.remote_uri,
            local_uri: sip.local_uri,
            session_id: sip.session_id,
        };
        Self {
            session_id: details.session_id,
            telephony_session_id: details.telephony_session_id,
            party_id: details.party_id,
            on_behalf_of: details.on_behalf_of,
            queue_call: details.queue_call,
            termination: details.termination.map(Coded::number),
            sip: details.sip.map(sip),
            info: details.info.map(|info| (info.primary.map(label), info.additional.map(label))),
            appearance: details.appearance.map(|appearance| (appearance.phone_number, appearance.number)),
        }
    }
}

impl PackedDetails {
    fn unpack(self) -> Result<CallDetails, Unreadable> {
        let label = |(kind, value): PackedLabel| Ok::<_, Unreadable>(CallLabel { kind: word(kind)?, value });
        let info = |(primary, additional): (Option<PackedLabel>, Option<PackedLabel>)| {
            Ok::<_, Unreadable>(CallInfo {
                primary: primary.map(label).transpose()?,
                additional: additional.map(label).transpose()?,
            })
        };
        let sip = |sip: PackedSip| SipData {
            call_id: sip.call_id,
            to_tag: sip.to_tag,
            from_tag: sip.from_tag,
            remote_uri: sip.remote_uri,
            local_uri: sip.local_uri,
            session_id: sip.session_id,
        };
        Ok(CallDetails {
            session_id: self.session_id,
            telephony_session_id: self.telephony_session_id,
            party_id: self.party_id,
            on_behalf_of: self.on_behalf_of,
            queue_call: self.queue_call,
            termination: self.termination.map(word).transpose()?,
            sip: self.sip.map(sip),
            info: self.info.map(info).transpose()?,
            appearance: self.appearance.map(|(phone_number, number)| Appearance { phone_number, number }),
        })
    }
}
