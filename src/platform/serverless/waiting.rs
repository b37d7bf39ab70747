//! The platform, continued: requests that wait, and what is due without a request.

use std::collections::VecDeque;

use crate::config::plan::{Binding, Placement as Rule, ScalingMode, Steal, WhenBusy};
use crate::ids::{FunctionId, HostId, RequestId, SandboxId};
use crate::platform::decision::Decision;
use crate::record::{Act, Gauge, Meter, Rejection};
use crate::units::Time;

use super::dispatch::delayed::{Choice, DelayedWarm, Situation};
use super::dispatch::steal::{From, Steal as Stealing};
use super::host::shape::ALL_GROUPS;
use super::platform::Serverless;
use super::request::{Start, Waiting};
use super::sandbox::states::StateList;
use super::wait::queues::Place;

/// Those that wait, and for whom.
impl Serverless {
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

    #[inline(never)]
    pub(super) fn serve_those_waiting_for(&mut self, now: Time, id: SandboxId, meter: &mut Meter) {
        let (host, function) = (self.cluster.sandboxes[id].host, self.cluster.sandboxes[id].function);
        while self.cluster.active(id) < self.cluster.rules.scaling.concurrency
            && self.cluster.place_free::<true>(host, function)
            && let Some(waiting) = self.next_for(id)
        {
            self.cluster.enter::<true>(now, id, waiting.arrived, meter);
            self.leave_queue(meter);
            self.starts.push_back((waiting.request, Start::warm(id)));
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
        if let Some(head) = self.queues.head() {
            if head.gang > 1 {
                return if self.start_waiting_gang(now, &head, meter) { self.starts.pop_front() } else { None };
            }
            let start = self.start::<ALL>(now, None, &head, meter)?;
            self.queues.pop();
            self.leave_queue(meter);
            return Some((head.request, start));
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

    /// A request of `function` waits at a host: one without a queue and with a free core may take it.
    pub(super) fn call_thief(&mut self, function: FunctionId) {
        let cluster = &mut self.cluster;
        if cluster.rules.dispatch.steal == Steal::Never || cluster.rules.binding == Binding::Late {
            return;
        }
        let may = |host: HostId| self.queues.is_empty(Some(host)) && cluster.could_start(host, function);
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
        if !self.queues.is_empty(Some(thief)) || !self.cluster.core_free(thief) || !self.cluster.hosts.is_up(thief) {
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
        self.queues.push(Some(thief), request);
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
            None | Some(Place::One) => None,
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
            self.cluster.note(meter, Act::GiveUp, function, None, None);
        }
    }
}

/// Gangs.
impl Serverless {
    /// Takes a gang of requests of `function` that arrive now: all start (see [`Serverless::start_waiting`]), all wait,
    /// or all are rejected. Late binding only.
    pub fn request_gang(
        &mut self,
        now: Time,
        requests: &[RequestId],
        function: FunctionId,
        meter: &mut Meter,
    ) -> Decision<()> {
        self.advance(now, meter);
        let size = requests.len() as u32;
        if !self.gangs.could_ever_hold(&self.cluster, function, size) {
            self.cluster.note(meter, Act::Reject, function, None, None);
            return Decision::Reject(Rejection::GangTooLarge);
        }
        let admitted = requests.iter().take_while(|_| self.quota.admit(function)).count();
        if admitted < requests.len() {
            (0..admitted).for_each(|_| self.quota.release(function));
            self.cluster.note(meter, Act::Throttle, function, None, None);
            return Decision::Reject(Rejection::Throttled);
        }
        for _ in requests {
            self.keep_alive.arrived(now, function, &self.cluster.rules);
        }
        let mut members: VecDeque<Waiting> =
            requests.iter().map(|&request| Waiting { request, function, arrived: now, gang: 0 }).collect();
        members[0].gang = size;
        let starts = self.queues.is_empty(None) && self.gangs.fits(&self.cluster, function, size);
        let new = if starts { self.gangs.cold.len() as u32 } else { size };
        if !self.quota.may_add_all(now, function, new) {
            self.reject_gang(function, size);
            self.cluster.note(meter, Act::Throttle, function, None, None);
            return Decision::Reject(Rejection::Throttled);
        }
        if starts {
            self.start_gang(now, &members, meter);
            return Decision::Start(());
        }
        if self.cluster.room.waiting() + u64::from(size) > self.cluster.rules.queue_limit {
            (0..size).for_each(|_| self.quota.give_back(function));
            self.reject_gang(function, size);
            self.cluster.note(meter, Act::Reject, function, None, None);
            return Decision::Reject(Rejection::QueueFull);
        }
        self.cluster.room.wait(size.into());
        meter.raise(Gauge::Waiting, size.into());
        self.cluster.note(meter, Act::Wait, function, None, None);
        self.queues.push_gang(&mut members);
        Decision::Wait
    }

    fn reject_gang(&mut self, function: FunctionId, size: u32) {
        for _ in 0..size {
            self.keep_alive.left(function);
            self.quota.release(function);
        }
    }

    /// Starts the gang at the head of the queue, if all of it can start.
    fn start_waiting_gang(&mut self, now: Time, head: &Waiting, meter: &mut Meter) -> bool {
        let size = head.gang;
        if !self.gangs.fits(&self.cluster, head.function, size) {
            return false;
        }
        let members = self.queues.pop_gang(size);
        self.start_gang(now, &members, meter);
        self.cluster.room.leave(size.into());
        meter.lower(Gauge::Waiting, size.into());
        true
    }

    /// Starts all members by the plan that has just been made.
    fn start_gang(&mut self, now: Time, members: &VecDeque<Waiting>, meter: &mut Meter) {
        let function = members[0].function;
        let (warm, cold) = (std::mem::take(&mut self.gangs.warm), std::mem::take(&mut self.gangs.cold));
        let mut waiting = members.iter();
        for (&sandbox, member) in warm.iter().zip(&mut waiting) {
            self.cluster.enter::<true>(now, sandbox, member.arrived, meter);
            self.starts.push_back((member.request, Start::warm(sandbox)));
        }
        for (&(host, pool), member) in cold.iter().zip(&mut waiting) {
            let start = self.start_in::<true>(now, (Some(host), pool), function, member.arrived, meter);
            self.starts.push_back((member.request, start.expect("the plan has room for it")));
        }
        (self.gangs.warm, self.gangs.cold) = (warm, cold);
    }
}

/// What is due without a request.
impl Serverless {
    /// Does what is due now: pre-warms, ticks of autoscalers. Call [`Serverless::advance`] first.
    pub fn due(&mut self, now: Time, meter: &mut Meter) {
        if !self.is_general() {
            return;
        }
        // Starts what is to be pre-warmed now, unless the function has a sandbox.
        while let Some((function, until)) = self.keep_alive.due(now) {
            let exist = self.cluster.sandboxes.count(function).exist;
            if exist == 0 && self.boot(now, function, None, meter).is_some() {
                self.keep_alive.prewarmed(function, until);
            }
        }
        if let Some(awake) = self.autoscaler.begin_tick(now) {
            for &function in &awake {
                self.evaluate(now, function, meter);
            }
            let sandboxes = &self.cluster.sandboxes;
            let exist = |function| sandboxes.count(function).exist;
            self.autoscaler.end_tick(now, awake, exist, &self.cluster.rules);
        }
    }

    pub(super) fn autoscale_arrival(&mut self, now: Time, function: FunctionId, meter: &mut Meter) {
        let exist = self.cluster.sandboxes.count(function).exist;
        if self.autoscaler.arrival(now, function, exist, &self.cluster.rules) {
            self.evaluate(now, function, meter);
        }
    }

    /// Evaluates how many sandboxes an autoscaled function should have, and starts or terminates some.
    fn evaluate(&mut self, now: Time, function: FunctionId, meter: &mut Meter) {
        let count = self.cluster.sandboxes.count(function);
        let waiting = self.queues.waiting_for(self.cluster.sandboxes.column(function, HostId::new(0))) as u32;
        let exist = (count.exist, count.ready);
        let wanted = self.autoscaler.evaluate(now, function, exist, waiting, &self.cluster.rules);
        for _ in count.exist..wanted {
            if self.boot(now, function, None, meter).is_none() {
                break;
            }
        }
        while self.cluster.sandboxes.count(function).exist > wanted
            && let Some(idle) = self.cluster.sandboxes.longest_idle_of(function)
        {
            self.cluster.terminate::<true>(idle, Act::ScaleDown, meter);
        }
    }
}

/// Hosts that fail, and requests that are called off.
impl Serverless {
    /// A host fails: it takes nothing more until [`Serverless::repair_host`]. Its idle sandboxes are terminated, and
    /// requests that wait there wait elsewhere (there, where no other host is up). Tells which of its sandboxes start or work,
    /// in order of their creation: call [`Serverless::cancel`] for each request in them, and for each that starts for none,
    /// before anything else. Only for platforms on the general path (see [`super::Rules::general`]).
    pub fn fail_host(&mut self, now: Time, host: HostId, meter: &mut Meter) -> Vec<SandboxId> {
        assert!(self.is_general(), "hosts fail on the general path only");
        self.advance(now, meter);
        if !self.cluster.hosts.is_up(host) {
            return Vec::new();
        }
        self.cluster.hosts.set_down(host, true);
        let (idle, busy) = self.cluster.sandboxes.all_on(host);
        for id in idle {
            self.cluster.terminate::<true>(id, Act::HostFailed, meter);
        }
        if self.cluster.rules.binding == Binding::Early {
            let on_host = std::mem::take(self.queues.of_host_mut(host));
            self.place_again(now, Some(host), on_host);
            if self.cluster.rules.scaling.mode == ScalingMode::PerRequest {
                for list in self.cluster.sandboxes.lists_of(host) {
                    let waiting = self.queues.take_for(list);
                    self.place_again(now, Some(host), waiting);
                }
            }
        }
        busy
    }

    /// A host is up again.
    pub fn repair_host(&mut self, now: Time, host: HostId, meter: &mut Meter) {
        self.advance(now, meter);
        self.cluster.hosts.set_down(host, false);
        self.placement.departure(host, &self.cluster.hosts);
        self.cluster.room.freed(host);
        self.pending = true;
    }

    /// A request in a sandbox is called off, or the start of one without requests. If it was still starting, or its host has
    /// failed, it is terminated with its last request; else it goes on as if the request had finished.
    pub fn cancel(&mut self, now: Time, id: SandboxId, meter: &mut Meter) {
        assert!(self.is_general(), "requests are called off on the general path only");
        self.advance(now, meter);
        let (host, function) = (self.cluster.sandboxes[id].host, self.cluster.sandboxes[id].function);
        let boots = self.cluster.active(id) == 0;
        self.cluster.leave_early(id, meter);
        if !boots || self.cluster.rules.binding == Binding::Late {
            self.cluster.hosts.unassign(host);
        }
        if !boots {
            self.quota.release(function);
            self.keep_alive.left(function);
            self.autoscaler.departure(now, function);
        }
        if self.cluster.hosts.is_up(host) && !self.cluster.is_starting(id) {
            let sandbox = self.cluster.sandboxes[id];
            self.settle::<true>(now, id, &sandbox, meter);
        } else if self.cluster.active(id) == 0 {
            self.lose(now, id, meter);
        }
        self.placement.departure(host, &self.cluster.hosts);
        self.cluster.room.freed(host);
        self.pending = true;
    }

    /// A sandbox is lost before its time; those that wait for it wait elsewhere.
    fn lose(&mut self, now: Time, id: SandboxId, meter: &mut Meter) {
        let (host, function) = (self.cluster.sandboxes[id].host, self.cluster.sandboxes[id].function);
        let waiting = self.queues.take_at(id);
        self.cluster.sandboxes.set_queued(id, |_| 0);
        self.cluster.dismiss::<true>(id, Act::HostFailed, meter);
        self.place_again(now, Some(host), waiting);
        let lonely = self.cluster.sandboxes.first_in(StateList::Full(function, host)).is_none()
            && self.cluster.sandboxes.first_idle(function, host).is_none();
        if lonely && self.cluster.rules.scaling.mode == ScalingMode::PerRequest {
            let waiting = self.queues.take_for(self.cluster.sandboxes.column(function, host));
            self.place_again(now, Some(host), waiting);
        }
    }

    /// Requests that have waited on a host, or for sandboxes, wait in the queue of another host, or in the one queue.
    fn place_again(&mut self, now: Time, from: Option<HostId>, requests: VecDeque<Waiting>) {
        for waiting in requests {
            let to = (self.cluster.rules.binding == Binding::Early).then(|| {
                if let Some(host) = from {
                    self.unassign(host);
                }
                let host = self.choose::<true>(now, waiting.function);
                self.cluster.hosts.assign(host);
                self.cluster.room.check(host);
                host
            });
            self.queues.push(to, waiting);
            self.pending = true;
        }
    }
}
