//! The engine and the shared station against closed forms of queueing theory.

use crate::probe::queue::{Discipline, QueueResult, QueueSpec, Service, run_queue};
use crate::stats::MeanInterval;
use crate::units::{PerSecond, Span};

use super::closed_forms::{Md1Wait, Means, erlang_b, mg1, mg1_ps_response, mmc, mmc_wait_quantile};
use super::{Comparison, Measured, Tolerance, Validation};

const TOLERANCE: Tolerance = Tolerance::OrInterval(0.01);

/// The rows of this subject.
pub const ROWS: &[Validation] = &[
    Validation {
        name: "queueing/mm1",
        what: "M/M/1 at load 0.8: means and 99 % quantile of the wait",
        source: "Erlang C (Erlang 1917)",
        tolerance: TOLERANCE,
        run: || mmc_row(0.8, 1),
    },
    Validation {
        name: "queueing/mmc-4",
        what: "M/M/4 at load 0.875: means and 99 % quantile of the wait",
        source: "Erlang C (Erlang 1917)",
        tolerance: TOLERANCE,
        run: || mmc_row(3.5, 4),
    },
    Validation {
        name: "queueing/mmc-100",
        what: "M/M/100 at load 0.95: means and 99 % quantile of the wait",
        source: "Erlang C (Erlang 1917)",
        tolerance: TOLERANCE,
        run: || mmc_row(95.0, 100),
    },
    Validation {
        name: "queueing/md1",
        what: "M/D/1 at load 0.7: means and all quantiles of the wait",
        source: "Pollaczek 1930; Franx 2001",
        tolerance: TOLERANCE,
        run: md1_row,
    },
    Validation {
        name: "queueing/mg1-hyperexp",
        what: "M/H2/1 at load 0.5, SCV 4: means",
        source: "Pollaczek 1930, Khinchine 1932",
        tolerance: TOLERANCE,
        run: || mg1_row(0.5, Service::HyperExponential { scv: 4.0 }),
    },
    Validation {
        name: "queueing/mg1-lognormal",
        what: "M/G/1 at load 0.7, log-normal with sigma 1: means",
        source: "Pollaczek 1930, Khinchine 1932",
        tolerance: TOLERANCE,
        run: || mg1_row(0.7, Service::LogNormal { scv: std::f64::consts::E - 1.0 }),
    },
    Validation {
        name: "queueing/mg1-erlang",
        what: "M/E3/1 at load 0.9: means",
        source: "Pollaczek 1930, Khinchine 1932",
        tolerance: TOLERANCE,
        run: || mg1_row(0.9, Service::Erlang { order: 3 }),
    },
    Validation {
        name: "queueing/ps-det",
        what: "M/D/1 with processor sharing at load 0.7: response time, requests present",
        source: "E[T] = E[S] / (1 - load), insensitive (Kleinrock 1976)",
        tolerance: TOLERANCE,
        run: || ps_row(Service::Deterministic),
    },
    Validation {
        name: "queueing/ps-hyperexp",
        what: "M/H2/1 with processor sharing at load 0.7, SCV 4: response time, requests present",
        source: "E[T] = E[S] / (1 - load), insensitive (Kleinrock 1976)",
        tolerance: TOLERANCE,
        run: || ps_row(Service::HyperExponential { scv: 4.0 }),
    },
    Validation {
        name: "queueing/ps-4-servers",
        what: "M/M/4 with processor sharing at load 0.875: response time, requests present",
        source: "the number present is that of M/M/4 under FIFO (same birth-death process)",
        tolerance: TOLERANCE,
        run: ps_servers_row,
    },
    Validation {
        name: "queueing/mg-inf",
        what: "M/D/inf at 1.79 Erlang: requests present, no wait",
        source: "mean present = offered load, insensitive",
        tolerance: TOLERANCE,
        run: mg_inf_row,
    },
    Validation {
        name: "queueing/erlang-b-10",
        what: "M/D/10/10 at 5 Erlang: share rejected, utilisation",
        source: "Erlang B (Erlang 1917), insensitive",
        tolerance: TOLERANCE,
        run: || erlang_b_row(5.0, 10, Service::Deterministic),
    },
    Validation {
        name: "queueing/erlang-b-30",
        what: "M/H2/30/30 at 20 Erlang, SCV 4: share rejected, utilisation",
        source: "Erlang B (Erlang 1917), insensitive",
        tolerance: TOLERANCE,
        run: || erlang_b_row(20.0, 30, Service::HyperExponential { scv: 4.0 }),
    },
    Validation {
        name: "queueing/coverage",
        what: "M/M/1: how often the 95 % interval of the 99 % quantile of the response holds it (absolute)",
        source: "the confidence that the interval states; 0.05 is two standard deviations of 80 runs",
        tolerance: Tolerance::AtMost(0.05),
        run: coverage_row,
    },
];

/// A FIFO station with unit mean service time and 99 % intervals.
fn station(arrival_rate: f64, service: Service, servers: u32) -> QueueSpec {
    QueueSpec {
        arrival_rate: PerSecond(arrival_rate),
        service,
        mean: Span::from_secs(1),
        servers,
        discipline: Discipline::Fifo,
        capacity: None,
        requests: 500_000,
        seed: 1,
        confidence: 0.99,
    }
}

