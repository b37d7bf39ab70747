//! A fleet of virtual machines on servers.

use crate::engine::{self, Stop, Watch, World};
use crate::ids::{FunctionId, FunctionKind, HostId, Id, IdVec, RequestId, VmId};
use crate::platform::Decision;
use crate::platform::serverful::{Autoscaler, Fleet, Node};
use crate::record::{Component, Counter, Counters, Gauge, Looks, Meter, Recorder, Rejection, ResourceKind};
use crate::units::{Bytes, Span, Time};
use crate::workload::Invocation;

use super::accounts::{Accounts, Ending};
use super::arrivals::Arrivals;
use super::audit::{self, Audit, Law};
use super::classes::Classes;
use super::event::{Due, Event, FleetStep, Kind, Queue, RequestStep};
use super::report::{Backlog, Before, Cut, Measurement, RunReport};
use super::request::{Requests, ScriptNumber, State};
use super::resources::{Demand, End, Resources};
use super::setup::{ServerfulSetup, Sizing};
use super::stage::{Cancelled, Mark, Next, ScriptId, Scripts, Shared, Stage, Work};
use super::timeout::Timeouts;

struct ServerfulWorld<'r, I, R> {
    arrivals: Arrivals<I>,
    requests: Requests,
    fleet: Fleet,
    vcpus: u32,
    scripts: Scripts<Demand>,
    resources: Resources,
    scaler: Option<Autoscaler>,
    timeouts: Option<Timeouts>,
    queue_timeout: Option<Span>,
    started: bool,
    measurement: Measurement,
    before: Option<Box<Before>>,
    cut: Option<Box<Cut>>,
    /// As it is when the last request that counts could have come; its core time up to then.
    backlog: Backlog,
    memory: IdVec<FunctionKind, Bytes>,
    classes: Classes,
    meter: Meter,
    /// Core time busy before what is measured began.
    busy_before: u128,
    accounts: Accounts,
    queued: u64,
    looks: Looks,
    node: Node,
    /// The median of the functions.
    median_memory: Bytes,
    recorder: &'r mut R,
}

/// Runs `invocations`, in order of time, on a fleet of virtual machines.
pub fn run_serverful<I: Iterator<Item = Invocation>, R: Recorder>(
    setup: ServerfulSetup,
    invocations: I,
    measurement: &Measurement,
    recorder: &mut R,
    watch: &mut dyn Watch,
) -> RunReport {
    let mut world = ServerfulWorld::new(setup, invocations, measurement, recorder);
    let limits = measurement.limits(world.arrivals.offset());
    let outcome = engine::run(&mut world, &limits, watch);
    world.finish(outcome)
}

impl<'r, I: Iterator<Item = Invocation>, R: Recorder> ServerfulWorld<'r, I, R> {
    fn new(setup: ServerfulSetup, invocations: I, measurement: &Measurement, recorder: &'r mut R) -> Self {
        let (initial, scaler) = match setup.sizing {
            Sizing::Fixed(size) => (size, None),
            Sizing::Autoscaled(scaler) => (scaler.minimum(), Some(scaler)),
        };
        let classes = Classes::new(&setup.hardware);
        let mut meter = Meter::new(measurement.bin, measurement.most_bins());
        if measurement.by_entity {
            let nodes = setup.hardware.host_count();
            meter.keep_entities(Gauge::CoresBusy, nodes);
            meter.keep_entities(Gauge::CoresStarting, nodes);
            meter.keep_entities(Gauge::LocalAllocated, nodes);
        }
        setup.hardware.follow_off(&mut meter);
        let mut world = Self {
            arrivals: Arrivals::new(invocations, classes.offset()),
            requests: Requests::default(),
            fleet: Fleet::new(
                setup.vm,
                setup.limit,
                setup.hardware.host_count(),
                setup.queue_limit,
                setup.queue_timeout.unwrap_or(Span::MAX),
            ),
            vcpus: setup.vm.vcpus,
            scripts: Scripts::default(),
            resources: Resources::new(&setup.hardware, None, true),
            scaler,
            timeouts: setup.timeout.map(Timeouts::new),
            queue_timeout: setup.queue_timeout,
            started: false,
            measurement: *measurement,
            before: None,
            cut: None,
            backlog: Backlog::default(),
            looks: Looks::new(measurement.window, measurement.looks),
            node: setup.node,
            median_memory: median(&setup.memory),
            memory: setup.memory,
            classes,
            meter,
            busy_before: 0,
            accounts: Accounts::new(measurement.scope()),
            queued: 0,
            recorder,
        };
        for _ in 0..initial {
            if let Some(vm) = world.order(Time::ZERO) {
                world.fleet.booted(vm);
            }
        }
        world
    }

