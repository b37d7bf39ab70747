//! What was run: the facts of an experiment that are not measurements.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::atomic::OutputError;
use crate::config::plan::Vary;
use crate::problem::{Problem, Problems};

/// The name of the manifest in a run folder.
pub const MANIFEST: &str = "manifest.json";
/// The name of the file of wall-clock times in a run folder.
pub const TIMING: &str = "timing.json";

/// What was run, and what must be told beside the numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// `sdcsim`.
    pub program: String,
    /// Its version, as in `0.1.0`.
    pub version: String,
    /// The name of the experiment; also the folder of its runs.
    pub experiment: String,
    /// The question that the experiment answers, in words.
    pub question: String,
    /// What the layouts have in common so that they can be compared, in words.
    pub basis: String,
    /// The period that requests, bills, machines, energy, hardware, bytes and means over time are accounted over, in words.
    #[serde(default)]
    pub measured: String,
    /// Hash of the configuration and of the trace, in hexadecimal, twelve digits at least.
    pub config_hash: String,
    /// The root of all randomness.
    pub seed: u64,
    /// Runs per layout.
    pub replications: u32,
    /// What differs between replications.
    #[serde(default)]
    pub vary: Vary,
    /// What intervals over replications are over, and what they say nothing of, in words.
    #[serde(default)]
    pub varies: Vec<String>,
    /// The layouts in the order of the configuration; the others are compared with the first.
    pub layouts: Vec<LayoutInfo>,
    /// One entry per layout and replication.
    pub runs: Vec<RunInfo>,
    /// What the data centres were asked to do.
    pub workload: WorkloadInfo,
    /// What was written besides the summary; results are the same with any of it, and so is the name of the folder.
    #[serde(default)]
    pub outputs: OutputsInfo,
    /// The conservation laws, checked at the end of each run.
    pub audits: Vec<AuditRow>,
    /// What the reader of the numbers should know.
    pub warnings: Vec<String>,
}

/// One layout that was compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LayoutInfo {
    /// Its name, unique in the experiment.
    pub name: String,
    /// Its kind, as in `disaggregated`.
    pub kind: String,
    /// What it is, in words.
    pub description: String,
    /// The quantities on which the comparison rests, with their values in this layout.
    pub held_equal: Vec<HeldEqual>,
}

/// One quantity on which a comparison rests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HeldEqual {
    /// Which quantity, as in `cores`; the same in all layouts.
    pub what: String,
    /// How much of it.
    pub value: f64,
    /// Its unit; empty or `1` for none.
    pub unit: String,
}

/// One run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// Which layout.
    pub layout: String,
    /// Which replication, counted from zero.
    pub replication: u32,
    /// Hash of all events in order, in hexadecimal: equal hashes, equal runs.
    pub event_hash: String,
    /// How many events were handled.
    pub events: u64,
    /// Why it stopped, in words.
    pub stop: String,
    /// The start of the period that all is accounted over, in seconds from the start of the trace.
    #[serde(default)]
    pub from_s: f64,
    /// Its end.
    #[serde(default)]
    pub to_s: f64,
}

/// What the data centres were asked to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadInfo {
    /// Where it is from, in words.
    pub description: String,
    /// SHA-256 of the bytes of the trace's files, in hexadecimal; none where it was generated.
    #[serde(default)]
    pub trace_sha256: Option<String>,
    /// How many functions.
    pub functions: u64,
    /// How many invocations per replication, before any stop rule; none where replications have populations of their own:
    /// `requests.arrived` has those of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invocations: Option<u64>,
    /// Rows of a trace that were left out, by reason.
    pub dropped: Vec<Counted>,
    /// Rows of a trace that were changed before use, by reason.
    pub mended: Vec<Counted>,
    /// What is odd about a trace but was taken as it is, by reason.
    #[serde(default)]
    pub noted: Vec<Counted>,
}

/// What was written besides the summary, as the configuration asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputsInfo {
    /// Length of a bin of the time series, with its unit.
    pub series_interval: String,
    /// Whether there is a row for each request.
    pub requests: bool,
    /// How closely it is told how busy the hardware was.
    pub resources: String,
}

/// Something that happened a number of times.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// What happened, or why.
    pub reason: String,
    /// How many times.
    pub count: u64,
}

/// One conservation law in one run: `left` must equal `right` (or be at most `right`, where the law says so).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Which layout.
    pub layout: String,
    /// Which replication, counted from zero.
    pub replication: u32,
    /// The law in words, with its unit, as in `requests in = completed + rejected + running`.
    pub law: String,
    /// Its left-hand side.
    pub left: f64,
    /// Its right-hand side.
    pub right: f64,
    /// Whether it holds.
    pub holds: bool,
}

