//! The bill of materials: what a layout is made of, what it costs and what it draws.

use crate::config::plan::{Fabric, Idle, IdleRule, Layout, NodeGroup, PowerCurve, Sourced};
use crate::units::{Usd, Watts};

use super::load::{Load, Owner, PartGroup, Standing, Uses};
use super::usage::Usage;

/// For how many seconds a part draws each of its powers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Drawn {
    /// Of what nobody holds.
    pub free: f64,
    /// Idle; less than nothing where what is busy is more than what is held.
    pub idle: f64,
    /// Under full load.
    pub busy: f64,
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
    /// Power of one that nobody holds, where that is less than idle.
    pub free: Option<Sourced<Watts>>,
    /// Power of one, idle.
    pub idle: Sourced<Watts>,
    /// Power of one under full load.
    pub busy: Sourced<Watts>,
    /// How power rises between the two.
    pub curve: PowerCurve,
    /// What becomes of it when it is idle.
    pub standing: Standing,
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
        let (curve, standing) = (PowerCurve::default(), Standing::default());
        Self { group, load, count, price, free: None, idle, busy, curve, standing }
    }
    /// The same with an owner.
    #[must_use]
    fn of(self, owner: Owner, uses: Uses, idle: Idle) -> Self {
        // What others load a shared part with is not known; only on a straight line do the shares add up to the whole.
        let curve = if idle == Idle::Shared { PowerCurve::default() } else { self.curve };
        Self { standing: Standing { owner, uses, idle }, curve, ..self }
    }

    /// Power of one with this share of its load: what it draws idle, and what comes on top.
    pub fn power(&self, load: f64) -> (Watts, Watts) {
        let (idle, busy) = (self.idle.value, self.busy.value);
        (idle, Watts((busy.0 - idle.0) * self.curve.at(load)))
    }
    /// For how long each of its powers is drawn. Of what is shared, others draw what is not held.
    pub fn drawn(&self, usage: &Usage) -> Drawn {
        let Standing { owner, uses, idle } = self.standing;
        let seconds = usage.window.as_secs_f64();
        let busy = seconds * self.curve.at(usage.load(self.load));
        let held = seconds * usage.held(owner, uses).share();
        let on = match idle {
            Idle::On => seconds,
            Idle::OffAfter => seconds * (1.0 - usage.off(owner).share()),
            Idle::Shared => held,
        };
        if self.free.is_none() {
            return Drawn { free: 0.0, idle: on - busy, busy };
        }
        Drawn { free: (on - held).max(0.0), idle: held.min(on) - busy, busy }
    }
    /// The share of its price that is accounted.
    pub fn accounted(&self, usage: &Usage) -> f64 {
        let Standing { owner, uses, idle } = self.standing;
        if idle == Idle::Shared { usage.held(owner, uses).share() } else { 1.0 }
    }
}

/// The same parts if all that nobody holds were sold to others.
pub fn shared(parts: Vec<Part>) -> Vec<Part> {
    let of_use = |part: &Part| !matches!(part.load, Load::Off(_));
    let share = |part: Part| {
        let Standing { owner, uses, .. } = part.standing;
        part.of(owner, uses, Idle::Shared)
    };
    parts.into_iter().filter(of_use).map(share).collect()
}

/// The parts of a layout.
pub fn bill_of_materials(layout: &Layout) -> Vec<Part> {
    let mut parts = Vec::new();
    for (group, nodes) in layout.node_groups.iter().enumerate() {
        parts.extend(node_parts(group, nodes));
    }
    for (group, pools) in layout.pool_groups.iter().enumerate().filter(|(_, pools)| pools.exist()) {
        let (count, gib) = (f64::from(pools.count), pools.capacity.as_gib_f64());
        let (kind, load, owner, idle) =
            (PartGroup::MemoryPool, Load::Pools(group), Owner::Pools(group), pools.idle.mode);
        let power = (&pools.idle_power_per_gib, &pools.busy_power_per_gib);
        let media = Part::loaded(kind, load, count * gib, &pools.price_per_gib, power);
        let free = Some(pools.free_power_per_gib.clone());
        parts.push(Part { free, ..media }.of(owner, Uses::Memory, idle));
        let controller = Part::steady(kind, count, &pools.controller_price, &pools.controller_power);
        parts.push(controller.of(owner, Uses::Memory, idle));
        parts.extend(switched_off(kind, owner, count, &pools.idle));
    }
    for (group, storage) in layout.storage_groups.iter().enumerate() {
        let power = (&storage.idle_power, &storage.busy_power);
        let (load, count) = (Load::Storage(group), f64::from(storage.count));
        let part = Part::loaded(PartGroup::Storage, load, count, &storage.price, power);
        parts.push(part.of(Owner::Storage(group), Uses::Either, Idle::On));
    }
    parts.extend(fabric_ports(layout));
    parts
}

