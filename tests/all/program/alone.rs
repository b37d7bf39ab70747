//! The program alone: shipped layouts are extended from a folder with nothing else in it.

use std::path::Path;
use std::process::{Command, Output};

use super::{files, named, text};

const EXPERIMENT: &str = r#"
name = "alone"
question = "Does it run without its repository?"
basis = "nothing"

[workload.source]
kind = "generated"
functions = 20
length = "10 min"

[[layout]]
extends = "layouts/hybrid.toml"
"#;

/// Runs the program in a folder.
fn sdcsim_in(folder: &Path, args: &[&str]) -> Output {
    let program = Command::new(env!("CARGO_BIN_EXE_sdcsim")).args(args).current_dir(folder).output();
    program.expect("the program starts")
}

/// The record of how the one run in this folder came about.
fn record_of(folder: &Path) -> Vec<u8> {
    let made = walk(&folder.join("results"));
    let record = made.iter().find(|file| file.ends_with("timing.json")).unwrap_or_else(|| panic!("{made:?}"));
    std::fs::read(record).unwrap()
}

#[test]
fn an_experiment_in_an_empty_folder_extends_what_is_shipped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(path.join("mine.toml"), EXPERIMENT).unwrap();
    let output = sdcsim_in(path, &["run", "mine.toml", "--quiet"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let made = files(&path.join("results"));
    // Which text it was is in the record, of each file that was read.
    let record: serde_json::Value = serde_json::from_slice(&record_of(path)).unwrap();
    let sources: Vec<&str> =
        record["sources"].as_array().unwrap().iter().map(|source| source.as_str().unwrap()).collect();
    let start = "sdcsim:layouts/hybrid.toml, built in, SHA-256 ";
    let digest = sources.iter().find_map(|source| source.strip_prefix(start)).unwrap_or_else(|| panic!("{sources:?}"));
    assert_eq!(digest.len(), 64);
    assert!(sources.iter().any(|source| source.starts_with("sdcsim:parts/cpu-sip-16.toml, built in")), "{sources:?}");
    // The same files in folders give the same results; these go before what is built in.
    let configs = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    let with_files = tempfile::tempdir().unwrap();
    for file in walk(&configs) {
        let to = with_files.path().join("configs").join(file.strip_prefix(&configs).unwrap());
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(&file, to).unwrap();
    }
    std::fs::write(with_files.path().join("mine.toml"), EXPERIMENT).unwrap();
    let output = sdcsim_in(with_files.path(), &["run", "mine.toml", "--quiet"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let again = files(&with_files.path().join("results"));
    assert_eq!(named(&again, "summary.csv"), named(&made, "summary.csv"));
    assert!(!text(&record_of(with_files.path())).contains("built in"));
    // By its full name the built-in one is taken, whatever lies around.
    std::fs::write(with_files.path().join("configs/layouts/hybrid.toml"), "name = 3\n").unwrap();
    let check = |name: &str| {
        let experiment = EXPERIMENT.replace("layouts/hybrid.toml", name);
        std::fs::write(with_files.path().join("mine.toml"), experiment).unwrap();
        sdcsim_in(with_files.path(), &["check", "mine.toml"]).status.success()
    };
    assert_eq!((check("layouts/hybrid.toml"), check("sdcsim:layouts/hybrid.toml")), (false, true));
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn a_name_that_is_not_built_in_is_told_with_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine.toml"), EXPERIMENT.replace("hybrid", "hibrid")).unwrap();
    let output = sdcsim_in(folder.path(), &["check", "mine.toml"]);
    let told = text(&output.stderr);
    assert!(!output.status.success());
    assert!(told.contains("did you mean \"layouts/hybrid.toml\"?") && told.contains("what is built in"), "{told}");
}

/// Keys without effect are told by both commands, and hold neither up.
#[test]
fn warnings_go_to_standard_error_and_fail_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let idle = format!("{EXPERIMENT}platform.dispatch.choices = 3\n");
    std::fs::write(folder.path().join("mine.toml"), idle).unwrap();
    for args in [&["check", "mine.toml"][..], &["run", "mine.toml", "--quiet"]] {
        let output = sdcsim_in(folder.path(), args);
        let told = text(&output.stderr);
        assert!(output.status.success(), "{told}");
        assert!(told.starts_with("warning: mine.toml:13:29: layout[0].platform.dispatch.choices: 3: "), "{told}");
    }
}
