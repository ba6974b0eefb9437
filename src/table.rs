//! Users with some bytes each, packed closely: what the store and the directory keep in memory.

use hashbrown::HashTable;
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::id::UserId;

/// How much a table holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Size {
    users: usize,
    bytes: usize,
}

/// The place of a user in a table. It stays the same until the user is removed.
pub(crate) type Slot = u32;

/// Users, each with some bytes and an `M` beside them. One arena holds the ids and the bytes of all, so
/// that a user costs no allocation of their own.
#[derive(Debug)]
pub(crate) struct Table<M> {
    index: HashTable<Slot>,
    entries: Vec<Entry<M>>,
    /// For each entry: its [`Head`], and its bytes.
    arena: Vec<u8>,
    /// How many bytes of the arena belong to no entry.
    wasted: usize,
    vacant: Vec<Slot>,
    /// The few names that stand behind the colon of the ids.
    servers: Vec<Box<str>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Entry<M> {
    /// Where it begins in the arena.
    at: u32,
    beside: M,
}

/// What stands in the arena before an entry's bytes, as `postcard` writes it: how many bytes there are,
/// the number of the server's name, the localpart.
type Head<'a> = (u32, u16, &'a [u8]);

/// What the arena has of an entry.
struct Stored<'a> {
    server: u16,
    local: &'a [u8],
    bytes: &'a [u8],
    /// How many bytes of the arena it takes.
    extent: usize,
}

/// The most that the length in a head takes, and the most that a head takes.
const LEN_BYTES: usize = 5;
const HEAD_BYTES: usize = LEN_BYTES + 3 + 2 + 255;

/// An arena is packed when more than so many bytes, and more than such a part of it, are wasted.
const LEAST_WASTE: usize = 16 * 1_024;
const MOST_WASTE: usize = 8;

/// One without room is packed, and does not grow, where such a part of it is gained.
const LEAST_GAIN: usize = 32;

impl<M> Default for Table<M> {
    fn default() -> Self {
        Self {
            index: HashTable::new(),
            entries: Vec::new(),
            arena: Vec::new(),
            wasted: 0,
            vacant: Vec::new(),
            servers: Vec::new(),
        }
    }
}

/// Not the hash that partitions follow from: of that one a byte is the same for all users of a table.
fn hash(server: u16, local: &[u8]) -> u64 {
    xxh3_64_with_seed(local, u64::from(server) + 1)
}

fn split(user: &UserId) -> (&[u8], &str) {
    let (local, server) = user.as_str()[1..].split_once(':').expect("an id has a server name");
    (local.as_bytes(), server)
}

/// Room for some more, without the doubling that would leave half of a large table unused.
pub(crate) fn reserve_some<T>(items: &mut Vec<T>, more: usize) {
    if items.capacity() - items.len() < more {
        items.reserve_exact(more.max(items.len() / 16));
    }
}

/// Room for so many bytes and for what may be wasted beside them, and for entries that grow. Arenas that grew step by
/// step would leave holes behind them that fit no other user; room that was not used yet costs no memory.
fn with_waste(bytes: usize) -> usize {
    bytes + bytes * 3 / 8
}

fn read(arena: &[u8], at: u32) -> Stored<'_> {
    let entry = &arena[at as usize..];
    let ((len, server, local), behind): (Head<'_>, _) =
        postcard::take_from_bytes(entry).expect("every entry was put in by `append`");
    let bytes = &behind[..len as usize];
    Stored { server, local, bytes, extent: entry.len() - behind.len() + bytes.len() }
}

impl<M: Copy + Default> Table<M> {
    pub(crate) fn find(&self, user: &UserId) -> Option<Slot> {
        let (local, server) = split(user);
        self.find_name(self.known_server(server)?, local)
    }

    fn find_name(&self, server: u16, local: &[u8]) -> Option<Slot> {
        let is_it = |slot: &Slot| {
            let stored = self.read(*slot);
            stored.local == local && stored.server == server
        };
        self.index.find(hash(server, local), is_it).copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    /// All slots that are taken.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> {
        self.index.iter().copied()
    }

    pub(crate) fn bytes(&self, slot: Slot) -> &[u8] {
        self.read(slot).bytes
    }

    pub(crate) fn user(&self, slot: Slot) -> UserId {
        let (local, server) = self.name(slot);
        format!("@{local}:{server}").parse().expect("an id that was taken in is valid")
    }

    /// The localpart and the server name of a user.
    pub(crate) fn name(&self, slot: Slot) -> (&str, &str) {
        let Stored { server, local, .. } = self.read(slot);
        (str::from_utf8(local).expect("an id is ASCII"), &self.servers[usize::from(server)])
    }

    /// What stands beside a user's bytes, to be changed.
    pub(crate) fn beside_mut(&mut self, slot: Slot) -> &mut M {
        &mut self.entries[slot as usize].beside
    }

    /// Sets a user's bytes.
    pub(crate) fn put(&mut self, user: &UserId, bytes: &[u8]) -> Slot {
        let (local, server) = split(user);
        let server = self.server(server);
        match self.find_name(server, local) {
            Some(slot) => {
                self.replace(slot, bytes);
                slot
            }
            None => self.insert(server, local, bytes),
        }
    }

