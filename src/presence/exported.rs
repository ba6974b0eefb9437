//! A record as it stands in an export. Moments are in milliseconds since the Unix epoch. What a later version
//! adds is left out where it is as usual, so that earlier exports read as what they were.

use std::{slice, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{
    Appearance, Audience, Call, CallDetails, CallInfo, CallKind, CallLabel, CallLabelType, CallSettings,
    CallerIdVisibility, Claim, Direction, DoNotDisturb, Expiry, LONGEST_LABEL, Override, Parties,
    PersonalDnd, Record, SipData, State, Status, Telephony, TelephonyStatus, Termination, Text, Timestamp,
    Versions, coded,
    record::{HIGHEST_SEQUENCE, LONGEST_LEASE},
    telephony::Leg,
};
use crate::id::{DeviceId, NodeId};

#[derive(Deserialize, Serialize)]
struct ExportedRecord {
    claims: Vec<ExportedClaim>,
    last_active: Option<Timestamp>,
    last_update: Option<Timestamp>,
    status: Option<ExportedStatus>,
    status_left_behind: Option<ExportedStatus>,
    overridden: ExportedOverride,
    hidden: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    telephony: Option<ExportedTelephony>,
    /// Of all audiences, or of each.
    version: OneOrEach<u64, 4>,
    /// Of both audiences of the extension, or of each.
    sequence: OneOrEach<u32, 2>,
}

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum OneOrEach<T, const N: usize>
where
    [T; N]: Serialize + for<'a> Deserialize<'a>,
{
    One(T),
    Each([T; N]),
}

impl<T: Copy + PartialEq, const N: usize> OneOrEach<T, N>
where
    [T; N]: Serialize + for<'a> Deserialize<'a>,
{
    fn of(each: [T; N]) -> Self {
        if each.iter().all(|one| *one == each[0]) { Self::One(each[0]) } else { Self::Each(each) }
    }

    fn iter(&self) -> impl Iterator<Item = &T> {
        match self {
            Self::One(one) => slice::from_ref(one).iter(),
            Self::Each(each) => each.iter(),
        }
    }

    fn each(self) -> [T; N] {
        match self {
            Self::One(one) => [one; N],
            Self::Each(each) => each,
        }
    }
}

#[derive(Deserialize, Serialize)]
struct ExportedClaim {
    device: DeviceId,
    state: State,
    last_active: Timestamp,
    /// Of a server that stands alone; else by node.
    connections: Connections,
    until: Timestamp,
    leased_until: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lease_milliseconds: Option<u64>,
}

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Connections {
    Local(u32),
    Nodes(Vec<(u64, u32)>),
}

#[derive(Deserialize, Serialize)]
struct ExportedStatus {
    text: Text,
    expires: Option<Timestamp>,
    /// Whether that was set with it; else it follows from a lease.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    expiry_is_set: bool,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum ExportedOverride {
    None,
    Busy,
    Invisible { since: Timestamp },
}

#[derive(Deserialize, Serialize)]
struct ExportedTelephony {
    settings: ExportedSettings,
    legs: Vec<ExportedLeg>,
}

#[derive(Deserialize, Serialize)]
struct ExportedSettings {
    #[serde(with = "coded::by_name")]
    dnd: DoNotDisturb,
    #[serde(with = "coded::by_name_if_any")]
    personal_dnd: Option<PersonalDnd>,
    accept_queue_calls: Option<bool>,
    ring_on_monitored_call: bool,
    pick_up_calls_on_hold: bool,
    #[serde(with = "coded::by_name_if_any")]
    caller_id_visibility: Option<CallerIdVisibility>,
}

#[derive(Deserialize, Serialize)]
struct ExportedLeg {
    call: ExportedCall,
    until: Timestamp,
}

#[derive(Deserialize, Serialize)]
struct ExportedCall {
    id: String,
    #[serde(with = "coded::by_name")]
    kind: CallKind,
    #[serde(with = "coded::by_name")]
    status: TelephonyStatus,
    #[serde(with = "coded::by_name")]
    direction: Direction,
    started: Option<Timestamp>,
    parties: ExportedParties,
    details: ExportedDetails,
}

#[derive(Deserialize, Serialize)]
struct ExportedParties {
    from: Option<String>,
    from_name: Option<String>,
    to: Option<String>,
    to_name: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct ExportedDetails {
    session_id: Option<String>,
    telephony_session_id: Option<String>,
    party_id: Option<String>,
    on_behalf_of: Option<u64>,
    queue_call: Option<bool>,
    #[serde(with = "coded::by_name_if_any")]
    termination: Option<Termination>,
    sip: Option<ExportedSip>,
    info: Option<ExportedInfo>,
    appearance: Option<ExportedAppearance>,
}

#[derive(Deserialize, Serialize)]
struct ExportedSip {
    call_id: Option<String>,
    to_tag: Option<String>,
    from_tag: Option<String>,
    remote_uri: Option<String>,
    local_uri: Option<String>,
    session_id: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct ExportedInfo {
    primary: Option<ExportedLabel>,
    additional: Option<ExportedLabel>,
}

#[derive(Deserialize, Serialize)]
struct ExportedLabel {
    #[serde(with = "coded::by_name")]
    kind: CallLabelType,
    value: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct ExportedAppearance {
    phone_number: Option<String>,
    number: u8,
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ExportedRecord::from(self.clone()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(ExportedRecord::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl From<Record> for ExportedRecord {
    fn from(record: Record) -> Self {
        Self {
            claims: record.claims.into_iter().map(ExportedClaim::from).collect(),
            last_active: record.last_active,
            last_update: record.last_update,
            status: record.status.map(ExportedStatus::from),
            status_left_behind: record.status_left_behind.map(ExportedStatus::from),
            overridden: match record.overridden {
                Override::None => ExportedOverride::None,
                Override::Busy => ExportedOverride::Busy,
                Override::Invisible { since } => ExportedOverride::Invisible { since },
            },
            hidden: record.hidden,
            telephony: record.telephony.map(|telephony| ExportedTelephony::from(*telephony)),
            version: OneOrEach::of(Audience::ALL.map(|audience| record.versions.of(audience))),
            sequence: OneOrEach::of(record.sequences),
        }
    }
}

impl ExportedRecord {
    /// Whether a server could have written it; if not, what is wrong.
    fn check(&self) -> Result<(), String> {
        let (highest, claims) = (Timestamp::HIGHEST, &self.claims);
        if let Some(moment) = self.moments().find(|moment| *moment > highest) {
            return Err(format!("{} is no moment: it is after the year 9999", moment.as_millis()));
        }
        if self.version.iter().any(|version| *version / 1_000 > highest.as_millis()) {
            return Err("version: it is after the year 9999".to_owned());
        }
        if self.sequence.iter().any(|sequence| *sequence > HIGHEST_SEQUENCE) {
            return Err(format!("sequence: has to be up to {HIGHEST_SEQUENCE}"));
        }
        if claims.iter().any(|claim| {
            claim.lease_milliseconds.is_some_and(|lease| Duration::from_millis(lease) > LONGEST_LEASE)
        }) {
            return Err(format!("lease_milliseconds: has to be up to {}", LONGEST_LEASE.as_millis()));
        }
        let others = |place: usize| claims.iter().skip(place + 1);
        let is_long = |label: &String| label.chars().count() > LONGEST_LABEL;
        if claims.iter().filter_map(|claim| claim.label.as_ref()).any(is_long) {
            return Err(format!("label: has to have up to {LONGEST_LABEL} characters"));
        }
        let is_twice =
            |(place, claim): (usize, &ExportedClaim)| others(place).any(|other| other.device == claim.device);
        if claims.iter().enumerate().any(is_twice) {
            return Err("claims: a device has two".to_owned());
        }
        let statuses = self.status.iter().chain(&self.status_left_behind);
        if statuses.clone().any(|status| status.text.is_empty()) {
            return Err("status: a text is empty".to_owned());
        }
        self.legs().try_for_each(|leg| leg.call.check())
    }

    fn legs(&self) -> impl Iterator<Item = &ExportedLeg> {
        self.telephony.iter().flat_map(|telephony| &telephony.legs)
    }

    /// All moments in it.
    fn moments(&self) -> impl Iterator<Item = Timestamp> {
        let of_claims = self.claims.iter().flat_map(|it| [it.last_active, it.until, it.leased_until]);
        let statuses = self.status.iter().chain(&self.status_left_behind);
        let since = match self.overridden {
            ExportedOverride::Invisible { since } => Some(since),
            ExportedOverride::None | ExportedOverride::Busy => None,
        };
        let of_calls = self.legs().flat_map(|leg| [Some(leg.until), leg.call.started]).flatten();
        of_claims
            .chain(statuses.filter_map(|status| status.expires))
            .chain([self.last_active, self.last_update, since].into_iter().flatten())
            .chain(of_calls)
    }
}

impl ExportedCall {
    fn check(&self) -> Result<(), String> {
        if self.id.is_empty() {
            return Err("a call has no id".to_owned());
        }
        if self.details.on_behalf_of.is_some_and(|number| number == 0 || i64::try_from(number).is_err()) {
            return Err("on_behalf_of: it is no number of a user".to_owned());
        }
        if self.details.appearance.as_ref().is_some_and(|appearance| !(1..=8).contains(&appearance.number)) {
            return Err("appearance: the number has to be from 1 to 8".to_owned());
        }
        Ok(())
    }
}

impl TryFrom<ExportedRecord> for Record {
    type Error = String;

    fn try_from(exported: ExportedRecord) -> Result<Self, String> {
        exported.check()?;
        Ok(Self {
            claims: exported.claims.into_iter().map(Claim::from).collect(),
            last_active: exported.last_active,
            last_update: exported.last_update,
            status: exported.status.map(Status::from),
            status_left_behind: exported.status_left_behind.map(Status::from),
            overridden: match exported.overridden {
                ExportedOverride::None => Override::None,
                ExportedOverride::Busy => Override::Busy,
                ExportedOverride::Invisible { since } => Override::Invisible { since },
            },
            hidden: exported.hidden,
            telephony: exported.telephony.map(|telephony| Box::new(telephony.into())),
            versions: Versions(exported.version.each()),
            sequences: exported.sequence.each(),
        })
    }
}

impl From<Claim> for ExportedClaim {
    fn from(claim: Claim) -> Self {
        let connections = match claim.connections.as_slice() {
            [] => Connections::Local(0),
            [(NodeId::LOCAL, count)] => Connections::Local(*count),
            nodes => Connections::Nodes(nodes.iter().map(|(node, count)| (node.0, *count)).collect()),
        };
        Self {
            device: claim.device,
            state: claim.state,
            last_active: claim.last_active,
            connections,
            until: claim.until,
            leased_until: claim.leased_until,
            label: claim.label.map(String::from),
            lease_milliseconds: claim.lease.map(|lease| u64::try_from(lease.as_millis()).unwrap_or(u64::MAX)),
        }
    }
}

impl From<ExportedClaim> for Claim {
    fn from(exported: ExportedClaim) -> Self {
        let connections = match exported.connections {
            Connections::Local(count) => vec![(NodeId::LOCAL.0, count)],
            Connections::Nodes(nodes) => nodes,
        };
        let connections = connections.into_iter().filter(|(_, count)| *count > 0);
        Self {
            device: exported.device,
            state: exported.state,
            last_active: exported.last_active,
            connections: connections.map(|(node, count)| (NodeId(node), count)).collect(),
            until: exported.until,
            leased_until: exported.leased_until,
            label: exported.label.map(Into::into),
            lease: exported.lease_milliseconds.map(Duration::from_millis),
        }
    }
}

impl From<Status> for ExportedStatus {
    fn from(Status { text, expires }: Status) -> Self {
        let expiry_is_set = expires.and_then(Expiry::if_set).is_some();
        Self { text, expires: expires.map(Expiry::at), expiry_is_set }
    }
}

impl From<ExportedStatus> for Status {
    fn from(ExportedStatus { text, expires, expiry_is_set }: ExportedStatus) -> Self {
        let expiry = if expiry_is_set { Expiry::Set } else { Expiry::Leased };
        Self { text, expires: expires.map(expiry) }
    }
}

/// Two structs with the same fields, of which each can be made from the other. Those behind the semicolon are
/// converted likewise.
macro_rules! same_fields {
    ($exported:ident, $core:ident { $($field:ident),* $(; $($each:ident),*)? }) => {
        impl From<$core> for $exported {
            fn from(core: $core) -> Self {
                Self {
                    $($field: core.$field,)*
                    $($($each: core.$each.into(),)*)?
                }
            }
        }

        impl From<$exported> for $core {
            fn from(exported: $exported) -> Self {
                Self {
                    $($field: exported.$field,)*
                    $($($each: exported.$each.into(),)*)?
                }
            }
        }
    };
}

same_fields!(
    ExportedSettings,
    CallSettings {
        dnd,
        personal_dnd,
        accept_queue_calls,
        ring_on_monitored_call,
        pick_up_calls_on_hold,
        caller_id_visibility
    }
);
same_fields!(ExportedLeg, Leg { until; call });
same_fields!(ExportedCall, Call { id, kind, status, direction, started; parties, details });
same_fields!(ExportedParties, Parties { from, from_name, to, to_name });
same_fields!(ExportedSip, SipData { call_id, to_tag, from_tag, remote_uri, local_uri, session_id });
same_fields!(ExportedLabel, CallLabel { kind, value });
same_fields!(ExportedAppearance, Appearance { phone_number, number });

impl From<Telephony> for ExportedTelephony {
    fn from(telephony: Telephony) -> Self {
        Self {
            settings: telephony.settings.into(),
            legs: telephony.legs.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<ExportedTelephony> for Telephony {
    fn from(exported: ExportedTelephony) -> Self {
        Self { settings: exported.settings.into(), legs: exported.legs.into_iter().map(Into::into).collect() }
    }
}

impl From<CallInfo> for ExportedInfo {
    fn from(info: CallInfo) -> Self {
        Self { primary: info.primary.map(Into::into), additional: info.additional.map(Into::into) }
    }
}

impl From<ExportedInfo> for CallInfo {
    fn from(exported: ExportedInfo) -> Self {
        Self { primary: exported.primary.map(Into::into), additional: exported.additional.map(Into::into) }
    }
}

impl From<CallDetails> for ExportedDetails {
    fn from(details: CallDetails) -> Self {
        Self {
            session_id: details.session_id,
            telephony_session_id: details.telephony_session_id,
            party_id: details.party_id,
            on_behalf_of: details.on_behalf_of,
            queue_call: details.queue_call,
            termination: details.termination,
            sip: details.sip.map(Into::into),
            info: details.info.map(Into::into),
            appearance: details.appearance.map(Into::into),
        }
    }
}

impl From<ExportedDetails> for CallDetails {
    fn from(exported: ExportedDetails) -> Self {
        Self {
            session_id: exported.session_id,
            telephony_session_id: exported.telephony_session_id,
            party_id: exported.party_id,
            on_behalf_of: exported.on_behalf_of,
            queue_call: exported.queue_call,
            termination: exported.termination,
            sip: exported.sip.map(Into::into),
            info: exported.info.map(Into::into),
            appearance: exported.appearance.map(Into::into),
        }
    }
}
