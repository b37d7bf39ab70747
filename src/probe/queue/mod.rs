//! `sdcsim probe queue`: a single station on the real engine, to be compared with closed forms.
//!
//! Poisson arrivals, independent service times, `c` servers. Under FIFO each server serves one request at a
//! time; under PS all requests present progress at the rate `min(1, c / n)` ([`SharedStation`]). The equations
//! and the validity range are in `docs/models/queueing.md`.
//!
//! [`SharedStation`]: crate::station::shared::SharedStation

mod args;
mod estimate;
mod length;
mod report;
mod service;
mod spec;
mod station;

pub use args::QueueArgs;
pub use service::Service;
pub use spec::{BATCHES, Discipline, PROBABILITIES, QueueResult, QueueSpec, TooShort, WARM_UP};

use crate::engine::{self, Limits};
use crate::problem::Problems;
use crate::stats::MeanInterval;
use crate::units::Span;

use estimate::Estimates;
use station::{Served, Station};

/// Runs `sdcsim probe queue` and returns what to print.
pub fn run(args: &QueueArgs) -> Result<String, Problems> {
    let spec = args.spec()?;
    let result = run_queue(&spec);
    Ok(if args.json { report::json(&spec, &result) } else { report::table(&spec, &result) })
}

/// Simulates a station; `spec` must be sound (as [`QueueArgs`] makes it), in particular stable or bounded.
pub fn run_queue(spec: &QueueSpec) -> QueueResult {
    let mut station = Station::new(spec);
    // Three events per request are needed; the bound only ends a run that one endless service time has blocked.
    let limits = Limits { events: 8 * spec.requests + 1_000_000, ..Limits::default() };
    let outcome = engine::run(&mut station, &limits, &mut ());
    let log = station.into_log();
    let mut estimates = Estimates::of(spec);
    let times = |of: fn(&Served) -> Span| log.served.iter().map(|served| of(served).as_secs_f64()).collect::<Vec<_>>();
    let keys = ("mean_wait_s", ["wait_p50_s", "wait_p90_s", "wait_p99_s"]);
    let (wait, wait_quantiles) = estimates.time(keys, &times(|served| served.wait));
    let keys = ("mean_response_s", ["p50_s", "p90_s", "p99_s"]);
    let (response, response_quantiles) = estimates.time(keys, &times(|served| served.response));
    let busy = estimates.level(&log.boundaries, |boundary| boundary.busy);
    let servers = f64::from(spec.servers);
    let nobody = MeanInterval { mean: 0.0, half_width: 0.0, n: log.boundaries.len() - 1 };
    QueueResult {
        wait,
        response,
        p_wait: estimates.share(log.served.iter().map(|served| served.wait > Span::ZERO)),
        p_reject: spec.capacity.map_or(nobody, |_| estimates.share(log.rejected.iter().copied())),
        wait_quantiles,
        response_quantiles,
        utilisation: MeanInterval { mean: busy.mean / servers, half_width: busy.half_width / servers, ..busy },
        queue_length: estimates.requests("mean_queue_length", &log.boundaries, |at| at.in_system - at.busy),
        in_system: estimates.requests("mean_in_system", &log.boundaries, |at| at.in_system),
        measured: log.rejected.len() as u64,
        discarded: log.discarded,
        simulated: log.boundaries.last().map_or(Span::ZERO, |last| last.at.since(log.boundaries[0].at)),
        events: outcome.events,
        too_short: estimates.too_short,
    }
}
