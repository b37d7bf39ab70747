//! Arrivals and events, and the requests that may start after them.

use crate::engine::{self, Watch, World};
use crate::ids::{RequestId, SandboxId};
use crate::platform::Decision;
use crate::platform::serverless::Warmth;
use crate::record::{Gauge, Recorder};
use crate::units::{Span, Time};
use crate::workload::Invocation;
use crate::world::event::{Due, Event, Kind, PlatformStep, Queue, RequestStep};
use crate::world::report::{Measurement, RunReport};
use crate::world::retry::Made;
use crate::world::setup::ServerlessSetup;
use crate::world::stage::Shared;

use super::ServerlessWorld;
use super::cores::OwnCores;
use super::requests::Then;

/// Runs `invocations`, in order of time, on a serverless layout. Never inlined, so that profiles can be limited to it.
#[inline(never)]
pub fn run_serverless<I: Iterator<Item = Invocation>, R: Recorder>(
    setup: ServerlessSetup,
    invocations: I,
    measurement: &Measurement,
    recorder: &mut R,
    watch: &mut dyn Watch,
) -> RunReport {
    let mut world = ServerlessWorld::new(setup, invocations, measurement, recorder);
    let limits = measurement.limits(world.arrivals.offset());
    let outcome = engine::run(&mut world, &limits, watch);
    world.finish(outcome)
}

/// Arrivals.
impl<I: Iterator<Item = Invocation>, R: Recorder> ServerlessWorld<'_, I, R> {
    /// A request has arrived.
    #[inline(never)]
    fn arrive_general(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        if self.attempts.counts() {
            *self.attempts.of(id) = Made { attempts: 1, ..Made::default() };
        }
        let function = self.requests.get(id).function;
        self.platform.advance(now, &mut self.meter);
        self.meter.raise(Gauge::InSystem, 1);
        if self.attempts.gangs {
            self.attempts.gang.push(id);
            if self.arrivals.peek() != Some((now, function)) {
                let mut gang = std::mem::take(&mut self.attempts.gang);
                self.ask_for_gang(now, &mut gang, queue);
                self.attempts.gang = gang;
            }
        } else {
            self.ask(now, id, queue);
        }
        self.settle(now, queue);
    }

    #[inline(always)]
    fn ask(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        let function = self.requests.get(id).function;
        match self.platform.request(now, id, function, &mut self.meter) {
            Decision::Start(start) => {
                let then = self.begin(now, id, start, queue);
                self.follow(now, then, queue);
            }
            Decision::Wait => self.waits(now, id, queue),
            Decision::Reject(reason) => self.reject(now, id, reason, queue),
        }
    }

    /// A request is retried, with all of its gang.
    fn retry(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        self.platform.advance(now, &mut self.meter);
        match self.attempts.together.remove(&id) {
            Some(mut gang) => self.ask_for_gang(now, &mut gang, queue),
            None => self.ask(now, id, queue),
        }
    }
}

