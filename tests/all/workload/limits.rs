//! How long times may be, how much a file may unpack to, how long its rows may be, and that no file is there twice.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use sdcsim::problem::Problems;
use sdcsim::rng::RootSeed;
use sdcsim::units::{Bytes, Span};
use sdcsim::workload::trace::{UNPACKED, azlike, azure2021, cloud_log, native, placement, plain};
use sdcsim::workload::{MINUTE, Spacing, Workload};

use super::put;

const HEADER: &str = "function_id,arrival_s,exec_s,mem_mb,cold_start_s\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn read(bytes: &[u8], unpacked: Bytes) -> Result<Workload, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = put(&dir, "t.csv", bytes);
    let strip = |wrong: Problems| wrong.to_string().replace(&format!("{}/", dir.path().display()), "");
    placement::load(&path, unpacked).map_err(strip)
}

/// 213 days in seconds, and a picosecond more.
const LONGEST: &str = "18403200";
const LONGER: &str = "18403200.000000000001";

#[test]
fn every_reader_takes_213_days_and_tells_more() {
    let dir = tempfile::tempdir().unwrap();
    let ms = |seconds: &str| if seconds == LONGEST { "18403200000" } else { "18403200000.000000001" }.to_owned();
    let folder = dir.path().join("native");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("functions.csv"), "owner,app,function,memory_mib\no,a,f,1\n").unwrap();
    let names = put(&dir, "f1", "func_name,mem_mb,warm_dur_ms,cold_overhead_ms\nf,1,1,1\n");
    let plain_names = put(&dir, "f2", "function,app,memory_mib,cold_start_ms\nf,a,1,1\n");
    let last = |loaded: Result<Workload, Problems>| {
        let at = |w: Workload| w.arrivals(RootSeed::new(1, 0), Spacing::default()).last().map(|i| i.at.as_ps());
        loaded.map(at).map_err(|wrong| wrong.to_string())
    };
    let readers = |time: &str| {
        std::fs::write(folder.join("invocations.csv"), format!("function,arrival_s,duration_s\n0,{time},1\n")).unwrap();
        let requests = put(&dir, "r1", format!("invoke_time_ms,func_name\n{},f\n", ms(time)));
        let plain_requests = put(&dir, "r2", format!("arrival_ms,function,duration_ms\n{},f,1\n", ms(time)));
        let placed = put(&dir, "p", format!("{HEADER}f,{time},1,1,1\n"));
        let azure = put(&dir, "a", format!("app,func,end_timestamp,duration\na,f,{time},0.001\n"));
        [
            ("native", last(native::load(&folder))),
            ("azlike", last(azlike::load(&names, &requests, UNPACKED))),
            ("plain", last(plain::load(&plain_names, &plain_requests, UNPACKED))),
            ("placement", last(placement::load(&placed, UNPACKED))),
            (
                "azure2021",
                last(azure2021::load(&[azure], &azure2021::Options::default())).map(|at| Some(at? + 1_000_000_000)),
            ),
        ]
    };
    for (name, at) in readers(LONGEST) {
        assert_eq!(at, Ok(Some(18_403_200_000_000_000_000)), "{name}");
    }
    for (name, told) in readers(LONGER) {
        let told = told.expect_err(name);
        assert!(told.contains(":2: ") && told.contains("213 days"), "{name}: {told}");
    }
    let log = |first: &str, second: &str| {
        cloud_log::load(&put(&dir, "log", format!("arrival_ms,response_ms,is_cold\n{first},1,0\n{second},1,0\n")))
    };
    assert!(log("5", "18403200005").is_ok());
    assert!(log("5", "18403200005.1").unwrap_err().to_string().contains("at most 213"));
}

#[test]
fn counts_reach_213_days() {
    let dir = tempfile::tempdir().unwrap();
    let percentiles = ["p0_ms", "p1_ms", "p25_ms", "p50_ms", "p75_ms", "p99_ms", "p100_ms"].join(",");
    put(&dir, "functions.csv", format!("owner,app,function,memory_mib,{percentiles}\no,a,f,1,1,1,1,1,1,1,1\n"));
    put(&dir, "counts.csv", "function,minute,count\n0,306719,2\n");
    let workload = native::load(dir.path()).unwrap();
    assert_eq!((workload.length(), workload.invocations()), (Span::from_secs(213 * 86_400), 2));
    let last = workload.arrivals(RootSeed::new(1, 0), Spacing::default()).last().unwrap();
    assert_eq!(last.at.as_ps() / MINUTE.as_ps(), 306_719);
    put(&dir, "counts.csv", "function,minute,count\n0,306720,2\n");
    assert!(native::load(dir.path()).unwrap_err().to_string().contains("0 to 306719"));
}

