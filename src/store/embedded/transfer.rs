//! All that a store holds as lines of JSON, to be kept as a backup or moved to another machine.
//!
//! The first line names the format: `{"kind":"presenced","format":2}`. The last one says how many came
//! before it, so that half a file is known as such: `{"kind":"end","lines":3}`. Every other line is
//! `{"kind":…,"id":…,"value":…}`:
//!
//! | kind | id | value |
//! |---|---|---|
//! | `user` | user id | the directory entry |
//! | `member` | room id, a space, user id | of a user who is in a room: empty so far |
//! | `list` | user id | whom the user asked to see: user id to `pending` or `accepted` |
//! | `token` | token id | `digest`: SHA-256 of its text; whom it speaks for; when it expires |
//! | `subscription` | its id | who is to be told of what, and how |
//! | `filter` | user id, a space, its id | `stored`: when; `filter`: as the user's client has it |
//! | `key` | `login` | the secret that the texts of refreshed tokens are made with |
//! | `desk` | user id | what the user set for their telephone besides presence |
//! | `sign-out` | user id | when all sessions of the user were ended last |
//! | `ended-token` | hash of a signed token | whose it was, and when it would have stopped working |
//! | `token-rooms` | user id | the rooms that signed tokens put the user into, and until when |
//! | `record` | user id | what the devices and the user set; moments in milliseconds since 1970 |
//!
//! Who was removed lately, and what [passes](Kind::is_passing), is in no export.
//!
//! Format 1 had a line `room` for all members of a room: `members`, user ids.

use std::mem;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    engine::{Engine, EngineError, Write},
    key,
    load::unreadable,
    upgrade::members_of,
    writer::Last,
};
use crate::{
    id::UserId,
    presence::Record,
    store::{Document, Kind, LineVisit, StoreError, parse_id},
};

/// The format of the lines.
const FORMAT: u32 = 2;

/// How many pairs are written at once.
const BATCH: usize = 2_000;

#[derive(Deserialize, Serialize)]
struct ExportLine<'a> {
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    value: Option<&'a RawValue>,
}

impl<'a> ExportLine<'a> {
    fn bare(kind: &'a str) -> Self {
        Self { kind, format: None, lines: None, id: None, value: None }
    }

    fn to_text(&self) -> String {
        serde_json::to_string(self).expect("a line can be encoded") + "\n"
    }
}

/// Why a file cannot be imported; one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("line {line}: {why}")]
    ExportLine { line: u64, why: String },
    #[error("the file ends after {0} lines without the line that ends it: a part is missing")]
    Half(u64),
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// The first line of an export.
pub(in crate::store) fn first_line() -> String {
    ExportLine { format: Some(FORMAT), ..ExportLine::bare("presenced") }.to_text()
}

/// The last line of an export that has so many others.
pub(in crate::store) fn last_line(lines: u64) -> String {
    ExportLine { lines: Some(lines), ..ExportLine::bare("end") }.to_text()
}

/// The line of a document; none if it is about the store itself.
pub(in crate::store) fn document_line(
    kind: Kind,
    id: &str,
    value: &[u8],
) -> Option<Result<String, StoreError>> {
    to_line(&key::document(kind, id), value)
}

/// The line of a record.
pub(in crate::store) fn record_line(user: &UserId, record: &Record) -> Result<String, StoreError> {
    to_line(&key::record(user), &record.pack())
        .unwrap_or_else(|| Err(StoreError::bad_key(user.as_str().as_bytes())))
}

/// What an imported pair is.
pub(in crate::store) enum Imported {
    Document(Document),
    Record(UserId, Vec<u8>),
}

/// What a pair is that an import writes; none if it is about the embedded store itself.
pub(in crate::store) fn imported(write: &Write) -> Option<Imported> {
    let (head, id) = write.key.split_at_checked(key::PREFIX_BYTES)?;
    let id = str::from_utf8(id).ok()?;
    match key::kind(head) {
        Some(kind) => {
            Some(Imported::Document(Document { kind, id: id.to_owned(), value: write.value.clone() }))
        }
        None if head[0] == key::RECORDS => Some(Imported::Record(id.parse().ok()?, write.value.clone()?)),
        None => None,
    }
}

/// Shows everything as it is at one moment, line by line, until the visitor says no.
pub(super) fn export(engine: &dyn Engine, visit: &mut LineVisit<'_>) -> Result<(), StoreError> {
    let mut lines = 0;
    let mut result = Ok(true);
    let mut show = |line: Result<String, StoreError>| {
        result = line.map(|line| {
            lines += 1;
            visit(line)
        });
        matches!(result, Ok(true))
    };
    if !show(Ok(first_line())) {
        return Ok(());
    }
    engine.scan(b"", &mut |key, value| to_line(key, value).is_none_or(&mut show)).map_err(unreadable)?;
    if result? {
        visit(last_line(lines));
    }
    Ok(())
}

