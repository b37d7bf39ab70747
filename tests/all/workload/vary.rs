//! What differs between replications: draws, arrivals, populations.

use std::collections::BTreeMap;

use sdcsim::config::plan::Vary;
use sdcsim::ids::FunctionId;
use sdcsim::rng::RootSeed;
use sdcsim::units::{Bytes, Span, Time};
use sdcsim::verdict::{CONFIDENCE, skewed_mean};
use sdcsim::workload::counts::Counts;
use sdcsim::workload::generate::{Options, generate};
use sdcsim::workload::{Function, Functions, ImportReport, InverseCdf, Invocation, MINUTE, Spacing, Workload};

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
        let (low, high) = skewed_mean(&values, CONFIDENCE).unwrap().ends().unwrap();
        low <= all && all <= high
    };
    let held = (0..40).filter(holds).count();
    assert!(held >= 36, "{held} of 40 intervals hold the mean of all populations");
    // Populations differ by more than a fifth in almost all cases, which no number of days of one of them tells.
    let near = (0..40).filter(|experiment| (of(10_000 + 5 * experiment) / all - 1.0).abs() < 0.2).count();
    assert!(near < 12, "{near} of 40 populations are near the mean of all");
}
