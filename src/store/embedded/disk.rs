//! The engine over fjall, a log-structured store with a journal.
//!
//! One fsync a batch, by one writer. A data folder holds:
//!
//! - `db/`: fjall's files. One process has them open at a time.
//! - `acknowledged`: the number of a batch that was acknowledged at most a second before the last one. A
//!   journal whose end is damaged reads like one whose last batch was torn by a crash; the number tells the
//!   two apart, so that no loss goes unnoticed.
//!
//! `look` makes sure that all of it is there before fjall opens it; it reads `journal`s and `tree`s, and finds
//! `names` of other servers. `birth` makes a new one. `rights` keeps it to its owner.

mod birth;
mod error;
mod fault;
mod journal;
mod lock;
mod look;
mod names;
mod rights;
mod tree;

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use fjall::{
    Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable as _,
    config::{BlockSizePolicy, FilterPolicy},
};
use parking_lot::Mutex;
use rustix::process::{Resource, getrlimit};

use super::{
    engine::{Engine, EngineError, ScanVisit, Write},
    key,
    pace::Pace,
    upgrade::{FORMAT, upgrade},
    writer::Last,
};

pub use self::error::OpenError;
use self::lock::Lock;

/// Where fjall's files are in a data folder.
const FILES: &str = "db";

/// The file with the number of a batch that was acknowledged.
const NOTE: &str = "acknowledged";

/// What is wrong with a note that cannot be read.
const NO_NUMBER: &str = "it holds no number; remove it, if the rest of the folder is as it was";

/// The size at which what is in memory is written to a table.
const MEMTABLE_BYTES: u64 = 16 * 1_024 * 1_024;

/// Values are read when the store is opened, and never again.
const CACHE_BYTES: u64 = 8 * 1_024 * 1_024;

/// How many tables are kept open: they are read when the store is opened and when they are put together.
const OPEN_TABLES: usize = 64;

/// Where the files that a process may have open are few, one in so many is a table.
const FILES_A_TABLE: u64 = 16;

/// The size of a block of a table. Tables are read from beginning to end, so few large blocks are best.
const BLOCK_BYTES: u32 = 64 * 1_024;

/// How often the number of the last acknowledged batch is noted.
const NOTING: Duration = Duration::from_secs(1);

/// How often the free space is looked up.
const LOOKING: Duration = Duration::from_millis(250);

/// Keys and values in a folder.
pub struct DiskEngine {
    // Dropped before the database, as fjall wants it.
    keyspace: Keyspace,
    database: Database,
    folder: PathBuf,
    /// Writes are refused while less than this is free, so that the engine never finds the disk full.
    reserve_bytes: u64,
    noting: Mutex<Noting>,
    space: Mutex<Space>,
    _lock: Option<Lock>,
}

/// What is to be noted, and when.
#[derive(Debug)]
struct Noting {
    pace: Pace,
    /// The last batch, if it is not noted yet.
    last: Option<Last>,
}

/// What is free on the disk.
#[derive(Debug)]
struct Space {
    looking: Pace,
    free: u64,
}

impl DiskEngine {
    /// Opens the data folder, which is made if it is missing. If it is refused, nothing in it was changed.
    /// Writes are refused while less than `reserve_bytes` are free on its disk.
    pub fn open(folder: &Path, reserve_bytes: u64) -> Result<Self, OpenError> {
        Self::open_of(folder, reserve_bytes, None)
    }

    /// The same of a folder whose users have to be of that server, if one is named.
    pub fn open_of(folder: &Path, reserve_bytes: u64, server: Option<&str>) -> Result<Self, OpenError> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|error| OpenError::unreadable(folder, format!("no data folder: {error}")))?;
        let lock = Lock::take(folder)?;
        let note = folder.join(NOTE);
        let files = folder.join(FILES);
        let noted = read_note(&note)?;
        if birth::is_due(&files, noted)? {
            birth::make(folder, &files)?;
        }
        let look = look::look(&files, server).map_err(|fault| fault.in_folder(folder))?;
        look.check(folder, &note, noted.unwrap_or_default())?;
        if look.format < FORMAT {
            // It will be written at once, and opening it already changes files.
            let is_room = refuse_if_full(folder, free(folder), reserve_bytes);
            is_room.map_err(|error| OpenError::unreadable(folder, error))?;
        }
        let (database, keyspace) =
            lock::with_file(&files.join("lock"), || open(&files)).map_err(|error| match error {
                fjall::Error::Locked => OpenError::Locked(folder.to_owned()),
                error => OpenError::unreadable(&files, describe(&error)),
            })?;
        let engine = Self {
            keyspace,
            database,
            folder: folder.to_owned(),
            reserve_bytes,
            noting: Mutex::new(Noting { pace: Pace::new(NOTING), last: None }),
            space: Mutex::new(Space { looking: Pace::new(LOOKING), free: 0 }),
            _lock: lock,
        };
        if look.format < FORMAT {
            let upgraded = upgrade(&engine, look.format);
            upgraded.map_err(|error| OpenError::unreadable(folder, error))?;
        }
        rights::mend(folder);
        Ok(engine)
    }

    /// Refuses while there is little space: what the engine would do with a full disk cannot be undone.
    fn check_space(&self) -> Result<(), EngineError> {
        let mut space = self.space.lock();
        if space.looking.is_due() {
            space.free = free(&self.folder);
        }
        refuse_if_full(&self.folder, space.free, self.reserve_bytes)
    }

    /// Notes the number of the last batch, unless the last note is not old yet and another may follow.
    fn note_down(&self, batch: &[Write], is_at_rest: bool) {
        let mut noting = self.noting.lock();
        let mut lasts = batch.iter().filter(|write| write.key == key::LAST_BATCH);
        let last = lasts.next_back().and_then(|write| Last::decode(write.value.as_ref()?));
        noting.last = last.or(noting.last);
        if noting.last.is_none() || !(is_at_rest || noting.pace.is_due()) {
            return;
        }
        let Some(last) = noting.last.take() else { return };
        // Renamed into place, so that a crash leaves one number or the other. It only serves to notice a
        // loss: without it the data is as good.
        let (draft, note) = (self.folder.join("acknowledged.new"), self.folder.join(NOTE));
        let noted = fs::write(&draft, format!("{}\n", last.number)).and_then(|()| fs::rename(&draft, &note));
        if let Err(error) = noted {
            tracing::warn!(%error, file = %note.display(), "cannot be written");
        }
    }
}

