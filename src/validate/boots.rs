//! Boots side by side on a host, against measured ones.

use crate::config::plan::{Binding, CpuSharing, KeepAliveMode};
use crate::ids::{FunctionId, Id};
use crate::platform::serverless::Shape;
use crate::probe::platform::PlatformSpec;
use crate::record::{Completed, Component, Recorder, Rejection};
use crate::rng::RootSeed;
use crate::units::{Bytes, Span, Time};
use crate::workload::{Function, Functions, ImportReport, Invocation, Workload};
use crate::world::{ColdStarts, DelayModel, Measurement, StartRules, run_serverless};

use super::{Comparison, Measured, Tolerance, Validation};

/// The rows of this subject.
pub const ROWS: &[Validation] = &[Validation {
    name: "boots/parallel",
    what: "100 of 1,000 virtual machines of a core boot at a time on 48 cores, from quantiles of one at a time: median",
    source: "Agache et al. 2020 (Firecracker), data set of the paper, m5d.metal: 217 ms Firecracker, 133.9 ms Cloud Hypervisor",
    tolerance: Tolerance::AtMost(0.15),
    run: parallel,
}];

const BOOTS: u64 = 1_000;
const AT_A_TIME: u64 = 100;
const MEMORY: Bytes = Bytes::from_mib(128);

/// Of a boot by itself, what the guest computes: 110 of 160.9 ms in the serial runs with Firecracker.
const COMPUTING: f64 = 110.0 / 160.9;

fn parallel() -> Measured {
    // Median and 99 % quantile of one at a time, and median of a hundred, in ms.
    let comparisons = [("Firecracker", 160.9, 172.5, 217.0), ("Cloud Hypervisor", 102.5, 110.0, 133.9)]
        .map(|(vmm, p50, p99, measured)| Comparison::relative(vmm, median(p50, p99), measured));
    Measured::Compared { comparisons: comparisons.into(), run_length: format!("2 × {BOOTS} boots") }
}

/// How long each boot took, in ms.
#[derive(Default)]
struct Boots(Vec<f64>);

impl Recorder for Boots {
    fn completed(&mut self, request: &Completed) {
        self.0.push(request.breakdown.get(Component::ColdBoot).as_secs_f64() * 1e3);
    }
    fn rejected(&mut self, _at: Time, _function: FunctionId, _reason: Rejection) {}
}

/// The median of boots of which as many as there is memory for are under way; the first ones begin a millisecond apart, each
/// of the others when one is over.
fn median(p50_ms: f64, p99_ms: f64) -> f64 {
    let span = |ms: f64| Span::from_secs_f64(ms / 1e3);
    let function = Function {
        owner: String::new(),
        app: String::new(),
        name: "vm".to_owned(),
        memory: MEMORY,
        cold_start: None,
        own: None,
    };
    let functions: Functions = [function].into_iter().collect();
    let root = RootSeed::new(1, 0);
    let none = DelayModel::Constant(Span::ZERO);
    let phases = [none, DelayModel::log_normal(span(p50_ms), span(p99_ms)), none];
    let rules = StartRules { boot_cpu: span(p50_ms * COMPUTING), ..StartRules::default() };
    let cold = ColdStarts::new(phases, Bytes::ZERO, &functions, root).with_rules(rules);
    let mut spec = PlatformSpec::unlimited(Span::ZERO);
    spec.rules.keep_alive = KeepAliveMode::None;
    spec.rules.binding = Binding::Late;
    spec.rules.cpu = CpuSharing::Shared;
    spec.shape = Shape::uniform(1, 48, MEMORY * AT_A_TIME);
    let mut setup = spec.setup(&Workload::listed(functions, Vec::new(), ImportReport::default()), false);
    setup.cold = cold;
    let boot = |i: u64| Invocation {
        at: Time::ZERO + Span::from_ms(i.min(AT_A_TIME)),
        function: Id::new(0),
        duration: Span::ZERO,
    };
    let mut boots = Boots::default();
    let measurement = Measurement::whole(Span::from_secs(1));
    run_serverless(setup, (0..BOOTS).map(boot), &measurement, &mut boots, &mut ());
    boots.0.sort_by(f64::total_cmp);
    f64::midpoint(boots.0[BOOTS as usize / 2 - 1], boots.0[BOOTS as usize / 2])
}
