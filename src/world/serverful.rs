//! A fleet of virtual machines on servers.

use crate::engine::{self, Limits, Stop, Watch, World};
use crate::ids::{FunctionId, FunctionKind, HostId, Id, IdVec, RequestId, VmId};
use crate::platform::Decision;
use crate::platform::serverful::{Autoscaler, Fleet, Node};
use crate::record::{Component, Counter, Gauge, Looks, Meter, Recorder, ResourceKind};
use crate::units::{Bytes, Span, Time};
use crate::workload::Invocation;

use super::accounts::{Accounts, Ending};
use super::arrivals::Arrivals;
use super::audit::{self, Audit, Law};
use super::classes::Classes;
use super::event::{Due, Event, FleetStep, Kind, Queue, RequestStep};
use super::report::{Measurement, RunReport};
use super::request::{Requests, ScriptNumber};
use super::resources::{Demand, End, Resources};
use super::setup::{ServerfulSetup, Sizing};
use super::stage::{Mark, Next, ScriptId, Scripts, Shared, Stage, Work};

struct ServerfulWorld<'r, I, R> {
    arrivals: Arrivals<I>,
    requests: Requests,
    fleet: Fleet,
    vcpus: u32,
    scripts: Scripts<Demand>,
    resources: Resources,
    scaler: Option<Autoscaler>,
    started: bool,
    window_end: Time,
    memory: IdVec<FunctionKind, Bytes>,
    classes: Classes,
    meter: Meter,
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
    let end = (Time::ZERO + measurement.window).saturating_add(measurement.drain);
    let outcome = engine::run(&mut world, &Limits { end, events: measurement.events }, watch);
    world.finish(outcome, measurement)
}

impl<'r, I: Iterator<Item = Invocation>, R: Recorder> ServerfulWorld<'r, I, R> {
    fn new(setup: ServerfulSetup, invocations: I, measurement: &Measurement, recorder: &'r mut R) -> Self {
        let (initial, scaler) = match setup.sizing {
            Sizing::Fixed(size) => (size, None),
            Sizing::Autoscaled(scaler) => (scaler.minimum(), Some(scaler)),
        };
        let classes = Classes::new(&setup.hardware);
        let mut meter = Meter::new(measurement.window, measurement.bin);
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
            fleet: Fleet::new(setup.vm, setup.limit, setup.hardware.host_count(), setup.queue_limit),
            vcpus: setup.vm.vcpus,
            scripts: Scripts::default(),
            resources: Resources::new(&setup.hardware, None, true),
            scaler,
            started: false,
            window_end: Time::ZERO + measurement.window,
            looks: Looks::new(measurement.window, measurement.looks),
            node: setup.node,
            median_memory: median(&setup.memory),
            memory: setup.memory,
            classes,
            meter,
            accounts: Accounts::default(),
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
        self.accounts.running += u128::from(now.since(request.ready).as_ps());
        let ending = Ending { request: &request, straight: false, ledger, offset, paths };
        self.accounts.complete(now, &ending, &mut self.meter, self.recorder);
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

    /// The autoscaler evaluates, and again until the window is over and nothing is left to serve.
    fn scale(&mut self, now: Time, queue: &mut Queue) {
        let Some(scaler) = &mut self.scaler else { return };
        self.meter.advance(now);
        let serving = self.fleet.serving();
        let vcpus = u64::from(serving) * u64::from(self.vcpus);
        let change = scaler.evaluate(now, self.meter.whole(Gauge::CoresBusy), vcpus, serving, self.fleet.size());
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
        if now < self.window_end || self.meter.level(Gauge::InSystem) > 0 {
            queue.after(interval, Kind::Fleet(FleetStep::Evaluate).event());
        }
    }

    fn finish(mut self, outcome: engine::Outcome, measurement: &Measurement) -> RunReport {
        self.meter.advance(outcome.end);
        let open = self.meter.level(Gauge::InSystem);
        self.accounts.unbalanced += self.scripts.unbalanced();
        let mut audits = self.audits(outcome.end, u128::from(open));
        while self.looks.next() <= Time::ZERO + measurement.window {
            self.look_around();
        }
        let end = (Time::ZERO + measurement.window).max(outcome.end);
        self.meter.advance(end);
        self.meter.close_off();
        let until = measurement.end_of_use(&outcome);
        let (used, usage) = (self.resources.usage(outcome.end), self.resources.usage(until));
        let counters = self.meter.counters_mut();
        self.accounts.count(open, counters);
        counters.add(Counter::Queued, self.queued);
        counters.add(Counter::BilledMachines, self.fleet.billed_until(Time::ZERO + measurement.window).as_ps());
        counters.merge(self.resources.asked());
        counters.ask(ResourceKind::Fabric, self.resources.fabric_bytes(outcome.end) + self.accounts.message_bytes);
        let law = Law { done: outcome.stop == Stop::Finished && open == 0, analytic: None };
        audits.extend(audit::resources(&used, counters, law));
        RunReport { outcome, meter: self.meter, usage, looks: self.looks, audits }
    }

    /// What is stranded now.
    fn look_around(&mut self) {
        let nodes = self.resources.hosts();
        let busy = |vm: VmId| self.resources.cores_busy(Id::new(vm.raw()));
        let stranded = self.fleet.stranded(nodes, self.node, self.median_memory, busy);
        self.looks.add(stranded);
    }

    fn audits(&self, end: Time, open: u128) -> Vec<Audit> {
        let mut audits = self.accounts.audits(open, self.requests.open_time(end), &self.meter);
        let stations = self.resources.core_time(end);
        // A run ends inside a station at a fraction of a picosecond and is told at the next whole one.
        audits.push(Audit::within(
            "core time busy = work done by the machines, to 1 ps a request [ps]",
            self.meter.whole(Gauge::CoresBusy),
            stations,
            u128::from(self.accounts.arrived),
        ));
        audits.push(Audit::at_most(
            "core time busy at most core time allocated [ps]",
            self.meter.whole(Gauge::CoresBusy),
            self.meter.whole(Gauge::CoresAllocated),
        ));
        audits
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
        self.accounts.arrived += 1;
        let memory = self.memory[invocation.function];
        let decision = self.fleet.request(now, id, memory, &mut self.meter);
        self.meter.raise(Gauge::InSystem, 1);
        match decision {
            Decision::Start(vm) => self.run(now, id, vm, queue),
            Decision::Wait => self.queued += 1,
            Decision::Reject(reason) => {
                self.meter.lower(Gauge::InSystem, 1);
                self.accounts.rejected += 1;
                self.recorder.rejected(now, invocation.function, reason);
                self.requests.remove(id);
            }
        }
    }

    fn handle(&mut self, now: Time, event: Event, queue: &mut Queue) {
        match event.kind() {
            Kind::Request(RequestStep::Over, id) => self.stage_over(now, id, queue),
            Kind::Due(due) => self.resource_is_due(now, due, queue),
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
