//! Files of requests: every request is in them, they add up to the results, and they change nothing else.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use sdcsim::config::{self, raw};
use sdcsim::experiment::{self, Observer, RunKey};
use sdcsim::ids::FunctionId;
use sdcsim::output::{self, FUNCTIONS_CSV, ROWS_PER_GROUP, RunFacts, RunFiles};
use sdcsim::record::{Breakdown, Completed, Component, Recorder, Rejection};
use sdcsim::stats::{SpanHistogram, quantile};
use sdcsim::units::{Span, Time};
use sdcsim::workload::Functions;

use super::{check_refused, files, named, run, text};

const ASKED: &[&str] = &["--set", "outputs.requests=true"];

/// Too few cores in the second layout, and a short queue: requests are rejected.
const REJECTING: &[&str] = &[
    "--set",
    "basis='nothing'",
    "--set",
    "layout[1].nodes.count=1",
    "--set",
    "layout[1].nodes.cpu.cores=2",
    "--set",
    "layout[1].platform.queue_limit=2",
];

/// A request of a file; none of the options where it was rejected.
struct Read {
    function: u32,
    arrived: u64,
    answered: Option<u64>,
    duration: Option<u64>,
    cold: Option<bool>,
    rejected: Option<String>,
    components: Vec<Option<u64>>,
}

fn time(field: &Field) -> Option<u64> {
    match field {
        Field::ULong(ps) => Some(*ps),
        Field::Null => None,
        other => panic!("{other:?} is no time"),
    }
}

fn read_row(fields: &[(String, Field)]) -> Read {
    let components = Component::ALL.map(|component| format!("{}_ps", component.name()));
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[..6], ["function", "arrived_ps", "answered_ps", "duration_ps", "cold", "rejected"]);
    assert_eq!(names[6..], components);
    let Field::UInt(function) = fields[0].1 else { panic!("{:?} is no function", fields[0]) };
    Read {
        function,
        arrived: time(&fields[1].1).expect("every request arrives"),
        answered: time(&fields[2].1),
        duration: time(&fields[3].1),
        cold: match fields[4].1 {
            Field::Bool(cold) => Some(cold),
            _ => None,
        },
        rejected: match &fields[5].1 {
            Field::Str(reason) => Some(reason.clone()),
            _ => None,
        },
        components: fields[6..].iter().map(|(_, field)| time(field)).collect(),
    }
}

/// The rows of a file and its metadata.
fn read(content: &[u8]) -> (Vec<Read>, BTreeMap<String, String>) {
    let reader = SerializedFileReader::new(opened(content)).unwrap();
    let rows = reader.get_row_iter(None).unwrap().map(|row| read_row(&row.unwrap().into_columns())).collect();
    let facts = reader.metadata().file_metadata().key_value_metadata().unwrap();
    (rows, facts.iter().map(|fact| (fact.key.clone(), fact.value.clone().unwrap())).collect())
}

/// The content as a file, which is what the reader reads.
fn opened(content: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(content).unwrap();
    file
}

/// The cell in `column` of the row of a table that begins with these cells.
fn cell(table: &[u8], row: &str, column: usize) -> f64 {
    let table = text(table);
    let line = table.lines().find(|line| line.starts_with(row)).unwrap_or_else(|| panic!("no {row}"));
    line.split(',').nth(column).unwrap().parse().unwrap()
}

#[track_caller]
fn assert_close(a: f64, b: f64, relative: f64, what: &str) {
    assert!((a - b).abs() <= relative * b.abs(), "{what}: {a} is not {b}");
}

