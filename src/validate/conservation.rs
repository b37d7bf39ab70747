//! The conservation laws that every run is audited for, on worlds under pressure.

use crate::config::plan::{Autoscaled, Binding, Fidelity, FunctionPrices, Placement};
use crate::memory::pool::PoolSpeed;
use crate::memory::run::{Execution, MemoryProfile, NodeSpeed};
use crate::platform::serverful::{Autoscaler, Node, VmType};
use crate::platform::serverless::{Need, Shape};
use crate::probe::platform::PlatformSpec;
use crate::record::{Counter, Null, ResourceKind};
use crate::rng::RootSeed;
use crate::units::{BitsPerSec, Bytes, Span, UsdPerGbSecond, UsdPerRequest};
use crate::workload::generate::{Options, generate};
use crate::workload::{Spacing, Workload};
use crate::world::{
    ColdStarts, DelayModel, Hardware, Hosts, Measurement, Paths, Pools, RunReport, ServerfulSetup, ServerlessSetup,
    Sizing, StorageNodes, run_serverful, run_serverless,
};

use super::{Comparison, Measured, Tolerance, Validation};

/// The rows of this subject.
pub const ROWS: &[Validation] = &[
    Validation {
        name: "conservation/serverless",
        what: "laws that do not hold: full nodes and pools, queues, evictions, rejections",
        source: "requests, Little's law, breakdowns, memory and core time, each from two accounts",
        tolerance: Tolerance::AtMost(0.0),
        run: serverless,
    },
    Validation {
        name: "conservation/serverful",
        what: "laws that do not hold: an autoscaled fleet that is too small, queues, rejections",
        source: "requests, Little's law, breakdowns and core time, each from two accounts",
        tolerance: Tolerance::AtMost(0.0),
        run: serverful,
    },
];

const PROFILE: MemoryProfile = MemoryProfile {
    stall: 0.2,
    reference_latency: Span::from_ns(100),
    parallelism: 4.0,
    access: Bytes(64),
    write_share: 0.3,
    miss_scale: 0.43,
    miss_shape: 1.7,
};

fn population() -> Workload {
    let options = Options { length: Span::from_secs(6 * 3_600), rate_scale: 20.0, ..Options::new(60, 1, 5) };
    generate(&options).expect("the options are legal")
}

fn scope(workload: &Workload) -> Measurement {
    // Short, so that some runs end with requests still open.
    Measurement { drain: Span::from_secs(30), ..Measurement::whole(workload.length()) }
}

fn paths() -> Paths {
    Paths {
        network_in: Span::from_us(2),
        dispatch: Span::from_ms(15),
        network_out: Span::from_us(2),
        ..Paths::default()
    }
}

const POOLS: Pools = Pools {
    count: 2,
    speed: PoolSpeed {
        latency: Span::from_ns(300),
        curve_a: Span::from_ns(31),
        curve_b: 0.43,
        bandwidth: BitsPerSec(8_000_000_000),
    },
    fidelity: Fidelity::Fluid,
    off_after: None,
};

/// Nodes with cards and storage nodes that are easily full.
fn hardware(count: u32, node: NodeSpeed, pools: Option<Pools>) -> Hardware {
    let card = BitsPerSec(10_000_000_000);
    let executions = vec![Execution::new(&PROFILE, node)];
    let transfers = [Bytes::ZERO, Bytes::from_mib(1), Bytes::from_mib(8), Bytes::from_mib(2)];
    let paths = Paths { transfers, card, storage_rate: card, ..paths() };
    Hardware {
        hosts: vec![Hosts {
            count,
            cores: 2,
            smt_throughput: 1.0,
            off_after: None,
            card,
            distances: vec![Span::ZERO],
            uses_pools: true,
            executions,
            paths: vec![paths],
        }],
        pools: pools.into_iter().collect(),
        storage: vec![StorageNodes { count: 2, latency: Span::from_us(100), rate: BitsPerSec(10_000_000_000) }],
        ..Hardware::plain(count, 2)
    }
}

/// Broken laws over all reports, and whether the runs were as hard as they are meant to be.
fn judged(reports: &[RunReport], pressure: bool) -> Measured {
    let broken = reports.iter().flat_map(|report| &report.audits).filter(|audit| !audit.holds).count();
    let audits: usize = reports.iter().map(|report| report.audits.len()).sum();
    let requests: u64 = reports.iter().map(|report| report.count(Counter::Arrived)).sum();
    Measured::Compared {
        comparisons: vec![
            Comparison::absolute("broken laws", broken as f64, 0.0),
            Comparison::absolute("runs under pressure", f64::from(u8::from(pressure)), 1.0),
        ],
        run_length: format!("{audits} audits, {requests} requests"),
    }
}

