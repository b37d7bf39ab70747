//! The trust card: every row is met, and `docs/validation.md` shows what it measures.

use std::path::Path;

use sdcsim::validate::{self, Comparison, Measured, Tolerance, ValidateArgs, Verdict};

#[test]
fn every_row_is_met_and_the_page_shows_it() {
    let card = validate::run(&ValidateArgs::default()).unwrap();
    assert!(card.is_met(), "{}", card.text());
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/validation.md");
    if std::env::var_os("SDCSIM_UPDATE").is_some() {
        std::fs::write(&page, card.markdown()).unwrap();
    }
    let written = std::fs::read_to_string(&page).unwrap_or_default();
    // Where the data of a row are not here, the page shows what they gave elsewhere.
    let skipped = card.0.iter().filter(|(row, measured)| measured.verdict(row.tolerance) == Verdict::Skipped);
    let skipped: Vec<String> = skipped.map(|(row, _)| format!("| `{}` |", row.name)).collect();
    for row in &skipped {
        eprintln!("SKIPPED: {row} needs data that are not here");
    }
    let compared = |page: &str| {
        page.lines()
            .filter(|line| !skipped.iter().any(|row| line.starts_with(row)))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert!(
        compared(&written) == compared(&card.markdown()),
        "docs/validation.md is out of date: SDCSIM_UPDATE=1 cargo test --test all validat"
    );
}

#[test]
fn rows_are_chosen_by_the_beginning_of_their_names() {
    let only = |names: &[&str]| ValidateArgs { only: names.iter().map(|&n| n.to_owned()).collect(), json: false };
    let card = validate::run(&only(&["statistics/student", "statistics/normal-draws"])).unwrap();
    let names: Vec<&str> = card.0.iter().map(|(row, _)| row.name).collect();
    assert_eq!(names, ["statistics/student-t", "statistics/student-t-table", "statistics/normal-draws"]);
    let problems = validate::run(&only(&["queueing/md1", "nothing", "neither"])).unwrap_err();
    assert_eq!(problems.0.len(), 2);
    assert!(problems.to_string().contains("`nothing`") && problems.to_string().contains("queueing/mm1"), "{problems}");
}

#[test]
fn a_row_can_miss() {
    let verdict = |tolerance, comparisons: Vec<Comparison>| {
        Measured::Compared { comparisons, run_length: String::new() }.verdict(tolerance)
    };
    let off = Comparison::with_interval("x", 1.03, 0.02, 1.0);
    let near = Comparison::with_interval("x", 1.03, 0.04, 1.0);
    let nan = Comparison::relative("x", f64::NAN, 1.0);
    assert_eq!(verdict(Tolerance::OrInterval(0.01), vec![near]), Verdict::Met);
    assert_eq!(verdict(Tolerance::OrInterval(0.01), vec![near, off]), Verdict::Missed);
    assert_eq!(verdict(Tolerance::AtMost(0.01), vec![near]), Verdict::Missed);
    assert_eq!(verdict(Tolerance::AtMost(0.04), vec![off]), Verdict::Met);
    assert_eq!(verdict(Tolerance::AtMost(1.0), vec![nan]), Verdict::Missed);
    assert_eq!(verdict(Tolerance::AtMost(1.0), vec![]), Verdict::Missed);
    let measured = Measured::Compared { comparisons: vec![near, nan, off], run_length: String::new() };
    assert!(measured.worst(Tolerance::AtMost(1.0)).unwrap().measured.is_nan());
    assert_eq!(Measured::Skipped("no data".to_owned()).verdict(Tolerance::AtMost(0.0)), Verdict::Skipped);
}
