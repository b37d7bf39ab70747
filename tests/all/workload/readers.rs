//! Quirks of the public formats, each in a small file of its own.

use sdcsim::rng::RootSeed;
use sdcsim::units::{Bytes, Span};
use sdcsim::workload::trace::azure2019::{Files, MissingRows, Options};
use sdcsim::workload::trace::{MemoryFrom, MemorySplit, ZeroDurations, azure2019, azure2021, native};
use sdcsim::workload::{InverseCdf, Spacing, Workload};

use super::put;

const ROOT: RootSeed = RootSeed::new(1, 0);
const DURATIONS: &str = "HashOwner,HashApp,HashFunction,Average,Count,Minimum,Maximum,percentile_Average_0,\
    percentile_Average_1,percentile_Average_25,percentile_Average_50,percentile_Average_75,percentile_Average_99,\
    percentile_Average_100";
const MEMORY: &str = "HashOwner,HashApp,SampleCount,AverageAllocatedMb,AverageAllocatedMb_pct1,AverageAllocatedMb_pct5,\
    AverageAllocatedMb_pct25,AverageAllocatedMb_pct50,AverageAllocatedMb_pct75,AverageAllocatedMb_pct95,\
    AverageAllocatedMb_pct99,AverageAllocatedMb_pct100";

/// Texts of the three kinds of files; an empty list leaves a kind out.
fn azure(invocations: &[&str], durations: &[&str], memory: &[&str], options: &Options) -> Workload {
    let dir = tempfile::tempdir().unwrap();
    let put_all = |kind: &str, header: &str, texts: &[&str]| {
        texts.iter().enumerate().map(|(i, t)| put(&dir, &format!("{kind}{i}"), format!("{header}{t}"))).collect()
    };
    let files = Files {
        invocations: put_all("inv", "", invocations),
        durations: put_all("dur", &format!("{DURATIONS}\n"), durations),
        memory: put_all("mem", &format!("{MEMORY}\n"), memory),
    };
    azure2019::load(&files, options).unwrap()
}

/// (minute, function, count) of every cell.
fn cells(workload: &Workload) -> Vec<(u32, u32, u32)> {
    workload.counts().unwrap().iter().map(|(m, f, n)| (m, f.raw(), n)).collect()
}

fn memory_mib(workload: &Workload) -> Vec<f64> {
    workload.functions().iter().map(|f| f.memory.as_mib_f64()).collect()
}

/// The percentiles of function `i`.
fn percentiles_ms(workload: &Workload, i: usize) -> Vec<f64> {
    let durations = &workload.durations().unwrap()[i];
    [0.0, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0].iter().map(|p| durations.quantile(*p) / 1e9).collect()
}

#[test]
fn headers_are_told_apart_by_name() {
    for header in [
        "HashOwner,HashApp,HashFunction,Trigger,1,2,3\no,a,f,http,",
        "HashFunction,HashOwner,HashApp,minute_1,minute_2,minute_3\nf,o,a,",
        "HashApp,HashFunction,HashOwner,1_minute,2_minute,3_minute\na,f,o,",
        "HashOwner,HashApp,HashFunction,480,481,482\no,a,f,",
        "\u{feff}hashowner,hashapp,hashfunction,0,1,2\no,a,f,",
    ] {
        let workload = azure(&[&format!("{header}5,0,7\n")], &[], &[], &Options::default());
        assert_eq!(cells(&workload), [(0, 0, 5), (2, 0, 7)], "{header}");
        assert_eq!(workload.measured_cores(), Some(1.0), "the consumption plan gives a core");
        let f = &workload.functions().iter().next().unwrap();
        assert_eq!([&*f.owner, &f.app, &f.name], ["o", "a", "f"], "{header}");
        assert_eq!(workload.length(), Span::from_secs(180));
    }
}

#[test]
fn days_follow_one_another() {
    let day = |names: &str| format!("HashOwner,HashApp,HashFunction,1,1440\n{names}");
    let (first, second) = (day("o,a,f,1,2\n"), day("o,a,g,3,0\no,a,f,0,4\n"));
    let workload = azure(&[&first, &second], &[], &[], &Options::default());
    assert_eq!(cells(&workload), [(0, 0, 1), (1439, 0, 2), (1440, 1, 3), (2879, 0, 4)]);
    assert_eq!(workload.length(), Span::from_secs(2 * 86_400));
}

