//! The serverless platform alone, on hosts that are nothing but cores and memory.
//!
//! A request keeps the run time and its function the cold-start time of the trace, requests are served where and
//! when the rules say, and every response time is kept: quantiles are exact.

mod args;
mod decisions;
mod horizon;
mod report;
mod traces;

pub use args::PlatformArgs;
pub(super) use args::{argument, idle_choice};
pub use decisions::{COLUMNS, rows, time_ms, to_csv};
pub use horizon::WasteHorizon;
pub use report::PlatformResult;
pub use traces::{Format, load_trace};

use std::collections::BTreeMap;

use crate::config::plan::{Delay, Serverless};
use crate::ids::FunctionId;
use crate::platform::serverless::{Needs, Rules, Shape, Splits};
use crate::record::{Completed, Decided, Recorder, Rejection};
use crate::rng::RootSeed;
use crate::units::{Bytes, Span, Time};
use crate::workload::{Invocation, Spacing, Workload};
use crate::world::{self, ColdStarts, DelayModel, Hardware, Measurement, Paths, ServerlessSetup, StartRules};

use report::Run;

/// A platform to probe.
#[derive(Clone, Debug)]
pub struct PlatformSpec {
    /// The rules.
    pub rules: Rules,
    /// Hosts.
    pub shape: Shape,
    /// How memory is divided between hosts and pools; run times do not depend on it.
    pub splits: Splits,
    /// From the arrival of a request until it is decided on.
    pub dispatch_delay: Span,
    /// Cold starts of functions without a time of their own: allocating, booting, initialising.
    pub cold_start: [DelayModel; 3],
    /// What starts wait for.
    pub start_rules: StartRules,
    /// Requests at a time that functions have to themselves, by their names.
    pub reserved: BTreeMap<String, u32>,
    /// Whether requests and cold starts take no time.
    pub zero_execution: bool,
    /// Arrivals within a minute.
    pub spacing: Spacing,
    /// Up to when the memory of idle sandboxes is counted.
    pub horizon: WasteHorizon,
    /// Seed of the random draws.
    pub seed: u64,
}

impl PlatformSpec {
    /// One unlimited host, fixed keep-alive of `limit` from completion, an idle time equal to it still warm, most
    /// recently used sandbox first.
    pub fn unlimited(limit: Span) -> Self {
        Self {
            rules: Rules::fixed(limit),
            shape: Shape::uniform(1, u32::MAX, Bytes::MAX),
            splits: Splits::fixed(1.0),
            dispatch_delay: Span::ZERO,
            cold_start: [DelayModel::Constant(Span::ZERO); 3],
            start_rules: StartRules::default(),
            reserved: BTreeMap::new(),
            zero_execution: false,
            spacing: Spacing::SortedUniform,
            horizon: WasteHorizon::Completion,
            seed: 1,
        }
    }

    /// The rules, the delay and the cold starts of a platform on such hosts; without storage and links nothing is fetched,
    /// so that images, snapshots and templates mean nothing.
    pub fn of(platform: &Serverless, shape: Shape) -> Self {
        let phases = &platform.cold_start;
        Self {
            rules: Rules::new(platform),
            shape,
            dispatch_delay: platform.dispatch_delay,
            cold_start: [&phases.allocate, &phases.boot, &phases.init].map(|delay| match delay {
                Delay::Constant(span) => DelayModel::Constant(*span),
                Delay::LogNormal(spread) => DelayModel::log_normal(spread.median, spread.p99),
            }),
            start_rules: StartRules {
                boot_cpu: phases.boot_cpu,
                init_cpu: phases.init_cpu,
                runtime_share: phases.runtime_share,
                control_interval: phases.control_rate.map_or(Span::ZERO, |rate| Span::from_secs_f64(1.0 / rate.0)),
                ..StartRules::default()
            },
            reserved: platform.reserved_concurrency.clone(),
            ..Self::unlimited(Span::ZERO)
        }
    }

