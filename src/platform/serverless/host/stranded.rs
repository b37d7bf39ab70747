//! What is free on hosts and in pools and could not be used by one more sandbox.

use crate::ids::HostId;
use crate::record::Stranded;
use crate::units::Bytes;

use super::ledger::{Evicting, Host, Hosts, Pool};
use super::shape::{Groups, each};

/// What one more sandbox needs of a host of a group.
#[derive(Clone, Copy, Debug)]
pub struct Least {
    /// Memory beside the cores, with the room that there is in pools; `None` where these are short of their part.
    pub with_pools: Option<Bytes>,
    /// The same if there were room enough in pools.
    pub with_room: Bytes,
}

impl Hosts {
    /// What one more sandbox could not use: a core where memory is short, memory beside the cores where cores or pools are
    /// short, memory of pools where that is so of all hosts that can use them. `least` tells what it needs, by group of
    /// hosts and the most room in pools there; `busy` how many cores of a host work where nobody holds any. It holds `cores_each`
    /// units of the ledger. Looks at all
    /// hosts and pools.
    pub fn stranded(
        &self,
        least: impl Fn(usize, Bytes) -> Least,
        cores_each: u64,
        busy: impl Fn(HostId) -> u32,
        evicting: Evicting,
    ) -> Stranded {
        let (mut stranded, mut open_to) = (Stranded::default(), 0);
        for index in each(self.all()) {
            let group = &self.groups[index];
            let Least { with_pools, with_room } = least(index, self.most_pool_room(index, evicting));
            for host in group.hosts.clone().map(HostId::new) {
                let Host { free_cores, free, idle, .. } = self.ledger[host];
                let idle_cores = || u64::from(group.has.cores.saturating_sub(busy(host)));
                let cores = if cores_each > 0 { free_cores } else { idle_cores() };
                let memory = if evicting { Bytes(free.0.saturating_add(idle.0)) } else { free };
                let has_core = cores_each == 0 || cores >= cores_each;
                let has_memory = memory >= with_room;
                if with_pools.is_none_or(|least| memory < least) && group.has.cores < u32::MAX {
                    stranded.cores += cores;
                }
                if (!has_core || has_memory && with_pools.is_none()) && free < Bytes::MAX {
                    stranded.local += free;
                }
                if has_core && has_memory {
                    open_to |= group.has.pools;
                }
            }
        }
        stranded.pooled = self.pools.iter().filter(|pool| is_shut(pool, open_to)).map(|pool| pool.free).sum();
        stranded
    }
}

fn is_shut(pool: &Pool, open_to: Groups) -> bool {
    open_to >> pool.group & 1 == 0 && pool.free < Bytes::MAX
}
