//! Keep-alive rules on the real platform: figures of the validation trace, and small traces followed by hand.

use proptest::prelude::*;
use sdcsim::config::plan::{IdleChoice, KeepAliveMode, TimerOrigin};
use sdcsim::platform::serverless::Rules;
use sdcsim::probe::platform::{PlatformResult, PlatformSpec, run_platform};
use sdcsim::record::{Act, Counter};
use sdcsim::rng::RootSeed;
use sdcsim::units::Span;
use sdcsim::workload::{Function, Functions, ImportReport, Spacing, Workload};

use super::serve::{Case, Fun};
use super::{azlike, check_laws, minutes};

fn real(limit: u64) -> PlatformSpec {
    PlatformSpec::unlimited(minutes(limit))
}
fn instant(limit: u64) -> PlatformSpec {
    PlatformSpec { zero_execution: true, ..real(limit) }
}

/// Requests that found nothing: sandboxes that were pre-warmed are not among them.
fn cold(result: &PlatformResult) -> u64 {
    result.starts["nothing"]
}

#[track_caller]
fn close(waste: f64, expected: f64) {
    assert!((waste / expected - 1.0).abs() < 1e-9, "{waste} MB*s against {expected}");
}

fn serve(spec: &PlatformSpec, trace: &Workload) -> PlatformResult {
    let result = run_platform(spec, trace);
    check_laws(&result);
    result
}

/// The figures of the trace's page: one more limit than those of the straight path, all idle choices, on both paths.
#[test]
fn azlike_cold_starts_by_limit_and_idle_choice() {
    let Some(trace) = azlike() else { return };
    let limits = [1, 5, 10, 20, 60, 120];
    let rows = [
        (IdleChoice::Oldest, [12_273, 4_310, 3_020, 1_859, 874, 574]),
        (IdleChoice::Newest, [12_275, 4_310, 3_020, 1_859, 874, 574]),
        (IdleChoice::Mru, [12_275, 4_310, 3_020, 1_859, 874, 574]),
        (IdleChoice::Lru, [12_262, 4_308, 3_009, 1_820, 833, 525]),
    ];
    for (idle_choice, expected) in rows {
        for (i, limit) in limits.into_iter().enumerate() {
            let mut spec = real(limit);
            (spec.rules.idle_choice, spec.rules.general) = (idle_choice, i % 2 == 1);
            assert_eq!(cold(&serve(&spec, &trace)), expected[i], "{idle_choice:?}, {limit} min");
        }
    }
    let without_time = [11_414, 3_517, 2_269, 1_171, 369, 228];
    for (i, limit) in limits.into_iter().enumerate() {
        let mut spec = instant(limit);
        spec.rules.general = i % 2 == 0;
        assert_eq!(cold(&serve(&spec, &trace)), without_time[i], "{limit} min");
    }
}

/// Shahrad et al.'s histogram with a range of an hour: at least three times fewer cold starts than a fixed ten minutes, at
/// no more than 103 % of the idle memory. The exact figures are those of the rule alone, replayed without a platform.
#[test]
fn azlike_histogram_and_predictive() {
    let Some(trace) = azlike() else { return };
    let fixed = serve(&instant(10), &trace);
    assert_eq!(cold(&fixed), 2_269);
    close(fixed.wasted_memory_mb_s, 628_485_182.7);

    let mut spec = instant(10);
    spec.rules.keep_alive = KeepAliveMode::Histogram;
    spec.rules.histogram.range = minutes(60);
    let histogram = serve(&spec, &trace);
    assert_eq!(cold(&histogram), 665);
    close(histogram.wasted_memory_mb_s, 553_293_744.2);
    assert!(3 * cold(&histogram) <= cold(&fixed) && histogram.wasted_memory_mb_s <= 1.03 * fixed.wasted_memory_mb_s);

    spec.rules.keep_alive = KeepAliveMode::Predictive;
    let predictive = serve(&spec, &trace);
    assert_eq!(cold(&predictive), 1_828);
    let share = predictive.wasted_memory_mb_s / fixed.wasted_memory_mb_s;
    assert!((share - 0.575).abs() < 0.0005, "{share}");
}

/// As many cold starts as with a fixed limit and the most recently used sandbox first, for less idle memory, where cold
/// starts take no time: they make requests late, which the oracle does not know.
#[test]
fn azlike_clairvoyant_is_a_bound() {
    let Some(trace) = azlike() else { return };
    for (limit, count, waste) in [(10, 2_269, 412_343_582.7), (60, 369, 830_579_531.8)] {
        let mut spec = instant(limit);
        spec.rules.keep_alive = KeepAliveMode::Clairvoyant;
        let result = serve(&spec, &trace);
        assert_eq!(cold(&result), count);
        close(result.wasted_memory_mb_s, waste);
    }
    let ready = |function: &Function| Function { cold_start: Some(Span::ZERO), ..function.clone() };
    let functions: Functions = trace.functions().iter().map(ready).collect();
    let list = trace.arrivals(RootSeed::new(1, 0), Spacing::SortedUniform).collect();
    let trace = Workload::listed(functions, list, ImportReport::default());
    for limit in [10, 60, 300_000] {
        let fixed = serve(&real(limit), &trace);
        let mut spec = real(limit);
        spec.rules.keep_alive = KeepAliveMode::Clairvoyant;
        let clairvoyant = serve(&spec, &trace);
        assert_eq!(cold(&clairvoyant), cold(&fixed), "{limit} min");
        assert!(clairvoyant.wasted_memory_mb_s < 0.7 * fixed.wasted_memory_mb_s);
    }
}

