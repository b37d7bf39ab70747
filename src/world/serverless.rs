//! A serverless platform on nodes, with storage and, where there are any, memory pools.

use crate::config::raw::{CpuSharing, Fidelity, FunctionPrices};
use crate::cost::FunctionBill;
use crate::engine::{self, Alarm, Limits, Scheduler, Watch, World};
use crate::ids::{Id, RequestId};
use crate::memory::pool::{PoolLoad, TABLE_LIMIT};
use crate::memory::run::Execution;
use crate::platform::Decision;
use crate::platform::serverless::{Serverless, Start};
use crate::record::{Component, Counter, Gauge, Meter, Recorder, Rejection, ResourceKind, ResourceUsage};
use crate::station::rated::RatedStation;
use crate::station::shared::SharedStation;
use crate::units::{Span, Time};
use crate::workload::Invocation;

use super::audit::Audit;
use super::report::{RunReport, Scope};
use super::request::{Arrivals, Books, PathSums, Requests};
use super::retry::Attempts;
use super::setup::ServerlessSetup;
use super::start::{Next, Order, Starting};

/// What is due, and the number of whom it is due for: eight bytes, which are also its fingerprint.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    kind: Kind,
    number: u32,
}

/// The kinds of events; the numbers are part of the event hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Kind {
    /// The sandbox of a request is allocated; the image, or pages, are fetched next.
    Fetch = 0,
    /// The sandbox of a request is ready.
    Run = 1,
    /// The run of a request is over.
    Complete = 2,
    /// An expiry may let a waiting request start, or something planned is due.
    Platform = 3,
    /// An image may have been fetched.
    Storage = 4,
    /// A run, or a part of a start, on the shared cores of a host may have ended.
    Cpu = 5,
    /// A run with remote memory in a pool may have ended.
    Pool = 6,
    /// The start of a request needs a core.
    Compute = 7,
    /// A start may have paged in what it needs of a pool.
    Paging = 8,
    /// A request has waited for long.
    GiveUp = 9,
    /// A request comes again.
    Retry = 10,
}

impl Event {
    pub(super) const fn of(kind: Kind, number: u32) -> Self {
        Self { kind, number }
    }
}

/// Where the load-dependent part of a run happens.
enum Machine {
    /// On a core of its own, with all memory local: nothing depends on load.
    OwnCore,
    /// On the shared cores of its host.
    SharedCores(Vec<(SharedStation<RequestId>, Alarm)>, u32),
    /// On a core of its own, with latency that follows the load of its pool.
    FluidPools(Vec<(RatedStation<RequestId>, Alarm)>, PoolLoad),
    /// On a core of its own, with the latency of its pool's load at the start.
    AnalyticPools(Vec<u32>, PoolLoad),
}

pub(super) struct ServerlessWorld<'r, I, R> {
    pub(super) arrivals: Arrivals<I>,
    pub(super) requests: Requests,
    pub(super) platform: Serverless,
    pub(super) attempts: Attempts,
    platform_alarm: Alarm,
    /// Whether waiting requests are being started.
    serving: bool,
    starting: Starting,
    execution: Execution,
    machine: Machine,
    paths: PathSums,
    prices: Option<FunctionPrices>,
    bill: FunctionBill,
    pub(super) meter: Meter,
    pub(super) books: Books,
    pub(super) queued: u64,
    busiest_pool: usize,
    pub(super) recorder: &'r mut R,
}

pub(super) type Queue = Scheduler<Event>;

/// Runs `invocations`, in order of time, on a serverless layout. Never inlined, so that profiles can be limited to it.
#[inline(never)]
pub fn run_serverless<I: Iterator<Item = Invocation>, R: Recorder>(
    setup: ServerlessSetup,
    invocations: I,
    scope: &Scope,
    recorder: &mut R,
    watch: &mut dyn Watch,
) -> RunReport {
    let mut world = ServerlessWorld::new(setup, invocations, scope, recorder);
    let end = (Time::ZERO + scope.window).saturating_add(scope.drain);
    let outcome = engine::run(&mut world, &Limits { end, events: scope.events }, watch);
    world.finish(outcome, scope)
}

