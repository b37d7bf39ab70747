//! What `functions.csv` of a native trace says of single functions' requests.

use sdcsim::rng::RootSeed;
use sdcsim::units::{BitsPerSec, Bytes, Span};
use sdcsim::workload::trace::{native, packed};
use sdcsim::workload::{Own, Select, Workload};
use tempfile::TempDir;

use super::put;

const NAMES: &str = "owner,app,function,memory_mib";

fn trace(functions: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    put(&dir, "functions.csv", functions);
    put(&dir, "invocations.csv", "function,arrival_s,duration_s\n0,1,1\n");
    dir
}

fn owns(workload: &Workload) -> Vec<Option<Own>> {
    workload.functions().iter().map(|function| function.own.as_deref().cloned()).collect()
}

#[test]
fn columns_and_fields_may_be_left_out() {
    let text = format!(
        "{NAMES},Accelerators,profile,bandwidth_mbit_s,read_bytes,write_bytes,request_bytes,response_bytes,measured_cores,parallel_share\n\
         o,a,all,1,2,streaming,0.25,1024,0,3,4,0.5,0.123456\no,a,none,1,,,,, ,,,,\no,a,some,1,,,10,,,,,,\n"
    );
    let all = Own {
        profile: Some("streaming".to_owned()),
        request: Some(Bytes(3)),
        response: Some(Bytes(4)),
        read: Some(Bytes(1024)),
        write: Some(Bytes(0)),
        bandwidth: Some(BitsPerSec(250_000)),
        accelerators: Some(2),
        parallel_share: Some(123_456),
        measured_cores: Some(500_000),
    };
    let some = Own { bandwidth: Some(BitsPerSec(10_000_000)), ..Own::default() };
    let dir = trace(&text);
    let workload = native::load(dir.path()).unwrap();
    assert_eq!(owns(&workload), [Some(all), None, Some(some)]);
    // Written and read again, nothing is lost, and a column that nobody has something in is not there.
    let copy = dir.path().join("copy");
    native::save(&workload, RootSeed::new(1, 0), &copy, &[]).unwrap();
    assert_eq!(owns(&native::load(&copy).unwrap()), owns(&workload));
    let plain = trace(&format!("{NAMES},profile,read_bytes\no,a,f,1,,7\n"));
    let (workload, copy) = (native::load(plain.path()).unwrap(), plain.path().join("copy"));
    native::save(&workload, RootSeed::new(1, 0), &copy, &[]).unwrap();
    let written = std::fs::read_to_string(copy.join("functions.csv")).unwrap();
    assert_eq!(written, format!("{NAMES},read_bytes\no,a,f,1,7\n"));
}

/// In all forms, and through all that is done to a trace before it is replayed; packed lists are streamed.
#[test]
fn the_cores_that_a_trace_was_measured_with_stay() {
    let minute = Span::from_secs(60);
    let durations = "p0_ms,p1_ms,p25_ms,p50_ms,p75_ms,p99_ms,p100_ms";
    let counted = tempfile::tempdir().unwrap();
    put(&counted, "functions.csv", format!("{NAMES},{durations}\no,a,f,1,1,1,1,1,1,1,1\n"));
    put(&counted, "counts.csv", "function,minute,count\n0,0,3\n0,1,5\n");
    for dir in [&trace(&format!("{NAMES}\no,a,f,1\n")), &counted] {
        assert_eq!(native::load(dir.path()).unwrap().measured_cores(), None);
        put(dir, "about.csv", "key,value\nlength_s,120\nmeasured_cores,0.25\n");
        let (file, copy) = (dir.path().join("packed.sdt"), dir.path().join("copy"));
        let loaded = native::load(dir.path()).unwrap();
        packed::save(&loaded, packed::Form::AsItIs, RootSeed::new(1, 0), &file, &mut |_| {}).unwrap();
        native::save(&loaded, RootSeed::new(1, 0), &copy, &[]).unwrap();
        for form in [dir.path(), &file, &copy] {
            let select =
                Select { length: Some(minute), request_share: 0.9, rate_scale: 2.5, repeat: 3, ..Select::default() };
            let kept = native::load(form).unwrap().retain(|_, _| true).with_length(minute * 2);
            let selected = kept.select(&select, RootSeed::new(1, 0)).unwrap();
            assert_eq!(selected.measured_cores(), Some(0.25), "{}", form.display());
        }
    }
}

#[test]
fn wrong_fields_are_told_together() {
    let text = format!(
        "{NAMES},accelerators,bandwidth_mbit_s,read_bytes,parallel_share\no,a,f,1,1.5,-1,0,1\no,a,g,1,0,fast,1e30,0\no,a,h,1,0,2000000000,0,1.1\n"
    );
    let dir = trace(&text);
    let problems = native::load(dir.path()).unwrap_err().to_string();
    insta::assert_snapshot!(problems.replace(&format!("{}/", dir.path().display()), ""));
}

#[test]
fn the_packed_form_has_them_too() {
    let text = format!(
        "{NAMES},profile,request_bytes,response_bytes,read_bytes,write_bytes,bandwidth_mbit_s,accelerators,parallel_share,measured_cores\n\
         o,a,all,1,ströme,1,2,3,{most},1000000000,4294967295,1,1000\no,a,none,1,,,,,,,,,\no,a,some,1,,,0,,,,,0,\no,a,last,1,x,,,,,0.5,0,,0.001\n",
        most = 1_u64 << 50
    );
    let dir = trace(&text);
    let workload = native::load(dir.path()).unwrap();
    let (file, copy) = (dir.path().join("packed.sdt"), dir.path().join("copy"));
    packed::save(&workload, packed::Form::AsItIs, RootSeed::new(1, 0), &file, &mut |_| {}).unwrap();
    let packed = native::load(&file).unwrap();
    assert_eq!(owns(&packed), owns(&workload));
    native::save(&packed, RootSeed::new(1, 0), &copy, &[]).unwrap();
    assert_eq!(owns(&native::load(&copy).unwrap()), owns(&workload));
}

#[test]
fn a_column_that_nobody_reads_is_told() {
    let dir = trace(&format!("{NAMES},read_byte,colour,p50_ms\no,a,f,1,7,red,3\n"));
    let problems = native::load(dir.path()).unwrap_err().to_string();
    insta::assert_snapshot!("unknown_columns", problems.replace(&format!("{}/", dir.path().display()), ""));
}
