//! Selections of a trace: a window, some of the functions, some of the requests, other rates, and repetitions.

use std::path::Path;

use sdcsim::config::{self, raw};
use sdcsim::experiment::load_workload;
use sdcsim::ids::FunctionId;
use sdcsim::rng::RootSeed;
use sdcsim::units::{Bytes, Span, Time};
use sdcsim::workload::counts::Counts;
use sdcsim::workload::trace::packed::{Form, load};
use sdcsim::workload::{Function, Functions, ImportReport, InverseCdf, Invocation, MINUTE, Select, Spacing, Workload};

use super::packed::{invocation, list, pack};
use super::put;

const ROOT: RootSeed = RootSeed::new(5, 0);

fn functions(n: u32) -> Functions {
    let function = |i: u32| Function {
        owner: String::new(),
        app: "app".into(),
        name: format!("f{i}"),
        memory: Bytes::from_mib(128),
        cold_start: None,
        own: None,
    };
    (0..n).map(function).collect()
}

/// Four minutes of two functions: 1, 0, 2, 3 and 0, 5, 0, 1 invocations.
fn counted() -> Workload {
    let rows = [(0, 0, 1), (2, 0, 2), (3, 0, 3), (1, 1, 5), (3, 1, 1)];
    let counts = Counts::new(4, rows.map(|(m, f, n)| (m, FunctionId::new(f), n)).to_vec()).unwrap();
    let durations = vec![InverseCdf::constant(1e9), InverseCdf::mended(&[(0.0, 1e9), (1.0, 5e9)]).unwrap().0];
    Workload::counted(functions(2), durations, counts, ImportReport::default())
}

fn all(workload: &Workload) -> Vec<Invocation> {
    workload.arrivals(ROOT, Spacing::default()).collect()
}

fn cells(workload: &Workload) -> Vec<(u32, u32, u32)> {
    workload.counted_minutes(ROOT).map(|(minute, function, n)| (minute, function.raw(), n)).collect()
}

fn with(change: impl Fn(&mut Select)) -> Select {
    let mut select = Select::default();
    change(&mut select);
    select
}

fn window(start: Span, length: Span) -> Select {
    with(|select| (select.start, select.length) = (start, Some(length)))
}

#[test]
fn each_step_does_to_counts_what_can_be_counted_by_hand() {
    let of = |select: &Select| {
        let selected = counted().select(select, ROOT).unwrap();
        (cells(&selected), selected.length().as_ps() / MINUTE.as_ps())
    };
    let whole = vec![(0, 0, 1), (1, 1, 5), (2, 0, 2), (3, 0, 3), (3, 1, 1)];
    assert_eq!(of(&Select::default()), (whole, 4));
    assert_eq!(of(&window(MINUTE, MINUTE * 2)), (vec![(0, 1, 5), (1, 0, 2)], 2));
    assert_eq!(of(&with(|s| s.start = MINUTE * 3)), (vec![(0, 0, 3), (0, 1, 1)], 1));
    let twice = vec![(0, 0, 2), (1, 1, 10), (2, 0, 4), (3, 0, 6), (3, 1, 2)];
    assert_eq!(of(&with(|s| s.rate_scale = 2.0)), (twice, 4));
    let again = vec![(0, 0, 3), (0, 1, 1), (1, 0, 3), (1, 1, 1), (2, 0, 3), (2, 1, 1)];
    assert_eq!(of(&with(|s| (s.start, s.repeat) = (MINUTE * 3, 3))), (again, 3));
    // All in order: the window, then three times the rate, then twice.
    let together = with(|s| (s.start, s.length, s.rate_scale, s.repeat) = (MINUTE, Some(MINUTE * 2), 3.0, 2));
    assert_eq!(of(&together), (vec![(0, 1, 15), (1, 0, 6), (2, 1, 15), (3, 0, 6)], 4));
    let selected = counted().select(&together, ROOT).unwrap();
    assert_eq!(selected.invocations(), 42);
    assert_eq!(selected.report().invocations, 42);
    assert_eq!(selected.totals()[FunctionId::new(1)].invocations, 30.0);
}

