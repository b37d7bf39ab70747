//! The hosts as a ledger: free cores, free memory, load.

use crate::config::plan::Placement;
use crate::ids::{HostId, HostKind, IdVec};
use crate::units::Bytes;

use super::by_load::ByLoad;
use super::resources::{Ledger, Resources};
use super::shape::{Need, Shape};

#[derive(Clone, Copy, Debug)]
struct Host {
    free_cores: u32,
    free: Bytes,
    /// Held by idle sandboxes; part of what is not free.
    idle: Bytes,
}

/// The ledger.
#[derive(Debug)]
pub struct Hosts {
    ledger: IdVec<HostKind, Host>,
    /// Kept up to date where hosts are chosen by load.
    by_load: Option<ByLoad>,
    pools: Vec<Bytes>,
    /// Free bandwidth and accelerators; kept where any request needs some.
    extras: Vec<[u64; 2]>,
    next: u32,
    shape: Shape,
}

impl Hosts {
    /// Empty hosts of the given shape; loads are kept where a host is chosen by load.
    pub fn new(shape: Shape, placement: Placement) -> Self {
        let host = Host { free_cores: shape.cores, free: shape.memory, idle: Bytes::ZERO };
        Self {
            ledger: (0..shape.hosts).map(|_| host).collect(),
            by_load: (placement != Placement::RoundRobin).then(|| ByLoad::new(shape.hosts)),
            pools: vec![shape.pool_memory; shape.pools as usize],
            extras: vec![shape.extras; shape.hosts as usize],
            next: 0,
            shape,
        }
    }

    /// Memory taken of hosts and of pools.
    pub fn held(&self) -> (Bytes, Bytes) {
        let of_hosts = self.ledger.iter().map(|host| self.shape.memory - host.free).sum();
        let of_pools = self.pools.iter().map(|free| self.shape.pool_memory - *free).sum();
        (of_hosts, of_pools)
    }
    /// One more request runs, starts or (early binding) waits here.
    #[inline]
    pub fn assign(&mut self, host: HostId) {
        if let Some(tree) = &mut self.by_load {
            tree.raise(host);
        }
    }
    /// One less.
    #[inline]
    pub fn unassign(&mut self, host: HostId) {
        if let Some(tree) = &mut self.by_load {
            tree.lower(host);
        }
    }
    /// Whether so many cores are free.
    #[inline]
    pub fn has_cores(&self, host: HostId, cores: u32) -> bool {
        self.ledger[host].free_cores >= cores
    }
    /// A sandbox begins to work on `cores` cores; it was idle with `idle` memory before, or is new.
    #[inline]
    pub fn begin_work(&mut self, host: HostId, cores: u32, idle: Bytes) {
        let host = &mut self.ledger[host];
        host.free_cores -= cores;
        host.idle -= idle;
    }
    /// It ends its work.
    #[inline]
    pub fn end_work(&mut self, host: HostId, cores: u32) {
        self.ledger[host].free_cores += cores;
    }
    /// A sandbox is idle from now on with so much memory.
    #[inline]
    pub fn add_idle(&mut self, host: HostId, memory: Bytes) {
        self.ledger[host].idle += memory;
    }
    /// It is no more.
    pub fn remove_idle(&mut self, host: HostId, memory: Bytes) {
        self.ledger[host].idle -= memory;
    }
    /// A sandbox takes memory of a host and of a pool.
    pub fn take_memory(&mut self, host: HostId, pool: u32, need: Need) {
        self.ledger[host].free -= need.local;
        if let Some(free) = self.pools.get_mut(pool as usize) {
            *free -= need.remote;
        }
    }
    /// It gives it back.
    pub fn free_memory(&mut self, host: HostId, pool: u32, need: Need) {
        self.ledger[host].free += need.local;
        if let Some(free) = self.pools.get_mut(pool as usize) {
            *free += need.remote;
        }
    }
    /// Whether `memory` fits beside the cores now.
    pub fn fits(&self, host: HostId, memory: Bytes) -> bool {
        self.ledger[host].free >= memory
    }
    /// Whether it fits once idle sandboxes are gone.
    pub fn could_fit(&self, host: HostId, memory: Bytes) -> bool {
        self.ledger[host].free.0.saturating_add(self.ledger[host].idle.0) >= memory.0
    }
    /// Whether it fits; with `evicting`, once idle sandboxes are gone.
    pub fn has_memory(&self, host: HostId, memory: Bytes, evicting: bool) -> bool {
        if evicting { self.could_fit(host, memory) } else { self.fits(host, memory) }
    }
    /// The pool with the most free memory, the lowest number at ties; 0 where there are none.
    pub fn roomiest_pool(&self) -> u32 {
        let mut best = 0;
        for (pool, free) in self.pools.iter().enumerate().skip(1) {
            if *free > self.pools[best] {
                best = pool;
            }
        }
        best as u32
    }
    /// Whether `memory` fits into a pool now.
    pub fn pool_fits(&self, pool: u32, memory: Bytes) -> bool {
        self.pools.get(pool as usize).map_or(memory == Bytes::ZERO, |free| *free >= memory)
    }
    /// Whether it fits into an empty pool.
    pub fn pools_could_fit(&self, memory: Bytes) -> bool {
        self.shape.pools > 0 && memory <= self.shape.pool_memory
    }
    /// The next host in turn.
    pub fn round_robin(&mut self) -> HostId {
        let host = HostId::new(self.next);
        self.next = if self.next + 1 == self.ledger.len() as u32 { 0 } else { self.next + 1 };
        host
    }
    /// The host with the least load, the lowest number at ties.
    pub fn least_loaded(&self) -> HostId {
        self.by_load.as_ref().map_or(HostId::new(0), ByLoad::first)
    }
    /// The same among those for which `allowed` holds.
    pub fn least_loaded_of(&self, allowed: impl Fn(HostId) -> bool) -> Option<HostId> {
        self.by_load.as_ref()?.first_of(u32::MAX, allowed)
    }
    /// Late binding: with so many requests, each on so many cores, a host has no free core.
    fn full_at(&self, cores: u32) -> u32 {
        self.shape.cores.checked_div(cores).unwrap_or(u32::MAX)
    }
    /// Late binding: whether no host has so many free cores, as far as loads tell.
    pub fn all_busy(&self, cores: u32) -> bool {
        self.by_load.as_ref().is_some_and(|tree| tree.least() >= self.full_at(cores))
    }
    /// Late binding: a host with room for `memory` and so many free cores: in turn, or the least loaded.
    /// With `evicting`, room that idle sandboxes hold counts too.
    pub fn with_room(
        &mut self,
        memory: Bytes,
        cores: u32,
        extras: [u64; 2],
        evicting: bool,
        in_turn: bool,
    ) -> Option<HostId> {
        let offers = |host| {
            self.has_cores(host, cores) && self.has_extras(host, extras) && self.has_memory(host, memory, evicting)
        };
        if !in_turn {
            return self.by_load.as_ref()?.first_of(self.full_at(cores), offers);
        }
        let count = self.ledger.len() as u32;
        let found = (0..count).map(|i| HostId::new((self.next + i) % count)).find(|&host| offers(host))?;
        self.next = (found.raw() + 1) % count;
        Some(found)
    }
}

