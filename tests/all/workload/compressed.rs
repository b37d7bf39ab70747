//! CSV files in gzip and Zstandard: the same text comes out, and damage is told as in plain files.

use std::io::Write as _;

use proptest::prelude::*;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use sdcsim::problem::Problems;
use sdcsim::rng::RootSeed;
use sdcsim::workload::trace::{UNPACKED, native, placement};
use sdcsim::workload::{Spacing, Workload};

use super::put;

const ROOT: RootSeed = RootSeed::new(42, 0);

fn text(rows: u64) -> String {
    let row = |i: u64| format!("f{},{}.{:03},{},128,0.5\n", i * i % 11, i / 1000, i % 1000, i * 7 % 13);
    std::iter::once("function_id,arrival_s,exec_s,mem_mb,cold_start_s\n".to_owned()).chain((0..rows).map(row)).collect()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    compress_to_vec(text, CompressionLevel::Fastest)
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn read(bytes: &[u8]) -> Result<Workload, Problems> {
    let dir = tempfile::tempdir().unwrap();
    placement::load(&put(&dir, "t.csv", bytes), UNPACKED)
}

fn check_same(bytes: &[u8], text: &str) {
    let (packed, plain) = (read(bytes).unwrap(), read(text.as_bytes()).unwrap());
    assert!(packed.arrivals(ROOT, Spacing::default()).eq(plain.arrivals(ROOT, Spacing::default())));
    assert_eq!(packed.report(), plain.report());
}

/// A frame that carries no text (RFC 8878, 3.1.2).
fn skippable(length: u32) -> Vec<u8> {
    let mut frame = vec![0x5a, 0x2a, 0x4d, 0x18];
    frame.extend(length.to_le_bytes());
    frame.extend(vec![b'x'; length as usize]);
    frame
}

#[test]
fn packed_text_is_the_plain_text() {
    // The last is several chunks long.
    for text in [text(1), text(3000), text(100_000)] {
        let (head, tail) = text.as_bytes().split_at(text.len() / 3);
        check_same(&zstd(text.as_bytes()), &text);
        check_same(&gzip(text.as_bytes()), &text);
        check_same(&[zstd(head), zstd(tail)].concat(), &text);
        check_same(&[gzip(head), gzip(tail)].concat(), &text);
        check_same(&[skippable(9), zstd(head), skippable(0), zstd(b""), zstd(tail), skippable(70_000)].concat(), &text);
    }
}

#[test]
fn a_native_folder_may_hold_any_of_them() {
    let dir = tempfile::tempdir().unwrap();
    put(&dir, "functions.csv.zst", zstd(b"owner,app,function,memory_mib\no,a,f,128\n"));
    put(&dir, "invocations.csv.zst", zstd(b"function,arrival_s,duration_s\n0,1.5,0.25\n"));
    put(&dir, "about.csv.gz", gzip(b"key,value\nlength_s,600\n"));
    let workload = native::load(dir.path()).unwrap();
    assert_eq!((workload.invocations(), workload.length().as_secs_f64()), (1, 600.0));
}

#[test]
fn damage_is_told_with_its_place() {
    let text = text(60_000);
    let (zstd, gzip) = (zstd(text.as_bytes()), gzip(text.as_bytes()));
    let told = |bytes: &[u8]| {
        let dir = tempfile::tempdir().unwrap();
        let told =
            placement::load(&put(&dir, "t.csv", bytes), UNPACKED).expect_err("a damaged file was read").to_string();
        told.replace(&format!("{}/", dir.path().display()), "")
    };
    let mut flipped = zstd.clone();
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    let all = [
        told(&zstd[..zstd.len() / 2]),
        told(&zstd[..zstd.len() - 1]),
        told(&zstd[..5]),
        told(&flipped),
        told(&[&zstd[..], b"more"].concat()),
        told(&[&zstd[..], &skippable(9)[..12]].concat()),
        told(&gzip[..gzip.len() / 2]),
        told(&[&zstd[..4], &[0xff; 40]].concat()),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

/// A reader that stops at a wrong header leaves the thread that unpacks behind, which then ends by itself.
#[test]
fn a_reader_may_stop_early() {
    let text = text(300_000).replacen("function_id", "fun", 1);
    for _ in 0..20 {
        assert!(read(&zstd(text.as_bytes())).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_changed_byte_makes_another_trace(place in 0.0..1.0_f64, flip in 1..=255_u8) {
        let text = text(2_000);
        let mut bytes = zstd(text.as_bytes());
        let at = (bytes.len() as f64 * place) as usize;
        bytes[at] ^= flip;
        // Frames have checksums: what can still be read is what was written.
        if let Ok(workload) = read(&bytes) {
            let plain = read(text.as_bytes()).unwrap();
            prop_assert!(workload.arrivals(ROOT, Spacing::default()).eq(plain.arrivals(ROOT, Spacing::default())));
        }
    }
}
