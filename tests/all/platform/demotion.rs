//! Sandboxes that are demoted step by step and promoted again: the rules `layered` and `remote-tier`, followed by hand.

use sdcsim::config::plan::{EvictionPolicy, KeepAliveMode};
use sdcsim::platform::serverless::{Rules, Shape};
use sdcsim::record::{Act, Counter, Gauge};
use sdcsim::units::{Bytes, Span};

use super::serve::{Case, Fun, Ran, shape};

/// 10 s warm, 10 s with a runtime and half of the memory, 10 s bare with a fifth of it.
fn layered(languages: u32) -> Rules {
    let mut rules = Rules::fixed(Span::from_secs(10));
    rules.keep_alive = KeepAliveMode::Layered;
    let limit = Span::from_secs(10);
    (rules.layers.languages, rules.layers.language_limit, rules.layers.bare_limit) = (languages, limit, limit);
    rules
}

/// 10 s beside the cores, 100 s in a pool.
fn tiered() -> Rules {
    let mut rules = Rules::fixed(Span::from_secs(10));
    (rules.keep_alive, rules.tier_limit, rules.evict_idle) = (KeepAliveMode::RemoteTier, Span::from_secs(100), true);
    rules
}

fn pooled(shape: Shape, pools: u32, mib: u64) -> Shape {
    shape.with_pools(pools, Bytes::from_mib(mib))
}

/// Two functions of 100 MiB.
fn pair(apps: [u32; 2]) -> Vec<Fun> {
    apps.map(|app| Fun { app, ..Fun::mib(100).cold(Span::from_secs(2)) }).to_vec()
}

/// What gauge has added up to, in MiB·s.
fn held(ran: &Ran, gauge: Gauge) -> f64 {
    ran.report.meter.beyond(gauge) as f64 / 1_048_576.0 / 1e12
}

/// What was decided: time in s, act, function.
fn decisions(ran: &Ran) -> Vec<(f64, Act, u32)> {
    ran.journal().iter().map(|d| (d.at.as_secs_f64(), d.act, d.function.raw())).collect()
}

#[track_caller]
fn check(ran: &Ran, expected: &[(f64, Act, u32)]) {
    assert_eq!(decisions(ran), expected);
    assert_eq!(ran.broken_laws(), Vec::<String>::new());
}

#[test]
fn layers_go_one_by_one() {
    let ran = Case::unlimited(layered(1), pair([0, 0])).serving(&[(0.0, 0, 1.0)]).run();
    // Ready at 2 s, idle from 3 s on.
    check(&ran, &[(0.0, Act::Cold, 0), (13.0, Act::ToLanguage, 0), (23.0, Act::ToBare, 0), (33.0, Act::Expire, 0)]);
    assert_eq!(held(&ran, Gauge::LocalAllocated), 3.0 * 100.0 + 10.0 * (100.0 + 50.0 + 20.0));
    assert_eq!((ran.report.count(Counter::SandboxesStarted), ran.report.count(Counter::Demoted)), (1, 2));
}

#[test]
fn a_layer_serves_whomever_it_suits() {
    let serve = |apps, languages, at| {
        let ran = Case::unlimited(layered(languages), pair(apps)).serving(&[(0.0, 0, 1.0), (at, 1, 1.0)]).run();
        assert_eq!(ran.broken_laws(), Vec::<String>::new());
        (ran.starts(), ran.report.count(Counter::SandboxesStarted))
    };
    // While it has its own function's code it serves no other.
    assert_eq!(serve([0, 0], 1, 12.0), ([2, 0, 0, 0, 0], 2));
    assert_eq!(serve([0, 0], 1, 20.0), ([1, 0, 1, 0, 0], 1));
    assert_eq!(serve([0, 0], 1, 30.0), ([1, 1, 0, 0, 0], 1));
    assert_eq!(serve([0, 0], 1, 34.0), ([2, 0, 0, 0, 0], 2));
    // Two applications of different languages: of thousands, some pair differs. Bare sandboxes suit both.
    let other = (1..1000).find(|&app| serve([0, app], 2, 20.0).0 != [1, 0, 1, 0, 0]).unwrap();
    assert_eq!(serve([0, other], 2, 20.0), ([2, 0, 0, 0, 0], 2));
    assert_eq!(serve([0, other], 2, 30.0), ([1, 1, 0, 0, 0], 1));
}

#[test]
fn a_raised_layer_holds_all_its_memory_again() {
    let ran = Case::unlimited(layered(1), pair([0, 0])).serving(&[(0.0, 0, 1.0), (15.0, 1, 5.0)]).run();
    // A cold-start time of the trace is all of the function's own code, which a runtime does not save.
    check(
        &ran,
        &[
            (0.0, Act::Cold, 0),
            (13.0, Act::ToLanguage, 0),
            (15.0, Act::FromLanguage, 1),
            (32.0, Act::ToLanguage, 1),
            (42.0, Act::ToBare, 1),
            (52.0, Act::Expire, 1),
        ],
    );
    let expected = 13.0 * 100.0 + 2.0 * 50.0 + 17.0 * 100.0 + 10.0 * 50.0 + 10.0 * 20.0;
    assert_eq!(held(&ran, Gauge::LocalAllocated), expected);
}

