//! The change feed: every visible change has a number, is remembered for a while, and wakes whoever
//! watches.
//!
//! Numbers are microseconds since the Unix epoch, made unique and strictly increasing. A number is taken
//! before its change is made and given back once the change is published, so there is always a
//! [watermark](Changes::watermark): every change up to it has been published. A watermark is the resume
//! token of every push channel. Resuming asks for the users that changed after it; their current values
//! are what is sent, since presence is last-value-wins. Nothing is replayed and nothing is kept for a
//! client, so a token stays good for ever.
//!
//! Watchers do not watch users one by one but [topics](Topic): the rooms they are in, accounts, and single users.
//! A change marks the user in the [`Watch`] of everybody under its topics. A watch holds a set of marks,
//! not a queue of events: a slow reader gets fewer, fresher values, and no more marks than there are
//! users.

mod recent;
mod watch;

use std::{
    collections::BTreeSet,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crossbeam_utils::CachePadded;
use hashbrown::{HashMap, HashSet};
use parking_lot::Mutex;

pub use self::watch::{Marks, Watch};
use self::{recent::Recent, watch::Inbox};
use crate::{
    id::{RoomId, UserId},
    store::{PARTITIONS, partition},
};

/// What a watcher can be interested in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Everybody of the server.
    Server,
    /// The members of a room.
    Room(RoomId),
    /// The extensions of a telephone account.
    Account(u64),
    /// One user.
    User(UserId),
}

/// The feed of one server.
pub struct Changes {
    numbers: Mutex<Numbers>,
    /// The changes of each partition, newest last.
    recent: Box<[CachePadded<Recent>]>,
    topics: Mutex<HashMap<Topic, HashMap<u64, Arc<Inbox>>>>,
    watches: AtomicUsize,
}

/// Who changed in a span of numbers, as far as that is remembered.
#[derive(Debug, Default)]
pub struct Changed {
    /// Users who changed, each once.
    pub users: BTreeSet<UserId>,
    /// The partitions whose changes of that time are not remembered any more.
    forgotten: HashSet<usize>,
}

#[derive(Debug)]
struct Numbers {
    last: u64,
    in_flight: BTreeSet<u64>,
}

/// A number that was taken for a change. The watermark stays below it until it is dropped.
pub struct Numbered<'a> {
    changes: &'a Changes,
    number: u64,
}

impl Changes {
    /// A feed whose first number is above `micros`, the time in microseconds since the Unix epoch.
    pub fn starting_at(micros: u64) -> Self {
        Self {
            numbers: Mutex::new(Numbers { last: micros, in_flight: BTreeSet::new() }),
            recent: (0..PARTITIONS).map(|_| CachePadded::new(Recent::from(micros))).collect(),
            topics: Mutex::default(),
            watches: AtomicUsize::new(0),
        }
    }

    /// Takes the next number: the time, or one more than the last if that is later.
    pub fn number(&self, micros: u64) -> Numbered<'_> {
        let mut numbers = self.numbers.lock();
        numbers.last = micros.max(numbers.last + 1);
        let number = numbers.last;
        numbers.in_flight.insert(number);
        Numbered { changes: self, number }
    }

    /// A number up to which every change has been published, as of `micros`. It tells the time and not when
    /// somebody changed last: no number of a later change is below it.
    pub fn watermark(&self, micros: u64) -> u64 {
        let mut numbers = self.numbers.lock();
        numbers.last = numbers.last.max(micros);
        numbers.published()
    }

    /// The highest number taken up to which every change has been published.
    fn published(&self) -> u64 {
        self.numbers.lock().published()
    }

    /// Who changed after `since` and up to `until`.
    pub fn between(&self, since: u64, until: u64) -> Changed {
        let mut changed = Changed::default();
        for (partition, recent) in self.recent.iter().enumerate() {
            if recent.collect_between(since, until, &mut changed.users).is_none() {
                changed.forgotten.insert(partition);
            }
        }
        changed
    }

    /// Watches topics. Dropping the watch ends it.
    pub fn watch(self: &Arc<Self>, topics: impl IntoIterator<Item = Topic>) -> Watch {
        Watch::new(self.clone(), topics.into_iter().collect())
    }

    /// How many watches there are.
    pub fn watches(&self) -> usize {
        self.watches.load(Ordering::Relaxed)
    }

    /// How many marks wait for their watchers to look: at most one for each watch and user.
    pub fn marks(&self) -> usize {
        let topics = self.topics.lock();
        let inboxes: HashMap<&u64, &Arc<Inbox>> = topics.values().flatten().collect();
        inboxes.values().map(|inbox| inbox.len()).sum()
    }

    /// How many changes are remembered, for whoever resumes.
    pub fn remembered(&self) -> usize {
        self.recent.iter().map(|recent| recent.len()).sum()
    }

    /// Who watches any of the topics. Marking happens outside the lock.
    fn watchers(&self, topics: &[Topic]) -> Vec<Arc<Inbox>> {
        let registered = self.topics.lock();
        let watchers = topics.iter().filter_map(|topic| registered.get(topic));
        watchers.flat_map(HashMap::values).cloned().collect()
    }
}

impl Changed {
    /// Whether all of it is remembered.
    pub fn is_complete(&self) -> bool {
        self.forgotten.is_empty()
    }

    /// Whether a user may have changed without being among the users.
    pub fn may_have_forgotten(&self, user: &UserId) -> bool {
        self.forgotten.contains(&partition(user))
    }
}

impl Numbers {
    fn published(&self) -> u64 {
        self.in_flight.first().map_or(self.last, |lowest| lowest - 1)
    }
}

impl Numbered<'_> {
    /// The number.
    pub fn get(&self) -> u64 {
        self.number
    }

    /// Publishes the change that was made under this number: it can be found from now on, and watchers
    /// of its topics are woken.
    pub fn publish(self, user: &UserId, topics: &[Topic]) {
        self.changes.recent[partition(user)].push(self.number, user.clone());
        for inbox in self.changes.watchers(topics) {
            inbox.mark(user, self.number);
        }
    }

    /// Publishes that the watchers of these topics may see somebody else from now on.
    pub fn publish_move(self, topics: &[Topic]) {
        for inbox in self.changes.watchers(topics) {
            inbox.mark_moved(self.number);
        }
    }
}

impl Drop for Numbered<'_> {
    fn drop(&mut self) {
        self.changes.numbers.lock().in_flight.remove(&self.number);
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").field("published", &self.published()).finish_non_exhaustive()
    }
}
