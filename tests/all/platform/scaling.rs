//! Autoscaled functions, and sandboxes that serve several requests at a time.

use sdcsim::config::plan::{Binding, KeepAliveMode, ScalingMode};
use sdcsim::engine::Stop;
use sdcsim::platform::serverless::Rules;
use sdcsim::record::{Act, Counter, Gauge};
use sdcsim::units::Span;

use super::serve::{Case, Fun, Ran, shape};

fn scaled(mode: ScalingMode, concurrency: u32) -> Rules {
    let mut rules = Rules::fixed(Span::ZERO);
    (rules.binding, rules.scaling.mode, rules.scaling.concurrency) = (Binding::Late, mode, concurrency);
    rules.evict_idle = true;
    rules
}

/// So many requests at once, which run for as long as one looks.
#[expect(clippy::large_types_passed_by_value, reason = "cases are read, not timed")]
fn steady(rules: Rules, requests: usize, seconds: u64) -> Ran {
    let all = vec![(0.0, 0, 1e5); requests];
    Case::unlimited(rules, vec![Fun::mib(1)]).serving(&all).until(seconds).run()
}

/// The example of Knative's documents: 100 requests at once, 10 in a pod, of which 7 are aimed at.
#[test]
fn knative_example() {
    for (requests, pods) in [(100, 15), (50, 8)] {
        let ran = steady(scaled(ScalingMode::Knative, 10), requests, 300);
        assert_eq!(ran.report.meter.level(Gauge::Instances), pods, "{requests} requests");
        assert_eq!(ran.report.requests()[3], requests as u64);
    }
}

/// The example of Kubernetes' documents: 50 pods at 90 % of 75 % become 60; at 80 % they are within the tolerance.
#[test]
fn horizontal_autoscaler_example() {
    for (requests, pods) in [(900, 60), (800, 50)] {
        let mut rules = scaled(ScalingMode::Hpa, 20);
        rules.scaling.hpa.min_replicas = 50;
        let ran = steady(rules, requests, 1_000);
        assert_eq!(ran.report.meter.level(Gauge::Instances), pods, "{requests} requests");
        // All at the first look: the first request brings the fewest, and half a minute later nothing changes any more.
        let last = ran.times(Act::Prewarm).pop().unwrap();
        assert!(last <= 15.0, "{last} s");
    }
}

/// With a minute of traffic and none after it, functions go to zero, and the run comes to its end.
#[test]
fn what_is_not_asked_for_goes_to_zero() {
    for mode in [ScalingMode::Knative, ScalingMode::Hpa] {
        let requests: Vec<(f64, u32, f64)> = (0..600).map(|n| (0.1 * f64::from(n), 0, 2.0)).collect();
        let ran = Case::unlimited(scaled(mode, 2), vec![Fun::mib(1).cold(Span::from_secs(1))]).serving(&requests).run();
        assert_eq!(ran.report.outcome.stop, Stop::Finished);
        assert_eq!(ran.report.requests(), [600, 600, 0, 0]);
        assert_eq!(ran.broken_laws(), Vec::<String>::new());
        // Kubernetes keeps its fewest, one.
        let left = u64::from(mode == ScalingMode::Hpa);
        assert_eq!(ran.report.meter.level(Gauge::Instances), left, "{mode:?}");
        assert!(ran.report.meter.peak(Gauge::Instances) >= 10, "20 requests at a time, two in each");
    }
}

/// Two functions that do not fit beside each other take each other's sandboxes; each is served, and in the end both rest.
#[test]
fn functions_that_crowd_each_other_out_come_to_rest() {
    for (mode, fewest) in [(ScalingMode::Knative, 0), (ScalingMode::Knative, 1), (ScalingMode::Hpa, 1)] {
        let mut rules = scaled(mode, 1);
        (rules.scaling.knative.min_scale, rules.scaling.hpa.min_replicas) = (fewest, 1);
        let functions = vec![Fun::mib(2).cold(Span::from_secs(3)); 2];
        let requests: Vec<(f64, u32, f64)> = (0..40).map(|n| (3.0 * f64::from(n), n % 2, 1.0)).collect();
        let case = Case { events: 50_000, ..Case::unlimited(rules, functions).on(shape(1, 4, 3)).serving(&requests) };
        let ran = case.run();
        assert_eq!(
            (ran.report.outcome.stop, ran.report.requests()),
            (Stop::Finished, [40, 40, 0, 0]),
            "{mode:?} {fewest}"
        );
    }
}

