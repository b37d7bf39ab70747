//! What functions hold and pay for, and what a fleet does: whole experiments with small traces of their own, whose figures
//! are worked out by hand.

mod cores;
mod end_game;
mod fleet;

use std::fs;
use std::io::Write as _;

use sdcsim::output::SummaryRow;

use super::small;

/// Requests as (function, arrival in seconds, length in seconds), in order.
type Requests<'a> = &'a [(usize, f64, f64)];

/// What was measured of an experiment.
struct Ran(Vec<SummaryRow>);

impl Ran {
    #[track_caller]
    fn value(&self, layout: &str, metric: &str) -> f64 {
        let found = self.0.iter().find(|row| row.layout == layout && row.metric == metric);
        found.unwrap_or_else(|| panic!("{metric} of {layout}")).value
    }
}

/// One server, alone in the world: nothing but its cores takes time.
const SERVER: &str = r#"
nodes = { count = 1, packages = 1, cpu = { cores = CORES }, nic = { latency = "0 ns" } }
fabric = { switch_latency = "0 ns", propagation = "0 ns" }
"#;

/// A layout of functions that start at once on a server of so many cores, with these further keys of the platform.
fn functions(preset: &str, cores: u32, platform: &str) -> String {
    let server = SERVER.replace("CORES", &cores.to_string());
    let start = r#"cold_start = { allocate = "0 ms", image = "0 B", boot = "0 ms", init = "0 ms" }"#;
    format!(
        r#"[[layout]]
extends = "layouts/serverless-servers.toml"
name = "functions"
platform = {{ extends = "platforms/{preset}.toml", dispatch_delay = "0 s", {start}, {platform} }}
{server}
"#
    )
}

/// A layout of machines on a server of so many cores, with these keys of the platform.
fn machines(cores: u32, platform: &str) -> String {
    let server = SERVER.replace("CORES", &cores.to_string());
    format!(
        r#"[[layout]]
extends = "layouts/serverful.toml"
name = "machines"
platform = {{ extends = "platforms/vm-fixed.toml", dispatch_delay = "0 s", {platform} }}
{server}
"#
    )
}

/// Runs layouts on functions of so many MiB each; `workload` are further keys.
#[track_caller]
fn run(memory_mib: &[u32], requests: Requests, length_s: f64, workload: &str, layouts: &[String]) -> Ran {
    try_run(memory_mib, requests, length_s, workload, layouts).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The same; or what is wrong with them.
fn try_run(
    memory_mib: &[u32],
    requests: Requests,
    length_s: f64,
    workload: &str,
    layouts: &[String],
) -> Result<Ran, String> {
    run_with(memory_mib, requests, (length_s, ""), workload, layouts)
}

/// The same of a trace of which `about.csv` says more than its length.
fn run_with(
    memory_mib: &[u32],
    requests: Requests,
    (length_s, about): (f64, &str),
    workload: &str,
    layouts: &[String],
) -> Result<Ran, String> {
    let folder = tempfile::tempdir().unwrap();
    let requests = requests.iter().map(|&(function, at, length)| (at, function, length));
    small::write_trace(folder.path(), length_s, memory_mib.iter().copied(), requests);
    let experiment = format!(
        r#"name = "bills"
question = "What is held, and what is paid?"
seed = 1
replications = 1
basis = "nothing"
limits = {{ drain = "10 d" }}
[workload]
source = {{ kind = "native", path = "." }}
io = {{ request = "0 B", response = "0 B" }}
profile = {{ memory_stall = 0.0 }}
{workload}
{}"#,
        layouts.concat()
    );
    let file = folder.path().join("bills.toml");
    fs::write(&file, experiment).unwrap();
    let told = fs::OpenOptions::new().append(true).open(folder.path().join("about.csv"));
    told.unwrap().write_all(about.as_bytes()).unwrap();
    Ok(Ran(small::output(&small::try_prepare(&file, &[])?).summary))
}

#[track_caller]
fn close(got: f64, expected: f64) {
    assert!((got / expected - 1.0).abs() < 1e-9, "{got} for {expected}");
}
