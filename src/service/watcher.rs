//! Watching: what changed for one viewer, from when on.

use std::{collections::BTreeSet, mem, sync::Arc};

use hashbrown::{HashMap, HashSet};

use super::{Listing, ReadError, Service, Viewer, Visibility, WatchList, moved::Moved};
use crate::{
    changes::{Changed, Topic, Watch},
    id::{RoomId, UserId},
    presence::{Audience, Presence, Record, State},
    store::{PARTITIONS, StoreError, partition},
};

/// How many users are looked at in one go.
const GO: usize = 256;

/// What a watcher is shown: the users' current presence, and the token to go on from.
#[derive(Debug)]
pub struct View {
    /// Everything up to this number is in the view or in one before.
    pub token: u64,
    /// Each user once. Whom the watcher may not see is not there.
    pub users: Vec<(UserId, Presence)>,
    /// Whom the watcher may have seen, and may not see any more.
    pub gone: Vec<UserId>,
    /// Whether the watcher's [`listing`](Watcher::listing) may be news.
    pub listed: bool,
    /// Whether it is of all users who are watched, in place of all updates before: what happened since is not
    /// remembered.
    pub is_whole: bool,
}

/// A viewer's watch over the users whom they may see.
///
/// Each look takes the token first, then the marks, and then the presence of the users who are marked, so that nothing
/// slips through between two looks.
pub struct Watcher {
    pub(super) service: Arc<Service>,
    /// None is an admin.
    pub(super) viewer: Option<UserId>,
    /// Whom to watch among those whom the viewer may see.
    pub(super) list: WatchList,
    watch: Watch,
    /// Everything up to this number was shown.
    cursor: u64,
    /// Who was shown as they were after a change above the cursor. That change is still to come, and is no
    /// news then.
    ahead: HashMap<UserId, u64>,
}

/// What a watcher sees of users.
#[derive(Debug, Default)]
struct Sights {
    shown: Vec<(UserId, Presence)>,
    /// Users who are hidden, and since when.
    hidden: Vec<(UserId, u64)>,
}

/// What a watcher sees of one user.
#[derive(Clone, Debug)]
enum Sight {
    Shown(Presence),
    Hidden(u64),
}

impl Sight {
    fn version(&self) -> u64 {
        match self {
            Self::Shown(presence) => presence.version,
            Self::Hidden(version) => *version,
        }
    }
}

impl Sights {
    fn of(sights: Vec<(UserId, Sight)>) -> Self {
        let mut sorted = Self::default();
        for (user, sight) in sights {
            match sight {
                Sight::Shown(presence) => sorted.shown.push((user, presence)),
                Sight::Hidden(version) => sorted.hidden.push((user, version)),
            }
        }
        sorted
    }

    fn take_in(&mut self, more: Self) {
        self.shown.extend(more.shown);
        self.hidden.extend(more.hidden);
    }

    /// Leaves what is news to a client that saw all up to `since`, and came to see these users after that.
    fn keep_news(&mut self, since: u64, met: &BTreeSet<UserId>) {
        self.shown.retain(|(user, presence)| presence.version > since || met.contains(user));
        self.hidden.retain(|(user, version)| *version > since && !met.contains(user));
    }
}

impl Service {
    /// Starts to watch those whom a list asks for, with the eyes of `viewer`.
    pub fn watch(self: &Arc<Self>, viewer: Viewer<'_>, list: WatchList) -> Watcher {
        let viewer = match viewer {
            Viewer::User(user) => Some(user.clone()),
            Viewer::Admin => None,
        };
        // Moves of the viewer are watched before the rooms are looked up, so that none slips through.
        let watch = self.changes.watch(viewer.clone(), viewer.clone().map(Topic::User));
        let (service, cursor) = (self.clone(), self.token());
        let watcher = Watcher { service, viewer, list, watch, cursor, ahead: HashMap::new() };
        watcher.watch.set_topics(watcher.topics());
        watcher
    }

    /// What concerns this viewer.
    fn topics_of(&self, viewer: Option<&UserId>) -> HashSet<Topic> {
        match (viewer, self.visibility) {
            (Some(viewer), Visibility::Room) => {
                let rooms = self.directory.rooms_of(viewer).into_iter().map(Topic::Room);
                rooms.chain(self.observed_by(viewer).into_iter().map(Topic::User)).collect()
            }
            (None, _) | (_, Visibility::Server) => [Topic::Server].into(),
        }
    }

