//! The hardware of a data centre as a world sees it: groups of hosts, pools and storage nodes, resolved to numbers.

use crate::config::plan::Fidelity;
use crate::ids::{FunctionKind, IdVec};
use crate::memory::pool::PoolSpeed;
use crate::memory::run::Execution;
use crate::platform::serverless::Shape;
use crate::record::{Meter, Powered};
use crate::units::{BitsPerSec, Span};

use super::paths::Paths;

/// All of it. Hosts, pools and storage nodes are numbered through, in the order of their groups.
#[derive(Clone, Debug)]
pub struct Hardware {
    /// At least one group.
    pub hosts: Vec<Hosts>,
    /// Memory pools.
    pub pools: Vec<Pools>,
    /// Storage nodes: images, inputs and outputs of function number `f` are on node number `f` modulo their number.
    pub storage: Vec<StorageNodes>,
    /// Which memory profile, and use of cores, each function has: the position in [`Hosts::executions`]. Empty where all have the first.
    pub profiles: IdVec<FunctionKind, u32>,
    /// Which paths each function's requests have: the position in [`Hosts::paths`]. Empty where all have the first.
    pub transfers: IdVec<FunctionKind, u32>,
}

/// Hosts that are alike.
#[derive(Clone, Debug)]
pub struct Hosts {
    /// How many.
    pub count: u32,
    /// Cores of one; `u32::MAX` for unlimited.
    pub cores: u32,
    /// What the hardware threads of a shared core do together over one alone.
    pub smt_throughput: f64,
    /// After how long without a sandbox or virtual machine one is switched off; never where that is none.
    pub off_after: Option<Span>,
    /// Rate of the network interface of one, in each direction.
    pub card: BitsPerSec,
    /// How much longer the way to a pool and back takes than [`Pools::speed`] says, by memory profile.
    pub distances: Vec<Span>,
    /// Whether sandboxes may use pools, and start from templates there.
    pub uses_pools: bool,
    /// Run times: by split of memory, as platforms number them, and within that by memory profile and use of cores.
    pub executions: Vec<Execution>,
    /// Times on a request's way, and what it moves.
    pub paths: Vec<Paths>,
}

/// Memory pools that are alike.
#[derive(Clone, Copy, Debug)]
pub struct Pools {
    /// How many.
    pub count: u32,
    /// Latency, fabric round trip included, and bandwidth of one.
    pub speed: PoolSpeed,
    /// How closely contention for it is followed.
    pub fidelity: Fidelity,
    /// After how long without memory that anybody holds one is switched off; never where that is none.
    pub off_after: Option<Span>,
}

/// Storage nodes that are alike.
#[derive(Clone, Copy, Debug)]
pub struct StorageNodes {
    /// How many.
    pub count: u32,
    /// Until the first byte of a fetch has come: of the device and the way.
    pub latency: Span,
    /// What one of them reads and writes.
    pub rate: BitsPerSec,
}

impl Hardware {
    /// `hosts` hosts of `cores` cores on which runs take their traced time; nothing else costs time.
    pub fn plain(hosts: u32, cores: u32) -> Self {
        Self {
            hosts: vec![Hosts {
                count: hosts,
                cores,
                smt_throughput: 1.0,
                off_after: None,
                card: BitsPerSec(UNLIMITED),
                distances: vec![Span::ZERO],
                uses_pools: true,
                executions: vec![Execution::as_traced()],
                paths: vec![Paths::default()],
            }],
            pools: Vec::new(),
            storage: Vec::new(),
            profiles: IdVec::new(),
            transfers: IdVec::new(),
        }
    }
    /// The same for the hosts of a platform.
    pub fn of(shape: &Shape) -> Self {
        let one = Self::plain(1, 1);
        let hosts =
            shape.groups.iter().map(|group| Hosts { count: group.hosts, cores: group.cores, ..one.hosts[0].clone() });
        Self { hosts: hosts.collect(), ..one }
    }
    /// The same with these paths for all requests.
    #[must_use]
    pub fn with_paths(mut self, paths: Paths) -> Self {
        self.hosts.iter_mut().for_each(|hosts| hosts.paths = vec![paths]);
        self
    }
    /// How many hosts there are.
    pub fn host_count(&self) -> u32 {
        self.hosts.iter().map(|hosts| hosts.count).sum()
    }
    /// Has the meter follow what is switched off, where anything ever is.
    pub(super) fn follow_off(&self, meter: &mut Meter) {
        let nodes: Vec<_> = self.hosts.iter().map(|hosts| (hosts.count, hosts.off_after)).collect();
        let pools: Vec<_> = self.pools.iter().map(|pools| (pools.count, pools.off_after)).collect();
        for (what, groups) in [(Powered::Node, nodes), (Powered::Pool, pools)] {
            if groups.iter().any(|(_, after)| after.is_some()) {
                meter.keep_off(what, &groups);
            }
        }
    }
    /// Until the platform decides on a request that has come: the least over all functions. What is left of a longer way
    /// follows the decision.
    pub fn least_offset(&self) -> Span {
        let offsets = self.hosts.iter().flat_map(|hosts| &hosts.paths).map(Paths::offset);
        offsets.min().unwrap_or(Span::ZERO)
    }
}

/// A rate that nothing reaches: of what is outside, and of hosts without a card: a petabit a second.
pub const UNLIMITED: u64 = 1_000_000_000_000_000;
