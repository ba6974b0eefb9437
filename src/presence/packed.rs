//! A record as bytes: how a store keeps it, in memory and on disk.
//!
//! The first byte is the number of the form. A later form gets the next number, and all earlier ones
//! stay readable. In form 2 marks say what follows, so that what is as usual takes no room: a plain record
//! of one device has about 25 bytes. Marks without a meaning are room for what comes later. Moments are
//! written relative to the last change that any watcher could see, which is close to all of them.

mod form1;
mod telephony;

use std::time::Duration;

use serde::{Serialize, de::DeserializeOwned};

use self::telephony::PackedTelephony;
use super::{
    Audience, Claim, Expiry, Override, Record, State, Status, Timestamp, Versions, record::usual_sequence,
};
use crate::id::NodeId;

/// The number of the form that is written.
const FORM: u8 = 2;

/// Room for most records, so that writing one down moves it seldom.
const MOST_BYTES: usize = 128;

/// What is marked in a record. Those that most records have stand first, where they take one byte together.
mod mark {
    pub(super) const LAST_ACTIVE: u16 = 1;
    pub(super) const LAST_UPDATE: u16 = 1 << 1;
    pub(super) const STATUS: u16 = 1 << 2;
    pub(super) const BUSY: u16 = 1 << 3;
    pub(super) const HIDDEN: u16 = 1 << 4;
    /// Every audience saw the last change. Without it and `VERSIONS` those of the presence did, and those of
    /// the extension have seen none.
    pub(super) const SEEN_BY_ALL: u16 = 1 << 5;
    pub(super) const VERSIONS: u16 = 1 << 6;
    pub(super) const INVISIBLE: u16 = 1 << 7;
    pub(super) const STATUS_LEFT_BEHIND: u16 = 1 << 8;
    pub(super) const TELEPHONY: u16 = 1 << 9;
    pub(super) const SEQUENCES: u16 = 1 << 10;
    /// The status expires at the moment that was set with it, not with a lease.
    pub(super) const EXPIRY_SET: u16 = 1 << 11;
    /// The same of the status left behind.
    pub(super) const EXPIRY_LEFT_BEHIND_SET: u16 = 1 << 12;
    pub(super) const ALL: u16 = (1 << 13) - 1;
}

/// What is marked in a claim. The two lowest bits are the state.
mod claim_mark {
    pub(super) const STATE: u8 = 3;
    pub(super) const CONNECTIONS: u8 = 1 << 2;
    /// It holds longer than connections say.
    pub(super) const LEASED_UNTIL: u8 = 1 << 3;
    pub(super) const LABEL: u8 = 1 << 4;
    pub(super) const LEASE: u8 = 1 << 5;
    pub(super) const ALL: u8 = (1 << 6) - 1;
}

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
}

/// Writes one value behind the other.
struct Writer(Vec<u8>);

impl Writer {
    fn put<T: Serialize + ?Sized>(&mut self, value: &T) {
        let bytes = std::mem::take(&mut self.0);
        self.0 = postcard::to_extend(value, bytes).expect("what a record is made of can be encoded");
    }

    fn put_status(&mut self, status: &Status, base: Base) {
        self.put(&(&*status.text, status.expires.map(|expires| base.pack(expires.at()))));
    }
}

/// Reads one value after the other.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take<T: DeserializeOwned>(&mut self) -> Result<T, Unreadable> {
        let (value, rest) = postcard::take_from_bytes(self.0).map_err(|_| Unreadable::Damaged)?;
        self.0 = rest;
        Ok(value)
    }

    fn take_text(&mut self) -> Result<&'a str, Unreadable> {
        let (text, rest) = postcard::take_from_bytes(self.0).map_err(|_| Unreadable::Damaged)?;
        self.0 = rest;
        Ok(text)
    }

    fn take_if<T>(
        &mut self,
        is_there: bool,
        take: impl FnOnce(&mut Self) -> Result<T, Unreadable>,
    ) -> Result<Option<T>, Unreadable> {
        is_there.then(|| take(self)).transpose()
    }

    fn take_moment(&mut self, base: Base) -> Result<Timestamp, Unreadable> {
        Ok(base.unpack(self.take()?))
    }

    fn take_status(&mut self, base: Base, is_expiry_set: bool) -> Result<Status, Unreadable> {
        let text = self.take_text()?.into();
        let expires: Option<Offset> = self.take()?;
        let expiry = if is_expiry_set { Expiry::Set } else { Expiry::Leased };
        Ok(Status { text, expires: expires.map(|offset| expiry(base.unpack(offset))) })
    }
}

