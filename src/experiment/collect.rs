//! What is kept of the requests of one run: histograms and sums, of a size that does not depend on their number.

use crate::record::{Completed, Component, Recorder, Rejection};
use crate::stats::SpanHistogram;
use crate::units::{Span, Time};
use crate::workload::FunctionId;

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
    /// Requests that waited for a sandbox of their own to start.
    pub cold: u64,
    /// Requests per bin of the window, by arrival: all, and those that started cold.
    pub bins: Vec<[u64; 2]>,
    bin: Span,
    /// The bin that was counted in last, and its start in picoseconds: most requests are in the same.
    latest: usize,
    latest_start: u64,
}

impl Collector {
    /// Nothing heard yet; the window has bins of length `bin`.
    pub fn new(window: Span, bin: Span) -> Self {
        let bins = window.as_ps().div_ceil(bin.as_ps().max(1)).max(1);
        Self {
            response: SpanHistogram::new(),
            start_delay: SpanHistogram::new(),
            components: [0; Component::ALL.len()],
            slowdown_sum: 0.0,
            slowdown_count: 0,
            cold: 0,
            bins: vec![[0; 2]; bins as usize],
            bin,
            latest: 0,
            latest_start: 0,
        }
    }
    /// Mean of response over traced duration.
    pub fn mean_slowdown(&self) -> Option<f64> {
        (self.slowdown_count > 0).then(|| self.slowdown_sum / self.slowdown_count as f64)
    }
    #[inline]
    fn bin_of(&mut self, at: Time) -> &mut [u64; 2] {
        let into = at.as_ps().wrapping_sub(self.latest_start);
        if into >= self.bin.as_ps() {
            let last = self.bins.len() - 1;
            self.latest = ((at.as_ps() / self.bin.as_ps()) as usize).min(last);
            self.latest_start = self.latest as u64 * self.bin.as_ps();
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
    }

    fn rejected(&mut self, at: Time, _function: FunctionId, _reason: Rejection) {
        self.bin_of(at)[0] += 1;
    }
}
