//! A serverless platform on nodes, with storage and, where there are any, memory pools.

mod attempts;
mod requests;

use crate::config::plan::{CpuSharing, FunctionPrices};
use crate::cost::FunctionBill;
use crate::engine::{self, Alarm, Limits, Stop, Watch, World};
use crate::ids::RequestId;
use crate::platform::Decision;
use crate::platform::serverless::{Serverless, Start};
use crate::record::{Counter, Gauge, Meter, Recorder, ResourceKind};
use crate::units::Time;
use crate::workload::Invocation;

use super::accounts::Accounts;
use super::arrivals::Arrivals;
use super::audit::{self, Audit, Law};
use super::classes::Classes;
use super::event::{Due, Event, Kind, PlatformStep, Queue, RequestStep};
use super::report::{RunReport, Scope};
use super::request::Requests;
use super::resources::{Need, Resources};
use super::retry::Attempts;
use super::setup::ServerlessSetup;
use super::stage::{Scripts, Shared};
use super::start::Starting;
use super::timeout::Timeouts;

/// A serverless data centre.
struct ServerlessWorld<'r, I, R> {
    arrivals: Arrivals<I>,
    requests: Requests,
    scripts: Scripts<Need>,
    resources: Resources,
    platform: Serverless,
    attempts: Attempts,
    timeouts: Option<Timeouts>,
    platform_alarm: Alarm,
    /// Whether waiting requests are being started.
    serving: bool,
    starting: Starting,
    classes: Classes,
    /// Whether requests have a core of their own while they run.
    own_cores: bool,
    /// Whether all functions and hosts are alike, nothing that others do changes a run, and runs have no limits.
    plain: bool,
    prices: Option<FunctionPrices>,
    bill: FunctionBill,
    meter: Meter,
    accounts: Accounts,
    queued: u64,
    recorder: &'r mut R,
}

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
    fn new(mut setup: ServerlessSetup, invocations: I, scope: &Scope, recorder: &'r mut R) -> Self {
        let by_entity = scope.by_entity;
        // The straight path, and the one event of a request that nothing can disturb, do not tell which host it is.
        setup.rules.general |= by_entity;
        let hardware = &setup.hardware;
        let limited = hardware.hosts.iter().any(|hosts| hosts.cores < u32::MAX);
        let own_cores = setup.rules.cpu == CpuSharing::Exclusive || !limited;
        let mut resources =
            Resources::new(hardware, setup.cold.rules.remote.as_ref().map(|rule| &rule.paging), !own_cores);
        if !own_cores {
            hardware.hosts.iter().for_each(|hosts| resources.add_cores(hosts.count, hosts.cores, hosts.smt_throughput));
        }
        let classes = Classes::new(hardware);
        let mut meter = Meter::new(scope.window, scope.bin);
        if setup.journal {
            meter.keep_journal();
        }
        if hardware.hosts.len() > 1 || by_entity {
            // What the processors of a group draw depends on how busy its own hosts are.
            meter.keep_entities(Gauge::CoresBusy, hardware.host_count());
            meter.keep_entities(Gauge::LocalAllocated, hardware.host_count());
        }
        if hardware.pools.len() > 1 || by_entity {
            meter.keep_entities(Gauge::PoolAllocated, hardware.pools.iter().map(|pools| pools.count).sum());
        }
        let functions = setup.needs.len();
        let starting = Starting::new(setup.cold, hardware.host_count(), functions, !own_cores);
        meter.raise(Gauge::Templates, starting.template_bytes().0);
        Self {
            arrivals: Arrivals::new(invocations, classes.offset()),
            requests: Requests::default(),
            scripts: Scripts::default(),
            resources,
            attempts: Attempts::new(&setup.rules.quotas, setup.rules.dispatch.gangs, setup.retry_chance),
            timeouts: setup.rules.quotas.timeout.map(Timeouts::new),
            platform: Serverless::new(setup.rules, &setup.shape, setup.needs, setup.knowledge),
            platform_alarm: Alarm::OFF,
            serving: false,
            starting,
            plain: !by_entity
                && own_cores
                && classes.are_alike()
                && classes.are_undisturbed()
                && classes.nothing_to_receive
                && setup.rules.quotas.timeout.is_none(),
            classes,
            own_cores,
            prices: setup.prices,
            bill: FunctionBill::default(),
            meter,
            accounts: Accounts::default(),
            queued: 0,
            recorder,
        }
    }

    /// Gives a request the sandbox that was decided on.
    #[inline(always)]
    fn begin(&mut self, now: Time, id: RequestId, start: Start, queue: &mut Queue) {
        let request = self.requests.get_mut(id);
        request.began = now;
        request.place = start.sandbox.raw();
        request.cold = start.is_cold();
        request.from = start.from;
        if !self.plain && !self.classes.nothing_to_receive {
            self.receive(now, id, queue);
        } else if start.is_cold() {
            self.start_cold(now, id, queue);
        } else {
            self.run(now, id, queue);
        }
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
    fn settle(&mut self, now: Time, queue: &mut Queue) {
        if self.platform.is_pending() {
            self.serve_waiting(now, queue);
        } else if self.platform.is_general() {
            self.arm_platform(queue);
        }
    }

    #[inline(always)]
    fn arm_platform(&mut self, queue: &mut Queue) {
        self.platform_alarm.arm(self.platform.next_wake(), Kind::Platform(PlatformStep::Wake).event(), queue);
    }

    #[inline(never)]
    fn serve_waiting(&mut self, now: Time, queue: &mut Queue) {
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

    /// All events but the end of an undisturbed run, which is by far the most frequent. Out of line, where it leaves
    /// registers alone.
    #[inline(never)]
    fn handle_other(&mut self, now: Time, event: Event, queue: &mut Queue) {
        match event.kind() {
            Kind::Request(RequestStep::Ended, _) => unreachable!("`handle` has taken it"),
            Kind::Request(step, id) => self.request_step(now, step, id, queue),
            Kind::Due(due) => self.resource_is_due(now, due, queue),
            Kind::Platform(PlatformStep::Wake) if self.platform_alarm.rings(now) => {
                self.platform.advance(now, &mut self.meter);
                self.platform.due(now, &mut self.meter);
                self.start_waiting(now, queue);
            }
            Kind::Platform(PlatformStep::Timeout) => self.time_out(now, queue),
            Kind::Platform(_) => {}
            Kind::Fleet(_) => unreachable!("a serverless platform has no fleet"),
        }
        self.settle(now, queue);
    }

    fn request_step(&mut self, now: Time, step: RequestStep, id: RequestId, queue: &mut Queue) {
        match step {
            RequestStep::Ended => unreachable!("`handle` has taken it"),
            RequestStep::Started => {
                self.platform.advance(now, &mut self.meter);
                self.started(now, id, queue);
            }
            RequestStep::Over => self.stage_over(now, id, queue),
            RequestStep::Abandon => self.abandon(now, id, queue),
            RequestStep::Retry => self.retry(now, id, queue),
            RequestStep::TimedOut => {
                self.platform.advance(now, &mut self.meter);
                self.cancel_run(now, id);
                self.has_failed(now, id, queue);
            }
        }
    }

    fn resource_is_due(&mut self, now: Time, due: Due, queue: &mut Queue) {
        if !self.resources.metered(&mut self.meter).rings(now, due) {
            return;
        }
        self.platform.advance(now, &mut self.meter);
        while let Some(id) = self.resources.metered(&mut self.meter).pop(now, due, queue) {
            self.stage_over(now, id, queue);
        }
    }

    fn finish(mut self, outcome: engine::Outcome, scope: &Scope) -> RunReport {
        self.accounts.unbalanced += self.scripts.unbalanced();
        self.platform.advance(outcome.end, &mut self.meter);
        let mut audits = self.audits(outcome.end);
        let open = self.meter.level(Gauge::InSystem);
        if scope.run_out {
            self.platform.run_out(&mut self.meter);
        }
        self.meter.advance((Time::ZERO + scope.window).max(self.meter.now()));
        let until = scope.end_of_use(&outcome);
        let (used, usage) = (self.resources.usage(outcome.end), self.resources.usage(until));
        self.count(outcome.end, open);
        let law = Law { done: outcome.stop == Stop::Finished && open == 0, analytic: self.resources.analytic_bytes() };
        audits.extend(audit::resources(&used, self.meter.counters(), law));
        RunReport { outcome, meter: self.meter, usage, audits }
    }

    /// Counts what was counted apart from the meter.
    fn count(&mut self, end: Time, open: u64) {
        let counters = self.meter.counters_mut();
        self.accounts.count(open, counters);
        self.platform.count(counters);
        self.bill.book(counters);
        counters.merge(&self.starting.counts());
        counters.name_reasons();
        for (counter, n) in [(Counter::Retries, 0), (Counter::DeadLetters, 0), (Counter::Queued, self.queued)] {
            counters.add(counter, n);
        }
        counters.merge(self.resources.asked());
        let fabric = self.resources.fabric_bytes(end) + self.accounts.message_bytes + self.starting.fault_bytes();
        counters.ask(ResourceKind::Fabric, fabric);
    }

    fn audits(&self, end: Time) -> Vec<Audit> {
        let (accounts, meter) = (&self.accounts, &self.meter);
        let open = u128::from(meter.level(Gauge::InSystem));
        let (local, remote) = self.platform.held();
        let mut audits = accounts.audits(open, self.requests.open_time(end), meter);
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
        if open == 0 && self.own_cores {
            audits.push(Audit::equal(
                "core time busy = run time of requests [ps]",
                meter.whole(Gauge::CoresBusy),
                accounts.running,
            ));
        }
        audits
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
        self.accounts.arrived += 1;
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
            Decision::Reject(reason) => self.reject(now, id, reason, queue),
        }
    }

    #[inline(always)]
    fn handle(&mut self, now: Time, event: Event, queue: &mut Queue) {
        match event.ended() {
            Some(id) => self.complete(now, id, queue),
            None => self.handle_other(now, event, queue),
        }
    }

    #[inline(always)]
    fn fingerprint(event: &Event) -> u64 {
        event.fingerprint()
    }
}
