//! Where requests go, and what they do where no sandbox is free: on the real platform.

use proptest::prelude::*;
use sdcsim::config::plan::{
    Binding, Burst, FunctionBurst, Jitter, KeepAliveMode, Placement, QueueOrder, Retry, Steal, WhenBusy,
};
use sdcsim::platform::serverless::Rules;
use sdcsim::record::{Act, Component, Counter, Rejection};
use sdcsim::units::{Bytes, Span, Time};

use super::serve::{Case, Fun, Ran, shape};

fn rules(placement: Placement, binding: Binding) -> Rules {
    let mut rules = Rules::fixed(Span::from_secs(600));
    (rules.placement, rules.binding, rules.general) = (placement, binding, true);
    rules
}

/// The host on which each start took place, in order.
fn hosts(ran: &Ran) -> Vec<u32> {
    let starts = ran.journal().iter().filter(|decided| matches!(decided.act, Act::Warm | Act::Cold));
    starts.map(|decided| decided.host.expect("a start has a host")).collect()
}

/// When requests began, by arrival.
fn begun(ran: &Ran) -> Vec<f64> {
    let mut all: Vec<_> = ran.completed.iter().collect();
    all.sort_by_key(|request| request.arrived);
    all.iter().map(|request| (request.arrived + request.breakdown.get(Component::Queue)).as_secs_f64()).collect()
}

proptest! {
    /// Consistent hashing with bounded loads: no host takes a request that brings it above `⌈c (m + 1) / n⌉`, with `m`
    /// requests present, whether they run or wait. Arrivals differ below the microsecond from all ends.
    #[test]
    fn bounded_loads_are_bounded(
        list in prop::collection::vec((0_u64..4, 0_u32..6, 0_u64..20), 1..80),
        hosts in 1_u32..6,
        hundredths in 101_u32..300,
    ) {
        let mut rules = rules(Placement::BoundedHashing, Binding::Early);
        rules.dispatch.load_bound = f64::from(hundredths) / 100.0;
        let mut now = Span::ZERO;
        let requests: Vec<(Time, u32, Span)> = list
            .iter()
            .enumerate()
            .map(|(i, &(gap, function, run))| {
                now += Span::from_secs(gap);
                (Time::ZERO + now + Span::from_ns(1 + i as u64), function, Span::from_secs(run))
            })
            .collect();
        let case = Case::unlimited(rules, vec![Fun::mib(1); 6]).on(shape(hosts, 2, 64));
        let ran = Case { requests: requests.clone(), ..case }.run();
        let answered = |arrived: Time| ran.completed.iter().find(|r| r.arrived == arrived).expect("all end").answered;
        let mut present: Vec<(u32, Time)> = Vec::new();
        for (at, ..) in requests {
            present.retain(|(_, ends)| *ends > at);
            let decided = ran.journal().iter().find(|decided| decided.at == at && decided.act != Act::Expire);
            let host = decided.and_then(|decided| decided.host).expect("each arrival is noted with its host");
            let load = present.iter().filter(|(other, _)| *other == host).count() as u32 + 1;
            let bound = (hundredths * (present.len() as u32 + 1)).div_ceil(100 * hosts);
            prop_assert!(load <= bound, "{load} requests on host {host}, at most {bound}");
            present.push((host, answered(at)));
        }
    }
}

/// A host whose request was rejected is as idle as before.
#[test]
fn join_idle_queue_forgets_no_host() {
    let mut rules = rules(Placement::JoinIdleQueue, Binding::Early);
    rules.quotas.burst = Burst::Function(FunctionBurst { step: 1, interval: Span::from_secs(10_000) });
    for seed in 0..12 {
        let case = Case::unlimited(rules, vec![Fun::mib(1); 2]).on(shape(2, 4, 64));
        // Host 0 has the first; host 1 is chosen for the second, which may start no sandbox, and is idle for the third.
        let ran = Case { seed, ..case.serving(&[(0.0, 0, 100.0), (1.0, 0, 1.0), (2.0, 1, 1.0)]) }.run();
        assert_eq!((hosts(&ran), ran.count(Act::Throttle)), (vec![0, 1], 1));
    }
}

