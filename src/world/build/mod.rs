//! From a resolved layout to a world's setup.

mod check;
mod cores;
mod effects;
mod functions;
mod hardware;
mod knowledge;
mod parts;
mod start;

pub use self::check::{Misfit, check_functions, check_names, check_templates};
pub use self::effects::{layout_effects, workload_effects};
pub use self::functions::{Behaviour, Behaviours, Placed, behaviours, class_of, placed};
pub use self::knowledge::{check_reserved, foresee, knowledge, reserve};

use crate::config::plan::{self, Fleet, FleetRule, FleetSize, Layout, Serverful, Serverless};
use crate::ids::{FunctionKind, IdVec};
use crate::platform::serverful::{Autoscaler, Demand, Node, VmType};
use crate::platform::serverless::{HostGroup, Knowledge, Needs, PoolGroup as PoolRoom, Rules, Shape};
use crate::rng::RootSeed;
use crate::units::{Bytes, Span};
use crate::workload::{Functions, Invocation};

use self::cores::{cores_of, kinds, millionths};
use self::parts::{nodes, splits, storage};
use self::start::{cold_starts, template_memory};
use crate::world::fleet::fleet_demand;
use crate::world::setup::{ServerfulSetup, ServerlessSetup, Sizing};

/// Hosts and pools as the platform sees them; templates are set aside in each pool.
fn shape(layout: &Layout, templates: Bytes) -> Shape {
    let groups = layout.node_groups.iter().map(|nodes| HostGroup {
        hosts: nodes.count,
        cores: nodes.cores,
        memory: nodes.memory.capacity,
        other_demands: [nodes.nic.rate.0, nodes.accelerators.into()],
        pools: nodes.pools.iter().fold(0, |bits, pools| bits | 1 << pools),
    });
    let pools = layout
        .pool_groups
        .iter()
        .map(|pools| PoolRoom { pools: pools.count, memory: pools.capacity.saturating_sub(templates) });
    Shape { groups: groups.collect(), pools: pools.collect() }
}

