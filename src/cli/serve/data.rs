//! Opening what the server keeps, and telling how far that is.

use std::{
    io::{self, IsTerminal as _},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use indicatif::{ProgressBar, ProgressStyle};
use rustix::fs::Mode;
use tokio::task::spawn_blocking;

use crate::{
    app::App,
    cli::Failure,
    clock::SystemClock,
    config::{Config, StoreKind},
    service::Tell,
    store::{EmbeddedStore, PARTITIONS, Progress, Reading, RedisStore, embedded::disk::DiskEngine},
};

/// With fewer users there is no bar.
const USERS_A_BAR: usize = 100_000;

/// Between two log lines about the progress lie so many users.
const USERS_A_LINE: usize = 1_000_000;

/// Puts a server together over its data folder, over an engine, or over memory alone.
pub(super) async fn open(config: Config, is_kept: bool) -> Result<App, Failure> {
    let clock = Arc::new(SystemClock::start());
    if !is_kept {
        let store = EmbeddedStore::in_memory();
        return App::open(config, Box::new(store), clock).await.map_err(Failure::unusable);
    }
    if config.store.kind == StoreKind::Redis {
        return open_shared(config, clock).await;
    }
    keep_to_owner();
    let (folder, lag_seconds) = (config.server.data.clone(), config.store.activity_lag_seconds);
    let reserve_bytes = config.store.reserve_mebibytes << 20;
    let server = config.server.name.clone();
    let opening = spawn_blocking(move || DiskEngine::open_of(&folder, reserve_bytes, Some(&server)));
    let engine = opening.await.map_err(Failure::unusable)?.map_err(Failure::unusable)?;
    let store = EmbeddedStore::over(Box::new(engine), lag_seconds).map_err(Failure::unusable)?;
    let folder = config.server.data.clone();
    let app = App::open_telling(config, Box::new(store), clock, teller()).await;
    let app = app.map_err(Failure::unusable)?;
    tracing::info!(folder = %folder.display(), "the data is there");
    Ok(app)
}

/// Puts a server together over an engine that others may use too.
async fn open_shared(config: Config, clock: Arc<SystemClock>) -> Result<App, Failure> {
    let store =
        RedisStore::connect(config.store.settings(), clock.clone()).await.map_err(Failure::unusable)?;
    let app = App::open_telling(config, Box::new(store.clone()), clock, teller()).await;
    let app = app.map_err(Failure::unusable)?;
    tracing::info!(nodes = store.living_nodes(), "the engine is there");
    Ok(app)
}

/// Tells how far the reading is.
fn teller() -> Box<Tell> {
    let (users, records) = (ProgressReport::new("the directory"), ProgressReport::new("presence"));
    Box::new(move |progress: Progress| match progress.of {
        Reading::Users => users.tell(progress),
        Reading::Records => records.tell(progress),
    })
}

/// What this process makes from now on is its owner's alone.
pub(in crate::cli) fn keep_to_owner() {
    rustix::process::umask(Mode::from_raw_mode(0o077));
}

/// Tells people how far the reading is: a bar on a terminal, and otherwise lines in the log.
struct ProgressReport {
    what: &'static str,
    bar: ProgressBar,
    told: AtomicUsize,
}

impl ProgressReport {
    fn new(what: &'static str) -> Self {
        let bar = if io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("reading {prefix} {wide_bar} {msg} {percent}%");
            let style = style.expect("the template is valid");
            ProgressBar::new(PARTITIONS as u64).with_style(style).with_prefix(what)
        } else {
            ProgressBar::hidden()
        };
        Self { what, bar, told: AtomicUsize::new(0) }
    }

    fn tell(&self, Progress { partitions, users, .. }: Progress) {
        // What is there at once needs no bar.
        if users < USERS_A_BAR && partitions < PARTITIONS {
            return;
        }
        self.bar.set_position(partitions as u64);
        self.bar.set_message(format!("{users} users"));
        if partitions == PARTITIONS {
            self.bar.finish_and_clear();
        }
        let lines = users / USERS_A_LINE;
        if self.bar.is_hidden() && self.told.fetch_max(lines, Ordering::Relaxed) < lines {
            tracing::info!(users, partitions, of = PARTITIONS, "reading {}", self.what);
        }
    }
}