    fn order(&mut self, now: Time) -> Option<VmId> {
        let vm = self.fleet.order(now, &mut self.meter)?;
        self.resources.add_machine(self.fleet.node_of(vm), self.vcpus);
        Some(vm)
    }

    fn run(&mut self, now: Time, id: RequestId, vm: VmId, queue: &mut Queue) {
        let script = self.scripts.open();
        let node = self.fleet.node_of(vm);
        let request = self.requests.get_mut(id);
        request.began = now;
        request.ready = now;
        request.place = vm.raw();
        request.host = node.raw();
        request.script = Some(ScriptNumber::of(script));
        request.state = State::Running;
        let (function, duration) = (request.function, request.duration);
        let run = self.classes.execution(function, node, 0).run(duration);
        let paths = self.classes.paths(function, node);
        let [received, sent, read, write] = paths.transfers;
        let moves = paths.moves();
        let rest = self.classes.rest_of_way(function, node);
        if rest > Span::ZERO {
            self.scripts.push(script, Stage::delay(rest, Component::Network));
        }
        if moves {
            let transfers = [(End::Outside, received), (End::Storage(function), read)];
            self.push_transfers(script, (function, node), false, transfers);
        }
        let need = Demand::Cores { host: Id::new(vm.raw()), work: run.steady() };
        let parts = [(Component::Compute, run.compute), (Component::LocalMemory, run.local)];
        self.scripts.push(script, Stage::new(Work::On(need), Component::Queue).with_parts(parts));
        if moves {
            let transfers = [(End::Storage(function), write), (End::Outside, sent)];
            self.push_transfers(script, (function, node), true, transfers);
        }
        self.scripts.mark_last(script, Mark::Ended);
        if let Some(timeouts) = &mut self.timeouts {
            timeouts.begin(now, id, Kind::Fleet(FleetStep::Timeout).event(), queue);
        }
        self.meter.advance(now);
        self.go(now, id, script, queue);
    }

    #[inline(never)]
    fn push_transfers(
        &mut self,
        script: ScriptId,
        (function, node): (FunctionId, HostId),
        sends: bool,
        transfers: [(End, Bytes); 2],
    ) {
        let paths = self.classes.paths(function, node);
        for (end, bytes) in transfers.into_iter().filter(|(_, bytes)| *bytes > Bytes::ZERO) {
            let need = self.resources.transfer(node, end, sends, bytes);
            paths.push_transfer(need, end != End::Outside, bytes, |stage| self.scripts.push(script, stage));
        }
    }

    fn go(&mut self, now: Time, id: RequestId, script: ScriptId, queue: &mut Queue) {
        match self.scripts.go(now, script, id, &mut self.resources.metered(&mut self.meter), queue) {
            Next::Wait => {}
            Next::Passed(_) => self.complete(now, id, queue),
            Next::Done => unreachable!("the last stage of a script has a mark"),
        }
    }

    fn stage_over(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        if self.requests.get(id).state == State::Dead {
            self.requests.remove(id);
            return;
        }
        let Some(script) = self.requests.get(id).script else { unreachable!("requests on machines have scripts") };
        self.meter.advance(now);
        if let Some(need) = self.scripts.need(script.id()) {
            self.resources.metered(&mut self.meter).over(now, &need, queue);
        }
        match self.scripts.over(now, script.id()) {
            Mark::Ended => self.complete(now, id, queue),
            _ => self.go(now, id, script.id(), queue),
        }
    }

