//! How a request goes through a serverless data centre, from its start to its end.
//!
//! Nothing here begins another request: what is done returns what has to be done next ([`Then`]).

use crate::ids::{FunctionId, HostId, Id, RequestId, SandboxId};
use crate::platform::serverless::{Sandbox, Start, Warmth};
use crate::record::{Component, Gauge, Recorder, Rejection};
use crate::units::{Bytes, Span, Time};
use crate::workload::Invocation;

use crate::world::accounts::Ending;
use crate::world::event::{Kind, PlatformStep, Queue, RequestStep};
use crate::world::request::{Request, ScriptNumber, State};
use crate::world::resources::{Demand, End};
use crate::world::stage::{Cancelled, Mark, Next, ScriptId, Stage, Work};
use crate::world::start::Order;

use super::ServerlessWorld;

/// What has to be done next, by who drives requests: starting those that wait begins other requests, which is not up to one.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub(super) enum Then {
    /// Nothing: an event, or another request, moves it on.
    Nothing,
    /// A sandbox has a request less: those that wait may start.
    StartWaiting,
    /// The same, and after that this request goes on ([`ServerlessWorld::go_on`]).
    StartWaitingAndGo(RequestId),
}

impl<I: Iterator<Item = Invocation>, R: Recorder> ServerlessWorld<'_, I, R> {
    /// Gives a request the sandbox that was decided on, and begins what comes first there.
    #[inline(always)]
    pub(super) fn begin(&mut self, now: Time, id: RequestId, start: Start, queue: &mut Queue) -> Then {
        self.take(now, id, start);
        self.enter(now, id, start, queue)
    }

    /// Gives a request the sandbox that was decided on.
    #[inline(always)]
    pub(super) fn take(&mut self, now: Time, id: RequestId, start: Start) {
        let request = self.requests.get_mut(id);
        request.began = now;
        request.place = start.sandbox.raw();
        request.cold = start.is_cold();
        request.from = start.from;
    }

    /// Begins what comes first in the sandbox that a request has been given.
    #[inline(always)]
    pub(super) fn enter(&mut self, now: Time, id: RequestId, start: Start, queue: &mut Queue) -> Then {
        if !self.plain && !self.classes.nothing_to_receive {
            self.receive(now, id, queue)
        } else if start.must_start() {
            self.start_cold(now, id, queue)
        } else {
            self.run(now, id, queue)
        }
    }

    /// What a request brings comes to its host, before anything else happens there.
    #[inline(never)]
    fn receive(&mut self, now: Time, id: RequestId, queue: &mut Queue) -> Then {
        let script = self.scripts.open();
        let request = self.requests.get_mut(id);
        request.script = Some(ScriptNumber::of(script));
        let host = self.platform.sandbox(Id::new(request.place)).host;
        let rest = self.classes.rest_of_way(request.function, host);
        self.scripts.push(script, Stage::delay(rest, Component::Network));
        let [bytes, ..] = self.classes.paths(request.function, host).transfers;
        if bytes > Bytes::ZERO {
            let need = self.resources.transfer(host, End::Outside, false, bytes);
            self.scripts.push(script, Stage::new(Work::On(need), Component::Network));
        }
        self.scripts.mark_last(script, Mark::Received);
        self.go(now, id, script, queue)
    }

    /// The sandbox of a request has to be started first.
    #[inline(never)]
    pub(super) fn start_cold(&mut self, now: Time, id: RequestId, queue: &mut Queue) -> Then {
        let script = self.script_of(id);
        let request = self.requests.get(id);
        let sandbox = self.platform.sandbox(Id::new(request.place));
        let (function, host, resources) = (request.function, sandbox.host, &self.resources);
        if self.start_holds_core {
            let cores = self.starting_cores(function);
            self.meter.raise_at(Gauge::CoresStarting, host.raw(), cores);
        }
        let order = Order {
            function,
            host,
            uses_pools: self.classes.uses_pools(host),
            page_profile: resources.page_profile(self.classes.group(host)),
            memory: sandbox.need.total(),
            from: request.from,
            pool: Id::new(sandbox.pool),
        };
        let fetch = |bytes| {
            let transfer = resources.transfer(host, End::Storage(function), false, bytes);
            (transfer, resources.fetch_latency(function))
        };
        match self.starting.begin(now, order, script, &mut self.scripts, fetch) {
            Some(Span::ZERO) => self.started(now, id, queue),
            Some(delay) => {
                queue.after(delay, Kind::Request(RequestStep::Started, id).event());
                Then::Nothing
            }
            None => self.go(now, id, script, queue),
        }
    }

    /// The script of a request, which it is given if it has none.
    fn script_of(&mut self, id: RequestId) -> ScriptId {
        let request = self.requests.get_mut(id);
        request.script.get_or_insert_with(|| ScriptNumber::of(self.scripts.open())).id()
    }

    /// The next stage of a request begins; whom the end of one concerns gets to know.
    fn go(&mut self, now: Time, id: RequestId, script: ScriptId, queue: &mut Queue) -> Then {
        loop {
            let mut shared = self.resources.metered(&mut self.meter);
            match self.scripts.go(now, script, id, &mut shared, queue) {
                Next::Wait => return Then::Nothing,
                Next::Passed(mark) => {
                    if let Some(then) = self.tell(now, id, script, mark, queue) {
                        return then;
                    }
                }
                Next::Done => {
                    debug_assert_eq!(self.requests.get(id).state, State::Answering, "a script ends with the answer");
                    self.answered(now, id);
                    return Then::Nothing;
                }
            }
        }
    }

    /// A request whose run is over begins the next stage of its script.
    pub(super) fn go_on(&mut self, now: Time, id: RequestId, queue: &mut Queue) -> Then {
        let script = self.script_of(id);
        self.go(now, id, script, queue)
    }

    /// The stage that a request is in is over.
    pub(super) fn stage_over(&mut self, now: Time, id: RequestId, queue: &mut Queue) -> Then {
        let request = self.requests.get(id);
        if request.state == State::Dead {
            self.bury(id);
            return Then::Nothing;
        }
        let Some(script) = request.script else { unreachable!("a request without a script has no stages") };
        self.platform.advance(now, &mut self.meter);
        if let Some(need) = self.scripts.need(script.id()) {
            self.resources.metered(&mut self.meter).over(now, &need, queue);
        }
        let mark = self.scripts.over(now, script.id());
        match self.tell(now, id, script.id(), mark, queue) {
            Some(then) => then,
            None => self.go(now, id, script.id(), queue),
        }
    }

    /// Tells whom the end of a stage concerns; `None` where the request goes on with its next stage at once.
    fn tell(&mut self, now: Time, id: RequestId, script: ScriptId, mark: Mark, queue: &mut Queue) -> Option<Then> {
        match mark {
            Mark::Nothing => None,
            Mark::Fetched => {
                self.starting.fetched(script);
                None
            }
            Mark::Ready => {
                self.starting.complete(now, script);
                Some(self.started(now, id, queue))
            }
            Mark::Received => {
                let starts = self.requests.get(id).from != Warmth::Warm;
                Some(if starts { self.start_cold(now, id, queue) } else { self.run(now, id, queue) })
            }
            Mark::Core => {
                self.meter.lower(Gauge::Waiting, 1);
                Some(self.run_on_cores(now, id, queue))
            }
            Mark::Ended => {
                // The host is free; the answer may still have to be sent.
                self.requests.get_mut(id).state = State::Answering;
                let sandbox = Id::new(self.requests.get(id).place);
                self.release(now, id, sandbox);
                self.platform.finish(now, sandbox, &mut self.meter);
                Some(Then::StartWaitingAndGo(id))
            }
        }
    }

    /// A sandbox has become ready: for a request, or for none.
    pub(super) fn started(&mut self, now: Time, id: RequestId, queue: &mut Queue) -> Then {
        if self.start_holds_core {
            let Request { function, place, .. } = *self.requests.get(id);
            let host = self.platform.sandbox(Id::new(place)).host;
            self.meter.lower_at(Gauge::CoresStarting, host.raw(), self.starting_cores(function));
        }
        if !self.platform.is_general() {
            return self.run(now, id, queue);
        }
        let request = self.requests.get(id);
        let sandbox = Id::new(request.place);
        let boot = request.state == State::Boot;
        self.platform.ready(now, sandbox, &mut self.meter);
        if boot {
            self.bury(id);
            Then::Nothing
        } else {
            self.run(now, id, queue)
        }
    }

    /// The sandbox is ready: the code runs. Platform and meter have been moved to `now`.
    #[inline(always)]
    fn run(&mut self, now: Time, id: RequestId, queue: &mut Queue) -> Then {
        if !self.plain {
            return self.run_by_rules(now, id, queue);
        }
        let delay = self.run_plain(now, id);
        if delay == Span::ZERO {
            return self.complete_at_once(now, id);
        }
        queue.after(delay, Kind::Request(RequestStep::Ended, id).event());
        Then::Nothing
    }

    /// A plain run begins, and takes the time that is returned.
    #[inline(always)]
    pub(super) fn run_plain(&mut self, now: Time, id: RequestId) -> Span {
        let request = self.requests.get_mut(id);
        request.ready = now;
        let (execution, paths) = self.classes.first();
        request.run = execution.run(request.duration);
        let delay = request.run.steady() + paths.circuit;
        self.meter.raise(Gauge::CoresBusy, 1);
        delay
    }

    /// The same where hosts or functions differ, runs have limits, or others are felt.
    #[inline(never)]
    fn run_by_rules(&mut self, now: Time, id: RequestId, queue: &mut Queue) -> Then {
        if let Some(cores) = &mut self.waits_for_cores {
            let request = self.requests.get(id);
            let host = self.platform.sandbox(Id::new(request.place)).host;
            if !cores.take(request.function, host) {
                return self.wait_for_core(now, id, host, queue);
            }
        }
        self.run_on_cores(now, id, queue)
    }

    /// No core is free for a request whose sandbox is ready.
    #[inline(never)]
    fn wait_for_core(&mut self, now: Time, id: RequestId, host: HostId, queue: &mut Queue) -> Then {
        let join = self.scripts.join(1);
        if let Some(cores) = &mut self.waits_for_cores {
            cores.wait(self.requests.get(id).function, host, join);
        }
        // One that has waited for its sandbox is counted already.
        let request = self.requests.get(id);
        self.queued += u64::from(request.began == request.decided);
        self.meter.raise(Gauge::Waiting, 1);
        let script = self.script_of(id);
        self.scripts.push(script, Stage::new(Work::Join(join), Component::Queue).marked(Mark::Core));
        self.go(now, id, script, queue)
    }

    /// A request that has waited has got a core, if any has: its wait is over.
    pub(super) fn next_with_core(&mut self, now: Time, queue: &mut Queue) -> Option<Then> {
        let join = self.waits_for_cores.as_mut()?.next()?;
        let Some(id) = self.scripts.arrive(join) else { unreachable!("a request waits for it") };
        Some(self.stage_over(now, id, queue))
    }

    /// The same on a core of its own, or on shared ones.
    fn run_on_cores(&mut self, now: Time, id: RequestId, queue: &mut Queue) -> Then {
        let request = self.requests.get_mut(id);
        let &Sandbox { host, split, need, .. } = self.platform.sandbox(Id::new(request.place));
        (request.ready, request.state, request.host) = (now, State::Running, host.raw());
        let function = request.function;
        if self.own_cores {
            self.meter.raise_at(Gauge::CoresBusy, host.raw(), self.busy(function, host));
        }
        if let Some(cores) = &self.waits_for_cores {
            self.meter.raise(Gauge::CoresAllocated, cores.of(function));
        }
        let request = self.requests.get_mut(id);
        let execution = self.classes.execution(function, host, split);
        let paths = self.classes.paths(request.function, host);
        // Without memory in a pool no circuit is set up, whatever others of its kind have.
        let other_path = need.remote == Bytes::ZERO && paths.circuit > Span::ZERO;
        if !self.own_cores || execution.is_remote() || paths.moves() || other_path {
            return self.run_with_others(now, id, queue);
        }
        request.straight = true;
        request.run = execution.run(request.duration);
        let delay = request.run.steady() + paths.circuit;
        if self.timeouts.as_ref().is_some_and(|timeouts| delay > timeouts.limit()) {
            self.run_to_limit(id, queue);
            return Then::Nothing;
        }
        if delay == Span::ZERO {
            return self.complete_by_rules(now, id);
        }
        queue.after(delay, Kind::Request(RequestStep::Ended, id).event());
        Then::Nothing
    }

    /// A run that nothing can change is longer than it may be.
    #[inline(never)]
    fn run_to_limit(&mut self, id: RequestId, queue: &mut Queue) {
        let Some(timeouts) = &self.timeouts else { unreachable!("there is no limit") };
        queue.after(timeouts.limit(), Kind::Request(RequestStep::TimedOut, id).event());
    }

    #[inline(never)]
    fn complete_at_once(&mut self, now: Time, id: RequestId) -> Then {
        self.complete(now, id);
        Then::StartWaiting
    }

    /// Runs where others are felt: on shared cores, with memory in a pool, or with data from elsewhere.
    #[inline(never)]
    fn run_with_others(&mut self, now: Time, id: RequestId, queue: &mut Queue) -> Then {
        if let Some(timeouts) = &mut self.timeouts {
            timeouts.begin(now, id, Kind::Platform(PlatformStep::Timeout).event(), queue);
        }
        let script = self.script_of(id);
        let Request { function, duration, place, .. } = *self.requests.get(id);
        let sandbox = *self.platform.sandbox(Id::new(place));
        let host = sandbox.host;
        let paths = self.classes.paths(function, host);
        let ([_, response, read, write], circuit) = (paths.transfers, paths.circuit);
        self.push_transfer(script, function, host, false, read);
        self.push_run(script, function, &sandbox, duration);
        if circuit > Span::ZERO && sandbox.need.remote > Bytes::ZERO {
            self.scripts.push(script, Stage::delay(circuit, Component::RemoteMemory));
        }
        self.push_transfer(script, function, host, true, write);
        self.scripts.mark_last(script, Mark::Ended);
        if response > Bytes::ZERO {
            let need = self.resources.transfer(host, End::Outside, true, response);
            self.scripts.push(script, Stage::new(Work::On(need), Component::Network));
        }
        self.go(now, id, script, queue)
    }

    /// The run itself, as a stage.
    fn push_run(&mut self, script: ScriptId, function: FunctionId, sandbox: &Sandbox, duration: Span) {
        let &Sandbox { host, split, .. } = sandbox;
        let execution = self.classes.execution(function, host, split);
        let run = execution.run(duration);
        let parts = [(Component::Compute, run.compute), (Component::LocalMemory, run.local)];
        let stage = if execution.is_remote() {
            let profile = self.classes.profile(function, host, split) as u32;
            let pool = Id::new(sandbox.pool);
            let (bytes, shared) = (execution.remote_bytes(duration), !self.own_cores);
            let need = Demand::Remote { pool, host, profile, work: duration, bytes, shared };
            Stage::new(Work::On(need), Component::RemoteMemory)
        } else if self.own_cores {
            Stage::delay(run.steady(), Component::Compute)
        } else {
            Stage::new(Work::On(Demand::Cores { host, work: run.steady() }), Component::Queue)
        };
        self.scripts.push(script, stage.with_parts(parts));
    }

    /// A transfer with the storage node of a function, as stages.
    fn push_transfer(&mut self, script: ScriptId, function: FunctionId, host: HostId, sends: bool, bytes: Bytes) {
        if bytes == Bytes::ZERO {
            return;
        }
        let paths = self.classes.paths(function, host);
        let need = self.resources.transfer(host, End::Storage(function), sends, bytes);
        paths.push_transfer(need, true, bytes, |stage| self.scripts.push(script, stage));
    }

    /// A plain run is over, and with it the request; those that wait may start.
    #[inline(always)]
    pub(super) fn complete(&mut self, now: Time, id: RequestId) {
        let request = self.requests.get(id);
        let sandbox = Id::new(request.place);
        self.platform.advance(now, &mut self.meter);
        self.meter.lower(Gauge::CoresBusy, 1);
        if let Some(prices) = &self.prices {
            self.bill.add(prices, self.platform.sandbox(sandbox).need.total(), now.since(request.ready));
        }
        self.accounts.has_run(now.since(request.ready));
        let ledger = request.script.map(|script| self.scripts.ledger(script.id()));
        let (offset, paths) = (self.classes.offset(), &self.classes.first().1);
        let ending = Ending { request, straight: true, ledger, offset, paths };
        self.accounts.complete(now, &ending, &mut self.meter, self.recorder);
        if let Some(script) = request.script {
            self.scripts.close(script.id());
        }
        self.requests.remove(id);
        self.platform.finish(now, sandbox, &mut self.meter);
    }

    /// The same of an undisturbed run where hosts or functions differ, or runs have limits.
    pub(super) fn complete_by_rules(&mut self, now: Time, id: RequestId) -> Then {
        let request = self.requests.get(id);
        if request.state == State::Dead {
            self.bury(id);
            return Then::Nothing;
        }
        let sandbox = Id::new(request.place);
        self.platform.advance(now, &mut self.meter);
        self.release(now, id, sandbox);
        self.answered(now, id);
        self.platform.finish(now, sandbox, &mut self.meter);
        Then::StartWaiting
    }

    /// What a run of a function keeps busy of its own cores, in the units of the meter.
    fn busy(&self, function: FunctionId, host: HostId) -> u64 {
        if self.core_unit == 1 { 1 } else { self.classes.execution(function, host, 0).busy().into() }
    }

    /// What a start keeps busy: all that it holds of the cores.
    fn starting_cores(&self, function: FunctionId) -> u64 {
        if self.core_unit == 1 { 1 } else { self.platform.cores(function) }
    }

    /// A run is over: its core is free, and it is paid for.
    fn release(&mut self, now: Time, id: RequestId, sandbox: SandboxId) {
        let request = self.requests.get(id);
        let (function, ready) = (request.function, request.ready);
        let sandbox = self.platform.sandbox(sandbox);
        let mut busy = 1;
        if self.own_cores {
            busy = self.busy(function, sandbox.host);
            self.meter.lower_at(Gauge::CoresBusy, sandbox.host.raw(), busy);
        }
        if let Some(cores) = &mut self.waits_for_cores {
            self.meter.lower(Gauge::CoresAllocated, cores.of(function));
            cores.release(function, sandbox.host);
        }
        self.accounts.has_run_since(ready, now, busy);
        if let Some(prices) = &self.prices {
            let part = self.measurement.scope().part(ready, now);
            self.bill.requests += u64::from(self.accounts.has(request, self.classes.offset()));
            self.bill.add_part(prices, sandbox.need.total(), now.since(ready), part);
        }
    }

    /// A request has its answer.
    fn answered(&mut self, now: Time, id: RequestId) {
        let request = self.requests.get(id);
        let ledger = request.script.map(|script| self.scripts.ledger(script.id()));
        let paths = self.classes.paths(request.function, HostId::new(request.host));
        let (offset, straight) = (self.classes.offset(), request.straight);
        if self.accounts.has(request, offset) {
            let ending = Ending { request, straight, ledger, offset, paths };
            self.accounts.complete(now, &ending, &mut self.meter, self.recorder);
            self.accounts.goes_on(now, request);
            self.accounts.returns(paths.network_out);
        } else {
            self.accounts.pass(now, request, true);
            self.accounts.sends(paths);
            self.meter.lower(Gauge::InSystem, 1);
        }
        if let Some(script) = request.script {
            self.scripts.close(script.id());
        }
        self.requests.remove(id);
    }

    /// Frees the number of a request that nothing in the queue stands for any more.
    #[inline(never)]
    fn bury(&mut self, id: RequestId) {
        if let Some(script) = self.requests.get(id).script {
            self.scripts.close(script.id());
        }
        self.requests.remove(id);
    }

    /// Calls off the stage that a run is in; returns whether an event still stands for it.
    pub(super) fn call_off(&mut self, now: Time, id: RequestId, queue: &mut Queue) -> bool {
        let Some(script) = self.requests.get(id).script else { unreachable!("the run has stages") };
        let mut shared = self.resources.metered(&mut self.meter);
        self.scripts.cancel(now, script.id(), &mut shared, queue) == Cancelled::Pending
    }

    /// Ends a run before its time: it is paid for, its core is free, and it has no stages any more.
    pub(super) fn cancel_run(&mut self, now: Time, id: RequestId) {
        let sandbox = Id::new(self.requests.get(id).place);
        self.release(now, id, sandbox);
        let request = self.requests.get_mut(id);
        (request.state, request.straight) = (State::Before, false);
        if let Some(script) = request.script.take() {
            self.scripts.close(script.id());
        }
    }

    /// A request has run for too long, and may be retried; its sandbox is free, and those that wait may start.
    pub(super) fn has_failed(&mut self, now: Time, id: RequestId, queue: &mut Queue) {
        let sandbox = Id::new(self.requests.get(id).place);
        self.platform.finish(now, sandbox, &mut self.meter);
        self.reject(now, id, Rejection::RanTooLong, queue);
    }

    /// The request goes on under another number, as an event still stands for this one.
    pub(super) fn leave_dead(&mut self, id: RequestId) -> RequestId {
        let new = self.requests.leave_dead(id);
        self.attempts.copy(id, new);
        new
    }
}
