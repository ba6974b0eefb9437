//! Following what happens: the streams of all partitions and the log of documents are asked again and again. Asking
//! raises a stream's floor, so that what is numbered later has a higher number; so once all were asked, all up to that
//! number was told.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
    sync::{Arc, Weak, atomic::Ordering},
    time::{Duration, Instant},
};

use parking_lot::{Mutex, MutexGuard};
use redis::{RedisError, RedisResult, Value as Answer};
use tokio::time::{sleep, timeout};

use super::{
    Shared,
    keys::{DOCUMENTS, FEEDS},
    link::{Link, now, value_of},
    script::{Call, POLL},
    value::{Value, audiences_of},
};
use crate::{
    id::UserId,
    presence::{Audience, Audiences, Timestamp},
    store::PARTITIONS,
};

/// How long it takes until what another node did is heard of, at most, while the engine answers.
const PERIOD: Duration = Duration::from_millis(50);

/// Between two rounds, however much this node writes.
const SHORTEST: Duration = Duration::from_millis(5);

/// How many times as long as a round takes it is waited until the next. A busy engine is asked less often.
const PAUSES: u32 = 3;

/// How many entries of a stream are read at once.
const ENTRIES: usize = 500;

/// For how long it is known what was told, in microseconds: a failover takes less.
const TOLD_KNOWN: u64 = 60 * 1_000_000;

/// How much of a partition's is known so, at most.
const TOLD_MOST: usize = 2_000;

/// A stream that does not answer for so long no longer holds up what others have.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much further another node may be, in microseconds: numbers are times.
const AHEAD: u64 = 1_000_000;

/// How long it is waited for what another node has heard of.
const BEHIND: Duration = Duration::from_secs(1);

/// How old what is held may be to be read without asking.
const FRESH: Duration = Duration::from_secs(1);

/// A stream as it is followed.
#[derive(Debug, Default)]
pub(super) struct Feed(Mutex<State>);

#[derive(Debug, Default)]
pub(super) struct State {
    /// The number of the last entry that was told.
    pub(super) last: u64,
    /// All up to this number was told; nothing comes later at or below it.
    pub(super) upto: u64,
    /// What this node did and told itself, after `last`.
    own: BTreeSet<u64>,
    /// What was told a short while ago, the oldest first: an engine that fails over may lose it.
    told: VecDeque<(u64, UserId)>,
    /// When it answered last.
    answered: Option<Instant>,
    /// Since when it does not answer, and why.
    failing: Option<(Instant, String)>,
    /// When somebody is due next, in milliseconds, as far as that is known.
    next_due: Option<u64>,
    /// How often this node wrote.
    writes: u64,
    pub(super) records: usize,
    pub(super) deadlines: usize,
}

impl Feed {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }

    /// Why the stream does not answer, if that goes on for a while.
    pub(super) fn trouble(&self) -> Option<String> {
        let state = self.0.lock();
        let (since, why) = state.failing.as_ref()?;
        (now().duration_since(*since) >= FRESH).then(|| why.clone())
    }

    /// Whether the stream did not answer when it was asked last.
    fn is_failing(&self) -> bool {
        self.0.lock().failing.is_some()
    }

    /// How old what is held of the partition is.
    pub(super) fn age(&self) -> Duration {
        let state = self.0.lock();
        state.answered.map_or(Duration::MAX, |answered| now().duration_since(answered))
    }

    /// Whether what is held of the partition is as it was a moment ago.
    pub(super) fn is_fresh(&self) -> bool {
        self.age() < FRESH
    }

    /// Whether somebody may be due.
    pub(super) fn is_due(&self, at: Timestamp) -> bool {
        self.0.lock().next_due.is_some_and(|due| due <= at.as_millis())
    }

    /// Takes in that a user is due then.
    pub(super) fn note_deadline(&self, deadline: Option<Timestamp>) {
        let mut state = self.0.lock();
        state.writes += 1;
        if let Some(deadline) = deadline.map(Timestamp::as_millis) {
            state.next_due = Some(state.next_due.map_or(deadline, |due| due.min(deadline)));
        }
    }
}

impl State {
    /// Notes what is told.
    fn note_told(&mut self, number: u64, user: &UserId) {
        self.told.push_back((number, user.clone()));
        let is_old = |(first, _): &(u64, UserId)| first.saturating_add(TOLD_KNOWN) < number;
        while self.told.len() > TOLD_MOST || self.told.front().is_some_and(is_old) {
            self.told.pop_front();
        }
    }
}

/// What a stream answers.
pub(super) struct Polled {
    /// Nothing comes later at or below it.
    floor: u64,
    /// The number of its last entry.
    last: u64,
    records: usize,
    deadlines: usize,
    next_due: Option<u64>,
    pub(super) entries: Vec<Entry>,
}

