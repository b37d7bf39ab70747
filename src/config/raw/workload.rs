//! The workload: where the invocations come from, and what an invocation does.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::choice::{DurationFloor, MemoryChoice, MemorySplit, MissingRows, Spacing};
use super::super::quantity::Q;
use super::{Class, NamedProfile, Parallelism, Select};
use crate::units::{BitsPerSec, Bytes, Span};

/// What the data centre is asked to do.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// Where functions and invocations come from.
    pub source: WorkloadSource,
    /// Which part of it is replayed, and how often.
    #[serde(default)]
    pub select: Select,
    /// How counts per minute become arrivals within the minute; counts are kept exactly.
    #[serde(default)]
    pub spacing: Spacing,
    /// How a function uses memory, where neither `profiles` nor a class says it; the public traces do not tell.
    #[serde(default)]
    pub profile: Profile,
    /// Profiles with names: for functions that `functions.csv` of a native trace gives one, and for functions that draw
    /// theirs by chance, in each replication anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<NamedProfile>,
    /// How functions use cores, where no class says it.
    #[serde(default)]
    pub cpu: Parallelism,
    /// Functions that differ from the others in what they do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub class: Vec<Class>,
    /// What a request moves over the fabric, on top of the traced run time.
    #[serde(default)]
    pub io: InputOutput,
    /// What a request holds on its node while it runs, besides a core and memory.
    #[serde(default)]
    pub demands: Demands,
}

/// What a request holds on its node while it runs, besides a core and memory; it starts only where that is free. Virtual
/// machines have nothing of it to give: on them it is an error.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Demands {
    /// Bandwidth of the node's interface that it counts with: requests start on a node only while their sum fits. It limits
    /// who may start, and neither slows nor speeds any transfer.
    pub bandwidth: Q<BitsPerSec>,
    /// Share of the functions, by a hash of their names, whose requests hold `accelerators`; the others hold none.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub accelerator_share: f64,
    /// How many accelerators a request of those functions holds.
    pub accelerators: u32,
}

/// Whoever says how many accelerators a request holds means all functions, where nothing else is said.
impl Default for Demands {
    fn default() -> Self {
        Self { bandwidth: Q(BitsPerSec(0)), accelerator_share: 1.0, accelerators: 0 }
    }
}

/// Where functions and invocations come from.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum WorkloadSource {
    /// The project's own form: a folder with functions.csv and counts.csv or invocations.csv, or one packed file (.sdt),
    /// see traces/README.md.
    Native(Native),
    /// Azure Functions 2019: invocations per minute, duration percentiles and memory percentiles.
    Azure2019(Azure2019),
    /// Azure Functions 2021: one row per invocation.
    Azure2021(Azure2021),
    /// A population drawn from the published distributions of the Azure Functions 2019 trace.
    Generated(Generated),
}

/// A trace in the project's own form.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Native {
    /// The trace folder or packed file; relative paths start at the file that names it, then at the current folder.
    pub path: PathBuf,
}

/// The three files of one or more days of Azure Functions 2019; each plain, gzip or Zstandard.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Azure2019 {
    /// Invocations per function and minute, one file a day.
    #[schemars(length(min = 1))]
    pub invocations: Vec<PathBuf>,
    /// Duration percentiles per function, one file a day; a function's durations are the mixture of its days by `Count`, with
    /// the mean by `Average`.
    #[schemars(length(min = 1))]
    pub durations: Vec<PathBuf>,
    /// Memory percentiles per application, or per function where the file has a column `HashFunction`; days without this
    /// file are fine.
    #[serde(default)]
    pub memory: Vec<PathBuf>,
    /// What becomes of durations that are zero or negative.
    #[serde(default)]
    pub zero_duration: DurationFloor,
    /// What becomes of functions that one of the files leaves out.
    #[serde(default)]
    pub missing: MissingRows,
    /// With `missing = "fill"`: the duration of functions without durations; the median of the public trace.
    #[serde(default = "default_duration")]
    pub default_duration: Q<Span>,
    /// How an application's memory is given to its functions.
    #[serde(default)]
    pub memory_split: MemorySplit,
    /// Which figure of an application's memory is taken.
    #[serde(default)]
    pub memory_from: MemoryChoice,
    /// With `missing = "fill"`, or without memory files: memory of functions; the median of the public trace.
    #[serde(default = "default_memory")]
    pub default_memory: Q<Bytes>,
}

