//! Reading fjall's journals without touching them. fjall itself cuts a journal where it cannot read on, so
//! whether that may be done has to be known before.
//!
//! A journal is a row of batches, and then zeros: `1`, how many items (u32), the sequence number (u64); the
//! items; `3`, the XXH3 of the items' bytes (u64), a mark of four bytes. Numbers are little-endian. An item is
//! `2`, its kind (u8), its compression (u8, 0), the keyspace (u64), the length of the key (u16), of the value
//! (u32), and of the value as it lies there (u32), the key, the value; or, where a keyspace was cleared, `4`
//! and the keyspace.

use xxhash_rust::xxh3::xxh3_64;

use crate::store::embedded::{key, writer::Last};

/// What a batch ends with.
const MARK: [u8; 4] = *b"FJL\x03";

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const CLEAR: u8 = 4;

/// The kind of an item that is no removal.
const PUT: u8 = 0;

/// What is to be known of a batch.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) sequence: u64,
    pub(super) keyspaces: Vec<u64>,
    pub(super) last: Option<Last>,
    pub(super) format: Option<Vec<u8>>,
    /// The keys of users, and whether they are put.
    pub(super) users: Vec<(Vec<u8>, bool)>,
    /// Whether it holds anything but the format.
    pub(super) has_data: bool,
}

/// What stands at some place of a journal.
enum Found {
    /// A batch, and how long it is.
    Whole(Batch, usize),
    /// No batch, or the beginning of one.
    Torn,
    Damaged(&'static str),
}

/// The batches of a journal. The last journal may end with one that a crash tore; no other may.
pub(super) fn batches(bytes: &[u8], is_last: bool) -> Result<Vec<Batch>, String> {
    let (mut batches, mut place) = (Vec::new(), 0);
    loop {
        match batch(&bytes[place..]) {
            Found::Whole(batch, length) => {
                batches.push(batch);
                place += length;
            }
            Found::Damaged(why) => return Err(format!("the batch at byte {place} is damaged: {why}")),
            Found::Torn => break,
        }
    }
    let rest = &bytes[place..];
    // Each batch is on the disk before the next one begins.
    if has_batch(rest) || (!is_last && rest.iter().any(|&byte| byte != 0)) {
        return Err(format!("it is damaged at byte {place}, and goes on behind that"));
    }
    Ok(batches)
}

/// Whether a whole batch lies somewhere behind the first that is not whole.
fn has_batch(rest: &[u8]) -> bool {
    let end = rest.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let ends = rest[..end].windows(MARK.len()).enumerate().filter(|(_, window)| *window == MARK);
    ends.map(|(place, _)| place + MARK.len())
        .any(|place| matches!(batch(&rest[place..]), Found::Whole(..) | Found::Damaged(_)))
}

fn batch(bytes: &[u8]) -> Found {
    read(&mut Cursor(bytes), bytes).unwrap_or(Found::Torn)
}

/// None where a batch is torn.
fn read(cursor: &mut Cursor<'_>, bytes: &[u8]) -> Option<Found> {
    if cursor.u8()? != START {
        return None;
    }
    let mut items = cursor.u32()?;
    let mut batch = Batch { sequence: cursor.u64()?, ..Batch::default() };
    let start = cursor.place(bytes);
    loop {
        let end = cursor.place(bytes);
        let tag = cursor.u8()?;
        if tag == END {
            let sum = cursor.u64()?;
            if cursor.chunk()? != MARK {
                return None;
            }
            return Some(if items > 0 {
                Found::Damaged("items are missing")
            } else if xxh3_64(&bytes[start..end]) != sum {
                Found::Damaged("its checksum is another")
            } else {
                Found::Whole(batch, cursor.place(bytes))
            });
        }
        match tag {
            ITEM => item(cursor, &mut batch)?,
            CLEAR => batch.keyspaces.push(cursor.u64()?),
            _ => return None,
        }
        let Some(fewer) = items.checked_sub(1) else {
            return Some(Found::Damaged("there are too many items"));
        };
        items = fewer;
    }
}

fn item(cursor: &mut Cursor<'_>, batch: &mut Batch) -> Option<()> {
    let [kind, compression] = cursor.chunk()?;
    if !matches!(kind, 0..=2) || compression != 0 {
        return None;
    }
    let keyspace = cursor.u64()?;
    let key_bytes = u16::from_le_bytes(cursor.chunk()?);
    let (_plain_bytes, value_bytes) = (cursor.u32()?, cursor.u32()?);
    let (key, value) = (cursor.bytes(key_bytes.into())?, cursor.bytes(usize::try_from(value_bytes).ok()?)?);
    if batch.keyspaces.last() != Some(&keyspace) {
        batch.keyspaces.push(keyspace);
    }
    match key {
        key::FORMAT => batch.format = Some(value.to_vec()),
        key::LAST_BATCH => batch.last = Last::decode(value),
        key if key.starts_with(key::ALL_USERS) => batch.users.push((key.to_vec(), kind == PUT)),
        _ => {}
    }
    batch.has_data |= key != key::FORMAT;
    Some(())
}

/// Bytes that are read one after the other; none at their end.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    fn u8(&mut self) -> Option<u8> {
        self.chunk().map(|[byte]| byte)
    }

    fn u32(&mut self) -> Option<u32> {
        self.chunk().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.chunk().map(u64::from_le_bytes)
    }

    /// How far it is in `bytes`, which it began with.
    fn place(&self, bytes: &[u8]) -> usize {
        bytes.len() - self.0.len()
    }
}