proptest! {
    /// The same on any trace, where sandboxes become idle at the same time too.
    #[test]
    fn clairvoyant_starts_as_many_as_a_fixed_limit(
        list in prop::collection::vec((0_u32..6, 0_u32..3, 0_u32..20), 1..60),
        limit in 0_u64..40,
    ) {
        let mut now = 0;
        let requests: Vec<(f64, u32, f64)> = list
            .iter()
            .map(|&(gap, function, run)| {
                now += gap;
                (f64::from(now), function, f64::from(run))
            })
            .collect();
        let [fixed, clairvoyant] = [KeepAliveMode::Fixed, KeepAliveMode::Clairvoyant].map(|keep_alive| {
            let rules = Rules { keep_alive, ..Rules::fixed(Span::from_secs(limit)) };
            Case::unlimited(rules, vec![Fun::mib(1); 3]).serving(&requests).run()
        });
        prop_assert_eq!(clairvoyant.report.count(Counter::SandboxesStarted), fixed.report.count(Counter::SandboxesStarted));
        prop_assert!(clairvoyant.waste() <= fixed.waste() + 1e-6);
    }
}

/// Gaps of 1, 2, 3 ... s and limits of 10 and 120 s, in the place of minutes: a thousand such minutes are longer than the
/// clock's 213 days.
#[test]
fn growing_gaps_are_warm_up_to_the_limit() {
    for (limit, warm) in [(10, 10), (120, 120)] {
        for general in [false, true] {
            let rules = Rules { general, ..Rules::fixed(Span::from_secs(limit)) };
            let requests: Vec<(f64, u32, f64)> = (0_u32..1_000).map(|n| (f64::from(n * (n + 1) / 2), 0, 0.0)).collect();
            let ran = Case::unlimited(rules, vec![Fun::mib(1)]).serving(&requests).run();
            let starts = ran.starts();
            assert_eq!(ran.report.count(Counter::SandboxesStarted), 1_000 - warm);
            if general {
                assert_eq!(starts, [1_000 - warm, 0, 0, 0, warm]);
            }
        }
    }
}

/// Arrivals every 100 s: from the third one on the sandbox is loaded shortly before the next, and goes in between.
#[test]
fn a_forecast_loads_ahead_and_unloads_in_between() {
    let mut rules = Rules::fixed(Span::ZERO);
    rules.keep_alive = KeepAliveMode::Predictive;
    let requests: Vec<(f64, u32, f64)> = (0..6).map(|n| (100.0 * f64::from(n), 0, 2.0)).collect();
    let ran = Case::unlimited(rules, vec![Fun::mib(1)]).serving(&requests).run();
    // The mean deviation is 50 s after the first gap, and a quarter less after each other. Four times that covers the whole
    // gap up to the fourth arrival; after the fifth the window begins 100 − 84.375 s after it, after the sixth 100 − 63.28 s.
    assert_eq!(ran.starts(), [1, 0, 0, 0, 5]);
    let loads = ran.times(Act::Prewarm);
    let half = 4.0 * 50.0 * 0.75 * 0.75 * 0.75 * 0.75;
    assert_eq!((loads.len(), loads[0]), (2, 400.0 + 100.0 - half / 0.75), "{loads:?}");
    assert!((loads[1] - (600.0 - half)).abs() < 1e-6, "{loads:?}");
    let gone = ran.times(Act::Expire);
    assert!((gone[gone.len() - 1] - (600.0 + half)).abs() < 1e-6, "{gone:?}");
}

/// A pre-warm that is ready only after the time for which it is kept is of no use, and is not made again and again.
#[test]
fn a_prewarm_that_is_late_goes_for_good() {
    let mut rules = Rules::fixed(Span::ZERO);
    rules.keep_alive = KeepAliveMode::Histogram;
    (rules.histogram.range, rules.histogram.bin) = (Span::from_secs(60), Span::from_secs(3));
    // Idle from 43 to 46 s: loaded from 2.7 s on, kept to 6.6 s, and a start takes 40 s.
    let ran = Case::unlimited(rules, vec![Fun::mib(1).cold(Span::from_secs(40))])
        .serving(&[(0.0, 0, 3.0), (46.0, 0, 0.0)])
        .run();
    assert_eq!((ran.count(Act::Prewarm), ran.report.requests()), (1, [2, 2, 0, 0]));
}

/// Without a reset a sandbox is kept from when it was first ready; one that is busy then goes at the end of its request.
#[test]
fn a_limit_on_the_whole_life() {
    let mut rules = Rules::fixed(Span::from_secs(10));
    rules.reset_on_use = false;
    let ran = Case::unlimited(rules, vec![Fun::mib(1).cold(Span::from_secs(1))])
        .serving(&[(0.0, 0, 1.0), (5.0, 0, 1.0), (10.0, 0, 4.0), (20.0, 0, 0.0)])
        .run();
    assert_eq!(ran.starts(), [2, 0, 0, 0, 2]);
    // Ready at 1 s, so kept to 11 s, and busy to 14 s; the next one is ready at 21 s.
    assert_eq!(ran.times(Act::Expire), [14.0, 31.0]);
}

/// Counted from arrival, idle time is what is left of the limit when the request ends.
#[test]
fn a_timer_from_arrival() {
    let mut rules = Rules::fixed(Span::from_secs(10));
    (rules.timer_from, rules.general) = (TimerOrigin::Arrival, true);
    let ran = Case::unlimited(rules, vec![Fun::mib(1)]).serving(&[(0.0, 0, 4.0), (10.0, 0, 12.0)]).run();
    assert_eq!(ran.starts(), [1, 0, 0, 0, 1]);
    // 4 to 10 s; not at all after the second, which runs for longer than the limit.
    assert_eq!((ran.waste(), ran.times(Act::Expire)), (6.0, vec![22.0]));
}
