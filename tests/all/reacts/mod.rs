//! What reacts to use: the split of memory to what is full, stranding, energy and cost to starts, idle memory and idle nodes.

mod energy;
mod splits;
mod stranding;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::small;

/// The metrics of one run of a shipped layout, which is the only one of its experiment.
pub struct Metrics(BTreeMap<String, f64>);

impl Metrics {
    #[track_caller]
    pub fn get(&self, metric: &str) -> f64 {
        *self.0.get(metric).unwrap_or_else(|| panic!("no {metric}: {:?}", self.0.keys()))
    }
}

/// The experiment that all begin from: one layout, the trace in `folder`.
fn experiment_of(layout: &str, folder: &Path) -> String {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    format!(
        "name = \"reacts\"\nquestion = \"Does it react?\"\nseed = 1\nreplications = 1\nbasis = \"nothing\"\n\
         limits = {{ drain = \"10 d\" }}\n[workload]\nsource = {{ kind = \"native\", path = \"{}\" }}\n\
         [[layout]]\nextends = \"{}/layouts/{layout}.toml\"\n",
        folder.display(),
        shipped.display()
    )
}

/// What came out for requests given as (arrival in seconds, memory in MiB, length in seconds), in order, each of a function
/// of its own; `LAYOUT` in a setting is the layout.
#[track_caller]
pub fn measured(layout: &str, length: f64, requests: &[(f64, u32, f64)], sets: &[&str]) -> Metrics {
    let memory: Vec<u32> = requests.iter().map(|(_, memory, _)| *memory).collect();
    let requests: Vec<(f64, usize, f64)> =
        requests.iter().enumerate().map(|(function, (at, _, length))| (*at, function, *length)).collect();
    measured_of(layout, length, (&memory, &requests), sets)
}

/// The same of functions with so much memory in MiB each, and requests given as (arrival, function, length).
#[track_caller]
pub fn measured_of(
    layout: &str,
    length: f64,
    (memory, requests): (&[u32], &[(f64, usize, f64)]),
    sets: &[&str],
) -> Metrics {
    let folder = tempfile::tempdir().unwrap();
    small::write_trace(folder.path(), length, memory.iter().copied(), requests.iter().copied());
    let file = folder.path().join("reacts.toml");
    fs::write(&file, experiment_of(layout, folder.path())).unwrap();
    let sets: Vec<String> = sets.iter().map(|set| set.replace("LAYOUT", "layout[0]")).collect();
    let output = small::output(&small::prepare(&file, &sets));
    Metrics(output.summary.into_iter().map(|row| (row.metric, row.value)).collect())
}

/// Starts that take the same time everywhere.
pub const ALIKE: &str = "LAYOUT.platform.cold_start={ allocate = '1 s', image = '0 B', boot = '1 s', init = '1 s' }";