fn compare(quantity: &'static str, measured: MeanInterval, expected: f64) -> Comparison {
    Comparison::with_interval(quantity, measured.mean, measured.half_width, expected)
}

fn measured(result: &QueueResult, comparisons: Vec<Comparison>) -> Measured {
    Measured::Compared { comparisons, run_length: format!("{} requests", result.measured) }
}

fn means(result: &QueueResult, expected: &Means, load: f64) -> Vec<Comparison> {
    vec![
        compare("mean wait", result.wait, expected.wait),
        compare("mean response", result.response, expected.response),
        compare("share that waits", result.p_wait, expected.p_wait),
        compare("queue length", result.queue_length, expected.queue_length),
        compare("requests present", result.in_system, expected.in_system),
        compare("utilisation", result.utilisation, load),
    ]
}

fn mmc_row(arrival_rate: f64, servers: u32) -> Measured {
    // Far quantiles need long batches: two million requests.
    let spec = QueueSpec { requests: 2_000_000, ..station(arrival_rate, Service::Exponential, servers) };
    let result = run_queue(&spec);
    let mut comparisons = means(&result, &mmc(arrival_rate, 1.0, servers), arrival_rate / f64::from(servers));
    let p99 = mmc_wait_quantile(arrival_rate, 1.0, servers, 0.99);
    comparisons.push(compare("99 % quantile of the wait", result.wait_quantiles[2], p99));
    measured(&result, comparisons)
}

fn md1_row() -> Measured {
    let result = run_queue(&station(0.7, Service::Deterministic, 1));
    let wait = Md1Wait::new(0.7);
    let mut comparisons = means(&result, &mg1(0.7, 1.0, 0.0), 0.7);
    let [p50, p90, p99] = result.wait_quantiles;
    comparisons.push(compare("50 % quantile of the wait", p50, wait.quantile(0.5)));
    comparisons.push(compare("90 % quantile of the wait", p90, wait.quantile(0.9)));
    comparisons.push(compare("99 % quantile of the wait", p99, wait.quantile(0.99)));
    measured(&result, comparisons)
}

fn mg1_row(load: f64, service: Service) -> Measured {
    let result = run_queue(&station(load, service, 1));
    measured(&result, means(&result, &mg1(load, 1.0, service.scv()), load))
}

fn ps_row(service: Service) -> Measured {
    let result = run_queue(&QueueSpec { discipline: Discipline::Ps, ..station(0.7, service, 1) });
    let response = mg1_ps_response(0.7, 1.0);
    let comparisons = vec![
        compare("mean response", result.response, response),
        compare("requests present", result.in_system, 0.7 * response),
        compare("utilisation", result.utilisation, 0.7),
    ];
    measured(&result, comparisons)
}

fn ps_servers_row() -> Measured {
    let result = run_queue(&QueueSpec { discipline: Discipline::Ps, ..station(3.5, Service::Exponential, 4) });
    let expected = mmc(3.5, 1.0, 4);
    let comparisons = vec![
        compare("mean response", result.response, expected.response),
        compare("requests present", result.in_system, expected.in_system),
        compare("utilisation", result.utilisation, 0.875),
    ];
    measured(&result, comparisons)
}

/// Of 80 runs each. Another row has the values themselves; here they are from the closed form, −ln 0.01/(1 − ρ).
fn coverage_row() -> Measured {
    let share = |load: f64, requests: u64| {
        let p99 = -libm::log(0.01) / (1.0 - load);
        let holds = |seed: &u64| {
            let spec = QueueSpec { requests, seed: *seed, confidence: 0.95, ..station(load, Service::Exponential, 1) };
            run_queue(&spec).response_quantiles[2].contains(p99)
        };
        (1..=80).filter(holds).count() as f64 / 80.0
    };
    let comparisons = vec![
        Comparison::absolute("share at load 0.5", share(0.5, 10_000), 0.95),
        Comparison::absolute("share at load 0.8", share(0.8, 50_000), 0.95),
        Comparison::absolute("share at load 0.85", share(0.85, 100_000), 0.95),
    ];
    Measured::Compared { comparisons, run_length: "3 × 80 runs".to_owned() }
}

fn mg_inf_row() -> Measured {
    let mean = Span::from_ms(1_991);
    let offered = 0.9 * mean.as_secs_f64();
    // A hundred servers are never all busy at 1.79 Erlang: P < 1e-140.
    let result = run_queue(&QueueSpec { mean, ..station(0.9, Service::Deterministic, 100) });
    let comparisons = vec![
        compare("requests present", result.in_system, offered),
        compare("mean response", result.response, mean.as_secs_f64()),
        Comparison::absolute("share that waits", result.p_wait.mean, 0.0),
    ];
    measured(&result, comparisons)
}

fn erlang_b_row(offered: f64, servers: u32, service: Service) -> Measured {
    let result = run_queue(&QueueSpec { capacity: Some(servers), ..station(offered, service, servers) });
    let blocked = erlang_b(offered, servers);
    let carried = offered * (1.0 - blocked);
    let comparisons = vec![
        compare("share rejected", result.p_reject, blocked),
        compare("requests present", result.in_system, carried),
        compare("utilisation", result.utilisation, carried / f64::from(servers)),
    ];
    measured(&result, comparisons)
}
