//! The hosts as a ledger: free cores, free memory, load.

use std::ops::Range;

use crate::config::plan::Placement;
use crate::ids::{HostId, HostKind, IdVec};
use crate::units::Bytes;

use super::by_cores::ByCores;
use super::by_load::ByLoad;
use super::by_room::ByRoom;
use super::cores::{Cores, WHOLE};
use super::shape::{Groups, HostGroup, MOST_GROUPS, Need, Shape, each};

#[derive(Clone, Copy, Debug)]
pub(super) struct Host {
    /// In units of the ledger.
    pub(super) free_cores: u64,
    pub(super) group: u8,
    pub(super) down: bool,
    pub(super) free: Bytes,
    /// Held by idle sandboxes; part of what is not free.
    pub(super) idle: Bytes,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Pool {
    pub(super) free: Bytes,
    /// Held by idle sandboxes; part of what is not free. Kept only on the general path.
    pub(super) idle: Bytes,
    pub(super) memory: Bytes,
    pub(super) group: u8,
}

/// The hosts of a group.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) hosts: Range<u32>,
    pub(super) has: HostGroup,
    /// Its cores in units of the ledger; `u64::MAX` for unlimited.
    pub(super) cores: u64,
    /// With so many requests a host has no room for another, whatever share of its cores each of them holds.
    full: u32,
    /// Those that are down, in order.
    pub(super) down: Vec<HostId>,
}

/// Whether room that idle sandboxes hold counts too.
pub type Evicting = bool;

/// The ledger.
#[derive(Debug)]
pub struct Hosts {
    pub(super) ledger: IdVec<HostKind, Host>,
    pub(super) groups: Vec<Group>,
    /// Kept up to date where hosts are chosen by load.
    by_load: Option<ByLoad>,
    /// Kept where requests hold different shares of cores.
    by_cores: Option<ByCores>,
    /// Kept up to date for first fit: with what idle sandboxes hold, where these are evicted.
    pub(super) by_room: Option<(ByRoom, Evicting)>,
    pub(super) pools: Vec<Pool>,
    /// Free bandwidth and accelerators; kept where any request needs some.
    pub(super) other_demands: Vec<[u64; 2]>,
    next: u32,
    /// Hosts that are down.
    down: u32,
}

impl Hosts {
    /// Empty hosts of the given shape, whose cores requests hold as `cores` says; loads are kept where a host is chosen by
    /// load, or `loads` asks for them.
    pub fn new(shape: &Shape, cores: &Cores, placement: Placement, loads: bool) -> Self {
        assert!((1..=MOST_GROUPS).contains(&shape.groups.len()), "1 to {MOST_GROUPS} groups of hosts");
        assert!(shape.pools.len() <= MOST_GROUPS, "at most {MOST_GROUPS} groups of pools");
        let (mut ledger, mut groups, mut other_demands) = (IdVec::new(), Vec::new(), Vec::new());
        for (group, has) in (0..).zip(&shape.groups) {
            let first = ledger.len() as u32;
            let (all, hosts) = (cores.of_host(has.cores), first..first + has.hosts);
            let full = all.checked_div(cores.least()).filter(|_| has.cores < u32::MAX);
            let full = full.map_or(u32::MAX, |requests| u32::try_from(requests).unwrap_or(u32::MAX));
            groups.push(Group { hosts, has: *has, cores: all, full, down: Vec::new() });
            for _ in 0..has.hosts {
                let (free_cores, free) = (all, has.memory);
                ledger.push(Host { free_cores, group, down: false, free, idle: Bytes::ZERO });
                other_demands.push(has.other_demands);
            }
        }
        let pools = (0..).zip(&shape.pools).flat_map(|(group, has)| {
            let pool = Pool { free: has.memory, idle: Bytes::ZERO, memory: has.memory, group };
            std::iter::repeat_n(pool, has.pools as usize)
        });
        Self {
            by_load: (loads || placement != Placement::RoundRobin).then(|| ByLoad::new(ledger.len() as u32)),
            by_cores: cores.differ().then(|| ByCores::new(ledger.iter().map(|host: &Host| host.free_cores))),
            by_room: None,
            pools: pools.collect(),
            ledger,
            groups,
            other_demands,
            next: 0,
            down: 0,
        }
    }

