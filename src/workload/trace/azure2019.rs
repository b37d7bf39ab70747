//! The Azure Functions 2019 trace (Shahrad et al., ATC'20) and its derivatives: counts per minute, percentiles of
//! durations, percentiles of memory, in three kinds of files that come from different logs.
//!
//! Minute columns may be called `1`, `minute_1` or `1_minute` and may start and end anywhere, such as `480`..`959`.
//! Counts are taken as arrivals in their minute, although the original logs count a request when it completes.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use super::memory::{Measured, MemoryColumns, MemoryRow};
use super::percentiles::Percentiles;
use super::table::{Table, TimeUnit};
use super::{MemoryFrom, MemorySplit, SHORTEST, UNPACKED, ZeroDurations};
pub use crate::config::plan::MissingRows;
use crate::ids::FunctionId;
use crate::problem::{Problem, Problems};
use crate::units::{Bytes, Span};
use crate::workload::counts::{Counts, MAX_MINUTES, MAX_PER_MINUTE};
use crate::workload::durations::{BEYOND, PROBABILITIES};
use crate::workload::{Function, Functions, ImportReport, InverseCdf, ONE_CORE, Workload};

const PERCENTILES: [&str; 7] = ["0", "1", "25", "50", "75", "99", "100"];
const MINUTES_PER_DAY: u32 = 1440;

/// The files, one of each kind for each day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// Counts per minute; the days follow one another in this order. At least one.
    pub invocations: Vec<PathBuf>,
    /// Percentiles of durations; any number of days. A function's durations are the mixture of its days.
    pub durations: Vec<PathBuf>,
    /// Percentiles of memory; any number of days (the public trace has none of its last two).
    pub memory: Vec<PathBuf>,
}

/// How to read what the trace leaves open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// A function that one of the files leaves out. A kind of file that is not given at all is always filled.
    pub missing: MissingRows,
    /// For functions without durations; 670 ms, the median of the public trace.
    pub default_duration: Span,
    /// For functions without memory; 140 MiB, the median over the apps of the public trace.
    pub default_memory: Bytes,
    /// Durations of zero or less.
    pub zero_durations: ZeroDurations,
    /// Which figure of an app's memory is taken.
    pub memory_from: MemoryFrom,
    /// How it is split over the app's functions.
    pub memory_split: MemorySplit,
    /// The seed of the experiment, for [`MemoryFrom::Sampled`] only.
    pub seed: u64,
    /// Most bytes that one packed file may unpack to.
    pub unpacked: Bytes,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            missing: MissingRows::default(),
            default_duration: Span::from_ms(670),
            default_memory: Bytes::from_mib(140),
            zero_durations: ZeroDurations::default(),
            memory_from: MemoryFrom::default(),
            memory_split: MemorySplit::default(),
            seed: 0,
            unpacked: UNPACKED,
        }
    }
}

/// Reads the trace.
pub fn load(files: &Files, options: &Options) -> Result<Workload, Problems> {
    let mut import = Import { unpacked: options.unpacked, ..Import::default() };
    let mut problems = Problems::default();
    if files.invocations.is_empty() {
        problems.push(Problem {
            message: "no file of invocations is given".into(),
            remedy: "name at least one invocations_per_function file".into(),
            ..Problem::default()
        });
    }
    for (day, path) in files.invocations.iter().enumerate() {
        import.read_invocations(path, day, files.invocations.len(), &mut problems);
    }
    for path in &files.durations {
        import.read_durations(path, options.zero_durations, &mut problems);
    }
    for path in &files.memory {
        import.read_memory(path, &mut problems);
    }
    if problems.is_empty() && import.functions.is_empty() {
        let remedy = "give one row for each function";
        problems.push(Problem::with_file(&files.invocations[0], "has no rows of data", remedy));
    }
    problems.or_ok(())?;
    // The consumption plan gives a core whatever the memory.
    Ok(import.join(files, options)?.measured_with(Some(ONE_CORE)))
}

