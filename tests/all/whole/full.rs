//! A disk that fills up at any file: an error that names a path, and the old result stays.

use std::process::Command;

use super::{Case, assert_nothing_hidden, assert_same, entries, files, sdcsim, text};

/// Runs a command on the experiment where no file may grow past `blocks` of 512 bytes; growing is an error where `told`, and the
/// end of the process otherwise.
fn limited(case: &Case, command: &str, extra: &[&str], blocks: u32, told: bool) -> std::process::Output {
    let trap = if told { "trap '' XFSZ; " } else { "" };
    Command::new("sh")
        .args(["-c", &format!("{trap}ulimit -f {blocks}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_sdcsim")])
        .args(case.args(command, extra))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap()
}

/// From no room at all to room enough for all but the largest file.
fn filled(command: &str, extra: &[&str]) {
    let case = Case::new();
    let done = case.done(command, extra);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let old = files(&case.out());
    let mut failed = 0;
    for blocks in [0, 1, 2, 4, 8, 16, 32, 64] {
        let output = limited(&case, command, extra, blocks, true);
        assert_same(&files(&case.out()), &old);
        assert_nothing_hidden(&case.out());
        if output.status.success() {
            break;
        }
        failed += 1;
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{blocks} blocks: {told}");
        assert!(told.contains("cannot write") && told.contains("out/tiny"), "{blocks} blocks: {told}");
        assert!(told.contains("--out") && !told.contains("panicked"), "{blocks} blocks: {told}");
    }
    assert!(failed >= 4, "failed {failed} times only");
    // Where the system ends the process at once, the next run clears what it left.
    assert!(!limited(&case, command, extra, 2, false).status.success());
    let visible = |path: &std::path::Path| !path.to_string_lossy().contains(".sdcsim-");
    let whole: Vec<_> = files(&case.out()).into_iter().filter(|(path, _)| visible(path)).collect();
    assert_same(&whole, &old);
    assert!(case.done(command, extra).status.success());
    assert_nothing_hidden(&case.out());
    assert_same(&files(&case.out()), &old);
}

#[test]
fn a_run_on_a_full_disk_keeps_the_old_result() {
    filled("run", &["--quiet", "--set", "outputs.requests=true", "--set", "outputs.resources='entity'"]);
}

#[test]
fn a_sweep_on_a_full_disk_keeps_the_old_points() {
    filled("sweep", &["--quiet", "--fresh", "--vary", "seed=1,2"]);
}

/// Figures are larger than any table: where only the tables fit, they are in place, and the page is made again when there is room.
#[test]
fn a_run_whose_figures_do_not_fit_keeps_its_tables() {
    let extra = ["--quiet", "--set", "outputs.report=true"];
    let case = Case::new();
    let mut without_page = 0;
    for blocks in [64, 80] {
        let output = limited(&case, "run", &extra, blocks, true);
        let (told, folder) = (text(&output.stderr), case.out().join("tiny"));
        if output.status.success() || entries(&folder).is_empty() {
            continue;
        }
        without_page += 1;
        let folder = case.run_dir("tiny");
        let again = format!("`sdcsim report {}`", folder.display());
        assert!(told.contains(&again) && told.contains("cannot write") && !told.contains("out/tiny/."), "{told}");
        let drawn = |name: &str| folder.join(name).exists();
        assert!(drawn("summary.csv") && !drawn("report.html") && !drawn("plots") && !drawn("comparison.csv"));
        assert_nothing_hidden(&case.out());
        let made = sdcsim(&["report".to_owned(), folder.display().to_string(), "--quiet".to_owned()]).output().unwrap();
        assert!(made.status.success(), "{}", text(&made.stderr));
        let reported = files(&case.out());
        assert!(case.done("run", &extra).status.success());
        assert_same(&reported, &files(&case.out()));
        std::fs::remove_dir_all(case.out()).unwrap();
    }
    assert!(without_page > 0, "figures always fitted, or tables never");
}
