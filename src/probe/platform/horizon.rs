//! Up to when waste is counted.

use clap::ValueEnum;

/// Up to when the memory of idle sandboxes is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum WasteHorizon {
    /// Until all of them have run out.
    #[default]
    Completion,
    /// Until the last arrival.
    TraceEnd,
}
