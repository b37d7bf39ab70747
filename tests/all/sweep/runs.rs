//! Points are single runs, whatever the number of jobs, and however often the sweep was stopped on the way.

use std::fs;
use std::path::{Path, PathBuf};

use super::{AXES, Case, assert_same, command, files, sdcsim, text};

/// A config without its comments, which say from which files and arguments it came.
fn without_comments(text: &[u8]) -> String {
    let text = String::from_utf8(text.to_vec()).unwrap();
    text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n")
}

/// The files of a folder, the resolved config without its comments.
fn comparable(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let plain = |(path, content): (PathBuf, Vec<u8>)| {
        let content = if path.ends_with("resolved.toml") { without_comments(&content).into_bytes() } else { content };
        (path, content)
    };
    files(dir).into_iter().map(plain).collect()
}

#[test]
fn a_point_is_the_run_of_its_config() {
    let case = Case::new(AXES);
    case.swept(&["--quiet"]);
    let points = case.points();
    assert_eq!(points.len(), 4);
    for point in points {
        let out = case.folder.path().join("single");
        let config = point.join("resolved.toml");
        let ran = sdcsim(&["run", config.to_str().unwrap(), "--quiet", "--out", out.to_str().unwrap()]);
        assert!(ran.status.success(), "{}", text(&ran.stderr));
        let single = out.join("tiny").join(point.file_name().unwrap());
        assert!(single.is_dir(), "{} is another run", point.display());
        assert_same(&comparable(&point), &comparable(&single));
    }
}

#[test]
fn a_point_has_the_requests_of_its_runs() {
    let (one, two) = (Case::new(AXES), Case::new(AXES));
    one.swept(&["--quiet", "--jobs", "1", "--set", "outputs.requests=true"]);
    two.swept(&["--quiet", "--jobs", "2", "--set", "outputs.requests=true"]);
    assert_same(&comparable(&one.results()), &comparable(&two.results()));
    for point in one.points() {
        let names: Vec<String> =
            files(&point.join("requests")).iter().map(|(path, _)| path.display().to_string()).collect();
        let layouts = ["disaggregated-0", "disaggregated-1", "serverless-0", "serverless-1"];
        assert_eq!(names.len(), layouts.len() + 1, "{names:?}");
        assert!(layouts.iter().all(|layout| names.contains(&format!("{layout}.parquet"))), "{names:?}");
        let out = one.folder.path().join("single");
        let config = point.join("resolved.toml");
        let ran = sdcsim(&["run", config.to_str().unwrap(), "--quiet", "--out", out.to_str().unwrap()]);
        assert!(ran.status.success(), "{}", text(&ran.stderr));
        assert_same(&comparable(&point), &comparable(&out.join("tiny").join(point.file_name().unwrap())));
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_jobs() {
    let (one, two) = (Case::new(AXES), Case::new(AXES));
    let output = one.swept(&["--jobs", "1", "--quiet", "--set", "outputs.report=true"]);
    let told = text(&output.stderr);
    assert!(text(&output.stdout).is_empty() && told.lines().all(|line| line.starts_with("warning: ")), "{told}");
    two.swept(&["--jobs", "3", "--quiet", "--set", "outputs.report=true"]);
    // The resolved configs name their file, which lies in another folder.
    assert_same(&comparable(&one.results()), &comparable(&two.results()));
    for name in ["sweep.csv", "sweep.toml", "sweep.html", "plots/response-p99.svg", "plots/response-p99.png"] {
        assert!(one.results().join(name).exists(), "no {name}");
    }
    assert!(!one.points()[0].join("report.html").exists(), "points have no page of their own");
}

#[test]
fn points_that_are_there_are_kept() {
    let case = Case::new(AXES);
    case.swept(&["--quiet"]);
    let whole = files(&case.results());
    let points = case.points();
    fs::remove_dir_all(&points[1]).unwrap();
    fs::remove_file(points[2].join("summary.csv")).unwrap();
    fs::remove_file(case.results().join("sweep.csv")).unwrap();
    let mark = points[0].join("mark");
    fs::write(&mark, "a kept folder is not touched").unwrap();
    let output = case.swept(&[]);
    assert!(text(&output.stderr).contains("2 of 4 points are there already"), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("2 points run and 2 kept"), "{}", text(&output.stdout));
    assert!(mark.exists());
    fs::remove_file(&mark).unwrap();
    assert_same(&whole, &files(&case.results()));
    fs::write(&mark, "a fresh folder is another").unwrap();
    case.swept(&["--fresh", "--quiet"]);
    assert_same(&whole, &files(&case.results()));
}

/// What is without effect is so whether points are run or are there already.
#[test]
fn strict_is_as_strict_about_points_that_are_kept() {
    let case = Case::new(AXES);
    let strict = ["--quiet", "--strict", "--set", "layout[0].nodes.off_after='7 min'"];
    for _ in 0..2 {
        let output = case.sweep(&strict);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains("layout[0].nodes.off_after"), "{}", text(&output.stderr));
    }
}

/// Points of another version of the program, or with a broken law, are no results of this one.
#[test]
fn points_that_are_not_sound_are_run_again() {
    let case = Case::new(AXES);
    case.swept(&["--quiet"]);
    let whole = files(&case.results());
    let change = |point: &Path, old: &str, new: &str| {
        let file = point.join("manifest.json");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(old), "{old}");
        fs::write(&file, text.replacen(old, new, 1)).unwrap();
    };
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    change(&case.points()[0], &version, "\"version\": \"0.0.1\"");
    change(&case.points()[3], "\"holds\": true", "\"holds\": false");
    let output = case.swept(&[]);
    assert!(text(&output.stdout).contains("2 points run and 2 kept"), "{}", text(&output.stdout));
    assert_same(&whole, &files(&case.results()));
}