#[test]
fn each_step_does_to_a_list_what_can_be_counted_by_hand() {
    let at = |seconds: u64, function| invocation(seconds * 1_000_000_000_000, function, seconds + 1);
    let listed = || Workload::listed(functions(2), vec![at(5, 0), at(70, 1), at(130, 0)], ImportReport::default());
    let of = |select: &Select| {
        let selected = listed().select(select, ROOT).unwrap();
        (all(&selected), selected.length())
    };
    assert_eq!(of(&Select::default()), (vec![at(5, 0), at(70, 1), at(130, 0)], MINUTE * 3));
    let seconds = Span::from_secs;
    let later = |seconds: u64, i: Invocation| Invocation { at: Time::ZERO + Span::from_secs(seconds), ..i };
    assert_eq!(of(&window(seconds(6), seconds(100))), (vec![later(64, at(70, 1))], seconds(100)));
    let repeated = of(&with(|s| (s.start, s.repeat) = (seconds(70), 2)));
    let row = |more: u64| [later(more, at(70, 1)), later(60 + more, at(130, 0))];
    assert_eq!(repeated, ([row(0), row(110)].concat(), seconds(220)));
    // Every request is there three times: where it was, and twice elsewhere in its minute, as long as before.
    let (tripled, length) = of(&with(|s| s.rate_scale = 3.0));
    assert_eq!((tripled.len(), length), (9, MINUTE * 3));
    for (i, original) in listed().arrivals(ROOT, Spacing::default()).enumerate() {
        let of_minute = &tripled[i * 3..i * 3 + 3];
        assert!(of_minute.contains(&original), "{of_minute:?}");
        let same = |j: &Invocation| {
            (j.function, j.duration, j.at.as_ps() / MINUTE.as_ps()) == (original.function, original.duration, i as u64)
        };
        assert!(of_minute.iter().all(same), "{of_minute:?}");
    }
}

#[test]
fn shares_of_functions_are_exact_and_nested() {
    let rows = (0..50).map(|f| (0, FunctionId::new(f), f + 1)).collect();
    let many = || {
        let durations = vec![InverseCdf::constant(1e9); 50];
        Workload::counted(functions(50), durations, Counts::new(1, rows).unwrap(), ImportReport::default())
    };
    let many = many();
    let names = |share: f64, root: RootSeed| {
        let selected = many.clone().select(&with(|s| s.function_share = share), root).unwrap();
        // Function i has i + 1 invocations: those that stay keep theirs.
        for (_, function, n) in selected.counts().unwrap().iter() {
            assert_eq!(selected.functions()[function].name, format!("f{}", n - 1));
        }
        selected.functions().iter().map(|f| f.name.clone()).collect::<Vec<_>>()
    };
    let [few, half, most] = [0.1, 0.5, 0.9].map(|share| names(share, ROOT));
    assert_eq!((few.len(), half.len(), most.len(), names(0.000_001, ROOT).len()), (5, 25, 45, 1));
    assert!(few.iter().all(|name| half.contains(name)) && half.iter().all(|name| most.contains(name)));
    assert_eq!(half, names(0.5, ROOT));
    assert_ne!(half, names(0.5, RootSeed::new(6, 0)));
    let report = many.clone().select(&with(|s| s.function_share = 0.9), ROOT).unwrap().report().to_string();
    assert!(report.contains("dropped: 5 × function that was not selected"), "{report}");
}

