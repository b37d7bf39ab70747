//! What differs between replications: draws, arrivals, populations.

use std::collections::BTreeMap;

use sdcsim::config::plan::Vary;
use sdcsim::ids::FunctionId;
use sdcsim::rng::RootSeed;
use sdcsim::units::{Bytes, Span, Time};
use sdcsim::verdict::{CONFIDENCE, Sampling};
use sdcsim::workload::counts::Counts;
use sdcsim::workload::generate::{Options, generate};
use sdcsim::workload::trace::{native, packed};
use sdcsim::workload::{Function, Functions, ImportReport, InverseCdf, Invocation, MINUTE, Select, Spacing, Workload};

/// Forty functions, two to an application, whose names tell their number.
fn functions() -> Functions {
    let function = |i: u32| Function {
        owner: "owner".into(),
        app: format!("app{}", i / 2),
        name: format!("{i}"),
        memory: Bytes::from_mib(128),
        cold_start: None,
        own: None,
    };
    (0..40).map(function).collect()
}

/// Function i is invoked i + m times in minute m of ten.
fn counted() -> Workload {
    let entries = (0..10).flat_map(|m| (0..40).map(move |i| (m, FunctionId::new(i), i + m))).collect();
    let duration = |i: u32| InverseCdf::mended(&[(0.0, 1e9), (1.0, f64::from(i + 2) * 1e9)]).unwrap().0;
    let counts = Counts::new(10, entries).unwrap();
    Workload::counted(functions(), (0..40).map(duration).collect(), counts, ImportReport::default())
}

/// Function i is invoked at i seconds of each of ten minutes, for i ms.
fn listed() -> Workload {
    let call = |m: u64, i: u32| Invocation {
        at: Time::from_ps(m * MINUTE.as_ps() + u64::from(i) * 1_000_000_000_000),
        function: FunctionId::new(i),
        duration: Span::from_ms(u64::from(i)),
    };
    let list = (0..10).flat_map(|m| (0..40).map(move |i| call(m, i))).collect();
    Workload::listed(functions(), list, ImportReport::default())
}

fn served(workload: &Workload, vary: Vary, replication: u32) -> Vec<Invocation> {
    workload.replicate(vary, 5, replication).arrivals(Spacing::default()).collect()
}

#[test]
fn draws_keep_the_instants_and_arrivals_keep_the_counts() {
    let workload = counted();
    let instants = |list: &[Invocation]| list.iter().map(|i| (i.at, i.function)).collect::<Vec<_>>();
    let durations = |list: &[Invocation]| list.iter().map(|i| i.duration).collect::<Vec<_>>();
    let [one, two] = [0, 1].map(|replication| served(&workload, Vary::Draws, replication));
    assert_eq!(instants(&one), instants(&two));
    assert_ne!(durations(&one), durations(&two));
    let [first, second] = [0, 1].map(|replication| served(&workload, Vary::Arrivals, replication));
    assert_eq!(first, one);
    assert!(instants(&first) != instants(&second) && first.len() == second.len());
    // As it always was.
    assert_eq!(second, workload.arrivals(RootSeed::new(5, 1), Spacing::default()).collect::<Vec<_>>());
}

/// By copy: the function of the trace, by its name, and which copy of it.
fn origins(functions: &Functions) -> Vec<(u32, bool)> {
    functions.iter().map(|f| (f.name.parse().unwrap(), f.owner.contains('~'))).collect()
}

#[test]
fn applications_are_drawn_with_replacement_and_keep_their_counts() {
    let workload = counted();
    let replicate = workload.replicate(Vary::Population, 5, 3);
    let origins = origins(replicate.functions());
    // Both functions of an application are there as often; twenty are drawn of twenty.
    let mut times: BTreeMap<u32, u32> = BTreeMap::new();
    for (function, _) in &origins {
        *times.entry(*function).or_default() += 1;
    }
    assert!((0..20).all(|app| times.get(&(2 * app)) == times.get(&(2 * app + 1))));
    assert_eq!(origins.len(), 40);
    assert!(times.len() < 40 && times.values().any(|n| *n > 1), "{times:?}");
    let names: std::collections::BTreeSet<_> =
        replicate.functions().iter().map(|f| (&f.owner, &f.app, &f.name)).collect();
    assert_eq!(names.len(), 40, "each copy has a name, and random numbers, of its own");
    let list: Vec<Invocation> = replicate.arrivals(Spacing::default()).collect();
    assert!(list.is_sorted_by_key(|i| (i.at, i.function)));
    let mut seen: BTreeMap<(usize, u64), u32> = BTreeMap::new();
    for call in &list {
        *seen.entry((call.function.index(), call.at.as_ps() / MINUTE.as_ps())).or_default() += 1;
    }
    for (copy, (function, _)) in origins.iter().enumerate() {
        for minute in 0..10 {
            let count = seen.get(&(copy, minute)).copied().unwrap_or(0);
            assert_eq!(count, function + minute as u32, "copy {copy} of {function} in minute {minute}");
        }
    }
    assert_eq!(list, workload.replicate(Vary::Population, 5, 3).arrivals(Spacing::default()).collect::<Vec<_>>());
    assert_ne!(list, served(&workload, Vary::Population, 4));
}