    fn resource_is_due(&mut self, now: Time, due: Due, queue: &mut Queue) {
        if !self.resources.metered(&mut self.meter).fires(now, due) {
            return;
        }
        self.meter.advance(now);
        while let Some(id) = self.resources.metered(&mut self.meter).pop(now, due, queue) {
            self.stage_over(now, id, queue);
        }
    }

    fn complete(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        let request = *self.requests.get(id);
        self.meter.advance(now);
        let ledger = request.script.map(|script| self.scripts.ledger(script.id()));
        let paths = self.classes.paths(request.function, HostId::new(request.host));
        let offset = self.classes.offset();
        if self.accounts.has(&request, offset) {
            let ending = Ending { request: &request, straight: false, ledger, offset, paths };
            self.accounts.complete(now, &ending, &mut self.meter, self.recorder);
            self.accounts.goes_on(now, &request);
            self.accounts.returns(paths.network_out);
        } else {
            self.accounts.pass(now, &request, true);
            self.accounts.sends(paths);
            self.meter.lower(Gauge::InSystem, 1);
        }
        if let Some(script) = request.script {
            self.scripts.close(script.id());
        }
        self.requests.remove(id);
        self.fleet.finish(now, Id::new(request.place), self.memory[request.function], &mut self.meter);
        self.start_waiting(now, queue);
    }

    fn start_waiting(&mut self, now: Time, queue: &mut Queue) {
        while let Some((id, vm)) = self.fleet.start_waiting(now, &mut self.meter) {
            self.run(now, id, vm, queue);
        }
    }

    /// A request has waited for long. One that has begun, or ended, has left the event behind.
    fn abandon(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        if self.fleet.abandon(now, id, &mut self.meter) {
            self.lose(now, id, Rejection::WaitedTooLong);
            self.start_waiting(now, queue);
        }
    }

    /// Limits on run time are reached: those that still run are stopped.
    fn time_out(&mut self, now: Time, queue: &mut Queue) {
        let event = Kind::Fleet(FleetStep::Timeout).event();
        if !self.timeouts.as_mut().is_some_and(|timeouts| timeouts.fires(now, event, queue)) {
            return;
        }
        while let Some(id) = self.timeouts.as_mut().and_then(|some| some.pop(now, &self.requests, event, queue)) {
            self.stop(now, id, queue);
            self.start_waiting(now, queue);
        }
    }

    /// A run ends before its time, and with it its request.
    fn stop(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        self.meter.advance(now);
        let request = *self.requests.get(id);
        let Some(script) = request.script else { unreachable!("requests on machines have scripts") };
        let mut shared = self.resources.metered(&mut self.meter);
        let pending = self.scripts.cancel(now, script.id(), &mut shared, queue) == Cancelled::Pending;
        self.scripts.close(script.id());
        self.fleet.finish(now, Id::new(request.place), self.memory[request.function], &mut self.meter);
        // An event still stands for the delay that it was in.
        let id = if pending { self.requests.leave_dead(id) } else { id };
        self.lose(now, id, Rejection::RanTooLong);
    }

    /// A request ends that has not been served.
    fn lose(&mut self, now: Time, id: RequestId, reason: Rejection) {
        let (request, offset) = (*self.requests.get(id), self.classes.offset());
        self.meter.lower(Gauge::InSystem, 1);
        if self.accounts.has(&request, offset) {
            self.meter.counters_mut().reject(reason);
            self.accounts.reject(now, &request, offset);
            self.recorder.rejected(request.decided, request.function, reason);
            if reason == Rejection::RanTooLong {
                self.recorder.had_started(request.decided, request.function, false);
            }
        } else {
            self.accounts.pass(now, &request, false);
        }
        self.requests.remove(id);
    }

