//! The presets, run.

use std::path::Path;

use sdcsim::config::{self, raw};
use sdcsim::experiment;
use sdcsim::output::ExperimentOutput;

fn run(sets: &[&str]) -> ExperimentOutput {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/quickstart.toml");
    let always = ["replications=1", "basis='nothing'"];
    let sets: Vec<String> = always.iter().chain(sets).map(|set| (*set).to_owned()).collect();
    let loaded = config::load::<raw::Experiment>(&file, &sets).unwrap_or_else(|p| panic!("{p}"));
    let prepared = experiment::prepare(&loaded).unwrap_or_else(|p| panic!("{p}"));
    let outcome = experiment::run(&prepared.plan, "", "", &prepared.workload, None, 1, &()).expect("it runs");
    assert!(outcome.output.manifest.audits.iter().all(|audit| audit.holds));
    outcome.output
}

fn value(output: &ExperimentOutput, layout: &str, metric: &str) -> Option<f64> {
    let mut rows = output.summary.iter();
    rows.find(|row| row.layout == layout && row.metric == metric).map(|row| row.value)
}
