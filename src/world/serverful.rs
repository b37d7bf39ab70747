//! A fleet of virtual machines on servers.

use crate::engine::{self, Alarm, Limits, Scheduler, Watch, World};
use crate::ids::{FunctionKind, Id, IdVec, RequestId, VmId};
use crate::memory::run::Execution;
use crate::platform::Decision;
use crate::platform::serverful::{Autoscaler, Fleet};
use crate::record::{Component, Counter, Gauge, Meter, Recorder, ResourceKind};
use crate::station::shared::SharedStation;
use crate::units::{Bytes, Span, Time};
use crate::workload::Invocation;

use super::audit::Audit;
use super::report::{RunReport, Scope};
use super::request::{Arrivals, Books, PathSums, Requests};
use super::setup::{ServerfulSetup, Sizing};

/// One variant per subsystem.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    /// A run on the cores of a machine may have ended.
    Cpu(VmId),
    /// The run of a request is over.
    Complete(RequestId),
    /// The autoscaler looks.
    Scale,
    /// A machine has booted.
    Booted(VmId),
}

type Queue = Scheduler<Event>;

struct ServerfulWorld<'r, I, R> {
    arrivals: Arrivals<I>,
    requests: Requests,
    fleet: Fleet,
    vcpus: u32,
    stations: Vec<(SharedStation<RequestId>, Alarm)>,
    scaler: Option<Autoscaler>,
    started: bool,
    window_end: Time,
    memory: IdVec<FunctionKind, Bytes>,
    execution: Execution,
    paths: PathSums,
    meter: Meter,
    books: Books,
    queued: u64,
    recorder: &'r mut R,
}

/// Runs `invocations`, in order of time, on a fleet of virtual machines.
pub fn run_serverful<I: Iterator<Item = Invocation>, R: Recorder>(
    setup: ServerfulSetup,
    invocations: I,
    scope: &Scope,
    recorder: &mut R,
    watch: &mut dyn Watch,
) -> RunReport {
    let mut world = ServerfulWorld::new(setup, invocations, scope, recorder);
    let end = (Time::ZERO + scope.window).saturating_add(scope.drain);
    let outcome = engine::run(&mut world, &Limits { end, events: scope.events }, watch);
    world.finish(outcome, scope)
}

