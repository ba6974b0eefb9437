use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Done, Failure, serve::keep_to_owner};
use crate::{
    directory::Check,
    store::{
        Document,
        embedded::{disk::DiskEngine, transfer::Import as Lines},
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
}

/// The names in a data folder that an import fills, in this order: what was noted belongs to the data.
const FILLED: [&str; 2] = ["acknowledged", "db"];

impl Import {
    pub(super) fn run(self) -> Done {
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

    fn open(&self) -> io::Result<Box<dyn BufRead>> {
        if self.input.as_os_str() == "-" {
            return Ok(Box::new(io::stdin().lock()));
        }
        Ok(Box::new(BufReader::new(File::open(&self.input)?)))
    }

    fn fill(&self, folder: &Path, input: Box<dyn BufRead>) -> Result<u64, Failure> {
        let about = |error: &dyn std::fmt::Display| {
            Failure::unusable(format!("{}: {error}; nothing was imported", self.input.display()))
        };
        let engine = DiskEngine::open(folder, 0).map_err(Failure::unusable)?;
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
