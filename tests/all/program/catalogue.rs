//! Every metric that runs print has a row in the catalogue, and every row is printed by some run.

use std::collections::BTreeSet;
use std::path::Path;

use sdcsim::config::{self, raw};
use sdcsim::experiment;
use sdcsim::output::ExperimentOutput;
use sdcsim::output::metrics::{self, COMPONENTS, METRICS, SERIES};

/// Machines, functions with every way to start on servers, and functions with templates on disaggregated hardware.
const EVERYTHING: &[&str] = &[
    "replications=1",
    "basis='nothing'",
    "layout[1].platform.cold_start.image_cache='4 GiB'",
    "layout[1].platform.cold_start.snapshot={ place='node', restore='50 ms', working_set=0.09, fault='50 us' }",
    "layout[2].platform.cold_start.remote={ map_base='8 ms', map_per_mib='0 us', working_set=0.3, fault='1.5 us' }",
    "layout[2].memory_pools.capacity='512 GiB'",
    "workload.io.response='1 MB'",
];

fn everything() -> ExperimentOutput {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/day.toml");
    let sets: Vec<String> = EVERYTHING.iter().map(|set| (*set).to_owned()).collect();
    let loaded = config::load::<raw::Experiment>(&file, &sets).unwrap_or_else(|p| panic!("{p}"));
    let prepared = experiment::prepare(&loaded).unwrap_or_else(|p| panic!("{p}"));
    let outcome = experiment::run(&prepared, None, 1, &()).unwrap().expect("it runs");
    assert!(outcome.output.manifest.audits.iter().all(|audit| audit.holds));
    outcome.output
}

#[test]
fn what_is_printed_is_in_the_catalogue_and_the_other_way_round() {
    let output = everything();
    let mut printed = BTreeSet::new();
    for row in &output.summary {
        let entry = metrics::find(&row.metric).unwrap_or_else(|| panic!("`{}` has no row", row.metric));
        assert_eq!(row.unit, entry.unit, "{}", row.metric);
        printed.insert(entry.name);
    }
    let never: Vec<&str> = METRICS.iter().map(|entry| entry.name).filter(|name| !printed.contains(name)).collect();
    assert_eq!(never, Vec::<&str>::new(), "rows that nothing prints");
    let series: BTreeSet<(&str, &str)> =
        output.series.iter().map(|row| (row.series.as_str(), row.unit.as_str())).collect();
    assert_eq!(series, SERIES.iter().map(|row| (row.name, row.unit)).collect());
    let components: BTreeSet<&str> = output.breakdown.iter().map(|row| row.component.as_str()).collect();
    assert_eq!(components, COMPONENTS.iter().map(|row| row.name).collect());
}