impl<'r, I: Iterator<Item = Invocation>, R: Recorder> ServerlessWorld<'r, I, R> {
    fn new(setup: ServerlessSetup, invocations: I, scope: &Scope, recorder: &'r mut R) -> Self {
        let machine = machine(&setup);
        let shared_cores = matches!(machine, Machine::SharedCores(..));
        let (hosts, functions) = (setup.shape.hosts, setup.needs.len());
        let mut meter = Meter::new(scope.window, scope.bin);
        if setup.journal {
            meter.keep_journal();
        }
        let starting = Starting::new(setup.cold, setup.images, hosts, functions, shared_cores);
        meter.raise(Gauge::Templates, starting.template_bytes().0);
        Self {
            arrivals: Arrivals::new(invocations, setup.paths.sums().offset),
            requests: Requests::default(),
            machine,
            attempts: Attempts::new(&setup.rules.quotas, setup.rules.dispatch.gangs, setup.retry_chance),
            platform: Serverless::new(setup.rules, setup.shape, setup.needs, setup.knowledge),
            platform_alarm: Alarm::OFF,
            serving: false,
            starting,
            execution: setup.execution,
            paths: setup.paths.sums(),
            prices: setup.prices,
            bill: FunctionBill::default(),
            meter,
            books: Books::default(),
            queued: 0,
            busiest_pool: 0,
            recorder,
        }
    }

    /// Gives a request the sandbox that was decided on.
    #[inline(always)]
    pub(super) fn begin(&mut self, now: Time, id: RequestId, start: Start, queue: &mut Queue) {
        let request = self.requests.get_mut(id);
        request.began = now;
        request.place = start.sandbox.raw();
        request.cold = start.is_cold();
        request.from = start.from;
        if start.is_cold() { self.start_cold(now, id, queue) } else { self.run(now, id, queue) }
    }

    #[inline(never)]
    pub(super) fn start_cold(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        let request = self.requests.get_mut(id);
        let sandbox = self.platform.sandbox(Id::new(request.place));
        let order = Order {
            function: request.function,
            host: sandbox.host.raw(),
            memory: sandbox.need.total(),
            from: request.from,
            pool: sandbox.pool,
        };
        let next = self.starting.begin(now, id, order, request, queue);
        self.go_on(now, id, next, queue);
    }

    /// Takes a start on. Platform and meter have been moved to `now`.
    fn go_on(&mut self, now: Time, id: RequestId, next: Next, queue: &mut Queue) {
        match next {
            Next::Wait => {}
            Next::Compute(host, work) => self.compute(now, host, id, work, queue),
            Next::Run => {
                self.starting.complete(now, id);
                self.started(now, id, queue);
            }
        }
    }

    fn fetched(&mut self, now: Time, queue: &mut Queue) {
        self.platform.advance(now, &mut self.meter);
        while let Some((id, next)) = self.starting.fetched(now, &mut self.requests, queue) {
            self.go_on(now, id, next, queue);
        }
    }

    fn paged(&mut self, now: Time, pool: u32, queue: &mut Queue) {
        self.platform.advance(now, &mut self.meter);
        while let Some((id, next)) = self.starting.paged(now, pool, &mut self.requests, queue) {
            self.go_on(now, id, next, queue);
        }
    }

    /// Puts work on the shared cores of a host.
    #[inline(always)]
    fn compute(&mut self, now: Time, host: u32, id: RequestId, work: Span, queue: &mut Queue) {
        let Machine::SharedCores(hosts, cores) = &mut self.machine else { return };
        let (station, alarm) = &mut hosts[host as usize];
        station.start(now, id, work);
        if station.jobs() <= *cores as usize {
            self.meter.raise(Gauge::CoresBusy, 1);
        }
        alarm.arm(station.next_completion(), Event::of(Kind::Cpu, host), queue);
    }

