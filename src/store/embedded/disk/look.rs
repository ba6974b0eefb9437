//! Looks at a data folder before it is opened, and changes nothing: opening cuts journals and deletes tables
//! that it cannot make sense of, so whether everything is there has to be known before.

use std::{
    collections::BTreeMap,
    fs, iter,
    path::{Path, PathBuf},
};

use super::{
    error::OpenError,
    fault::Fault,
    journal::{self, Batch},
    names::Strangers,
    tree::Tree,
};
use crate::{
    id::UserId,
    store::embedded::{key, upgrade::FORMAT, writer::Last},
};

/// The version of fjall's files.
const VERSION: [u8; 4] = *b"FJL\x03";

/// A sequence number is this close to the one before it; between the two lie those of tables.
const CLOSE: u64 = 1 << 20;

/// A batch that holds the format alone is no longer than this.
const FORMAT_BATCH: usize = 64;

/// The keyspace in which fjall keeps the names of the others.
const NAMES: u64 = 0;

/// What a look at fjall's files tells.
pub(super) struct Look {
    /// The last batch that is there.
    pub(super) last: Last,
    /// The format of the data.
    pub(super) format: u32,
    /// The journal that is written to.
    pub(super) journal: PathBuf,
    /// A user of another server than the one that was asked for, which follows.
    pub(super) stranger: Option<(UserId, String)>,
}

/// Looks at fjall's files, all of which have to be there and whole; and for users of other servers than this one.
pub(super) fn look(files: &Path, server: Option<&str>) -> Result<Look, Fault> {
    fs::metadata(files).map_err(|error| Fault::of(files, &error))?;
    let version = files.join("version");
    let found = fs::read(&version).map_err(|error| Fault::of(&version, &error))?;
    if found != VERSION {
        return Err(Fault::new(version, "it is damaged, or of another version of the files"));
    }
    let trees = trees(&files.join("keyspaces"))?;
    let journals = journals(files)?;
    let Some((_, newest)) = journals.last_key_value() else {
        return Err(Fault::new(files.join("0.jnl"), "there is no journal, neither this one nor a later one"));
    };
    let (mut state, mut strangers) = (State::of(&trees)?, server.map(Strangers::to));
    for ((number, path), before) in journals.iter().zip(iter::once(None).chain(journals.keys().map(Some))) {
        // Journals are deleted from the oldest on.
        if before.is_some_and(|before| before + 1 < *number) {
            return Err(Fault::new(files.join(format!("{}.jnl", number - 1)), "it is missing"));
        }
        for batch in batches(path, path == newest)? {
            state.follow(&batch, &trees).map_err(|why| Fault::new(path.clone(), why))?;
            if let Some(strangers) = &mut strangers {
                strangers.follow(&batch);
            }
        }
    }
    let format = state.format.as_deref().and_then(|bytes| Some(u32::from_be_bytes(bytes.try_into().ok()?)));
    let format = format.ok_or_else(|| Fault::new(files.to_owned(), "the number of the format is missing"))?;
    let stranger = strangers.map_or(Ok(None), |strangers| strangers.first(of_data(&trees)))?;
    let stranger = stranger.zip(server.map(str::to_owned));
    Ok(Look { last: state.last, format, journal: newest.clone(), stranger })
}

impl Look {
    /// Whether the data can be read by this version, is as far as was acknowledged, and is of the server that was asked for.
    pub(super) fn check(&self, folder: &Path, note: &Path, noted: u64) -> Result<(), OpenError> {
        let folder = folder.to_owned();
        if self.format > FORMAT {
            return Err(OpenError::NewerFormat { folder, found: self.format });
        }
        let found = self.last.number;
        if found < noted {
            let (journal, note) = (self.journal.clone(), note.to_owned());
            return Err(OpenError::Lost { folder, journal, note, found, noted });
        }
        match &self.stranger {
            Some((user, server)) => {
                Err(OpenError::OtherServer { folder, server: server.clone(), user: user.clone() })
            }
            None => Ok(()),
        }
    }
}

/// What the tables and the batches up to some place say together.
struct State {
    last: Last,
    format: Option<Vec<u8>>,
    /// The last batch that is in the tables, and its sequence number.
    in_tables: (u64, Option<u64>),
    /// The sequence number of the last batch.
    sequence: Option<u64>,
}

impl State {
    fn of(trees: &BTreeMap<u64, Tree>) -> Result<Self, Fault> {
        let (mut last, mut format) = (None, None);
        for tree in of_data(trees) {
            last = last.max(tree.get(key::LAST_BATCH)?);
            format = format.max(tree.get(key::FORMAT)?);
        }
        let sequence = last.as_ref().map(|(sequence, _)| *sequence);
        let last = last.and_then(|(_, value)| Last::decode(&value)).unwrap_or_default();
        let format = format.map(|(_, value)| value);
        Ok(Self { last, format, in_tables: (last.number, sequence), sequence: None })
    }

