//! From a resolved layout to the hardware of a world.

use crate::config::plan::{self, Fabric as FabricConfig, Fidelity, Layout, NodeGroup};
use crate::fabric::Fabric;
use crate::ids::IdVec;
use crate::memory::pool::PoolSpeed;
use crate::memory::run::{Execution, NodeSpeed};
use crate::units::Span;
use crate::world::hardware::{Hardware, Hosts, Pools, StorageNodes};
use crate::world::paths::Paths;

use super::functions::memory_profile;

/// The hardware of a layout, for functions of one memory profile whose requests move the same.
pub(super) fn hardware(layout: &Layout, workload: &plan::Workload, dispatch: Span) -> Hardware {
    let first = fabric(layout, &layout.node_groups[0]);
    let hosts = layout.node_groups.iter().map(|nodes| Hosts {
        count: nodes.count,
        cores: nodes.cores,
        smt_throughput: nodes.cpu.smt_throughput,
        card: nodes.nic.rate,
        executions: vec![execution(nodes, &workload.profile)],
        paths: vec![paths(layout, nodes, &workload.io, dispatch)],
    });
    let pools = layout.pool_groups.iter().map(|pools| Pools {
        count: pools.count,
        speed: PoolSpeed {
            latency: pools.latency + first.access(workload.profile.access),
            curve_a: pools.load_curve.a,
            curve_b: pools.load_curve.b,
            bandwidth: pools.bandwidth,
            request_bandwidth: first.rate,
        },
    });
    let storage = layout.storage_groups.iter().map(|storage| StorageNodes {
        count: storage.count,
        latency: storage.latency + first.setup + first.one_way(),
        rate: storage.bandwidth,
    });
    Hardware {
        hosts: hosts.collect(),
        pools: pools.collect(),
        fidelity: layout.pool_groups.first().map_or(Fidelity::Fluid, |pools| pools.fidelity),
        storage: storage.collect(),
        profiles: IdVec::new(),
        transfers: IdVec::new(),
    }
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

fn paths(layout: &Layout, nodes: &NodeGroup, io: &plan::InputOutput, dispatch: Span) -> Paths {
    let storage = &layout.storage_groups[0];
    Paths::new(
        &fabric(layout, nodes),
        [io.request, io.response, io.read, io.write],
        dispatch,
        storage.latency,
        storage.bandwidth,
        nodes.local_share < 1.0,
    )
}

fn execution(nodes: &NodeGroup, profile: &plan::Profile) -> Execution {
    let (speed, local_latency, local_share) = (nodes.cpu.speed, nodes.memory.latency, nodes.local_share);
    Execution::new(&memory_profile(profile), NodeSpeed { speed, local_latency, local_share })
}
