//! Placements with a state of their own: the rules of `dispatch`, fed with the hosts as they are.

use crate::config::plan::{Placement, Steal};
use crate::ids::{FunctionId, HostId};
use crate::units::{Bytes, Time};

use super::dispatch::View;
use super::dispatch::hash::mix;
use super::dispatch::home::Home;
use super::dispatch::locality::Packages;
use super::dispatch::near::{Full, HomeRack, NearData, Racks};
use super::dispatch::packing::{Ledger, Packing, Resources};
use super::dispatch::pull::{JoinIdleQueue, Next, Pull};
use super::dispatch::random::{PowerOfD, Ties, uniform};
use super::dispatch::ring::{BoundedLoads, Ring};
use super::dispatch::rlu::{RandomLoadUpdates, Rules as RluRules};
use super::dispatch::steal::{From, Steal as Stealing};
use super::hosts::Hosts;
use super::knowledge::Knowledge;
use super::sandboxes::Sandboxes;
use super::{Need, Rules, Serverless, Shape, Waiting};

/// A placement with what it remembers.
#[derive(Debug)]
pub(super) enum Chooser {
    /// In turn, least loaded, first warm: the hosts' own books do.
    Simple,
    Random,
    PowerOfD(PowerOfD),
    Idle(JoinIdleQueue),
    Pull(Pull),
    Home(Home),
    Bounded(BoundedLoads),
    Updates(Box<RandomLoadUpdates>, Time),
    Packages(Packages),
    Data(NearData),
    Racks(Racks),
    Packing(Packing, Ledger),
}

impl Chooser {
    pub(super) fn new(rules: &Rules, shape: &Shape, knowledge: &Knowledge) -> Self {
        let (dispatch, hosts) = (&rules.dispatch, shape.hosts);
        let functions = &knowledge.functions;
        let hashes: Vec<u64> = functions.iter().map(|known| known.hash).collect();
        let ring = |hashes: &[u64]| Ring::new(hosts, dispatch.ring_points, hashes);
        let racks = hosts.div_ceil(dispatch.rack_nodes);
        let packing = |rule| Self::Packing(rule, Ledger::new(hosts, capacity(shape)));
        match rules.placement {
            Placement::RoundRobin | Placement::LeastLoaded | Placement::FirstWarm => Self::Simple,
            Placement::Random => Self::Random,
            Placement::PowerOfD => Self::PowerOfD(PowerOfD::new(dispatch.choices, false, Ties::Random)),
            Placement::JoinIdleQueue => Self::Idle(JoinIdleQueue::new(hosts)),
            Placement::Pull => Self::Pull(Pull::new(functions.len(), Next::LeastLoaded)),
            Placement::OpenWhisk => Self::Home(Home::new(hosts, &hashes)),
            Placement::BoundedHashing => Self::Bounded(BoundedLoads::new(ring(&hashes), dispatch.load_bound)),
            Placement::RandomLoadUpdate => {
                let (bound, interval_s) = (dispatch.load_bound, dispatch.load_age.as_secs_f64());
                let rules = RluRules { bound, interval_s, ..RluRules::default() };
                let cores = shape.cores.min(1 << 20);
                let updates = RandomLoadUpdates::new(ring(&hashes), rules, hosts, cores, functions.len());
                Self::Updates(Box::new(updates), Time::ZERO)
            }
            Placement::PackageLocality => {
                let pairs: Vec<[u64; 2]> =
                    functions.iter().map(|known| [0, 1].map(|salt| mix(known.app_hash, salt))).collect();
                let overload = libm::ceil(dispatch.load_bound * f64::from(shape.cores)).min(4e9) as u32;
                Self::Packages(Packages::new(hosts, dispatch.ring_points, &pairs, overload))
            }
            Placement::DataLocality => {
                // Each rack has its share of the stores; two hops within it, four to others.
                let homes = functions.iter().map(|known| (known.app_hash % u64::from(racks)) as u32).collect();
                let hops = |host: HostId, rack| if host.raw() / dispatch.rack_nodes == rack { 2 } else { 4 };
                Self::Data(NearData::new(hosts, racks, homes, Full::Nearest, hops))
            }
            Placement::RackAware => {
                Self::Racks(Racks::new(hosts, dispatch.rack_nodes, &hashes, HomeRack::Last, Full::Nearest))
            }
            Placement::BestFit => packing(Packing::BestFit),
            Placement::DotProduct => packing(Packing::DotProduct),
            Placement::Tetris => packing(Packing::Tetris { remote_penalty: 0.1 }),
        }
    }
}

/// What a host has, pools apart from the others as each can reach all of them.
fn capacity(shape: &Shape) -> Resources {
    let cores = if shape.cores == u32::MAX { u64::MAX } else { shape.cores.into() };
    let [bandwidth, accelerators] = shape.extras;
    Resources([cores, shape.memory.0, shape.pool_memory.0, bandwidth, accelerators])
}

/// The hosts as a request of one function sees them.
struct Seen<'a> {
    hosts: &'a Hosts,
    sandboxes: &'a Sandboxes,
    function: FunctionId,
    need: Need,
    cores: u32,
    extras: [u64; 2],
    evicts: bool,
}

