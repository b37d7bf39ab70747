//! The general path gives the answers of the straight one, event by event, wherever both apply.

use proptest::prelude::*;
use sdcsim::config::plan::{
    Binding, Boundary, CpuSharing, IdleChoice, KeepAliveMode, Placement, QueueOrder, TimerOrigin,
};
use sdcsim::platform::serverless::{Rules, Shape};
use sdcsim::record::{Counter, Gauge};
use sdcsim::rng::RootSeed;
use sdcsim::units::{Bytes, Span, Time};

use super::serve::{Case, Fun, Ran, shape};

/// What both paths must agree on.
fn outcome(ran: &Ran) -> impl PartialEq + std::fmt::Debug + use<> {
    let report = &ran.report;
    let integrals = Gauge::ALL.map(|gauge| report.meter.beyond(gauge));
    let peaks = [Gauge::Waiting, Gauge::LocalAllocated, Gauge::PoolAllocated, Gauge::Instances]
        .map(|gauge| report.meter.peak(gauge));
    (
        (report.outcome.hash, report.outcome.events, report.outcome.end),
        (
            report.requests(),
            report.count(Counter::SandboxesStarted),
            report.count(Counter::Evicted),
            report.count(Counter::Queued),
        ),
        (integrals, peaks, ran.responses()),
    )
}

/// Runs a case on both paths.
fn both(case: &Case) -> [Ran; 2] {
    [false, true].map(|general| {
        let rules = Rules { general, ..case.rules };
        Case { rules, ..case.clone() }.run()
    })
}

/// 300 requests to five functions within five minutes, more than a few small hosts can serve at once.
fn crowd() -> (Vec<Fun>, Vec<(Time, u32, Span)>) {
    let mut chance = RootSeed::new(3, 0).stream("crowd", &[]);
    let functions = (0..5).map(|i| Fun::mib(1 + i % 3).cold(Span::from_ms(700 * i))).collect();
    let mut list: Vec<(Time, u32, Span)> = (0..300)
        .map(|_| {
            let at = Time::ZERO + Span::from_ms(chance.below(300_000));
            (at, chance.below(5) as u32, Span::from_ms(chance.below(6_000)))
        })
        .collect();
    list.sort_by_key(|(at, ..)| *at);
    (functions, list)
}

/// Hosts with room for everything, with few cores, and with little memory too.
fn shapes() -> [Shape; 4] {
    let pooled = shape(3, 2, 4).with_pools(2, Bytes::from_mib(4));
    [shape(3, u32::MAX, u64::MAX), shape(4, 2, 64), shape(4, 3, 4), pooled]
}

#[test]
fn both_paths_give_the_same_answers_for_all_simple_rules() {
    use Placement::{FirstWarm, LeastLoaded, RoundRobin};
    let (functions, requests) = crowd();
    let mut pressed = [0; 3];
    for (i, shape) in shapes().into_iter().enumerate() {
        let remote = Bytes::from_mib(u64::from(shape.pools() > 0));
        let functions: Vec<Fun> = functions.iter().map(|fun| Fun { remote, ..*fun }).collect();
        let modes = [KeepAliveMode::Fixed, KeepAliveMode::None, KeepAliveMode::Forever];
        let choices = [IdleChoice::Mru, IdleChoice::Lru, IdleChoice::Oldest, IdleChoice::Newest];
        for placement in [RoundRobin, LeastLoaded, FirstWarm] {
            for binding in [Binding::Early, Binding::Late] {
                for (mode, keep_alive) in modes.into_iter().enumerate() {
                    for (choice, idle_choice) in choices.into_iter().enumerate() {
                        // The two-valued rules take turns, so that each meets all others.
                        let turn = i + mode + choice;
                        let mut rules = Rules::fixed(Span::from_secs(9));
                        (rules.placement, rules.binding) = (placement, binding);
                        (rules.keep_alive, rules.idle_choice) = (keep_alive, idle_choice);
                        rules.evict_idle = keep_alive == KeepAliveMode::Forever || turn % 2 == 0;
                        rules.timer_from = [TimerOrigin::Completion, TimerOrigin::Arrival][turn / 2 % 2];
                        rules.boundary = [Boundary::Warm, Boundary::Cold][turn / 3 % 2];
                        rules.cpu = [CpuSharing::Exclusive, CpuSharing::Shared][turn / 5 % 2];
                        rules.queue_limit = [u64::MAX, 2][turn / 4 % 2];
                        rules.queue_order = [QueueOrder::ArrivalFirst, QueueOrder::Strict][turn / 7 % 2];
                        let case = Case::unlimited(rules, functions.clone()).on(shape.clone());
                        let case = Case { requests: requests.clone(), window: Span::from_secs(300), ..case };
                        let [straight, general] = both(&case);
                        assert_eq!(outcome(&straight), outcome(&general), "{:?} on {:?}", case.rules, case.shape);
                        assert_eq!(straight.broken_laws(), Vec::<String>::new());
                        let report = &straight.report;
                        pressed = [
                            pressed[0] + report.count(Counter::Queued),
                            pressed[1] + report.count(Counter::Evicted),
                            pressed[2] + report.requests()[2],
                        ];
                    }
                }
            }
        }
    }
    assert!(
        pressed.iter().all(|n| *n > 1_000),
        "requests wait, sandboxes are evicted, requests are rejected: {pressed:?}"
    );
}

