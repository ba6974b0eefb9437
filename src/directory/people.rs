use std::{
    cmp::Ordering,
    iter::{chain, once},
};

use hashbrown::HashTable;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::{Extension, Page, User};
use crate::{
    id::UserId,
    presence::Timestamp,
    store::{PARTITIONS, partition},
    table::{Slot, Table},
};

/// Every user's entry, packed closely: ten million of them fit into a fraction of what as many structs
/// would take. They are found by id and by number, and listed in the order of their ids.
#[derive(Debug)]
pub(super) struct People {
    /// By partition. The number stands beside the rest.
    tables: Box<[Table<u64>]>,
    /// By number.
    numbers: HashTable<Place>,
    order: Order,
    /// The highest number of all.
    highest: u64,
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

/// Places in the order of their users' ids, in chunks, so that one more moves few of them.
#[derive(Debug, Default)]
struct Order(Vec<Vec<Place>>);

/// A chunk that grows beyond this is halved.
const CHUNK: usize = 1_024;

/// What is kept of a user besides id, number and the moment at which they were added, if anything.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
struct Details {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    avatar_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extension: Option<Extension>,
}

fn hash(number: u64) -> u64 {
    xxh3_64(&number.to_le_bytes())
}

impl Default for People {
    fn default() -> Self {
        let tables = (0..PARTITIONS).map(|_| Table::default()).collect();
        Self { tables, numbers: HashTable::new(), order: Order::default(), highest: 0 }
    }
}

impl People {
    pub(super) fn get(&self, id: &UserId) -> Option<User> {
        Some(self.user(self.place(id)?))
    }

    pub(super) fn contains(&self, id: &UserId) -> bool {
        self.place(id).is_some()
    }

    pub(super) fn with_number(&self, number: u64) -> Option<User> {
        Some(self.user(self.place_of_number(number)?))
    }

    /// The owner of a number.
    pub(super) fn owner(&self, number: u64) -> Option<UserId> {
        Some(self.id(self.place_of_number(number)?))
    }

    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// The highest number of all; 0 if there is nobody.
    pub(super) fn highest_number(&self) -> u64 {
        self.highest
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = UserId> {
        self.order.0.iter().flatten().map(|place| self.id(*place))
    }

    /// Up to `limit` users in the order of their ids, from the one after `after` on.
    pub(super) fn page(&self, after: Option<&str>, limit: usize) -> Page<User> {
        let (chunk, index) = after.map_or((0, 0), |after| self.order.after(after, |place| self.name(place)));
        let first = self.order.0.get(chunk).map(|chunk| &chunk[index..]).unwrap_or_default();
        let rest = self.order.0.iter().skip(chunk + 1).flatten();
        Page::of(chain(first, rest).map(|place| self.user(*place)), limit)
    }

    /// Puts a user into the place of who was there with that id.
    pub(super) fn put(&mut self, user: User) {
        let known = self.take_out(&user.id).map_or(0, |known| known.number);
        let partition = partition(&user.id);
        let details = Details {
            display_name: user.display_name,
            avatar_url: user.avatar_url,
            extension: user.extension,
        };
        let mut bytes = user.created.as_millis().to_le_bytes().to_vec();
        if details != Details::default() {
            serde_json::to_writer(&mut bytes, &details).expect("details have a JSON form");
        }
        let slot = self.tables[partition].put(&user.id, &bytes);
        *self.tables[partition].beside_mut(slot) = user.number;
        let place = Place::new(partition, slot);
        let Self { tables, numbers, order, .. } = self;
        let number = |place: &Place| *tables[place.partition()].beside(place.slot());
        numbers.insert_unique(hash(user.number), place, |place| hash(number(place)));
        order.insert(place, user.id.as_str(), |place| tables[place.partition()].name(place.slot()));
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
        let tables = &self.tables;
        self.order.remove(id.as_str(), |place| tables[place.partition()].name(place.slot()));
        self.tables[place.partition()].remove(id);
        Some(user)
    }

    fn place(&self, id: &UserId) -> Option<Place> {
        let partition = partition(id);
        Some(Place::new(partition, self.tables[partition].find(id)?))
    }

    fn place_of_number(&self, number: u64) -> Option<Place> {
        self.numbers.find(hash(number), |place| self.number(*place) == number).copied()
    }

    fn number(&self, place: Place) -> u64 {
        *self.tables[place.partition()].beside(place.slot())
    }

    fn id(&self, place: Place) -> UserId {
        self.tables[place.partition()].user(place.slot())
    }

    fn name(&self, place: Place) -> (&str, &str) {
        self.tables[place.partition()].name(place.slot())
    }

    fn user(&self, place: Place) -> User {
        let bytes = self.tables[place.partition()].bytes(place.slot());
        let (created, details) = bytes.split_first_chunk().expect("every entry was put in by `put`");
        let details = match details {
            [] => Details::default(),
            json => serde_json::from_slice(json).expect("every entry was put in by `put`"),
        };
        User {
            id: self.id(place),
            number: self.number(place),
            display_name: details.display_name,
            avatar_url: details.avatar_url,
            extension: details.extension,
            created: Timestamp::from_millis(u64::from_le_bytes(*created)),
        }
    }
}

/// How `@local:server` compares with an id.
fn compare((local, server): (&str, &str), id: &str) -> Ordering {
    let name = once(b'@').chain(local.bytes()).chain(once(b':')).chain(server.bytes());
    name.cmp(id.bytes())
}

impl Order {
    /// The chunk and the index of the first place that is not before `id`; with `past`, of the first after.
    fn find<'a>(&self, id: &str, past: bool, name: impl Fn(Place) -> (&'a str, &'a str)) -> (usize, usize) {
        let is_before = |place: &Place| match compare(name(*place), id) {
            Ordering::Less => true,
            Ordering::Equal => past,
            Ordering::Greater => false,
        };
        let chunk = self.0.partition_point(|chunk| chunk.last().is_some_and(is_before));
        let index = self.0.get(chunk).map_or(0, |chunk| chunk.partition_point(is_before));
        (chunk, index)
    }

    fn after<'a>(&self, id: &str, name: impl Fn(Place) -> (&'a str, &'a str)) -> (usize, usize) {
        self.find(id, true, name)
    }

    fn insert<'a>(&mut self, place: Place, id: &str, name: impl Fn(Place) -> (&'a str, &'a str)) {
        // Users are read back in this order, so most come behind all others.
        let last = self.0.last().and_then(|chunk| chunk.last());
        let is_last = last.is_none_or(|last| compare(name(*last), id) == Ordering::Less);
        let (chunk, index) = if is_last { (self.0.len(), 0) } else { self.find(id, false, name) };
        if chunk == self.0.len() {
            // Behind all others: into the last chunk while there is room, so that chunks that are filled in
            // order are full.
            match self.0.last_mut().filter(|last| last.len() < CHUNK) {
                Some(last) => last.push(place),
                None => self.0.push(vec![place]),
            }
            return;
        }
        self.0[chunk].insert(index, place);
        if self.0[chunk].len() > CHUNK {
            let behind = self.0[chunk].split_off(CHUNK / 2);
            self.0.insert(chunk + 1, behind);
        }
    }

    fn remove<'a>(&mut self, id: &str, name: impl Fn(Place) -> (&'a str, &'a str)) {
        let (chunk, index) = self.find(id, false, name);
        self.0[chunk].remove(index);
        if self.0[chunk].is_empty() {
            self.0.remove(chunk);
        }
    }
}
