//! What functions pay, and how large a fleet is, against closed forms.

use crate::config::plan::{Autoscaled, FunctionPrices};
use crate::ids::{FunctionId, Id};
use crate::memory::run::Execution;
use crate::platform::serverful::{Autoscaler, Node, VmType};
use crate::platform::serverless::{Need, WHOLE};
use crate::probe::platform::PlatformSpec;
use crate::record::{Counter, Gauge, Null};
use crate::rng::RootSeed;
use crate::units::{Bytes, Span, Time, UsdPerGbSecond};
use crate::workload::{Function, Functions, ImportReport, Invocation, Spacing, Workload};
use crate::world::{
    ColdStarts, DelayModel, Hardware, Measurement, ServerfulSetup, ServerlessSetup, Sizing, run_serverful,
    run_serverless,
};

use super::{Comparison, Measured, Tolerance, Validation};

/// The rows of this subject.
pub const ROWS: &[Validation] = &[
    Validation {
        name: "bills/functions",
        what: "128 MB of AWS, exponential work, 1 ms steps, 40 requests a second: billed GB-s and busy cores",
        source: "E[ceil(T/q) q] = q / (1 - exp(-q/E[T])) with E[T] = work * 1,769/128",
        tolerance: Tolerance::OrInterval(0.01),
        run: functions,
    },
    Validation {
        name: "bills/fleet",
        what: "autoscaled fleets of 4 cores each, aimed at 60 %, under 10, 37 and 100 busy cores: machines",
        source: "ceil(cores / (4 * 0.6))",
        tolerance: Tolerance::AtMost(0.0),
        run: fleets,
    },
];

const MEMORY: Bytes = Bytes::from_mib(128);

/// One function, called at these times for so long.
fn workload(requests: Vec<(Time, Span)>, length: Span) -> Workload {
    let mut functions = Functions::new();
    let function: FunctionId = functions.push(Function {
        owner: String::new(),
        app: String::new(),
        name: "f".to_owned(),
        memory: MEMORY,
        cold_start: Some(Span::ZERO),
        own: None,
    });
    debug_assert!(function == Id::new(0));
    let list = requests.into_iter().map(|(at, duration)| Invocation { at, function, duration }).collect();
    Workload::listed(functions, list, ImportReport::default()).with_length(length)
}

fn scope(workload: &Workload) -> Measurement {
    Measurement {
        window: workload.length(),
        bin: Span::from_secs(300),
        drain: Span::from_secs(3_600),
        events: u64::MAX,
        by_entity: false,
        run_out: false,
        looks: 0,
        counted: None,
    }
}

fn functions() -> Measured {
    let (n, rate, work_s, quantum_s) = (400_000_u32, 40.0, 100e-6, 1e-3);
    let root = RootSeed::new(1, 0);
    let (mut arrivals, mut works) = (root.stream("bill arrivals", &[]), root.stream("bill works", &[]));
    let mut now = 0.0;
    let requests = (0..n).map(|_| {
        now += arrivals.exponential() / rate;
        (Time::ZERO + Span::from_secs_f64(now), Span::from_secs_f64(work_s * works.exponential()))
    });
    let requests: Vec<_> = requests.collect();
    let length = Span::from_secs_f64(now + 1.0);
    let workload = workload(requests, length);
    let cores = 128.0 / 1_769.0;
    let share = libm::floor(cores * f64::from(WHOLE)) as u32;
    let mut knowledge = crate::world::knowledge(workload.functions(), root, |_| Span::ZERO);
    knowledge.functions.iter_mut().for_each(|known| known.cores = share);
    let spec = PlatformSpec::unlimited(Span::from_secs(600));
    let mut hardware = Hardware::of(&spec.shape);
    hardware.hosts[0].executions = vec![Execution::as_traced().on_cores(1.0 / cores, share)];
    let setup = ServerlessSetup {
        rules: spec.rules,
        shape: spec.shape,
        needs: [Need { local: MEMORY, remote: Bytes::ZERO }].into_iter().collect(),
        knowledge,
        retry_chance: root.stream("retries", &[]),
        journal: false,
        hardware,
        cold: ColdStarts::new([DelayModel::Constant(Span::ZERO); 3], Bytes::ZERO, workload.functions(), root),
        prices: Some(FunctionPrices {
            memory: UsdPerGbSecond(1.666_67e-5),
            quantum: Span::from_secs_f64(quantum_s),
            minimum_memory: MEMORY,
            ..FunctionPrices::default()
        }),
    };
    let arrivals = workload.arrivals(root, Spacing::default());
    let report = run_serverless(setup, arrivals, &scope(&workload), &mut Null, &mut ());
    let billed = report.meter.counters().exact(Counter::BilledMemory) as f64 / 1e12 / Bytes::from_gib(1).0 as f64;
    let mean_s = work_s / cores;
    let expected = 0.125 * quantum_s / (1.0 - libm::exp(-quantum_s / mean_s));
    // The deviation of a billed time is about its mean.
    let width = |value: f64| 2.576 * value / libm::sqrt(f64::from(n));
    let busy = report.meter.mean(Gauge::CoresBusy) * length.as_secs_f64() / f64::from(n);
    let comparisons = vec![
        Comparison::with_interval("billed GB-s a request", billed / f64::from(n), width(expected), expected),
        Comparison::with_interval("busy core-seconds a request", busy, width(work_s), work_s),
    ];
    Measured::Compared { comparisons, run_length: format!("{n} requests") }
}

fn fleets() -> Measured {
    let comparisons = [("machines, 10 cores", 10), ("machines, 37 cores", 37), ("machines, 100 cores", 100)]
        .map(|(what, cores)| Comparison::absolute(what, fleet(cores), libm::ceil(f64::from(cores) / 2.4)));
    Measured::Compared { comparisons: comparisons.into(), run_length: "3 fleets, 4 h".to_owned() }
}

/// Machines at the end of four hours in which so many cores are busy at any time.
fn fleet(cores: u32) -> f64 {
    let (length, each) = (Span::from_secs(4 * 3_600), Span::from_secs(10));
    let apart = Span::from_ps(each.as_ps() / u64::from(cores));
    let n = length.as_ps() / apart.as_ps();
    let workload = workload((0..n).map(|i| (Time::ZERO + apart * i, each)).collect(), length);
    let vm = VmType {
        vcpus: 4,
        memory: Bytes::from_gib(1_024),
        system_memory: Bytes::ZERO,
        code_memory: Bytes::ZERO,
        minimum_billed: Span::from_secs(60),
        quantum: Span::from_secs(1),
    };
    let scaler = Autoscaler::new(&Autoscaled {
        minimum: 1,
        maximum: 1_000,
        target: 0.6,
        interval: Span::from_secs(60),
        boot_delay: Span::from_secs(60),
        cooldown: Span::from_secs(120),
    });
    let setup = ServerfulSetup {
        vm,
        limit: 1_000,
        queue_limit: u64::MAX,
        queue_timeout: None,
        timeout: None,
        sizing: Sizing::Autoscaled(scaler),
        memory: [MEMORY].into_iter().collect(),
        node: Node { cores: 4, memory: Bytes::from_gib(1_024) },
        hardware: Hardware::plain(1_000, 4),
    };
    let arrivals = workload.arrivals(RootSeed::new(1, 0), Spacing::default());
    let report = run_serverful(setup, arrivals, &scope(&workload), &mut Null, &mut ());
    report.meter.level(Gauge::Instances) as f64
}