    /// The users whom this user sees by rooms and presence lists.
    pub(super) fn visible_to(&self, viewer: &UserId) -> BTreeSet<UserId> {
        let mut users = self.directory.roommates(viewer);
        users.extend(self.observed_by(viewer));
        users
    }
}

impl Watcher {
    /// Takes all that happened so far as seen.
    pub(super) fn begin(&mut self) {
        self.ahead.clear();
        loop {
            // First the topics: what happens from here on is marked, and what happened before is read.
            self.watch.set_topics(self.topics());
            self.cursor = self.service.token();
            if !self.watch.take(self.cursor).moved {
                return;
            }
        }
    }

    /// Everything up to this number was shown, of those who were asked for all the time.
    pub fn token(&self) -> u64 {
        self.cursor
    }

    /// Whom the watcher asks for.
    pub fn list(&self) -> &WatchList {
        &self.list
    }

    /// Asks for more users from now on, and says which of the entries are new. What there is to tell of those is for
    /// [`first_of`](Self::first_of) or [`since_of`](Self::since_of), before anything else is asked of the watcher.
    pub fn add(&mut self, more: &WatchList) -> WatchList {
        let added = more.without(&self.list);
        self.ask_for(self.list.with(&added));
        added
    }

    /// Asks for these no longer.
    pub fn remove(&mut self, fewer: &WatchList) {
        self.ask_for(self.list.without(fewer));
    }

    /// Watches those whom this list asks for from now on.
    fn ask_for(&mut self, list: WatchList) {
        self.list = list;
        self.watch.set_topics(self.topics());
    }

    /// The users who changed, came in sight or went out of it after `since`. To be asked for clients that come back
    /// with a token; then [`next`](Self::next) goes on from there.
    pub async fn since(&mut self, since: u64) -> Result<View, StoreError> {
        self.begin();
        let list = self.list.clone();
        self.news_of(&list, since, self.cursor).await
    }

    /// The same of those who are asked for since a moment ago.
    pub async fn since_of(&mut self, added: &WatchList, since: u64) -> Result<View, StoreError> {
        let until = self.service.token();
        self.news_of(added, since, until).await
    }

    async fn news_of(&mut self, list: &WatchList, since: u64, until: u64) -> Result<View, StoreError> {
        let changed = self.service.changes.between(since, until);
        let Some(moved) = self.service.moved_between(self.viewer.as_ref(), list, since, until) else {
            // Whom the viewer has met or lost since then is not known any more.
            return self.whole(list, since, &changed).await;
        };
        let users = changed.users.iter().chain(&moved.met).chain(&moved.met_again);
        let mut sights = self.look_at(&self.asked_for(list, users)).await?;
        self.look_back(list, since, &changed, &mut sights).await?;
        self.view(moved, since, sights).await
    }

    /// What is news to a client that saw all up to `since`.
    async fn view(&self, moved: Moved, since: u64, mut sights: Sights) -> Result<View, StoreError> {
        sights.keep_news(since, &moved.met);
        let Sights { shown: mut users, hidden } = sights;
        users.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let mut gone: BTreeSet<UserId> = hidden.into_iter().map(|(user, _)| user).collect();
        gone.extend(self.were_seen(moved.parted, since).await?);
        let gone = gone.into_iter().collect();
        Ok(View { token: self.cursor, users, gone, listed: moved.listed, is_whole: false })
    }

    /// Those among the users who were not hidden already at `since`: of the others no client learns that they leave.
    async fn were_seen(&self, users: BTreeSet<UserId>, since: u64) -> Result<BTreeSet<UserId>, StoreError> {
        let asked: Vec<&UserId> = users.iter().collect();
        let mut unseen = HashSet::new();
        let mut look = |index: usize, record: &Record| {
            if self.viewer.is_some() && record.is_hidden() && record.versions().of(Audience::Rooms) <= since {
                unseen.insert(asked[index].clone());
            }
        };
        self.service.store.read(&asked, &mut look).await?;
        Ok(users.into_iter().filter(|user| !unseen.contains(user)).collect())
    }

