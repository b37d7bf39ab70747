//! What a world is built from, resolved to numbers, and what it reports.

use crate::config::plan::{Fidelity, FunctionPrices};
use crate::cost::FunctionBill;
use crate::engine::Outcome;
use crate::ids::{FunctionKind, IdVec};
use crate::memory::pool::PoolSpeed;
use crate::memory::run::Execution;
use crate::platform::serverful::{Autoscaler, VmType};
use crate::platform::serverless::{Knowledge, Need, Rules, Shape, Tally};
use crate::record::Meter;
use crate::rng::Stream;
use crate::units::{BitsPerSec, Bytes, Span};

use super::audit::Audit;
use super::paths::Paths;
use super::retry::Told;
use super::start::ColdStarts;

/// A serverless platform on its hardware.
#[derive(Debug)]
pub struct ServerlessSetup {
    /// The platform's rules.
    pub rules: Rules,
    /// Hosts and pools.
    pub shape: Shape,
    /// What a sandbox of each function holds.
    pub needs: IdVec<FunctionKind, Need>,
    /// What the platform knows of the functions.
    pub knowledge: Knowledge,
    /// For the jitter of retries.
    pub retry_chance: Stream,
    /// Whether decisions are written down one by one, in the meter's journal.
    pub journal: bool,
    /// Times on a request's way.
    pub paths: Paths,
    /// Run times.
    pub execution: Execution,
    /// What the hardware threads of a shared core do together over one alone.
    pub smt_throughput: f64,
    /// Cold starts.
    pub cold: ColdStarts,
    /// Remote memory under load.
    pub pools: Option<Pools>,
    /// Storage nodes, for images: the rate of one flow, and the sum of all, as a multiple of it.
    pub images: ImageStore,
    /// What the user pays.
    pub prices: Option<FunctionPrices>,
}

/// Remote memory under load.
#[derive(Clone, Copy, Debug)]
pub struct Pools {
    /// Latency and bandwidth of each pool.
    pub speed: PoolSpeed,
    /// How closely contention is followed.
    pub fidelity: Fidelity,
}

/// The storage nodes as image fetches see them.
#[derive(Clone, Copy, Debug)]
pub struct ImageStore {
    /// Until the first byte.
    pub latency: Span,
    /// Of one fetch alone.
    pub flow_rate: BitsPerSec,
    /// Of all fetches together.
    pub total_rate: BitsPerSec,
}

/// A fleet of virtual machines on its hardware.
#[derive(Debug)]
pub struct ServerfulSetup {
    /// The machine type.
    pub vm: VmType,
    /// Most machines that the nodes hold.
    pub limit: u32,
    /// Most requests waiting.
    pub queue_limit: u64,
    /// How many machines there are.
    pub sizing: Sizing,
    /// Memory that a running request of each function holds.
    pub memory: IdVec<FunctionKind, Bytes>,
    /// Times on a request's way.
    pub paths: Paths,
    /// Run times.
    pub execution: Execution,
}

/// How many machines there are.
#[derive(Clone, Copy, Debug)]
pub enum Sizing {
    /// Always the same number, booted before the first request.
    Fixed(u32),
    /// Following the utilisation; the fewest are booted before the first request.
    Autoscaled(Autoscaler),
}

/// What is looked at: the window of means and costs, and the length of a bin.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// Means, cost and energy are over this time from the start.
    pub window: Span,
    /// Length of a bin of the time series.
    pub bin: Span,
    /// The run stops this long after the window.
    pub drain: Span,
    /// The run stops after this many events.
    pub events: u64,
    /// Whether idle sandboxes are let run out at the end, so that waste is accounted to completion.
    pub run_out: bool,
}

/// How starts went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StartCounts {
    /// Booted and initialised.
    pub booted: u64,
    /// Restored from a snapshot.
    pub restored: u64,
    /// Mapped from a template in a memory pool.
    pub mapped: u64,
    /// Of those booted, with the image on the node.
    pub image_hits: u64,
}

/// What a run did, apart from what the recorder heard.
#[derive(Debug)]
pub struct RunReport {
    /// Events, end and hash.
    pub outcome: Outcome,
    /// Levels over time.
    pub meter: Meter,
    /// Requests that arrived, were answered, were turned away, and were open at the end.
    pub requests: [u64; 4],
    /// Sandboxes started.
    pub cold_starts: u64,
    /// Idle sandboxes removed to make room.
    pub evictions: u64,
    /// What else the platform did.
    pub tally: Tally,
    /// How requests ended that were not served at their first attempt.
    pub told: Told,
    /// Most requests waiting at once.
    pub queued_peak: u64,
    /// Requests that waited at all.
    pub queued: u64,
    /// Bytes to and from remote memory.
    pub remote_bytes: u128,
    /// Bytes over the fabric, all in all.
    pub fabric_bytes: u128,
    /// Highest utilisation of a memory pool.
    pub pool_utilisation_peak: f64,
    /// How the starts went.
    pub starts: StartCounts,
    /// What templates held in memory pools.
    pub template_bytes: Bytes,
    /// The bill of functions.
    pub function_bill: FunctionBill,
    /// Billed time of virtual machines.
    pub vm_billed: Span,
    /// Virtual machines at the start.
    pub fleet: u32,
    /// The conservation laws.
    pub audits: Vec<Audit>,
}