    /// Takes the next batch in.
    fn follow(&mut self, batch: &Batch, trees: &BTreeMap<u64, Tree>) -> Result<(), String> {
        if let Some(number) = batch.keyspaces.iter().find(|number| !trees.contains_key(number)) {
            return Err(format!("it holds data of keyspaces/{number}, which is missing"));
        }
        let step = self.sequence.map(|before| batch.sequence.checked_sub(before));
        if step.is_some_and(|step| step.is_none_or(|step| !(1..CLOSE).contains(&step))) {
            return Err(format!("it is damaged: the sequence number {} is out of order", batch.sequence));
        }
        self.sequence = Some(batch.sequence);
        if let Some(format) = &batch.format {
            self.format = Some(format.clone());
        }
        let Some(last) = batch.last else { return Ok(()) };
        let (number, sequence) = self.in_tables;
        if (last.number > number) != sequence.is_none_or(|sequence| batch.sequence > sequence) {
            return Err(format!("it is damaged: the sequence number of batch {} is another", last.number));
        }
        if last.number > self.last.number + 1 {
            let (before, next) = (self.last.number, last.number);
            return Err(format!("between the batches {before} and {next} some are missing: so is a journal"));
        }
        if last.number >= self.last.number {
            self.last = last;
        }
        Ok(())
    }
}

/// The batches of the journal in a file.
fn batches(path: &Path, is_last: bool) -> Result<Vec<Batch>, Fault> {
    let bytes = fs::read(path).map_err(|error| Fault::of(path, &error))?;
    journal::batches(&bytes, is_last).map_err(|why| Fault::new(path.to_owned(), why))
}

/// The journals by their numbers.
fn journals(files: &Path) -> Result<BTreeMap<u64, PathBuf>, Fault> {
    let mut journals = BTreeMap::new();
    for entry in fs::read_dir(files).map_err(|error| Fault::of(files, &error))? {
        let path = entry.map_err(|error| Fault::of(files, &error))?.path();
        if path.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("jnl")) {
            continue;
        }
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        let Some(number) = number.filter(|_| path.is_file()) else {
            return Err(Fault::new(path, "it is no journal: move it away"));
        };
        journals.insert(number, path);
    }
    Ok(journals)
}

/// The keyspaces by their numbers: that of the names, and at least one other.
fn trees(folder: &Path) -> Result<BTreeMap<u64, Tree>, Fault> {
    let mut trees = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(|error| Fault::of(folder, &error))? {
        let path = entry.map_err(|error| Fault::of(folder, &error))?.path();
        if path.is_file() {
            continue;
        }
        let number: Option<u64> = path.file_name().and_then(|name| name.to_str()?.parse().ok());
        let number =
            number.ok_or_else(|| Fault::new(path.clone(), "it is no part of the data: move it away"))?;
        trees.insert(number, Tree::look(&path)?);
    }
    for number in [NAMES, NAMES + 1] {
        if trees.range(number..).next().is_none() || !trees.contains_key(&NAMES) {
            return Err(Fault::new(folder.join(number.to_string()), "it is missing"));
        }
    }
    Ok(trees)
}

/// All keyspaces but that of the names.
fn of_data(trees: &BTreeMap<u64, Tree>) -> impl Iterator<Item = &Tree> + Clone {
    trees.range(NAMES + 1..).map(|(_, tree)| tree)
}

/// Whether these are files in which nothing was ever kept: the making of them was cut short.
pub(super) fn is_unborn(files: &Path) -> bool {
    let looked = || -> Result<bool, Fault> {
        let journals = journals(files)?;
        if journals.is_empty() && files.join("version").exists() {
            return Ok(false);
        }
        for path in journals.values() {
            let bytes = fs::read(path).map_err(|error| Fault::of(path, &error))?;
            let is_short = bytes.iter().skip(FORMAT_BATCH).all(|&byte| byte == 0);
            let has_data = |batches: Vec<Batch>| batches.iter().any(|batch| batch.has_data);
            if !is_short && journal::batches(&bytes, false).map_or(true, has_data) {
                return Ok(false);
            }
        }
        let Ok(keyspaces) = fs::read_dir(files.join("keyspaces")) else { return Ok(true) };
        let of_data = keyspaces.flatten().filter(|entry| entry.file_name() != NAMES.to_string().as_str());
        let mut tables = of_data.flat_map(|entry| fs::read_dir(entry.path().join("tables"))).flatten();
        Ok(tables.next().is_none())
    };
    looked().unwrap_or(false)
}
