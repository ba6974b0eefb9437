//! Telling watchers: what changed, from when on, and that a transition happened without an input.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use hashbrown::HashSet;
use tokio::task::coop::consume_budget;

use super::{Listing, Service, ServiceError, Viewer, Visibility};
use crate::{
    changes::{Topic, Watch},
    directory::{DirectoryError, Standing},
    id::{RoomId, UserId},
    presence::{Presence, Record, Rules, Timestamp},
    store::{Effect, Keep, PARTITIONS, Updated},
    task::to_the_end,
};

/// How many moves are remembered. Whoever resumes from further back is shown everybody.
const REMEMBERED_MOVES: usize = 16_384;

/// Something that may have changed who sees whom.
#[derive(Clone, Debug)]
pub(super) enum Move {
    /// A user joined a room.
    Join { room: RoomId, user: UserId },
    /// An entry of a presence list came to this standing, or ended.
    List { observer: UserId, observed: UserId, standing: Option<Standing> },
}

/// The latest moves, in the order of the numbers.
#[derive(Debug)]
pub(super) struct Moves {
    moves: VecDeque<(u64, Move)>,
    complete_after: u64,
}

/// What moves came to for one viewer.
#[derive(Debug, Default)]
struct Moved {
    /// Whom the viewer came to see.
    met: BTreeSet<UserId>,
    /// Entries of presence lists changed that the viewer has part in.
    listed: bool,
}

/// What a watcher is shown: the users' current presence, and the token to go on from.
#[derive(Debug)]
pub struct Picture {
    /// Everything up to this number is in the picture or in one before.
    pub token: u64,
    /// Each user once. Whom the watcher may not see is not there.
    pub users: Vec<(UserId, Presence)>,
    /// Whether the watcher's [`listing`](Watcher::listing) may be news.
    pub listed: bool,
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

impl Moves {
    pub(super) fn starting_at(number: u64) -> Self {
        Self { moves: VecDeque::new(), complete_after: number }
    }

    pub(super) fn push(&mut self, number: u64, latest: Move) {
        if self.moves.len() == REMEMBERED_MOVES
            && let Some((forgotten, _)) = self.moves.pop_front()
        {
            self.complete_after = self.complete_after.max(forgotten);
        }
        self.moves.push_back((number, latest));
    }

