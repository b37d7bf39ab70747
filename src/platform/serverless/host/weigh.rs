//! The hosts for rules that weigh all resources, for first fit, and for gangs: what is free, and what there is.

use crate::ids::HostId;

use super::by_room::{ByRoom, Room};
use super::cores::Cores;
use super::ledger::{Evicting, Host, Hosts};
use super::resources::{Ledger, Resources};
use super::shape::{Groups, HostGroup, Shape, each};
use crate::units::Bytes;

impl Hosts {
    /// What the hosts have: of each kind as much as the largest of them; `u64::MAX` for what is unlimited anywhere. Each
    /// can use one pool at a time.
    pub fn largest(shape: &Shape, cores: &Cores) -> Resources {
        let pooled = shape.pools.iter().map(|group| group.memory.0).max().unwrap_or(0);
        let mut most = [0; 5];
        for group in &shape.groups {
            for (most, has) in most.iter_mut().zip(amounts(group, cores.of_host(group.cores), pooled)) {
                *most = (*most).max(has);
            }
        }
        Resources(most)
    }
    /// Writes what is free on each host into `ledger`, and bars those that are down or in no group of `groups`; with
    /// `evicting`, what idle sandboxes hold counts as free. Pool memory is that of the roomiest pool that the host can use.
    pub fn write_free(&self, ledger: &mut Ledger, groups: Groups, evicting: Evicting) {
        for (index, group) in self.groups.iter().enumerate() {
            let pool = self.roomiest_pool(group.has.pools);
            let pooled = pool.map_or(0, |pool| self.pools[pool as usize].free.0);
            let unlimited = group.cores == u64::MAX;
            for host in group.hosts.clone().map(HostId::new) {
                let Host { free_cores, free, idle, down, .. } = self.ledger[host];
                let idle = if evicting { idle.0 } else { 0 };
                let cores = if unlimited { u64::MAX } else { free_cores };
                let [bandwidth, accelerators] = self.other_demands[host.index()];
                let local = free.0.saturating_add(idle);
                ledger.set(host, Resources([cores, local, pooled, bandwidth, accelerators]));
                ledger.bar(host, down || groups >> index & 1 == 0);
            }
        }
    }
    /// Writes what hosts have when they are empty, alike; pools are left out.
    pub fn write_empty(&self, ledger: &mut Ledger, groups: Groups) {
        for (index, group) in self.groups.iter().enumerate() {
            for host in group.hosts.clone().map(HostId::new) {
                ledger.set(host, Resources(amounts(&group.has, group.cores, u64::MAX)));
                ledger.bar(host, groups >> index & 1 == 0);
            }
        }
    }
    /// Memory of each pool that is free, or (`empty`) that it has; with `evicting`, what idle sandboxes hold counts as free.
    pub fn write_pools(&self, pools: &mut Vec<u64>, empty: bool, evicting: Evicting) {
        pools.clear();
        let room = |pool| if empty { self.pools[pool as usize].memory.0 } else { self.pool_room(pool, evicting).0 };
        pools.extend((0..self.pools.len() as u32).map(room));
    }
    /// Whether empty hosts and pools hold `need` so many times; all hosts are alike.
    pub fn could_ever_hold(&self, need: &Resources, times: u32) -> bool {
        let Resources([cores, local, remote, bandwidth, accelerators]) = *need;
        let group = &self.groups[0];
        let host = Resources(amounts(&group.has, group.cores, u64::MAX));
        let per_host = u64::from(host.copies(&Resources([cores, local, 0, bandwidth, accelerators]), times));
        let of_pools = || self.pools.iter().map(|pool| pool.memory.0.checked_div(remote).unwrap_or(u64::MAX));
        per_host.saturating_mul(group.hosts.len() as u64) >= times.into()
            && (remote == 0 || of_pools().fold(0, u64::saturating_add) >= times.into())
    }
}

/// What hosts have room for, in order.
impl Hosts {
    /// The same, with what each host has room for kept in order; call [`Hosts::note_room`] wherever that changes.
    #[must_use]
    pub fn with_rooms(mut self, evicting: Evicting) -> Self {
        let rooms: Vec<Room> = self.ledger.iter().map(|host| room(host, evicting)).collect();
        self.by_room = Some((ByRoom::new(rooms.into_iter()), evicting));
        self
    }
    /// What a host has room for may have changed.
    #[inline]
    pub fn note_room(&mut self, host: HostId) {
        if let Some((tree, evicting)) = &mut self.by_room {
            tree.set(host, room(&self.ledger[host], *evicting));
        }
    }
    /// The lowest-numbered host of some groups that is up and has so much of its cores free and room for `memory`, which differs by
    /// group; `None` where rooms are not kept.
    pub fn first_with_room(
        &self,
        groups: Groups,
        memory: impl Fn(usize) -> Bytes,
        cores: u64,
        other_demands: [u64; 2],
    ) -> Option<HostId> {
        let (tree, _) = self.by_room.as_ref()?;
        let may = |host| self.is_up(host) && self.fits_other_demands(host, other_demands);
        let in_group =
            |group: usize| tree.first(self.groups[group].hosts.clone(), Room { memory: memory(group), cores }, &may);
        each(groups & self.all()).find_map(in_group)
    }
}

fn room(host: &Host, evicting: Evicting) -> Room {
    let idle = if evicting { host.idle } else { Bytes::ZERO };
    Room { memory: Bytes(host.free.0.saturating_add(idle.0)), cores: host.free_cores }
}

/// What a host of a group has, with so much of cores, in units of the ledger, and memory of pools.
fn amounts(has: &HostGroup, cores: u64, pooled: u64) -> [u64; 5] {
    let [bandwidth, accelerators] = has.other_demands;
    [cores, has.memory.0, pooled, bandwidth, accelerators]
}
