//! Watching: what changed for one viewer, from when on.

use std::{collections::BTreeSet, mem, sync::Arc};

use hashbrown::{HashMap, HashSet};

use super::{Listing, Service, Viewer, Visibility, moved::Moved};
use crate::{
    changes::{Changed, Topic, Watch},
    id::UserId,
    presence::{Presence, Record, State},
    store::{PARTITIONS, StoreError, partition},
};

/// How many users are looked at in one go.
const GO: usize = 256;

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
///
/// Each look takes the token first, then the marks, and then the picture of whoever is marked, so that nothing
/// slips through between two looks.
pub struct Watcher {
    pub(super) service: Arc<Service>,
    /// None is an admin.
    pub(super) viewer: Option<UserId>,
    /// The users to watch among those whom the viewer may see; none: all of them.
    pub(super) only: Option<BTreeSet<UserId>>,
    watch: Watch,
    /// Everything up to this number was shown.
    cursor: u64,
    /// Who was shown as they were after a change above the cursor. That change is still to come, and is no
    /// news then.
    ahead: HashMap<UserId, u64>,
}

impl Service {
    /// Starts to watch whom `viewer` may see, and of those `only` these users if they are given.
    pub fn watch(self: &Arc<Self>, viewer: Viewer<'_>, only: Option<BTreeSet<UserId>>) -> Watcher {
        let viewer = match viewer {
            Viewer::User(user) => Some(user.clone()),
            Viewer::Admin => None,
        };
        // Moves of the viewer are watched before the rooms are looked up, so that none slips through.
        let watch = self.changes.watch(viewer.clone(), viewer.clone().map(Topic::User));
        let (service, cursor) = (self.clone(), self.token());
        let watcher = Watcher { service, viewer, only, watch, cursor, ahead: HashMap::new() };
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

    /// Everybody whom this user sees by rooms and presence lists.
    pub(super) fn visible_to(&self, viewer: &UserId) -> BTreeSet<UserId> {
        let mut users = self.directory.roommates(viewer);
        users.extend(self.observed_by(viewer));
        users
    }
}

impl Watcher {
    /// Takes all that happened so far as seen, and returns the token for it.
    pub(super) fn begin(&mut self) -> u64 {
        self.ahead.clear();
        loop {
            // First the topics: what happens from here on is marked, and what happened before is read.
            self.watch.set_topics(self.topics());
            self.cursor = self.service.token();
            if !self.watch.take(self.cursor).moved {
                return self.cursor;
            }
        }
    }

    /// Whoever changed or came in sight after `since`. To be asked by whoever comes back with a token; then
    /// [`next`](Self::next) goes on from there.
    pub async fn since(&mut self, since: u64) -> Result<Picture, StoreError> {
        let token = self.begin();
        let changed = self.service.changes.between(since, token);
        let moved = self.service.moved_between(self.viewer.as_ref(), since, token);
        let met = moved.as_ref().map(|moved| &moved.met);
        let again = moved.as_ref().map(|moved| &moved.met_again);
        let mut users: BTreeSet<UserId> =
            changed.users.iter().chain([met, again].into_iter().flatten().flatten()).cloned().collect();
        users.retain(|user| self.only.as_ref().is_none_or(|only| only.contains(user)));
        let mut shown = self.look_at(&users.into_iter().collect::<Vec<_>>(), token).await?;
        shown.extend(self.look_back(since, token, &changed, &shown).await?);
        shown
            .retain(|(user, presence)| presence.version > since || met.is_some_and(|met| met.contains(user)));
        let Some(Moved { listed, .. }) = moved else {
            // Whom the viewer has met since then is not known any more.
            return self.with_everybody(Picture { token, users: shown, listed: true }).await;
        };
        shown.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Ok(Picture { token, users: shown, listed })
    }

    /// A picture, and everybody besides who is present.
    async fn with_everybody(&mut self, mut picture: Picture) -> Result<Picture, StoreError> {
        let is_shown: HashSet<UserId> = picture.users.iter().map(|(user, _)| user.clone()).collect();
        let mut everybody = self.everybody_at(picture.token);
        while let Some(part) = self.go_on(&mut everybody).await? {
            picture.users.extend(part.into_iter().filter(|(user, _)| !is_shown.contains(user)));
        }
        Ok(picture)
    }

    /// Whoever changed after `since` in the partitions that do not remember it, and was not shown.
    async fn look_back(
        &mut self,
        since: u64,
        token: u64,
        changed: &Changed,
        shown: &[(UserId, Presence)],
    ) -> Result<Vec<(UserId, Presence)>, StoreError> {
        let is_shown: HashSet<UserId> = shown.iter().map(|(user, _)| user.clone()).collect();
        let mut found = Vec::new();
        if let Some(watched) = self.watched() {
            let may_have_changed =
                |user: &UserId| changed.forgotten.contains(&partition(user)) && !is_shown.contains(user);
            let users: Vec<_> = watched.into_iter().filter(may_have_changed).collect();
            return self.look_at(&users, token).await;
        }
        for partition in (0..PARTITIONS).filter(|partition| changed.forgotten.contains(partition)) {
            let mut users = self.service.store.changed_after(partition, since).await?;
            users.retain(|user| !is_shown.contains(user));
            found.extend(self.look_at(&users, token).await?);
        }
        Ok(found)
    }