/// What nodes or pools draw that are switched off, where they ever are.
fn switched_off(kind: PartGroup, owner: Owner, count: f64, idle: &IdleRule) -> Option<Part> {
    let off = &idle.off_power;
    let none = Sourced { value: Watts(0.0), range: None, ..off.clone() };
    let price = Sourced { value: Usd(0.0), range: None, confidence: off.confidence, name: off.name.clone() };
    (idle.mode == Idle::OffAfter).then(|| Part::loaded(kind, Load::Off(owner), count, &price, (&none, off)))
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
    let dimms = Part::loaded(PartGroup::LocalMemory, cores, gib, &memory.price_per_gib, of_memory);
    let (owner, idle) = (Owner::Nodes(group), nodes.idle.mode);
    let of_all = |part: Part| part.of(owner, Uses::Either, idle);
    let mut parts = vec![
        Part { curve: cpu.power_curve.clone(), ..processors }.of(owner, Uses::Cores, idle),
        Part { free: Some(memory.free_power_per_gib.clone()), ..dimms }.of(owner, Uses::Memory, idle),
        of_all(Part::loaded(PartGroup::Nic, interfaces, count, &nic.price, of_nic)),
        of_all(Part::loaded(PartGroup::Chassis, cores, count, &nodes.chassis_price, of_chassis)),
    ];
    if let Some(disk) = &nodes.disk {
        parts.push(of_all(Part::steady(PartGroup::Disk, count, &disk.price, &disk.power)));
    }
    parts.extend(switched_off(PartGroup::Chassis, owner, count, &nodes.idle));
    parts
}

/// What nodes, pools and storage nodes are attached to: ports of the rate that they carry. Those of what is switched off stay on.
fn fabric_ports(layout: &Layout) -> impl Iterator<Item = Part> {
    let fabric = &layout.fabric;
    let stays = |idle: Idle| if idle == Idle::Shared { idle } else { Idle::On };
    let nodes = layout.node_groups.iter().enumerate().map(move |(group, nodes)| {
        (Owner::Nodes(group), f64::from(nodes.count) * nodes.nic.ports, stays(nodes.idle.mode))
    });
    let pools = layout.pool_groups.iter().enumerate().filter(|(_, pools)| pools.exist()).map(move |(group, pools)| {
        (Owner::Pools(group), f64::from(pools.count) * fabric.ports_for(pools.bandwidth), stays(pools.idle.mode))
    });
    let storage = layout.storage_groups.iter().enumerate().map(move |(group, storage)| {
        (Owner::Storage(group), f64::from(storage.count) * fabric.ports_for(storage.bandwidth), Idle::On)
    });
    nodes.chain(pools).chain(storage).map(move |(owner, ports, idle)| {
        let port = match fabric {
            Fabric::LeafSpine(ethernet) => {
                let ports = ports * ethernet.ports_per_device;
                Part::steady(PartGroup::Fabric, ports, &ethernet.port_price, &ethernet.port_power)
            }
            Fabric::Photonic(optics) => Part::steady(PartGroup::Fabric, ports, &optics.port_price, &optics.port_power),
        };
        port.of(owner, Uses::Either, idle)
    })
}

/// Purchase price of all parts.
pub fn purchase(parts: &[Part]) -> Usd {
    parts.iter().map(|part| part.price.value * part.count).sum()
}