#[test]
fn copies_are_not_called_in_step() {
    let workload = listed();
    let replicate = workload.replicate(Vary::Population, 5, 3);
    let origins = origins(replicate.functions());
    let mut copies = 0;
    for call in replicate.arrivals(Spacing::default()) {
        let (function, copy) = origins[call.function.index()];
        let second = call.at.as_ps() % MINUTE.as_ps();
        assert_eq!(call.duration, Span::from_ms(u64::from(function)));
        assert_eq!(second == u64::from(function) * 1_000_000_000_000, !copy, "{call:?}");
        copies += u32::from(copy);
    }
    assert!(copies > 0);
    // At the start of the minute, all stay there.
    let counted = counted();
    let together = counted.replicate(Vary::Population, 5, 3);
    assert!(together.arrivals(Spacing::MinuteStart).all(|call| call.at.as_ps() % MINUTE.as_ps() == 0));
}

/// Each function is called in each hour of so many hours: at second s of the hour with the number h for h ms and s µs.
fn hours(hours: u64) -> Vec<Invocation> {
    let call = |h: u64, i: u32| Invocation {
        at: Time::from_ps(h * 60 * MINUTE.as_ps() + u64::from(i) * 1_000_000_000_000),
        function: FunctionId::new(i),
        duration: Span::from_ms(h) + Span::from_us(i.into()),
    };
    (0..hours).flat_map(|h| (0..40).map(move |i| call(h, i))).collect()
}

/// The hour of the trace that each hour of a replication was.
fn origins_of_hours(calls: impl Iterator<Item = Invocation>) -> Vec<u64> {
    let mut origins: BTreeMap<u64, u64> = BTreeMap::new();
    let mut last = Time::ZERO;
    for call in calls {
        assert!(last <= call.at);
        last = call.at;
        let hour = call.at.as_ps() / (60 * MINUTE.as_ps());
        let origin = call.duration.as_ps() / 1_000_000_000;
        assert_eq!(*origins.entry(hour).or_insert(origin), origin, "all functions have the same days");
    }
    assert!(origins.keys().copied().eq(0..origins.len() as u64), "no hour is left out");
    origins.into_values().collect()
}

/// Three days and a half: each hour comes from the same hour of a day that is whole, all hours of a day from one.
#[test]
fn days_are_drawn_as_blocks() {
    let workload = Workload::listed(functions(), hours(84), ImportReport::default());
    let workload = workload.with_length(Span::from_secs(84 * 3_600));
    let mut seen = std::collections::BTreeSet::new();
    for replication in 0..20 {
        let origins = origins_of_hours(served(&workload, Vary::Population, replication).into_iter());
        assert_eq!(origins.len(), 84);
        for (day, hours) in origins.chunks(24).enumerate() {
            let first = hours[0];
            assert!(first.is_multiple_of(24) && first < 72, "day {day} begins at hour {first}");
            assert!(hours.iter().copied().eq(first..first + hours.len() as u64), "{hours:?}");
        }
        seen.insert(origins.iter().step_by(24).copied().collect::<Vec<_>>());
    }
    assert!(seen.len() > 10, "replications have other days: {seen:?}");
    for vary in [Vary::Draws, Vary::Arrivals] {
        assert!(origins_of_hours(served(&workload, vary, 3).into_iter()).into_iter().eq(0..84));
    }
    // Of one day, all hours stay.
    let day = Workload::listed(functions(), hours(24), ImportReport::default());
    assert!(origins_of_hours(served(&day, Vary::Population, 3).into_iter()).into_iter().eq(0..24));
}

/// Of counts, the same days as of a list; a last day that lacks less than an hour is one.
#[test]
fn days_of_counts_are_drawn_alike() {
    let of_hour = |h: u32| (0..40).map(move |i| (60 * h, FunctionId::new(i), 1 + h));
    let duration = |_| InverseCdf::mended(&[(0.0, 1e9), (1.0, 1e9)]).unwrap().0;
    for minutes in [48 * 60, 47 * 60 + 1] {
        let counts = Counts::new(minutes, (0..48).flat_map(of_hour).collect()).unwrap();
        let counted = Workload::counted(functions(), (0..40).map(duration).collect(), counts, ImportReport::default());
        let listed = Workload::listed(functions(), hours(48), ImportReport::default()).with_length(counted.length());
        let mut seen = std::collections::BTreeSet::new();
        for replication in 0..10 {
            let mut numbers: BTreeMap<(u64, FunctionId), u64> = BTreeMap::new();
            for call in served(&counted, Vary::Population, replication) {
                *numbers.entry((call.at.as_ps() / MINUTE.as_ps() / 60, call.function)).or_default() += 1;
            }
            let mut hours: BTreeMap<u64, u64> = BTreeMap::new();
            for ((hour, _), number) in numbers {
                assert_eq!(*hours.entry(hour).or_insert(number), number);
            }
            let origins: Vec<u64> = hours.into_values().map(|number| number - 1).collect();
            assert_eq!(origins, origins_of_hours(served(&listed, Vary::Population, replication).into_iter()));
            seen.insert(origins[0]);
        }
        assert_eq!(seen.len(), 2, "both days come first in some replication");
    }
}

