//! What serving presence costs over HTTP, against floors: bare axum handlers that give the same
//! answers. Run it with `cargo bench --bench http`; `cargo bench --bench http -- --help` has the options.
//!
//! `servers.rs` has the servers, each a child process of this one; `floor.rs` the floors, and `synapse.rs` another homeserver to compare
//! with; `wrk.rs` and `wrk.lua` the load; `room.rs` a large room instead; `results.rs` the figures. presenced does all
//! that it does by default: it counts for `/metrics`, names requests, and logs to standard error. The servers take turns
//! within each round, and a ratio is the median of the rounds' ratios, so that what else the machine does falls on all
//! alike.

#[path = "../common/allocator.rs"]
mod allocator;
#[path = "../common/data.rs"]
mod data;
#[path = "../common/figures.rs"]
#[expect(dead_code, reason = "each benchmark has use for a part of it")]
mod figures;
mod floor;
#[path = "../common/machine.rs"]
mod machine;
#[path = "../common/quiet.rs"]
mod quiet;
mod results;
mod room;
mod servers;
mod synapse;
mod wrk;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;

use self::{
    data::Folder,
    figures::Place,
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
    #[command(flatten)]
    place: Place,
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
    floor: Role,
    /// The least throughput, as a multiple of the floor's.
    throughput: Option<f64>,
    /// The most processor time per request, as a multiple of the floor's.
    processor: Option<f64>,
}

impl Case {
    const fn new(what: &'static str, load: Load, floor: Role, throughput: f64, processor: f64) -> Self {
        Self { what, load, floor, throughput: Some(throughput), processor: Some(processor) }
    }
}

/// With fewer connections there are no targets: each then waits for the disk alone, or for a wake-up.
const TARGETS_FROM: usize = 128;

// The targets of the design's section "Figures to reach".
const GET: Case = Case::new("GET status", Load::Get, Role::Floor, 0.95, 1.2);
const RENEW: Case = Case::new("PUT that only renews", Load::Renew, Role::Floor, 0.90, 1.3);
const CHANGE: Case = Case::new("PUT, each a change", Load::Change, Role::Floor, 0.60, 2.0);

const CASES: [Case; 7] = [
    GET,
    Case { floor: Role::Axum, throughput: None, processor: None, ..GET },
    RENEW,
    CHANGE,
    Case { floor: Role::Journal, throughput: Some(0.80), processor: None, ..CHANGE },
    Case::new("native PUT, each a change", Load::Say, Role::Floor, 0.50, 2.0),
    Case::new("activity that nobody sees", Load::Active, Role::Floor, 0.80, 1.2),
];

/// What was measured of one case.
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
    if !(options.room.is_some() || wrk::is_installed()) {
        eprintln!("wrk makes the load and is not installed; install it with: apt-get install wrk");
        return ExitCode::from(2);
    }
    let measured = quiet::undisturbed(|| match (options.room, &options.synapse, &options.before) {
        (Some(members), ..) => Ok(room::measure(members, &options)),
        (None, Some(python), _) => measure_synapse(&options, python).map(|rows| {
            let rival = format!("Synapse with {} users", synapse::CALLERS);
            results::against(&rival, &rows)
        }),
        (None, None, Some(program)) => {
            measure_before(&options, program).map(|rows| results::against("the version before", &rows))
        }
        (None, None, None) => measure(&options).map(|rows| results::figures(&rows)),
    });
    println!("{}\n{}", machine::describe(), results::load(&options));
    machine::end(measured.and_then(|figures| options.place.put(&figures)))
}

fn measure(options: &Options) -> Result<Vec<Row>, String> {
    let folder = Folder::new(options.data.as_deref())?;
    let floors_folder = Folder::new(None)?;
    let presenced = |&store: &Store| (store, Server::start(store.into(), options, folder.path(), None));
    let presenced: Vec<(Store, Server)> = options.stores.iter().map(presenced).collect();
    let model = presenced.first().map(|(_, server)| server.address);
    let floor = |role| (role, Server::start(role, options, floors_folder.path(), model));
    let floors = [Role::Floor, Role::Axum, Role::Journal].map(floor);
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
            let (_, floor) = floors.iter().find(|(role, _)| *role == case.floor).expect("all were started");
            let floor = wrk::run(case.load, floor, connections, options)?;
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
    [("GET status", Load::Get, 48.0), ("PUT, each a change", Load::Change, 100.0)];

/// What an earlier version answers too.
const AGAINST_BEFORE: [Against; 3] = [
    ("GET status", Load::Get, 0.97),
    ("PUT that only renews", Load::Renew, 0.97),
    ("PUT, each a change", Load::Change, 0.97),
];

/// What was measured against another server.
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

/// All that is measured. Those that ask the same, of different stores, follow each other.
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
        std::ptr::eq(self.case, other.case) && self.connections == other.connections
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