    /// The sandbox is ready: the code runs. Platform and meter have been moved to `now`.
    #[inline(always)]
    pub(super) fn run(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        let request = self.requests.get_mut(id);
        let sandbox = self.platform.sandbox(Id::new(request.place));
        request.ready = now;
        request.run = self.execution.run(request.duration);
        let steady = request.run.steady();
        let duration = request.duration;
        if self.execution.is_remote() {
            self.books.remote_bytes += u128::from(self.execution.remote_bytes(duration).0);
        }
        match &mut self.machine {
            Machine::OwnCore => {
                self.meter.raise(Gauge::CoresBusy, 1);
                let delay = steady + self.paths.in_run;
                self.complete_after(now, delay, id, queue);
            }
            Machine::SharedCores(..) => {
                let host = sandbox.host.raw();
                self.compute(now, host, id, steady, queue);
            }
            Machine::FluidPools(pools, load) => {
                self.meter.raise(Gauge::CoresBusy, 1);
                let (station, alarm) = &mut pools[sandbox.pool as usize];
                // Rounding may make the whole a picosecond shorter than its local parts.
                station.start(now, id, duration.scale(load.stretch(1)).max(steady));
                self.busiest_pool = self.busiest_pool.max(station.jobs());
                alarm.arm(station.next_completion(), Event::of(Kind::Pool, sandbox.pool), queue);
            }
            Machine::AnalyticPools(running, load) => {
                self.meter.raise(Gauge::CoresBusy, 1);
                let running = &mut running[sandbox.pool as usize];
                *running += 1;
                self.busiest_pool = self.busiest_pool.max(*running as usize);
                let stretched = duration.scale(load.stretch(*running as usize)).max(steady);
                let delay = stretched + self.paths.in_run;
                self.complete_after(now, delay, id, queue);
            }
        }
    }

    #[inline(always)]
    fn complete_after(&mut self, now: Time, delay: Span, id: RequestId, queue: &mut Queue) {
        if delay == Span::ZERO {
            self.complete_at_once(now, id, queue);
        } else {
            queue.after(delay, Event::of(Kind::Complete, id.raw()));
        }
    }

    fn ran_on_cores(&mut self, now: Time, host: u32, queue: &mut Queue) {
        loop {
            let Machine::SharedCores(hosts, cores) = &mut self.machine else { return };
            let (station, alarm) = &mut hosts[host as usize];
            let Some(id) = station.pop_finished(now) else {
                alarm.arm(station.next_completion(), Event::of(Kind::Cpu, host), queue);
                return;
            };
            self.platform.advance(now, &mut self.meter);
            if station.jobs() < *cores as usize {
                self.meter.lower(Gauge::CoresBusy, 1);
            }
            if self.starting.is_starting(id) {
                let next = self.starting.worked(now, id, self.requests.get_mut(id), queue);
                self.go_on(now, id, next, queue);
                continue;
            }
            self.complete_after(now, self.paths.in_run, id, queue);
        }
    }

    fn ran_with_pool(&mut self, now: Time, pool: u32, queue: &mut Queue) {
        loop {
            let Machine::FluidPools(pools, _) = &mut self.machine else { return };
            let (station, alarm) = &mut pools[pool as usize];
            let Some(id) = station.pop_finished(now) else {
                alarm.arm(station.next_completion(), Event::of(Kind::Pool, pool), queue);
                return;
            };
            self.complete_after(now, self.paths.in_run, id, queue);
        }
    }

    #[inline(never)]
    fn complete_at_once(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        self.complete(now, id, queue);
    }

