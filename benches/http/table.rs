//! What is printed: the machine, and a table of medians.

use comfy_table::{CellAlignment, Table, presets};

use crate::{Options, ROWS, Rounds, Row, machine, servers::USERS, wrk::Sample};

const HEADER: [&str; 8] = [
    "",
    "floor\nreq/s",
    "presenced\nreq/s",
    "throughput ratio\n(least - most)",
    "floor\nCPU µs/req",
    "presenced\nCPU µs/req",
    "CPU ratio\n(least - most)",
    "latency p50/p99 ms\nfloor | presenced",
];

/// The machine, the build and the load.
pub(super) fn machine(options: &Options) -> String {
    let Options { seconds, rounds, connections, threads, .. } = options;
    format!(
        "{}\nload: wrk, {connections} connections, {threads} threads, {USERS} users; \
         {rounds} rounds of {seconds} s; medians",
        machine::describe(),
    )
}

/// The table.
pub(super) fn results(measured: &[Rounds]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL).set_header(HEADER);
    for (row, rounds) in ROWS.iter().zip(measured) {
        table.add_row(cells(row, rounds));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

fn cells(row: &Row, rounds: &Rounds) -> Vec<String> {
    let both = |value: fn(&Sample) -> f64| -> (f64, f64) {
        (
            median(rounds.iter().map(|(floor, _)| value(floor))),
            median(rounds.iter().map(|(_, presenced)| value(presenced))),
        )
    };
    let ratios = |value: fn(&Sample) -> f64| -> Vec<f64> {
        rounds.iter().map(|(floor, presenced)| value(presenced) / value(floor)).collect()
    };
    let throughput = both(|sample| sample.per_second);
    let processor = both(|sample| sample.processor_micros);
    let (p50, p99) = (both(|sample| sample.p50_micros), both(|sample| sample.p99_micros));
    let throughput_ratios = ratios(|sample| sample.per_second);
    let processor_ratios = ratios(|sample| sample.processor_micros);
    let reached = (
        median(throughput_ratios.iter().copied()) >= row.throughput,
        median(processor_ratios.iter().copied()) <= row.processor,
    );
    vec![
        row.what.to_owned(),
        format!("{:.0}", throughput.0),
        format!("{:.0}", throughput.1),
        format!("{}\n>= {:.2}: {}", spread(&throughput_ratios), row.throughput, verdict(reached.0)),
        format!("{:.1}", processor.0),
        format!("{:.1}", processor.1),
        format!("{}\n<= {:.2}: {}", spread(&processor_ratios), row.processor, verdict(reached.1)),
        format!("{:.1}/{:.1} | {:.1}/{:.1}", p50.0 / 1e3, p99.0 / 1e3, p50.1 / 1e3, p99.1 / 1e3),
    ]
}

fn verdict(reached: bool) -> &'static str {
    if reached { "yes" } else { "MISSED" }
}

fn spread(ratios: &[f64]) -> String {
    let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let most = ratios.iter().copied().fold(0.0, f64::max);
    format!("{:.2} ({least:.2} - {most:.2})", median(ratios.iter().copied()))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}

/// A row's name as a line of text.
pub(super) fn one_line(what: &str) -> String {
    what.replace('\n', " ")
}
