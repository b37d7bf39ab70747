//! The project's own form of a trace: a folder of small CSV files, each plain or packed (`.csv`, `.csv.gz` or
//! `.csv.zst`).
//!
//! - `functions.csv`: `owner, app, function, memory_mib`, and `p0_ms, p1_ms, p25_ms, p50_ms, p75_ms, p99_ms, p100_ms`
//!   where durations are drawn; `mean_ms`, their mean, and `cold_start_ms` may be there, and may be empty, and so may what a function's requests do
//!   (`own`). Row i (from zero) is function i.
//! - either `counts.csv`: `function, minute, count`, both from zero; or `invocations.csv`: `function, arrival_s,
//!   duration_s`.
//! - `about.csv` (may be left out): `key, value`. `length_s` is the length of the trace, a whole number of minutes
//!   for counts; without it a trace ends with its last minute. `measured_cores` are the cores with which durations were
//!   measured. Other keys say where the trace is from.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::UNPACKED;
use super::number::decimal;
use super::own::{self, MEASURED, MEASURED_WORDS, OwnColumns};
use super::packed;
use super::table::{Table, TimeUnit};
use crate::hidden::{Hidden, clear_leftovers, parent_of};
use crate::ids::FunctionId;
use crate::problem::{Problem, Problems};
use crate::rng::RootSeed;
use crate::units::{Bytes, Span, Time};
use crate::workload::counts::{Counts, MAX_MINUTES, MAX_PER_MINUTE};
use crate::workload::durations::{PERCENTS, asked_mean, durations, percentiles};
use crate::workload::{
    Function, Functions, ImportReport, InverseCdf, Invocation, MEASURED_CORES, MINUTE, Own, Spacing, Workload,
};

/// The files of a folder, and what their names end in.
const FILES: [&str; 4] = ["about", "functions", "counts", "invocations"];
const ENDS: [&str; 3] = [".csv", ".csv.gz", ".csv.zst"];

/// Reads the folder `dir`, or the packed trace that it is instead ([`packed`]); a file in gzip or Zstandard may unpack to at
/// most [`UNPACKED`].
pub fn load(dir: &Path) -> Result<Workload, Problems> {
    load_within(dir, UNPACKED)
}

/// As [`load`], with another limit.
pub fn load_within(dir: &Path, unpacked: Bytes) -> Result<Workload, Problems> {
    if dir.is_file() {
        return packed::load(dir);
    }
    one_form_each(dir)?;
    let mut problems = Problems::default();
    let mut report = ImportReport::default();
    let About { length, cores } = read_about(dir, unpacked, &mut report, &mut problems);
    let counts = find(dir, "counts");
    let listed = find(dir, "invocations");
    let Some(functions) = find(dir, "functions") else {
        let remedy = "give the folder of a trace in the project's own form (traces/README.md)";
        return Err(Problem::with_file(dir.join("functions.csv"), "is missing", remedy).into());
    };
    let (functions, durations) = read_functions(&functions, counts.is_some(), unpacked, &mut report, &mut problems);
    // Without functions every later row would be wrong for the same reason.
    problems.or_ok(())?;
    let mut problems = Problems::default();
    let n = functions.len();
    match (counts, listed) {
        (Some(path), None) => {
            let counts = read_counts(&path, (n, length), unpacked, &mut report, &mut problems);
            problems.or_ok(())?;
            Ok(Workload::counted(functions, durations, counts?, report).measured_with(cores))
        }
        (None, Some(path)) => {
            let list = read_invocations(&path, (n, length), unpacked, &mut report, &mut problems);
            problems.or_ok(())?;
            if list.is_empty() && length.is_none() {
                let message = "has no invocations, and nothing says how long the trace is";
                let remedy = "add invocations, or write `length_s` in about.csv";
                return Err(Problem::with_file(path, message, remedy).into());
            }
            let workload = Workload::listed(functions, list, report).measured_with(cores);
            Ok(if let Some(length) = length { workload.with_length(length) } else { workload })
        }
        (both, _) => {
            let message = if both.is_some() {
                "has both counts.csv and invocations.csv"
            } else {
                "has no counts.csv or invocations.csv"
            };
            problems.push(Problem::with_file(dir, message, "keep exactly one of the two"));
            Err(problems)
        }
    }
}

/// `name.csv`, `name.csv.gz` or `name.csv.zst` in the folder.
fn find(dir: &Path, name: &str) -> Option<PathBuf> {
    forms(dir, name).into_iter().next()
}

fn forms(dir: &Path, name: &str) -> Vec<PathBuf> {
    ENDS.map(|end| dir.join(format!("{name}{end}"))).into_iter().filter(|path| path.exists()).collect()
}

