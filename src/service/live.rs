//! Telling watchers: what changed, from when on, and that a transition happened without an input.

use std::{
    collections::{BTreeSet, HashSet, VecDeque},
    sync::Arc,
};

use super::{Service, ServiceError, Viewer, Visibility};
use crate::{
    changes::{Topic, Watch},
    directory::DirectoryError,
    id::{RoomId, UserId},
    presence::{Presence, Record, Rules, Timestamp},
    store::Updated,
};

/// How many joins are remembered. Whoever resumes from further back is shown everybody.
const REMEMBERED_JOINS: usize = 16_384;

/// Who joined which room, in the order of the numbers.
#[derive(Debug)]
pub(super) struct Joins {
    joins: VecDeque<(u64, RoomId, UserId)>,
    complete_after: u64,
}

/// What a watcher is shown: the users' current presence, and the token to go on from.
#[derive(Debug)]
pub struct Picture {
    /// Everything up to this number is in the picture or in one before.
    pub token: u64,
    /// Each user once. Whom the watcher may not see is not there.
    pub users: Vec<(UserId, Presence)>,
}

/// Somebody who watches whom they may see.
pub struct Watcher {
    service: Arc<Service>,
    /// None is an admin.
    viewer: Option<UserId>,
    /// The users to watch among those whom the viewer may see; none: all of them.
    only: Option<BTreeSet<UserId>>,
    watch: Watch,
}

impl Joins {
    pub(super) fn starting_at(number: u64) -> Self {
        Self { joins: VecDeque::new(), complete_after: number }
    }

    fn push(&mut self, number: u64, room: &RoomId, user: &UserId) {
        if self.joins.len() == REMEMBERED_JOINS
            && let Some((forgotten, ..)) = self.joins.pop_front()
        {
            self.complete_after = self.complete_after.max(forgotten);
        }
        self.joins.push_back((number, room.clone(), user.clone()));
    }
}

impl Service {
    /// Starts to watch whom `viewer` may see, and of those `only` these users if they are given.
    pub fn watch(self: &Arc<Self>, viewer: Viewer<'_>, only: Option<BTreeSet<UserId>>) -> Watcher {
        let viewer = match viewer {
            Viewer::User(user) => Some(user.clone()),
            Viewer::Admin => None,
        };
        // Moves of the viewer are watched before the rooms are looked up, so that none slips through.
        let watch = self.changes.watch(viewer.clone().map(Topic::User));
        let watcher = Watcher { service: self.clone(), viewer, only, watch };
        watcher.watch.set_topics(watcher.topics());
        watcher
    }

    /// Watches topics for whoever looks for themselves at what changed.
    pub fn follow(&self, topics: impl IntoIterator<Item = Topic>) -> Watch {
        self.changes.watch(topics)
    }

    /// How many watchers there are.
    pub fn watchers(&self) -> usize {
        self.changes.watches()
    }

    /// Whether somebody's presence is going to turn by itself.
    pub fn has_reminders(&self) -> bool {
        !self.wheel.is_empty()
    }

    /// The token that stands for now.
    pub fn token(&self) -> u64 {
        self.changes.watermark()
    }

    /// Sets a room's members, and tells those whom it concerns.
    pub fn set_members(&self, room: &RoomId, members: &BTreeSet<UserId>) -> Result<(), DirectoryError> {
        let numbered = self.changes.number(self.clock.micros());
        let before = self.directory.set_members(room, members.clone())?;
        let joined: Vec<&UserId> = members.difference(&before).collect();
        let mut joins = self.joins.lock();
        for user in &joined {
            joins.push(numbered.get(), room, user);
        }
        drop(joins);
        let moved = members.symmetric_difference(&before);
        let mut topics: Vec<Topic> = moved.map(|user| Topic::User(user.clone())).collect();
        if !joined.is_empty() {
            topics.push(Topic::Room(room.clone()));
        }
        numbered.publish_move(&topics);
        Ok(())
    }

    /// Tells watchers of the transitions whose time has come. To be called once in a while: the pauses are
    /// how late watchers learn of them.
    pub async fn tick(&self) {
        for user in self.wheel.due(self.clock.now()) {
            if let Err(error) = self.change(&user, self.clock.micros(), &|_| {}).await {
                tracing::warn!(%error, "watchers could not be told of a transition");
            }
        }
    }

    /// Changes a record, publishes what others can see of it, and files the next reminder.
    pub(super) async fn change(
        &self,
        user: &UserId,
        micros: u64,
        apply: &(dyn Fn(&mut Record) + Sync),
    ) -> Result<Updated, ServiceError> {
        let now = Timestamp::from_micros(micros);
        let numbered = self.changes.number(micros);
        let mut next = None;
        let mut change = |record: &mut Record| {
            let before = record.clone();
            apply(record);
            next = self.next_change(record, now);
            self.is_news(&before, record, now)
        };
        let updated = self.store.update(user, numbered.get(), &mut change).await?;
        self.remind(user, next, now).await?;
        if updated.visible {
            numbered.publish(user, &self.topics_about(user));
        }
        Ok(updated)
    }

