use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    iter::{from_fn, once},
};

use hashbrown::HashTable;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::{Extension, Page, User};
use crate::{
    id::UserId,
    presence::Timestamp,
    store::{PARTITIONS, partition},
    table::{Slot, Table, reserve_some},
};

/// Every user's entry, packed closely: ten million of them fit into a fraction of what as many structs
/// would take. They are found by id and by number, and listed in the order of their ids.
#[derive(Debug)]
pub(super) struct People {
    /// By partition.
    parts: Box<[Part]>,
    /// By number.
    numbers: HashTable<Place>,
    /// The highest number of all.
    highest: u64,
}

/// The users of one partition.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) table: Table<()>,
    /// The slots in the order of the users' ids.
    order: Vec<Slot>,
}

/// Where a user is: the partition in the highest byte, and the slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place(u32);

const SLOT_BITS: u32 = 24;

impl Place {
    fn new(partition: usize, slot: Slot) -> Self {
        assert!(slot < 1 << SLOT_BITS, "a partition has fewer than 2^24 users");
        Self(u32::try_from(partition).expect("there are 256 partitions") << SLOT_BITS | slot)
    }

    fn partition(self) -> usize {
        (self.0 >> SLOT_BITS) as usize
    }

    fn slot(self) -> Slot {
        self.0 & ((1 << SLOT_BITS) - 1)
    }
}

/// What is kept of a user besides id, number and the moment at which they were added, if anything: JSON
/// behind those two.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
struct Details {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    avatar_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extension: Option<Extension>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made_by: Option<String>,
}

/// The most that a number takes, as `postcard` writes it.
const NUMBER_BYTES: usize = 10;

fn hash(number: u64) -> u64 {
    xxh3_64(&number.to_le_bytes())
}

impl Default for People {
    fn default() -> Self {
        let parts = (0..PARTITIONS).map(|_| Part::default()).collect();
        Self { parts, numbers: HashTable::new(), highest: 0 }
    }
}

impl People {
    /// Takes in the users of a partition that has none here.
    pub(super) fn take_in(&mut self, partition: usize, part: Part) {
        self.parts[partition] = part;
        let Self { parts, numbers, highest } = self;
        let number = |place: &Place| number(parts, *place);
        // One partition is about as large as another.
        let at_least = parts[partition].order.len() * if numbers.is_empty() { PARTITIONS } else { 1 };
        numbers.reserve(at_least, |place| hash(number(place)));
        for slot in &parts[partition].order {
            let place = Place::new(partition, *slot);
            let its_number = number(&place);
            numbers.insert_unique(hash(its_number), place, |place| hash(number(place)));
            *highest = its_number.max(*highest);
        }
    }

    pub(super) fn get(&self, id: &UserId) -> Option<User> {
        Some(self.user(self.place(id)?))
    }

    pub(super) fn contains(&self, id: &UserId) -> bool {
        self.place(id).is_some()
    }

    pub(super) fn with_number(&self, number: u64) -> Option<User> {
        Some(self.user(self.place_of_number(number)?))
    }

    /// The telephone account that a user has an extension in.
    pub(super) fn account(&self, id: &UserId) -> Option<u64> {
        let place = self.place(id)?;
        Some(self.parts[place.partition()].details(place.slot()).extension?.account)
    }

    /// The owner of a number.
    pub(super) fn owner(&self, number: u64) -> Option<UserId> {
        let place = self.place_of_number(number)?;
        Some(self.parts[place.partition()].table.user(place.slot()))
    }

    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// The highest number of all; 0 if there is no user.
    pub(super) fn highest_number(&self) -> u64 {
        self.highest
    }

    /// Says again which number is the highest, when those above it are about to go.
    pub(super) fn set_highest_number(&mut self, number: u64) {
        self.highest = number;
    }

    /// Up to `limit` users in the order of their ids, from the one after `after` on.
    pub(super) fn page(&self, after: Option<&str>, limit: usize) -> Page<User> {
        let next = |partition: usize, index: usize| {
            let part = &self.parts[partition];
            Some(Reverse((part.table.user(*part.order.get(index)?), partition, index)))
        };
        let first = |partition: usize| {
            next(partition, after.map_or(0, |after| self.parts[partition].find(after, true)))
        };
        let mut heads: BinaryHeap<_> = (0..self.parts.len()).filter_map(first).collect();
        let in_order = from_fn(|| {
            let Reverse((_, partition, index)) = heads.pop()?;
            heads.extend(next(partition, index + 1));
            Some(self.user(Place::new(partition, self.parts[partition].order[index])))
        });
        Page::of(in_order, limit)
    }

