//! Result files: what is written reads back, and appears whole or not at all.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sdcsim::output::{self, OutputError, RunFacts, RunFiles, metrics};
use sdcsim::report;

use super::fixture;

fn names(dir: &Path) -> Vec<String> {
    let list = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = list.collect();
    names.sort();
    names
}

#[test]
fn what_is_written_reads_back() {
    let root = tempfile::tempdir().unwrap();
    let out = fixture::experiment(3);
    let dir = output::write(&out, &fixture::timing(), root.path()).unwrap();
    assert_eq!(dir, root.path().join("fixture/00ff12ab34cd-s7"));
    let expected = [
        "SHA256SUMS",
        "breakdown.csv",
        "manifest.json",
        "quantiles.csv",
        "resolved.toml",
        "resources.csv",
        "series.csv",
        "summary.csv",
        "timing.json",
    ];
    assert_eq!(names(&dir), expected);
    assert!(output::read(&dir).unwrap() == out);
}

/// A run that was written, with files of single entities.
fn written(root: &Path) -> PathBuf {
    let facts = RunFacts { experiment: "fixture", config_hash: "00ff12ab34cdef", seed: 7 };
    let files = RunFiles::new(&root.join("fixture"), facts).unwrap().with_entities().unwrap();
    for layout in ["serverful", "disaggregated"] {
        files.entities(layout, 0, std::iter::empty()).unwrap();
    }
    output::write_in(&fixture::experiment(1), &fixture::timing(), Some(&files), &root.join("fixture")).unwrap()
}

/// Damages one file of a run, and checks that it is named.
fn check_damage(expected: &str, damage: fn(&Path)) {
    let root = tempfile::tempdir().unwrap();
    let dir = written(root.path());
    assert_eq!(output::check_sums(&dir), Ok(()));
    fs::write(dir.join("report.html"), "made of the other files").unwrap();
    fs::remove_file(dir.join("timing.json")).unwrap();
    assert_eq!(output::check_sums(&dir), Ok(()));
    damage(&dir);
    let problem = output::check_sums(&dir).expect_err(expected).to_string();
    assert!(problem.contains(expected), "{problem}");
}

#[test]
fn every_damage_to_a_run_is_found() {
    fn without_last_line(path: &Path) {
        let text = fs::read_to_string(path).unwrap();
        let end = text.trim_end().rfind('\n').unwrap() + 1;
        fs::write(path, &text[..end]).unwrap();
    }
    check_damage("summary.csv: is not what was written", |dir| without_last_line(&dir.join("summary.csv")));
    check_damage("resources.csv: cannot be read", |dir| fs::remove_file(dir.join("resources.csv")).unwrap());
    check_damage("entities/serverful-0.csv: cannot be read", |dir| {
        fs::remove_file(dir.join("entities/serverful-0.csv")).unwrap();
    });
    check_damage("entities/disaggregated-0.csv: is not what", |dir| {
        File::options().write(true).open(dir.join("entities/disaggregated-0.csv")).unwrap().set_len(3).unwrap();
    });
    check_damage("entities/more.csv: is not of this run", |dir| fs::write(dir.join("entities/more.csv"), "").unwrap());
    check_damage("manifest.json: is not what was written", |dir| {
        let text = fs::read_to_string(dir.join("manifest.json")).unwrap();
        fs::write(dir.join("manifest.json"), text.replacen('1', "2", 1)).unwrap();
    });
    check_damage("SHA256SUMS: does not list all", |dir| fs::write(dir.join("SHA256SUMS"), "").unwrap());
    check_damage("SHA256SUMS: is not a list", |dir| fs::write(dir.join("SHA256SUMS"), "{}").unwrap());
    check_damage("SHA256SUMS: cannot be read", |dir| fs::remove_file(dir.join("SHA256SUMS")).unwrap());
}

#[test]
fn a_folder_without_results_names_those_in_it() {
    let root = tempfile::tempdir().unwrap();
    let run = written(root.path());
    for dir in [root.path(), run.parent().unwrap()] {
        let told = report::run(dir, true).unwrap_err().to_string();
        assert!(told.contains("is no folder of results") && told.contains(run.to_str().unwrap()), "{told}");
    }
    let told = report::run(&run.join("entities"), true).unwrap_err().to_string();
    assert!(told.contains("is no folder of results") && told.contains("<run id>"), "{told}");
    report::run(&run, true).unwrap();
}

#[test]
fn awkward_texts_and_numbers_read_back() {
    let root = tempfile::tempdir().unwrap();
    let mut out = fixture::experiment(1);
    out.manifest.layouts[0].name = "a,\"b\"\nc".to_owned();
    out.manifest.layouts[0].held_equal[0].value = 0.1 + 0.2;
    out.manifest.seed = u64::MAX;
    for row in &mut out.summary {
        if row.layout == "serverful" {
            row.layout.clone_from(&out.manifest.layouts[0].name);
        }
    }
    out.quantiles.retain(|row| row.layout != "serverful");
    out.breakdown.retain(|row| row.layout != "serverful");
    out.series.retain(|row| row.layout != "serverful");
    out.resources.retain(|row| row.layout != "serverful");
    for (row, value) in out.summary.iter_mut().zip([f64::MIN_POSITIVE, -0.0, 1.0 / 3.0, f64::MAX, 5e-324]) {
        row.value = value;
    }
    let dir = output::write(&out, &fixture::timing(), root.path()).unwrap();
    assert!(output::read(&dir).unwrap() == out);
}