    #[inline(always)]
    fn complete(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        self.platform.advance(now, &mut self.meter);
        let request = self.requests.get(id);
        let sandbox = Id::new(request.place);
        let mut shared_wait = Component::RemoteMemory;
        match &mut self.machine {
            Machine::SharedCores(..) => shared_wait = Component::Queue,
            Machine::AnalyticPools(running, _) => {
                running[self.platform.sandbox(sandbox).pool as usize] -= 1;
                self.meter.lower(Gauge::CoresBusy, 1);
            }
            Machine::OwnCore | Machine::FluidPools(..) => self.meter.lower(Gauge::CoresBusy, 1),
        }
        if let Some(prices) = &self.prices {
            self.bill.add(prices, self.platform.sandbox(sandbox).need.total(), now.since(request.ready));
        }
        if request.timed_out {
            self.books.running += u128::from(now.since(request.ready).as_ps());
            self.platform.finish(now, sandbox, &mut self.meter);
            self.turned_away(now, id, Rejection::RanTooLong, queue);
            self.start_waiting(now, queue);
            return;
        }
        self.books.complete(now, request, &self.paths, shared_wait, &mut self.meter, self.recorder);
        self.requests.remove(id);
        self.platform.finish(now, sandbox, &mut self.meter);
        self.start_waiting(now, queue);
    }

    #[inline(always)]
    fn start_waiting(&mut self, now: Time, queue: &mut Queue) {
        if self.platform.any_waits() || self.platform.is_general() {
            self.has_ended(now, queue);
        }
    }

    #[inline(never)]
    fn has_ended(&mut self, now: Time, queue: &mut Queue) {
        if self.platform.may_start() {
            self.serve_waiting(now, queue);
        } else if !self.serving {
            // `serve_waiting`, where it goes on, does so at its end.
            self.arm_platform(queue);
        }
    }

    /// What a start or an end elsewhere may have brought about; on the platform's general path only.
    pub(super) fn settle(&mut self, now: Time, queue: &mut Queue) {
        if self.platform.is_pending() {
            self.serve_waiting(now, queue);
        } else if self.platform.is_general() {
            self.arm_platform(queue);
        }
    }

    #[inline(always)]
    fn arm_platform(&mut self, queue: &mut Queue) {
        self.platform_alarm.arm(self.platform.next_wake(), Event::of(Kind::Platform, 0), queue);
    }

    #[inline(never)]
    pub(super) fn serve_waiting(&mut self, now: Time, queue: &mut Queue) {
        // A run without length ends within the loop, which then goes on: calls do not nest, however many follow.
        if std::mem::replace(&mut self.serving, true) {
            return;
        }
        loop {
            if self.boot_all(now, queue) {
                continue;
            }
            let Some((id, start)) = self.platform.start_waiting(now, &mut self.meter) else { break };
            self.has_begun(id);
            self.begin(now, id, start, queue);
        }
        self.serving = false;
        self.arm_platform(queue);
    }

    /// All events but the end of a run, which is by far the most frequent. Out of line, where it leaves registers alone.
    #[inline(never)]
    fn handle_other(&mut self, now: Time, event: Event, queue: &mut Queue) {
        let (number, id) = (event.number, Id::new(event.number));
        match event.kind {
            Kind::Complete => unreachable!("`handle` has taken it"),
            Kind::Fetch => {
                self.starting.fetch(now, id, queue);
                return;
            }
            Kind::Compute => {
                self.platform.advance(now, &mut self.meter);
                let next = self.starting.compute(id);
                self.go_on(now, id, next, queue);
            }
            Kind::Run => {
                self.platform.advance(now, &mut self.meter);
                self.go_on(now, id, Next::Run, queue);
            }
            Kind::GiveUp => self.gives_up(now, id, queue),
            Kind::Retry => self.comes_again(now, id, queue),
            Kind::Platform if self.platform_alarm.rings(now) => {
                self.platform.advance(now, &mut self.meter);
                self.platform.due(now, &mut self.meter);
                self.start_waiting(now, queue);
            }
            Kind::Storage if self.starting.storage_rings(now) => self.fetched(now, queue),
            Kind::Paging if self.starting.paging_rings(now, number) => self.paged(now, number, queue),
            Kind::Cpu if self.cpu_rings(now, number) => self.ran_on_cores(now, number, queue),
            Kind::Pool if self.pool_rings(now, number) => self.ran_with_pool(now, number, queue),
            Kind::Platform | Kind::Storage | Kind::Paging | Kind::Cpu | Kind::Pool => {}
        }
        self.settle(now, queue);
    }

