//! Starting a sandbox: one state machine from what there is to code that can run.
//!
//! ```text
//! nothing ─► allocate ─► image from storage ─► boot ─► initialise ─► runs
//!                    ├─► image on the node ──────┘
//!                    ├─► pages of a snapshot ─► restore ──────────────┤
//!                    └─► template mapped ─► pages of the pool ────────┘
//! ```
//!
//! Allocating waits for the control plane, images and snapshots for the storage nodes, pages for the link of their pool,
//! boots and initialisations for shared cores. The four phases of a request fill the time until its code runs exactly:
//! waiting for the control plane is allocating; mapping and paging are fetching; restoring is booting.
//! docs/models/starting.md has the equations.

mod images;
mod phases;

pub use phases::{ColdStarts, DelayModel, RemoteRule, SnapshotRule, StartRules};

use std::collections::BTreeSet;

use crate::config::raw::Templates;
use crate::engine::Alarm;
use crate::ids::{FunctionId, FunctionKind, IdVec, RequestId};
use crate::platform::serverless::Warmth;
use crate::station::shared::SharedStation;
use crate::units::{Bytes, Span, Time};

use crate::record::{Counter, Counters};
use crate::world::request::{Request, Requests};
use crate::world::serverless::{Event, Kind, Queue};
use crate::world::setup::ImageStore;
use images::ImageCache;
use phases::Phases;

/// What a start is for and where.
#[derive(Clone, Copy, Debug)]
pub(in crate::world) struct Order {
    pub(in crate::world) function: FunctionId,
    pub(in crate::world) host: u32,
    /// Memory of the function.
    pub(in crate::world) memory: Bytes,
    /// What the platform found.
    pub(in crate::world) from: Warmth,
    /// The pool of its sandbox: where it was found, if it was in one.
    pub(in crate::world) pool: u32,
}

/// What comes next for a request that starts.
#[derive(Clone, Copy, Debug)]
pub(in crate::world) enum Next {
    /// An event that is scheduled.
    Wait,
    /// Work on the shared cores of its host; call [`Starting::worked`] when it is done.
    Compute(u32, Span),
    /// Its code runs.
    Run,
}

/// Which way a start takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Boot and initialise.
    Boot,
    /// Restore a snapshot.
    Restore,
    /// Map a template.
    Map,
}

/// What is waited for at a station.
#[derive(Clone, Copy, Debug)]
enum Fetch {
    /// Bytes from the storage nodes.
    Store(Bytes),
    /// Pages from a pool: the bytes, and the time alone.
    Pool(Bytes, Span),
}

/// Which part of it is on the cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Boot,
    Init,
}

/// A request that starts.
#[derive(Clone, Copy, Debug)]
struct Job {
    order: Order,
    way: Way,
    fetch: Option<Fetch>,
    /// Fetching apart from the wait at the station: before it, and after it.
    around: [Span; 2],
    boot_cpu: Span,
    init_cpu: Span,
    /// On the cores, or on the way there.
    part: Option<Part>,
    /// When that part's phase began.
    since: Time,
}

/// All starts of a world.
pub(in crate::world) struct Starting {
    cold: ColdStarts,
    store: ImageStore,
    images: SharedStation<RequestId>,
    images_alarm: Alarm,
    /// When the control plane can take the next sandbox.
    control_free: Time,
    /// By host; empty where nodes keep no images.
    caches: Vec<ImageCache>,
    /// From when there is a template; empty where there never is.
    templates: IdVec<FunctionKind, Time>,
    /// From when there is a snapshot on the storage nodes; empty where there never is.
    snapshots: IdVec<FunctionKind, Time>,
    /// Hosts and functions with a snapshot on the node.
    on_node: BTreeSet<(u32, FunctionId)>,
    /// The links of the pools, with what pages in over them.
    pools: Vec<(SharedStation<RequestId>, Alarm)>,
    /// Most starts that have paged in from one pool at once.
    paging_most: usize,
    /// Whether processor time of starts is spent on shared cores.
    on_cores: bool,
    /// Whether every start from nothing is a boot that waits for nobody, but for its image.
    plain: bool,
    /// By request.
    jobs: Vec<Job>,
    bytes: u128,
    counts: Counters,
}

