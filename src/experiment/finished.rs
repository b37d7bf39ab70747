//! One run that came to its end.

use crate::cost::{FunctionBill, Held, NodeUse, OfPossible, Usage};
use crate::engine::Stop;
use crate::output::UsedRow;
use crate::record::Counter;
use crate::units::Span;
use crate::world::RunReport;

use super::hardware::GroupUse;
use super::heard::Heard;

/// Which run: a layout in a replication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunKey {
    /// Index of the layout.
    pub layout: usize,
    /// The replication, from zero.
    pub replication: u32,
}

/// One run that came to its end.
#[derive(Debug)]
pub struct Finished {
    /// Which.
    pub key: RunKey,
    /// What the world reports, but for single hosts, pools and storage nodes.
    pub report: RunReport,
    /// What cost and energy are made of.
    pub(super) usage: Usage,
    /// How busy each group of the hardware was.
    pub(super) hardware: Vec<GroupUse>,
    /// What the recorder heard.
    pub heard: Heard,
    /// Something the user should know.
    pub warning: Option<String>,
    /// Wall-clock time that it took, in seconds.
    pub(super) wall_s: f64,
}

/// What a run used, as it is kept of an interrupted one.
pub(super) fn used_of(run: &Finished) -> UsedRow {
    let moved = |groups: &[OfPossible]| groups.iter().map(|group| (group.used, group.possible)).collect();
    let usage = &run.usage;
    let Held { cores, memory, pools, nodes_off, pools_off } = &usage.held;
    UsedRow {
        layout: run.key.layout,
        completed: run.report.count(Counter::Completed),
        window: usage.window.as_ps(),
        nodes: usage.nodes.iter().map(|group| (group.cores, group.busy)).collect(),
        interfaces: moved(&usage.interfaces),
        pools: moved(&usage.pools),
        storage: moved(&usage.storage),
        held: [cores, memory, pools, nodes_off, pools_off].map(|groups| moved(groups)),
        fabric_bytes: usage.fabric_bytes,
        idle_memory: usage.idle_memory,
    }
}

/// The usage back, without what users are billed.
pub(super) fn usage_of(row: &UsedRow) -> Usage {
    let moved =
        |groups: &[(u128, u128)]| groups.iter().map(|&(used, possible)| OfPossible { used, possible }).collect();
    let [cores, memory, pools, nodes_off, pools_off] = row.held.each_ref().map(|groups| moved(groups));
    Usage {
        window: Span::from_ps(row.window),
        nodes: row.nodes.iter().map(|&(cores, busy)| NodeUse { cores, busy }).collect(),
        interfaces: moved(&row.interfaces),
        pools: moved(&row.pools),
        storage: moved(&row.storage),
        held: Held { cores, memory, pools, nodes_off, pools_off },
        fabric_bytes: row.fabric_bytes,
        idle_memory: row.idle_memory,
        billed: FunctionBill::default(),
        billed_machines: Span::ZERO,
    }
}

impl Finished {
    /// How busy the groups were that have this resource.
    pub(super) fn hardware(&self, resource: &str) -> impl Iterator<Item = &GroupUse> {
        self.hardware.iter().filter(move |group| group.resource.name == resource)
    }
    /// Whether it was not interrupted.
    pub(super) fn is_whole(&self) -> bool {
        self.report.outcome.stop != Stop::Interrupted
    }
}
