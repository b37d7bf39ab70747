//! What a world is built from, resolved to numbers.

use crate::config::plan::FunctionPrices;
use crate::ids::{FunctionKind, IdVec};
use crate::platform::serverful::{Autoscaler, Node, VmType};
use crate::platform::serverless::{Knowledge, Needs, Rules, Shape};
use crate::rng::Stream;
use crate::units::{Bytes, Span};

use super::hardware::Hardware;
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
    /// Hosts, pools and storage nodes.
    pub hardware: Hardware,
    /// Cold starts.
    pub cold: ColdStarts,
    /// What the user pays.
    pub prices: Option<FunctionPrices>,
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
    /// How long a request waits at most.
    pub queue_timeout: Option<Span>,
    /// How long it may be on its machine.
    pub timeout: Option<Span>,
    /// How many machines there are.
    pub sizing: Sizing,
    /// What a node has.
    pub node: Node,
    /// Memory that a running request of each function holds, beside its code where that is loaded.
    pub memory: IdVec<FunctionKind, Bytes>,
    /// Nodes and storage nodes.
    pub hardware: Hardware,
}

/// How many machines there are.
#[derive(Clone, Copy, Debug)]
pub enum Sizing {
    /// Always the same number, booted before the first request.
    Fixed(u32),
    /// Following the utilisation; the fewest are booted before the first request.
    Autoscaled(Autoscaler),
}