impl Starting {
    pub(in crate::world) fn new(
        cold: ColdStarts,
        store: ImageStore,
        hosts: u32,
        functions: usize,
        shared_cores: bool,
    ) -> Self {
        let rules = &cold.rules;
        let by_function = |at: Time| (0..functions).map(|_| at).collect::<IdVec<FunctionKind, Time>>();
        let caches = if rules.image_cache > Bytes::ZERO { hosts as usize } else { 0 };
        let stored = rules.snapshot.is_some_and(|rule| rule.on_store);
        let pool = |rule: &RemoteRule| (rule.paging.station(rule.bandwidth), Alarm::OFF);
        Self {
            images: image_station(&store),
            images_alarm: Alarm::OFF,
            store,
            control_free: Time::ZERO,
            caches: vec![ImageCache::new(rules.image_cache); caches],
            templates: rules.remote.map_or_else(IdVec::new, |rule| {
                by_function(if rule.made == Templates::Deployed { Time::ZERO } else { Time::MAX })
            }),
            snapshots: if stored { by_function(Time::MAX) } else { IdVec::new() },
            on_node: BTreeSet::new(),
            pools: rules.remote.iter().flat_map(|rule| (0..rule.pools).map(move |_| pool(rule))).collect(),
            paging_most: 0,
            on_cores: shared_cores && rules.boot_cpu + rules.init_cpu > Span::ZERO,
            plain: rules.control_interval == Span::ZERO
                && rules.image_cache == Bytes::ZERO
                && rules.snapshot.is_none()
                && rules.remote.is_none()
                && !(shared_cores && rules.boot_cpu + rules.init_cpu > Span::ZERO),
            jobs: Vec::new(),
            bytes: 0,
            counts: Counters::default(),
            cold,
        }
    }

    /// Bytes that starts have moved over the fabric.
    pub(in crate::world) fn bytes(&self) -> u128 {
        self.bytes
    }
    /// How the starts so far went, of the ways that there are.
    pub(in crate::world) fn counts(&self) -> Counters {
        let rules = &self.cold.rules;
        let (cache, snapshot, remote) = (!self.caches.is_empty(), rules.snapshot.is_some(), rules.remote.is_some());
        let ways = [
            (Counter::Booted, cache || snapshot || remote),
            (Counter::ImageOnNode, cache),
            (Counter::Restored, snapshot),
            (Counter::Mapped, remote),
        ];
        let mut counts = Counters::default();
        for (way, _) in ways.into_iter().filter(|(_, there_is)| *there_is) {
            counts.add(way, self.counts.exact(way));
        }
        counts
    }
    /// What templates hold in the pools.
    pub(in crate::world) fn template_bytes(&self) -> Bytes {
        self.cold.rules.remote.map_or(Bytes::ZERO, |rule| rule.templates)
    }

    /// What starts would have moved from the busiest pool, had each been alone, over its bandwidth, at the highest.
    pub(in crate::world) fn paging_load(&self) -> f64 {
        let of = |rule: RemoteRule| {
            let alone = rule.paging.page.0 as f64 / rule.paging.page_time().as_secs_f64();
            self.paging_most as f64 * alone / rule.bandwidth.bytes_per_sec_f64()
        };
        if self.paging_most > 0 { self.cold.rules.remote.map_or(0.0, of) } else { 0.0 }
    }

