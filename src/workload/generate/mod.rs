//! Azure-like workloads of any size, from the published distributions of the whole Azure Functions 2019 trace.
//!
//! A population is drawn app by app ([`Population::draw`]), each app from its own random stream, so that a larger
//! population begins with the smaller one. Invocations are then made on the fly, one renewal process for each app
//! (`process`), and never stored: memory is that of the population and of one minute. What is drawn, from what, and what is
//! assumed, is set out in docs/models/workload.md.

mod options;
mod population;
mod process;

pub use super::generated::generate;
pub(super) use options::DAY;
pub use options::Options;
pub use population::{App, Population};
pub(super) use process::PlaceProcesses;
