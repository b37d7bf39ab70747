//! The program as a user meets it: exit codes, messages, and files that do not depend on threads.

mod alone;
mod bench;
mod catalogue;
mod conformance;
mod identity;
mod probe;
mod requests;
mod unchanged;
mod vary;
mod warned;

use std::path::{Path, PathBuf};
use std::process::Command;

use super::binary::{files, sdcsim, text};

/// Runs the small day into a folder of its own and returns its result files.
fn run(extra: &[&str]) -> Vec<(PathBuf, Vec<u8>)> {
    let out = tempfile::tempdir().unwrap();
    let out_text = out.path().to_str().unwrap();
    let mut args = vec!["run", "tests/all/day.toml", "--quiet", "--out", out_text, "--set", "replications=2"];
    args.extend(extra);
    let output = sdcsim(&args);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "");
    files(out.path())
}

fn named<'f>(files: &'f [(PathBuf, Vec<u8>)], name: &str) -> &'f [u8] {
    &files.iter().find(|(path, _)| path.ends_with(name)).unwrap_or_else(|| panic!("no {name}")).1
}

#[test]
fn result_files_depend_on_config_and_seed_alone() {
    let one = run(&["--jobs", "1"]);
    let two = run(&["--jobs", "2"]);
    let names = |files: &[(PathBuf, Vec<u8>)]| files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(names(&one), names(&two));
    for ((path, a), (_, b)) in one.iter().zip(&two) {
        assert!(a == b, "{} differs between one thread and two", path.display());
    }
    let other = run(&["--seed", "2"]);
    assert_ne!(named(&one, "summary.csv"), named(&other, "summary.csv"));
    let hashes = |files: &[(PathBuf, Vec<u8>)]| -> Vec<String> {
        let manifest: serde_json::Value = serde_json::from_slice(named(files, "manifest.json")).unwrap();
        let runs = manifest["runs"].as_array().unwrap();
        runs.iter().map(|run| run["event_hash"].as_str().unwrap().to_owned()).collect()
    };
    let (of_one, of_other) = (hashes(&one), hashes(&other));
    assert_eq!(of_one.len(), 8);
    assert!(of_one.iter().zip(&of_other).all(|(a, b)| a != b), "{of_one:?} {of_other:?}");
}

#[test]
fn every_run_has_all_its_files_and_all_laws_hold() {
    let made = run(&[]);
    for name in [
        "manifest.json",
        "resolved.toml",
        "summary.csv",
        "quantiles.csv",
        "breakdown.csv",
        "series.csv",
        "comparison.csv",
        "report.html",
    ] {
        assert!(!named(&made, name).is_empty(), "{name} is empty");
    }
    let plots = made.iter().filter(|(path, _)| path.parent().is_some_and(|folder| folder.ends_with("plots")));
    assert!(plots.count() >= 10);
    let manifest: serde_json::Value = serde_json::from_slice(named(&made, "manifest.json")).unwrap();
    let audits = manifest["audits"].as_array().unwrap();
    assert!(audits.len() > 40, "{} audits", audits.len());
    for audit in audits {
        assert_eq!(audit["holds"], true, "{audit}");
    }
}