#[test]
fn a_function_listed_twice_in_a_day_is_added_up_and_equal_names_in_other_apps_are_not() {
    let inv = "HashOwner,HashApp,HashFunction,1\no,a,f,1\no,b,f,2\no,a,f,4\n";
    let workload = azure(&[inv], &[], &[], &Options::default());
    assert_eq!(cells(&workload), [(0, 0, 5), (0, 1, 2)]);
    insta::assert_snapshot!(workload.report().to_string(), @r"
    2 functions, 7 invocations, from 3 rows
      mended: 2 × function without durations given the default
      mended: 2 × function without memory given the default
      mended: 1 × second row of a function in a day: counts added up
    ");
}

const INV: &str = "HashOwner,HashApp,HashFunction,1\no,a,f,1\no,a,g,2\no,b,h,4\n";
const DUR: &str =
    "o,a,f,50,1,10,100,10,20,30,40,50,90,100\no,b,h,50,4,10,100,10,20,30,40,50,90,100\no,z,z,1,1,1,1,1,1,1,1,1,1,1\n";
const MEM: &str = "o,a,10,100.5,90,91,92,93,94,95,96,200\n";

#[test]
fn functions_that_one_file_leaves_out_are_dropped_or_filled() {
    let dropped = azure(&[INV], &[DUR], &[MEM], &Options::default());
    assert_eq!(cells(&dropped), [(0, 0, 1)]);
    assert_eq!(memory_mib(&dropped), [101.0]);
    insta::assert_snapshot!(dropped.report().to_string(), @r"
    1 functions, 1 invocations, from 7 rows
      dropped: 1 × function without durations
      dropped: 1 × function without memory
      dropped: 6 × invocation of a function that was dropped
      dropped: 1 × row of durations of a function that is never invoked
    ");
    let filled = azure(&[INV], &[DUR], &[MEM], &Options { missing: MissingRows::Fill, ..Options::default() });
    assert_eq!(cells(&filled), [(0, 0, 1), (0, 1, 2), (0, 2, 4)]);
    assert_eq!(memory_mib(&filled), [51.0, 51.0, 140.0]);
    insta::assert_snapshot!(filled.report().to_string(), @r"
    3 functions, 7 invocations, from 7 rows
      dropped: 1 × row of durations of a function that is never invoked
      mended: 1 × function without durations given the default
      mended: 1 × function without memory given the default
    ");
}

#[test]
fn memory_of_an_app_is_split_as_asked() {
    let inv = "HashOwner,HashApp,HashFunction,1\no,a,f,1\no,a,g,2\n";
    let split = |memory_split, memory_from| {
        memory_mib(&azure(&[inv], &[], &[MEM], &Options { memory_split, memory_from, ..Options::default() }))
    };
    assert_eq!(split(MemorySplit::CeilDivision, MemoryFrom::Average), [51.0, 51.0]);
    assert_eq!(split(MemorySplit::PlainDivision, MemoryFrom::Average), [50.25, 50.25]);
    assert_eq!(split(MemorySplit::WholeApp, MemoryFrom::Average), [100.5, 100.5]);
    assert_eq!(split(MemorySplit::WholeApp, MemoryFrom::Maximum), [200.0, 200.0]);
    assert_eq!(split(MemorySplit::MaxPercentile, MemoryFrom::Average), [200.0, 200.0]);
    let sampled = split(MemorySplit::WholeApp, MemoryFrom::Sampled);
    assert!(sampled[0] != sampled[1] && sampled.iter().all(|mib| (90.0..=200.0).contains(mib)), "{sampled:?}");
    assert_eq!(sampled, split(MemorySplit::WholeApp, MemoryFrom::Sampled));
}

#[test]
fn durations_of_zero_and_less_are_raised_or_dropped() {
    let inv = "HashOwner,HashApp,HashFunction,1\no,a,f,1\no,a,g,2\no,a,h,3\n";
    let dur = "o,a,f,5,1,0,100,0,0,3,4,5,90,100\no,a,g,-5,2,-9,0,-9,-8,-7,-6,-5,-4,0\no,a,h,5,9,7,7,7,7,7,7,7,7,7\n";
    let floored = azure(&[inv], &[dur], &[], &Options::default());
    assert_eq!(percentiles_ms(&floored, 0), [1.0, 1.0, 3.0, 4.0, 5.0, 90.0, 100.0]);
    assert_eq!(percentiles_ms(&floored, 1), [1.0; 7]);
    assert_eq!(floored.durations().unwrap()[1].mean(), 1e9);
    insta::assert_snapshot!(floored.report().to_string(), @r"
    3 functions, 6 invocations, from 6 rows
      mended: 1 × function whose average no shape between its percentiles has: the nearest taken
      mended: 3 × function without memory given the default
      mended: 1 × row with a duration of zero raised to 1 ms
      mended: 1 × row with a negative duration raised to 1 ms
      noted: 1 × function whose Count is not the sum of its minutes
    ");
    let options = Options { zero_durations: ZeroDurations::Drop, ..Options::default() };
    let dropped = azure(&[inv], &[dur], &[], &options);
    assert_eq!(cells(&dropped), [(0, 0, 1), (0, 1, 3)]);
    insta::assert_snapshot!(dropped.report().to_string(), @r"
    2 functions, 4 invocations, from 6 rows
      dropped: 1 × function with durations of zero
      dropped: 2 × invocation of a function that was dropped
      mended: 1 × function whose average no shape between its percentiles has: the nearest taken
      mended: 2 × function without memory given the default
      mended: 1 × row with a duration of zero raised to 1 ms
      noted: 1 × function whose Count is not the sum of its minutes
    ");
}

#[test]
fn percentiles_in_disorder_and_ends_on_the_wrong_side_are_told() {
    let inv = "HashOwner,HashApp,HashFunction,1\no,a,f,1\n";
    let dur = "o,a,f,50,1,45,60,10,20,40,30,50,90,100\n";
    let workload = azure(&[inv], &[dur], &[], &Options::default());
    assert_eq!(percentiles_ms(&workload, 0), [10.0, 20.0, 30.0, 40.0, 50.0, 90.0, 100.0]);
    insta::assert_snapshot!(workload.report().to_string(), @r"
    1 functions, 1 invocations, from 2 rows
      mended: 1 × function whose percentiles of duration were put in order
      mended: 1 × function without memory given the default
      noted: 2 × minimum or maximum on the wrong side of the percentiles: not used
    ");
}

#[test]
fn durations_of_several_days_are_a_mixture_by_their_counts() {
    let inv = "HashOwner,HashApp,HashFunction,1\no,a,f,4\n";
    // A quarter takes 10 ms, the rest has percentiles of its own: the median of all is its third, between 20 and 30 ms.
    let days = ["o,a,f,10,1,10,10,10,10,10,10,10,10,10\n", "o,a,f,35,3,20,90,20,20,20,20,50,90,90\n"];
    let workload = azure(&[inv], &days, &[], &Options::default());
    let found = percentiles_ms(&workload, 0);
    assert_eq!(found[..4], [10.0, 10.0, 10.0, 20.0]);
    assert!(found[4] > 20.0 && found[4] < 50.0 && found[5] > 50.0 && found[5] < 90.0 && found[6] == 90.0, "{found:?}");
    assert_eq!(workload.durations().unwrap()[0].asked_mean(), Some((10.0 + 3.0 * 35.0) / 4.0 * 1e9));
    assert!((workload.durations().unwrap()[0].mean() / 28.75e9 - 1.0).abs() < 1e-6);
    let several = "mended: 1 × function with several rows of durations: their mixture, weighted by Count";
    assert!(workload.report().to_string().contains(several), "{}", workload.report());
}

#[test]
fn two_rows_of_a_function_in_a_day_are_a_mixture_too() {
    let inv = "HashOwner,HashApp,HashFunction,1\no,a,f,4\n";
    let rows = "o,a,f,20,80,20,20,20,20,20,20,20,20,20\no,a,f,700,20,700,700,700,700,700,700,700,700,700\n";
    let workload = azure(&[inv], &[rows], &[], &Options::default());
    assert_eq!(percentiles_ms(&workload, 0), [20.0, 20.0, 20.0, 20.0, 20.0, 700.0, 700.0]);
    assert_eq!(workload.durations().unwrap()[0].asked_mean(), Some(156e9));
}

#[test]
fn averages_are_kept_and_those_beyond_the_percentiles_are_told() {
    let inv = "HashOwner,HashApp,HashFunction,1\no,a,f,4\no,a,g,4\no,a,h,4\n";
    // Straight lines would give f 1/200 of 1,000 s on top: 5.25 s. The largest mean that g allows is 2 s, h's average is
    // between its ends.
    let rows = "o,a,f,300,9,100,1000000,100,100,200,300,400,500,1000000\n\
                o,a,g,3000,9,1000,2000,1000,1000,1000,2000,2000,2000,2000\n\
                o,a,h,20,9,10,30,10,10,10,10,30,30,30\n";
    let workload = azure(&[inv], &[rows], &[], &Options::default());
    let means = workload.durations().unwrap().iter().map(InverseCdf::mean).collect::<Vec<_>>();
    // Least: 0.25·100 + 0.25·200 + 0.25·300 + 0.24·400 + 0.01·500 = 251 ms; so 300 ms can be.
    let right = [300e9, 2e12 - 0.25e12, 20e9];
    for (mean, right) in means.into_iter().zip(right) {
        assert!((mean / right - 1.0).abs() < 1e-6, "{mean} is not {right}");
    }
    let told = "mended: 1 × function whose average no shape between its percentiles has: the nearest taken";
    assert!(workload.report().to_string().contains(told), "{}", workload.report());
}

#[test]
fn memory_may_be_of_functions_and_is_then_not_divided() {
    let dir = tempfile::tempdir().unwrap();
    let inv = put(&dir, "inv", "HashOwner,HashApp,HashFunction,1\no,a,f,1\no,a,g,2\no,a,h,2\no,b,f,2\n");
    let own = put(&dir, "own", "HashOwner,HashApp,HashFunction,AverageAllocatedMb\no,a,f,60\no,a,g,180.5\no,z,z,1\n");
    let apps = put(&dir, "apps", format!("{MEMORY}\no,a,1,90,{0}\no,b,1,70,{0}\n", "1,1,1,1,1,1,1,1"));
    let read = |memory: &[&std::path::PathBuf], memory_split| {
        let memory = memory.iter().map(|path| (*path).clone()).collect();
        let files = Files { invocations: vec![inv.clone()], durations: Vec::new(), memory };
        azure2019::load(&files, &Options { memory_split, ..Options::default() }).unwrap()
    };
    // Those that no row is of take a third of their app's, where there is such a row.
    let both = read(&[&own, &apps], MemorySplit::PlainDivision);
    assert_eq!(memory_mib(&both), [60.0, 180.5, 30.0, 70.0]);
    assert_eq!(memory_mib(&read(&[&own, &apps], MemorySplit::CeilDivision)), [60.0, 181.0, 30.0, 70.0]);
    insta::assert_snapshot!(read(&[&own], MemorySplit::CeilDivision).report().to_string(), @r"
    2 functions, 3 invocations, from 7 rows
      dropped: 2 × function without memory
      dropped: 4 × invocation of a function that was dropped
      dropped: 1 × row of memory of a function that is never invoked
      mended: 4 × function without durations given the default
      noted: 2 × row of memory of a function, not of an app: not divided
    ");
}

#[test]
fn blanks_around_names_do_not_make_other_functions() {
    let inv = "HashOwner, HashApp, HashFunction, 1\no, a , f, 3\n";
    let workload =
        azure(&[inv], &["o,a,f ,5,1,5,5,5,5,5,5,5,5,5\n"], &["o,\ta,10,64,1,1,1,1,1,1,1,1\n"], &Options::default());
    assert_eq!((cells(&workload), memory_mib(&workload)), (vec![(0, 0, 3)], vec![64.0]));
    assert_eq!(percentiles_ms(&workload, 0), [5.0; 7]);
    insta::assert_snapshot!(workload.report().to_string(), @r"
    1 functions, 3 invocations, from 3 rows
      mended: 4 × name with blanks around it: they are left out
      noted: 1 × function whose Count is not the sum of its minutes
    ");
}

#[test]
fn azure_2021_functions_are_unique_within_their_app_only() {
    let dir = tempfile::tempdir().unwrap();
    let rows = "app,func,end_timestamp,duration\na,f,12.5,2.5\nb,f,3.0,0\na,f,1.0,4.0\nb,f,9.0,7.8e-05\nb,f,8.0,0.0\n";
    let path = put(&dir, "2021.csv", rows);
    let read = |options| azure2021::load(std::slice::from_ref(&path), &options).unwrap();
    let list = |w: &Workload| {
        w.arrivals(ROOT, Spacing::default())
            .map(|i| (i.at.as_ps() / 1_000_000, i.function.raw(), i.duration.as_ps() / 1_000_000))
            .collect::<Vec<_>>()
    };
    let floored = read(azure2021::Options::default());
    assert_eq!(floored.measured_cores(), Some(1.0), "the consumption plan gives a core");
    assert_eq!(
        list(&floored),
        [(0, 0, 4_000_000), (3_000_000, 1, 1000), (8_000_000, 1, 1000), (8_999_922, 1, 78), (10_000_000, 0, 2_500_000)]
    );
    insta::assert_snapshot!(floored.report().to_string(), @r"
    2 functions, 5 invocations, from 5 rows
      mended: 2 × duration of zero raised to 1 ms
      mended: 1 × invocation that began before the trace moved to its start
    ");
    let options = azure2021::Options { drop_mostly_zero: true, memory: Bytes::from_mib(64), ..Default::default() };
    let dropped = read(options);
    assert_eq!((list(&dropped).len(), memory_mib(&dropped)), (2, vec![64.0]));
    insta::assert_snapshot!(dropped.report().to_string(), @r"
    1 functions, 2 invocations, from 5 rows
      dropped: 1 × function with a duration of zero in more than half its invocations
      dropped: 3 × invocation of a function that was dropped
      mended: 2 × duration of zero raised to 1 ms
      mended: 1 × invocation that began before the trace moved to its start
    ");
    let options = azure2021::Options { zero_durations: ZeroDurations::Drop, ..Default::default() };
    assert_eq!(list(&read(options)).len(), 3);
}

#[test]
fn azure_2021_may_have_memory() {
    let dir = tempfile::tempdir().unwrap();
    let rows =
        "app,func,end_timestamp,duration,Memory\na,f,1,1,300\nb,f,2,1,70.5\na,f,3,1,400\na,f,4,1,200\nb,g,5,1,0\n";
    let path = put(&dir, "2021.csv", rows);
    let workload = azure2021::load(&[path], &azure2021::Options::default()).unwrap();
    assert_eq!(memory_mib(&workload), [400.0, 70.5, 200.0]);
    insta::assert_snapshot!(workload.report().to_string(), @r"
    3 functions, 5 invocations, from 5 rows
      mended: 2 × row whose memory differs from its function's: the largest taken
      mended: 1 × row with a memory of zero given the default
    ");
    let path = put(&dir, "wrong.csv", "app,func,end_timestamp,duration,memory\na,f,1,1,-1\n");
    let problems = azure2021::load(&[path], &azure2021::Options::default()).unwrap_err().to_string();
    assert!(
        problems.contains(":2: ") && problems.contains("memory") && problems.contains("out of range"),
        "{problems}"
    );
}

#[test]
fn a_list_survives_the_native_form() {
    let dir = tempfile::tempdir().unwrap();
    let path = put(&dir, "2021.csv", "app,func,end_timestamp,duration\na,f,0.07949090003967285,0.078\nb,f,70,1e-12\n");
    let trace = azure2021::load(&[path], &azure2021::Options { memory: Bytes(12_345_677), ..Default::default() });
    let trace = trace.unwrap().with_length(Span::from_secs(600));
    let out = dir.path().join("out");
    native::save(&trace, ROOT, &out, &[]).unwrap();
    let again = native::load(&out).unwrap();
    assert!(again.functions().iter().eq(trace.functions().iter()));
    assert!(again.arrivals(ROOT, Spacing::default()).eq(trace.arrivals(ROOT, Spacing::default())));
    assert_eq!(again.length(), Span::from_secs(600));
    let twice = native::save(&trace, ROOT, &out, &[]).unwrap_err();
    assert!(twice.to_string().contains("exists already"), "{twice}");
}
