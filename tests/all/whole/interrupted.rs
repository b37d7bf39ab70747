//! An interrupted run goes on where it stopped, and no interrupt discards what an earlier one kept.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::{Case, assert_same, entries, files, sdcsim, text};

const SETS: &[&str] = &[
    "--set",
    "replications=40",
    "--set",
    "outputs.requests=true",
    "--set",
    "outputs.resources='entity'",
    "--jobs",
    "1",
];

/// As Ctrl-C does, but for jobs in the background, which shells let ignore that signal.
fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
}

/// Whether the requests of a replication are being written below `folder`.
fn has_begun(folder: &Path, replication: u32) -> bool {
    let name = format!("serverless-{replication}.parquet");
    entries(folder).iter().any(|hidden| hidden.join("requests").join(&name).exists())
}

/// How many replications an interrupted run has kept.
fn kept(case: &Case) -> u64 {
    let text = std::fs::read_to_string(case.run_dir("tiny-interrupted").join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(manifest["warnings"][0].as_str().unwrap().starts_with("interrupted: "), "{manifest}");
    manifest["replications"].as_u64().unwrap()
}

/// Interrupts a run as soon as a replication has begun.
fn run_until(case: &Case, replication: u32) -> String {
    let child = sdcsim(&case.args("run", SETS)).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    while !has_begun(&case.out().join("tiny"), replication) {
        sleep(Duration::from_millis(1));
    }
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{told}");
    told
}

#[test]
fn a_run_goes_on_from_what_was_kept_and_gives_the_same_bytes() {
    let (case, whole) = (Case::new(), Case::new());
    let told = run_until(&case, 3);
    let first = kept(&case);
    assert!((3..40).contains(&first) && told.contains("the same command goes on from there"), "{first}: {told}");
    // Again, before one more replication is whole: in the middle of the next one, or of the one after it.
    let told = run_until(&case, first as u32);
    let second = kept(&case);
    assert!(second >= first && told.contains(&format!("{first} of 40 replications are there")), "{second}: {told}");
    let output = case.done("run", SETS);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains(&format!("in {} runs", 2 * (40 - second))), "{}", text(&output.stdout));
    assert!(!case.out().join("tiny-interrupted").exists(), "what is part of whole results stays");
    let output = whole.done("run", SETS);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_same(&without_comments(&case), &without_comments(&whole));
}

/// The files of the results, their configuration without the comments, which name the experiment's file.
fn without_comments(case: &Case) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let plain = |(path, content): (std::path::PathBuf, Vec<u8>)| {
        if !path.ends_with("resolved.toml") {
            return (path, content);
        }
        let lines = text(&content);
        let lines: Vec<&str> = lines.lines().filter(|line| !line.starts_with('#')).collect();
        (path, lines.join("\n").into_bytes())
    };
    files(&case.out()).into_iter().map(plain).collect()
}

/// With `--fresh` nothing is gone on from; what cannot be gone on from is told.
#[test]
fn what_is_not_sound_is_run_again() {
    let case = Case::new();
    run_until(&case, 1);
    let manifest = case.run_dir("tiny-interrupted").join("manifest.json");
    let text_of = std::fs::read_to_string(&manifest).unwrap();
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    std::fs::write(&manifest, text_of.replacen(&version, "\"version\": \"0.0.1\"", 1)).unwrap();
    let output = case.done("run", SETS);
    let told = text(&output.stderr);
    assert!(output.status.success() && told.contains("is of another version of the program"), "{told}");
    assert!(text(&output.stdout).contains("in 80 runs"), "{}", text(&output.stdout));
}

/// Whatever happens to one of the files that are kept, they are not gone on from, which is a warning, and the results are those
/// of a run that was not interrupted.
#[test]
fn what_has_changed_is_not_gone_on_from() {
    let case = Case::new();
    run_until(&case, 1);
    let damaged = case.run_dir("tiny-interrupted").join("entities/serverless-0.csv");
    let content = std::fs::read_to_string(&damaged).unwrap();
    std::fs::write(&damaged, &content[..content.len() / 2]).unwrap();
    let output = case.done("run", SETS);
    let told = text(&output.stderr);
    assert!(output.status.success() && !told.contains("error:"), "{told}");
    let expected = format!("warning: {}: is not what was written", damaged.display());
    assert!(told.contains(&expected) && told.contains("all replications are run"), "{told}");
    assert!(text(&output.stdout).contains("in 80 runs"), "{}", text(&output.stdout));
    let now = std::fs::read_to_string(case.run_dir("tiny").join("entities/serverless-0.csv")).unwrap();
    assert_eq!(now, content);
    assert!(!case.out().join("tiny-interrupted").exists());
}

/// What `nohup` ignores does not interrupt; what a shell ignores for a job in the background does, when it is sent.
#[cfg(target_os = "linux")]
#[test]
fn what_is_ignored_from_the_start_stays_ignored() {
    let case = Case::new();
    let script = "trap '' HUP INT; exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_sdcsim")]).args(case.args("run", SETS));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).stdout(Stdio::null()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let wait_for = |replication| {
        while !has_begun(&case.out().join("tiny"), replication) {
            sleep(Duration::from_millis(1));
        }
    };
    let send = |signal: &str| {
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    };
    wait_for(1);
    send("-HUP");
    send("-HUP");
    // It goes on.
    wait_for(4);
    send("-INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert!(kept(&case) >= 3);
}
