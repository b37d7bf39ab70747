//! Results are whole or not at all: whoever interrupts, kills or runs beside, and wherever output ends.

#[cfg(unix)]
mod full;
mod interrupted;
mod killed;
mod printed;
mod together;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::binary;

/// Half an hour of twenty functions on two layouts.
const TINY: &str = r#"name = "tiny"
question = "Is it whole?"
seed = 3
replications = 1
outputs = { report = false }

[workload]
source = { kind = "generated", functions = 20, length = "30 min" }

[[layout]]
extends = "layouts/serverless-servers.toml"
nodes = { count = 2 }

[[layout]]
extends = "layouts/disaggregated.toml"
nodes = { count = 10 }
memory_pools = { count = 2 }
"#;

/// A folder with an experiment in it, and room for results.
struct Case {
    folder: TempDir,
}

impl Case {
    fn new() -> Self {
        let case = Self { folder: TempDir::new().unwrap() };
        fs::write(case.folder.path().join("tiny.toml"), TINY).unwrap();
        case
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// The arguments of a command on the experiment.
    fn args(&self, command: &str, extra: &[&str]) -> Vec<String> {
        let file = self.folder.path().join("tiny.toml");
        let own = [command, file.to_str().unwrap(), "--out", self.out().to_str().unwrap()].map(str::to_owned);
        own.into_iter().chain(extra.iter().map(|arg| (*arg).to_owned())).collect()
    }

    /// Runs a command on the experiment.
    fn done(&self, command: &str, extra: &[&str]) -> Output {
        sdcsim(&self.args(command, extra)).output().unwrap()
    }

    /// The one run folder of results, by the name of the folder of these.
    fn run_dir(&self, name: &str) -> PathBuf {
        let folders: Vec<PathBuf> = entries(&self.out().join(name));
        assert_eq!(folders.len(), 1, "{folders:?}");
        folders[0].clone()
    }
}

fn sdcsim(args: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sdcsim"));
    command.args(args).current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Every file below `folder` but wall-clock times, by relative name.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(inside) = open.pop() {
        for path in entries(&inside) {
            if path.is_dir() {
                open.push(path);
            } else if !path.ends_with("timing.json") {
                let content = binary::content(&path);
                found.push((path.strip_prefix(folder).unwrap().to_owned(), content));
            }
        }
    }
    found.sort();
    found
}

#[track_caller]
fn assert_same(one: &[(PathBuf, Vec<u8>)], two: &[(PathBuf, Vec<u8>)]) {
    let names = |files: &[(PathBuf, Vec<u8>)]| files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(names(one), names(two));
    for ((path, a), (_, b)) in one.iter().zip(two) {
        assert!(a == b, "{} differs", path.display());
    }
}

/// No hidden file or folder is below.
#[track_caller]
fn assert_nothing_hidden(folder: &Path) {
    for path in entries(folder) {
        assert!(!path.file_name().unwrap().to_string_lossy().starts_with('.'), "{} is left", path.display());
        if path.is_dir() {
            assert_nothing_hidden(&path);
        }
    }
}