/// Of two hosts the second is free from 1 s on: a request that waits at the first goes there, from head or tail.
#[test]
fn a_host_without_work_takes_from_others() {
    let requests = [(0.0, 0, 10.0), (0.5, 0, 0.5), (0.6, 0, 3.0), (2.0, 0, 2.0), (2.5, 0, 1.0), (2.6, 0, 1.0)];
    for (steal, begins) in [
        // In turn: 0.6 s and 2.5 s to host 0, which is busy until 10 s.
        (Steal::Never, [0.0, 0.5, 10.0, 2.0, 13.0, 4.0]),
        // Host 1 takes the request of 0.6 s when it is free at 1 s, and is busy until 4 s. Its own are first; it is free
        // again at 7 s.
        (Steal::Head, [0.0, 0.5, 1.0, 4.0, 7.0, 6.0]),
        (Steal::Tail, [0.0, 0.5, 1.0, 4.0, 7.0, 6.0]),
    ] {
        let mut rules = rules(Placement::RoundRobin, Binding::Early);
        rules.dispatch.steal = steal;
        let ran = Case::unlimited(rules, vec![Fun::mib(1)]).on(shape(2, 1, 64)).serving(&requests).run();
        assert_eq!(begun(&ran), begins, "{steal:?}");
    }
}

/// Host 1 has a free core, and its memory is function 1's: it cannot start what waits at host 0, and does not take it.
#[test]
fn nothing_is_taken_that_cannot_start() {
    let requests = [(0.0, 0, 10.0), (0.1, 1, 1.0), (2.0, 0, 1.0), (3.0, 1, 1.0), (5.0, 0, 1.0)];
    for steal in [Steal::Head, Steal::Tail] {
        let mut rules = rules(Placement::RoundRobin, Binding::Early);
        rules.dispatch.steal = steal;
        let ran = Case::unlimited(rules, vec![Fun::mib(1); 2]).on(shape(2, 1, 1)).serving(&requests).run();
        assert_eq!((begun(&ran), hosts(&ran)), (vec![0.0, 0.1, 10.0, 3.0, 11.0], vec![0, 1, 1, 0, 0]), "{steal:?}");
    }
}

/// A request waits at the head of the queue while others end without making room: that draws nothing from the stream
/// of the placement, so that later requests go where they would have gone without it.
#[test]
fn looking_in_vain_draws_nothing() {
    let mut rules = rules(Placement::Random, Binding::Late);
    rules.keep_alive_limit = Span::from_secs(100);
    let later: Vec<(f64, u32, f64)> = (0..40).map(|i| (1_000.0 + f64::from(i), 2 + i, 1.0)).collect();
    let placed = |at: f64| {
        let small = (0..8).map(|i| (0.0, 1, 10.0 + f64::from(i)));
        let mut requests: Vec<_> = small.chain([(at, 0, 1.0)]).collect();
        requests.extend(&later);
        let functions = [vec![Fun::mib(2)], vec![Fun::mib(1); 41]].concat();
        let ran = Case::unlimited(rules, functions).on(shape(4, 2, 2)).serving(&requests).run();
        assert_eq!(ran.report.requests(), [49, 49, 0, 0]);
        (begun(&ran)[8], hosts(&ran)[9..].to_vec())
    };
    // It fits when the first host has lost both of its sandboxes, and when all have.
    let (waited, at_once) = (placed(1.0), placed(500.0));
    assert!(waited.0 > 110.0 && at_once.0 == 500.0, "{waited:?}");
    assert_eq!(waited.1, at_once.1);
}

