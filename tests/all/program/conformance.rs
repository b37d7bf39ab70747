//! The conformance suite, and the command that runs it.

use std::fs;
use std::path::Path;

use sdcsim::conformance;

use super::{check_refused, sdcsim, text};

const SUITE: &str = "traces/conformance";

#[test]
fn every_rule_decides_as_defined() {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join(SUITE);
    let cases = conformance::cases(&suite, &[]).unwrap_or_else(|problems| panic!("{problems}"));
    let mut wrong = Vec::new();
    for case in &cases {
        let outcome = conformance::run(case).unwrap_or_else(|problems| panic!("{problems}"));
        assert!(outcome.decisions >= 10, "{}: {} decisions say little", outcome.name, outcome.decisions);
        wrong.extend(outcome.difference.map(|difference| format!("{}: {difference:?}", outcome.name)));
    }
    assert!(cases.len() >= 50 && wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn every_case_has_its_page_and_a_log_in_order() {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join(SUITE);
    for case in conformance::cases(&suite, &[]).unwrap() {
        let page = fs::read_to_string(case.join("rule.md")).unwrap_or_default();
        assert!(page.contains("**Rule.**") && page.contains("**Why.**"), "{}: rule.md", case.display());
        let log = fs::read_to_string(case.join("expected.csv")).unwrap();
        let times: Vec<u64> =
            log.lines().skip(1).map(|line| line.split(',').next().unwrap().replace('.', "").parse().unwrap()).collect();
        assert!(times.is_sorted(), "{}: expected.csv is not in order of time", case.display());
    }
}

#[test]
fn the_command_tells_the_first_difference() {
    let suite = tempfile::tempdir().unwrap();
    let case = suite.path().join("keep-none");
    fs::create_dir(&case).unwrap();
    let of_suite = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(SUITE).join(name);
    for name in ["platform.toml", "functions.csv", "keep-none/trace.csv", "keep-none/rules.toml"] {
        fs::copy(of_suite(name), suite.path().join(name)).unwrap();
    }
    let expected = fs::read_to_string(of_suite("keep-none/expected.csv")).unwrap();
    fs::write(case.join("expected.csv"), &expected).unwrap();
    let dir = suite.path().to_str().unwrap();
    let run = |extra: &[&str]| sdcsim(&[&["conformance", "--dir", dir][..], extra].concat());
    let output = run(&[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("pass"), "{}", text(&output.stdout));
    assert_eq!(text(&run(&["keep-none", "--print"]).stdout), expected);

    let third = expected.lines().nth(2).unwrap();
    fs::write(case.join("expected.csv"), expected.replacen(third, "1.0,warm,a,0,0", 1)).unwrap();
    let output = run(&[]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stdout);
    assert!(told.contains("line 3: expected `1.0,warm,a,0,0`, got `") && told.contains(third), "{told}");
    let json: serde_json::Value = serde_json::from_slice(&run(&["--json"]).stdout).unwrap();
    assert_eq!((&json[0]["pass"], &json[0]["difference"]["line"]), (&false.into(), &3.into()));
}

#[test]
fn what_is_missing_is_told() {
    check_refused(&["conformance", "--dir", "nowhere"], &["nowhere", "--dir DIR"]);
    check_refused(&["conformance", "--dir", "docs"], &["rules.toml", "--dir DIR"]);
    check_refused(&["conformance", "keep-fixd"], &["keep-fixd", "did you mean `keep-fixed`"]);
}