    /// The users who are present or were asked for by name, and the others who changed after `since`.
    async fn whole(&mut self, list: &WatchList, since: u64, changed: &Changed) -> Result<View, StoreError> {
        let mut sights = self.look_at(&self.asked_for(list, &changed.users)).await?;
        self.look_back(list, since, changed, &mut sights).await?;
        sights.keep_news(since, &BTreeSet::new());
        let mut users = sights.shown;
        let is_shown: HashSet<UserId> = users.iter().map(|(user, _)| user.clone()).collect();
        let mut first = self.first_of(list);
        while let Some(part) = self.go_on(&mut first).await? {
            users.extend(part.into_iter().filter(|(user, _)| !is_shown.contains(user)));
        }
        Ok(View { token: self.cursor, users, gone: Vec::new(), listed: true, is_whole: true })
    }

    /// Looks at the users who changed after `since` in the partitions that do not remember it, and were not looked at.
    async fn look_back(
        &mut self,
        list: &WatchList,
        since: u64,
        changed: &Changed,
        sights: &mut Sights,
    ) -> Result<(), StoreError> {
        if changed.forgotten.is_empty() {
            return Ok(());
        }
        let is_shown: HashSet<UserId> = sights.shown.iter().map(|(user, _)| user.clone()).collect();
        if let Some(watched) = self.watched(list) {
            let may_have_changed =
                |user: &UserId| changed.forgotten.contains(&partition(user)) && !is_shown.contains(user);
            let users: Vec<_> = watched.into_iter().filter(may_have_changed).collect();
            sights.take_in(self.look_at(&users).await?);
            return Ok(());
        }
        for partition in (0..PARTITIONS).filter(|partition| changed.forgotten.contains(partition)) {
            let mut users = self.service.store.changed_after(partition, since).await?;
            users.retain(|user| !is_shown.contains(user));
            sights.take_in(self.look_at(&users).await?);
        }
        Ok(())
    }

    /// Waits until a user looks different to this watcher, or came in sight or went out of it.
    pub async fn next(&mut self) -> Result<View, StoreError> {
        loop {
            self.watch.happened().await;
            // Who waits takes no room for the look.
            let view = Box::pin(self.look()).await?;
            if view.is_news() {
                return Ok(view);
            }
        }
    }

    /// Waits until something happened that may concern this watcher. Nothing is lost by giving up the wait.
    pub async fn happened(&self) {
        self.watch.happened().await;
    }

    /// What happened since the last look.
    pub async fn look(&mut self) -> Result<View, StoreError> {
        let token = self.service.token();
        let since = mem::replace(&mut self.cursor, token);
        let marks = self.watch.take(token);
        let mut users: BTreeSet<UserId> =
            marks.users.into_iter().filter(|(_, number)| *number > since).map(|(user, _)| user).collect();
        let mut moved = Moved::default();
        if marks.moved {
            self.watch.set_topics(self.topics());
            match self.service.moved_between(self.viewer.as_ref(), &self.list, since, token) {
                Some(happened) => moved = happened,
                None => return self.since(since).await,
            }
            users.extend(moved.met.iter().chain(&moved.met_again).cloned());
        }
        moved.listed &= self.list.everyone;
        let sights = self.look_at(&self.asked_for(&self.list, &users)).await?;
        self.view(moved, since, sights).await
    }

    /// Whether nothing happened since the last look that may concern this watcher.
    pub fn is_quiet(&self) -> bool {
        self.watch.is_quiet()
    }