/// A run of 1 s after a cold start of 10 s: service takes 1 s, so the third request waits for the busy sandbox.
#[test]
fn waiting_is_worth_it_where_service_is_short() {
    let mut rules = rules(Placement::FirstWarm, Binding::Late);
    rules.dispatch.when_busy = WhenBusy::WaitIfShorter;
    let requests = [(0.0, 0, 1.0), (20.0, 0, 5.0), (21.0, 0, 1.0), (22.0, 0, 1.0)];
    let ran = Case::unlimited(rules, vec![Fun::mib(1).cold(Span::from_secs(10))]).serving(&requests).run();
    assert_eq!((ran.report.count(Counter::SandboxesStarted), begun(&ran)), (1, vec![0.0, 20.0, 25.0, 26.0]));
    // With a factor of 0.15 one wait of 1 s is less than 1.5 s, and a second one is not.
    rules.dispatch.wait_factor = 0.15;
    let ran = Case::unlimited(rules, vec![Fun::mib(1).cold(Span::from_secs(10))]).serving(&requests).run();
    assert_eq!((ran.report.count(Counter::SandboxesStarted), begun(&ran)), (2, vec![0.0, 20.0, 25.0, 22.0]));
}

/// It starts a sandbox and takes whichever is first: the busy one after 2 s, or the new one after 3 s.
#[test]
fn both_takes_whichever_is_first() {
    let mut rules = rules(Placement::FirstWarm, Binding::Late);
    rules.dispatch.when_busy = WhenBusy::Both;
    let case = Case::unlimited(rules, vec![Fun::mib(1).cold(Span::from_secs(3))]);
    for (run, begins) in [(4.0, 12.0), (9.0, 13.0)] {
        let ran = case.clone().serving(&[(0.0, 0, 1.0), (8.0, 0, run), (10.0, 0, 1.0)]).run();
        assert_eq!(begun(&ran)[2], begins);
        assert_eq!((ran.report.count(Counter::SandboxesStarted), ran.count(Act::Prewarm)), (2, 1));
    }
}

/// Memory in a pool is for all hosts: who waits for it on one host starts when another one gives it back.
#[test]
fn memory_in_pools_is_waited_for_on_all_hosts() {
    for general in [false, true] {
        let mut rules = Rules { general, ..rules(Placement::RoundRobin, Binding::Early) };
        rules.evict_idle = true;
        let pooled = shape(3, 4, 64).with_pools(1, Bytes::from_mib(2));
        let functions = vec![Fun { remote: Bytes::from_mib(2), ..Fun::mib(1) }];
        let ran = Case::unlimited(rules, functions)
            .on(pooled)
            .serving(&[(0.0, 0, 10.0), (1.0, 0, 10.0), (2.0, 0, 10.0)])
            .run();
        assert_eq!((ran.report.requests(), begun(&ran)), ([3, 3, 0, 0], vec![0.0, 10.0, 20.0]));
    }
}

/// Function 2 waits first in the queue of its host for memory that nobody frees; when it has gone, the next one starts in
/// a sandbox that was idle all the time.
#[test]
fn who_gives_up_makes_way() {
    let mut rules = rules(Placement::RoundRobin, Binding::Early);
    rules.keep_alive = KeepAliveMode::Forever;
    rules.quotas.queue_timeout = Some(Span::from_secs(5));
    rules.queue_order = QueueOrder::Strict;
    let ran = Case::unlimited(rules, vec![Fun::mib(1); 3])
        .on(shape(1, 4, 2))
        .serving(&[(0.0, 0, 100.0), (1.0, 1, 1.0), (10.0, 2, 1.0), (12.0, 1, 1.0)])
        .run();
    assert_eq!((begun(&ran), ran.times(Act::Abandon)), (vec![0.0, 1.0, 15.0], vec![15.0]));
    assert_eq!(ran.rejected.iter().map(|r| r.2).collect::<Vec<_>>(), [Rejection::WaitedTooLong]);
}

fn gangs() -> Rules {
    let mut rules = rules(Placement::LeastLoaded, Binding::Late);
    rules.dispatch.gangs = true;
    rules.evict_idle = true;
    rules.queue_order = QueueOrder::Strict;
    rules
}

/// Three at once on two hosts of two cores: while a core is taken by another they wait, all of them, and so does who comes
/// after them.
#[test]
fn a_gang_starts_as_a_whole() {
    let requests = [(0.0, 1, 10.0), (0.0, 2, 4.0), (1.0, 0, 5.0), (1.0, 0, 2.0), (1.0, 0, 3.0), (2.0, 3, 1.0)];
    let ran = Case::unlimited(gangs(), vec![Fun::mib(1); 4]).on(shape(2, 2, 64)).serving(&requests).run();
    assert_eq!(begun(&ran), [0.0, 0.0, 4.0, 4.0, 4.0, 6.0]);
}

