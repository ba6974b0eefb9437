//! Users with some bytes each, packed closely: what the store and the directory keep in memory.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use crate::id::UserId;

/// The place of a user in a table. It stays the same until the user is removed.
pub(crate) type Slot = u32;

/// Users, each with some bytes and an `M` beside them. One arena holds the ids and the bytes of all, so
/// that a user costs no allocation of their own.
#[derive(Debug)]
pub(crate) struct Table<M> {
    index: HashTable<Slot>,
    entries: Vec<Entry<M>>,
    /// For each entry: the number of its server's name, the length of its localpart, the localpart, and
    /// its bytes.
    arena: Vec<u8>,
    /// How many bytes of the arena belong to no entry.
    wasted: usize,
    vacant: Vec<Slot>,
    /// The few names that stand behind the colon of the ids.
    servers: Vec<Box<str>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Entry<M> {
    at: u32,
    /// Of the bytes alone.
    len: u32,
    beside: M,
}

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

/// The parts of the head of an entry in the arena.
const SERVER_BYTES: usize = 2;
const HEAD_BYTES: usize = SERVER_BYTES + 1;

/// An arena is packed anew when more than this, and more than half of it, is wasted.
const LEAST_WASTE: usize = 16 * 1_024;

fn hash(user: &str) -> u64 {
    // The lowest byte is the same for all users of a partition.
    xxh3_64(user.as_bytes()).rotate_right(8)
}

fn split(user: &UserId) -> (&str, &str) {
    let server = user.server_name();
    (&user.as_str()[1..user.as_str().len() - server.len() - 1], server)
}

/// Room for one more, without the doubling that would leave half of a large table unused.
fn reserve<T>(items: &mut Vec<T>, more: usize) {
    if items.capacity() - items.len() < more {
        items.reserve_exact(more.max(items.len() / 16));
    }
}

impl<M: Copy + Default> Table<M> {
    pub(crate) fn find(&self, user: &UserId) -> Option<Slot> {
        let found = self.index.find(hash(user.as_str()), |&slot| self.is(slot, user));
        found.copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.index.len()
    }

    /// All slots that are taken.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> {
        self.index.iter().copied()
    }

    pub(crate) fn bytes(&self, slot: Slot) -> &[u8] {
        let entry = self.entries[slot as usize];
        let begin = entry.at as usize + HEAD_BYTES + self.local_len(entry);
        &self.arena[begin..begin + entry.len as usize]
    }

    pub(crate) fn user(&self, slot: Slot) -> UserId {
        let (local, server) = self.name(slot);
        format!("@{local}:{server}").parse().expect("an id that was taken in is valid")
    }

    /// What stands beside a user's bytes.
    pub(crate) fn beside(&self, slot: Slot) -> &M {
        &self.entries[slot as usize].beside
    }

    /// The same, to be changed.
    pub(crate) fn beside_mut(&mut self, slot: Slot) -> &mut M {
        &mut self.entries[slot as usize].beside
    }

    /// Sets a user's bytes.
    pub(crate) fn put(&mut self, user: &UserId, bytes: &[u8]) -> Slot {
        match self.find(user) {
            Some(slot) => {
                self.replace(slot, bytes);
                slot
            }
            None => self.insert(user, bytes),
        }
    }

    pub(crate) fn remove(&mut self, user: &UserId) -> Option<Slot> {
        let slot = self.find(user)?;
        let found = self.index.find_entry(hash(user.as_str()), |&other| other == slot);
        found.expect("the user was just found").remove();
        self.wasted += self.extent(slot);
        self.entries[slot as usize] = Entry::default();
        self.vacant.push(slot);
        self.pack_if_wasteful();
        Some(slot)
    }

