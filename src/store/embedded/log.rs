use super::{engine::Write, key};
use crate::store::Revision;

/// Where the documents stand, and whether they are about to go on.
#[derive(Debug, Default)]
pub(super) struct Log {
    revision: Revision,
    is_being_written: bool,
}

impl Log {
    pub(super) fn at(revision: Revision) -> Self {
        Self { revision, is_being_written: false }
    }

    /// Begins a write of a caller that knows the documents up to `known`. Says whether it may go on.
    pub(super) fn begin(&mut self, known: Revision) -> bool {
        let may = !self.is_being_written && self.revision == known;
        self.is_being_written |= may;
        may
    }

    /// Ends a write: the documents are at that revision now, or as they were.
    pub(super) fn end(&mut self, written: Option<Revision>) {
        self.is_being_written = false;
        self.revision = written.unwrap_or(self.revision);
    }
}

impl Revision {
    /// The note of this revision.
    pub(super) fn write(self) -> Write {
        Write { key: key::REVISION.to_vec(), value: Some(self.0.to_be_bytes().to_vec()) }
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(u64::from_be_bytes(bytes)))
    }
}