/// How long the simulator itself took, and how it was called. Kept apart: it differs from one machine and moment to the next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Wall-clock time of the whole experiment, in seconds.
    pub wall_s: f64,
    /// Wall-clock time of each run.
    pub runs: Vec<RunTiming>,
    /// Threads that ran side by side.
    pub threads: u32,
    /// The most memory that the process held, in bytes, where the system tells.
    pub peak_memory_bytes: Option<u64>,
    /// The files and arguments that the configuration was put together from: the same configuration may be so in many ways.
    #[serde(default)]
    pub sources: Vec<String>,
}

/// How long one run took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunTiming {
    /// Which layout.
    pub layout: String,
    /// Which replication, counted from zero.
    pub replication: u32,
    /// Wall-clock time in seconds.
    pub wall_s: f64,
}

/// Share of the requests of a run that may be rejected without a warning.
pub const SMALL_LOSS: f64 = 0.001;

/// How many digits of the configuration's hash name a run.
const HASH_DIGITS: usize = 12;

/// The folder name of a run: the first twelve digits of the configuration's hash, and the seed.
///
/// The whole hash is used where it is shorter, which [`Manifest::check`] refuses.
pub fn run_id(manifest: &Manifest) -> String {
    run_id_of(&manifest.config_hash, manifest.seed)
}

/// As [`run_id`], of the hash and the seed themselves.
pub fn run_id_of(config_hash: &str, seed: u64) -> String {
    format!("{}-s{seed}", config_hash.get(..HASH_DIGITS).unwrap_or(config_hash))
}

impl Manifest {
    /// Holds names and hash to what a folder can be called, and all numbers to finite ones.
    pub(super) fn check(&self) -> Result<(), OutputError> {
        let name = &self.experiment;
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', ':', '\0']) {
            let remedy = "use letters, digits, `-` and `_`";
            return Err(OutputError::BadName { what: "experiment", name: name.clone(), remedy });
        }
        let hash = &self.config_hash;
        if hash.len() < HASH_DIGITS || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
            let remedy = "it must have twelve hexadecimal digits at least";
            return Err(OutputError::BadName { what: "configuration hash", name: hash.clone(), remedy });
        }
        for layout in &self.layouts {
            for held in &layout.held_equal {
                finite(held.value, || format!("{} of {}", held.what, layout.name))?;
            }
        }
        for run in &self.runs {
            finite(run.from_s, || format!("start of the period of {}", run.layout))?;
            finite(run.to_s, || format!("end of the period of {}", run.layout))?;
        }
        for audit in &self.audits {
            finite(audit.left, || format!("left side of `{}` of {}", audit.law, audit.layout))?;
            finite(audit.right, || format!("right side of `{}` of {}", audit.law, audit.layout))?;
        }
        Ok(())
    }
}

impl Timing {
    /// Holds all numbers to finite ones.
    pub(super) fn check(&self) -> Result<(), OutputError> {
        finite(self.wall_s, || "wall time".to_owned())?;
        self.runs.iter().try_for_each(|run| finite(run.wall_s, || format!("wall time of {}", run.layout)))
    }
}

/// Refuses NaN and infinities, which JSON cannot hold.
fn finite(value: f64, what: impl Fn() -> String) -> Result<(), OutputError> {
    if value.is_finite() { Ok(()) } else { Err(OutputError::NotFinite { what: what(), value }) }
}

/// A file's worth of JSON.
pub(super) fn to_json(value: &impl Serialize) -> Vec<u8> {
    let mut json = serde_json::to_vec_pretty(value).expect("plain structs with text keys always serialise");
    json.push(b'\n');
    json
}

/// Reads `manifest.json`.
pub(super) fn read(path: &Path) -> Result<Manifest, Problems> {
    from_json(path, "a manifest")
}

/// Reads `timing.json`.
pub(super) fn read_timing(path: &Path) -> Result<Timing, Problems> {
    from_json(path, "a file of wall-clock times")
}

pub(super) fn from_json<T: for<'text> Deserialize<'text>>(path: &Path, what: &str) -> Result<T, Problems> {
    let text = super::text::read_text(path)?;
    serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line() as u64, error.column() as u64);
        let message = format!("is not {what}: {error}");
        let remedy = "run the experiment again to make its files";
        Problem { line: Some(line), column: Some(column), ..Problem::with_file(path, message, remedy) }.into()
    })
}
