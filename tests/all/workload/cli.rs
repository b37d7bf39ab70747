//! `sdcsim trace`, as far as it is more than the library under it.

use std::path::Path;

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

fn shipped(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("traces").join(name)
}

#[test]
fn arguments_are_consistent() {
    Top::command().debug_assert();
}

/// The words of a command line, in which what belongs together stands between apostrophes.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    parts
        .flat_map(|(i, part)| match i % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

#[track_caller]
fn check_made_by_its_command(name: &str) {
    let readme = std::fs::read_to_string(shipped("README.md")).unwrap();
    let place = format!("traces/{name}");
    let command = readme.lines().find(|line| line.contains("trace generate") && line.contains(&place)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("again").display().to_string();
    let args = words(command).into_iter().skip(2).map(|word| if word == place { out.clone() } else { word });
    trace(&args.collect::<Vec<_>>().iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    for file in ["about.csv", "functions.csv", "counts.csv.gz"] {
        let [again, committed] =
            [Path::new(&out), &shipped(name)].map(|folder| std::fs::read(folder.join(file)).unwrap());
        assert!(again == committed, "{file} of {name} differs");
    }
}

#[test]
fn shipped_traces_are_what_their_commands_make() {
    check_made_by_its_command("quickstart");
    check_made_by_its_command("day");
}

#[track_caller]
fn check_looks(name: &str, bytes: u64) {
    let workload = native::load(&shipped(name)).unwrap();
    let stats = stats(&workload, RootSeed::new(1, 0));
    insta::assert_debug_snapshot!(format!("looks_of_{name}"), stats);
    let size: u64 = std::fs::read_dir(shipped(name)).unwrap().map(|f| f.unwrap().metadata().unwrap().len()).sum();
    assert!(size < bytes, "{size} bytes");
}

#[test]
fn the_shipped_day_is_as_its_description_says() {
    check_looks("day", 200_000);
}

#[test]
fn the_trace_of_the_quickstart_is_as_its_description_says() {
    check_looks("quickstart", 1_000_000);
}

#[test]
fn imports_write_the_native_form_or_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let good = put(&dir, "good.csv", "app,func,end_timestamp,duration\na,f,12.5,2.5\n").display().to_string();
    let bad = put(&dir, "bad.csv", "app,func,end_timestamp,duration\na,f,x,2.5\n").display().to_string();
    trace(&["import", "azure2021", &good, "--out", &at("out"), "--function-memory", "64 MiB"]).unwrap();
    trace(&["import", "azure2021", "--invocations", &good, "--out", &at("named")]).unwrap();
    assert_eq!(native::load(at("out").as_ref()).unwrap().functions().iter().next().unwrap().memory.as_mib_f64(), 64.0);
    assert!(trace(&["import", "azure2021", &good, "--out", &at("out")]).unwrap_err().contains("exists already"));
    assert!(trace(&["import", "azure2021", &bad, "--out", &at("bad")]).is_err());
    let mut left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["bad.csv", "good.csv", "named", "out"]);
}

#[test]
fn wrong_arguments_say_what_to_write() {
    let messages = [
        trace(&["stats", "a", "b"]),
        trace(&["import", "azlike", "one.csv", "--out", "x"]),
        trace(&["import", "azure2021", "a.csv", "--out", "x", "--function-memory", "64"]),
        trace(&["generate", "--functions", "0", "--out", "x", "--rate-scale", "nan"]),
        trace(&["import", "azure2021", "--out", "x"]),
        trace(&["import", "azure2021", "a.csv", "--durations", "d.csv", "--memory", "m.csv", "--out", "x"]),
    ];
    let told: Vec<String> = messages.into_iter().map(Result::unwrap_err).collect();
    insta::assert_snapshot!(told.join("\n--\n"));
}

#[test]
fn traces_are_converted_there_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let day = shipped("day").display().to_string();
    trace(&["convert", &day, "--out", &at("q.sdt")]).unwrap();
    trace(&["convert", &at("q.sdt"), "--out", &at("again")]).unwrap();
    trace(&["convert", &day, "--list", "--out", &at("list.sdt")]).unwrap();
    trace(&["stats", &at("list.sdt")]).unwrap();
    let all = |path: &str| {
        let workload = native::load(path.as_ref()).unwrap();
        workload.arrivals(RootSeed::new(0, 0), Spacing::default()).collect::<Vec<_>>()
    };
    let invocations = all(&day);
    for made in ["q.sdt", "again", "list.sdt"] {
        assert_eq!(all(&at(made)), invocations, "{made}");
    }
    let messages = [
        trace(&["convert", &day, "--out", &at("q.sdt")]),
        trace(&["convert", &day, "--list", "--out", &at("folder")]),
        trace(&["convert", &at("none"), "--out", &at("none.sdt")]),
        trace(&["convert", "--out", &at("none.sdt")]),
        trace(&["convert", &day, "--out", &at("no/such/folder.sdt")]),
    ];
    let told: Vec<String> = messages.into_iter().map(Result::unwrap_err).collect();
    insta::assert_snapshot!(told.join("\n--\n").replace(&dir.path().display().to_string(), "DIR"));
    assert_eq!(dir.path().read_dir().unwrap().count(), 3);
}
