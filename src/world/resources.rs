//! Everything in a data centre that is shared: cores, memory pools, network cards and storage nodes, each once.
//!
//! Every platform drives the same [`Resources`]; stages ask for them by [`Demand`]. What cannot contend, such as a run on a
//! core of its own with all memory local, is a delay and does not come here.
//!
//! A run with memory in a pool is slowed by three things at once: the pool's latency, the cores of its host where they
//! are shared (it is a guest there), and the host's card, which it shares with transfers (docs/models/fabric.md).

use crate::config::plan::Fidelity;
use crate::engine::Scheduler;
use crate::fabric::flow::{Flow, Ports};
use crate::ids::{FunctionId, HostId, Id, PoolId, PortId, RequestId, StorageId};
use crate::memory::paging::Paging;
use crate::memory::pool::{HostRate, Pool, PoolDemand, PoolWork, Profile};
use crate::memory::run::Execution;
use crate::record::{Counters, Gauge, Meter, ResourceKind, ResourceUsage};
use crate::station::shared::SharedStation;
use crate::station::{Left, Resource, Share, Station, Ticket, Usage};
use crate::units::{BitsPerSec, Bytes, Span, Time};

use super::event::Due;
use super::hardware::{Hardware, StorageNodes, UNLIMITED};
use super::stage::{Events, Shared, Stage};

/// What a stage asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Demand {
    /// Processor time on the shared cores of a host, or of a virtual machine: what it takes on a core of its own.
    Cores { host: HostId, work: Span },
    /// A run of traced length `work` with a part of its memory in a pool, moving `bytes`. With `shared`, its core is shared.
    Remote { pool: PoolId, host: HostId, profile: u32, work: Span, bytes: Bytes, shared: bool },
    /// Pages from a pool. With `shared`, the core that faults is shared.
    Pages { pool: PoolId, host: HostId, profile: u32, pages: u64, bytes: Bytes, shared: bool },
    /// A transfer between two cards.
    Flow { from: PortId, to: PortId, bytes: Bytes },
}

const _: () = assert!(size_of::<Stage<Demand>>() <= 64, "a stage is more than a cache line");

/// Who is at the other end of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The storage node that has what belongs to this function.
    Storage(FunctionId),
    /// Whoever sent the request.
    Outside,
}

/// The cores of one host, where requests share them.
struct SharedCores {
    station: Station<SharedStation<RequestId>>,
    cores: u32,
    /// Where they are.
    host: u32,
}

/// Who uses the card of a host: runs with remote memory, and transfers.
#[derive(Clone, Default)]
struct Users {
    remote: u32,
    flows: u32,
    /// Where the runs have their memory: pools, and how many runs at each. No more pools than runs.
    pools: Vec<(u32, u32)>,
    /// What they would ask for together, each alone and without load.
    most: PoolDemand,
    /// Whether the card is divided between the two.
    divided: bool,
    /// What the runs get of the cores, where these are shared.
    rate: HostRate,
}

/// All that is shared.
pub(super) struct Resources {
    /// By host or virtual machine; empty where requests have cores of their own.
    cores: Vec<SharedCores>,
    pools: Vec<Station<Pool<RequestId>>>,
    /// Hosts, then storage nodes, then whoever is outside.
    ports: Station<Ports<RequestId>>,
    /// By host.
    cards: Vec<BitsPerSec>,
    users: Vec<Users>,
    storage: Vec<StorageNodes>,
    storage_nodes: u32,
    /// Whether any pool keeps runs at the latency of their start.
    analytic: bool,
    /// Profiles of runs at each pool; those of page-ins follow, one for each group of hosts.
    run_profiles: u32,
    /// What requests have asked for and got.
    asked: Counters,
}

/// The resources, with the meter that is told which cores work.
pub(super) struct Metered<'a> {
    resources: &'a mut Resources,
    meter: &'a mut Meter,
}

