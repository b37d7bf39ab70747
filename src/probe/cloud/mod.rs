//! `sdcsim probe cloud`: the serverless platform beside the log of a real cloud.
//!
//! Each run of the log is replayed by itself: its requests arrive when they did, and the platform decides which starts
//! are cold. A request keeps its own response time as service time where the replay agrees with the log on cold or warm,
//! else it takes the run's mean response of the other kind (or its own, where the run has none of that kind): a sandbox
//! is then taken for as long as such a start takes. Rule, data and figures: docs/models/cloud-logs.md.

mod args;
mod replay;
mod report;
mod spec;

pub use args::CloudArgs;
pub use report::{Billing, CloudResult, Deviation, ReplayResult, RunResult};
pub use spec::CloudSpec;

use crate::problem::Problems;
use crate::workload::trace::cloud_log::{self, CloudLog};

/// Runs `sdcsim probe cloud` and returns what to print.
pub fn run(args: &CloudArgs) -> Result<String, Problems> {
    let spec = args.spec()?;
    let result = run_cloud(&spec, &cloud_log::load(&args.log)?);
    Ok(if args.json { result.json() } else { result.to_string() })
}

/// Replays a log under every keep-alive and every choice.
pub fn run_cloud(spec: &CloudSpec, log: &CloudLog) -> CloudResult {
    let pairs = spec.keep_alive.iter().flat_map(|limit| spec.idle_choice.iter().map(move |choice| (*limit, *choice)));
    let replays = pairs.map(|(limit, choice)| ReplayResult::new(limit, choice, &replay::replay(log, limit, choice)));
    CloudResult::new(log, replays.collect(), Billing::check(&log.bills, spec.quantum))
}
