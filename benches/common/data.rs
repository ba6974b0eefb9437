//! Data folders as the server has them, and users to fill them with. All measurements share these.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures_util::{StreamExt as _, stream};
use presenced::{
    clock::{Clock as _, SystemClock},
    config::Config,
    directory::User,
    id::{DeviceId, UserId},
    presence::{Audiences, Input, Record, Rules, State, Timestamp},
    store::{
        Document, DocumentRef, Effect, EmbeddedStore, Keep, Kind, Node, Outlook, Progress, Resumed, Revision,
        Store as _, Written, embedded::disk::DiskEngine,
    },
};

/// How many documents are written as one batch, and how many records wait for the disk at a time.
const AT_ONCE: usize = 20_000;

/// A folder for data: the one that was named, or one that goes away at the end.
pub(crate) struct Folder {
    path: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl Folder {
    pub(crate) fn new(named: Option<&Path>) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("there is no folder for data: {error}");
        let (path, temporary) = match named {
            Some(path) => (path.to_owned(), None),
            None => {
                let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).map_err(failed)?;
                (folder.path().to_owned(), Some(folder))
            }
        };
        fs::create_dir_all(&path).map_err(failed)?;
        let stat = rustix::fs::statfs(&path).map_err(|error| failed(error.into()))?;
        // TMPFS_MAGIC of linux/magic.h.
        if stat.f_type == 0x0102_1994 {
            return Err(format!("{} is in memory; name a folder on a disk with --data", path.display()));
        }
        Ok(Self { path, _temporary: temporary })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// The engine of a data folder, set as the server sets it.
pub(crate) fn engine(folder: &Path) -> Box<DiskEngine> {
    let reserve = Config::default().store.reserve_mebibytes << 20;
    Box::new(DiskEngine::open(folder, reserve).unwrap_or_else(|error| panic!("{error}")))
}

/// The store over it, set as the server sets it.
pub(crate) fn store(engine: Box<DiskEngine>) -> EmbeddedStore {
    let lag_seconds = Config::default().store.activity_lag_seconds;
    EmbeddedStore::over(engine, lag_seconds).unwrap_or_else(|error| panic!("{error}"))
}

/// What a node knows that has heard of everything.
pub(crate) const EVERYTHING: Revision = Revision(u64::MAX);

/// A node that has no use for what it is told, for a store without a server.
pub(crate) struct Deaf {
    now: Timestamp,
    rules: Rules,
}

impl Deaf {
    /// Opens a store, which is read as a server reads it.
    pub(crate) async fn open(store: &EmbeddedStore, clock: &SystemClock) -> Arc<Self> {
        let node = Arc::new(Self { now: clock.now(), rules: Config::default().rules() });
        let told: Arc<dyn Node> = node.clone();
        store.open(Arc::downgrade(&told)).await.unwrap_or_else(|error| panic!("{error}"));
        node
    }
}

impl Node for Deaf {
    fn loaded(&self, _: Revision, _: &[DocumentRef<'_>]) {}

    fn documents(&self, _: Revision, _: &[DocumentRef<'_>]) {}

    fn progress(&self, _: Progress) {}

    fn resume(&self, record: &mut Record, stopped: Timestamp) -> Resumed {
        let changed = record.resume(stopped, self.now, &self.rules);
        Resumed { changed, outlook: Outlook::of(record, self.now, &self.rules) }
    }

    fn changed(&self, _: &UserId, _: u64, _: Audiences) {}

    fn complete_up_to(&self, _: u64) {}
}

pub(crate) fn user(number: usize) -> UserId {
    format!("@user{number:04}:localhost").parse().expect("a valid id")
}

pub(crate) fn device() -> DeviceId {
    "BENCH".parse().expect("a valid device")
}

/// Makes sure that the store holds so many users, of whom every so many-th is online. A store that holds fewer
/// is not added to: that it was filled whole is what a next run relies on.
pub(crate) async fn fill(
    store: &EmbeddedStore,
    users: usize,
    online_every: usize,
    clock: &SystemClock,
) -> Result<(), String> {
    let online = users.div_ceil(online_every);
    match store.len() {
        0 => {}
        found if found == online => return Ok(()),
        found => return Err(format!("the data folder has {found} users who are online, not {online}")),
    }
    let rules = Arc::new(Config::default().rules());
    let numbers: Vec<usize> = (0..users).collect();
    let mut known = Revision::default();
    for numbers in numbers.chunks(AT_ONCE) {
        let documents = numbers.iter().map(|&number| entry(number)).collect();
        let written = store.write(documents, known, clock.micros()).await;
        match written.map_err(|error| error.to_string())? {
            Written::At(revision) => known = revision,
            Written::Behind => return Err("somebody else writes to the store".to_owned()),
        }
    }
    let records = numbers.into_iter().step_by(online_every).map(async |number| {
        let claim = Input::Claim { device: device(), state: State::Online };
        let edit = |record: &mut Record| {
            let micros = clock.micros();
            let now = Timestamp::from_micros(micros);
            let before = record.clone();
            record.apply(&claim, now, &rules);
            let (audiences, outlook) =
                (record.news_since(&before, now, &rules), Outlook::of(record, now, &rules));
            Effect { micros, audiences, keep: Keep::Acknowledged, outlook }
        };
        store.update(&user(number), EVERYTHING, &edit).await.map(drop)
    });
    let mut records = stream::iter(records).buffer_unordered(AT_ONCE);
    while let Some(written) = records.next().await {
        written.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// What the directory keeps of a user, in the form of [`presenced::directory`].
fn entry(number: usize) -> Document {
    let id = user(number);
    let entry = User {
        id: id.clone(),
        number: number as u64 + 1,
        display_name: None,
        avatar_url: None,
        email: None,
        extension: None,
        created: Timestamp::from_millis(0),
        made_by: None,
    };
    Document::put(Kind::User, id.as_str(), &entry)
}
