//! Packed traces: nothing is lost or changed on the way there and back, and runs cannot tell the forms apart.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use sdcsim::ids::FunctionId;
use sdcsim::probe::platform::{PlatformSpec, run_platform};
use sdcsim::rng::RootSeed;
use sdcsim::units::{BitsPerSec, Bytes, Span, Time};
use sdcsim::workload::counts::Counts;
use sdcsim::workload::generate::{Options, generate};
use sdcsim::workload::stats::stats;
use sdcsim::workload::trace::packed::{Form, save};
use sdcsim::workload::trace::{native, packed};
use sdcsim::workload::{
    Function, Functions, ImportReport, InverseCdf, Invocation, LONGEST, MINUTE, Own, Spacing, Workload,
};

const ROOT: RootSeed = RootSeed::new(42, 0);

fn day() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("traces/day")
}

fn functions(n: u32) -> Functions {
    let function = |i: u32| Function {
        owner: if i.is_multiple_of(2) { String::new() } else { "ōwner".into() },
        app: format!("app,{}\n", i / 3),
        name: format!("f{i}"),
        memory: Bytes(u64::from(i) * 1_234_567 + 1),
        cold_start: (i % 3 == 1).then(|| Span::from_ps(u64::from(i))),
        own: None,
    };
    (0..n).map(function).collect()
}

pub(super) fn invocation(at_ps: u64, function: u32, duration_ps: u64) -> Invocation {
    Invocation { at: Time::from_ps(at_ps), function: FunctionId::new(function), duration: Span::from_ps(duration_ps) }
}

/// `n` invocations of ten functions, a few at the same time, over several blocks where n is large.
pub(super) fn list(n: u64) -> Workload {
    let make = |i: u64| invocation(i / 3 * 1_000_003, (i * 7 % 10) as u32, i * i % 1_000_000_007);
    Workload::listed(functions(10), (0..n).map(make).collect(), ImportReport::default())
}

/// The same, whose functions say what their requests do: every subset of what can be said, but the last.
pub(super) fn list_with_own(n: u64) -> Workload {
    let listed = list(n);
    let own = |i: usize| Own {
        profile: (i & 1 > 0).then(|| format!("profile {i}")),
        request: (i & 2 > 0).then_some(Bytes(1 << 50)),
        response: (i & 2 > 0).then_some(Bytes(i as u64)),
        read: (i & 4 > 0).then_some(Bytes(0)),
        write: (i & 8 > 0).then_some(Bytes(7)),
        bandwidth: (i & 1 > 0).then_some(BitsPerSec(1_000_000_000_000_000)),
        accelerators: (i & 4 > 0).then_some(u32::MAX),
        parallel_share: (i & 8 > 0).then_some(i as u32),
        measured_cores: (i & 2 > 0).then_some(1_000),
    };
    let with = |(i, function): (usize, &Function)| Function {
        own: Some(own(i)).filter(|own| *own != Own::default()).map(Box::new),
        ..function.clone()
    };
    let functions = listed.functions().iter().enumerate().map(with).collect();
    Workload::listed(functions, all(&listed), ImportReport::default()).with_length(listed.length())
}

pub(super) fn pack(workload: &Workload, form: Form, path: &Path) {
    let bytes = save(workload, form, ROOT, path, &mut |_| ()).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(bytes, path.metadata().unwrap().len());
}

fn all(workload: &Workload) -> Vec<Invocation> {
    workload.arrivals(ROOT, Spacing::default()).collect()
}

/// Everything that can be asked of two workloads is the same.
fn check_same(a: &Workload, b: &Workload) {
    assert!(a.functions().iter().eq(b.functions().iter()));
    assert_eq!(a.durations(), b.durations());
    assert_eq!((a.length(), a.invocations()), (b.length(), b.invocations()));
    for spacing in [Spacing::SortedUniform, Spacing::Exponential] {
        assert!(a.arrivals(ROOT, spacing).eq(b.arrivals(ROOT, spacing)));
    }
    assert!(a.counted_minutes(ROOT).eq(b.counted_minutes(ROOT)));
    assert_eq!(a.totals().iter().collect::<Vec<_>>(), b.totals().iter().collect::<Vec<_>>());
    assert_eq!((a.read_fault(), b.read_fault()), (None, None));
}

/// Through a packed file, and from there through a folder.
fn check_there_and_back(workload: &Workload) {
    let dir = tempfile::tempdir().unwrap();
    let (file, folder) = (dir.path().join("t.sdt"), dir.path().join("folder"));
    pack(workload, Form::AsItIs, &file);
    let packed = native::load(&file).unwrap();
    check_same(&packed, workload);
    assert_eq!(packed.measured_cores(), workload.measured_cores());
    native::save(&packed, ROOT, &folder, &[]).unwrap();
    check_same(&native::load(&folder).unwrap(), workload);
}