/// The line of a pair; none for what is about the store itself.
fn to_line(key: &[u8], value: &[u8]) -> Option<Result<String, StoreError>> {
    let (head, id) = key.split_at_checked(key::PREFIX_BYTES)?;
    let kind = key::kind(head);
    let stays = kind.is_some_and(|kind| kind == Kind::Removal || kind.is_passing());
    if (kind.is_none() && head[0] != key::RECORDS) || stays {
        return None;
    }
    let line = || {
        let id = parse_id(id)?;
        let damaged = |why: String| StoreError::Unreadable(format!("what is kept of {id}: {why}"));
        let text = match kind {
            Some(_) => String::from_utf8_lossy(value).into_owned(),
            None => {
                let record = Record::unpack(value).map_err(|error| damaged(error.to_string()))?;
                serde_json::to_string(&record).expect("a record has a JSON form")
            }
        };
        let value = RawValue::from_string(text).map_err(|error| damaged(error.to_string()))?;
        let kind = kind.map_or("record", Kind::name);
        Ok(ExportLine { id: Some(id), value: Some(&value), ..ExportLine::bare(kind) }.to_text())
    };
    Some(line())
}

/// Takes in the lines of an export, into an engine that is empty.
pub struct Import<E, C> {
    engine: E,
    /// Says what is wrong with a document, if something is.
    check: C,
    batch: Vec<Write>,
    /// The number of the last batch.
    number: u64,
    lines: u64,
    ended: bool,
}

impl<E: Engine, C: FnMut(&Document) -> Result<(), String>> Import<E, C> {
    /// An import into `engine` of what `check` agrees to.
    pub fn into(engine: E, check: C) -> Self {
        Self { engine, check, batch: Vec::new(), number: 0, lines: 0, ended: false }
    }

    /// Takes the next line.
    pub fn take(&mut self, line: &str) -> Result<(), ImportError> {
        let taken = self.writes_of(line);
        self.lines += 1;
        let writes = taken.map_err(|why| ImportError::ExportLine { line: self.lines, why })?;
        self.batch.extend(writes);
        if self.batch.len() >= BATCH { self.commit() } else { Ok(()) }
    }

    /// Writes a batch, numbered as the writer of a running server does.
    fn commit(&mut self) -> Result<(), ImportError> {
        self.number += 1;
        let last = Last { number: self.number, micros: 0 };
        self.batch.push(Write { key: key::LAST_BATCH.to_vec(), value: Some(last.encode()) });
        Ok(self.engine.commit(&mem::take(&mut self.batch))?)
    }

    /// Ends the import, and returns how many lines there were. The engine can be opened afterwards.
    pub fn finish(mut self) -> Result<u64, ImportError> {
        if !self.ended {
            return Err(ImportError::Half(self.lines));
        }
        self.commit()?;
        self.engine.rest();
        Ok(self.lines)
    }

    fn writes_of(&mut self, text: &str) -> Result<Vec<Write>, String> {
        if self.ended {
            return Err("there is something after the end".to_owned());
        }
        let line: ExportLine<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match (line.kind, line.format, line.lines, self.lines) {
            ("presenced", Some(format), _, 0) if format <= FORMAT => return Ok(Vec::new()),
            ("presenced", Some(format), _, 0) => {
                return Err(format!("the file has format {format}; this version reads up to {FORMAT}"));
            }
            (.., 0) => return Err("this is no export: it begins otherwise".to_owned()),
            ("end", _, Some(lines), _) if lines == self.lines => {
                self.ended = true;
                return Ok(Vec::new());
            }
            ("end", ..) => return Err("the number of lines is another: a part is missing".to_owned()),
            _ => {}
        }
        let (Some(id), Some(value)) = (line.id, line.value) else {
            return Err("`id` or `value` is missing".to_owned());
        };
        if line.kind == "record" {
            let user: UserId = id.parse().map_err(|error| format!("{id:?}: {error}"))?;
            let record: Record = serde_json::from_str(value.get()).map_err(|error| error.to_string())?;
            return Ok(vec![Write { key: key::record(&user), value: Some(record.pack()) }]);
        }
        if line.kind == "room" {
            return Ok(members_of(id, value.get().as_bytes())?.into_iter().map(Write::from).collect());
        }
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == line.kind);
        let kind = kind.ok_or_else(|| format!("the kind {:?} is not known", line.kind))?;
        let document = Document { kind, id: id.to_owned(), value: Some(value.get().as_bytes().to_vec()) };
        (self.check)(&document)?;
        Ok(vec![document.into()])
    }
}
