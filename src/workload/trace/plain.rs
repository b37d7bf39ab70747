//! Two small files, for traces written by hand: functions with a memory and a cold-start time each, and requests.
//!
//! Functions: `function, app, memory_mib, cold_start_ms`; row i (from zero) is function i. Requests: `arrival_ms,
//! function, duration_ms`, in any order; those of one moment are served in the order of the functions' rows, then in that
//! of their own.

use std::collections::HashMap;
use std::path::Path;

use super::table::{Table, TimeUnit};
use crate::ids::FunctionId;
use crate::problem::{Problem, Problems};
use crate::units::{Bytes, Time};
use crate::workload::{Function, Functions, ImportReport, Invocation, Workload};

/// Reads the two files; one that is packed may unpack to at most `unpacked`.
pub fn load(functions: &Path, requests: &Path, unpacked: Bytes) -> Result<Workload, Problems> {
    let mut problems = Problems::default();
    let mut report = ImportReport::default();
    let mut known = Known::default();
    if let Some(mut table) = Table::open(functions, unpacked, &mut problems) {
        known.read(&mut table);
        table.finish(&mut report, &mut problems);
    }
    let mut list = Vec::new();
    if let Some(mut table) = Table::open(requests, unpacked, &mut problems) {
        // Without functions every row would be wrong for the same reason.
        if problems.is_empty() {
            known.read_requests(&mut table, &mut list);
        }
        table.finish(&mut report, &mut problems);
    }
    if problems.is_empty() && list.is_empty() {
        problems.push(Problem::with_file(requests, "has no rows of data", "give one row for each request"));
    }
    problems.or_ok(())?;
    Ok(Workload::listed(known.functions, list, report))
}

#[derive(Default)]
struct Known {
    functions: Functions,
    /// Lookups only.
    index: HashMap<String, FunctionId>,
}

impl Known {
    fn read(&mut self, table: &mut Table) {
        let columns = ["function", "app", "memory_mib", "cold_start_ms"].map(|name| table.column(name));
        let [Some(name), Some(app), Some(memory), Some(cold)] = columns else { return };
        while table.next_row() {
            let memory = table.mebibytes(memory);
            let cold_start = table.span(cold, TimeUnit::Milliseconds);
            let [name_text, app] = [name, app].map(|column| table.name(column));
            let (Some(memory), Some(_), Some(text), Some(app)) = (memory, cold_start, name_text, app) else { continue };
            if self.index.contains_key(&text) {
                table.wrong(name, format!("`{text}` is listed twice"), "give each function one row");
                continue;
            }
            let owner = String::new();
            let id = self.functions.push(Function { owner, app, name: text.clone(), memory, cold_start, own: None });
            self.index.insert(text, id);
        }
        if self.functions.is_empty() {
            table.wrong_file("has no functions".to_owned(), "give one row for each function");
        }
    }

    fn read_requests(&self, table: &mut Table, list: &mut Vec<Invocation>) {
        let columns = ["arrival_ms", "function", "duration_ms"].map(|name| table.column(name));
        let [Some(arrival), Some(name), Some(duration)] = columns else { return };
        while table.next_row() {
            let [at, duration] = [arrival, duration].map(|c| table.span(c, TimeUnit::Milliseconds));
            let function = table.name(name);
            let (Some(at), Some(duration), Some(function)) = (at, duration, function) else { continue };
            let Some(function) = self.index.get(&function).copied() else {
                let message = format!("there is no function `{function}`");
                table.wrong(name, message, "name one of the file with the functions");
                continue;
            };
            list.push(Invocation { at: Time::ZERO + at, function, duration });
        }
    }
}
