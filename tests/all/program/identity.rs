//! What a run is called, and what it depends on: the config and the bytes of the trace, wherever either lies.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::{files, named, text};
use crate::binary::assert_same;

const COUNTS: &str = "function,minute,count\n0,0,40\n1,1,9\n0,2,8\n";
const EXPERIMENT: &str = r#"name = "mine"
question = "Is it the same?"
replications = 2

[workload]
source = { kind = "native", path = "../traces/small" }

[[layout]]
extends = "layouts/serverless-servers.toml"
nodes = { count = 2 }

[[layout]]
extends = "layouts/disaggregated.toml"
nodes = { count = 10 }
memory_pools = { count = 2 }
"#;

/// A small trace, in a folder that is made.
fn write_trace(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let durations = "p0_ms,p1_ms,p25_ms,p50_ms,p75_ms,p99_ms,p100_ms";
    let functions =
        format!("owner,app,function,memory_mib,{durations}\no,a,f,100,1,1,5,10,20,90,100\no,a,g,200,9,9,9,9,9,9,9\n");
    fs::write(folder.join("functions.csv"), functions).unwrap();
    fs::write(folder.join("counts.csv"), COUNTS).unwrap();
}

/// A folder with an experiment and its trace in it, and an empty one.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_trace(&folder.path().join("traces/small"));
    fs::create_dir_all(folder.path().join("empty")).unwrap();
    fs::create_dir_all(folder.path().join("experiments")).unwrap();
    fs::write(folder.path().join("experiments/mine.toml"), EXPERIMENT).unwrap();
    folder
}

/// Calls the program from a folder.
fn from(folder: &Path, args: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_sdcsim")).args(args).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    output
}

/// The run folders in a folder below the results.
fn ids(folder: &Path, below: &str) -> Vec<String> {
    let names = fs::read_dir(folder.join("results/mine").join(below)).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut ids: Vec<String> = names.filter(|name| name.ends_with("-s1")).collect();
    ids.sort();
    ids
}

/// Sweeps two points, and returns what is said of them.
fn swept(folder: &Path, more: &[&str]) -> String {
    let args = ["sweep", "experiments/mine.toml", "--vary", "layout[1].memory_pools.local_share=0.3,0.6"];
    text(&from(folder, &[&args[..], &["--set", "outputs.report=false"], more].concat()).stdout)
}

#[test]
fn a_changed_trace_never_meets_an_old_point() {
    let folder = folder();
    let folder = folder.path();
    assert!(swept(folder, &[]).contains("2 points run and 0 kept"));
    let new = COUNTS.replace("0,2,8", "0,2,9");
    fs::write(folder.join("traces/small/counts.csv"), &new).unwrap();
    assert!(swept(folder, &[]).contains("2 points run and 0 kept"));
    assert_eq!(ids(folder, "points").len(), 4, "the old points are still there, under their own names");
    // The same bytes elsewhere are the same trace.
    write_trace(&folder.join("copy"));
    let elsewhere = ["--set", "workload.source.path='copy'"];
    assert!(swept(folder, &elsewhere).contains("0 points run and 2 kept"));
    fs::write(folder.join("copy/counts.csv"), &new).unwrap();
    assert!(swept(folder, &elsewhere).contains("0 points run and 2 kept"));
    let digests: BTreeSet<String> = ids(folder, "points")
        .iter()
        .map(|id| fs::read(folder.join("results/mine/points").join(id).join("manifest.json")).unwrap())
        .map(|manifest| serde_json::from_slice::<serde_json::Value>(&manifest).unwrap())
        .map(|manifest| manifest["workload"]["trace_sha256"].as_str().unwrap().to_owned())
        .collect();
    assert!(digests.len() == 2 && digests.iter().all(|digest| digest.len() == 64), "{digests:?}");
}

/// What is written besides the summary has no part in the name, and what is there is never taken for what is asked for.
#[test]
fn outputs_do_not_change_the_run_id_and_are_never_stale() {
    let folder = folder();
    let folder = folder.path();
    let run = |outputs: &str| {
        let outputs = format!("outputs={{ report = false, {outputs} }}");
        from(folder, &["run", "experiments/mine.toml", "-q", "--set", &outputs]);
        let ids = ids(folder, "");
        let [id] = &ids[..] else { panic!("{ids:?}") };
        let has = |name: &str| folder.join("results/mine").join(id).join(name).exists();
        (id.clone(), [has("requests"), has("entities"), has("resources.csv")])
    };
    let (id, plain) = run("");
    assert_eq!(plain, [false, false, true]);
    assert_eq!(run("requests = true, resources = 'entity'"), (id.clone(), [true, true, true]));
    assert_eq!(run("series_interval = '7 min', resources = 'none'"), (id, [false, false, false]));
    for outputs in ["outputs.requests=true", "outputs.series_interval='7 min'", "outputs.resources='none'"] {
        let more = ["--set", outputs];
        assert!(swept(folder, &more).contains("2 points run and 0 kept"), "{outputs}");
        assert!(swept(folder, &more).contains("0 points run and 2 kept"), "{outputs}");
        assert_eq!(ids(folder, "points").len(), 2, "{outputs}");
    }
}

/// Runs an experiment, named as it is in a folder.
fn run(folder: &Path, experiment: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let out = tempfile::tempdir().unwrap();
    from(folder, &["run", experiment, "-q", "--out", out.path().to_str().unwrap()]);
    files(out.path())
}

/// By a path from here, from the root, by the bare name; what a run wrote down does so too, from anywhere.
#[test]
fn the_way_to_the_file_changes_no_byte() {
    let folder = folder();
    let folder = folder.path();
    let relative = run(folder, "experiments/mine.toml");
    assert_same(&relative, &run(folder, folder.join("experiments/mine.toml").to_str().unwrap()));
    assert_same(&relative, &run(&folder.join("experiments"), "mine.toml"));
    assert_same(&relative, &run(&folder.join("experiments"), "./mine.toml"));
    assert_same(&relative, &run(&folder.join("empty"), "../experiments/mine.toml"));
    let resolved = named(&relative, "resolved.toml");
    fs::write(folder.join("empty/again.toml"), resolved).unwrap();
    assert_same(&relative, &run(&folder.join("empty"), "again.toml"));
    let resolved = text(resolved);
    // Of keys that are nowhere written: defaults of the experiment, of a layout, and of what has no default of its own.
    for default in ["seed = 1", "report = true", "drain = ", "spacing = ", "parallelism = ", "idle_choice = "] {
        assert!(resolved.contains(default), "no {default} in\n{resolved}");
    }
}
