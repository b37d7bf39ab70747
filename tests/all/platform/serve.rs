//! The serverless platform on hosts that are nothing but cores and memory, with its journal and every request.

use sdcsim::ids::FunctionId;
use sdcsim::platform::serverless::{ALL_GROUPS, Groups, Known, Need, Needs, Rules, Shape, WHOLE};
use sdcsim::record::{Act, Completed, Counter, Decided, Gauge, Recorder, Rejection};
use sdcsim::rng::RootSeed;
use sdcsim::units::{Bytes, Span, Time};
use sdcsim::workload::{Function, Functions, Invocation};
use sdcsim::world::{self, ColdStarts, DelayModel, Hardware, Measurement, RunReport, ServerlessSetup};

/// One function.
#[derive(Clone, Copy, Debug)]
pub struct Fun {
    pub local: Bytes,
    pub remote: Bytes,
    pub cold: Span,
    /// Which application it belongs to.
    pub app: u32,
    /// Bandwidth and accelerators that a request holds.
    pub other_demands: [u64; 2],
    /// What a request of it holds of the cores, in millionths.
    pub cores: u32,
    /// The groups of hosts that it may run on, and those that it tries first.
    pub groups: [Groups; 2],
}

impl Fun {
    /// So much memory beside the cores, an application of its own, ready at once.
    pub fn mib(local: u64) -> Self {
        Self {
            local: Bytes::from_mib(local),
            remote: Bytes::ZERO,
            cold: Span::ZERO,
            app: u32::MAX,
            other_demands: [0; 2],
            cores: WHOLE,
            groups: [ALL_GROUPS; 2],
        }
    }
    pub fn cold(self, cold: Span) -> Self {
        Self { cold, ..self }
    }
    /// What it holds on a host of a group: all beside the cores where there is no pool to use.
    pub fn need(&self, shape: &Shape, group: usize) -> Need {
        let pools = shape.pools.iter().enumerate().filter(|(i, _)| shape.groups[group].pools >> i & 1 == 1);
        if pools.count() == 0 {
            Need { local: self.local + self.remote, remote: Bytes::ZERO }
        } else {
            Need { local: self.local, remote: self.remote }
        }
    }
}

/// A platform and what it is to serve.
#[derive(Clone, Debug)]
pub struct Case {
    pub rules: Rules,
    pub shape: Shape,
    pub functions: Vec<Fun>,
    /// Arrival, function, run time; in order of arrival.
    pub requests: Vec<(Time, u32, Span)>,
    /// The run stops then.
    pub end: Time,
    /// What is accounted to the window is up to here.
    pub window: Span,
    pub seed: u64,
    /// The run stops after so many events.
    pub events: u64,
}

/// What came out.
pub struct Ran {
    pub report: RunReport,
    pub completed: Vec<Completed>,
    /// First arrival, function, reason.
    pub rejected: Vec<(Time, FunctionId, Rejection)>,
}

impl Case {
    /// One host without bounds.
    #[expect(clippy::large_types_passed_by_value, reason = "cases are read, not timed")]
    pub fn unlimited(rules: Rules, functions: Vec<Fun>) -> Self {
        let (shape, requests) = (shape(1, u32::MAX, u64::MAX), Vec::new());
        Self {
            rules,
            shape,
            functions,
            requests,
            end: Time::MAX,
            window: Span::from_secs(1),
            seed: 1,
            events: u64::MAX,
        }
    }
    pub fn on(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }
    /// With requests as (arrival in s, function, run time in s).
    pub fn serving(self, requests: &[(f64, u32, f64)]) -> Self {
        let at = |s: f64| Time::ZERO + Span::from_secs_f64(s);
        let requests = requests.iter().map(|&(s, f, run)| (at(s), f, Span::from_secs_f64(run))).collect();
        Self { requests, ..self }
    }
    /// Stops after so many seconds, whatever is open then.
    pub fn until(self, seconds: u64) -> Self {
        Self { end: Time::ZERO + Span::from_secs(seconds), window: Span::from_secs(seconds), ..self }
    }

