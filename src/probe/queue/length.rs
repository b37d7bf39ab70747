//! Whether a run is long enough for its intervals.
//!
//! Near saturation the work in a station moves as a Brownian motion that is kept above zero (Kingman 1962), which forgets
//! where it was in a time that grows as 1/(1 − ρ)². What a run of so many requests can tell of a mean or of a quantile
//! follows from that, before it is run; so the verdict does not depend on what the run happened to see, and the runs that
//! look best are not those that are kept (docs/models/queueing.md).

use crate::stats::batch_correlation;

use super::{QueueSpec, WARM_UP};

/// The relative standard deviation of the number of requests above a quantile, up to which intervals cover (measured:
/// `tests/all/queueing/coverage.rs`).
const MOST_OF_QUANTILES: f64 = 0.4;
/// The same of a mean, whose batches are skewed: with up to 0.1, intervals miss one time in ten, by values that are too low.
const MOST_OF_MEANS: f64 = 0.05;
/// Batches whose neighbours are compared, and how far they may be alike: three standard deviations of nothing.
const COMPARED: usize = 32;
const MOST_ALIKE: f64 = 0.55;

/// The length of a run in times that its station takes to forget.
#[derive(Clone, Copy, Debug)]
pub(super) struct Length {
    /// Requests in which it forgets.
    memory: f64,
    requests: u64,
}

impl Length {
    /// Of the run of `spec`. Per request the work of a server moves by 1 − 1/ρ mean service times, with a variance of
    /// 1 + SCV; a bound of K requests is reached, and forgotten, in about K²/π² of that variance.
    pub fn of(spec: &QueueSpec) -> Self {
        let (load, variance) = (spec.load(), 1.0 + spec.service.scv());
        let drift = 1.0 - 1.0 / load;
        let bound = spec.capacity.map_or(0.0, |k| std::f64::consts::PI / f64::from(k));
        let memory = 1.0 / (drift * drift / variance + bound * bound * variance);
        Self { memory, requests: spec.requests }
    }

    /// Requests that a mean takes: its relative variance is 2 over the length.
    pub fn of_mean(self) -> u64 {
        Self::whole(2.0 * self.memory / (MOST_OF_MEANS * MOST_OF_MEANS))
    }

    /// Requests that the `p`-quantile takes. With e = 1 − p, the variance of the share above it is
    /// 2e(1 − e) + 2e² ln e over the length: 4∫H²/π of the motion's stationary law, with H(x) the integral to x of
    /// (1{above} − e) π. At least that of independent requests.
    pub fn of_quantile(self, p: f64) -> u64 {
        let e = 1.0 - p;
        let dependent = (2.0 * e * p + 2.0 * e * e * libm::log(e)) * self.memory;
        Self::whole(dependent.max(e * p) / (e * e * MOST_OF_QUANTILES * MOST_OF_QUANTILES))
    }

    /// Requests to ask for so that so many are measured.
    fn whole(measured: f64) -> u64 {
        libm::ceil(measured / (1.0 - WARM_UP)) as u64
    }

    /// Requests that would be enough where the run is too short: it has fewer, or its batches are `alike`.
    pub fn lacks(self, enough: u64, alike: bool) -> Option<u64> {
        if self.requests < enough { Some(enough) } else { alike.then_some(4 * self.requests) }
    }

    /// Whether batches of a series are not independent, whatever the theory says.
    pub fn alike(series: &[f64]) -> bool {
        batch_correlation(series, COMPARED).is_some_and(|found| found > MOST_ALIKE)
    }
}
