use std::{collections::BTreeMap, mem};

use fixedbitset::FixedBitSet;
use hashbrown::{HashMap, HashSet};

use crate::{
    id::UserId,
    presence::{Record, Timestamp, Unreadable, packed_version},
    store::{Outlook, Resumed, Revision},
    table::{Size, Slot, Table},
};

/// One partition: its users' records, when each is due, what waits for the disk and what may lag behind.
#[derive(Debug, Default)]
pub(super) struct Shard {
    table: Table<Deadline>,
    wheel: Wheel,
    /// Who may be present. A user who is not here is offline, and stays so until an update.
    present: FixedBitSet,
    /// What was accepted and is on its way to the disk. It cannot be read, but the user's next change
    /// builds on it.
    pending: HashMap<UserId, Pending>,
    /// Whose record is ahead of the disk, which is to catch up soon.
    lagging: HashSet<Slot>,
    /// Whose record is ahead of the disk, which is to catch up with what is written next of the user.
    ahead: FixedBitSet,
    /// Who was removed lately, and by which documents.
    removals: HashMap<UserId, Revision>,
}

/// For how long it is known who was removed, in microseconds: no server is behind for longer.
pub(super) const REMOVALS_KNOWN: u64 = 60 * 60 * 1_000_000;

/// A record on its way to the disk.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) record: Record,
    /// The number of the write.
    pub(super) number: u64,
}

/// When a user is due, and for when they are filed, in ticks; 0 is never.
#[derive(Clone, Copy, Debug, Default)]
struct Deadline {
    due: u32,
    filed: u32,
}

/// How long a tick is, in milliseconds: how late a reminder may be, besides the pace of its asker.
const TICK_MILLIS: u64 = 250;

/// How long before the first deadline the ticks begin: a year, so that earlier deadlines have ticks too.
/// Ticks last for 34 years.
const LEAD_MILLIS: u64 = 365 * 24 * 60 * 60 * 1_000;

/// The slots that are due, by the tick for which they are filed.
///
/// The wheel is lazy. A deadline that moves later costs one write: its slot stays filed where it was and
/// is filed anew when it comes up. Only a deadline that moves earlier is filed at once; what was filed
/// for it before is known by its tick and ignored. Who is due stays filed until an update moves the deadline.
#[derive(Debug, Default)]
struct Wheel {
    /// When tick 0 begins, in milliseconds; none before the first deadline.
    start: Option<u64>,
    filed: BTreeMap<u32, Vec<Slot>>,
    /// How many places are filed, ignored ones too.
    places: usize,
    /// How many slots have a deadline.
    deadlines: usize,
}

/// So many places may be ignored beside those that count, before they are taken out.
const IGNORED: usize = 1_024;

impl Shard {
    /// The record that can be read, if there is one.
    pub(super) fn record(&self, user: &UserId) -> Option<Record> {
        Some(unpack(self.table.bytes(self.table.find(user)?)))
    }