    /// Waits until somebody looks different to this watcher, or came in sight.
    pub async fn next(&mut self) -> Result<Picture, StoreError> {
        loop {
            self.watch.happened().await;
            let picture = self.look().await?;
            if picture.listed || !picture.users.is_empty() {
                return Ok(picture);
            }
        }
    }

    /// What happened since the last look.
    async fn look(&mut self) -> Result<Picture, StoreError> {
        let token = self.service.token();
        let since = mem::replace(&mut self.cursor, token);
        let marks = self.watch.take(token);
        let mut users: BTreeSet<UserId> =
            marks.users.into_iter().filter(|(_, number)| *number > since).map(|(user, _)| user).collect();
        let (mut listed, mut met) = (false, BTreeSet::new());
        if marks.moved {
            self.watch.set_topics(self.topics());
            match self.service.moved_between(self.viewer.as_ref(), since, token) {
                Some(moved) => {
                    listed = moved.listed && self.only.is_none();
                    met = moved.met;
                    users.extend(met.iter().cloned().chain(moved.met_again));
                }
                None => return self.since(since).await,
            }
        }
        users.retain(|user| self.only.as_ref().is_none_or(|only| only.contains(user)));
        let mut shown = self.look_at(&users.into_iter().collect::<Vec<_>>(), token).await?;
        shown.retain(|(user, presence)| presence.version > since || met.contains(user));
        Ok(Picture { token, users: shown, listed })
    }

    /// Whether nothing happened since the last look that may concern this watcher.
    pub fn is_quiet(&self) -> bool {
        self.watch.is_quiet()
    }

    /// Who is watched at present; none: everybody of the server. Named users are, whether they can be seen or
    /// not.
    pub(super) fn watched(&self) -> Option<BTreeSet<UserId>> {
        match (&self.only, &self.viewer, self.service.visibility) {
            (Some(only), ..) => Some(only.clone()),
            (None, Some(viewer), Visibility::Room) => Some(self.service.visible_to(viewer)),
            (None, ..) => None,
        }
    }

    /// What presence lists say of the viewer; none for watchers of named users, and for an admin.
    pub fn listing(&self) -> Option<Listing> {
        let viewer = self.viewer.as_ref().filter(|_| self.service.lists && self.only.is_none());
        viewer.map(|viewer| self.service.listing(viewer))
    }

    fn viewer(&self) -> Viewer<'_> {
        self.viewer.as_ref().map_or(Viewer::Admin, Viewer::User)
    }

    /// What concerns this watcher. Named users are watched whether they can be seen or not: that is
    /// checked when they are looked at.
    fn topics(&self) -> HashSet<Topic> {
        let mut topics = match &self.only {
            Some(only) => only.iter().cloned().map(Topic::User).collect(),
            None => self.service.topics_of(self.viewer.as_ref()),
        };
        topics.extend(self.viewer.clone().map(Topic::User));
        topics
    }

    /// Those among the users whom the viewer may see and who look different from when they were shown.
    pub(super) async fn look_at(
        &mut self,
        users: &[UserId],
        token: u64,
    ) -> Result<Vec<(UserId, Presence)>, StoreError> {
        let mut seen = Vec::new();
        for go in users.chunks(GO) {
            let asked: Vec<&UserId> = go.iter().collect();
            let answers = self.service.get_many(self.viewer(), &asked, self.service.now()).await?;
            let found =
                go.iter().zip(answers).filter_map(|(user, answer)| Some((user.clone(), answer.ok()?)));
            seen.extend(found);
        }
        Ok(self.note_shown(seen, token))
    }

    /// The same of those alone who may be present.
    pub(super) async fn look_at_present(
        &mut self,
        users: &[UserId],
        token: u64,
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
                seen.push((user.clone(), presence));
            }
        };
        self.service.store.read_present(&asked, &mut look).await?;
        Ok(self.note_shown(seen, token))
    }

    /// Leaves out who was shown as they are ahead of their mark, and notes who is shown so now.
    fn note_shown(&mut self, mut seen: Vec<(UserId, Presence)>, token: u64) -> Vec<(UserId, Presence)> {
        seen.retain(|(user, presence)| self.ahead.get(user) != Some(&presence.version));
        self.ahead.retain(|_, version| *version > token);
        let ahead = seen.iter().filter(|(_, presence)| presence.version > token);
        self.ahead.extend(ahead.map(|(user, presence)| (user.clone(), presence.version)));
        seen
    }
}
