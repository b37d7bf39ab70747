//! The log of a real cloud: one CSV file with a row for each request, and whether its start was cold.
//!
//! `arrival_ms, response_ms, is_cold`, and where there are any `run`, `duration_ms` (or `aws_duration_ms`) and
//! `billed_ms`; other columns are not read. A run is one function under one load, with sandboxes of its own. Rows may
//! come in any order, and arrivals may count from any moment, such as that of Unix.

use std::collections::BTreeMap;
use std::path::Path;

use super::UNPACKED;
use super::table::{Table, TimeUnit};
use crate::problem::{Problem, Problems};
use crate::units::{Span, Time};
use crate::workload::{ImportReport, LONGEST};

/// A log, run by run.
#[derive(Clone, Debug, Default)]
pub struct CloudLog {
    /// In the order of their first rows.
    pub runs: Vec<LoggedRun>,
    /// What was billed for each row; empty where the log does not say.
    pub bills: Vec<Bill>,
}

/// One function under one load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRun {
    /// Its name; empty where the log has no runs.
    pub name: String,
    /// In order of arrival, those of equal times as in the file.
    pub requests: Vec<LoggedRequest>,
}

/// One request, as its client saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// When it was sent; the first one of its run at zero.
    pub at: Time,
    /// From then to its response.
    pub response: Span,
    /// Whether a sandbox was started for it.
    pub cold: bool,
}

/// What the provider says of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bill {
    /// The line in the file.
    pub line: u64,
    /// How long the function ran.
    pub duration: Span,
    /// How long it is billed for.
    pub billed: Span,
}

/// Where the columns are.
struct Columns {
    run: Option<usize>,
    arrival: usize,
    response: usize,
    cold: usize,
    bill: Option<(usize, usize)>,
}

/// A run as it is read: arrivals in picoseconds, from wherever the log counts.
struct Raw {
    name: String,
    requests: Vec<(i128, Span, bool)>,
}

const WHEN: &str = "write the time of sending in milliseconds, from any moment on, such as 1587750825301";

/// Reads the file.
pub fn load(path: &Path) -> Result<CloudLog, Problems> {
    let mut problems = Problems::default();
    let (mut raw, mut bills) = (Vec::new(), Vec::new());
    if let Some(mut table) = Table::open(path, UNPACKED, &mut problems) {
        if let Some(columns) = Columns::find(&mut table) {
            read(&mut table, &columns, &mut raw, &mut bills);
        }
        table.finish(&mut ImportReport::default(), &mut problems);
    }
    if problems.is_empty() && raw.is_empty() {
        problems.push(Problem::with_file(path, "has no rows of data", "give one row for each request"));
    }
    let runs = raw.into_iter().filter_map(|run| run.in_order(path, &mut problems)).collect();
    problems.or_ok(CloudLog { runs, bills })
}

impl Columns {
    fn find(table: &mut Table) -> Option<Self> {
        if table.optional("rate_per_s").is_some() {
            let message = "is a table of arrival rates, not a log of requests".to_owned();
            table.wrong_file(message, "give it to `sdcsim probe rates --table`");
            return None;
        }
        let [arrival, response, cold] = ["arrival_ms", "response_ms", "is_cold"].map(|name| table.column(name));
        let duration = table.optional("duration_ms").or_else(|| table.optional("aws_duration_ms"));
        Some(Self {
            run: table.optional("run"),
            arrival: arrival?,
            response: response?,
            cold: cold?,
            bill: duration.zip(table.optional("billed_ms")),
        })
    }
}

fn read(table: &mut Table, columns: &Columns, runs: &mut Vec<Raw>, bills: &mut Vec<Bill>) {
    let mut index: BTreeMap<String, usize> = BTreeMap::new();
    while table.next_row() {
        let arrival = table.decimal(columns.arrival, TimeUnit::Milliseconds as i32, WHEN);
        let response = table.span(columns.response, TimeUnit::Milliseconds);
        let cold = is_cold(table, columns.cold);
        let name = columns.run.map_or(Some(String::new()), |column| table.name(column));
        if let Some((duration, billed)) = columns.bill {
            let [duration, billed] = [duration, billed].map(|c| table.span(c, TimeUnit::Milliseconds));
            if let (Some(duration), Some(billed)) = (duration, billed) {
                bills.push(Bill { line: table.line().unwrap_or_default(), duration, billed });
            }
        }
        let (Some(arrival), Some(response), Some(cold), Some(name)) = (arrival, response, cold, name) else { continue };
        let run = *index.entry(name).or_insert_with_key(|name| {
            runs.push(Raw { name: name.clone(), requests: Vec::new() });
            runs.len() - 1
        });
        runs[run].requests.push((arrival, response, cold));
    }
}

fn is_cold(table: &mut Table, column: usize) -> Option<bool> {
    let word = table.text(column)?.trim().to_owned();
    match word.as_str() {
        "0" => Some(false),
        "1" => Some(true),
        _ if word.eq_ignore_ascii_case("false") => Some(false),
        _ if word.eq_ignore_ascii_case("true") => Some(true),
        _ => {
            let message = format!("`{word}` does not tell cold from warm");
            table.wrong(column, message, "write 1 for a cold start and 0 for a warm one, or true and false");
            None
        }
    }
}

impl Raw {
    fn in_order(mut self, path: &Path, problems: &mut Problems) -> Option<LoggedRun> {
        self.requests.sort_by_key(|request| request.0);
        let (first, last) = (self.requests.first()?.0, self.requests.last()?.0);
        let length = (last - first).unsigned_abs();
        if length > u128::from(LONGEST.as_ps()) {
            let message =
                format!("its requests span {:.0} days, and at most 213 are replayed", length as f64 / 86_400e12);
            let remedy = "check that arrivals are in milliseconds, or give parts of it names of their own in `run`";
            let subject = if self.name.is_empty() { "arrival_ms".to_owned() } else { format!("run `{}`", self.name) };
            problems.push(Problem { subject, ..Problem::with_file(path, message, remedy) });
            return None;
        }
        let request = |(at, response, cold)| LoggedRequest { at: Time::from_ps((at - first) as u64), response, cold };
        Some(LoggedRun { name: self.name, requests: self.requests.into_iter().map(request).collect() })
    }
}
