//! The one door to the core for all dialects: reading and changing presence, with the rules of who may
//! see whom applied here and nowhere else.

mod connection;
mod extensions;
mod lists;
mod live;
mod open;
mod profile;

use std::sync::Arc;

use parking_lot::Mutex;

use self::live::Moves;
pub use self::{
    connection::Connection,
    extensions::{ExtensionPresence, Shown},
    lists::Listing,
    live::{Picture, Watcher},
};
use crate::{
    changes::Changes,
    clock::Clock,
    directory::{Directory, DirectoryError},
    id::UserId,
    presence::{Input, Override, Presence, Record, Rules, Timestamp},
    store::{Keep, LineVisit, Store, StoreError, Updated},
    task::to_the_end,
};

/// Who may see whom, besides oneself and admins.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
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
    /// The operator: sees everybody as others do, hidden or not.
    Admin,
}

/// What a user set for themselves besides state and status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    pub overridden: Override,
    pub hidden: bool,
}

/// Why the service said no. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    #[error("there is no such user")]
    UnknownUser,
    #[error("the caller may not see this user")]
    NotVisible,
    #[error("the user is hidden")]
    Hidden,
    #[error("the status has {bytes} bytes; at most {limit} are allowed")]
    StatusTooLong { bytes: usize, limit: usize },
    #[error(transparent)]
    Store(#[from] StoreError),
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
    status_bytes: usize,
    changes: Arc<Changes>,
    moves: Mutex<Moves>,
}

impl Service {
    /// A service over `store`. With `lists`, whoever agreed to be on a user's presence list is seen by that
    /// user. `status_bytes` is the longest status text accepted, in bytes of UTF-8.
    pub fn new(
        store: Arc<dyn Store>,
        directory: Arc<Directory>,
        clock: Arc<dyn Clock>,
        rules: Rules,
        visibility: Visibility,
        lists: bool,
        status_bytes: usize,
    ) -> Self {
        let start = clock.micros().max(store.highest_version());
        let changes = Arc::new(Changes::starting_at(start));
        let moves = Mutex::new(Moves::starting_at(start));
        Self { store, directory, clock, rules, visibility, lists, status_bytes, changes, moves }
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
    ) -> Result<Presence, ServiceError> {
        self.may_see(viewer, user)?;
        let mut answer = Err(ServiceError::UnknownUser);
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
    ) -> Result<Vec<Result<Presence, ServiceError>>, ServiceError> {
        let mut answers = Vec::with_capacity(users.len());
        let (mut places, mut readable) = (Vec::new(), Vec::new());
        for (place, user) in users.iter().enumerate() {
            let verdict = self.may_see(viewer, user);
            if verdict.is_ok() {
                places.push(place);
                readable.push(*user);
            }
            answers.push(verdict.and(Err(ServiceError::UnknownUser)));
        }
        let mut look = |index: usize, record: &Record| {
            answers[places[index]] = self.look(viewer, readable[index], record, now);
        };
        self.store.read(&readable, &mut look).await?;
        Ok(answers)
    }

    /// Applies inputs to a known user's record, all of them or none, at one moment, and tells watchers
    /// what they can see of it. What somebody set is durable when this returns.
    pub async fn update(self: &Arc<Self>, user: &UserId, inputs: &[Input]) -> Result<Updated, ServiceError> {
        self.check_inputs(inputs)?;
        if !self.directory.knows(user) {
            return Err(ServiceError::UnknownUser);
        }
        if inputs.iter().any(Input::is_set) {
            self.store.health()?;
        }
        let (service, user, inputs) = (self.clone(), user.clone(), inputs.to_vec());
        to_the_end(async move { service.apply(&user, &inputs).await }).await
    }

    async fn apply(&self, user: &UserId, inputs: &[Input]) -> Result<Updated, ServiceError> {
        let micros = self.clock.micros();
        let now = Timestamp::from_micros(micros);
        let is_set = inputs.iter().any(Input::is_set);
        let apply = |record: &mut Record| {
            for input in inputs {
                record.apply(input, now, &self.rules);
            }
        };
        let keep = |before: &Record, after: &Record, visible: bool| {
            let is_new = visible || !after.is_set_like(before, now);
            if is_set && is_new { Keep::Acknowledged } else { Keep::Lazily }
        };
        let updated = self.change(user, micros, &apply, &keep).await?;
        // A user may have been removed meanwhile; then nothing of them stays behind.
        if !self.directory.knows(user) {
            self.store.remove(user, Vec::new()).await?;
            return Err(ServiceError::UnknownUser);
        }
        Ok(updated)
    }

