//! The machines with cores.

use super::{IdleRule, Known, PoolGroup, PowerCurve, Sourced, Vm};
use crate::config::choice::{NodeKind, PriceBasis};
use crate::config::raw;
use crate::units::{BitsPerSec, Bytes, Span, Usd, Watts};

/// Machines with cores that are all alike.
#[derive(Clone, Debug)]
pub struct NodeGroup {
    /// Its name, unique among the layout's node groups.
    pub name: String,
    /// What a node is.
    pub kind: NodeKind,
    /// How many nodes.
    pub count: u32,
    /// Processor packages in a node.
    pub packages: u32,
    /// The processor package.
    pub cpu: Cpu,
    /// The memory beside the cores.
    pub memory: Memory,
    /// The network interface.
    pub nic: Nic,
    /// Accelerators in a node; they have no price or power of their own here.
    pub accelerators: u32,
    /// The local disk, if any.
    pub disk: Option<Disk>,
    /// Board, fans and power supply: power with all cores idle.
    pub chassis_idle_power: Sourced<Watts>,
    /// Board, fans and power supply: power with all cores busy.
    pub chassis_busy_power: Sourced<Watts>,
    /// Board, case, fans, power supply and assembly: purchase price.
    pub chassis_price: Sourced<Usd>,
    /// Cores of one node.
    pub cores: u32,
    /// The pool groups that its sandboxes may have remote memory in, by their places in the layout, in order.
    pub pools: Vec<usize>,
    /// Share of each function's memory that is local, from zero to one; one where the group uses no pools.
    pub local_share: f64,
    /// The least share that it gives way to where a node is full.
    pub local_share_min: f64,
    /// What becomes of nodes that are idle.
    pub idle: IdleRule,
}

impl NodeGroup {
    /// From what was typed, with the group's name, the pools of its layout, and which prices count.
    pub fn resolve(raw: &raw::Nodes, name: String, pools: &[PoolGroup], prices: PriceBasis) -> Self {
        let place = |name: &String| pools.iter().position(|pools| pools.name == *name);
        let used: Vec<usize> = match &raw.pools {
            Some(names) => names.iter().filter_map(place).collect(),
            None => (0..pools.len()).collect(),
        };
        let chassis = format!("chassis of {}", raw.kind.name());
        let chassis = Known { part: &chassis, sources: &raw.sources, prices };
        let chassis_idle_power = chassis.quantity("chassis_idle_power", raw.chassis_idle_power.0);
        let chassis_busy_power = raw.chassis_busy_power.map(|power| power.0);
        let local_share = raw.local_share.or_else(|| used.first().map(|used| pools[*used].local_share)).unwrap_or(1.0);
        let least = raw.local_share_min.or_else(|| pools[*used.first()?].local_share_min);
        Self {
            name,
            cores: raw.cpu.cores.saturating_mul(raw.packages),
            local_share,
            local_share_min: least.unwrap_or(if local_share < 1.0 { 0.0 } else { 1.0 }),
            pools: used,
            kind: raw.kind,
            count: raw.count,
            packages: raw.packages,
            cpu: Cpu::resolve(&raw.cpu, prices),
            memory: Memory::resolve(&raw.memory, prices),
            nic: Nic::resolve(&raw.nic, prices),
            accelerators: raw.accelerators,
            disk: raw.disk.as_ref().map(|disk| Disk::resolve(disk, prices)),
            chassis_busy_power: chassis.quantity_or("chassis_busy_power", chassis_busy_power, &chassis_idle_power),
            idle: IdleRule::resolve(raw.idle, raw.off_after.0, raw.off_power.0, &chassis),
            chassis_idle_power,
            chassis_price: chassis.price("chassis_price", &raw.chassis_price),
        }
    }

    /// Cores of all its nodes.
    pub fn all_cores(&self) -> u64 {
        u64::from(self.cores) * u64::from(self.count)
    }

    /// Virtual machines of a type that all its nodes hold, by cores and memory.
    pub fn machines(&self, vm: &Vm) -> u64 {
        let by_memory = self.memory.capacity.0 / vm.memory.0.max(1);
        let per_node = u64::from(self.cores / vm.vcpus.max(1)).min(by_memory);
        per_node.saturating_mul(u64::from(self.count))
    }
}