/// Everything known of one function before the files are joined.
#[derive(Debug)]
struct Draft {
    owner: String,
    app: String,
    name: String,
    /// Position in [`Import::apps`].
    app_index: usize,
    last_day: usize,
    invocations: u64,
    durations: Percentiles,
    counted_in_durations: u64,
    dropped_as_zero: bool,
    /// Its own memory, where a file measures functions.
    memory: Option<Measured>,
}

#[derive(Debug, Default)]
struct Import {
    functions: Vec<Draft>,
    apps: Vec<Measured>,
    /// Lookups only; nothing depends on their order.
    function_index: HashMap<String, usize>,
    app_index: HashMap<String, usize>,
    /// (minute, position in `functions`, count).
    entries: Vec<(u32, FunctionId, u32)>,
    minutes: u32,
    unpacked: Bytes,
    report: ImportReport,
}

/// Where the names stand.
struct NameColumns {
    owner: usize,
    app: usize,
    function: usize,
}

fn key(parts: &[&str]) -> String {
    parts.join("\u{0}")
}

impl NameColumns {
    fn find(table: &mut Table) -> Option<Self> {
        let [owner, app, function] = ["HashOwner", "HashApp", "HashFunction"].map(|name| table.column(name));
        Some(Self { owner: owner?, app: app?, function: function? })
    }
    fn read(&self, table: &mut Table) -> Option<[String; 3]> {
        let [owner, app, function] = [self.owner, self.app, self.function].map(|c| table.name(c));
        Some([owner?, app?, function?])
    }
}

/// The number in `17`, `minute_17` or `17_minute`.
fn minute_number(name: &str) -> Option<u32> {
    let name = name.strip_prefix("minute_").or_else(|| name.strip_suffix("_minute")).unwrap_or(name);
    if name.bytes().all(|b| b.is_ascii_digit()) { name.parse().ok() } else { None }
}

impl Import {
    /// The columns that hold minutes, as (column, minute of the whole trace); moves the end of the trace on.
    fn minute_columns(&mut self, table: &mut Table, files: usize) -> Vec<(usize, u32)> {
        let mut by_number: BTreeMap<u32, usize> = BTreeMap::new();
        let (mut ignored, mut twice) = (0, Vec::new());
        for (column, name) in table.header().iter().enumerate() {
            if let Some(number) = minute_number(name) {
                if by_number.insert(number, column).is_some() {
                    twice.push(format!("minute {number} has two columns"));
                }
            } else {
                let known = ["HashOwner", "HashApp", "HashFunction", "Trigger"];
                ignored += u64::from(!known.iter().any(|k| k.eq_ignore_ascii_case(name)));
            }
        }
        self.report.note("column without meaning here ignored", ignored);
        for message in twice {
            table.wrong_file(message, "keep one of them");
        }
        let (Some((&first, _)), Some((&last, _))) = (by_number.first_key_value(), by_number.last_key_value()) else {
            table.wrong_file("no column is a minute".into(), "name the minutes `1`, `2` … or `minute_1` or `1_minute`");
            return Vec::new();
        };
        // A file of its own starts where its columns do; one day among several keeps its place in the day.
        let (first, length) = if files == 1 {
            (first, last - first)
        } else {
            (first.min(1), (last - first.min(1)).max(MINUTES_PER_DAY - 1))
        };
        let start = self.minutes;
        let end = u64::from(start) + u64::from(length) + 1;
        if end > u64::from(MAX_MINUTES) {
            let message = format!("minute {last} takes the trace beyond its longest, {MAX_MINUTES} minutes (213 days)");
            table.wrong_file(message, "cut the trace");
            return Vec::new();
        }
        self.report
            .note("minute left out of the header taken as empty", u64::from(last - first) + 1 - by_number.len() as u64);
        self.minutes = end as u32;
        by_number.into_iter().map(|(number, column)| (column, start + (number - first))).collect()
    }

