//! The program as a user calls it, and the files that it leaves.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Calls the program in the folder of the package.
pub fn sdcsim(args: &[&str]) -> Output {
    command(args).output().expect("the program starts")
}

/// The same, to be called.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sdcsim"));
    command.args(args).current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What is in a file; of a list of digests, all but that of the resolved configuration, whose comments name files.
pub fn content(path: &Path) -> Vec<u8> {
    let content = fs::read(path).unwrap();
    if !path.ends_with("SHA256SUMS") {
        return content;
    }
    let list = String::from_utf8(content).unwrap();
    list.split_inclusive('\n').filter(|line| !line.ends_with("resolved.toml\n")).collect::<String>().into()
}

/// Every file below `dir` but the wall-clock times, by relative name.
pub fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.file_name().unwrap() != "timing.json" {
                found.push((path.strip_prefix(dir).unwrap().to_owned(), content(&path)));
            }
        }
    }
    found.sort();
    found
}
