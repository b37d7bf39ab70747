//! What of a run is measured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::quantity::Q;
use crate::units::Span;

/// What of a run is measured: which requests count, and the period that bills, machine time, energy, hardware, bytes and means over
/// time are accounted over. It is the whole run up to the last answer, or a part of it with fixed ends.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "mode", rename_all = "kebab-case")]
pub enum Measure {
    /// All requests, from the start of the trace to the last answer, or to the end of the trace where that is later.
    WholeRun(WholeRun),
    /// A window: latencies are of what arrives in it, all else is of its time. The run begins with the trace, and goes on with what
    /// follows the window until all that arrived in it has its answer.
    Window(Window),
    /// The trace but for a warm-up, in which the data centre fills: a window from there to the end of the trace.
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
