//! The experiment around the layouts.

use super::Workload;
use crate::config::choice::{Basis, PriceBasis, ResourceDetail, Vary};
use crate::config::raw;
use crate::units::Span;

/// An experiment, apart from its layouts and its sweep.
#[derive(Clone, Debug)]
pub struct Experiment {
    /// Short name, used for the results folder.
    pub name: String,
    /// The question that the experiment answers.
    pub question: String,
    /// Root of all random streams.
    pub seed: u64,
    /// Independent repetitions with other random draws.
    pub replications: u32,
    /// What differs between replications.
    pub vary: Vary,
    /// What the layouts have in equal measure.
    pub basis: Basis,
    /// How far two layouts may differ in what is held equal, as a share of the first layout's.
    pub basis_tolerance: f64,
    /// Which prices of the hardware count.
    pub prices: PriceBasis,
    /// What the data centre is asked to do.
    pub workload: Workload,
    /// What of a run is measured.
    pub measure: Measure,
    /// Bounds of a run.
    pub limits: Limits,
    /// What is written besides the summary.
    pub outputs: Outputs,
}

impl Experiment {
    /// From what was typed.
    pub fn resolve(raw: &raw::Experiment) -> Self {
        Self {
            name: raw.name.clone(),
            question: raw.question.clone(),
            seed: raw.seed,
            replications: raw.replications,
            vary: raw.vary,
            basis: raw.basis,
            basis_tolerance: raw.basis_tolerance,
            prices: raw.prices,
            workload: Workload::resolve(&raw.workload),
            measure: Measure::resolve(&raw.measure),
            limits: Limits::resolve(&raw.limits),
            outputs: Outputs::resolve(&raw.outputs),
        }
    }
}

/// What of a run is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// All requests, from the start of the trace on.
    WholeRun,
    /// What arrives within a window, in times from the start of the trace.
    Window {
        /// Its start.
        from: Span,
        /// Its end.
        to: Span,
    },
    /// All but a warm-up.
    SteadyState {
        /// How long it is.
        warm_up: Span,
    },
}

impl Measure {
    /// From what was typed.
    pub fn resolve(raw: &raw::Measure) -> Self {
        match raw {
            raw::Measure::WholeRun(_) => Self::WholeRun,
            raw::Measure::Window(window) => Self::Window { from: window.from.0, to: window.to.0 },
            raw::Measure::SteadyState(steady) => Self::SteadyState { warm_up: steady.warm_up.0 },
        }
    }
    /// When the requests that count arrive, of a trace of this length; none where all count.
    pub fn counted(&self, length: Span) -> Option<(Span, Span)> {
        match *self {
            Self::WholeRun => None,
            Self::Window { from, to } => Some((from, to)),
            Self::SteadyState { warm_up } => Some((warm_up, length)),
        }
    }
}

/// Bounds of a run.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Simulated time after what is measured in which open requests may still finish.
    pub drain: Span,
    /// Most events handled in one run.
    pub events: u64,
    /// Most points of a sweep: a guard against one axis too many.
    pub points: u32,
}

impl Limits {
    /// From what was typed.
    pub fn resolve(raw: &raw::Limits) -> Self {
        Self { drain: raw.drain.0, events: raw.events, points: raw.points }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::resolve(&raw::Limits::default())
    }
}

/// What is written besides the summary.
#[derive(Clone, Debug)]
pub struct Outputs {
    /// Length of one bin of the time series.
    pub series_interval: Span,
    /// Whether plots and the report page are drawn at the end of the run.
    pub report: bool,
    /// Whether a row for each request answered or rejected is written to `requests/<layout>-<replication>.parquet`
    /// in the run folder: function, arrival, answer, traced duration, cold start, and each part of the response
    /// time, in picoseconds.
    pub requests: bool,
    /// How closely it is told how busy resources were.
    pub resources: ResourceDetail,
}

impl Outputs {
    /// From what was typed.
    pub fn resolve(raw: &raw::Outputs) -> Self {
        let raw::Outputs { series_interval, report, requests, resources } = *raw;
        Self { series_interval: series_interval.0, report, requests, resources }
    }
}

impl Default for Outputs {
    fn default() -> Self {
        Self::resolve(&raw::Outputs::default())
    }
}
