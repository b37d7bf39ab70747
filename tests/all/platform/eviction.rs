//! Which idle sandbox goes when memory is short.

use sdcsim::config::plan::{EvictionPolicy, KeepAliveMode, Ties, WhenShort};
use sdcsim::platform::serverless::Rules;
use sdcsim::record::Act;
use sdcsim::units::Span;

use super::serve::{Case, Fun, Ran, shape};

fn rules(policy: EvictionPolicy) -> Rules {
    let mut rules = Rules::fixed(Span::ZERO);
    (rules.keep_alive, rules.evict_idle, rules.eviction.policy) = (KeepAliveMode::Forever, true, policy);
    rules.general = true;
    rules
}

/// Functions as (MiB, cold start in s).
fn functions(of: &[(u64, u64)]) -> Vec<Fun> {
    of.iter().map(|&(mib, cold)| Fun::mib(mib).cold(Span::from_secs(cold))).collect()
}

/// Whose sandboxes were evicted, in order.
fn evicted(ran: &Ran) -> Vec<u32> {
    assert_eq!(ran.broken_laws(), Vec::<String>::new());
    let acts = ran.journal().iter().filter(|decided| decided.act == Act::Evict);
    acts.map(|decided| decided.function.raw()).collect()
}

#[expect(clippy::large_types_passed_by_value, reason = "cases are read, not timed")]
fn evict(rules: Rules, of: &[(u64, u64)], mib: u64, requests: &[(f64, u32, f64)]) -> Vec<u32> {
    let ran = Case::unlimited(rules, functions(of)).on(shape(1, 8, mib)).serving(requests).run();
    assert_eq!(ran.report.requests()[1], requests.len() as u64);
    evicted(&ran)
}

#[test]
fn each_policy_has_its_victim() {
    use EvictionPolicy::{GreedyDual, Landlord, Lfu, Lru, Size};
    // Function 0 is used longest ago, function 1 least often, function 2 is the largest, function 3 starts fastest for its
    // size; one of 4 MiB comes when 11 of 12 MiB are held.
    let of = [(2, 8), (2, 6), (4, 40), (3, 2), (2, 1)];
    let requests = [
        (0.0, 0, 0.0),
        (10.0, 0, 0.0),
        (20.0, 1, 0.0),
        (30.0, 2, 0.0),
        (80.0, 2, 0.0),
        (90.0, 3, 0.0),
        (100.0, 3, 0.0),
        (110.0, 3, 0.0),
        (200.0, 4, 0.0),
    ];
    // Greedy-dual: 2·8/2 = 8, 1·6/2 = 3, 2·40/4 = 20, 3·2/3 = 2. Landlord: 4, 3, 10, 0.67.
    for (policy, victim) in [(Lru, 0), (Lfu, 1), (Size, 2), (GreedyDual, 3), (Landlord, 3)] {
        assert_eq!(evict(rules(policy), &of, 12, &requests), [victim], "{policy:?}");
    }
}

/// The clock rises with each eviction, so that what was expensive once goes in the end.
#[test]
fn a_greedy_clock_ages_all_others() {
    let of = [(1, 10), (1, 4), (1, 4)];
    // Room for two. Function 0 has priority 10 for ever; 1 and 2 take turns with 4, then 4 + 4, then 8 + 4 against 10.
    let requests = [(0.0, 0, 0.0), (20.0, 1, 0.0), (40.0, 2, 0.0), (60.0, 1, 0.0), (80.0, 2, 0.0)];
    for policy in [EvictionPolicy::GreedyDual, EvictionPolicy::Landlord] {
        assert_eq!(evict(rules(policy), &of, 2, &requests), [1, 2, 0], "{policy:?}");
    }
}

#[test]
fn ties_are_broken_as_asked() {
    // Three sandboxes of one size, of which the oldest was used last.
    let of = [(1, 0), (1, 0), (1, 0), (1, 0)];
    let requests = [(0.0, 0, 0.0), (1.0, 1, 0.0), (2.0, 2, 0.0), (3.0, 0, 0.0), (4.0, 3, 0.0)];
    for (ties, victim) in [(Ties::LastUse, 1), (Ties::Oldest, 0), (Ties::Newest, 2)] {
        let mut rules = rules(EvictionPolicy::Size);
        rules.eviction.ties = ties;
        assert_eq!(evict(rules, &of, 3, &requests), [victim], "{ties:?}");
    }
}

/// Function 0 runs on 2 of 4 MiB until 100 s, two of 1 MiB are idle, and one of 3 MiB comes: no eviction helps.
#[test]
fn what_is_in_vain_is_done_only_where_it_is_asked_for() {
    let of = [(2, 0), (1, 0), (1, 0), (3, 0)];
    let requests = [(0.0, 0, 100.0), (1.0, 1, 0.0), (2.0, 2, 0.0), (10.0, 3, 0.0)];
    for policy in [EvictionPolicy::Lru, EvictionPolicy::Size] {
        for (when_short, at_once) in [(WhenShort::Keep, 0), (WhenShort::Evict, 2)] {
            let mut rules = rules(policy);
            rules.eviction.when_short = when_short;
            let ran = Case::unlimited(rules, functions(&of)).on(shape(1, 8, 4)).serving(&requests).run();
            let times = ran.times(Act::Evict);
            assert_eq!(times.iter().filter(|at| **at == 10.0).count(), at_once, "{when_short:?}");
            // It starts when function 0 has ended. The largest, function 0 itself, and one more make room; by last use all go.
            assert_eq!(ran.times(Act::Cold)[3], 100.0);
            let least = when_short == WhenShort::Keep && policy == EvictionPolicy::Size;
            assert_eq!(evicted(&ran).len(), if least { 2 } else { 3 });
        }
    }
}
