//! The hosts as a ledger: free cores, free memory, load.

use crate::config::raw::Placement;
use crate::ids::{Id, IdVec};
use crate::units::Bytes;

use super::by_load::ByLoad;

/// The kind of a [`HostId`].
#[derive(Debug)]
pub enum HostKind {}

/// A host.
pub type HostId = Id<HostKind>;

/// Memory that one sandbox of a function holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// Beside the cores.
    pub local: Bytes,
    /// In a memory pool.
    pub remote: Bytes,
}

impl Need {
    /// Local and remote together.
    pub fn total(self) -> Bytes {
        self.local + self.remote
    }
}

/// How many hosts and pools there are, and what one of each has.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Hosts.
    pub hosts: u32,
    /// Cores of a host; `u32::MAX` for unlimited.
    pub cores: u32,
    /// Memory of a host; [`Bytes::MAX`] for unlimited.
    pub memory: Bytes,
    /// Memory pools; zero where all memory is local.
    pub pools: u32,
    /// Memory of a pool.
    pub pool_memory: Bytes,
}

#[derive(Clone, Copy, Debug)]
struct Host {
    free_cores: u32,
    free: Bytes,
    /// Held by idle sandboxes; part of what is not free.
    idle: Bytes,
}

/// The ledger.
#[derive(Debug)]
pub(super) struct Hosts {
    ledger: IdVec<HostKind, Host>,
    /// Kept up to date where hosts are chosen by load.
    by_load: Option<ByLoad>,
    pools: Vec<Bytes>,
    next: u32,
    shape: Shape,
}

impl Hosts {
    pub(super) fn new(shape: Shape, placement: Placement) -> Self {
        let host = Host { free_cores: shape.cores, free: shape.memory, idle: Bytes::ZERO };
        Self {
            ledger: (0..shape.hosts).map(|_| host).collect(),
            by_load: (placement != Placement::RoundRobin).then(|| ByLoad::new(shape.hosts)),
            pools: vec![shape.pool_memory; shape.pools as usize],
            next: 0,
            shape,
        }
    }

    /// Memory taken of hosts and of pools.
    pub(super) fn held(&self) -> (Bytes, Bytes) {
        let of_hosts = self.ledger.iter().map(|host| self.shape.memory - host.free).sum();
        let of_pools = self.pools.iter().map(|free| self.shape.pool_memory - *free).sum();
        (of_hosts, of_pools)
    }
    /// One more request runs, starts or (early binding) waits here.
    #[inline]
    pub(super) fn assign(&mut self, host: HostId) {
        if let Some(tree) = &mut self.by_load {
            tree.raise(host);
        }
    }
    /// One less.
    #[inline]
    pub(super) fn unassign(&mut self, host: HostId) {
        if let Some(tree) = &mut self.by_load {
            tree.lower(host);
        }
    }
    pub(super) fn has_cores(&self, host: HostId, cores: u32) -> bool {
        self.ledger[host].free_cores >= cores
    }
    /// A sandbox begins to work on `cores` cores; it was idle with `idle` memory before, or is new.
    #[inline]
    pub(super) fn begin_work(&mut self, host: HostId, cores: u32, idle: Bytes) {
        let host = &mut self.ledger[host];
        host.free_cores -= cores;
        host.idle -= idle;
    }
    /// It ends its work, and is idle from now on with `idle` memory, or will be removed.
    #[inline]
    pub(super) fn end_work(&mut self, host: HostId, cores: u32, idle: Bytes) {
        let host = &mut self.ledger[host];
        host.free_cores += cores;
        host.idle += idle;
    }
    pub(super) fn remove_idle(&mut self, host: HostId, memory: Bytes) {
        self.ledger[host].idle -= memory;
    }
    pub(super) fn take_memory(&mut self, host: HostId, pool: u32, need: Need) {
        self.ledger[host].free -= need.local;
        if let Some(free) = self.pools.get_mut(pool as usize) {
            *free -= need.remote;
        }
    }
    pub(super) fn free_memory(&mut self, host: HostId, pool: u32, need: Need) {
        self.ledger[host].free += need.local;
        if let Some(free) = self.pools.get_mut(pool as usize) {
            *free += need.remote;
        }
    }
    /// Whether `memory` fits beside the cores now.
    pub(super) fn fits(&self, host: HostId, memory: Bytes) -> bool {
        self.ledger[host].free >= memory
    }
    /// Whether it fits once idle sandboxes are gone.
    pub(super) fn could_fit(&self, host: HostId, memory: Bytes) -> bool {
        self.ledger[host].free.0.saturating_add(self.ledger[host].idle.0) >= memory.0
    }
    /// The pool with the most free memory, the lowest number at ties; 0 where there are none.
    pub(super) fn roomiest_pool(&self) -> u32 {
        let mut best = 0;
        for (pool, free) in self.pools.iter().enumerate().skip(1) {
            if *free > self.pools[best] {
                best = pool;
            }
        }
        best as u32
    }
    /// Whether `memory` fits into a pool now.
    pub(super) fn pool_fits(&self, pool: u32, memory: Bytes) -> bool {
        self.pools.get(pool as usize).map_or(memory == Bytes::ZERO, |free| *free >= memory)
    }
    /// The next host in turn.
    pub(super) fn round_robin(&mut self) -> HostId {
        let host = HostId::new(self.next);
        self.next = if self.next + 1 == self.ledger.len() as u32 { 0 } else { self.next + 1 };
        host
    }
    /// The host with the least load, the lowest number at ties.
    pub(super) fn least_loaded(&self) -> HostId {
        self.by_load.as_ref().map_or(HostId::new(0), ByLoad::first)
    }
    /// The same among those for which `allowed` holds.
    pub(super) fn least_loaded_of(&self, allowed: impl Fn(HostId) -> bool) -> Option<HostId> {
        self.by_load.as_ref()?.first_of(allowed)
    }
    /// A host with room for `memory` and so many free cores: in turn, or the least loaded.
    /// With `evicting`, room that idle sandboxes hold counts too.
    pub(super) fn with_room(&mut self, memory: Bytes, cores: u32, evicting: bool, in_turn: bool) -> Option<HostId> {
        let offers = |host| {
            self.has_cores(host, cores) && if evicting { self.could_fit(host, memory) } else { self.fits(host, memory) }
        };
        if !in_turn {
            return self.least_loaded_of(offers);
        }
        let count = self.ledger.len() as u32;
        let found = (0..count).map(|i| HostId::new((self.next + i) % count)).find(|&host| offers(host))?;
        self.next = (found.raw() + 1) % count;
        Some(found)
    }
}
