//! The bill of materials: what a layout is made of, what it costs and what it draws.

use crate::config::plan::{Fabric, Layout, NodeGroup, PowerCurve, Sourced};
use crate::units::{Usd, Watts};

/// The kind of a part; energy and money are summed by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartGroup {
    /// Processor packages.
    Cpu,
    /// Memory beside the cores.
    LocalMemory,
    /// Remote memory.
    MemoryPool,
    /// Network interfaces.
    Nic,
    /// Switch ports and optics.
    Fabric,
    /// Local disks.
    Disk,
    /// Storage nodes.
    Storage,
    /// Boards, cases, power supplies.
    Chassis,
}

impl PartGroup {
    /// All groups in the order of reports.
    pub const ALL: [Self; 8] = [
        Self::Cpu,
        Self::LocalMemory,
        Self::MemoryPool,
        Self::Nic,
        Self::Fabric,
        Self::Disk,
        Self::Storage,
        Self::Chassis,
    ];
    /// Its name in result files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::LocalMemory => "local_memory",
            Self::MemoryPool => "memory_pool",
            Self::Nic => "nic",
            Self::Fabric => "fabric",
            Self::Disk => "disk",
            Self::Storage => "storage",
            Self::Chassis => "chassis",
        }
    }
}

/// What a part draws more with than its idle power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// Nothing: it draws the same at all times.
    Steady,
    /// The cores of a group of nodes.
    Cores(usize),
    /// The interfaces of a group of nodes.
    Interfaces(usize),
    /// The bandwidth of a group of pools.
    Pools(usize),
    /// The bandwidth of a group of storage nodes.
    Storage(usize),
}

/// A line of the bill of materials.
#[derive(Clone, Debug)]
pub struct Part {
    /// What it is.
    pub group: PartGroup,
    /// What it draws more with.
    pub load: Load,
    /// How many, or how many GiB.
    pub count: f64,
    /// Price of one.
    pub price: Sourced<Usd>,
    /// Power of one, idle.
    pub idle: Sourced<Watts>,
    /// Power of one under full load.
    pub busy: Sourced<Watts>,
    /// How power rises between the two.
    pub curve: PowerCurve,
}

impl Part {
    fn steady(group: PartGroup, count: f64, price: &Sourced<Usd>, power: &Sourced<Watts>) -> Self {
        Self::loaded(group, Load::Steady, count, price, (power, power))
    }
    fn loaded(
        group: PartGroup,
        load: Load,
        count: f64,
        price: &Sourced<Usd>,
        (idle, busy): (&Sourced<Watts>, &Sourced<Watts>),
    ) -> Self {
        let (price, idle, busy) = (price.clone(), idle.clone(), busy.clone());
        Self { group, load, count, price, idle, busy, curve: PowerCurve::default() }
    }
    /// Power of one with this share of its load: what it draws idle, and what comes on top.
    pub fn power(&self, load: f64) -> (Watts, Watts) {
        let (idle, busy) = (self.idle.value, self.busy.value);
        (idle, Watts((busy.0 - idle.0) * self.curve.at(load)))
    }
}

/// The parts of a layout.
pub fn bill_of_materials(layout: &Layout) -> Vec<Part> {
    let mut parts = Vec::new();
    for (group, nodes) in layout.node_groups.iter().enumerate() {
        parts.extend(node_parts(group, nodes));
    }
    for (group, pools) in layout.pool_groups.iter().enumerate() {
        let (count, gib) = (f64::from(pools.count), pools.capacity.as_gib_f64());
        let power = (&pools.idle_power_per_gib, &pools.busy_power_per_gib);
        let (kind, load) = (PartGroup::MemoryPool, Load::Pools(group));
        parts.push(Part::loaded(kind, load, count * gib, &pools.price_per_gib, power));
        parts.push(Part::steady(kind, count, &pools.controller_price, &pools.controller_power));
    }
    for (group, storage) in layout.storage_groups.iter().enumerate() {
        let power = (&storage.idle_power, &storage.busy_power);
        let (load, count) = (Load::Storage(group), f64::from(storage.count));
        parts.push(Part::loaded(PartGroup::Storage, load, count, &storage.price, power));
    }
    parts.push(fabric_ports(layout));
    parts
}

/// What a group of nodes is made of.
fn node_parts(group: usize, nodes: &NodeGroup) -> Vec<Part> {
    let count = f64::from(nodes.count);
    let gib = count * nodes.memory.capacity.as_gib_f64();
    let (cpu, memory, nic, cores) = (&nodes.cpu, &nodes.memory, &nodes.nic, Load::Cores(group));
    let packages = count * f64::from(nodes.packages);
    let processors = Part::loaded(PartGroup::Cpu, cores, packages, &cpu.price, (&cpu.idle_power, &cpu.busy_power));
    let of_memory = (&memory.idle_power_per_gib, &memory.busy_power_per_gib);
    let of_chassis = (&nodes.chassis_idle_power, &nodes.chassis_busy_power);
    let (interfaces, of_nic) = (Load::Interfaces(group), (&nic.idle_power, &nic.busy_power));
    let mut parts = vec![
        Part { curve: cpu.power_curve.clone(), ..processors },
        Part::loaded(PartGroup::LocalMemory, cores, gib, &memory.price_per_gib, of_memory),
        Part::loaded(PartGroup::Nic, interfaces, count, &nic.price, of_nic),
        Part::loaded(PartGroup::Chassis, cores, count, &nodes.chassis_price, of_chassis),
    ];
    if let Some(disk) = &nodes.disk {
        parts.push(Part::steady(PartGroup::Disk, count, &disk.price, &disk.power));
    }
    parts
}

/// What nodes, pools and storage nodes are attached to: ports of the rate that they carry.
fn fabric_ports(layout: &Layout) -> Part {
    let fabric = &layout.fabric;
    let nodes = layout.node_groups.iter().map(|group| f64::from(group.count) * group.nic.ports);
    let pools = layout.pool_groups.iter().map(|group| f64::from(group.count) * fabric.ports_for(group.bandwidth));
    let storage = layout.storage_groups.iter().map(|group| f64::from(group.count) * fabric.ports_for(group.bandwidth));
    let ports: f64 = nodes.chain(pools).chain(storage).sum();
    let kind = PartGroup::Fabric;
    match fabric {
        Fabric::LeafSpine(ethernet) => {
            let ports = ports * ethernet.ports_per_device;
            Part::steady(kind, ports, &ethernet.port_price, &ethernet.port_power)
        }
        Fabric::Photonic(optics) => Part::steady(kind, ports, &optics.port_price, &optics.port_power),
    }
}

/// Purchase price of all parts.
pub fn purchase(parts: &[Part]) -> Usd {
    parts.iter().map(|part| part.price.value * part.count).sum()
}
