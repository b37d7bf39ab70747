//! What a layout was used for over the period of a run: the quantities that energy and money are made of.

use crate::record::{Counter, Counters, Gauge, Meter, ResourceKind};
use crate::units::Span;

use super::load::{Load, Owner, Uses};
use super::price::FunctionBill;

/// What the nodes of one group did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NodeUse {
    /// Cores of all its nodes.
    pub cores: u64,
    /// Core time busy within the period, with runs and starts, in picoseconds.
    pub busy: u128,
}

/// An amount, of the most that it could have been, of all members of a group: bytes that were moved, core time, memory over time, or
/// time switched off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfPossible {
    /// The amount.
    pub used: u128,
    /// The most that it could have been.
    pub possible: u128,
}

impl OfPossible {
    /// The share of what could have been, one at most.
    pub fn share(self) -> f64 {
        if self.possible == 0 { 0.0 } else { self.used.min(self.possible) as f64 / self.possible as f64 }
    }
}

/// What was held of the hardware by group, and how long it was switched off: amounts over time, of all that there is.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Cores of nodes that a request, a start or a virtual machine has.
    pub cores: Vec<OfPossible>,
    /// Memory of nodes.
    pub memory: Vec<OfPossible>,
    /// Memory of pools, templates included.
    pub pools: Vec<OfPossible>,
    /// Nodes that were switched off.
    pub nodes_off: Vec<OfPossible>,
    /// Pools that were switched off.
    pub pools_off: Vec<OfPossible>,
}

/// What a layout was used for.
#[derive(Clone, Debug)]
pub struct Usage {
    /// The length of the period: energy and money are over this time.
    pub window: Span,
    /// The groups of nodes, in the order of the layout.
    pub nodes: Vec<NodeUse>,
    /// What the interfaces of the groups of nodes moved, both directions together.
    pub interfaces: Vec<OfPossible>,
    /// What the groups of pools moved.
    pub pools: Vec<OfPossible>,
    /// What the groups of storage nodes moved.
    pub storage: Vec<OfPossible>,
    /// What was held of the hardware, and what was switched off.
    pub held: Held,
    /// Bytes over the fabric.
    pub fabric_bytes: u128,
    /// Memory held by idle sandboxes, in byte-picoseconds.
    pub idle_memory: u128,
    /// What users are billed for functions.
    pub billed: FunctionBill,
    /// Existence of virtual machines that is billed.
    pub billed_machines: Span,
}

impl Usage {
    /// What `meter` measured in its period on groups of so many hosts of so many cores each.
    ///
    /// Where the meter has kept [`Gauge::CoresBusy`] by host, numbered group after group, each group has what its hosts
    /// did; otherwise all cores are taken to be equally busy. What was moved is not in the meter.
    pub fn of(meter: &Meter, groups: &[(u32, u32)]) -> Self {
        let counters: &Counters = meter.counters();
        let unit = u128::from(meter.unit(Gauge::CoresBusy));
        // A core that starts something works as one that runs it.
        let working = [Gauge::CoresBusy, Gauge::CoresStarting];
        let busy = working.iter().map(|gauge| meter.total(*gauge)).sum::<u128>() / unit;
        let hosts = working.map(|gauge| meter.entities(gauge));
        let cores_of = |(hosts, cores): &(u32, u32)| u64::from(*hosts) * u64::from(*cores);
        let all: u64 = groups.iter().map(cores_of).sum();
        let (mut first, mut before) = (0, 0);
        let nodes = groups.iter().map(|group| {
            let (mine, cores) = (first..first + group.0 as usize, cores_of(group));
            (first, before) = (mine.end, before + cores);
            let share = |cores: u64| busy / u128::from(all.max(1)) * u128::from(cores);
            let kept = hosts.iter().filter_map(|of_gauge| of_gauge.get(mine.clone()));
            let busy = if kept.clone().count() == hosts.len() {
                kept.flatten().map(|host| host.total).sum::<u128>() / unit
            } else if before == all {
                // The last one has what rounding has left.
                busy - share(all - cores)
            } else {
                share(cores)
            };
            NodeUse { cores, busy }
        });
        let held = meter.total(Gauge::LocalAllocated) + meter.total(Gauge::PoolAllocated);
        Self {
            window: meter.period().length(),
            nodes: nodes.collect(),
            interfaces: Vec::new(),
            pools: Vec::new(),
            storage: Vec::new(),
            held: Held::default(),
            fabric_bytes: counters.asked(ResourceKind::Fabric).amount,
            idle_memory: held - meter.total(Gauge::MemoryUsed),
            billed: FunctionBill::recorded(counters),
            billed_machines: Span::from_ps(counters.get(Counter::BilledMachines)),
        }
    }

