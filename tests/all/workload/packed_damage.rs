//! Damaged packed traces: every damage is told with its place and a remedy, and none makes the reader panic.

use std::fmt::Write as _;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use sdcsim::problem::Problems;
use sdcsim::rng::RootSeed;
use sdcsim::workload::Spacing;
use sdcsim::workload::Workload;
use sdcsim::workload::trace::native;
use sdcsim::workload::trace::packed::{Form, load, save};

use super::packed::{list, list_with_own, pack};
use super::put;

const ROOT: RootSeed = RootSeed::new(42, 0);
const HEADER: usize = 88;

/// The bytes of a packed trace.
fn bytes(workload: &Workload) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    pack(workload, Form::AsItIs, &dir.path().join("t.sdt"));
    std::fs::read(dir.path().join("t.sdt")).unwrap()
}

fn read(bytes: &[u8]) -> Result<Workload, Problems> {
    let dir = tempfile::tempdir().unwrap();
    load(&put(&dir, "t.sdt", bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

fn u64_at(bytes: &[u8], at: usize) -> usize {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize
}

fn sign(bytes: &mut [u8], part: std::ops::Range<usize>, at: usize) {
    let checksum = crc32fast::hash(&bytes[part]).to_le_bytes();
    bytes[at..at + 4].copy_from_slice(&checksum);
}

/// Makes all checksums right again, as far as the parts can still be found, so that what lies behind them is tested.
fn sign_all(bytes: &mut [u8]) {
    let (table, index, blocks) = (u64_at(bytes, 48), u64_at(bytes, 56), u32_at(bytes, 68));
    let length = bytes.len();
    if let Some(end) = HEADER.checked_add(table).filter(|end| *end <= length) {
        sign(bytes, HEADER..end, 72);
    }
    for entry in
        (0..blocks.min(10)).filter_map(|i| index.checked_add(24 * i)).filter(|at| at.saturating_add(24) <= length)
    {
        let (at, size) = (u64_at(bytes, entry), u32_at(bytes, entry + 8));
        if size >= 4 && at.checked_add(size).is_some_and(|end| end <= length) {
            sign(bytes, at + 4..at + size, at);
        }
    }
    if index <= length {
        sign(bytes, index..length, 76);
    }
    sign(bytes, 0..84, 84);
}

/// The messages of a file that must not load, without the folder's name.
fn messages(bytes: &[u8]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let told = load(&put(&dir, "t.sdt", bytes)).expect_err("a damaged trace was read").to_string();
    told.replace(&format!("{}/", dir.path().display()), "")
}

#[test]
fn every_kind_of_damage_is_told() {
    let whole = bytes(&list(200_000));
    let index = u64_at(&whole, 56);
    let block = u64_at(&whole, index + 24);
    let changed = |at: usize, new: &[u8], signed: bool| {
        let mut bytes = whole.clone();
        bytes[at..at + new.len()].copy_from_slice(new);
        if signed {
            sign_all(&mut bytes);
        }
        messages(&bytes)
    };
    let mut many = whole.clone();
    (0..4).for_each(|i| many[u64_at(&whole, index + 24 * i) + 1000] ^= 1);
    let cases = [
        ("an empty file", messages(b"")),
        ("another file", messages(b"function,arrival_s,duration_s\n")),
        ("cut within the header", messages(&whole[..50])),
        ("cut within the blocks", messages(&whole[..block])),
        ("cut by one byte", messages(&whole[..whole.len() - 1])),
        ("something behind the end", messages(&[&whole[..], b"more"].concat())),
        ("line ends rewritten", messages(&whole.iter().copied().filter(|b| *b != b'\r').collect::<Vec<_>>())),
        ("another version", changed(8, &4_u32.to_le_bytes(), true)),
        ("header", changed(24, &[1], false)),
        ("functions", changed(HEADER, &[1], false)),
        ("a block", changed(block + 500, &[1, 2, 3], false)),
        ("every block", messages(&many)),
        ("index", changed(index, &[1], false)),
        ("kind", changed(12, &7_u32.to_le_bytes(), true)),
        ("sizes", changed(56, &u64::MAX.to_le_bytes(), true)),
        ("length", changed(24, &u64::MAX.to_le_bytes(), true)),
        ("length shorter than the invocations", changed(24, &1_000_u64.to_le_bytes(), true)),
        ("number of functions", changed(64, &9_u32.to_le_bytes(), true)),
        ("rows", changed(32, &[1_u64.to_le_bytes(), 1_u64.to_le_bytes()].concat(), true)),
        ("a name", changed(HEADER + 4, &u32::MAX.to_le_bytes(), true)),
        ("a name that is not UTF-8", changed(HEADER + 8, b"\xff", true)),
        ("a block misplaced", changed(index + 24, &(block as u64 + 1).to_le_bytes(), true)),
        ("rows of a block", changed(block + 4, &7_u32.to_le_bytes(), true)),
        ("first time of a block", changed(block + 8, &7_u64.to_le_bytes(), true)),
        ("unit of a block", changed(block + 32, &u64::MAX.to_le_bytes(), true)),
        ("width of a column", changed(block + 40, &[99], true)),
        (
            "function of a row",
            changed(block + 40 + 1 + 256 * u32::from(whole[block + 40]) as usize / 8 + 1, &[255], true),
        ),
    ];
    let all = cases.iter().fold(String::new(), |mut all, (title, messages)| {
        writeln!(all, "== {title}\n{messages}\n").unwrap();
        all
    });
    insta::assert_snapshot!(all);
}

#[test]
fn a_damaged_trace_of_counts_is_told() {
    let day = Path::new(env!("CARGO_MANIFEST_DIR")).join("traces/day");
    let whole = bytes(&native::load(&day).unwrap());
    let told = |at: usize, new: &[u8]| {
        let mut bytes = whole.clone();
        bytes[at..at + new.len()].copy_from_slice(new);
        sign_all(&mut bytes);
        messages(&bytes)
    };
    let block = HEADER + u64_at(&whole, 48);
    let all = [
        told(24, &(60_000_000_000_001_u64).to_le_bytes()),
        told(40, &1_u64.to_le_bytes()),
        // Counts in millions.
        told(block + 32, &50_000_000_u64.to_le_bytes()),
        // All gaps zero: no longer strictly in order.
        told(block + 24, &0_u64.to_le_bytes()),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn damage_to_what_functions_say_is_told() {
    let whole = bytes(&list_with_own(10));
    // After the names of a function come 16 bytes of memory and cold start. The first function says nothing.
    let first = HEADER + name_bytes(0) + 16;
    let fields = first + 1 + name_bytes(1) + 16;
    assert_eq!((whole[first], whole[fields]), (0, 0b010_0001), "the fields that the first and second function have");
    let profile = fields + 1;
    let bandwidth = profile + 4 + "profile 1".len();
    let told = |at: usize, new: &[u8]| {
        let mut bytes = whole.clone();
        bytes[at..at + new.len()].copy_from_slice(new);
        sign_all(&mut bytes);
        messages(&bytes)
    };
    let all = [
        told(fields, &[0xff]),
        // Fields too few: what follows is no function.
        told(fields, &[0]),
        told(profile, &u32::MAX.to_le_bytes()),
        told(profile + 4, b"\xff"),
        told(bandwidth, &(1_000_000_000_000_001_u64).to_le_bytes()),
        // An older reader would take the fields for names.
        told(8, &1_u32.to_le_bytes()),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

/// What the names of function `i` of [`list`] take.
fn name_bytes(i: usize) -> usize {
    let function = &list(1).functions().iter().nth(i).cloned().unwrap();
    [&function.owner, &function.app, &function.name].iter().map(|name| 4 + name.len()).sum()
}

/// A file that changes after it was verified ends the streams early, and every way to a result says so.
#[test]
fn a_file_that_changes_under_a_run_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = put(&dir, "t.sdt", bytes(&list(400_000)));
    let workload = load(&path).unwrap();
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let middle = path.metadata().unwrap().len() / 2;
    file.seek(SeekFrom::Start(middle)).unwrap();
    file.write_all(b"overwritten").unwrap();
    assert_eq!(workload.read_fault(), None);
    let read = workload.arrivals(ROOT, Spacing::default()).count();
    assert!(read > 0 && read < 400_000, "{read}");
    let fault = workload.read_fault().expect("the change is noticed").to_string();
    assert!(fault.contains("checksum") && fault.contains("byte "), "{fault}");
    let refused = save(&workload, Form::AsItIs, ROOT, &dir.path().join("copy.sdt"), &mut |_| ()).unwrap_err();
    assert_eq!(refused.0[0].to_string(), fault);
    let refused = native::save(&workload, ROOT, &dir.path().join("copy"), &[]).unwrap_err();
    assert_eq!(refused.0[0].to_string(), fault);
    assert_eq!(dir.path().read_dir().unwrap().count(), 1);
}

/// A file that is cut while it is open ends the stream, too.
#[test]
fn a_file_that_is_cut_under_a_run_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = put(&dir, "t.sdt", bytes(&list(400_000)));
    let workload = load(&path).unwrap();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(1000).unwrap();
    assert_eq!(workload.arrivals(ROOT, Spacing::default()).count(), 0);
    let fault = workload.read_fault().expect("the cut is noticed").to_string();
    assert!(fault.contains("cannot be read any further"), "{fault}");
}

/// A trace of one block, to be damaged.
static SMALL: LazyLock<Vec<u8>> = LazyLock::new(|| bytes(&list(3_000)));
/// The same, whose functions say what their requests do.
static SMALL_OWN: LazyLock<Vec<u8>> = LazyLock::new(|| bytes(&list_with_own(3_000)));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_changed_byte_goes_unnoticed(place in 0.0..1.0_f64, flip in 1..=255_u8) {
        let mut bytes = SMALL.clone();
        let at = (bytes.len() as f64 * place) as usize;
        bytes[at] ^= flip;
        let problems = read(&bytes).expect_err("a changed byte went unnoticed");
        let told = problems.to_string();
        prop_assert!(told.contains("byte ") && told.contains("help: "), "{}", told);
    }

    #[test]
    fn no_other_length_goes_unnoticed(length in 0..60_000_usize) {
        let mut bytes = SMALL.clone();
        prop_assume!(length != bytes.len());
        bytes.resize(length, 0);
        prop_assert!(read(&bytes).is_err());
    }

    /// With the checksums made right again whatever is read is a workload: in order, within its length and functions.
    #[test]
    fn damage_that_is_signed_is_refused_or_sound(
        changes in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 1..4),
        (early, own) in any::<(bool, bool)>(),
    ) {
        let mut bytes = if own { SMALL_OWN.clone() } else { SMALL.clone() };
        for (place, new) in changes {
            // Most of a file is rows: every other case looks at what stands in front of them.
            let span = if early { HEADER + u64_at(&bytes, 48).min(4000) + 60 } else { bytes.len() };
            let at = (span.min(bytes.len()) as f64 * place) as usize;
            bytes[at] = new;
            sign_all(&mut bytes);
        }
        if let Ok(workload) = read(&bytes) {
            let list: Vec<_> = workload.arrivals(ROOT, Spacing::default()).collect();
            prop_assert!(list.is_sorted_by_key(|i| (i.at, i.function)));
            prop_assert_eq!(list.len() as u64, workload.invocations());
            let (functions, length) = (workload.functions().len(), workload.length().as_ps());
            prop_assert!(list.iter().all(|i| i.function.index() < functions && i.at.as_ps() < length));
        }
    }
}
