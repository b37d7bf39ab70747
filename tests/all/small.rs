//! Small traces with figures that are worked out by hand, and whole experiments on them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use sdcsim::config::{self, raw};
use sdcsim::experiment::{self, Prepared};
use sdcsim::output::ExperimentOutput;

/// Writes a trace of so many seconds to a folder: functions by their memory in MiB, and requests as (arrival in seconds,
/// function, length in seconds).
pub fn write_trace(
    folder: &Path,
    length_s: f64,
    memory_mib: impl IntoIterator<Item = u32>,
    requests: impl IntoIterator<Item = (f64, usize, f64)>,
) {
    let mut functions = "owner,app,function,memory_mib\n".to_owned();
    for (i, memory) in memory_mib.into_iter().enumerate() {
        writeln!(functions, ",many,f{i},{memory}").unwrap();
    }
    let mut invocations = "function,arrival_s,duration_s\n".to_owned();
    for (at, function, length) in requests {
        writeln!(invocations, "{function},{at},{length}").unwrap();
    }
    let about = format!("key,value\nlength_s,{length_s}\n");
    for (name, text) in [("functions.csv", functions), ("invocations.csv", invocations), ("about.csv", about)] {
        fs::write(folder.join(name), text).unwrap();
    }
}

/// The same, of a function for each request, which is (arrival in seconds, memory in MiB, length in seconds).
pub fn write_alone(folder: &Path, length_s: f64, requests: &[(f64, u32, f64)]) {
    let memory = requests.iter().map(|(_, memory, _)| *memory);
    let requests = requests.iter().enumerate().map(|(function, (at, _, length))| (*at, function, *length));
    write_trace(folder, length_s, memory, requests);
}

/// An experiment that can be run, or what is wrong with it.
pub fn try_prepare(file: &Path, sets: &[String]) -> Result<Prepared, String> {
    let loaded = config::load::<raw::Experiment>(file, sets).map_err(|problems| problems.to_string())?;
    experiment::prepare(&loaded).map_err(|problems| problems.to_string())
}

/// An experiment that can be run.
#[track_caller]
pub fn prepare(file: &Path, sets: &[String]) -> Prepared {
    try_prepare(file, sets).unwrap_or_else(|problems| panic!("{problems}"))
}

/// What an experiment gave; all its conservation laws hold.
#[track_caller]
pub fn output(prepared: &Prepared) -> ExperimentOutput {
    let outcome = experiment::run(prepared, None, 1, &());
    let output = outcome.expect("it can be run").expect("it is not stopped").output;
    for audit in &output.manifest.audits {
        assert!(audit.holds, "{audit:?}");
    }
    output
}
