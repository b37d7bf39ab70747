//! What a run is looked at for, and what it reports.

use crate::engine::Outcome;
use crate::record::{Counter, Counters, Meter, ResourceKind, ResourceUsage};
use crate::units::Span;

use super::audit::Audit;

/// What is looked at: the window of means and costs, and the length of a bin.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// Means, cost and energy are over this time from the start.
    pub window: Span,
    /// Length of a bin of the time series.
    pub bin: Span,
    /// The run stops this long after the window.
    pub drain: Span,
    /// The run stops after this many events.
    pub events: u64,
    /// Whether idle sandboxes are let run out at the end, so that waste is accounted to completion.
    pub run_out: bool,
}

/// What a run did, apart from what the recorder heard.
#[derive(Debug)]
pub struct RunReport {
    /// Events, end and hash.
    pub outcome: Outcome,
    /// Levels over time, and what was counted.
    pub meter: Meter,
    /// What each shared resource did.
    pub usage: Vec<ResourceUsage>,
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
    /// Highest load over capacity of the resources of one kind; zero where there is none.
    pub fn peak_load(&self, kind: ResourceKind) -> f64 {
        self.usage.iter().filter(|usage| usage.kind == kind).fold(0.0, |most, usage| usage.peak_load.max(most))
    }
}