    /// The load of what a part draws more with, from zero to one.
    pub fn load(&self, load: Load) -> f64 {
        let moved = |groups: &[OfPossible], group: usize| of(groups, group).share();
        match load {
            Load::Off(Owner::Nodes(group)) => moved(&self.held.nodes_off, group),
            Load::Off(Owner::Pools(group)) => moved(&self.held.pools_off, group),
            Load::Off(_) | Load::Steady => 0.0,
            Load::Cores(group) => self.utilisation(group),
            Load::Interfaces(group) => moved(&self.interfaces, group),
            Load::Pools(group) => moved(&self.pools, group),
            Load::Storage(group) => moved(&self.storage, group),
        }
    }

    /// How much of what a part is for was held, of all of it; all of parts that are nobody's.
    pub fn held(&self, owner: Owner, uses: Uses) -> OfPossible {
        let cores = |group: usize| of(&self.held.cores, group);
        let memory = |group: usize| of(&self.held.memory, group);
        match (owner, uses) {
            (Owner::Nobody, _) => OfPossible { used: 1, possible: 1 },
            (Owner::Nodes(group), Uses::Cores) => cores(group),
            (Owner::Nodes(group), Uses::Memory) => memory(group),
            (Owner::Nodes(group), Uses::Either) => {
                let (cores, memory) = (cores(group), memory(group));
                if cores.share() > memory.share() { cores } else { memory }
            }
            (Owner::Pools(group), _) => of(&self.held.pools, group),
            (Owner::Storage(group), _) => of(&self.storage, group),
        }
    }
    /// For how long of the period the owner of a part was switched off.
    pub fn off(&self, owner: Owner) -> OfPossible {
        match owner {
            Owner::Nodes(group) => of(&self.held.nodes_off, group),
            Owner::Pools(group) => of(&self.held.pools_off, group),
            Owner::Nobody | Owner::Storage(_) => OfPossible::default(),
        }
    }

    /// Share of the period that the cores of a group of nodes were busy.
    pub fn utilisation(&self, group: usize) -> f64 {
        let NodeUse { cores, busy } = self.nodes[group];
        let window = self.window.as_ps();
        let mean = if window == 0 { 0.0 } else { busy as f64 / window as f64 };
        mean / cores as f64
    }
}

/// What is known of a group; nothing where there is nothing to tell.
fn of(groups: &[OfPossible], group: usize) -> OfPossible {
    groups.get(group).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Time;

    /// Ten seconds on two hosts of four cores and one of eight: three cores of the first are busy, and one of the last.
    fn groups(kept: bool) -> Vec<NodeUse> {
        let window = Span::from_secs(10);
        let mut meter = Meter::without_bins();
        if kept {
            meter.keep_entities(Gauge::CoresBusy, 3);
            meter.keep_entities(Gauge::CoresStarting, 3);
        }
        meter.raise_at(Gauge::CoresBusy, 0, 2);
        meter.raise_at(Gauge::CoresStarting, 0, 1);
        meter.raise_at(Gauge::CoresBusy, 2, 1);
        meter.advance(Time::ZERO + window);
        let usage = Usage::of(&meter, &[(2, 4), (1, 8)]);
        let working = meter.total(Gauge::CoresBusy) + meter.total(Gauge::CoresStarting);
        assert_eq!(usage.nodes.iter().map(|nodes| nodes.busy).sum::<u128>(), working);
        usage.nodes
    }

    #[test]
    fn each_group_has_what_its_hosts_did() {
        let second = 1_000_000_000_000;
        let busy = |seconds: u128| NodeUse { cores: 8, busy: seconds * second };
        assert_eq!(groups(true), [busy(30), busy(10)]);
        // Nobody knows which host was busy: all are alike.
        assert_eq!(groups(false), [busy(20), busy(20)]);
    }

    #[test]
    fn one_group_is_as_busy_as_the_whole() {
        let window = Span::from_ps(7);
        let mut meter = Meter::without_bins();
        meter.raise(Gauge::CoresBusy, 2);
        meter.advance(Time::ZERO + window);
        let usage = Usage::of(&meter, &[(1, 3)]);
        assert_eq!(usage.nodes, [NodeUse { cores: 3, busy: 14 }]);
        assert_eq!(usage.utilisation(0), 2.0 / 3.0);
    }
}
