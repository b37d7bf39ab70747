//! Where a request goes, and where a new sandbox: the placement with its state.
//!
//! A function may run on some groups of hosts only, and prefer some of these. The groups that it prefers come first:
//!
//! - Early binding: the placement chooses among the preferred groups if a request could start at once on any of their hosts
//!   (it need not wait behind others there, a core is free, and a sandbox of it is idle or has room); else among the others, if it could
//!   start on one of those; else among the preferred ones, if any of their hosts has memory, or the others, if any of those
//!   has; else among the preferred ones again, or the others where no preferred host is up.
//! - Late binding: an idle sandbox on a preferred host, else on any other; else a new one on a preferred host that has room,
//!   if need be by evicting; else on any other.

use crate::config::plan::Placement as Rule;
use crate::ids::{FunctionId, HostId};
use crate::platform::serverless::host::ledger::Hosts;
use crate::platform::serverless::host::shape::{ALL_GROUPS, Groups, Shape};
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
    /// Whether a host without a free core may be where a request could start, as some wait elsewhere than in its queue.
    wait_elsewhere: bool,
}

impl Placement {
    /// The one that the rules name.
    pub fn new(rules: &Rules, shape: &Shape, knowledge: &Knowledge) -> Self {
        let chooser = Chooser::new(rules, shape, knowledge);
        // With arrivals first, those that wait on a host hold no core of it from them.
        let wait_elsewhere = rules.waits_for_busy() || !rules.is_strict();
        Self { rule: rules.placement, chooser, chance: knowledge.chance.clone(), wait_elsewhere }
    }

    /// Early binding: the host for a request, whatever is free there; `is_idle` tells whether a request need not wait behind
    /// others on a host.
    #[inline(always)]
    pub fn choose<const ALL: bool>(
        &mut self,
        now: Time,
        function: FunctionId,
        cluster: &mut Cluster,
        is_idle: impl Fn(HostId) -> bool,
    ) -> HostId {
        if ALL {
            let groups = self.groups(function, cluster, is_idle);
            return self.choose_of(now, function, groups, cluster);
        }
        if self.rule == Rule::RoundRobin {
            return cluster.hosts.round_robin();
        }
        let first_warm = self.rule == Rule::FirstWarm;
        let warm = |host| cluster.sandboxes.first_idle(function, host).is_some();
        let host = first_warm.then(|| cluster.hosts.least_loaded_of(ALL_GROUPS, warm)).flatten();
        host.unwrap_or_else(|| cluster.hosts.least_loaded())
    }

    /// The groups among which a request's host is chosen.
    #[inline(always)]
    fn groups(&self, function: FunctionId, cluster: &Cluster, is_idle: impl Fn(HostId) -> bool) -> Groups {
        let [first, others] = cluster.tiers(function);
        if others == 0 { first } else { self.tier(function, cluster, is_idle) }
    }
    #[inline(never)]
    fn tier(&self, function: FunctionId, cluster: &Cluster, is_idle: impl Fn(HostId) -> bool) -> Groups {
        let [first, others] = cluster.tiers(function);
        let may = |host: HostId| is_idle(host) && cluster.could_start(host, function);
        let start_in = |groups| cluster.hosts.first_to_start(groups, self.wait_elsewhere, may).is_some();
        if start_in(first) {
            return first;
        }
        if start_in(others) {
            return others;
        }
        let has_memory = |host: HostId| cluster.could_hold(host, function);
        let memory_in = |groups| cluster.hosts.least_loaded_of(groups, has_memory).is_some();
        let up = |groups| cluster.hosts.up(groups) > 0;
        if memory_in(first) || !memory_in(others) && (up(first) || !up(others)) { first } else { others }
    }

