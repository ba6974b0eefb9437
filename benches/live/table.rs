//! What is printed: a line for each figure, with the design's target where there is one.

use comfy_table::{CellAlignment, Table, presets};

/// One figure.
pub(super) struct Row {
    what: String,
    value: f64,
    unit: &'static str,
    /// The most that it may be.
    target: Option<f64>,
}

impl Row {
    pub(super) fn new(what: String, value: f64, unit: &'static str, target: Option<f64>) -> Self {
        Self { what, value, unit, target }
    }

    fn cells(&self) -> [String; 3] {
        let number = |value: f64| format!("{value:.*} {}", if value < 100.0 { 2 } else { 0 }, self.unit);
        let verdict = match self.target {
            None => String::new(),
            Some(most) if self.value <= most => format!("<= {most} {}: yes", self.unit),
            Some(most) => format!("<= {most} {}: MISSED", self.unit),
        };
        [self.what.clone(), number(self.value), verdict]
    }
}

/// The table.
pub(super) fn write(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL).set_header(["", "measured", "target"]);
    table.add_rows(rows.iter().map(Row::cells));
    if let Some(measured) = table.column_mut(1) {
        measured.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

/// The value below which so many percent of them are.
pub(super) fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[(values.len() * percent / 100).min(values.len() - 1)]
}
