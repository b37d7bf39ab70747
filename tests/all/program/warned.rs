//! Warnings: on standard error whatever is printed else, and with `--strict` a failure.

use super::{sdcsim, text};

/// One replication of the small day, with what is asked besides: exit code, standard output and standard error.
fn run(command: &str, extra: &[&str]) -> (Option<i32>, String, String) {
    let out = tempfile::tempdir().unwrap();
    let small = "workload.source={ kind = 'generated', functions = 10, length = '10 min', rate_scale = 5.0 }";
    let mut args = vec![command, "tests/all/day.toml", "--set", "replications=1", "--set", small];
    args.extend(extra);
    if command != "check" {
        args.extend(["--out", out.path().to_str().unwrap()]);
    }
    let output = sdcsim(&args);
    let whole = out.path().join("day").is_dir() || command == "check";
    assert!(whole, "results are written all the same: {}", text(&output.stderr));
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Half of the requests are rejected: a few at once, and no queue.
const LOSSY: [&str; 4] =
    ["--set", "layout[1].platform.queue_limit=0", "--set", "layout[1].platform.quotas.account_concurrency=1"];
const IDLE: [&str; 2] = ["--set", "layout[1].platform.keep_alive.histogram.range='1 h'"];
const PLAIN: [&str; 2] = ["--set", "outputs.report=false"];

#[test]
fn quiet_runs_warn() {
    let (code, out, err) = run("run", &[&LOSSY[..], &PLAIN, &["-q"]].concat());
    assert!(code == Some(0) && out.is_empty(), "{out}{err}");
    assert!(
        err.contains("warning: REJECTED in serverless:") && err.contains("warning: serverless, replication 0:"),
        "{err}"
    );
    let (code, _, err) = run("run", &[&LOSSY[..], &PLAIN, &["-q", "--strict"]].concat());
    assert!(code == Some(1) && err.contains("warnings, and --strict"), "{err}");
    // A thousand runs of a second, nine minutes before the end.
    let whole = ["--set", "workload.source={ kind = 'native', path = 'traces/herd' }"];
    let large = ["--set", "basis='nothing'", "--set", "layout[0].nodes.count=20", "--set", "layout[3].nodes.count=20"];
    let (code, out, err) = run("run", &[&PLAIN[..], &whole, &large, &["-q", "--strict"]].concat());
    assert_eq!((code, out, err), (Some(0), String::new(), String::new()));
}

/// Where the table begins with them, they are not said twice.
#[test]
fn the_table_has_them_too() {
    let (code, out, err) = run("run", &[&LOSSY[..], &["--strict"]].concat());
    assert!(code == Some(1) && out.contains("!! REJECTED in serverless") && !err.contains("REJECTED"), "{out}{err}");
}

#[test]
fn sweeps_and_checks_warn() {
    let vary = ["--vary", "seed=1,2", "-q"];
    let (code, out, err) = run("sweep", &[&LOSSY[..], &PLAIN, &vary].concat());
    assert!(code == Some(0) && out.is_empty() && err.contains("warning: "), "{out}{err}");
    assert!(err.contains("REJECTED in serverless"), "{err}");
    let (code, _, err) = run("sweep", &[&LOSSY[..], &PLAIN, &vary, &["--strict"]].concat());
    assert!(code == Some(1) && err.contains("--strict"), "{err}");
    for (idle, strict, expected) in [(true, true, 1), (true, false, 0), (false, true, 0)] {
        let more = [if idle { &IDLE[..] } else { &[] }, if strict { &["--strict"] } else { &[] }].concat();
        let (code, out, err) = run("check", &more);
        assert_eq!(code, Some(expected), "{err}");
        assert!(out.starts_with("ok: ") && err.contains("warning: ") == idle, "{err}");
    }
}
