//! What is kept of the requests of one run: histograms and sums, of a size that does not depend on their number.

use crate::ids::{FunctionId, FunctionKind, IdVec};
use crate::record::{Completed, Component, Recorder, Rejection};
use crate::stats::SpanHistogram;
use crate::units::{Span, Time};

use super::heard::{Heard, Spread};

/// The components of a cold start.
const COLD: [Component; 4] = [Component::ColdAllocate, Component::ColdFetch, Component::ColdBoot, Component::ColdInit];

/// Those from the first instruction of the code on.
const RUNNING: [Component; 5] =
    [Component::Compute, Component::LocalMemory, Component::RemoteMemory, Component::Network, Component::Storage];

/// Listens to one run.
#[derive(Clone, Debug)]
pub struct Collector {
    /// Response times.
    pub response: SpanHistogram,
    /// Times from arrival until the code runs: queue, dispatch and cold start.
    pub start_delay: SpanHistogram,
    /// Total time of each component, in picoseconds.
    pub components: [u128; Component::ALL.len()],
    /// Sum of response over traced duration, of requests with a duration above zero.
    slowdown_sum: f64,
    slowdown_count: u64,
    /// Requests that waited for a sandbox of their own to start, whether they were answered or ran too long.
    pub cold: u64,
    /// Requests that ran too long.
    ended: u64,
    /// By function: requests that began to run, and those of them that started cold.
    by_function: IdVec<FunctionKind, [u32; 2]>,
    /// Requests per bin of the window, by arrival: all, and those that started cold.
    pub bins: Vec<[u64; 2]>,
    bin: Span,
    /// The start of the first bin, in picoseconds.
    from: u64,
    /// The bin that was counted in last, and its start in picoseconds: most requests are in the same.
    latest: usize,
    latest_start: u64,
}

impl Collector {
    /// Nothing heard yet of so many functions; what arrives `from` a time on and up to another is counted in bins of length `bin`.
    pub fn new((from, to): (Time, Time), bin: Span, functions: usize) -> Self {
        let bins = to.since(from).as_ps().div_ceil(bin.as_ps().max(1)).max(1);
        Self {
            response: SpanHistogram::new(),
            start_delay: SpanHistogram::new(),
            components: [0; Component::ALL.len()],
            slowdown_sum: 0.0,
            slowdown_count: 0,
            cold: 0,
            ended: 0,
            by_function: (0..functions).map(|_| [0; 2]).collect(),
            bins: vec![[0; 2]; bins as usize],
            bin,
            from: from.as_ps(),
            latest: 0,
            latest_start: from.as_ps(),
        }
    }
    /// What is kept once the run is over.
    pub fn over(self) -> Heard {
        Heard {
            response: Spread::of(&self.response),
            start_delay: Spread::of(&self.start_delay),
            mean_slowdown: self.mean_slowdown(),
            cold_share: self.cold_share(),
            cold_shares: [0.5, 0.75].map(|share| self.cold_share_of_functions(share)),
            components: self.components,
            cold: self.cold,
            bins: self.bins,
        }
    }
    /// Mean of response over traced duration.
    pub fn mean_slowdown(&self) -> Option<f64> {
        (self.slowdown_count > 0).then(|| self.slowdown_sum / self.slowdown_count as f64)
    }
    /// The share of requests that began to run which waited for a sandbox to start.
    pub fn cold_share(&self) -> Option<f64> {
        let started = self.response.count() + self.ended;
        (started > 0).then(|| self.cold as f64 / started as f64)
    }
    /// The cold-start share that this share of the functions with requests that began to run have at most (the rank is rounded up).
    pub fn cold_share_of_functions(&self, share: f64) -> Option<f64> {
        let called = self.by_function.iter().filter(|[answered, _]| *answered > 0);
        let mut shares: Vec<f64> = called.map(|[answered, cold]| f64::from(*cold) / f64::from(*answered)).collect();
        let rank = (libm::ceil(share * shares.len() as f64) as usize).saturating_sub(1);
        shares.sort_unstable_by(f64::total_cmp);
        shares.get(rank).copied()
    }
    #[inline]
    fn bin_of(&mut self, at: Time) -> &mut [u64; 2] {
        let into = at.as_ps().wrapping_sub(self.latest_start);
        if into >= self.bin.as_ps() {
            let last = self.bins.len() - 1;
            let place = at.as_ps().saturating_sub(self.from) / self.bin.as_ps();
            self.latest = (place as usize).min(last);
            self.latest_start = self.from + self.latest as u64 * self.bin.as_ps();
        }
        &mut self.bins[self.latest]
    }
}

impl Recorder for Collector {
    #[inline(always)]
    fn completed(&mut self, request: &Completed) {
        let response = request.answered.since(request.arrived);
        self.response.record(response);
        let mut add = |component| {
            let span = request.breakdown.get(component);
            self.components[component as usize] += u128::from(span.as_ps());
            span
        };
        let mut delay = add(Component::Queue) + add(Component::Dispatch);
        if request.cold {
            delay += COLD.map(&mut add).into_iter().sum();
        }
        for component in RUNNING {
            add(component);
        }
        self.start_delay.record(delay);
        if request.duration > Span::ZERO {
            self.slowdown_sum += response.as_ps_f64() / request.duration.as_ps_f64();
            self.slowdown_count += 1;
        }
        let bin = self.bin_of(request.arrived);
        bin[0] += 1;
        if request.cold {
            bin[1] += 1;
            self.cold += 1;
        }
        let [answered, cold] = &mut self.by_function[request.function];
        *answered += 1;
        *cold += u32::from(request.cold);
    }

    fn rejected(&mut self, at: Time, _function: FunctionId, _reason: Rejection) {
        self.bin_of(at)[0] += 1;
    }

    fn had_started(&mut self, at: Time, function: FunctionId, cold: bool) {
        self.bin_of(at)[1] += u64::from(cold);
        self.cold += u64::from(cold);
        self.ended += 1;
        let [started, started_cold] = &mut self.by_function[function];
        *started += 1;
        *started_cold += u32::from(cold);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Breakdown;

    #[test]
    fn shares_are_of_functions_that_were_called() {
        let mut heard = Collector::new((Time::ZERO, Time::ZERO + Span::from_secs(60)), Span::from_secs(60), 5);
        // Of four requests each, so many were cold; the fifth function was never called.
        for (function, cold) in [(0, 4), (1, 1), (2, 2), (3, 0)] {
            for i in 0..4 {
                heard.completed(&Completed {
                    function: FunctionId::new(function),
                    arrived: Time::ZERO,
                    answered: Time::ZERO,
                    duration: Span::ZERO,
                    cold: i < cold,
                    breakdown: Breakdown::default(),
                });
            }
        }
        let shares = [0.25, 0.5, 0.75, 1.0].map(|share| heard.cold_share_of_functions(share));
        assert_eq!(shares, [Some(0.0), Some(0.25), Some(0.5), Some(1.0)]);
        assert_eq!(Collector::new((Time::ZERO, Time::ZERO), Span::TICK, 2).cold_share_of_functions(0.5), None);
    }
}