impl<'r, I: Iterator<Item = Invocation>, R: Recorder> ServerfulWorld<'r, I, R> {
    fn new(setup: ServerfulSetup, invocations: I, scope: &Scope, recorder: &'r mut R) -> Self {
        let (initial, scaler) = match setup.sizing {
            Sizing::Fixed(size) => (size, None),
            Sizing::Autoscaled(scaler) => (scaler.minimum(), Some(scaler)),
        };
        let mut world = Self {
            arrivals: Arrivals::new(invocations, setup.paths.sums().offset),
            requests: Requests::default(),
            fleet: Fleet::new(setup.vm, setup.limit, setup.queue_limit),
            vcpus: setup.vm.vcpus,
            stations: Vec::new(),
            scaler,
            started: false,
            window_end: Time::ZERO + scope.window,
            memory: setup.memory,
            execution: setup.execution,
            paths: setup.paths.sums(),
            meter: Meter::new(scope.window, scope.bin),
            books: Books::default(),
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
        self.stations.push((SharedStation::new(self.vcpus), Alarm::OFF));
        Some(vm)
    }

    fn run(&mut self, now: Time, id: RequestId, vm: VmId, queue: &mut Queue) {
        let request = self.requests.get_mut(id);
        request.began = now;
        request.ready = now;
        request.place = vm.raw();
        request.run = self.execution.run(request.duration);
        let work = request.run.compute + request.run.local;
        let (station, alarm) = &mut self.stations[vm.index()];
        station.start(now, id, work);
        self.meter.advance(now);
        if station.jobs() <= self.vcpus as usize {
            self.meter.raise(Gauge::CoresBusy, 1);
        }
        alarm.arm(station.next_completion(), Event::Cpu(vm), queue);
    }

    fn ran(&mut self, now: Time, vm: VmId, queue: &mut Queue) {
        loop {
            let (station, alarm) = &mut self.stations[vm.index()];
            let Some(id) = station.pop_finished(now) else {
                alarm.arm(station.next_completion(), Event::Cpu(vm), queue);
                return;
            };
            self.meter.advance(now);
            if station.jobs() < self.vcpus as usize {
                self.meter.lower(Gauge::CoresBusy, 1);
            }
            let delay = self.paths.in_run;
            if delay == Span::ZERO {
                self.complete(now, id, queue);
            } else {
                queue.after(delay, Event::Complete(id));
            }
        }
    }

    fn complete(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        let request = *self.requests.get(id);
        self.meter.advance(now);
        self.books.complete(now, &request, &self.paths, Component::Queue, &mut self.meter, self.recorder);
        self.requests.remove(id);
        self.fleet.finish(now, Id::new(request.place), self.memory[request.function], &mut self.meter);
        self.start_waiting(now, queue);
    }

    fn start_waiting(&mut self, now: Time, queue: &mut Queue) {
        while let Some((id, vm)) = self.fleet.start_waiting(now, &mut self.meter) {
            self.run(now, id, vm, queue);
        }
    }

    /// The autoscaler looks, and looks again until the window is over and nothing is left to serve.
    fn scale(&mut self, now: Time, queue: &mut Queue) {
        let Some(scaler) = &mut self.scaler else { return };
        self.meter.advance(now);
        let serving = self.fleet.serving();
        let vcpus = u64::from(serving) * u64::from(self.vcpus);
        let change = scaler.look(now, self.meter.whole(Gauge::CoresBusy), vcpus, serving, self.fleet.size());
        let (interval, boot_delay) = (scaler.interval, scaler.boot_delay);
        for _ in 0..change {
            let Some(vm) = self.order(now) else { break };
            queue.after(boot_delay, Event::Booted(vm));
        }
        if change < 0 {
            self.fleet.give_up_one(now, &mut self.meter);
        }
        if now < self.window_end || self.meter.level(Gauge::InSystem) > 0 {
            queue.after(interval, Event::Scale);
        }
    }

    fn finish(mut self, outcome: engine::Outcome, scope: &Scope) -> RunReport {
        self.meter.advance(outcome.end);
        let open = self.meter.level(Gauge::InSystem);
        let audits = self.audits(outcome.end, u128::from(open));
        let end = (Time::ZERO + scope.window).max(outcome.end);
        self.meter.advance(end);
        for (counter, n) in [
            (Counter::Arrived, self.books.arrived),
            (Counter::Completed, self.books.completed),
            (Counter::Rejected, self.books.rejected),
            (Counter::Open, open),
            (Counter::Queued, self.queued),
            (Counter::BilledMachines, self.fleet.billed_until(Time::ZERO + scope.window).as_ps()),
        ] {
            self.meter.count(counter, n);
        }
        self.meter.counters_mut().ask(ResourceKind::Fabric, self.books.fabric_bytes(&self.paths));
        RunReport { outcome, meter: self.meter, usage: Vec::new(), audits }
    }

    fn audits(&self, end: Time, open: u128) -> Vec<Audit> {
        let mut audits = self.books.audits(open, self.requests.open_time(end), &self.meter);
        let stations: u128 = self.stations.iter().map(|(station, _)| station.busy_server_time(end)).sum();
        // A run ends inside a station at a fraction of a picosecond and is told at the next whole one.
        audits.push(Audit::within(
            "core time busy = work done by the machines, to 1 ps a request [ps]",
            self.meter.whole(Gauge::CoresBusy),
            stations,
            u128::from(self.books.arrived),
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
            queue.after(scaler.interval, Event::Scale);
        }
        let invocation = self.arrivals.take();
        let id = self.requests.insert(&invocation, now);
        self.books.arrived += 1;
        let memory = self.memory[invocation.function];
        let decision = self.fleet.request(now, id, memory, &mut self.meter);
        self.meter.raise(Gauge::InSystem, 1);
        match decision {
            Decision::Start(vm) => self.run(now, id, vm, queue),
            Decision::Wait => self.queued += 1,
            Decision::Reject(reason) => {
                self.meter.lower(Gauge::InSystem, 1);
                self.books.rejected += 1;
                self.recorder.rejected(now, invocation.function, reason);
                self.requests.remove(id);
            }
        }
    }

    fn handle(&mut self, now: Time, event: Event, queue: &mut Queue) {
        match event {
            Event::Cpu(vm) => {
                if self.stations[vm.index()].1.rings(now) {
                    self.ran(now, vm, queue);
                }
            }
            Event::Complete(id) => self.complete(now, id, queue),
            Event::Scale => self.scale(now, queue),
            Event::Booted(vm) => {
                self.fleet.booted(vm);
                self.start_waiting(now, queue);
            }
        }
    }

    fn fingerprint(event: &Event) -> u64 {
        let (kind, number) = match *event {
            Event::Cpu(vm) => (0, vm.raw()),
            Event::Complete(id) => (1, id.raw()),
            Event::Scale => (2, 0),
            Event::Booted(vm) => (3, vm.raw()),
        };
        kind << 32 | u64::from(number)
    }
}
