//! What a layout was used for over the window of a run: the quantities that energy and money are made of.

use crate::record::{Counter, Counters, Gauge, Meter, ResourceKind};
use crate::units::Span;

use super::price::FunctionBill;

/// What the nodes of one group did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NodeUse {
    /// Cores of all its nodes.
    pub cores: u64,
    /// Core time busy within the window, in picoseconds.
    pub busy: u128,
}

/// What a layout was used for.
#[derive(Clone, Debug)]
pub struct Usage {
    /// Energy and money are over this time.
    pub window: Span,
    /// The groups of nodes, in the order of the layout.
    pub nodes: Vec<NodeUse>,
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
    /// What `meter` measured on groups of so many hosts of so many cores each, over `window`.
    ///
    /// With several groups, the meter must have kept [`Gauge::CoresBusy`] by host, numbered group after group.
    pub fn of(meter: &Meter, window: Span, groups: &[(u32, u32)]) -> Self {
        let counters: &Counters = meter.counters();
        let busy = meter.entities(Gauge::CoresBusy);
        debug_assert!(groups.len() == 1 || !busy.is_empty(), "nobody knows which group was busy");
        let mut first = 0;
        let nodes = groups.iter().map(|(hosts, cores)| {
            let mine = first..first + *hosts as usize;
            first = mine.end;
            let busy = match groups.len() {
                1 => meter.in_window(Gauge::CoresBusy),
                _ => busy[mine].iter().map(|host| host.in_window).sum(),
            };
            NodeUse { cores: u64::from(*hosts) * u64::from(*cores), busy }
        });
        let held = meter.in_window(Gauge::LocalAllocated) + meter.in_window(Gauge::PoolAllocated);
        Self {
            window,
            nodes: nodes.collect(),
            fabric_bytes: counters.asked(ResourceKind::Fabric).amount,
            idle_memory: held - meter.in_window(Gauge::MemoryUsed),
            billed: FunctionBill::booked(counters),
            billed_machines: Span::from_ps(counters.get(Counter::BilledMachines)),
        }
    }

    /// Share of the window that the cores of a group of nodes were busy.
    pub fn utilisation(&self, group: usize) -> f64 {
        let NodeUse { cores, busy } = self.nodes[group];
        let window = self.window.as_ps();
        let mean = if window == 0 { 0.0 } else { busy as f64 / window as f64 };
        mean / cores as f64
    }
}