    /// The host of some groups for a request, whatever is free there.
    #[inline(always)]
    fn choose_of(&mut self, now: Time, function: FunctionId, groups: Groups, cluster: &mut Cluster) -> HostId {
        if self.rule == Rule::RoundRobin {
            let host = cluster.hosts.round_robin_of(groups);
            return if cluster.could_hold(host, function) {
                host
            } else {
                in_turn_with_memory(function, groups, cluster).unwrap_or(host)
            };
        }
        let by_rule = self.chooser.choose(now, function, groups, cluster, &mut self.chance);
        let warm = |host| cluster.sandboxes.first_idle(function, host).is_some();
        let first_warm = self.rule == Rule::FirstWarm;
        let host = by_rule.or_else(|| first_warm.then(|| cluster.hosts.least_loaded_of(groups, warm)).flatten());
        let with_memory = |host| cluster.could_hold(host, function);
        let host = host.or_else(|| cluster.hosts.least_loaded_of(groups, with_memory));
        let host = host.or_else(|| cluster.hosts.least_loaded_in(groups));
        // It waits where all are down.
        host.unwrap_or_else(|| cluster.hosts.round_robin_of(groups))
    }

    /// Early binding, on the straight path: where `host`, which has been chosen, has no memory for a request, the host that
    /// has some and would have been chosen among those.
    #[inline(never)]
    pub fn with_memory(&self, function: FunctionId, host: HostId, cluster: &mut Cluster) -> Option<HostId> {
        if cluster.hosts.count() == 1 || cluster.could_hold(host, function) {
            return None;
        }
        if self.rule == Rule::RoundRobin {
            return in_turn_with_memory(function, ALL_GROUPS, cluster);
        }
        cluster.hosts.least_loaded_of(ALL_GROUPS, |host| cluster.could_hold(host, function))
    }

    /// Late binding: a host, of those that `groups` has too, with a free core and room for a sandbox of `function`; failing
    /// that, one where idle sandboxes can make room.
    pub fn find_room<const ALL: bool>(
        &mut self,
        now: Time,
        function: FunctionId,
        groups: Groups,
        cluster: &mut Cluster,
    ) -> Option<HostId> {
        if !ALL {
            return self.room_in::<ALL>(function, ALL_GROUPS, cluster).map(|(host, _)| host);
        }
        let [first, others] = cluster.tiers(function).map(|tier| tier & groups);
        let (room, groups) =
            self.room_in::<ALL>(function, first, cluster).or_else(|| self.room_in::<ALL>(function, others, cluster))?;
        // The rule is asked only where there is room: a search in vain leaves its state, and its stream, alone.
        if let Some(host) = self.chooser.choose(now, function, groups, cluster, &mut self.chance) {
            if cluster.has_memory(host, function) && cluster.place_free::<ALL>(host, function) {
                return Some(host);
            }
            // It is as idle as before.
            self.departure(host, &cluster.hosts);
        }
        Some(room)
    }

    /// A host of some groups, and those of them among which it has been found: with several, those whose hosts find memory
    /// in pools too.
    fn room_in<const ALL: bool>(
        &self,
        function: FunctionId,
        groups: Groups,
        cluster: &mut Cluster,
    ) -> Option<(HostId, Groups)> {
        if groups == 0 {
            return None;
        }
        let in_turn = self.rule == Rule::RoundRobin;
        let ways: &[bool] = if cluster.rules.evict_idle { &[false, true] } else { &[false] };
        ways.iter().find_map(|&evicting| {
            let groups = if ALL { cluster.groups_with_pools(function, groups, evicting) } else { groups };
            cluster.with_room::<ALL>(function, groups, evicting, in_turn).map(|host| (host, groups))
        })
    }

    /// A sandbox of `function` has become idle on `host`, and nobody has taken it.
    #[inline]
    pub fn idle_sandbox(&mut self, function: FunctionId, host: HostId) {
        self.chooser.idle_sandbox(function, host);
    }
    /// A sandbox of `function` on `host` that has requests has a place for more.
    pub fn open_sandbox(&mut self, function: FunctionId, host: HostId) {
        self.chooser.open_sandbox(function, host);
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

/// The next host in turn of some groups that is up and has memory for a request.
fn in_turn_with_memory(function: FunctionId, groups: Groups, cluster: &mut Cluster) -> Option<HostId> {
    let offers = |host| cluster.hosts.may_take(host, groups) && cluster.could_hold(host, function);
    let host = cluster.hosts.in_turn().find(|&host| offers(host))?;
    cluster.hosts.turn_after(host);
    Some(host)
}