#[test]
fn a_row_must_end() {
    let many = 40 << 20;
    let endless =
        |start: &str, unit: &str| gzip(&[HEADER, start, &unit.repeat(many / unit.len())].concat().into_bytes());
    let told = [
        // No line, nothing but line ends, and a quote that is never closed.
        read(&gzip(&vec![b'a'; many]), UNPACKED),
        read(&endless("", "\n"), UNPACKED),
        read(&endless("f,1,1,1,1\n\"", "f,1,1,1,1\n"), UNPACKED),
        read(&compress_to_vec(&vec![0; many][..], CompressionLevel::Fastest), UNPACKED),
        read(&[HEADER.as_bytes(), &vec![b'7'; many]].concat(), UNPACKED),
    ];
    for message in told {
        let message = message.expect_err("an endless row was read");
        assert!(message.contains("it goes on for 16 MiB without the end of a row"), "{message}");
        assert!(message.contains("check that quotes are closed"), "{message}");
    }
}

#[test]
fn what_a_file_unpacks_to_is_bounded() {
    let rows = (0..100_000).fold(HEADER.to_owned(), |mut text, i| {
        writeln!(text, "f,{i},1,1,1").unwrap();
        text
    });
    let size = Bytes(rows.len() as u64);
    let less = Bytes(size.0 - 1);
    for packed in [gzip(rows.as_bytes()), compress_to_vec(rows.as_bytes(), CompressionLevel::Fastest)] {
        assert_eq!(read(&packed, size).unwrap().invocations(), 100_000);
        let told = read(&packed, less).unwrap_err();
        assert!(told.contains("it unpacks to more than") && told.contains("`limits.unpacked`"), "{told}");
        assert!(read(&packed, Bytes(10)).unwrap_err().contains("it unpacks to more than 10 B"));
    }
    // What is not packed takes the room that it takes.
    assert_eq!(read(rows.as_bytes(), Bytes(1)).unwrap().invocations(), 100_000);
}

#[test]
fn a_file_in_two_forms_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    put(&dir, "functions.csv", "owner,app,function,memory_mib\no,a,f,1\n");
    put(&dir, "invocations.csv", "function,arrival_s,duration_s\n0,1,1\n");
    put(&dir, "invocations.csv.gz", gzip(b"function,arrival_s,duration_s\n0,1,1\n0,2,1\n"));
    put(&dir, "functions.csv.zst", b"anything");
    let told = native::load(dir.path()).unwrap_err().to_string().replace(&format!("{}/", dir.path().display()), "");
    insta::assert_snapshot!(told, @r"
    error: functions.csv: is there as functions.csv.zst too, and only one of them can be meant
      help: keep one of them, or move the others elsewhere
    error: invocations.csv: is there as invocations.csv.gz too, and only one of them can be meant
      help: keep one of them, or move the others elsewhere
    2 problems
    ");
}

#[test]
fn what_is_no_regular_file_is_refused() {
    if Path::new("/dev/zero").exists() {
        let told = placement::load(Path::new("/dev/zero"), UNPACKED).unwrap_err().to_string();
        assert!(told.contains("it is no regular file"), "{told}");
    }
}

#[test]
fn a_minute_that_is_too_busy_ends_the_reading() {
    let dir = tempfile::tempdir().unwrap();
    let percentiles = ["p0_ms", "p1_ms", "p25_ms", "p50_ms", "p75_ms", "p99_ms", "p100_ms"].join(",");
    put(&dir, "functions.csv", format!("owner,app,function,memory_mib,{percentiles}\no,a,f,1,1,1,1,1,1,1,1\n"));
    // Rows of nothing are nothing; the last row is not read any more.
    put(&dir, "counts.csv", "function,minute,count\n0,9,0\n0,1,20000000\n0,1,1\nwrong\n");
    let told = native::load(dir.path()).unwrap_err().to_string();
    assert!(told.contains("minute 1 has 20000001 invocations"), "{told}");
    put(&dir, "counts.csv", "function,minute,count\n0,9,0\n0,1,5\n");
    let workload = native::load(dir.path()).unwrap();
    assert_eq!((workload.length(), workload.invocations()), (MINUTE * 10, 5));
}
