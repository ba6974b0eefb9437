//! A record as bytes: how a store keeps it, in memory and on disk.
//!
//! The first byte is the number of the form. A later form gets the next number, and all earlier ones
//! stay readable. Moments are written relative to the last visible change, which is close to all of
//! them, so that a plain record of one device takes about 30 bytes.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{Claim, Override, Record, State, Status, Telephony, Timestamp};

/// The number of the form that is written.
const FORM: u8 = 1;

/// Room for most records, so that writing one down moves it seldom.
const MOST_BYTES: usize = 128;

/// Why bytes are no record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("a record has the form {0}; this version reads up to {FORM}")]
    NewerForm(u8),
    #[error("a record cannot be decoded")]
    Damaged,
}

/// Milliseconds from the base moment.
type Offset = i64;

#[derive(Deserialize, Serialize)]
struct Packed<'a> {
    version: u64,
    last_active: Option<Offset>,
    last_update: Option<Offset>,
    #[serde(borrow)]
    claims: SmallVec<[PackedClaim<'a>; 1]>,
    #[serde(borrow)]
    status: Option<PackedStatus<'a>>,
    #[serde(borrow)]
    status_left_behind: Option<PackedStatus<'a>>,
    overridden: PackedOverride,
    hidden: bool,
    telephony: Option<Box<Telephony>>,
    sequence: u32,
}

#[derive(Deserialize, Serialize)]
struct PackedClaim<'a> {
    device: &'a str,
    state: u8,
    last_active: Offset,
    connections: u32,
    /// From the claim's last activity.
    until: Offset,
    /// The same.
    leased_until: Offset,
}

#[derive(Deserialize, Serialize)]
struct PackedStatus<'a> {
    text: &'a str,
    expires: Option<Offset>,
}

#[derive(Deserialize, Serialize)]
enum PackedOverride {
    None,
    Busy,
    Invisible { since: Offset },
}

/// The moment that the others are relative to.
#[derive(Clone, Copy)]
struct Base(Timestamp);

impl Base {
    fn of(version: u64) -> Self {
        Self(Timestamp::from_micros(version))
    }

    fn pack(self, moment: Timestamp) -> Offset {
        moment.as_millis().wrapping_sub(self.0.as_millis()).cast_signed()
    }

    fn unpack(self, offset: Offset) -> Timestamp {
        Timestamp::from_millis(self.0.as_millis().wrapping_add(offset.cast_unsigned()))
    }

    fn pack_status(self, status: &Status) -> PackedStatus<'_> {
        PackedStatus { text: &status.text, expires: status.expires.map(|at| self.pack(at)) }
    }

    fn unpack_status(self, status: &PackedStatus<'_>) -> Status {
        Status { text: status.text.into(), expires: status.expires.map(|offset| self.unpack(offset)) }
    }

    fn pack_claim(self, claim: &Claim) -> PackedClaim<'_> {
        PackedClaim {
            device: claim.device.as_str(),
            state: claim.state as u8,
            last_active: self.pack(claim.last_active),
            connections: claim.connections,
            until: Self(claim.last_active).pack(claim.until),
            leased_until: Self(claim.last_active).pack(claim.leased_until),
        }
    }

    fn unpack_claim(self, claim: &PackedClaim<'_>) -> Result<Claim, Unreadable> {
        let last_active = self.unpack(claim.last_active);
        Ok(Claim {
            device: claim.device.parse().map_err(|_| Unreadable::Damaged)?,
            state: unpack_state(claim.state)?,
            last_active,
            connections: claim.connections,
            until: Self(last_active).unpack(claim.until),
            leased_until: Self(last_active).unpack(claim.leased_until),
        })
    }
}

fn unpack_state(number: u8) -> Result<State, Unreadable> {
    let states = [State::Offline, State::Unavailable, State::Online, State::Busy];
    states.into_iter().find(|state| *state as u8 == number).ok_or(Unreadable::Damaged)
}

impl Record {
    /// The record as bytes.
    pub fn pack(&self) -> Vec<u8> {
        let base = Base::of(self.version());
        let packed = Packed {
            version: self.version(),
            last_active: self.last_active.map(|at| base.pack(at)),
            last_update: self.last_update.map(|at| base.pack(at)),
            claims: self.claims.iter().map(|claim| base.pack_claim(claim)).collect(),
            status: self.status.as_ref().map(|status| base.pack_status(status)),
            status_left_behind: self.status_left_behind.as_ref().map(|status| base.pack_status(status)),
            overridden: match self.overridden {
                Override::None => PackedOverride::None,
                Override::Busy => PackedOverride::Busy,
                Override::Invisible { since } => PackedOverride::Invisible { since: base.pack(since) },
            },
            hidden: self.hidden,
            telephony: self.telephony.clone(),
            sequence: self.sequence,
        };
        let mut bytes = Vec::with_capacity(MOST_BYTES);
        bytes.push(FORM);
        postcard::to_extend(&packed, bytes).expect("a record can be encoded")
    }

    /// The record that these bytes were made from.
    pub fn unpack(bytes: &[u8]) -> Result<Self, Unreadable> {
        let packed: Packed<'_> = match bytes.split_first() {
            Some((&FORM, body)) => postcard::from_bytes(body).map_err(|_| Unreadable::Damaged)?,
            Some((&form, _)) if form > FORM => return Err(Unreadable::NewerForm(form)),
            _ => return Err(Unreadable::Damaged),
        };
        let base = Base::of(packed.version);
        Ok(Self {
            claims: packed.claims.iter().map(|claim| base.unpack_claim(claim)).collect::<Result<_, _>>()?,
            last_active: packed.last_active.map(|offset| base.unpack(offset)),
            last_update: packed.last_update.map(|offset| base.unpack(offset)),
            status: packed.status.map(|status| base.unpack_status(&status)),
            status_left_behind: packed.status_left_behind.map(|status| base.unpack_status(&status)),
            overridden: match packed.overridden {
                PackedOverride::None => Override::None,
                PackedOverride::Busy => Override::Busy,
                PackedOverride::Invisible { since } => Override::Invisible { since: base.unpack(since) },
            },
            hidden: packed.hidden,
            telephony: packed.telephony,
            version: packed.version,
            sequence: packed.sequence,
        })
    }
}