/// Counts of four functions: of two the mean of the durations is known, of one it is none that its percentiles allow.
fn counts_with_means() -> Workload {
    let knots = [0.0, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0].map(|p| (p, 1e9 + 1e12 * p * p));
    let straight = || InverseCdf::mended(&knots).unwrap().0;
    let durations = vec![straight(), straight().with_mean(2.5e11).0, straight(), straight().with_mean(9e12).0];
    let counts = Counts::new(3, (0..12).map(|i| (i % 3, FunctionId::new(i / 3), i + 1)).collect()).unwrap();
    Workload::counted(functions(4), durations, counts, ImportReport::default())
}

#[test]
fn means_survive() {
    check_there_and_back(&counts_with_means());
}

#[test]
fn the_trace_of_a_day_survives() {
    check_there_and_back(&native::load(&day()).unwrap());
}

#[test]
fn lists_survive() {
    check_there_and_back(&list(200_000));
    check_there_and_back(&list(65_536));
    check_there_and_back(&list_with_own(100));
    check_there_and_back(&list(1).with_length(Span::from_ps(1)));
    let longest = LONGEST.as_ps();
    let ends = vec![invocation(0, 9, 0), invocation(longest - 1, 0, longest), invocation(longest - 1, 0, 0)];
    let ends = Workload::listed(functions(10), ends, ImportReport::default());
    check_there_and_back(&ends.with_length(Span::from_ps(longest)));
}

#[test]
fn a_trace_without_invocations_survives() {
    let dir = tempfile::tempdir().unwrap();
    let (nothing, file) =
        (Workload::listed(functions(2), Vec::new(), ImportReport::default()), dir.path().join("t.sdt"));
    pack(&nothing, Form::AsItIs, &file);
    check_same(&packed::load(&file).unwrap(), &nothing);
}

#[test]
fn a_generated_workload_is_written_as_its_replication() {
    let dir = tempfile::tempdir().unwrap();
    let (file, folder) = (dir.path().join("t.sdt"), dir.path().join("folder"));
    let made = generate(&Options { rate_scale: 0.01, ..Options::new(50, 1, 3) }).unwrap();
    pack(&made, Form::AsItIs, &file);
    native::save(&made, ROOT, &folder, &[]).unwrap();
    let unpacked = native::load(&folder).unwrap();
    check_same(&packed::load(&file).unwrap(), &unpacked);
    assert_eq!((made.measured_cores(), unpacked.measured_cores()), (Some(1.0), Some(1.0)), "as Azure 2019");
}

#[test]
fn counts_can_be_written_as_the_invocations_they_stand_for() {
    let dir = tempfile::tempdir().unwrap();
    let counted = native::load(&day()).unwrap();
    let listed = Workload::listed(counted.functions().clone(), all(&counted), ImportReport::default());
    let file = dir.path().join("t.sdt");
    pack(&counted, Form::Listed(Spacing::default()), &file);
    check_same(&packed::load(&file).unwrap(), &listed.with_length(counted.length()));
}

#[test]
fn parts_of_a_packed_list_are_those_of_the_list() {
    let dir = tempfile::tempdir().unwrap();
    let (list, file) = (list(200_000), dir.path().join("t.sdt"));
    pack(&list, Form::AsItIs, &file);
    let packed = packed::load(&file).unwrap();
    let check = |part: &dyn Fn(Workload) -> Workload| check_same(&part(packed.clone()), &part(list.clone()));
    // 65,536 rows end at 21,845 gaps of 1,000,003 ps.
    let block = 21_845 * 1_000_003;
    for (start, length) in
        [(0, 1), (5, 3_000_000), (block, block), (block - 1, 2), (2 * block + 9, u64::MAX / 8), (u64::MAX / 4, 9)]
    {
        check(&|w| w.window(Span::from_ps(start), Span::from_ps(length)));
        check(&|w| {
            w.window(Span::from_ps(7_000_021), Span::from_ps(50_000_000_000))
                .window(Span::from_ps(start), Span::from_ps(length))
        });
    }
    check(&|w| w.retain(|id, _| id.raw() % 3 == 1));
    check(&|w| w.retain(|id, _| id.raw() % 2 == 1).window(Span::from_ps(block), MINUTE).retain(|id, _| id.raw() > 2));
    check(&|w| w.with_length(MINUTE * 99));
    check(&|w| w.with_length(Span::from_ps(block)).with_length(MINUTE * 99));
    assert_eq!(stats(&packed, ROOT), stats(&list, ROOT));
}

#[test]
fn runs_cannot_tell_the_forms_apart() {
    let dir = tempfile::tempdir().unwrap();
    let (list, file) = (list(100_000), dir.path().join("t.sdt"));
    pack(&list, Form::AsItIs, &file);
    let spec = PlatformSpec::unlimited(Span::from_secs(600));
    let result = |w: &Workload| format!("{:?}", run_platform(&spec, w));
    assert_eq!(result(&packed::load(&file).unwrap()), result(&list));
}

