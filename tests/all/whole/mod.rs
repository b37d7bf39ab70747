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

use super::binary::{assert_same, files, text, tiny};

/// A folder with an experiment in it, and room for results.
struct Case {
    folder: TempDir,
}

impl Case {
    fn new() -> Self {
        let case = Self { folder: TempDir::new().unwrap() };
        fs::write(case.folder.path().join("tiny.toml"), tiny("Is it whole?", 1)).unwrap();
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

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
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
