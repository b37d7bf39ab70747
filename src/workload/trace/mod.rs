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

pub use crate::config::raw::DurationFloor as ZeroDurations;
pub use memory::{MemoryFrom, MemorySplit};

use crate::units::Span;

/// What [`ZeroDurations::OneMillisecond`] raises to.
pub const SHORTEST: Span = Span::from_ms(1);
