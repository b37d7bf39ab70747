//! The conformance suite: for each rule of the serverless platform a small trace and the decisions that follow from the
//! rule's definition, one by one (`traces/conformance`). sdcsim is checked against it here, and another simulator can be.
//!
//! A case is a folder: `rules.toml` ([`raw::Case`]), `trace.csv`, `expected.csv`, `rule.md` for people, and `functions.csv`
//! where it has other functions than those beside the cases.

mod compare;

pub use compare::{Difference, difference};

use std::path::{Path, PathBuf};

use crate::config::plan::{Serverless, check_serverless_rules};
use crate::config::raw::{self, Platform};
use crate::config::{self, suggest};
use crate::platform::serverless::{Shape, Splits};
use crate::probe::platform::{PlatformSpec, rows, run_with_decisions, to_csv};
use crate::problem::{Problem, Problems};
use crate::units::Bytes;
use crate::workload::Workload;
use crate::workload::trace::{UNPACKED, plain};

/// How one case came out.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The case: the name of its folder.
    pub name: String,
    /// Decisions that were expected.
    pub decisions: usize,
    /// The first line that differs, if any.
    pub difference: Option<Difference>,
}

/// The folders of the cases in `dir` with these names, or all of them, in order of name.
///
/// # Errors
/// A folder without cases, and names that there are not.
pub fn cases(dir: &Path, names: &[String]) -> Result<Vec<PathBuf>, Problems> {
    let remedy = "run this in the folder of the project, or name the suite with --dir DIR";
    let entries = std::fs::read_dir(dir)
        .map_err(|error| Problem::with_file(dir, format!("there are no cases: {}", error.kind()), remedy))?;
    let folders = entries.filter_map(Result::ok).map(|entry| entry.path());
    let mut all: Vec<PathBuf> = folders.filter(|folder| folder.join("rules.toml").is_file()).collect();
    all.sort();
    if all.is_empty() {
        return Err(Problem::with_file(dir, "there are no cases: no folder in it has a rules.toml", remedy).into());
    }
    let known: Vec<String> = all.iter().map(|folder| name_of(folder)).collect();
    let mut problems = Problems::default();
    for name in names.iter().filter(|name| !known.contains(name)) {
        let remedy = suggest::among(name, &known, "there are");
        problems.push(Problem::with_file(dir, format!("there is no case `{name}`"), remedy));
    }
    problems.or_ok(all.into_iter().filter(|folder| names.is_empty() || names.contains(&name_of(folder))).collect())
}

fn name_of(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The decision log of a case as sdcsim makes it: a CSV file.
///
/// # Errors
/// Whatever is wrong with its files.
pub fn log(folder: &Path) -> Result<String, Problems> {
    let (spec, workload) = read(folder)?;
    let (_, decisions) = run_with_decisions(&spec, &workload);
    Ok(to_csv(&rows(&decisions, workload.functions())))
}

/// Runs a case and compares.
///
/// # Errors
/// Whatever is wrong with its files.
pub fn run(folder: &Path) -> Result<Outcome, Problems> {
    let got = log(folder)?;
    let file = folder.join("expected.csv");
    let expected = std::fs::read_to_string(&file).map_err(|error| {
        let remedy = "each case has the log that follows from its rule in expected.csv";
        Problem::with_file(&file, format!("cannot be read: {}", error.kind()), remedy)
    })?;
    let decisions = expected.lines().skip(1).filter(|line| !line.trim().is_empty()).count();
    Ok(Outcome { name: name_of(folder), decisions, difference: difference(&expected, &got) })
}

fn read(folder: &Path) -> Result<(PlatformSpec, Workload), Problems> {
    let mut problems = Problems::default();
    let own = folder.join("functions.csv");
    let functions = if own.is_file() { own } else { folder.with_file_name("functions.csv") };
    let workload = plain::load(&functions, &folder.join("trace.csv"), UNPACKED).map_err(|wrong| problems.extend(wrong));
    let spec = spec(&folder.join("rules.toml")).map_err(|wrong| problems.extend(wrong));
    let (Ok(workload), Ok(spec)) = (workload, spec) else { return Err(problems) };
    for (message, remedy) in spec.check(&workload) {
        problems.push(Problem::with_file(folder.join("rules.toml"), message, remedy));
    }
    problems.or_ok((spec, workload))
}

fn spec(file: &Path) -> Result<PlatformSpec, Problems> {
    let loaded = config::load::<raw::Case>(file, &[])?;
    let raw::Case { hosts, pools, seed, platform } = &loaded.raw;
    let Platform::Serverless(platform) = platform else {
        let remedy = "write kind = \"serverless\"";
        return Err(loaded.problem("platform.kind", "the suite is of serverless platforms", remedy).into());
    };
    let platform = Serverless::resolve(platform);
    let mut problems = Problems::default();
    for (key, message, remedy) in check_serverless_rules(&platform, pools.count > 0) {
        problems.push(loaded.problem(&format!("platform.{key}"), message, remedy));
    }
    let memory = |memory: Option<config::quantity::Q<Bytes>>| memory.map_or(Bytes::MAX, |memory| memory.0);
    let shape = Shape::uniform(hosts.count, hosts.cores.unwrap_or(u32::MAX), memory(hosts.memory))
        .with_pools(pools.count, memory(pools.memory));
    let share = pools.local_share;
    let splits = match pools.local_share_min {
        Some(least) if least > share => {
            let remedy = "write a local_share_min up to local_share";
            problems.push(loaded.problem("pools.local_share_min", format!("{least}: local_share is {share}"), remedy));
            Splits::fixed(share)
        }
        Some(least) => Splits::from(least, share),
        None => Splits::fixed(share),
    };
    problems.or_ok(PlatformSpec { seed: *seed, splits, ..PlatformSpec::of(&platform, shape) })
}