/// One file of Azure Functions 2021 (app, func, `end_timestamp`, duration, and perhaps memory in MB); plain, gzip or
/// Zstandard.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Azure2021 {
    /// The file.
    pub path: PathBuf,
    /// What becomes of durations that are zero or negative.
    #[serde(default)]
    pub zero_duration: DurationFloor,
    /// Whether functions with more than half of their durations zero are left out, as the InVitro loader does.
    #[serde(default)]
    pub drop_mostly_zero: bool,
    /// Memory of every function, where the file has no column `memory`. InVitro uses 200 MB.
    #[serde(default = "memory_2021")]
    pub memory: Q<Bytes>,
}

/// A generated population.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Generated {
    /// How many functions; a thousand bytes of memory each.
    #[schemars(range(min = 1, max = 2_000_000))]
    pub functions: u32,
    /// How long.
    #[serde(default = "one_day")]
    pub length: Q<Span>,
    /// Multiplies every function's rate of invocation.
    #[serde(default = "unity")]
    #[schemars(range(min = 0.000_001, max = 100.0))]
    pub rate_scale: f64,
    /// How far rates swing about their mean over a day: at time t they are 1 - a·cos(2πt/day) of it; timers do not.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub diurnal: f64,
    /// The longest run, 1 ms or more: percentiles of durations above it are cut to it, as where a platform stops what runs for
    /// so long. Without it they are as published.
    pub longest: Option<Q<Span>>,
}

/// How a function uses memory while it runs (see docs/models/remote-memory.md).
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Profile {
    /// Share of the traced run time that the function waits for memory, on the reference machine.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub memory_stall: f64,
    /// Load-to-use latency of local memory on the reference machine, where the durations were measured.
    pub reference_latency: Q<Span>,
    /// Memory accesses in flight at once (memory-level parallelism).
    #[schemars(range(min = 1.0, max = 64.0))]
    pub parallelism: f64,
    /// Bytes moved by one access: a cache line.
    pub access: Q<Bytes>,
    /// Share of accesses that also write a line back.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub write_share: f64,
    /// Scale c of the miss-ratio curve m(f) = exp(-(f/c)^b), f = share of the memory that is local.
    #[schemars(range(min = 0.001, max = 10.0))]
    pub miss_scale: f64,
    /// Shape b of the miss-ratio curve.
    #[schemars(range(min = 0.1, max = 10.0))]
    pub miss_shape: f64,
}

/// `memory_stall` 0.2 and `write_share` 0.3 are unsourced round figures, swept in `experiments/`; 100 ns is End Game
/// section 4; 64-byte lines; the miss curve is fitted to the Memcached local-memory sweep of Gao et al. (OSDI'16
/// artefact, mean latency at 100 to 10 % local), see docs/models/remote-memory.md.
impl Default for Profile {
    fn default() -> Self {
        Self {
            memory_stall: 0.2,
            reference_latency: Q(Span::from_ns(100)),
            parallelism: 4.0,
            access: Q(Bytes(64)),
            write_share: 0.3,
            miss_scale: 0.43,
            miss_shape: 1.7,
        }
    }
}

/// What a request moves over the fabric. It comes on top of the traced run time, which already holds whatever
/// the original function moved; keep it small, or at zero, when replaying a trace.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct InputOutput {
    /// Request message, from the front end to the node. Up to 64 KiB, messages do not contend; larger ones share cards.
    pub request: Q<Bytes>,
    /// Response message, from the node to the front end; as `request`.
    pub response: Q<Bytes>,
    /// Read from storage at the start of each run.
    pub read: Q<Bytes>,
    /// Written to storage at the end of each run.
    pub write: Q<Bytes>,
}

impl Default for InputOutput {
    fn default() -> Self {
        Self { request: Q(Bytes(1 << 10)), response: Q(Bytes(1 << 10)), read: Q(Bytes(0)), write: Q(Bytes(0)) }
    }
}

fn default_memory() -> Q<Bytes> {
    Q(Bytes::from_mib(140))
}
fn default_duration() -> Q<Span> {
    Q(Span::from_ms(670))
}
fn memory_2021() -> Q<Bytes> {
    Q(Bytes::from_mib(200))
}
fn one_day() -> Q<Span> {
    Q(Span::from_secs(86_400))
}
fn unity() -> f64 {
    1.0
}
