//! The load: wrk, which spends little processor time of its own per request.

use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::{Options, servers::Server};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/http/wrk.lua");

/// What is asked for, as wrk.lua names it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Load {
    Get,
    Renew,
    Change,
    /// The same as `Change`, in presenced's own API.
    Say,
    Active,
}

/// One measurement of one server.
#[derive(Clone)]
pub(super) struct Sample {
    pub(super) per_second: f64,
    /// The server's processor time per request.
    pub(super) processor_micros: f64,
    /// Microseconds within which this share of the answers came: 50 %, 99 %, 99.9 %, all.
    pub(super) latency: [f64; 4],
    pub(super) bytes_per_answer: f64,
}

/// The line that wrk.lua ends with.
#[derive(Deserialize)]
struct Summary {
    requests: u32,
    micros: f64,
    bytes: f64,
    errors: u32,
    latency: [f64; 4],
}

pub(super) fn is_installed() -> bool {
    Command::new("wrk").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// Renews once for everybody, unmeasured: after a while without, a renewal is news and no longer only renews.
pub(super) fn renew(server: &Server, options: &Options) -> Result<(), String> {
    put_load(Load::Renew, server, 128, 1, options).map(drop)
}

/// Puts a load on a server and measures both.
pub(super) fn run(
    load: Load,
    server: &Server,
    connections: usize,
    options: &Options,
) -> Result<Sample, String> {
    put_load(load, server, connections, options.seconds, options)
}

fn put_load(
    load: Load,
    server: &Server,
    connections: usize,
    seconds: u64,
    options: &Options,
) -> Result<Sample, String> {
    let mut command = Command::new("wrk");
    command.args(["--script", SCRIPT]);
    // wrk wants at least one connection for each thread.
    let threads = options.threads.min(connections as u64);
    command.arg(format!("--threads={threads}"));
    command.arg(format!("--connections={connections}"));
    command.arg(format!("--duration={seconds}s"));
    command.args([&format!("http://{}", server.address), "--"]);
    command.arg(match load {
        Load::Get => "get",
        Load::Renew => "renew",
        Load::Change => "change",
        Load::Say => "say",
        Load::Active => "active",
    });
    command.args([server.callers, server.stride].map(|number| number.to_string()));
    command.arg(threads.to_string());
    let before = server.processor_micros();
    let output = command.output().map_err(|error| format!("wrk: {error}"))?;
    let used = server.processor_micros() - before;

    let stdout = String::from_utf8_lossy(&output.stdout);
    let summary = stdout.lines().last().and_then(|line| serde_json::from_str::<Summary>(line).ok());
    let summary = summary.ok_or_else(|| {
        format!("wrk ended with {} and {}{stdout}", output.status, String::from_utf8_lossy(&output.stderr))
    })?;
    if summary.errors > 0 || summary.requests == 0 {
        return Err(format!("{} of {} requests failed", summary.errors, summary.requests));
    }
    let requests = f64::from(summary.requests);
    Ok(Sample {
        per_second: requests / summary.micros * 1e6,
        processor_micros: used / requests,
        latency: summary.latency,
        bytes_per_answer: summary.bytes / requests,
    })
}
