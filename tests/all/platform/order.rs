//! Which host without memory is passed over, who is tried first, which cores a start holds, and what a cold start is.

use sdcsim::config::plan::{Binding, CpuSharing, Placement, QueueOrder, ScalingMode, WhenBusy};
use sdcsim::platform::serverless::Rules;
use sdcsim::record::{Act, Completed, Counter, Decided};
use sdcsim::units::{Bytes, Span, Time};

use super::plain::{DEFINED, OTHERS};
use super::serve::{Case, Fun, Ran, shape};

/// All placements.
fn all() -> impl Iterator<Item = Placement> {
    DEFINED.into_iter().chain(OTHERS)
}

fn rules(placement: Placement, binding: Binding) -> Rules {
    Rules { placement, binding, ..Rules::fixed(Span::from_secs(600)) }
}

/// What is told of each request that was served, by arrival.
fn by_arrival<T>(ran: &Ran, of: impl Fn(&Completed) -> T) -> Vec<T> {
    let mut all: Vec<&Completed> = ran.completed.iter().collect();
    all.sort_by_key(|request| request.arrived);
    all.into_iter().map(of).collect()
}

/// Response times by arrival, in seconds.
fn responses(ran: &Ran) -> Vec<f64> {
    by_arrival(ran, |request| request.answered.since(request.arrived).as_secs_f64())
}

/// Three functions of which one fits on a host: each has a host of its own, and nobody waits; in pools too.
#[test]
fn a_host_without_memory_is_not_chosen_while_another_has_it() {
    let requests = [(0.0, 0, 2.0), (10.0, 1, 2.0), (20.0, 2, 2.0), (30.0, 0, 2.0), (40.0, 2, 2.0), (50.0, 1, 2.0)];
    for placement in all() {
        for (general, seed) in [(false, 1), (true, 1), (true, 2), (true, 3)] {
            let rules = Rules { general, ..rules(placement, Binding::Early) };
            let local = Case::unlimited(rules, vec![Fun::mib(5); 3]).on(shape(3, u32::MAX, 8));
            let ran = Case { seed, ..local.serving(&requests) }.run();
            assert_eq!(responses(&ran), [2.0; 6], "{placement:?}");
            // The pool has room for two: the third function waits until the first has gone, and nobody else does.
            let functions = vec![Fun { remote: Bytes::from_mib(3), ..Fun::mib(1) }; 3];
            let pooled = Case::unlimited(rules, functions).on(shape(2, u32::MAX, 64).with_pools(1, Bytes::from_mib(6)));
            let ran = Case { seed, ..pooled.serving(&[requests[0], requests[1], requests[2], requests[5]]) }.run();
            assert_eq!(responses(&ran)[..2], [2.0; 2], "{placement:?}");
            assert_eq!(responses(&ran)[3], 2.0, "{placement:?}: its sandbox is idle");
        }
    }
}

/// A function may run on both groups and prefers the one that is full.
#[test]
fn another_group_with_memory_goes_before_a_preferred_one_without() {
    let mut shape = shape(1, 1, 8);
    shape.groups.push(shape.groups[0]);
    let prefers = Fun { groups: [u64::MAX, 1], ..Fun::mib(5) };
    let blocks = Fun { groups: [2, 0], ..Fun::mib(1) };
    // Function 1 keeps the core of group 1 until 20 s; function 2 finds no memory in group 0 at any time before 600 s.
    let requests = [(0.0, 0, 2.0), (1.0, 1, 19.0), (10.0, 2, 2.0)];
    for placement in all() {
        let case = Case::unlimited(rules(placement, Binding::Early), vec![prefers, blocks, prefers]).on(shape.clone());
        assert_eq!(responses(&case.serving(&requests).run()), [2.0, 19.0, 12.0], "{placement:?}");
    }
}

/// Function 2 waits for memory from 4 s on; function 0 finds its sandbox idle at 7 s, and function 3 fits beside them at 8 s.
#[test]
fn an_arrival_is_tried_before_those_that_wait() {
    let functions = vec![Fun::mib(3), Fun::mib(3), Fun::mib(4), Fun::mib(1)];
    let requests = [(0.0, 0, 1.0), (2.0, 1, 40.0), (4.0, 2, 1.0), (7.0, 0, 1.0), (8.0, 3, 1.0)];
    for binding in [Binding::Early, Binding::Late] {
        for general in [false, true] {
            let case = |queue_order| {
                let rules = Rules { queue_order, general, ..rules(Placement::FirstWarm, binding) };
                Case::unlimited(rules, functions.clone()).on(shape(1, u32::MAX, 8)).serving(&requests).run()
            };
            // The sandbox of function 0 is idle since 8 s, and goes after 608 s: function 2 has its 4 MiB.
            let first = case(QueueOrder::ArrivalFirst);
            assert_eq!(responses(&first), [1.0, 40.0, 605.000_000_000_001, 1.0, 1.0], "{binding:?}");
            assert_eq!(first.report.count(Counter::SandboxesStarted), 4);
            // It is idle since 1 s. All that came behind function 2 start with it, the last where memory is left.
            let strict = case(QueueOrder::Strict);
            let waited = responses(&strict);
            assert_eq!(waited[..3], [1.0, 40.0, 598.000_000_000_001]);
            assert!(waited[3] > 590.0 && waited[4] > 590.0, "{waited:?}");
        }
    }
}