    fn read_invocations(&mut self, path: &Path, day: usize, files: usize, problems: &mut Problems) {
        let Some(mut table) = Table::open(path, self.unpacked, problems) else { return };
        let minutes = self.minute_columns(&mut table, files);
        if let Some(names) = NameColumns::find(&mut table)
            && !minutes.is_empty()
        {
            while table.next_row() {
                let Some(names) = names.read(&mut table) else { continue };
                let function = self.function(names, day);
                for (column, minute) in &minutes {
                    if let Some(count @ 1..) = table.whole(*column, MAX_PER_MINUTE) {
                        self.entries.push((*minute, FunctionId::new(function as u32), count as u32));
                        self.functions[function].invocations += count;
                    }
                }
            }
        }
        table.finish(&mut self.report, problems);
    }

    /// The position of a function, new or known; `day` is the file it is read from.
    fn function(&mut self, [owner, app, name]: [String; 3], day: usize) -> usize {
        let next = self.functions.len();
        let function = *self.function_index.entry(key(&[&owner, &app, &name])).or_insert(next);
        if function < next {
            let draft = &mut self.functions[function];
            self.report.mend("second row of a function in a day: counts added up", u64::from(draft.last_day == day));
            draft.last_day = day;
            return function;
        }
        let next_app = self.apps.len();
        let app_index = *self.app_index.entry(key(&[&owner, &app])).or_insert(next_app);
        if app_index == next_app {
            self.apps.push(Measured::of_functions(0));
        }
        self.functions.push(Draft {
            owner,
            app,
            name,
            app_index,
            last_day: day,
            invocations: 0,
            durations: Percentiles::default(),
            counted_in_durations: 0,
            dropped_as_zero: false,
            memory: None,
        });
        function
    }

    fn read_durations(&mut self, path: &Path, zero: ZeroDurations, problems: &mut Problems) {
        let Some(mut table) = Table::open(path, self.unpacked, problems) else { return };
        let names = NameColumns::find(&mut table);
        let percentiles = PERCENTILES.map(|p| table.column(&format!("percentile_Average_{p}")));
        if let (Some(names), [Some(p0), Some(p1), Some(p25), Some(p50), Some(p75), Some(p99), Some(p100)]) =
            (names, percentiles)
        {
            let columns = DurationColumns {
                names,
                percentiles: [p0, p1, p25, p50, p75, p99, p100],
                average: table.optional("Average"),
                count: table.optional("Count"),
                ends: [table.optional("Minimum"), table.optional("Maximum")],
            };
            while table.next_row() {
                self.duration_row(&mut table, &columns, zero);
            }
        }
        table.finish(&mut self.report, problems);
    }

    fn duration_row(&mut self, table: &mut Table, columns: &DurationColumns, zero: ZeroDurations) {
        let row = columns.read(table);
        let names = columns.names.read(table);
        let (Some(mut row), Some(names)) = (row, names) else { return };
        let Some(&function) = self.function_index.get(&key(&[&names[0], &names[1], &names[2]])) else {
            self.report.drop_counted("row of durations of a function that is never invoked", 1);
            return;
        };
        self.report.note("minimum or maximum on the wrong side of the percentiles: not used", row.take_true_ends());
        let (p25, p100) = (row.percentiles[2], row.percentiles[6]);
        let zero_function = row.average.is_some_and(|average| average <= 0.0) || p25 <= 0.0 || p100 <= 0.0;
        let draft = &mut self.functions[function];
        if zero == ZeroDurations::Drop && zero_function {
            draft.dropped_as_zero = true;
            return;
        }
        let least = row.percentiles.iter().copied().fold(f64::INFINITY, f64::min);
        self.report.mend("row with a duration of zero raised to 1 ms", u64::from(least == 0.0));
        self.report.mend("row with a negative duration raised to 1 ms", u64::from(least < 0.0));
        for value in &mut row.percentiles {
            if *value <= 0.0 {
                *value = SHORTEST.as_ps() as f64;
            }
        }
        draft.counted_in_durations = draft.counted_in_durations.saturating_add(row.count);
        // Where percentiles are raised, so is an average below them.
        let raised = least <= 0.0;
        let mean = row.average.map(|average| if raised { average.max(SHORTEST.as_ps() as f64) } else { average });
        draft.durations.add(row.count.max(1) as f64, &row.percentiles, mean);
    }

