//! The one door to the core for all dialects: reading and changing presence, with the rules of who may
//! see whom applied here and nowhere else.

mod connection;
mod extensions;
mod figures;
mod first;
mod lists;
mod live;
mod moved;
mod node;
mod open;
mod profile;
mod rooms;
mod say;
mod tally;
mod traces;
mod turn;
mod watch_list;
mod watcher;

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use prometheus_client::metrics::counter::Counter;

pub use self::turn::{Budgets, Turn};
pub use self::{
    connection::Connection,
    extensions::{ExtensionPresence, Shown},
    first::First,
    lists::Listing,
    rooms::{RoomPresence, RoomQuery},
    say::{SayError, Saying, Speaker},
    tally::Counts,
    watch_list::WatchList,
    watcher::{View, Watcher},
};
use self::{connection::Connections, tally::Tallies, traces::Traces};
use crate::{
    changes::Changes,
    clock::Clock,
    directory::{Directory, DirectoryError},
    id::{NodeId, UserId},
    metrics::By,
    presence::{Audiences, Device, Input, Override, Presence, Record, Rules, Timestamp},
    store::{Effect, Keep, LineVisit, Outlook, Progress, Revision, Store, StoreError},
};

/// Who may see whom, besides oneself and admins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Users that share a room.
    #[default]
    Room,
    /// Every user of the server.
    Server,
}

/// With whose eyes presence is read.
#[derive(Clone, Copy, Debug)]
pub enum Viewer<'a> {
    /// A user: sees themselves as they are, and others as far as they may.
    User(&'a UserId),
    /// The operator: sees all users as others do, hidden or not.
    Admin,
}

/// A user's presence, and what their devices say, for callers who may know that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub presence: Presence,
    /// None: the viewer may not know.
    pub devices: Option<Vec<Device>>,
}

/// What a user set for themselves besides state and status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    pub overridden: Override,
    pub hidden: bool,
}

/// Why a user's presence is not told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("there is no such user")]
    UnknownUser,
    #[error("the caller may not see this user")]
    NotVisible,
    #[error("the user is hidden")]
    Hidden,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a user's presence was not updated. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    #[error("there is no such user")]
    UnknownUser,
    #[error("the status has {bytes} bytes; at most {limit} are allowed")]
    StatusTooLong { bytes: usize, limit: usize },
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for UpdateError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Removed => Self::UnknownUser,
            error => Self::Store(error),
        }
    }
}

/// Presence over a store, with a directory and a clock.
pub struct Service {
    store: Arc<dyn Store>,
    directory: Arc<Directory>,
    clock: Arc<dyn Clock>,
    rules: Rules,
    visibility: Visibility,
    /// Whether presence lists count.
    lists: bool,
    status_bytes: AtomicUsize,
    budgets: Budgets,
    changes: Arc<Changes>,
    traces: Traces,
    tallies: Tallies,
    /// Counts changes by their cause.
    causes: By<Counter>,
    connections: Connections,
    /// The name under which this server's connections count, once the store is open.
    node: OnceLock<NodeId>,
    /// Who is told how far the opening of the store is.
    tell: Box<Tell>,
}

/// Is told how far the opening of a store is, by several threads.
pub type Tell = dyn Fn(Progress) + Send + Sync;

impl Service {
    /// A service over `store`, which is of use once it is [opened](Self::open). With `lists`, users who agreed to
    /// be on a user's presence list is seen by that user. `status_bytes` is the longest status text accepted, in
    /// bytes of UTF-8. `tell` is told how far the opening is.
    #[expect(clippy::too_many_arguments, reason = "each is another part of the configuration")]
    pub fn new(
        store: Arc<dyn Store>,
        directory: Arc<Directory>,
        clock: Arc<dyn Clock>,
        rules: Rules,
        visibility: Visibility,
        lists: bool,
        status_bytes: usize,
        budgets: Budgets,
        tell: Box<Tell>,
    ) -> Self {
        Self {
            store,
            directory,
            clock,
            rules,
            visibility,
            lists,
            status_bytes: status_bytes.into(),
            budgets,
            changes: Arc::default(),
            traces: Traces::default(),
            tallies: Tallies::default(),
            causes: By::default(),
            connections: Connections::default(),
            node: OnceLock::new(),
            tell,
        }
    }

    /// Accepts status texts of so many bytes from now on.
    pub fn replace_limit(&self, status_bytes: usize) {
        self.status_bytes.store(status_bytes, Ordering::Relaxed);
    }

    /// What users may spend.
    pub fn budgets(&self) -> &Budgets {
        &self.budgets
    }

    /// The time that answers are about.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether writes are accepted; if not, why.
    pub fn health(&self) -> Result<(), StoreError> {
        self.store.health()
    }

