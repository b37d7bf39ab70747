//! From a resolved layout to the hardware of a world.

use std::collections::BTreeMap;

use crate::config::plan::{Fabric as FabricConfig, InputOutput, Layout, NodeGroup, Platform, Templates};
use crate::fabric::Fabric;
use crate::ids::{FunctionKind, IdVec};
use crate::memory::pool::PoolSpeed;
use crate::memory::run::{Execution, NodeSpeed};
use crate::platform::serverless::Splits;
use crate::units::{Bytes, Span};
use crate::world::hardware::{Hardware, Hosts, Pools, StorageNodes};
use crate::world::paths::Paths;

use super::cores::Kind;
use super::functions::Behaviours;
use super::parts::splits;

/// The hardware of a layout, for functions that do what `behaviours` says, with runs of these kinds.
pub(super) fn hardware(
    layout: &Layout,
    behaviours: &Behaviours,
    (kinds, kinds_of): (Vec<Kind>, IdVec<FunctionKind, u32>),
    dispatch: Span,
) -> Hardware {
    let profile = |kind: &Kind| &behaviours.profiles[kind.profile];
    let accesses = |nodes: &NodeGroup| -> Vec<Span> {
        kinds.iter().map(|kind| fabric(layout, nodes).access(profile(kind).access)).collect()
    };
    let nearest = layout.node_groups.iter().flat_map(accesses).min().unwrap_or(Span::ZERO);
    let first = fabric(layout, &layout.node_groups[0]);
    let (transfers, transfers_of) = transfers(layout, behaviours);
    let of_groups = layout.node_groups.iter().zip(splits(layout));
    let hosts = of_groups.map(|(nodes, splits)| Hosts {
        count: nodes.count,
        cores: nodes.cores,
        smt_throughput: nodes.cpu.smt_throughput,
        off_after: nodes.idle.off_after(),
        card: nodes.nic.rate,
        distances: accesses(nodes).into_iter().map(|access| access - nearest).collect(),
        uses_pools: !nodes.pools.is_empty(),
        executions: executions(nodes, &splits, &kinds, behaviours),
        paths: transfers.iter().map(|(io, storage)| paths(layout, nodes, io, *storage, dispatch)).collect(),
    });
    let pools = layout.pool_groups.iter().map(|pools| Pools {
        count: pools.count,
        speed: PoolSpeed {
            latency: pools.latency + nearest,
            curve_a: pools.load_curve.a,
            curve_b: pools.load_curve.b,
            bandwidth: pools.bandwidth,
        },
        fidelity: pools.fidelity,
        // What templates hold is there all the time.
        off_after: pools.idle.off_after().filter(|_| !holds_templates(layout)),
    });
    let storage = layout.storage_groups.iter().map(|storage| StorageNodes {
        count: storage.count,
        latency: storage.latency + first.setup + first.one_way(),
        rate: storage.bandwidth,
    });
    Hardware {
        hosts: hosts.collect(),
        pools: pools.collect(),
        storage: storage.collect(),
        profiles: kinds_of,
        transfers: if transfers.len() > 1 { transfers_of } else { IdVec::new() },
    }
}

/// Whether templates of sandboxes lie in the pools.
fn holds_templates(layout: &Layout) -> bool {
    let Platform::Serverless(platform) = &layout.platform else { return false };
    platform.cold_start.remote.as_ref().is_some_and(|remote| remote.templates != Templates::Never)
}

/// What requests move, with the storage group of their data, each combination once; and which one each function has.
fn transfers(layout: &Layout, behaviours: &Behaviours) -> (Vec<(InputOutput, usize)>, IdVec<FunctionKind, u32>) {
    let groups = layout.storage_groups.iter().enumerate();
    let nodes: Vec<usize> = groups.flat_map(|(i, group)| std::iter::repeat_n(i, group.count as usize)).collect();
    let mut kinds: Vec<(InputOutput, usize)> = Vec::new();
    // A trace may say something else of each of a million functions.
    let mut known: BTreeMap<([Bytes; 4], usize), u32> = BTreeMap::new();
    let of = behaviours.of.iter().enumerate().map(|(function, one)| {
        let (io, group) = (one.io, nodes[function % nodes.len()]);
        *known.entry(([io.request, io.response, io.read, io.write], group)).or_insert_with(|| {
            kinds.push((io, group));
            kinds.len() as u32 - 1
        })
    });
    let of = of.collect();
    (kinds, of)
}

/// The fabric as nodes of a group see it.
pub(super) fn fabric(layout: &Layout, nodes: &NodeGroup) -> Fabric {
    let (interface, rate) = (nodes.nic.latency, nodes.nic.rate);
    match &layout.fabric {
        FabricConfig::LeafSpine(ethernet) => Fabric {
            setup: Span::ZERO,
            interface,
            switching: ethernet.switch_latency * 3,
            propagation: ethernet.propagation,
            rate,
        },
        FabricConfig::Photonic(optics) => Fabric {
            setup: optics.reconfiguration,
            interface,
            switching: Span::ZERO,
            propagation: optics.propagation,
            rate,
        },
    }
}

/// Whether all cards together carry more than all storage nodes.
fn storage_is_scarce(layout: &Layout) -> bool {
    let cards = layout.node_groups.iter().map(|nodes| u128::from(nodes.count) * u128::from(nodes.nic.rate.0));
    let nodes = layout.storage_groups.iter().map(|nodes| u128::from(nodes.count) * u128::from(nodes.bandwidth.0));
    nodes.sum::<u128>() <= cards.sum()
}

fn paths(layout: &Layout, nodes: &NodeGroup, io: &InputOutput, storage: usize, dispatch: Span) -> Paths {
    let storage = &layout.storage_groups[storage];
    let paths = Paths::new(
        &fabric(layout, nodes),
        [io.request, io.response, io.read, io.write],
        dispatch,
        storage.latency,
        storage.bandwidth,
        nodes.local_share_min < 1.0,
    );
    Paths { storage_is_scarce: storage_is_scarce(layout), ..paths }
}

/// Run times by split, then by memory profile.
fn executions(nodes: &NodeGroup, splits: &Splits, kinds: &[Kind], behaviours: &Behaviours) -> Vec<Execution> {
    let (speed, local_latency) = (nodes.cpu.speed, nodes.memory.latency);
    let of = |&local_share: &f64| {
        let node = NodeSpeed { speed, local_latency, local_share };
        let one = move |kind: &Kind| Execution::new(&behaviours.profiles[kind.profile], node);
        kinds.iter().map(move |kind| one(kind).on_cores(kind.slowdown, kind.busy))
    };
    splits.shares().iter().flat_map(of).collect()
}
