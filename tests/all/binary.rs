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

#[track_caller]
pub fn assert_same(one: &[(PathBuf, Vec<u8>)], other: &[(PathBuf, Vec<u8>)]) {
    let names = |files: &[(PathBuf, Vec<u8>)]| files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(names(one), names(other));
    for ((path, a), (_, b)) in one.iter().zip(other) {
        assert!(a == b, "{} differs", path.display());
    }
}

/// An experiment that runs in an instant: half an hour of twenty functions on two layouts.
pub fn tiny(question: &str, replications: u32) -> String {
    format!(
        r#"name = "tiny"
question = "{question}"
seed = 3
replications = {replications}
outputs = {{ report = false }}

[workload]
source = {{ kind = "generated", functions = 20, length = "30 min" }}

[[layout]]
extends = "layouts/serverless-servers.toml"
nodes = {{ count = 2 }}

[[layout]]
extends = "layouts/disaggregated.toml"
nodes = {{ count = 10 }}
memory_pools = {{ count = 2 }}
"#
    )
}
