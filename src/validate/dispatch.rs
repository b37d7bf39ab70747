//! Placement on the real platform against queueing theory: hosts of one core, exponential service, one function whose
//! sandboxes are never removed and start at once.

use crate::config::plan::{Binding, KeepAliveMode, Placement, Steal};
use crate::ids::{FunctionId, Id};
use crate::platform::serverless::Shape;
use crate::platform::serverless::dispatch::random;
use crate::probe::platform::PlatformSpec;
use crate::record::{Completed, Recorder, Rejection};
use crate::rng::{RootSeed, Stream};
use crate::stats::{MeanInterval, mean_interval};
use crate::units::{Bytes, Span, Time};
use crate::workload::{Function, Functions, ImportReport, Invocation, Workload};
use crate::world::{self, Measurement};

use super::closed_forms::{erlang_b, jsq2_response, mmc};
use super::{Comparison, Measured, Tolerance, Validation};

const TOLERANCE: Tolerance = Tolerance::OrInterval(0.01);

/// The rows of this subject.
pub const ROWS: &[Validation] = &[
    Validation {
        name: "dispatch/random",
        what: "hosts drawn by chance, 100 of one core at load 0.7: mean response",
        source: "each host is M/M/1: 1 / (1 - load)",
        tolerance: TOLERANCE,
        run: || compared(vec![responses(&farm(Placement::Random, 100), 0.7, 3_000_000).against(1.0 / 0.3)]),
    },
    Validation {
        name: "dispatch/shortest-queue",
        what: "the shorter of two queues at loads 0.5 and 0.7: mean response",
        source: "balance equations of the two queue lengths, solved to 1e-12",
        tolerance: TOLERANCE,
        run: || {
            let at = |load| responses(&farm(Placement::LeastLoaded, 2), load, 1_500_000).against(jsq2_response(load));
            compared(vec![at(0.5), at(0.7)])
        },
    },
    Validation {
        name: "dispatch/power-of-two",
        what: "the less loaded of two hosts drawn, 1,000 hosts at loads 0.5, 0.7 and 0.9: mean response",
        source: "Mitzenmacher 2001, for many hosts: 1.2657, 1.6145, 2.6141 mean service times",
        tolerance: TOLERANCE,
        run: || {
            let cases = [(0.5, 400_000), (0.7, 700_000), (0.9, 3_000_000)];
            compared(cases.map(|(load, n)| power_of_two(load, 1_000, n)).to_vec())
        },
    },
    Validation {
        name: "dispatch/late-binding",
        what: "one queue before four cores at load 0.875: mean response",
        source: "Erlang C (Erlang 1917)",
        tolerance: TOLERANCE,
        run: || {
            let mut spec = farm(Placement::LeastLoaded, 4);
            spec.rules.binding = Binding::Late;
            compared(vec![responses(&spec, 0.875, 2_000_000).against(mmc(3.5, 1.0, 4).response)])
        },
    },
    Validation {
        name: "dispatch/stealing",
        what: "random hosts that steal when they have nothing to do, ten at load 0.9: mean response",
        source: "no core is idle while a request waits, so the number present is that of M/M/10 (Erlang C)",
        tolerance: TOLERANCE,
        run: || {
            let mut spec = farm(Placement::Random, 10);
            spec.rules.dispatch.steal = Steal::Head;
            compared(vec![responses(&spec, 0.9, 2_000_000).against(mmc(9.0, 1.0, 10).response)])
        },
    },
    Validation {
        name: "dispatch/account-limit",
        what: "an account limit of 10 requests at a time at 5 Erlang: share throttled",
        source: "Erlang B (Erlang 1917)",
        tolerance: TOLERANCE,
        run: || {
            let mut spec = farm(Placement::RoundRobin, 1);
            spec.shape.groups[0].cores = u32::MAX;
            spec.rules.quotas.account_concurrency = Some(10);
            let measured = responses(&spec, 5.0, 1_500_000);
            let share = measured.rejected;
            compared(vec![Comparison::with_interval(
                "share throttled",
                share.mean,
                share.half_width,
                erlang_b(5.0, 10),
            )])
        },
    },
];

/// Power of two choices at a load per host: the mean response against the limit for many hosts.
pub fn power_of_two(load: f64, hosts: u32, requests: u64) -> Comparison {
    responses(&farm(Placement::PowerOfD, hosts), load, requests).against(random::mean_response(load, 2))
}