impl View for Seen<'_> {
    fn hosts(&self) -> u32 {
        self.hosts.count()
    }
    fn load(&self, host: HostId) -> u32 {
        self.hosts.load(host)
    }
    fn is_warm(&self, host: HostId, function: FunctionId) -> bool {
        self.sandboxes.is_warm_on(function, host)
    }
    fn can_take(&self, host: HostId) -> bool {
        self.hosts.has_cores(host, self.cores)
            && self.hosts.has_extras(host, self.extras)
            && (self.is_warm(host, self.function) || self.hosts.has_memory(host, self.need.local, self.evicts))
    }
    fn hosts_up(&self) -> u32 {
        self.hosts.count()
    }
    fn total_load(&self) -> u64 {
        self.hosts.total_load()
    }
    fn least_loaded_of(&self, allowed: impl Fn(HostId) -> bool) -> Option<HostId> {
        self.hosts.least_loaded_of(allowed)
    }
    fn least_loaded(&self) -> Option<HostId> {
        Some(self.hosts.least_loaded())
    }
}

impl Serverless {
    /// The host that a placement with a state of its own chooses; `None` where it leaves the choice to others.
    pub(super) fn choose_by_rule(&mut self, now: Time, function: FunctionId) -> Option<HostId> {
        let seen = Seen {
            hosts: &self.hosts,
            sandboxes: &self.sandboxes,
            function,
            need: self.needs[function],
            cores: self.cores_each,
            extras: self.general.extras(function),
            evicts: self.rules.evict_idle,
        };
        let chance = &mut self.general.knowledge.chance;
        match &mut self.general.chooser {
            Chooser::Simple => None,
            Chooser::Random => uniform(&seen, chance),
            Chooser::PowerOfD(rule) => rule.choose(&seen, chance),
            Chooser::Idle(rule) => rule.choose(&seen, chance),
            Chooser::Pull(rule) => rule.choose(&seen, function),
            Chooser::Home(rule) => rule.choose(&seen, function, chance),
            Chooser::Bounded(rule) => rule.choose(&seen, function),
            Chooser::Updates(rule, due) => {
                // Hosts tell their loads at the first arrival after each interval.
                if *due <= now {
                    rule.report(&seen);
                    *due = now + self.rules.dispatch.load_age;
                }
                rule.choose(now, &seen, function, chance)
            }
            Chooser::Packages(rule) => rule.choose(&seen, function),
            Chooser::Data(rule) => rule.choose(&seen, function),
            Chooser::Racks(rule) => rule.choose(&seen, function),
            Chooser::Packing(rule, ledger) => {
                self.hosts.write_free(ledger, self.rules.evict_idle);
                let demand = demand(seen.need, seen.cores, seen.extras);
                let sandboxes = &self.sandboxes;
                rule.choose(ledger, &demand, |host| sandboxes.is_warm_on(function, host))
            }
        }
    }

    /// A sandbox of `function` became idle on `host`, and nobody has taken it.
    pub(super) fn told_idle_sandbox(&mut self, function: FunctionId, host: HostId) {
        if let Chooser::Pull(rule) = &mut self.general.chooser {
            rule.became_idle(function, host);
        }
    }
    /// A request has left `host`.
    pub(super) fn told_departure(&mut self, host: HostId) {
        if let Chooser::Idle(rule) = &mut self.general.chooser
            && self.hosts.load(host) == 0
        {
            rule.became_idle(host);
        }
    }

    /// A request leaves the host to which it was assigned without having begun there.
    pub(super) fn unassign(&mut self, host: HostId) {
        self.hosts.unassign(host);
        self.told_departure(host);
    }

    /// A request of `function` waits at a host: one without a queue and with a free core may take it.
    pub(super) fn call_thief(&mut self, function: FunctionId) {
        if self.rules.dispatch.steal == Steal::Never || self.host_queues.is_empty() {
            return;
        }
        let may = |host: HostId| self.host_queues[host.index()].is_empty() && self.could_start(host, function);
        let thief = match self.rules.placement {
            // Loads are not kept then.
            Placement::RoundRobin => (0..self.hosts.count()).map(HostId::new).find(|&host| may(host)),
            _ => self.hosts.least_loaded_of(may),
        };
        self.general.pending |= thief.is_some();
        self.ready_hosts.extend(thief);
    }

    /// Whether a request of `function` could start on `host` now, in a sandbox that is idle there or a new one.
    fn could_start(&self, host: HostId, function: FunctionId) -> bool {
        self.place_free(host, function)
            && (self.sandboxes.is_warm_on(function, host)
                || self.hosts.has_memory(host, self.needs[function].local, self.rules.evict_idle))
    }

    /// A host with a free core and nothing to do takes a request that waits for another host.
    pub(super) fn steal(&mut self, thief: HostId) -> bool {
        let from = match self.rules.dispatch.steal {
            Steal::Never => return false,
            Steal::Head => From::Head,
            Steal::Tail => From::Tail,
        };
        if !self.host_queues[thief.index()].is_empty() || !self.core_free(thief) {
            return false;
        }
        let rule = Stealing { from, ..Stealing::default() };
        let queues = &self.host_queues;
        let waiting = |host: HostId| queues[host.index()].len() as u32;
        let victim = rule.victim(thief, self.hosts.count(), waiting, &mut self.general.knowledge.chance);
        let Some(victim) = victim else { return false };
        // It stays where it is unless it can start here: else it would have changed places for nothing.
        let can_start = |waiting: &Waiting| self.could_start(thief, waiting.function);
        if !rule.next(&self.host_queues[victim.index()]).is_some_and(can_start) {
            return false;
        }
        let Some(request) = rule.take(&mut self.host_queues[victim.index()]) else { return false };
        self.host_queues[thief.index()].push_back(request);
        self.unassign(victim);
        self.hosts.assign(thief);
        true
    }
}

/// What a sandbox of these needs takes of a host.
pub(super) fn demand(need: Need, cores: u32, [bandwidth, accelerators]: [u64; 2]) -> Resources {
    let Need { local: Bytes(local), remote: Bytes(remote) } = need;
    Resources([cores.into(), local, remote, bandwidth, accelerators])
}
