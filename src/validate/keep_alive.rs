//! The serverless platform's keep-alive against closed forms.

use crate::config::plan::{Boundary, IdleChoice, TimerOrigin};
use crate::ids::{FunctionId, Id};
use crate::probe::platform::{PlatformResult, PlatformSpec, run_platform};
use crate::rng::RootSeed;
use crate::units::{Bytes, Span, Time};
use crate::workload::{Function, Functions, ImportReport, Invocation, Workload};

use super::closed_forms::{keep_alive_instantaneous, keep_alive_stack};
use super::{Comparison, Measured, Tolerance, Validation};

/// The rows of this subject.
pub const ROWS: &[Validation] = &[
    Validation {
        name: "keep-alive/poisson",
        what: "Poisson requests without service time: share of cold starts and idle memory",
        source: "p = exp(-rate * limit): the gap before a cold request exceeds the limit",
        tolerance: Tolerance::OrInterval(0.01),
        run: poisson,
    },
    Validation {
        name: "keep-alive/stack",
        what: "M/M/infinity, most recently used sandbox first: share of cold starts, idle memory",
        source: "first passage times of M/M/infinity by uniformisation (Jensen 1953)",
        tolerance: Tolerance::OrInterval(0.01),
        run: stack,
    },
    Validation {
        name: "keep-alive/boundary",
        what: "gaps that grow by a minute, 600 requests: warm while the gap is at most (or below) the limit",
        source: "counting: with gaps of 1, 2, 3 ... min, a limit of 10 min keeps 10 (9) warm, of 2 h 120 (119)",
        tolerance: Tolerance::AtMost(0.0),
        run: boundary,
    },
    Validation {
        name: "keep-alive/origin",
        what: "requests of 3 min every 10 min, limit 8 min: warm from completion, cold from arrival",
        source: "counting: 7 min idle after completion, 10 min after arrival",
        tolerance: Tolerance::AtMost(0.0),
        run: origin,
    },
    Validation {
        name: "keep-alive/idle-choice",
        what: "two sandboxes, then one request every 4 min, limit 10 min: all choices but the least recent lose one",
        source: "counting",
        tolerance: Tolerance::AtMost(0.0),
        run: idle_choice,
    },
];

/// One function of 1 MiB, invoked at the given times for the given spans.
fn workload(requests: impl Iterator<Item = (Time, Span)>, cold_start: Span) -> Workload {
    let mut functions = Functions::new();
    let function: FunctionId = functions.push(Function {
        owner: String::new(),
        app: String::new(),
        name: "f".to_owned(),
        memory: Bytes::from_mib(1),
        cold_start: Some(cold_start),
        own: None,
    });
    debug_assert!(function == Id::new(0));
    let list = requests.map(|(at, duration)| Invocation { at, function, duration }).collect();
    Workload::listed(functions, list, ImportReport::default())
}

/// Poisson requests at `rate` a second with exponential service of mean `service_s`.
fn poisson_requests(n: u32, rate: f64, service_s: f64) -> impl Iterator<Item = (Time, Span)> {
    let mut arrivals = RootSeed::new(1, 0).stream("keep-alive arrivals", &[]);
    let mut services = RootSeed::new(1, 0).stream("keep-alive services", &[]);
    let mut now = 0.0;
    (0..n).map(move |_| {
        now += arrivals.exponential() / rate;
        (Time::ZERO + Span::from_secs_f64(now), Span::from_secs_f64(service_s * services.exponential()))
    })
}

/// 99 % half-width of a share estimated from `n` independent trials.
fn half_width(share: f64, n: u32) -> f64 {
    2.576 * libm::sqrt(share * (1.0 - share) / f64::from(n))
}

fn poisson() -> Measured {
    let (n, rate, limit_s) = (400_000, 1.0, 0.6);
    let spec = PlatformSpec::unlimited(Span::from_ms(600));
    let result = run_platform(&spec, &workload(poisson_requests(n, rate, 0.0), Span::ZERO));
    let expected = keep_alive_instantaneous(rate, limit_s);
    let cold = result.cold_starts as f64 / f64::from(n);
    // Each request keeps 1 MiB for min(gap, limit), whose mean is (1 - exp(-rate*limit))/rate and whose standard
    // deviation is below limit/2.
    let idle = result.wasted_memory_mb_s / f64::from(n);
    let idle_width = 2.576 * limit_s / 2.0 / libm::sqrt(f64::from(n));
    compared(
        vec![
            Comparison::with_interval("share of cold starts", cold, half_width(cold, n), expected.p_cold),
            Comparison::with_interval("idle MiB*s per request", idle, idle_width, expected.mean_idle / rate),
        ],
        n,
    )
}