/// Under pressure a sandbox with a runtime is worth no more than its place in the order of eviction.
#[test]
fn layers_are_evicted_like_others() {
    let functions = [pair([0, 0]), vec![Fun { app: 1, ..Fun::mib(160) }]].concat();
    let mut rules = layered(1);
    rules.evict_idle = true;
    let ran = Case::unlimited(rules, functions).on(shape(1, 4, 200)).serving(&[(0.0, 0, 1.0), (15.0, 2, 1.0)]).run();
    // 50 MiB are left with the runtime: raising it needs 160, which fit into 200.
    assert_eq!(decisions(&ran)[2], (15.0, Act::FromLanguage, 2));
    assert_eq!((ran.report.count(Counter::Evicted), ran.report.count(Counter::SandboxesStarted)), (0, 1));
    let functions = [pair([0, 0]), vec![Fun { app: 1, ..Fun::mib(160) }]].concat();
    rules.layers.languages = 1;
    let requests = [(0.0, 0, 1.0), (0.5, 1, 1.0), (20.0, 2, 1.0)];
    let ran = Case::unlimited(rules, functions).on(shape(1, 4, 200)).serving(&requests).run();
    // Two runtimes of 50 MiB: one is raised, and 160 + 50 MiB are too much, so the other goes.
    assert_eq!(ran.times(Act::Evict), [20.0]);
    assert_eq!(ran.starts(), [2, 0, 1, 0, 0]);
}

#[test]
fn a_pool_keeps_what_the_host_gives_up() {
    let case = Case::unlimited(tiered(), pair([0, 0])).on(pooled(shape(1, 4, 400), 1, 400));
    let ran = case.clone().serving(&[(0.0, 0, 1.0)]).run();
    check(&ran, &[(0.0, Act::Cold, 0), (13.0, Act::ToPool, 0), (113.0, Act::Expire, 0)]);
    assert_eq!((held(&ran, Gauge::LocalAllocated), held(&ran, Gauge::PoolAllocated)), (1_300.0, 10_000.0));

    let ran = case.serving(&[(0.0, 0, 1.0), (50.0, 0, 1.0), (60.0, 1, 1.0)]).run();
    // Its own function fetches it back, another one does not.
    let starts = ran.starts();
    assert_eq!(
        (starts, ran.report.count(Counter::SandboxesStarted), ran.report.count(Counter::Demoted)),
        ([2, 0, 0, 1, 0], 2, 3)
    );
    assert_eq!(ran.times(Act::FromPool), [50.0]);
    // 37 s in the pool first; then each of the two a hundred.
    assert_eq!(held(&ran, Gauge::PoolAllocated), 3_700.0 + 20_000.0);
}

#[test]
fn eviction_moves_to_the_pool_and_a_full_pool_drops_the_longest_there() {
    for policy in [EvictionPolicy::Lru, EvictionPolicy::Lfu] {
        let mut rules = tiered();
        rules.eviction.policy = policy;
        let case = Case::unlimited(rules, [pair([0, 0]), pair([0, 0])].concat());
        let requests = [(0.0, 0, 1.0), (5.0, 1, 1.0), (9.0, 0, 1.0)];
        let ran = case.clone().on(pooled(shape(1, 4, 100), 1, 200)).serving(&requests).run();
        // The host holds one, which makes room for the next by moving. Starts take two seconds.
        let expected = [
            (0.0, Act::Cold, 0),
            (5.0, Act::ToPool, 0),
            (5.0, Act::Cold, 1),
            (9.0, Act::ToPool, 1),
            (9.0, Act::FromPool, 0),
            (22.0, Act::ToPool, 0),
            (109.0, Act::Expire, 1),
            (122.0, Act::Expire, 0),
        ];
        check(&ran, &expected);

        let requests = [(0.0, 0, 1.0), (5.0, 1, 1.0), (10.0, 2, 1.0), (15.0, 3, 1.0)];
        let ran = case.on(pooled(shape(1, 4, 100), 1, 200)).serving(&requests).run();
        // At 15 s the pool has function 0 since 5 s and function 1 since 10 s, and must take function 2.
        assert_eq!(decisions(&ran)[5..7], [(15.0, Act::Evict, 0), (15.0, Act::ToPool, 2)]);
        assert_eq!(ran.broken_laws(), Vec::<String>::new());
    }
}

#[test]
fn what_no_pool_can_hold_goes() {
    let case = Case::unlimited(tiered(), pair([0, 0])).on(pooled(shape(1, 4, 400), 1, 90));
    let ran = case.serving(&[(0.0, 0, 1.0)]).run();
    check(&ran, &[(0.0, Act::Cold, 0), (13.0, Act::Expire, 0)]);
}
