//! What the embedded store holds and bears: memory, restart, changes, renewals and reads, with the number of
//! users that is asked for. Run it with `cargo bench --bench store`; `cargo bench --bench store -- --help`
//! has the options, and `--users 10000000` is what the design's figures are about.
//!
//! `work.rs` has the measurements, each a child process of this one over the same data folder; `results.rs`
//! the figures.

#[path = "../common/allocator.rs"]
mod allocator;
#[path = "../common/data.rs"]
mod data;
#[path = "../common/figures.rs"]
#[expect(dead_code, reason = "each benchmark has use for a part of it")]
mod figures;
#[path = "../common/machine.rs"]
mod machine;
#[path = "../common/quiet.rs"]
mod quiet;
mod results;
mod work;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use clap::{Parser, ValueEnum as _};
use serde::de::DeserializeOwned;

use self::{
    data::Folder,
    figures::{Figure, Place, medians},
    work::{Restarted, Work, Worked},
};

#[derive(Parser)]
#[command(name = "cargo bench --bench store --", about = "Measures the embedded store.")]
struct Options {
    /// How many users the store holds, with one claim each.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    users: u64,
    /// How long one measurement of changes, renewals or reads takes.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// How often each thing is measured; the median counts.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How many changes wait for the disk at a time.
    #[arg(long, value_delimiter = ',', default_values_t = [128, 1_024, 8_192])]
    waiting: Vec<usize>,
    /// The data folder, empty or filled by an earlier run with as many users; otherwise a temporary one.
    #[arg(long)]
    data: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// Cargo says this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
    /// Do one of the measurements.
    #[arg(long, hide = true)]
    work: Option<Work>,
}

/// All that is measured in a round.
struct Measured {
    /// Whether the files had to come from the disk.
    cold: bool,
    restarted: Restarted,
    /// By how many of them waited at a time.
    changes: Vec<(usize, Worked)>,
    renewals: Worked,
    reads: Worked,
}

fn main() -> ExitCode {
    // `cargo test --benches` runs benchmarks as tests, without this; there is nothing to test here.
    if !std::env::args().any(|argument| argument == "--bench") {
        eprintln!("nothing was measured; for that: cargo bench --bench store");
        return ExitCode::SUCCESS;
    }
    let options = Options::parse();
    if let Some(work) = options.work {
        work::run(work, &options);
        return ExitCode::SUCCESS;
    }
    let measured = quiet::undisturbed(|| measure(&options));
    println!("{}\n{}", machine::describe(), results::load(&options));
    machine::end(measured.and_then(|figures| options.place.put(&figures)))
}

fn measure(options: &Options) -> Result<Vec<Figure>, String> {
    let folder = Folder::new(options.data.as_deref())?;
    let at = folder.path();
    let filled = child(Work::Fill, options, at, 0)?;
    let rounds = (0..options.rounds).map(|_| {
        let cold = drop_page_cache();
        let restarted = child(Work::Restart, options, at, 0)?;
        let changes = options.waiting.iter().map(|&waiting| {
            let worked = child(Work::Change, options, at, waiting)?;
            Ok((waiting, worked))
        });
        let measured = Measured {
            cold,
            restarted,
            changes: changes.collect::<Result<_, String>>()?,
            renewals: child(Work::Renew, options, at, 0)?,
            reads: child(Work::Read, options, at, 0)?,
        };
        Ok(results::figures(&filled, &measured, options))
    });
    Ok(medians(rounds.collect::<Result<_, String>>()?))
}

/// Has a process of its own do a measurement, so that the memory it takes is that of this work alone.
fn child<T: DeserializeOwned>(
    work: Work,
    options: &Options,
    folder: &Path,
    waiting: usize,
) -> Result<T, String> {
    let name = work.to_possible_value().expect("every measurement has a name");
    eprintln!("{}, {waiting} waiting", name.get_name());
    let output = Command::new(std::env::current_exe().expect("this program has a path"))
        .args(["--bench", "--work", name.get_name(), "--users", &options.users.to_string()])
        .args(["--seconds", &options.seconds.to_string(), "--waiting", &waiting.to_string()])
        .arg("--data")
        .arg(folder)
        .stderr(Stdio::inherit())
        .output()
        .expect("this program starts");
    serde_json::from_slice(&output.stdout).map_err(|_| format!("{}: {}", name.get_name(), output.status))
}

/// Makes the next reading of files a reading of the disk, which takes the right to say so to the kernel.
fn drop_page_cache() -> bool {
    rustix::fs::sync();
    fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}