    /// Those of the users whom a list asks for.
    fn asked_for<'a>(&self, list: &WatchList, users: impl IntoIterator<Item = &'a UserId>) -> Vec<UserId> {
        let asks_for = |user: &&UserId| self.service.asks_for(self.viewer.as_ref(), list, user);
        let users: BTreeSet<&UserId> = users.into_iter().filter(asks_for).collect();
        users.into_iter().cloned().collect()
    }

    /// Whom a list asks for at present; none: all users of the server. Named users are there, whether they can be seen
    /// or not.
    pub(super) fn watched(&self, list: &WatchList) -> Option<BTreeSet<UserId>> {
        let mut users = list.users.clone();
        match (&self.viewer, self.service.visibility) {
            (Some(viewer), Visibility::Room) if list.everyone => {
                users.extend(self.service.visible_to(viewer));
            }
            _ if list.everyone => return None,
            _ => {}
        }
        let rooms = list.rooms.iter().filter(|room| self.may_watch(room));
        users.extend(rooms.flat_map(|room| self.service.directory.members(room)));
        Some(users)
    }

    /// Whether the viewer may watch a room.
    fn may_watch(&self, room: &RoomId) -> bool {
        self.viewer.as_ref().is_none_or(|viewer| self.service.directory.is_member(room, viewer))
    }

    /// What presence lists say of the viewer; none for watchers of named users, and for an admin.
    pub fn listing(&self) -> Option<Listing> {
        let viewer = self.viewer.as_ref().filter(|_| self.service.lists && self.list.everyone);
        viewer.map(|viewer| self.service.listing(viewer))
    }

    fn viewer(&self) -> Viewer<'_> {
        self.viewer.as_ref().map_or(Viewer::Admin, Viewer::User)
    }

    /// What concerns this watcher. Named users are watched whether they can be seen or not: that is
    /// checked when they are looked at.
    fn topics(&self) -> HashSet<Topic> {
        let WatchList { everyone, users, rooms } = &self.list;
        let mut topics = match everyone {
            true => self.service.topics_of(self.viewer.as_ref()),
            false => HashSet::new(),
        };
        topics.extend(users.iter().cloned().map(Topic::User));
        topics.extend(rooms.iter().filter(|room| self.may_watch(room)).cloned().map(Topic::Room));
        topics.extend(self.viewer.clone().map(Topic::User));
        topics
    }

    /// Those among the users whom the viewer may see and who look different from when they were shown.
    pub(super) async fn show(&mut self, users: &[UserId]) -> Result<Vec<(UserId, Presence)>, StoreError> {
        Ok(self.look_at(users).await?.shown)
    }

    async fn look_at(&mut self, users: &[UserId]) -> Result<Sights, StoreError> {
        let mut seen = Vec::new();
        for go in users.chunks(GO) {
            let asked: Vec<&UserId> = go.iter().collect();
            let (viewer, now) = (self.viewer(), self.service.now());
            let look = |user: &UserId, record: &Record| match self.service.look(viewer, user, record, now) {
                Err(ReadError::Hidden) => Ok(Sight::Hidden(record.versions().of(Audience::Rooms))),
                looked => looked.map(Sight::Shown),
            };
            let answers = self.service.look_at_many(viewer, &asked, look).await?;
            let found =
                go.iter().zip(answers).filter_map(|(user, answer)| Some((user.clone(), answer.ok()?)));
            seen.extend(found);
        }
        Ok(Sights::of(self.note_shown(seen)))
    }

    /// The same of those alone who may be present.
    pub(super) async fn show_present(
        &mut self,
        users: &[UserId],
    ) -> Result<Vec<(UserId, Presence)>, StoreError> {
        let asked: Vec<&UserId> = users.iter().collect();
        let mut seen = Vec::new();
        let (viewer, now) = (self.viewer(), self.service.now());
        let mut look = |index: usize, record: &Record| {
            let user = &users[index];
            if self.service.may_see(viewer, user).is_ok()
                && let Ok(presence) = self.service.look(viewer, user, record, now)
                && presence.state != State::Offline
            {
                seen.push((user.clone(), Sight::Shown(presence)));
            }
        };
        self.service.store.read_present(&asked, &mut look).await?;
        Ok(Sights::of(self.note_shown(seen)).shown)
    }

    /// Leaves out who was shown as they are ahead of their mark, and notes who is shown so now.
    fn note_shown(&mut self, mut seen: Vec<(UserId, Sight)>) -> Vec<(UserId, Sight)> {
        let token = self.cursor;
        seen.retain(|(user, sight)| self.ahead.get(user) != Some(&sight.version()));
        self.ahead.retain(|_, version| *version > token);
        let ahead = seen.iter().filter(|(_, sight)| sight.version() > token);
        self.ahead.extend(ahead.map(|(user, sight)| (user.clone(), sight.version())));
        seen
    }
}

impl View {
    /// Whether there is something to tell.
    pub fn is_news(&self) -> bool {
        self.listed || self.is_whole || !self.users.is_empty() || !self.gone.is_empty()
    }
}
