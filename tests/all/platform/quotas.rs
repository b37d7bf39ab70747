//! What accounts and functions may use, and what becomes of requests beyond it.

use sdcsim::config::plan::{
    AccountBurst, Binding, Burst, FunctionBurst, Jitter, Placement, Quotas, Retry, ScalingMode,
};
use sdcsim::platform::serverless::Rules;
use sdcsim::record::{Act, Counter, Rejection};
use sdcsim::units::{Span, Time};

use super::serve::{Case, Fun, Ran, shape};

fn rules(quotas: Quotas) -> Rules {
    Rules { quotas, placement: Placement::FirstWarm, binding: Binding::Late, ..Rules::fixed(Span::from_secs(600)) }
}

/// How many were rejected in each minute.
fn by_minute(ran: &Ran, minutes: usize) -> Vec<usize> {
    assert_eq!(ran.broken_laws(), Vec::<String>::new());
    let mut counts = vec![0; minutes];
    for (at, ..) in &ran.rejected {
        counts[(at.as_ps() / Span::from_secs(60).as_ps()) as usize] += 1;
    }
    counts
}

/// AWS's example of burst and baseline (Lambda Operator Guide, "On-demand scaling example", 2022): 10,000 requests within
/// so many minutes at a limit of 10,000, each of which keeps its environment for its minute.
#[test]
fn lambda_until_2023() {
    let quotas = Quotas {
        account_concurrency: Some(10_000),
        burst: Burst::Account(AccountBurst { initial: 3_000, per_minute: 500 }),
        ..Quotas::default()
    };
    for (minutes, throttled) in [(1, vec![7_000]), (2, vec![2_000, 1_500]), (3, vec![333, 0, 0]), (4, vec![0; 4])] {
        // The last minute has the one that thirds leave over, as in the example: 3,333 come in the first.
        let of_minute = |minute: usize| 10_000 / minutes + usize::from(minute + 10_000 % minutes >= minutes);
        let requests: Vec<(f64, u32, f64)> = (0..minutes)
            .flat_map(|minute| std::iter::repeat_n((60.0 * minute as f64, 0, 59.0), of_minute(minute)))
            .collect();
        let ran = Case::unlimited(rules(quotas), vec![Fun::mib(1)]).serving(&requests).run();
        assert_eq!(by_minute(&ran, minutes), throttled, "over {minutes} min");
    }
}

/// The rule since 2023: each function 1,000 at once and 100 more a second.
#[test]
fn lambda_since_2023() {
    let quotas = Quotas { burst: Burst::Function(FunctionBurst::default()), ..Quotas::default() };
    let requests: Vec<(f64, u32, f64)> = std::iter::repeat_n((0.0, 0, 100.0), 1_500)
        .chain(std::iter::repeat_n((0.0, 1, 100.0), 800))
        .chain(std::iter::repeat_n((2.0, 0, 100.0), 500))
        .collect();
    let ran = Case::unlimited(rules(quotas), vec![Fun::mib(1); 2]).serving(&requests).run();
    let at = |time: Time| ran.rejected.iter().filter(|(at, function, _)| *at == time && function.raw() == 0).count();
    assert_eq!([at(Time::ZERO), at(Time::ZERO + Span::from_secs(2))], [500, 300]);
    assert_eq!(ran.rejected.len(), 800);
}

/// Two of an account and one of each function at a time; those that wait count too.
#[test]
fn concurrency_counts_whoever_is_admitted() {
    let quotas = Quotas { account_concurrency: Some(2), function_concurrency: Some(1), ..Quotas::default() };
    let requests = [(0.0, 0, 10.0), (1.0, 0, 1.0), (2.0, 1, 4.0), (3.0, 2, 1.0), (10.0, 2, 1.0), (20.0, 0, 1.0)];
    let ran = Case::unlimited(rules(quotas), vec![Fun::mib(1); 3]).on(shape(1, 1, 64)).serving(&requests).run();
    // One core: function 1 waits from 2 to 10 s, and holds the account's second slot until 14 s.
    let rejected: Vec<(f64, u32, Rejection)> =
        ran.rejected.iter().map(|(at, function, why)| (at.as_secs_f64(), function.raw(), *why)).collect();
    assert_eq!(rejected, [(1.0, 0, Rejection::Throttled), (3.0, 2, Rejection::Throttled)]);
    assert_eq!(ran.responses(), [10.0, 12.0, 5.0, 1.0]);
}

