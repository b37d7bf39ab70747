//! Gangs: invocations of one function that arrive together and start together, or wait together.

use crate::ids::{FunctionId, HostId, SandboxId};
use crate::platform::serverless::dispatch::choose::demand;
use crate::platform::serverless::dispatch::gang::{Gang, Layout};
use crate::platform::serverless::host::resources::{Ledger, Resources};
use crate::platform::serverless::host::shape::Need;
use crate::platform::serverless::sandbox::cluster::Cluster;
use crate::platform::serverless::sandbox::states::StateList;
use crate::units::Bytes;

/// Places gangs, on a ledger of its own; and the plan that it has made last.
#[derive(Debug)]
pub struct Gangs {
    ledger: Ledger,
    place: Gang,
    /// The plan: idle sandboxes for the first members, hosts for the others.
    pub warm: Vec<SandboxId>,
    /// The same.
    pub cold: Vec<HostId>,
    /// What idle sandboxes hold in each pool.
    idle_remote: Vec<u64>,
}

impl Gangs {
    /// On so many hosts.
    pub fn new(hosts: u32) -> Self {
        let none = Resources::default();
        Self {
            ledger: Ledger::new(hosts, none),
            place: Gang::new(),
            warm: Vec::new(),
            cold: Vec::new(),
            idle_remote: Vec::new(),
        }
    }

    /// Whether an empty data centre holds so many at once.
    pub fn could_ever_hold(cluster: &Cluster, function: FunctionId, size: u32) -> bool {
        let need = demand(cluster.need(function), cluster.cores_each(), cluster.extras::<true>(function));
        cluster.hosts.could_ever_hold(&need, size)
    }

    /// Whether all members can start now; the plan is then made.
    pub fn fits(&mut self, cluster: &Cluster, function: FunctionId, size: u32) -> bool {
        self.plan(cluster, function, size, false)
            || cluster.rules.evict_idle && self.plan(cluster, function, size, true)
    }

    /// Finds idle sandboxes, then hosts for the others; nothing is changed. With `evicting`, what the other idle sandboxes
    /// hold counts as free.
    fn plan(&mut self, cluster: &Cluster, function: FunctionId, size: u32, evicting: bool) -> bool {
        let (extras, cores, need) = (cluster.extras::<true>(function), cluster.cores_each(), cluster.need(function));
        cluster.hosts.write_free(&mut self.ledger, evicting);
        self.warm.clear();
        self.cold.clear();
        for id in cluster.sandboxes.all_in(StateList::Open(function, HostId::new(0))) {
            let (host, held) = (cluster.sandboxes[id].host, cluster.sandboxes[id].need.local);
            let local = if evicting { held } else { Bytes::ZERO };
            let place = demand(Need { local, remote: Bytes::ZERO }, cores, extras);
            if self.warm.len() < size as usize && self.ledger.free(host).fits(&place) {
                self.ledger.take(host, &place, 1);
                self.warm.push(id);
            }
        }
        let left = size - self.warm.len() as u32;
        if left == 0 {
            return true;
        }
        self.idle_remote.clear();
        self.idle_remote.resize(cluster.hosts.pools(), 0);
        if evicting && need.remote > Bytes::ZERO {
            cluster.sandboxes.add_idle_remote(&mut self.idle_remote);
            for &id in &self.warm {
                self.idle_remote[cluster.sandboxes[id].pool as usize] -= cluster.sandboxes[id].need.remote.0;
            }
        }
        if !cluster.hosts.pools_hold(need.remote, left, &self.idle_remote) {
            return false;
        }
        // Pools are for all hosts together: they have been looked at.
        let whole = demand(Need { local: need.local, remote: Bytes::ZERO }, cores, extras);
        let Some(hosts) = self.place.place(&mut self.ledger, &whole, left, Layout::Pack, None) else { return false };
        self.cold.extend(hosts.iter().flat_map(|&(host, members)| std::iter::repeat_n(host, members as usize)));
        true
    }
}
