//! Many runs: every layout in every replication, in parallel, summed up into result rows.

mod basis;
mod collect;
mod inputs;
mod memory;
mod prepare;
mod run;
mod summary;

pub use collect::Collector;
pub use inputs::load_workload;
pub use memory::peak_bytes as peak_memory_bytes;
pub use prepare::{Prepared, prepare};
pub use run::{Finished, Observer, Outcome, RunKey, run};
