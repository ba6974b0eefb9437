//! The documents: one log, which all nodes follow.

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering},
};

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

/// How much of what was told is known, at most: an engine that fails over may lose it.
const TOLD_MOST: usize = 10_000;

/// How far the log was told.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// The revision up to which it was.
    pub(super) revision: Revision,
    /// The documents that were told last, the oldest first.
    told: VecDeque<(Kind, String)>,
    /// The number of the look by which all was told that was there when it began.
    looked: u64,
}

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
        if log.revision != known {
            return Ok(Written::Behind);
        }
        let confirm = self.confirmation(DOCUMENTS);
        let call = self.write_call(&documents, known, micros);
        let link = if confirm.is_some() { &self.links().confirmed } else { &self.links().records };
        let answers = link.call(&[call], confirm).await;
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
            let sign = match document.value {
                Some(_) => "+",
                // Its time is over on every node, whether that heard of it or not.
                None if document.kind.is_passing() => "~",
                None => "-",
            };
            let value = document.value.as_deref().unwrap_or_default();
            call = call.arg(place).arg(name(document)).arg(sign).arg(value);
        }
        call
    }

    fn tell_documents(&self, log: &mut Log, revision: Revision, documents: &[Document]) {
        log.revision = revision;
        log.told.extend(documents.iter().map(|document| (document.kind, document.id.clone())));
        log.told.drain(..log.told.len().saturating_sub(TOLD_MOST));
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

    /// Tells what was written until now. Of many who ask at once, all but a few share the answer to one of them.
    pub(super) async fn catch_up(&self) -> Result<(), StoreError> {
        self.reach(DOCUMENTS)?;
        let begun = self.looks.load(Ordering::SeqCst);
        let mut log = self.log.lock().await;
        if log.looked > begun {
            return Ok(());
        }
        self.follow_log(&mut log, self.clock.micros()).await.map_err(|error| self.refused(&error))
    }

    /// Asks the log what is new, and tells it.
    pub(super) async fn poll_documents(&self, upto: u64) {
        let mut log = self.log.lock().await;
        match self.follow_log(&mut log, upto).await {
            Ok(()) => self.note_answer(DOCUMENTS),
            Err(error) => self.note_failure(DOCUMENTS, &error),
        }
    }

    async fn follow_log(&self, log: &mut Log, upto: u64) -> RedisResult<()> {
        let look = self.looks.fetch_add(1, Ordering::SeqCst) + 1;
        loop {
            let polled = self.poll_log(upto).await?;
            if polled.has_gap_after(log.revision.0) {
                return self.reload(log).await;
            }
            let (reached, more) = polled.upto();
            for entry in &polled.entries {
                self.follow_entry(log, entry);
            }
            let mut state = self.feeds[DOCUMENTS].lock();
            state.upto = state.upto.max(reached);
            if !more {
                log.looked = look;
                return Ok(());
            }
        }
    }

    fn follow_entry(&self, log: &mut Log, entry: &Entry) {
        match entry.field("d").and_then(unpack) {
            Some(documents) => self.tell_documents(log, Revision(entry.number), &documents),
            None => {
                tracing::error!(revision = entry.number, "an entry of the log of documents cannot be read");
                self.tell_documents(log, Revision(entry.number), &[]);
            }
        }
    }

    /// Goes on after a gap in the log: everything is told anew, and what was removed since, or lost.
    async fn reload(&self, log: &mut Log) -> RedisResult<()> {
        tracing::warn!(
            revision = log.revision.0,
            "there is a gap in the log of documents: they are read anew"
        );
        let Some(node) = self.node() else { return Ok(()) };
        let Some(end) = self.end_beyond(log.revision).await? else { return Ok(()) };
        let gone = self.gone_after(log.revision.min(end)).await?;
        let gone = gone.iter().filter_map(|name| parse_name(name));
        let mut removed: Vec<Document> = gone.map(|(kind, id)| Document::removed(kind, id)).collect();
        removed.extend(self.lost(&log.told).await?);
        let shown: Vec<_> = removed.iter().map(DocumentRef::from).collect();
        node.documents(end, &shown);
        let told = |_: usize, documents: &[DocumentRef<'_>]| node.documents(end, documents);
        self.show_users(&told).await?;
        self.show_others(&|documents| node.documents(end, documents)).await?;
        *log = Log { revision: end, told: VecDeque::new(), ..*log };
        let mut state = self.feeds[DOCUMENTS].lock();
        state.last = end.0;
        Ok(())
    }

    /// Where the log ends. One that an engine has lost the end of goes on behind what was told, so that no revision means
    /// two things; nothing, if another node was faster to see to that.
    async fn end_beyond(&self, told: Revision) -> RedisResult<Option<Revision>> {
        let (end, _) = self.look_at_log(self.highest.load(Ordering::SeqCst)).await?;
        if end >= told {
            return Ok(Some(end));
        }
        let nothing = self.write_call(&[], end, self.clock.micros().max(told.0 + 1));
        let written: Vec<u64> = value_of(Some(self.asked_on(DOCUMENTS).call_one(nothing).await?))?;
        Ok(match written[..] {
            [1, revision] => Some(Revision(revision)),
            _ => None,
        })
    }

    /// Those of some documents that are not there.
    async fn lost(&self, told: &VecDeque<(Kind, String)>) -> RedisResult<Vec<Document>> {
        let commands = told.iter().map(|(kind, id)| {
            let mut command = redis::cmd("HEXISTS");
            command.arg(self.keys.documents(*kind, id)).arg(id);
            command
        });
        if told.is_empty() {
            return Ok(Vec::new());
        }
        let are_there = self.links().records.run(&self.keys.gone(), commands.collect()).await?;
        let mut lost = Vec::new();
        for (is_there, (kind, id)) in are_there.into_iter().zip(told) {
            if !value_of::<bool>(Some(is_there))? {
                lost.push(Document::removed(*kind, id.as_str()));
            }
        }
        Ok(lost)
    }

    /// Where the log ends, and its floor.
    pub(super) async fn look_at_log(&self, upto: u64) -> RedisResult<(Revision, u64)> {
        let answer = self.asked_on(DOCUMENTS).call_one(self.look_call(DOCUMENTS, upto)).await?;
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
