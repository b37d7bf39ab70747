//! Everything in a data centre that is shared: cores, memory pools, storage nodes.
//!
//! Every platform drives the same [`Resources`]; stages ask for them by [`Need`]. What cannot contend, such as a run on a
//! core of its own with all memory local, is a delay and does not come here.

use crate::config::plan::Fidelity;
use crate::engine::Scheduler;
use crate::ids::{HostId, PoolId, RequestId};
use crate::memory::pool::{PoolLoad, TABLE_LIMIT};
use crate::memory::run::Execution;
use crate::platform::serverless::Shape;
use crate::record::{Gauge, Meter, ResourceKind, ResourceUsage};
use crate::station::shared::SharedStation;
use crate::station::{Left, Resource, Station, Ticket, Usage};
use crate::units::{BitsPerSec, Bytes, Span, Time};

use super::event::Due;
use super::setup::{ImageStore, Pools};
use super::stage::{Events, Shared, Work};
use super::start::RemoteRule;

/// What a stage asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Need {
    /// Processor time on the shared cores of a host, or of a virtual machine: what it takes on a core of its own.
    Cores { host: HostId, work: Span },
    /// A run with a part of its memory in a pool: what it takes with nobody else at the pool.
    Remote { pool: PoolId, work: Span },
    /// Pages from a pool: bytes moved, and what it takes with nobody else at the pool.
    Pages { pool: PoolId, bytes: Bytes, work: Span },
    /// An image, or a snapshot, from the storage nodes.
    Fetch { bytes: Bytes },
}

type Shares = Station<SharedStation<RequestId>>;

/// The cores of one host, where requests share them.
struct Cores {
    station: Shares,
    cores: u32,
}

/// Memory pools as runs feel them.
enum RemoteRuns {
    /// Nothing is remote.
    None,
    /// Latency follows the load.
    Fluid(Vec<Shares>),
    /// Latency is that of the load at the start: how many run now.
    Analytic(Vec<u32>),
}

/// All that is shared.
pub(super) struct Resources {
    /// By host or virtual machine; empty where requests have cores of their own.
    cores: Vec<Cores>,
    runs: RemoteRuns,
    load: Option<PoolLoad>,
    busiest_pool: usize,
    pages: Vec<Shares>,
    /// Most starts that have paged in from one pool at once, and what each would move alone as a share of the pool.
    paging_most: usize,
    paging_share: f64,
    storage: Option<(Shares, BitsPerSec)>,
    start_bytes: u128,
}

/// The resources, with the meter that is told which cores work.
pub(super) struct Metered<'a> {
    resources: &'a mut Resources,
    meter: &'a mut Meter,
}