fn unpack_state(number: u8) -> Result<State, Unreadable> {
    let states = [State::Offline, State::Unavailable, State::Online, State::Busy];
    states.into_iter().find(|state| *state as u8 == number).ok_or(Unreadable::Damaged)
}

/// The number of the last change of a record that was packed by this process, or unpacked before.
pub(crate) fn packed_version(bytes: &[u8]) -> u64 {
    let version = match bytes.split_first() {
        Some((&FORM, body)) => postcard::from_bytes::<(u16, u64)>(body).map(|(_, version)| version),
        Some((_, body)) => postcard::from_bytes(body),
        None => Ok(0),
    };
    version.expect("the bytes are those of a record")
}

impl Versions {
    /// What most have whose last change is this one: all saw it, or those of the presence alone.
    fn usual(version: u64, is_seen_by_all: bool) -> Self {
        let of_extension = if is_seen_by_all { version } else { 0 };
        Self([version, version, of_extension, of_extension])
    }

    fn usual_sequences(self) -> [u32; 2] {
        [Audience::OwnExtension, Audience::Account].map(|audience| match self.of(audience) {
            0 => 0,
            version => usual_sequence(version),
        })
    }
}

impl Record {
    /// The record as bytes.
    pub fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(MOST_BYTES);
        bytes.push(FORM);
        let mut writer = Writer(bytes);
        let (version, marks) = (self.version(), self.marks());
        let base = Base::of(version);
        writer.put(&marks);
        writer.put(&version);
        if marks & mark::VERSIONS != 0 {
            writer.put(&self.versions.0.map(|of_audience| version - of_audience));
        }
        if marks & mark::SEQUENCES != 0 {
            writer.put(&self.sequences);
        }
        for moment in [self.last_active, self.last_update].into_iter().flatten() {
            writer.put(&base.pack(moment));
        }
        for status in [&self.status, &self.status_left_behind].into_iter().flatten() {
            writer.put_status(status, base);
        }
        if let Override::Invisible { since } = self.overridden {
            writer.put(&base.pack(since));
        }
        if let Some(telephony) = &self.telephony {
            writer.put(&PackedTelephony::from(&**telephony));
        }
        writer.put(&self.claims.len());
        for claim in &self.claims {
            claim.pack(&mut writer, base);
        }
        writer.0
    }

    fn marks(&self) -> u16 {
        let version = self.version();
        let is_seen_by_all = version != 0 && self.versions == Versions::usual(version, true);
        let has_usual_versions = is_seen_by_all || self.versions == Versions::usual(version, false);
        let marks = [
            (self.last_active.is_some(), mark::LAST_ACTIVE),
            (self.last_update.is_some(), mark::LAST_UPDATE),
            (self.status.is_some(), mark::STATUS),
            (self.overridden == Override::Busy, mark::BUSY),
            (self.hidden, mark::HIDDEN),
            (is_seen_by_all, mark::SEEN_BY_ALL),
            (!has_usual_versions, mark::VERSIONS),
            (self.is_invisible(), mark::INVISIBLE),
            (self.status_left_behind.is_some(), mark::STATUS_LEFT_BEHIND),
            (self.telephony.is_some(), mark::TELEPHONY),
            (self.sequences != self.versions.usual_sequences(), mark::SEQUENCES),
            (is_expiry_set(self.status.as_ref()), mark::EXPIRY_SET),
            (is_expiry_set(self.status_left_behind.as_ref()), mark::EXPIRY_LEFT_BEHIND_SET),
        ];
        marks.into_iter().filter(|(is_there, _)| *is_there).fold(0, |marks, (_, mark)| marks | mark)
    }

    /// The record that these bytes were made from.
    pub fn unpack(bytes: &[u8]) -> Result<Self, Unreadable> {
        match bytes.split_first() {
            Some((&FORM, body)) => Self::unpack_body(&mut Reader(body)),
            Some((&form1::FORM, body)) => form1::unpack(body),
            Some((&form, _)) if form > FORM => Err(Unreadable::NewerForm(form)),
            _ => Err(Unreadable::Damaged),
        }
    }

    fn unpack_body(reader: &mut Reader<'_>) -> Result<Self, Unreadable> {
        let marks: u16 = reader.take()?;
        if marks & !mark::ALL != 0 {
            return Err(Unreadable::Damaged);
        }
        let has = |mark: u16| marks & mark != 0;
        let version: u64 = reader.take()?;
        let base = Base::of(version);
        let versions = match reader.take_if(has(mark::VERSIONS), Reader::take::<[u64; 4]>)? {
            Some(below) => Versions(below.map(|below| version.saturating_sub(below))),
            None => Versions::usual(version, has(mark::SEEN_BY_ALL)),
        };
        let sequences = reader.take_if(has(mark::SEQUENCES), Reader::take)?;
        let moment = |reader: &mut Reader<'_>| reader.take_moment(base);
        let last_active = reader.take_if(has(mark::LAST_ACTIVE), moment)?;
        let last_update = reader.take_if(has(mark::LAST_UPDATE), moment)?;
        let status = |reader: &mut Reader<'_>, is_there, is_expiry_set| {
            reader.take_if(has(is_there), |reader| reader.take_status(base, has(is_expiry_set)))
        };
        let own_status = status(reader, mark::STATUS, mark::EXPIRY_SET)?;
        let status_left_behind = status(reader, mark::STATUS_LEFT_BEHIND, mark::EXPIRY_LEFT_BEHIND_SET)?;
        let overridden = match reader.take_if(has(mark::INVISIBLE), moment)? {
            Some(since) => Override::Invisible { since },
            None if has(mark::BUSY) => Override::Busy,
            None => Override::None,
        };
        let telephony = reader.take_if(has(mark::TELEPHONY), Reader::take::<PackedTelephony>)?;
        let claims: usize = reader.take()?;
        let claims = (0..claims).map(|_| Claim::unpack(reader, base)).collect::<Result<_, _>>()?;
        Ok(Self {
            claims,
            last_active,
            last_update,
            status: own_status,
            status_left_behind,
            overridden,
            hidden: has(mark::HIDDEN),
            telephony: telephony.map(|packed| packed.unpack().map(Box::new)).transpose()?,
            versions,
            sequences: sequences.unwrap_or_else(|| versions.usual_sequences()),
        })
    }
}