    /// One user's presence at `now`, as `viewer` sees it.
    pub async fn get(
        &self,
        viewer: Viewer<'_>,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Presence, ReadError> {
        self.may_see(viewer, user)?;
        let mut answer = Err(ReadError::UnknownUser);
        let mut look = |_: usize, record: &Record| answer = self.look(viewer, user, record, now);
        self.store.read(&[user], &mut look).await?;
        answer
    }

    /// The presence of several users at `now`, in the order asked for. Fails as a whole only if the
    /// store does.
    pub async fn get_many(
        &self,
        viewer: Viewer<'_>,
        users: &[&UserId],
        now: Timestamp,
    ) -> Result<Vec<Result<Presence, ReadError>>, StoreError> {
        self.look_at_many(viewer, users, |user, record| self.look(viewer, user, record, now)).await
    }

    /// One user's presence at `now` with what their devices say, as `viewer` sees it.
    pub async fn see(&self, viewer: Viewer<'_>, user: &UserId, now: Timestamp) -> Result<Seen, ReadError> {
        let seen = self.see_many(viewer, &[user], now).await?.pop();
        seen.unwrap_or(Err(ReadError::UnknownUser))
    }

    /// The same of several users, in the order asked for.
    pub async fn see_many(
        &self,
        viewer: Viewer<'_>,
        users: &[&UserId],
        now: Timestamp,
    ) -> Result<Vec<Result<Seen, ReadError>>, StoreError> {
        self.look_at_many(viewer, users, |user, record| self.see_in(viewer, user, record, now)).await
    }

    async fn look_at_many<T: Clone + Send>(
        &self,
        viewer: Viewer<'_>,
        users: &[&UserId],
        look: impl Fn(&UserId, &Record) -> Result<T, ReadError> + Send + Sync,
    ) -> Result<Vec<Result<T, ReadError>>, StoreError> {
        let mut answers = Vec::with_capacity(users.len());
        let (mut places, mut readable) = (Vec::new(), Vec::new());
        for (place, user) in users.iter().enumerate() {
            let verdict = self.may_see(viewer, user);
            if verdict.is_ok() {
                places.push(place);
                readable.push(*user);
            }
            answers.push(verdict.and(Err(ReadError::UnknownUser)));
        }
        let mut visit = |index: usize, record: &Record| {
            answers[places[index]] = look(readable[index], record);
        };
        self.store.read(&readable, &mut visit).await?;
        Ok(answers)
    }

    /// Applies inputs to a known user's record, all of them or none, at one moment, and tells watchers
    /// what they can see of it. What a user set is durable when this returns. Returns the record as it is
    /// then.
    pub async fn update(&self, user: &UserId, inputs: &[Input]) -> Result<Record, UpdateError> {
        self.update_if(user, inputs, &|_, _| true).await.map(|(record, _)| record)
    }

    /// The same if the record is as it has to be at that moment. Says whether it was; if not, nothing was changed.
    async fn update_if(
        &self,
        user: &UserId,
        inputs: &[Input],
        is_fit: &(dyn Fn(&Record, Timestamp) -> bool + Sync),
    ) -> Result<(Record, bool), UpdateError> {
        self.check_inputs(inputs)?;
        let known = self.directory.knows_at(user).ok_or(UpdateError::UnknownUser)?;
        self.update_known(user, known, inputs, is_fit).await
    }

    /// Applies inputs to the record of a user whom the directory knows, or knew, at a revision.
    async fn update_at(&self, user: &UserId, known: Revision, inputs: &[Input]) -> Result<(), UpdateError> {
        self.update_known(user, known, inputs, &|_, _| true).await.map(drop)
    }

    async fn update_known(
        &self,
        user: &UserId,
        known: Revision,
        inputs: &[Input],
        is_fit: &(dyn Fn(&Record, Timestamp) -> bool + Sync),
    ) -> Result<(Record, bool), UpdateError> {
        let is_set = inputs.iter().any(Input::is_set);
        if is_set {
            self.store.health()?;
        }
        let was_fit = AtomicBool::new(true);
        let edit = |record: &mut Record| {
            let micros = self.clock.micros();
            let now = Timestamp::from_micros(micros);
            let fits = is_fit(record, now);
            was_fit.store(fits, Ordering::Relaxed);
            let before = record.clone();
            for input in inputs.iter().filter(|_| fits) {
                record.apply(input, now, &self.rules);
            }
            let (audiences, keep) = match fits {
                true => self.effect(inputs, &before, record, now),
                false => (Audiences::NONE, Keep::Derived),
            };
            Effect { micros, audiences, keep, outlook: Outlook::of(record, now, &self.rules) }
        };
        // Before it: watchers that are told of it may ask at once.
        self.traces.note(user);
        let record = self.store.update(user, known, &edit).await?;
        self.note_in_tallies(user);
        let was_fit = was_fit.into_inner();
        for input in inputs.iter().filter(|_| was_fit) {
            self.count(input.cause());
        }
        Ok((record, was_fit))
    }

