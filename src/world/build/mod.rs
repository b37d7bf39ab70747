//! From a resolved layout to a world's setup.

mod knowledge;
mod start;

pub use self::knowledge::{check_reserved, foresee, knowledge, reserve};

use crate::config::plan::{
    self, Fabric as FabricConfig, Fleet, FleetRule, FleetSize, Layout, NodeGroup, Platform, PoolGroup, Serverful,
    Serverless, StorageGroup,
};
use crate::fabric::Fabric;
use crate::memory::pool::PoolSpeed;
use crate::memory::run::{Execution, MemoryProfile, NodeSpeed};
use crate::platform::serverful::{Autoscaler, Demand, VmType};
use crate::platform::serverless::{Knowledge, Need, Rules, Shape};
use crate::rng::RootSeed;
use crate::units::{Bytes, Span};
use crate::workload::{Function, Functions};

use self::start::{cold_starts, image_store, template_memory};
use crate::world::paths::Paths;
use crate::world::setup::{Pools, ServerfulSetup, ServerlessSetup, Sizing};

/// A function that is larger than any place for it.
#[derive(Clone, Debug)]
pub struct Demanding {
    /// Its name, as owner/app/function.
    pub function: String,
    /// What it needs of the place.
    pub needs: Bytes,
    /// What the largest place has.
    pub offered: Bytes,
    /// What kind of place it is.
    pub place: &'static str,
    /// The key to change, below the layout.
    pub key: &'static str,
}

// The models take one group of each kind as yet.
fn nodes(layout: &Layout) -> &NodeGroup {
    &layout.node_groups[0]
}

fn pools(layout: &Layout) -> Option<&PoolGroup> {
    layout.pool_groups.first()
}

fn storage(layout: &Layout) -> &StorageGroup {
    &layout.storage_groups[0]
}

fn split(memory: Bytes, local_share: f64) -> Need {
    let local = memory.scale(local_share);
    Need { local, remote: memory.saturating_sub(local) }
}

/// The first function of each kind that no place of the layout can hold.
pub fn check_functions(layout: &Layout, functions: &Functions) -> Vec<Demanding> {
    let places: Vec<(&str, &str, Bytes)> = match &layout.platform {
        Platform::Serverful(platform) => {
            let free = platform.vm.memory.saturating_sub(platform.vm.system_memory);
            vec![("virtual machine", "platform.vm.memory", free)]
        }
        Platform::Serverless(platform) => {
            let mut places = vec![("node", "nodes.memory.capacity", nodes(layout).memory.capacity)];
            if let Some(pools) = pools(layout) {
                let templates = template_memory(&platform.cold_start, pools, functions);
                let rest = pools.capacity.saturating_sub(templates);
                places.push(("memory pool", "memory_pools.capacity", rest));
            }
            places
        }
    };
    let need_at = |place: &str, function: &Function| {
        let need = split(function.memory, nodes(layout).local_share);
        if place == "memory pool" { need.remote } else { need.local }
    };
    let largest = |(place, key, offered): (&'static str, &'static str, Bytes)| {
        let function = functions.iter().max_by_key(|function| need_at(place, function))?;
        let needs = need_at(place, function);
        let name = format!("{}/{}/{}", function.owner, function.app, function.name);
        (needs > offered).then_some(Demanding { function: name, needs, offered, place, key })
    };
    places.into_iter().filter_map(largest).collect()
}

fn profile(workload: &plan::Workload) -> MemoryProfile {
    let profile = &workload.profile;
    MemoryProfile {
        stall: profile.memory_stall,
        reference_latency: profile.reference_latency,
        parallelism: profile.parallelism,
        access: profile.access,
        write_share: profile.write_share,
        miss_scale: profile.miss_scale,
        miss_shape: profile.miss_shape,
    }
}