    pub(crate) fn remove(&mut self, user: &UserId) -> Option<Slot> {
        let slot = self.find(user)?;
        let Stored { server, local, extent, .. } = self.read(slot);
        let hash = hash(server, local);
        self.wasted += extent;
        let found = self.index.find_entry(hash, |&other| other == slot);
        found.expect("the user was just found").remove();
        self.entries[slot as usize] = Entry::default();
        self.vacant.push(slot);
        self.pack_if_wasteful();
        Some(slot)
    }

    pub(crate) fn size(&self) -> Size {
        Size { users: self.len(), bytes: self.arena.len() }
    }

    /// Makes room for about so much, in a table that is empty.
    pub(crate) fn reserve(&mut self, size: Size) {
        self.index.reserve(size.users, |_| unreachable!("the table is empty"));
        self.entries.reserve_exact(size.users + size.users / 32);
        self.arena.reserve_exact(with_waste(size.bytes));
    }

    fn insert(&mut self, server: u16, local: &[u8], bytes: &[u8]) -> Slot {
        let entry = Entry { at: self.append(server, local, bytes), beside: M::default() };
        let slot = match self.vacant.pop() {
            Some(slot) => {
                self.entries[slot as usize] = entry;
                slot
            }
            None => {
                reserve_some(&mut self.entries, 1);
                self.entries.push(entry);
                Slot::try_from(self.entries.len() - 1).expect("a table has fewer than 2^32 users")
            }
        };
        let Self { index, entries, arena, .. } = self;
        index.insert_unique(hash(server, local), slot, |&slot| {
            let other = read(arena, entries[slot as usize].at);
            hash(other.server, other.local)
        });
        slot
    }

    /// Writes an entry behind all others, and returns where it begins.
    fn append(&mut self, server: u16, local: &[u8], bytes: &[u8]) -> u32 {
        let mut space = [0; HEAD_BYTES];
        let head: Head<'_> = (len_of(bytes), server, local);
        let head = encode(&head, &mut space);
        self.make_room(head.len() + bytes.len());
        let at = u32::try_from(self.arena.len()).expect("a table has less than 4 GiB");
        self.arena.extend_from_slice(head);
        self.arena.extend_from_slice(bytes);
        at
    }

    fn replace(&mut self, slot: Slot, bytes: &[u8]) {
        let at = self.entries[slot as usize].at;
        let old = read(&self.arena, at);
        let (extent, room) = (old.extent, old.bytes.len());
        let mut space = [[0; LEN_BYTES]; 2];
        let [len, old_len] = &mut space;
        let (len, old_len) = (encode(&len_of(bytes), len), encode(&len_of(old.bytes), old_len));
        if bytes.len() <= room && len.len() == old_len.len() {
            let (begin, head) = (at as usize, extent - room);
            self.arena[begin..begin + len.len()].copy_from_slice(len);
            self.arena[begin + head..begin + head + bytes.len()].copy_from_slice(bytes);
            self.wasted += room - bytes.len();
        } else {
            let (server, local) = (old.server, old.local.to_vec());
            self.entries[slot as usize].at = self.append(server, &local, bytes);
            self.wasted += extent;
        }
        self.pack_if_wasteful();
    }

    /// Room in the arena: what is wasted, before it grows.
    fn make_room(&mut self, bytes: usize) {
        let is_full = self.arena.capacity() - self.arena.len() < bytes;
        if is_full && self.wasted > self.arena.len() / LEAST_GAIN {
            self.pack();
        }
        reserve_some(&mut self.arena, bytes);
    }

    fn pack_if_wasteful(&mut self) {
        if self.wasted > LEAST_WASTE.max(self.arena.len() / MOST_WASTE) {
            self.pack();
        }
    }

    /// Moves all entries to the front of the arena, which stays where it is: a copy of it would be memory on top, and leave
    /// a hole.
    fn pack(&mut self) {
        let mut places: Vec<(u32, Slot)> =
            self.slots().map(|slot| (self.entries[slot as usize].at, slot)).collect();
        places.sort_unstable();
        let mut end = 0;
        for (at, slot) in places {
            let (begin, extent) = (at as usize, read(&self.arena, at).extent);
            self.arena.copy_within(begin..begin + extent, end);
            self.entries[slot as usize].at = u32::try_from(end).expect("smaller than before");
            end += extent;
        }
        self.arena.truncate(end);
        self.wasted = 0;
        if self.arena.capacity() / 2 > with_waste(end).max(LEAST_WASTE) {
            self.arena.shrink_to(with_waste(end));
        }
    }

    fn read(&self, slot: Slot) -> Stored<'_> {
        read(&self.arena, self.entries[slot as usize].at)
    }

    fn known_server(&self, server: &str) -> Option<u16> {
        let place = self.servers.iter().position(|known| **known == *server)?;
        Some(u16::try_from(place).expect("`server` gave the numbers"))
    }

    /// The number of a server's name.
    fn server(&mut self, server: &str) -> u16 {
        self.known_server(server).unwrap_or_else(|| {
            self.servers.push(server.into());
            u16::try_from(self.servers.len() - 1).expect("users are of fewer than 2^16 servers")
        })
    }
}

fn len_of(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("a user's bytes are less than 4 GiB")
}

fn encode<'a>(value: &impl Serialize, space: &'a mut [u8]) -> &'a [u8] {
    postcard::to_slice(value, space).expect("the most that it takes is known")
}