    /// The record that the next change builds on.
    pub(super) fn latest(&self, user: &UserId) -> Record {
        let pending = self.pending.get(user).map(|pending| pending.record.clone());
        pending.or_else(|| self.record(user)).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// Takes in a record that was read from the disk.
    pub(super) fn load(
        &mut self,
        user: &UserId,
        packed: &[u8],
        resume: &mut dyn FnMut(&mut Record) -> Resumed,
    ) -> Result<u64, Unreadable> {
        let mut record = Record::unpack(packed)?;
        let Resumed { changed, outlook } = resume(&mut record);
        if changed {
            self.put(user, &record.pack(), outlook);
        } else {
            self.put(user, packed, outlook);
        }
        Ok(record.version())
    }

    pub(super) fn size(&self) -> Size {
        self.table.size()
    }

    /// Makes room for about so much, in a shard that is empty.
    pub(super) fn reserve(&mut self, size: Size) {
        self.table.reserve(size);
    }

    /// Makes a packed record readable, and files its reminder.
    pub(super) fn put(&mut self, user: &UserId, packed: &[u8], outlook: Outlook) -> Slot {
        let slot = self.table.put(user, packed);
        self.wheel.set(&mut self.table, slot, outlook.next_change);
        self.present.grow(slot as usize + 1);
        self.present.set(slot as usize, outlook.is_present);
        slot
    }

    /// Makes a record readable that the disk has.
    pub(super) fn put_kept(&mut self, user: &UserId, packed: &[u8], outlook: Outlook) {
        let slot = self.put(user, packed, outlook);
        self.set_ahead(slot, false);
    }

    /// Makes a record readable that the disk learns of later.
    pub(super) fn put_lagging(&mut self, user: &UserId, packed: &[u8], outlook: Outlook) {
        let slot = self.put(user, packed, outlook);
        self.lagging.insert(slot);
    }

    /// Makes a record readable that the disk learns of with what comes next, or at the end.
    pub(super) fn put_ahead(&mut self, user: &UserId, packed: &[u8], outlook: Outlook) {
        let slot = self.put(user, packed, outlook);
        self.set_ahead(slot, true);
    }

    fn set_ahead(&mut self, slot: Slot, is_ahead: bool) {
        self.ahead.grow(slot as usize + 1);
        self.ahead.set(slot as usize, is_ahead);
    }

    /// Lets the disk learn of everything soon.
    pub(super) fn lag_all(&mut self) {
        self.lagging.extend(slots_of(&self.ahead));
    }

    pub(super) fn remove(&mut self, user: &UserId) {
        if let Some(slot) = self.table.find(user) {
            self.wheel.set(&mut self.table, slot, None);
            self.lagging.remove(&slot);
            self.set_ahead(slot, false);
            self.present.set(slot as usize, false);
            self.table.remove(user);
        }
    }

    /// Marks a user as removed by the documents of that revision.
    pub(super) fn mark_removed(&mut self, user: &UserId, removed: Revision) {
        self.removals.retain(|_, earlier| earlier.0 + REMOVALS_KNOWN > removed.0);
        self.removals.insert(user.clone(), removed);
    }

    /// Whether a user was removed without the knowledge of a caller that knows the documents up to `known`.
    pub(super) fn was_removed_after(&self, user: &UserId, known: Revision) -> bool {
        self.removals.get(user).is_some_and(|removed| known < *removed)
    }

    /// The record that can be read, if the user may be present.
    pub(super) fn present_record(&self, user: &UserId) -> Option<Record> {
        let slot = self.table.find(user).filter(|slot| self.present.contains(*slot as usize))?;
        Some(unpack(self.table.bytes(slot)))
    }

    /// Who may be present.
    pub(super) fn present(&self) -> Vec<UserId> {
        slots_of(&self.present).map(|slot| self.table.user(slot)).collect()
    }

    /// Who has a change after that number.
    pub(super) fn changed_after(&self, number: u64) -> Vec<UserId> {
        let is_later = |slot: &Slot| packed_version(self.table.bytes(*slot)) > number;
        self.table.slots().filter(is_later).map(|slot| self.table.user(slot)).collect()
    }

    pub(super) fn is_pending(&self, user: &UserId) -> bool {
        self.pending.contains_key(user)
    }

    pub(super) fn pend(&mut self, user: &UserId, pending: Pending) {
        self.pending.insert(user.clone(), pending);
    }

    /// Ends the wait of the write with that number, unless a later one has taken its place.
    pub(super) fn settle(&mut self, user: &UserId, number: u64) {
        if self.pending.get(user).is_some_and(|pending| pending.number == number) {
            self.pending.remove(user);
        }
    }

    /// Forgets what waits for the disk, and returns the number of the last such write.
    pub(super) fn abandon(&mut self, user: &UserId) -> Option<u64> {
        self.pending.remove(user).map(|pending| pending.number)
    }

    /// Takes the records that are ahead of the disk.
    pub(super) fn take_lagging(&mut self) -> Vec<(UserId, Vec<u8>)> {
        let lagging = mem::take(&mut self.lagging);
        for slot in &lagging {
            self.set_ahead(*slot, false);
        }
        lagging.into_iter().map(|slot| (self.table.user(slot), self.table.bytes(slot).to_vec())).collect()
    }

    /// Marks a user's record as ahead of the disk.
    pub(super) fn mark_lagging(&mut self, user: &UserId) {
        self.lagging.extend(self.table.find(user));
    }

    /// The users whose moment has come.
    pub(super) fn due(&mut self, now: Timestamp) -> Vec<UserId> {
        let due = self.wheel.due(&mut self.table, now);
        due.into_iter().map(|slot| self.table.user(slot)).collect()
    }

    pub(super) fn places(&self) -> usize {
        self.wheel.places
    }

    pub(super) fn reminders(&self) -> usize {
        self.wheel.deadlines
    }
}

fn slots_of(set: &FixedBitSet) -> impl Iterator<Item = Slot> {
    set.ones().map(|slot| Slot::try_from(slot).expect("it was made of a slot"))
}

fn unpack(bytes: &[u8]) -> Record {
    Record::unpack(bytes).expect("what is in memory was packed by this process, or unpacked before")
}

fn tick(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Wheel {
    /// The first tick that does not begin before the moment, and is not 0.
    fn tick_at(&mut self, moment: Timestamp) -> u32 {
        let millis = moment.as_millis();
        let lead = millis.saturating_sub(LEAD_MILLIS) / TICK_MILLIS * TICK_MILLIS;
        let start = *self.start.get_or_insert(lead);
        tick(millis.saturating_sub(start).div_ceil(TICK_MILLIS)).max(1)
    }

    fn set(&mut self, table: &mut Table<Deadline>, slot: Slot, at: Option<Timestamp>) {
        let due = at.map_or(0, |at| self.tick_at(at));
        let deadline = table.beside_mut(slot);
        self.deadlines += usize::from(due != 0);
        self.deadlines -= usize::from(deadline.due != 0);
        deadline.due = due;
        let is_filed_in_time = deadline.filed != 0 && deadline.filed <= due;
        if due != 0 && !is_filed_in_time {
            deadline.filed = due;
            self.file(due, slot);
            self.take_out_ignored(table);
        }
    }

    fn file(&mut self, tick: u32, slot: Slot) {
        self.filed.entry(tick).or_default().push(slot);
        self.places += 1;
    }

    /// Takes out what is ignored where it is most of what is filed: whoever moves a deadline earlier again and again
    /// takes no more room than others.
    fn take_out_ignored(&mut self, table: &mut Table<Deadline>) {
        if self.places <= 2 * self.deadlines + IGNORED {
            return;
        }
        self.places = 0;
        self.filed.retain(|tick, slots| {
            slots.sort_unstable();
            slots.dedup();
            slots.retain(|slot| {
                let deadline = table.beside_mut(*slot);
                let is_here = deadline.filed == *tick;
                if is_here && deadline.due == 0 {
                    deadline.filed = 0;
                }
                is_here && deadline.due != 0
            });
            slots.shrink_to_fit();
            self.places += slots.len();
            !slots.is_empty()
        });
    }

    fn due(&mut self, table: &mut Table<Deadline>, now: Timestamp) -> Vec<Slot> {
        let mut due = Vec::new();
        let Some(start) = self.start else { return due };
        let current = tick(now.as_millis().saturating_sub(start) / TICK_MILLIS);
        let later = self.filed.split_off(&(current.saturating_add(1)));
        for (tick, slots) in mem::replace(&mut self.filed, later) {
            self.places -= slots.len();
            for slot in slots {
                let deadline = table.beside_mut(slot);
                // Filed anew for an earlier tick, or of a user that was removed.
                if deadline.filed != tick {
                    continue;
                }
                deadline.filed = 0;
                if deadline.due == 0 {
                    continue;
                }
                deadline.filed = deadline.due;
                let at = deadline.due;
                self.file(at, slot);
                if at <= current {
                    due.push(slot);
                }
            }
        }
        due
    }
}
