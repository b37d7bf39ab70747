//! Starting a sandbox: from what there is to code that can run, as stages of a script.
//!
//! ```text
//! nothing ─► allocate ─► image from storage ─► boot ─► initialise ─► runs
//!                    ├─► image on the node ──────┘
//!                    ├─► pages of a snapshot ─► restore ──────────────┤
//!                    └─► template mapped ─► pages of the pool ────────┘
//! ```
//!
//! Allocating waits for the control plane, images and snapshots for the storage nodes, pages for the link of their pool,
//! boots and initialisations for shared cores. Waiting for the control plane is allocating; mapping and paging are
//! fetching; restoring is booting. docs/models/starting.md has the equations.

mod images;
mod phases;

pub use phases::{ColdStarts, DelayModel, RemoteRule, SnapshotRule, StartRules};

use std::collections::BTreeSet;

use crate::config::plan::Templates;
use crate::ids::{FunctionId, FunctionKind, HostId, Id, IdVec, PoolId};
use crate::platform::serverless::Warmth;
use crate::record::{Component, Counter, Counters};
use crate::units::{Bytes, Span, Time};

use images::ImageCache;
use phases::Phases;

use super::resources::Demand;
use super::stage::{Mark, ScriptId, Scripts, Stage, Work};

/// What a start is for and where.
#[derive(Clone, Copy, Debug)]
pub(in crate::world) struct Order {
    pub(in crate::world) function: FunctionId,
    pub(in crate::world) host: HostId,
    /// Whether templates in pools can be mapped there.
    pub(in crate::world) uses_pools: bool,
    /// The profile of its page-ins.
    pub(in crate::world) page_profile: u32,
    /// Memory of the function.
    pub(in crate::world) memory: Bytes,
    /// What the platform found.
    pub(in crate::world) from: Warmth,
    /// The pool of its sandbox: where it was found, if it was in one.
    pub(in crate::world) pool: PoolId,
}

/// Which path a start takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Path {
    /// Boot and initialise.
    Boot,
    /// Restore a snapshot.
    Restore,
    /// Map a template.
    Map,
}

/// What is to be done between allocating and running code.
#[derive(Clone, Copy, Debug)]
struct Plan {
    /// Fetching: a delay, what comes from elsewhere, and another delay.
    before: Span,
    fetch: Option<Demand>,
    after: Span,
    /// Faults on pages that were not read ahead: how long they take together, and what they bring.
    faults: (Span, Bytes),
    /// Who can use it, when it has come.
    fetched: Mark,
    /// Processor time within the boot and the initialisation.
    cpu: [Span; 2],
}

/// A start that is under way.
#[derive(Clone, Copy, Debug)]
struct Job {
    order: Order,
    path: Path,
    /// Bytes that come by faults while it is under way, and in which stage.
    faults: Option<(u32, Bytes)>,
}

/// All starts of a world.
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own, looked at by name")]
pub(in crate::world) struct Starting {
    cold: ColdStarts,
    /// When the control plane can take the next sandbox.
    control_free: Time,
    /// By host; empty where nodes keep no images.
    caches: Vec<ImageCache>,
    /// From when there is a template; empty where there never is.
    templates: IdVec<FunctionKind, Time>,
    /// From when there is a snapshot on the storage nodes; empty where there never is.
    snapshots: IdVec<FunctionKind, Time>,
    /// Hosts and functions with a snapshot on the node.
    on_node: BTreeSet<(HostId, FunctionId)>,
    /// How many pools there are.
    pools: u32,
    /// Whether the cores of hosts are shared.
    shared_cores: bool,
    /// Whether processor time of starts is spent on shared cores.
    on_cores: bool,
    /// Whether all of their time is, but for what they fetch.
    whole: bool,
    /// Whether every start from nothing is a boot that waits for nobody, but for its image.
    plain: bool,
    /// By script.
    jobs: Vec<Job>,
    /// Moved one by one, as faults that nobody else can delay, by starts that are complete.
    fault_bytes: u128,
    counts: Counters,
}

impl Starting {
    /// Starts on so many hosts; `shared` is none where cores are not shared, and else says whether all the time of a start is
    /// work on them, but for what it fetches.
    pub(in crate::world) fn new(cold: ColdStarts, hosts: u32, functions: usize, shared: Option<bool>) -> Self {
        let rules = &cold.rules;
        let (shared_cores, whole) = (shared.is_some(), shared == Some(true));
        let on_cores = whole || shared_cores && rules.boot_cpu + rules.init_cpu > Span::ZERO;
        let by_function = |at: Time| (0..functions).map(|_| at).collect::<IdVec<FunctionKind, Time>>();
        let caches = if rules.image_cache > Bytes::ZERO { hosts as usize } else { 0 };
        let stored = rules.snapshot.is_some_and(|rule| rule.on_store);
        Self {
            control_free: Time::ZERO,
            caches: vec![ImageCache::new(rules.image_cache); caches],
            templates: rules.remote.map_or_else(IdVec::new, |rule| {
                by_function(if rule.made == Templates::Deployed { Time::ZERO } else { Time::MAX })
            }),
            snapshots: if stored { by_function(Time::MAX) } else { IdVec::new() },
            on_node: BTreeSet::new(),
            pools: rules.remote.map_or(0, |rule| rule.pools),
            shared_cores,
            on_cores,
            whole,
            plain: rules.control_interval == Span::ZERO
                && rules.image_cache == Bytes::ZERO
                && rules.snapshot.is_none()
                && rules.remote.is_none()
                && !on_cores,
            jobs: Vec::new(),
            fault_bytes: 0,
            counts: Counters::default(),
            cold,
        }
    }

