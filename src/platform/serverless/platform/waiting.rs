//! Requests that wait: where, and who starts when there is room.

use crate::config::plan::{Binding, Placement as Rule, ScalingMode, Steal, WhenBusy};
use crate::ids::{FunctionId, HostId, RequestId, SandboxId};
use crate::platform::decision::Decision;
use crate::platform::serverless::dispatch::delayed::{Choice, DelayedWarm, Situation};
use crate::platform::serverless::dispatch::steal::{From, Steal as Stealing};
use crate::platform::serverless::host::shape::{ALL_GROUPS, Groups};
use crate::platform::serverless::request::{Start, Waiting};
use crate::platform::serverless::sandbox::states::StateList;
use crate::platform::serverless::wait::queues::Place;
use crate::record::{Act, Gauge, Meter, Rejection};
use crate::units::Time;

use super::Serverless;

impl Serverless {
    /// A request that cannot start waits, on its host or for its groups of hosts, if it may.
    #[inline(never)]
    pub(super) fn queue_up<const ALL: bool>(
        &mut self,
        host: Option<HostId>,
        waiting: Waiting,
        meter: &mut Meter,
    ) -> Decision<Start> {
        let function = waiting.function;
        if self.cluster.room.waiting() >= self.cluster.rules.queue_limit {
            if let Some(host) = host {
                self.unassign(host);
            }
            self.quota.give_back(function);
            return Decision::Reject(Rejection::QueueFull);
        }
        self.queues.push(host, self.cluster.allowed(function), waiting);
        self.cluster.room.wait(1);
        meter.raise(Gauge::Waiting, 1);
        if ALL {
            self.cluster.note(meter, Act::Wait, function, None, host);
            self.call_thief(function);
        }
        Decision::Wait
    }

    /// Whether a request that finds no place waits for a sandbox of its function, and is now in the queue for it.
    pub(super) fn waits_for_busy(
        &mut self,
        now: Time,
        host: Option<HostId>,
        waiting: Waiting,
        meter: &mut Meter,
    ) -> bool {
        let (function, rules) = (waiting.function, &self.cluster.rules);
        let on = host.unwrap_or(HostId::new(0));
        if self.cluster.room.waiting() >= rules.queue_limit {
            return false;
        }
        let limit = rules.scaling.sandbox_queue;
        if limit > 0
            && let Some(id) = self.cluster.sandboxes.shortest_queue(function, on, limit)
        {
            self.queues.push_at(id, self.cluster.sandboxes.entries(), waiting);
            self.cluster.sandboxes.set_queued(id, |queued| queued + 1);
        } else if self.waits_for_function(now, function, on, meter) {
            self.queues.push_for(self.cluster.sandboxes.column(function, on), waiting);
            self.note_blocked(function, on);
        } else {
            return false;
        }
        self.cluster.room.wait(1);
        meter.raise(Gauge::Waiting, 1);
        true
    }

    fn waits_for_function(&mut self, now: Time, function: FunctionId, host: HostId, meter: &mut Meter) -> bool {
        let rules = &self.cluster.rules;
        if rules.scaling.mode != ScalingMode::PerRequest {
            return true;
        }
        let busy = || self.cluster.sandboxes.first_in(StateList::Full(function, host)).is_some();
        match rules.dispatch.when_busy {
            WhenBusy::Start => false,
            WhenBusy::Both => busy() && self.boot(now, function, Some(host), meter).is_some(),
            WhenBusy::WaitIfShorter => busy() && self.wait_is_shorter(function, host),
        }
    }

    /// Whether a busy sandbox is expected to be free for a request before a new one would be ready.
    fn wait_is_shorter(&self, function: FunctionId, host: HostId) -> bool {
        let sandboxes = &self.cluster.sandboxes;
        let situation = Situation {
            service: self.service_times.as_ref().and_then(|times| times.mean(function)),
            busy: sandboxes.all_in(StateList::Full(function, host)).count() as u32,
            waiting: self.queues.waiting_for(sandboxes.column(function, host)) as u32,
            cold_start: self.cluster.known[function].cold_start,
        };
        let rule = DelayedWarm::Expected { factor: self.cluster.rules.dispatch.wait_factor };
        rule.decide(&situation) == Choice::Wait
    }

