//! Two small files: functions with one warm duration and one cold-start overhead each, and a list of invocations.
//!
//! Functions: `func_name, mem_mb, warm_dur_ms, cold_overhead_ms`. Invocations: `invoke_time_ms, func_name`.

use std::collections::HashMap;
use std::path::Path;

use super::table::{BLANKS, Table, TimeUnit};
use crate::ids::FunctionId;
use crate::problem::Problems;
use crate::units::{Bytes, Span, Time};
use crate::workload::{Function, Functions, ImportReport, Invocation, Workload};

/// Reads the two files; one that is packed may unpack to at most `unpacked`.
pub fn load(functions: &Path, invocations: &Path, unpacked: Bytes) -> Result<Workload, Problems> {
    let mut problems = Problems::default();
    let mut report = ImportReport::default();
    let mut known = Known::default();
    if let Some(mut table) = Table::open(functions, unpacked, &mut problems) {
        known.read(&mut table);
        table.finish(&mut report, &mut problems);
    }
    let mut list = Vec::new();
    if let Some(mut table) = Table::open(invocations, unpacked, &mut problems) {
        // Without functions every row would be wrong for the same reason.
        if problems.is_empty() {
            known.read_invocations(&mut table, &mut list);
        }
        table.finish(&mut report, &mut problems);
    }
    problems.or_ok(())?;
    Ok(Workload::listed(known.functions, list, report))
}

#[derive(Default)]
struct Known {
    functions: Functions,
    warm: Vec<Span>,
    /// Lookups only.
    index: HashMap<String, FunctionId>,
}

impl Known {
    fn read(&mut self, table: &mut Table) {
        let columns = ["func_name", "mem_mb", "warm_dur_ms", "cold_overhead_ms"].map(|name| table.column(name));
        let [Some(name), Some(memory), Some(warm), Some(cold)] = columns else { return };
        while table.next_row() {
            let mib = table.mebibytes(memory);
            let spans = [warm, cold].map(|c| table.span(c, TimeUnit::Milliseconds));
            let text = table.name(name);
            let (Some(memory), [Some(warm), cold_start @ Some(_)], Some(text)) = (mib, spans, text) else { continue };
            if self.index.contains_key(&text) {
                table.wrong(name, format!("`{text}` is listed twice"), "give each function one row");
                continue;
            }
            let (owner, app) = (String::new(), String::new());
            let id = self.functions.push(Function { owner, app, name: text.clone(), memory, cold_start, own: None });
            self.index.insert(text, id);
            self.warm.push(warm);
        }
        if self.functions.is_empty() {
            table.wrong_file("has no function".into(), "give one row for each function");
        }
    }

    fn read_invocations(&self, table: &mut Table, list: &mut Vec<Invocation>) {
        let [Some(time), Some(name)] = ["invoke_time_ms", "func_name"].map(|name| table.column(name)) else { return };
        while table.next_row() {
            let at = table.span(time, TimeUnit::Milliseconds);
            let Some(text) = table.text(name) else { continue };
            let Some(&function) = self.index.get(text.trim_matches(BLANKS)) else {
                let message = format!("`{text}` is not in the file of functions");
                table.wrong(name, message, "add it there, or remove its invocations");
                continue;
            };
            if let Some(at) = at {
                let (at, duration) = (Time::ZERO + at, self.warm[function.index()]);
                list.push(Invocation { at, function, duration });
            }
        }
    }
}