/// Holds the rows of one file to the results of the run.
fn check_file(made: &[(PathBuf, Vec<u8>)], layout: &str, functions: usize) -> usize {
    let (rows, facts) = read(named(made, &format!("{layout}-0.parquet")));
    let metric = |name: &str| cell(named(made, "summary.csv"), &format!("{layout},0,{name},"), 3);
    let (answered, rejected): (Vec<&Read>, Vec<&Read>) = rows.iter().partition(|row| row.rejected.is_none());
    assert_eq!(answered.len() as f64, metric("requests.completed"), "{layout}");
    assert_eq!(rejected.len() as f64, metric("requests.rejected"), "{layout}");
    assert_eq!(answered.iter().filter(|row| row.cold == Some(true)).count() as f64, metric("cold_starts"), "{layout}");
    let mut sums = vec![0_u128; Component::ALL.len()];
    let mut responses = Vec::new();
    for row in &answered {
        let response = row.answered.unwrap() - row.arrived;
        responses.push(response);
        let parts: Vec<u64> = row.components.iter().map(|part| part.unwrap()).collect();
        assert_eq!(parts.iter().sum::<u64>(), response, "the parts of a request of {layout}");
        assert!(row.duration.is_some());
        sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += u128::from(part));
    }
    for row in &rejected {
        assert_eq!(row.rejected.as_deref(), Some("queue full"));
        assert!(row.answered.is_none() && row.duration.is_none() && row.cold.is_none());
        assert!(row.components.iter().all(Option::is_none));
    }
    let ends: Vec<u64> = rows.iter().map(|row| row.answered.unwrap_or(row.arrived)).collect();
    assert!(ends.is_sorted(), "{layout} is not in the order of ends");
    assert!(rows.iter().all(|row| (row.function as usize) < functions), "{layout}");
    for (component, sum) in Component::ALL.iter().zip(sums) {
        let mean = cell(named(made, "breakdown.csv"), &format!("{layout},0,{},", component.name()), 3);
        assert_close(sum as f64 / 1e12 / answered.len() as f64, mean, 1e-12, component.name());
    }
    responses.sort_unstable();
    for (name, p) in [("response.p50", 0.5), ("response.p90", 0.9), ("response.p99", 0.99), ("response.p999", 0.999)] {
        let seconds: Vec<f64> = responses.iter().map(|ps| *ps as f64 / 1e12).collect();
        assert_close(metric(name), quantile(&seconds, p).unwrap(), SpanHistogram::RELATIVE_ERROR, name);
    }
    assert_eq!(facts["sdcsim.layout"], layout);
    assert_eq!(facts["sdcsim.replication"], "0");
    assert_eq!(facts["sdcsim.seed"], "1");
    assert_eq!(facts["sdcsim.version"], env!("CARGO_PKG_VERSION"));
    assert!(text(named(made, "manifest.json")).contains(&facts["sdcsim.config_hash"]));
    rejected.len()
}

#[test]
fn the_requests_add_up_to_the_results() {
    let made = run(&[ASKED, REJECTING, &["--set", "replications=1", "--set", "outputs.report=false"]].concat());
    let functions = text(named(&made, FUNCTIONS_CSV)).lines().count() - 1;
    let layouts = ["serverful", "serverless", "disaggregated"];
    let rejected = layouts.map(|layout| check_file(&made, layout, functions));
    assert!(rejected[1] > 0, "nothing is rejected: {rejected:?}");
}

#[test]
fn requests_do_not_depend_on_threads_and_change_no_result() {
    let no_report: &[&str] = &["--set", "outputs.report=false"];
    let one = run(&[ASKED, no_report, &["--jobs", "1"]].concat());
    let two = run(&[ASKED, no_report, &["--jobs", "2"]].concat());
    let without = run(no_report);
    assert_eq!(one.len(), without.len() + 8 + 1);
    for ((path, a), (other, b)) in one.iter().zip(&two) {
        assert!(path == other && a == b, "{} differs between one thread and two", path.display());
    }
    for name in ["summary.csv", "quantiles.csv", "breakdown.csv", "series.csv"] {
        assert!(named(&one, name) == named(&without, name), "{name} differs with requests");
    }
    let runs = |made: &[(PathBuf, Vec<u8>)]| {
        let manifest: serde_json::Value = serde_json::from_slice(named(made, "manifest.json")).unwrap();
        manifest["runs"].clone()
    };
    assert_eq!(runs(&one), runs(&without));
}

/// Rows of several buffers come back in order, each in its place.
#[test]
fn buffers_are_used_again_and_lose_nothing() {
    let rows = 4 * ROWS_PER_GROUP as u64 + 17;
    let root = tempfile::tempdir().unwrap();
    let facts = RunFacts { experiment: "many", config_hash: "0123456789ab", seed: u64::MAX };
    let folder = RunFiles::new(root.path(), facts).unwrap().with_requests(&Functions::new()).unwrap();
    let mut writer = folder.requests("one", 7).unwrap().expect("they are asked for");
    for i in 0..rows {
        if i % 1_000 == 999 {
            writer.rejected(Time::from_ps(i), FunctionId::new(u32::MAX), Rejection::QueueFull);
            continue;
        }
        // Beyond what a signed number holds, which is 106 days.
        let arrived = Time::from_ps(u64::MAX / 2 + i);
        let duration = Span::from_ps(i * i);
        let parts = Component::ALL.map(|component| (component, Span::from_ps(i * component as u64)));
        let (answered, breakdown) = (arrived.saturating_add(Span::from_ps(i * 55)), Breakdown::new(parts));
        let function = FunctionId::new(i as u32);
        writer.completed(&Completed { function, arrived, answered, duration, cold: i % 3 == 0, breakdown });
    }
    writer.finish();
    assert!(folder.fault().is_none());
    let made = files(root.path());
    let content = named(&made, "one-7.parquet");
    let file = SerializedFileReader::new(opened(content)).unwrap();
    let lengths: Vec<usize> = file.metadata().row_groups().iter().map(|group| group.num_rows() as usize).collect();
    assert_eq!(lengths, [ROWS_PER_GROUP, ROWS_PER_GROUP, ROWS_PER_GROUP, ROWS_PER_GROUP, 17]);
    let (read, facts) = read(content);
    assert_eq!(facts["sdcsim.seed"], u64::MAX.to_string());
    for (i, row) in (0..).zip(&read) {
        if i % 1_000 == 999 {
            assert_eq!((row.function, row.arrived, row.answered), (u32::MAX, i, None));
            continue;
        }
        let arrived = u64::MAX / 2 + i;
        assert_eq!((row.function, row.arrived, row.answered), (i as u32, arrived, Some(arrived + i * 55)));
        assert_eq!((row.duration, row.cold, &row.rejected), (Some(i * i), Some(i % 3 == 0), &None));
        assert!((0..).zip(&row.components).all(|(c, part)| *part == Some(i * c)), "row {i}");
    }
}