fn is_expiry_set(status: Option<&Status>) -> bool {
    status.and_then(|status| status.expires).and_then(Expiry::if_set).is_some()
}

impl Claim {
    fn pack(&self, writer: &mut Writer, base: Base) {
        let since = Base(self.last_active);
        let is_leased_longer = self.leased_until != self.last_active;
        let marks = [
            (self.is_connected(), claim_mark::CONNECTIONS),
            (is_leased_longer, claim_mark::LEASED_UNTIL),
            (self.label.is_some(), claim_mark::LABEL),
            (self.lease.is_some(), claim_mark::LEASE),
        ];
        let state = self.state as u8;
        let marks =
            marks.into_iter().filter(|(is_there, _)| *is_there).fold(state, |marks, (_, mark)| marks | mark);
        writer.0.push(marks);
        writer.put(self.device.as_str());
        writer.put(&base.pack(self.last_active));
        writer.put(&since.pack(self.until));
        if self.is_connected() {
            writer.put(&self.connections.len());
            for (node, count) in &self.connections {
                writer.put(&(node.0, *count));
            }
        }
        if is_leased_longer {
            writer.put(&since.pack(self.leased_until));
        }
        if let Some(label) = &self.label {
            writer.put(label.as_str());
        }
        if let Some(lease) = self.lease {
            writer.put(&u64::try_from(lease.as_millis()).unwrap_or(u64::MAX));
        }
    }

    fn unpack(reader: &mut Reader<'_>, base: Base) -> Result<Self, Unreadable> {
        let marks: u8 = reader.take()?;
        if marks & !claim_mark::ALL != 0 {
            return Err(Unreadable::Damaged);
        }
        let has = |mark: u8| marks & mark != 0;
        let device = reader.take_text()?.parse().map_err(|_| Unreadable::Damaged)?;
        let last_active = reader.take_moment(base)?;
        let since = Base(last_active);
        let until = reader.take_moment(since)?;
        let connections = reader.take_if(has(claim_mark::CONNECTIONS), |reader| {
            let nodes: usize = reader.take()?;
            let mut each = || reader.take().map(|(node, count)| (NodeId(node), count));
            (0..nodes).map(|_| each()).collect()
        })?;
        let leased_until =
            reader.take_if(has(claim_mark::LEASED_UNTIL), |reader| reader.take_moment(since))?;
        let label = reader.take_if(has(claim_mark::LABEL), |reader| reader.take_text().map(Into::into))?;
        let lease =
            reader.take_if(has(claim_mark::LEASE), |reader| reader.take().map(Duration::from_millis))?;
        Ok(Self {
            device,
            state: unpack_state(marks & claim_mark::STATE)?,
            last_active,
            connections: connections.unwrap_or_default(),
            until,
            leased_until: leased_until.unwrap_or(last_active),
            label,
            lease,
        })
    }
}