#[test]
fn a_run_replaces_its_predecessor_whole() {
    let root = tempfile::tempdir().unwrap();
    let mut out = fixture::experiment(1);
    let dir = output::write(&out, &fixture::timing(), root.path()).unwrap();
    fs::write(dir.join("report.html"), "of the old numbers").unwrap();
    out.summary[0].value = 1.0;
    output::write(&out, &fixture::timing(), root.path()).unwrap();
    assert!(output::read(&dir).unwrap() == out);
    assert!(!dir.join("report.html").exists());
    assert_eq!(names(dir.parent().unwrap()), ["00ff12ab34cd-s7"]);
}

#[test]
fn what_cannot_be_written_changes_nothing() {
    let root = tempfile::tempdir().unwrap();
    let good = fixture::experiment(1);
    let dir = output::write(&good, &fixture::timing(), root.path()).unwrap();
    let check = |change: fn(&mut output::ExperimentOutput), expected: &str| {
        let mut out = good.clone();
        change(&mut out);
        let error = output::write(&out, &fixture::timing(), root.path()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(output::read(&dir).unwrap() == good);
        assert_eq!(names(root.path()), ["fixture"]);
        assert_eq!(names(dir.parent().unwrap()), ["00ff12ab34cd-s7"]);
    };
    check(|out| out.series.last_mut().unwrap().value = f64::NAN, "cold_starts of disaggregated/0 is NaN");
    check(|out| out.manifest.audits[0].left = f64::INFINITY, "left side of `requests in");
    check(|out| out.manifest.experiment = "../elsewhere".to_owned(), "the experiment `../elsewhere` cannot name");
    check(|out| out.manifest.experiment = String::new(), "the experiment `` cannot name a folder");
    check(|out| out.manifest.config_hash = "ä".repeat(12), "configuration hash");
}

#[test]
fn a_root_that_is_a_file_or_read_only_says_so() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("results");
    fs::write(&file, "mine").unwrap();
    let error = output::write(&fixture::experiment(1), &fixture::timing(), &file).unwrap_err();
    assert!(matches!(error, OutputError::Io { .. }));
    assert!(error.to_string().contains("results/fixture"), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");

    let locked = root.path().join("locked");
    fs::create_dir(&locked).unwrap();
    let mut permissions = fs::metadata(&locked).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&locked, permissions).unwrap();
    if fs::write(locked.join("probe"), "").is_ok() {
        eprintln!("skipped: this user may write to read-only folders");
        return;
    }
    let error = output::write(&fixture::experiment(1), &fixture::timing(), &locked).unwrap_err().to_string();
    assert!(error.contains("make the folder writable"), "{error}");
    assert!(names(&locked).is_empty());
}

#[test]
fn broken_files_are_told_all_at_once() {
    let root = tempfile::tempdir().unwrap();
    let dir = output::write(&fixture::experiment(1), &fixture::timing(), root.path()).unwrap();
    fs::write(dir.join("manifest.json"), "{\n  \"program\": 3\n}").unwrap();
    fs::remove_file(dir.join("resolved.toml")).unwrap();
    fs::write(dir.join("summary.csv"), "layout,metric\n").unwrap();
    fs::write(
        dir.join("quantiles.csv"),
        "layout,replication,quantile,response_s\na,x,0.5,1\na,0,1.5,1\na,0,0.5,NaN\na,0\n",
    )
    .unwrap();
    fs::write(dir.join("breakdown.csv"), b"\xff\xfe").unwrap();
    let text = output::read(&dir).unwrap_err().to_string().replace(&root.path().display().to_string(), "ROOT");
    insta::assert_snapshot!(text);
}

#[test]
fn rows_of_another_run_are_found() {
    let root = tempfile::tempdir().unwrap();
    let dir = output::write(&fixture::experiment(1), &fixture::timing(), root.path()).unwrap();
    fs::write(dir.join("summary.csv"), "layout,replication,metric,value,unit\nother,0,m,1,s\nserverful,1,m,1,s\n")
        .unwrap();
    let text = output::read(&dir).unwrap_err().to_string();
    assert!(text.contains("summary.csv:2: layout `other` is not in manifest.json"), "{text}");
    assert!(text.contains("summary.csv:3: replication 1, but manifest.json says 1 of them"), "{text}");
    let text = output::read(&root.path().join("missing")).unwrap_err().to_string();
    assert!(text.contains("missing: does not exist"), "{text}");
}

#[test]
fn the_readme_of_results_holds_the_catalogue() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("results/README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let start = readme.find("| metric | unit |").expect("the catalogue is there");
    // It is the end of the file.
    let wanted = readme[..start].to_owned() + &metrics::markdown();
    if std::env::var_os("SDCSIM_UPDATE").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    assert!(readme == wanted, "the catalogue of metrics has changed: SDCSIM_UPDATE=1 cargo test --test all catalogue");
}
