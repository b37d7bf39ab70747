//! Readers of traces, one file for each public format, and the project's own form, as a folder ([`native`])
//! and as one file ([`packed`]).
//!
//! All readers of text take plain, gzip or Zstandard files (told apart by content), find columns by name, collect everything wrong with
//! a file as [`Problems`](crate::problem::Problems), and count whatever they drop or mend in the
//! [`ImportReport`](super::ImportReport). Columns, units and quirks of each format: traces/README.md.
//!
//! [`cloud_log`] and [`cloud_rates`] read what was measured of a cloud, not what it was asked to do:
//! docs/models/cloud-logs.md.

pub mod azlike;
pub mod azure2019;
pub mod azure2021;
pub mod cloud_log;
pub mod cloud_rates;
pub mod digest;
mod memory;
pub mod native;
pub mod number;
mod own;
pub mod packed;
mod percentiles;
pub mod placement;
pub mod plain;
mod table;
mod text;

pub use crate::config::plan::DurationFloor as ZeroDurations;
pub use crate::config::plan::UNPACKED;
pub use memory::{MemoryFrom, MemorySplit};

/// What [`ZeroDurations::OneMillisecond`] raises to.
pub use super::durations::SHORTEST;
