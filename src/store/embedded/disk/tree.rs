//! Looking at the tables of one of fjall's keyspaces without touching them. fjall deletes whatever its
//! list of the tables does not name, so the list has to be known as whole before.
//!
//! `current` holds the number of the list (u64) and the XXH3 of its file (u128), which is `v` and that number.
//! The list names each table of each run of each level, with the XXH3 of its file.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    num::NonZero,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use lsm_tree::{Cache, Checksum, InternalValue, SeqNo, Slice, Table};
use parking_lot::Mutex;
use xxhash_rust::xxh3::{Xxh3Default, xxh3_64, xxh3_128};

use super::fault::Fault;

/// So much of a file is read at once.
const CHUNK: usize = 1 << 20;

/// The tables of a keyspace, all of them whole.
pub(super) struct Tree(Vec<Listed>);

struct Listed {
    path: PathBuf,
    sum: u128,
    sequence: SeqNo,
}

impl Tree {
    /// Looks at a keyspace's folder.
    pub(super) fn look(folder: &Path) -> Result<Self, Fault> {
        let list = read_list(folder)?;
        let files = folder.join("tables");
        let tables = parse_list(&list, &files);
        let tables = tables.ok_or_else(|| Fault::new(folder.join("current"), "its list cannot be read"))?;
        let entries = match fs::read_dir(&files) {
            // Nothing is lost with a folder that is empty.
            Err(error) if error.kind() == io::ErrorKind::NotFound && tables.is_empty() => None,
            entries => Some(entries.map_err(|error| Fault::of(&files, &error))?),
        };
        for entry in entries.into_iter().flatten() {
            let path = entry.map_err(|error| Fault::of(&files, &error))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.parse::<u64>().is_err() && !name.starts_with("._") && name != ".DS_Store" {
                return Err(Fault::new(path, "it is no part of the data: move it away"));
            }
        }
        check(&tables)?;
        Ok(Self(tables))
    }

    /// The latest value of a key in the tables, and its sequence number.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<(SeqNo, Vec<u8>)>, Fault> {
        let mut latest = None;
        for listed in &self.0 {
            let read = listed.open()?.get(key, SeqNo::MAX, xxh3_64(key));
            let found = read.map_err(|error| listed.fault(&error))?;
            let found = found.map(|InternalValue { key, value }| (key.seqno, value.to_vec()));
            latest = latest.max(found);
        }
        Ok(latest)
    }

    /// Shows what each table has under keys that begin so, until `visit` has seen enough of it.
    pub(super) fn visit(
        &self,
        prefix: &[u8],
        visit: &mut impl FnMut(&InternalValue) -> bool,
    ) -> Result<(), Fault> {
        for listed in &self.0 {
            for value in listed.open()?.range(Slice::from(prefix)..) {
                let value = value.map_err(|error| listed.fault(&error))?;
                if !value.key.user_key.starts_with(prefix) || !visit(&value) {
                    break;
                }
            }
        }
        Ok(())
    }
}

impl Listed {
    /// Opens a table, which is known to be whole.
    fn open(&self) -> Result<Table, Fault> {
        let (cache, sum) = (Arc::new(Cache::with_capacity_bytes(0)), Checksum::from_raw(self.sum));
        let read = Table::recover(self.path.clone(), sum, self.sequence, 0, cache, None, false, false);
        read.map_err(|error| self.fault(&error))
    }

    fn fault(&self, error: &lsm_tree::Error) -> Fault {
        Fault::new(self.path.clone(), format!("{error:?}"))
    }
}

/// The list of the tables, which is what `current` says it is.
fn read_list(folder: &Path) -> Result<Vec<u8>, Fault> {
    let current = folder.join("current");
    let text = fs::read(&current).map_err(|error| Fault::of(&current, &error))?;
    let parts = text.split_first_chunk().and_then(|(number, sum)| {
        let [sum @ .., 0] = sum else { return None };
        Some((u64::from_le_bytes(*number), u128::from_le_bytes(sum.try_into().ok()?)))
    });
    let (number, sum) = parts.ok_or_else(|| Fault::new(current.clone(), "it is damaged"))?;
    let file = folder.join(format!("v{number}"));
    let list = fs::read(&file).map_err(|error| Fault::of(&file, &error))?;
    if xxh3_128(&list) == sum {
        return Ok(list);
    }
    Err(Fault::new(file, format!("it is not as {} says: one of them is damaged", current.display())))
}

fn parse_list(list: &[u8], files: &Path) -> Option<Vec<Listed>> {
    let archive = sfa::Reader::from_reader(&mut io::Cursor::new(list)).ok()?;
    let section = archive.toc().section(b"tables")?;
    let start = usize::try_from(section.pos()).ok()?;
    let mut rest = list.get(start..start.checked_add(usize::try_from(section.len()).ok()?)?)?;
    let mut tables = Vec::new();
    let [levels] = take(&mut rest)?;
    for _ in 0..levels {
        let [runs] = take(&mut rest)?;
        for _ in 0..runs {
            for _ in 0..u32::from_le_bytes(take(&mut rest)?) {
                let number = u64::from_le_bytes(take(&mut rest)?);
                let [_kind_of_sum] = take(&mut rest)?;
                let sum = u128::from_le_bytes(take(&mut rest)?);
                let sequence = u64::from_le_bytes(take(&mut rest)?);
                tables.push(Listed { path: files.join(number.to_string()), sum, sequence });
            }
        }
    }
    Some(tables)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (chunk, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*chunk)
}

/// Reads all tables, some at a time.
fn check(tables: &[Listed]) -> Result<(), Fault> {
    let (next, fault) = (AtomicUsize::new(0), Mutex::new(None));
    let work = || {
        while let Some(table) = tables.get(next.fetch_add(1, Ordering::Relaxed)) {
            match sum(&table.path) {
                Ok(sum) if sum == table.sum => {}
                Ok(_) => *fault.lock() = Some(Fault::new(table.path.clone(), "its checksum is another")),
                Err(error) => *fault.lock() = Some(Fault::of(&table.path, &error)),
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..thread::available_parallelism().map_or(1, NonZero::get).min(tables.len()) {
            scope.spawn(work);
        }
        work();
    });
    fault.into_inner().map_or(Ok(()), Err)
}

fn sum(file: &Path) -> io::Result<u128> {
    let (mut file, mut sum, mut chunk) = (File::open(file)?, Xxh3Default::new(), vec![0; CHUNK]);
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(sum.digest128()),
            count => sum.update(&chunk[..count]),
        }
    }
}