    /// Bytes of faults that starts have read from the storage nodes up to `now`, those under way as far as they have come.
    pub(in crate::world) fn fault_bytes(&self, now: Time, scripts: &Scripts<Demand>) -> u128 {
        let jobs = (0..).zip(&self.jobs).filter_map(|(script, job)| Some((Id::new(script), job.faults?)));
        let under_way = jobs.map(|(script, (stage, bytes))| u128::from(scripts.come(now, script, stage, bytes).0));
        self.fault_bytes + under_way.sum::<u128>()
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

    /// A sandbox begins to start: adds the stages to `script`, the last of which is marked [`Mark::Ready`]. Where nobody
    /// can delay it, there are none: its time is in the ledger, and is returned.
    pub(in crate::world) fn begin(
        &mut self,
        now: Time,
        order: Order,
        script: ScriptId,
        scripts: &mut Scripts<Demand>,
        fetch: impl Fn(Bytes) -> (Demand, Span),
    ) -> Option<Span> {
        let path = if self.plain { Path::Boot } else { self.path(now, &order) };
        let mut phases = self.cold.draw(order.function, path == Path::Boot);
        if self.plain && order.from == Warmth::Nothing && phases.image == Bytes::ZERO {
            let Phases { allocate, boot, init, .. } = phases;
            self.counts.add(Counter::Booted, 1_u64);
            let ledger = scripts.ledger_mut(script);
            ledger.charge(Component::ColdAllocate, allocate);
            ledger.charge(Component::ColdBoot, boot);
            ledger.charge(Component::ColdInit, init);
            return Some(allocate + boot + init);
        }
        phases.allocate = match order.from {
            Warmth::Bare | Warmth::Language => Span::ZERO,
            Warmth::Nothing | Warmth::Pool | Warmth::Warm => self.control(now) + phases.allocate,
        };
        let plan = match path {
            Path::Boot => self.boot_plan(order, &mut phases, fetch),
            Path::Restore => self.restore_plan(order, &mut phases, fetch),
            Path::Map => self.map_plan(order, &mut phases),
        };
        let faults = self.add_stages(script, scripts, order.host, &phases, &plan);
        self.put(script, Job { order, path, faults });
        None
    }

    fn put(&mut self, script: ScriptId, job: Job) {
        if self.jobs.len() <= script.index() {
            self.jobs.resize(script.index() + 1, job);
        }
        self.jobs[script.index()] = job;
    }

    /// Adds the stages of a start; returns in which of them faults bring bytes, and how many.
    fn add_stages(
        &self,
        script: ScriptId,
        scripts: &mut Scripts<Demand>,
        host: HostId,
        phases: &Phases,
        plan: &Plan,
    ) -> Option<(u32, Bytes)> {
        let allocating = if self.whole { phases.allocate } else { Span::ZERO };
        Self::work(script, scripts, host, (phases.allocate, allocating), Component::ColdAllocate);
        scripts.push(script, Stage::delay(plan.before, Component::ColdFetch));
        if let Some(need) = plan.fetch {
            let fetch = Stage::new(Work::On(need), Component::ColdFetch).marked(plan.fetched);
            scripts.push(script, fetch);
        }
        scripts.push(script, Stage::delay(plan.after, Component::ColdFetch));
        let (faults, bytes) = plan.faults;
        let stage = scripts.len(script);
        scripts.push(script, Stage::delay(faults, Component::ColdFetch));
        let [boot_cpu, init_cpu] = plan.cpu;
        for (span, cpu, component) in
            [(phases.boot, boot_cpu, Component::ColdBoot), (phases.init, init_cpu, Component::ColdInit)]
        {
            let on_cores = match (self.whole, self.on_cores) {
                (true, _) => span,
                (false, true) => cpu,
                (false, false) => Span::ZERO,
            };
            Self::work(script, scripts, host, (span, on_cores), component);
        }
        scripts.mark_last(script, Mark::Ready);
        (bytes > Bytes::ZERO).then_some((stage, bytes))
    }

    /// A phase of so long, of which so much is work on shared cores.
    fn work(
        script: ScriptId,
        scripts: &mut Scripts<Demand>,
        host: HostId,
        (span, on_cores): (Span, Span),
        component: Component,
    ) {
        scripts.push(script, Stage::delay(span.saturating_sub(on_cores), component));
        if on_cores > Span::ZERO {
            scripts.push(script, Stage::new(Work::On(Demand::Cores { host, work: on_cores }), component));
        }
    }

    fn path(&self, now: Time, order: &Order) -> Path {
        let Order { function, host, from, .. } = *order;
        if matches!(from, Warmth::Bare | Warmth::Language) {
            return Path::Boot;
        }
        if order.uses_pools && !self.templates.is_empty() && (from == Warmth::Pool || self.templates[function] <= now) {
            return Path::Map;
        }
        let stored = !self.snapshots.is_empty() && self.snapshots[function] <= now;
        if stored || self.on_node.contains(&(host, function)) { Path::Restore } else { Path::Boot }
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

    fn boot_plan(&mut self, order: Order, phases: &mut Phases, fetch: impl Fn(Bytes) -> (Demand, Span)) -> Plan {
        let rules = &self.cold.rules;
        phases.boot = match order.from {
            Warmth::Bare => phases.boot.scale(rules.runtime_share),
            Warmth::Language => Span::ZERO,
            Warmth::Nothing | Warmth::Pool | Warmth::Warm => phases.boot,
        };
        let share = if order.from == Warmth::Bare { rules.runtime_share } else { 1.0 };
        let (boot_cpu, init_cpu) = (rules.boot_cpu.scale(share).min(phases.boot), rules.init_cpu.min(phases.init));
        let mut image = phases.image;
        if let Some(cache) = self.caches.get_mut(order.host.index())
            && image > Bytes::ZERO
            && cache.take(order.function)
        {
            image = Bytes::ZERO;
            self.counts.add(Counter::ImageOnNode, 1_u64);
        }
        self.counts.add(Counter::Booted, 1_u64);
        let (fetch, after) = from_storage(fetch, image);
        let fetched = if self.caches.is_empty() { Mark::Nothing } else { Mark::Fetched };
        Plan { fetch, after, fetched, cpu: [boot_cpu, init_cpu], ..Plan::NOTHING }
    }

    fn restore_plan(&mut self, order: Order, phases: &mut Phases, fetch: impl Fn(Bytes) -> (Demand, Span)) -> Plan {
        let Some(rule) = self.cold.rules.snapshot else { unreachable!("there are no snapshots") };
        let pages = order.memory.scale(rule.touched).0.div_ceil(rule.page.0);
        let read = libm::rint(pages as f64 * rule.prefetch) as u64;
        let faults = rule.fault * (pages - read);
        (phases.boot, phases.init) = (rule.restore, Span::ZERO);
        self.counts.add(Counter::Restored, 1_u64);
        let bytes = rule.page * read;
        if rule.on_store {
            let (fetch, latency) = from_storage(fetch, bytes);
            let faults = (faults, rule.page * (pages - read));
            return Plan { fetch, after: latency, faults, ..Plan::NOTHING };
        }
        let reading = rule.rate.map_or(Span::ZERO, |rate| rate.transfer_time(bytes));
        Plan { before: reading, after: faults, ..Plan::NOTHING }
    }

    fn map_plan(&mut self, order: Order, phases: &mut Phases) -> Plan {
        let Some(rule) = self.cold.rules.remote else { unreachable!("there are no templates") };
        (phases.boot, phases.init) = (Span::ZERO, Span::ZERO);
        self.counts.add(Counter::Mapped, 1_u64);
        let touched = rule.touched(order.memory);
        let pages = rule.paging.pages(touched);
        let bytes = rule.paging.page * pages;
        let Order { function, from, pool, host, page_profile: profile, .. } = order;
        let pool = if from == Warmth::Pool { pool } else { Id::new(function.raw() % self.pools) };
        let fetch =
            (pages > 0).then_some(Demand::Pages { pool, host, profile, pages, bytes, shared: self.shared_cores });
        Plan { before: rule.mapping(order.memory), fetch, ..Plan::NOTHING }
    }

    /// What a start has fetched has come: others on its node can use it.
    pub(in crate::world) fn fetched(&mut self, script: ScriptId) {
        let Job { order, .. } = self.jobs[script.index()];
        if let Some(cache) = self.caches.get_mut(order.host.index()) {
            cache.put(order.function, self.cold.image);
        }
    }

    /// A start is complete.
    pub(in crate::world) fn complete(&mut self, now: Time, script: ScriptId) {
        if self.plain {
            return;
        }
        let Job { order, path, faults } = self.jobs[script.index()];
        if let Some((_, bytes)) = faults {
            self.fault_bytes += u128::from(bytes.0);
            self.jobs[script.index()].faults = None;
        }
        if path != Path::Boot {
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

/// The transfer of what comes from a storage node, if anything does, and how long that takes to find it.
fn from_storage(fetch: impl Fn(Bytes) -> (Demand, Span), bytes: Bytes) -> (Option<Demand>, Span) {
    if bytes == Bytes::ZERO {
        return (None, Span::ZERO);
    }
    let (demand, latency) = fetch(bytes);
    (Some(demand), latency)
}

impl Plan {
    const NOTHING: Self = Self {
        before: Span::ZERO,
        fetch: None,
        after: Span::ZERO,
        faults: (Span::ZERO, Bytes::ZERO),
        fetched: Mark::Nothing,
        cpu: [Span::ZERO; 2],
    };
}