    fn cpu_rings(&mut self, now: Time, host: u32) -> bool {
        let Machine::SharedCores(hosts, _) = &mut self.machine else { return false };
        hosts[host as usize].1.rings(now)
    }
    fn pool_rings(&mut self, now: Time, pool: u32) -> bool {
        let Machine::FluidPools(pools, _) = &mut self.machine else { return false };
        pools[pool as usize].1.rings(now)
    }

    fn finish(mut self, outcome: engine::Outcome, scope: &Scope) -> RunReport {
        self.books.image_bytes = self.starting.bytes();
        self.platform.advance(outcome.end, &mut self.meter);
        let audits = self.audits(outcome.end);
        let open = self.meter.level(Gauge::InSystem);
        if scope.run_out {
            self.platform.run_out(&mut self.meter);
        }
        self.meter.advance((Time::ZERO + scope.window).max(self.meter.now()));
        let pool_utilisation_peak = match &self.machine {
            Machine::FluidPools(_, load) | Machine::AnalyticPools(_, load) => load.utilisation(self.busiest_pool),
            Machine::OwnCore | Machine::SharedCores(..) => 0.0,
        };
        self.count(open);
        let pool_load = pool_utilisation_peak.max(self.starting.paging_load());
        RunReport { outcome, usage: self.usage(outcome.end, pool_load), meter: self.meter, audits }
    }

    /// What was counted elsewhere.
    fn count(&mut self, open: u64) {
        let (tally, books) = (self.platform.tally(), self.books);
        let fabric_bytes = books.fabric_bytes(&self.paths) + books.remote_bytes;
        let counters = self.meter.counters_mut();
        let starts =
            [Counter::FromNothing, Counter::FromBare, Counter::FromLanguage, Counter::FromPool, Counter::FromWarm];
        for (counter, n) in starts.into_iter().zip(tally.starts) {
            counters.add(counter, n);
        }
        for (counter, n) in [
            (Counter::Arrived, books.arrived),
            (Counter::Completed, books.completed),
            (Counter::Rejected, books.rejected),
            (Counter::Open, open),
            (Counter::Retries, 0),
            (Counter::DeadLetters, 0),
            (Counter::SandboxesStarted, self.platform.cold_starts()),
            (Counter::Prewarmed, tally.prewarms),
            (Counter::Evicted, self.platform.evictions()),
            (Counter::Demoted, tally.demotions),
            (Counter::Queued, self.queued),
        ] {
            counters.add(counter, n);
        }
        counters.name_reasons();
        counters.merge(&self.starting.counts());
        self.bill.book(counters);
        counters.ask(ResourceKind::Pool, books.remote_bytes);
        counters.ask(ResourceKind::Fabric, fabric_bytes);
    }

    /// What the resources did.
    fn usage(&self, end: Time, pool_load: f64) -> Vec<ResourceUsage> {
        let mut usage = Vec::new();
        if let Machine::SharedCores(hosts, cores) = &self.machine {
            let host = |(entity, (station, _)): (usize, &(SharedStation<RequestId>, Alarm))| ResourceUsage {
                kind: ResourceKind::Cores,
                entity: entity as u32,
                served: station.busy_server_time(end),
                possible: u128::from(*cores) * u128::from(end.as_ps()),
                peak_jobs: 0,
                peak_load: 0.0,
            };
            usage.extend(hosts.iter().enumerate().map(host));
        }
        if pool_load > 0.0 {
            // What pools serve is not metered: only how much they are loaded.
            let (kind, entity, served, possible, peak_jobs) = (ResourceKind::Pool, 0, 0, 0, 0);
            usage.push(ResourceUsage { kind, entity, served, possible, peak_jobs, peak_load: pool_load });
        }
        usage
    }