/// Something that happened.
pub(super) struct Entry {
    pub(super) number: u64,
    /// The number of the entry before.
    pub(super) previous: u64,
    fields: HashMap<String, Vec<u8>>,
}

impl Entry {
    pub(super) fn field(&self, name: &str) -> Option<&[u8]> {
        self.fields.get(name).map(Vec::as_slice)
    }

    fn text(&self, name: &str) -> Option<&str> {
        str::from_utf8(self.field(name)?).ok()
    }

    /// Of whom it tells.
    pub(super) fn user(&self) -> Option<UserId> {
        self.text("u")?.parse().ok()
    }

    fn audiences(&self) -> Audiences {
        self.text("a").and_then(|marks| marks.parse().ok()).map_or(Audiences::NONE, audiences_of)
    }

    /// What the user's record is; none if it was removed.
    fn value(&self) -> Option<Value> {
        Value::of(self.field("r")?.to_vec())
    }
}

/// The entries that an engine shows of a stream.
pub(super) fn entries_of(answer: Answer) -> RedisResult<Vec<Entry>> {
    let entries: Vec<(String, Vec<Vec<u8>>)> = value_of(Some(answer))?;
    let entry = |(id, fields): (String, Vec<Vec<u8>>)| {
        let number = id.split('-').next().and_then(|number| number.parse().ok()).unwrap_or_default();
        let pairs = fields.chunks_exact(2);
        let fields: HashMap<_, _> =
            pairs.map(|pair| (String::from_utf8_lossy(&pair[0]).into_owned(), pair[1].clone())).collect();
        let previous =
            fields.get("p").and_then(|text| str::from_utf8(text).ok()?.parse().ok()).unwrap_or_default();
        Entry { number, previous, fields }
    };
    Ok(entries.into_iter().map(entry).collect())
}

impl Polled {
    fn of(answer: Answer) -> RedisResult<Self> {
        let (floor, last, records, deadlines, next_due, entries): (u64, u64, usize, usize, String, Answer) =
            value_of(Some(answer))?;
        // A score may be written as a fraction.
        let next_due = next_due.split('.').next().and_then(|due| due.parse().ok());
        Ok(Self { floor, last, records, deadlines, next_due, entries: entries_of(entries)? })
    }

    /// Whether there may be more.
    fn is_full(&self) -> bool {
        self.entries.len() >= ENTRIES
    }

    /// Whether something is missing between `last` and what is shown: it was trimmed, or lost with a server.
    pub(super) fn has_gap_after(&self, last: u64) -> bool {
        match self.entries.first() {
            Some(first) => first.previous != last,
            None => self.last != last,
        }
    }
}

/// Which streams are asked together: one that does not answer holds up none that do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Those {
    Answer,
    Fail,
}

/// Follows what happens until the store is gone.
pub(super) async fn follow(store: Weak<Shared>, those: Those) {
    loop {
        let Some(store) = store.upgrade() else { return };
        let begun = now();
        store.round(those).await;
        let kick = store.kick.clone();
        drop(store);
        match those {
            Those::Answer => {
                let pause = (now().duration_since(begun) * PAUSES).clamp(SHORTEST, PERIOD);
                sleep(pause).await;
                let _kicked = timeout(PERIOD - pause, kick.notified()).await;
            }
            Those::Fail => sleep(PERIOD).await,
        }
    }
}

impl Shared {
    /// Asks streams once, and tells what they have.
    pub(super) async fn round(&self, those: Those) {
        loop {
            let upto = self.clock.micros().max(self.highest.load(Ordering::SeqCst));
            let is_one = |feed: &usize| self.feeds[*feed].is_failing() == (those == Those::Fail);
            let partitions: Vec<usize> = (0..PARTITIONS).filter(is_one).collect();
            let log = async {
                if is_one(&DOCUMENTS) {
                    self.poll_documents(upto).await;
                }
            };
            tokio::join!(log, self.poll_partitions(partitions, upto));
            self.advance();
            // What is numbered above was just told, and is to be passed too.
            if those == Those::Fail || self.highest.load(Ordering::SeqCst) <= upto {
                break;
            }
            if self.feeds.iter().any(Feed::is_failing) {
                break;
            }
        }
        if those == Those::Answer {
            self.rounds.send_modify(|rounds| *rounds += 1);
        }
    }

    /// The connection on which a stream is asked.
    pub(super) fn asked_on(&self, feed: usize) -> &Link {
        if self.feeds[feed].is_failing() { &self.links().repair } else { &self.links().feed }
    }

