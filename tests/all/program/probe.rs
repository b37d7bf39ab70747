//! `sdcsim probe platform`: rules by file, by --set and by flag, problems all at once, and what it measures.

use serde_json::Value;

use super::{check_refused, sdcsim, text};

/// A case of the conformance suite as a trace for the probe.
fn plain(case: &str, extra: &[&str]) -> Vec<String> {
    let trace = format!("traces/conformance/{case}");
    let mut args = vec!["probe", "platform", "--format", "plain", "--trace", trace.as_str(), "--json"];
    args.extend(extra);
    args.into_iter().map(str::to_owned).collect()
}

/// The trace of `case` with the functions of the suite beside it, since the probe wants all in one folder.
fn folder(case: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (from, name) in [(format!("{case}/trace.csv"), "trace.csv"), ("functions.csv".to_owned(), "functions.csv")] {
        let from = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("traces/conformance").join(from);
        std::fs::copy(from, folder.path().join(name)).unwrap();
    }
    folder
}

fn probe(case: &str, extra: &[&str]) -> Value {
    let folder = folder(case);
    let mut args = plain(case, extra);
    args[5] = folder.path().display().to_string();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let output = sdcsim(&args);
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn rules_come_from_sets_and_flags_win() {
    let none = probe("keep-fixed", &["--keep-alive", "none"]);
    assert_eq!(none["cold_starts"], 13);
    // Sandboxes of a and b, and those for which all others are busy, as rule.md says.
    let forever = probe("keep-fixed", &["--set", "keep_alive.mode=forever"]);
    assert_eq!((&forever["cold_starts"], &forever["starts"]["warm"]), (&Value::from(4), &Value::from(9)));
    let flag = probe("keep-fixed", &["--set", "keep_alive.mode=forever", "--keep-alive", "none"]);
    assert_eq!(flag, none);
    let file = ["--platform", "traces/conformance/platform.toml", "--set", "keep_alive.mode=none"];
    assert_eq!(probe("keep-fixed", &file), none);
}

/// One sandbox of 100 MiB, idle from 1,500 ms on: 10 s of waste to completion; to the trace's end, at 11,500 ms, the same;
/// with a request more, at 12 s, it is idle again from 11,600 ms to then.
#[test]
fn waste_ends_at_its_horizon() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| std::fs::write(folder.path().join(name), content).unwrap();
    write("functions.csv", "function,app,memory_mib,cold_start_ms\na,x,100,1000\nb,y,50,0\n");
    write("trace.csv", "arrival_ms,function,duration_ms\n0,a,500\n11500,a,100\n12000,b,1000\n");
    let path = folder.path().display().to_string();
    let waste = |horizon: &str| {
        let args = ["probe", "platform", "--format", "plain", "--trace", &path, "--keep-alive", "10 s", "--json"];
        let output = sdcsim(&[&args[..], &["--waste-horizon", horizon]].concat());
        let result: Value = serde_json::from_slice(&output.stdout).unwrap();
        result["wasted_memory_mb_s"].as_f64().unwrap()
    };
    assert!((waste("trace-end") - 100.0 * (10.0 + 0.4)).abs() < 1e-6, "{}", waste("trace-end"));
    let completion = 100.0 * (10.0 + 10.0) + 50.0 * 10.0;
    assert!((waste("completion") - completion).abs() < 1e-6, "{}", waste("completion"));
}

#[test]
fn functions_without_a_time_start_as_told() {
    let day = ["probe", "platform", "--format", "native", "--trace", "traces/day", "--json"];
    let mean = |extra: &[&str]| {
        let output = sdcsim(&[&day[..], extra].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        let result: Value = serde_json::from_slice(&output.stdout).unwrap();
        let share = result["cold_starts"].as_f64().unwrap() / result["invocations"].as_f64().unwrap();
        (result["mean_response_s"].as_f64().unwrap(), share)
    };
    let none = ["--keep-alive", "none"];
    let (at_once, _) = mean(&none);
    let (slow, share) = mean(&["--keep-alive", "none", "--cold-start", "2 s"]);
    assert_eq!(share, 1.0);
    assert!((slow - at_once - 2.0).abs() < 1e-6, "{slow} {at_once}");
    let phases = ["cold_start.allocate='500 ms'", "cold_start.init='1 s'", "dispatch_delay='250 ms'"];
    let sets: Vec<&str> = phases.iter().flat_map(|set| ["--set", set]).collect();
    let (phased, _) = mean(&[&none[..], &sets].concat());
    assert!((phased - at_once - 1.75).abs() < 1e-6, "{phased} {at_once}");
}

#[test]
fn decisions_are_written() {
    let (trace, out) = (folder("keep-fixed"), tempfile::tempdir().unwrap());
    let file = out.path().join("decisions.csv");
    let output = sdcsim(&[
        "probe",
        "platform",
        "--format",
        "plain",
        "--trace",
        trace.path().to_str().unwrap(),
        "--keep-alive",
        "10 s",
        "--decisions",
        file.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let log = std::fs::read_to_string(file).unwrap();
    let expected = include_str!("../../../traces/conformance/keep-fixed/expected.csv");
    assert_eq!(sdcsim::conformance::difference(expected, &log), None);
}

#[test]
fn pools_take_idle_sandboxes() {
    let tier = ["--set", "keep_alive.mode=remote-tier", "--set", "keep_alive.limit='10 s'", "--pools", "1"];
    let result = probe("keep-fixed", &tier);
    assert!(result["demotions"].as_u64().unwrap() > 0 && result["wasted_pool_memory_mb_s"].as_f64().unwrap() > 0.0);
    // Too small for any sandbox: as with a fixed keep-alive, nothing moves.
    let small = probe("keep-fixed", &[&tier[..], &["--pool-memory", "50"]].concat());
    let fixed = probe("keep-fixed", &["--keep-alive", "10 s"]);
    assert_eq!(small["demotions"], 0);
    assert_eq!(small["wasted_memory_mb_s"], fixed["wasted_memory_mb_s"]);
}

#[test]
fn what_is_wrong_is_told_at_once() {
    let args = ["probe", "platform", "--trace", "x", "--format", "plain"];
    let with = |extra: &[&'static str]| [&args[..], extra].concat();
    check_refused(
        &with(&["--set", "keep_alive.mode=remote-tier", "--set", "dispatch.steal=tail", "--set", "binding=late"]),
        &["keep_alive.mode", "--pools", "dispatch.steal", "2 problems"],
    );
    check_refused(
        &with(&["--set", "keep_alive.mod=fixed", "--set", "quotas.timeout=5", "--hosts", "none"]),
        &["did you mean `mode`", "quotas.timeout", "--hosts", "3 problems"],
    );
    check_refused(&with(&["--pool-memory", "5 GiB"]), &["--pool-memory", "--pools N"]);
    check_refused(
        &with(&["--set", "reserved_concurrency={ a = 3, b = 2 }", "--set", "quotas.account_concurrency=4"]),
        &["reserved_concurrency", "5 requests at a time are reserved of the account's 4"],
    );
    check_refused(&with(&["--platform", "configs/platforms/vm-fixed.toml"]), &["kind = \"serverless\""]);
    check_refused(&with(&["--platform", "configs/platforms/serverless-aws.toml"]), &["serverless-aws-like.toml"]);
    check_refused(&with(&["--cold-start", "fast"]), &["--cold-start"]);
}