    fn audits(&self, end: Time) -> Vec<Audit> {
        let (books, meter) = (&self.books, &self.meter);
        let open = u128::from(meter.level(Gauge::InSystem));
        let (local, remote) = self.platform.held();
        let mut audits = books.audits(open, self.requests.open_time(end), meter);
        audits.push(Audit::equal(
            "local memory allocated less freed = held by sandboxes [B]",
            u128::from(meter.level(Gauge::LocalAllocated)),
            u128::from(local.0),
        ));
        audits.push(Audit::equal(
            "pool memory allocated less freed = held by sandboxes [B]",
            u128::from(meter.level(Gauge::PoolAllocated)),
            u128::from(remote.0),
        ));
        if open == 0 && !matches!(self.machine, Machine::SharedCores(..)) {
            audits.push(Audit::equal(
                "core time busy = run time of requests [ps]",
                meter.whole(Gauge::CoresBusy),
                books.running,
            ));
        }
        audits
    }
}

fn machine(setup: &ServerlessSetup) -> Machine {
    let shape = &setup.shape;
    if setup.rules.cpu == CpuSharing::Shared && shape.cores < u32::MAX {
        let host = || (SharedStation::of_cores(shape.cores, setup.smt_throughput), Alarm::OFF);
        return Machine::SharedCores((0..shape.hosts).map(|_| host()).collect(), shape.cores);
    }
    let Some(pools) = setup.pools.filter(|_| setup.execution.is_remote()) else { return Machine::OwnCore };
    let most = shape.cores.saturating_mul(shape.hosts);
    let load = PoolLoad::new(&setup.execution, &pools.speed, most);
    match pools.fidelity {
        Fidelity::Analytic => Machine::AnalyticPools(vec![0; shape.pools as usize], load),
        Fidelity::Fluid => {
            let station = || (RatedStation::new(most.min(TABLE_LIMIT), |n| load.rate(n)), Alarm::OFF);
            Machine::FluidPools((0..shape.pools).map(|_| station()).collect(), load)
        }
    }
}

impl<I: Iterator<Item = Invocation>, R: Recorder> World for ServerlessWorld<'_, I, R> {
    type Event = Event;

    #[inline(always)]
    fn next_arrival(&self) -> Time {
        self.arrivals.due()
    }

    #[inline(always)]
    fn arrive(&mut self, now: Time, queue: &mut Queue) {
        let invocation = self.arrivals.take();
        let id = self.requests.insert(&invocation, now);
        self.books.arrived += 1;
        if self.platform.is_general() {
            self.arrive_general(now, id, queue);
            return;
        }
        let decision = self.platform.request(now, id, invocation.function, &mut self.meter);
        self.meter.raise(Gauge::InSystem, 1);
        match decision {
            Decision::Start(start) => self.begin(now, id, start, queue),
            Decision::Wait => {
                self.queued += 1;
                self.arm_platform(queue);
            }
            Decision::Reject(reason) => self.turned_away(now, id, reason, queue),
        }
    }

    #[inline(always)]
    fn handle(&mut self, now: Time, event: Event, queue: &mut Queue) {
        if event.kind == Kind::Complete {
            self.complete(now, Id::new(event.number), queue);
        } else {
            self.handle_other(now, event, queue);
        }
    }

    #[inline(always)]
    fn fingerprint(event: &Event) -> u64 {
        (event.kind as u64) << 32 | u64::from(event.number)
    }
}
