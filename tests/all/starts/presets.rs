//! The presets of mechanisms, against each other on the functions of the small day.

use std::path::Path;

use sdcsim::config::{self, raw};
use sdcsim::experiment;
use sdcsim::output::ExperimentOutput;

/// The disaggregated layout of the small day with another start, and as much remote memory as templates need.
fn run(start: &str) -> ExperimentOutput {
    run_with(start, "")
}

/// The same with more lines of the layout.
fn run_with(start: &str, more: &str) -> ExperimentOutput {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let file = folder.path().join("experiment.toml");
    let day = root.join("tests/all/day.toml").display().to_string();
    let start = root.join(format!("configs/starts/{start}.toml")).display().to_string();
    let layout = root.join("configs/layouts/disaggregated.toml").display().to_string();
    let trace = root.join("traces/day").display().to_string();
    let text = format!(
        "extends = {day:?}\nreplications = 1\nbasis = \"nothing\"\nworkload.source.path = {trace:?}\n\
         [[layout]]\nextends = {layout:?}\nnodes.count = 5\nmemory_pools = {{ count = 1, capacity = \"256 GiB\" }}\n\
         platform.cold_start.extends = {start:?}\n{more}"
    );
    std::fs::write(&file, text).expect("a written file");
    let loaded = config::load::<raw::Experiment>(&file, &[]).unwrap_or_else(|p| panic!("{p}"));
    let prepared = experiment::prepare(&loaded).unwrap_or_else(|p| panic!("{p}"));
    let outcome = experiment::run(&prepared, None, 1, &()).unwrap().expect("it runs");
    assert!(outcome.output.manifest.audits.iter().all(|audit| audit.holds));
    outcome.output
}

fn value(output: &ExperimentOutput, metric: &str) -> Option<f64> {
    output.summary.iter().find(|row| row.metric == metric).map(|row| row.value)
}

/// Lighter mechanisms start sooner, and each says how its sandboxes were started.
#[test]
fn mechanisms_in_order() {
    let names = ["container", "firecracker", "snapshot-reap", "sock", "remote-template", "wasm"];
    let outputs = names.map(run);
    let p99 = outputs.each_ref().map(|output| value(output, "start_delay.p99").unwrap());
    eprintln!("{names:?}: {p99:?}");
    assert!(p99.is_sorted_by(|a, b| a > b), "{names:?}: {p99:?}");
    let [container, _, reap, _, template, _] = &outputs;
    assert_eq!(value(container, "ways.booted"), None);
    assert_eq!((value(template, "ways.booted"), value(template, "ways.mapped").unwrap() > 0.0), (Some(0.0), true));
    assert!(value(template, "memory.templates").unwrap() > 1.0);
    let [booted, restored] = ["ways.booted", "ways.restored"].map(|metric| value(reap, metric).unwrap());
    assert!(restored > booted && booted > 0.0, "{restored} restored, {booted} booted");
    // A fork has its template from the first start of a function on.
    let fork = run("remote-fork");
    let [booted, mapped] = ["ways.booted", "ways.mapped"].map(|metric| value(&fork, metric).unwrap());
    assert!(mapped > booted && booted > 0.0, "{mapped} mapped, {booted} booted");
}

/// Without templates, what was moved to a pool is mapped, and nothing else.
#[test]
fn what_was_moved_to_a_pool_is_mapped() {
    let tier = "platform.cold_start.remote.templates = \"never\"\n\
                platform.keep_alive = { mode = \"remote-tier\", limit = \"20 s\" }\n";
    let output = run_with("remote-template", tier);
    let [booted, mapped, raised] =
        ["ways.booted", "ways.mapped", "starts.pool"].map(|metric| value(&output, metric).unwrap());
    assert!(booted > 0.0 && mapped > 0.0, "{mapped} mapped, {booted} booted");
    assert_eq!((mapped, value(&output, "memory.templates")), (raised, Some(0.0)));
}
