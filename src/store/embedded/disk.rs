//! The engine over fjall, a log-structured store with a journal.
//!
//! One fsync a batch, by one writer. A data folder holds:
//!
//! - `db/`: fjall's files. One process has them open at a time.
//! - `acknowledged`: the number of a batch that was acknowledged not long ago. A journal that was damaged
//!   in its middle ends there when it is read, as one does whose last batch was torn by a crash; the
//!   number tells the two apart, so that no loss goes unnoticed.

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

use super::{
    engine::{Engine, EngineError, ScanVisit, Write},
    key,
    pace::Pace,
    upgrade::{FORMAT, present, upgrade},
    writer::Last,
};

/// The size at which what is in memory is written to a table.
const MEMTABLE_BYTES: u64 = 16 * 1_024 * 1_024;

/// Values are read when the store is opened, and never again.
const CACHE_BYTES: u64 = 8 * 1_024 * 1_024;

/// How many tables are kept open: they are read when the store is opened and when they are put together. The files
/// that a process may have open are few.
const OPEN_TABLES: usize = 64;

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
    noting: Mutex<Pace>,
    space: Mutex<Space>,
}

/// What is free on the disk.
#[derive(Debug)]
struct Space {
    looking: Pace,
    free: u64,
}

/// Why a data folder cannot be opened; one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the data folder {0} is in use by another process")]
    Locked(PathBuf),
    #[error(
        "the data folder {folder} has format {found}; this version reads up to {FORMAT}: use the version \
         that wrote it, or a later one"
    )]
    NewerFormat { folder: PathBuf, found: u32 },
    #[error(
        "the data folder {folder} has lost changes that were acknowledged: {} ends at batch {found}, and \
         batch {noted} was acknowledged. Restore a backup; or, to go on without them, remove {}",
        .journal.display(), .note.display()
    )]
    Lost { folder: PathBuf, journal: PathBuf, note: PathBuf, found: u64, noted: u64 },
    #[error("{}: {why}", .path.display())]
    Unreadable { path: PathBuf, why: String },
}

impl OpenError {
    fn unreadable(path: &Path, error: impl ToString) -> Self {
        Self::Unreadable { path: path.to_owned(), why: error.to_string() }
    }
}