/// Whether no file is there twice, such as plain and packed, so that nobody knows which of them counts.
fn one_form_each(dir: &Path) -> Result<(), Problems> {
    let mut problems = Problems::default();
    for name in FILES {
        if let [first, others @ ..] = &*forms(dir, name)
            && !others.is_empty()
        {
            let names = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let others = others.iter().map(names).collect::<Vec<_>>().join(" and ");
            let message = format!("is there as {others} too, and only one of them can be meant");
            problems.push(Problem::with_file(first, message, "keep one of them, or move the others elsewhere"));
        }
    }
    problems.or_ok(())
}

/// The files of the folder `dir` that [`load`] reads, each with the part that it plays.
pub(super) fn parts(dir: &Path) -> Vec<(&'static str, PathBuf)> {
    FILES.into_iter().filter_map(|name| Some((name, find(dir, name)?))).collect()
}

/// What `about.csv` says of the trace.
#[derive(Default)]
struct About {
    length: Option<Span>,
    /// Millionths of a core with which durations were measured.
    cores: Option<u32>,
}

fn read_about(dir: &Path, unpacked: Bytes, report: &mut ImportReport, problems: &mut Problems) -> About {
    let mut about = About::default();
    let table = find(dir, "about").and_then(|path| Table::open(&path, unpacked, problems));
    let Some(mut table) = table else { return about };
    if let [Some(key), Some(value)] = ["key", "value"].map(|name| table.column(name)) {
        while table.next_row() {
            if table.bytes(key) == b"length_s" {
                about.length = table.span(value, TimeUnit::Seconds);
                if about.length == Some(Span::ZERO) {
                    table.wrong(value, "a trace of no length has no invocations".to_owned(), "write its seconds");
                }
            } else if table.bytes(key) == MEASURED.as_bytes() {
                about.cores = own::millionths(&mut table, value, MEASURED_CORES, MEASURED_WORDS);
            }
        }
    }
    table.finish(report, problems);
    about
}

/// Columns of `functions.csv` that must be there.
const NAMES: [&str; 4] = ["owner", "app", "function", "memory_mib"];
/// The whole cold start of a function.
const COLD_START: &str = "cold_start_ms";
/// The mean of a function's durations.
const MEAN: &str = "mean_ms";

/// All columns that `functions.csv` may have. Percentiles may be there beside a list of invocations, too.
fn known_columns() -> Vec<String> {
    let percentiles = PERCENTS.iter().map(|p| format!("p{p}_ms"));
    let names = NAMES.into_iter().chain([COLD_START]).chain(own::COLUMNS);
    names.map(str::to_owned).chain(percentiles).chain([MEAN.to_owned()]).collect()
}

fn read_functions(
    path: &Path,
    drawn: bool,
    unpacked: Bytes,
    report: &mut ImportReport,
    problems: &mut Problems,
) -> (Functions, Vec<InverseCdf>) {
    let (mut functions, mut durations) = (Functions::new(), Vec::new());
    let Some(mut table) = Table::open(path, unpacked, problems) else { return (functions, durations) };
    table.only(&known_columns());
    let columns = NAMES.map(|name| table.column(name));
    let percentiles: Vec<Option<usize>> =
        if drawn { PERCENTS.iter().map(|p| table.column(&format!("p{p}_ms"))).collect() } else { Vec::new() };
    let percentiles: Option<Vec<usize>> = percentiles.into_iter().collect();
    let [cold, mean] = [COLD_START, MEAN].map(|name| table.optional(name));
    let own = OwnColumns::of(&table);
    if let ([Some(owner), Some(app), Some(name), Some(memory)], Some(percentiles)) = (columns, percentiles) {
        let mut seen = HashSet::new();
        while table.next_row() {
            let names = [owner, app, name].map(|c| table.name(c));
            let memory = table.mebibytes(memory);
            let cold_start = optional_span(&mut table, cold).ok();
            let own = own.read(&mut table);
            let inverse = drawn.then(|| read_durations(&mut table, &percentiles, mean, report));
            let (Some(memory), Some(cold_start), Some(own)) = (memory, cold_start, own) else { continue };
            let Some(inverse) = inverse.map_or(Some(None), |inverse| inverse.map(Some)) else { continue };
            let [Some(owner), Some(app), Some(function)] = names else { continue };
            if !seen.insert([owner.clone(), app.clone(), function.clone()]) {
                table.wrong(name, format!("`{function}` of the same owner and app is listed twice"), "name it apart");
            }
            let own = (own != Own::default()).then(|| Box::new(own));
            functions.push(Function { owner, app, name: function, memory, cold_start, own });
            durations.extend(inverse);
        }
        if table.rows() == 0 {
            table.wrong_file("has no function".into(), "give one row for each function");
        }
    }
    table.finish(report, problems);
    (functions, durations)
}

