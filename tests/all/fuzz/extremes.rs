//! Every number of a config at the ends of what may be written: alone, and two at a time. It is refused, or the run ends; nothing
//! aborts, and nothing goes on without an end.

use sdcsim::config::load;
use sdcsim::config::raw::Experiment;
use sdcsim::experiment::{self, Prepared};
use sdcsim::problem::Problems;

/// Three minutes of a few functions on each kind of layout; a run is cut off where it would go on.
const BASE: &str = r#"name = "extremes"
question = "Does it end?"
basis = "nothing"
limits = { events = 30000 }
outputs = { report = false, resources = "entity" }
[workload]
source = { kind = "generated", functions = 5, length = "3 min" }
[[layout]]
extends = "sdcsim:layouts/serverless-servers.toml"
nodes = { count = 2 }
[[layout]]
extends = "sdcsim:layouts/disaggregated.toml"
nodes = { count = 3 }
memory_pools = { count = 2 }
[[layout]]
extends = "sdcsim:layouts/serverful-autoscaled.toml"
nodes = { count = 2 }
"#;

/// Choices of words that give numbers an effect.
const MODES: &[&[&str]] = &[
    &[],
    &["layout[0].platform.scaling.mode='knative'", "layout[1].platform.scaling.mode='hpa'"],
    &["layout[0].platform.keep_alive.mode='histogram'", "layout[1].platform.keep_alive.mode='predictive'"],
    &["layout[0].platform.placement='random-load-update'", "layout[1].platform.placement='bounded-hashing'"],
    &["layout[0].platform.binding='early'", "layout[1].platform.cpu='shared'", "workload.io.read='1 MiB'"],
    &["layout[0].platform.quotas.retry={}", "layout[0].platform.quotas.account_concurrency=1"],
];

fn prepared(sets: &[String]) -> Result<Prepared, Problems> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("extremes.toml");
    std::fs::write(&file, BASE).expect("a file");
    let loaded = load::<Experiment>(&file, sets)?;
    experiment::prepare(&loaded)
}

/// Prepares the experiment with these values, and runs it where it is valid; whether it was.
fn tried(sets: &[String]) -> bool {
    eprintln!("{sets:?}");
    let Ok(prepared) = prepared(sets) else { return false };
    // A workload of another size is as valid, but longer than a test.
    let is_short = prepared.workload.functions().len() <= 1_000 && prepared.plan.experiment.replications <= 4;
    if is_short && prepared.plan.layouts.iter().all(|layout| layout.nodes() <= 10_000) {
        experiment::run(&prepared, None, 1, &()).expect("the workload can be read").expect("nothing stops it");
    }
    true
}

/// All numbers and quantities below `value`, by path, with what they are.
fn numbers(value: &toml::Value, path: &str, found: &mut Vec<(String, toml::Value)>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table.iter().filter(|(key, _)| *key != "sources") {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                numbers(value, &path, found);
            }
        }
        toml::Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, value)| numbers(value, &format!("{path}[{i}]"), found));
        }
        toml::Value::Integer(_) | toml::Value::Float(_) => found.push((path.to_owned(), value.clone())),
        toml::Value::String(text) if text.starts_with(|c: char| c.is_ascii_digit()) && text.contains(' ') => {
            found.push((path.to_owned(), value.clone()));
        }
        _ => {}
    }
}

/// The ends of what may be written there, and beyond.
fn extremes(value: &toml::Value) -> Vec<String> {
    let of = |numbers: &[&str], end: &str| numbers.iter().map(|number| format!("{number}{end}")).collect::<Vec<_>>();
    match value {
        toml::Value::Integer(_) => of(&["0", "1", "64", "1000", "100000", "4294967295", "9223372036854775807"], ""),
        toml::Value::Float(_) => of(&["0.0", "1e-9", "0.001", "1.0", "10.0", "1000.0", "1e300"], ""),
        toml::Value::String(text) => {
            let unit = text.split_once(' ').map_or("", |(_, unit)| unit);
            let time = ["ps", "ns", "us", "ms", "s", "min", "h", "d"].contains(&unit);
            let data = unit.ends_with('B');
            let units: &[&str] = if time {
                &["ps", "us", "s", "d"]
            } else if data {
                &["B", "GiB", "TiB"]
            } else {
                &[unit]
            };
            let numbers: &[&str] = if time || data { &["0", "1", "200"] } else { &["0", "1e-9", "1", "1e9", "1e300"] };
            let each = units.iter().flat_map(|unit| of(numbers, &format!(" {unit}")));
            each.chain(time.then(|| "18403200 s".to_owned())).map(|text| format!("'{text}'")).collect()
        }
        _ => Vec::new(),
    }
}

/// Every key that is a number in the experiment with these choices, but bounds of the run itself.
fn keys(mode: &[String]) -> Vec<(String, toml::Value)> {
    let prepared = prepared(mode).unwrap_or_else(|problems| panic!("{mode:?}: {problems}"));
    let outcome = experiment::run(&prepared, None, 1, &()).unwrap().unwrap();
    let all: toml::Value = toml::from_str(&outcome.output.resolved_toml).expect("it is a config");
    let mut found = Vec::new();
    numbers(&all, "", &mut found);
    found.retain(|(path, _)| path != "limits.events" && path != "seed");
    assert!(found.len() > 200, "only {} numbers", found.len());
    found
}

fn owned(sets: &[&str]) -> Vec<String> {
    sets.iter().map(|set| (*set).to_owned()).collect()
}

/// How many times fewer are tried than where there is time.
fn fewer() -> usize {
    if std::env::var_os("SDCSIM_LONG").is_some() { 1 } else { 5 }
}

#[test]
fn one_number_at_its_ends() {
    let all = keys(&[]);
    let all = all.iter().flat_map(|(path, value)| extremes(value).into_iter().map(move |end| format!("{path}={end}")));
    let (valid, refused): (Vec<String>, Vec<String>) =
        all.step_by(fewer()).partition(|set| tried(std::slice::from_ref(set)));
    assert!(valid.len() > 200 && refused.len() > 100, "{} valid, {} refused", valid.len(), refused.len());
}

#[test]
fn two_numbers_at_their_ends() {
    let mut state = 0x9e37_79b9_u64;
    let mut below = |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % n
    };
    let mut valid = 0;
    for mode in MODES.iter().map(|mode| owned(mode)) {
        let keys = keys(&mode);
        for _ in 0..150 / fewer() {
            let mut sets = mode.clone();
            for _ in 0..2 {
                let (path, value) = &keys[below(keys.len())];
                let extremes = extremes(value);
                sets.push(format!("{path}={}", extremes[below(extremes.len())]));
            }
            valid += usize::from(tried(&sets));
        }
    }
    assert!(valid > 30, "{valid} valid");
}
