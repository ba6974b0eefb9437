//! The first form of records: one version for all who could see a change, one count of connections.

use serde::Deserialize;
use smallvec::SmallVec;

use super::{Base, Offset, Unreadable, telephony::PackedTelephony, unpack_state};
use crate::{
    id::NodeId,
    presence::{Claim, Expiry, Override, Record, Status, Versions},
};

pub(super) const FORM: u8 = 1;

#[derive(Deserialize)]
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
    telephony: Option<PackedTelephony>,
    sequence: u32,
}

#[derive(Deserialize)]
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

#[derive(Deserialize)]
struct PackedStatus<'a> {
    text: &'a str,
    expires: Option<Offset>,
}

#[derive(Deserialize)]
enum PackedOverride {
    None,
    Busy,
    Invisible { since: Offset },
}

/// The record behind the number of the form.
pub(super) fn unpack(body: &[u8]) -> Result<Record, Unreadable> {
    let packed: Packed<'_> = postcard::from_bytes(body).map_err(|_| Unreadable::Damaged)?;
    let base = Base::of(packed.version);
    let status = |status: PackedStatus<'_>| Status {
        text: status.text.into(),
        expires: status.expires.map(|offset| Expiry::Leased(base.unpack(offset))),
    };
    Ok(Record {
        claims: packed.claims.iter().map(|claim| claim.unpack(base)).collect::<Result<_, _>>()?,
        last_active: packed.last_active.map(|offset| base.unpack(offset)),
        last_update: packed.last_update.map(|offset| base.unpack(offset)),
        status: packed.status.map(status),
        status_left_behind: packed.status_left_behind.map(status),
        overridden: match packed.overridden {
            PackedOverride::None => Override::None,
            PackedOverride::Busy => Override::Busy,
            PackedOverride::Invisible { since } => Override::Invisible { since: base.unpack(since) },
        },
        hidden: packed.hidden,
        telephony: packed.telephony.map(|packed| packed.unpack().map(Box::new)).transpose()?,
        versions: Versions::usual(packed.version, true),
        sequences: [packed.sequence; 2],
    })
}

impl PackedClaim<'_> {
    fn unpack(&self, base: Base) -> Result<Claim, Unreadable> {
        let last_active = base.unpack(self.last_active);
        let device = self.device.parse().map_err(|_| Unreadable::Damaged)?;
        let mut claim = Claim::new(device, last_active);
        claim.state = unpack_state(self.state)?;
        claim.until = Base(last_active).unpack(self.until);
        claim.leased_until = Base(last_active).unpack(self.leased_until);
        if self.connections > 0 {
            claim.connections.push((NodeId::LOCAL, self.connections));
        }
        Ok(claim)
    }
}