impl Resources {
    /// The pools, cards and storage nodes of `hardware`, and `paging` of starts where there is any. Shared cores are
    /// [added](Resources::add_cores) afterwards.
    pub(super) fn new(hardware: &Hardware, paging: Option<&Paging>, shared_cores: bool) -> Self {
        let groups = || hardware.hosts.iter();
        let cards: Vec<BitsPerSec> =
            groups().flat_map(|hosts| std::iter::repeat_n(hosts.card, hosts.count as usize)).collect();
        let storage = hardware.storage.iter().flat_map(|nodes| std::iter::repeat_n(*nodes, nodes.count as usize));
        let storage: Vec<StorageNodes> = storage.collect();
        let mut ports = Ports::new();
        for card in &cards {
            ports.add(*card);
        }
        // A storage node reads and writes with one bandwidth.
        for node in &storage {
            ports.add_shared(node.rate);
        }
        ports.add(BitsPerSec(UNLIMITED));
        let runs = groups().flat_map(|hosts| {
            let runs = hosts.executions.iter().zip(hosts.distances.iter().cycle());
            runs.map(|(run, distance)| Profile::run(run, hosts.card).at_distance(*distance))
        });
        let mut profiles: Vec<Profile> = runs.collect();
        let run_profiles = profiles.len() as u32;
        profiles.extend(paging.iter().flat_map(|paging| {
            groups().map(|hosts| {
                let paging = Paging { rate: paging.rate.min(hosts.card), ..**paging };
                Profile::page_in(&paging).at_distance(hosts.distances[0])
            })
        }));
        let remote = paging.is_some() || groups().any(|hosts| hosts.executions.iter().any(Execution::is_remote));
        let mut pools = Vec::new();
        let analytic = hardware.pools.iter().any(|kind| kind.fidelity == Fidelity::Analytic);
        for kind in hardware.pools.iter().filter(|_| remote) {
            let pool = Pool::new(&kind.speed, &profiles, cards.len() as u32, kind.fidelity == Fidelity::Analytic);
            // Shared cores slow their runs in the common course of things.
            let mut pool = if shared_cores { pool.with_own_clocks() } else { pool };
            for (host, card) in cards.iter().enumerate() {
                pool.set_host_bandwidth(Time::ZERO, host as u32, card.0 / 8);
            }
            pools.extend((0..kind.count).map(|_| Station::new(pool.clone())));
        }
        Self {
            cores: Vec::new(),
            pools,
            ports: Station::new(ports),
            users: vec![Users::default(); cards.len()],
            cards,
            storage_nodes: storage.len() as u32,
            storage,
            analytic,
            run_profiles,
            asked: Counters::default(),
        }
    }
    /// `hosts` more hosts whose cores are shared.
    pub(super) fn add_cores(&mut self, hosts: u32, cores: u32, smt_throughput: f64) {
        let first = self.cores.len() as u32;
        let station = || Station::new(SharedStation::of_cores(cores, smt_throughput));
        self.cores.extend((first..first + hosts).map(|host| SharedCores { station: station(), cores, host }));
    }
    /// One more virtual machine on a host; its number takes the place of the host's in [`Demand::Cores`].
    pub(super) fn add_machine(&mut self, host: HostId, cores: u32) {
        let station = Station::new(SharedStation::of_cores(cores, 1.0));
        self.cores.push(SharedCores { station, cores, host: host.raw() });
    }
    /// Page-ins of starts on hosts of this group.
    pub(super) fn page_profile(&self, group: usize) -> u32 {
        self.run_profiles + group as u32
    }
    /// Until the first byte of what belongs to a function has come from its storage node.
    pub(super) fn fetch_latency(&self, function: FunctionId) -> Span {
        let nodes = self.storage.len().max(1);
        self.storage.get(function.index() % nodes).map_or(Span::ZERO, |node| node.latency)
    }
    /// A transfer from a host, or to it.
    pub(super) fn transfer(&self, host: HostId, other: End, sends: bool, bytes: Bytes) -> Demand {
        let hosts = self.cards.len() as u32;
        let there = match other {
            End::Storage(function) => hosts + StorageId::new(function.raw() % self.storage_nodes).raw(),
            End::Outside => hosts + self.storage_nodes,
        };
        let (here, there) = (PortId::new(host.raw()), PortId::new(there));
        let (from, to) = if sends { (here, there) } else { (there, here) };
        Demand::Flow { from, to, bytes }
    }
    /// How many hosts there are.
    pub(super) fn hosts(&self) -> u32 {
        self.cards.len() as u32
    }
    /// Shared cores of a host, or of a virtual machine, that work.
    pub(super) fn cores_busy(&self, host: HostId) -> u32 {
        let SharedCores { station, cores, .. } = &self.cores[host.index()];
        (station.resource.jobs() as u32).min(*cores)
    }
    /// Core-picoseconds of work that shared cores have done.
    pub(super) fn core_time(&self, now: Time) -> u128 {
        self.cores.iter().map(|host| host.station.resource.usage(now).served).sum()
    }
    /// Where any pool keeps runs at the latency of their start, and so tells of more or less than they move: bytes of
    /// the work that is done at all pools.
    pub(super) fn analytic_bytes(&self) -> Option<u128> {
        self.analytic.then(|| self.pools.iter().map(|pool| pool.resource.completed_bytes()).sum())
    }
    /// What requests have asked for and got.
    pub(super) fn asked(&self) -> &Counters {
        &self.asked
    }
    /// With the meter.
    pub(super) fn metered<'a>(&'a mut self, meter: &'a mut Meter) -> Metered<'a> {
        Metered { resources: self, meter }
    }

