//! What serving presence costs over HTTP, against the floor: bare axum handlers that give the same
//! answers. Run it with `cargo bench --bench http`; `cargo bench --bench http -- --help` has the options.
//!
//! `servers.rs` has the two servers, each a child process of this one; `wrk.rs` and `wrk.lua` the load;
//! `table.rs` what is printed. The servers take turns within each round, and a ratio is the median of the
//! rounds' ratios, so that what else the machine does falls on both alike.

#[path = "../shared/machine.rs"]
mod machine;
mod servers;
mod table;
mod wrk;

use std::{net::SocketAddr, process::ExitCode};

use clap::Parser;

use self::{
    servers::{Role, Server},
    wrk::{Load, Sample},
};

#[derive(Parser)]
#[command(name = "cargo bench --bench http --", about = "Measures presenced against bare axum handlers.")]
struct Options {
    /// How long one measurement takes.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// How often each thing is measured; the medians count.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    rounds: u64,
    /// How many connections wrk keeps busy.
    #[arg(long, default_value_t = 128)]
    connections: usize,
    /// How many threads wrk has; one leaves the servers the most of a small machine.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    threads: u64,
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

/// One line of the table.
struct Row {
    what: &'static str,
    load: Load,
    /// The least throughput, as a multiple of the floor's.
    throughput: f64,
    /// The most processor time per request, as a multiple of the floor's.
    processor: f64,
}

/// The targets of the design's section "Figures to reach".
const ROWS: [Row; 3] = [
    Row { what: "GET status", load: Load::Get, throughput: 0.85, processor: 1.2 },
    Row { what: "PUT that only renews", load: Load::Renew, throughput: 0.80, processor: 1.2 },
    Row {
        what: "PUT, each a change\n(in memory: no fsync yet)",
        load: Load::Change,
        throughput: 0.50,
        processor: 2.0,
    },
];

/// What was measured of one row: the floor and presenced, once per round.
type Rounds = Vec<(Sample, Sample)>;

fn main() -> ExitCode {
    // `cargo test --benches` runs benchmarks as tests, without this; there is nothing to test here.
    if !std::env::args().any(|argument| argument == "--bench") {
        eprintln!("nothing was measured; for that: cargo bench --bench http");
        return ExitCode::SUCCESS;
    }
    let options = Options::parse();
    if let Some(role) = options.role {
        servers::serve(role, options.model);
        return ExitCode::SUCCESS;
    }
    if !wrk::is_installed() {
        eprintln!("wrk makes the load and is not installed; install it with: apt-get install wrk");
        return ExitCode::from(2);
    }
    match measure(&options) {
        Ok(measured) => {
            println!("{}", table::machine(&options));
            println!("{}", table::results(&measured));
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("the figures would mean nothing: {why}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<Vec<Rounds>, String> {
    let presenced = Server::start(Role::Presenced, None);
    let floor = Server::start(Role::Floor, Some(presenced.address));
    let mut measured: Vec<Rounds> = ROWS.iter().map(|_| Vec::new()).collect();
    // Rows take turns as well, so that the PUTs of each round keep fresh what the GETs of the next read.
    for round in 0..=options.rounds {
        for (row, rounds) in ROWS.iter().zip(&mut measured) {
            eprintln!("round {round} of {}: {}", options.rounds, table::one_line(row.what));
            let pair = (wrk::run(row.load, &floor, options)?, wrk::run(row.load, &presenced, options)?);
            check_same_bytes(&pair)?;
            // Round 0 warms up.
            if round > 0 {
                rounds.push(pair);
            }
        }
    }
    Ok(measured)
}

/// The floor's answers were recorded once. Since then presenced's may differ by some digits of an age.
fn check_same_bytes((floor, presenced): &(Sample, Sample)) -> Result<(), String> {
    let (floor, presenced) = (floor.bytes_per_answer, presenced.bytes_per_answer);
    if (floor - presenced).abs() / floor > 0.01 {
        return Err(format!("an answer has {floor:.1} bytes from the floor, {presenced:.1} from presenced"));
    }
    Ok(())
}