impl Resources {
    pub(super) fn new() -> Self {
        Self {
            cores: Vec::new(),
            runs: RemoteRuns::None,
            load: None,
            busiest_pool: 0,
            pages: Vec::new(),
            paging_most: 0,
            paging_share: 0.0,
            storage: None,
            start_bytes: 0,
        }
    }
    /// `hosts` more hosts, or virtual machines, whose cores are shared.
    pub(super) fn add_cores(&mut self, hosts: u32, cores: u32, smt_throughput: f64) {
        let host = |_| Cores { station: Station::new(SharedStation::of_cores(cores, smt_throughput)), cores };
        self.cores.extend((0..hosts).map(host));
    }
    /// The storage nodes: fetches share them fairly, and none is faster than one flow alone.
    pub(super) fn add_storage(&mut self, store: &ImageStore) {
        let ratio = store.total_rate.0 as f64 / store.flow_rate.0.max(1) as f64;
        let sixteenths = libm::rint(ratio * 16.0).clamp(16.0, 16.0 * 1e6) as u32;
        let station = SharedStation::with_capacity_ratio(sixteenths, 16);
        self.storage = Some((Station::new(station), store.flow_rate));
    }
    /// The pools, for runs.
    pub(super) fn add_pools(&mut self, pools: &Pools, execution: &Execution, shape: &Shape) {
        if !execution.is_remote() {
            return;
        }
        let cores = shape.groups.iter().map(|group| group.cores.saturating_mul(group.hosts));
        let most = cores.fold(0, u32::saturating_add);
        let load = PoolLoad::new(execution, &pools.speed, most);
        self.runs = match pools.fidelity {
            Fidelity::Analytic => RemoteRuns::Analytic(vec![0; shape.pools() as usize]),
            Fidelity::Fluid => {
                let station = || Station::new(SharedStation::with_rates(most.min(TABLE_LIMIT), |n| load.rate(n)));
                RemoteRuns::Fluid((0..shape.pools()).map(|_| station()).collect())
            }
        };
        self.load = Some(load);
    }
    /// The pools, for starts that page in.
    pub(super) fn add_paging(&mut self, rule: &RemoteRule) {
        self.pages = (0..rule.pools).map(|_| Station::new(rule.paging.station(rule.bandwidth))).collect();
        let alone = rule.paging.page.0 as f64 / rule.paging.page_time().as_secs_f64();
        self.paging_share = alone / rule.bandwidth.bytes_per_sec_f64();
    }
    /// A run with memory in a pool, as a need, or the time it takes.
    pub(super) fn remote(&mut self, pool: PoolId, duration: Span, steady: Span) -> Work<Need> {
        let Some(load) = &self.load else { unreachable!("nothing is remote") };
        // Rounding may make the whole a picosecond shorter than its local parts.
        let with = |n: usize| duration.scale(load.stretch(n)).max(steady);
        match &mut self.runs {
            RemoteRuns::Analytic(running) => {
                let running = &mut running[pool.index()];
                *running += 1;
                self.busiest_pool = self.busiest_pool.max(*running as usize);
                Work::Delay(with(*running as usize))
            }
            RemoteRuns::Fluid(_) | RemoteRuns::None => Work::On(Need::Remote { pool, work: with(1) }),
        }
    }
    /// A run with memory in a pool is over.
    pub(super) fn remote_ended(&mut self, pool: PoolId) {
        if let RemoteRuns::Analytic(running) = &mut self.runs {
            running[pool.index()] -= 1;
        }
    }
    /// Bytes that starts have moved.
    pub(super) fn start_bytes(&self) -> u128 {
        self.start_bytes
    }
    /// The highest load of a pool, over its bandwidth.
    fn pool_utilisation_peak(&self) -> f64 {
        let runs = self.load.as_ref().map_or(0.0, |load| load.utilisation(self.busiest_pool));
        runs.max(self.paging_most as f64 * self.paging_share)
    }
    /// Core-picoseconds of work that shared cores have done.
    pub(super) fn core_time(&self, now: Time) -> u128 {
        self.cores.iter().map(|host| host.station.resource.usage(now).served).sum()
    }
    /// What each resource did up to `now`: of shared cores all; of pools, so far, only how much they were loaded.
    pub(super) fn usage(&self, now: Time) -> Vec<ResourceUsage> {
        let cores = self.cores.iter().enumerate().map(|(entity, Cores { station, cores })| {
            let Usage { served, possible, peak_jobs } = station.resource.usage(now);
            let (kind, entity, peak_load) =
                (ResourceKind::Cores, entity as u32, f64::from(peak_jobs) / f64::from(*cores));
            ResourceUsage { kind, entity, served, possible, peak_jobs, peak_load }
        });
        let (kind, entity, served, possible, peak_jobs) = (ResourceKind::Pool, 0, 0, 0, 0);
        let peak_load = self.pool_utilisation_peak();
        let pools = ResourceUsage { kind, entity, served, possible, peak_jobs, peak_load };
        cores.chain((peak_load > 0.0).then_some(pools)).collect()
    }
    /// With the meter.
    pub(super) fn metered<'a>(&'a mut self, meter: &'a mut Meter) -> Metered<'a> {
        Metered { resources: self, meter }
    }
}