    /// Books what a stage has moved, of which a share is left.
    pub(super) fn account(&mut self, need: &Demand, left: Left) {
        let done = |bytes: Bytes| if left == Left::NONE { bytes.0 } else { bytes.scale(1.0 - left.get()).0 };
        match *need {
            // Guests have a share of the cores too, and do not ask for any amount: then nothing is told.
            Demand::Cores { work, .. } if self.pools.is_empty() => {
                self.asked.ask(ResourceKind::Cores, work.scale(1.0 - left.get()).as_ps());
            }
            Demand::Cores { .. } => {}
            Demand::Remote { bytes, .. } | Demand::Pages { bytes, .. } => {
                self.asked.ask(ResourceKind::Pool, done(bytes));
            }
            Demand::Flow { from, to, bytes } => {
                for (port, card) in [(from, ResourceKind::CardOut), (to, ResourceKind::CardIn)] {
                    if let Some(kind) = self.kind_of(port, card) {
                        self.asked.ask(kind, done(bytes));
                    }
                }
            }
        }
    }
    fn kind_of(&self, port: PortId, card: ResourceKind) -> Option<ResourceKind> {
        let (port, hosts) = (port.raw(), self.cards.len() as u32);
        match port {
            _ if port < hosts => Some(card),
            _ if port < hosts + self.storage_nodes => Some(ResourceKind::Storage),
            _ => None,
        }
    }

