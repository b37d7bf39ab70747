//! `sdcsim trace`, as far as it is more than the library under it.

use clap::{CommandFactory as _, Parser};
use sdcsim::cli::trace::{TraceCommand, run};
use sdcsim::rng::RootSeed;
use sdcsim::workload::Spacing;
use sdcsim::workload::stats::stats;
use sdcsim::workload::trace::native;

use super::put;

#[derive(Debug, Parser)]
struct Top {
    #[command(subcommand)]
    command: TraceCommand,
}

/// Runs `sdcsim trace` with these arguments.
fn trace(args: &[&str]) -> Result<(), String> {
    let top = Top::try_parse_from(std::iter::once(&"trace").chain(args)).map_err(|e| e.to_string())?;
    run(&top.command).map_err(|problems| problems.to_string())
}

fn quickstart() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("traces/quickstart")
}

#[test]
fn arguments_are_consistent() {
    Top::command().debug_assert();
}

#[test]
fn the_quickstart_trace_is_what_its_command_makes() {
    let readme = std::fs::read_to_string(quickstart().join("../README.md")).unwrap();
    let command = readme.lines().find(|line| line.contains("trace generate") && line.contains("quickstart")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("again").display().to_string();
    let args: Vec<&str> =
        command.split_whitespace().skip(2).map(|a| if a == "traces/quickstart" { &out } else { a }).collect();
    trace(&args).unwrap();
    let (again, committed) = (native::load(out.as_ref()).unwrap(), native::load(&quickstart()).unwrap());
    assert!(again.functions().iter().eq(committed.functions().iter()));
    let all = |w: &sdcsim::workload::Workload| w.arrivals(RootSeed::new(1, 0), Spacing::default()).collect::<Vec<_>>();
    assert_eq!(all(&again), all(&committed));
}

#[test]
fn the_quickstart_trace_looks_like_a_day() {
    let workload = native::load(&quickstart()).unwrap();
    let stats = stats(&workload, RootSeed::new(1, 0));
    insta::assert_debug_snapshot!(stats);
    let size: u64 = std::fs::read_dir(quickstart()).unwrap().map(|f| f.unwrap().metadata().unwrap().len()).sum();
    assert!(size < 200_000, "{size} bytes");
}

#[test]
fn imports_write_the_native_form_or_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let good = put(&dir, "good.csv", "app,func,end_timestamp,duration\na,f,12.5,2.5\n").display().to_string();
    let bad = put(&dir, "bad.csv", "app,func,end_timestamp,duration\na,f,x,2.5\n").display().to_string();
    trace(&["import", "azure2021", &good, "--out", &at("out"), "--function-memory", "64 MiB"]).unwrap();
    assert_eq!(native::load(at("out").as_ref()).unwrap().functions().iter().next().unwrap().memory.as_mib_f64(), 64.0);
    assert!(trace(&["import", "azure2021", &good, "--out", &at("out")]).unwrap_err().contains("exists already"));
    assert!(trace(&["import", "azure2021", &bad, "--out", &at("bad")]).is_err());
    let mut left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["bad.csv", "good.csv", "out"]);
}

#[test]
fn wrong_arguments_say_what_to_write() {
    let messages = [
        trace(&["stats", "a", "b"]),
        trace(&["import", "azlike", "one.csv", "--out", "x"]),
        trace(&["import", "azure2021", "a.csv", "--out", "x", "--function-memory", "64"]),
        trace(&["generate", "--functions", "0", "--out", "x", "--rate-scale", "nan"]),
    ];
    let told: Vec<String> = messages.into_iter().map(Result::unwrap_err).collect();
    insta::assert_snapshot!(told.join("\n--\n"));
}

#[test]
fn traces_are_converted_there_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let quickstart = quickstart().display().to_string();
    trace(&["convert", &quickstart, "--out", &at("q.sdt")]).unwrap();
    trace(&["convert", &at("q.sdt"), "--out", &at("again")]).unwrap();
    trace(&["convert", &quickstart, "--list", "--out", &at("list.sdt")]).unwrap();
    trace(&["stats", &at("list.sdt")]).unwrap();
    let all = |path: &str| {
        let workload = native::load(path.as_ref()).unwrap();
        workload.arrivals(RootSeed::new(0, 0), Spacing::default()).collect::<Vec<_>>()
    };
    let invocations = all(&quickstart);
    for made in ["q.sdt", "again", "list.sdt"] {
        assert_eq!(all(&at(made)), invocations, "{made}");
    }
    let messages = [
        trace(&["convert", &quickstart, "--out", &at("q.sdt")]),
        trace(&["convert", &quickstart, "--list", "--out", &at("folder")]),
        trace(&["convert", &at("none"), "--out", &at("none.sdt")]),
        trace(&["convert", "--out", &at("none.sdt")]),
        trace(&["convert", &quickstart, "--out", &at("no/such/folder.sdt")]),
    ];
    let told: Vec<String> = messages.into_iter().map(Result::unwrap_err).collect();
    insta::assert_snapshot!(told.join("\n--\n").replace(&dir.path().display().to_string(), "DIR"));
    assert_eq!(dir.path().read_dir().unwrap().count(), 3);
}
