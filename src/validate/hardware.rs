//! What of the hardware is busy, and what is of no use to anybody, against closed forms: one host, Poisson arrivals,
//! exponential service, sandboxes that are removed after each request.

use crate::config::plan::KeepAliveMode;
use crate::cost::Usage;
use crate::platform::serverless::Shape;
use crate::probe::platform::PlatformSpec;
use crate::record::Null;
use crate::rng::RootSeed;
use crate::units::{Bytes, Span, Time};
use crate::workload::{Function, Functions, ImportReport, Workload};
use crate::world::{self, Measurement, RunReport};

use super::closed_forms::erlang_b;
use super::dispatch::Poisson;
use super::{Comparison, Measured, Tolerance, Validation};

/// The rows of this subject.
pub const ROWS: &[Validation] = &[
    Validation {
        name: "stranding/cores",
        what: "a host of 16 cores with memory for 10 requests at 8 Erlang, no queue: free cores without memory",
        source: "6 cores while all memory is held: 6 times Erlang B (Erlang 1917)",
        tolerance: Tolerance::AtMost(0.03),
        run: || {
            let [cores, _] = stranded(16, 10);
            compared(Comparison::relative("cores stranded", cores, 6.0 * erlang_b(8.0, 10)))
        },
    },
    Validation {
        name: "stranding/memory",
        what: "a host of 10 cores with memory for 16 requests at 8 Erlang, no queue: free memory without a core",
        source: "memory for 6 requests while all cores are held: 6 times Erlang B (Erlang 1917)",
        tolerance: Tolerance::AtMost(0.03),
        run: || {
            let [_, memory] = stranded(10, 16);
            compared(Comparison::relative("memory stranded, of requests", memory, 6.0 * erlang_b(8.0, 10)))
        },
    },
    Validation {
        name: "starts/busy-cores",
        what: "8 requests a second, each a start of 0.5 s and a run of 1 s, on 64 cores: share of core time that draws power",
        source: "Little's law: 8 (0.5 + 1) / 64",
        tolerance: Tolerance::AtMost(0.01),
        run: || {
            let report = run(64, 64, Span::from_ms(500));
            let usage = Usage::of(&report.meter, &[(1, 64)]);
            compared(Comparison::relative("share of cores that draw power", usage.utilisation(0), 12.0 / 64.0))
        },
    },
];

/// Requests.
const REQUESTS: u64 = 400_000;

/// How often it is looked at what is stranded: each 2.5 mean service times.
const LOOKS: u32 = 20_000;

/// What one request holds.
const MEMORY: Bytes = Bytes::from_mib(64);

fn compared(comparison: Comparison) -> Measured {
    Measured::Compared { comparisons: vec![comparison], run_length: format!("{REQUESTS} requests") }
}

fn window() -> Span {
    Span::from_secs(REQUESTS / 8)
}

/// Cores, and memory as what so many requests hold, mean over time.
fn stranded(cores: u32, requests: u64) -> [f64; 2] {
    let report = run(cores, requests, Span::ZERO);
    let [cores, memory, _] = report.looks.means(Time::ZERO, Time::ZERO + window());
    [cores, memory / MEMORY.0 as f64]
}

/// 8 requests a second, of a second in the mean, on a host with so many cores and memory for so many requests.
fn run(cores: u32, requests: u64, cold_start: Span) -> RunReport {
    let function = Function {
        owner: String::new(),
        app: String::new(),
        name: "f".to_owned(),
        memory: MEMORY,
        cold_start: Some(cold_start),
        own: None,
    };
    let functions: Functions = [function].into_iter().collect();
    let mut spec = PlatformSpec::unlimited(Span::ZERO);
    spec.rules.keep_alive = KeepAliveMode::None;
    spec.rules.queue_limit = 0;
    spec.shape = Shape::uniform(1, cores, MEMORY * requests);
    let setup = spec.setup(&Workload::listed(functions, Vec::new(), ImportReport::default()), false);
    let root = RootSeed::new(1, 0);
    let (gaps, runs) = (root.stream("hardware arrivals", &[]), root.stream("hardware services", &[]));
    let invocations = Poisson { gaps, runs, rate: 8.0, now: 0.0, left: REQUESTS };
    let measurement = Measurement { looks: LOOKS, ..Measurement::whole(window()) };
    world::run_serverless(setup, invocations, &measurement, &mut Null, &mut ())
}