/// Stops as soon as the second replication has begun.
struct Impatient;

impl Observer for Impatient {
    fn progress(&self, run: RunKey, _share: f64, events: u64) -> bool {
        run.replication == 0 || events == 0
    }
    fn finished(&self, _run: RunKey) {}
}

fn names(dir: &Path) -> Vec<String> {
    files(dir).into_iter().map(|(path, _)| path.to_string_lossy().into_owned()).collect()
}

#[test]
fn only_whole_replications_are_kept_and_nothing_is_left() {
    let sets = ["replications=2".to_owned(), "outputs.requests=true".to_owned()];
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/day.toml");
    let loaded = config::load::<raw::Experiment>(&file, &sets).unwrap();
    let prepared = experiment::prepare(&loaded).unwrap();
    let root = tempfile::tempdir().unwrap();
    let folder = |place: &str| {
        let place = root.path().join(place);
        experiment::run_files(&prepared, None, &place).unwrap().unwrap()
    };
    let requests = folder("out");
    let outcome = experiment::run(&prepared, Some(&requests), 1, &Impatient).unwrap().unwrap();
    assert_eq!(outcome.replications, 1);
    let place = root.path().join("out-interrupted");
    let dir = output::write_in(&outcome.output, &outcome.timing, Some(&requests), &place).unwrap();
    drop(requests);
    assert_eq!(
        names(&dir.join("requests")),
        [
            "disaggregated-0.parquet",
            "functions.csv",
            "serverful-0.parquet",
            "serverful-autoscaled-0.parquet",
            "serverless-0.parquet"
        ]
    );
    assert_eq!(names(&root.path().join("out")), [""; 0]);
    drop(folder("unused"));
    assert_eq!(std::fs::read_dir(root.path().join("unused")).unwrap().count(), 0);
}

/// Files that may not grow past 64 KiB stand for a disk that fills up while the runs go on.
#[cfg(unix)]
#[test]
fn a_disk_that_fills_up_leaves_no_requests() {
    for command in ["run tests/all/day.toml", "sweep tests/all/day.toml --vary seed=1,2"] {
        let out = tempfile::tempdir().unwrap();
        let script = format!(
            "trap '' XFSZ; ulimit -f 128; exec \"$0\" {command} --quiet --set outputs.requests=true --out \"$1\""
        );
        let output = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_sdcsim"), out.path().to_str().unwrap()])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let stderr = text(&output.stderr);
        assert!(!output.status.success(), "{command} succeeds");
        assert!(stderr.contains("cannot write") && stderr.contains(".parquet"), "{stderr}");
        assert!(stderr.contains("--out") && !stderr.contains("panicked"), "{stderr}");
        assert_eq!(files(out.path()), Vec::new(), "{command} leaves something behind");
    }
}

#[test]
fn layouts_whose_files_would_be_called_alike_are_refused() {
    let names = ["--set", "layout[1].name='SiP nodes'", "--set", "layout[2].name='SiP-nodes'"];
    let args = [&["run", "tests/all/day.toml"], &names[..], ASKED].concat();
    check_refused(&args, &["layout[2].name", "would be called as those of `SiP nodes`", "another name"]);
    let long = format!("layout[1].name='{}'", "é".repeat(34));
    let args = ["run", "tests/all/day.toml", "--set", &long, ASKED[0], ASKED[1]];
    check_refused(&args, &["layout[1].name", "cannot be in the name of a file", "200 characters"]);
}