    /// Whether watchers have to be told: something looks different, to others or to the user on another
    /// device, from when they were last told, so that a transition that nobody was told of yet is news
    /// too; or from a moment ago, since somebody may have looked since then; or the user was active after
    /// a long time.
    fn is_news(&self, before: &Record, after: &Record, now: Timestamp) -> bool {
        let told = Timestamp::from_micros(before.version());
        let differs = |look: fn(&Record, Timestamp, &Rules) -> Presence| {
            let shows = look(after, now, &self.rules);
            let shown = [told, now].map(|moment| look(before, moment, &self.rules));
            shown.iter().any(|shown| !shown.looks_like(&shows))
                || shows.last_active > shown[0].last_active.map(|at| at + self.rules.active_window)
        };
        let is_two_faced = before.is_invisible() || after.is_invisible();
        let calls_differ = || {
            let shows = after.telephone_at(now);
            [told, now].iter().any(|&moment| before.telephone_at(moment) != shows)
        };
        before.is_hidden() != after.is_hidden()
            || calls_differ()
            || differs(Record::at)
            || (is_two_faced && differs(Record::own_at))
    }

    /// Files a reminder of the next transition. Another change may have come in between; then its own
    /// reminder has to stand.
    async fn remind(
        &self,
        user: &UserId,
        mut next: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), ServiceError> {
        loop {
            self.wheel.set(user, next);
            let filed = next;
            self.store.read(&[user], &mut |_, record| next = self.next_change(record, now)).await?;
            if next == filed {
                return Ok(());
            }
        }
    }

    fn next_change(&self, record: &Record, now: Timestamp) -> Option<Timestamp> {
        let to_others = record.at(now, &self.rules).next_change;
        let to_oneself = record.is_invisible().then(|| record.own_at(now, &self.rules).next_change).flatten();
        to_others.into_iter().chain(to_oneself).chain(record.next_call_end(now)).min()
    }

    /// Who is concerned by a change of this user.
    fn topics_about(&self, user: &UserId) -> Vec<Topic> {
        let rooms = self.directory.rooms_of(user).into_iter().map(Topic::Room);
        let account = self.directory.account_of(user).map(Topic::Account);
        rooms.chain(account).chain([Topic::User(user.clone()), Topic::Server]).collect()
    }

    /// What concerns this viewer.
    fn topics_of(&self, viewer: Viewer<'_>) -> HashSet<Topic> {
        match (viewer, self.visibility) {
            (Viewer::User(viewer), Visibility::Room) => {
                self.directory.rooms_of(viewer).into_iter().map(Topic::Room).collect()
            }
            (Viewer::Admin, _) | (_, Visibility::Server) => [Topic::Server].into(),
        }
    }

    /// Everybody whom this viewer may see.
    fn visible_to(&self, viewer: Viewer<'_>) -> BTreeSet<UserId> {
        match (viewer, self.visibility) {
            (Viewer::User(viewer), Visibility::Room) => self.directory.roommates(viewer),
            (Viewer::Admin, _) | (_, Visibility::Server) => self.directory.everybody(),
        }
    }

    /// Whom a viewer came to see by a join after `since` and up to `until`, without the viewer; none if
    /// that is longer ago than is remembered.
    fn met_between(&self, viewer: Viewer<'_>, since: u64, until: u64) -> Option<BTreeSet<UserId>> {
        // An admin sees everybody all the time.
        let Viewer::User(viewer) = viewer else { return Some(BTreeSet::new()) };
        let joins = self.joins.lock();
        if since < joins.complete_after {
            return None;
        }
        let mut met = BTreeSet::new();
        for (_, room, user) in joins.joins.iter().filter(|(number, ..)| (since + 1..=until).contains(number))
        {
            if user == viewer {
                met.extend(self.directory.members(room));
            } else if self.directory.is_member(room, viewer) {
                met.insert(user.clone());
            }
        }
        met.remove(viewer);
        Some(met)
    }
}

impl Watcher {
    /// Everybody who is watched.
    pub async fn everybody(&self) -> Result<Picture, ServiceError> {
        let token = self.service.token();
        match &self.only {
            Some(only) => self.picture(only, token).await,
            None => self.picture(&self.service.visible_to(self.viewer()), token).await,
        }
    }

    /// Whoever changed or came in sight after `since`.
    pub async fn since(&self, since: u64) -> Result<Picture, ServiceError> {
        let token = self.service.token();
        let changed = self.service.changes.between(since, token);
        let met = self.service.met_between(self.viewer(), since, token);
        match (changed, met) {
            (Some(mut users), Some(met)) => {
                users.extend(met);
                users.retain(|user| self.only.as_ref().is_none_or(|only| only.contains(user)));
                self.picture(&users, token).await
            }
            (None, Some(met)) => {
                let mut picture = self.everybody().await?;
                picture.users.retain(|(user, presence)| presence.version > since || met.contains(user));
                Ok(picture)
            }
            (_, None) => self.everybody().await,
        }
    }

    /// Waits until there may be something to see that was not there before.
    pub async fn changed(&self) {
        if self.watch.take().await.moved {
            self.watch.set_topics(self.topics());
        }
    }

    fn viewer(&self) -> Viewer<'_> {
        self.viewer.as_ref().map_or(Viewer::Admin, Viewer::User)
    }

    /// What concerns this watcher. Named users are watched whether they can be seen or not: that is
    /// checked when they are looked at.
    fn topics(&self) -> HashSet<Topic> {
        let mut topics = match &self.only {
            Some(only) => only.iter().cloned().map(Topic::User).collect(),
            None => self.service.topics_of(self.viewer()),
        };
        topics.extend(self.viewer.clone().map(Topic::User));
        topics
    }

    async fn picture(&self, users: &BTreeSet<UserId>, token: u64) -> Result<Picture, ServiceError> {
        let asked: Vec<&UserId> = users.iter().collect();
        let answers = self.service.get_many(self.viewer(), &asked, self.service.now()).await?;
        let seen = users.iter().zip(answers).filter_map(|(user, answer)| Some((user.clone(), answer.ok()?)));
        Ok(Picture { token, users: seen.collect() })
    }
}
