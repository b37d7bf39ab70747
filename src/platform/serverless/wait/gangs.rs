//! Gangs: invocations of one function that arrive together and start together, or wait together.
//!
//! Where functions may not run on all hosts alike, members that find no idle sandbox are placed on the groups that their
//! function prefers if all of them fit there, else on all groups that it may run on: host by host, the one with room for
//! most of them first, each member with the roomiest pool that its host can use.

use crate::ids::{FunctionId, HostId, SandboxId};
use crate::platform::serverless::dispatch::choose::demand;
use crate::platform::serverless::dispatch::gang::{Gang, Layout};
use crate::platform::serverless::host::resources::{Ledger, Resources};
use crate::platform::serverless::host::shape::{Groups, Need};
use crate::platform::serverless::sandbox::cluster::Cluster;
use crate::platform::serverless::sandbox::states::StateList;
use crate::units::Bytes;

/// Places gangs, on a ledger of its own; and the plan that it has made last.
#[derive(Debug)]
pub struct Gangs {
    ledger: Ledger,
    place: Gang,
    /// The plan: idle sandboxes for the first members.
    pub warm: Vec<SandboxId>,
    /// Hosts for the others, and which pool is for them, where that matters.
    pub cold: Vec<(HostId, Option<u32>)>,
    /// What is free of each pool, or what idle sandboxes hold there.
    pools: Vec<u64>,
    /// For how many members each host has room.
    room: Vec<(u32, HostId)>,
}

impl Gangs {
    /// On so many hosts.
    pub fn new(hosts: u32) -> Self {
        Self {
            ledger: Ledger::new(hosts, Resources::default()),
            place: Gang::new(),
            warm: Vec::new(),
            cold: Vec::new(),
            pools: Vec::new(),
            room: Vec::new(),
        }
    }

    /// Whether an empty data centre holds so many at once.
    pub fn could_ever_hold(&mut self, cluster: &Cluster, function: FunctionId, size: u32) -> bool {
        if !cluster.is_constrained() {
            let need = demand(
                cluster.need_in(function, 0),
                cluster.cores::<true>(function),
                cluster.other_demands::<true>(function),
            );
            return cluster.hosts.could_ever_hold(&need, size);
        }
        let [first, others] = cluster.tiers(function);
        cluster.hosts.write_empty(&mut self.ledger, first | others);
        cluster.hosts.write_pools(&mut self.pools, true, false);
        self.place_by_group(cluster, function, first | others, size)
    }

    /// Whether all members can start now; the plan is then made.
    pub fn fits(&mut self, cluster: &Cluster, function: FunctionId, size: u32) -> bool {
        let [first, others] = cluster.tiers(function);
        let tiers = [first, if others == 0 { 0 } else { first | others }];
        tiers.into_iter().filter(|tier| *tier != 0).any(|groups| {
            self.plan(cluster, function, size, (groups, false))
                || cluster.rules.evict_idle && self.plan(cluster, function, size, (groups, true))
        })
    }

    /// Finds idle sandboxes, then hosts of `groups` for the others; nothing is changed. With `evicting`, what the other idle
    /// sandboxes hold counts as free.
    fn plan(&mut self, cluster: &Cluster, function: FunctionId, size: u32, (groups, evicting): (Groups, bool)) -> bool {
        let tiers = cluster.tiers(function);
        cluster.hosts.write_free(&mut self.ledger, tiers[0] | tiers[1], evicting);
        self.warm.clear();
        self.cold.clear();
        for tier in tiers.into_iter().filter(|tier| *tier != 0) {
            self.take_warm(cluster, function, size, (tier, evicting));
        }
        let left = size - self.warm.len() as u32;
        if left == 0 {
            return true;
        }
        if !cluster.is_constrained() {
            return self.place_alike(cluster, function, left, evicting);
        }
        cluster.hosts.write_pools(&mut self.pools, false, evicting);
        if evicting {
            self.spare_warm(cluster);
        }
        self.place_by_group(cluster, function, groups, left)
    }