/// What the general path asks of the ledger.
impl Hosts {
    /// How many hosts there are.
    pub fn count(&self) -> u32 {
        self.ledger.len() as u32
    }
    /// Requests assigned to a host; zero where loads are not kept.
    pub fn load(&self, host: HostId) -> u32 {
        self.by_load.as_ref().map_or(0, |tree| tree.load(host))
    }
    /// Requests assigned to all hosts.
    pub fn total_load(&self) -> u64 {
        self.by_load.as_ref().map_or(0, |tree| self.ledger.ids().map(|host| u64::from(tree.load(host))).sum())
    }
    /// Whether so much bandwidth and so many accelerators are free.
    #[inline]
    pub fn has_extras(&self, host: HostId, need: [u64; 2]) -> bool {
        need == [0; 2] || self.extras[host.index()].iter().zip(need).all(|(free, need)| *free >= need)
    }
    /// A request takes bandwidth and accelerators.
    #[inline]
    pub fn take_extras(&mut self, host: HostId, need: [u64; 2]) {
        if need != [0; 2] {
            for (free, need) in self.extras[host.index()].iter_mut().zip(need) {
                *free -= need;
            }
        }
    }
    /// It gives them back.
    #[inline]
    pub fn give_extras(&mut self, host: HostId, need: [u64; 2]) {
        if need != [0; 2] {
            for (free, need) in self.extras[host.index()].iter_mut().zip(need) {
                *free += need;
            }
        }
    }
    /// How many pools there are.
    pub fn pools(&self) -> usize {
        self.pools.len()
    }
    /// Whether pools hold `memory` so many times, with so much more in each than is free.
    pub fn pools_hold(&self, memory: Bytes, times: u32, more: &[u64]) -> bool {
        let each = |(free, more): (&Bytes, &u64)| (free.0 + more).checked_div(memory.0).unwrap_or(u64::MAX);
        memory == Bytes::ZERO || self.pools.iter().zip(more).map(each).sum::<u64>() >= times.into()
    }
    /// Writes what is free on each host into `ledger`; with `evicting`, what idle sandboxes hold counts as free. Pool
    /// memory is that of the roomiest pool, which every host can reach.
    pub fn write_free(&self, ledger: &mut Ledger, evicting: bool) {
        let pooled = self.pools.iter().max().map_or(0, |free| free.0);
        for (host, books) in self.ledger.ids().zip(&self.ledger) {
            let idle = if evicting { books.idle.0 } else { 0 };
            let cores = if self.shape.cores == u32::MAX { u64::MAX } else { books.free_cores.into() };
            let [bandwidth, accelerators] = self.extras[host.index()];
            let local = books.free.0.saturating_add(idle);
            ledger.set(host, Resources([cores, local, pooled, bandwidth, accelerators]));
        }
    }
    /// Whether empty hosts and pools hold `need` so many times.
    pub fn could_ever_hold(&self, need: &Resources, times: u32) -> bool {
        let Resources([cores, local, remote, bandwidth, accelerators]) = *need;
        let all = if self.shape.cores == u32::MAX { u64::MAX } else { self.shape.cores.into() };
        let [of_bandwidth, of_accelerators] = self.shape.extras;
        let host = Resources([all, self.shape.memory.0, u64::MAX, of_bandwidth, of_accelerators]);
        let per_host = u64::from(host.copies(&Resources([cores, local, 0, bandwidth, accelerators]), times));
        let per_pool = self.shape.pool_memory.0.checked_div(remote).unwrap_or(u64::MAX);
        per_host.saturating_mul(u64::from(self.shape.hosts)) >= times.into()
            && (remote == 0 || per_pool.saturating_mul(u64::from(self.shape.pools)) >= times.into())
    }
}
