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
    presence::{Input, Record, State, Timestamp},
    store::{
        Document, Effect, EmbeddedStore, Keep, Kind, Store as _,
        embedded::{Loading, Resumed, disk::DiskEngine},
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

/// The store over it, with its records read as the server reads them.
pub(crate) fn store(engine: Box<DiskEngine>, clock: &SystemClock) -> EmbeddedStore {
    let (config, now) = (Config::default(), clock.now());
    let rules = config.rules();
    let resume = |record: &mut Record, stopped: Timestamp| {
        let changed = record.resume(stopped, now, &rules);
        Resumed { changed, next_change: record.next_change(now, &rules) }
    };
    let loading = Loading { resume: &resume, tell: &|_| {} };
    EmbeddedStore::open(engine, config.store.activity_lag_seconds, &loading)
        .unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn user(number: usize) -> UserId {
    format!("@user{number:04}:localhost").parse().expect("a valid id")
}

pub(crate) fn device() -> DeviceId {
    "BENCH".parse().expect("a valid device")
}

/// Makes sure that the store holds so many users, all online. A store that holds fewer is not added to:
/// that it was filled whole is what a next run relies on.
pub(crate) async fn fill(store: &EmbeddedStore, users: usize, clock: &SystemClock) -> Result<(), String> {
    match store.len() {
        0 => {}
        found if found == users => return Ok(()),
        found => return Err(format!("the data folder has {found} users, not {users}")),
    }
    let rules = Arc::new(Config::default().rules());
    let numbers: Vec<usize> = (0..users).collect();
    for numbers in numbers.chunks(AT_ONCE) {
        let documents = numbers.iter().map(|&number| entry(number)).collect();
        store.write(documents).await.map_err(|error| error.to_string())?;
    }
    let records = numbers.into_iter().map(async |number| {
        let claim = Input::Claim { device: device(), state: State::Online };
        let micros = clock.micros();
        let now = Timestamp::from_micros(micros);
        let mut change = |record: &mut Record| {
            record.apply(&claim, now, &rules);
            let next_change = record.next_change(now, &rules);
            Effect { visible: true, keep: Keep::Acknowledged, next_change }
        };
        store.update(&user(number), micros, &mut change).await.map(drop)
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
        extension: None,
        created: Timestamp::from_millis(0),
        made_by: None,
    };
    Document::put(Kind::User, id.as_str(), &entry)
}
