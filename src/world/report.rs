//! What a run is looked at for, and what it reports.

use crate::engine::{Outcome, Stop};
use crate::record::{Counter, Counters, Looks, Meter, ResourceKind, ResourceUsage};
use crate::units::{Span, Time};

use super::audit::Audit;

/// What is looked at: the window of means and costs, and the length of a bin.
#[derive(Clone, Copy, Debug)]
pub struct Measurement {
    /// Means, cost and energy are over this time from the start.
    pub window: Span,
    /// Length of a bin of the time series.
    pub bin: Span,
    /// The run stops this long after the window.
    pub drain: Span,
    /// The run stops after this many events.
    pub events: u64,
    /// Whether gauges are kept of each host and pool; only those of several groups are otherwise. Costs time on every
    /// event, and changes no result.
    pub by_entity: bool,
    /// How often within the window it is looked at what is stranded; zero for never.
    pub looks: u32,
    /// Whether idle sandboxes are let run out at the end, so that waste is accounted to completion.
    pub run_out: bool,
}

impl Measurement {
    /// Until when resources could have been used: to the end of the window at least, but where a limit stopped the run.
    pub(super) fn end_of_use(&self, outcome: &Outcome) -> Time {
        if outcome.stop == Stop::Finished { outcome.end.max(Time::ZERO + self.window) } else { outcome.end }
    }
}

/// What a run did, apart from what the recorder heard.
#[derive(Debug)]
pub struct RunReport {
    /// Events, end and hash.
    pub outcome: Outcome,
    /// Levels over time, and what was counted.
    pub meter: Meter,
    /// What each shared resource did until its use ended, those that nobody used among them: until the last request was done, or
    /// the window over.
    pub usage: Vec<ResourceUsage>,
    /// What was stranded.
    pub looks: Looks,
    /// The conservation laws.
    pub audits: Vec<Audit>,
}

impl RunReport {
    /// The counters.
    pub fn counters(&self) -> &Counters {
        self.meter.counters()
    }
    /// A counter; zero where the run had no such thing.
    pub fn count(&self, counter: Counter) -> u64 {
        self.counters().get(counter)
    }
    /// Requests that arrived, were answered, were rejected, and were open at the end.
    pub fn requests(&self) -> [u64; 4] {
        [Counter::Arrived, Counter::Completed, Counter::Rejected, Counter::Open].map(|counter| self.count(counter))
    }
    /// What was asked of the resources of one kind, in its unit.
    pub fn asked(&self, kind: ResourceKind) -> u128 {
        self.counters().asked(kind).amount
    }
    /// What the resources of one kind served, in its unit.
    pub fn served(&self, kind: ResourceKind) -> u128 {
        self.usage.iter().filter(|usage| usage.kind == kind).map(|usage| usage.served).sum()
    }
    /// Forgets single resources, hosts and pools: once they are summed up, what is left does not grow with their number.
    pub fn forget_entities(&mut self) {
        self.usage = Vec::new();
        self.meter.forget_entities();
    }
    /// Highest load over capacity of the resources of one kind; zero where there is none.
    pub fn peak_load(&self, kind: ResourceKind) -> f64 {
        self.usage.iter().filter(|usage| usage.kind == kind).filter_map(|usage| usage.peak_load).fold(0.0, f64::max)
    }
}