impl Resources {
    /// The station that is due.
    fn station(&mut self, due: Due) -> &mut Shares {
        match due {
            Due::Cores(host) => &mut self.cores[host.index()].station,
            Due::Pool(pool) => match &mut self.runs {
                RemoteRuns::Fluid(pools) => &mut pools[pool.index()],
                _ => unreachable!("no run is followed at a pool"),
            },
            Due::Pages(pool) => &mut self.pages[pool.index()],
            Due::Ports => match &mut self.storage {
                Some((station, _)) => station,
                None => unreachable!("there are no storage nodes"),
            },
        }
    }
}

impl Shared for Metered<'_> {
    type Need = Need;
    type Due = Due;

    fn begin<E: Events<Due>>(&mut self, now: Time, id: RequestId, need: Need, queue: &mut Scheduler<E>) -> Ticket {
        let resources = &mut *self.resources;
        match need {
            Need::Cores { host, work } => {
                let Cores { station, cores } = &mut resources.cores[host.index()];
                let ticket = station.begin(now, id, work, E::due(Due::Cores(host)), queue);
                if station.resource.jobs() <= *cores as usize {
                    self.meter.raise(Gauge::CoresBusy, 1);
                }
                self.meter.counters_mut().ask(ResourceKind::Cores, work.as_ps());
                ticket
            }
            Need::Remote { pool, work } => {
                let station = resources.station(Due::Pool(pool));
                let ticket = station.begin(now, id, work, E::due(Due::Pool(pool)), queue);
                let jobs = station.resource.jobs();
                resources.busiest_pool = resources.busiest_pool.max(jobs);
                ticket
            }
            Need::Pages { pool, bytes, work } => {
                resources.start_bytes += u128::from(bytes.0);
                let station = &mut resources.pages[pool.index()];
                let ticket = station.begin(now, id, work, E::due(Due::Pages(pool)), queue);
                resources.paging_most = resources.paging_most.max(station.resource.jobs());
                ticket
            }
            Need::Fetch { bytes } => {
                resources.start_bytes += u128::from(bytes.0);
                let Some((station, rate)) = &mut resources.storage else { unreachable!("there are no storage nodes") };
                station.begin(now, id, rate.transfer_time(bytes), E::due(Due::Ports), queue)
            }
        }
    }

    fn rings(&mut self, now: Time, due: Due) -> bool {
        self.resources.station(due).rings(now)
    }

    fn pop<E: Events<Due>>(&mut self, now: Time, due: Due, queue: &mut Scheduler<E>) -> Option<RequestId> {
        let id = self.resources.station(due).pop(now, E::due(due), queue)?;
        if let Due::Cores(host) = due {
            self.core_is_free(host);
        }
        Some(id)
    }

    fn cancel<E: Events<Due>>(&mut self, now: Time, need: Need, ticket: Ticket, queue: &mut Scheduler<E>) -> Left {
        let due = match need {
            Need::Cores { host, .. } => Due::Cores(host),
            Need::Remote { pool, .. } => Due::Pool(pool),
            Need::Pages { pool, .. } => Due::Pages(pool),
            Need::Fetch { .. } => Due::Ports,
        };
        let left = self.resources.station(due).cancel(now, ticket, E::due(due), queue);
        if let Need::Cores { host, work } = need {
            self.core_is_free(host);
            let unserved = left.get() * work.as_ps() as f64;
            self.meter.counters_mut().call_off(ResourceKind::Cores, unserved as u128);
        }
        left
    }
}

impl Metered<'_> {
    /// A job has left shared cores. The meter has been moved to now.
    fn core_is_free(&mut self, host: HostId) {
        let Cores { station, cores } = &self.resources.cores[host.index()];
        if station.resource.jobs() < *cores as usize {
            self.meter.lower(Gauge::CoresBusy, 1);
        }
    }
}