/// How many bytes are free on a folder's disk; all there can be, where that is not known.
fn free(folder: &Path) -> u64 {
    let stat = rustix::fs::statvfs(folder);
    stat.map_or(u64::MAX, |stat| stat.f_bavail.saturating_mul(stat.f_frsize))
}

fn refuse_if_full(folder: &Path, free: u64, reserve: u64) -> Result<(), EngineError> {
    if free >= reserve {
        return Ok(());
    }
    Err(EngineError::Refused(format!(
        "the disk of {} is almost full: {} MiB are free, and {} MiB are kept in reserve",
        folder.display(),
        free >> 20,
        reserve >> 20
    )))
}

/// The number that was noted, 0 if it is empty; none if there is no note.
fn read_note(note: &Path) -> Result<Option<u64>, OpenError> {
    match fs::read_to_string(note) {
        Ok(text) if text.is_empty() => Ok(Some(0)),
        Ok(text) => match text.trim().parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(OpenError::unreadable(note, NO_NUMBER)),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(OpenError::unreadable(note, NO_NUMBER))
        }
        Err(error) => Err(OpenError::unreadable(note, error)),
    }
}

fn open_tables() -> usize {
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(files / FILES_A_TABLE).unwrap_or(OPEN_TABLES).clamp(1, OPEN_TABLES)
}

/// Opens or makes fjall's files.
fn open(files: &Path) -> Result<(Database, Keyspace), fjall::Error> {
    let database = Database::builder(files)
        .cache_size(CACHE_BYTES)
        .max_cached_files(Some(open_tables()))
        .worker_threads(1)
        .manual_journal_persist(true)
        .open()?;
    let keyspace = database.keyspace("data", || {
        KeyspaceCreateOptions::default()
            .max_memtable_size(MEMTABLE_BYTES)
            .filter_policy(FilterPolicy::disabled())
            .data_block_size_policy(BlockSizePolicy::all(BLOCK_BYTES))
    })?;
    Ok((database, keyspace))
}

/// Writes a batch, which is on the disk when this returns.
fn write(database: &Database, keyspace: &Keyspace, batch: &[Write]) -> Result<(), fjall::Error> {
    let mut writes = database.batch().durability(Some(PersistMode::SyncData));
    for Write { key, value } in batch {
        match value {
            Some(value) => writes.insert(keyspace, key.as_slice(), value.as_slice()),
            None => writes.remove(keyspace, key.as_slice()),
        }
    }
    writes.commit()
}

/// What an error of fjall is about, without its own wrapping.
fn describe(error: &fjall::Error) -> String {
    match error {
        fjall::Error::Io(error) => error.to_string(),
        fjall::Error::Poisoned => "an earlier write failed".to_owned(),
        error => format!("the data is damaged ({error:?})"),
    }
}

impl Engine for DiskEngine {
    fn commit(&self, batch: &[Write]) -> Result<(), EngineError> {
        self.check_space()?;
        let failed = |error: fjall::Error| {
            EngineError::Broken(format!("{} cannot be written: {}", self.folder.display(), describe(&error)))
        };
        write(&self.database, &self.keyspace, batch).map_err(failed)?;
        self.note_down(batch, false);
        Ok(())
    }

    fn health(&self) -> Result<(), EngineError> {
        self.check_space()
    }

    fn rest(&self) {
        self.note_down(&[], true);
    }

    fn scan(&self, prefix: &[u8], visit: &mut ScanVisit<'_>) -> Result<(), EngineError> {
        for pair in self.database.snapshot().prefix(&self.keyspace, prefix) {
            let failed = |error: fjall::Error| {
                EngineError::Broken(format!("{} cannot be read: {}", self.folder.display(), describe(&error)))
            };
            let (key, value) = pair.into_inner().map_err(failed)?;
            if !visit(&key, &value) {
                break;
            }
        }
        Ok(())
    }
}
