//! Wrong traces: each must give a message that says where, what, and what to write instead.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use sdcsim::problem::Problems;
use sdcsim::workload::Workload;
use sdcsim::workload::trace::azure2019::{Files, Options};
use sdcsim::workload::trace::{UNPACKED, azlike, azure2019, azure2021, native, placement};

use super::put;

const D: &str = "HashOwner,HashApp,HashFunction,Average,Count,Minimum,Maximum,percentile_Average_0,percentile_Average_1,\
    percentile_Average_25,percentile_Average_50,percentile_Average_75,percentile_Average_99,percentile_Average_100\n";

/// The messages of a trace that must not load, without the folder's own name.
fn messages(dir: &Path, loaded: Result<Workload, Problems>) -> String {
    let problems = loaded.expect_err("a wrong trace was read");
    problems.to_string().replace(&format!("{}/", dir.display()), "").replace(&dir.display().to_string(), "DIR")
}

fn azure(invocations: impl AsRef<[u8]>, durations: impl AsRef<[u8]>) -> String {
    let dir = tempfile::tempdir().unwrap();
    let files = Files {
        invocations: vec![put(&dir, "inv.csv", invocations)],
        durations: vec![put(&dir, "dur.csv", durations)],
        memory: Vec::new(),
    };
    messages(dir.path(), azure2019::load(&files, &Options::default()))
}

fn azure2021(text: impl AsRef<[u8]>) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = put(&dir, "2021.csv", text);
    messages(dir.path(), azure2021::load(&[path], &azure2021::Options::default()))
}

fn placement(text: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = put(&dir, "placement.csv", text);
    messages(dir.path(), placement::load(&path, UNPACKED))
}

fn azlike(functions: &str, invocations: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    let (functions, invocations) = (put(&dir, "functions.csv", functions), put(&dir, "invocations.csv", invocations));
    messages(dir.path(), azlike::load(&functions, &invocations, UNPACKED))
}

/// A folder of the native form with these files.
fn native(files: &[(&str, &str)]) -> String {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        put(&dir, name, text);
    }
    messages(dir.path(), native::load(dir.path()))
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Titles and messages, one after the other.
fn table(cases: &[(&str, String)]) -> String {
    cases.iter().fold(String::new(), |mut all, (title, messages)| {
        writeln!(all, "== {title}\n{messages}\n").unwrap();
        all
    })
}

#[test]
fn wrong_azure_2019_traces() {
    let inv = "HashOwner,HashApp,HashFunction,1,2\no,a,f,1,2\n";
    let row = |values: &str| format!("{D}o,a,f,{values}\n");
    let good = row("5,1,1,9,1,2,3,4,5,8,9");
    let long: String = (0..100_000).fold(String::from("HashOwner,HashApp,HashFunction,1\n"), |mut text, i| {
        writeln!(text, "{},a,f{i},{i}", (i * 2_654_435_761_u64) % 1_000_003).unwrap();
        text
    });
    let cut = &gzip(&long)[..5000];
    let many = (0..30).fold(String::new(), |text, i| text + &format!("o,a,f{i},x\n"));
    let all = table(&[
        ("empty file", azure("", &good)),
        ("header only", azure("HashOwner,HashApp,HashFunction,1\n", &good)),
        ("truncated gzip", azure(cut, &good)),
        ("not UTF-8 in a name", azure(b"HashOwner,HashApp,HashFunction,1\no,\xff\xfe,f,1\n", &good)),
        ("not UTF-8 in the header", azure(b"Hash\xffOwner,1\n", &good)),
        ("NaN, negative, fraction, empty, too many", {
            azure("HashOwner,HashApp,HashFunction,1,2,3,4,5\no,a,f,NaN,-1,1.5,,4294967296\n", &good)
        }),
        ("duplicate column", azure("HashOwner,HashApp,HashApp,HashFunction,1\no,a,a,f,1\n", &good)),
        ("one minute named twice", azure("HashOwner,HashApp,HashFunction,1,minute_1\no,a,f,1,1\n", &good)),
        ("missing columns", azure("HashOwner,App,1\no,a,1\n", "HashOwner,HashApp\n")),
        ("no minutes", azure("HashOwner,HashApp,HashFunction,Trigger\no,a,f,http\n", &good)),
        ("minutes beyond the clock", azure("HashOwner,HashApp,HashFunction,1,400000\no,a,f,1,1\n", &good)),
        ("ragged row", azure("HashOwner,HashApp,HashFunction,1,2\no,a,f,1\no,a,g,1,2,3\n", &good)),
        (
            "a minute too busy",
            azure(
                "HashOwner,HashApp,HashFunction,1\no,a,f,15000000\no,a,g,15000000\n",
                format!("{good}o,a,g,5,1,1,9,1,2,3,4,5,8,9\n"),
            ),
        ),
        ("thirty wrong rows", azure(format!("HashOwner,HashApp,HashFunction,1\n{many}"), &good)),
        ("durations: NaN, infinite, huge", azure(inv, row("5,1,1,9,NaN,inf,1e40,4,5,8,99999999999999999"))),
        ("durations: words", azure(inv, row("five,-3,1,9,1,2,3,4,5,8,9"))),
        ("no function in common", azure(inv, format!("{D}x,y,z,5,1,1,9,1,2,3,4,5,8,9\n"))),
        ("an unclosed quote", azure("HashOwner,HashApp,HashFunction,1\no,\"a,f,1\n", &good)),
    ]);
    insta::assert_snapshot!(all);
}

