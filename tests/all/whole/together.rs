//! Processes that share a folder, with equal process ids as in containers of their own.

use std::process::{Child, Command, Stdio};

use super::{Case, assert_nothing_hidden, assert_same, files, text};

/// A command as the first process of a process-id namespace of its own; `None`, with a message, where that may not be.
fn in_container() -> Option<Command> {
    let container = || {
        let mut command = Command::new("unshare");
        command.args(["--pid", "--fork", "--mount-proc"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        command
    };
    if !container().arg("true").stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: no process-id namespaces (unshare --pid) for this user");
        return None;
    }
    Some(container())
}

/// Rounds of three processes each that write one result at once, with pages and files of requests.
fn rounds(count: u32, command: &str, extra: &[&str]) {
    let (shared, alone) = (Case::new(), Case::new());
    let expected = alone.done(command, extra);
    assert!(expected.status.success(), "{}", text(&expected.stderr));
    let expected = files(&alone.out());
    for round in 0..count {
        let start = |_| -> Option<Child> {
            let mut container = in_container()?;
            container.arg(env!("CARGO_BIN_EXE_sdcsim")).args(shared.args(command, extra));
            Some(container.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
        };
        let Some(children) = (0..3).map(start).collect::<Option<Vec<Child>>>() else { return };
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(0), "round {round}: {}", text(&output.stderr));
        }
        let unlike = |files: Vec<(std::path::PathBuf, Vec<u8>)>| -> Vec<_> {
            // It names the experiment's file, which lies in another folder.
            files.into_iter().filter(|(path, _)| !path.ends_with("resolved.toml")).collect()
        };
        assert_same(&unlike(files(&shared.out())), &unlike(expected.clone()));
        assert_nothing_hidden(&shared.out());
    }
}

const FILES: &[&str] = &["--set", "outputs.report=true", "--set", "outputs.requests=true"];

#[test]
fn three_runs_of_one_folder_end_in_one_whole_result() {
    rounds(3, "run", FILES);
}

#[test]
fn three_sweeps_of_one_folder_end_in_one_whole_result() {
    let axis = ["--vary", "layout[0].platform.keep_alive.limit='1 min','2 min'"];
    rounds(2, "sweep", &[FILES, &axis].concat());
}

/// As often as somebody who doubts it would try.
#[test]
fn two_hundred_rounds_on_one_folder() {
    if std::env::var_os("SDCSIM_LONG").is_none() {
        eprintln!("skipped: SDCSIM_LONG=1 runs 200 rounds");
        return;
    }
    rounds(200, "run", FILES);
}