    /// Who can see what inputs did to a record, and how well that has to be kept.
    fn effect(&self, inputs: &[Input], before: &Record, after: &Record, now: Timestamp) -> (Audiences, Keep) {
        let audiences = after.news_since(before, now, &self.rules);
        let is_set_anew = !after.is_set_like(before, now);
        let is_news = !audiences.is_empty();
        let keep = if inputs.iter().all(Input::is_activity) && !is_set_anew {
            if is_news { Keep::Lazily } else { Keep::InPassing }
        } else if inputs.iter().any(Input::is_set) && (is_news || is_set_anew) {
            Keep::Acknowledged
        } else {
            Keep::Lazily
        };
        (audiences, keep)
    }

    /// A user's own presence at `now`, as a record of theirs has it.
    pub fn own_presence(&self, record: &Record, now: Timestamp) -> Presence {
        record.own_at(now, &self.rules)
    }

    /// What a known user set for themselves besides state and status.
    pub async fn settings(&self, user: &UserId) -> Result<Settings, ReadError> {
        if !self.directory.knows(user) {
            return Err(ReadError::UnknownUser);
        }
        let mut settings = Settings { overridden: Override::None, hidden: false };
        let mut look = |_: usize, record: &Record| {
            settings = Settings { overridden: record.overridden(), hidden: record.is_hidden() };
        };
        self.store.read(&[user], &mut look).await?;
        Ok(settings)
    }

    /// Removes a user from the directory, and all that the store holds of them. Says whether there was
    /// such a user. What works for the user ends; watchers see no such user.
    pub async fn remove_user(&self, user: &UserId) -> Result<bool, StoreError> {
        self.store.health()?;
        match self.directory.remove_user(user).await {
            Ok(removed) => Ok(removed),
            Err(DirectoryError::Store(error)) => Err(error),
            Err(_) => Ok(false),
        }
    }

    /// Shows all that is kept in the lines of an export. Takes its time, on the thread that calls.
    pub fn export(&self, visit: &mut LineVisit<'_>) -> Result<(), StoreError> {
        self.store.export(visit)
    }

    /// Makes durable what may lag behind. Nothing is written after this.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.store.close().await
    }

    fn check_inputs(&self, inputs: &[Input]) -> Result<(), UpdateError> {
        for input in inputs {
            let text = match input {
                Input::Status(Some(status)) => &status.text,
                Input::Lease { text: Some(text), .. } => text,
                _ => continue,
            };
            let (bytes, limit) = (text.len(), self.status_bytes.load(Ordering::Relaxed));
            if bytes > limit {
                return Err(UpdateError::StatusTooLong { bytes, limit });
            }
        }
        Ok(())
    }

    /// What asking for a user who cannot exist comes to: the same as for any unknown user.
    pub fn nobody(&self) -> ReadError {
        match self.visibility {
            Visibility::Room => ReadError::NotVisible,
            Visibility::Server => ReadError::UnknownUser,
        }
    }

    /// Whether `viewer` may see `user` at all. Under [`Visibility::Room`] an unknown user and one
    /// who is a stranger are the same, so that no caller learns who exists.
    fn may_see(&self, viewer: Viewer<'_>, user: &UserId) -> Result<(), ReadError> {
        match viewer {
            Viewer::User(own) if own == user => Ok(()),
            Viewer::User(own) if self.visibility == Visibility::Room => {
                let is_known = self.directory.share_room(own, user) || self.observes(own, user);
                is_known.then_some(()).ok_or(ReadError::NotVisible)
            }
            Viewer::User(_) | Viewer::Admin => {
                self.directory.knows(user).then_some(()).ok_or(ReadError::UnknownUser)
            }
        }
    }

    fn look(
        &self,
        viewer: Viewer<'_>,
        user: &UserId,
        record: &Record,
        now: Timestamp,
    ) -> Result<Presence, ReadError> {
        match viewer {
            Viewer::User(own) if own == user => Ok(record.own_at(now, &self.rules)),
            Viewer::User(_) if record.is_hidden() => Err(ReadError::Hidden),
            // What others could see of it does not number what happened since it was hidden.
            Viewer::Admin if record.is_hidden() => {
                let version = record.versions().highest();
                Ok(Presence { version, ..record.at(now, &self.rules) })
            }
            Viewer::User(_) | Viewer::Admin => Ok(record.at(now, &self.rules)),
        }
    }

    /// What `viewer`, who may see the user, sees of a record of theirs. What an invisible user's devices say would
    /// tell that they are there.
    pub fn see_in(
        &self,
        viewer: Viewer<'_>,
        user: &UserId,
        record: &Record,
        now: Timestamp,
    ) -> Result<Seen, ReadError> {
        let presence = self.look(viewer, user, record, now)?;
        let may_know = match viewer {
            Viewer::User(own) => own == user,
            Viewer::Admin => !record.is_invisible(),
        };
        Ok(Seen { presence, devices: may_know.then(|| record.devices(now, &self.rules)) })
    }
}
