//! Where a request goes, and where a new sandbox: the placement with its state.

use crate::config::plan::Placement as Rule;
use crate::ids::{FunctionId, HostId};
use crate::platform::serverless::host::ledger::Hosts;
use crate::platform::serverless::host::shape::Shape;
use crate::platform::serverless::knowledge::Knowledge;
use crate::platform::serverless::rules::Rules;
use crate::platform::serverless::sandbox::cluster::Cluster;
use crate::rng::Stream;
use crate::units::Time;

use super::choose::Chooser;

/// A placement.
#[derive(Debug)]
pub struct Placement {
    rule: Rule,
    chooser: Chooser,
    /// For those by chance.
    chance: Stream,
}

impl Placement {
    /// The one that the rules name.
    pub fn new(rules: &Rules, shape: &Shape, knowledge: &Knowledge) -> Self {
        let chooser = Chooser::new(rules, shape, knowledge);
        Self { rule: rules.placement, chooser, chance: knowledge.chance.clone() }
    }

    /// Early binding: the host for a request, whatever is free there.
    #[inline(always)]
    pub fn choose<const ALL: bool>(&mut self, now: Time, function: FunctionId, cluster: &mut Cluster) -> HostId {
        if self.rule == Rule::RoundRobin {
            return cluster.hosts.round_robin();
        }
        if ALL && let Some(host) = self.chooser.choose(now, function, cluster, &mut self.chance) {
            return host;
        }
        let warm = |host| cluster.sandboxes.first_idle(function, host).is_some();
        let first_warm = self.rule == Rule::FirstWarm;
        let host = first_warm.then(|| cluster.hosts.least_loaded_of(warm)).flatten();
        host.unwrap_or_else(|| cluster.hosts.least_loaded())
    }

    /// Late binding: a host with a free core and room for a sandbox of `function`; failing that, one where idle sandboxes
    /// can make room.
    pub fn find_room<const ALL: bool>(
        &mut self,
        now: Time,
        function: FunctionId,
        cluster: &mut Cluster,
    ) -> Option<HostId> {
        let in_turn = self.rule == Rule::RoundRobin;
        let (local, cores) = (cluster.need(function).local, cluster.cores_each());
        let extras = cluster.extras::<ALL>(function);
        let mut room = cluster.hosts.with_room(local, cores, extras, false, in_turn);
        if room.is_none() && cluster.rules.evict_idle {
            room = cluster.hosts.with_room(local, cores, extras, true, in_turn);
        }
        // The rule is asked only where there is room: looking in vain leaves its state, and its stream, alone.
        if ALL
            && room.is_some()
            && let Some(host) = self.chooser.choose(now, function, cluster, &mut self.chance)
        {
            let fits = cluster.hosts.has_memory(host, local, cluster.rules.evict_idle);
            if fits && cluster.place_free::<ALL>(host, function) {
                return Some(host);
            }
            // It is as idle as before.
            self.departure(host, &cluster.hosts);
        }
        room
    }

    /// A sandbox of `function` has become idle on `host`, and nobody has taken it.
    #[inline]
    pub fn idle_sandbox(&mut self, function: FunctionId, host: HostId) {
        self.chooser.idle_sandbox(function, host);
    }
    /// A request has left `host`.
    #[inline]
    pub fn departure(&mut self, host: HostId, hosts: &Hosts) {
        self.chooser.departure(host, hosts);
    }
    /// For whoever else draws from the placement's stream.
    pub fn chance(&mut self) -> &mut Stream {
        &mut self.chance
    }
}
