//! What is printed: the load, and a table of medians.

use comfy_table::{CellAlignment, Table, presets};

use crate::{Options, RivalRow, Row, Store, servers::CALLERS, wrk::Sample};

const HEADER: [&str; 10] = [
    "",
    "store",
    "connections",
    "floor\nreq/s",
    "presenced\nreq/s",
    "throughput ratio\n(least - most)",
    "floor\nCPU µs/req",
    "presenced\nCPU µs/req",
    "CPU ratio\n(least - most)",
    "latency p50/p99/p99.9/max ms\nfloor; presenced",
];

/// What was asked.
pub(super) fn load(options: &Options) -> String {
    let Options { seconds, rounds, threads, users, .. } = options;
    format!(
        "load: wrk, {threads} threads, {users} users of whom {CALLERS} are active; \
         {rounds} rounds of {seconds} s; medians; max is the longest of all"
    )
}

/// The table of what another server does, under that heading, and presenced.
pub(super) fn against(heading: &str, rows: &[RivalRow]) -> String {
    let header = [
        "",
        "connections",
        heading,
        "presenced\nreq/s",
        "ratio\n(least - most)",
        "latency p50/p99/p99.9/max ms\nthe other; presenced",
    ];
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL).set_header(header);
    for RivalRow { what, connections, least, rounds } in rows {
        let (rival, presenced) = (|| rounds.iter().map(|(it, _)| it), || rounds.iter().map(|(_, it)| it));
        let ratios: Vec<f64> =
            rounds.iter().map(|(theirs, ours)| ours.per_second / theirs.per_second).collect();
        let reached = if median(ratios.iter().copied()) >= *least { "yes" } else { "MISSED" };
        table.add_row([
            (*what).to_owned(),
            connections.to_string(),
            format!("{:.0}", median(rival().map(|sample| sample.per_second))),
            format!("{:.0}", median(presenced().map(|sample| sample.per_second))),
            format!("{}\n>= {least}: {reached}", spread(&ratios)),
            format!("{}\n{}", latency(rival()), latency(presenced())),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

/// The table.
pub(super) fn results(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL).set_header(HEADER);
    for row in rows {
        table.add_row(cells(row));
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

fn cells(row: &Row) -> Vec<String> {
    let floor = || row.rounds.iter().map(|(floor, _)| floor);
    let presenced = || row.rounds.iter().map(|(_, presenced)| presenced);
    let ratios = |value: fn(&Sample) -> f64| -> Vec<f64> {
        row.rounds.iter().map(|(floor, presenced)| value(presenced) / value(floor)).collect()
    };
    let throughput = ratios(|sample| sample.per_second);
    let processor = ratios(|sample| sample.processor_micros);
    let case = row.case;
    let (least, most) = (case.throughput, case.processor);
    let verdict = |target: String, is_reached: bool| match is_reached {
        _ if row.connections < case.from_connections => String::new(),
        true => format!("\n{target}: yes"),
        false => format!("\n{target}: MISSED"),
    };
    let reached = (
        verdict(format!(">= {least:.2}"), median(throughput.iter().copied()) >= least),
        verdict(format!("<= {most:.2}"), median(processor.iter().copied()) <= most),
    );
    vec![
        case.what.to_owned(),
        match row.store {
            Store::Disk => "disk",
            Store::Memory => "memory",
        }
        .to_owned(),
        row.connections.to_string(),
        format!("{:.0}", median(floor().map(|sample| sample.per_second))),
        format!("{:.0}", median(presenced().map(|sample| sample.per_second))),
        spread(&throughput) + &reached.0,
        format!("{:.1}", median(floor().map(|sample| sample.processor_micros))),
        format!("{:.1}", median(presenced().map(|sample| sample.processor_micros))),
        spread(&processor) + &reached.1,
        format!("{}\n{}", latency(floor()), latency(presenced())),
    ]
}

/// Medians of the percentiles, and the longest of all.
fn latency<'a>(samples: impl Iterator<Item = &'a Sample> + Clone) -> String {
    let of = |index: usize| samples.clone().map(move |sample| sample.latency[index] / 1e3);
    let longest = of(3).fold(0.0, f64::max);
    format!("{:.2}/{:.1}/{:.1}/{longest:.1}", median(of(0)), median(of(1)), median(of(2)))
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