fn fabric(layout: &Layout) -> Fabric {
    let nic = &nodes(layout).nic;
    let (interface, rate) = (nic.latency, nic.rate);
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

fn paths(layout: &Layout, workload: &plan::Workload, dispatch: Span) -> Paths {
    let io = &workload.io;
    let storage = storage(layout);
    Paths::new(
        &fabric(layout),
        [io.request, io.response, io.read, io.write],
        dispatch,
        storage.latency,
        storage.bandwidth,
        nodes(layout).local_share < 1.0,
    )
}

fn execution(layout: &Layout, workload: &plan::Workload) -> Execution {
    let node = NodeSpeed {
        speed: nodes(layout).cpu.speed,
        local_latency: nodes(layout).memory.latency,
        local_share: nodes(layout).local_share,
    };
    Execution::new(&profile(workload), node)
}

/// What the templates of all functions need of one memory pool, and what it has, where that is less.
pub fn check_templates(layout: &Layout, functions: &Functions) -> Option<(Bytes, Bytes)> {
    let (Platform::Serverless(platform), Some(pools)) = (&layout.platform, pools(layout)) else {
        return None;
    };
    let needs = template_memory(&platform.cold_start, pools, functions);
    (needs > pools.capacity).then_some((needs, pools.capacity))
}

/// What the platform knows of the functions: names, what a cold start takes at the median, what requests hold.
fn known(
    layout: &Layout,
    platform: &Serverless,
    workload: &plan::Workload,
    functions: &Functions,
    root: RootSeed,
) -> Knowledge {
    let median = |delay: &plan::Delay| match delay {
        plan::Delay::Constant(span) => *span,
        plan::Delay::LogNormal(spread) => spread.median,
    };
    let phases = &platform.cold_start;
    let storage = storage(layout);
    let rate = storage.bandwidth.min(nodes(layout).nic.rate);
    let fetch =
        if phases.image > Bytes::ZERO { storage.latency + rate.transfer_time(phases.image) } else { Span::ZERO };
    let cold = median(&phases.allocate) + fetch + median(&phases.boot) + median(&phases.init);
    let mut knowledge = knowledge(functions, root, |function| function.cold_start.unwrap_or(cold));
    let demands = &workload.demands;
    for known in &mut knowledge.functions {
        // Which functions need accelerators is settled by their names.
        let place = (known.hash >> 11) as f64 / (1_u64 << 53) as f64;
        let accelerators = if place < demands.accelerator_share { demands.accelerators } else { 0 };
        known.extras = [demands.bandwidth.0, accelerators.into()];
    }
    reserve(&mut knowledge, &platform.reserved_concurrency, functions);
    knowledge
}

/// The setup of a serverless layout for one replication.
pub fn serverless_setup(
    layout: &Layout,
    platform: &Serverless,
    workload: &plan::Workload,
    functions: &Functions,
    root: RootSeed,
) -> ServerlessSetup {
    let pools = pools(layout);
    let fabric = fabric(layout);
    let nic = nodes(layout).nic.rate;
    let cold = &platform.cold_start;
    let templates = pools.map_or(Bytes::ZERO, |pools| template_memory(cold, pools, functions));
    ServerlessSetup {
        rules: Rules::new(platform),
        shape: Shape::uniform(nodes(layout).count, nodes(layout).cores, nodes(layout).memory.capacity)
            .with_pools(
                pools.map_or(0, |pools| pools.count),
                pools.map_or(Bytes::ZERO, |pools| pools.capacity.saturating_sub(templates)),
            )
            .with_extras([nic.0, nodes(layout).accelerators.into()]),
        needs: functions.iter().map(|function| split(function.memory, nodes(layout).local_share)).collect(),
        knowledge: known(layout, platform, workload, functions, root),
        retry_chance: root.stream("retries", &[]),
        journal: false,
        paths: paths(layout, workload, platform.dispatch_delay),
        execution: execution(layout, workload),
        smt_throughput: nodes(layout).cpu.smt_throughput,
        cold: cold_starts(cold, layout, &fabric, functions, root),
        pools: pools.map(|pools| Pools {
            speed: PoolSpeed {
                latency: pools.latency + fabric.access(workload.profile.access),
                curve_a: pools.load_curve.a,
                curve_b: pools.load_curve.b,
                bandwidth: pools.bandwidth,
                request_bandwidth: nic,
            },
            fidelity: pools.fidelity,
        }),
        images: image_store(layout, &fabric),
        prices: Some(platform.prices.clone()),
    }
}

/// How many machines a fleet starts with; `peak` is asked only where the size follows from the workload.
pub fn fleet_plan(platform: &Serverful, limit: u32, peak: impl FnOnce() -> Demand) -> (Sizing, Option<String>) {
    match &platform.fleet {
        Fleet::Autoscaled(scaler) => (Sizing::Autoscaled(Autoscaler::new(scaler)), None),
        Fleet::Fixed(fixed) => match fixed.size {
            FleetSize::Count(count) => (Sizing::Fixed(count), None),
            FleetSize::Rule(FleetRule::All) => (Sizing::Fixed(limit), None),
            FleetSize::Rule(FleetRule::Peak) => {
                let wanted = machines_for(&peak(), platform, fixed.headroom);
                let warning = (wanted > limit).then(|| {
                    format!("the busiest moment needs {wanted} virtual machines, and {limit} fit on the nodes")
                });
                (Sizing::Fixed(wanted.clamp(1, limit)), warning)
            }
        },
    }
}

fn machines_for(demand: &Demand, platform: &Serverful, headroom: f64) -> u32 {
    let vm = &platform.vm;
    let usable = vm.memory.saturating_sub(vm.system_memory);
    let by_cores = demand.cores.div_ceil(u64::from(vm.vcpus));
    let by_memory = demand.memory.0.div_ceil(usable.0.max(1));
    let machines = libm::ceil(by_cores.max(by_memory) as f64 * (1.0 + headroom));
    machines.min(f64::from(u32::MAX)) as u32
}

/// The setup of a fleet of virtual machines.
pub fn serverful_setup(
    layout: &Layout,
    platform: &Serverful,
    workload: &plan::Workload,
    functions: &Functions,
    sizing: Sizing,
) -> ServerfulSetup {
    let vm = &platform.vm;
    ServerfulSetup {
        vm: VmType {
            vcpus: vm.vcpus,
            memory: vm.memory,
            system_memory: vm.system_memory,
            minimum_billed: vm.minimum_billed,
            quantum: vm.quantum,
        },
        limit: layout.vm_limit,
        queue_limit: platform.queue_limit,
        sizing,
        memory: functions.iter().map(|function| function.memory).collect(),
        paths: paths(layout, workload, platform.dispatch_delay),
        execution: execution(layout, workload),
    }
}