#[test]
fn shares_of_requests_are_kept_by_chance_and_leave_the_others_as_they_are() {
    let n = 100_000;
    let thinned =
        |share: f64, seed| list(n).select(&with(|s| s.request_share = share), RootSeed::new(seed, 0)).unwrap();
    let some = all(&thinned(0.3, 5));
    // Four standard deviations: 4·√(100,000·0.3·0.7) = 580.
    assert!(some.len().abs_diff(30_000) < 580, "{}", some.len());
    let whole = all(&list(n));
    let mut rest = whole.iter();
    assert!(some.iter().all(|kept| rest.any(|i| i == kept)), "what is kept is as it was, in the same order");
    assert_eq!(some, all(&thinned(0.3, 5)));
    assert_ne!(some, all(&thinned(0.3, 6)));
    assert_eq!(thinned(0.3, 5).length(), list(n).length());
    // Counts: a binomial number of each cell, 4·√(200,000·0.25·0.75) = 775.
    let rows = (0..20).map(|m| (m, FunctionId::new(m % 2), 10_000)).collect();
    let durations = vec![InverseCdf::constant(1e9); 2];
    let counts = Counts::new(20, rows).unwrap();
    let counted = Workload::counted(functions(2), durations, counts, ImportReport::default());
    let quarter = counted.select(&with(|s| (s.request_share, s.rate_scale) = (0.5, 0.5)), ROOT).unwrap();
    assert!(quarter.invocations().abs_diff(50_000) < 775, "{}", quarter.invocations());
    let half_more = list(n).select(&with(|s| s.rate_scale = 2.5), ROOT).unwrap();
    // Two of each and a half more: 4·√(100,000)/2 = 632.
    assert!(half_more.invocations().abs_diff(250_000) < 632, "{}", half_more.invocations());
}

#[test]
fn a_packed_trace_is_selected_from_as_the_list_is() {
    let dir = tempfile::tempdir().unwrap();
    let (file, length) = (dir.path().join("t.sdt"), MINUTE * 4);
    // 200,000 invocations over some four minutes.
    let sparse = all(&list(200_000)).into_iter().map(|i| invocation(i.at.as_ps() * 3_000, i.function.raw(), 7));
    let listed = Workload::listed(list(1).functions().clone(), sparse.collect(), ImportReport::default());
    pack(&listed, Form::AsItIs, &file);
    for select in [
        Select::default(),
        window(Span::from_secs(7), Span::from_secs(95)),
        with(|s| s.function_share = 0.4),
        with(|s| s.request_share = 0.1),
        with(|s| s.rate_scale = 1.7),
        with(|s| s.repeat = 3),
        with(|s| {
            (s.start, s.length) = (Span::from_ms(61_234), Some(Span::from_ms(90_000)));
            (s.function_share, s.request_share, s.rate_scale, s.repeat) = (0.6, 0.5, 3.3, 4);
        }),
    ] {
        let selected = |workload: Workload| workload.with_length(length).select(&select, ROOT).unwrap();
        let (of_list, of_file) = (selected(listed.clone()), selected(load(&file).unwrap()));
        assert_eq!(of_file.invocations(), of_list.invocations(), "{select:?}");
        assert_eq!(of_file.length(), of_list.length());
        assert!(of_file.functions().iter().eq(of_list.functions().iter()));
        let (of_file, of_list) = (all(&of_file), all(&of_list));
        assert!(of_list.is_sorted_by_key(|i| (i.at, i.function)) && !of_list.is_empty());
        assert!(of_file == of_list, "{select:?}");
    }
}

#[test]
fn repeated_counts_draw_anew_each_time() {
    let twice = counted().select(&with(|s| s.repeat = 2), ROOT).unwrap();
    let (first, second): (Vec<_>, Vec<_>) = all(&twice).into_iter().partition(|i| i.at < Time::ZERO + MINUTE * 4);
    assert_eq!((first.len(), second.len()), (12, 12));
    let durations = |list: &[Invocation]| list.iter().map(|i| i.duration).collect::<Vec<_>>();
    assert_ne!(durations(&first), durations(&second));
    assert_eq!(first, all(&counted()));
}