impl DiskEngine {
    /// Opens the data folder, which is made if it is missing. Writes are refused while less than
    /// `reserve_bytes` are free on its disk.
    pub fn open(folder: &Path, reserve_bytes: u64) -> Result<Self, OpenError> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|error| OpenError::unreadable(folder, format!("no data folder: {error}")))?;
        let files = folder.join("db");
        let failed = |error: fjall::Error| match error {
            fjall::Error::Locked => OpenError::Locked(folder.to_owned()),
            error => OpenError::unreadable(&culprit(&files, &error), describe(&error)),
        };
        let database = Database::builder(&files)
            .cache_size(CACHE_BYTES)
            .max_cached_files(Some(OPEN_TABLES))
            .worker_threads(1)
            .manual_journal_persist(true)
            .open()
            .map_err(failed)?;
        let keyspace = database
            .keyspace("data", || {
                KeyspaceCreateOptions::default()
                    .max_memtable_size(MEMTABLE_BYTES)
                    .filter_policy(FilterPolicy::disabled())
                    .data_block_size_policy(BlockSizePolicy::all(BLOCK_BYTES))
            })
            .map_err(failed)?;
        let engine = Self {
            keyspace,
            database,
            folder: folder.to_owned(),
            reserve_bytes,
            noting: Mutex::new(Pace::new(NOTING)),
            space: Mutex::new(Space { looking: Pace::new(LOOKING), free: 0 }),
        };
        let format = engine.check_format()?;
        engine.check_note()?;
        if format < FORMAT {
            let upgraded = upgrade(&engine, format);
            upgraded.map_err(|error| OpenError::unreadable(folder, error))?;
        }
        Ok(engine)
    }

    /// The format of the data, which is this version's if there is none.
    fn check_format(&self) -> Result<u32, OpenError> {
        let unreadable = |why: String| OpenError::Unreadable { path: self.folder.clone(), why };
        let stored = self.keyspace.get(key::FORMAT).map_err(|error| unreadable(describe(&error)))?;
        let Some(stored) = stored else {
            let written = self.write(&[present()]).map(|()| FORMAT);
            return written.map_err(|error| unreadable(error.to_string()));
        };
        let found = stored.as_ref().try_into().map(u32::from_be_bytes);
        let found = found.map_err(|_| unreadable("the format number is damaged".to_owned()))?;
        if found > FORMAT {
            return Err(OpenError::NewerFormat { folder: self.folder.clone(), found });
        }
        Ok(found)
    }

    /// Whether the data is as far as was acknowledged.
    fn check_note(&self) -> Result<(), OpenError> {
        let note = self.note();
        let noted = match fs::read_to_string(&note) {
            Ok(text) => {
                text.trim().parse().map_err(|_| OpenError::unreadable(&note, "it holds no number"))?
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(OpenError::unreadable(&note, error)),
        };
        let last = self.keyspace.get(key::LAST_BATCH);
        let last = last.map_err(|error| OpenError::unreadable(&self.folder, describe(&error)))?;
        let found = last.and_then(|bytes| Last::decode(&bytes)).unwrap_or_default().number;
        if found < noted {
            let (folder, journal) = (self.folder.clone(), newest_journal(&self.folder.join("db")));
            return Err(OpenError::Lost { folder, journal, note, found, noted });
        }
        Ok(())
    }

    fn note(&self) -> PathBuf {
        self.folder.join("acknowledged")
    }

    fn write(&self, batch: &[Write]) -> Result<(), fjall::Error> {
        let mut writes = self.database.batch().durability(Some(PersistMode::SyncData));
        for Write { key, value } in batch {
            match value {
                Some(value) => writes.insert(&self.keyspace, key.as_slice(), value.as_slice()),
                None => writes.remove(&self.keyspace, key.as_slice()),
            }
        }
        writes.commit()
    }

    /// Refuses while there is little space: what the engine would do with a full disk cannot be undone.
    fn check_space(&self) -> Result<(), EngineError> {
        let mut space = self.space.lock();
        if space.looking.is_due() {
            let stat = rustix::fs::statvfs(&self.folder);
            space.free = stat.map_or(u64::MAX, |stat| stat.f_bavail.saturating_mul(stat.f_frsize));
        }
        let free = space.free;
        if free >= self.reserve_bytes {
            return Ok(());
        }
        Err(EngineError::Refused(format!(
            "the disk of {} is almost full: {} MiB are free, and {} MiB are kept in reserve",
            self.folder.display(),
            free >> 20,
            self.reserve_bytes >> 20
        )))
    }

    /// Notes the number of the batch, if the last note is old.
    fn note_down(&self, batch: &[Write]) {
        if !self.noting.lock().is_due() {
            return;
        }
        let last =
            batch.iter().find(|write| write.key == key::LAST_BATCH).and_then(|write| write.value.as_ref());
        let Some(last) = last.and_then(|value| Last::decode(value)) else { return };
        // Renamed into place, so that a crash leaves one number or the other. It only serves to notice a
        // loss: without it the data is as good.
        let draft = self.folder.join("acknowledged.new");
        let noted =
            fs::write(&draft, format!("{}\n", last.number)).and_then(|()| fs::rename(&draft, self.note()));
        if let Err(error) = noted {
            tracing::warn!(%error, file = %self.note().display(), "cannot be written");
        }
    }
}

/// What an error of fjall is about, without its own wrapping.
fn describe(error: &fjall::Error) -> String {
    match error {
        fjall::Error::Io(error) => error.to_string(),
        fjall::Error::Poisoned => "an earlier write failed".to_owned(),
        error => format!("the data is damaged ({error:?})"),
    }
}

/// The file that an error is about, as far as is known.
fn culprit(files: &Path, error: &fjall::Error) -> PathBuf {
    match error {
        fjall::Error::JournalRecovery(_) | fjall::Error::InvalidTrailer | fjall::Error::InvalidTag(_) => {
            newest_journal(files)
        }
        _ => files.to_owned(),
    }
}

fn newest_journal(files: &Path) -> PathBuf {
    let entries = fs::read_dir(files).into_iter().flatten().flatten();
    let journals =
        entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == "jnl"));
    let number = |path: &PathBuf| path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
    journals.max_by_key(number).unwrap_or_else(|| files.to_owned())
}

impl Engine for DiskEngine {
    fn commit(&self, batch: &[Write]) -> Result<(), EngineError> {
        self.check_space()?;
        let failed = |error: fjall::Error| {
            EngineError::Broken(format!("{} cannot be written: {}", self.folder.display(), describe(&error)))
        };
        self.write(batch).map_err(failed)?;
        self.note_down(batch);
        Ok(())
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
