//! Opening what the server keeps, and telling how far that is.

use std::{
    io::{self, IsTerminal as _},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    app::App,
    cli::Failure,
    clock::{Clock as _, SystemClock},
    config::Config,
    presence::{Record, Timestamp},
    store::{
        EmbeddedStore, PARTITIONS, Progress,
        embedded::{Loading, Resumed, disk::DiskEngine},
    },
};

/// Between two log lines about the progress lie so many users.
const USERS_A_LINE: usize = 1_000_000;

/// Puts a server together over its data folder, or over memory alone.
pub(super) fn open(config: Config, is_kept: bool) -> Result<App, Failure> {
    let clock = Arc::new(SystemClock::start());
    if !is_kept {
        let store = EmbeddedStore::in_memory();
        return App::open(config, Box::new(store), clock).map_err(Failure::unusable);
    }
    let store = stored(&config, &clock)?;
    let (folder, records) = (config.server.data.clone(), store.len());
    let teller = Teller::new("the directory");
    let app = App::open_telling(config, Box::new(store), clock, &|progress| teller.tell(progress));
    let app = app.map_err(Failure::unusable)?;
    teller.finish();
    tracing::info!(folder = %folder.display(), records, "the data is there");
    Ok(app)
}

fn stored(config: &Config, clock: &SystemClock) -> Result<EmbeddedStore, Failure> {
    let folder = &config.server.data;
    let engine = DiskEngine::open(folder, config.store.reserve_mebibytes << 20).map_err(Failure::unusable)?;
    let (now, rules) = (clock.now(), config.rules());
    let resume = |record: &mut Record, stopped: Timestamp| {
        let changed = record.resume(stopped, now, &rules);
        Resumed { changed, next_change: record.next_change(now, &rules) }
    };
    let teller = Teller::new("presence");
    let loading = Loading { resume: &resume, tell: &|progress| teller.tell(progress) };
    let lag_seconds = config.store.activity_lag_seconds;
    let store = EmbeddedStore::open(Box::new(engine), lag_seconds, &loading).map_err(Failure::unusable)?;
    teller.finish();
    Ok(store)
}

/// Tells people how far the reading is: a bar on a terminal, and otherwise lines in the log.
struct Teller {
    what: &'static str,
    bar: ProgressBar,
    told: AtomicUsize,
}

impl Teller {
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

    fn tell(&self, Progress { partitions, users }: Progress) {
        self.bar.set_position(partitions as u64);
        self.bar.set_message(format!("{users} users"));
        let lines = users / USERS_A_LINE;
        if self.bar.is_hidden() && self.told.fetch_max(lines, Ordering::Relaxed) < lines {
            tracing::info!(users, partitions, of = PARTITIONS, "reading {}", self.what);
        }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
