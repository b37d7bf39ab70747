//! Measurements of a real cloud under Poisson arrivals: one CSV file with a row for each arrival rate.
//!
//! `rate_per_s, service_warm_ms, service_cold_ms, cold_probability, mean_instances`; other columns are not read.

use std::path::Path;

use super::UNPACKED;
use super::table::{Table, TimeUnit};
use crate::problem::{Problem, Problems};
use crate::units::{PerSecond, Span};
use crate::workload::ImportReport;

/// What was measured at one arrival rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeasuredRate {
    /// The line in the file.
    pub line: u64,
    /// Arrivals; above zero.
    pub rate: PerSecond,
    /// Mean service time in an idle sandbox.
    pub warm: Span,
    /// Mean service time with the start of a sandbox.
    pub cold: Span,
    /// Share of requests that a sandbox was started for, 0 to 1.
    pub cold_probability: f64,
    /// Time average of the number of sandboxes that exist; not negative.
    pub mean_instances: f64,
}

const COLUMNS: [&str; 5] = ["rate_per_s", "service_warm_ms", "service_cold_ms", "cold_probability", "mean_instances"];

/// Reads the file.
pub fn load(path: &Path) -> Result<Vec<MeasuredRate>, Problems> {
    let mut problems = Problems::default();
    let mut rows = Vec::new();
    if let Some(mut table) = Table::open(path, UNPACKED, &mut problems) {
        read(&mut table, &mut rows);
        table.finish(&mut ImportReport::default(), &mut problems);
    }
    if problems.is_empty() && rows.is_empty() {
        problems.push(Problem::with_file(path, "has no rows of data", "give one row for each arrival rate"));
    }
    problems.or_ok(rows)
}

fn read(table: &mut Table, rows: &mut Vec<MeasuredRate>) {
    if table.optional("is_cold").is_some() {
        let message = "is a log of requests, not a table of arrival rates".to_owned();
        table.wrong_file(message, "give it to `sdcsim probe cloud --log`");
        return;
    }
    let [Some(rate), Some(warm), Some(cold), Some(share), Some(instances)] = COLUMNS.map(|name| table.column(name))
    else {
        return;
    };
    while table.next_row() {
        let above_zero = |x: f64| x > 0.0 && x <= 1e9;
        let rate = number(table, rate, above_zero, "write requests a second, above 0 and at most 1e9");
        let [warm, cold] = [warm, cold].map(|column| table.span(column, TimeUnit::Milliseconds));
        let share = number(table, share, |x| (0.0..=1.0).contains(&x), "write a share from 0 to 1");
        let instances = number(table, instances, |x| (0.0..=1e9).contains(&x), "write a number of sandboxes");
        if let (Some(rate), Some(warm), Some(cold), Some(cold_probability), Some(mean_instances)) =
            (rate, warm, cold, share, instances)
        {
            let line = table.line().unwrap_or_default();
            rows.push(MeasuredRate { line, rate: PerSecond(rate), warm, cold, cold_probability, mean_instances });
        }
    }
}

fn number(table: &mut Table, column: usize, fits: impl Fn(f64) -> bool, remedy: &str) -> Option<f64> {
    let text = table.text(column)?.trim().to_owned();
    match text.parse() {
        Ok(value) if fits(value) => Some(value),
        Ok(_) => {
            table.wrong(column, format!("`{text}` is out of range"), remedy);
            None
        }
        Err(_) => {
            table.wrong(column, format!("`{text}` is not a number"), remedy);
            None
        }
    }
}
