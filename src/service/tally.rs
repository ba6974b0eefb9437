//! How many members of a room are in which state. A room is counted when a caller asks, and from then on it is noted
//! which members have to be looked at again; so the next caller pays for what changed, and for nothing more.

use std::{
    collections::BTreeMap,
    mem,
    ops::Bound,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use hashbrown::{HashMap, HashSet};
use parking_lot::{Mutex, RwLock};
use tokio::sync::{Mutex as AsyncMutex, MutexGuard as AsyncMutexGuard};

use super::Service;
use crate::{
    id::{RoomId, UserId},
    presence::{Record, State, Timestamp},
    store::StoreError,
};

/// How many members are remembered, of all rooms together; those of one room at least. Rooms that were asked for
/// longest ago are counted anew.
const MOST: usize = 1_000_000;

/// After how long a room that no caller asks for is forgotten.
const IDLE: Duration = Duration::from_secs(10 * 60);

/// How many members are looked at in one go.
const GO: usize = 256;

/// Once so many and more than half of the members have to be looked at again, all are.
const MANY: usize = 1_024;

/// How many members of a room are in which state, as others see them. Hidden ones are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub online: usize,
    pub busy: usize,
    pub unavailable: usize,
    pub offline: usize,
}

impl Counts {
    fn of_mut(&mut self, state: State) -> &mut usize {
        match state {
            State::Online => &mut self.online,
            State::Busy => &mut self.busy,
            State::Unavailable => &mut self.unavailable,
            State::Offline => &mut self.offline,
        }
    }
}

/// The rooms that are counted.
#[derive(Default)]
pub(super) struct Tallies {
    rooms: RwLock<HashMap<RoomId, Arc<Tally>>>,
    /// How many there are: most servers have none, and need no lock to know that.
    count: AtomicUsize,
}

/// One room.
#[derive(Default)]
pub(super) struct Tally {
    stale: Mutex<Stale>,
    counted: AsyncMutex<Counted>,
    /// How many members were counted.
    size: AtomicUsize,
    /// When a caller asked last, in milliseconds.
    asked: AtomicU64,
}

/// Who has to be looked at again.
#[derive(Debug, Default)]
enum Stale {
    #[default]
    All,
    Members(HashSet<UserId>),
}

/// The members as they were counted.
#[derive(Debug)]
pub(super) struct Counted {
    members: BTreeMap<UserId, Member>,
    counts: Counts,
    /// No member turns before.
    next_turn: Option<Timestamp>,
    /// When it was so.
    at: Timestamp,
}

impl Default for Counted {
    fn default() -> Self {
        let at = Timestamp::from_millis(0);
        Self { members: BTreeMap::new(), counts: Counts::default(), next_turn: None, at }
    }
}

/// A member as they were counted.
#[derive(Clone, Copy, Debug)]
struct Member {
    /// As others see it.
    state: State,
    is_hidden: bool,
    /// When the state turns by itself.
    turns: Option<Timestamp>,
}

impl Counted {
    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    /// The members after that one for whom `fits` holds, given their state and whether they are hidden.
    pub(super) fn after(
        &self,
        after: Option<&str>,
        fits: impl Fn(&UserId, State, bool) -> bool,
    ) -> impl Iterator<Item = &UserId> {
        let range = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let members = self.members.range::<str, _>(range);
        members.filter(move |(user, member)| fits(user, member.state, member.is_hidden)).map(|(user, _)| user)
    }

    fn put(&mut self, user: UserId, member: Member) {
        if !member.is_hidden {
            *self.counts.of_mut(member.state) += 1;
        }
        self.next_turn = self.next_turn.into_iter().chain(member.turns).min();
        let before = self.members.insert(user, member);
        self.discount(before);
    }

    fn remove(&mut self, user: &UserId) {
        let before = self.members.remove(user);
        self.discount(before);
    }

    fn discount(&mut self, member: Option<Member>) {
        if let Some(Member { state, is_hidden: false, .. }) = member {
            *self.counts.of_mut(state) -= 1;
        }
    }

    /// Who has turned by now.
    fn turned(&mut self, now: Timestamp) -> Vec<UserId> {
        if self.next_turn.is_none_or(|turn| now < turn) {
            return Vec::new();
        }
        let is_over = |member: &Member| member.turns.is_some_and(|turns| turns <= now);
        let turns = self.members.values().filter(|member| !is_over(member)).filter_map(|member| member.turns);
        self.next_turn = turns.min();
        let turned = self.members.iter().filter(|(_, member)| is_over(member));
        turned.map(|(user, _)| user.clone()).collect()
    }
}

impl Tallies {
    /// Notes that a user of a room has to be looked at again: they changed, joined or left.
    pub(super) fn note(&self, room: &RoomId, user: &UserId) {
        if self.count.load(Ordering::Relaxed) == 0 {
            return;
        }
        let tally = self.rooms.read().get(room).cloned();
        if let Some(tally) = tally {
            tally.note(user);
        }
    }

    /// Forgets rooms that no caller has asked for of late.
    pub(super) fn forget_idle(&self, now: Timestamp) {
        if self.count.load(Ordering::Relaxed) > 0 {
            self.retain(|tally| {
                now.millis_since(tally.asked()) < u64::try_from(IDLE.as_millis()).unwrap_or(u64::MAX)
            });
        }
    }

