//! The public traces, read from the shared folder: what is known of them must come out.

use sdcsim::rng::RootSeed;
use sdcsim::units::{Bytes, Span, Time};
use sdcsim::workload::trace::{UNPACKED, azlike, azure2019, azure2021, native, placement};
use sdcsim::workload::{Invocation, MINUTE, Spacing, Workload};

use super::shared;

const ROOT: RootSeed = RootSeed::new(7, 0);

/// One day of 1,350 functions.
fn azure_day() -> Option<Workload> {
    let files = azure2019::Files {
        invocations: vec![shared("traces/azure_functions_2019_invitro1350/1350_inv.csv.gz")?],
        durations: vec![shared("traces/azure_functions_2019_invitro1350/1350_run.csv.gz")?],
        memory: vec![shared("traces/azure_functions_2019_invitro1350/1350_mem.csv.gz")?],
    };
    Some(azure2019::load(&files, &azure2019::Options::default()).unwrap())
}

#[test]
fn the_azure_day_keeps_every_count_in_every_spacing() {
    let Some(day) = azure_day() else { return };
    assert_eq!((day.functions().len(), day.invocations(), day.length()), (1350, 927_272, Span::from_secs(86_400)));
    insta::assert_snapshot!(day.report().to_string(), @r"
    1350 functions, 927272 invocations, from 4050 rows
      mended: 64 × function whose average no shape between its percentiles has: the nearest taken
      mended: 170 × row with a duration of zero raised to 1 ms
      noted: 1293 × function whose Count is not the sum of its minutes
    ");
    let cells: Vec<_> = day.counts().unwrap().iter().collect();
    for spacing in [Spacing::SortedUniform, Spacing::Exponential, Spacing::Even, Spacing::MinuteStart] {
        let list: Vec<Invocation> = day.arrivals(ROOT, spacing).collect();
        assert_eq!(list.len(), 927_272, "{spacing:?}");
        assert!(list.is_sorted_by_key(|i| (i.at, i.function)), "{spacing:?}");
        let mut of_cell: Vec<_> = list.iter().map(|i| ((i.at.as_ps() / MINUTE.as_ps()) as u32, i.function)).collect();
        of_cell.sort_unstable();
        let counted: Vec<_> =
            of_cell.chunk_by(|a, b| a == b).map(|same| (same[0].0, same[0].1, same.len() as u32)).collect();
        assert!(counted == cells, "{spacing:?}: a function left its minute");
    }
}

#[test]
fn the_busiest_minute_of_the_azure_day_is_the_published_one() {
    let Some(day) = azure_day() else { return };
    let counts = day.counts().unwrap();
    let of_minute = |m| counts.of_minute(m).iter().map(|cell| cell.count).sum::<u32>();
    assert_eq!((0..counts.minutes()).map(of_minute).max(), Some(4025));
}

#[test]
fn half_of_the_azure_day_has_the_same_arrivals() {
    let Some(day) = azure_day() else { return };
    let half = day.clone().retain(|id, _| id.raw() % 2 == 0);
    let of_whole = day.arrivals(ROOT, Spacing::default()).filter(|i| i.function.raw() % 2 == 0);
    let of_half = half.arrivals(ROOT, Spacing::default());
    assert!(of_whole.map(|i| (i.at, i.function.raw(), i.duration)).eq(of_half.map(|i| (
        i.at,
        i.function.raw() * 2,
        i.duration
    ))));
}

#[test]
fn sampled_concurrency_of_the_azure_day_is_that_of_its_averages() {
    let Some(day) = azure_day() else { return };
    // Σ average × count / length, by a script of its own; straight lines between percentiles would give 82.48.
    let analytic = day.mean_concurrency(|_| true);
    assert!((analytic / 79.40 - 1.0).abs() < 0.0005, "{analytic}");
    let busy: f64 = day.arrivals(ROOT, Spacing::default()).map(|i| i.duration.as_secs_f64()).sum();
    let sampled = busy / day.length().as_secs_f64();
    assert!((sampled / 79.40 - 1.0).abs() < 0.005, "sampled {sampled}, analytic {analytic}");
}

#[test]
fn the_azure_day_survives_the_native_form() {
    let Some(day) = azure_day() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("day");
    native::save(&day, ROOT, &path, &[("source", "test")]).unwrap();
    let again = native::load(&path).unwrap();
    assert!(again.functions().iter().eq(day.functions().iter()));
    assert_eq!(again.length(), day.length());
    assert!(again.counts().unwrap().iter().eq(day.counts().unwrap().iter()));
    assert!(again.arrivals(ROOT, Spacing::default()).eq(day.arrivals(ROOT, Spacing::default())));
}

#[test]
fn azure_2021_is_read_as_starts_in_order() {
    let Some(path) = shared("traces/azure_functions_2021_sample/Azure2021_200.csv") else { return };
    let trace = azure2021::load(&[path], &azure2021::Options::default()).unwrap();
    assert_eq!(trace.functions().len(), 31);
    insta::assert_snapshot!(trace.report().to_string(), @r"
    31 functions, 199 invocations, from 199 rows
      mended: 8 × duration of zero raised to 1 ms
    ");
    let first = trace.arrivals(ROOT, Spacing::default()).find(|i| i.function.raw() == 0).unwrap();
    // 0.07949090003967285 s − 0.078 s
    assert_eq!((first.at, first.duration), (Time::from_ps(1_490_900_040), Span::from_ms(78)));
}

#[test]
fn azlike_and_placement_keep_every_digit() {
    let (Some(functions), Some(invocations)) =
        (shared("validation/faas/azlike_functions.csv"), shared("validation/faas/azlike_invocations.csv"))
    else {
        return;
    };
    let trace = azlike::load(&functions, &invocations, UNPACKED).unwrap();
    assert_eq!((trace.functions().len(), trace.invocations()), (100, 33_917));
    let f000 = trace.functions().iter().next().unwrap();
    assert_eq!((f000.memory, f000.cold_start), (Bytes::from_mib(134), Some(Span::from_ms(3638))));
    assert_eq!(trace.arrivals(ROOT, Spacing::default()).next().unwrap().at, Time::ZERO + Span::from_ms(4374));

    let Some(path) = shared("validation/faas/placement_trace.csv.gz") else { return };
    let trace = placement::load(&path, UNPACKED).unwrap();
    assert_eq!((trace.functions().len(), trace.invocations()), (1000, 200_000));
    assert!(trace.report().mended.is_empty(), "{}", trace.report());
    let first = trace.arrivals(ROOT, Spacing::default()).next().unwrap();
    let function = &trace.functions()[first.function];
    // 4,0.104839862,0.284055988,256,1.313
    assert_eq!((first.at.as_ps(), first.duration.as_ps()), (104_839_862_000, 284_055_988_000));
    assert_eq!((function.memory, function.cold_start), (Bytes::from_mib(256), Some(Span::from_ms(1313))));
}