    /// Takes idle sandboxes on hosts of some groups.
    fn take_warm(&mut self, cluster: &Cluster, function: FunctionId, size: u32, (groups, evicting): (Groups, bool)) {
        let (other_demands, cores) = (cluster.other_demands::<true>(function), cluster.cores::<true>(function));
        for id in cluster.sandboxes.all_in(StateList::Open(function, HostId::new(0))) {
            let (host, held) = (cluster.sandboxes[id].host, cluster.sandboxes[id].need.local);
            let local = if evicting { held } else { Bytes::ZERO };
            let place = demand(Need { local, remote: Bytes::ZERO }, cores, other_demands);
            if self.warm.len() < size as usize && cluster.hosts.is_in(host, groups) && self.ledger.fits(host, &place) {
                self.ledger.take(host, &place, 1);
                self.warm.push(id);
            }
        }
    }
    /// Idle sandboxes that are taken cannot be evicted from pools.
    fn spare_warm(&mut self, cluster: &Cluster) {
        for &id in &self.warm {
            let sandbox = &cluster.sandboxes[id];
            if sandbox.need.remote > Bytes::ZERO {
                self.pools[sandbox.pool as usize] -= sandbox.need.remote.0;
            }
        }
    }

    /// Hosts for so many members, where all hosts and pools are alike.
    fn place_alike(&mut self, cluster: &Cluster, function: FunctionId, left: u32, evicting: bool) -> bool {
        let need = cluster.need_in(function, 0);
        self.pools.clear();
        self.pools.resize(cluster.hosts.pools(), 0);
        if evicting && need.remote > Bytes::ZERO {
            cluster.sandboxes.add_idle_remote(&mut self.pools);
            self.spare_warm(cluster);
        }
        if !cluster.hosts.pools_hold(need.remote, left, &self.pools) {
            return false;
        }
        // Pools are for all hosts together: they have been checked.
        let local = Need { local: need.local, remote: Bytes::ZERO };
        let whole = demand(local, cluster.cores::<true>(function), cluster.other_demands::<true>(function));
        let Some(hosts) = self.place.place(&mut self.ledger, &whole, left, Layout::Pack, None) else { return false };
        let members = |&(host, members): &(HostId, u32)| std::iter::repeat_n((host, None), members as usize);
        self.cold.extend(hosts.iter().flat_map(members));
        true
    }

    /// Hosts of some groups for so many members, and pools, of which `pools` says what is free.
    fn place_by_group(&mut self, cluster: &Cluster, function: FunctionId, groups: Groups, mut left: u32) -> bool {
        self.cold.clear();
        self.room.clear();
        for host in (0..cluster.hosts.count()).map(HostId::new).filter(|&host| cluster.hosts.is_in(host, groups)) {
            let Need { local, .. } = cluster.need::<true>(function, host);
            let local = Need { local, remote: Bytes::ZERO };
            let whole = demand(local, cluster.cores::<true>(function), cluster.other_demands::<true>(function));
            self.room.push((self.ledger.copies(host, &whole, left), host));
        }
        self.room.sort_unstable_by_key(|&(copies, host)| (std::cmp::Reverse(copies), host));
        for &(copies, host) in &self.room {
            let (remote, reached) = (cluster.need::<true>(function, host).remote.0, cluster.hosts.pools_of(host));
            for _ in 0..copies.min(left) {
                if remote == 0 {
                    self.cold.push((host, None));
                } else {
                    let pools = (0..).zip(&self.pools).filter(|(pool, _)| cluster.hosts.reaches(reached, *pool));
                    let roomiest = pools.max_by_key(|&(pool, free)| (*free, std::cmp::Reverse(pool)));
                    let Some((pool, _)) = roomiest.filter(|(_, free)| **free >= remote) else { break };
                    self.pools[pool as usize] -= remote;
                    self.cold.push((host, Some(pool)));
                }
                left -= 1;
            }
        }
        left == 0
    }
}
