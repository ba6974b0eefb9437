//! Reading and writing records. A write compares and sets: it builds on the record that is held here, or on none, and is
//! made again on what the engine answers if that is another.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use futures_util::future::join_all;
use redis::{RedisResult, Value as Answer};

use super::{
    Shared,
    feed::{Entry, entries_of},
    link::value_of,
    script::{Call, PUT, REMOVE},
    value::{Nonce, Seen, Value},
};
use crate::{
    id::{NodeId, UserId},
    presence::{Audience, Audiences, Record, Timestamp, Unreadable},
    store::{Edit, Effect, Keep, Outlook, Revision, StoreError, Visit, age, partition},
};

/// How often a write is made again that another was faster than.
const ATTEMPTS: usize = 100;

/// How many changes of a partition are kept for those who come late, roughly.
const STREAM_LENGTH: usize = 10_000;

/// For how long it is known who was removed, in microseconds: no node is behind for longer.
const REMOVALS_KNOWN: u64 = 60 * 60 * 1_000_000;

/// The highest number that scripts can count with.
const HIGHEST: u64 = 1 << 53;

/// How many hashes are read at once when all of a partition is.
const BUCKETS_AT_ONCE: usize = 32;

/// Looks at what there is of the user at the given index of the question.
type VisitValue<'a> = dyn FnMut(usize, Option<&Value>) -> Result<(), StoreError> + Send + 'a;

/// What the engine said of a write.
enum Put {
    Conflict(Option<Value>),
    Stored { revision: u64, number: u64 },
    Removed,
}

fn bytes_of(answer: Option<Answer>) -> Vec<u8> {
    match answer {
        Some(Answer::BulkString(bytes)) => bytes,
        _ => Vec::new(),
    }
}

impl Put {
    fn of(answer: Answer) -> RedisResult<Self> {
        let parts: Vec<Answer> = value_of(Some(answer))?;
        let mut parts = parts.into_iter();
        Ok(match parts.next() {
            Some(Answer::Int(1)) => {
                Self::Stored { revision: value_of(parts.next())?, number: value_of(parts.next())? }
            }
            Some(Answer::Int(2)) => Self::Removed,
            _ => Self::Conflict(Value::of(bytes_of(parts.next()))),
        })
    }

    /// Whether the write with this nonce is done; the answer to it may have been lost.
    fn is_done(&self, nonce: Nonce) -> bool {
        match self {
            Self::Stored { .. } => true,
            Self::Conflict(value) => value.as_ref().is_some_and(|value| value.nonce() == nonce),
            Self::Removed => false,
        }
    }
}

/// A record before a write and after it.
struct Change {
    before: Record,
    after: Record,
    effect: Effect,
}

impl Change {
    fn deadline(&self) -> u64 {
        self.effect.outlook.next_change.map_or(0, Timestamp::as_millis)
    }

    fn seen(&self) -> Seen {
        Seen::new(self.effect.audiences, self.effect.outlook.is_present)
    }

    /// The nodes on which the user is connected from now on, and those on which they are no longer.
    fn moved_nodes(&self) -> (Vec<NodeId>, Vec<NodeId>) {
        let (before, after) = (self.before.nodes(), self.after.nodes());
        let new = after.iter().filter(|node| !before.contains(node)).copied().collect();
        (new, before.iter().filter(|node| !after.contains(node)).copied().collect())
    }
}

fn unreadable(user: &UserId, why: &Unreadable) -> StoreError {
    StoreError::Unreadable(format!("what is kept of {user}: {why}"))
}

impl Shared {
    /// The keys that scripts about a user's record want first.
    fn record_keys(&self, user: &UserId) -> Vec<String> {
        let (keys, of) = (&self.keys, partition(user));
        let names = [keys.deadlines(of), keys.events(of), keys.meta(of), keys.present(of), keys.removals(of)];
        [keys.bucket_of(user)].into_iter().chain(names).chain([keys.floor(of)]).collect()
    }

