//! `sdcsim probe queue`: a single station on the real engine, to be compared with closed forms.
//!
//! Poisson arrivals, independent service times, `c` servers. Under FIFO each server serves one request at a
//! time; under PS all requests present progress at the rate `min(1, c / n)` ([`SharedStation`]). The equations
//! and the validity range are in `docs/models/queueing.md`.
//!
//! [`SharedStation`]: crate::station::shared::SharedStation

mod args;
mod report;
mod service;
mod spec;
mod station;

pub use args::QueueArgs;
pub use service::Service;
pub use spec::{Discipline, PROBABILITIES, QueueResult, QueueSpec, WARM_UP};

use crate::engine::{self, Limits};
use crate::problem::Problems;
use crate::stats::{BATCHES, MeanInterval, batch_means, batch_quantiles, mean_interval};
use crate::units::Span;

use station::{Boundary, Served, Station};

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
    let mean = |series: &[f64]| batch_means(series, BATCHES, spec.confidence).unwrap_or(NO_OBSERVATION);
    let quantiles = |series: Vec<f64>| {
        batch_quantiles(series, &PROBABILITIES, BATCHES, spec.confidence)
            .and_then(|found| found.try_into().ok())
            .unwrap_or([NO_OBSERVATION; 3])
    };
    let times = |of: fn(&Served) -> Span| log.served.iter().map(|served| of(served).as_secs_f64()).collect::<Vec<_>>();
    let (wait, wait_quantiles) = {
        let waits = times(|served| served.wait);
        (mean(&waits), quantiles(waits))
    };
    let (response, response_quantiles) = {
        let responses = times(|served| served.response);
        (mean(&responses), quantiles(responses))
    };
    let over_time = |integral: fn(&Boundary) -> u128| time_mean(&log.boundaries, integral, spec.confidence);
    let (busy, servers) = (over_time(|boundary| boundary.busy), f64::from(spec.servers));
    QueueResult {
        wait,
        response,
        p_wait: mean(&shares(log.served.iter().map(|served| served.wait > Span::ZERO))),
        p_reject: mean(&shares(log.rejected.iter().copied())),
        wait_quantiles,
        response_quantiles,
        utilisation: MeanInterval { mean: busy.mean / servers, half_width: busy.half_width / servers, ..busy },
        queue_length: over_time(|boundary| boundary.in_system - boundary.busy),
        in_system: over_time(|boundary| boundary.in_system),
        measured: log.rejected.len() as u64,
        discarded: log.discarded,
        simulated: log.boundaries.last().map_or(Span::ZERO, |last| last.at.since(log.boundaries[0].at)),
        events: outcome.events,
    }
}

/// All requests were rejected, or no time passed: there is no mean to tell.
const NO_OBSERVATION: MeanInterval = MeanInterval { mean: f64::NAN, half_width: f64::NAN, n: 0 };

/// 1 for yes and 0 for no, so that the mean is the share.
fn shares(yes: impl Iterator<Item = bool>) -> Vec<f64> {
    yes.map(|yes| f64::from(u8::from(yes))).collect()
}

/// The time-weighted mean of a level between the first and the last boundary, with an interval from the means
/// between neighbouring boundaries.
fn time_mean(boundaries: &[Boundary], integral: fn(&Boundary) -> u128, confidence: f64) -> MeanInterval {
    let mean = |from: &Boundary, to: &Boundary| {
        let elapsed = to.at.since(from.at).as_ps();
        (elapsed > 0).then(|| (integral(to) - integral(from)) as f64 / elapsed as f64)
    };
    let batches: Vec<f64> = boundaries.windows(2).filter_map(|pair| mean(&pair[0], &pair[1])).collect();
    let whole = boundaries.first().zip(boundaries.last()).and_then(|(first, last)| mean(first, last));
    match (mean_interval(&batches, confidence), whole) {
        (Some(interval), Some(mean)) => MeanInterval { mean, ..interval },
        _ => NO_OBSERVATION,
    }
}