    fn setup(&self) -> ServerlessSetup {
        let root = RootSeed::new(self.seed, 0);
        let function = |(i, fun): (usize, &Fun)| Function {
            owner: "o".to_owned(),
            app: if fun.app == u32::MAX { format!("own {i}") } else { format!("{}", fun.app) },
            name: format!("f{i}"),
            memory: fun.local + fun.remote,
            cold_start: Some(fun.cold),
            own: None,
        };
        let functions: Functions = self.functions.iter().enumerate().map(function).collect();
        let mut knowledge = world::knowledge(&functions, root, |function| function.cold_start.unwrap_or_default());
        for (known, fun) in knowledge.functions.iter_mut().zip(&self.functions) {
            let [allowed, preferred] = fun.groups;
            let (cores, other_demands) = (fun.cores, fun.other_demands);
            *known = Known { cores, other_demands, allowed, preferred, ..*known };
        }
        let need = |function: FunctionId, group| self.functions[function.index()].need(&self.shape, group);
        let needs = Needs::new(self.functions.len(), self.shape.groups.len(), need);
        let phases = [DelayModel::Constant(Span::ZERO); 3];
        let mut setup = ServerlessSetup {
            rules: self.rules,
            shape: self.shape.clone(),
            needs,
            knowledge,
            retry_chance: root.stream("retries", &[]),
            journal: true,
            hardware: Hardware::of(&self.shape),
            cold: ColdStarts::new(phases, Bytes::ZERO, &functions, root),
            prices: None,
        };
        world::foresee(&mut setup, || self.invocations());
        setup
    }

    fn invocations(&self) -> impl Iterator<Item = Invocation> + '_ {
        let invocation = |&(at, function, duration)| Invocation { at, function: FunctionId::new(function), duration };
        self.requests.iter().map(invocation)
    }

    /// Serves the requests.
    pub fn run(&self) -> Ran {
        let measurement = Measurement {
            drain: self.end.since((Time::ZERO + self.window).min(self.end)),
            events: self.events,
            run_out: true,
            ..Measurement::whole(self.window)
        };
        let mut ends = Ends::default();
        let report = world::run_serverless(self.setup(), self.invocations(), &measurement, &mut ends, &mut ());
        Ran { report, completed: ends.completed, rejected: ends.rejected }
    }
}

/// So many hosts with so many cores and so much memory in MiB.
pub fn shape(hosts: u32, cores: u32, mib: u64) -> Shape {
    let memory = if mib == u64::MAX { Bytes::MAX } else { Bytes::from_mib(mib) };
    Shape::uniform(hosts, cores, memory)
}

/// Keeps all ends.
#[derive(Default)]
struct Ends {
    completed: Vec<Completed>,
    rejected: Vec<(Time, FunctionId, Rejection)>,
}

impl Recorder for Ends {
    fn completed(&mut self, request: &Completed) {
        self.completed.push(*request);
    }
    fn rejected(&mut self, at: Time, function: FunctionId, reason: Rejection) {
        self.rejected.push((at, function, reason));
    }
}

impl Ran {
    /// Requests by what they started from: nothing, bare, language, pool, warm.
    pub fn starts(&self) -> [u64; 5] {
        [Counter::FromNothing, Counter::FromBare, Counter::FromLanguage, Counter::FromPool, Counter::FromWarm]
            .map(|counter| self.report.count(counter))
    }
    /// Conservation laws that do not hold.
    pub fn broken_laws(&self) -> Vec<String> {
        let broken = self.report.audits.iter().filter(|audit| !audit.holds);
        broken.map(|audit| format!("{}: {} against {}", audit.law, audit.left, audit.right)).collect()
    }
    pub fn journal(&self) -> &[Decided] {
        self.report.meter.journal()
    }
    /// How often something was decided.
    pub fn count(&self, act: Act) -> usize {
        self.journal().iter().filter(|decided| decided.act == act).count()
    }
    /// When something was decided, in seconds.
    pub fn times(&self, act: Act) -> Vec<f64> {
        self.journal().iter().filter(|decided| decided.act == act).map(|decided| decided.at.as_secs_f64()).collect()
    }
    /// Response times in seconds, in order of arrival.
    pub fn responses(&self) -> Vec<f64> {
        let mut all: Vec<(Time, f64)> = self
            .completed
            .iter()
            .map(|request| (request.arrived, request.answered.since(request.arrived).as_secs_f64()))
            .collect();
        all.sort_by_key(|(arrived, _)| *arrived);
        all.into_iter().map(|(_, response)| response).collect()
    }
    /// Memory of idle sandboxes over time, in MiB·s.
    pub fn waste(&self) -> f64 {
        let meter = &self.report.meter;
        let held = meter.beyond(Gauge::LocalAllocated) + meter.beyond(Gauge::PoolAllocated);
        (held - meter.beyond(Gauge::MemoryUsed)) as f64 / 1_048_576.0 / 1e12
    }
}
