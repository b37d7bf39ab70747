//! What the data centre is asked to do: a population of functions, and their invocations in order of time.
//!
//! A [`Workload`] is either read from a trace ([`trace`]) or generated ([`generate`]); both give the same two things:
//! the [`Function`]s, and an [`Arrivals`] stream for a replication. The stream is merged on the fly and holds
//! at most one minute of a trace at a time. Assumptions and sources: docs/models/workload.md.

mod arrivals;
mod bootstrap;
pub mod counts;
mod days;
pub mod durations;
mod fit;
mod foreign;
pub mod generate;
mod generated;
mod inverse;
mod minute;
mod packed;
pub mod published;
mod reason;
mod replicate;
mod report;
mod resample;
mod select;
pub mod stats;
pub mod trace;
mod whole;

pub use arrivals::{Arrivals, Spacing};
pub use inverse::InverseCdf;
pub use replicate::Replicate;
pub use report::{ImportReport, Tally};
pub use select::{Misfit, Select};
pub use whole::{FunctionTotal, Workload};

use crate::ids::{FunctionId, FunctionKind, IdVec};
use crate::units::{BitsPerSec, Bytes, Span, Time};

/// The resolution of traces that count invocations.
pub const MINUTE: Span = Span::from_secs(60);

/// The longest trace, and the longest time in one: 213 days, as far as a clock of 64-bit picoseconds reaches in whole days.
pub const LONGEST: Span = Span::from_secs(213 * 86_400);

/// One function: its name, and what does not change from one invocation to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Who owns it; empty where the trace does not say.
    pub owner: String,
    /// The application that it belongs to; empty where the trace does not say.
    pub app: String,
    /// Its name, unique within (owner, app).
    pub name: String,
    /// Memory that one sandbox of it holds.
    pub memory: Bytes,
    /// The whole cold-start time of its own, where the trace gives one; else the platform's phases apply.
    pub cold_start: Option<Span>,
    /// What the trace says of its requests, where it says any of it; else the experiment's workload does.
    pub own: Option<Box<Own>>,
}

/// Most bytes of a message, a read or a write that a trace may give: 1 PiB.
const MOST_MOVED: u64 = 1 << 50;
/// Most bandwidth that a trace may set aside, in bit/s: 1 Pbit/s.
const MOST_BANDWIDTH: u64 = 1_000_000_000_000_000;

/// Least and most cores, in millionths, with which a trace may have been measured.
const MEASURED_CORES: std::ops::RangeInclusive<u32> = 1_000..=1_000_000_000;
/// One core, in millionths.
const ONE_CORE: u32 = 1_000_000;
/// All of a function's computing, in millionths.
const WHOLE_SHARE: u32 = 1_000_000;

/// What a trace says of the requests of one function; what it leaves out is as the experiment's workload has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// Name of its memory profile.
    pub profile: Option<String>,
    /// Request message.
    pub request: Option<Bytes>,
    /// Response message.
    pub response: Option<Bytes>,
    /// Read from storage at the start of each run.
    pub read: Option<Bytes>,
    /// Written to storage at the end of each run.
    pub write: Option<Bytes>,
    /// Bandwidth of the node's interface that is set aside for a request.
    pub bandwidth: Option<BitsPerSec>,
    /// Accelerators that a request holds.
    pub accelerators: Option<u32>,
    /// Millionths of its computing that any number of cores share out among them; a million at most.
    pub parallel_share: Option<u32>,
    /// Millionths of a core with which its durations were measured; a thousand at least.
    pub measured_cores: Option<u32>,
}

/// One invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// When the request reaches the data centre.
    pub at: Time,
    /// Which function.
    pub function: FunctionId,
    /// How long it runs warm on the reference machine, alone, with all its memory local.
    pub duration: Span,
}

/// The functions of a workload, by id.
pub type Functions = IdVec<FunctionKind, Function>;
