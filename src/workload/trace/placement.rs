//! One file with a row for each invocation and everything about its function in it:
//! `function_id, arrival_s, exec_s, mem_mb, cold_start_s`.
//!
//! Memory and cold start are properties of a function: where later rows give others, the first row counts.

use std::collections::HashMap;
use std::path::Path;

use super::table::{Table, TimeUnit};
use crate::ids::FunctionId;
use crate::problem::{Problem, Problems};
use crate::units::{Bytes, Time};
use crate::workload::{Function, Functions, ImportReport, Invocation, Workload};

const COLUMNS: [&str; 5] = ["function_id", "arrival_s", "exec_s", "mem_mb", "cold_start_s"];

/// Reads the file; where it is packed it may unpack to at most `unpacked`.
pub fn load(path: &Path, unpacked: Bytes) -> Result<Workload, Problems> {
    let mut problems = Problems::default();
    let (mut functions, mut list, mut report) = (Functions::new(), Vec::new(), ImportReport::default());
    if let Some(mut table) = Table::open(path, unpacked, &mut problems) {
        read(&mut table, &mut functions, &mut list, &mut report);
        table.finish(&mut report, &mut problems);
    }
    if problems.is_empty() && list.is_empty() {
        problems.push(Problem::with_file(path, "has no rows of data", "give one row for each invocation"));
    }
    problems.or_ok(())?;
    Ok(Workload::listed(functions, list, report))
}

fn read(table: &mut Table, functions: &mut Functions, list: &mut Vec<Invocation>, report: &mut ImportReport) {
    let [Some(name), Some(arrival), Some(exec), Some(memory), Some(cold)] = COLUMNS.map(|name| table.column(name))
    else {
        return;
    };
    // Lookups only.
    let mut index: HashMap<String, FunctionId> = HashMap::new();
    while table.next_row() {
        let [at, duration, cold] = [arrival, exec, cold].map(|c| table.span(c, TimeUnit::Seconds));
        let bytes = table.mebibytes(memory);
        let text = table.name(name);
        let (Some(at), Some(duration), cold_start @ Some(_), Some(memory), Some(text)) =
            (at, duration, cold, bytes, text)
        else {
            continue;
        };
        let function = *index.entry(text).or_insert_with_key(|text| {
            let (owner, app) = (String::new(), String::new());
            functions.push(Function { owner, app, name: text.clone(), memory, cold_start, own: None })
        });
        let first = &functions[function];
        let differs = first.memory != memory || first.cold_start != cold_start;
        report.mend("row whose memory or cold start differs from its function's first", u64::from(differs));
        list.push(Invocation { at: Time::ZERO + at, function, duration });
    }
}