/// A limit on runs ends them, and the accounts agree all the same; a limit on waits does not touch who runs.
#[test]
fn timeouts() {
    let quotas =
        Quotas { timeout: Some(Span::from_secs(5)), queue_timeout: Some(Span::from_secs(6)), ..Quotas::default() };
    let requests = [(0.0, 0, 9.0), (1.0, 0, 5.0), (2.0, 0, 1.0), (4.5, 0, 1.0), (30.0, 0, 1.0)];
    let ran = Case::unlimited(rules(quotas), vec![Fun::mib(1)]).on(shape(1, 1, 64)).serving(&requests).run();
    // The first is ended at 5 s; the second runs to 10 s; the third has gone at 8 s, the fourth starts at 10 s.
    assert_eq!(ran.broken_laws(), Vec::<String>::new());
    assert_eq!(ran.times(Act::Abandon), [8.0]);
    let mut why: Vec<Rejection> = ran.rejected.iter().map(|(.., why)| *why).collect();
    why.sort_by_key(|why| *why as u8);
    assert_eq!(why, [Rejection::WaitedTooLong, Rejection::RanTooLong]);
    assert_eq!(ran.responses(), [9.0, 6.5, 1.0]);
}

/// Three attempts, 1 s and 3 s apart, then the dead letters; waiting for the next attempt counts as response time.
#[test]
fn retries() {
    let retry = Retry { attempts: 3, base: Span::from_secs(1), factor: 3.0, jitter: Jitter::None, ..Retry::default() };
    let quotas = Quotas { account_concurrency: Some(1), retry: Some(retry), ..Quotas::default() };
    let requests = [(0.0, 0, 4.5), (1.0, 0, 1.0), (2.5, 0, 1.0)];
    let ran = Case::unlimited(rules(quotas), vec![Fun::mib(1)]).serving(&requests).run();
    // The second comes at 1, 2 and 5 s, and is served then; the third at 2.5, 3.5 and 6.5 s, and is served then.
    assert_eq!(ran.responses(), [4.5, 5.0, 5.0]);
    assert_eq!((ran.report.count(Counter::Retries), ran.report.count(Counter::DeadLetters)), (4, 0));
    let requests = [(0.0, 0, 45.0), (1.0, 0, 1.0)];
    let ran = Case::unlimited(rules(quotas), vec![Fun::mib(1)]).serving(&requests).run();
    assert_eq!((ran.report.count(Counter::Retries), ran.report.count(Counter::DeadLetters)), (2, 1));
    assert_eq!(ran.report.requests(), [2, 1, 1, 0]);
    assert_eq!(ran.broken_laws(), Vec::<String>::new());
}

/// A request that finds no idle sandbox takes a token, also where it waits behind others; who is rejected at a full
/// queue gives it back, and who finds an idle sandbox needs none.
#[test]
fn who_waits_takes_a_token() {
    let burst = |step| Burst::Function(FunctionBurst { step, interval: Span::from_secs(1_000_000) });
    let rejected = |step, queue_limit, requests: &[(f64, u32, f64)]| {
        let rules = Rules { queue_limit, ..rules(Quotas { burst: burst(step), ..Quotas::default() }) };
        let ran = Case::unlimited(rules, vec![Fun::mib(1)]).on(shape(1, 1, 64)).serving(requests).run();
        assert_eq!(ran.broken_laws(), Vec::<String>::new());
        ran.rejected.iter().map(|(at, _, why)| (at.as_secs_f64(), *why)).collect::<Vec<_>>()
    };
    let requests = [(0.0, 0, 10.0), (1.0, 0, 1.0), (2.0, 0, 1.0), (20.0, 0, 5.0), (21.0, 0, 1.0)];
    // The third finds no token; the one of 20 s needs none, and the last finds none.
    assert_eq!(rejected(2, u64::MAX, &requests), [(2.0, Rejection::Throttled), (21.0, Rejection::Throttled)]);
    // The third leaves its token to the last.
    assert_eq!(rejected(3, 1, &requests), [(2.0, Rejection::QueueFull)]);
}

/// A sandbox that cannot be started for want of room costs no token, however often it is tried.
#[test]
fn what_is_not_started_costs_nothing() {
    let quotas = Quotas {
        burst: Burst::Function(FunctionBurst { step: 2, interval: Span::from_secs(100_000) }),
        ..Quotas::default()
    };
    let mut rules = rules(quotas);
    (rules.scaling.mode, rules.evict_idle) = (ScalingMode::Knative, true);
    let ran = Case::unlimited(rules, vec![Fun::mib(1); 2])
        .on(shape(1, 4, 1))
        .serving(&[(0.0, 0, 100.0), (1.0, 1, 1.0)])
        .until(1_000)
        .run();
    // The only place is function 0's until 100 s; the autoscaler looks every two seconds.
    assert_eq!(ran.report.requests(), [2, 2, 0, 0]);
    assert!(ran.responses()[1] <= 103.0, "{:?}", ran.responses());
}