    /// Requests that wait for a sandbox take its free places. For those that take one as it becomes ready, that was a cold
    /// start.
    #[inline(never)]
    pub(super) fn serve_those_waiting_for(&mut self, now: Time, id: SandboxId, just_started: bool, meter: &mut Meter) {
        let (host, function) = (self.cluster.sandboxes[id].host, self.cluster.sandboxes[id].function);
        while self.cluster.active(id) < self.cluster.rules.scaling.concurrency
            && self.cluster.place_free::<true>(host, function)
            && let Some(waiting) = self.next_for(id)
        {
            self.cluster.enter::<true>(now, id, waiting.arrived, meter);
            self.leave_queue(meter);
            let start = if just_started { Start::awaited(id) } else { Start::warm(id) };
            if just_started {
                self.cluster.was_awaited(id);
            }
            self.starts.push_back((waiting.request, start));
        }
    }

    /// The next request that waits at a sandbox, or for its function.
    fn next_for(&mut self, id: SandboxId) -> Option<Waiting> {
        let sandbox = &self.cluster.sandboxes[id];
        if sandbox.queued() > 0 {
            self.cluster.sandboxes.set_queued(id, |queued| queued - 1);
            return self.queues.pop_at(id);
        }
        self.queues.pop_for(self.cluster.sandboxes.column(sandbox.function, sandbox.host))
    }

    /// Requests wait for sandboxes of this function on this host. If one has a place but no core, they are checked
    /// whenever a core becomes free.
    pub(super) fn note_blocked(&mut self, function: FunctionId, host: HostId) {
        let list = self.cluster.sandboxes.column(function, host);
        if self.queues.waiting_for(list) > 0 && self.cluster.sandboxes.first_idle(function, host).is_some() {
            self.queues.block(list);
        }
    }

    /// Lets requests start that wait for sandboxes of their function, where cores have become free.
    fn serve_blocked(&mut self, now: Time, meter: &mut Meter) {
        let mut blocked = self.queues.take_blocked();
        blocked.retain(|&list| {
            let (function, column) = self.cluster.sandboxes.function_of(list);
            let host = (self.cluster.rules.binding == Binding::Early).then_some(column);
            while let Some(first) = self.queues.head_for(list as usize)
                && let Some(start) = self.join::<true>(now, host, function, first.arrived, meter)
            {
                self.queues.pop_for(list as usize);
                self.leave_queue(meter);
                self.starts.push_back((first.request, start));
            }
            self.queues.waiting_for(list as usize) > 0 && self.cluster.sandboxes.first_idle(function, column).is_some()
        });
        self.queues.block_all(blocked);
    }

    fn leave_queue(&mut self, meter: &mut Meter) {
        self.cluster.room.leave(1);
        meter.lower(Gauge::Waiting, 1);
    }

    /// A waiting request that can start now, if any; call until there is none after each finish and each wake.
    pub fn start_waiting(&mut self, now: Time, meter: &mut Meter) -> Option<(RequestId, Start)> {
        self.advance(now, meter);
        if !self.is_general() {
            return self.start_next::<false>(now, meter);
        }
        self.pending = false;
        if self.queues.any_blocked() {
            self.serve_blocked(now, meter);
        }
        self.starts.pop_front().or_else(|| self.start_next::<true>(now, meter))
    }

    fn start_next<const ALL: bool>(&mut self, now: Time, meter: &mut Meter) -> Option<(RequestId, Start)> {
        if self.cluster.rules.binding == Binding::Late {
            return self.start_head::<ALL>(now, meter);
        }
        while let Some(host) = self.cluster.room.first() {
            if let Some(head) = self.queues.head_on(host)
                && let Some(start) = self.start::<ALL>(now, Some(host), &head, meter)
            {
                self.queues.pop_on(host);
                self.leave_queue(meter);
                return Some((head.request, start));
            }
            if ALL && self.steal(host) {
                continue;
            }
            self.cluster.room.done_with_first();
        }
        None
    }

    /// Late binding: the head that arrived first starts, of those that can on groups that none before it waits for.
    fn start_head<const ALL: bool>(&mut self, now: Time, meter: &mut Meter) -> Option<(RequestId, Start)> {
        let (mut closed, mut after) = (0, None);
        while let Some((number, line, groups, head)) = self.queues.head(after) {
            if groups & !closed != 0 {
                let started = self.start_in_open::<ALL>(now, (line, closed), &head, meter);
                if started.is_some() {
                    return started;
                }
            }
            if !ALL {
                break;
            }
            closed |= groups;
            after = Some(number);
        }
        None
    }