/// The durations of a function: percentiles, and a mean where the row has one.
fn read_durations(
    table: &mut Table,
    columns: &[usize],
    mean: Option<usize>,
    report: &mut ImportReport,
) -> Option<InverseCdf> {
    let spans: Vec<_> = columns.iter().map(|c| table.span(*c, TimeUnit::Milliseconds)).collect();
    let mean = optional_span(table, mean).ok();
    let spans: Option<Vec<Span>> = spans.into_iter().collect();
    Some(durations(&spans?, mean?, report))
}

/// A field of milliseconds that may be empty, of a column that may not be there. What is wrong is told by the table.
fn optional_span(table: &mut Table, column: Option<usize>) -> Result<Option<Span>, Told> {
    match column {
        Some(column) if !table.bytes(column).trim_ascii().is_empty() => {
            table.span(column, TimeUnit::Milliseconds).map(Some).ok_or(Told)
        }
        _ => Ok(None),
    }
}

/// A field that is wrong, and has been told.
struct Told;

/// The function of a row, when there is such a one.
fn read_function(table: &mut Table, column: usize, functions: usize) -> Option<FunctionId> {
    let id = table.whole(column, u64::from(u32::MAX))?;
    if id < functions as u64 {
        return Some(FunctionId::new(id as u32));
    }
    let message = format!("`{id}` is not a function: functions.csv has {functions} rows, counted from 0");
    table.wrong(column, message, "write the number of a row of functions.csv");
    None
}

fn read_counts(
    path: &Path,
    (functions, length): (usize, Option<Span>),
    unpacked: Bytes,
    report: &mut ImportReport,
    problems: &mut Problems,
) -> Result<Counts, Problems> {
    let mut entries = Vec::new();
    let minutes = length.map(|length| length.as_ps().div_ceil(MINUTE.as_ps()) as u32);
    let last = minutes.unwrap_or(MAX_MINUTES).max(1) - 1;
    // What a file can make this program hold is bounded by the invocations of a minute, whatever its rows repeat.
    let (mut end, mut of_minutes) = (0, vec![0; last as usize + 1]);
    if let Some(mut table) = Table::open(path, unpacked, problems) {
        if let [Some(function), Some(minute), Some(count)] = ["function", "minute", "count"].map(|n| table.column(n)) {
            while table.next_row() {
                let function = read_function(&mut table, function, functions);
                let minute = table.whole(minute, u64::from(last));
                let count = table.whole(count, MAX_PER_MINUTE);
                if let (Some(function), Some(minute), Some(count)) = (function, minute, count) {
                    if count > 0 {
                        entries.push((minute as u32, function, count as u32));
                    }
                    end = end.max(minute as u32 + 1);
                    of_minutes[minute as usize] += count;
                    if of_minutes[minute as usize] > MAX_PER_MINUTE {
                        break;
                    }
                }
            }
        }
        table.finish(report, problems);
    }
    Counts::new(minutes.unwrap_or(end), entries).map_err(|busy| {
        let message =
            format!("minute {} has {} invocations; at most {MAX_PER_MINUTE} fit", busy.minute, busy.invocations);
        Problem::with_file(path, message, "check the counts").into()
    })
}

fn read_invocations(
    path: &Path,
    (functions, length): (usize, Option<Span>),
    unpacked: Bytes,
    report: &mut ImportReport,
    problems: &mut Problems,
) -> Vec<Invocation> {
    let mut list = Vec::new();
    let Some(mut table) = Table::open(path, unpacked, problems) else { return list };
    let columns = ["function", "arrival_s", "duration_s"].map(|name| table.column(name));
    if let [Some(function), Some(arrival), Some(duration)] = columns {
        while table.next_row() {
            let function = read_function(&mut table, function, functions);
            let at = table.span(arrival, TimeUnit::Seconds);
            let duration = table.span(duration, TimeUnit::Seconds);
            let (Some(function), Some(at), Some(duration)) = (function, at, duration) else { continue };
            if let Some(length) = length
                && at >= length
            {
                table.wrong(
                    arrival,
                    format!("{at} is not within the length of {length}"),
                    "mend length_s in about.csv",
                );
                continue;
            }
            list.push(Invocation { at: Time::ZERO + at, function, duration });
        }
    }
    table.finish(report, problems);
    list
}

