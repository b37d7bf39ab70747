//! How fast traces are read: one list of invocations as CSV text, in gzip, in Zstandard, and packed.
//!
//! `cargo bench --bench trace`; figures are in docs/performance.md. Bytes are those of the file.

use std::io::Read as _;
use std::path::PathBuf;
use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use sdcsim::rng::RootSeed;
use sdcsim::workload::generate::{Options, generate};
use sdcsim::workload::trace::native;
use sdcsim::workload::trace::packed::{Form, save};
use sdcsim::workload::{Spacing, Workload};
use tempfile::TempDir;

const ROOT: RootSeed = RootSeed::new(7, 0);

fn main() {
    divan::main();
}

/// The trace in every form, made once: about half a million invocations of 100 functions over a day.
static MADE: LazyLock<TempDir> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a folder for the traces");
    let made = generate(&Options { rate_scale: 1.0, ..Options::new(100, 1, 7) }).expect("the options are sound");
    let packed = dir.path().join("t.sdt");
    save(&made, Form::Listed(Spacing::default()), ROOT, &packed, &mut |_| ()).expect("a packed trace");
    native::save(&load(&packed), ROOT, &dir.path().join("gz"), &[]).expect("a folder");
    let mut text = Vec::new();
    let file = std::fs::File::open(dir.path().join("gz/invocations.csv.gz")).expect("what was written");
    flate2::read::GzDecoder::new(file).read_to_end(&mut text).expect("what was written");
    for (form, end, bytes) in
        [("csv", "", text.clone()), ("zst", ".zst", compress_to_vec(&text[..], CompressionLevel::Fastest))]
    {
        std::fs::create_dir(dir.path().join(form)).expect("a folder");
        for name in ["functions.csv", "about.csv"] {
            std::fs::copy(dir.path().join("gz").join(name), dir.path().join(form).join(name)).expect("a copy");
        }
        std::fs::write(dir.path().join(form).join(format!("invocations.csv{end}")), bytes).expect("a file");
    }
    dir
});

fn load(path: &std::path::Path) -> Workload {
    native::load(path).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The form's path, and the size of its invocations.
fn form(name: &str) -> (PathBuf, u64) {
    let path = MADE.path().join(name);
    let inside = path.read_dir().into_iter().flatten().flatten().map(|entry| entry.path());
    let largest =
        inside.chain([path.clone()]).filter_map(|file| file.metadata().ok()).filter(std::fs::Metadata::is_file);
    let size = largest.map(|meta| meta.len()).max().unwrap_or(0);
    (path, size)
}

/// From the file to the last invocation.
#[divan::bench(args = ["csv", "gz", "zst", "t.sdt"], sample_count = 10)]
fn load_and_read(bencher: Bencher, name: &str) {
    let (path, size) = form(name);
    let invocations = load(&path).invocations();
    let counted = bencher.counter(BytesCount::new(size)).counter(ItemsCount::new(invocations));
    counted.bench(|| load(&path).arrivals(ROOT, Spacing::default()).count());
}

/// What a run does: a packed trace that was verified is read again.
#[divan::bench(sample_count = 100)]
fn stream_packed(bencher: Bencher) {
    let (path, size) = form("t.sdt");
    let workload = load(&path);
    let counted = bencher.counter(BytesCount::new(size)).counter(ItemsCount::new(workload.invocations()));
    counted.bench(|| workload.arrivals(ROOT, Spacing::default()).count());
}