fn serverless() -> Measured {
    let workload = population();
    let combinations = [
        (Binding::Late, Placement::FirstWarm, Fidelity::Fluid),
        (Binding::Late, Placement::RoundRobin, Fidelity::Analytic),
        (Binding::Early, Placement::LeastLoaded, Fidelity::Fluid),
    ];
    let reports: Vec<RunReport> = combinations
        .map(|combination| {
            let setup = crowded(&workload, combination);
            let arrivals = workload.arrivals(RootSeed::new(1, 0), Spacing::SortedUniform);
            run_serverless(setup, arrivals, &scope(&workload), &mut Null, &mut ())
        })
        .into();
    let pressure = reports.iter().any(|report| report.count(Counter::Evicted) > 0)
        && reports.iter().any(|report| report.count(Counter::Rejected) > 0)
        && reports.iter().all(|report| report.count(Counter::Queued) > 0 && report.asked(ResourceKind::Pool) > 0);
    judged(&reports, pressure)
}

/// Too few cores, too little memory, and a short queue.
fn crowded(workload: &Workload, (binding, placement, fidelity): (Binding, Placement, Fidelity)) -> ServerlessSetup {
    let functions = workload.functions();
    let node = NodeSpeed { speed: 1.0, local_latency: Span::from_ns(130), local_share: 0.5 };
    let half = |memory: Bytes| Need { local: memory.scale(0.5), remote: memory.saturating_sub(memory.scale(0.5)) };
    let mut rules = PlatformSpec::unlimited(Span::from_secs(600)).rules;
    rules.binding = binding;
    rules.placement = placement;
    rules.evict_idle = true;
    rules.queue_limit = 40;
    ServerlessSetup {
        rules,
        shape: Shape::uniform(3, 2, Bytes::from_mib(600)).with_pools(2, Bytes::from_mib(900)),
        needs: functions.iter().map(|function| half(function.memory)).collect(),
        knowledge: crate::world::knowledge(functions, RootSeed::new(1, 0), |_| Span::from_ms(500)),
        retry_chance: RootSeed::new(1, 0).stream("retries", &[]),
        journal: false,
        hardware: hardware(3, node, Some(Pools { fidelity, ..POOLS })),
        cold: ColdStarts::new(
            [
                DelayModel::Constant(Span::from_ms(50)),
                DelayModel::Constant(Span::from_ms(125)),
                DelayModel::log_normal(Span::from_ms(250), Span::from_ms(470)),
            ],
            Bytes::from_mib(32),
            functions,
            RootSeed::new(1, 0),
        ),
        prices: Some(FunctionPrices {
            memory: UsdPerGbSecond(1.666_67e-5),
            request: UsdPerRequest(0.2e-6),
            quantum: Span::from_ms(1),
            minimum_memory: Bytes::from_mib(128),
            ..FunctionPrices::default()
        }),
    }
}

fn serverful() -> Measured {
    let workload = population();
    let scaler = Autoscaler::new(&Autoscaled {
        minimum: 1,
        maximum: 4,
        target: 0.6,
        interval: Span::from_secs(60),
        boot_delay: Span::from_secs(60),
        cooldown: Span::from_secs(120),
    });
    let vm = VmType {
        vcpus: 2,
        memory: Bytes::from_mib(1_200),
        code_memory: Bytes::from_mib(50),
        system_memory: Bytes::from_mib(150),
        minimum_billed: Span::from_secs(60),
        quantum: Span::from_secs(1),
    };
    let node = NodeSpeed { speed: 1.0, local_latency: Span::from_ns(100), local_share: 1.0 };
    let reports: Vec<RunReport> = [Sizing::Autoscaled(scaler), Sizing::Fixed(2)]
        .map(|sizing| {
            let setup = ServerfulSetup {
                vm,
                limit: 4,
                queue_limit: 40,
                queue_timeout: Some(Span::from_secs(90)),
                timeout: Some(Span::from_secs(60)),
                sizing,
                node: Node { cores: 4, memory: Bytes::from_gib(64) },
                memory: workload.functions().iter().map(|function| function.memory).collect(),
                hardware: hardware(2, node, None),
            };
            let arrivals = workload.arrivals(RootSeed::new(1, 0), Spacing::SortedUniform);
            run_serverful(setup, arrivals, &scope(&workload), &mut Null, &mut ())
        })
        .into();
    let pressure = reports.iter().all(|report| report.count(Counter::Queued) > 0)
        && reports.iter().any(|r| r.count(Counter::Rejected) > 0);
    judged(&reports, pressure)
}