/// What follows.
impl<I: Iterator<Item = Invocation>, R: Recorder> ServerlessWorld<'_, I, R> {
    /// Does what has to be done after something has happened to a request; most often nothing.
    #[inline(always)]
    fn follow(&mut self, now: Time, then: Then, queue: &mut Queue) {
        if !matches!(then, Then::Nothing) {
            self.follow_on(now, then, queue);
        }
    }

    #[inline(never)]
    fn follow_on(&mut self, now: Time, mut then: Then, queue: &mut Queue) {
        while let Then::StartWaitingAndGo(id) = then {
            self.start_waiting(now, queue);
            then = self.go_on(now, id, queue);
        }
        if let Then::StartWaiting = then {
            self.start_waiting(now, queue);
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
        if self.platform.may_start() || self.waits_for_cores.as_ref().is_some_and(OwnCores::has_next) {
            self.serve_waiting(now, queue);
        } else {
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
        loop {
            let mut then = if let Some(then) = self.next_with_core(now, queue) {
                then
            } else if let Some((sandbox, from)) = self.platform.take_boot() {
                self.boot(now, sandbox, from, queue)
            } else if let Some((id, start)) = self.platform.start_waiting(now, &mut self.meter) {
                self.has_begun(id);
                self.begin(now, id, start, queue)
            } else {
                break;
            };
            // Those that may start because a run without length is over are the next in this loop.
            while let Then::StartWaitingAndGo(id) = then {
                then = self.go_on(now, id, queue);
            }
        }
        self.arm_platform(queue);
    }

    /// Starts a sandbox that the platform wants without a request.
    fn boot(&mut self, now: Time, sandbox: SandboxId, from: Warmth, queue: &mut Queue) -> Then {
        let function = self.platform.sandbox(sandbox).function;
        let id = self.requests.insert_boot(function, now, sandbox.raw(), from);
        self.start_cold(now, id, queue)
    }
}

/// Events.
impl<I: Iterator<Item = Invocation>, R: Recorder> ServerlessWorld<'_, I, R> {
    /// All events but the end of an undisturbed run, which is by far the most frequent. Out of line, where it leaves
    /// registers alone.
    #[inline(never)]
    fn handle_other(&mut self, now: Time, event: Event, queue: &mut Queue) {
        match event.kind() {
            Kind::Request(RequestStep::Ended, _) => unreachable!("`handle` has taken it"),
            Kind::Request(step, id) => self.request_step(now, step, id, queue),
            Kind::Due(due) => self.resource_is_due(now, due, queue),
            Kind::Platform(PlatformStep::Wake) if self.platform_alarm.fires(now) => {
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
                let then = self.started(now, id, queue);
                self.follow(now, then, queue);
            }
            RequestStep::Over => {
                let then = self.stage_over(now, id, queue);
                self.follow(now, then, queue);
            }
            RequestStep::Abandon => self.abandon(now, id, queue),
            RequestStep::Retry => self.retry(now, id, queue),
            RequestStep::TimedOut => {
                self.platform.advance(now, &mut self.meter);
                self.cancel_run(now, id);
                self.has_failed(now, id, queue);
                self.start_waiting(now, queue);
            }
        }
    }

    fn resource_is_due(&mut self, now: Time, due: Due, queue: &mut Queue) {
        if !self.resources.metered(&mut self.meter).fires(now, due) {
            return;
        }
        self.platform.advance(now, &mut self.meter);
        while let Some(id) = self.resources.metered(&mut self.meter).pop(now, due, queue) {
            let then = self.stage_over(now, id, queue);
            self.follow(now, then, queue);
        }
    }

    /// A plain run is over.
    #[inline(always)]
    fn has_ended_plain(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        self.complete(now, id);
        self.start_waiting(now, queue);
    }

    #[inline(never)]
    fn has_ended_at_once(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        self.has_ended_plain(now, id, queue);
    }

    /// An undisturbed run is over, which is not plain.
    #[inline(never)]
    fn has_ended_by_rules(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        let then = self.complete_by_rules(now, id);
        self.follow(now, then, queue);
    }

    /// Limits on run time are reached: those that still run are cancelled, have failed, and may be retried.
    #[inline(never)]
    fn time_out(&mut self, now: Time, queue: &mut Queue) {
        let event = Kind::Platform(PlatformStep::Timeout).event();
        if !self.timeouts.as_mut().is_some_and(|timeouts| timeouts.fires(now, event, queue)) {
            return;
        }
        while let Some(id) = self.timeouts.as_mut().and_then(|some| some.pop(now, &self.requests, event, queue)) {
            self.platform.advance(now, &mut self.meter);
            let pending = self.call_off(now, id, queue);
            self.cancel_run(now, id);
            let id = if pending { self.leave_dead(id) } else { id };
            self.has_failed(now, id, queue);
            self.start_waiting(now, queue);
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
        self.accounts.arrive();
        if self.platform.is_general() {
            self.accounts.arrived_at(invocation.at);
            self.arrive_general(now, id, queue);
            return;
        }
        let decision = self.platform.request(now, id, invocation.function, &mut self.meter);
        self.meter.raise(Gauge::InSystem, 1);
        match decision {
            Decision::Start(start) => {
                self.take(now, id, start);
                if self.plain && !start.must_start() {
                    // By far the most frequent: its end is an event, and nothing follows before.
                    match self.run_plain(now, id) {
                        Span::ZERO => self.has_ended_at_once(now, id, queue),
                        delay => queue.after(delay, Kind::Request(RequestStep::Ended, id).event()),
                    }
                    return;
                }
                let then = self.enter(now, id, start, queue);
                self.follow(now, then, queue);
            }
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
            Some(id) if self.plain => self.has_ended_plain(now, id, queue),
            Some(id) => self.has_ended_by_rules(now, id, queue),
            None => self.handle_other(now, event, queue),
        }
    }

    #[inline(always)]
    fn fingerprint(event: &Event) -> u64 {
        event.fingerprint()
    }

    fn begin(&mut self, now: Time) {
        self.begin_measured(now);
    }

    fn pass(&mut self, now: Time) {
        self.note_backlog(now);
    }

    fn close(&mut self, now: Time) {
        self.close_period(now);
    }

    fn over(&self) -> Option<Time> {
        self.accounts.over(&self.arrivals, self.measurement.to())
    }

    fn next_look(&self) -> Time {
        self.looks.next()
    }
    fn look(&mut self, now: Time) {
        self.platform.expire(now, &mut self.meter);
        self.look_around();
    }
}