/// One core; a cold start of 6 s and a run of 3 s, and two runs of 2 s that come at 1 and 2 s and start at once.
#[test]
fn a_start_holds_a_core_or_none() {
    let functions = vec![Fun::mib(1).cold(Span::from_secs(6)), Fun::mib(1)];
    let requests = [(0.0, 0, 3.0), (1.0, 1, 2.0), (2.0, 1, 2.0)];
    for (cpu, start_cores, expected, started) in [
        (CpuSharing::Exclusive, true, [9.0, 10.0, 11.0], 2),
        (CpuSharing::Exclusive, false, [9.0, 2.0, 3.0], 3),
        // The second and the third share the core from 2 to 4 s.
        (CpuSharing::Shared, false, [9.0, 3.0, 3.0], 3),
        // Six seconds of work more: all is done at 13 s, as with a core for each request.
        (CpuSharing::Shared, true, [13.0, 5.5, 5.5], 3),
    ] {
        for binding in [Binding::Early, Binding::Late] {
            let rules = Rules { cpu, start_cores: Some(start_cores), ..rules(Placement::LeastLoaded, binding) };
            let ran = Case::unlimited(rules, functions.clone()).on(shape(1, 1, 64)).serving(&requests).run();
            let close = responses(&ran).iter().zip(expected).all(|(got, right)| (got - right).abs() < 1e-9);
            assert!(close, "{cpu:?} {start_cores}: {:?}", responses(&ran));
            assert_eq!(ran.report.count(Counter::SandboxesStarted), started);
            assert_eq!(ran.broken_laws(), Vec::<String>::new());
        }
    }
}

/// Of sandboxes that are ready on two hosts, each waits for a core of its own host, and limits on run time do not count that.
#[test]
fn who_waits_for_a_core_waits_on_its_host() {
    let mut rules = Rules { start_cores: Some(false), ..rules(Placement::RoundRobin, Binding::Early) };
    rules.quotas.timeout = Some(Span::from_secs(4));
    let requests = [(0.0, 0, 9.0), (0.1, 0, 1.0), (0.2, 0, 2.0), (0.3, 0, 1.0)];
    let ran = Case::unlimited(rules, vec![Fun::mib(1)]).on(shape(2, 1, 64)).serving(&requests).run();
    // The first is cancelled at 4 s; the third runs from then on.
    let ends: Vec<f64> = ran.completed.iter().map(|r| r.answered.since(Time::ZERO).as_secs_f64()).collect();
    assert_eq!((ends, ran.rejected.len()), (vec![1.1, 2.1, 6.0], 1));
    assert_eq!(ran.broken_laws(), Vec::<String>::new());
}

/// The one that waits on the preferred host waits for memory, and holds no core of it from who comes after it.
#[test]
fn who_waits_for_memory_leaves_the_cores_to_others() {
    let mut shape = shape(1, 1, 8);
    shape.groups.push(shape.groups[0]);
    let bound = Fun { groups: [1, 0], ..Fun::mib(5) };
    let prefers = Fun { groups: [u64::MAX, 1], ..Fun::mib(1) };
    let requests = [(0.0, 0, 1.0), (2.0, 1, 1.0), (5.0, 2, 1.0)];
    for (queue_order, host) in [(QueueOrder::ArrivalFirst, 0), (QueueOrder::Strict, 1)] {
        let rules = Rules { queue_order, ..rules(Placement::LeastLoaded, Binding::Early) };
        let case = Case::unlimited(rules, vec![bound, bound, prefers]).on(shape.clone());
        let ran = case.serving(&requests).run();
        let at = |decided: &&Decided| decided.at == Time::ZERO + Span::from_secs(5);
        assert_eq!(ran.journal().iter().find(at).and_then(|decided| decided.host), Some(host), "{queue_order:?}");
    }
}

/// Whoever gets a sandbox as it becomes ready has waited for its start, whoever has asked for it.
#[test]
fn who_waits_for_a_start_is_cold() {
    let functions = || vec![Fun::mib(1).cold(Span::from_secs(3))];
    for mode in [ScalingMode::Knative, ScalingMode::Hpa] {
        let mut rules = rules(Placement::LeastLoaded, Binding::Late);
        (rules.scaling.mode, rules.scaling.concurrency) = (mode, 2);
        rules.scaling.hpa.max_replicas = 1;
        rules.scaling.knative.max_scale = 1;
        // Two fit as the sandbox is ready at 3 s; the third gets a place at 13 s, and the last at once.
        let requests = [(0.0, 0, 10.0), (1.0, 0, 10.0), (2.0, 0, 1.0), (16.0, 0, 1.0)];
        let ran = Case::unlimited(rules, functions()).serving(&requests).run();
        assert_eq!(by_arrival(&ran, |request| request.cold), [true, true, false, false], "{mode:?}");
        let starts = [Counter::FromNothing, Counter::FromWarm].map(|counter| ran.report.count(counter));
        assert_eq!((starts, ran.count(Act::Prewarm)), ([2, 2], 1), "{mode:?}");
    }
    // Both: the busy sandbox is free first, or the new one is ready first.
    for (run, second) in [(3.0, false), (9.0, true)] {
        let mut rules = rules(Placement::LeastLoaded, Binding::Late);
        rules.dispatch.when_busy = WhenBusy::Both;
        let case = Case::unlimited(rules, functions()).serving(&[(0.0, 0, run), (4.0, 0, 1.0)]);
        assert_eq!(by_arrival(&case.run(), |request| request.cold), [true, second]);
    }
}