#[test]
fn a_stream_may_be_left_at_any_time_and_several_run_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (list, file) = (list(600_000), dir.path().join("t.sdt"));
    pack(&list, Form::AsItIs, &file);
    let packed = packed::load(&file).unwrap();
    for n in [0, 1, 65_536, 65_537, 400_000] {
        assert_eq!(packed.arrivals(ROOT, Spacing::default()).take(n).count(), n);
    }
    let (a, b) = (packed.arrivals(ROOT, Spacing::default()), packed.arrivals(ROOT, Spacing::default()));
    assert!(a.zip(b).all(|(a, b)| a == b));
    // Whoever asks again after the end gets nothing.
    let mut stream = packed.arrivals(ROOT, Spacing::default());
    assert_eq!(stream.by_ref().count(), 600_000);
    assert_eq!((stream.next(), packed.read_fault()), (None, None));
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("t.sdt");
    let long = Workload::listed(functions(1), vec![invocation(0, 0, u64::MAX)], ImportReport::default());
    let refused = save(&long, Form::AsItIs, ROOT, &file, &mut |_| ()).unwrap_err();
    assert!(refused.to_string().contains("213 days"), "{refused}");
    assert_eq!(dir.path().read_dir().unwrap().count(), 0);
    pack(&list(3), Form::AsItIs, &file);
    let twice = save(&list(3), Form::AsItIs, ROOT, &file, &mut |_| ()).unwrap_err();
    assert!(twice.to_string().contains("exists already"), "{twice}");
    assert_eq!(dir.path().read_dir().unwrap().count(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_list_survives(
        rows in prop::collection::vec((0..LONGEST.as_ps(), 0..10_u32, 0..LONGEST.as_ps()), 0..700),
        coarse in 0..64_u32,
        unit in 1..1_000_000_u64,
    ) {
        // Small numbers, numbers with a common unit, and many at the same time, too.
        let cut = |n: u64| (n >> coarse) / unit * unit;
        let rows = rows.into_iter().map(|(at, function, duration)| invocation(cut(at), function, cut(duration)));
        let workload = Workload::listed(functions(10), rows.collect(), ImportReport::default());
        let dir = tempfile::tempdir().unwrap();
        pack(&workload, Form::AsItIs, &dir.path().join("t.sdt"));
        let again = packed::load(&dir.path().join("t.sdt")).unwrap();
        prop_assert_eq!(all(&again), all(&workload));
        prop_assert_eq!(again.length(), workload.length());
    }
}

/// Older readers read what has nothing new.
#[test]
fn the_version_is_as_old_as_it_can_be() {
    let dir = tempfile::tempdir().unwrap();
    let version = |workload: &Workload, name: &str| {
        pack(workload, Form::AsItIs, &dir.path().join(name));
        std::fs::read(dir.path().join(name)).unwrap()[8]
    };
    assert_eq!((version(&list(3), "old.sdt"), version(&list_with_own(3), "new.sdt")), (1, 2));
    let day = native::load(&day()).unwrap();
    assert_eq!((version(&day, "counts.sdt"), version(&counts_with_means(), "means.sdt")), (1, 3));
}

/// The rows that the reader in docs/trace-format.md prints.
fn python(file: &Path) -> Option<String> {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/trace-format.md")).unwrap();
    let program = page.split("```python\n").nth(1)?.split("```").next()?;
    let output = std::process::Command::new("python3").arg("-c").arg(program).arg(file).output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_page_is_enough_to_write_a_reader() {
    let dir = tempfile::tempdir().unwrap();
    let (listed, counted) = (dir.path().join("list.sdt"), dir.path().join("counts.sdt"));
    let day = native::load(&day()).unwrap();
    pack(&day, Form::Listed(Spacing::default()), &listed);
    pack(&day, Form::AsItIs, &counted);
    let own = dir.path().join("own.sdt");
    pack(&list_with_own(300), Form::AsItIs, &own);
    let means = dir.path().join("means.sdt");
    pack(&counts_with_means(), Form::AsItIs, &means);
    let found = (python(&listed), python(&counted), python(&own), python(&means));
    let (Some(rows), Some(counts), Some(of_own), Some(of_means)) = found else {
        eprintln!("skipped: python3 is not here");
        return;
    };
    let lines = |rows: Vec<[u64; 3]>| {
        rows.iter()
            .map(|[time, function, value]| [time, function, value].map(u64::to_string).join(" ") + "\n")
            .collect()
    };
    let row = |i: Invocation| [i.at.as_ps(), i.function.raw().into(), i.duration.as_ps()];
    let expected: String = lines(all(&day).into_iter().map(row).collect());
    assert!(rows == expected);
    let expected: String = lines(all(&list(300)).into_iter().map(row).collect());
    assert!(of_own == expected);
    let cell = |(minute, function, n): (u32, FunctionId, u32)| [minute, function.raw(), n].map(u64::from);
    let expected: String = lines(day.counts().unwrap().iter().map(cell).collect());
    assert!(counts == expected);
    let expected: String = lines(counts_with_means().counts().unwrap().iter().map(cell).collect());
    assert!(of_means == expected);
}