    /// Bytes over the fabric up to `now`, those included that are still on the way to be asked for in full.
    pub(super) fn fabric_bytes(&self, now: Time) -> u128 {
        let pools: u128 = self.pools.iter().map(|pool| pool.resource.usage(now).served).sum();
        pools + self.ports.resource.usage(now).served
    }
    /// What is measured begins: the highest loads so far are forgotten.
    pub(super) fn restart_peaks(&mut self) {
        self.cores.iter_mut().for_each(|host| host.station.resource.restart_peaks());
        self.pools.iter_mut().for_each(|pool| pool.resource.restart_peaks());
        self.ports.resource.restart_peaks();
    }
    /// What each resource has done up to `now`.
    pub(super) fn usage(&self, now: Time) -> Vec<ResourceUsage> {
        let of = |kind, entity: usize, usage: Usage, peak_load: Option<f64>| {
            let Usage { served, possible, peak_jobs } = usage;
            ResourceUsage { kind, entity: entity as u32, served, possible, peak_jobs, peak_load }
        };
        let cores = self.cores.iter().map(|SharedCores { station, cores, host }| {
            let usage = station.resource.usage(now);
            of(ResourceKind::Cores, *host as usize, usage, Some(f64::from(usage.peak_jobs) / f64::from(*cores)))
        });
        let pools = self.pools.iter().enumerate().map(|(entity, station)| {
            of(ResourceKind::Pool, entity, station.resource.usage(now), Some(station.resource.peak_utilisation(now)))
        });
        let ports = &self.ports.resource;
        let cards = (0..self.cards.len()).flat_map(|host| {
            let port = PortId::new(host as u32);
            [
                of(ResourceKind::CardIn, host, ports.received(now, port), None),
                of(ResourceKind::CardOut, host, ports.sent(now, port), None),
            ]
        });
        let storage = (0..self.storage.len()).map(|node| {
            let port = PortId::new((self.cards.len() + node) as u32);
            of(ResourceKind::Storage, node, ports.sent(now, port), None)
        });
        cores.chain(pools).chain(cards.chain(storage)).collect()
    }
}

