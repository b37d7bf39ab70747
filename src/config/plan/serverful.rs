//! A fleet of virtual machines.

use crate::config::choice::{CodeLoading, FleetRule};
use crate::config::raw;
use crate::units::{Bytes, Span, UsdPerHour};

/// A fleet of virtual machines.
#[derive(Clone, Debug)]
pub struct Serverful {
    /// Time that the load balancer takes, on every request.
    pub dispatch_delay: Span,
    /// The machine type.
    pub vm: Vm,
    /// How many machines there are over time.
    pub fleet: Fleet,
    /// The code of functions in the memory of machines.
    pub code: Code,
    /// How long a request waits at most.
    pub queue_timeout: Option<Span>,
    /// How long it may be on its machine.
    pub timeout: Option<Span>,
    /// Most requests waiting for a machine; the next one is rejected.
    pub queue_limit: u64,
}

impl Serverful {
    /// From what was typed.
    pub fn resolve(raw: &raw::Serverful) -> Self {
        Self {
            dispatch_delay: raw.dispatch_delay.0,
            vm: Vm::resolve(&raw.vm),
            fleet: Fleet::resolve(&raw.fleet),
            code: Code::resolve(&raw.code),
            queue_timeout: raw.quotas.queue_timeout.map(|limit| limit.0),
            timeout: raw.quotas.timeout.map(|limit| limit.0),
            queue_limit: raw.queue_limit,
        }
    }
}

/// The code of functions in the memory of virtual machines.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// When it is there.
    pub loaded: CodeLoading,
    /// What that of a function holds on each machine, where all of it is loaded.
    pub memory: Bytes,
}

impl Code {
    /// From what was typed.
    pub fn resolve(raw: &raw::Code) -> Self {
        Self { loaded: raw.loaded, memory: raw.memory.0 }
    }
    /// Of the memory of a function, what its code holds on each machine whether it runs or not.
    pub fn of(&self, memory: Bytes) -> Bytes {
        match self.loaded {
            CodeLoading::All => self.memory.min(memory),
            CodeLoading::OnUse => Bytes::ZERO,
        }
    }
}

/// A virtual machine type.
#[derive(Clone, Debug)]
pub struct Vm {
    /// Name of the type.
    pub part: String,
    /// Virtual cores; one is one core of the node.
    pub vcpus: u32,
    /// Memory.
    pub memory: Bytes,
    /// Memory that the operating system and the runtimes hold; requests share the rest.
    pub system_memory: Bytes,
    /// Price while it exists, from the start of its boot.
    pub price: UsdPerHour,
    /// Least time that is billed for a machine.
    pub minimum_billed: Span,
    /// Existence is billed in multiples of it.
    pub quantum: Span,
}

impl Vm {
    /// From what was typed.
    pub fn resolve(raw: &raw::Vm) -> Self {
        Self {
            part: raw.part.clone(),
            vcpus: raw.vcpus,
            memory: raw.memory.0,
            system_memory: raw.system_memory.0,
            price: raw.price.0,
            minimum_billed: raw.minimum_billed.0,
            quantum: raw.quantum.0,
        }
    }
}

/// How many machines there are over time.
#[derive(Clone, Debug)]
pub enum Fleet {
    /// Always the same number.
    Fixed(FixedFleet),
    /// Follows the utilisation of the virtual cores.
    Autoscaled(Autoscaled),
}

impl Fleet {
    /// From what was typed.
    pub fn resolve(raw: &raw::Fleet) -> Self {
        match raw {
            raw::Fleet::Fixed(raw) => Self::Fixed(FixedFleet::resolve(raw)),
            raw::Fleet::Autoscaled(raw) => Self::Autoscaled(Autoscaled::resolve(raw)),
        }
    }
}

/// A fleet of fixed size.
#[derive(Clone, Debug)]
pub struct FixedFleet {
    /// How many machines.
    pub size: FleetSize,
    /// With `size = "peak"`: spare share on top of the peak.
    pub headroom: f64,
}

impl FixedFleet {
    /// From what was typed.
    pub fn resolve(raw: &raw::FixedFleet) -> Self {
        Self { size: FleetSize::resolve(&raw.size), headroom: raw.headroom }
    }
}

/// How many machines a fixed fleet has: a number, `"peak"` for as many as the busiest moment of the workload needs,
/// or `"all"` for as many as fit on the nodes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FleetSize {
    /// This many.
    Count(u32),
    /// As many as the workload or the hardware says.
    Rule(FleetRule),
}

impl FleetSize {
    /// From what was typed.
    pub fn resolve(raw: &raw::FleetSize) -> Self {
        match raw {
            raw::FleetSize::Count(given) => Self::Count(*given),
            raw::FleetSize::Rule(given) => Self::Rule(*given),
        }
    }
}

/// A fleet that follows its utilisation: every interval, `wanted = ceil(machines × utilisation / target)`.
#[derive(Clone, Debug)]
pub struct Autoscaled {
    /// Fewest machines.
    pub minimum: u32,
    /// Most machines; the hardware may hold fewer, which is then the limit.
    pub maximum: u32,
    /// Utilisation of the virtual cores that is aimed at.
    pub target: f64,
    /// Time between two evaluations.
    pub interval: Span,
    /// Time from the order of a machine until it serves.
    pub boot_delay: Span,
    /// Time for which fewer machines must be wanted before one is given up.
    pub cooldown: Span,
}

impl Autoscaled {
    /// From what was typed.
    pub fn resolve(raw: &raw::Autoscaled) -> Self {
        Self {
            minimum: raw.minimum,
            maximum: raw.maximum,
            target: raw.target,
            interval: raw.interval.0,
            boot_delay: raw.boot_delay.0,
            cooldown: raw.cooldown.0,
        }
    }
}