    /// What is wrong with it for such functions, and the remedy.
    pub fn check(&self, workload: &Workload) -> Vec<(String, &'static str)> {
        world::check_reserved(&self.reserved, workload.functions())
    }

    /// What a cold start takes as far as is known beforehand, of functions without a time of their own.
    fn known_cold_start(&self) -> Span {
        let median = |phase: &DelayModel| match *phase {
            DelayModel::Constant(span) => span,
            DelayModel::LogNormal { median, .. } => median,
        };
        self.cold_start.iter().map(median).sum()
    }

    /// The requests as they are served.
    fn arrivals(&self, workload: &Workload) -> impl Iterator<Item = Invocation> {
        let zero = self.zero_execution;
        let arrivals = workload.arrivals(RootSeed::new(self.seed, 0), self.spacing);
        arrivals.map(move |invocation| Invocation {
            duration: if zero { Span::ZERO } else { invocation.duration },
            ..invocation
        })
    }

    /// What a world of it is built from; with `journal`, its decisions are written down.
    pub(crate) fn setup(&self, workload: &Workload, journal: bool) -> ServerlessSetup {
        let functions = workload.functions();
        let root = RootSeed::new(self.seed, 0);
        let cold = if self.zero_execution {
            ColdStarts::instant(functions)
        } else {
            ColdStarts::new(self.cold_start, Bytes::ZERO, functions, root).with_rules(self.start_rules.clone())
        };
        let known = self.known_cold_start();
        let mut setup = ServerlessSetup {
            rules: Rules { general: self.rules.general || journal, ..self.rules },
            shape: self.shape.clone(),
            needs: Needs::split(functions.iter().map(|f| f.memory), vec![self.splits.clone(); self.shape.groups.len()]),
            hardware: Hardware::of(&self.shape).with_paths(Paths { dispatch: self.dispatch_delay, ..Paths::default() }),
            cold,
            knowledge: world::knowledge(functions, root, |function| function.cold_start.unwrap_or(known)),
            retry_chance: root.stream("retries", &[]),
            journal,
            prices: None,
        };
        world::reserve(&mut setup.knowledge, &self.reserved, functions);
        world::foresee(&mut setup, || self.arrivals(workload));
        setup
    }
}

/// Keeps every response time.
#[derive(Debug, Default)]
struct Exact(Vec<f64>);

impl Recorder for Exact {
    fn completed(&mut self, request: &Completed) {
        self.0.push(request.answered.since(request.arrived).as_secs_f64());
    }
    fn rejected(&mut self, _at: Time, _function: FunctionId, _reason: Rejection) {}
}

/// Serves `workload` and measures.
pub fn run_platform(spec: &PlatformSpec, workload: &Workload) -> PlatformResult {
    run(spec, workload, false).result()
}

/// The same, with the decisions in order.
pub fn run_with_decisions(spec: &PlatformSpec, workload: &Workload) -> (PlatformResult, Vec<Decided>) {
    let run = run(spec, workload, true);
    let decisions = run.report.meter.journal().to_vec();
    (run.result(), decisions)
}

fn run(spec: &PlatformSpec, workload: &Workload, journal: bool) -> Run {
    let setup = spec.setup(workload, journal);
    // The period ends with the last completion. Its first bin is what counts up to the end of the trace.
    let bin = match spec.horizon {
        WasteHorizon::Completion => Span::MAX,
        WasteHorizon::TraceEnd => {
            let last = spec.arrivals(workload).last().map_or(Time::ZERO, |last| last.at);
            last.saturating_add(spec.dispatch_delay).since(Time::ZERO).max(Span::TICK)
        }
    };
    let measurement = Measurement { bin, run_out: true, ..Measurement::whole(Span::ZERO) };
    let mut offered = 0_u128;
    let invocations = spec.arrivals(workload).inspect(|invocation| offered += u128::from(invocation.duration.as_ps()));
    let mut exact = Exact::default();
    let report = world::run_serverless(setup, invocations, &measurement, &mut exact, &mut ());
    Run { report, times: exact.0, offered, horizon: spec.horizon }
}