/// The resolved configuration is an experiment again, and gives the same results.
#[test]
fn a_resolved_config_runs_again() {
    let first = run(&["--set", "replications=1"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("again.toml");
    std::fs::write(&file, named(&first, "resolved.toml")).unwrap();
    let out = folder.path().join("out");
    let trace = format!("workload.source.path='{}/traces/day'", env!("CARGO_MANIFEST_DIR"));
    let output = sdcsim(&["run", file.to_str().unwrap(), "--quiet", "--out", out.to_str().unwrap(), "--set", &trace]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(named(&first, "summary.csv"), named(&files(&out), "summary.csv"));
}

/// Arguments, and what the message must contain.
fn check_refused(args: &[&str], expected: &[&str]) {
    let out = tempfile::tempdir().unwrap();
    let mut args = args.to_vec();
    if args[0] == "run" {
        args.extend(["--out", out.path().to_str().unwrap()]);
    }
    let output = sdcsim(&args);
    let stderr = text(&output.stderr);
    assert!(!output.status.success(), "{args:?} succeeds");
    assert!(!stderr.contains("panicked"), "{stderr}");
    for part in expected {
        assert!(stderr.contains(part), "{args:?}: no `{part}` in\n{stderr}");
    }
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 0, "{args:?} leaves something behind");
}

#[test]
fn wrong_runs_say_everything_and_leave_nothing() {
    let day = "tests/all/day.toml";
    check_refused(&["run", "no-such.toml"], &["no-such.toml", "help:"]);
    check_refused(&["run", day, "--set", "replication=2"], &["replication", "replications"]);
    check_refused(
        &["run", day, "--set", "layout[0].nodes.count=-1", "--set", "layout[1].nodes.nic.rate='5 m'"],
        &["layout[0].nodes.count", "layout[1].nodes.nic.rate", "2 problems"],
    );
    // Ten functions have this name, none has the other.
    let reserved = "layout[1].platform.reserved_concurrency={ f0 = 3, 'app7/f99' = 1 }";
    check_refused(
        &["run", day, "--set", reserved],
        &["functions of the workload are named `f0`", "no function of the workload is named `app7/f99`", "2 problems"],
    );
    // A function larger than any node, and layouts that are not equal although the basis says so.
    check_refused(&["run", day, "--set", "layout[1].nodes.count=5"], &["400 cores", "the basis says equal"]);
    check_refused(
        &[
            "run",
            day,
            "--set",
            "basis='nothing'",
            "--set",
            "layout[2].nodes.memory.capacity='1 MiB'",
            "--set",
            "layout[2].memory_pools.capacity='2 MiB'",
        ],
        &["layout[2].nodes.memory.capacity", "the 1 MiB of a node and the 2 MiB of a pool"],
    );
    check_refused(&["run", day, "--set", "workload.source.path='nowhere'"], &["nowhere"]);
    check_refused(
        &["run", day, "--set", "layout[0].name='a'", "--set", "layout[1].name='a'"],
        &["another layout is called `a` too"],
    );
    check_refused(&["report", "traces"], &["traces: is no folder of results", "manifest.json", "name a run folder"]);
    check_refused(&["probe", "platform", "--trace", "nowhere", "--format", "azlike"], &["nowhere"]);
    check_refused(
        &["probe", "platform", "--trace", "x", "--format", "placement", "--keep-alive", "5", "--hosts", "0"],
        &["--keep-alive", "--hosts", "2 problems"],
    );
}

#[test]
fn results_that_cannot_be_written_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    let out = file.join("results");
    let output =
        sdcsim(&["run", "tests/all/day.toml", "--quiet", "--set", "replications=1", "--out", out.to_str().unwrap()]);
    assert!(!output.status.success());
    let stderr = text(&output.stderr);
    assert!(stderr.contains("--out") && !stderr.contains("panicked"), "{stderr}");
    assert_eq!(std::fs::read(&file).unwrap(), b"not a folder");
}

/// Writing to a device that is always full, where the system has one.
#[test]
fn a_full_disk_is_told_and_leaves_no_half_a_report() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        eprintln!("SKIPPED: no /dev/full on this system");
        return;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_sdcsim"))
        .args(["schema"])
        .stdout(std::fs::OpenOptions::new().write(true).open(full).unwrap())
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("cannot print"), "{}", text(&output.stderr));
}

/// Files that may not grow past 8 KiB stand for a disk that fills up: the shell's limit makes writing fail.
#[cfg(unix)]
/// What cannot be said on standard error, as a warning, is no reason to lose a run.
#[test]
fn standard_error_that_cannot_be_written_loses_nothing() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        eprintln!("SKIPPED: no /dev/full on this system");
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let idle = "layout[1].platform.keep_alive.histogram.range='1 h'";
    let args = ["run", "tests/all/day.toml", "--set", "replications=1", "--set", "outputs.report=false", "--set", idle];
    let status = Command::new(env!("CARGO_BIN_EXE_sdcsim"))
        .args(args)
        .args(["--out", out.path().to_str().unwrap()])
        .stderr(std::fs::OpenOptions::new().write(true).open(full).unwrap())
        .stdout(std::process::Stdio::null())
        .status();
    assert_eq!(status.unwrap().code(), Some(0));
    assert!(out.path().join("day").is_dir());
}

#[test]
fn a_disk_that_fills_up_leaves_no_half_a_result() {
    let out = tempfile::tempdir().unwrap();
    let run =
        "trap '' XFSZ; ulimit -f 16; exec \"$0\" run tests/all/day.toml --quiet --set replications=1 --out \"$1\"";
    let output = Command::new("sh")
        .args(["-c", run, env!("CARGO_BIN_EXE_sdcsim"), out.path().to_str().unwrap()])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let stderr = text(&output.stderr);
    assert!(!output.status.success() && stderr.contains("cannot write") && stderr.contains("--out"), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert_eq!(files(out.path()), Vec::new());
}

/// A link that leads to itself can be read by nobody, not even by root.
#[cfg(unix)]
#[test]
fn paths_that_lead_nowhere_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("loop.toml");
    std::os::unix::fs::symlink(&link, &link).unwrap();
    check_refused(&["run", link.to_str().unwrap()], &["loop.toml", "help:"]);
    let trace = format!("workload.source.path='{}'", link.display());
    check_refused(&["run", "tests/all/day.toml", "--set", &trace], &["loop.toml", "help:"]);
}
