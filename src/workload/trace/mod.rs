//! Readers of traces, one file for each public format, and the project's own form ([`native`]).
//!
//! All readers take plain or gzip files (told apart by content), find columns by name, collect everything wrong with
//! a file as [`Problems`](crate::problem::Problems), and count whatever they drop or mend in the
//! [`ImportReport`](super::ImportReport). Columns, units and quirks of each format: traces/README.md.

pub mod azlike;
pub mod azure2019;
pub mod azure2021;
mod memory;
pub mod native;
pub mod number;
mod percentiles;
pub mod placement;
mod table;

pub use memory::{MemoryFrom, MemorySplit};

use crate::units::Span;

/// What to do with durations of zero or less, which the public traces contain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ZeroDurations {
    /// Raise them to 1 ms, the resolution of the public traces (default).
    #[default]
    Floor,
    /// Leave them out: an invocation of the 2021 form; in the 2019 form a function whose average, maximum or 25th
    /// percentile is not above zero, as `FaaSCache` and Iluvatar do (other percentiles are still raised).
    Drop,
}

/// What [`ZeroDurations::Floor`] raises to.
pub const SHORTEST: Span = Span::from_ms(1);