impl Metered<'_> {
    /// One run or page-in with remote memory more, or less, on a host.
    fn count_remote<E: Events<Due>>(
        &mut self,
        now: Time,
        at: (PoolId, HostId),
        profile: u32,
        comes: bool,
        queue: &mut Scheduler<E>,
    ) {
        let (number, host) = (at.0.raw(), at.1.raw());
        let Resources { pools, users, cards, .. } = &mut *self.resources;
        let (pool, entry) = (&mut pools[number as usize].resource, &mut users[host as usize]);
        let place = entry.pools.iter().position(|(used, _)| *used == number);
        if comes {
            entry.remote += 1;
            entry.most += pool.most_of(profile);
            match place {
                Some(place) => entry.pools[place].1 += 1,
                None => entry.pools.push((number, 1)),
            }
        } else if let Some(place) = place {
            entry.remote -= 1;
            entry.most -= pool.most_of(profile);
            entry.pools[place].1 -= 1;
            if entry.pools[place].1 == 0 {
                entry.pools.swap_remove(place);
                // A pool that a host does not use knows the whole card, and is not told of changes.
                pool.set_host_bandwidth(now, host, cards[host as usize].0 / 8);
            }
        }
        self.divide(now, host, queue);
    }
    /// A pool in which a job of a host is about to begin.
    fn pool_for(&mut self, now: Time, pool: PoolId, host: HostId) -> &mut Station<Pool<RequestId>> {
        let Resources { pools, users, .. } = &mut *self.resources;
        let station = &mut pools[pool.index()];
        // It may not have been told while it had no job of the host.
        station.resource.set_host_rate(now, host.raw(), users[host.index()].rate);
        station
    }
    /// One transfer more, or less, at a port; those of hosts are their cards.
    fn count_flow<E: Events<Due>>(&mut self, now: Time, port: PortId, comes: bool, queue: &mut Scheduler<E>) {
        let Some(entry) = self.resources.users.get_mut(port.index()) else { return };
        entry.flows = if comes { entry.flows + 1 } else { entry.flows - 1 };
        self.divide(now, port.raw(), queue);
    }

    /// Divides a host's card among its users. Where there are both runs with remote memory and transfers, the runs get what
    /// they ask for without load, up to their share by number; transfers share the rest.
    fn divide<E: Events<Due>>(&mut self, now: Time, host: u32, queue: &mut Scheduler<E>) {
        let Resources { pools, users, cards, ports, .. } = &mut *self.resources;
        let entry = &mut users[host as usize];
        let rate = cards[host as usize].0 / 8;
        // Runs at several pools divide the card among these, too, where they could ask for more than it has.
        let divide = match entry.pools.as_slice() {
            [] => false,
            [_] => entry.flows > 0,
            _ => entry.flows > 0 || entry.most.is_more(entry.rate, rate),
        };
        if !divide && !entry.divided {
            return;
        }
        entry.divided = divide;
        let asked: u64 = entry.pools.iter().map(|(pool, _)| pools[*pool as usize].resource.asked(host)).sum();
        let fair = u128::from(rate) * u128::from(entry.remote) / u128::from((entry.remote + entry.flows).max(1));
        let lines = match entry.flows {
            0 => rate,
            _ if divide => asked.min(fair as u64),
            _ => 0,
        };
        let left = if entry.flows > 0 { rate - lines } else { rate };
        let share = Share::from_ppm((left as f64 / rate as f64 * 1e6) as u32);
        ports.resource.set_port_capacity(now, PortId::new(host), share);
        ports.arm(E::due(Due::Ports), queue);
        for &(number, _) in &entry.pools {
            let pool = &mut pools[number as usize];
            let part = u128::from(lines) * u128::from(pool.resource.asked(host)) / u128::from(asked.max(1));
            let cap = if divide { (part as u64).max(1) } else { rate };
            pool.resource.set_host_bandwidth(now, host, cap);
            pool.arm(E::due(Due::Pool(Id::new(number))), queue);
        }
    }

    /// The load of a host's cores has changed: what its runs with remote memory get of them.
    fn pass_on<E: Events<Due>>(&mut self, now: Time, host: HostId, queue: &mut Scheduler<E>) {
        let resources = &mut *self.resources;
        if resources.pools.is_empty() {
            return;
        }
        let rate = resources.cores[host.index()].station.resource.rate(now);
        let rate = HostRate::of(rate as f64 / f64::from(1_u32 << 31) / 2.0);
        let entry = &mut resources.users[host.index()];
        if std::mem::replace(&mut entry.rate, rate) == rate {
            return;
        }
        for &(number, _) in &entry.pools {
            let pool = &mut resources.pools[number as usize];
            pool.resource.set_host_rate(now, host.raw(), rate);
            pool.arm(E::due(Due::Pool(Id::new(number))), queue);
        }
    }

    /// A guest comes to the shared cores of a host, or leaves them.
    fn guest<E: Events<Due>>(&mut self, now: Time, host: HostId, comes: bool, queue: &mut Scheduler<E>) {
        let SharedCores { station, .. } = &mut self.resources.cores[host.index()];
        if comes {
            station.resource.enter(now);
        } else {
            station.resource.leave(now);
        }
        station.arm(E::due(Due::Cores(host)), queue);
        self.tell_cores(host, comes);
        self.pass_on(now, host, queue);
    }

    /// A job or guest has come to shared cores, or has left them. The meter has been moved to now.
    fn tell_cores(&mut self, host: HostId, comes: bool) {
        let SharedCores { station, cores, host } = &self.resources.cores[host.index()];
        let (users, cores) = (station.resource.jobs(), *cores as usize);
        if comes && users <= cores {
            self.meter.raise_at(Gauge::CoresBusy, *host, 1);
        } else if !comes && users < cores {
            self.meter.lower_at(Gauge::CoresBusy, *host, 1);
        }
    }

    /// What a need has held besides its resource is free again.
    fn release<E: Events<Due>>(&mut self, now: Time, need: &Demand, queue: &mut Scheduler<E>) {
        match *need {
            Demand::Cores { host, .. } => {
                self.tell_cores(host, false);
                self.pass_on(now, host, queue);
            }
            Demand::Remote { pool, host, profile, shared, .. } | Demand::Pages { pool, host, profile, shared, .. } => {
                if shared {
                    self.guest(now, host, false, queue);
                }
                self.count_remote(now, (pool, host), profile, false, queue);
            }
            Demand::Flow { from, to, .. } => {
                self.count_flow(now, from, false, queue);
                self.count_flow(now, to, false, queue);
            }
        }
    }

    /// A stage is over: what it has moved is accounted, and what it held is free.
    pub(super) fn over<E: Events<Due>>(&mut self, now: Time, need: &Demand, queue: &mut Scheduler<E>) {
        self.resources.account(need, Left::NONE);
        self.release(now, need, queue);
    }
}

