//! What of a run is measured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::quantity::Q;
use crate::units::Span;

/// What of a run is measured: which requests count, and where the period begins that requests, bills, machine time, energy,
/// hardware and bytes are accounted over. It ends with the answer of the last request that counts, or with what is measured
/// where that is later.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "mode", rename_all = "kebab-case")]
pub enum Measure {
    /// All requests, from the start of the trace on.
    WholeRun(WholeRun),
    /// What arrives within a window. The run begins with the trace, and goes on with what follows the window until all that
    /// arrived in it has its answer.
    Window(Window),
    /// All but a warm-up, in which the data centre fills.
    SteadyState(SteadyState),
}

impl Default for Measure {
    fn default() -> Self {
        Self::WholeRun(WholeRun {})
    }
}

/// All requests.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WholeRun {}

/// What arrives within a window.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Its start, from the start of the trace.
    pub from: Q<Span>,
    /// Its end, from the start of the trace; not beyond the end of it.
    pub to: Q<Span>,
}

/// All but a warm-up.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SteadyState {
    /// How long it is, from the start of the trace.
    pub warm_up: Q<Span>,
}
