//! The flags of `sdcsim probe rates`, read into a [`RatesSpec`]; all that is wrong is reported at once.

use std::path::{Path, PathBuf};

use crate::config::plan::IdleChoice;
use crate::probe::platform::{argument, idle_choice};
use crate::problem::{Problem, Problems};
use crate::units::{Span, parse_quantity};
use crate::workload::trace::cloud_rates::MeasuredRate;

use super::row::{LONGEST, least_rate};
use super::{RatesSpec, ServiceTimes};

/// Simulates Poisson arrivals at each rate of a table, and compares cold starts and sandboxes with the measured ones.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "The table is a CSV file with a row for each arrival rate. Columns:
  rate_per_s        requests a second
  service_warm_ms   mean service time in an idle sandbox
  service_cold_ms   mean service time with the start of a sandbox
  cold_probability  measured: share of requests that a sandbox was started for
  mean_instances    measured: time average of the number of sandboxes that exist

Each simulated figure comes with a 95 % interval: noise is not a difference from the cloud.

Example: does a keep-alive of ten minutes explain what was measured?
  sdcsim probe rates --table rates.csv --keep-alive '10 min' --service constant")]
pub struct RatesArgs {
    /// The table; its columns are below.
    #[arg(long, value_name = "FILE")]
    pub table: PathBuf,
    /// How long an idle sandbox is kept, counted from its last response.
    #[arg(long, value_name = "D", default_value = "600 s")]
    pub keep_alive: String,
    /// Which idle sandbox serves the next request.
    #[arg(long, value_name = "oldest|newest|mru|lru", default_value = "newest", value_parser = idle_choice)]
    pub idle_choice: IdleChoice,
    /// Distribution of service times around their mean.
    #[arg(long, value_enum, default_value = "exponential")]
    pub service: ServiceTimes,
    /// Requests of each row, but at most 150 simulated days; the first tenth is discarded.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub requests: u64,
    /// Seed of the random streams.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Fewer requests make batches too short to tell their spread.
const LEAST_REQUESTS: u64 = 1_000;
const MOST_REQUESTS: u64 = 1_000_000_000;
/// Requests in service at a time: each has a sandbox, of about a hundred bytes.
const MOST_IN_SERVICE: f64 = 1e6;

impl RatesArgs {
    /// What to simulate, or everything that is wrong with the flags.
    pub fn spec(&self) -> Result<RatesSpec, Problems> {
        let mut problems = Problems::default();
        let keep_alive = parse_quantity::<Span>(&self.keep_alive)
            .map_err(|e| problems.push(argument("--keep-alive", &e.to_string(), "write --keep-alive '600 s'")))
            .unwrap_or_default();
        if !(LEAST_REQUESTS..=MOST_REQUESTS).contains(&self.requests) {
            let message = format!("`{}` requests cannot be simulated", self.requests);
            let remedy = format!("write a number from {LEAST_REQUESTS} to {MOST_REQUESTS}");
            problems.push(argument("--requests", &message, &remedy));
        }
        let Self { idle_choice, service, requests, seed, .. } = *self;
        problems.or_ok(RatesSpec { keep_alive, idle_choice, service, requests, seed })
    }
}

/// Whether all rows can be simulated.
pub(super) fn check_rows(table: &Path, rows: &[MeasuredRate]) -> Result<(), Problems> {
    let mut problems = Problems::default();
    let mut wrong = |row: &MeasuredRate, message: String, remedy: String| {
        let place = Problem { line: Some(row.line), subject: "rate_per_s".to_owned(), ..Problem::default() };
        problems.push(Problem { file: table.to_owned(), message, remedy, ..place });
    };
    let least = least_rate(LEAST_REQUESTS);
    for row in rows {
        let in_service = row.rate.0 * row.warm.max(row.cold).as_secs_f64();
        if row.rate.0 < least {
            let message = format!("`{}` gives fewer than {LEAST_REQUESTS} requests in {LONGEST}", row.rate.0);
            wrong(row, message, format!("leave out rates below {least:.3e} requests a second"));
        } else if in_service > MOST_IN_SERVICE {
            let message = format!("`{}` keeps {in_service:.0} requests in service at a time", row.rate.0);
            wrong(row, message, format!("give a rate and service times whose product is at most {MOST_IN_SERVICE}"));
        }
    }
    problems.or_ok(())
}