impl Shared for Metered<'_> {
    type Demand = Demand;
    type Due = Due;

    fn begin<E: Events<Due>>(&mut self, now: Time, id: RequestId, need: Demand, queue: &mut Scheduler<E>) -> Ticket {
        match need {
            Demand::Cores { host, work } => {
                let SharedCores { station, .. } = &mut self.resources.cores[host.index()];
                let ticket = station.begin(now, id, work, E::due(Due::Cores(host)), queue);
                self.tell_cores(host, true);
                self.pass_on(now, host, queue);
                ticket
            }
            Demand::Remote { pool, host, profile, work, shared, .. } => {
                if shared {
                    self.guest(now, host, true, queue);
                }
                let work = PoolWork { profile, host: host.raw(), amount: work.as_ps() };
                let station = self.pool_for(now, pool, host);
                let ticket = station.begin(now, id, work, E::due(Due::Pool(pool)), queue);
                self.count_remote(now, (pool, host), profile, true, queue);
                ticket
            }
            Demand::Pages { pool, host, profile, pages, shared, .. } => {
                if shared {
                    self.guest(now, host, true, queue);
                }
                let work = PoolWork { profile, host: host.raw(), amount: pages };
                let station = self.pool_for(now, pool, host);
                let ticket = station.begin(now, id, work, E::due(Due::Pool(pool)), queue);
                self.count_remote(now, (pool, host), profile, true, queue);
                ticket
            }
            Demand::Flow { from, to, bytes } => {
                let flow = Flow { from, to, bytes, cap: None };
                let ticket = self.resources.ports.begin(now, id, flow, E::due(Due::Ports), queue);
                self.count_flow(now, from, true, queue);
                self.count_flow(now, to, true, queue);
                ticket
            }
        }
    }

    fn fires(&mut self, now: Time, due: Due) -> bool {
        match due {
            Due::Cores(host) => self.resources.cores[host.index()].station.fires(now),
            Due::Pool(pool) => self.resources.pools[pool.index()].fires(now),
            Due::Ports => self.resources.ports.fires(now),
        }
    }

    fn pop<E: Events<Due>>(&mut self, now: Time, due: Due, queue: &mut Scheduler<E>) -> Option<RequestId> {
        let event = E::due(due);
        match due {
            Due::Cores(host) => self.resources.cores[host.index()].station.pop(now, event, queue),
            Due::Pool(pool) => self.resources.pools[pool.index()].pop(now, event, queue),
            Due::Ports => self.resources.ports.pop(now, event, queue),
        }
    }

    fn cancel<E: Events<Due>>(&mut self, now: Time, need: Demand, ticket: Ticket, queue: &mut Scheduler<E>) -> Left {
        let resources = &mut *self.resources;
        let left = match need {
            Demand::Cores { host, .. } => {
                let station = &mut resources.cores[host.index()].station;
                station.cancel(now, ticket, E::due(Due::Cores(host)), queue)
            }
            Demand::Remote { pool, .. } | Demand::Pages { pool, .. } => {
                resources.pools[pool.index()].cancel(now, ticket, E::due(Due::Pool(pool)), queue)
            }
            Demand::Flow { .. } => resources.ports.cancel(now, ticket, E::due(Due::Ports), queue),
        };
        resources.account(&need, left);
        self.release(now, &need, queue);
        left
    }
}