    fn read_memory(&mut self, path: &Path, problems: &mut Problems) {
        let Some(mut table) = Table::open(path, self.unpacked, problems) else { return };
        if let Some(columns) = MemoryColumns::find(&mut table) {
            while table.next_row() {
                if let Some(row) = columns.read(&mut table) {
                    self.memory_row(&row);
                }
            }
        }
        table.finish(&mut self.report, problems);
    }

    fn memory_row(&mut self, row: &MemoryRow) {
        if row.average == Bytes::ZERO {
            self.report.drop_counted("row of memory with an average of zero", 1);
            return;
        }
        let memory = if let Some(function) = &row.function {
            let Some(&function) = self.function_index.get(&key(&[&row.owner, &row.app, function])) else {
                self.report.drop_counted("row of memory of a function that is never invoked", 1);
                return;
            };
            self.report.note("row of memory of a function, not of an app: not divided", 1);
            self.functions[function].memory.get_or_insert_with(|| Measured::of_functions(1))
        } else {
            let Some(&app) = self.app_index.get(&key(&[&row.owner, &row.app])) else {
                self.report.drop_counted("row of memory of an app that is never invoked", 1);
                return;
            };
            &mut self.apps[app]
        };
        memory.add(row);
    }

    /// Puts the three kinds of files together.
    fn join(mut self, files: &Files, options: &Options) -> Result<Workload, Problems> {
        let fill = options.missing == MissingRows::Fill;
        let fill_durations = fill || files.durations.is_empty();
        let (mut durations, mut kept) = (Vec::new(), Vec::new());
        for draft in &self.functions {
            let inverse = draft.durations(fill_durations, options, &mut self.report);
            kept.push(inverse.is_some());
            durations.push(inverse);
        }
        // An app's memory is divided by the functions that run.
        for (draft, _) in self.functions.iter().zip(&kept).filter(|(_, kept)| **kept) {
            self.apps[draft.app_index].functions += 1;
        }
        let fill_memory = fill || files.memory.is_empty();
        let (mut functions, mut chosen, mut ids) = (Functions::new(), Vec::new(), Vec::new());
        for (draft, inverse) in self.functions.iter().zip(durations) {
            let Some(inverse) = inverse else {
                ids.push(None);
                continue;
            };
            let measured = draft.memory.as_ref().unwrap_or(&self.apps[draft.app_index]);
            let Some(memory) = draft.memory(measured, options, fill_memory, &mut self.report) else {
                ids.push(None);
                continue;
            };
            let different = draft.counted_in_durations != 0 && draft.counted_in_durations != draft.invocations;
            self.report.note("function whose Count is not the sum of its minutes", u64::from(different));
            let Draft { owner, app, name, .. } = draft;
            let [owner, app, name] = [owner, app, name].map(Clone::clone);
            ids.push(Some(functions.push(Function { owner, app, name, memory, cold_start: None, own: None })));
            chosen.push(inverse);
        }
        self.finish(files, functions, chosen, &ids)
    }

    fn finish(
        mut self,
        files: &Files,
        functions: Functions,
        durations: Vec<InverseCdf>,
        ids: &[Option<FunctionId>],
    ) -> Result<Workload, Problems> {
        let lost: u64 = self.functions.iter().zip(ids).filter(|(_, id)| id.is_none()).map(|(d, _)| d.invocations).sum();
        self.report.drop_counted("invocation of a function that was dropped", lost);
        let entries = self.entries.iter().filter_map(|(m, f, n)| Some((*m, ids[f.index()]?, *n))).collect();
        let counts = Counts::new(self.minutes, entries).map_err(|busy| {
            let message = format!(
                "minute {} of the trace has {} invocations; the most that fits in memory is {MAX_PER_MINUTE}",
                u64::from(busy.minute) + 1,
                busy.invocations
            );
            Problem::with_file(&files.invocations[0], message, "check the counts, or read fewer functions")
        })?;
        if functions.is_empty() {
            let message = format!("no function is left of {}: {}", self.functions.len(), self.report);
            let remedy = "check that the files belong to the same trace, or fill what is missing with defaults";
            return Err(Problem::with_file(&files.invocations[0], message.trim_end(), remedy).into());
        }
        Ok(Workload::counted(functions, durations, counts, self.report))
    }
}