fn compared(comparisons: Vec<Comparison>) -> Measured {
    Measured::Compared { comparisons, run_length: "0.4 to 3 million requests".to_owned() }
}

/// Hosts of one core, chosen at arrival.
fn farm(placement: Placement, hosts: u32) -> PlatformSpec {
    let mut spec = PlatformSpec::unlimited(Span::MAX);
    spec.rules.keep_alive = KeepAliveMode::Forever;
    spec.rules.placement = placement;
    spec.shape = Shape::uniform(hosts, 1, Bytes::MAX);
    spec
}

/// Requests with exponential gaps and run times, whose mean is a second.
pub(super) struct Poisson {
    pub(super) gaps: Stream,
    pub(super) runs: Stream,
    pub(super) rate: f64,
    pub(super) now: f64,
    pub(super) left: u64,
}

impl Iterator for Poisson {
    type Item = Invocation;
    fn next(&mut self) -> Option<Invocation> {
        self.left = self.left.checked_sub(1)?;
        self.now += self.gaps.exponential() / self.rate;
        let duration = Span::from_secs_f64(self.runs.exponential());
        Some(Invocation { at: Time::ZERO + Span::from_secs_f64(self.now), function: Id::new(0), duration })
    }
}

/// Response times and rejections by batches of arrivals; the first tenth is the warm-up.
struct Batches {
    length: Span,
    /// Sum of responses in seconds, requests answered, requests rejected.
    of: [(f64, u64, u64); BATCHES + WARM_UP],
}

const BATCHES: usize = 30;
const WARM_UP: usize = 4;

impl Batches {
    fn at(&mut self, arrived: Time) -> &mut (f64, u64, u64) {
        let batch = (arrived.as_ps() / self.length.as_ps()) as usize;
        &mut self.of[batch.min(BATCHES + WARM_UP - 1)]
    }
    fn interval(&self, of_batch: impl Fn(&(f64, u64, u64)) -> f64) -> MeanInterval {
        let means: Vec<f64> = self.of[WARM_UP..].iter().map(of_batch).collect();
        mean_interval(&means, 0.99).expect("there are thirty batches")
    }
}

impl Recorder for Batches {
    fn completed(&mut self, request: &Completed) {
        let response = request.answered.since(request.arrived).as_secs_f64();
        let batch = self.at(request.arrived);
        batch.0 += response;
        batch.1 += 1;
    }
    fn rejected(&mut self, at: Time, _function: FunctionId, _reason: Rejection) {
        self.at(at).2 += 1;
    }
}

/// What was measured of a farm.
struct Responses {
    response: MeanInterval,
    rejected: MeanInterval,
}

impl Responses {
    fn against(&self, expected: f64) -> Comparison {
        Comparison::with_interval("mean response", self.response.mean, self.response.half_width, expected)
    }
}

fn responses(spec: &PlatformSpec, load: f64, requests: u64) -> Responses {
    let function = Function {
        owner: String::new(),
        app: String::new(),
        name: "f".to_owned(),
        memory: Bytes::from_mib(1),
        cold_start: Some(Span::ZERO),
        own: None,
    };
    let functions: Functions = [function].into_iter().collect();
    let setup = spec.setup(&Workload::listed(functions, Vec::new(), ImportReport::default()), false);
    let root = RootSeed::new(1, 0);
    let rate = load * f64::from(spec.shape.hosts());
    let (gaps, runs) = (root.stream("dispatch arrivals", &[]), root.stream("dispatch services", &[]));
    let invocations = Poisson { gaps, runs, rate, now: 0.0, left: requests };
    let window = Span::from_secs_f64(requests as f64 / rate);
    let length = Span::from_ps(window.as_ps() / (BATCHES + WARM_UP) as u64);
    let measurement = Measurement::whole(window);
    let mut batches = Batches { length, of: [(0.0, 0, 0); BATCHES + WARM_UP] };
    world::run_serverless(setup, invocations, &measurement, &mut batches, &mut ());
    Responses {
        response: batches.interval(|(sum, answered, _)| sum / *answered as f64),
        rejected: batches.interval(|(_, answered, rejected)| *rejected as f64 / (answered + rejected) as f64),
    }
}