/// What the platform knows of the functions: names, what a cold start takes at the median, what requests hold.
fn known(
    layout: &Layout,
    platform: &Serverless,
    workload: &plan::Workload,
    functions: &Functions,
    behaviours: &Behaviours,
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
    let placed = placed(layout, workload, functions);
    for (((known, function), one), place) in
        knowledge.functions.iter_mut().zip(functions).zip(&behaviours.of).zip(&placed)
    {
        known.cores = millionths(cores_of(platform, function));
        known.other_demands = [one.bandwidth.0, one.accelerators.into()];
        (known.allowed, known.preferred) = (place.allowed, place.preferred);
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
    let behaviours = behaviours(workload, functions, root);
    let kinds = kinds(&behaviours, functions, |function| cores_of(platform, function));
    let fabric = hardware::fabric(layout, nodes(layout));
    let cold = &platform.cold_start;
    let templates = template_memory(cold, layout, functions);
    ServerlessSetup {
        rules: Rules::new(platform),
        shape: shape(layout, templates),
        needs: Needs::split(functions.iter().map(|function| function.memory), splits(layout)),
        knowledge: known(layout, platform, workload, functions, &behaviours, root),
        retry_chance: root.stream("retries", &[]),
        journal: false,
        hardware: hardware::hardware(layout, &behaviours, kinds, platform.dispatch_delay),
        cold: cold_starts(cold, layout, &fabric, functions, root),
        prices: Some(platform.prices.clone()),
    }
}

/// How many machines a fleet starts with; `peak` is asked only where the size follows from the workload.
fn fleet_plan(
    platform: &Serverful,
    limit: u32,
    code: Bytes,
    peak: impl FnOnce() -> Demand,
) -> (Sizing, Option<String>) {
    match &platform.fleet {
        Fleet::Autoscaled(scaler) => (Sizing::Autoscaled(Autoscaler::new(scaler)), None),
        Fleet::Fixed(fixed) => match fixed.size {
            FleetSize::Count(count) => (Sizing::Fixed(count), None),
            FleetSize::Rule(FleetRule::All) => (Sizing::Fixed(limit), None),
            FleetSize::Rule(FleetRule::Peak) => {
                let vm = &platform.vm;
                let memory = vm.memory.saturating_sub(vm.system_memory + code);
                let wanted = machines_for(&peak(), vm.vcpus, memory, fixed.headroom);
                let warning = (wanted > limit).then(|| {
                    format!("the busiest moment needs {wanted} virtual machines, and {limit} fit on the nodes")
                });
                (Sizing::Fixed(wanted.clamp(1, limit)), warning)
            }
        },
    }
}

/// Machines of so many cores and so much memory for requests that hold `demand` with `headroom`, which counts before
/// machines are rounded up.
fn machines_for(demand: &Demand, vcpus: u32, memory: Bytes, headroom: f64) -> u32 {
    // In whole millionths, so that 20 % on top of 80 are 96 and no more.
    const PARTS: u128 = 1_000_000;
    let with_headroom = PARTS + libm::rint(headroom * PARTS as f64) as u128;
    let of = |needed: u64, each: u64| (u128::from(needed) * with_headroom).div_ceil(u128::from(each.max(1)) * PARTS);
    let machines = of(demand.cores, vcpus.into()).max(of(demand.memory.0, memory.0));
    u32::try_from(machines).unwrap_or(u32::MAX)
}

/// What the code of all functions holds on each machine, and what a request of each holds beside it.
fn code_and_requests(platform: &Serverful, functions: &Functions) -> (Bytes, IdVec<FunctionKind, Bytes>) {
    let code = |memory| platform.code.of(memory);
    let all = functions.iter().map(|function| code(function.memory)).sum();
    (all, functions.iter().map(|function| function.memory - code(function.memory)).collect())
}

/// The setup of a fleet of virtual machines, and something that the user should know; `invocations` are asked for only
/// where its size follows from them.
pub fn serverful_setup<I: Iterator<Item = Invocation>>(
    layout: &Layout,
    platform: &Serverful,
    workload: &plan::Workload,
    functions: &Functions,
    root: RootSeed,
    invocations: impl FnOnce() -> I,
) -> (ServerfulSetup, Option<String>) {
    let vm = &platform.vm;
    let behaviours = behaviours(workload, functions, root);
    // A request is served by one of the virtual cores.
    let kinds = kinds(&behaviours, functions, |_| 1.0);
    let hardware = hardware::hardware(layout, &behaviours, kinds, platform.dispatch_delay);
    let (code, memory) = code_and_requests(platform, functions);
    let peak = || fleet_demand(&hardware, &memory, invocations());
    let (sizing, warning) = fleet_plan(platform, layout.vm_limit, code, peak);
    let setup = ServerfulSetup {
        vm: VmType {
            vcpus: vm.vcpus,
            memory: vm.memory,
            system_memory: vm.system_memory,
            code_memory: code,
            minimum_billed: vm.minimum_billed,
            quantum: vm.quantum,
        },
        limit: layout.vm_limit,
        queue_limit: platform.queue_limit,
        queue_timeout: platform.queue_timeout,
        timeout: platform.timeout,
        sizing,
        node: Node { cores: nodes(layout).cores, memory: nodes(layout).memory.capacity },
        memory,
        hardware,
    };
    (setup, warning)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Machines of 16 cores and 30 GiB: headroom that fits beside the peak needs none of its own.
    #[test]
    fn headroom_counts_before_machines_are_rounded_up() {
        let gib = Bytes::from_gib;
        for (cores, memory, headroom, machines) in [
            (10, 5, 0.2, 1),
            (14, 5, 0.2, 2),
            (80, 5, 0.2, 6),
            (16, 30, 0.0, 1),
            (10, 25, 0.2, 1),
            (10, 26, 0.2, 2),
            (160, 0, 0.1, 11),
            (0, 0, 0.2, 0),
        ] {
            let demand = Demand { cores, memory: gib(memory) };
            assert_eq!(machines_for(&demand, 16, gib(30), headroom), machines, "{demand:?} {headroom}");
        }
    }
}