    fn retain(&self, keep: impl Fn(&Tally) -> bool) {
        let mut rooms = self.rooms.write();
        rooms.retain(|_, tally| {
            let is_kept = keep(tally);
            if !is_kept {
                // Holders of it are told nothing more.
                *tally.stale.lock() = Stale::All;
            }
            is_kept
        });
        self.count.store(rooms.len(), Ordering::Relaxed);
    }

    /// The tally of a room, from now on at least.
    fn of(&self, room: &RoomId, now: Timestamp) -> Arc<Tally> {
        let known = self.rooms.read().get(room).cloned();
        let tally = known.unwrap_or_else(|| {
            let mut rooms = self.rooms.write();
            let tally = rooms.entry_ref(room).or_default().clone();
            self.count.store(rooms.len(), Ordering::Relaxed);
            tally
        });
        tally.asked.store(now.as_millis(), Ordering::Relaxed);
        tally
    }

    /// Forgets those asked for longest ago while too many members are remembered.
    fn make_room(&self) {
        let mut sizes: Vec<(u64, usize)> = {
            let rooms = self.rooms.read();
            rooms
                .values()
                .map(|tally| (tally.asked().as_millis(), tally.size.load(Ordering::Relaxed)))
                .collect()
        };
        sizes.sort_unstable_by(|one, other| other.cmp(one));
        let mut total = 0;
        let too_many = sizes.iter().skip(1).find(|(_, size)| {
            total += size;
            total > MOST
        });
        if let Some((asked, _)) = too_many {
            self.retain(|tally| tally.asked().as_millis() > *asked);
        }
    }
}

impl Tally {
    fn asked(&self) -> Timestamp {
        Timestamp::from_millis(self.asked.load(Ordering::Relaxed))
    }

    fn note(&self, user: &UserId) {
        let mut stale = self.stale.lock();
        let Stale::Members(members) = &mut *stale else { return };
        members.insert(user.clone());
        if members.len() > MANY.max(self.size.load(Ordering::Relaxed) / 2) {
            *stale = Stale::All;
        }
    }
}

/// What was taken to be looked at. Unless all of it was, all members have to be looked at again.
struct Taken<'a> {
    tally: &'a Tally,
    is_done: bool,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if !self.is_done {
            *self.tally.stale.lock() = Stale::All;
        }
    }
}

impl Service {
    /// Notes that a user has to be looked at again in the rooms that they are in.
    pub(super) fn note_in_tallies(&self, user: &UserId) {
        if self.tallies.count.load(Ordering::Relaxed) > 0 {
            for room in self.directory.rooms_of(user) {
                self.tallies.note(&room, user);
            }
        }
    }

    /// The tally of a room.
    pub(super) fn tally(&self, room: &RoomId) -> Arc<Tally> {
        self.tallies.of(room, self.now())
    }

    /// The members of a room, counted as they are now.
    pub(super) async fn count_members<'a>(
        &self,
        room: &RoomId,
        tally: &'a Tally,
    ) -> Result<AsyncMutexGuard<'a, Counted>, StoreError> {
        let mut counted = tally.counted.lock().await;
        // Before the first is looked at: what happens from here on is noted.
        let stale = mem::replace(&mut *tally.stale.lock(), Stale::Members(HashSet::new()));
        let mut taken = Taken { tally, is_done: false };
        let now = self.now();
        match stale {
            Stale::Members(members) if now >= counted.at => {
                let turned = counted.turned(now);
                let users: HashSet<UserId> = members.into_iter().chain(turned).collect();
                let users: Vec<UserId> = users.into_iter().collect();
                for go in users.chunks(GO) {
                    self.count_again(room, go, now, &mut counted).await?;
                }
            }
            Stale::All | Stale::Members(_) => {
                *counted = Counted::default();
                self.count_all(room, now, &mut counted).await?;
            }
        }
        counted.at = now;
        taken.is_done = true;
        if tally.size.swap(counted.members.len(), Ordering::Relaxed) < counted.members.len() {
            self.tallies.make_room();
        }
        Ok(counted)
    }

    async fn count_all(
        &self,
        room: &RoomId,
        now: Timestamp,
        counted: &mut Counted,
    ) -> Result<(), StoreError> {
        let mut last = None;
        loop {
            let members = self.directory.members_after(room, last.as_ref(), GO);
            if members.is_empty() {
                return Ok(());
            }
            self.count_users(&members, now, counted).await?;
            last = members.last().cloned();
            tokio::task::yield_now().await;
        }
    }

    /// Counts users again who may not be members any more.
    async fn count_again(
        &self,
        room: &RoomId,
        users: &[UserId],
        now: Timestamp,
        counted: &mut Counted,
    ) -> Result<(), StoreError> {
        let is_member = |user: &UserId| self.directory.is_member(room, user);
        let (members, others): (Vec<_>, Vec<_>) = users.iter().cloned().partition(is_member);
        for user in &others {
            counted.remove(user);
        }
        self.count_users(&members, now, counted).await
    }

    async fn count_users(
        &self,
        members: &[UserId],
        now: Timestamp,
        counted: &mut Counted,
    ) -> Result<(), StoreError> {
        let asked: Vec<&UserId> = members.iter().collect();
        let mut look = |index: usize, record: &Record| {
            let (state, turns) = record.state_at(now, &self.rules);
            counted.put(members[index].clone(), Member { state, is_hidden: record.is_hidden(), turns });
        };
        self.store.read(&asked, &mut look).await
    }
}