/// An idle sandbox on a host without a free core takes those that wait for it as soon as there is one.
#[test]
fn requests_wait_for_a_core_of_their_sandbox() {
    let rules = scaled(ScalingMode::Knative, 1);
    let functions = vec![Fun::mib(1); 2];
    // Function 0 has its sandbox from 0 s on; from 2 to 32 s the only core is function 1's.
    let ran = Case::unlimited(rules, functions)
        .on(shape(1, 1, 8))
        .serving(&[(0.0, 0, 1.0), (2.0, 1, 30.0), (3.0, 0, 1.0)])
        .run();
    assert_eq!(ran.responses(), [1.0, 30.0, 30.0]);
    assert_eq!(ran.report.requests(), [3, 3, 0, 0]);
}

/// Sandboxes that a rule for the memory tiers has moved to a pool serve nobody: new ones are started.
#[test]
fn a_pooled_sandbox_is_none_for_the_autoscaler() {
    let mut rules = scaled(ScalingMode::Knative, 1);
    (rules.keep_alive, rules.tier_limit) = (KeepAliveMode::RemoteTier, Span::from_secs(1_000));
    let pooled = shape(1, 4, 1).with_pools(1, sdcsim::units::Bytes::from_mib(8));
    let functions = vec![Fun::mib(1); 2];
    // Function 1 takes the only place at 10 s; function 0 comes back at 12 s.
    let ran = Case::unlimited(rules, functions)
        .on(pooled)
        .serving(&[(0.0, 0, 1.0), (10.0, 1, 1.0), (12.0, 0, 1.0)])
        .until(500)
        .run();
    assert_eq!(ran.report.requests(), [3, 3, 0, 0]);
    assert!(ran.responses().iter().all(|response| *response <= 3.0), "{:?}", ran.responses());
}

#[test]
fn a_sandbox_serves_so_many_and_lets_so_many_wait() {
    let mut rules = Rules::fixed(Span::from_secs(100));
    (rules.scaling.concurrency, rules.scaling.sandbox_queue) = (2, 1);
    let cold = Span::from_secs(2);
    // Cold; then the sandbox that starts has one waiting, the next starts another one, at which one waits too, and so on.
    let requests: Vec<(f64, u32, f64)> = (0..5).map(|n| (0.25 * f64::from(n), 0, 10.0)).collect();
    let ran = Case::unlimited(rules, vec![Fun::mib(1).cold(cold)]).serving(&requests).run();
    // 0 s cold, ready at 2 s; 0.25 s waits there until 2 s; 0.5 s cold, ready at 2.5 s; 0.75 s waits there; 1 s cold.
    assert_eq!(ran.responses(), [12.0, 11.75, 12.0, 11.75, 12.0]);
    assert_eq!((ran.report.count(Counter::SandboxesStarted), ran.report.count(Counter::Queued)), (3, 2));
    // All have waited for the start of their sandbox.
    assert_eq!(ran.starts(), [5, 0, 0, 0, 0]);

    // Both places of the only sandbox are taken until 10 s: one waits, then a new one is started.
    let requests = [(0.0, 0, 10.0), (3.0, 0, 10.0), (4.0, 0, 1.0), (5.0, 0, 1.0)];
    let ran = Case::unlimited(rules, vec![Fun::mib(1).cold(cold)]).serving(&requests).run();
    assert_eq!(ran.responses(), [12.0, 10.0, 9.0, 3.0]);
}

/// Each request in a sandbox needs a core; the sandbox holds its memory once.
#[test]
fn concurrency_costs_cores_and_no_memory() {
    let mut rules = Rules::fixed(Span::from_secs(100));
    (rules.scaling.concurrency, rules.binding) = (4, Binding::Late);
    let requests = [(0.0, 0, 10.0), (1.0, 0, 10.0), (2.0, 0, 10.0), (3.0, 0, 10.0)];
    let ran = Case::unlimited(rules, vec![Fun::mib(1)]).on(shape(1, 3, 1)).serving(&requests).run();
    // The fourth waits for a core until 10 s.
    assert_eq!(ran.responses(), [10.0, 10.0, 10.0, 17.0]);
    assert_eq!(
        (ran.report.count(Counter::SandboxesStarted), ran.report.meter.peak(Gauge::LocalAllocated)),
        (1, 1 << 20)
    );
    let used = ran.report.meter.beyond(Gauge::MemoryUsed) as f64 / 1_048_576.0 / 1e12;
    assert_eq!((used, ran.waste()), (20.0, 100.0));
}

/// A function without requests for a stable window keeps its fewest, and no tick comes any more.
#[test]
fn the_fewest_stay() {
    let mut rules = scaled(ScalingMode::Knative, 1);
    rules.scaling.knative.min_scale = 2;
    rules.scaling.knative.stable_window = Span::from_secs(20);
    let ran = Case::unlimited(rules, vec![Fun::mib(1)]).serving(&[(0.0, 0, 1.0)]).run();
    assert_eq!(ran.report.outcome.stop, Stop::Finished);
    assert_eq!(ran.report.meter.level(Gauge::Instances), 2);
    // Two windows, and the grace period.
    assert!(ran.report.outcome.end.as_secs_f64() <= 75.0);
}
