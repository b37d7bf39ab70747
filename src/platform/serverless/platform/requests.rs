//! A request arrives, its sandbox becomes ready, and it finishes.

use crate::config::plan::{Binding, KeepAliveMode, ScalingMode, TimerOrigin};
use crate::ids::{FunctionId, HostId, RequestId, SandboxId};
use crate::platform::decision::Decision;
use crate::platform::serverless::host::shape::Groups;
use crate::platform::serverless::keep::feed::Rest;
use crate::platform::serverless::request::{Start, Waiting};
use crate::platform::serverless::sandbox::table::Sandbox;
use crate::record::{Act, Meter, Rejection};
use crate::units::Time;

use super::Serverless;

impl Serverless {
    /// Takes a request of `function` that arrives now, or is retried.
    #[inline(always)]
    pub fn request(
        &mut self,
        now: Time,
        request: RequestId,
        function: FunctionId,
        meter: &mut Meter,
    ) -> Decision<Start> {
        if self.all {
            return self.request_general(now, request, function, meter);
        }
        self.advance(now, meter);
        self.place::<false>(now, request, function, meter)
    }

    #[inline(never)]
    fn request_general(
        &mut self,
        now: Time,
        request: RequestId,
        function: FunctionId,
        meter: &mut Meter,
    ) -> Decision<Start> {
        self.advance(now, meter);
        if !self.quota.admit(function) {
            self.keep_alive.passed(function);
            self.cluster.note(meter, Act::Throttle, function, None, None);
            return Decision::Reject(Rejection::Throttled);
        }
        self.keep_alive.arrived(now, function, &self.cluster.rules);
        let decision = self.place::<true>(now, request, function, meter);
        if let Decision::Reject(reason) = decision {
            let act = if reason == Rejection::Throttled { Act::Throttle } else { Act::Reject };
            self.cluster.note(meter, act, function, None, None);
            self.keep_alive.left(function);
            self.quota.release(function);
        } else {
            self.autoscale_arrival(now, function, meter);
        }
        decision
    }

    #[inline(always)]
    fn place<const ALL: bool>(
        &mut self,
        now: Time,
        request: RequestId,
        function: FunctionId,
        meter: &mut Meter,
    ) -> Decision<Start> {
        let host = if self.cluster.rules.binding == Binding::Early {
            let host = self.choose::<ALL>(now, function);
            self.cluster.hosts.assign(host);
            Some(host)
        } else {
            None
        };
        let (behind, closed) = if self.any_waits() { self.who_waits(host, function) } else { (false, 0) };
        if ALL && closed != 0 {
            self.cluster.close(closed);
        }
        let decision = self.place_on::<ALL>(now, (host, behind), (request, function), meter);
        if ALL && closed != 0 {
            self.cluster.close(0);
        }
        decision
    }

    /// Strict order: whether a request of `function` has to wait behind others; and, with late binding, the groups of hosts
    /// for which others wait.
    #[inline(never)]
    fn who_waits(&self, host: Option<HostId>, function: FunctionId) -> (bool, Groups) {
        if !self.cluster.rules.is_strict() {
            return (false, 0);
        }
        if let Some(host) = host {
            return (!self.queues.is_empty(host), 0);
        }
        let claimed = self.queues.claimed();
        (self.cluster.allowed(function) & !claimed == 0, claimed)
    }

    #[inline(always)]
    fn place_on<const ALL: bool>(
        &mut self,
        now: Time,
        (host, behind): (Option<HostId>, bool),
        (request, function): (RequestId, FunctionId),
        meter: &mut Meter,
    ) -> Decision<Start> {
        if !behind {
            if let Some(start) = self.join::<ALL>(now, host, function, now, meter) {
                return Decision::Start(start);
            }
            if ALL && self.waits_for_busy(now, host, Waiting { request, function, arrived: now, gang: 1 }, meter) {
                self.cluster.note(meter, Act::Wait, function, None, host);
                return Decision::Wait;
            }
        }
        // From here on it counts as a new sandbox, even if one becomes free before its turn comes.
        if ALL && !self.quota.may_add(now, function) {
            if let Some(host) = host {
                self.unassign(host);
            }
            return Decision::Reject(Rejection::Throttled);
        }
        if !ALL
            && let Some(host) = host
            && self.cluster.may_be_short(host, function)
            && let Some(other) = self.placement.with_memory(function, host, &mut self.cluster)
        {
            return self.place_elsewhere(now, (host, other), (request, function), meter);
        }
        if !behind && let Some(start) = self.start_new::<ALL>(now, host, function, now, meter) {
            return Decision::Start(start);
        }
        self.queue_up::<ALL>(host, Waiting { request, function, arrived: now, gang: 1 }, meter)
    }

    /// The straight path: the host that has been chosen has no memory for a request, and another one has it.
    #[inline(never)]
    fn place_elsewhere(
        &mut self,
        now: Time,
        (chosen, host): (HostId, HostId),
        (request, function): (RequestId, FunctionId),
        meter: &mut Meter,
    ) -> Decision<Start> {
        self.cluster.hosts.unassign(chosen);
        self.cluster.hosts.assign(host);
        let waiting = Waiting { request, function, arrived: now, gang: 1 };
        let behind = self.cluster.rules.is_strict() && !self.queues.is_empty(host);
        let start = if behind { None } else { self.start::<false>(now, Some(host), &waiting, meter) };
        start.map_or_else(|| self.queue_up::<false>(Some(host), waiting, meter), Decision::Start)
    }

