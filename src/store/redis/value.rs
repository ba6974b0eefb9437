//! A record as the engine keeps it: a head that the scripts know, and the packed record as it was before its last change
//! was numbered. The number is given by the engine, so the reader applies it.
//!
//! | bytes | what |
//! |---|---|
//! | 7 | revision: moves with every write; what is compared |
//! | 7 | number of the last write, if a watcher could see it; else 0 |
//! | 6 | when the user is due, in milliseconds; 0 is never |
//! | 4 | what the writer chose, to know its own again |
//! | 1 | whether the user may be present (128), and the audiences of the last write |
//! | .. | the packed record |

use crate::presence::{Audience, Audiences, Record, Timestamp, Unreadable};

/// How long the head is.
pub(super) const HEAD: usize = 25;

/// How long a revision is.
pub(super) const REVISION: usize = 7;

/// What marks a user who may be present.
const PRESENT: u8 = 128;

/// A record as the engine keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value(Vec<u8>);

/// What a writer chose, to know its own write again.
pub(super) type Nonce = [u8; 4];

impl Value {
    /// What the engine has; none if it is no record.
    pub(super) fn of(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() > HEAD).then_some(Self(bytes))
    }

    /// What the engine makes of a write.
    pub(super) fn new(
        revision: u64,
        number: u64,
        deadline: u64,
        nonce: Nonce,
        seen: Seen,
        body: &[u8],
    ) -> Self {
        let mut bytes = Vec::with_capacity(HEAD + body.len());
        bytes.extend_from_slice(&revision.to_be_bytes()[1..]);
        bytes.extend_from_slice(&number.to_be_bytes()[1..]);
        bytes.extend_from_slice(&deadline.to_be_bytes()[2..]);
        bytes.extend_from_slice(&nonce);
        bytes.push(seen.0);
        bytes.extend_from_slice(body);
        Self(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn number_at(&self, start: usize, length: usize) -> u64 {
        self.0[start..start + length].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    pub(super) fn revision(&self) -> u64 {
        self.number_at(0, REVISION)
    }

    /// The revision as it is compared.
    pub(super) fn revision_bytes(&self) -> &[u8] {
        &self.0[..REVISION]
    }

    fn number(&self) -> u64 {
        self.number_at(REVISION, REVISION)
    }

    /// When the user is due, if ever.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        Some(self.number_at(14, 6)).filter(|millis| *millis > 0).map(Timestamp::from_millis)
    }

    pub(super) fn nonce(&self) -> &[u8] {
        &self.0[20..24]
    }

    fn seen(&self) -> Seen {
        Seen(self.0[24])
    }

    /// Whether the user may be present.
    pub(super) fn is_present(&self) -> bool {
        self.seen().is_present()
    }

    /// The packed record, as it was before its last change was numbered.
    pub(super) fn body(&self) -> &[u8] {
        &self.0[HEAD..]
    }

    /// The record.
    pub(super) fn record(&self) -> Result<Record, Unreadable> {
        let mut record = Record::unpack(self.body())?;
        let audiences = self.seen().audiences();
        if !audiences.is_empty() {
            record.number_change(self.number(), audiences);
        }
        Ok(record)
    }
}

/// Who saw a write, and whether the user may be present after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen(u8);

impl Seen {
    pub(super) fn new(audiences: Audiences, is_present: bool) -> Self {
        let marks = audiences.iter().fold(0, |marks, audience| marks | 1 << audience as u8);
        Self(marks | if is_present { PRESENT } else { 0 })
    }

    pub(super) fn is_present(self) -> bool {
        self.0 & PRESENT != 0
    }

    /// The audiences as a number.
    pub(super) fn marks(self) -> u8 {
        self.0 & !PRESENT
    }

    pub(super) fn audiences(self) -> Audiences {
        audiences_of(self.marks())
    }
}

/// The audiences of a number.
pub(super) fn audiences_of(marks: u8) -> Audiences {
    Audience::ALL.into_iter().filter(|audience| marks & (1 << *audience as u8) != 0).collect()
}
