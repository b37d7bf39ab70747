//! How a request goes through a serverless data centre, from its start to its end.

use crate::ids::{Id, RequestId, SandboxId};
use crate::record::{Component, Gauge, Recorder, Rejection};
use crate::units::{Span, Time};
use crate::workload::Invocation;

use crate::world::event::{Kind, PlatformStep, Queue, RequestStep};
use crate::world::request::{ScriptNumber, State};
use crate::world::resources::Need;
use crate::world::stage::{Cancelled, Mark, Next, ScriptId, Stage, Work};
use crate::world::start::Order;

use super::ServerlessWorld;

impl<I: Iterator<Item = Invocation>, R: Recorder> ServerlessWorld<'_, I, R> {
    /// The sandbox of a request has to be started first.
    #[inline(never)]
    pub(super) fn start_cold(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        let script = self.scripts.open();
        let request = self.requests.get_mut(id);
        request.script = Some(ScriptNumber::of(script));
        let sandbox = self.platform.sandbox(Id::new(request.place));
        let order = Order {
            function: request.function,
            host: sandbox.host,
            memory: sandbox.need.total(),
            from: request.from,
            pool: Id::new(sandbox.pool),
        };
        match self.starting.begin(now, order, script, &mut self.scripts) {
            Some(Span::ZERO) => self.started(now, id, queue),
            Some(delay) => queue.after(delay, Kind::Request(RequestStep::Started, id).event()),
            None => self.go(now, id, script, queue),
        }
    }

    /// The next stage of a request begins; whom the end of one concerns gets to know.
    fn go(&mut self, now: Time, id: RequestId, script: ScriptId, queue: &mut Queue) {
        loop {
            let mut shared = self.resources.metered(&mut self.meter);
            match self.scripts.go(now, script, id, &mut shared, queue) {
                Next::Wait => return,
                Next::Told(mark) => {
                    if self.tell(now, id, script, mark, queue) {
                        return;
                    }
                }
                Next::Done => unreachable!("the last stage of a script has a mark"),
            }
        }
    }

    /// The stage that a request is in is over.
    pub(super) fn stage_over(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        let request = self.requests.get(id);
        if request.state == State::Dead {
            self.bury(id);
            return;
        }
        let Some(script) = request.script else { unreachable!("a request without a script has no stages") };
        self.platform.advance(now, &mut self.meter);
        let mark = self.scripts.over(now, script.id());
        if !self.tell(now, id, script.id(), mark, queue) {
            self.go(now, id, script.id(), queue);
        }
    }

    /// Tells whom the end of a stage concerns; returns whether the request goes on elsewhere.
    fn tell(&mut self, now: Time, id: RequestId, script: ScriptId, mark: Mark, queue: &mut Queue) -> bool {
        match mark {
            Mark::Nothing => return false,
            Mark::Fetched => {
                self.starting.fetched(script);
                return false;
            }
            Mark::Ready => {
                self.starting.complete(now, script);
                self.started(now, id, queue);
            }
            Mark::Ended => self.complete(now, id, queue),
        }
        true
    }

    /// A sandbox has become ready: for a request, or for none.
    pub(super) fn started(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        if !self.platform.is_general() {
            self.run(now, id, queue);
            return;
        }
        let request = self.requests.get(id);
        let sandbox = Id::new(request.place);
        let boot = request.state == State::Boot;
        self.platform.ready(now, sandbox, &mut self.meter);
        if boot {
            self.bury(id);
        } else {
            self.run(now, id, queue);
        }
    }

    /// The sandbox is ready: the code runs. Platform and meter have been moved to `now`.
    #[inline(always)]
    pub(super) fn run(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        let request = self.requests.get_mut(id);
        request.ready = now;
        request.state = State::Running;
        if self.own_cores {
            self.meter.raise(Gauge::CoresBusy, 1);
        }
        if !self.undisturbed {
            self.run_with_others(now, id, queue);
            return;
        }
        request.straight = true;
        request.run = self.execution.run(request.duration);
        let delay = request.run.steady() + self.paths.in_run;
        if self.timeouts.as_ref().is_some_and(|timeouts| delay > timeouts.limit()) {
            self.run_to_limit(id, queue);
        } else if delay == Span::ZERO {
            self.complete_at_once(now, id, queue);
        } else {
            queue.after(delay, Kind::Request(RequestStep::Ended, id).event());
        }
    }

    /// A run that nothing can change is longer than it may be.
    #[inline(never)]
    fn run_to_limit(&mut self, id: RequestId, queue: &mut Queue) {
        let Some(timeouts) = &self.timeouts else { unreachable!("there is no limit") };
        queue.after(timeouts.limit(), Kind::Request(RequestStep::TimedOut, id).event());
    }

    #[inline(never)]
    fn complete_at_once(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        self.complete(now, id, queue);
    }

    /// Runs where others are felt: on shared cores, or with memory in a pool.
    #[inline(never)]
    fn run_with_others(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        let request = self.requests.get_mut(id);
        let (duration, place) = (request.duration, request.place);
        if let Some(timeouts) = &mut self.timeouts {
            timeouts.begin(now, id, Kind::Platform(PlatformStep::Timeout).event(), queue);
        }
        let script = request.script.map_or_else(|| self.scripts.open(), ScriptNumber::id);
        request.script = Some(ScriptNumber::of(script));
        let sandbox = self.platform.sandbox(Id::new(place));
        let run = self.execution.run(duration);
        let parts = [(Component::Compute, run.compute), (Component::LocalMemory, run.local)];
        if self.execution.is_remote() {
            let work = self.resources.remote(Id::new(sandbox.pool), duration, run.steady());
            self.scripts.push(script, Stage::new(work, Component::RemoteMemory).with_parts(parts));
        } else {
            let need = Need::Cores { host: sandbox.host, work: run.steady() };
            self.scripts.push(script, Stage::new(Work::On(need), Component::Queue).with_parts(parts));
        }
        self.paths.push_in_run(script, &mut self.scripts);
        self.scripts.mark_last(script, Mark::Ended);
        self.go(now, id, script, queue);
    }

    /// A request is done.
    #[inline(always)]
    pub(super) fn complete(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        let request = self.requests.get(id);
        if request.state == State::Dead {
            self.bury(id);
            return;
        }
        self.platform.advance(now, &mut self.meter);
        let sandbox = Id::new(request.place);
        if self.own_cores {
            self.meter.lower(Gauge::CoresBusy, 1);
        }
        if let Some(prices) = &self.prices {
            self.bill.add(prices, self.platform.sandbox(sandbox).need.total(), now.since(request.ready));
        }
        let script = request.script;
        let ledger = script.map(|script| self.scripts.ledger(script.id()));
        self.accounts.complete(now, request, ledger, &self.paths, &mut self.meter, self.recorder);
        if self.execution.is_remote() {
            self.accounts.remote_bytes += u128::from(self.execution.remote_bytes(request.duration).0);
        }
        if let Some(script) = script {
            self.close_script(script.id(), sandbox);
        }
        self.requests.remove(id);
        self.platform.finish(now, sandbox, &mut self.meter);
        self.start_waiting(now, queue);
    }

    /// A script has been walked to its end, or called off.
    #[inline(never)]
    fn close_script(&mut self, script: ScriptId, sandbox: SandboxId) {
        self.scripts.close(script);
        if self.execution.is_remote() {
            self.resources.remote_ended(Id::new(self.platform.sandbox(sandbox).pool));
        }
    }

    /// Frees the number of a request that nothing in the queue stands for any more.
    #[inline(never)]
    pub(super) fn bury(&mut self, id: RequestId) {
        if let Some(script) = self.requests.get(id).script {
            self.scripts.close(script.id());
        }
        self.requests.remove(id);
    }

    /// Limits on run time are reached: those that still run are cancelled, have failed, and may come again.
    #[inline(never)]
    pub(super) fn time_out(&mut self, now: Time, queue: &mut Queue) {
        let event = Kind::Platform(PlatformStep::Timeout).event();
        if !self.timeouts.as_mut().is_some_and(|timeouts| timeouts.rings(now, event, queue)) {
            return;
        }
        loop {
            let Some(timeouts) = &mut self.timeouts else { return };
            let requests = &self.requests;
            let runs = |id, ready| {
                let request = requests.get(id);
                request.state == State::Running && request.ready == ready
            };
            let Some(id) = timeouts.pop(now, runs, event, queue) else { return };
            self.platform.advance(now, &mut self.meter);
            let pending = self.call_off(now, id, queue);
            self.cancel_run(now, id);
            let id = if pending { self.leave_dead(id) } else { id };
            self.has_failed(now, id, queue);
        }
    }

    /// Calls off the stage that a run is in; returns whether an event still stands for it.
    fn call_off(&mut self, now: Time, id: RequestId, queue: &mut Queue) -> bool {
        let Some(script) = self.requests.get(id).script else { unreachable!("the run has stages") };
        let mut shared = self.resources.metered(&mut self.meter);
        self.scripts.cancel(now, script.id(), &mut shared, queue) == Cancelled::Pending
    }

    /// Ends a run before its time: it is paid for, its core is free, and it has no stages any more.
    pub(super) fn cancel_run(&mut self, now: Time, id: RequestId) {
        if self.own_cores {
            self.meter.lower(Gauge::CoresBusy, 1);
        }
        let request = self.requests.get_mut(id);
        (request.state, request.straight) = (State::Before, false);
        let (sandbox, ready, script) = (Id::new(request.place), request.ready, request.script.take());
        if let Some(prices) = &self.prices {
            self.bill.add(prices, self.platform.sandbox(sandbox).need.total(), now.since(ready));
        }
        self.accounts.running += u128::from(now.since(ready).as_ps());
        if let Some(script) = script {
            self.close_script(script.id(), sandbox);
        }
    }

    /// A request has run for too long, and may come again; its sandbox is free.
    pub(super) fn has_failed(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        let sandbox = Id::new(self.requests.get(id).place);
        self.platform.finish(now, sandbox, &mut self.meter);
        self.reject(now, id, Rejection::RanTooLong, queue);
        self.start_waiting(now, queue);
    }

    /// The request goes on under another number, as an event still stands for this one.
    fn leave_dead(&mut self, id: RequestId) -> RequestId {
        let new = self.requests.leave_dead(id);
        self.attempts.copy(id, new);
        new
    }
}
