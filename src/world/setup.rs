//! What a world is built from, resolved to numbers.

use crate::config::plan::{Fidelity, FunctionPrices};
use crate::ids::{FunctionKind, IdVec};
use crate::memory::pool::PoolSpeed;
use crate::memory::run::Execution;
use crate::platform::serverful::{Autoscaler, VmType};
use crate::platform::serverless::{Knowledge, Needs, Rules, Shape};
use crate::rng::Stream;
use crate::units::{BitsPerSec, Bytes, Span};

use super::paths::Paths;
use super::start::ColdStarts;

/// A serverless platform on its hardware.
#[derive(Debug)]
pub struct ServerlessSetup {
    /// The platform's rules.
    pub rules: Rules,
    /// Hosts and pools.
    pub shape: Shape,
    /// What a sandbox of each function holds.
    pub needs: Needs,
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