    pub(super) async fn update(
        &self,
        user: &UserId,
        known: Revision,
        edit: &Edit<'_>,
    ) -> Result<Record, StoreError> {
        let feed = partition(user);
        self.reach(feed)?;
        let nonce: Nonce = self.nonce();
        let mut base = self.held.get(user);
        for _ in 0..ATTEMPTS {
            let before = match &base {
                Some(value) => value.record().map_err(|why| unreadable(user, &why))?,
                None => Record::default(),
            };
            let mut after = before.clone();
            let effect = edit(&mut after);
            let change = Change { before, after, effect };
            match self.put(user, base.as_ref(), known, &change, nonce).await? {
                Put::Removed => {
                    self.held.drop(user);
                    return Err(StoreError::Removed);
                }
                // The answer to this very write was lost.
                Put::Conflict(Some(value)) if value.nonce() == nonce => {
                    let record = value.record().map_err(|why| unreadable(user, &why))?;
                    self.held.put(user, value);
                    return Ok(record);
                }
                Put::Conflict(value) => base = value,
                Put::Stored { revision, number } => {
                    return Ok(self.landed(user, change, revision, number, nonce));
                }
            }
        }
        Err(StoreError::Refused(format!("others changed {user} again and again")))
    }

    /// Takes in a write that the engine has.
    fn landed(&self, user: &UserId, change: Change, revision: u64, number: u64, nonce: Nonce) -> Record {
        let feed = partition(user);
        let value =
            Value::new(revision, number, change.deadline(), nonce, change.seen(), &change.after.pack());
        self.held.put(user, value);
        self.feeds[feed].note_deadline(change.effect.outlook.next_change);
        let Change { mut after, effect, .. } = change;
        if number > 0 {
            after.number_change(number, effect.audiences);
            self.tell_own(feed, user, number, effect.audiences);
        }
        after
    }

    async fn put(
        &self,
        user: &UserId,
        base: Option<&Value>,
        known: Revision,
        change: &Change,
        nonce: Nonce,
    ) -> Result<Put, StoreError> {
        let feed = partition(user);
        let (joined, left) = change.moved_nodes();
        let mut keys = self.record_keys(user);
        keys.extend(joined.iter().chain(&left).map(|node| self.keys.connected(feed, *node)));
        let call = Call::new(&PUT, keys)
            .arg(user.as_str())
            .arg(base.map_or(&[][..], Value::revision_bytes))
            .arg(change.after.pack())
            .arg(&nonce[..])
            .arg(change.deadline())
            .arg(change.seen().marks())
            .arg(u8::from(change.effect.outlook.is_present))
            .arg(change.effect.micros)
            .arg(change.after.version() + 1)
            .arg(known.0.min(HIGHEST))
            .arg(STREAM_LENGTH)
            .arg(joined.len());
        let confirm = match change.effect.keep {
            Keep::Acknowledged => self.confirmation(feed),
            Keep::Lazily | Keep::InPassing | Keep::Derived => None,
        };
        let Some((replicas, wait)) = confirm else {
            let answer = self.links().records.call_one(call).await.and_then(Put::of);
            return answer.map_err(|error| self.refused(&error));
        };
        let answers = self.links().confirmed.call(&[call], Some((replicas, wait))).await;
        let mut answers = answers.map_err(|error| self.refused(&error))?.into_iter();
        let put = value_of(answers.next()).and_then(Put::of).map_err(|error| self.refused(&error))?;
        let have: usize = value_of(answers.next()).map_err(|error| self.refused(&error))?;
        if put.is_done(nonce) && have < replicas {
            self.held.drop(user);
            return Err(self.unconfirmed(have, replicas));
        }
        Ok(put)
    }

    pub(super) async fn remove(&self, user: &UserId, removed: Revision) -> Result<(), StoreError> {
        self.held.drop(user);
        let call = Call::new(&REMOVE, self.record_keys(user))
            .arg(user.as_str())
            .arg(removed.0.min(HIGHEST))
            .arg(self.clock.micros())
            .arg(STREAM_LENGTH)
            .arg(REMOVALS_KNOWN);
        let removed = self.links().records.call_one(call).await;
        self.held.drop(user);
        removed.map(drop).map_err(|error| self.refused(&error))
    }