prop_compose! {
    fn cases()(
        rules in (0..3_usize, any::<bool>(), 0..3_usize, 0..4_usize, any::<[bool; 5]>(), 0_u64..12, 0_u64..5),
        on in (1_u32..4, prop::sample::select(vec![1, 2, 3, u32::MAX]), 3_u64..9, 0_u32..3),
        functions in prop::collection::vec((1_u64..4, 0_u64..3, 0_u64..4), 1..4),
        // Whole seconds, so that arrivals, ends and expiries meet.
        list in prop::collection::vec((0_u64..6, any::<u32>(), 0_u64..8), 1..60),
    ) -> Case {
        use Placement::{FirstWarm, LeastLoaded, RoundRobin};
        let (placement, early, mode, choice, [timer, boundary, evict, shared, strict], limit, queue) = rules;
        let mut rules = Rules::fixed(Span::from_secs(limit));
        rules.placement = [RoundRobin, LeastLoaded, FirstWarm][placement];
        rules.binding = if early { Binding::Early } else { Binding::Late };
        rules.keep_alive = [KeepAliveMode::Fixed, KeepAliveMode::None, KeepAliveMode::Forever][mode];
        rules.idle_choice = [IdleChoice::Mru, IdleChoice::Lru, IdleChoice::Oldest, IdleChoice::Newest][choice];
        rules.timer_from = if timer { TimerOrigin::Arrival } else { TimerOrigin::Completion };
        rules.boundary = if boundary { Boundary::Cold } else { Boundary::Warm };
        rules.cpu = if shared { CpuSharing::Shared } else { CpuSharing::Exclusive };
        rules.evict_idle = evict || mode == 2;
        rules.queue_limit = if queue == 4 { u64::MAX } else { queue };
        rules.queue_order = if strict { QueueOrder::Strict } else { QueueOrder::ArrivalFirst };
        let (hosts, cores, mib, pools) = on;
        let shape = shape(hosts, cores, mib).with_pools(pools, Bytes::from_mib(4));
        let remote = |mib: u64| Bytes::from_mib(if pools == 0 { 0 } else { mib });
        let functions: Vec<Fun> = functions
            .into_iter()
            .map(|(local, pooled, cold)| Fun { remote: remote(pooled), ..Fun::mib(local).cold(Span::from_secs(cold)) })
            .collect();
        let mut now = Time::ZERO;
        let count = functions.len() as u32;
        let requests = list
            .into_iter()
            .map(|(gap, function, run)| {
                now += Span::from_secs(gap);
                (now, function % count, Span::from_secs(run))
            })
            .collect();
        Case { requests, ..Case::unlimited(rules, functions).on(shape) }
    }
}

proptest! {
    #[test]
    fn both_paths_give_the_same_answers_on_any_small_trace(case in cases()) {
        let [straight, general] = both(&case);
        prop_assert_eq!(outcome(&straight), outcome(&general));
        prop_assert_eq!(straight.report.requests()[3], 0, "requests that never end");
        prop_assert_eq!(straight.broken_laws(), Vec::<String>::new());
    }
}

/// All that wait for a cold start take no time and end within each other, on a stack that has an end.
#[test]
fn a_long_queue_of_runs_without_length() {
    let requests = vec![(0.0, 0, 0.0); 100_000];
    let rules = Rules { binding: Binding::Late, ..Rules::fixed(Span::from_secs(1)) };
    let case = Case::unlimited(rules, vec![Fun::mib(1).cold(Span::from_secs(1))]).on(shape(1, 1, 4)).serving(&requests);
    for ran in both(&case) {
        assert_eq!((ran.report.requests(), ran.report.count(Counter::SandboxesStarted)), ([100_000, 100_000, 0, 0], 1));
    }
}