/// A processor package.
#[derive(Clone, Debug)]
pub struct Cpu {
    /// Name of the part.
    pub part: String,
    /// Cores in the package; one request runs on one core.
    pub cores: u32,
    /// How fast a core runs against the reference machine of the trace, 1 = the same.
    pub speed: f64,
    /// What the two hardware threads of a core do together over one alone, with `platform.cpu = "shared"`; 1 where
    /// a core has one thread.
    pub smt_throughput: f64,
    /// Power with all cores idle.
    pub idle_power: Sourced<Watts>,
    /// Power with all cores busy.
    pub busy_power: Sourced<Watts>,
    /// How power rises between the two.
    pub power_curve: PowerCurve,
    /// Purchase price of the package.
    pub price: Sourced<Usd>,
}

impl Cpu {
    /// From what was typed.
    pub fn resolve(raw: &raw::Cpu, prices: PriceBasis) -> Self {
        let known = Known { part: &raw.part, sources: &raw.sources, prices };
        Self {
            part: raw.part.clone(),
            cores: raw.cores,
            speed: raw.speed,
            smt_throughput: raw.smt_throughput,
            idle_power: known.quantity("idle_power", raw.idle_power.0),
            busy_power: known.quantity("busy_power", raw.busy_power.0),
            power_curve: PowerCurve::through(&raw.power_curve),
            price: known.price("price", &raw.price),
        }
    }
}

/// Memory beside the cores: DRAM of a server, or HBM of a `SiP`.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Name of the part.
    pub part: String,
    /// Capacity of one node.
    pub capacity: Bytes,
    /// Load-to-use latency without load.
    pub latency: Span,
    /// Power per GiB that nobody holds.
    pub free_power_per_gib: Sourced<Watts>,
    /// Power per GiB that is held, without accesses: refresh and background.
    pub idle_power_per_gib: Sourced<Watts>,
    /// Power per GiB with all cores of the node busy.
    pub busy_power_per_gib: Sourced<Watts>,
    /// Purchase price per GiB.
    pub price_per_gib: Sourced<Usd>,
}

impl Memory {
    /// From what was typed.
    pub fn resolve(raw: &raw::Memory, prices: PriceBasis) -> Self {
        let known = Known { part: &raw.part, sources: &raw.sources, prices };
        let idle = known.quantity("idle_power_per_gib", raw.idle_power_per_gib.0);
        let busy = raw.busy_power_per_gib.map(|power| power.0);
        Self {
            part: raw.part.clone(),
            capacity: raw.capacity.0,
            latency: raw.latency.0,
            busy_power_per_gib: known.quantity_or("busy_power_per_gib", busy, &idle),
            free_power_per_gib: known.quantity_or(
                "free_power_per_gib",
                raw.free_power_per_gib.map(|power| power.0),
                &idle,
            ),
            idle_power_per_gib: idle,
            price_per_gib: known.price("price_per_gib", &raw.price_per_gib),
        }
    }
}

/// A network interface.
#[derive(Clone, Debug)]
pub struct Nic {
    /// Name of the part.
    pub part: String,
    /// Rate in each direction.
    pub rate: BitsPerSec,
    /// Time that the interface and its driver add to each message, at each end.
    pub latency: Span,
    /// Ports of the fabric that it takes.
    pub ports: f64,
    /// Power without traffic.
    pub idle_power: Sourced<Watts>,
    /// Power with the full rate in both directions.
    pub busy_power: Sourced<Watts>,
    /// Purchase price.
    pub price: Sourced<Usd>,
}

impl Nic {
    /// From what was typed.
    pub fn resolve(raw: &raw::Nic, prices: PriceBasis) -> Self {
        let known = Known { part: &raw.part, sources: &raw.sources, prices };
        let idle_power = known.quantity("idle_power", raw.idle_power.0);
        Self {
            part: raw.part.clone(),
            rate: raw.rate.0,
            latency: raw.latency.0,
            ports: raw.ports,
            busy_power: known.quantity_or("busy_power", raw.busy_power.map(|power| power.0), &idle_power),
            idle_power,
            price: known.price("price", &raw.price),
        }
    }
}

/// A local disk.
#[derive(Clone, Debug)]
pub struct Disk {
    /// Name of the part.
    pub part: String,
    /// Capacity.
    pub capacity: Bytes,
    /// Power, whether used or not.
    pub power: Sourced<Watts>,
    /// Purchase price.
    pub price: Sourced<Usd>,
}

impl Disk {
    /// From what was typed.
    pub fn resolve(raw: &raw::Disk, prices: PriceBasis) -> Self {
        let known = Known { part: &raw.part, sources: &raw.sources, prices };
        Self {
            part: raw.part.clone(),
            capacity: raw.capacity.0,
            power: known.quantity("power", raw.power.0),
            price: known.price("price", &raw.price),
        }
    }
}
