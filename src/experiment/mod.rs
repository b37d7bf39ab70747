//! Many runs: every layout in every replication, in parallel, summed up into result rows.

mod basis;
mod collect;
mod figures;
mod inputs;
mod memory;
mod prepare;
mod requests;
mod run;
mod summary;
mod sweep;
mod workloads;

pub use collect::Collector;
pub use figures::figures;
pub use inputs::load_workload;
pub use memory::peak_bytes as peak_memory_bytes;
pub use prepare::{Prepared, prepare, prepare_with};
pub use requests::request_folder;
pub use run::{Finished, Observer, Outcome, RunKey, run};
pub use sweep::{Failed, PointId, SweepObserver, Swept, is_done, point_ids, sweep, sweep_manifest};
pub use workloads::Workloads;