    /// Lets a record be news to these audiences, as it is; one that the engine has lost, as an empty one.
    pub(super) async fn touch(&self, user: &UserId, audiences: Audiences) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS {
            let base = self.fetch(user).await.map_err(|error| self.refused(&error))?;
            let before = match &base {
                Some(value) => value.record().map_err(|why| unreadable(user, &why))?,
                None => Record::default(),
            };
            if before.version() > self.complete.load(Ordering::SeqCst) {
                // It is news already.
                return Ok(());
            }
            // Whoever was removed is not brought back.
            let known = if base.is_some() { Revision(HIGHEST) } else { Revision(0) };
            let outlook = base.as_ref().map_or_else(Outlook::default, |base| Outlook {
                is_present: base.is_present(),
                next_change: base.deadline(),
            });
            let effect = Effect { micros: self.clock.micros(), audiences, keep: Keep::Lazily, outlook };
            let change = Change { after: before.clone(), before, effect };
            let nonce = self.nonce();
            match self.put(user, base.as_ref(), known, &change, nonce).await? {
                Put::Conflict(_) => {}
                Put::Removed => return Ok(()),
                Put::Stored { revision, number } => {
                    self.landed(user, change, revision, number, nonce);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// What the engine has of a user.
    pub(super) async fn fetch(&self, user: &UserId) -> RedisResult<Option<Value>> {
        let key = self.keys.bucket_of(user);
        let mut command = redis::cmd("HGET");
        command.arg(&key).arg(user.as_str());
        let answer = self.links().records.run(&key, vec![command]).await?.pop();
        Ok(Value::of(bytes_of(answer)))
    }

    /// What is held of a user, if that is as good as asking: nothing turned by itself since, and whatever others did was
    /// heard of.
    fn is_as_good(&self, user: &UserId, value: &Value) -> bool {
        let turned = value.deadline().is_some_and(|deadline| deadline <= self.clock.now());
        !turned && self.feeds[partition(user)].is_fresh()
    }

    pub(super) async fn read(&self, users: &[&UserId], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.read_values(users, &mut |index, value| {
            let record = match value {
                Some(value) => value.record().map_err(|why| unreadable(users[index], &why))?,
                None => Record::default(),
            };
            visit(index, &record);
            Ok(())
        })
        .await
    }

    pub(super) async fn read_present(
        &self,
        users: &[&UserId],
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        self.read_values(users, &mut |index, value| {
            if let Some(value) = value.filter(|value| value.is_present()) {
                visit(index, &value.record().map_err(|why| unreadable(users[index], &why))?);
            }
            Ok(())
        })
        .await
    }

    async fn read_values(&self, users: &[&UserId], visit: &mut VisitValue<'_>) -> Result<(), StoreError> {
        let mut missing: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (index, user) in users.iter().enumerate() {
            match self.held.get(user).filter(|value| self.is_as_good(user, value)) {
                Some(value) => visit(index, Some(&value))?,
                None => missing.entry(partition(user)).or_default().push(index),
            }
        }
        let asked = missing.iter().map(|(feed, places)| self.fetch_many(*feed, users, places));
        for (found, (feed, places)) in join_all(asked).await.into_iter().zip(&missing) {
            let found = match found {
                Ok(found) => found,
                Err(error) => self.known_of(*feed, users, places).ok_or(error)?,
            };
            for (index, value) in places.iter().zip(found) {
                visit(*index, value.as_ref())?;
            }
        }
        Ok(())
    }

    /// What the engine has of users of one partition.
    async fn fetch_many(
        &self,
        feed: usize,
        users: &[&UserId],
        places: &[usize],
    ) -> Result<Vec<Option<Value>>, StoreError> {
        self.reach(feed)?;
        let heard = self.feeds[feed].lock().last;
        let mut buckets: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (order, place) in places.iter().enumerate() {
            buckets.entry(self.keys.bucket_of(users[*place])).or_default().push(order);
        }
        let commands = buckets.iter().map(|(bucket, orders)| {
            let mut command = redis::cmd("HMGET");
            command.arg(bucket);
            for order in orders {
                command.arg(users[places[*order]].as_str());
            }
            command
        });
        let answers = self.links().records.run(&self.keys.meta(feed), commands.collect()).await;
        let mut found = vec![None; places.len()];
        for (answer, orders) in
            answers.map_err(|error| self.refused(&error))?.into_iter().zip(buckets.values())
        {
            let values: Vec<Answer> = value_of(Some(answer)).map_err(|error| self.refused(&error))?;
            for (value, order) in values.into_iter().zip(orders) {
                found[*order] = Value::of(bytes_of(Some(value)));
            }
        }
        // What came between may be later than what was read, and would not be heard of again.
        let state = self.feeds[feed].lock();
        for (value, place) in found.iter().zip(places) {
            match value {
                Some(value) if state.last == heard => self.held.put(users[*place], value.clone()),
                Some(value) => self.held.follow(users[*place], Some(value.clone())),
                None => {}
            }
        }
        drop(state);
        Ok(found)
    }

    /// What is held of users of a partition that cannot be asked, if all of them are. Says to whoever answers how old it
    /// may be.
    fn known_of(&self, feed: usize, users: &[&UserId], places: &[usize]) -> Option<Vec<Option<Value>>> {
        let held =
            places.iter().map(|place| self.held.get(users[*place]).map(Some)).collect::<Option<Vec<_>>>()?;
        self.stale.inc_by(places.len() as u64);
        age::note(self.feeds[feed].age());
        Some(held)
    }

    /// Sets right what is held of a partition: others may have written what no watcher sees, and an engine may have lost
    /// what was held.
    pub(super) async fn repair(&self, feed: usize) -> Result<(), StoreError> {
        let held = self.held.users(feed);
        if held.is_empty() {
            return Ok(());
        }
        let users: Vec<&UserId> = held.iter().collect();
        let known: Vec<Option<u64>> =
            users.iter().map(|user| self.held.get(user).map(|value| value.revision())).collect();
        let places: Vec<usize> = (0..users.len()).collect();
        let found = self.fetch_many(feed, &users, &places).await?;
        for ((user, known), found) in users.iter().zip(known).zip(found) {
            let found = found.map(|value| value.revision());
            if known > found && self.held.get(user).map(|value| value.revision()) == known {
                self.held.drop(user);
                self.touch(user, Audience::ALL.into_iter().collect()).await?;
            }
        }
        Ok(())
    }

    /// Shows all records of a partition.
    pub(super) async fn scan(
        &self,
        partition: usize,
        visit: &mut (dyn FnMut(UserId, Value) + Send),
    ) -> RedisResult<()> {
        let buckets: Vec<String> = self.keys.buckets(partition).collect();
        for some in buckets.chunks(BUCKETS_AT_ONCE) {
            let commands = some.iter().map(|bucket| {
                let mut command = redis::cmd("HGETALL");
                command.arg(bucket);
                command
            });
            for answer in self.links().records.run(&some[0], commands.collect()).await? {
                let pairs: Vec<(String, Vec<u8>)> = value_of(Some(answer))?;
                for (id, value) in pairs {
                    if let (Ok(user), Some(value)) = (id.parse(), Value::of(value)) {
                        visit(user, value);
                    }
                }
            }
        }
        Ok(())
    }

    /// Who of a partition may be present.
    pub(super) async fn present(&self, partition: usize) -> RedisResult<Vec<UserId>> {
        let key = self.keys.present(partition);
        let mut command = redis::cmd("SMEMBERS");
        command.arg(&key);
        let ids: Vec<String> = value_of(self.links().records.run(&key, vec![command]).await?.pop())?;
        Ok(ids.iter().filter_map(|id| id.parse().ok()).collect())
    }

    /// Who of a partition changed after a number: the stream tells, as far back as it goes.
    pub(super) async fn changed_after(&self, partition: usize, number: u64) -> RedisResult<Vec<UserId>> {
        let key = self.keys.events(partition);
        let (mut oldest, mut later) = (redis::cmd("XRANGE"), redis::cmd("XRANGE"));
        oldest.arg(&key).arg("-").arg("+").arg("COUNT").arg(1);
        later.arg(&key).arg(format!("({}-0", number.min(HIGHEST))).arg("+");
        let mut answers = self.links().records.run(&key, vec![oldest, later]).await?.into_iter();
        let oldest = entries_of(answers.next().unwrap_or_default())?;
        if oldest.first().is_some_and(|oldest| oldest.previous <= number && oldest.previous > 0) {
            let later = entries_of(answers.next().unwrap_or_default())?;
            let mut users: Vec<UserId> = later.iter().filter_map(Entry::user).collect();
            users.sort_unstable();
            users.dedup();
            return Ok(users);
        }
        let mut users = Vec::new();
        self.scan(partition, &mut |user, value| {
            if value.record().is_ok_and(|record| record.version() > number) {
                users.push(user);
            }
        })
        .await?;
        Ok(users)
    }
}