    /// The autoscaler evaluates, and again until the run is over.
    fn scale(&mut self, now: Time, queue: &mut Queue) {
        let Some(scaler) = &mut self.scaler else { return };
        self.meter.advance(now);
        let serving = self.fleet.serving();
        let vcpus = u64::from(serving) * u64::from(self.vcpus);
        let change = scaler.evaluate(
            now,
            self.busy_before + self.meter.total(Gauge::CoresBusy),
            vcpus,
            serving,
            self.fleet.size(),
        );
        let (interval, boot_delay) = (scaler.interval, scaler.boot_delay);
        for _ in 0..change {
            let Some(vm) = self.order(now) else { break };
            // Booting is one thing after the other, on one core.
            self.meter.raise_at(Gauge::CoresStarting, self.fleet.node_of(vm).raw(), 1);
            queue.after(boot_delay, Kind::Fleet(FleetStep::Booted(vm)).event());
        }
        if change < 0 {
            self.fleet.release_one(now, &mut self.meter);
        }
        queue.after(interval, Kind::Fleet(FleetStep::Evaluate).event());
    }

    fn finish(mut self, outcome: engine::Outcome) -> RunReport {
        self.meter.advance(outcome.end);
        self.accounts.are_unbalanced(self.scripts.unbalanced());
        let open = self.meter.level(Gauge::InSystem);
        let mut audits = if self.cut.is_none() { self.core_audits() } else { Vec::new() };
        let end = self.measurement.end(&outcome, self.accounts.last());
        while self.looks.next() <= end {
            self.look_around();
        }
        self.meter.close(end);
        let backlog = self.backlog.until(&self.meter);
        // Where a bound stopped the run, nobody knows what would have happened after it.
        let until = if outcome.stop == Stop::Finished { end } else { outcome.end };
        let (mut counters, mut usage) = (self.tally(until), self.resources.usage(until));
        let law = Law { done: self.requests.are_none(), analytic: None };
        audits.extend(audit::resources(&usage, &counters, law));
        if let Some(cut) = self.cut.take() {
            self.meter = cut.meter;
            usage = cut.usage;
            audits.extend(cut.audits);
            counters = cut.counters.with_fates_of(&counters);
        }
        let (offset, scope) = (self.classes.offset(), self.measurement.scope());
        let in_system = self.accounts.in_system(&self.meter, offset, self.requests.open_time(scope, end), None);
        audits.extend(self.accounts.audits(open, &in_system));
        if let Some(before) = &self.before {
            usage = before.taken_from(&mut counters, usage);
        }
        self.accounts.count(&mut counters);
        *self.meter.counters_mut() = counters;
        RunReport { outcome, meter: self.meter, in_system, backlog, usage, looks: self.looks, audits }
    }

    /// What is stranded now.
    fn look_around(&mut self) {
        let nodes = self.resources.hosts();
        let busy = |vm: VmId| self.resources.cores_busy(Id::new(vm.raw()));
        let stranded = self.fleet.stranded(nodes, self.node, self.median_memory, busy);
        self.looks.add(stranded);
    }

    /// What was counted up to `now`, but for requests.
    fn tally(&self, now: Time) -> Counters {
        let mut counters = self.meter.counters().clone();
        counters.name_reasons();
        counters.add(Counter::Queued, self.queued);
        counters.add(Counter::BilledMachines, self.fleet.billed_until(now).as_ps());
        counters.merge(self.resources.asked());
        counters.ask(ResourceKind::Fabric, self.resources.fabric_bytes(now) + self.accounts.message_bytes());
        counters
    }

    /// The laws of cores up to where the meter stands, which is as far as the simulation came.
    fn core_audits(&self) -> Vec<Audit> {
        let stations = self.resources.core_time(self.meter.now());
        // A run ends inside a station at a fraction of a picosecond and is told at the next whole one.
        let [busy, allocated] = [Gauge::CoresBusy, Gauge::CoresAllocated].map(|gauge| self.meter.total(gauge));
        let stations = stations - self.busy_before.min(stations);
        let slack = u128::from(self.accounts.arrived());
        vec![
            Audit::within("core time busy = work done by the machines, to 1 ps a request [ps]", busy, stations, slack),
            Audit::at_most("core time busy at most core time allocated [ps]", busy, allocated),
        ]
    }
}