    /// A request begins to start its sandbox.
    pub(in crate::world) fn begin(
        &mut self,
        now: Time,
        id: RequestId,
        order: Order,
        request: &mut Request,
        queue: &mut Queue,
    ) -> Next {
        let way = if self.plain { Way::Boot } else { self.way(now, &order) };
        let mut phases = self.cold.draw(order.function, way == Way::Boot);
        if self.plain && order.from == Warmth::Nothing && phases.image == Bytes::ZERO {
            let Phases { allocate, boot, init, .. } = phases;
            self.counts.add(Counter::Booted, 1_u64);
            request.phases = [allocate, Span::ZERO, boot, init];
            return run_after(allocate + boot + init, id, queue);
        }
        phases.allocate = match order.from {
            Warmth::Bare | Warmth::Language => Span::ZERO,
            Warmth::Nothing | Warmth::Pool | Warmth::Warm => self.control(now) + phases.allocate,
        };
        let job = match way {
            Way::Boot => self.boot_job(order, &mut phases),
            Way::Restore => self.restore_job(order, &mut phases),
            Way::Map => self.map_job(order, &mut phases),
        };
        let [before, after] = job.around;
        request.phases = [phases.allocate, before + after, phases.boot, phases.init];
        let fetches = job.fetch.is_some();
        self.put(id, job);
        if fetches {
            queue.after(phases.allocate + before, Event::of(Kind::Fetch, id.raw()));
            return Next::Wait;
        }
        self.boot(now, phases.allocate + before + after, id, request, queue)
    }

    fn put(&mut self, id: RequestId, job: Job) {
        if self.jobs.len() <= id.index() {
            self.jobs.resize(id.index() + 1, job);
        }
        self.jobs[id.index()] = job;
    }

    fn way(&self, now: Time, order: &Order) -> Way {
        let Order { function, host, from, .. } = *order;
        if matches!(from, Warmth::Bare | Warmth::Language) {
            return Way::Boot;
        }
        if !self.templates.is_empty() && (from == Warmth::Pool || self.templates[function] <= now) {
            return Way::Map;
        }
        let stored = !self.snapshots.is_empty() && self.snapshots[function] <= now;
        if stored || self.on_node.contains(&(host, function)) { Way::Restore } else { Way::Boot }
    }

    /// The control plane creates one sandbox at a time: until this one is created.
    fn control(&mut self, now: Time) -> Span {
        let interval = self.cold.rules.control_interval;
        if interval == Span::ZERO {
            return Span::ZERO;
        }
        self.control_free = self.control_free.max(now) + interval;
        self.control_free.since(now)
    }

    fn boot_job(&mut self, order: Order, phases: &mut Phases) -> Job {
        let rules = &self.cold.rules;
        phases.boot = match order.from {
            Warmth::Bare => phases.boot.scale(rules.runtime_share),
            Warmth::Language => Span::ZERO,
            Warmth::Nothing | Warmth::Pool | Warmth::Warm => phases.boot,
        };
        let share = if order.from == Warmth::Bare { rules.runtime_share } else { 1.0 };
        let (boot_cpu, init_cpu) = (rules.boot_cpu.scale(share).min(phases.boot), rules.init_cpu.min(phases.init));
        let mut image = phases.image;
        if let Some(cache) = self.caches.get_mut(order.host as usize)
            && image > Bytes::ZERO
            && cache.take(order.function)
        {
            image = Bytes::ZERO;
            self.counts.add(Counter::ImageOnNode, 1_u64);
        }
        self.counts.add(Counter::Booted, 1_u64);
        let fetch = (image > Bytes::ZERO).then_some(Fetch::Store(image));
        let latency = if fetch.is_some() { self.store.latency } else { Span::ZERO };
        Job { fetch, around: [Span::ZERO, latency], boot_cpu, init_cpu, ..Job::new(order, Way::Boot) }
    }

    fn restore_job(&mut self, order: Order, phases: &mut Phases) -> Job {
        let job = Job::new(order, Way::Restore);
        let Some(rule) = self.cold.rules.snapshot else { return job };
        let pages = order.memory.scale(rule.touched).0.div_ceil(rule.page.0);
        let read = libm::rint(pages as f64 * rule.prefetch) as u64;
        let faults = rule.fault * (pages - read);
        (phases.boot, phases.init) = (rule.restore, Span::ZERO);
        self.counts.add(Counter::Restored, 1_u64);
        let bytes = rule.page * read;
        if rule.on_store {
            self.bytes += u128::from((rule.page * (pages - read)).0);
            let fetch = (read > 0).then_some(Fetch::Store(bytes));
            let latency = if fetch.is_some() { self.store.latency } else { Span::ZERO };
            return Job { fetch, around: [Span::ZERO, latency + faults], ..job };
        }
        let reading = rule.rate.map_or(Span::ZERO, |rate| rate.transfer_time(bytes));
        Job { around: [reading, faults], ..job }
    }

