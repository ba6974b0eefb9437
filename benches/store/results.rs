//! What was measured, as figures.

use crate::{
    Measured, Options,
    figures::Figure,
    work::{Filled, Worked},
};

/// The users that the targets are about, and the targets of the design's section "Figures to reach".
const USERS: u64 = 10_000_000;
const MOST_MEBIBYTES: f64 = 1.2 * 1_024.0;
const MOST_SECONDS: f64 = 8.0;

/// What was asked.
pub(super) fn load(options: &Options) -> String {
    format!("load: {} users with one claim each; {} s for each rate", options.users, options.seconds)
}

pub(super) fn figures(filled: &Filled, measured: &Measured, options: &Options) -> Vec<Figure> {
    let Measured { cold, restarted, changes, renewals, reads } = measured;
    let what = |figure: &str| format!("{} users: {figure}", options.users);
    let bounded = |figure: Figure, most: f64| match options.users < USERS {
        true => figure,
        false => figure.at_most(most),
    };
    let seconds = restarted.engine_seconds + restarted.records_seconds + restarted.directory_seconds;
    let parts = format!(
        "engine {:.1}, records {:.1}, directory {:.1} s; from {}",
        restarted.engine_seconds,
        restarted.records_seconds,
        restarted.directory_seconds,
        if *cold { "disk" } else { "page cache" },
    );
    let mut figures = vec![
        Figure::new(what("filling, unless an earlier run did"), filled.seconds, "s"),
        bounded(Figure::new(what("memory"), restarted.mebibytes, "MiB"), MOST_MEBIBYTES)
            .beside(format!("{:.0} MiB of it the directory", restarted.directory_mebibytes)),
        bounded(
            Figure::new(what("memory while all turn idle"), restarted.idle_mebibytes, "MiB"),
            MOST_MEBIBYTES,
        ),
        bounded(Figure::new(what("restart until ready"), seconds, "s"), MOST_SECONDS).beside(parts),
    ];
    let work = |name: &str, worked: &Worked| {
        let beside = format!("{:.1} us CPU; p50/p99/p99.9/max {}", worked.processor_micros, latency(worked));
        Figure::new(what(name), worked.per_second, "/s").beside(beside)
    };
    figures
        .extend(changes.iter().map(|(waiting, worked)| work(&format!("changes, {waiting} waiting"), worked)));
    figures.extend([work("renewals", renewals), work("reads", reads)]);
    figures
}

fn latency(worked: &Worked) -> String {
    let [p50, p99, p999, longest] = worked.latency;
    if p50 < 1e3 {
        return format!("{p50:.1}/{p99:.1}/{p999:.1}/{longest:.1} us");
    }
    format!("{:.1}/{:.1}/{:.1}/{:.1} ms", p50 / 1e3, p99 / 1e3, p999 / 1e3, longest / 1e3)
}
