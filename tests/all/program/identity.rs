//! What a run is called, and what it depends on: the config and the bytes of the trace, wherever either lies.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::{files, named, text};

const QUICKSTART: &str = "experiments/quickstart.toml";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Calls the program from a folder.
fn from(folder: &Path, args: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_sdcsim")).args(args).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    output
}

const COUNTS: &str = "function,minute,count\n0,0,40\n1,1,9\n0,2,8\n";

/// A small trace.
fn trace() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let durations = "p0_ms,p1_ms,p25_ms,p50_ms,p75_ms,p99_ms,p100_ms";
    let functions =
        format!("owner,app,function,memory_mib,{durations}\no,a,f,100,1,1,5,10,20,90,100\no,a,g,200,9,9,9,9,9,9,9\n");
    fs::write(dir.path().join("functions.csv"), functions).unwrap();
    fs::write(dir.path().join("counts.csv"), COUNTS).unwrap();
    dir
}

/// The folders below the results of the quickstart.
fn ids(out: &Path, below: &str) -> Vec<String> {
    let folder = out.join("quickstart").join(below);
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut ids: Vec<String> = names.filter(|name| name.ends_with("-s1")).collect();
    ids.sort();
    ids
}

/// Sweeps two points of the quickstart on a trace, and returns what is said of them.
fn swept(trace: &Path, out: &Path, more: &[&str]) -> String {
    let path = format!("workload.source.path='{}'", trace.display());
    let mut args = vec!["sweep", QUICKSTART, "--set", &path, "--out", out.to_str().unwrap()];
    args.extend(["--set", "replications=1", "--set", "outputs.report=false"]);
    args.extend(["--vary", "layout[2].memory_pools.local_share=0.3,0.6"]);
    args.extend(more);
    text(&from(root(), &args).stdout)
}

#[test]
fn a_changed_trace_never_meets_an_old_point() {
    let (trace_dir, out) = (trace(), tempfile::tempdir().unwrap());
    let counts = trace_dir.path().join("counts.csv");
    assert!(swept(trace_dir.path(), out.path(), &[]).contains("2 points run and 0 kept"));
    let new = COUNTS.replace("0,2,8", "0,2,9");
    fs::write(&counts, &new).unwrap();
    assert!(swept(trace_dir.path(), out.path(), &[]).contains("2 points run and 0 kept"));
    assert_eq!(ids(out.path(), "points").len(), 4, "the old points are still there, under their own names");
    // The same bytes elsewhere are the same trace.
    let elsewhere = trace();
    assert!(swept(elsewhere.path(), out.path(), &[]).contains("0 points run and 2 kept"));
    fs::write(elsewhere.path().join("counts.csv"), &new).unwrap();
    assert!(swept(elsewhere.path(), out.path(), &[]).contains("0 points run and 2 kept"));
    let digests: std::collections::BTreeSet<String> = ids(out.path(), "points")
        .iter()
        .map(|id| fs::read(out.path().join("quickstart/points").join(id).join("manifest.json")).unwrap())
        .map(|manifest| serde_json::from_slice::<serde_json::Value>(&manifest).unwrap())
        .map(|manifest| manifest["workload"]["trace_sha256"].as_str().unwrap().to_owned())
        .collect();
    assert!(digests.len() == 2 && digests.iter().all(|digest| digest.len() == 64), "{digests:?}");
}

/// What is written besides the summary has no part in the name, and what is there is never taken for what is asked for.
#[test]
fn outputs_do_not_change_the_run_id_and_are_never_stale() {
    let out = tempfile::tempdir().unwrap();
    let run = |outputs: &str| {
        let outputs = format!("outputs={{ report = false, {outputs} }}");
        let args = ["run", QUICKSTART, "-q", "--set", "replications=1", "--set", &outputs, "--out"];
        from(root(), &[&args[..], &[out.path().to_str().unwrap()]].concat());
        let ids = ids(out.path(), "");
        let [id] = &ids[..] else { panic!("{ids:?}") };
        let has = |name: &str| out.path().join("quickstart").join(id).join(name).exists();
        (id.clone(), [has("requests"), has("entities"), has("resources.csv")])
    };
    let (id, plain) = run("");
    assert_eq!(plain, [false, false, true]);
    assert_eq!(run("requests = true, resources = 'entity'"), (id.clone(), [true, true, true]));
    assert_eq!(run("series_interval = '7 min', resources = 'none'"), (id, [false, false, false]));
    let (trace, points) = (root().join("traces/quickstart"), tempfile::tempdir().unwrap());
    for outputs in ["outputs.requests=true", "outputs.series_interval='7 min'", "outputs.resources='none'"] {
        let more = ["--set", outputs];
        assert!(swept(&trace, points.path(), &more).contains("2 points run and 0 kept"), "{outputs}");
        assert!(swept(&trace, points.path(), &more).contains("0 points run and 2 kept"), "{outputs}");
        assert_eq!(ids(points.path(), "points").len(), 2, "{outputs}");
    }
}

/// Runs an experiment, named as it is here, from a folder.
fn run(folder: &Path, experiment: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let out = tempfile::tempdir().unwrap();
    from(folder, &["run", experiment, "-q", "--set", "replications=1", "--out", out.path().to_str().unwrap()]);
    files(out.path())
}

#[track_caller]
fn check_same(one: &[(PathBuf, Vec<u8>)], other: &[(PathBuf, Vec<u8>)]) {
    let names = |files: &[(PathBuf, Vec<u8>)]| files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(names(one), names(other));
    for ((path, a), (_, b)) in one.iter().zip(other) {
        assert!(a == b, "{} differs", path.display());
    }
}

#[test]
fn the_way_to_the_file_changes_no_byte() {
    let relative = run(root(), QUICKSTART);
    check_same(&relative, &run(root(), root().join(QUICKSTART).to_str().unwrap()));
    check_same(&relative, &run(&root().join("experiments"), "quickstart.toml"));
    check_same(&relative, &run(&root().join("experiments"), "./quickstart.toml"));
    check_same(&relative, &run(&root().join("docs"), "../experiments/quickstart.toml"));
}

#[test]
fn what_a_run_wrote_down_runs_again_to_the_same_bytes() {
    let first = run(root(), QUICKSTART);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("again.toml"), named(&first, "resolved.toml")).unwrap();
    check_same(&first, &run(folder.path(), "again.toml"));
}