    fn map_job(&mut self, order: Order, phases: &mut Phases) -> Job {
        let job = Job::new(order, Way::Map);
        let Some(rule) = self.cold.rules.remote else { return job };
        (phases.boot, phases.init) = (Span::ZERO, Span::ZERO);
        self.counts.add(Counter::Mapped, 1_u64);
        let touched = rule.touched(order.memory);
        let (moved, alone) = (rule.paging.page * rule.paging.pages(touched), rule.paging.alone(touched));
        let fetch = (moved > Bytes::ZERO).then_some(Fetch::Pool(moved, alone));
        Job { fetch, around: [rule.mapping(order.memory), Span::ZERO], ..job }
    }

    /// A start comes to the station that it waits at.
    pub(in crate::world) fn fetch(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        let job = &self.jobs[id.index()];
        match job.fetch {
            Some(Fetch::Store(bytes)) => {
                self.bytes += u128::from(bytes.0);
                self.images.start(now, id, self.store.flow_rate.transfer_time(bytes));
                self.images_alarm.arm(self.images.next_completion(), Event::of(Kind::Storage, 0), queue);
            }
            Some(Fetch::Pool(bytes, alone)) => {
                self.bytes += u128::from(bytes.0);
                let Order { function, from, pool, .. } = job.order;
                let pool = if from == Warmth::Pool { pool as usize } else { function.index() % self.pools.len() };
                let (station, alarm) = &mut self.pools[pool];
                station.start(now, id, alone);
                self.paging_most = self.paging_most.max(station.jobs());
                alarm.arm(station.next_completion(), Event::of(Kind::Paging, pool as u32), queue);
            }
            None => {}
        }
    }

    /// Whether the storage nodes' event is the one that is waited for; then call [`Starting::fetched`] until `None`.
    pub(in crate::world) fn storage_rings(&mut self, now: Time) -> bool {
        self.images_alarm.rings(now)
    }
    /// The same for a pool, with [`Starting::paged`].
    pub(in crate::world) fn paging_rings(&mut self, now: Time, pool: u32) -> bool {
        self.pools[pool as usize].1.rings(now)
    }

    /// A start whose bytes have come from the storage nodes, and what is next for it.
    pub(in crate::world) fn fetched(
        &mut self,
        now: Time,
        requests: &mut Requests,
        queue: &mut Queue,
    ) -> Option<(RequestId, Next)> {
        let Some(id) = self.images.pop_finished(now) else {
            self.images_alarm.arm(self.images.next_completion(), Event::of(Kind::Storage, 0), queue);
            return None;
        };
        let Job { order, way, .. } = self.jobs[id.index()];
        if way == Way::Boot
            && let Some(cache) = self.caches.get_mut(order.host as usize)
        {
            cache.put(order.function, self.cold.image);
        }
        Some((id, self.arrived(now, id, requests.get_mut(id), queue)))
    }

    /// A start whose pages have come from a pool, and what is next for it.
    pub(in crate::world) fn paged(
        &mut self,
        now: Time,
        pool: u32,
        requests: &mut Requests,
        queue: &mut Queue,
    ) -> Option<(RequestId, Next)> {
        let (station, alarm) = &mut self.pools[pool as usize];
        let Some(id) = station.pop_finished(now) else {
            alarm.arm(station.next_completion(), Event::of(Kind::Paging, pool), queue);
            return None;
        };
        Some((id, self.arrived(now, id, requests.get_mut(id), queue)))
    }

    fn arrived(&mut self, now: Time, id: RequestId, request: &mut Request, queue: &mut Queue) -> Next {
        let [_, after] = self.jobs[id.index()].around;
        let [allocate, fetch, ..] = &mut request.phases;
        *fetch = now.since(request.began + *allocate) + after;
        self.boot(now, after, id, request, queue)
    }