/// A row that is gone from a point, or a digit that is another, does not go into the table.
#[test]
fn points_that_have_changed_are_run_again() {
    let case = Case::new(AXES);
    case.swept(&["--quiet"]);
    let whole = files(&case.results());
    let change = |point: usize, name: &str, change: &dyn Fn(&str) -> String| -> String {
        let file = case.points()[point].join(name);
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, change(&text)).unwrap();
        format!("warning: {}: is not what was written", file.display())
    };
    let told = [
        change(0, "summary.csv", &|text| text.split_inclusive('\n').take(40).collect()),
        change(2, "quantiles.csv", &|text| text.replacen('1', "2", 1)),
    ];
    let output = case.swept(&[]);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(stdout.contains("2 points run and 2 kept"), "{stdout}");
    assert!(told.iter().all(|told| stderr.contains(told)) && stderr.contains("is run again"), "{stderr}");
    assert_same(&whole, &files(&case.results()));
}

/// A page is of the table beside it, or is not there: here the page does not fit on the disk.
#[cfg(unix)]
#[test]
fn no_page_is_older_than_its_table() {
    let case = Case::new(AXES);
    case.swept(&["--quiet", "--set", "outputs.report=true"]);
    let whole = files(&case.results());
    let script = "trap '' XFSZ; ulimit -f 180; exec \"$0\" \"$@\"";
    let (file, out) = (case.file(), case.out());
    let args =
        ["sweep", file.to_str().unwrap(), "--out", out.to_str().unwrap(), "--quiet", "--set", "outputs.report=true"];
    let output = std::process::Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_sdcsim")])
        .args(args)
        .args(["--vary", "layout[0].platform.idle_choice=mru"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let told = text(&output.stderr);
    let again = format!("`sdcsim report {}`", case.results().display());
    assert!(output.status.code() == Some(1) && told.contains(&again), "{told}");
    assert!(case.results().join("sweep.csv").exists());
    assert!(!case.results().join("sweep.html").exists());
    case.swept(&["--quiet", "--set", "outputs.report=true"]);
    let kept = files(&case.results()).into_iter().filter(|(path, _)| !path.starts_with("points"));
    let before = whole.into_iter().filter(|(path, _)| !path.starts_with("points"));
    assert_same(&kept.collect::<Vec<_>>(), &before.collect::<Vec<_>>());
}

#[test]
fn the_table_has_a_row_for_each_point_layout_and_metric() {
    let case = Case::new(AXES);
    case.swept(&["--quiet", "--vary", "layout[0].platform.idle_choice=mru"]);
    let table = fs::read_to_string(case.results().join("sweep.csv")).unwrap();
    let some = |line: &&str| {
        ["point,", ",requests.arrived,", ",local_memory.installed,"].iter().any(|part| line.contains(part))
    };
    insta::assert_snapshot!("table", table.lines().filter(some).collect::<Vec<_>>().join("\n"));
    insta::assert_snapshot!("manifest", fs::read_to_string(case.results().join("sweep.toml")).unwrap());
}

/// A point that cannot be run is told with its values, and the others go on.
#[test]
fn a_point_that_fails_stops_no_other() {
    let case = Case::new("\n[[sweep]]\nkey = \"layout[0].nodes.count\"\nvalues = [2, 3, 4]\n");
    let output = case.sweep(&[]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!("unequal", case.relative(&text(&output.stderr)));
    assert_eq!(case.points().len(), 1);
    let manifest = fs::read_to_string(case.results().join("sweep.toml")).unwrap();
    assert!(manifest.contains("points = 3") && manifest.contains("missing = ["), "{manifest}");
    let rows = fs::read_to_string(case.results().join("sweep.csv")).unwrap();
    assert!(rows.lines().skip(1).all(|row| row.split(',').nth(1) == Some("2")) && rows.lines().count() > 20);
}

#[test]
fn a_workload_that_is_missing_is_told_once() {
    let case = Case::new(AXES);
    let output = case.sweep(&["--set", "workload.source={ kind = 'native', path = 'nowhere' }"]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = text(&output.stderr);
    assert!(stderr.contains("4 points failed") && stderr.contains("nowhere"), "{stderr}");
    assert!(!case.results().exists(), "a sweep without a point leaves nothing");
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let case = Case::new(AXES);
    fs::write(case.out(), "not a folder").unwrap();
    let output = case.sweep(&["--quiet"]);
    let stderr = text(&output.stderr);
    assert!(
        output.status.code() == Some(1) && stderr.contains("--out DIR") && !stderr.contains("panicked"),
        "{stderr}"
    );
}

/// Ctrl-C keeps whole points, says how to go on, and the same command does.
#[cfg(unix)]
#[test]
fn an_interrupted_sweep_goes_on_where_it_stopped() {
    let axes = "\n[[sweep]]\nkey = \"seed\"\nfrom = 1\nto = 200\npoints = 200\n";
    let case = Case::new(axes);
    let (file, out) = (case.file(), case.out());
    let args = ["sweep", file.to_str().unwrap(), "--out", out.to_str().unwrap(), "--set", "replications=1"];
    let child = command(&args).stderr(std::process::Stdio::piped()).spawn().unwrap();
    while case.points().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("of 200 points are complete; the same command goes on"), "{stderr}");
    let kept = case.points().len();
    assert!((1..200).contains(&kept), "{kept} points");
    assert!(!case.results().join("sweep.csv").exists());
    let again = sdcsim(&args);
    assert!(again.status.success(), "{}", text(&again.stderr));
    assert!(
        text(&again.stdout).contains(&format!("{} points run and {kept} kept", 200 - kept)),
        "{}",
        text(&again.stdout)
    );
}
