//! What a request does.

use super::{Parallelism, Select, Selector, WorkloadSource};
use crate::config::choice::Spacing;
use crate::config::raw;
use crate::units::{BitsPerSec, Bytes, Span};

/// What the data centre is asked to do.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Where functions and invocations come from.
    pub source: WorkloadSource,
    /// Which part of it is replayed, and how often.
    pub select: Select,
    /// How counts per minute become arrivals within the minute.
    pub spacing: Spacing,
    /// How a function uses memory, where nothing else is said of it.
    pub profile: Profile,
    /// Profiles with names.
    pub profiles: Vec<NamedProfile>,
    /// How functions use cores, where nothing else is said of them.
    pub cpu: Parallelism,
    /// Functions that differ from the others; one is of the first class that selects it.
    pub classes: Vec<Class>,
    /// What a request moves over the fabric, on top of the traced run time.
    pub io: InputOutput,
    /// What a request holds on its node while it runs, besides a core and memory.
    pub demands: Demands,
}

impl Workload {
    /// From what was typed.
    pub fn resolve(raw: &raw::Workload) -> Self {
        let (profile, cpu) = (Profile::resolve(&raw.profile), Parallelism::resolve(&raw.cpu));
        let (io, demands) = (InputOutput::resolve(&raw.io), Demands::resolve(&raw.demands));
        let named = |raw: &raw::NamedProfile| NamedProfile {
            name: raw.name.clone(),
            share: raw.share,
            profile: profile.with(&raw.keys()),
        };
        let class = |raw: &raw::Class| Class {
            // Classes are not chosen by class.
            functions: Selector::resolve(&raw.functions, &[]),
            profile: raw.profile.as_ref().map(|keys| profile.with(keys)),
            cpu: cpu.with(&raw.cpu),
            io: io.with(&raw.io),
            demands: demands.with(&raw.demands),
        };
        Self {
            source: WorkloadSource::resolve(&raw.source),
            select: Select::resolve(&raw.select),
            spacing: raw.spacing,
            profiles: raw.profiles.iter().map(named).collect(),
            classes: raw.class.iter().map(class).collect(),
            profile,
            cpu,
            io,
            demands,
        }
    }

    /// With the cores with which the trace says that it was measured, where the experiment does not say it.
    pub fn measured_with(&mut self, cores: f64) {
        for cpu in std::iter::once(&mut self.cpu).chain(self.classes.iter_mut().map(|class| &mut class.cpu)) {
            cpu.measured_cores.get_or_insert(cores);
        }
    }
}

/// A memory profile with a name.
#[derive(Clone, Debug)]
pub struct NamedProfile {
    /// Its name.
    pub name: String,
    /// Share of the functions that draw it, of those that draw theirs.
    pub share: f64,
    /// What it is.
    pub profile: Profile,
}

/// Functions that differ from the others.
#[derive(Clone, Debug)]
pub struct Class {
    /// Which functions.
    pub functions: Selector,
    /// How they use memory, where the class says it.
    pub profile: Option<Profile>,
    /// How they use cores.
    pub cpu: Parallelism,
    /// What their requests move over the fabric.
    pub io: InputOutput,
    /// What their requests hold on their node.
    pub demands: Demands,
}

/// How a function uses memory while it runs (see docs/models/remote-memory.md).
#[derive(Clone, Copy, Debug)]
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

    /// With what is said otherwise.
    fn with(self, raw: &raw::ClassProfile) -> Self {
        Self {
            memory_stall: raw.memory_stall.unwrap_or(self.memory_stall),
            reference_latency: raw.reference_latency.map_or(self.reference_latency, |given| given.0),
            parallelism: raw.parallelism.unwrap_or(self.parallelism),
            access: raw.access.map_or(self.access, |given| given.0),
            write_share: raw.write_share.unwrap_or(self.write_share),
            miss_scale: raw.miss_scale.unwrap_or(self.miss_scale),
            miss_shape: raw.miss_shape.unwrap_or(self.miss_shape),
        }
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::resolve(&raw::Profile::default())
    }
}

/// What a request moves over the fabric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// With what is said otherwise.
    fn with(self, raw: &raw::ClassInputOutput) -> Self {
        Self {
            request: raw.request.map_or(self.request, |given| given.0),
            response: raw.response.map_or(self.response, |given| given.0),
            read: raw.read.map_or(self.read, |given| given.0),
            write: raw.write.map_or(self.write, |given| given.0),
        }
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

    /// With what is said otherwise.
    fn with(self, raw: &raw::ClassDemands) -> Self {
        Self {
            bandwidth: raw.bandwidth.map_or(self.bandwidth, |given| given.0),
            accelerator_share: raw.accelerator_share.unwrap_or(self.accelerator_share),
            accelerators: raw.accelerators.unwrap_or(self.accelerators),
        }
    }
}

impl Default for Demands {
    fn default() -> Self {
        Self::resolve(&raw::Demands::default())
    }
}
