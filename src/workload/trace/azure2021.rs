//! The Azure Functions 2021 trace (Zhang et al., SOSP'21): one row for each invocation, with its end and duration.
//!
//! The start is end − duration. Functions are unique only within their app. Rows are in no order. There is no memory, but
//! derivatives have a column `memory` (MB).

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::table::{Table, TimeUnit};
use super::{SHORTEST, UNPACKED, ZeroDurations};
use crate::ids::FunctionId;
use crate::problem::{Problem, Problems};
use crate::units::{Bytes, Span, Time};
use crate::workload::{Function, Functions, ImportReport, Invocation, ONE_CORE, Workload};

/// How to read what the trace leaves open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Durations of zero or less.
    pub zero_durations: ZeroDurations,
    /// Leave out functions of whose invocations more than half have no duration, as `InVitro` does (default no).
    pub drop_mostly_zero: bool,
    /// Memory of every function, where the trace does not give it; 200 MiB as in `InVitro`.
    pub memory: Bytes,
    /// Most bytes that one packed file may unpack to.
    pub unpacked: Bytes,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            zero_durations: ZeroDurations::default(),
            drop_mostly_zero: false,
            memory: Bytes::from_mib(200),
            unpacked: UNPACKED,
        }
    }
}

/// Reads the trace from one or more files, which share one clock.
pub fn load(paths: &[PathBuf], options: &Options) -> Result<Workload, Problems> {
    let mut problems = Problems::default();
    let mut import = Import::default();
    for path in paths {
        import.read(path, options, &mut problems);
    }
    if problems.is_empty() && import.list.is_empty() {
        let file = paths.first().cloned().unwrap_or_default();
        let message = if import.report.rows == 0 { "has no rows of data" } else { "no invocation is left" };
        problems.push(Problem::with_file(file, message, "give one row for each invocation"));
    }
    problems.or_ok(())?;
    // The consumption plan gives a core whatever the memory.
    Ok(import.finish(options).measured_with(Some(ONE_CORE)))
}

#[derive(Default)]
struct Import {
    functions: Functions,
    /// Of each function, its invocations, and those of them with no duration.
    seen: Vec<(u64, u64)>,
    /// Lookups only.
    index: HashMap<String, FunctionId>,
    list: Vec<Invocation>,
    report: ImportReport,
}

impl Import {
    fn read(&mut self, path: &Path, options: &Options, problems: &mut Problems) {
        let Some(mut table) = Table::open(path, options.unpacked, problems) else { return };
        let columns = ["app", "func", "end_timestamp", "duration"].map(|name| table.column(name));
        let memory = table.optional("memory");
        if let [Some(app), Some(func), Some(end), Some(duration)] = columns {
            while table.next_row() {
                let end = table.picoseconds(end, TimeUnit::Seconds);
                let duration = table.picoseconds(duration, TimeUnit::Seconds);
                let names = [app, func].map(|c| table.name(c));
                let memory = memory.map_or(Some(None), |column| table.mebibytes(column).map(Some));
                if let (Some(end), Some(duration), [Some(app), Some(func)], Some(memory)) =
                    (end, duration, names, memory)
                {
                    let function = self.function(app, func, memory, options);
                    self.row(function, end, duration, options);
                }
            }
        }
        table.finish(&mut self.report, problems);
    }

    /// The function of a row, new or known. Rows are in no order: of several memories the largest counts.
    fn function(&mut self, app: String, name: String, memory: Option<Bytes>, options: &Options) -> FunctionId {
        let zero = memory == Some(Bytes::ZERO);
        self.report.mend("row with a memory of zero given the default", u64::from(zero));
        let memory = memory.filter(|_| !zero).unwrap_or(options.memory);
        let key = format!("{app}\u{0}{name}");
        let next = self.functions.len();
        let id = *self.index.entry(key).or_insert_with(|| {
            self.seen.push((0, 0));
            self.functions.push(Function { owner: String::new(), app, name, memory, cold_start: None, own: None })
        });
        let known = &mut self.functions[id];
        let differs = id.index() < next && known.memory != memory;
        self.report.mend("row whose memory differs from its function's: the largest taken", u64::from(differs));
        known.memory = known.memory.max(memory);
        id
    }

    /// One invocation; times in picoseconds.
    fn row(&mut self, function: FunctionId, end: i128, duration: i128, options: &Options) {
        let seen = &mut self.seen[function.index()];
        seen.0 += 1;
        seen.1 += u64::from(duration <= 0);
        if duration <= 0 && options.zero_durations == ZeroDurations::Drop {
            self.report.drop_counted("invocation with a duration of zero or less", 1);
            return;
        }
        self.report.mend("duration of zero raised to 1 ms", u64::from(duration == 0));
        self.report.mend("negative duration raised to 1 ms", u64::from(duration < 0));
        let start = end - duration.max(0);
        self.report.mend("invocation that began before the trace moved to its start", u64::from(start < 0));
        let at = Time::from_ps(u64::try_from(start.max(0)).expect("an end fits the clock"));
        let duration = match u64::try_from(duration) {
            Ok(ps @ 1..) => Span::from_ps(ps),
            _ => SHORTEST,
        };
        self.list.push(Invocation { at, function, duration });
    }

    fn finish(mut self, options: &Options) -> Workload {
        let mostly_zero =
            |id: FunctionId| options.drop_mostly_zero && self.seen[id.index()].1 * 2 > self.seen[id.index()].0;
        let dropped = self.functions.ids().filter(|id| mostly_zero(*id)).count() as u64;
        let lost = self.list.iter().filter(|i| mostly_zero(i.function)).count() as u64;
        self.report.drop_counted("function with a duration of zero in more than half its invocations", dropped);
        self.report.drop_counted("invocation of a function that was dropped", lost);
        let workload = Workload::listed(self.functions, self.list, self.report);
        workload.retain(|id, _| !(options.drop_mostly_zero && self.seen[id.index()].1 * 2 > self.seen[id.index()].0))
    }
}