impl Draft {
    /// The durations of a function, or that it is dropped.
    fn durations(&self, fill: bool, options: &Options, report: &mut ImportReport) -> Option<InverseCdf> {
        let Some(joined) = self.durations.joined(&PROBABILITIES) else {
            if self.dropped_as_zero {
                report.drop_counted("function with durations of zero", 1);
                return None;
            }
            if fill {
                report.mend("function without durations given the default", 1);
                return Some(InverseCdf::constant(options.default_duration.as_ps() as f64));
            }
            report.drop_counted("function without durations", 1);
            return None;
        };
        report.mend("function whose percentiles of duration were put in order", u64::from(joined.moved > 0));
        report.mend(BEYOND, u64::from(!joined.allowed));
        let several = "function with several rows of durations: their mixture, weighted by Count";
        report.mend(several, u64::from(joined.rows > 1));
        Some(joined.inverse)
    }

    /// Memory of a function, or `None` when it is dropped for want of it.
    fn memory(&self, measured: &Measured, options: &Options, fill: bool, report: &mut ImportReport) -> Option<Bytes> {
        let names = [&*self.owner, &self.app, &self.name];
        if let Some(found) = measured.of(names, options.memory_from, options.memory_split, options.seed) {
            report.mend("function whose percentiles of memory were put in order", u64::from(found.moved));
            let several = "function with several rows of memory: their mixture, weighted by SampleCount";
            report.mend(several, u64::from(found.joined));
            return Some(found.memory);
        }
        if fill {
            report.mend("function without memory given the default", 1);
            return Some(options.default_memory);
        }
        report.drop_counted("function without memory", 1);
        None
    }
}

struct DurationColumns {
    names: NameColumns,
    percentiles: [usize; 7],
    average: Option<usize>,
    count: Option<usize>,
    ends: [Option<usize>; 2],
}

/// One row of durations in picoseconds.
struct DurationRow {
    average: Option<f64>,
    count: u64,
    ends: [Option<f64>; 2],
    percentiles: [f64; 7],
}

impl DurationColumns {
    /// `None` when a field is wrong; all wrong fields of the row are told.
    fn read(&self, table: &mut Table) -> Option<DurationRow> {
        let ps = |table: &mut Table, column| table.picoseconds(column, TimeUnit::Milliseconds).map(|ps| ps as f64);
        let values = self.percentiles.map(|column| ps(table, column));
        let others = [self.average, self.ends[0], self.ends[1]].map(|column| column.map(|c| ps(table, c)));
        let count = self.count.map_or(Some(0), |c| table.whole(c, 1 << 53));
        let [average, minimum, maximum] = others;
        let complete = values.iter().all(Option::is_some) && others.iter().all(|o| *o != Some(None));
        complete.then_some(DurationRow {
            average: average.flatten(),
            count: count?,
            ends: [minimum.flatten(), maximum.flatten()],
            percentiles: values.map(Option::unwrap_or_default),
        })
    }
}

impl DurationRow {
    /// The percentiles are of averages over 30 s; the minimum and maximum are true, and replace the ends where they
    /// lie outside the 1st and the 99th percentile. Returns how many do not.
    fn take_true_ends(&mut self) -> u64 {
        let mut insane = 0;
        match self.ends[0] {
            Some(minimum) if minimum <= self.percentiles[1] => self.percentiles[0] = minimum,
            Some(_) => insane += 1,
            None => {}
        }
        match self.ends[1] {
            Some(maximum) if maximum >= self.percentiles[5] => self.percentiles[6] = maximum,
            Some(_) => insane += 1,
            None => {}
        }
        insane
    }
}