    /// Memory taken of hosts and of pools.
    pub fn held(&self) -> (Bytes, Bytes) {
        let of_host = |host: &Host| self.groups[usize::from(host.group)].has.memory - host.free;
        let of_hosts = self.ledger.iter().map(of_host).sum();
        let of_pools = self.pools.iter().map(|pool| pool.memory - pool.free).sum();
        (of_hosts, of_pools)
    }
    /// Memory taken of each host, and of each pool.
    pub fn held_by_each(&self) -> (Vec<Bytes>, Vec<Bytes>) {
        let of_host = |host: &Host| self.groups[usize::from(host.group)].has.memory - host.free;
        let of_pools = self.pools.iter().map(|pool| pool.memory - pool.free);
        (self.ledger.iter().map(of_host).collect(), of_pools.collect())
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
    /// Whether so much of the cores is free, in units of the ledger, whether the host is up or not.
    #[inline]
    pub fn has_cores(&self, host: HostId, cores: u64) -> bool {
        self.ledger[host].free_cores >= cores
    }
    /// The same of a host that is up.
    #[inline(always)]
    pub fn is_free(&self, host: HostId, cores: u64) -> bool {
        let host = &self.ledger[host];
        host.free_cores >= cores && !host.down
    }
    /// A sandbox begins to work on so much of the cores; it was idle with `idle` memory before, or is new. Call
    /// [`Hosts::cores_changed`] on the general path.
    #[inline]
    pub fn begin_work(&mut self, host: HostId, cores: u64, idle: Bytes) {
        let host = &mut self.ledger[host];
        host.free_cores -= cores;
        host.idle -= idle;
    }
    /// It ends its work, and is idle from now on with `idle` memory, or works on, or will be removed.
    #[inline]
    pub fn end_work(&mut self, host: HostId, cores: u64, idle: Bytes) {
        let host = &mut self.ledger[host];
        host.free_cores += cores;
        host.idle += idle;
    }
    /// Keeps the order of hosts by free cores.
    #[inline]
    pub fn cores_changed(&mut self, host: HostId) {
        if let Some(tree) = &mut self.by_cores {
            tree.set(host, self.ledger[host].free_cores);
        }
    }
    /// It is no more.
    pub fn remove_idle(&mut self, host: HostId, memory: Bytes) {
        self.ledger[host].idle -= memory;
    }
    /// The same of a pool, on the general path.
    #[inline]
    pub fn add_idle_remote(&mut self, pool: u32, memory: Bytes) {
        if let Some(pool) = self.pools.get_mut(pool as usize) {
            pool.idle += memory;
        }
    }
    /// The same.
    #[inline]
    pub fn remove_idle_remote(&mut self, pool: u32, memory: Bytes) {
        if let Some(pool) = self.pools.get_mut(pool as usize) {
            pool.idle -= memory;
        }
    }
    /// A sandbox takes memory of a host and of a pool.
    pub fn take_memory(&mut self, host: HostId, pool: u32, need: Need) {
        self.ledger[host].free -= need.local;
        if let Some(pool) = self.pools.get_mut(pool as usize) {
            pool.free -= need.remote;
        }
    }
    /// It gives it back.
    pub fn free_memory(&mut self, host: HostId, pool: u32, need: Need) {
        self.ledger[host].free += need.local;
        if let Some(pool) = self.pools.get_mut(pool as usize) {
            pool.free += need.remote;
        }
    }
    /// What is free beside the cores of a host.
    pub fn free(&self, host: HostId) -> Bytes {
        self.ledger[host].free
    }
    /// Whether `memory` fits beside the cores now.
    pub fn fits(&self, host: HostId, memory: Bytes) -> bool {
        self.ledger[host].free >= memory
    }
    /// Whether it fits once idle sandboxes are evicted.
    pub fn could_fit(&self, host: HostId, memory: Bytes) -> bool {
        self.ledger[host].free.0.saturating_add(self.ledger[host].idle.0) >= memory.0
    }
    /// Whether it fits; with `evicting`, once idle sandboxes are evicted.
    pub fn has_memory(&self, host: HostId, memory: Bytes, evicting: Evicting) -> bool {
        if evicting { self.could_fit(host, memory) } else { self.fits(host, memory) }
    }
    /// Whether so much bandwidth and so many accelerators are free.
    #[inline]
    pub fn fits_other_demands(&self, host: HostId, need: [u64; 2]) -> bool {
        need == [0; 2] || self.other_demands[host.index()].iter().zip(need).all(|(free, need)| *free >= need)
    }
    /// A request takes bandwidth and accelerators.
    #[inline]
    pub fn take_other_demands(&mut self, host: HostId, need: [u64; 2]) {
        if need != [0; 2] {
            for (free, need) in self.other_demands[host.index()].iter_mut().zip(need) {
                *free -= need;
            }
        }
    }
    /// It gives them back.
    #[inline]
    pub fn give_other_demands(&mut self, host: HostId, need: [u64; 2]) {
        if need != [0; 2] {
            for (free, need) in self.other_demands[host.index()].iter_mut().zip(need) {
                *free += need;
            }
        }
    }
    /// How many hosts there are.
    pub fn count(&self) -> u32 {
        self.ledger.len() as u32
    }
    /// Requests assigned to a host; zero where loads are not kept.
    pub fn load(&self, host: HostId) -> u32 {
        self.by_load.as_ref().map_or(0, |tree| tree.load(host))
    }
}

/// Which host.
impl Hosts {
    /// The next host in turn.
    pub fn round_robin(&mut self) -> HostId {
        let host = HostId::new(self.next);
        self.next = if self.next + 1 == self.ledger.len() as u32 { 0 } else { self.next + 1 };
        host
    }
    /// The same among those of some groups that are up; among all of these groups, where none is.
    #[inline(always)]
    pub fn round_robin_of(&mut self, groups: Groups) -> HostId {
        if self.down == 0 && groups & self.all() == self.all() {
            return self.round_robin();
        }
        self.round_robin_of_some(groups)
    }
    #[inline(never)]
    fn round_robin_of_some(&mut self, groups: Groups) -> HostId {
        let next = self.next_of(self.next, groups, true).or_else(|| self.next_of(self.next, groups, false));
        let host = next.expect("there are hosts in the groups");
        self.next = (host.raw() + 1) % self.count();
        host
    }
    fn next_of(&self, from: u32, groups: Groups, up: bool) -> Option<HostId> {
        let next = |from: u32| {
            let of_group = |group: usize| {
                let Group { hosts, down, .. } = &self.groups[group];
                let mut first = from.max(hosts.start);
                let behind = down.partition_point(|host| host.raw() < first);
                for host in down[behind..].iter().filter(|_| up) {
                    first += u32::from(host.raw() == first);
                }
                (first < hosts.end).then_some(first)
            };
            each(groups & self.all()).filter_map(of_group).min()
        };
        next(from).or_else(|| next(0)).map(HostId::new)
    }
    /// The host with the least load, the lowest number at ties.
    pub fn least_loaded(&self) -> HostId {
        self.by_load.as_ref().map_or(HostId::new(0), ByLoad::first)
    }
    /// The same among those of some groups that are up.
    pub fn least_loaded_in(&self, groups: Groups) -> Option<HostId> {
        self.least_loaded_of(groups, |_| true)
    }
    /// The same among those for which `allowed` holds too.
    pub fn least_loaded_of(&self, groups: Groups, allowed: impl Fn(HostId) -> bool) -> Option<HostId> {
        self.first_of(groups, |_| u32::MAX, 0, allowed)
    }
    /// The same, with less load than `below` says of its group, and so much of the cores free.
    fn first_of(
        &self,
        groups: Groups,
        below: impl Fn(&Group) -> u32,
        cores: u64,
        allowed: impl Fn(HostId) -> bool,
    ) -> Option<HostId> {
        let tree = self.by_load.as_ref()?;
        let of_group = |group: usize| {
            let group = &self.groups[group];
            let (hosts, below) = (group.hosts.clone(), below(group));
            match &self.by_cores {
                None => tree.first_of(hosts, below, |_| true, &allowed),
                Some(free) => tree.first_of(hosts, below, |node| free.has(node, cores), &allowed),
            }
        };
        each(groups & self.all()).filter_map(of_group).min_by_key(|&host| (tree.load(host), host))
    }
    /// The least loaded host of some groups where something can start for which `allowed` holds, if loads are kept: hosts
    /// with as many requests as their cores are for cannot, unless requests wait elsewhere than in their queue (`anywhere`).
    pub fn first_to_start(&self, groups: Groups, anywhere: bool, allowed: impl Fn(HostId) -> bool) -> Option<HostId> {
        self.first_of(groups, |group| if anywhere { u32::MAX } else { group.full }, 0, allowed)
    }
    /// Late binding: whether no host of some groups has so much of its cores free, as far as loads tell.
    pub fn all_busy<const ALL: bool>(&self, groups: Groups, cores: u64) -> bool {
        if ALL && let Some(tree) = &self.by_cores {
            let mut hosts = each(groups & self.all()).map(|group| self.groups[group].hosts.clone());
            return !hosts.any(|hosts| tree.any_has(hosts, cores));
        }
        let Some(tree) = &self.by_load else { return false };
        if !ALL || self.groups.len() == 1 && groups & 1 == 1 {
            return tree.least() >= self.groups[0].full;
        }
        each(groups & self.all())
            .map(|group| &self.groups[group])
            .all(|group| tree.least_of(group.hosts.clone()) >= group.full)
    }
    /// Late binding: a host of some groups that is up and has so much of its cores free and room for `memory`, which differs by
    /// group: in turn, or the least loaded.
    pub fn with_room(
        &mut self,
        groups: Groups,
        memory: impl Fn(usize) -> Bytes,
        cores: u64,
        other_demands: [u64; 2],
        (evicting, in_turn): (Evicting, bool),
    ) -> Option<HostId> {
        let offers = |host| {
            let memory = memory(self.group(host));
            self.has_cores(host, cores)
                && self.fits_other_demands(host, other_demands)
                && self.has_memory(host, memory, evicting)
        };
        if !in_turn {
            return self.first_of(groups, |group| group.full, cores, offers);
        }
        let found = self.in_turn().find(|&host| self.may_take(host, groups) && offers(host))?;
        self.turn_after(found);
        Some(found)
    }
    /// All hosts, from the next in turn on.
    pub fn in_turn(&self) -> impl Iterator<Item = HostId> + use<> {
        let (count, next) = (self.count(), self.next);
        (0..count).map(move |i| HostId::new((next + i) % count))
    }
    /// It is the turn of the host after `host`.
    pub fn turn_after(&mut self, host: HostId) {
        self.next = (host.raw() + 1) % self.count();
    }
}

/// Groups, and hosts that are down.
impl Hosts {
    /// All groups.
    #[inline]
    pub fn all(&self) -> Groups {
        Groups::MAX >> (MOST_GROUPS - self.groups.len())
    }
    /// Those of them that have hosts.
    pub fn populated(&self) -> Groups {
        let has_hosts = |&group: &usize| !self.groups[group].hosts.is_empty();
        (0..self.groups.len()).filter(has_hosts).fold(0, |groups, group| groups | 1 << group)
    }
    /// The group of a host.
    #[inline]
    pub fn group(&self, host: HostId) -> usize {
        usize::from(self.ledger[host].group)
    }
    /// Whether a host is in one of these groups.
    #[inline]
    pub fn is_in(&self, host: HostId, groups: Groups) -> bool {
        groups >> self.ledger[host].group & 1 == 1
    }
    /// Whether a host is up.
    #[inline]
    pub fn is_up(&self, host: HostId) -> bool {
        !self.ledger[host].down
    }
    /// Whether it is up and in one of these groups.
    #[inline]
    pub fn may_take(&self, host: HostId, groups: Groups) -> bool {
        self.is_up(host) && self.is_in(host, groups)
    }
    /// Hosts of some groups that are up.
    pub fn up(&self, groups: Groups) -> u32 {
        each(groups & self.all()).map(|group| &self.groups[group]).map(Group::up).sum()
    }
    /// The `n`-th host of some groups that is up, counted from zero.
    pub fn nth_up(&self, groups: Groups, mut n: u32) -> Option<HostId> {
        for group in each(groups & self.all()).map(|group| &self.groups[group]) {
            if n >= group.up() {
                n -= group.up();
                continue;
            }
            let mut host = group.hosts.start + n;
            for down in &group.down {
                host += u32::from(down.raw() <= host);
            }
            return Some(HostId::new(host));
        }
        None
    }
    /// A host goes down, or is up again.
    pub fn set_down(&mut self, host: HostId, down: bool) {
        let group = self.group(host);
        self.ledger[host].down = down;
        let all = &mut self.groups[group].down;
        match (all.binary_search(&host), down) {
            (Ok(at), false) => {
                all.remove(at);
                self.down -= 1;
            }
            (Err(at), true) => {
                all.insert(at, host);
                self.down += 1;
            }
            _ => {}
        }
        if let Some(tree) = &mut self.by_load {
            tree.set_down(host, down);
        }
    }
    /// Requests assigned to all hosts of some groups.
    pub fn total_load(&self, groups: Groups) -> u64 {
        let Some(tree) = &self.by_load else { return 0 };
        let hosts = each(groups & self.all()).flat_map(|group| self.groups[group].hosts.clone());
        hosts.map(|host| u64::from(tree.load(HostId::new(host)))).sum()
    }
    /// The groups whose hosts, empty, have room for a request of these needs; `share` of a core is in millionths.
    /// `least` tells what it needs of a host of a group, with so much memory of an empty pool, if that is enough.
    pub fn groups_that_hold(
        &self,
        least: impl Fn(usize, Bytes) -> Option<Bytes>,
        share: u32,
        other_demands: [u64; 2],
    ) -> Groups {
        let holds = |&group: &usize| {
            let has = &self.groups[group].has;
            let reached = self.pools.iter().filter(|pool| has.pools >> pool.group & 1 == 1);
            let pool = reached.map(|pool| pool.memory).max().unwrap_or(Bytes::ZERO);
            has.hosts > 0
                && u64::from(has.cores) * u64::from(WHOLE) >= u64::from(share)
                && least(group, pool).is_some_and(|least| has.memory >= least)
                && has.other_demands.iter().zip(other_demands).all(|(has, needs)| *has >= needs)
        };
        (0..self.groups.len()).filter(holds).fold(0, |groups, group| groups | 1 << group)
    }
}

impl Group {
    fn up(&self) -> u32 {
        self.hosts.len() as u32 - self.down.len() as u32
    }
}

/// Pools.
impl Hosts {
    /// How many pools there are.
    pub fn pools(&self) -> usize {
        self.pools.len()
    }
    /// The groups of pools that a host may use.
    #[inline]
    pub fn pools_of(&self, host: HostId) -> Groups {
        self.groups[self.group(host)].has.pools
    }
    /// Whether a pool is in one of these groups.
    pub fn reaches(&self, pools: Groups, pool: u32) -> bool {
        self.pools.get(pool as usize).is_some_and(|pool| pools >> pool.group & 1 == 1)
    }
    /// The groups of hosts that may use a pool.
    pub fn groups_that_reach(&self, pool: u32) -> Groups {
        let reaches = |&group: &usize| self.reaches(self.groups[group].has.pools, pool);
        (0..self.groups.len()).filter(reaches).fold(0, |groups, group| groups | 1 << group)
    }
    /// The pool of some groups with the most free memory, the lowest number at ties.
    pub fn roomiest_pool(&self, groups: Groups) -> Option<u32> {
        let mut best: Option<(u32, Bytes)> = None;
        for (pool, has) in (0..).zip(&self.pools) {
            if groups >> has.group & 1 == 1 && best.is_none_or(|(_, free)| has.free > free) {
                best = Some((pool, has.free));
            }
        }
        best.map(|(pool, _)| pool)
    }
    /// Whether `memory` fits into a pool now.
    pub fn pool_fits(&self, pool: u32, memory: Bytes) -> bool {
        self.pools.get(pool as usize).map_or(memory == Bytes::ZERO, |pool| pool.free >= memory)
    }
    /// Whether it fits into an empty pool of some groups.
    pub fn pools_could_fit(&self, groups: Groups, memory: Bytes) -> bool {
        self.pools.iter().any(|pool| groups >> pool.group & 1 == 1 && pool.memory >= memory)
    }
    /// Free memory of a pool; with `evicting`, once idle sandboxes are evicted.
    pub fn pool_room(&self, pool: u32, evicting: Evicting) -> Bytes {
        let pool = &self.pools[pool as usize];
        if evicting { Bytes(pool.free.0.saturating_add(pool.idle.0)) } else { pool.free }
    }
    /// Free memory of the roomiest pool that hosts of a group may use, zero where there is none; with `evicting`, once idle
    /// sandboxes are evicted.
    pub fn most_pool_room(&self, group: usize, evicting: Evicting) -> Bytes {
        let pools = self.groups[group].has.pools;
        let reached = (0..self.pools.len() as u32).filter(|&pool| self.reaches(pools, pool));
        reached.map(|pool| self.pool_room(pool, evicting)).max().unwrap_or(Bytes::ZERO)
    }
    /// Those of some groups of hosts that find pooled memory, of which so much is needed by group.
    pub fn groups_with_pools(&self, groups: Groups, remote: impl Fn(usize) -> Bytes, evicting: Evicting) -> Groups {
        let finds = |&group: &usize| {
            let remote = remote(group);
            let reached = (0..self.pools.len() as u32).filter(|&pool| self.reaches(self.groups[group].has.pools, pool));
            remote == Bytes::ZERO || reached.map(|pool| self.pool_room(pool, evicting)).any(|room| room >= remote)
        };
        each(groups & self.all()).filter(finds).fold(0, |groups, group| groups | 1 << group)
    }
    /// Whether pools hold `memory` so many times, with so much more in each than is free.
    pub fn pools_hold(&self, memory: Bytes, times: u32, more: &[u64]) -> bool {
        let each = |(pool, more): (&Pool, &u64)| (pool.free.0 + more).checked_div(memory.0).unwrap_or(u64::MAX);
        memory == Bytes::ZERO || self.pools.iter().zip(more).map(each).sum::<u64>() >= times.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn hosts_of_groups_are_those_of_a_scan(
            sizes in prop::collection::vec((0_u32..4, 1_u32..4), 1..6),
            (chosen, down) in (any::<u64>(), any::<u64>()),
            loads in prop::collection::vec(0_u32..5, 20),
            (turn, barred) in (0_u32..20, any::<u64>()),
        ) {
            let group = |&(hosts, cores): &(u32, u32)| HostGroup {
                hosts,
                cores,
                memory: Bytes(cores.into()),
                other_demands: [0; 2],
                pools: 0,
            };
            let shape = Shape { groups: sizes.iter().map(group).collect(), pools: Vec::new() };
            prop_assume!(shape.hosts() > 0);
            // Of one group, nobody asks for others.
            let chosen = if sizes.len() == 1 { ALL } else { chosen };
            let mut hosts = Hosts::new(&shape, &Cores::whole(), Placement::LeastLoaded, false);
            let all: Vec<HostId> = (0..shape.hosts()).map(HostId::new).collect();
            for &host in &all {
                (0..loads[host.index()]).for_each(|_| hosts.assign(host));
                hosts.set_down(host, down >> host.raw() & 1 == 1);
            }
            let within = |host: &HostId| chosen >> shape.group_of(*host) & 1 == 1;
            let is_up = |host: &HostId| down >> host.raw() & 1 == 0;
            let up: Vec<HostId> = all.iter().copied().filter(|host| within(host) && is_up(host)).collect();
            prop_assert_eq!(hosts.up(chosen), up.len() as u32);
            let numbered: Vec<HostId> = (0..all.len() as u32).filter_map(|n| hosts.nth_up(chosen, n)).collect();
            prop_assert_eq!(&numbered, &up);
            let allowed = |host: HostId| barred >> host.raw() & 1 == 0;
            let least = |some: &mut dyn Iterator<Item = HostId>| some.min_by_key(|host| (loads[host.index()], *host));
            prop_assert_eq!(hosts.least_loaded_in(chosen), least(&mut up.iter().copied()));
            let few = least(&mut up.iter().copied().filter(|host| allowed(*host)));
            prop_assert_eq!(hosts.least_loaded_of(chosen, allowed), few);
            // Each request on a core, where hosts have as many as bytes.
            let busy = |host: &&HostId| loads[host.index()] >= hosts.groups[hosts.group(**host)].has.cores;
            prop_assert_eq!(hosts.all_busy::<true>(chosen, 1), up.iter().all(|host| busy(&host)));
            prop_assert_eq!(hosts.total_load(ALL), loads.iter().take(all.len()).map(|load| u64::from(*load)).sum::<u64>());
            let large = hosts.groups_that_hold(|_, _| Some(Bytes(2)), WHOLE, [0; 2]);
            let expected = (0..sizes.len()).filter(|&g| sizes[g].0 > 0 && sizes[g].1 >= 2).fold(0, |all, g| all | 1 << g);
            prop_assert_eq!(large, expected);
            // In turn: those that are up, from the next on; where none is, all of the groups.
            let of: Vec<HostId> = all.iter().copied().filter(within).collect();
            if !of.is_empty() {
                hosts.next = turn % all.len() as u32;
                let some = if up.is_empty() { &of } else { &up };
                let behind = some.iter().find(|host| host.raw() >= hosts.next).unwrap_or(&some[0]);
                prop_assert_eq!(hosts.round_robin_of(chosen), *behind);
            }
        }
    }

    const ALL: Groups = Groups::MAX;
}
