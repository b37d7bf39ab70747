//! The bill of materials: what a layout is made of, what it costs and what it draws.

use crate::config::plan::{Fabric, Layout, NodeGroup};
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

/// A line of the bill of materials.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// What it is.
    pub group: PartGroup,
    /// The group of nodes whose cores it draws more with; none where it draws the same at all times.
    pub nodes: Option<usize>,
    /// How many, or how many GiB.
    pub count: f64,
    /// Price of one.
    pub price: Usd,
    /// Power of one, idle.
    pub idle: Watts,
    /// Power of one, fully busy; only processors have more than idle.
    pub busy: Watts,
}

impl Part {
    fn steady(group: PartGroup, count: f64, price: Usd, power: Watts) -> Self {
        Self { group, nodes: None, count, price, idle: power, busy: power }
    }
}

/// The parts of a layout.
pub fn bill_of_materials(layout: &Layout) -> Vec<Part> {
    let mut parts = Vec::new();
    for (group, nodes) in layout.node_groups.iter().enumerate() {
        parts.extend(node_parts(group, nodes));
    }
    for pools in &layout.pool_groups {
        let (count, gib) = (f64::from(pools.count), pools.capacity.as_gib_f64());
        parts.push(Part::steady(PartGroup::MemoryPool, count * gib, pools.price_per_gib, pools.power_per_gib));
        parts.push(Part::steady(PartGroup::MemoryPool, count, pools.controller_price, pools.controller_power));
    }
    for storage in &layout.storage_groups {
        parts.push(Part::steady(PartGroup::Storage, f64::from(storage.count), storage.price, storage.power));
    }
    parts.push(fabric_ports(layout));
    parts
}

/// What a group of nodes is made of.
fn node_parts(group: usize, nodes: &NodeGroup) -> Vec<Part> {
    let count = f64::from(nodes.count);
    let gib = count * nodes.memory.capacity.as_gib_f64();
    let mut parts = vec![
        Part {
            group: PartGroup::Cpu,
            nodes: Some(group),
            count: count * f64::from(nodes.packages),
            price: nodes.cpu.price,
            idle: nodes.cpu.idle_power,
            busy: nodes.cpu.busy_power,
        },
        Part::steady(PartGroup::LocalMemory, gib, nodes.memory.price_per_gib, nodes.memory.power_per_gib),
        Part::steady(PartGroup::Nic, count, nodes.nic.price, nodes.nic.power),
        Part::steady(PartGroup::Chassis, count, nodes.chassis_price, nodes.chassis_power),
    ];
    if let Some(disk) = &nodes.disk {
        parts.push(Part::steady(PartGroup::Disk, count, disk.price, disk.power));
    }
    parts
}

/// One attached device for each node, pool and storage node.
fn fabric_ports(layout: &Layout) -> Part {
    let nodes = layout.node_groups.iter().map(|group| f64::from(group.count));
    let pools = layout.pool_groups.iter().map(|group| f64::from(group.count));
    let storage = layout.storage_groups.iter().map(|group| f64::from(group.count));
    let devices: f64 = nodes.chain(pools).chain(storage).sum();
    match &layout.fabric {
        Fabric::LeafSpine(ethernet) => Part::steady(
            PartGroup::Fabric,
            devices * ethernet.ports_per_device,
            ethernet.port_price,
            ethernet.port_power,
        ),
        Fabric::Photonic(optics) => Part::steady(PartGroup::Fabric, devices, optics.port_price, optics.port_power),
    }
}

/// Purchase price of all parts.
pub fn purchase(parts: &[Part]) -> Usd {
    parts.iter().map(|part| part.price * part.count).sum()
}