#[test]
fn wrong_paths() {
    let dir = tempfile::tempdir().unwrap();
    let read = |path: &Path| messages(dir.path(), placement::load(path, UNPACKED));
    let all = table(&[
        ("no such file", read(&dir.path().join("none.csv"))),
        ("a folder", read(dir.path())),
        ("no files at all", messages(dir.path(), azure2019::load(&Files::default(), &Options::default()))),
        ("native: no such folder", messages(dir.path(), native::load(&dir.path().join("none")))),
    ]);
    insta::assert_snapshot!(all);
}

#[test]
fn wrong_lists_of_invocations() {
    let functions = "func_name,kind,mem_mb,warm_dur_ms,cold_overhead_ms\n";
    let all = table(&[
        ("2021: no rows", azure2021("app,func,end_timestamp,duration\n")),
        ("2021: wrong values", azure2021("app,func,end_timestamp,duration\na,f,soon,1\na,f,1e30,1\na,f,3,\n")),
        ("2021: missing column", azure2021("app,func,end_timestamp\na,f,1\n")),
        ("placement: negative times and memory", {
            placement("function_id,arrival_s,exec_s,mem_mb,cold_start_s\n1,-1,1,128,1\n1,1,-1,-5,-1\n1,1,1,1e12,1\n")
        }),
        ("azlike: unknown function", {
            azlike(&format!("{functions}f,t,128,10,100\n"), "invoke_time_ms,func_name\n5,g\n6,f\n7,h\n")
        }),
        ("azlike: function twice", azlike(&format!("{functions}f,t,1,1,1\nf,t,1,1,1\n"), "invoke_time_ms,func_name\n")),
        ("azlike: no functions", azlike(functions, "invoke_time_ms,func_name\n5,g\n")),
    ]);
    insta::assert_snapshot!(all);
}

#[test]
fn wrong_native_traces() {
    let functions = (
        "functions.csv",
        "owner,app,function,memory_mib,p0_ms,p1_ms,p25_ms,p50_ms,p75_ms,p99_ms,p100_ms\no,a,f,128,1,1,1,1,1,1,1\n",
    );
    let counts = ("counts.csv", "function,minute,count\n0,0,1\n");
    let list = ("invocations.csv", "function,arrival_s,duration_s\n0,1,1\n");
    let all = table(&[
        ("no functions", native(&[counts])),
        ("neither counts nor invocations", native(&[functions])),
        ("both", native(&[functions, counts, list])),
        ("unknown function and minute", {
            native(&[functions, ("counts.csv", "function,minute,count\n1,0,1\n0,999999,1\n0,x,1\n")])
        }),
        ("beyond the length", {
            native(&[
                functions,
                ("invocations.csv", "function,arrival_s,duration_s\n0,60,1\n"),
                ("about.csv", "key,value\nlength_s,60\n"),
            ])
        }),
        ("no invocations, and nothing says how long it is", {
            native(&[
                ("functions.csv", "owner,app,function,memory_mib\no,a,f,1\n"),
                ("invocations.csv", "function,arrival_s,duration_s\n"),
            ])
        }),
        ("no length", native(&[functions, counts, ("about.csv", "key,value\nlength_s,0\n")])),
        ("counts beyond the length", {
            native(&[
                functions,
                ("counts.csv", "function,minute,count\n0,1,1\n"),
                ("about.csv", "key,value\nlength_s,60\n"),
            ])
        }),
        ("a name twice and no percentiles", {
            native(&[("functions.csv", "owner,app,function,memory_mib\no,a,f,1\no,a,f,2\n"), list])
                + &native(&[("functions.csv", "owner,app,function,memory_mib\no,a,f,1\n"), counts])
        }),
    ]);
    insta::assert_snapshot!(all);
}