    /// Boots, `rest` from now on.
    fn boot(&mut self, now: Time, rest: Span, id: RequestId, request: &Request, queue: &mut Queue) -> Next {
        let [.., boot, init] = request.phases;
        let job = &mut self.jobs[id.index()];
        if !self.on_cores {
            return run_after(rest + boot + init, id, queue);
        }
        if job.boot_cpu == Span::ZERO {
            return self.initialise(now, rest + boot, id, init, queue);
        }
        (job.part, job.since) = (Some(Part::Boot), now + rest);
        compute_after(rest + boot.saturating_sub(job.boot_cpu), id, job, queue)
    }

    /// Initialises, `rest` from now on.
    fn initialise(&mut self, now: Time, rest: Span, id: RequestId, init: Span, queue: &mut Queue) -> Next {
        let job = &mut self.jobs[id.index()];
        if job.init_cpu == Span::ZERO {
            job.part = None;
            return run_after(rest + init, id, queue);
        }
        (job.part, job.since) = (Some(Part::Init), now + rest);
        compute_after(rest + init.saturating_sub(job.init_cpu), id, job, queue)
    }

    /// A start comes to where it needs a core.
    pub(in crate::world) fn compute(&self, id: RequestId) -> Next {
        self.jobs[id.index()].compute()
    }

    /// Whether what a request has on the cores is a part of its start.
    pub(in crate::world) fn is_starting(&self, id: RequestId) -> bool {
        self.on_cores && self.jobs.get(id.index()).is_some_and(|job| job.part.is_some())
    }

    /// A part of a start is done on the cores.
    pub(in crate::world) fn worked(
        &mut self,
        now: Time,
        id: RequestId,
        request: &mut Request,
        queue: &mut Queue,
    ) -> Next {
        let job = &mut self.jobs[id.index()];
        let [.., boot, init] = &mut request.phases;
        if job.part == Some(Part::Boot) {
            *boot = now.since(job.since);
            return self.initialise(now, Span::ZERO, id, *init, queue);
        }
        *init = now.since(job.since);
        job.part = None;
        Next::Run
    }

    /// A start is complete.
    pub(in crate::world) fn complete(&mut self, now: Time, id: RequestId) {
        if self.plain {
            return;
        }
        let Job { order, way, .. } = self.jobs[id.index()];
        if way != Way::Boot {
            return;
        }
        let rules = &self.cold.rules;
        if let Some(rule) = &rules.remote
            && rule.made != Templates::Never
        {
            let made = &mut self.templates[order.function];
            *made = (*made).min(now + rule.preparing(order.memory));
        }
        if let Some(rule) = &rules.snapshot {
            if rule.on_store {
                let made = &mut self.snapshots[order.function];
                *made = (*made).min(now);
            } else {
                self.on_node.insert((order.host, order.function));
            }
        }
    }
}

impl Job {
    fn new(order: Order, way: Way) -> Self {
        Self {
            order,
            way,
            fetch: None,
            around: [Span::ZERO; 2],
            boot_cpu: Span::ZERO,
            init_cpu: Span::ZERO,
            part: None,
            since: Time::ZERO,
        }
    }
    fn compute(&self) -> Next {
        let work = if self.part == Some(Part::Boot) { self.boot_cpu } else { self.init_cpu };
        Next::Compute(self.order.host, work)
    }
}

fn run_after(delay: Span, id: RequestId, queue: &mut Queue) -> Next {
    if delay == Span::ZERO {
        return Next::Run;
    }
    queue.after(delay, Event::of(Kind::Run, id.raw()));
    Next::Wait
}

fn compute_after(delay: Span, id: RequestId, job: &Job, queue: &mut Queue) -> Next {
    if delay == Span::ZERO {
        return job.compute();
    }
    queue.after(delay, Event::of(Kind::Compute, id.raw()));
    Next::Wait
}

/// Fetches share the storage nodes fairly, and none is faster than one flow alone.
fn image_station(store: &ImageStore) -> SharedStation<RequestId> {
    let ratio = store.total_rate.0 as f64 / store.flow_rate.0.max(1) as f64;
    let sixteenths = libm::rint(ratio * 16.0).clamp(16.0, 16.0 * 1e6) as u32;
    SharedStation::with_capacity_ratio(sixteenths, 16)
}
