use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Done, Failure, serve::keep_to_owner};
use crate::{
    api,
    clock::SystemClock,
    config::{Config, Overrides, StoreKind},
    directory::Check,
    store::{
        Document, RedisStore, StoreError,
        embedded::{disk::DiskEngine, engine::Engine, transfer::Import as Lines},
        redis::transfer::ImportTarget,
    },
};

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The export; `-` is standard input.
    #[arg(value_name = "FILE")]
    input: PathBuf,
    /// The data folder to fill, of a server that does not run. It may not have data yet.
    #[arg(long, value_name = "DIR", default_value = "presenced-data")]
    data: PathBuf,
    /// A configuration file that says what to fill instead: a data folder, or an engine without data.
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    config: Option<PathBuf>,
}

/// The names in a data folder that an import fills, in this order: what was noted belongs to the data.
const FILLED: [&str; 2] = ["acknowledged", "db"];

impl Import {
    pub(super) fn run(mut self) -> Done {
        if let Some(file) = self.config.take() {
            let config = api::config_reader().load(Some(&file), &Overrides::from_process(Vec::new()));
            let config = config.map_err(Failure::unusable)?;
            if config.store.kind == StoreKind::Redis {
                return self.fill_engine(&config);
            }
            self.data = config.server.data;
        }
        let place = |path: &Path, error: io::Error| Failure::unusable(format!("{}: {error}", path.display()));
        if self.data.join("db").exists() {
            let why = format!("{} has data already; name another folder with --data", self.data.display());
            return Err(Failure::unusable(why));
        }
        keep_to_owner();
        let input = self.open().map_err(|error| place(&self.input, error))?;
        // Everything is put in place at once, at the end: half an import leaves no data behind.
        let draft = self.data.join("importing");
        if draft.exists() {
            fs::remove_dir_all(&draft).map_err(|error| place(&draft, error))?;
        }
        let imported = self.fill(&draft, input);
        if imported.is_ok() {
            for name in FILLED.iter().filter(|name| draft.join(name).exists()) {
                let target = self.data.join(name);
                fs::rename(draft.join(name), &target).map_err(|error| place(&target, error))?;
            }
        }
        fs::remove_dir_all(&draft).map_err(|error| place(&draft, error))?;
        let lines = imported?;
        eprintln!("{lines} lines were imported into {}", self.data.display());
        Ok(())
    }

    /// Fills an engine that servers share.
    fn fill_engine(&self, config: &Config) -> Done {
        let place = |error: io::Error| Failure::unusable(format!("{}: {error}", self.input.display()));
        let input = self.open().map_err(place)?;
        let runtime = tokio::runtime::Runtime::new().map_err(Failure::unusable)?;
        let clock = Arc::new(SystemClock::start());
        let store = runtime.block_on(async {
            let store = RedisStore::connect(config.store.settings(), clock).await?;
            let is_empty = store.is_empty().await?;
            Ok::<_, StoreError>(is_empty.then_some(store))
        });
        let Some(store) = store.map_err(Failure::unusable)? else {
            let prefix = &config.store.prefix;
            let why = format!("the engine has data already under {prefix:?}; choose another store.prefix");
            return Err(Failure::unusable(why));
        };
        let target = ImportTarget::new(store, runtime.handle().clone(), config.rules());
        let lines = self.take_lines(target, input)?;
        eprintln!("{lines} lines were imported into the engine");
        Ok(())
    }

    fn open(&self) -> io::Result<Box<dyn BufRead>> {
        if self.input.as_os_str() == "-" {
            return Ok(Box::new(io::stdin().lock()));
        }
        Ok(Box::new(BufReader::new(File::open(&self.input)?)))
    }

    fn fill(&self, folder: &Path, input: Box<dyn BufRead>) -> Result<u64, Failure> {
        let engine = DiskEngine::open(folder, 0).map_err(Failure::unusable)?;
        self.take_lines(engine, input)
    }

    fn take_lines(&self, engine: impl Engine, input: Box<dyn BufRead>) -> Result<u64, Failure> {
        let about = |error: &dyn std::fmt::Display| {
            Failure::unusable(format!("{}: {error}; nothing was imported", self.input.display()))
        };
        let mut check = Check::default();
        let mut lines = Lines::into(engine, |document: &Document| check.take(document));
        let style = ProgressStyle::with_template("importing {spinner} {human_pos} lines ({per_sec})");
        let bar = ProgressBar::new_spinner().with_style(style.expect("the template is valid"));
        for line in input.lines() {
            let line = line.map_err(|error| about(&error))?;
            lines.take(&line).map_err(|error| about(&error))?;
            bar.inc(1);
        }
        bar.finish_and_clear();
        lines.finish().map_err(|error| about(&error))
    }
}