    fn insert(&mut self, user: &UserId, bytes: &[u8]) -> Slot {
        let (local, server) = split(user);
        let server = self.server(server);
        let entry = Entry { at: self.end(), len: len(bytes), beside: M::default() };
        reserve(&mut self.arena, HEAD_BYTES + local.len() + bytes.len());
        self.arena.extend_from_slice(&server.to_le_bytes());
        self.arena.push(u8::try_from(local.len()).expect("an id has at most 255 bytes"));
        self.arena.extend_from_slice(local.as_bytes());
        self.arena.extend_from_slice(bytes);
        let slot = match self.vacant.pop() {
            Some(slot) => {
                self.entries[slot as usize] = entry;
                slot
            }
            None => {
                reserve(&mut self.entries, 1);
                self.entries.push(entry);
                Slot::try_from(self.entries.len() - 1).expect("a table has fewer than 2^32 users")
            }
        };
        let Self { index, entries, arena, servers, .. } = self;
        index.insert_unique(hash(user.as_str()), slot, |&slot| {
            let (local, server) = name(arena, servers, &entries[slot as usize]);
            hash(&format!("@{local}:{server}"))
        });
        slot
    }

    fn replace(&mut self, slot: Slot, bytes: &[u8]) {
        let entry = self.entries[slot as usize];
        let (at, head) = (entry.at as usize, HEAD_BYTES + self.local_len(entry));
        let (room, needed) = (entry.len as usize, bytes.len());
        if needed <= room {
            self.arena[at + head..at + head + needed].copy_from_slice(bytes);
            self.wasted += room - needed;
        } else {
            let moved = self.end();
            reserve(&mut self.arena, head + needed);
            self.arena.extend_from_within(at..at + head);
            self.arena.extend_from_slice(bytes);
            self.wasted += head + room;
            self.entries[slot as usize].at = moved;
        }
        self.entries[slot as usize].len = len(bytes);
        self.pack_if_wasteful();
    }

    fn pack_if_wasteful(&mut self) {
        if self.wasted <= LEAST_WASTE.max(self.arena.len() / 2) {
            return;
        }
        let mut packed = Vec::with_capacity(self.arena.len() - self.wasted);
        let slots: Vec<Slot> = self.slots().collect();
        for slot in slots {
            let (begin, extent) = (self.entries[slot as usize].at as usize, self.extent(slot));
            self.entries[slot as usize].at = u32::try_from(packed.len()).expect("smaller than before");
            packed.extend_from_slice(&self.arena[begin..begin + extent]);
        }
        (self.arena, self.wasted) = (packed, 0);
    }

    fn is(&self, slot: Slot, user: &UserId) -> bool {
        self.name(slot) == split(user)
    }

    /// The localpart and the server name of a user.
    pub(crate) fn name(&self, slot: Slot) -> (&str, &str) {
        name(&self.arena, &self.servers, &self.entries[slot as usize])
    }

    fn local_len(&self, entry: Entry<M>) -> usize {
        self.arena[entry.at as usize + SERVER_BYTES].into()
    }

    /// How many bytes of the arena an entry takes.
    fn extent(&self, slot: Slot) -> usize {
        let entry = self.entries[slot as usize];
        HEAD_BYTES + self.local_len(entry) + entry.len as usize
    }

    fn end(&self) -> u32 {
        u32::try_from(self.arena.len()).expect("a table has less than 4 GiB")
    }

    /// The number of a server's name.
    fn server(&mut self, server: &str) -> u16 {
        let known = self.servers.iter().position(|known| **known == *server);
        let number = known.unwrap_or_else(|| {
            self.servers.push(server.into());
            self.servers.len() - 1
        });
        u16::try_from(number).expect("users are of fewer than 2^16 servers")
    }
}

fn len(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("a user's bytes are less than 4 GiB")
}

/// The localpart and the server name of an entry.
fn name<'a, M>(arena: &'a [u8], servers: &'a [Box<str>], entry: &Entry<M>) -> (&'a str, &'a str) {
    let head = &arena[entry.at as usize..];
    let server = u16::from_le_bytes([head[0], head[1]]);
    let local = &head[HEAD_BYTES..HEAD_BYTES + usize::from(head[SERVER_BYTES])];
    (str::from_utf8(local).expect("an id is ASCII"), &servers[usize::from(server)])
}