#[test]
fn what_does_not_fit_the_trace_is_told() {
    let told = |workload: Workload, select: Select| {
        let wrong = workload.select(&select, ROOT).expect_err("a wrong selection was made");
        wrong
            .iter()
            .map(|wrong| format!("{}: {}: {}", wrong.key, wrong.message, wrong.remedy))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let thousand = with(|s| s.rate_scale = 1_000.0);
    let messages = [
        told(counted(), with(|s| s.start = MINUTE * 4)),
        told(counted(), window(MINUTE, MINUTE * 4)),
        told(counted(), window(Span::from_secs(1), Span::from_secs(61))),
        told(counted(), with(|s| s.repeat = 1_000_000)),
        told(list(3), window(Span::from_secs(1), Span::MAX)),
        told(list(3), with(|s| s.repeat = 1_000_000)),
        told(list(200_000), with(|s| s.rate_scale = 1_000.0)),
        told(list(200_000).with_length(MINUTE), with(|s| s.repeat = 1_000)),
        told(
            counted().select(&with(|s| s.rate_scale = 1_000.0), ROOT).unwrap().select(&thousand, ROOT).unwrap(),
            thousand,
        ),
    ];
    insta::assert_snapshot!(messages.join("\n--\n"));
}

/// The workload of the small day with other values.
fn experiment(sets: &[&str]) -> Result<Workload, String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/day.toml");
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let loaded = config::load::<raw::Experiment>(&file, &sets).map_err(|wrong| wrong.to_string())?;
    sdcsim::experiment::prepare(&loaded).map_err(|wrong| wrong.to_string())?;
    load_workload(&loaded).map_err(|wrong| wrong.to_string())
}

#[test]
fn an_experiment_selects_from_any_source() {
    let whole = experiment(&[]).unwrap();
    let hour = experiment(&["workload.select.start=\"10 h\"", "workload.select.length=\"1 h\""]).unwrap();
    let in_hour = |i: &Invocation| (36_000..39_600).contains(&(i.at.as_ps() / 1_000_000_000_000));
    assert_eq!(hour.invocations(), all(&whole).iter().filter(|i| in_hour(i)).count() as u64);
    let half = experiment(&["workload.select.function_share=0.5"]).unwrap();
    assert_eq!((whole.functions().len(), half.functions().len()), (200, 100));
    let made = "workload.source={ kind = \"generated\", functions = 30, length = \"2 h\" }";
    let hour = experiment(&[made, "workload.select.start=\"1 h\"", "workload.select.function_share=0.5"]).unwrap();
    assert_eq!((hour.functions().len(), hour.length()), (15, Span::from_secs(3_600)));
}

#[test]
fn wrong_keys_of_a_selection_are_told_and_an_empty_trace_is() {
    let dir = tempfile::tempdir().unwrap();
    put(&dir, "functions.csv", "owner,app,function,memory_mib\no,a,f,64\n");
    put(&dir, "invocations.csv", "function,arrival_s,duration_s\n");
    put(&dir, "about.csv", "key,value\nlength_s,3600\n");
    let empty = format!("workload.source.path=\"{}\"", dir.path().display());
    let made = "workload.source={ kind = \"generated\", functions = 3 }";
    let messages = [
        experiment(&[&empty]),
        experiment(&["workload.select.start=\"24 h\"", "workload.select.length=\"90 s\""]),
        experiment(&["workload.select.length=\"0 s\"", "workload.select.repeat=0"]),
        experiment(&["workload.select.function_share=0", "workload.select.rate_scale=-1"]),
        experiment(&["workload.select.request_share=0.000001", "workload.select.length=\"1 min\""]),
        experiment(&[made, "workload.select={ request_share = 0.5, rate_scale = 2, repeat = 2 }"]),
        experiment(&["workload.select.end=\"1 h\""]),
    ];
    let told: Vec<String> = messages.into_iter().map(Result::unwrap_err).collect();
    let root = format!("{}/", env!("CARGO_MANIFEST_DIR"));
    insta::assert_snapshot!(told.join("\n--\n").replace(&root, ""));
}