    /// The request in `sandbox` has finished; the sandbox becomes idle, or is terminated where nothing keeps it. Call
    /// [`Serverless::advance`] first.
    #[inline(always)]
    pub fn finish(&mut self, now: Time, sandbox: SandboxId, meter: &mut Meter) {
        if self.all {
            self.finish_general(now, sandbox, meter);
        } else {
            self.leave::<false>(now, sandbox, meter);
        }
    }

    #[inline(never)]
    fn finish_general(&mut self, now: Time, id: SandboxId, meter: &mut Meter) {
        self.leave::<true>(now, id, meter);
    }

    /// A request has left; the sandbox takes those that wait for it, and rests where none does.
    #[inline(always)]
    fn leave<const ALL: bool>(&mut self, now: Time, id: SandboxId, meter: &mut Meter) {
        let sandbox = self.cluster.leave::<ALL>(id, meter);
        let Sandbox { host, function, .. } = sandbox;
        self.cluster.hosts.unassign(host);
        if ALL {
            if let Some(times) = &mut self.service_times {
                times.observe(function, now.since(sandbox.last_begun));
            }
            self.quota.release(function);
            self.keep_alive.completed(now, function);
            self.autoscaler.departure(now, function);
        }
        self.settle::<ALL>(now, id, &sandbox, false, meter);
        if ALL {
            self.placement.departure(host, &self.cluster.hosts);
        }
        self.cluster.room.freed(host);
    }

    /// A sandbox that was started has become ready. Call [`Serverless::advance`] first.
    pub fn ready(&mut self, now: Time, id: SandboxId, meter: &mut Meter) {
        if !self.all {
            return;
        }
        let (host, boot) = (self.cluster.sandboxes[id].host, self.cluster.active(id) == 0);
        let has_place = self.cluster.ready(now, id, meter);
        if boot && self.cluster.rules.binding == Binding::Late {
            self.unassign(host);
        }
        let sandbox = self.cluster.sandboxes[id];
        self.settle::<true>(now, id, &sandbox, true, meter);
        if has_place {
            self.pending = true;
            self.cluster.room.freed(host);
        }
    }

    /// A sandbox that is ready, and may have `just_started`, takes requests that wait for it; then it is full, open, idle or
    /// terminated. `sandbox` is a copy of it.
    #[inline(always)]
    pub(super) fn settle<const ALL: bool>(
        &mut self,
        now: Time,
        id: SandboxId,
        sandbox: &Sandbox,
        just_started: bool,
        meter: &mut Meter,
    ) {
        if ALL && self.any_waits() {
            self.serve_those_waiting_for(now, id, just_started, meter);
        }
        let active = if ALL { self.cluster.active(id) } else { 0 };
        if active == 0 {
            self.rest::<ALL>(now, id, sandbox, meter);
        } else if active < self.cluster.rules.scaling.concurrency {
            self.cluster.open(now, id);
            self.placement.open_sandbox(sandbox.function, sandbox.host);
            self.note_blocked(sandbox.function, sandbox.host);
        }
    }

    /// A sandbox without a request becomes idle, or is terminated where nothing keeps it.
    #[inline(always)]
    fn rest<const ALL: bool>(&mut self, now: Time, id: SandboxId, sandbox: &Sandbox, meter: &mut Meter) {
        let function = sandbox.function;
        if ALL && self.autoscaler.is_surplus(function, || self.cluster.sandboxes.count(function).exist) {
            self.cluster.dismiss::<ALL>(id, Act::ScaleDown, meter);
            return;
        }
        let rules = &self.cluster.rules;
        let origin = match (rules.reset_on_use, rules.timer_from) {
            (false, _) if ALL => sandbox.ready_at,
            (_, TimerOrigin::Completion) => now,
            (_, TimerOrigin::Arrival) => sandbox.last_arrival,
        };
        let rest = if ALL {
            self.rest_by_rule(now, origin, function)
        } else {
            Rest::Until(origin.saturating_add(rules.keep_alive_limit))
        };
        let Rest::Until(expiry) = rest else {
            self.cluster.dismiss::<ALL>(id, Act::Expire, meter);
            return;
        };
        if self.cluster.rest::<ALL>(now, id, sandbox, expiry, meter) && ALL {
            self.placement.idle_sandbox(function, sandbox.host);
        }
    }

    #[inline(always)]
    fn rest_by_rule(&mut self, now: Time, origin: Time, function: FunctionId) -> Rest {
        let rules = &self.cluster.rules;
        if rules.scaling.mode != ScalingMode::PerRequest {
            return Rest::Until(Time::MAX);
        }
        let clairvoyant = rules.keep_alive == KeepAliveMode::Clairvoyant;
        let busy = if clairvoyant { self.cluster.sandboxes.busy_of(function).saturating_sub(1) } else { 0 };
        self.keep_alive.rest(now, origin, function, busy, rules)
    }
}