    fn poll_call(&self, feed: usize, after: u64, upto: u64) -> Call {
        let keys = &self.keys;
        let names = vec![keys.events(feed), keys.meta(feed), keys.floor(feed), keys.deadlines(feed)];
        Call::new(&POLL, names).arg(after).arg(ENTRIES).arg(upto)
    }

    /// Asks a stream for its end alone.
    pub(super) fn look_call(&self, feed: usize, upto: u64) -> Call {
        let keys = &self.keys;
        let names = vec![keys.events(feed), keys.meta(feed), keys.floor(feed), keys.deadlines(feed)];
        Call::new(&POLL, names).arg(0).arg(0).arg(upto)
    }

    async fn poll_partitions(&self, mut asked: Vec<usize>, upto: u64) {
        while !asked.is_empty() {
            let begun: Vec<u64> = asked.iter().map(|feed| self.feeds[*feed].lock().writes).collect();
            let call = |feed: &usize| self.poll_call(*feed, self.feeds[*feed].lock().last, upto);
            let link = self.asked_on(asked[0]);
            let answers = link.call_all(asked.iter().map(call).collect()).await;
            let mut again = Vec::new();
            for ((feed, begun), answer) in asked.into_iter().zip(begun).zip(answers) {
                match answer.and_then(Polled::of) {
                    Ok(polled) => {
                        if polled.is_full() {
                            again.push(feed);
                        }
                        self.take_polled(feed, polled, begun).await;
                    }
                    Err(error) => self.note_failure(feed, &error),
                }
            }
            asked = again;
        }
    }

    /// Takes in what a partition's stream has.
    async fn take_polled(&self, feed: usize, polled: Polled, begun: u64) {
        let last = self.feeds[feed].lock().last;
        if polled.has_gap_after(last) {
            if let Err(error) = self.resync(feed, last).await {
                self.note_failure(feed, &error);
                return;
            }
            return self.note_answer(feed);
        }
        let is_full = polled.is_full();
        let late = {
            let mut state = self.feeds[feed].lock();
            let complete = self.complete.load(Ordering::SeqCst);
            let mut late = Vec::new();
            for entry in &polled.entries {
                if self.take_entry(&mut state, entry, complete) {
                    late.extend(entry.user().map(|user| (user, entry.audiences())));
                }
            }
            state.upto = if is_full { state.last } else { polled.floor.max(state.last) }.max(state.upto);
            (state.records, state.deadlines) = (polled.records, polled.deadlines);
            if state.writes == begun {
                state.next_due = polled.next_due;
            }
            late
        };
        self.note_answer(feed);
        for (user, audiences) in late {
            self.number_anew(&user, audiences).await;
        }
    }

    /// Tells of an entry, unless this node did it. Says whether it comes too late: its number was passed.
    fn take_entry(&self, state: &mut State, entry: &Entry, complete: u64) -> bool {
        state.last = entry.number;
        self.highest.fetch_max(entry.number, Ordering::SeqCst);
        let is_own = state.own.remove(&entry.number);
        let Some(user) = entry.user() else { return false };
        let (value, audiences) = (entry.value(), entry.audiences());
        self.held.follow(&user, value);
        if is_own || audiences.is_empty() {
            return false;
        }
        if entry.number <= complete {
            return true;
        }
        state.note_told(entry.number, &user);
        if let Some(node) = self.node() {
            node.changed(&user, entry.number, audiences);
        }
        false
    }

    /// Tells of what this node did.
    pub(super) fn tell_own(&self, feed: usize, user: &UserId, number: u64, audiences: Audiences) {
        let mut state = self.feeds[feed].lock();
        self.highest.fetch_max(number, Ordering::SeqCst);
        // It was read back already.
        if number <= state.last {
            return;
        }
        state.own.insert(number);
        state.note_told(number, user);
        if let Some(node) = self.node() {
            node.changed(user, number, audiences);
        }
        drop(state);
        self.kick.notify_one();
    }

    pub(super) fn note_answer(&self, feed: usize) {
        let mut state = self.feeds[feed].lock();
        state.answered = Some(now());
        if let Some((since, _)) = state.failing.take() {
            let seconds = now().duration_since(since).as_secs();
            drop(state);
            self.note_recovery(seconds);
        }
    }

    pub(super) fn note_failure(&self, feed: usize, error: &RedisError) {
        let mut state = self.feeds[feed].lock();
        let since = state.failing.take().map_or_else(now, |(since, _)| since);
        state.failing = Some((since, error.to_string()));
    }

