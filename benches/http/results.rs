//! What was measured, as figures: the medians of the rounds, and of their ratios.

use crate::{
    Options, RivalRow, Row, Store, TARGETS_FROM,
    figures::{Figure, median},
    servers::{CALLERS, Role},
    wrk::Sample,
};

/// What was asked.
pub(super) fn load(options: &Options) -> String {
    let Options { seconds, rounds, threads, users, .. } = options;
    format!(
        "load: wrk, {threads} threads, {users} users of whom {CALLERS} are active; \
         {rounds} rounds of {seconds} s; medians; max is the longest of all"
    )
}

/// What another server does, and presenced.
pub(super) fn against(rival: &str, rows: &[RivalRow]) -> Vec<Figure> {
    let figure = |row: &RivalRow| {
        let what = format!("{}, {} connections, against {rival}: rate", row.what, row.connections);
        rate(what, &row.rounds).at_least(row.least)
    };
    rows.iter().map(figure).collect()
}

/// What the floors do, and presenced.
pub(super) fn figures(rows: &[Row]) -> Vec<Figure> {
    rows.iter().flat_map(of_row).collect()
}

fn of_row(row: &Row) -> [Figure; 2] {
    let case = row.case;
    let floor = match case.floor {
        Role::Axum => "axum's own loop",
        Role::Journal => "a floor that commits",
        _ => "the floor",
    };
    let store = if row.store == Store::Memory { ", in memory" } else { "" };
    let what = |figure: &str| {
        format!("{}{store}, {} connections, against {floor}: {figure}", case.what, row.connections)
    };
    let is_bound = row.connections >= TARGETS_FROM;
    let rate = rate(what("rate"), &row.rounds);
    let processor = ratio(what("processor time"), &row.rounds, |sample| sample.processor_micros, "us");
    [
        match case.throughput.filter(|_| is_bound) {
            Some(least) => rate.at_least(least),
            None => rate,
        },
        match case.processor.filter(|_| is_bound) {
            Some(most) => processor.at_most(most),
            None => processor,
        },
    ]
}

fn rate(what: String, rounds: &[(Sample, Sample)]) -> Figure {
    let latencies =
        [latency(rounds.iter().map(|(other, _)| other)), latency(rounds.iter().map(|(_, ours)| ours))];
    let figure = ratio(what, rounds, |sample| sample.per_second, "/s");
    figure.beside(format!("p50/p99/p99.9/max {} and {} ms", latencies[0], latencies[1]))
}

/// The ratio of presenced's values to the other's.
fn ratio(what: String, rounds: &[(Sample, Sample)], value: fn(&Sample) -> f64, unit: &str) -> Figure {
    let ratios: Vec<f64> = rounds.iter().map(|(other, ours)| value(ours) / value(other)).collect();
    let (least, most) = ratios
        .iter()
        .fold((f64::INFINITY, 0.0_f64), |(least, most), ratio| (least.min(*ratio), most.max(*ratio)));
    let other = median(rounds.iter().map(|(other, _)| value(other)));
    let ours = median(rounds.iter().map(|(_, ours)| value(ours)));
    let beside = format!("{least:.2} to {most:.2}; {other:.0} and {ours:.0} {unit}");
    Figure::new(what, median(ratios), "x").beside(beside)
}

/// Medians of the percentiles, and the longest of all.
fn latency<'a>(samples: impl Iterator<Item = &'a Sample> + Clone) -> String {
    let of = |index: usize| samples.clone().map(move |sample| sample.latency[index] / 1e3);
    let longest = of(3).fold(0.0, f64::max);
    format!("{:.2}/{:.1}/{:.1}/{longest:.1}", median(of(0)), median(of(1)), median(of(2)))
}