/// Writes `workload` as the folder `dir`, which must not exist; `about` are further lines of `about.csv`. The folder
/// appears whole or not at all. Of a generated workload the counts of replication `root` are written.
pub fn save(workload: &Workload, root: RootSeed, dir: &Path, about: &[(&str, &str)]) -> Result<(), Problems> {
    let failed = |e: io::Error| {
        let remedy = "choose a folder that you may write to, with room enough";
        Problems::from(Problem::with_file(dir, format!("cannot be written: {e}"), remedy))
    };
    if dir.file_name().is_none() {
        return Err(Problem::with_file(dir, "is not the name of a folder", "name the folder to make").into());
    }
    if dir.exists() {
        return Err(Problem::with_file(dir, "exists already", "remove it, or name another folder").into());
    }
    clear_leftovers(parent_of(dir));
    let partial = Hidden::folder(dir).map_err(failed)?;
    write_about(workload, partial.path(), about)
        .and_then(|()| write_functions(workload, partial.path()))
        .and_then(|()| write_requests(workload, root, partial.path()))
        .map_err(failed)?;
    // A trace that could not be read to its end must not be written as if it were whole.
    workload.read_fault().map_or(Ok(()), |problem| Err(Problems::from(problem)))?;
    partial.replace_folder(dir).map_err(failed)
}

/// MiB with the nine digits that bring every whole byte back.
fn mebibytes(bytes: Bytes) -> String {
    decimal(((u128::from(bytes.0) * 1_000_000_000 + (1 << 19)) >> 20) as u64, 9)
}

fn write_about(workload: &Workload, dir: &Path, about: &[(&str, &str)]) -> io::Result<()> {
    let mut csv = csv::Writer::from_path(dir.join("about.csv"))?;
    csv.write_record(["key", "value"])?;
    csv.write_record(["length_s", &decimal(workload.length().as_ps(), 12)])?;
    if let Some(cores) = workload.measured_millionths() {
        csv.write_record([MEASURED, &decimal(cores.into(), 6)])?;
    }
    about.iter().try_for_each(|(key, value)| csv.write_record([key, value]))?;
    csv.flush()
}

fn write_functions(workload: &Workload, dir: &Path) -> io::Result<()> {
    let mut csv = csv::Writer::from_path(dir.join("functions.csv"))?;
    let cold = workload.functions().iter().any(|f| f.cold_start.is_some());
    let mut header = NAMES.map(str::to_owned).to_vec();
    header.extend(cold.then(|| COLD_START.to_owned()));
    let own = own::columns_of(workload.functions().iter());
    header.extend(own.iter().map(|column| own::COLUMNS[*column].to_owned()));
    if workload.durations().is_some() {
        header.extend(PERCENTS.iter().map(|p| format!("p{p}_ms")));
    }
    let means = workload.durations().is_some_and(|all| all.iter().any(|one| asked_mean(one).is_some()));
    header.extend(means.then(|| MEAN.to_owned()));
    csv.write_record(&header)?;
    for (i, f) in workload.functions().iter().enumerate() {
        let mut row = vec![f.owner.clone(), f.app.clone(), f.name.clone(), mebibytes(f.memory)];
        row.extend(cold.then(|| f.cold_start.map_or(String::new(), |span| decimal(span.as_ps(), 9))));
        row.extend(own.iter().map(|column| own::field(f.own.as_deref(), *column)));
        if let Some(durations) = workload.durations() {
            row.extend(percentiles(&durations[i]).map(|span| decimal(span.as_ps(), 9)));
            let mean = asked_mean(&durations[i]);
            row.extend(means.then(|| mean.map_or(String::new(), |span| decimal(span.as_ps(), 9))));
        }
        csv.write_record(&row)?;
    }
    csv.flush()
}

fn write_requests(workload: &Workload, root: RootSeed, dir: &Path) -> io::Result<()> {
    let (name, header) = if workload.durations().is_some() {
        ("counts.csv.gz", ["function", "minute", "count"])
    } else {
        ("invocations.csv.gz", ["function", "arrival_s", "duration_s"])
    };
    let gzip = flate2::write::GzEncoder::new(fs::File::create(dir.join(name))?, flate2::Compression::default());
    let mut csv = csv::Writer::from_writer(gzip);
    csv.write_record(header)?;
    if workload.durations().is_some() {
        for (minute, function, count) in workload.counted_minutes(root) {
            csv.write_record([function.raw().to_string(), minute.to_string(), count.to_string()])?;
        }
    } else {
        for i in workload.arrivals(root, Spacing::default()) {
            let (at, duration) = (decimal(i.at.as_ps(), 12), decimal(i.duration.as_ps(), 12));
            csv.write_record([i.function.raw().to_string(), at, duration])?;
        }
    }
    csv.into_inner().map_err(csv::IntoInnerError::into_error)?.finish()?.flush()
}
