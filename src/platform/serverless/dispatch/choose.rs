//! Placements with a state of their own: the rules of `dispatch`, fed with the hosts as they are.

use crate::config::plan::{Binding, Placement as Rule};
use crate::ids::{FunctionId, HostId};
use crate::platform::serverless::host::cores::Cores;
use crate::platform::serverless::host::ledger::Hosts;
use crate::platform::serverless::host::resources::{Ledger, Resources};
use crate::platform::serverless::host::shape::{Groups, Need, Shape};
use crate::platform::serverless::knowledge::Knowledge;
use crate::platform::serverless::rules::Rules;
use crate::platform::serverless::sandbox::cluster::Cluster;
use crate::rng::Stream;
use crate::units::{Bytes, Time};

use super::first_fit::WarmHosts;
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
    /// In turn, least loaded, first warm: the hosts' own accounts do.
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
    FirstFit(WarmHosts),
    Packing(Packing, Ledger),
}

impl Chooser {
    /// The state of the placement that the rules name.
    pub fn new(rules: &Rules, shape: &Shape, knowledge: &Knowledge) -> Self {
        let (dispatch, hosts) = (&rules.dispatch, shape.hosts());
        let cores = || shape.groups.iter().flat_map(|group| std::iter::repeat_n(group.cores, group.hosts as usize));
        let functions = &knowledge.functions;
        let hashes: Vec<u64> = functions.iter().map(|known| known.hash).collect();
        let ring = |hashes: &[u64]| Ring::new(hosts, dispatch.ring_points, hashes);
        let racks = hosts.div_ceil(dispatch.rack_nodes);
        let held = Cores::new(rules.holds_cores(), functions.iter().map(|known| known.cores));
        let packing = |rule| Self::Packing(rule, Ledger::new(hosts, Hosts::largest(shape, &held)));
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
                let cores = cores().map(|cores| cores.min(1 << 20)).collect();
                let updates = RandomLoadUpdates::new(ring(&hashes), rules, cores, functions.len());
                Self::Updates(Box::new(updates), Time::ZERO)
            }
            Rule::PackageLocality => {
                let pairs: Vec<[u64; 2]> =
                    functions.iter().map(|known| [0, 1].map(|salt| mix(known.app_hash, salt))).collect();
                let overload = |cores| libm::ceil(dispatch.load_bound * f64::from(cores)).min(4e9) as u32;
                let allowed = |function: FunctionId, host| {
                    let allowed = functions[function].allowed & shape.all();
                    allowed == 0 || allowed >> shape.group_of(host) & 1 == 1
                };
                let overload = cores().map(overload).collect();
                Self::Packages(Packages::new(dispatch.ring_points, &pairs, overload, allowed))
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
            Rule::FirstFit => Self::FirstFit(WarmHosts::new(functions.len(), hosts)),
            Rule::BestFit => packing(Packing::BestFit),
            Rule::WorstFit => packing(Packing::WorstFit),
            Rule::DotProduct => packing(Packing::DotProduct),
            Rule::Tetris => packing(Packing::Tetris { remote_penalty: 0.1 }),
        }
    }
}

/// The hosts of some groups as a request of one function sees them.
struct Seen<'a> {
    cluster: &'a Cluster,
    function: FunctionId,
    groups: Groups,
    /// Late binding asks only where there is room, and takes what it has found where the rule chooses a host without.
    late: bool,
}

impl View for Seen<'_> {
    fn hosts(&self) -> u32 {
        self.cluster.hosts.count()
    }
    fn load(&self, host: HostId) -> u32 {
        self.cluster.hosts.load(host)
    }
    fn is_warm(&self, host: HostId, function: FunctionId) -> bool {
        self.cluster.sandboxes.is_warm_on(function, host)
    }
    fn can_take(&self, host: HostId) -> bool {
        self.cluster.could_start(host, self.function)
    }
    fn is_up(&self, host: HostId) -> bool {
        self.cluster.hosts.may_take(host, self.groups)
    }
    fn has_memory(&self, host: HostId) -> bool {
        self.late || self.cluster.could_hold(host, self.function)
    }
    fn hosts_up(&self) -> u32 {
        self.cluster.hosts.up(self.groups)
    }
    fn nth_up(&self, n: u32) -> Option<HostId> {
        self.cluster.hosts.nth_up(self.groups, n)
    }
    fn total_load(&self) -> u64 {
        self.cluster.hosts.total_load(self.groups)
    }
    fn least_loaded_of(&self, allowed: impl Fn(HostId) -> bool) -> Option<HostId> {
        self.cluster.hosts.least_loaded_of(self.groups, allowed)
    }
}

impl Chooser {
    /// The host of some groups that a placement with a state of its own chooses; `None` where it leaves the choice to
    /// others.
    pub fn choose(
        &mut self,
        now: Time,
        function: FunctionId,
        groups: Groups,
        cluster: &Cluster,
        chance: &mut Stream,
    ) -> Option<HostId> {
        let late = cluster.rules.binding == Binding::Late;
        let seen = Seen { cluster, function, groups, late };
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
            Self::FirstFit(warm) => {
                let is_warm = |host| cluster.sandboxes.is_warm_on(function, host);
                let idle = if late { None } else { warm.first(function, is_warm, |host| seen.is_up(host)) };
                let host = idle.or_else(|| cluster.first_with_room(function, groups));
                if late { host } else { host.or_else(|| cluster.hosts.nth_up(groups, 0)) }
            }
            Self::Packing(rule, ledger) => {
                cluster.hosts.write_free(ledger, groups, cluster.rules.evict_idle);
                let (cores, other_demands) = (cluster.cores::<true>(function), cluster.other_demands::<true>(function));
                let demand = |group| demand(cluster.need_in(function, group), cores, other_demands);
                let warm = |host| cluster.sandboxes.is_warm_on(function, host);
                let group = |host| cluster.hosts.group(host);
                if !late && matches!(rule, Packing::BestFit | Packing::WorstFit) {
                    // An idle sandbox takes nothing more.
                    let nothing = |_| Resources::default();
                    let idle = rule.choose_by_group(ledger, group, nothing, warm, warm);
                    idle.or_else(|| rule.choose_by_group(ledger, group, demand, warm, |_| true))
                } else {
                    rule.choose_by_group(ledger, group, demand, warm, |_| true)
                }
            }
        }
    }

    /// A sandbox of `function` has become idle on `host`, and nobody has taken it.
    pub fn idle_sandbox(&mut self, function: FunctionId, host: HostId) {
        match self {
            Self::Pull(rule) => rule.became_idle(function, host),
            Self::FirstFit(warm) => warm.add(function, host),
            _ => {}
        }
    }
    /// A sandbox of `function` on `host` that has requests has a place for more.
    pub fn open_sandbox(&mut self, function: FunctionId, host: HostId) {
        if let Self::FirstFit(warm) = self {
            warm.add(function, host);
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
pub fn demand(need: Need, cores: u64, [bandwidth, accelerators]: [u64; 2]) -> Resources {
    let Need { local: Bytes(local), remote: Bytes(remote) } = need;
    Resources([cores, local, remote, bandwidth, accelerators])
}
