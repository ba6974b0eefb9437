//! What a benchmark found: a line for each figure, with the design's target where there is one.

use std::{fs::OpenOptions, io::Write as _, path::PathBuf};

use comfy_table::{CellAlignment, Table, presets};

/// One figure.
pub(crate) struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
    /// What there is to say beside it.
    beside: String,
    target: Option<Target>,
}

/// What a figure should be, in its own unit.
#[derive(Clone, Copy)]
enum Target {
    Most(f64),
    Least(f64),
}

/// Where figures go besides the terminal.
#[derive(clap::Args)]
pub(crate) struct Place {
    /// Add the figures to this file, too, as rows of a Markdown table.
    #[arg(long, value_name = "FILE")]
    figures: Option<PathBuf>,
}

impl Figure {
    pub(crate) fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, unit, beside: String::new(), target: None }
    }

    /// Says something beside it, after what is said there.
    pub(crate) fn beside(mut self, text: impl AsRef<str>) -> Self {
        if !self.beside.is_empty() {
            self.beside.push_str("; ");
        }
        self.beside.push_str(text.as_ref());
        self
    }

    pub(crate) fn at_most(mut self, target: f64) -> Self {
        self.target = Some(Target::Most(target));
        self
    }

    pub(crate) fn at_least(mut self, target: f64) -> Self {
        self.target = Some(Target::Least(target));
        self
    }

    fn cells(&self) -> [String; 4] {
        let number = |value: f64| {
            let digits = if value < 100.0 { 2 } else { 0 };
            format!("{value:.digits$} {}", self.unit).trim_end().to_owned()
        };
        let verdict = self.target.map_or_else(String::new, |target| {
            let (sign, target, is_reached) = match target {
                Target::Most(most) => ("<=", most, self.value <= most),
                Target::Least(least) => (">=", least, self.value >= least),
            };
            format!("{sign} {target}: {}", if is_reached { "yes" } else { "MISSED" })
        });
        [self.what.clone(), number(self.value), verdict, self.beside.clone()]
    }
}

impl Place {
    /// Prints figures as a table, and adds them to the file, if there is one.
    pub(crate) fn put(&self, figures: &[Figure]) -> Result<(), String> {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL).set_header(["", "measured", "target", ""]);
        table.add_rows(figures.iter().map(Figure::cells));
        if let Some(measured) = table.column_mut(1) {
            measured.set_cell_alignment(CellAlignment::Right);
        }
        println!("{table}");
        let Some(path) = &self.figures else { return Ok(()) };
        let rows: String =
            figures.iter().map(|figure| format!("| {} |\n", figure.cells().join(" | "))).collect();
        let added = OpenOptions::new().create(true).append(true).open(path);
        let added = added.and_then(|mut file| file.write_all(rows.as_bytes()));
        added.map_err(|error| format!("{}: {error}", path.display()))
    }
}

/// The value below which so many percent of them are.
pub(crate) fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[(values.len() * percent / 100).min(values.len() - 1)]
}

/// The one in the middle, or what is between the two there.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}

/// The same figures of several rounds, each with the median of its values.
pub(crate) fn medians(rounds: Vec<Vec<Figure>>) -> Vec<Figure> {
    let mut rounds = rounds.into_iter();
    let (mut first, others) = (rounds.next().unwrap_or_default(), rounds.collect::<Vec<_>>());
    for (place, figure) in first.iter_mut().enumerate() {
        figure.value = median(others.iter().map(|round| round[place].value).chain([figure.value]));
    }
    first
}
