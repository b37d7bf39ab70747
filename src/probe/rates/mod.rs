//! `sdcsim probe rates`: the serverless platform beside what was measured of a real cloud at several arrival rates.
//!
//! Each row is simulated by itself: Poisson arrivals at its rate, service times around its warm or cold mean, a fixed
//! keep-alive. Rule, data and figures: docs/models/cloud-logs.md.

mod args;
mod report;
mod row;
mod spec;

pub use args::RatesArgs;
pub use report::{Figure, RatesResult, RowResult};
pub use spec::{RatesSpec, ServiceTimes};

use rayon::prelude::*;

use crate::problem::Problems;
use crate::workload::trace::cloud_rates::{self, MeasuredRate};

/// Runs `sdcsim probe rates` and returns what to print.
pub fn run(args: &RatesArgs) -> Result<String, Problems> {
    let spec = args.spec()?;
    let rows = cloud_rates::load(&args.table)?;
    args::check_rows(&args.table, &rows)?;
    let result = run_rates(&spec, &rows);
    Ok(if args.json { result.json() } else { result.to_string() })
}

/// Simulates all rows, on all cores; the result does not depend on how many there are.
pub fn run_rates(spec: &RatesSpec, rows: &[MeasuredRate]) -> RatesResult {
    let simulated = rows.par_iter().map(|row| RowResult::new(row, &row::simulate(spec, row))).collect();
    RatesResult::new(simulated, spec)
}
