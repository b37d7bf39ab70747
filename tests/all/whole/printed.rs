//! Standard output that cannot be written is an error, not a panic, and costs no result; one that is closed is no error.

use std::path::Path;
use std::process::Stdio;

use super::{Case, entries, sdcsim, text};

/// Every command that prints, apart from those that write results.
const COMMANDS: &[&[&str]] = &[
    &["--help"],
    &["run", "--help"],
    &["--version"],
    &["check", "tests/all/day.toml"],
    &["explain", "seed"],
    &["schema"],
    &["trace", "stats", "traces/day"],
    &["probe", "queue", "--arrival-rate", "0.5 /s", "--mean", "1 s", "--requests", "2000"],
    &["bench", "replay", "--invocations", "1000"],
    &["bench", "hold", "--help"],
    &["validate", "--help"],
    &["conformance"],
];

fn full() -> Option<Stdio> {
    let full = Path::new("/dev/full");
    if !full.exists() {
        eprintln!("SKIPPED: no /dev/full on this system");
        return None;
    }
    Some(std::fs::OpenOptions::new().write(true).open(full).unwrap().into())
}

fn owned(args: &[&str]) -> Vec<String> {
    args.iter().map(|arg| (*arg).to_owned()).collect()
}

#[test]
fn what_cannot_be_printed_is_told() {
    for args in COMMANDS {
        let Some(full) = full() else { return };
        let output = sdcsim(&owned(args)).stdout(full).output().unwrap();
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {told}");
        assert!(told.contains("cannot print") && !told.contains("panicked"), "{args:?}: {told}");
    }
}

#[test]
fn results_that_cannot_be_told_are_written_all_the_same() {
    for (command, extra, file) in [
        ("run", &["--set", "outputs.report=true"][..], "report.html"),
        ("run", &[], "summary.csv"),
        ("sweep", &["--vary", "seed=1,2"], "sweep.csv"),
    ] {
        let Some(full) = full() else { return };
        let case = Case::new();
        let output = sdcsim(&case.args(command, extra)).stdout(full).output().unwrap();
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("cannot print") && told.contains("written all the same"), "{told}");
        assert!(!told.contains("panicked"), "{told}");
        let folder = if command == "run" { case.run_dir("tiny") } else { case.out().join("tiny") };
        assert!(folder.join(file).exists(), "no {file}");
    }
}

/// As of `| head -1`, once that has gone.
#[test]
fn a_closed_pipe_is_no_error() {
    let case = Case::new();
    let mut commands: Vec<Vec<String>> = COMMANDS.iter().map(|args| owned(args)).collect();
    commands.extend([case.args("run", &["--set", "outputs.report=true"]), case.args("sweep", &["--vary", "seed=1,2"])]);
    for args in commands {
        let mut child = sdcsim(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", text(&output.stderr));
    }
    assert!(!entries(&case.out().join("tiny")).is_empty());
}
