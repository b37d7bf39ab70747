//! Which part of a trace is replayed, and how often.

use crate::config::raw;
use crate::units::Span;

/// Which part of a trace is replayed, and how often; its steps are taken in this order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Select {
    /// Where the window begins.
    pub start: Span,
    /// How long it is; `None` to the end of the trace.
    pub length: Option<Span>,
    /// Share of the functions that are kept.
    pub function_share: f64,
    /// The chance of each request to be kept.
    pub request_share: f64,
    /// How many times each request is there.
    pub rate_scale: f64,
    /// How often all of it follows itself.
    pub repeat: u32,
}

impl Select {
    /// From what was typed.
    pub fn resolve(raw: &raw::Select) -> Self {
        Self {
            start: raw.start.0,
            length: raw.length.map(|length| length.0),
            function_share: raw.function_share,
            request_share: raw.request_share,
            rate_scale: raw.rate_scale,
            repeat: raw.repeat,
        }
    }
}

impl Default for Select {
    fn default() -> Self {
        Self::resolve(&raw::Select::default())
    }
}
