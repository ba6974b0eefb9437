//! The change feed of one server: what the store tells it, on its way to those whom it concerns.
//!
//! Everything has a number, which the store gave it, and the store says how far all has been told: the
//! watermark. What is told is held back until the watermark has passed it, so that a watcher that is woken finds
//! nothing missing below. A watermark is the resume token of every push channel. Resuming asks for the users
//! that changed after it; their current values are what is sent, since presence is last-value-wins. Nothing
//! is replayed and nothing is kept for a client, so a token stays good for ever.
//!
//! Watchers do not watch users one by one but [topics](Topic): the rooms they are in, accounts, and single
//! users. A change marks the user in each [`Watch`] under its topics that can see a difference. A
//! watch holds a set of marks, not a queue of events: a slow reader gets fewer, fresher values, and no more
//! marks than there are users.

mod moves;
mod recent;
mod watch;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, slice,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use crossbeam_utils::CachePadded;
use hashbrown::{HashMap, HashSet};
use parking_lot::Mutex;

pub use self::watch::{Marks, Watch};
use self::{moves::Moves, recent::Recent, watch::Inbox};
use crate::{
    directory::Move,
    id::{RoomId, UserId},
    presence::{Audience, Audiences},
    store::{PARTITIONS, partition},
};

/// What a watcher can be interested in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// The presence of all users of the server.
    Server,
    /// The presence of the members of a room.
    Room(RoomId),
    /// The presence of one user.
    User(UserId),
    /// The extensions of a telephone account.
    Account(u64),
    /// One user as an extension.
    Extension(UserId),
}

/// The feed of one server.
pub struct Changes {
    /// The changes of each partition, newest last.
    recent: Box<[CachePadded<Recent>]>,
    /// The highest number of all: who has seen that one need not ask every partition.
    last: AtomicU64,
    moves: Mutex<Moves>,
    /// What was told and is above the watermark, by number.
    held: Mutex<BTreeMap<u64, Vec<Held>>>,
    /// Held while marks are made, one release after the other.
    releasing: Mutex<()>,
    topics: Mutex<HashMap<Topic, HashMap<u64, Arc<Inbox>>>>,
    watches: AtomicUsize,
}

/// What waits for the watermark.
#[derive(Clone, Debug)]
enum Held {
    Change(UserId, Audiences),
    /// The watchers of these topics may see another user from now on; and who came into which room.
    Move(Vec<Topic>, Vec<(Topic, UserId)>),
}

/// Who changed in a span of numbers, as far as that is remembered.
#[derive(Debug, Default)]
pub struct Changed {
    /// Users who changed, each once.
    pub users: BTreeSet<UserId>,
    /// The partitions whose changes of that time are not remembered any more.
    pub forgotten: HashSet<usize>,
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            recent: (0..PARTITIONS).map(|_| CachePadded::default()).collect(),
            last: AtomicU64::new(0),
            moves: Mutex::default(),
            held: Mutex::default(),
            releasing: Mutex::default(),
            topics: Mutex::default(),
            watches: AtomicUsize::new(0),
        }
    }
}

impl Changes {
    /// Begins after that number: what came before is not remembered.
    pub fn begin_after(&self, number: u64) {
        for recent in &self.recent {
            recent.begin_after(number);
        }
        self.moves.lock().begin_after(number);
        self.last.fetch_max(number, Ordering::AcqRel);
    }

    /// Takes in that a user changed.
    pub fn changed(&self, user: &UserId, number: u64, audiences: Audiences) {
        self.recent[partition(user)].push(number, user.clone());
        self.last.fetch_max(number, Ordering::AcqRel);
        // A watcher that begins after this looks after this.
        if self.watches() > 0 {
            self.hold(number, Held::Change(user.clone(), audiences));
        }
    }

    /// Takes in that the watchers of these topics may see another user.
    pub fn moved(&self, number: u64, moves: Vec<Move>, topics: Vec<Topic>) {
        let joins = moves.iter().filter_map(|one| match one {
            Move::Join { room, user } => Some((Topic::Room(room.clone()), user.clone())),
            _ => None,
        });
        let joins = joins.collect();
        self.moves.lock().extend(number, moves);
        if !topics.is_empty() {
            self.hold(number, Held::Move(topics, joins));
        }
    }

    fn hold(&self, number: u64, held: Held) {
        self.held.lock().entry(number).or_default().push(held);
    }

    /// Marks what the watermark has passed in the watches that it concerns. `topics_about` says under which
    /// topics a user is watched by those audiences.
    pub fn release(&self, watermark: u64, topics_about: impl Fn(&UserId, Audiences) -> Vec<Topic>) {
        let releasing = self.releasing.lock();
        let released: Vec<(u64, Vec<Held>)> = {
            let held = self.held.lock();
            held.range(..=watermark).map(|(number, all)| (*number, all.clone())).collect()
        };
        let mut marked = Vec::new();
        for (number, held) in
            released.iter().flat_map(|(number, all)| all.iter().map(move |one| (*number, one)))
        {
            self.mark(number, held, &topics_about, &mut marked);
        }
        // Until here, so that no token passes what is not marked yet.
        let mut held = self.held.lock();
        for (number, _) in &released {
            held.remove(number);
        }
        drop((held, releasing));
        // Only now: before, the token of whoever looks is below the marks.
        watch::wake(marked);
    }