impl<I: Iterator<Item = Invocation>, R: Recorder> World for ServerfulWorld<'_, I, R> {
    type Event = Event;

    fn next_arrival(&self) -> Time {
        self.arrivals.due()
    }

    fn arrive(&mut self, now: Time, queue: &mut Queue) {
        if !std::mem::replace(&mut self.started, true)
            && let Some(scaler) = &self.scaler
        {
            queue.after(scaler.interval, Kind::Fleet(FleetStep::Evaluate).event());
        }
        let invocation = self.arrivals.take();
        let id = self.requests.insert(&invocation, now);
        self.accounts.arrive();
        self.accounts.arrived_at(invocation.at);
        let memory = self.memory[invocation.function];
        let decision = self.fleet.request(now, id, memory, &mut self.meter);
        self.meter.raise(Gauge::InSystem, 1);
        match decision {
            Decision::Start(vm) => self.run(now, id, vm, queue),
            Decision::Wait => {
                self.queued += 1;
                if let Some(limit) = self.queue_timeout {
                    queue.after(limit, Kind::Request(RequestStep::Abandon, id).event());
                }
            }
            Decision::Reject(reason) => self.lose(now, id, reason),
        }
    }

    fn handle(&mut self, now: Time, event: Event, queue: &mut Queue) {
        match event.kind() {
            Kind::Request(RequestStep::Over, id) => self.stage_over(now, id, queue),
            Kind::Request(RequestStep::Abandon, id) => self.abandon(now, id, queue),
            Kind::Due(due) => self.resource_is_due(now, due, queue),
            Kind::Fleet(FleetStep::Timeout) => self.time_out(now, queue),
            Kind::Fleet(FleetStep::Evaluate) => self.scale(now, queue),
            Kind::Fleet(FleetStep::Booted(vm)) => {
                self.meter.advance(now);
                self.meter.lower_at(Gauge::CoresStarting, self.fleet.node_of(vm).raw(), 1);
                self.fleet.booted(vm);
                self.start_waiting(now, queue);
            }
            Kind::Request(..) | Kind::Platform(_) => unreachable!("a fleet schedules no {event:?}"),
        }
    }

    fn fingerprint(event: &Event) -> u64 {
        event.fingerprint()
    }

    fn begin(&mut self, now: Time) {
        self.meter.advance(now);
        self.busy_before = self.meter.total(Gauge::CoresBusy);
        self.meter.restart(now);
        self.accounts.begin();
        self.resources.restart_peaks();
        self.before = Some(Box::new(Before { counters: self.tally(now), usage: self.resources.usage(now) }));
    }

    fn pass(&mut self, now: Time) {
        self.meter.advance(now);
        self.backlog = Backlog::of(self.accounts.open(), &self.meter);
        if self.measurement.counted.is_some() {
            let (counters, usage) = (self.tally(now), self.resources.usage(now));
            self.cut = Some(Box::new(Cut::new(now, &self.meter, counters, usage, self.core_audits())));
        }
    }

    fn over(&self) -> Option<Time> {
        self.accounts.over(&self.arrivals, self.measurement.to())
    }

    fn next_look(&self) -> Time {
        self.looks.next()
    }
    fn look(&mut self, _now: Time) {
        self.look_around();
    }
}

/// The memory of the function in the middle, the smaller one of two.
fn median(memory: &IdVec<FunctionKind, Bytes>) -> Bytes {
    let mut all: Vec<Bytes> = memory.iter().copied().collect();
    let middle = all.len().saturating_sub(1) / 2;
    if all.is_empty() { Bytes::ZERO } else { *all.select_nth_unstable(middle).1 }
}
