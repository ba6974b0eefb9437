//! What every benchmark says of the machine and asks it of a process.

use std::{
    fs,
    process::{Command, ExitCode},
};

/// The kernel counts processor time in hundredths of a second (USER_HZ on every common platform).
const MICROS_PER_TICK: f64 = 10_000.0;

/// The machine and the build.
pub(crate) fn describe() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).into());
    format!(
        "machine: {cores} cores, {}, Linux {}\nbuild: {}, {}",
        model.trim_matches([' ', '\t', ':']),
        kernel.trim(),
        rustc.trim(),
        profile(),
    )
}

/// The profile of this build: cargo's release profile, and what Cargo.toml changes of it.
fn profile() -> String {
    let manifest = include_str!("../../Cargo.toml");
    let changes: Vec<_> = manifest
        .lines()
        .skip_while(|line| !matches!(*line, "[profile.release]" | "[profile.bench]"))
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| line.contains('=') && !line.starts_with('#'))
        .collect();
    let name = if cfg!(debug_assertions) { "profile with debug assertions" } else { "release profile" };
    let allocator = if cfg!(feature = "jemalloc") { "jemalloc" } else { "the system's allocator" };
    match changes.is_empty() {
        true => format!("{name}, {allocator}"),
        false => format!("{name} with {}, {allocator}", changes.join(", ")),
    }
}

/// The processor time that a process has used so far, in user and kernel mode.
pub(crate) fn processor_micros(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("the process runs");
    // The second field is the program's name in parentheses; utime and stime are the 14th and 15th.
    let (_, rest) = stat.rsplit_once(')').expect("proc(5)");
    let ticks = rest.split_whitespace().skip(11).take(2);
    ticks.map(|ticks| ticks.parse::<f64>().expect("proc(5)") * MICROS_PER_TICK).sum()
}

/// How a benchmark ends.
pub(crate) fn end(measured: Result<(), String>) -> ExitCode {
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("the figures would mean nothing: {why}");
            ExitCode::FAILURE
        }
    }
}