fn stack() -> Measured {
    let (n, rate, mean_s, limit_s) = (1_000_000, 2.0, 1.0, 5.0);
    let spec = PlatformSpec::unlimited(Span::from_secs(5));
    let result = run_platform(&spec, &workload(poisson_requests(n, rate, mean_s), Span::ZERO));
    let cold = result.cold_starts as f64 / f64::from(n);
    let expected = keep_alive_stack(rate, mean_s, limit_s);
    let comparisons = vec![
        Comparison::with_interval("share of cold starts", cold, half_width(cold, n), expected.p_cold),
        Comparison::relative(
            "idle MiB*s per request",
            result.wasted_memory_mb_s / f64::from(n),
            expected.mean_idle / rate,
        ),
    ];
    compared(comparisons, n)
}

fn compared(comparisons: Vec<Comparison>, requests: u32) -> Measured {
    Measured::Compared { comparisons, run_length: format!("{requests} requests") }
}

fn cold_starts(quantity: &'static str, result: &PlatformResult, expected: u32) -> Comparison {
    Comparison::absolute(quantity, result.cold_starts as f64, f64::from(expected))
}

fn boundary() -> Measured {
    let arrivals = |step: u64| Time::ZERO + Span::from_secs(60 * (step * (step + 1) / 2));
    // 600 gaps of 1 to 600 minutes take 125 of the clock's 213 days.
    let requests = workload((0..600).map(|step| (arrivals(step), Span::ZERO)), Span::ZERO);
    let run = |minutes: u64, boundary| {
        let mut spec = PlatformSpec::unlimited(Span::from_secs(60 * minutes));
        spec.rules.boundary = boundary;
        run_platform(&spec, &requests)
    };
    let comparisons = vec![
        cold_starts("cold, 10 min", &run(10, Boundary::Warm), 590),
        cold_starts("cold, 10 min, equal is cold", &run(10, Boundary::Cold), 591),
        cold_starts("cold, 2 h", &run(120, Boundary::Warm), 480),
        cold_starts("cold, 2 h, equal is cold", &run(120, Boundary::Cold), 481),
    ];
    compared(comparisons, 600)
}

fn origin() -> Measured {
    let at = |i: u64| (Time::ZERO + Span::from_secs(600 * i), Span::from_secs(180));
    let requests = workload((0..100).map(at), Span::ZERO);
    let run = |timer_from| {
        let mut spec = PlatformSpec::unlimited(Span::from_secs(480));
        spec.rules.timer_from = timer_from;
        run_platform(&spec, &requests)
    };
    let comparisons = vec![
        cold_starts("cold, from completion", &run(TimerOrigin::Completion), 1),
        cold_starts("cold, from arrival", &run(TimerOrigin::Arrival), 100),
    ];
    compared(comparisons, 100)
}

fn idle_choice() -> Measured {
    // Two at once, then singles every 4 minutes for 40 minutes, then two at once again.
    let minute = |m: u64| (Time::ZERO + Span::from_secs(60 * m), Span::from_secs(1));
    let times = [0, 0].into_iter().chain((1..=10).map(|i| 4 * i)).chain([44, 44]);
    let requests = workload(times.map(minute), Span::ZERO);
    let run = |choice| {
        let mut spec = PlatformSpec::unlimited(Span::from_secs(600));
        spec.rules.idle_choice = choice;
        run_platform(&spec, &requests)
    };
    let comparisons = vec![
        cold_starts("cold, most recent", &run(IdleChoice::Mru), 3),
        cold_starts("cold, oldest", &run(IdleChoice::Oldest), 3),
        cold_starts("cold, newest", &run(IdleChoice::Newest), 3),
        cold_starts("cold, least recent", &run(IdleChoice::Lru), 2),
    ];
    compared(comparisons, 14)
}
