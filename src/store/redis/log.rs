//! The documents: one log, which all nodes follow.

use std::sync::{Arc, atomic::Ordering};

use redis::{RedisResult, Value as Answer};

use super::{
    Shared,
    feed::Entry,
    keys::DOCUMENTS,
    link::value_of,
    script::{Call, WRITE},
};
use crate::store::{Document, DocumentRef, Kind, Node, Revision, StoreError, Written};

/// How many writes of documents are kept for those who come late, roughly.
const LOG_LENGTH: usize = 100_000;

/// For how long it is known which documents were removed, in microseconds: a day.
pub(super) const GONE_KNOWN: u64 = 24 * 60 * 60 * 1_000_000;

/// Documents as an entry of the log has them: kind, id, value.
type Packed = Vec<(u8, String, Option<Vec<u8>>)>;

fn pack(documents: &[Document]) -> Vec<u8> {
    let packed: Packed = documents
        .iter()
        .map(|document| (document.kind as u8, document.id.clone(), document.value.clone()))
        .collect();
    postcard::to_stdvec(&packed).expect("documents can be encoded")
}

fn unpack(bytes: &[u8]) -> Option<Vec<Document>> {
    let packed: Packed = postcard::from_bytes(bytes).ok()?;
    // A kind of a later version is no business of this one.
    let document = |(kind, id, value): (u8, String, Option<Vec<u8>>)| {
        let kind = Kind::ALL.into_iter().find(|known| *known as u8 == kind)?;
        Some(Document { kind, id, value })
    };
    Some(packed.into_iter().filter_map(document).collect())
}

/// A document's name among those that were removed.
fn name(document: &Document) -> String {
    format!("{}{}", document.kind as u8 as char, document.id)
}

/// The kind and the id in such a name.
pub(super) fn parse_name(name: &str) -> Option<(Kind, &str)> {
    let (kind, id) = name.split_at_checked(1)?;
    let kind = Kind::ALL.into_iter().find(|known| [*known as u8] == kind.as_bytes())?;
    Some((kind, id))
}

impl Shared {
    pub(super) async fn write(
        &self,
        documents: Vec<Document>,
        known: Revision,
        micros: u64,
    ) -> Result<Written, StoreError> {
        if documents.is_empty() {
            return Ok(Written::At(known));
        }
        self.reach(DOCUMENTS)?;
        let mut log = self.log.lock().await;
        if *log != known {
            return Ok(Written::Behind);
        }
        let confirm = self.confirmation(DOCUMENTS);
        let call = self.write_call(&documents, known, micros);
        let answers = self.links().confirmed.call(&[call], confirm).await;
        let mut answers = answers.map_err(|error| self.refused(&error))?.into_iter();
        let written: Vec<u64> = value_of(answers.next()).map_err(|error| self.refused(&error))?;
        let [1, revision] = written[..] else {
            // What came between is told at once: whoever plans again waits for it.
            self.follow_log(&mut log, self.clock.micros()).await.map_err(|error| self.refused(&error))?;
            return Ok(Written::Behind);
        };
        let revision = Revision(revision);
        self.tell_documents(&mut log, revision, &documents);
        self.kick.notify_one();
        if let Some((replicas, _)) = confirm {
            let have: usize = value_of(answers.next()).map_err(|error| self.refused(&error))?;
            if have < replicas {
                return Err(self.unconfirmed(have, replicas));
            }
        }
        Ok(Written::At(revision))
    }

    fn write_call(&self, documents: &[Document], known: Revision, micros: u64) -> Call {
        let keys = &self.keys;
        let mut names =
            vec![keys.events(DOCUMENTS), keys.meta(DOCUMENTS), keys.floor(DOCUMENTS), keys.gone()];
        let mut places = Vec::with_capacity(documents.len());
        for document in documents {
            let hash = keys.documents(document.kind, &document.id);
            let place = names.iter().position(|name| *name == hash).unwrap_or_else(|| {
                names.push(hash);
                names.len() - 1
            });
            places.push(place + 1);
        }
        let mut call = Call::new(&WRITE, names)
            .arg(known.0)
            .arg(&self.nonce()[..])
            .arg(micros)
            .arg(LOG_LENGTH)
            .arg(GONE_KNOWN)
            .arg(pack(documents));
        for (document, place) in documents.iter().zip(places) {
            let sign = if document.value.is_some() { "+" } else { "-" };
            let value = document.value.as_deref().unwrap_or_default();
            call = call.arg(place).arg(name(document)).arg(sign).arg(value);
        }
        call
    }