    /// Puts a user into the place of who was there with that id.
    pub(super) fn put(&mut self, user: &User) {
        let known = self.take_out(&user.id).map_or(0, |known| known.number);
        let partition = partition(&user.id);
        let place = Place::new(partition, self.parts[partition].add(user));
        let Self { parts, numbers, .. } = self;
        numbers.insert_unique(hash(user.number), place, |place| hash(number(parts, *place)));
        self.note_highest(known, user.number);
    }

    pub(super) fn remove(&mut self, id: &UserId) -> Option<User> {
        let user = self.take_out(id)?;
        self.note_highest(user.number, 0);
        Some(user)
    }

    /// Notes that one number has gone and another has come.
    fn note_highest(&mut self, gone: u64, come: u64) {
        let all_others = || self.numbers.iter().map(|place| self.number(*place)).max().unwrap_or_default();
        self.highest =
            if gone == self.highest && come < gone { all_others() } else { self.highest.max(come) };
    }

    fn take_out(&mut self, id: &UserId) -> Option<User> {
        let place = self.place(id)?;
        let user = self.user(place);
        if let Ok(found) = self.numbers.find_entry(hash(user.number), |other| *other == place) {
            found.remove();
        }
        self.parts[place.partition()].remove(id);
        Some(user)
    }

    fn place(&self, id: &UserId) -> Option<Place> {
        let partition = partition(id);
        Some(Place::new(partition, self.parts[partition].table.find(id)?))
    }

    fn place_of_number(&self, number: u64) -> Option<Place> {
        self.numbers.find(hash(number), |place| self.number(*place) == number).copied()
    }

    fn number(&self, place: Place) -> u64 {
        number(&self.parts, place)
    }

    fn user(&self, place: Place) -> User {
        self.parts[place.partition()].user(place.slot())
    }
}

fn number(parts: &[Part], place: Place) -> u64 {
    parts[place.partition()].numbers(place.slot()).0.0
}

impl Part {
    /// Adds a user who is not there.
    pub(super) fn add(&mut self, user: &User) -> Slot {
        let details = Details {
            display_name: user.display_name.clone(),
            avatar_url: user.avatar_url.clone(),
            email: user.email.clone(),
            extension: user.extension.clone(),
            made_by: user.made_by.clone(),
        };
        let mut space = [0; 2 * NUMBER_BYTES];
        let numbers = postcard::to_slice(&(user.number, user.created.as_millis()), &mut space);
        let numbers = numbers.expect("the most that they take is known");
        let slot = if details == Details::default() {
            self.table.put(&user.id, numbers)
        } else {
            let details = serde_json::to_vec(&details).expect("details have a JSON form");
            self.table.put(&user.id, &[&*numbers, &details].concat())
        };
        // Users are read back in this order, so most come behind all others.
        let is_last = self.order.last().is_none_or(|last| self.compare(*last, user.id.as_str()).is_lt());
        let index = if is_last { self.order.len() } else { self.find(user.id.as_str(), false) };
        reserve_some(&mut self.order, 1);
        self.order.insert(index, slot);
        slot
    }

    fn remove(&mut self, id: &UserId) {
        let index = self.find(id.as_str(), false);
        self.order.remove(index);
        self.table.remove(id);
    }

    /// Where in the order the first user is who is not before `id`; with `past`, the first after.
    fn find(&self, id: &str, past: bool) -> usize {
        self.order.partition_point(|slot| match self.compare(*slot, id) {
            Ordering::Less => true,
            Ordering::Equal => past,
            Ordering::Greater => false,
        })
    }

    /// How a user's id compares with another.
    fn compare(&self, slot: Slot, id: &str) -> Ordering {
        let (local, server) = self.table.name(slot);
        let name = once(b'@').chain(local.bytes()).chain(once(b':')).chain(server.bytes());
        name.cmp(id.bytes())
    }

    /// A user's number and the moment at which they were added, and what stands behind.
    fn numbers(&self, slot: Slot) -> ((u64, u64), &[u8]) {
        postcard::take_from_bytes(self.table.bytes(slot)).expect("every entry was put in by `add`")
    }

    fn details(&self, slot: Slot) -> Details {
        match self.numbers(slot).1 {
            [] => Details::default(),
            json => serde_json::from_slice(json).expect("every entry was put in by `add`"),
        }
    }

    fn user(&self, slot: Slot) -> User {
        let (number, created) = self.numbers(slot).0;
        let details = self.details(slot);
        User {
            id: self.table.user(slot),
            number,
            display_name: details.display_name,
            avatar_url: details.avatar_url,
            email: details.email,
            extension: details.extension,
            created: Timestamp::from_millis(created),
            made_by: details.made_by,
        }
    }
}
