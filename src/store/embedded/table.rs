use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use crate::id::UserId;

/// The place of a user in a table. It stays the same until the user is removed.
pub(super) type Slot = u32;

/// The users of one partition, each with some bytes and a deadline, packed closely: one arena holds the
/// ids and the bytes of all, so that a user costs no allocation of their own.
#[derive(Debug, Default)]
pub(super) struct Table {
    index: HashTable<Slot>,
    entries: Vec<Entry>,
    /// For each entry: the number of its server's name, the length of its localpart, the localpart, and
    /// its bytes.
    arena: Vec<u8>,
    /// How many bytes of the arena belong to no entry.
    wasted: usize,
    vacant: Vec<Slot>,
    /// The few names that stand behind the colon of the ids.
    servers: Vec<Box<str>>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    at: u32,
    /// Of the bytes alone.
    len: u32,
    deadline: Deadline,
}

/// When an entry is due, and for when it is filed, in ticks; 0 is never.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Deadline {
    pub(super) due: u32,
    pub(super) filed: u32,
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

impl Table {
    pub(super) fn find(&self, user: &UserId) -> Option<Slot> {
        let found = self.index.find(hash(user.as_str()), |&slot| self.is(slot, user));
        found.copied()
    }

    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    /// All slots that are taken.
    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> {
        self.index.iter().copied()
    }

    pub(super) fn bytes(&self, slot: Slot) -> &[u8] {
        let entry = self.entries[slot as usize];
        let begin = entry.at as usize + HEAD_BYTES + self.local_len(entry);
        &self.arena[begin..begin + entry.len as usize]
    }

    pub(super) fn user(&self, slot: Slot) -> UserId {
        let (local, server) = self.name(slot);
        format!("@{local}:{server}").parse().expect("an id that was taken in is valid")
    }

    pub(super) fn deadline(&mut self, slot: Slot) -> &mut Deadline {
        &mut self.entries[slot as usize].deadline
    }

    /// Sets a user's bytes.
    pub(super) fn put(&mut self, user: &UserId, bytes: &[u8]) -> Slot {
        match self.find(user) {
            Some(slot) => {
                self.replace(slot, bytes);
                slot
            }
            None => self.insert(user, bytes),
        }
    }

    pub(super) fn remove(&mut self, user: &UserId) -> Option<Slot> {
        let slot = self.find(user)?;
        let found = self.index.find_entry(hash(user.as_str()), |&other| other == slot);
        found.expect("the user was just found").remove();
        self.wasted += self.extent(slot);
        self.entries[slot as usize] = Entry { at: 0, len: 0, deadline: Deadline::default() };
        self.vacant.push(slot);
        self.pack_if_wasteful();
        Some(slot)
    }

    fn insert(&mut self, user: &UserId, bytes: &[u8]) -> Slot {
        let (local, server) = split(user);
        let server = self.server(server);
        let entry = Entry { at: self.end(), len: len(bytes), deadline: Deadline::default() };
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
                Slot::try_from(self.entries.len() - 1).expect("a partition has fewer than 2^32 users")
            }
        };
        let Self { index, entries, arena, servers, .. } = self;
        index.insert_unique(hash(user.as_str()), slot, |&slot| {
            let (local, server) = name(arena, servers, entries[slot as usize]);
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

    fn name(&self, slot: Slot) -> (&str, &str) {
        name(&self.arena, &self.servers, self.entries[slot as usize])
    }

    fn local_len(&self, entry: Entry) -> usize {
        self.arena[entry.at as usize + SERVER_BYTES].into()
    }

    /// How many bytes of the arena an entry takes.
    fn extent(&self, slot: Slot) -> usize {
        let entry = self.entries[slot as usize];
        HEAD_BYTES + self.local_len(entry) + entry.len as usize
    }

    fn end(&self) -> u32 {
        u32::try_from(self.arena.len()).expect("a partition has less than 4 GiB")
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
    u32::try_from(bytes.len()).expect("a record has less than 4 GiB")
}

/// The localpart and the server name of an entry.
fn name<'a>(arena: &'a [u8], servers: &'a [Box<str>], entry: Entry) -> (&'a str, &'a str) {
    let head = &arena[entry.at as usize..];
    let server = u16::from_le_bytes([head[0], head[1]]);
    let local = &head[HEAD_BYTES..HEAD_BYTES + usize::from(head[SERVER_BYTES])];
    (str::from_utf8(local).expect("an id is ASCII"), &servers[usize::from(server)])
}