    /// The moves after `since` and up to `until`, if all of these are remembered.
    fn between(&self, since: u64, until: u64) -> Option<impl Iterator<Item = &Move>> {
        let wanted = move |(number, _): &&(u64, Move)| (since + 1..=until).contains(number);
        (since >= self.complete_after).then(|| self.moves.iter().filter(wanted).map(|(_, one)| one))
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

    /// How many marks of changes wait for their watchers to look at them.
    pub fn marks(&self) -> usize {
        self.changes.marks()
    }

    /// How many changes are remembered, for watchers who go on from a token.
    pub fn remembered_changes(&self) -> usize {
        self.changes.remembered()
    }

    /// Whether somebody's presence is going to turn by itself.
    pub fn has_reminders(&self) -> bool {
        self.store.reminders() > 0
    }

    /// The token that stands for now.
    pub fn token(&self) -> u64 {
        self.changes.watermark(self.clock.micros())
    }

    /// Sets a room's members, and tells those whom it concerns.
    pub async fn set_members(
        self: &Arc<Self>,
        room: &RoomId,
        members: BTreeSet<UserId>,
    ) -> Result<(), DirectoryError> {
        let (service, room) = (self.clone(), room.clone());
        to_the_end(async move { service.move_members(&room, members).await }).await
    }

    async fn move_members(&self, room: &RoomId, members: BTreeSet<UserId>) -> Result<(), DirectoryError> {
        let numbered = self.changes.number(self.clock.micros());
        let before = self.directory.set_members(room, members.clone()).await?;
        let joined: Vec<&UserId> = members.difference(&before).collect();
        let mut moves = self.moves.lock();
        for user in &joined {
            moves.push(numbered.get(), Move::Join { room: room.clone(), user: (*user).clone() });
        }
        drop(moves);
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
        for partition in 0..PARTITIONS {
            for user in self.store.due(partition, self.clock.now()).await {
                let keep = |_: &Record, _: &Record, _| Keep::Derived;
                if let Err(error) = self.change(&user, self.clock.micros(), &|_| {}, &keep).await {
                    tracing::warn!(%error, "watchers could not be told of a transition");
                }
                // Millions may be due at once, after a restart.
                consume_budget().await;
            }
        }
    }

    /// Changes a record, and publishes what others can see of it. `keep` tells from the record before and
    /// after, and from whether others can see the difference, how well the change is to be kept.
    pub(super) async fn change(
        &self,
        user: &UserId,
        micros: u64,
        apply: &(dyn Fn(&mut Record) + Sync),
        keep: &(dyn Fn(&Record, &Record, bool) -> Keep + Sync),
    ) -> Result<Updated, ServiceError> {
        let now = Timestamp::from_micros(micros);
        let numbered = self.changes.number(micros);
        let mut change = |record: &mut Record| {
            let before = record.clone();
            apply(record);
            let visible = self.is_news(&before, record, now);
            let keep = keep(&before, record, visible);
            Effect { visible, keep, next_change: record.next_change(now, &self.rules) }
        };
        let updated = self.store.update(user, numbered.get(), &mut change).await?;
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

    /// Who is concerned by a change of this user.
    pub(super) fn topics_about(&self, user: &UserId) -> Vec<Topic> {
        let rooms = self.directory.rooms_of(user).into_iter().map(Topic::Room);
        let account = self.directory.account_of(user).map(Topic::Account);
        rooms.chain(account).chain([Topic::User(user.clone()), Topic::Server]).collect()
    }

    /// What concerns this viewer.
    fn topics_of(&self, viewer: Viewer<'_>) -> HashSet<Topic> {
        match (viewer, self.visibility) {
            (Viewer::User(viewer), Visibility::Room) => {
                let rooms = self.directory.rooms_of(viewer).into_iter().map(Topic::Room);
                rooms.chain(self.observed_by(viewer).into_iter().map(Topic::User)).collect()
            }
            (Viewer::Admin, _) | (_, Visibility::Server) => [Topic::Server].into(),
        }
    }

    /// Everybody whom this viewer may see.
    fn visible_to(&self, viewer: Viewer<'_>) -> BTreeSet<UserId> {
        match (viewer, self.visibility) {
            (Viewer::User(viewer), Visibility::Room) => {
                let mut users = self.directory.roommates(viewer);
                users.extend(self.observed_by(viewer));
                users
            }
            (Viewer::Admin, _) | (_, Visibility::Server) => self.directory.everybody(),
        }
    }

    /// What moves after `since` and up to `until` came to for a viewer; none if that is longer ago than is
    /// remembered.
    fn moved_between(&self, viewer: Viewer<'_>, since: u64, until: u64) -> Option<Moved> {
        // An admin sees everybody all the time.
        let Viewer::User(viewer) = viewer else { return Some(Moved::default()) };
        let moves = self.moves.lock();
        let mut moved = Moved::default();
        for one in moves.between(since, until)? {
            match one {
                Move::Join { room, user } if user == viewer => moved.met.extend(self.directory.members(room)),
                Move::Join { room, user } if self.directory.is_member(room, viewer) => {
                    moved.met.insert(user.clone());
                }
                Move::List { observer, observed, standing } if observer == viewer => {
                    moved.listed = true;
                    moved.met.extend((*standing == Some(Standing::Accepted)).then(|| observed.clone()));
                }
                Move::List { observed, .. } if observed == viewer => moved.listed = true,
                Move::Join { .. } | Move::List { .. } => {}
            }
        }
        moved.met.remove(viewer);
        Some(moved)
    }
}

impl Watcher {
    /// Everybody who is watched.
    pub async fn everybody(&self) -> Result<Picture, ServiceError> {
        let token = self.service.token();
        let picture = self.picture(&self.watched(), token).await?;
        Ok(Picture { listed: true, ..picture })
    }

    /// Whoever changed or came in sight after `since`.
    pub async fn since(&self, since: u64) -> Result<Picture, ServiceError> {
        let token = self.service.token();
        let changed = self.service.changes.between(since, token);
        let Some(moved) = self.service.moved_between(self.viewer(), since, token) else {
            return self.everybody().await;
        };
        let mut users: BTreeSet<UserId> = changed.users.union(&moved.met).cloned().collect();
        users.retain(|user| self.only.as_ref().is_none_or(|only| only.contains(user)));
        if changed.is_complete() {
            let picture = self.picture(&users, token).await?;
            return Ok(Picture { listed: moved.listed, ..picture });
        }
        users.extend(self.watched().into_iter().filter(|user| changed.may_have_forgotten(user)));
        let mut picture = self.picture(&users, token).await?;
        picture.users.retain(|(user, presence)| presence.version > since || moved.met.contains(user));
        Ok(Picture { listed: moved.listed, ..picture })
    }

    /// Who is watched at present. Named users are, whether they can be seen or not.
    fn watched(&self) -> BTreeSet<UserId> {
        self.only.clone().unwrap_or_else(|| self.service.visible_to(self.viewer()))
    }

    /// What presence lists say of the viewer; none for watchers of named users, and for an admin.
    pub fn listing(&self) -> Option<Listing> {
        let viewer = self.viewer.as_ref().filter(|_| self.service.lists && self.only.is_none());
        viewer.map(|viewer| self.service.listing(viewer))
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
        Ok(Picture { token, users: seen.collect(), listed: false })
    }
}