#[test]
fn a_gang_that_never_fits_is_turned_away() {
    let requests = [(0.0, 0, 1.0), (0.0, 0, 1.0), (0.0, 0, 1.0), (1.0, 0, 1.0), (1.0, 0, 1.0)];
    let ran = Case::unlimited(gangs(), vec![Fun::mib(40)]).on(shape(2, 4, 64)).serving(&requests).run();
    // One of 40 MiB fits on each host.
    assert!(ran.rejected.iter().all(|(at, _, why)| *at == Time::ZERO && *why == Rejection::GangTooLarge));
    assert_eq!((ran.rejected.len(), ran.completed.len()), (3, 2));
}

/// Sandboxes that are idle for ever make room for a gang, once it does not fit beside them.
#[test]
fn a_gang_evicts_what_is_in_its_way() {
    let mut rules = gangs();
    rules.keep_alive = KeepAliveMode::Forever;
    let requests = [(0.0, 1, 1.0), (0.0, 2, 1.0), (5.0, 0, 1.0), (5.0, 0, 1.0), (5.0, 0, 1.0)];
    let ran = Case::unlimited(rules, vec![Fun::mib(2); 3]).on(shape(2, 4, 4)).serving(&requests).run();
    // Two of four places are held, both on the first host, where gangs are packed; the gang of three needs all of it.
    assert_eq!((ran.report.requests(), ran.report.count(Counter::Evicted)), ([5, 5, 0, 0], 2));
    let two = Case::unlimited(rules, vec![Fun::mib(2); 3]).on(shape(2, 4, 4)).serving(&requests[..4]).run();
    assert_eq!(
        (two.report.requests(), two.report.count(Counter::Evicted), hosts(&two)),
        ([4, 4, 0, 0], 0, vec![0, 0, 1, 1])
    );
    assert_eq!(begun(&ran), [0.0, 0.0, 5.0, 5.0, 5.0]);
}

/// Two are throttled at 1 s beside two others, and are retried together, at 2 and 4 s.
#[test]
fn a_gang_comes_again_as_a_whole() {
    let mut rules = gangs();
    rules.quotas.account_concurrency = Some(3);
    let base = Span::from_secs(1);
    rules.quotas.retry = Some(Retry { attempts: 5, base, jitter: Jitter::None, ..Retry::default() });
    let requests = [(0.0, 1, 3.0), (0.0, 1, 9.0), (1.0, 0, 1.0), (1.0, 0, 1.0)];
    let ran = Case::unlimited(rules, vec![Fun::mib(1); 2]).serving(&requests).run();
    assert_eq!((begun(&ran), ran.report.count(Counter::Retries)), (vec![0.0, 0.0, 4.0, 4.0], 4));
    assert_eq!(ran.broken_laws(), Vec::<String>::new());
}

/// Members that find no idle sandbox take a token each; the gang starts with all of them, or none is taken.
#[test]
fn a_gang_takes_tokens_for_its_new_sandboxes() {
    let mut rules = gangs();
    rules.quotas.burst = Burst::Function(FunctionBurst { step: 3, interval: Span::from_secs(1_000_000) });
    let gang = |at: f64, size| std::iter::repeat_n((at, 0, 1.0), size);
    // Of three tokens the first two gangs take all; one more would need a fourth, and three find idle sandboxes.
    let requests: Vec<_> = gang(0.0, 2).chain(gang(20.0, 3)).chain(gang(40.0, 4)).chain(gang(60.0, 3)).collect();
    let ran = Case::unlimited(rules, vec![Fun::mib(1)]).serving(&requests).run();
    let rejected: Vec<_> = ran.rejected.iter().map(|(at, _, why)| (at.as_secs_f64(), *why)).collect();
    assert_eq!(rejected, [(40.0, Rejection::Throttled); 4]);
    assert_eq!((ran.report.requests(), ran.report.count(Counter::SandboxesStarted)), ([12, 8, 4, 0], 3));
}