    fn tell_documents(&self, log: &mut Revision, revision: Revision, documents: &[Document]) {
        *log = revision;
        {
            let mut state = self.feeds[DOCUMENTS].lock();
            state.last = revision.0;
        }
        self.highest.fetch_max(revision.0, Ordering::SeqCst);
        if let Some(node) = self.node() {
            let shown: Vec<_> = documents.iter().map(DocumentRef::from).collect();
            node.documents(revision, &shown);
        }
    }

    /// Asks the log what is new, and tells it.
    pub(super) async fn poll_documents(&self, upto: u64) {
        let mut log = self.log.lock().await;
        match self.follow_log(&mut log, upto).await {
            Ok(()) => self.note_answer(DOCUMENTS),
            Err(error) => self.note_failure(DOCUMENTS, &error),
        }
    }

    async fn follow_log(&self, log: &mut Revision, upto: u64) -> RedisResult<()> {
        loop {
            let polled = self.poll_log(upto).await?;
            if polled.has_gap_after(log.0) {
                return self.reload(log).await;
            }
            let (reached, more) = polled.upto();
            for entry in &polled.entries {
                self.follow_entry(log, entry);
            }
            let mut state = self.feeds[DOCUMENTS].lock();
            state.upto = state.upto.max(reached);
            if !more {
                return Ok(());
            }
        }
    }

    fn follow_entry(&self, log: &mut Revision, entry: &Entry) {
        match entry.field("d").and_then(unpack) {
            Some(documents) => self.tell_documents(log, Revision(entry.number), &documents),
            None => {
                tracing::error!(revision = entry.number, "an entry of the log of documents cannot be read");
                self.tell_documents(log, Revision(entry.number), &[]);
            }
        }
    }

    /// Goes on after a gap in the log: everything is told anew, and what was removed since.
    async fn reload(&self, log: &mut Revision) -> RedisResult<()> {
        tracing::warn!(revision = log.0, "there is a gap in the log of documents: they are read anew");
        let Some(node) = self.node() else { return Ok(()) };
        let highest = self.highest.load(Ordering::SeqCst);
        let (end, _) = self.look_at_log(highest).await?;
        let since = Revision(log.0.min(end.0));
        let gone = self.gone_after(since).await?;
        let removed: Vec<Document> = gone
            .iter()
            .filter_map(|name| parse_name(name))
            .map(|(kind, id)| Document::removed(kind, id))
            .collect();
        let revision = Revision(end.0.max(log.0));
        let shown: Vec<_> = removed.iter().map(DocumentRef::from).collect();
        node.documents(revision, &shown);
        let told = |_: usize, documents: &[DocumentRef<'_>]| node.documents(revision, documents);
        self.show_users(&told).await?;
        self.show_others(&|documents| node.documents(revision, documents)).await?;
        *log = end;
        let mut state = self.feeds[DOCUMENTS].lock();
        state.last = end.0;
        Ok(())
    }

    /// Where the log ends, and its floor.
    pub(super) async fn look_at_log(&self, upto: u64) -> RedisResult<(Revision, u64)> {
        let answer = self.links().feed.call_one(self.look_call(DOCUMENTS, upto)).await?;
        let (floor, last, _, _, _, _): (u64, u64, u64, u64, String, Answer) = value_of(Some(answer))?;
        Ok((Revision(last), floor))
    }

    async fn gone_after(&self, revision: Revision) -> RedisResult<Vec<String>> {
        let key = self.keys.gone();
        let mut command = redis::cmd("ZRANGEBYSCORE");
        command.arg(&key).arg(revision.0).arg("+inf");
        value_of(self.links().feed.run(&key, vec![command]).await?.pop())
    }

    /// The server on this store, unless it is gone.
    pub(super) fn node(&self) -> Option<Arc<dyn Node>> {
        self.node.get()?.upgrade()
    }
}