    /// Marks one thing in the watches that it concerns. Those that had nothing to look at before are `marked`.
    fn mark(
        &self,
        number: u64,
        held: &Held,
        topics_about: &impl Fn(&UserId, Audiences) -> Vec<Topic>,
        marked: &mut Vec<Arc<Inbox>>,
    ) {
        match held {
            Held::Change(user, audiences) => {
                for (inbox, is_extension) in self.watchers(&topics_about(user, *audiences)) {
                    let concerns =
                        inbox.is_an_admins() || audiences.contains(inbox.audience(user, is_extension));
                    if concerns && inbox.mark(user, number) {
                        marked.push(inbox);
                    }
                }
            }
            Held::Move(topics, joins) => {
                for (inbox, _) in self.watchers(topics) {
                    if inbox.mark_moved(number) {
                        marked.push(inbox);
                    }
                }
                // Users find by the moves whom they met. An admin sees all, and is told of who came.
                for (room, user) in joins {
                    for (inbox, _) in self.watchers(slice::from_ref(room)) {
                        if inbox.is_an_admins() && inbox.mark(user, number) {
                            marked.push(inbox);
                        }
                    }
                }
            }
        }
    }

    /// Completes what is under way: what was passed by the watermark before is marked after this.
    fn finish_release(&self) {
        drop(self.releasing.lock());
    }

    /// The token that stands for a watermark of the store: all up to it is marked.
    pub fn token(&self, watermark: u64) -> u64 {
        let held = self.held.lock();
        held.first_key_value().map_or(watermark, |(lowest, _)| watermark.min(lowest - 1))
    }

    /// Who changed after `since` and up to `until`.
    pub fn between(&self, since: u64, until: u64) -> Changed {
        let mut changed = Changed::default();
        if since >= self.last.load(Ordering::Acquire) {
            return changed;
        }
        for (partition, recent) in self.recent.iter().enumerate() {
            if recent.collect_between(since, until, &mut changed.users).is_none() {
                changed.forgotten.insert(partition);
            }
        }
        changed
    }

    /// Shows the moves after `since` and up to `until`. Says whether all of these are remembered.
    pub fn moves_between(&self, since: u64, until: u64, visit: impl FnMut(&Move)) -> bool {
        let moves = self.moves.lock();
        moves.between(since, until).map(|moves| moves.for_each(visit)).is_some()
    }

    /// Watches topics with the eyes of `viewer`; none is an admin, who sees what others see. Dropping the
    /// watch ends it.
    pub fn watch(self: &Arc<Self>, viewer: Option<UserId>, topics: impl IntoIterator<Item = Topic>) -> Watch {
        Watch::new(self.clone(), viewer, topics.into_iter().collect())
    }

    /// How many watches there are.
    pub fn watches(&self) -> usize {
        self.watches.load(Ordering::SeqCst)
    }

    /// How many marks wait for their watchers to look: at most one for each watch and user.
    pub fn marks(&self) -> usize {
        let topics = self.topics.lock();
        let inboxes: HashMap<&u64, &Arc<Inbox>> = topics.values().flatten().collect();
        inboxes.values().map(|inbox| inbox.len()).sum()
    }

    /// How many changes are remembered, for clients that resume.
    pub fn remembered(&self) -> usize {
        self.recent.iter().map(|recent| recent.len()).sum()
    }

    /// Who watches any of the topics, and whether as an extension. Marking happens outside the lock.
    fn watchers(&self, topics: &[Topic]) -> Vec<(Arc<Inbox>, bool)> {
        let registered = self.topics.lock();
        let watched = topics.iter().filter_map(|topic| Some((registered.get(topic)?, topic.is_extension())));
        watched
            .flat_map(|(watchers, is_extension)| watchers.values().map(move |inbox| (inbox, is_extension)))
            .map(|(inbox, is_extension)| (inbox.clone(), is_extension))
            .collect()
    }
}

impl Topic {
    fn is_extension(&self) -> bool {
        matches!(self, Self::Account(_) | Self::Extension(_))
    }
}

impl Inbox {
    /// As whom the watcher sees a user.
    fn audience(&self, user: &UserId, is_extension: bool) -> Audience {
        match (self.is_of(user), is_extension) {
            (true, false) => Audience::Own,
            (false, false) => Audience::Rooms,
            (true, true) => Audience::OwnExtension,
            (false, true) => Audience::Account,
        }
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes").field("watches", &self.watches()).finish_non_exhaustive()
    }
}
