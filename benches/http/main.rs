//! What serving presence costs over HTTP, against the floor: bare axum handlers that give the same
//! answers. Run it with `cargo bench --bench http`; `cargo bench --bench http -- --help` has the options.
//!
//! `servers.rs` has the servers, each a child process of this one, and `synapse.rs` another homeserver to compare
//! with; `wrk.rs` and `wrk.lua` the load; `room.rs` a large room instead; `table.rs` what is printed. presenced does all
//! that it does by default: it counts for `/metrics`, names requests, and logs to standard error. The servers take turns
//! within each round, and a ratio is the median of the rounds' ratios, so that what else the machine does falls on all
//! alike.

#[path = "../common/data.rs"]
mod data;
#[path = "../common/machine.rs"]
mod machine;
mod room;
mod servers;
mod synapse;
mod table;
mod wrk;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;

use self::{
    data::Folder,
    servers::{CALLERS, Role, Server},
    wrk::{Load, Sample},
};

#[derive(Parser)]
#[command(name = "cargo bench --bench http --", about = "Measures presenced against bare axum handlers.")]
struct Options {
    /// How long one measurement takes.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// How often each thing is measured; the medians count.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    rounds: u64,
    /// How many connections wrk keeps busy.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64, 128])]
    connections: Vec<usize>,
    /// How many threads wrk has; one leaves the servers the most of a small machine.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    threads: u64,
    /// Where presenced keeps its records.
    #[arg(long, value_delimiter = ',', default_value = "disk")]
    stores: Vec<Store>,
    /// How many users presenced holds; a thousand of them, far apart, are active.
    #[arg(long, default_value_t = CALLERS)]
    users: usize,
    /// The data folder, empty or filled by an earlier run with as many users; otherwise a temporary one.
    #[arg(long)]
    data: Option<PathBuf>,
    /// A Python that has Synapse (`pip install matrix-synapse`), to be measured against instead of the floor.
    #[arg(long)]
    synapse: Option<PathBuf>,
    /// This benchmark as an earlier version built it, to be measured against instead of the floor: the path of its
    /// program, as `cargo bench --bench http --no-run` tells it there.
    #[arg(long, value_name = "PROGRAM")]
    before: Option<PathBuf>,
    /// Measure the presence of a room of so many members instead, while members change.
    #[arg(long, value_name = "MEMBERS", num_args = 0..=1, default_missing_value = "100000")]
    room: Option<usize>,
    /// Cargo says this to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
    /// Be one of the servers.
    #[arg(long, hide = true)]
    role: Option<Role>,
    /// Whose answers the floor gives.
    #[arg(long, hide = true)]
    model: Option<SocketAddr>,
}

/// Where the records are.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Store {
    /// On a disk, and in memory: as the server is run.
    Disk,
    /// In memory alone.
    Memory,
}

/// What is asked of both servers, and how presenced should bear it.
struct Case {
    what: &'static str,
    load: Load,
    /// The least throughput, as a multiple of the floor's.
    throughput: f64,
    /// The most processor time per request, as a multiple of the floor's.
    processor: f64,
    /// With fewer connections there is no target.
    from_connections: usize,
}

/// The targets of the design's section "Figures to reach".
const CASES: [Case; 5] = [
    Case { what: "GET status", load: Load::Get, throughput: 0.85, processor: 1.2, from_connections: 1 },
    Case {
        what: "PUT that only renews",
        load: Load::Renew,
        throughput: 0.80,
        processor: 1.2,
        from_connections: 1,
    },
    Case {
        what: "PUT, each a change",
        load: Load::Change,
        throughput: 0.50,
        processor: 2.0,
        from_connections: 128,
    },
    Case {
        what: "native PUT, each a change",
        load: Load::Say,
        throughput: 0.50,
        processor: 2.0,
        from_connections: 128,
    },
    Case {
        what: "activity that nobody sees",
        load: Load::Active,
        throughput: 0.80,
        processor: 1.2,
        from_connections: 1,
    },
];

/// One line of the table.
struct Row {
    case: &'static Case,
    connections: usize,
    store: Store,
    /// The floor and presenced, once per round.
    rounds: Vec<(Sample, Sample)>,
}

