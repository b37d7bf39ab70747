//! Placements with a state of their own: the rules of `dispatch`, fed with the hosts as they are.

use crate::config::plan::Placement as Rule;
use crate::ids::{FunctionId, HostId};
use crate::platform::serverless::host::ledger::Hosts;
use crate::platform::serverless::host::resources::{Ledger, Resources};
use crate::platform::serverless::host::shape::{Need, Shape};
use crate::platform::serverless::knowledge::Knowledge;
use crate::platform::serverless::rules::Rules;
use crate::platform::serverless::sandbox::cluster::Cluster;
use crate::platform::serverless::sandbox::table::Sandboxes;
use crate::rng::Stream;
use crate::units::{Bytes, Time};

use super::hash::mix;
use super::home::Home;
use super::locality::Packages;
use super::near::{Full, HomeRack, NearData, Racks};
use super::packing::Packing;
use super::pull::{JoinIdleQueue, Next, Pull};
use super::random::{PowerOfD, Ties, uniform};
use super::ring::{BoundedLoads, Ring};
use super::rlu::{RandomLoadUpdates, Rules as RluRules};
use super::view::View;

/// A placement with what it remembers.
#[derive(Debug)]
pub enum Chooser {
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
    /// The state of the placement that the rules name.
    pub fn new(rules: &Rules, shape: &Shape, knowledge: &Knowledge) -> Self {
        let (dispatch, hosts) = (&rules.dispatch, shape.hosts);
        let functions = &knowledge.functions;
        let hashes: Vec<u64> = functions.iter().map(|known| known.hash).collect();
        let ring = |hashes: &[u64]| Ring::new(hosts, dispatch.ring_points, hashes);
        let racks = hosts.div_ceil(dispatch.rack_nodes);
        let packing = |rule| Self::Packing(rule, Ledger::new(hosts, capacity(shape)));
        match rules.placement {
            Rule::RoundRobin | Rule::LeastLoaded | Rule::FirstWarm => Self::Simple,
            Rule::Random => Self::Random,
            Rule::PowerOfD => Self::PowerOfD(PowerOfD::new(dispatch.choices, false, Ties::Random)),
            Rule::JoinIdleQueue => Self::Idle(JoinIdleQueue::new(hosts)),
            Rule::Pull => Self::Pull(Pull::new(functions.len(), Next::LeastLoaded)),
            Rule::OpenWhisk => Self::Home(Home::new(hosts, &hashes)),
            Rule::BoundedHashing => Self::Bounded(BoundedLoads::new(ring(&hashes), dispatch.load_bound)),
            Rule::RandomLoadUpdate => {
                let (bound, interval_s) = (dispatch.load_bound, dispatch.load_age.as_secs_f64());
                let rules = RluRules { bound, interval_s, ..RluRules::default() };
                let cores = shape.cores.min(1 << 20);
                let updates = RandomLoadUpdates::new(ring(&hashes), rules, hosts, cores, functions.len());
                Self::Updates(Box::new(updates), Time::ZERO)
            }
            Rule::PackageLocality => {
                let pairs: Vec<[u64; 2]> =
                    functions.iter().map(|known| [0, 1].map(|salt| mix(known.app_hash, salt))).collect();
                let overload = libm::ceil(dispatch.load_bound * f64::from(shape.cores)).min(4e9) as u32;
                Self::Packages(Packages::new(hosts, dispatch.ring_points, &pairs, overload))
            }
            Rule::DataLocality => {
                // Each rack has its share of the stores; two hops within it, four to others.
                let homes = functions.iter().map(|known| (known.app_hash % u64::from(racks)) as u32).collect();
                let hops = |host: HostId, rack| if host.raw() / dispatch.rack_nodes == rack { 2 } else { 4 };
                Self::Data(NearData::new(hosts, racks, homes, Full::Nearest, hops))
            }
            Rule::RackAware => {
                Self::Racks(Racks::new(hosts, dispatch.rack_nodes, &hashes, HomeRack::Last, Full::Nearest))
            }
            Rule::BestFit => packing(Packing::BestFit),
            Rule::DotProduct => packing(Packing::DotProduct),
            Rule::Tetris => packing(Packing::Tetris { remote_penalty: 0.1 }),
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

impl Chooser {
    /// The host that a placement with a state of its own chooses; `None` where it leaves the choice to others.
    pub fn choose(
        &mut self,
        now: Time,
        function: FunctionId,
        cluster: &Cluster,
        chance: &mut Stream,
    ) -> Option<HostId> {
        let seen = Seen {
            hosts: &cluster.hosts,
            sandboxes: &cluster.sandboxes,
            function,
            need: cluster.need(function),
            cores: cluster.cores_each(),
            extras: cluster.extras::<true>(function),
            evicts: cluster.rules.evict_idle,
        };
        match self {
            Self::Simple => None,
            Self::Random => uniform(&seen, chance),
            Self::PowerOfD(rule) => rule.choose(&seen, chance),
            Self::Idle(rule) => rule.choose(&seen, chance),
            Self::Pull(rule) => rule.choose(&seen, function),
            Self::Home(rule) => rule.choose(&seen, function, chance),
            Self::Bounded(rule) => rule.choose(&seen, function),
            Self::Updates(rule, due) => {
                // Hosts report their loads at the first arrival after each interval.
                if *due <= now {
                    rule.report(&seen);
                    *due = now + cluster.rules.dispatch.load_age;
                }
                rule.choose(now, &seen, function, chance)
            }
            Self::Packages(rule) => rule.choose(&seen, function),
            Self::Data(rule) => rule.choose(&seen, function),
            Self::Racks(rule) => rule.choose(&seen, function),
            Self::Packing(rule, ledger) => {
                cluster.hosts.write_free(ledger, cluster.rules.evict_idle);
                let demand = demand(seen.need, seen.cores, seen.extras);
                rule.choose(ledger, &demand, |host| seen.sandboxes.is_warm_on(function, host))
            }
        }
    }

    /// A sandbox of `function` has become idle on `host`, and nobody has taken it.
    pub fn idle_sandbox(&mut self, function: FunctionId, host: HostId) {
        if let Self::Pull(rule) = self {
            rule.became_idle(function, host);
        }
    }
    /// A request has left `host`.
    pub fn departure(&mut self, host: HostId, hosts: &Hosts) {
        if let Self::Idle(rule) = self
            && hosts.load(host) == 0
        {
            rule.became_idle(host);
        }
    }
}

/// What a sandbox of these needs takes of a host.
pub fn demand(need: Need, cores: u32, [bandwidth, accelerators]: [u64; 2]) -> Resources {
    let Need { local: Bytes(local), remote: Bytes(remote) } = need;
    Resources([cores.into(), local, remote, bandwidth, accelerators])
}
