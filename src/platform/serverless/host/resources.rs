//! Amounts of each kind of resource, and what is free of them on each host.

use crate::ids::HostId;

/// Kinds of resource: cores, local memory, pool memory, bandwidth, accelerators. Which is which, and in which unit, is
/// up to the caller; a kind that hosts have nothing of counts for nothing.
pub const KINDS: usize = 5;

/// An amount of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resources(pub [u64; KINDS]);

impl Resources {
    /// Whether `demand` fits into it.
    #[inline]
    pub fn fits(&self, demand: &Self) -> bool {
        self.0.iter().zip(&demand.0).all(|(free, need)| free >= need)
    }
    /// How often `demand` fits into it, at most `most` times.
    pub fn copies(&self, demand: &Self, most: u32) -> u32 {
        let each = self.0.iter().zip(&demand.0).filter(|(_, need)| **need > 0).map(|(free, need)| free / need);
        each.min().map_or(most, |copies| copies.min(u64::from(most)) as u32)
    }
}

/// Free resources of the hosts.
#[derive(Clone, Debug)]
pub struct Ledger {
    free: Vec<Resources>,
    /// Hosts on which nothing fits, whatever is free there.
    barred: Vec<bool>,
    /// What the largest host has of each kind; unlimited kinds and kinds that no host has are zero here, and not weighed.
    capacity: Resources,
}

impl Ledger {
    /// `hosts` empty hosts with `capacity` each, `u64::MAX` for an unlimited kind.
    pub fn new(hosts: u32, capacity: Resources) -> Self {
        let weighed = capacity.0.map(|amount| if amount == u64::MAX { 0 } else { amount });
        let hosts = hosts as usize;
        Self { free: vec![capacity; hosts], barred: vec![false; hosts], capacity: Resources(weighed) }
    }
    /// Hosts.
    pub fn hosts(&self) -> u32 {
        self.free.len() as u32
    }
    /// What is free on a host.
    pub fn free(&self, host: HostId) -> &Resources {
        &self.free[host.index()]
    }
    /// Says what is free on a host.
    pub fn set(&mut self, host: HostId, free: Resources) {
        self.free[host.index()] = free;
    }
    /// Says whether anything fits on a host at all.
    pub fn bar(&mut self, host: HostId, barred: bool) {
        self.barred[host.index()] = barred;
    }
    /// Whether `demand` fits on a host.
    #[inline]
    pub fn fits(&self, host: HostId, demand: &Resources) -> bool {
        !self.barred[host.index()] && self.free(host).fits(demand)
    }
    /// How often, at most `most` times.
    pub fn copies(&self, host: HostId, demand: &Resources, most: u32) -> u32 {
        if self.barred[host.index()] { 0 } else { self.free(host).copies(demand, most) }
    }
    /// Takes `demand` `count` times; it must fit.
    pub fn take(&mut self, host: HostId, demand: &Resources, count: u32) {
        for (free, need) in self.free[host.index()].0.iter_mut().zip(&demand.0).filter(|(free, _)| **free < u64::MAX) {
            *free -= need * u64::from(count);
        }
    }
    /// Gives it back.
    pub fn give(&mut self, host: HostId, demand: &Resources, count: u32) {
        for (free, need) in self.free[host.index()].0.iter_mut().zip(&demand.0).filter(|(free, _)| **free < u64::MAX) {
            *free += need * u64::from(count);
        }
    }

    /// The share of its capacity that `amount` is of each kind; 0 for kinds that are not weighed.
    pub fn shares(&self, amount: &Resources) -> [f64; KINDS] {
        std::array::from_fn(|kind| match self.capacity.0[kind] {
            0 => 0.0,
            capacity => amount.0[kind] as f64 / capacity as f64,
        })
    }
}
