//! What is printed: the load, and a table of what was measured.

use comfy_table::{CellAlignment, Table, presets};

use crate::{Measured, Options, work::Worked};

/// The users that the targets are about, and the targets of the design's section "Figures to reach".
const USERS: u64 = 10_000_000;
const MOST_MEBIBYTES: f64 = 1.2 * 1_024.0;
const MOST_SECONDS: f64 = 10.0;

/// What was asked.
pub(super) fn load(options: &Options) -> String {
    format!("load: {} users with one claim each; {} s for each rate", options.users, options.seconds)
}

/// The table.
pub(super) fn results(measured: &Measured, options: &Options) -> String {
    let Measured { filled, cold, restarted, changes, renewals, reads } = measured;
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL).set_header(["", "figure", "CPU µs", "p50/p99/p99.9/max"]);
    let mut row = |what: &str, figure: String| {
        table.add_row([what, &figure, "", ""]);
    };
    let verdict = |value: f64, most: f64, target: &str| match value <= most {
        _ if options.users < USERS => String::new(),
        true => format!("\n<= {target}: yes"),
        false => format!("\n<= {target}: MISSED"),
    };
    row("filling, unless an earlier run did", format!("{:.1} s", filled.seconds));
    row("memory, directory", format!("{:.0} MiB", restarted.directory_mebibytes));
    let memory = verdict(restarted.mebibytes, MOST_MEBIBYTES, "1.2 GiB");
    row("memory, records and directory", format!("{:.0} MiB{memory}", restarted.mebibytes));
    let from = if *cold { "disk" } else { "page cache" };
    row(&format!("restart from {from}: engine"), format!("{:.1} s", restarted.engine_seconds));
    row("records", format!("{:.1} s", restarted.records_seconds));
    row("directory", format!("{:.1} s", restarted.directory_seconds));
    let seconds = restarted.engine_seconds + restarted.records_seconds + restarted.directory_seconds;
    row("until ready", format!("{seconds:.1} s{}", verdict(seconds, MOST_SECONDS, "10 s")));
    for (waiting, worked) in changes {
        table.add_row(cells(format!("changes, {waiting} waiting"), worked));
    }
    table.add_row(cells("renewals".to_owned(), renewals));
    table.add_row(cells("reads".to_owned(), reads));
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

fn cells(what: String, worked: &Worked) -> [String; 4] {
    let (rate, processor) = (worked.per_second, worked.processor_micros);
    [what, format!("{rate:.0} /s"), format!("{processor:.1}"), latency(worked)]
}

fn latency(worked: &Worked) -> String {
    let [p50, p99, p999, longest] = worked.latency;
    if p50 < 1e3 {
        return format!("{p50:.1}/{p99:.1}/{p999:.1}/{longest:.1} µs");
    }
    format!("{:.1}/{:.1}/{:.1}/{:.1} ms", p50 / 1e3, p99 / 1e3, p999 / 1e3, longest / 1e3)
}