    /// Starts the head of a queue on hosts of groups that are not closed to it.
    fn start_in_open<const ALL: bool>(
        &mut self,
        now: Time,
        (line, closed): (usize, Groups),
        head: &Waiting,
        meter: &mut Meter,
    ) -> Option<(RequestId, Start)> {
        self.cluster.close(closed);
        let start = if head.gang > 1 {
            let starts = self.start_waiting_gang(now, line, head, meter);
            if starts { self.starts.pop_front() } else { None }
        } else {
            self.start::<ALL>(now, None, head, meter).map(|start| {
                self.queues.pop(line);
                self.leave_queue(meter);
                (head.request, start)
            })
        };
        self.cluster.close(0);
        start
    }

    /// A request of `function` waits at a host: one without a queue and with a free core may take it.
    fn call_thief(&mut self, function: FunctionId) {
        let cluster = &mut self.cluster;
        if cluster.rules.dispatch.steal == Steal::Never || cluster.rules.binding == Binding::Late {
            return;
        }
        let may = |host: HostId| self.queues.is_empty(host) && cluster.could_start(host, function);
        let thief = match cluster.rules.placement {
            // Loads are not kept then.
            Rule::RoundRobin => (0..cluster.hosts.count()).map(HostId::new).find(|&host| may(host)),
            _ => cluster.hosts.least_loaded_of(ALL_GROUPS, may),
        };
        if let Some(thief) = thief {
            self.pending = true;
            cluster.room.check(thief);
        }
    }

    /// A host with a free core and nothing to do takes a request that waits for another host.
    fn steal(&mut self, thief: HostId) -> bool {
        let from = match self.cluster.rules.dispatch.steal {
            Steal::Never => return false,
            Steal::Head => From::Head,
            Steal::Tail => From::Tail,
        };
        if !self.queues.is_empty(thief) || !self.cluster.core_free(thief) || !self.cluster.hosts.is_up(thief) {
            return false;
        }
        let rule = Stealing { from, ..Stealing::default() };
        let waiting = |host: HostId| self.queues.of_host(host).len() as u32;
        let victim = rule.victim(thief, self.cluster.hosts.count(), waiting, self.placement.chance());
        let Some(victim) = victim else { return false };
        // It stays where it is unless it can start here: else it would have changed places for nothing.
        let can_start = |waiting: &Waiting| self.cluster.could_start(thief, waiting.function);
        if !rule.next(self.queues.of_host(victim)).is_some_and(can_start) {
            return false;
        }
        let Some(request) = rule.take(self.queues.of_host_mut(victim)) else { return false };
        self.queues.push(Some(thief), ALL_GROUPS, request);
        self.unassign(victim);
        self.cluster.hosts.assign(thief);
        true
    }

    /// A request has waited long enough: it leaves its queue, and with it the other members of its gang. They are put into
    /// `abandoned`; none where it does not wait any more.
    pub fn abandon(
        &mut self,
        now: Time,
        request: RequestId,
        function: FunctionId,
        abandoned: &mut Vec<RequestId>,
        meter: &mut Meter,
    ) {
        let place = self.queues.take_out(request, abandoned);
        let host = match place {
            None | Some(Place::Groups) => None,
            Some(Place::Host(host)) => Some(host),
            Some(Place::Function(list)) => Some(self.cluster.sandboxes.function_of(list as u32).1),
            Some(Place::Sandbox(id)) => {
                self.cluster.sandboxes.set_queued(id, |queued| queued - 1);
                Some(self.cluster.sandboxes[id].host)
            }
        };
        if let Some(host) = host
            && self.cluster.rules.binding == Binding::Early
        {
            self.unassign(host);
            self.cluster.room.check(host);
        }
        // Who is first now may be able to start.
        self.pending |= !abandoned.is_empty();
        for _ in abandoned.iter() {
            self.leave_queue(meter);
            self.quota.release(function);
            self.keep_alive.left(function);
            self.autoscaler.departure(now, function);
            self.cluster.note(meter, Act::Abandon, function, None, None);
        }
    }
}
