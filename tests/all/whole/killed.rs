//! Killed at any moment of writing, a run leaves the old result or the new one, and the next run clears what is left.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Case, assert_nothing_hidden, assert_same, entries, files, sdcsim, text};

/// Whether calls of the system can be watched, and a process killed at one of them.
fn can_inject() -> bool {
    let done = Command::new("strace").args(["-f", "-o", "/dev/null", "-e", "trace=fsync", "true"]).status();
    let can = done.is_ok_and(|status| status.success());
    if !can {
        eprintln!("SKIPPED: no strace that may watch a process");
    }
    can
}

/// Runs the command and kills it as it begins its `n`-th call that syncs or renames; whether it came so far.
fn killed_at(case: &Case, command: &str, extra: &[&str], n: u32) -> bool {
    let calls = "fsync,rename,renameat,renameat2";
    let output = Command::new("strace")
        .args(["-f", "-o", "/dev/null", "-e", &format!("trace={calls}")])
        .args(["-e", &format!("inject={calls}:signal=SIGKILL:when={n}")])
        .arg(env!("CARGO_BIN_EXE_sdcsim"))
        .args(case.args(command, extra))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    !output.status.success()
}

/// Kills the command at each such call in turn; `folders` are those that have to be whole at all times.
fn killed_everywhere(command: &str, extra: &[&str], folders: impl Fn(&Case) -> Vec<std::path::PathBuf>) {
    if !can_inject() {
        return;
    }
    let case = Case::new();
    let done = case.done(command, extra);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let expected: Vec<_> = folders(&case).iter().map(|folder| files(folder)).collect();
    let mut kills = 0;
    while killed_at(&case, command, extra, kills + 1) {
        kills += 1;
        let found = folders(&case);
        assert_eq!(found.len(), expected.len(), "at call {kills}");
        for (folder, expected) in found.iter().zip(&expected) {
            assert_same(&files(folder), expected);
        }
        let again = sdcsim(&case.args(command, extra)).output().unwrap();
        assert!(again.status.success(), "{}", text(&again.stderr));
        assert_nothing_hidden(&case.out());
    }
    assert!(kills >= 9, "killed {kills} times only");
}

fn visible(folder: &Path) -> Vec<std::path::PathBuf> {
    let is_visible = |path: &std::path::PathBuf| !path.file_name().unwrap().to_string_lossy().starts_with('.');
    entries(folder).into_iter().filter(is_visible).collect()
}

#[test]
fn a_run_killed_anywhere_leaves_a_whole_result() {
    killed_everywhere("run", &["--quiet"], |case| visible(&case.out().join("tiny")));
}

#[test]
fn a_sweep_killed_anywhere_leaves_whole_points() {
    let axis = ["--quiet", "--fresh", "--vary", "layout[0].platform.keep_alive.limit='1 min','2 min'"];
    killed_everywhere("sweep", &axis, |case| visible(&case.out().join("tiny/points")));
}

/// A conversion killed on its way leaves a hidden file, which the next one clears.
#[test]
fn a_conversion_killed_on_its_way_is_cleared() {
    if !can_inject() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, call) in [("packed.sdt", "lseek,rename"), ("unpacked", "rename")] {
        let out = folder.path().join(name);
        let args = ["trace", "convert", "traces/day", "--out", out.to_str().unwrap()];
        let status = Command::new("strace")
            .args(["-f", "-o", "/dev/null", "-e", &format!("trace={call}")])
            .args(["-e", "inject=rename:signal=SIGKILL:when=1"])
            .arg(env!("CARGO_BIN_EXE_sdcsim"))
            .args(args)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .unwrap();
        assert!(!status.success() && !out.exists() && entries(folder.path()).len() == 1, "{name}");
        let done = sdcsim(&args.map(str::to_owned)).output().unwrap();
        assert!(done.status.success(), "{}", text(&done.stderr));
        assert_eq!(entries(folder.path()), std::slice::from_ref(&out));
        if out.is_dir() { fs::remove_dir_all(&out) } else { fs::remove_file(&out) }.unwrap();
    }
}