/// A packed trace is read by pieces, whatever is selected of it before.
#[test]
fn packed_traces_have_the_same_days() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hours.sdt");
    let listed = Workload::listed(functions(), hours(100), ImportReport::default());
    packed::save(&listed, packed::Form::AsItIs, RootSeed::new(1, 0), &file, &mut |_| {}).unwrap();
    let (start, length) = (Span::from_secs(7 * 3_600 + 90), Some(Span::from_secs(50 * 3_600 + 7)));
    let all = Select::default();
    for (select, days) in [
        (all, Some(4)),
        (Select { start, length, ..all }, Some(2)),
        (Select { start, length, function_share: 0.5, repeat: 3, ..all }, Some(6)),
        (Select { start, length, request_share: 0.7, rate_scale: 1.5, ..all }, Some(2)),
        (Select { start, length, rate_scale: 2.0, repeat: 2, ..all }, Some(4)),
        (Select { start, length: Some(Span::from_secs(46 * 3_600)), ..all }, None),
    ] {
        let of = |workload: Workload| workload.select(&select, RootSeed::new(1, 0)).unwrap();
        let (streamed, listed) = (of(native::load(&file).unwrap()), of(listed.clone()));
        assert_eq!((streamed.days(), listed.days()), (days, days), "{select:?}");
        for replication in 0..5 {
            let calls = served(&streamed, Vary::Population, replication);
            assert!(calls == served(&listed, Vary::Population, replication) && !calls.is_empty(), "{select:?}");
            let end = Time::ZERO + streamed.length();
            assert!(calls.is_sorted_by_key(|call| (call.at, call.function)) && calls.iter().all(|call| call.at < end));
            let last = calls.last().map_or(0, |call| call.at.as_ps());
            assert!(last + 2 * 60 * MINUTE.as_ps() > end.as_ps(), "{select:?}: {last}");
        }
        assert_eq!(streamed.read_fault(), None);
    }
}

#[test]
fn a_generated_workload_has_another_population_in_each_replication() {
    let options = Options { rate_scale: 0.1, ..Options::new(30, 1, 5) };
    let workload = generate(&options).unwrap();
    assert_eq!(served(&workload, Vary::Population, 0), served(&workload, Vary::Arrivals, 0));
    let memory = |replication| {
        let replicate = workload.replicate(Vary::Population, 5, replication);
        replicate.functions().iter().map(|f| f.memory).collect::<Vec<_>>()
    };
    assert_eq!(memory(1).len(), 30);
    assert_ne!(memory(1), memory(0));
    assert_ne!(served(&workload, Vary::Population, 1), served(&workload, Vary::Arrivals, 1));
    // Functions that were left out stay out.
    let cut = workload.retain(|id, _| id.index() % 2 == 0);
    assert_eq!(cut.replicate(Vary::Population, 5, 1).functions().len(), 15);
}

/// The mean run time of the requests of a population, expected: what a response time is mostly made of.
fn mean_duration(workload: &Workload) -> f64 {
    let totals = workload.totals();
    let calls: f64 = totals.iter().map(|total| total.invocations).sum();
    totals.iter().map(|total| total.invocations * total.mean_duration_s).sum::<f64>() / calls
}

/// Forty experiments of five replications, each with a population of its own: where replications keep the population, the
/// interval of the mean holds that of all populations hardly ever; where they do not, nine times in ten.
#[test]
fn intervals_over_populations_hold_their_mean() {
    let of = |seed: u64| {
        let workload = generate(&Options::new(50, 1, seed)).unwrap();
        mean_duration(&workload)
    };
    let all = (0..1500).map(of).sum::<f64>() / 1500.0;
    let holds = |experiment: &u64| {
        let values: Vec<f64> = (0..5).map(|replication| of(10_000 + 5 * experiment + replication)).collect();
        let (low, high) = Sampling::Populations.mean(&values, CONFIDENCE).unwrap().ends().unwrap();
        low <= all && all <= high
    };
    let held = (0..40).filter(holds).count();
    assert!(held >= 36, "{held} of 40 intervals hold the mean of all populations");
    // Populations differ by more than a fifth in almost all cases, which no number of days of one of them tells.
    let near = (0..40).filter(|experiment| (of(10_000 + 5 * experiment) / all - 1.0).abs() < 0.2).count();
    assert!(near < 12, "{near} of 40 populations are near the mean of all");
}
