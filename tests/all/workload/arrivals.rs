//! Arrivals from counts per minute: counts kept, order total, streams independent.

use sdcsim::ids::FunctionId;
use sdcsim::rng::RootSeed;
use sdcsim::units::{Bytes, Span, Time};
use sdcsim::workload::counts::Counts;
use sdcsim::workload::{Function, Functions, ImportReport, InverseCdf, Invocation, MINUTE, Spacing, Workload};

const SPACINGS: [Spacing; 4] = [Spacing::SortedUniform, Spacing::Exponential, Spacing::Even, Spacing::MinuteStart];
const ROOT: RootSeed = RootSeed::new(42, 0);

fn functions(n: u32) -> Functions {
    let function = |i| Function {
        owner: "owner".into(),
        app: format!("app{}", i / 2),
        name: format!("f{i}"),
        memory: Bytes::from_mib(128),
        cold_start: None,
        own: None,
    };
    (0..n).map(function).collect()
}

/// Ten functions over an hour: function i is invoked (i·m mod 7) times in minute m.
fn small() -> Workload {
    let entries = (0..60).flat_map(|m| (0..10).map(move |i| (m, FunctionId::new(i), (i * m) % 7))).collect();
    let duration = |i: u32| InverseCdf::mended(&[(0.0, 1e9), (0.5, f64::from(i + 1) * 1e9), (1.0, 90e9)]).unwrap().0;
    let counts = Counts::new(60, entries).unwrap();
    Workload::counted(functions(10), (0..10).map(duration).collect(), counts, ImportReport::default())
}

fn all(workload: &Workload, root: RootSeed, spacing: Spacing) -> Vec<Invocation> {
    workload.arrivals(root, spacing).collect()
}

#[test]
fn every_spacing_keeps_the_counts_of_every_minute() {
    let workload = small();
    for spacing in SPACINGS {
        let mut seen = vec![[0_u32; 10]; 60];
        for invocation in workload.arrivals(ROOT, spacing) {
            seen[(invocation.at.as_ps() / MINUTE.as_ps()) as usize][invocation.function.index()] += 1;
        }
        for (m, minute) in seen.iter().enumerate() {
            for (i, count) in minute.iter().enumerate() {
                assert_eq!(*count, ((i * m) % 7) as u32, "{spacing:?}: function {i} in minute {m}");
            }
        }
    }
}

#[test]
fn arrivals_are_in_order_of_time_then_function() {
    for spacing in SPACINGS {
        let list = all(&small(), ROOT, spacing);
        assert!(list.is_sorted_by_key(|i| (i.at, i.function)), "{spacing:?}");
    }
    let together = all(&small(), ROOT, Spacing::MinuteStart);
    assert!(together.iter().all(|i| i.at.as_ps() % MINUTE.as_ps() == 0));
}

#[test]
fn even_spacing_divides_the_minute() {
    let counts = Counts::new(2, vec![(1, FunctionId::new(0), 4)]).unwrap();
    let workload = Workload::counted(functions(1), vec![InverseCdf::constant(5e9)], counts, ImportReport::default());
    let expected = [60, 75, 90, 105].map(|s| Time::ZERO + Span::from_secs(s));
    let list = all(&workload, ROOT, Spacing::Even);
    assert_eq!(list.iter().map(|i| i.at).collect::<Vec<_>>(), expected);
    assert!(list.iter().all(|i| i.duration == Span::from_ms(5)));
}

#[test]
fn exponential_gaps_fill_the_minute_from_its_start() {
    let counts = Counts::new(1, vec![(0, FunctionId::new(0), 100_000)]).unwrap();
    let workload = Workload::counted(functions(1), vec![InverseCdf::constant(1.0)], counts, ImportReport::default());
    let list = all(&workload, ROOT, Spacing::Exponential);
    assert_eq!(list[0].at, Time::ZERO);
    let gaps: Vec<f64> = list.windows(2).map(|pair| pair[1].at.since(pair[0].at).as_secs_f64()).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let second = gaps.iter().map(|g| g * g).sum::<f64>() / gaps.len() as f64;
    // 100,000 gaps in 60 s; the second moment of an exponential is twice its squared mean, here within 4 standard
    // errors (its own variance is 20 mean⁴).
    assert!((mean - 0.0006).abs() < 1e-7, "{mean}");
    assert!((second / (mean * mean) - 2.0).abs() < 4.0 * 0.0142, "{second}");
}

#[test]
fn the_same_seed_gives_the_same_invocations_and_another_does_not() {
    let workload = small();
    for spacing in SPACINGS {
        assert_eq!(all(&workload, ROOT, spacing), all(&workload, ROOT, spacing), "{spacing:?}");
    }
    for other in [RootSeed::new(43, 0), RootSeed::new(42, 1)] {
        assert_ne!(all(&workload, ROOT, Spacing::default()), all(&workload, other, Spacing::default()));
    }
}

#[test]
fn cutting_functions_leaves_the_others_alone() {
    let cut = small().retain(|id, _| id.raw() % 2 == 1);
    assert_eq!(cut.functions().len(), 5);
    for spacing in SPACINGS {
        let odd: Vec<_> = all(&small(), ROOT, spacing).into_iter().filter(|i| i.function.raw() % 2 == 1).collect();
        let rename = |i: Invocation| Invocation { function: FunctionId::new(i.function.raw() * 2 + 1), ..i };
        assert_eq!(all(&cut, ROOT, spacing).into_iter().map(rename).collect::<Vec<_>>(), odd, "{spacing:?}");
    }
}

#[test]
fn the_spacing_does_not_change_the_durations_of_a_function() {
    let durations = |spacing| {
        let mut by_function = vec![Vec::new(); 10];
        small().arrivals(ROOT, spacing).for_each(|i| by_function[i.function.index()].push(i.duration));
        by_function
    };
    for spacing in SPACINGS {
        assert_eq!(durations(spacing), durations(Spacing::SortedUniform), "{spacing:?}");
    }
}

#[test]
fn a_window_counts_time_from_its_start() {
    let window = small().window(MINUTE * 10, MINUTE * 5);
    assert_eq!(window.length(), MINUTE * 5);
    assert_eq!(
        window.counts().unwrap().iter().collect::<Vec<_>>(),
        small()
            .counts()
            .unwrap()
            .iter()
            .filter(|(m, ..)| (10..15).contains(m))
            .map(|(m, f, n)| (m - 10, f, n))
            .collect::<Vec<_>>()
    );
    assert_eq!(small().window(MINUTE * 100, MINUTE).invocations(), 0);
}

#[test]
fn a_list_is_sorted_and_ends_with_its_last_minute() {
    let at = |s, f| Invocation {
        at: Time::ZERO + Span::from_secs(s),
        function: FunctionId::new(f),
        duration: Span::from_secs(s),
    };
    let list = vec![at(130, 0), at(10, 1), at(10, 0)];
    let workload = Workload::listed(functions(2), list, ImportReport::default());
    assert_eq!(all(&workload, ROOT, Spacing::Even), [at(10, 0), at(10, 1), at(130, 0)]);
    assert_eq!(workload.length(), MINUTE * 3);
    assert_eq!(workload.mean_concurrency(|_| true), 150.0 / 180.0);
    assert_eq!(workload.clone().with_length(MINUTE * 10).length(), MINUTE * 10);
    assert_eq!(workload.with_length(MINUTE).invocations(), 2);
}