    /// What a known user set for themselves besides state and status.
    pub async fn settings(&self, user: &UserId) -> Result<Settings, ServiceError> {
        if !self.directory.knows(user) {
            return Err(ServiceError::UnknownUser);
        }
        let mut settings = Settings { overridden: Override::None, hidden: false };
        let mut look = |_: usize, record: &Record| {
            settings = Settings { overridden: record.overridden(), hidden: record.is_hidden() };
        };
        self.store.read(&[user], &mut look).await?;
        Ok(settings)
    }

    /// Removes a user from the directory, and all that the store holds of them. Says whether there was
    /// such a user.
    pub async fn remove_user(self: &Arc<Self>, user: &UserId) -> Result<bool, ServiceError> {
        self.store.health()?;
        let (service, user) = (self.clone(), user.clone());
        to_the_end(async move { service.forget(&user).await }).await
    }

    async fn forget(&self, user: &UserId) -> Result<bool, ServiceError> {
        let [of_lists, of_all] = [(); 2].map(|()| self.changes.number(self.clock.micros()));
        let (listed, topics) = (self.listed_with(user), self.topics_about(user));
        match self.directory.remove_user(user).await {
            Ok(removed) => {
                self.tell_of_lists(of_lists, &listed);
                // Whoever works for the user ends that; whoever watched them sees nobody there.
                of_all.publish_move(&topics);
                Ok(removed)
            }
            Err(DirectoryError::Store(error)) => Err(error.into()),
            Err(_) => Ok(false),
        }
    }

    /// Shows all that is kept in the lines of an export. Takes its time, on the thread that calls.
    pub fn export(&self, visit: &mut LineVisit<'_>) -> Result<(), StoreError> {
        self.store.export(visit)
    }

    /// Makes durable what may lag behind. Nothing is written after this.
    pub async fn close(&self) -> Result<(), ServiceError> {
        Ok(self.store.close().await?)
    }

    fn check_inputs(&self, inputs: &[Input]) -> Result<(), ServiceError> {
        for input in inputs {
            let text = match input {
                Input::Status(Some(status)) => &status.text,
                Input::Lease { text: Some(text), .. } => text,
                _ => continue,
            };
            let (bytes, limit) = (text.len(), self.status_bytes);
            if bytes > limit {
                return Err(ServiceError::StatusTooLong { bytes, limit });
            }
        }
        Ok(())
    }

    /// What asking for somebody who cannot exist comes to: the same as for any unknown user.
    pub fn nobody(&self) -> ServiceError {
        match self.visibility {
            Visibility::Room => ServiceError::NotVisible,
            Visibility::Server => ServiceError::UnknownUser,
        }
    }

    /// Whether `viewer` may see `user` at all. Under [`Visibility::Room`] an unknown user and one
    /// who is a stranger are the same, so that nobody learns who exists.
    fn may_see(&self, viewer: Viewer<'_>, user: &UserId) -> Result<(), ServiceError> {
        match viewer {
            Viewer::User(own) if own == user => Ok(()),
            Viewer::User(own) if self.visibility == Visibility::Room => {
                let is_known = self.directory.share_room(own, user) || self.observes(own, user);
                is_known.then_some(()).ok_or(ServiceError::NotVisible)
            }
            Viewer::User(_) | Viewer::Admin => {
                self.directory.knows(user).then_some(()).ok_or(ServiceError::UnknownUser)
            }
        }
    }

    fn look(
        &self,
        viewer: Viewer<'_>,
        user: &UserId,
        record: &Record,
        now: Timestamp,
    ) -> Result<Presence, ServiceError> {
        match viewer {
            Viewer::User(own) if own == user => Ok(record.own_at(now, &self.rules)),
            Viewer::User(_) if record.is_hidden() => Err(ServiceError::Hidden),
            Viewer::User(_) | Viewer::Admin => Ok(record.at(now, &self.rules)),
        }
    }
}
