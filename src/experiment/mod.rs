//! Many runs: every layout in every replication, in parallel, summed up into result rows.

mod basis;
mod bounds;
mod collect;
mod figures;
mod finished;
mod hardware;
mod heard;
mod inputs;
mod jobs;
mod kept;
mod memory;
mod point;
mod points;
mod prepare;
mod run;
mod run_files;
mod simulate;
mod summary;
mod sweep;
mod vary;
mod workloads;

pub use collect::Collector;
pub use figures::figures;
pub use finished::{Finished, RunKey};
pub use heard::{Heard, Spread};
pub use inputs::{Input, load_workload, trace_digest};
pub use kept::Kept;
pub use memory::peak_bytes as peak_memory_bytes;
pub use point::Outcome;
pub use points::{PointId, is_done, point_ids, sweep_manifest};
pub use prepare::{Prepared, prepare, prepare_with};
pub use run::{resume, run};
pub use run_files::run_files;
pub use simulate::Observer;
pub use sweep::{Failed, Swept, sweep};
pub use workloads::Workloads;
