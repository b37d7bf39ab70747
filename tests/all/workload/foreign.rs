//! Files that are no trace: each is called what it is.

use std::io::Write as _;

use sdcsim::workload::trace::{UNPACKED, native, placement};

use super::put;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn archives_pointers_and_pages_are_told_apart() {
    let tar = [&[b'a'; 257][..], b"ustar\x0000", &[0; 200]].concat();
    let files: [(&str, Vec<u8>); 11] = [
        ("zip", b"PK\x03\x04\x14\0rest of an archive".to_vec()),
        ("empty zip", b"PK\x05\x06\0\0".to_vec()),
        ("rar 4", b"Rar!\x1a\x07\0rest".to_vec()),
        ("rar 5", b"Rar!\x1a\x07\x01\0rest".to_vec()),
        ("7z", b"7z\xbc\xaf\x27\x1c\0\x04".to_vec()),
        ("xz", b"\xfd7zXZ\0\0\x04".to_vec()),
        ("bzip2", b"BZh91AY&SY".to_vec()),
        ("lfs", b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n".to_vec()),
        ("tar", tar.clone()),
        ("packed tar", gzip(&tar)),
        ("page", b"\n<!DOCTYPE html><html><body>Not found</body></html>".to_vec()),
    ];
    let dir = tempfile::tempdir().unwrap();
    let told = |name: &str, bytes: &[u8]| {
        let path = put(&dir, "file", bytes);
        let as_table = placement::load(&path, UNPACKED).expect_err(name).to_string();
        // A packed trace is never inside gzip.
        if name != "packed tar" {
            assert_eq!(native::load(&path).expect_err(name).to_string(), as_table, "{name}");
        }
        put(&dir, "functions.csv", bytes);
        put(&dir, "invocations.csv", "function,arrival_s,duration_s\n0,1,1\n");
        let in_folder = native::load(dir.path()).expect_err(name).to_string();
        assert_eq!(in_folder.replace("functions.csv", "file"), as_table, "{name}");
        as_table.replace(&format!("{}/", dir.path().display()), "")
    };
    let all: Vec<String> = files.iter().map(|(name, bytes)| told(name, bytes)).collect();
    insta::assert_snapshot!(all.join("\n"));
}