fn main() -> ExitCode {
    // `cargo test --benches` runs benchmarks as tests, without this; there is nothing to test here.
    if !std::env::args().any(|argument| argument == "--bench") {
        eprintln!("nothing was measured; for that: cargo bench --bench http");
        return ExitCode::SUCCESS;
    }
    let options = Options::parse();
    if let Some(role) = options.role {
        servers::serve(role, &options);
        return ExitCode::SUCCESS;
    }
    if let Some(members) = options.room {
        println!("{}\n{}", machine::describe(), room::measure(members, &options));
        return ExitCode::SUCCESS;
    }
    if !wrk::is_installed() {
        eprintln!("wrk makes the load and is not installed; install it with: apt-get install wrk");
        return ExitCode::from(2);
    }
    let measured = match (&options.synapse, &options.before) {
        (Some(python), _) => {
            let heading = format!("Synapse\nreq/s, {} users", synapse::CALLERS);
            measure_synapse(&options, python).map(|rows| table::against(&heading, &rows))
        }
        (None, Some(program)) => {
            measure_before(&options, program).map(|rows| table::against("before\nreq/s", &rows))
        }
        (None, None) => measure(&options).map(|rows| table::results(&rows)),
    };
    match measured {
        Ok(table) => {
            println!("{}\n{}\n{table}", machine::describe(), table::load(&options));
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("the figures would mean nothing: {why}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<Vec<Row>, String> {
    let folder = Folder::new(options.data.as_deref())?;
    let presenced = |&store: &Store| (store, Server::start(store.into(), options, folder.path(), None));
    let presenced: Vec<(Store, Server)> = options.stores.iter().map(presenced).collect();
    let model = presenced.first().map(|(_, server)| server.address);
    let floor = Server::start(Role::Floor, options, folder.path(), model);
    let mut rows = rows(options);
    // Rows take turns as well, so that the PUTs of each round keep fresh what the GETs of the next read.
    for round in 0..=options.rounds {
        for rows in rows.chunk_by_mut(Row::is_asked_like) {
            let (case, connections) = (rows[0].case, rows[0].connections);
            // Round 0 warms up, with the most connections.
            if round == 0 && Some(&connections) != options.connections.iter().max() {
                continue;
            }
            eprintln!("round {round} of {}: {}, {connections} connections", options.rounds, case.what);
            let floor = wrk::run(case.load, &floor, connections, options)?;
            for (_, server) in presenced.iter().filter(|_| case.load == Load::Renew) {
                wrk::renew(server, options)?;
            }
            for (row, (_, server)) in rows.iter_mut().zip(&presenced) {
                let sample = wrk::run(case.load, server, connections, options)?;
                check_same_bytes(&floor, &sample)?;
                if round > 0 {
                    row.rounds.push((floor.clone(), sample));
                }
            }
        }
    }
    Ok(rows)
}

/// What is asked of presenced and of another server, and how many times as often presenced should answer.
type Against = (&'static str, Load, f64);

const AGAINST_SYNAPSE: [Against; 2] =
    [("GET status", Load::Get, 60.0), ("PUT, each a change", Load::Change, 100.0)];

/// What an earlier version answers too.
const AGAINST_BEFORE: [Against; 3] = [
    ("GET status", Load::Get, 0.97),
    ("PUT that only renews", Load::Renew, 0.97),
    ("PUT, each a change", Load::Change, 0.97),
];

/// One line of the table against another server.
struct RivalRow {
    what: &'static str,
    connections: usize,
    least: f64,
    /// The other and presenced, once per round.
    rounds: Vec<(Sample, Sample)>,
}

fn measure_synapse(options: &Options, python: &Path) -> Result<Vec<RivalRow>, String> {
    let (folder, theirs) = (Folder::new(options.data.as_deref())?, Folder::new(None)?);
    let synapse = synapse::start(python, theirs.path())?;
    let presenced = Server::start(Role::Disk, options, folder.path(), None);
    measure_against(options, &AGAINST_SYNAPSE, &synapse, &presenced)
}

/// Each has a folder of its own: an earlier version need not read what this one writes.
fn measure_before(options: &Options, program: &Path) -> Result<Vec<RivalRow>, String> {
    let (folder, theirs) = (Folder::new(options.data.as_deref())?, Folder::new(None)?);
    let before = Server::start_by(program, Role::Disk, options, theirs.path(), None);
    let presenced = Server::start(Role::Disk, options, folder.path(), None);
    measure_against(options, &AGAINST_BEFORE, &before, &presenced)
}

/// The servers take turns here too.
fn measure_against(
    options: &Options,
    asked: &[Against],
    rival: &Server,
    presenced: &Server,
) -> Result<Vec<RivalRow>, String> {
    let mut rows = Vec::new();
    for &(what, load, least) in asked {
        for &connections in &options.connections {
            let mut rounds = Vec::new();
            for round in 0..=options.rounds {
                eprintln!("round {round} of {}: {what}, {connections} connections", options.rounds);
                let sample = |server| {
                    if load == Load::Renew {
                        wrk::renew(server, options)?;
                    }
                    wrk::run(load, server, connections, options)
                };
                let samples = (sample(rival)?, sample(presenced)?);
                // Round 0 warms up.
                rounds.extend((round > 0).then_some(samples));
            }
            rows.push(RivalRow { what, connections, least, rounds });
        }
    }
    Ok(rows)
}

/// The lines of the table. Those that ask the same, of different stores, follow each other.
fn rows(options: &Options) -> Vec<Row> {
    let mut rows = Vec::new();
    for case in &CASES {
        for &connections in &options.connections {
            let row = |&store| Row { case, connections, store, rounds: Vec::new() };
            rows.extend(options.stores.iter().map(row));
        }
    }
    rows
}

impl Row {
    fn is_asked_like(&self, other: &Self) -> bool {
        self.case.what == other.case.what && self.connections == other.connections
    }
}

/// The floor's answers were recorded once. Since then presenced's may differ by some digits of an age.
fn check_same_bytes(floor: &Sample, presenced: &Sample) -> Result<(), String> {
    let (floor, presenced) = (floor.bytes_per_answer, presenced.bytes_per_answer);
    if (floor - presenced).abs() / floor > 0.01 {
        return Err(format!("an answer has {floor:.1} bytes from the floor, {presenced:.1} from presenced"));
    }
    Ok(())
}
