//! What a request does.

use super::WorkloadSource;
use crate::config::choice::Spacing;
use crate::config::raw;
use crate::units::{BitsPerSec, Bytes, Span};

/// What the data centre is asked to do.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Where functions and invocations come from.
    pub source: WorkloadSource,
    /// How counts per minute become arrivals within the minute.
    pub spacing: Spacing,
    /// How a function uses memory.
    pub profile: Profile,
    /// What a request moves over the fabric, on top of the traced run time.
    pub io: InputOutput,
    /// What a request holds on its node while it runs, besides a core and memory.
    pub demands: Demands,
}

impl Workload {
    /// From what was typed.
    pub fn resolve(raw: &raw::Workload) -> Self {
        Self {
            source: WorkloadSource::resolve(&raw.source),
            spacing: raw.spacing,
            profile: Profile::resolve(&raw.profile),
            io: InputOutput::resolve(&raw.io),
            demands: Demands::resolve(&raw.demands),
        }
    }
}

/// How a function uses memory while it runs (see docs/models/remote-memory.md).
#[derive(Clone, Debug)]
pub struct Profile {
    /// Share of the traced run time that the function waits for memory, on the reference machine.
    pub memory_stall: f64,
    /// Load-to-use latency of local memory on the reference machine, where the durations were measured.
    pub reference_latency: Span,
    /// Memory accesses in flight at once (memory-level parallelism).
    pub parallelism: f64,
    /// Bytes moved by one access: a cache line.
    pub access: Bytes,
    /// Share of accesses that also write a line back.
    pub write_share: f64,
    /// Scale c of the miss-ratio curve m(f) = exp(-(f/c)^b), f = share of the memory that is local.
    pub miss_scale: f64,
    /// Shape b of the miss-ratio curve.
    pub miss_shape: f64,
}

impl Profile {
    /// From what was typed.
    pub fn resolve(raw: &raw::Profile) -> Self {
        Self {
            memory_stall: raw.memory_stall,
            reference_latency: raw.reference_latency.0,
            parallelism: raw.parallelism,
            access: raw.access.0,
            write_share: raw.write_share,
            miss_scale: raw.miss_scale,
            miss_shape: raw.miss_shape,
        }
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::resolve(&raw::Profile::default())
    }
}

/// What a request moves over the fabric.
#[derive(Clone, Debug)]
pub struct InputOutput {
    /// Request message, from the front end to the node.
    pub request: Bytes,
    /// Response message, from the node to the front end.
    pub response: Bytes,
    /// Read from storage at the start of each run.
    pub read: Bytes,
    /// Written to storage at the end of each run.
    pub write: Bytes,
}

impl InputOutput {
    /// From what was typed.
    pub fn resolve(raw: &raw::InputOutput) -> Self {
        Self { request: raw.request.0, response: raw.response.0, read: raw.read.0, write: raw.write.0 }
    }
}

impl Default for InputOutput {
    fn default() -> Self {
        Self::resolve(&raw::InputOutput::default())
    }
}

/// What a request holds on its node while it runs, besides a core and memory; it starts only where that is free.
#[derive(Clone, Copy, Debug)]
pub struct Demands {
    /// Bandwidth of the node's interface that is set aside for it.
    pub bandwidth: BitsPerSec,
    /// Share of the functions, by a hash of their names, whose requests need accelerators.
    pub accelerator_share: f64,
    /// How many accelerators such a request holds.
    pub accelerators: u32,
}

impl Demands {
    /// From what was typed.
    pub fn resolve(raw: &raw::Demands) -> Self {
        Self { bandwidth: raw.bandwidth.0, accelerator_share: raw.accelerator_share, accelerators: raw.accelerators }
    }
}

impl Default for Demands {
    fn default() -> Self {
        Self::resolve(&raw::Demands::default())
    }
}
