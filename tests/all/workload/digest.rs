//! The digest of a trace's bytes.

use std::fs;
use std::path::Path;

use sdcsim::config::{self, raw};
use sdcsim::experiment::trace_digest;
use sdcsim::workload::trace::digest::{digest, of_native};

use super::put;

const FILES: [(&str, &str); 3] = [
    ("about.csv", "key,value\nlength_s,60\n"),
    ("functions.csv", "owner,app,function,memory_mib\no,a,f,1\n"),
    ("invocations.csv", "function,arrival_s,duration_s\n0,1,1\n"),
];

fn trace() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in FILES {
        put(&dir, name, text);
    }
    dir
}

#[test]
fn any_changed_byte_of_any_file_changes_it_and_no_path_does() {
    let (dir, elsewhere) = (trace(), trace());
    let whole = of_native(dir.path()).unwrap();
    assert_eq!(whole, of_native(elsewhere.path()).unwrap());
    assert!(whole.len() == 64 && whole.bytes().all(|byte| byte.is_ascii_hexdigit()), "{whole}");
    let mut seen = vec![whole];
    for (name, text) in FILES {
        for at in 0..text.len() {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] ^= 1;
            put(&dir, name, bytes);
            seen.push(of_native(dir.path()).unwrap());
        }
        put(&dir, name, text);
    }
    // A file less is another trace too; one that nobody reads is not.
    put(&dir, "notes.txt", "anything");
    assert_eq!(of_native(dir.path()).unwrap(), seen[0]);
    fs::remove_file(dir.path().join("about.csv")).unwrap();
    seen.push(of_native(dir.path()).unwrap());
    let n = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), n);
}

#[test]
fn bytes_count_with_the_part_that_their_file_plays() {
    let dir = tempfile::tempdir().unwrap();
    let [a, b] = ["a", "b"].map(|name| put(&dir, name, name));
    let sums = [
        digest(&[("counts", a.clone()), ("durations", b.clone())]),
        digest(&[("counts", b.clone()), ("durations", a.clone())]),
        digest(&[("counts", a.clone()), ("counts", b)]),
        digest(&[("counts", a)]),
    ]
    .map(Result::unwrap);
    assert!((1..4).all(|i| !sums[i..].contains(&sums[i - 1])), "{sums:?}");
}

#[test]
fn an_experiment_has_that_of_its_trace_and_a_generated_one_has_none() {
    let of = |overrides: &[&str]| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/day.toml");
        let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
        trace_digest(&config::load::<raw::Experiment>(&path, &overrides).unwrap())
    };
    let day = Path::new(env!("CARGO_MANIFEST_DIR")).join("traces/day");
    assert_eq!(of(&[]).unwrap(), Some(of_native(&day).unwrap()));
    assert_eq!(of(&["workload.source={ kind = \"generated\", functions = 3 }"]).unwrap(), None);
}

#[test]
fn what_is_no_file_is_told() {
    let dir = trace();
    let missing = dir.path().join("missing.csv");
    let problems = digest(&[("counts", missing), ("durations", dir.path().to_owned())]).unwrap_err().to_string();
    assert!(problems.contains("there is no such file") && problems.contains("not a regular file"), "{problems}");
}
