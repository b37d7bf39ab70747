//! Which part of a trace is replayed, and how often.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::quantity::Q;
use crate::units::Span;

/// Which part of a trace is replayed, and how often: first the window is cut, then functions are chosen, then requests,
/// then rates are scaled, and what there is then is repeated. What is drawn depends on the experiment's seed alone, so that
/// all replications and layouts serve the same selection. A run begins at the window's start with nothing running and
/// nothing warm.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Select {
    /// Where the window begins, counted from the start of the trace; whole minutes where the trace counts by the minute.
    pub start: Q<Span>,
    /// How long the window is, likewise; left out, to the end of the trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<Q<Span>>,
    /// Share of the functions that are kept, to the nearest whole number and at least one: those whose draws (stream
    /// `select-functions`, by owner, app and name) are least, so that a smaller share keeps some of the same.
    #[schemars(range(min = 0.000_001, max = 1.0))]
    pub function_share: f64,
    /// The chance of each request to be kept, each by a draw of its own (stream `select-requests` of its function). Not for
    /// a generated workload, whose rates are scaled by `source.rate_scale`.
    #[schemars(range(min = 0.000_001, max = 1.0))]
    pub request_share: f64,
    /// Multiplies the rate of every function: each request is there so many times, a fraction by a draw (stream
    /// `scale-requests`). The first stays where it is; where the trace counts by the minute counts grow, and in a list the
    /// others fall anywhere in the same minute and run as long as the first. Not for a generated workload.
    #[schemars(range(min = 0.001, max = 1_000.0))]
    pub rate_scale: f64,
    /// How often what was selected follows itself, such as a day that becomes a week; at most 213 days in all. Arrivals and
    /// durations that are drawn are drawn anew each time. Not for a generated workload, which has `source.length`.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub repeat: u32,
}

impl Default for Select {
    fn default() -> Self {
        Self { start: Q(Span::ZERO), length: None, function_share: 1.0, request_share: 1.0, rate_scale: 1.0, repeat: 1 }
    }
}