    /// Says how far all was told.
    fn advance(&self) {
        let mut complete = u64::MAX;
        for feed in 0..FEEDS {
            let state = self.feeds[feed].lock();
            let is_lost =
                state.failing.as_ref().is_some_and(|(since, _)| now().duration_since(*since) > PATIENCE);
            if !is_lost {
                complete = complete.min(state.upto);
            }
        }
        // One after the other, so that what another task advanced to is told when this returns.
        let mut told = self.told.lock();
        if complete == u64::MAX || *told >= complete {
            return;
        }
        self.complete.store(complete, Ordering::SeqCst);
        if let Some(node) = self.node() {
            node.complete_up_to(complete);
        }
        *told = complete;
    }

    /// Goes on after a gap: tells of all of the partition whom `last` does not cover, and sets right who is held here as
    /// something that the engine lost.
    async fn resync(&self, feed: usize, last: u64) -> RedisResult<()> {
        let upto = self.highest.load(Ordering::SeqCst);
        let end = Polled::of(self.asked_on(feed).call_one(self.look_call(feed, upto)).await?)?;
        let mut later: BTreeMap<u64, (UserId, Audiences)> = BTreeMap::new();
        // What was told and is not there any more, or not yet seen to be.
        let mut lost: HashMap<UserId, u64> =
            self.feeds[feed].lock().told.iter().map(|(number, user)| (user.clone(), *number)).collect();
        let mut held: HashMap<UserId, Option<Value>> =
            self.held.users(feed).into_iter().map(|user| (user.clone(), self.held.get(&user))).collect();
        self.scan(feed, &mut |user, value| {
            if held
                .get(&user)
                .is_some_and(|known| known.as_ref().is_none_or(|known| known.revision() <= value.revision()))
            {
                held.remove(&user);
            }
            let Ok(record) = value.record() else { return };
            let version = record.version();
            if lost.get(&user).is_some_and(|told| *told <= version) {
                lost.remove(&user);
            }
            if version > last && version <= end.last {
                let saw = Audience::ALL.into_iter().filter(|audience| record.versions().of(*audience) > last);
                later.insert(version, (user, saw.collect()));
            }
        })
        .await?;
        tracing::warn!(
            partition = feed,
            changes = later.len(),
            lost = lost.len(),
            "a gap in what happened was filled"
        );
        let mut late = Vec::new();
        {
            let mut state = self.feeds[feed].lock();
            let complete = self.complete.load(Ordering::SeqCst);
            for (number, (user, audiences)) in later {
                self.highest.fetch_max(number, Ordering::SeqCst);
                if state.own.remove(&number) || number <= state.last {
                    continue;
                }
                match self.node() {
                    Some(node) if number > complete => node.changed(&user, number, audiences),
                    _ => late.push((user, audiences)),
                }
            }
            state.last = end.last;
            state.own = state.own.split_off(&(end.last + 1));
            state.upto = state.upto.max(end.floor);
        }
        for user in held.into_keys() {
            self.held.drop(&user);
        }
        for user in lost.into_keys() {
            self.number_anew(&user, Audience::ALL.into_iter().collect()).await;
        }
        for (user, audiences) in late {
            self.number_anew(&user, audiences).await;
        }
        Ok(())
    }

    /// Lets a record be news once more, whose number was passed before this node heard of it.
    async fn number_anew(&self, user: &UserId, audiences: Audiences) {
        if let Err(error) = self.touch(user, audiences).await {
            tracing::warn!(%error, "watchers could not be told of what they missed");
        }
    }

    /// Completes once all up to a number was told, if another node may have heard of it; after a while in any case.
    pub(super) async fn hear_up_to(&self, number: u64) {
        if number > self.clock.micros().max(self.highest.load(Ordering::SeqCst)).saturating_add(AHEAD) {
            return;
        }
        let mut rounds = self.rounds.subscribe();
        self.kick.notify_one();
        let _heard = timeout(BEHIND, rounds.wait_for(|_| *self.told.lock() >= number)).await;
    }

    /// Completes after the streams were asked by rounds that began after this.
    pub(super) async fn settled(self: &Arc<Self>) {
        let mut rounds = self.rounds.subscribe();
        let seen = *rounds.borrow_and_update();
        self.kick.notify_one();
        // One may be under way.
        let _settled = rounds.wait_for(|rounds| *rounds >= seen + 2).await;
    }

    pub(super) async fn poll_log(&self, upto: u64) -> RedisResult<Polled> {
        let after = self.feeds[DOCUMENTS].lock().last;
        Polled::of(self.asked_on(DOCUMENTS).call_one(self.poll_call(DOCUMENTS, after, upto)).await?)
    }
}

impl Polled {
    /// The number up to which all is shown, and whether there is more.
    pub(super) fn upto(&self) -> (u64, bool) {
        let last = self.entries.last().map_or(0, |entry| entry.number);
        if self.is_full() { (last, true) } else { (self.floor.max(last), false) }
    }
}
