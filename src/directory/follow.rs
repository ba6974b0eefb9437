//! Following the log of documents: this is the only way in which the directory changes.

use parking_lot::Mutex;

use super::{Directory, Move, User, ending::Ends, fact::Fact, has_capitals, people::Part};
use crate::{
    store::{DocumentRef, Kind, Revision, StoreError, parse, partition},
    table::Size,
};

/// What the loading of users has come to.
#[derive(Debug, Default)]
pub(super) struct Loading {
    /// One partition is about as large as another.
    size: Mutex<Size>,
    /// What could not be read.
    failure: Mutex<Option<StoreError>>,
}

impl Directory {
    /// Takes in what the store has when it is opened.
    pub fn load(&self, revision: Revision, documents: &[DocumentRef<'_>]) {
        let loaded = match documents.first() {
            Some(first) if first.kind == Kind::User => self.load_users(documents),
            _ => self.try_follow(revision, documents).map(drop),
        };
        if let Err(error) = loaded {
            self.loading.failure.lock().get_or_insert(error);
        }
        let mut entries = self.entries.write();
        entries.revision = revision.max(entries.revision);
    }

    /// Whether all that was shown could be read.
    pub fn loaded(&self) -> Result<(), StoreError> {
        self.loading.failure.lock().take().map_or(Ok(()), Err)
    }

    /// Takes in the users of a partition. Several partitions come at a time.
    fn load_users(&self, documents: &[DocumentRef<'_>]) -> Result<(), StoreError> {
        let (mut part, mut noted_elsewhere) = (Part::default(), Vec::new());
        part.table.reserve(*self.loading.size.lock());
        let mut of = None;
        for DocumentRef { kind, id, value } in documents {
            let user: User = parse(*kind, id, value.unwrap_or_default())?;
            of.get_or_insert_with(|| partition(&user.id));
            part.add(&user);
            if user.extension.is_some() || has_capitals(&user.id) {
                noted_elsewhere.push(user);
            }
        }
        *self.loading.size.lock() = part.table.size();
        let Some(of) = of else { return Ok(()) };
        let mut entries = self.entries.write();
        entries.users.take_in(of, part);
        for user in &noted_elsewhere {
            entries.note(user);
        }
        Ok(())
    }

    /// Takes in a write, and tells what it came to for watchers.
    pub fn follow(&self, revision: Revision, documents: &[DocumentRef<'_>]) -> Vec<Move> {
        self.try_follow(revision, documents).unwrap_or_else(|error| {
            tracing::error!(%error, revision = revision.0, "a document could not be followed");
            Vec::new()
        })
    }

    fn try_follow(&self, revision: Revision, documents: &[DocumentRef<'_>]) -> Result<Vec<Move>, StoreError> {
        let facts = documents.iter().map(Fact::parse).collect::<Result<Vec<_>, _>>()?;
        let mut entries = self.entries.write();
        let (mut moves, mut ends) = (Vec::new(), Ends::default());
        for fact in facts {
            if let Fact::NoToken(id) = &fact {
                entries.remember_revoked(id);
            }
            ends.note(&fact, &entries);
            if let Fact::Subscription(id, _) = &fact {
                self.endings.note_subscription(id);
            }
            moves.extend(entries.apply(fact));
        }
        entries.revision = revision.max(entries.revision);
        self.endings.end(ends, &entries, self.clock.now());
        drop(entries);
        self.followed.send_replace(revision);
        Ok(moves)
    }
}
